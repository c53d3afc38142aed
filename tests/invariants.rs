//! Results that are spoiled by hand, in the ways in which rewrites fail in real projects: each must be rejected, and
//! with the id of the invariant that is there for it. Without its invariant a row here turns red.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "invariants/broken.rs"]
mod broken;
#[path = "invariants/files.rs"]
mod files;
#[path = "invariants/lines.rs"]
mod lines;
#[path = "invariants/moved.rs"]
mod moved;
mod support;
#[path = "invariants/users.rs"]
mod users;

use std::collections::BTreeSet;

use unroot::model::Model;
use unroot::plan::{Change, Handed, Identity, Origin, Place, Plan};
use unroot::{proof, syntax};

/// One wrong result of one file.
pub(crate) struct Spoiled {
    /// The invariant that must reject it.
    pub(crate) id: &'static str,
    /// What is wrong.
    pub(crate) what: &'static str,
    /// The original.
    pub(crate) before: &'static str,
    /// What a wrong plan would declare; the result is rendered from it.
    pub(crate) plan: fn(&mut Spoiler<'_, '_>),
    /// What a wrong rendering would write: text of the result, and what stands there instead.
    pub(crate) text: &'static [(&'static str, &'static str)],
}

/// A plan that is being spoiled.
pub(crate) struct Spoiler<'s, 'm> {
    /// The original.
    pub(crate) model: &'s Model<'m>,
    /// The plan.
    pub(crate) plan: Plan,
}

impl Spoiler<'_, '_> {
    /// The last instruction that starts so.
    pub(crate) fn at(&self, text: &str) -> usize {
        let starts = |index: &usize| {
            let found = self.model.instruction(*index).unwrap();
            String::from_utf8_lossy(found.span.of(self.model.bytes)).starts_with(text)
        };
        (0..self.model.tree.instructions.len()).rev().find(starts).unwrap_or_else(|| panic!("no {text}"))
    }

    /// The block that switches the user.
    pub(crate) fn block(&mut self) -> (&mut Place, &mut Vec<String>, &mut Option<String>) {
        let blocks = self.plan.changes.iter_mut().filter_map(|change| match change {
            Change::Block { place, commands, user: user @ Some(_), .. } => Some((place, commands, user)),
            _ => None,
        });
        blocks.last().expect("a block with USER")
    }

    /// Moves the block.
    pub(crate) fn above(&mut self, text: &str) {
        let at = self.at(text);
        *self.block().0 = Place::Above(at);
    }

    /// USER in another spelling, everywhere in the plan.
    pub(crate) fn user(&mut self, text: &str) {
        *self.block().2 = Some(text.to_owned());
        self.plan.identity.as_mut().unwrap().user = text.to_owned();
    }

    /// Replaces the commands of the block.
    pub(crate) fn commands(&mut self, commands: &[&str]) {
        *self.block().1 = commands.iter().map(|command| (*command).to_owned()).collect();
    }

    /// A flag on an instruction.
    pub(crate) fn flag(&mut self, text: &str, flag: &str) {
        let instruction = self.at(text);
        self.plan.changes.push(Change::Flag { instruction, flag: flag.to_owned() });
    }

    /// Another word in an instruction.
    pub(crate) fn word(&mut self, text: &str, old: &str, new: &str) {
        let instruction = self.at(text);
        let span = self.model.instruction(instruction).unwrap().span;
        let start = span.start + String::from_utf8_lossy(span.of(self.model.bytes)).find(old).unwrap();
        let span = unroot::source::Span::new(start, start + old.len());
        self.plan.changes.push(Change::Word { instruction, span, text: new.to_owned() });
    }

    /// Text in front of a word of an instruction.
    pub(crate) fn insert(&mut self, text: &str, word: &str, new: &str) {
        self.word(text, word, new);
        if let Some(Change::Word { span, .. }) = self.plan.changes.last_mut() {
            *span = unroot::source::Span::empty(span.start);
        }
    }

    /// Nothing is handed over any more.
    pub(crate) fn owns_nothing(&mut self) {
        self.plan.handed.clear();
        self.plan.changes.retain(|change| !matches!(change, Change::Flag { .. } | Change::Block { user: None, .. }));
        self.block().1.retain(|command| command.contains("add "));
    }

    /// The switch that a plan would make that sees nothing in its way.
    pub(crate) fn switch(&mut self) {
        let (name, user) = ("app".to_owned(), "10001:10001".to_owned());
        let commands = vec![
            "groupadd --gid 10001 app".to_owned(),
            "useradd --no-log-init --uid 10001 --gid 10001 --create-home app".to_owned(),
        ];
        let place = Place::Above(self.at("CMD"));
        let (home, comment) = (Some("/home/app".to_owned()), Some("Run as app".to_owned()));
        self.plan = Plan { stage: self.plan.stage, ..Plan::default() };
        self.plan.changes = vec![Change::Block {
            place,
            comment,
            env: None,
            commands: commands.clone(),
            expose: None,
            user: Some(user.clone()),
        }];
        self.plan.identity = Some(Identity {
            group: Some(name.clone()),
            name: Some(name),
            uid: Some(10001),
            gid: Some(10001),
            origin: Origin::Created,
            user,
            commands,
            pins: Vec::new(),
            supplementary: false,
            home,
            worker: false,
            variables: None,
        });
    }

    /// A RUN of its own.
    pub(crate) fn run_above(&mut self, text: &str, commands: &[&str]) {
        let commands = commands.iter().map(|command| (*command).to_owned()).collect();
        let place = Place::Above(self.at(text));
        self.plan
            .changes
            .insert(0, Change::Block { place, comment: None, env: None, commands, expose: None, user: None });
    }

    /// A path in the report.
    pub(crate) fn hand(&mut self, path: &str, tree: bool) {
        let owner = self.plan.identity.as_ref().unwrap().owner();
        self.plan.handed.push(Handed {
            path: path.to_owned(),
            owner,
            tree,
            make: true,
            by_copy: false,
            why: "VOLUME".to_owned(),
        });
    }

    /// An instruction goes.
    pub(crate) fn remove(&mut self, text: &str) {
        let instruction = self.at(text);
        self.plan.changes.push(Change::RemoveInstruction { instruction });
    }
}

/// A table row.
pub(crate) const fn row(
    id: &'static str,
    what: &'static str,
    before: &'static str,
    plan: fn(&mut Spoiler<'_, '_>),
    text: &'static [(&'static str, &'static str)],
) -> Spoiled {
    Spoiled { id, what, before, plan, text }
}

fn table() -> Vec<Spoiled> {
    [lines::rows(), files::rows(), broken::rows(), users::rows(), moved::rows()].into_iter().flatten().collect()
}

#[test]
fn what_is_not_spoiled_is_accepted() {
    let refused = |before: &&str| {
        [&files::ROOTED[..], &moved::REFUSED, &[lines::PLACED_BY_PORT, users::MIXED]].concat().contains(before)
    };
    let befores = table().into_iter().map(|spoiled| spoiled.before).filter(|before| !refused(before));
    let befores: BTreeSet<&str> = befores.collect();
    for before in befores {
        let tree = syntax::parse(before.as_bytes());
        let model = Model::new(before.as_bytes(), &tree);
        let plan = support::plan_of(&model);
        assert!(!plan.changes.is_empty(), "{before}\n{:?}", plan.findings);
        let after = support::rendered(&model, &plan);
        let result = support::prove(&model, &after, &plan);
        assert_eq!(result, Ok(()), "{}", String::from_utf8_lossy(&after));
    }
}

/// What is refused below /root is none of the switch itself.
#[test]
fn the_same_outside_of_root_s_home_is_accepted() {
    for before in files::ROOTED {
        let before = before.replace("/root", "/srv/x").replace('~', "/srv/x");
        let tree = syntax::parse(before.as_bytes());
        let model = Model::new(before.as_bytes(), &tree);
        let mut spoiler = Spoiler { plan: Plan::default(), model: &model };
        spoiler.switch();
        let after = support::rendered(&model, &spoiler.plan);
        assert_eq!(support::prove(&model, &after, &spoiler.plan), Ok(()), "{}", String::from_utf8_lossy(&after));
    }
}

#[test]
fn what_is_spoiled_is_rejected_by_its_invariant() {
    let mut wrong = Vec::new();
    for Spoiled { id, what, before, plan: spoil, text } in table() {
        let tree = syntax::parse(before.as_bytes());
        let model = Model::new(before.as_bytes(), &tree);
        let mut spoiler = Spoiler { plan: support::plan_of(&model), model: &model };
        spoil(&mut spoiler);
        let plan = spoiler.plan;
        let mut after = String::from_utf8(support::rendered(&model, &plan)).unwrap();
        for (old, new) in text {
            assert_eq!(after.matches(old).count(), 1, "{what}: {old:?} in\n{after}");
            after = after.replace(old, new);
        }
        let result = support::prove(&model, after.as_bytes(), &plan);
        if result.as_ref().err().map(|violation| violation.invariant) != Some(id) {
            wrong.push(format!("{id}: {what}: {result:?}\n{after}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), table().len(), wrong.join("\n"));
}

/// The twelfth invariant looks at the result alone: half a rewrite is not what a second run would leave alone.
#[test]
fn what_is_not_stable_is_rejected() {
    let result = String::from_utf8(support::fix(lines::NODE, &unsafe_too()).after).unwrap();
    let stable = |text: &str| unroot::is_stable(&support::dockerfile(text), &support::files(), &unsafe_too());
    assert!(result.contains("USER 1000:1000") && stable(&result), "{result}");
    for (old, new) in [
        ("USER 1000:1000\n", ""),
        ("USER 1000:1000", "USER 0"),
        ("USER 1000:1000", "USER root:1000"),
        ("COPY --chown=node:node . .\n", "COPY data /srv/x/\nRUN chown -R node:node /srv/x\n"),
    ] {
        assert_eq!(result.matches(old).count(), 1, "{old}");
        let spoiled = result.replace(old, new);
        assert!(!stable(&spoiled), "{spoiled}");
    }
}

fn unsafe_too() -> unroot::options::Options {
    unroot::options::Options { unsafe_fixes: true, ..Default::default() }
}

/// An invariant without examples of what it rejects is none.
#[test]
fn every_invariant_has_spoiled_results() {
    for invariant in proof::ALL {
        let rows = table().into_iter().filter(|spoiled| spoiled.id == invariant.id).count();
        assert!(rows >= 2, "{} has {rows} spoiled results", invariant.id);
    }
    let known: BTreeSet<&str> = proof::ALL.iter().map(|invariant| invariant.id).collect();
    assert!(table().iter().all(|spoiled| known.contains(spoiled.id)));
}
