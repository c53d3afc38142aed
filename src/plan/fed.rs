//! Folders of an image without a shell: the stage that feeds it makes them, and a copy brings them with their owner.

use super::home::mention;
use super::{Change, Draft, Handed, Identity, Place, block, home, tools};
use crate::facts::Family;
use crate::model::owner::{Made, Owners};
use crate::model::{Base, Model, ShellKind, Value, value};
use crate::syntax::{Args, Keyword};

/// A folder that another stage makes for the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fed {
    /// The stage that makes it.
    pub stage: usize,
    /// How the target calls that stage.
    pub from: String,
    /// The folder, in both.
    pub path: String,
    /// Whether group 0 may do with it what its owner may.
    pub grouped: bool,
}

impl Fed {
    /// The commands that make all of a stage.
    pub fn commands(of: &[&Self]) -> Vec<String> {
        let list = |all: Vec<&&Self>| all.iter().map(|fed| fed.path.as_str()).collect::<Vec<_>>().join(" ");
        let grouped: Vec<&&Self> = of.iter().filter(|fed| fed.grouped).collect();
        let group = Some(grouped).filter(|all| !all.is_empty()).map(|all| format!("chmod g=u {}", list(all)));
        std::iter::once(format!("mkdir -p {}", list(of.iter().collect()))).chain(group).collect()
    }

    /// The arguments of the copy that brings it.
    pub fn copy(&self, identity: &Identity) -> String {
        format!("--from={} --chown={} {path} {path}", self.from, identity.owner(), path = self.path)
    }
}

/// Plans that a folder comes from the stage that feeds the target; whether one can give it.
pub(super) fn feed(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners, path: &str, why: &str) -> bool {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    if draft.fed.iter().any(|fed| fed.path == path) {
        return true;
    }
    let Some((from, feeder)) = feeder(model, stage) else { return false };
    let (Some(place), true) = (place(model, stage, owners, path), can_feed(model, stage, feeder, path)) else {
        return false;
    };
    let fed = Fed { stage: feeder, from, path: path.to_owned(), grouped: draft.options.openshift };
    let copy = fed.copy(identity);
    let beside = draft.changes.iter_mut().find_map(|change| match change {
        Change::Copy { place: other, arguments } if *other == place => Some(arguments),
        _ => None,
    });
    match beside {
        Some(arguments) => arguments.push(copy),
        None => draft.changes.push(Change::Copy { place, arguments: vec![copy] }),
    }
    let (path, why, owner) = (path.to_owned(), why.to_owned(), identity.owner());
    draft.handed.push(Handed { path, owner, tree: true, make: false, by_copy: true, why });
    draft.fed.push(fed);
    true
}

/// The RUNs at the ends of stages that make what they feed.
pub(super) fn made(draft: &Draft<'_>) -> Vec<Change> {
    let mut stages: Vec<usize> = draft.fed.iter().map(|fed| fed.stage).collect();
    stages.dedup();
    let made = stages.into_iter().filter_map(|stage| {
        let body = draft.scene.model.stages.get(stage)?.body.clone();
        Some(Change::Block {
            place: Place::Below(body.end.checked_sub(1)?),
            comment: Some("For the last stage, in which no command could make it".to_owned()),
            env: None,
            commands: Fed::commands(&draft.fed.iter().filter(|fed| fed.stage == stage).collect::<Vec<_>>()),
            expose: None,
            user: None,
        })
    });
    made.collect()
}

/// The stage of the file that the last copy of the target takes from, and how that copy calls it.
fn feeder(model: &Model<'_>, stage: usize) -> Option<(String, usize)> {
    let body = model.stages.get(stage)?.body.clone();
    body.rev().filter(|index| model.keyword(*index) == Keyword::Copy).find_map(|index| {
        let from = model.instruction(index)?.flag("from")?.value.clone()?;
        let found = model.find_stage(&from, stage).filter(|_| !from.contains('$'))?;
        Some((from, found))
    })
}

/// Whether a stage surely can make a folder at its end that it does not have, and nobody else builds on it.
pub fn can_feed(model: &Model<'_>, target: usize, feeder: usize, path: &str) -> bool {
    let Some(Base::Image { facts: Some(facts), listed: true, .. }) = model.root_base(feeder) else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    // The folders above belong to whoever owns the copy where the target lacks them.
    let above = path.rsplit_once('/').map_or("", |(above, _)| above);
    let bare = matches!(model.root_base(target), Some(Base::Image { facts: Some(facts), .. }) if facts.family == Family::Scratch);
    let stands = above.is_empty() || (!bare && model.is_base_folder(target, above));
    let owners = model.owners(feeder);
    let held = owners.nodes.keys().any(|node| value::within(node, path));
    let copied = owners.copies.iter().any(|copy| copy.destination.as_deref().is_none_or(|to| value::within(to, path)));
    let named = model.lineage(feeder).iter().any(|(_, index)| mention::names(&home::text_of(model, *index), path));
    let ends = model.stages.get(feeder).is_some_and(|stage| !stage.body.is_empty());
    path.starts_with('/')
        && path.len() > 1
        && path.chars().all(plain)
        && stands
        && ends
        && !(held || copied || named || model.is_base_folder(feeder, path))
        && model.final_user(feeder).is_root()
        && !home::set::is_built_on(model, feeder)
        && !model.chain(target).contains(&feeder)
        && tools::can_run(model, feeder, facts.shell, facts.tools, facts.family)
        && model.shell(feeder, usize::MAX) != ShellKind::Other
}

/// Where the copy stands: above what makes the folder as root's, or declares it as a VOLUME, else where the block does.
fn place(model: &Model<'_>, stage: usize, owners: &Owners, path: &str) -> Option<Place> {
    let made = match owners.nodes.get(path).map(|node| node.made) {
        Some(Made::Workdir(at)) if model.stage_of(at) == Some(stage) => Some(at),
        Some(_) => return None,
        None => None,
    };
    let body = model.stages.get(stage)?.body.clone();
    let holds = |folder: &Value| folder.certain().and_then(value::normal).is_some_and(|it| value::within(path, &it));
    let volume = body.clone().find(|index| model.volumes(stage, *index).iter().any(holds));
    // What lands below the folder earlier would make it.
    let lands = |index: &usize| match model.instruction(*index).map(|found| &found.args) {
        Some(Args::Copy { destination, .. }) => destination.text.contains(path),
        _ => false,
    };
    let first = made.into_iter().chain(volume).min();
    match (first, body.clone().any(|index| lands(&index))) {
        (_, true) => None,
        (Some(first), _) => Some(Place::Above(first)),
        (None, _) => block::place(model, stage),
    }
}
