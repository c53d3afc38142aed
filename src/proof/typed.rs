//! The result parses, and differs from the original only by the typed changes of the plan.

use super::Case;
use super::align::Origin;
use crate::model::{Model, start};
use crate::plan::Change;
use crate::source::Span;
use crate::syntax::{Instruction, Joined, Keyword, TokenKind};

/// It parses, and no instruction is ill-formed that was not.
pub(super) fn parses(case: &Case<'_>) -> Result<(), String> {
    if let Some(error) = &case.after.tree.error {
        return Err(error.message.clone());
    }
    let invalid = |model: &Model<'_>| model.tree.instructions.iter().filter(|found| found.invalid.is_some()).count();
    if invalid(case.after) > invalid(case.before) {
        return Err("an instruction became ill-formed".to_owned());
    }
    Ok(())
}

/// Every instruction is byte-identical, or changed exactly as declared, or one of the block's.
pub(super) fn typed(case: &Case<'_>) -> Result<(), String> {
    super::declared::proper(case)?;
    for (at, origin) in case.aligned.origins.iter().enumerate() {
        let Some(after) = case.after.instruction(at) else { continue };
        let line = after.lines.0;
        let text = String::from_utf8_lossy(&after.joined.text).into_owned();
        match origin {
            Origin::Kept(index) => kept(case, *index, after).map_err(|what| format!("line {line}: {what}"))?,
            Origin::Env(pair) => {
                let wanted = format!("{} {pair}", keyword_text(after, case.after));
                if after.keyword != Keyword::Env || squeezed(&text) != wanted {
                    return Err(format!("line {line}: the plan's ENV reads `{text}`"));
                }
            }
            Origin::Copy(arguments) => {
                let wanted = format!("{} {arguments}", keyword_text(after, case.after));
                if after.keyword != Keyword::Copy || text != wanted {
                    return Err(format!("line {line}: the plan's COPY reads `{text}`"));
                }
            }
            Origin::Expose(ports) => {
                let wanted = format!("{} {ports}", keyword_text(after, case.after));
                if after.keyword != Keyword::Expose || text != wanted {
                    return Err(format!("line {line}: the plan's EXPOSE reads `{text}`"));
                }
            }
            Origin::Run(commands) => {
                let wanted = format!("{} {}", keyword_text(after, case.after), commands.join(" && "));
                if after.keyword != Keyword::Run || squeezed(&text) != squeezed(&wanted) {
                    return Err(format!("line {line}: the block's RUN reads `{text}`"));
                }
            }
            Origin::User(user) => {
                let argument = text.split_whitespace().nth(1).unwrap_or("");
                if after.keyword != Keyword::User || argument != user || text.split_whitespace().count() != 2 {
                    return Err(format!("line {line}: the block's USER reads `{text}`"));
                }
            }
        }
    }
    Ok(())
}

fn keyword_text(instruction: &Instruction, model: &Model<'_>) -> String {
    String::from_utf8_lossy(instruction.keyword_span.of(model.bytes)).into_owned()
}

/// Runs of blanks as one: how a chain is broken into lines is style.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn kept(case: &Case<'_>, index: usize, after: &Instruction) -> Result<(), String> {
    let Some(before) = case.before.instruction(index) else { return Err("there is no such instruction".to_owned()) };
    let changes: Vec<&Change> = case.plan.changes.iter().filter(|change| change.instruction() == Some(index)).collect();
    if changes.is_empty() {
        let same = before.span.of(case.before.bytes) == after.span.of(case.after.bytes);
        return if same { Ok(()) } else { Err("it changed, and the plan does not say so".to_owned()) };
    }
    if before.keyword != after.keyword || before.heredocs.len() != after.heredocs.len() {
        return Err("it became another instruction".to_owned());
    }
    let wanted = expected(case.before, before, index, &changes)?;
    let found = String::from_utf8_lossy(&after.joined.text).into_owned();
    let bodies = |model: &Model<'_>, of: &Instruction| {
        of.heredocs.iter().flat_map(|doc| doc.body.of(model.bytes).to_vec()).collect::<Vec<u8>>()
    };
    let body_changes =
        changes.iter().any(|change| matches!(change, Change::RemoveCommands { .. } | Change::RemoveWords { .. }));
    if !body_changes && bodies(case.before, before) != bodies(case.after, after) {
        return Err("the body of a heredoc changed".to_owned());
    }
    if squeezed(&wanted) != squeezed(&found) {
        return Err(format!("it reads `{found}`, the plan says `{wanted}`"));
    }
    Ok(())
}

/// The joined line with the declared changes made in it, by their places in the tree.
fn expected(model: &Model<'_>, before: &Instruction, index: usize, changes: &[&Change]) -> Result<String, String> {
    let mut edits: Vec<(Span, String)> = Vec::new();
    for change in changes {
        match change {
            Change::Flag { flag, .. } => {
                let end = before.flags.last().map_or(before.keyword_span.end, |flag| flag.span.end);
                edits.push((Span::empty(joined_at(&before.joined, end)?), format!(" {flag}")));
            }
            Change::Word { span, text, .. } => {
                let start = joined_at(&before.joined, span.start)?;
                edits.push((Span::new(start, start + span.len()), text.clone()));
            }
            Change::RemoveWords { words, .. } => {
                let base = script_start(model, index)?;
                edits.extend(words.iter().map(|word| (Span::new(base + word.start, base + word.end), String::new())));
            }
            Change::RemoveCommands { commands, .. } => {
                let base = script_start(model, index)?;
                edits.extend(
                    command_spans(model, index, commands)?
                        .into_iter()
                        .map(|span| (Span::new(base + span.start, base + span.end), String::new())),
                );
            }
            // It stands above, on a line of its own.
            Change::Comment { .. } => {}
            _ => return Err("the plan changes it in a way that keeps no instruction".to_owned()),
        }
    }
    edits.sort_by_key(|(span, _)| *span);
    let mut text = before.joined.text.clone();
    for (span, new) in edits.iter().rev() {
        if span.start > span.end || span.end > text.len() {
            return Err("a declared change lies outside of it".to_owned());
        }
        text.splice(span.range(), new.bytes());
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Where the shell text starts in the joined line.
fn script_start(model: &Model<'_>, index: usize) -> Result<usize, String> {
    use crate::syntax::{Args, Command};
    match model.instruction(index).map(|found| &found.args) {
        Some(Args::Command(Command::Shell(range))) => Ok(range.start),
        _ => Err("it holds no shell text".to_owned()),
    }
}

/// Removed commands, each with one operator beside it: the one before, or the one after the first.
fn command_spans(model: &Model<'_>, index: usize, commands: &[Span]) -> Result<Vec<Span>, String> {
    let Some(shelled) = model.scripts(index).first() else { return Err("it holds no shell text".to_owned()) };
    let top = shelled.top();
    let stays = |at: usize| top.get(at).is_some_and(|command| !commands.contains(&command.span));
    let first_kept = (0..top.len()).find(|at| stays(*at));
    let mut spans = Vec::new();
    for (at, command) in top.iter().enumerate().filter(|(_, command)| commands.contains(&command.span)) {
        spans.push(command.span);
        let leading = first_kept.is_some_and(|kept| at < kept);
        let operator = if leading { command.after } else { command.before };
        spans.extend(operator.map(|operator| operator.span));
    }
    Ok(spans)
}

/// The joined offset of a file offset that the joined line holds, or that stands right behind a byte of it.
fn joined_at(joined: &Joined, offset: usize) -> Result<usize, String> {
    joined.place(offset).ok_or_else(|| "a declared change lies outside of it".to_owned())
}

/// Comments and directives outside of what the plan removes stay, in order; only the block's own are new.
pub(super) fn trivia(case: &Case<'_>) -> Result<(), String> {
    let mut wanted = lines_of(case.before, &removed_spans(case));
    for change in &case.plan.changes {
        if let Change::Block { comment: Some(comment), .. } | Change::Comment { text: comment, .. } = change {
            wanted.push(format!("# {comment}").into_bytes());
        }
    }
    let mut found = lines_of(case.after, &[]);
    let order = is_subsequence(&lines_of(case.before, &removed_spans(case)), &found);
    wanted.sort();
    found.sort();
    if !order || wanted != found {
        return Err("a comment or a directive was lost, added or moved".to_owned());
    }
    let bom = |model: &Model<'_>| model.bytes.starts_with(b"\xef\xbb\xbf");
    if bom(case.before) != bom(case.after) {
        return Err("the byte order mark changed".to_owned());
    }
    super::lines::untouched(case)
}

/// Instructions that go, or whose lines may go: their inner comments may go along.
fn removed_spans(case: &Case<'_>) -> Vec<Span> {
    let removed = case.plan.changes.iter().filter_map(|change| match change {
        Change::RemoveInstruction { instruction } => case.before.instruction(*instruction),
        _ => None,
    });
    removed.map(|found| found.full).collect()
}

fn lines_of(model: &Model<'_>, without: &[Span]) -> Vec<Vec<u8>> {
    let trivia = |kind: TokenKind| matches!(kind, TokenKind::Comment | TokenKind::Directive);
    let tokens = model.tree.tokens.iter().filter(|token| trivia(token.kind));
    let kept = tokens.filter(|token| !without.iter().any(|span| span.contains(token.span)));
    kept.map(|token| token.span.of(model.bytes).trim_ascii().to_vec()).collect()
}

fn is_subsequence(short: &[Vec<u8>], long: &[Vec<u8>]) -> bool {
    let mut rest = long.iter();
    short.iter().all(|line| rest.any(|other| other == line))
}

/// CMD, ENTRYPOINT, SHELL, FROM, VOLUME and HEALTHCHECK are equal up to the ports that move.
pub(super) fn frozen(case: &Case<'_>) -> Result<(), String> {
    let texts = |model: &Model<'_>| -> Vec<(Keyword, String)> {
        let frozen = model.tree.instructions.iter().filter(|found| {
            use Keyword::{Cmd, Entrypoint, From, Healthcheck, Shell, Volume};
            matches!(found.keyword, Cmd | Entrypoint | From | Healthcheck | Shell | Volume)
        });
        frozen.map(|found| (found.keyword, String::from_utf8_lossy(&found.joined.text).into_owned())).collect()
    };
    let (before, after) = (texts(case.before), texts(case.after));
    if before.len() != after.len() {
        return Err("one of CMD, ENTRYPOINT, SHELL, FROM, VOLUME, HEALTHCHECK was added or lost".to_owned());
    }
    for ((old, text), (new, changed)) in before.iter().zip(&after) {
        let may = matches!(old, Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck);
        if old != new
            || (text != changed && !(may && (same_but_ports(case, text, changed) || lifts(case, text, changed))))
        {
            return Err(format!("`{text}` became `{changed}`"));
        }
    }
    Ok(())
}

/// Whether the plan takes commands of the container's command over into the build, just those that can be, and leaves the
/// last one.
fn lifts(case: &Case<'_>, old: &str, new: &str) -> bool {
    let Some(lifted) = &case.plan.lifted else { return false };
    let Some(stage) = case.before.stage_of(lifted.at) else { return false };
    let Some(found) = case.before.instruction(lifted.at) else { return false };
    let shelled = case.before.scripts(lifted.at).first();
    let last = shelled.and_then(|shelled| Some(shelled.text_of(shelled.top().last()?.span)));
    let left = last.map(|last| format!("{} {last}", keyword_text(found, case.before)));
    if old != String::from_utf8_lossy(&found.joined.text) || left.is_none_or(|left| squeezed(&left) != squeezed(new)) {
        return false;
    }
    let in_build = |change: &Change| matches!(change, Change::Block { commands, user: Some(_), .. } if lifted.steps.iter().all(|step| commands.contains(step)));
    start::lifted(case.before, stage).as_ref() == Some(lifted) && case.plan.changes.iter().any(in_build)
}

/// Whether taking the new ports back gives the old text.
fn same_but_ports(case: &Case<'_>, old: &str, new: &str) -> bool {
    let mut back = new.to_owned();
    for moved in &case.plan.moved {
        back = back.replace(&moved.to.to_string(), &moved.from.to_string());
    }
    // A health check may ask on a port that it only implied before.
    let implied = case.plan.moved.iter().map(|moved| moved.from).filter(|from| matches!(from, 80 | 443));
    let without =
        |text: &str| implied.clone().fold(text.to_owned(), |text, from| text.replace(&format!(":{from}"), ""));
    back == old || without(&back) == without(old)
}
