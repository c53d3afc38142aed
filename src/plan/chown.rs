//! `RUN chown -R` (or `chgrp -R`) after a copy becomes `--chown` on the copy, where both surely give the same owners;
//! where a copy is given away and it stays, a note says why.

use super::{Change, Draft, Identity};
use super::{ownership, uses};
use crate::model::command::{Commands, Ran};
use crate::model::made;
use crate::model::owner::{self, Made, Owners};
use crate::model::{Base, Model, user, value};
use crate::syntax::Keyword;

/// One `chown -R` that copies can do.
struct Conversion {
    instruction: usize,
    copies: Vec<usize>,
    narrow: bool,
    /// Owner as a copy has to write it.
    owner: String,
    /// Whether the command leaves alone what is not root's, or whose user it keeps.
    of_root: bool,
}

/// Why a command stays; `None` where no copy is given away, so that nobody expects otherwise.
type Stays = Option<&'static str>;

const MADE_BEFORE: Stays = Some("a command of the same RUN may have made what it gives away");
const WORKED: Stays = Some("a RUN works in the folder before it, and would find other owners");
const BASE: Stays = Some("the base image may hold something there");
const MIXED: Stays = Some("not all that lies there came from copies of this stage without an owner");
const TWICE: Stays = Some("a RUN before it gives the same files to somebody");
const GROUP: Stays = Some("files from a stage keep their group, which a copy cannot be told to do");
const NO_NUMBER: Stays = Some("the account does not exist yet where the copy stands, and its number is not known");

/// Plans every conversion of the stage and reports it under `rule`.
pub fn plan(draft: &mut Draft<'_>, rule: &'static str) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let Some(body) = model.stages.get(stage).map(|stage| stage.body.clone()) else { return };
    let mut kept = Vec::new();
    for index in body.filter(|index| model.keyword(*index) == Keyword::Run) {
        if draft.options.leaves(rule, index) {
            continue;
        }
        let commands = model.commands(stage, index);
        if !commands.list.iter().any(|ran| gives(ran) && ran.plain) {
            continue;
        }
        let owners = model.owners_before(stage, index);
        let mut removed = Vec::new();
        for (at, ran) in commands.list.iter().enumerate() {
            let converted = conversion(model, stage, index, commands, at, &owners);
            let (found, flags) = match converted.and_then(|found| Ok((flags(draft, &found)?, found))) {
                Ok((flags, found)) => (found, flags),
                Err(why) => {
                    let (text, line) = (shown(model, index, ran), model.line(index));
                    kept.extend(why.map(|why| format!("`{text}` of the RUN on line {line} stays: {why}")));
                    continue;
                }
            };
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
    // A file that nothing is done to needs no words about what is not done.
    let switches = draft.identity.is_some() || draft.standing.is_some();
    if switches || draft.findings.iter().any(|finding| finding.rule == rule) {
        draft.notes.extend(kept);
    }
}

fn shown(model: &Model<'_>, index: usize, ran: &Ran) -> String {
    model.scripts(index).first().map_or_else(String::new, |script| script.text_of(ran.span))
}

/// Whether it gives files away.
fn gives(ran: &Ran) -> bool {
    matches!(ran.name.as_str(), "chown" | "chgrp")
}

/// Whether the command can be done by copies, and by which.
fn conversion(
    model: &Model<'_>,
    stage: usize,
    index: usize,
    commands: &Commands,
    at: usize,
    owners: &Owners,
) -> Result<Conversion, Stays> {
    let ran = commands.list.get(at).filter(|ran| gives(ran) && ran.plain).ok_or(None)?;
    let effect = ran.ownership(model, stage, index).filter(|effect| effect.recursive).ok_or(None)?;
    // From whom it takes: a copy of this stage without an owner is root's.
    let from_root = match &effect.only_from {
        None => false,
        Some(from) => from.as_deref().is_some_and(|from| made::is_of(owner::ROOT, from)),
    };
    let option = |text: &&String| text.starts_with('-') && !(from_root && text.starts_with("--from="));
    let mut options = ran.arguments.iter().flatten().filter(option);
    let plain_options = options.next().is_some_and(|text| matches!(text.as_str(), "-R" | "--recursive"));
    if !plain_options || options.next().is_some() || model.scripts(index).len() != 1 {
        return Err(None);
    }
    let given = ran.operands().next().and_then(|(_, text)| text).ok_or(None)?;
    let owner = match ran.name.as_str() {
        "chgrp" => format!("0:{given}"),
        _ if given.starts_with(':') => format!("0{given}"),
        _ => given.to_owned(),
    };
    let paths: Vec<String> =
        ran.operands().skip(1).map(|(_, text)| ran.path(text)).collect::<Option<_>>().ok_or(None)?;
    // Giving root what is root's changes nothing: that is no second copy.
    let to_root = model.owner_of(stage, index, &owner).as_deref() == Some(owner::ROOT);
    let copied = |path: &String| {
        owners.copies.iter().any(|copy| copy.destination.as_deref().is_some_and(|to| value::within(to, path)))
    };
    if given.is_empty() || to_root || !paths.iter().any(copied) {
        return Err(None);
    }
    // Whatever ran before it in the same RUN may have made what it covers.
    if commands.list.iter().take(at).any(|earlier| !makes_nothing(earlier)) {
        return Err(MADE_BEFORE);
    }
    let of_root = from_root || ran.name == "chgrp" || given.starts_with(':');
    let mut found = Conversion { instruction: index, copies: Vec::new(), narrow: false, owner, of_root };
    for path in &paths {
        covered(model, stage, index, path, owners, &mut found)?;
    }
    Ok(found)
}

/// Commands that surely leave nothing below the app's folder: they make accounts, or change modes and owners.
fn makes_nothing(ran: &Ran) -> bool {
    crate::facts::makes_accounts(&ran.name)
        || matches!(ran.name.as_str(), "chown" | "chmod" | "chgrp" | "set" | "true" | ":")
}

/// Adds the copies that brought all that lies below `path`; an error if anything else did.
fn covered(
    model: &Model<'_>,
    stage: usize,
    index: usize,
    path: &str,
    owners: &Owners,
    found: &mut Conversion,
) -> Result<(), Stays> {
    let node = owners.nodes.get(path).ok_or(None)?;
    // An image that no template lists may hold any folder already.
    let listed = matches!(model.root_base(stage), Some(Base::Image { listed: true, .. }));
    if node.made == Made::Base || model.is_base_folder(stage, path) || owner::is_packaged(path) || !listed {
        return Err(BASE);
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
        return Err(MIXED);
    }
    let mut by_copy = false;
    for copy in &below {
        let at = copy.instruction;
        let instruction = model.instruction(at).ok_or(None)?;
        let fits =
            copy.destination.is_some() && model.stage_of(at) == Some(stage) && instruction.flag("chown").is_none();
        // Without a group the chown keeps the one that the file had in the other stage.
        let keeps = copy.from.is_some() && !found.owner.contains(':');
        // And may be another's than root's.
        let others = copy.from.is_some() && found.of_root;
        // The copy gives the folders above that it makes along, which the chown leaves to root.
        let more = owners.nodes.iter().any(|(made, node)| node.made == Made::Copy(at) && !value::within(made, path));
        if !fits || others || more || ownership::is_archive(model, at) {
            return Err(MIXED);
        }
        if keeps {
            return Err(GROUP);
        }
        by_copy |= node.made == Made::Copy(at) && copy.destination.as_deref() == Some(path) && copy.into;
        if !found.copies.contains(&at) {
            found.copies.push(at);
        }
    }
    let made_below = owners.nodes.iter().filter(|(other, _)| *other != path && value::within(other, path));
    if made_below.into_iter().any(|(_, node)| !matches!(node.made, Made::Copy(_))) {
        return Err(MIXED);
    }
    // A step that only stands in the folder would find it with another owner where a copy makes it.
    let first = found.copies.iter().min().copied().unwrap_or(index);
    let finds = |at: usize| by_copy && first < at && at < index && uses::used(model, stage, at, path).is_some();
    let works = uses::uses(model, stage, path, &uses::strictly)
        .into_iter()
        .any(|used| used.at <= index && (used.writes || finds(used.at)));
    if works {
        return Err(WORKED);
    }
    if given_before(model, stage, index, path, found) {
        return Err(TWICE);
    }
    found.narrow |= !by_copy;
    Ok(())
}

/// Whether an earlier step gives what the copies brought below `path` to somebody: `--chown` would come before it.
fn given_before(model: &Model<'_>, stage: usize, index: usize, path: &str, found: &Conversion) -> bool {
    let first = found.copies.iter().min().copied().unwrap_or(index);
    let runs = (first..index).filter(|at| model.keyword(*at) == Keyword::Run);
    runs.into_iter().any(|at| uses::gives(model, stage, at, path, true))
}

/// The flags that the copies get; an error if the owner cannot be written on one of them.
fn flags(draft: &Draft<'_>, found: &Conversion) -> Result<Vec<Change>, Stays> {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let planned = |index: &usize| {
        draft.changes.iter().any(|change| matches!(change, Change::Flag { instruction, .. } if instruction == index))
    };
    if found.copies.iter().any(planned) {
        return Err(TWICE);
    }
    let flag = |index: &usize| {
        let owner = owner_at(model, stage, *index, found, draft.identity.as_ref().or(draft.standing.as_ref()))?;
        Some(Change::Flag { instruction: *index, flag: format!("--chown={owner}") })
    };
    found.copies.iter().map(flag).collect::<Option<_>>().ok_or(NO_NUMBER)
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
