//! A declared change is not a proper one yet: what a plan may ask for at all.

use super::{Case, homed, moved};
use crate::model::command::Ran;
use crate::plan::identity::CREATED;
use crate::plan::{Change, pins, sudo};
use crate::source::Span;
use crate::syntax::{Args, Command, Keyword};

/// Only `chown`s go, only copies get flags, and words change for ids that are pinned or taken, for ports and folders
/// that move and for the user; USERs that move go from their place. What CMD, ENTRYPOINT, FROM, HEALTHCHECK, SHELL and VOLUME may become is for `frozen` to say.
pub(super) fn proper(case: &Case<'_>) -> Result<(), String> {
    for change in &case.plan.changes {
        let Some(index) = change.instruction() else { continue };
        let keyword = case.before.keyword(index);
        use Keyword::{Cmd, Entrypoint, From, Healthcheck, Shell, Volume};
        if matches!(keyword, Cmd | Entrypoint | From | Healthcheck | Shell | Volume) {
            continue;
        }
        let may = match change {
            Change::Block { .. } | Change::Copy { .. } => true,
            Change::Comment { .. } => keyword == Keyword::User,
            Change::Flag { .. } => matches!(keyword, Keyword::Copy | Keyword::Add),
            // Who runs the lines below a USER that goes is for `runs`, `workdirs` and `user` to say.
            Change::RemoveInstruction { .. } if keyword == Keyword::User => turned(case, index),
            Change::RemoveInstruction { .. } => owns_only(case, index, None),
            Change::RemoveCommands { commands, .. } => owns_only(case, index, Some(commands)),
            Change::RemoveWords { words, .. } => words.iter().all(|word| is_recursive(case, index, *word)),
            Change::Word { span, text, .. } => word(case, change, index, *span, text),
        };
        if !may {
            return Err(format!("the plan changes line {} in a way that no rule may ask for", case.before.line(index)));
        }
    }
    Ok(())
}

/// Whether a command only changes owners.
fn is_chown(ran: &Ran) -> bool {
    matches!(ran.name.as_str(), "chown" | "chgrp")
}

/// Whether the commands, or all of the RUN, only change owners.
fn owns_only(case: &Case<'_>, index: usize, only: Option<&[Span]>) -> bool {
    let [shelled] = case.before.scripts(index) else { return false };
    let Some(stage) = case.before.stage_of(index) else { return false };
    let commands = case.before.commands(stage, index);
    let chown = |span: Span| commands.list.iter().any(|ran| ran.span == span && is_chown(ran));
    let top = shelled.top();
    let found: Vec<Span> =
        top.iter().map(|command| command.span).filter(|span| only.is_none_or(|only| only.contains(span))).collect();
    case.before.keyword(index) == Keyword::Run && !found.is_empty() && found.into_iter().all(chown)
}

/// Whether a word of a RUN is the `-R` of a chown.
fn is_recursive(case: &Case<'_>, index: usize, word: Span) -> bool {
    let Some(stage) = case.before.stage_of(index) else { return false };
    case.before.commands(stage, index).list.iter().filter(|ran| is_chown(ran)).any(|ran| {
        let mut words = ran.spans.iter().zip(&ran.arguments);
        words.any(|(span, text)| *span == word && matches!(text.as_deref(), Some("-R" | "--recursive")))
    })
}

/// Whether the bytes are a `sudo` that root has no use for.
fn is_bare_sudo(case: &Case<'_>, index: usize, span: Span) -> bool {
    let all = sudo::of_root(case.before, case.plan.stage);
    all.into_iter().any(|found| found.instruction == index && found.words == Some(span))
}

fn word(case: &Case<'_>, change: &Change, index: usize, span: Span, text: &str) -> bool {
    let identity = case.plan.identity.as_ref();
    let Some(found) = case.before.instruction(index) else { return false };
    let standing = case.plan.standing.as_ref();
    let is_pin = identity.into_iter().chain(standing).any(|identity| identity.pins.contains(change));
    match found.keyword {
        Keyword::Run => {
            let shell = matches!(found.args, Args::Command(Command::Shell(_)));
            let pinned = is_pin && (span.is_empty() || is_taken(case, index, span, text));
            let bare = text.is_empty() && is_bare_sudo(case, index, span);
            shell && (pinned || bare || homed::is_word(case, index, span, text))
        }
        Keyword::User => identity.or(standing).is_some_and(|identity| identity.user == text),
        Keyword::Workdir | Keyword::Copy | Keyword::Add => moved::is_word(case, found, span, text),
        Keyword::Env if moved::is_word(case, found, span, text) => true,
        Keyword::Env | Keyword::Arg | Keyword::Expose => {
            let old = String::from_utf8_lossy(span.of(case.before.bytes)).into_owned();
            case.plan.moved.iter().any(|moved| old == moved.from.to_string() && text == moved.to.to_string())
        }
        _ => false,
    }
}

/// Whether a USER goes because the plan moves it, or because it names nobody or root.
fn turned(case: &Case<'_>, index: usize) -> bool {
    case.plan.turned.iter().any(|turned| turned.user == index)
}

/// Whether the bytes are a number that the base image holds, in a command that makes an account or a group with it.
fn is_taken(case: &Case<'_>, index: usize, span: Span, text: &str) -> bool {
    let old = String::from_utf8_lossy(span.of(case.before.bytes)).into_owned();
    let accounts = case.before.accounts(case.plan.stage, usize::MAX);
    let made = accounts.iter().filter_map(|account| account.made.as_ref());
    let held = made.flat_map(pins::taken).filter(|taken| taken.number.to_string() == old);
    let place = |at: &usize, inner: &Span| {
        *at == index && case.before.scripts(index).first().is_some_and(|script| script.span(*inner) == span)
    };
    text == CREATED.to_string() && held.into_iter().any(|taken| taken.places.iter().any(|(at, inner)| place(at, inner)))
}
