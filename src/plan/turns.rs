//! USERs that stand in the wrong place: above a step that needs root, or below the command.

use super::{Change, Draft, Place, Turned};
use crate::facts::{self, Known, ProgramKind, Writes};
use crate::model::command::Ran;
use crate::model::{Model, Who};
use crate::syntax::{Args, Keyword, TokenKind};

/// A USER above RUNs that need root.
pub struct Early {
    /// The USER.
    pub user: usize,
    /// The RUNs, in order.
    pub needing: Vec<usize>,
}

/// The USERs of the target above a step that needs root, where it is certain that the user is another.
pub fn early(model: &Model<'_>, stage: usize) -> Vec<Early> {
    let Some(body) = model.stages.get(stage).map(|stage| stage.body.clone()) else { return Vec::new() };
    let mut found: Vec<Early> = Vec::new();
    let mut user = None;
    for index in body {
        match model.keyword(index) {
            Keyword::User => user = Some(index),
            Keyword::Run if needs_root(model, stage, index) => {
                let Some(user) = user.filter(|_| matches!(model.user(stage, index), Who::User(_))) else { continue };
                match found.last_mut().filter(|early| early.user == user) {
                    Some(early) => early.needing.push(index),
                    None => found.push(Early { user, needing: vec![index] }),
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether a RUN names a tool that changes who runs a command.
pub fn lifts(text: &str) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || "-_".contains(c))).any(|word| facts::words::LIFTERS.contains(&word))
}

/// Whether a RUN certainly fails without root: it installs packages or makes accounts, unconditionally.
pub fn needs_root(model: &Model<'_>, stage: usize, index: usize) -> bool {
    let commands = model.commands(stage, index);
    let text = model.instruction(index).map(|found| String::from_utf8_lossy(&found.joined.text).into_owned());
    let text = text.unwrap_or_default();
    let lifted = lifts(&text);
    let installs = commands.list.iter().any(|ran| !ran.conditional && installs(ran));
    commands.complete && !lifted && !text.contains("--root") && installs
}

/// A package manager that installs, or a tool that makes an account: both write what only root may.
fn installs(ran: &Ran) -> bool {
    let Some(known) = facts::command(&ran.name).filter(|known| known.needs_root == Known::Yes) else { return false };
    let words: Vec<&str> = ran.arguments.iter().flatten().map(String::as_str).collect();
    let asks =
        |word: &&str| matches!(*word, "--version" | "--help" | "-h" | "-V" | "list" | "search" | "info" | "show");
    match known.kind {
        ProgramKind::Packages => {
            let verb =
                |word: &&str| matches!(*word, "install" | "add" | "update" | "upgrade" | "-S" | "-Sy" | "-Syu" | "-y");
            known.writes == Writes::System && words.iter().any(verb) && !words.iter().any(asks)
        }
        // `passwd` and its kin let people change what is theirs.
        ProgramKind::Accounts => !words.iter().any(asks) && !words.is_empty() && ran.name.contains("add"),
        _ => false,
    }
}

/// Whether all that a RUN does may as well be root's: it touches the system alone.
pub fn only_system(model: &Model<'_>, stage: usize, index: usize) -> bool {
    let commands = model.commands(stage, index);
    let system = |ran: &Ran| {
        let known = facts::command(&ran.name).map(|known| (known.kind, known.writes));
        let harmless = matches!(ran.name.as_str(), "rm" | "set" | "true" | ":" | "echo");
        ran.writes.is_empty()
            && (harmless || matches!(known, Some((ProgramKind::Packages | ProgramKind::Accounts, Writes::System))))
    };
    commands.complete && commands.list.iter().all(system)
}

/// Why a USER cannot move below the last step that needs root; nothing if it can.
pub fn stuck(model: &Model<'_>, stage: usize, early: &Early) -> Option<String> {
    let last = early.needing.last().copied()?;
    if model.last_user(stage) != Some(early.user) {
        return Some("another USER follows it".to_owned());
    }
    if !model.user(stage, early.user).is_root() {
        return Some("the line above it is not root's either".to_owned());
    }
    for index in early.user + 1..=last {
        let line = model.line(index);
        match model.keyword(index) {
            Keyword::Run if early.needing.contains(&index) && only_system(model, stage, index) => {}
            Keyword::Run if early.needing.contains(&index) => {
                return Some(format!("the RUN on line {line} does more than that, and its files would be root's"));
            }
            Keyword::Run => return Some(format!("the RUN on line {line} would run as root, too")),
            Keyword::Workdir => return Some(format!("the WORKDIR on line {line} would make its folder as root")),
            _ => {}
        }
    }
    // `~`, HOME and what a name means hang on the account: a USER above the line that makes it never worked.
    has_comment(model, early.user).then(|| "the comment above it would stay behind".to_owned())
}

/// Moves a USER below the last step that needs root: to the command, if nothing below depends on it.
pub fn lower(draft: &mut Draft<'_>, early: &Early) -> Option<()> {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let last = early.needing.last().copied()?;
    let body = model.stages.get(stage)?.body.clone();
    let depends = |index: &usize| matches!(model.keyword(*index), Keyword::Run | Keyword::Workdir);
    let used = (last + 1..body.end).any(|index| depends(&index));
    let command =
        (last + 1..body.end).find(|index| matches!(model.keyword(*index), Keyword::Cmd | Keyword::Entrypoint));
    let place = match (used, command) {
        (false, Some(command)) => Place::Above(command),
        _ if last + 1 < body.end => Place::Above(last + 1),
        _ => Place::Below(last),
    };
    turn(draft, early.user, place, early.needing.clone())
}

/// A last USER below CMD or ENTRYPOINT, and the first of them.
pub fn late(model: &Model<'_>, stage: usize) -> Option<(usize, usize)> {
    let user = model.last_user(stage)?;
    let body = model.stages.get(stage)?.body.clone();
    let depends = |index: usize| {
        matches!(model.keyword(index), Keyword::Run | Keyword::Workdir | Keyword::User | Keyword::Onbuild)
    };
    let above = (body.start..user).rev().take_while(|index| !depends(*index));
    let command = above.filter(|index| matches!(model.keyword(*index), Keyword::Cmd | Keyword::Entrypoint)).last()?;
    (user + 1..body.end).all(|index| !depends(index)).then_some((user, command))
}

/// Moves a USER above the command.
pub fn raise(draft: &mut Draft<'_>, user: usize, command: usize) -> Option<()> {
    if has_comment(draft.scene.model, user) {
        return None;
    }
    turn(draft, user, Place::Above(command), Vec::new())
}

fn turn(draft: &mut Draft<'_>, user: usize, place: Place, freed: Vec<usize>) -> Option<()> {
    let Some(Args::One(word)) = draft.scene.model.instruction(user).map(|found| &found.args) else { return None };
    let text = word.text.clone();
    draft.changes.push(Change::RemoveInstruction { instruction: user });
    draft.changes.push(Change::Block {
        place,
        comment: None,
        env: None,
        commands: Vec::new(),
        expose: None,
        user: Some(text),
    });
    draft.turned.push(Turned { user, freed });
    Some(())
}

/// Whether a comment line stands directly above an instruction.
pub fn has_comment(model: &Model<'_>, index: usize) -> bool {
    let Some(found) = model.instruction(index) else { return false };
    let line = model.lines.position(found.full.start).line;
    let (start, end) = (model.lines.start(line.saturating_sub(1)), model.lines.start(line));
    let tokens = &model.tree.tokens;
    line > 1
        && tokens
            .iter()
            .any(|token| token.kind == TokenKind::Comment && token.span.start >= start && token.span.end <= end)
}
