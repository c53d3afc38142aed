//! `RUN chown -R` after a copy becomes `--chown` on the copy, where both surely give the same owners.

use super::{Change, Draft, Identity};
use super::{ownership, uses};
use crate::model::command::{Commands, Ran};
use crate::model::owner::{self, Made, Owners};
use crate::model::{Base, Model, user, value};
use crate::syntax::Keyword;

/// One `chown -R` that copies can do.
struct Conversion {
    instruction: usize,
    copies: Vec<usize>,
    narrow: bool,
    /// Owner as the command writes it.
    owner: String,
}

/// Plans every conversion of the stage and reports it under `rule`.
pub fn plan(draft: &mut Draft<'_>, rule: &'static str) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let Some(body) = model.stages.get(stage).map(|stage| stage.body.clone()) else { return };
    for index in body.filter(|index| model.keyword(*index) == Keyword::Run) {
        if draft.options.leaves(rule, index) {
            continue;
        }
        let commands = model.commands(stage, index);
        if !commands.list.iter().any(|ran| ran.name == "chown" && ran.plain) {
            continue;
        }
        let owners = model.owners_before(stage, index);
        let mut removed = Vec::new();
        for (at, ran) in commands.list.iter().enumerate() {
            let Some(found) = conversion(model, stage, index, commands, at, &owners) else { continue };
            let Some(flags) = flags(draft, &found) else { continue };
            draft.changes.extend(flags);
            if found.narrow {
                draft.changes.extend(narrowed(index, ran));
            } else {
                removed.push(ran.span);
            }
            let message = format!("`{}` writes the copied files a second time", shown(model, index, ran));
            draft.found(
                rule,
                index,
                message,
                "the copy can give them their owner itself: the image gets smaller, the owners stay the same",
            );
        }
        if removed.is_empty() {
            continue;
        }
        let whole = model.scripts(index).first().is_some_and(|script| script.top().len() == removed.len());
        draft.changes.push(match whole {
            true => Change::RemoveInstruction { instruction: index },
            false => Change::RemoveCommands { instruction: index, commands: removed },
        });
    }
}

fn shown(model: &Model<'_>, index: usize, ran: &Ran) -> String {
    model.scripts(index).first().map_or_else(String::new, |script| script.text_of(ran.span))
}

/// Whether the command can be done by copies, and by which.
fn conversion(
    model: &Model<'_>,
    stage: usize,
    index: usize,
    commands: &Commands,
    at: usize,
    owners: &Owners,
) -> Option<Conversion> {
    let ran = commands.list.get(at)?;
    let options = ran.arguments.iter().flatten().filter(|text| text.starts_with('-'));
    let plain_options = options.clone().all(|text| matches!(text.as_str(), "-R" | "--recursive"));
    if ran.name != "chown" || !ran.plain || !plain_options || options.count() != 1 || model.scripts(index).len() != 1 {
        return None;
    }
    // Whatever ran before it in the same RUN may have made what it covers.
    if commands.list.get(..at)?.iter().any(|earlier| !makes_nothing(earlier)) {
        return None;
    }
    let mut operands = ran.operands();
    let owner = operands.next()?.1?.to_owned();
    let paths: Vec<String> = operands.map(|(_, text)| ran.path(text)).collect::<Option<_>>()?;
    // Giving root what is root's changes nothing: that is no second copy.
    let to_root = model.owner_of(stage, index, &owner).as_deref() == Some(owner::ROOT);
    if paths.is_empty() || owner.is_empty() || to_root {
        return None;
    }
    let mut found = Conversion { instruction: index, copies: Vec::new(), narrow: false, owner };
    for path in &paths {
        covered(model, stage, index, path, owners, &mut found)?;
    }
    Some(found)
}

/// Commands that surely leave nothing below the app's folder: they make accounts, or change modes and owners.
fn makes_nothing(ran: &Ran) -> bool {
    crate::facts::makes_accounts(&ran.name)
        || matches!(ran.name.as_str(), "chown" | "chmod" | "chgrp" | "set" | "true" | ":")
}

/// Adds the copies that brought all that lies below `path`; `None` if anything else did.
fn covered(
    model: &Model<'_>,
    stage: usize,
    index: usize,
    path: &str,
    owners: &Owners,
    found: &mut Conversion,
) -> Option<()> {
    let node = owners.nodes.get(path)?;
    // An image that no template lists may hold any folder already.
    let listed = matches!(model.root_base(stage), Some(Base::Image { listed: true, .. }));
    if node.made == Made::Base || model.is_base_folder(stage, path) || owner::is_packaged(path) || !listed {
        return None;
    }
    let below: Vec<_> = owners
        .copies
        .iter()
        .filter(|copy| copy.destination.as_deref().is_none_or(|to| value::within(to, path)))
        .collect();
    let above = owners
        .copies
        .iter()
        .any(|copy| copy.destination.as_deref().is_some_and(|to| to != path && value::within(path, to)));
    if below.is_empty() || above {
        return None;
    }
    let mut by_copy = false;
    for copy in &below {
        let at = copy.instruction;
        let instruction = model.instruction(at)?;
        let fits =
            copy.destination.is_some() && model.stage_of(at) == Some(stage) && instruction.flag("chown").is_none();
        // Without a group the chown keeps the one that the file had in the other stage.
        let keeps = copy.from.is_some() && !found.owner.contains(':');
        // The copy gives the folders above that it makes along, which the chown leaves to root.
        let more = owners.nodes.iter().any(|(made, node)| node.made == Made::Copy(at) && !value::within(made, path));
        if !fits || keeps || more || ownership::is_archive(model, at) {
            return None;
        }
        by_copy |= node.made == Made::Copy(at) && copy.destination.as_deref() == Some(path) && copy.into;
        if !found.copies.contains(&at) {
            found.copies.push(at);
        }
    }
    let made_below = owners.nodes.iter().filter(|(other, _)| *other != path && value::within(other, path));
    if made_below.into_iter().any(|(_, node)| !matches!(node.made, Made::Copy(_))) {
        return None;
    }
    // A step that only stands in the folder would find it with another owner where a copy makes it.
    let first = found.copies.iter().min().copied().unwrap_or(index);
    let finds = |at: usize| by_copy && first < at && at < index && uses::used(model, stage, at, path).is_some();
    let works = uses::uses(model, stage, path, &uses::strictly)
        .into_iter()
        .any(|used| used.at <= index && (used.writes || finds(used.at)));
    if works || given_before(model, stage, index, path, found) {
        return None;
    }
    found.narrow |= !by_copy;
    Some(())
}

/// Whether an earlier step gives what the copies brought below `path` to somebody: `--chown` would come before it.
fn given_before(model: &Model<'_>, stage: usize, index: usize, path: &str, found: &Conversion) -> bool {
    let first = found.copies.iter().min().copied().unwrap_or(index);
    let runs = (first..index).filter(|at| model.keyword(*at) == Keyword::Run);
    runs.into_iter().any(|at| uses::gives(model, stage, at, path, true))
}

/// The flags that the copies get; `None` if the owner cannot be written on one of them.
fn flags(draft: &Draft<'_>, found: &Conversion) -> Option<Vec<Change>> {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let planned = |index: &usize| {
        draft.changes.iter().any(|change| matches!(change, Change::Flag { instruction, .. } if instruction == index))
    };
    if found.copies.iter().any(planned) {
        return None;
    }
    let flag = |index: &usize| {
        let owner = owner_at(model, stage, *index, found, draft.identity.as_ref().or(draft.standing.as_ref()))?;
        Some(Change::Flag { instruction: *index, flag: format!("--chown={owner}") })
    };
    found.copies.iter().map(flag).collect()
}

/// The owner as a copy can write it: names where they exist by then and the copy is no `--link`, else numbers.
fn owner_at(
    model: &Model<'_>,
    stage: usize,
    copy: usize,
    found: &Conversion,
    identity: Option<&Identity>,
) -> Option<String> {
    let (name, group) = match found.owner.split_once(':') {
        Some((name, group)) => (name, Some(group).filter(|group| !group.is_empty())),
        None => (found.owner.as_str(), Some("0")),
    };
    let linked = model.instruction(copy)?.flag("link").is_some();
    let known =
        |name: &str| user::number(name).is_some() || name == "root" || model.account(stage, copy, name).is_some();
    let known_group = |group: &str| {
        user::number(group).is_some() || group == "root" || model.group(stage, copy, group).is_some_and(|_| true)
    };
    let text = match group {
        Some(group) => format!("{name}:{group}"),
        None => name.to_owned(),
    };
    if !linked && known(name) && group.is_none_or(known_group) {
        return Some(text);
    }
    // The account comes later than the copy: its numbers, as the RUN sees them or as the plan pins them.
    let account = model.account(stage, found.instruction + 1, name);
    let pinned = identity.filter(|identity| identity.name.as_deref() == Some(name));
    let uid = user::number(name)
        .or(account.as_ref().and_then(|account| account.uid))
        .or(pinned.and_then(|pinned| pinned.uid))?;
    let gid = match group {
        Some(group) => user::number(group)
            .or_else(|| model.group(stage, found.instruction + 1, group))
            .or_else(|| pinned.filter(|pinned| pinned.group.as_deref() == Some(group)).and_then(|pinned| pinned.gid))?,
        None => account.and_then(|account| account.gid).or(pinned.and_then(|pinned| pinned.gid))?,
    };
    Some(format!("{uid}:{gid}"))
}

/// `chown -R app /app` to `chown app /app`.
fn narrowed(index: usize, ran: &Ran) -> Option<Change> {
    let at = ran.arguments.iter().position(|text| matches!(text.as_deref(), Some("-R" | "--recursive")))?;
    Some(Change::RemoveWords { instruction: index, words: vec![ran.spans.get(at).copied()?] })
}
