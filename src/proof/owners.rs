//! The difference of path to owner equals what the plan hands over, and holds no folder of the base.

use super::align::Origin;
use super::{Case, moved};
use crate::model::owner::{Copied, Node, Owners};
use crate::model::value;
use crate::plan::{Handed, Identity, pins, server};
use crate::syntax::{Args, Keyword};

/// An owner with names replaced by the numbers that the result's accounts give them at the end.
pub(super) fn resolved(case: &Case<'_>, owner: &str) -> String {
    let stage = case.plan.stage;
    let owner = case.after.owner_of(stage, usize::MAX, owner).unwrap_or_else(|| owner.to_owned());
    renumbered(case, owner)
}

/// An owner with the numbers that the base image holds and the file wanted for its account replaced by the account's:
/// nothing was ever built with those.
fn renumbered(case: &Case<'_>, owner: String) -> String {
    let identity = case.plan.identity.as_ref().or(case.plan.standing.as_ref());
    let Some(identity) = identity.filter(|identity| !identity.pins.is_empty()) else { return owner };
    let account = identity.name.as_deref().and_then(|name| case.before.account(case.plan.stage, usize::MAX, name));
    let Some((account, made)) = account.and_then(|account| Some((account.clone(), account.made?))) else {
        return owner;
    };
    let Some((uid, gid)) = owner.split_once(':').filter(|_| pins::is_taken(&made)) else { return owner };
    let new = |text: &str, old: Option<u32>, new: Option<u32>| match new {
        Some(new) if old.is_some_and(|old| old.to_string() == text) => new.to_string(),
        _ => text.to_owned(),
    };
    format!("{}:{}", new(uid, account.uid, identity.uid), new(gid, account.gid, identity.gid))
}

/// Owners at the end differ exactly by the declared paths.
pub(super) fn owners(case: &Case<'_>) -> Result<(), String> {
    let stage = case.plan.stage;
    let before = case.before.owners(stage);
    let after = case.after.owners(stage);
    for (path, node) in &after.nodes {
        let was = before.nodes.get(&moved::path_before(case, path)).map(|node| node.owner.as_ref());
        if changed(case, was, node) && !declared(case, path, false) && !made_above(case, path, was, node) {
            return Err(format!("{path} would belong to {}", node.owner.as_deref().unwrap_or("nobody knows whom")));
        }
    }
    if let Some(path) = before.nodes.keys().find(|path| !after.nodes.contains_key(&moved::path(case, path))) {
        return Err(format!("{path} would not be made any more"));
    }
    let added = |at: usize| matches!(case.aligned.origins.get(at), Some(Origin::Copy(_)));
    let kept: Vec<&Copied> = after.copies.iter().filter(|copy| !added(copy.instruction)).collect();
    if before.copies.len() != kept.len() {
        return Err("a copy was added or lost".to_owned());
    }
    for (was, is) in before.copies.iter().zip(kept) {
        let to = is.destination.as_deref().unwrap_or("a path that cannot be known");
        if copy_changed(case, was, is) && !declared(case, to, true) {
            return Err(format!(
                "what is copied to {to} would belong to {}",
                is.owner.as_deref().unwrap_or("nobody knows whom")
            ));
        }
    }
    handed(case)
}

/// A folder above one that the block makes, in an image of which nobody knows the user: as root as the block's RUN is.
fn made_above(case: &Case<'_>, path: &str, was: Option<Option<&String>>, node: &Node) -> bool {
    let roots = was.is_none_or(|was| was.is_some_and(|owner| owner == crate::model::owner::ROOT));
    let above = |handed: &crate::plan::Handed| handed.make && value::within(&handed.path, path);
    roots && node.owner.is_none() && case.plan.handed.iter().any(above)
}

fn changed(case: &Case<'_>, was: Option<Option<&String>>, is: &Node) -> bool {
    match was {
        Some(was) => was.map(|owner| resolved(case, owner)) != is.owner.as_ref().map(|owner| resolved(case, owner)),
        // A folder that is new is a change unless root made it.
        None => is.owner.as_deref() != Some(crate::model::owner::ROOT),
    }
}

fn copy_changed(case: &Case<'_>, was: &Copied, is: &Copied) -> bool {
    was.destination.as_deref().map(|to| moved::path(case, to)) != is.destination
        || was.owner.as_ref().map(|owner| resolved(case, owner)) != is.owner.as_ref().map(|owner| resolved(case, owner))
}

/// Whether the report names the path, with `content` as a tree.
fn declared(case: &Case<'_>, path: &str, content: bool) -> bool {
    let names = |handed: &Handed| match handed.tree {
        true => value::within(path, &handed.path),
        false => !content && handed.path == path,
    };
    case.plan.handed.iter().any(names)
}

/// What is handed over belongs to the account at the end, and is none of the base's folders.
fn handed(case: &Case<'_>) -> Result<(), String> {
    let stage = case.plan.stage;
    let owners = case.after.owners(stage);
    let Some(identity) = &case.plan.identity else {
        return if case.plan.handed.is_empty() { Ok(()) } else { Err("paths are handed over to nobody".to_owned()) };
    };
    for handed in &case.plan.handed {
        // The home of an account is nobody else's: with another uid in its place it is for group 0.
        let home =
            case.plan.any_user && handed.path.starts_with("/home/") && identity.home.as_ref() == Some(&handed.path);
        let served = server::may_own(case.before, stage, &handed.path);
        if case.before.is_base_folder(stage, &handed.path) && !home && !served {
            return Err(format!("{} is a folder of the base image", handed.path));
        }
        let its = |owner: Option<&String>| owner.is_some_and(|owner| identity.owns(&resolved(case, owner)));
        // What a copy brings into a folder that was there stays apart from the folder itself.
        let copies: Vec<&Copied> = owners.copies.iter().filter(|copy| brings(copy, &handed.path)).collect();
        let brought = copies.iter().any(|copy| its(copy.owner.as_ref()));
        let done = if handed.tree && !copies.is_empty() { brought } else { its(owners.owner(&handed.path)) };
        if !done {
            return Err(format!("{} would not belong to the account at the end", handed.path));
        }
        if case.plan.any_user && !handed.by_copy && !is_grouped(case, &owners, &handed.path) {
            return Err(format!("{} would be shut for another uid of group 0", handed.path));
        }
        if !handed.tree && !kept_by_volume(case, &handed.path, identity) {
            return Err(format!(
                "{} is handed over below a VOLUME that holds it: the legacy builder forgets that",
                handed.path
            ));
        }
    }
    Ok(())
}

/// Whether a path belongs to group 0 at the end, and a step of the plan gives the group what the owner may.
fn is_grouped(case: &Case<'_>, owners: &Owners, path: &str) -> bool {
    let zero = owners.owner(path).is_some_and(|owner| resolved(case, owner).ends_with(":0"));
    let steps = case.aligned.origins.iter().enumerate().filter(|(_, origin)| matches!(origin, Origin::Run(_)));
    let opens = |(at, _): (usize, &Origin)| {
        let commands = case.after.commands(case.plan.stage, at);
        commands.list.iter().filter(|ran| ran.name == "chmod").any(|ran| {
            let all = ran.has_option('R', "--recursive");
            let mut operands = ran.operands().map(|(_, text)| text);
            operands.next().flatten() == Some("g=u")
                && operands
                    .any(|text| ran.placed(text).is_some_and(|to| to == path || (all && value::within(path, &to))))
        })
    };
    zero && steps.into_iter().any(opens)
}

/// Whether a copy brings what lies at a path or below it.
fn brings(copy: &Copied, path: &str) -> bool {
    copy.destination.as_deref().is_some_and(|to| value::within(to, path))
}

/// Whether a path belongs to the account already where the stage first declares it, or a folder above it, as VOLUME.
fn kept_by_volume(case: &Case<'_>, path: &str, identity: &Identity) -> bool {
    let (model, stage) = (case.after, case.plan.stage);
    let Some(body) = model.stages.get(stage).map(|stage| stage.body.clone()) else { return false };
    let holds = |index: &usize| {
        let Some(found) = model.instruction(*index).filter(|found| found.keyword == Keyword::Volume) else {
            return false;
        };
        let Args::Many { words, .. } = &found.args else { return false };
        let volumes = words.iter().filter_map(|word| value::normal(model.expand(stage, *index, &word.text).certain()?));
        volumes.into_iter().any(|volume| value::within(path, &volume))
    };
    let Some(volume) = body.into_iter().find(holds) else { return true };
    let owners = model.owners_before(stage, volume);
    owners.owner(path).is_some_and(|owner| identity.owns(&resolved(case, owner)))
}
