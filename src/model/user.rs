//! Who runs a line: USER in every spelling.

use super::{Base, Model, Value, value};
use crate::facts::{Confidence, DefaultUser};
use crate::syntax::{Args, Keyword};

/// The effective user of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// uid 0, in whatever spelling.
    Root,
    /// Another user, `name[:group]` or `uid[:gid]` as the build sees it.
    User(String),
    /// A user that an ARG chooses: its default.
    Chosen(String),
    /// It cannot be known, and why.
    Unknown(String),
}

impl Who {
    /// Whether it is certainly root.
    pub fn is_root(&self) -> bool {
        matches!(self, Self::Root)
    }

    /// As a report says it; `None` when it is unknown.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Root => Some("root".to_owned()),
            Self::User(text) | Self::Chosen(text) => Some(text.clone()),
            Self::Unknown(_) => None,
        }
    }
}

/// Whether the text of a USER is uid 0: `root`, `0`, `00`, `+0`, `0:10001`, the empty text, or a name that
/// `accounts` give uid 0. Engines take leading zeros and a plus (measured).
pub fn is_root_text(text: &str, uid_of: impl Fn(&str) -> Option<u32>) -> bool {
    let name = text.split(':').next().unwrap_or("").trim();
    if name.is_empty() || name == "root" {
        return true;
    }
    match number(name) {
        Some(uid) => uid == 0,
        None => uid_of(name) == Some(0),
    }
}

/// A uid or gid as engines read it.
pub fn number(text: &str) -> Option<u32> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

impl Model<'_> {
    /// The user that executes the instruction `index` of `stage`: the last USER before it in the stage or its
    /// ancestors, else the base image's own.
    pub fn user(&self, stage: usize, index: usize) -> Who {
        let mut at = stage;
        let mut end = index;
        loop {
            let Some(this) = self.stages.get(at) else { return Who::Unknown("the stage does not exist".into()) };
            let last = this.users.partition_point(|user| *user < end);
            if let Some(user) = last.checked_sub(1).and_then(|i| this.users.get(i)) {
                return self.written_user(at, *user);
            }
            match &this.base {
                Base::Stage(parent) if *parent < at => {
                    at = *parent;
                    end = usize::MAX;
                }
                base => return base_user(base),
            }
        }
    }

    /// The user that the stage ends with.
    pub fn final_user(&self, stage: usize) -> Who {
        self.user(stage, usize::MAX)
    }

    /// The last USER of the stage itself.
    pub fn last_user(&self, stage: usize) -> Option<usize> {
        self.stages.get(stage)?.users.last().copied()
    }

    /// The expanded text of the USER instruction `index`.
    pub fn user_text(&self, stage: usize, index: usize) -> Value {
        match self.instruction(index).map(|instruction| (instruction.keyword, &instruction.args)) {
            Some((Keyword::User, Args::One(word))) => {
                // A variable that nothing sets here may be set by the base image.
                value::expand(&word.text, self.tree.escape, &mut |name| match self.variable(stage, index, name) {
                    Value::Unset => Value::Unknown,
                    value => value,
                })
            }
            _ => Value::Unknown,
        }
    }

    fn written_user(&self, stage: usize, index: usize) -> Who {
        let uid_of = |name: &str| self.account(stage, index, name).and_then(|account| account.uid);
        match self.user_text(stage, index) {
            Value::Known(text) if is_root_text(&text, uid_of) => Who::Root,
            Value::Known(text) => Who::User(text.trim().to_owned()),
            Value::Default(text) if is_root_text(&text, uid_of) => Who::Chosen("root".to_owned()),
            Value::Default(text) => Who::Chosen(text.trim().to_owned()),
            Value::Unset | Value::Unknown => Who::Unknown(format!(
                "USER on line {} takes its value from outside of the file or from the base image",
                self.line(index)
            )),
        }
    }
}

fn base_user(base: &Base) -> Who {
    match base {
        Base::Image { facts: Some(facts), .. } => match facts.default_user {
            DefaultUser::Root => Who::Root,
            DefaultUser::Account(_) if facts.confidence == Confidence::Recalled => {
                Who::Unknown("that the base image runs as another user than root was never checked".to_owned())
            }
            DefaultUser::Account(name) => Who::User(name.to_owned()),
            DefaultUser::Unknown => Who::Unknown("no source says which user the base image runs as".to_owned()),
        },
        Base::Image { reference, .. } => Who::Unknown(format!("nothing is known of the image {reference}")),
        Base::Unknown(why) => Who::Unknown(why.clone()),
        Base::Stage(_) => Who::Unknown("the stages name each other in a circle".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_in_every_spelling() {
        let none = |_: &str| None;
        for text in ["root", "0", "00", "+0", "0:10001", "root:app", "", ":app"] {
            assert!(is_root_text(text, none), "{text}");
        }
        for text in ["app", "10001", "10001:0", "rooty", "1000:root"] {
            assert!(!is_root_text(text, none), "{text}");
        }
        assert!(is_root_text("toor", |name| (name == "toor").then_some(0)));
    }
}
