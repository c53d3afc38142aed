//! An account whose numbers the builder chooses: `ARG UID=1000` and `useradd --uid $UID app` make `USER ${UID}:${GID}`.

use crate::model::account::{Account, Id};
use crate::model::command::Ran;
use crate::model::{Model, user};

/// The argument of USER in the variables that the account's creating commands take its numbers from; `None` where they are
/// no plain variables of the stage, or where none of them may be seen at its end.
pub fn written(model: &Model<'_>, stage: usize, account: &Account) -> Option<String> {
    let made = account.made.as_ref().filter(|made| made.stage == stage && made.uid == Id::Unknown)?;
    let uid = variable(model, stage, made.instruction, made.word_end, &["-u", "--uid"])?;
    if account.supplementary {
        return Some(uid);
    }
    let own = variable(model, stage, made.instruction, made.word_end, &["-g", "--gid"]);
    let gid = match &made.group_made {
        _ if own.is_some() => own,
        Some(group) if group.gid == Id::Unknown => {
            variable(model, stage, group.instruction, group.word_end, &["-g", "--gid"])
        }
        Some(group) => match group.gid {
            Id::Literal(gid) => Some(gid.to_string()),
            _ => None,
        },
        None if made.gid_follows => Some(uid.clone()),
        None => account.gid.map(|gid| gid.to_string()),
    };
    Some(gid.map_or(uid.clone(), |gid| format!("{uid}:{gid}")))
}

/// `${NAME}` as one of the options of a command is given it.
fn variable(model: &Model<'_>, stage: usize, index: usize, word_end: usize, options: &[&str]) -> Option<String> {
    let [script] = model.scripts(index) else { return None };
    let ran = model.commands(stage, index).list.iter().find(|ran: &&Ran| ran.name_span.end == word_end)?;
    let words: Vec<String> = ran.spans.iter().map(|span| script.text_of(*span)).collect();
    let value = words.iter().enumerate().find_map(|(at, word)| {
        options.iter().find_map(|option| match word.strip_prefix(option)? {
            "" => words.get(at + 1).cloned(),
            rest => Some(rest.strip_prefix('=').unwrap_or(rest).to_owned()),
        })
    })?;
    let value = value.trim_matches('"');
    let name = value.strip_prefix('$')?;
    let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    // The shell may set it anew; what the stage sets to a number at its end is the builder's.
    let number = model.variable(stage, usize::MAX, name).text().and_then(user::number)?;
    let same = model.variable(stage, index, name) == model.variable(stage, usize::MAX, name);
    (plain && number != 0 && same).then(|| format!("${{{name}}}"))
}
