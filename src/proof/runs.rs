//! Every kept RUN and WORKDIR runs as it ran before, and other stages are what they were.

use super::{Case, fed, moved};
use crate::model::owner::Owners;
use crate::model::{Base, Model, Who, value};
use crate::plan::{Change, Place, pins, turns, uses};
use crate::syntax::Keyword;

/// Every kept RUN has the same user, ENV, SHELL, folder and account ids, and the same owner of its folder and of code
/// that git could stumble over.
pub(super) fn runs(case: &Case<'_>) -> Result<(), String> {
    for (old, new) in case.aligned.kept() {
        if case.before.keyword(old) != Keyword::Run {
            continue;
        }
        let (Some(was), Some(is)) = (case.before.stage_of(old), case.after.stage_of(new)) else { continue };
        let line = case.before.line(old);
        let fail = |what: &str| Err(format!("the RUN on line {line} would run with another {what}"));
        if !same_user(case, (was, old), (is, new)) && !freed(case, (was, old), (is, new)) {
            return fail("user");
        }
        if case.before.shell(was, old) != case.after.shell(is, new) {
            return fail("shell");
        }
        if placed(case, (was, old)) != case.after.cwd(is, new) {
            return fail("folder");
        }
        if expected(case, (was, old)) != settings(case.after, is, new, case) {
            return fail("environment");
        }
        accounts_stay(case, (was, old), (is, new))
            .map_err(|what| format!("the RUN on line {line} would see {what}"))?;
        if was == case.plan.stage {
            owners_stay(case, (was, old), (is, new))
                .map_err(|what| format!("the RUN on line {line} would find {what}"))?;
        }
    }
    Ok(())
}

/// Whether a line runs as the same account, by name or by the number that the plan writes for it.
fn same_user(case: &Case<'_>, old: (usize, usize), new: (usize, usize)) -> bool {
    let (was, is) = (case.before.user(old.0, old.1), case.after.user(new.0, new.1));
    let named = case.plan.standing.as_ref().filter(|_| old.0 == case.plan.stage || was != is);
    was == is
        || named.is_some_and(|named| {
            matches!(&was, Who::User(text) if super::accounts::names(named, text))
                && matches!(&is, Who::User(text) if *text == named.user)
        })
}

/// Whether the plan lets a RUN run as root that cannot run as anybody else.
fn freed(case: &Case<'_>, old: (usize, usize), new: (usize, usize)) -> bool {
    let declared = case.plan.turned.iter().any(|turned| turned.freed.contains(&old.1));
    let needs = turns::needs_root(case.before, old.0, old.1) && turns::only_system(case.before, old.0, old.1);
    declared && needs && case.after.user(new.0, new.1).is_root()
}

/// The folder of a line of the original as it is in the result.
fn placed(case: &Case<'_>, (stage, index): (usize, usize)) -> value::Value {
    let folder = case.before.cwd(stage, index);
    if stage == case.plan.stage { moved::folder(case, folder) } else { folder }
}

/// What a line of the original sees in the result: what it saw, with declared variables, and PATH with folders that move.
fn expected(case: &Case<'_>, (stage, index): (usize, usize)) -> Vec<(String, value::Value)> {
    let mut pairs = settings(case.before, stage, index, case);
    for (_, value) in pairs.iter_mut().filter(|(name, _)| name == "PATH" && stage == case.plan.stage) {
        let parts = |text: String| text.split(':').map(|part| moved::path(case, part)).collect::<Vec<_>>().join(":");
        *value = std::mem::take(value).map(parts);
    }
    let seen = moved::seen(case, stage, index);
    pairs.extend(seen.map(|seen| (seen.name.clone(), value::Value::Known(seen.value.clone()))));
    pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
    pairs
}

/// ENV and ARG before a line, those whose port moves aside.
fn settings(model: &Model<'_>, stage: usize, index: usize, case: &Case<'_>) -> Vec<(String, value::Value)> {
    let moved = |text: &str| {
        case.plan
            .moved
            .iter()
            .any(|moved| text.contains(&moved.from.to_string()) || text.contains(&moved.to.to_string()))
    };
    let names = model.names_before(stage, index);
    let pairs = names.into_iter().map(|name| {
        let value = model.variable(stage, index, &name);
        (name, value)
    });
    pairs.filter(|(_, value)| !value.text().is_some_and(&moved)).collect()
}

/// Accounts keep their ids; one that had none written down may be pinned.
fn accounts_stay(case: &Case<'_>, old: (usize, usize), new: (usize, usize)) -> Result<(), String> {
    let before = case.before.accounts(old.0, old.1);
    let after = case.after.accounts(new.0, new.1);
    if before.len() != after.len() {
        return Err("other accounts".to_owned());
    }
    for (was, is) in before.iter().zip(&after) {
        let pinned = case
            .plan
            .identity
            .as_ref()
            .or(case.plan.standing.as_ref())
            .is_some_and(|identity| !identity.pins.is_empty() && identity.name.as_deref() == Some(&was.name));
        // Nothing ever ran below a command that fails because its number is taken.
        let open = was.made.as_ref().is_some_and(pins::is_taken);
        let same = was.name == is.name && (was.uid == is.uid || (pinned && (was.uid.is_none() || open)));
        if !same || (was.gid != is.gid && !(pinned && (was.gid.is_none() || open))) {
            return Err(format!("another id of {}", was.name));
        }
    }
    Ok(())
}

fn owners_stay(case: &Case<'_>, old: (usize, usize), new: (usize, usize)) -> Result<(), String> {
    let (cwd, moved) = (case.before.cwd(old.0, old.1), placed(case, old));
    let (Some(cwd), Some(moved)) = (cwd.text(), moved.text()) else { return Ok(()) };
    if !changed_above(case, old.1) {
        return Ok(());
    }
    let before = case.before.owners_before(old.0, old.1);
    let after = case.after.owners_before(new.0, new.1);
    let same = |was: Option<&String>, is: Option<&String>| {
        was.map(|owner| super::owners::resolved(case, owner)) == is.map(|owner| super::owners::resolved(case, owner))
    };
    let used = |folder: &str| uses::used(case.before, old.0, old.1, folder);
    let owner = |owners: &Owners, folder: &str| owners.nodes.get(folder).and_then(|node| node.owner.clone());
    if used(cwd).is_some() && !same(owner(&before, cwd).as_ref(), owner(&after, moved).as_ref()) {
        return Err(format!("{cwd} with another owner"));
    }
    // git stumbles over a .git of another owner, npm runs scripts as the owner of what it finds.
    for (was, is) in before.copies.iter().zip(&after.copies) {
        let reach = was.destination.as_deref().and_then(used).is_some_and(|used| used.writes);
        if reach && !same(was.owner.as_ref(), is.owner.as_ref()) {
            return Err("copied code with another owner".to_owned());
        }
    }
    Ok(())
}

/// Whether the plan changes anything above an instruction, or in it: nothing else can change what it finds.
fn changed_above(case: &Case<'_>, index: usize) -> bool {
    case.plan.changes.iter().any(|change| match change {
        Change::Block { place: Place::Above(at) | Place::Below(at), .. }
        | Change::Copy { place: Place::Above(at) | Place::Below(at), .. } => *at <= index,
        other => other.instruction().is_some_and(|at| at <= index),
    })
}

/// Every kept WORKDIR makes its folder as the same user.
pub(super) fn workdirs(case: &Case<'_>) -> Result<(), String> {
    for (old, new) in case.aligned.kept() {
        if case.before.keyword(old) != Keyword::Workdir {
            continue;
        }
        let (Some(was), Some(is)) = (case.before.stage_of(old), case.after.stage_of(new)) else { continue };
        if !same_user(case, (was, old), (is, new)) || placed(case, (was, old + 1)) != case.after.cwd(is, new + 1) {
            return Err(format!("the WORKDIR on line {} would make another folder", case.before.line(old)));
        }
    }
    Ok(())
}

/// Stages other than the target keep their lines, users and owners.
pub(super) fn other_stages(case: &Case<'_>) -> Result<(), String> {
    let target = case.plan.stage;
    if case.before.stages.len() != case.after.stages.len() {
        return Err("a stage was added or lost".to_owned());
    }
    for change in &case.plan.changes {
        let at = match change {
            Change::Block { place: Place::Above(at) | Place::Below(at), .. }
            | Change::Copy { place: Place::Above(at) | Place::Below(at), .. } => Some(*at),
            other => other.instruction(),
        };
        if fed::makes(case, change) {
            continue;
        }
        if at.and_then(|at| case.before.stage_of(at)).is_some_and(|stage| stage != target) {
            return Err("a change lies in another stage than the target".to_owned());
        }
    }
    for stage in (0..case.before.stages.len()).filter(|stage| *stage != target) {
        let descends = case.before.chain(stage).contains(&target);
        if !descends && case.before.final_user(stage) != case.after.final_user(stage) {
            return Err(format!("stage {} ends as another user", case.before.stage_name(stage)));
        }
        let base = |model: &Model<'_>| match model.stages.get(stage).map(|stage| &stage.base) {
            Some(Base::Stage(parent)) => Some(*parent),
            _ => None,
        };
        if base(case.before) != base(case.after) {
            return Err(format!("stage {} builds on another one", case.before.stage_name(stage)));
        }
    }
    Ok(())
}
