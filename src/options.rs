//! What the caller wants, as plain data.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::Family;

/// How the account is written after `USER`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UserForm {
    /// `USER uid:gid`, the form that Kubernetes' `runAsNonRoot` can verify.
    #[default]
    Number,
    /// `USER name`.
    Name,
}

/// What is handed over to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ownership {
    /// The app's own folder and what is copied into it, and the write set.
    #[default]
    App,
    /// Only the write set.
    Data,
    /// Nothing.
    None,
}

/// What the caller vouches for about an image that no template lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenImage {
    /// Its own user as `name`, `uid` or `uid:gid`; `None` for root.
    pub user: Option<String>,
    /// How accounts are made in it.
    pub family: Family,
    /// Whether it has a shell.
    pub shell: bool,
}

/// Options of one run; the same for every Dockerfile that they were found for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Apply fixes of safety `unsafe` too.
    pub unsafe_fixes: bool,
    /// Stages to fix, by name or number; empty: the stage that is built.
    pub targets: Vec<String>,
    /// Build context relative to the project's root; `None`: found by looking.
    pub context: Option<String>,
    /// Name of the account to use or to make.
    pub user: Option<String>,
    /// Its uid.
    pub uid: Option<u32>,
    /// Its gid.
    pub gid: Option<u32>,
    /// How it is written after `USER`.
    pub user_form: UserForm,
    /// What is handed over.
    pub ownership: Ownership,
    /// Ports to move, old to new, besides 80 and 443.
    pub ports: BTreeMap<u16, u16>,
    /// Leave every port where it is (`--port keep`).
    pub keep_ports: bool,
    /// Paths that the account must be able to write, whatever the Dockerfile shows.
    pub paths: Vec<String>,
    /// Images that the caller knows, by reference; without a tag: every tag.
    pub images: BTreeMap<String, GivenImage>,
    /// Images that Dockerfiles of the project become: their names, and the Dockerfile's path from the project's root.
    pub built: BTreeMap<String, String>,
    /// Change the manifests that run them, too.
    pub kubernetes: bool,
    /// Volumes that older containers filled as root will be given away by hand.
    pub accept_volumes: bool,
    /// Do all that the switch of the user needs, and leave USER to a person.
    pub prepare: bool,
    /// Make it fit for any uid of group 0, as OpenShift runs it.
    pub openshift: bool,
    /// Whether only the Dockerfile can be changed, no other file with it: its text comes from stdin and goes to stdout.
    pub sole_file: bool,
    /// Rules to apply; empty: all.
    pub select: BTreeSet<String>,
    /// Rules to leave out.
    pub ignore: BTreeSet<String>,
    /// Instructions, by index, that a rule leaves as they are: what comments in the file say.
    pub left_alone: BTreeSet<(String, usize)>,
}

/// Rules of which something remains when they are ignored: they run, and obey another option instead.
const REDUCED: [&str; 2] = ["privileged-port", "unowned-copy"];

impl Options {
    /// Whether the rule with this id may ask for changes.
    pub fn enabled(&self, rule: &str) -> bool {
        (self.select.is_empty() || self.select.contains(rule)) && !self.ignore.contains(rule)
    }

    /// Whether a rule has to leave an instruction as it is.
    pub fn leaves(&self, rule: &str, instruction: usize) -> bool {
        self.left_alone.iter().any(|(name, at)| name == rule && *at == instruction)
    }

    /// The same options with rules that are left out as the options that they stand for: without `privileged-port`
    /// ports are kept, without `unowned-copy` nothing is handed over.
    pub fn resolved(mut self) -> Self {
        self.keep_ports |= !self.enabled("privileged-port");
        if !self.enabled("unowned-copy") {
            self.ownership = Ownership::None;
        }
        for rule in REDUCED {
            self.ignore.remove(rule);
            if !self.select.is_empty() {
                self.select.insert(rule.to_owned());
            }
        }
        self
    }

    /// The same options with all rules.
    pub fn with_all_rules(&self) -> Self {
        Self { select: BTreeSet::new(), ignore: BTreeSet::new(), left_alone: BTreeSet::new(), ..self.clone() }
    }

    /// The rules of a list that are left out, in whole or at some instruction.
    pub fn left_out(&self, rules: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
        rules.filter(|rule| !self.enabled(rule) || self.left_alone.iter().any(|(name, _)| name == rule)).collect()
    }
}

/// Whether a name can be an account's that is going to stand in commands.
///
/// # Errors
/// What is wrong with it.
pub fn check_account(name: &str) -> Result<(), String> {
    let first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let other = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
    if name == "root" {
        return Err("root is what the process has to get away from".to_owned());
    }
    if name.len() > 32 || !name.bytes().next().is_some_and(first) || !name.as_bytes().iter().all(other) {
        return Err(
            "a name starts with a letter or _, goes on with letters, digits, _ . or -, and has at most 32 of them"
                .to_owned(),
        );
    }
    Ok(())
}

/// Whether one port can take the place of another.
///
/// # Errors
/// What is wrong with them.
pub fn check_move(old: u16, new: u16) -> Result<(), String> {
    match (old, new) {
        (0, _) | (_, 0) => Err("0 is no port".to_owned()),
        (1024.., _) => Err(format!("any account may listen on {old}: only ports below 1024 need to move")),
        (_, ..1024) => Err(format!("{new} is below 1024 as well: choose a higher port")),
        _ => Ok(()),
    }
}
