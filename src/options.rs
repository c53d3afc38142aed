//! What the caller wants, as plain data.

use std::collections::{BTreeMap, BTreeSet};

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

/// Options of one run; the same for every project of it.
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
    /// Rules to apply; empty: all.
    pub select: BTreeSet<String>,
    /// Rules to leave out.
    pub ignore: BTreeSet<String>,
}

impl Options {
    /// Whether the rule with this id may ask for changes.
    pub fn enabled(&self, rule: &str) -> bool {
        (self.select.is_empty() || self.select.contains(rule)) && !self.ignore.contains(rule)
    }
}
