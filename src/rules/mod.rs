//! The rules: one file each, in the order in which they ask for changes.

mod chown_run;
mod early_user;
mod floating_id;
mod late_user;
mod missing_user;
mod named_user;
mod privileged_port;
mod root_entrypoint;
mod root_user;
mod taken_id;
mod unknown_user;
mod unowned_copy;
mod unused_user;

use crate::plan::Draft;

/// A rule: what it is called, what it means, what it asks for.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Its id, kebab-case.
    pub id: &'static str,
    /// Its page: what it does, why, an example, when it is safe.
    pub doc: &'static str,
    /// Looks at a draft and asks for changes.
    pub apply: fn(&mut Draft<'_>),
}

impl Rule {
    /// The rule's page: the doc comment at the top of its file, without the heading.
    pub fn page(&self) -> String {
        let lines = self.doc.lines().map_while(|line| line.strip_prefix("//!"));
        let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).skip(2);
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Every rule. The switch of the user comes first because the others hang on the account;
/// where a USER stands comes before how it is written.
pub const ALL: [Rule; 13] = [
    missing_user::RULE,
    root_user::RULE,
    root_entrypoint::RULE,
    unknown_user::RULE,
    unused_user::RULE,
    early_user::RULE,
    late_user::RULE,
    taken_id::RULE,
    floating_id::RULE,
    named_user::RULE,
    chown_run::RULE,
    unowned_copy::RULE,
    privileged_port::RULE,
];

/// Rules that are a fix of their own, without a switch of the user.
pub const ALONE: [Rule; 6] =
    [early_user::RULE, late_user::RULE, taken_id::RULE, floating_id::RULE, named_user::RULE, chown_run::RULE];
