//! Values that a build may or may not fix: ENV, ARG and what is made of them.

use crate::syntax::{self, Word};

/// A value at build time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Value {
    /// Certain.
    Known(String),
    /// Made of the default of an ARG: the builder may give another.
    Default(String),
    /// Not set.
    #[default]
    Unset,
    /// It comes from outside.
    Unknown,
}

impl Value {
    /// The text if it is known, ARG defaults taken as they stand.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Known(text) | Self::Default(text) => Some(text),
            Self::Unset | Self::Unknown => None,
        }
    }

    /// The text if no builder can change it.
    pub fn certain(&self) -> Option<&str> {
        match self {
            Self::Known(text) => Some(text),
            _ => None,
        }
    }

    /// Unknown if it is longer than `most` bytes: `ENV A=$A$A` doubles with every line.
    pub fn bounded(self, most: usize) -> Self {
        match self.text() {
            Some(text) if text.len() > most => Self::Unknown,
            _ => self,
        }
    }

    /// The same value with its text changed.
    pub fn map(self, change: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Known(text) => Self::Known(change(text)),
            Self::Default(text) => Self::Default(change(text)),
            other => other,
        }
    }
}

/// Expands a word as BuildKit does (frontend/dockerfile/shell/lex.go), with variables from `lookup`.
pub fn expand(text: &str, escape: u8, lookup: &mut dyn FnMut(&str) -> Value) -> Value {
    let mut default = false;
    let expanded = syntax::expand(text, escape, &mut |name| match lookup(name) {
        Value::Known(text) => syntax::Value::Known(text),
        Value::Default(text) => {
            default = true;
            syntax::Value::Known(text)
        }
        Value::Unset => syntax::Value::Unset,
        Value::Unknown => syntax::Value::Unknown,
    });
    match expanded.text {
        Some(text) if default => Value::Default(text).bounded(LONGEST),
        Some(text) => Value::Known(text).bounded(LONGEST),
        None => Value::Unknown,
    }
}

/// Longest value that is followed, in bytes.
const LONGEST: usize = 1 << 16;

/// [`expand`] of a [`Word`].
pub fn expand_word(word: &Word, escape: u8, lookup: &mut dyn FnMut(&str) -> Value) -> Value {
    expand(&word.text, escape, lookup)
}

/// An absolute path without `.`, `..`, doubled or trailing slashes; `None` if `path` is relative.
pub fn normal(path: &str) -> Option<String> {
    path.starts_with('/').then(|| join("/", path))
}

/// `path` as seen from the absolute folder `cwd`, normalised.
pub fn join(cwd: &str, path: &str) -> String {
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{cwd}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// Whether one path lies in the other.
pub fn meets(one: &str, other: &str) -> bool {
    within(one, other) || within(other, one)
}

/// Whether `path` is `folder` or lies below it; both normal.
pub fn within(path: &str, folder: &str) -> bool {
    folder == "/" || path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised() {
        assert_eq!(join("/app", "../x//y/./z/"), "/x/y/z");
        assert_eq!(join("/app", "."), "/app");
        assert_eq!(join("/app", "/"), "/");
        assert_eq!(normal("app"), None);
        assert!(within("/app/x", "/app") && within("/app", "/app") && !within("/apple", "/app"));
    }
}
