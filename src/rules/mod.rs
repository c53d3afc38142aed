//! The rules: one file each, in the order in which they ask for changes.

mod chown_run;
mod compose_user;
mod early_user;
mod floating_id;
mod kubernetes_root;
mod late_user;
mod missing_user;
mod named_user;
mod privileged_port;
mod root_entrypoint;
mod root_socket;
mod root_user;
mod sudo;
mod taken_id;
mod unknown_user;
mod unowned_copy;
mod unreachable_home;
mod unused_user;
mod world_writable;

use crate::model::hazard::Scene;
use crate::options::Options;
use crate::plan::{Draft, Plan, home};

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
pub const ALL: [Rule; 19] = [
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
    unreachable_home::RULE,
    unowned_copy::RULE,
    privileged_port::RULE,
    sudo::RULE,
    world_writable::RULE,
    root_socket::RULE,
    compose_user::RULE,
    kubernetes_root::RULE,
];

/// Rules that are a fix of their own, without a switch of the user.
pub const ALONE: [Rule; 8] = [
    early_user::RULE,
    late_user::RULE,
    taken_id::RULE,
    floating_id::RULE,
    named_user::RULE,
    chown_run::RULE,
    sudo::RULE,
    kubernetes_root::ALONE,
];

/// The plan that rules make of a stage. What they leave alone because of root's home is planned once more without it.
pub fn plan(scene: &Scene<'_>, options: &Options, rules: &[Rule]) -> Plan {
    let options = &options.clone().resolved();
    let plain = draft(scene, options, rules, None);
    home::moved(scene, options, &plain, &|scene, relocation| draft(scene, options, rules, Some(relocation)))
        .unwrap_or(plain)
}

fn draft(scene: &Scene<'_>, options: &Options, rules: &[Rule], relocation: Option<home::Relocation>) -> Plan {
    let mut draft = Draft { relocation, ..Draft::new(scene, options) };
    for rule in rules.iter().filter(|rule| options.enabled(rule.id)) {
        (rule.apply)(&mut draft);
    }
    draft.finish()
}
