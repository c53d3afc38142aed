//! Commands that make, change or delete accounts and groups.

mod adduser;
mod passwd;
mod shadow;

use super::argv::{Arguments, Argv, Value};
use super::chain::Simple;
use super::tree::Word;
use crate::source::Span;

/// A user or group number as a command gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Id {
    /// This number.
    Literal(u32),
    /// A variable, a substitution, or no number.
    Unknown,
    /// None is given: the tool takes the next free one.
    #[default]
    Absent,
}

impl Id {
    fn of(value: Option<&Value>) -> Self {
        match value {
            None => Self::Absent,
            Some(value) => {
                value.text.as_deref().and_then(|text| text.parse().ok()).map_or(Self::Unknown, Self::Literal)
            }
        }
    }
}

/// Whose `adduser` and `addgroup` are meant: the names are the same, the options are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adduser {
    /// Debian's Perl scripts: `adduser(8)`.
    Debian,
    /// BusyBox's applets: `busybox adduser --help`.
    BusyBox,
    /// Fedora, SUSE, Arch: `adduser` is `useradd`.
    Shadow,
}

/// A group that is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddGroup {
    /// Its name.
    pub name: Value,
    /// Its number.
    pub gid: Id,
    /// Where the number stands.
    pub gid_span: Option<Span>,
    /// A system group: its number comes from the low range.
    pub system: bool,
    /// A number that another group has is no error (`-o`, `-f`).
    pub non_unique: bool,
    /// The command's name: options are inserted behind it.
    pub command: Span,
    /// Options were seen that are not known, so that something may be missing here.
    pub uncertain: bool,
}

/// A user that is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddUser {
    /// Its name.
    pub name: Value,
    /// Its number.
    pub uid: Id,
    /// Where the number stands.
    pub uid_span: Option<Span>,
    /// Its primary group as given: a name or a number.
    pub group: Option<Value>,
    /// Whether a group of the user's name is made for it; `None` where the distribution decides.
    pub own_group: Option<bool>,
    /// Its home, when given.
    pub home: Option<Value>,
    /// Whether the home is made; `None` where the distribution decides.
    pub creates_home: Option<bool>,
    /// Its shell, when given.
    pub shell: Option<Value>,
    /// Supplementary groups; one value without a text when the list is not known.
    pub groups: Vec<Value>,
    /// A system account: its number comes from the low range.
    pub system: bool,
    /// It is given a password.
    pub password: bool,
    /// Its number may be one that another user has (`-o`).
    pub non_unique: bool,
    /// The command's name: options are inserted behind it.
    pub command: Span,
    /// Options were seen that are not known, so that something may be missing here.
    pub uncertain: bool,
}

impl AddUser {
    /// Whether it is put into a group that usually may use sudo (Debian: `sudo`, Fedora and Alpine: `wheel`).
    pub fn may_sudo(&self) -> bool {
        let named = |value: &Value| matches!(value.text.as_deref(), Some("sudo" | "wheel" | "admin" | "root" | "0"));
        self.groups.iter().chain(&self.group).any(named)
    }
}

/// A user that is changed; only what is given is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModUser {
    /// Its name.
    pub name: Value,
    /// Its new name.
    pub new_name: Option<Value>,
    /// Its new number.
    pub uid: Id,
    /// Its new primary group.
    pub group: Option<Value>,
    /// Its new home.
    pub home: Option<Value>,
    /// Whether the old home is moved to the new one.
    pub moves_home: bool,
    /// Its new shell.
    pub shell: Option<Value>,
    /// Supplementary groups.
    pub groups: Vec<Value>,
    /// Whether `groups` come on top of those it has; else they replace them.
    pub appends: bool,
    /// It is given a password.
    pub password: bool,
}

/// What an account command does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountEffect {
    /// `groupadd`, `addgroup`
    AddGroup(AddGroup),
    /// `useradd`, `adduser`
    AddUser(Box<AddUser>),
    /// `usermod`
    ModUser(Box<ModUser>),
    /// `groupmod`
    ModGroup {
        /// Its name.
        name: Value,
        /// Its new name.
        new_name: Option<Value>,
        /// Its new number.
        gid: Id,
    },
    /// `userdel`, `deluser`
    DelUser {
        /// Its name.
        name: Value,
    },
    /// `groupdel`, `delgroup`
    DelGroup {
        /// Its name.
        name: Value,
    },
    /// `addgroup user group`, `adduser user group`, `gpasswd -a user group`
    AddUserToGroup {
        /// The user.
        user: Value,
        /// The group.
        group: Value,
    },
    /// A line is written to `/etc/passwd`.
    PasswdAppend {
        /// The line; `None` when it cannot be known.
        line: Option<String>,
        /// The user's name.
        name: Option<String>,
        /// Its number.
        uid: Id,
        /// Its primary group's number.
        gid: Id,
        /// Its home.
        home: Option<String>,
        /// Its shell.
        shell: Option<String>,
    },
    /// A line is written to `/etc/group`.
    GroupAppend {
        /// The line; `None` when it cannot be known.
        line: Option<String>,
        /// The group's name.
        name: Option<String>,
        /// Its number.
        gid: Id,
        /// Its members.
        members: Vec<String>,
    },
}

/// What a simple command does to accounts; empty for most. Without `adduser` its options tell whose it is. Variables
/// come from `lookup`.
pub fn effects(
    simple: &Simple<'_>,
    adduser: Option<Adduser>,
    lookup: &mut dyn FnMut(&str) -> Option<String>,
) -> Vec<AccountEffect> {
    let Some((name, words)) = peel(simple.words) else { return Vec::new() };
    let Some((first, rest)) = words.split_first() else { return Vec::new() };
    if matches!(name.as_str(), "echo" | "printf") {
        return passwd::append(&name, rest, simple.redirects, lookup);
    }
    let call = Call { argv: Argv::new(rest, lookup), command: first.span };
    let effect = match name.as_str() {
        "useradd" => shadow::useradd(&call),
        "groupadd" => shadow::groupadd(&call),
        "usermod" => shadow::usermod(&call),
        "groupmod" => shadow::groupmod(&call),
        "gpasswd" => shadow::gpasswd(&call),
        "userdel" => shadow::userdel(&call).map(|name| AccountEffect::DelUser { name }),
        "groupdel" => shadow::userdel(&call).map(|name| AccountEffect::DelGroup { name }),
        "deluser" => adduser::deluser(&call).map(|name| AccountEffect::DelUser { name }),
        "delgroup" => adduser::deluser(&call).map(|name| AccountEffect::DelGroup { name }),
        "adduser" => adduser::adduser(&call, adduser),
        "addgroup" => adduser::addgroup(&call, adduser),
        _ => None,
    };
    effect.into_iter().collect()
}

/// The arguments of an account command and where its name stands.
struct Call {
    argv: Argv,
    command: Span,
}

/// A command's name without its folder, and its words from the name on; `sudo`, `env`, `command` and `exec` before it
/// are stepped over (`sudo(8)`, `env(1)`).
pub fn peel(words: &[Word]) -> Option<(String, &[Word])> {
    let mut rest = words;
    let mut prefix = String::new();
    loop {
        let (first, tail) = rest.split_first()?;
        let text = first.literal()?;
        let flag = text.starts_with('-') && !prefix.is_empty();
        let assignment = matches!(prefix.as_str(), "sudo" | "env") && text.contains('=') && !flag;
        let name = text.rsplit('/').next().unwrap_or_default().to_owned();
        if flag {
            // `sudo -u root useradd`: the option's value is no command.
            let valued =
                matches!((prefix.as_str(), text.as_str()), ("sudo", "-u" | "-g" | "-h" | "-p") | ("env", "-u" | "-C"));
            rest = if valued { tail.split_first()?.1 } else { tail };
        } else if assignment {
            rest = tail;
        } else if matches!(name.as_str(), "sudo" | "env" | "command" | "exec") {
            prefix = name;
            rest = tail;
        } else {
            return Some((name, rest));
        }
    }
}

/// A list with commas as single values, each with its span where the text is plain.
fn list(value: Option<&Value>) -> Vec<Value> {
    let Some(value) = value else { return Vec::new() };
    let Some(text) = &value.text else { return vec![value.clone()] };
    let plain = value.span.len() == text.len();
    let mut start = value.span.start;
    let mut found = Vec::new();
    for item in text.split(',') {
        let span = if plain { Span::new(start, start + item.len()) } else { value.span };
        start += item.len() + 1;
        if !item.is_empty() {
            found.push(Value { text: Some(item.to_owned()), span });
        }
    }
    found
}

fn id_span(read: &Arguments, name: &str) -> Option<Span> {
    read.value(name).map(|value| value.span)
}
