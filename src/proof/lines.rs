//! Bytes that belong to no change are what they were: whole lines, with their blanks and endings.

use super::Case;
use super::align::Origin;
use crate::model::Model;
use crate::plan::Change;
use crate::source::{Span, line_ending};

/// Lines outside of what the plan changes are byte-identical and in order; new lines end as the file's lines do.
pub(super) fn untouched(case: &Case<'_>) -> Result<(), String> {
    let touched = |index: usize| case.plan.changes.iter().any(|change| change.instruction() == Some(index));
    let stays = |index: &usize| case.aligned.kept().any(|(old, _)| old == *index);
    let old: Vec<Hole> = (0..case.before.tree.instructions.len())
        .filter(|index| touched(*index))
        .filter_map(|index| Some((case.before.instruction(index)?.full, Some(index).filter(stays))))
        .collect();
    let mut new = Vec::new();
    for (at, origin) in case.aligned.origins.iter().enumerate() {
        let Some(found) = case.after.instruction(at) else { continue };
        match origin {
            Origin::Kept(index) if !touched(*index) => {}
            Origin::Kept(index) => new.push((found.full, Some(*index))),
            Origin::Env(_) | Origin::Run(_) | Origin::User(_) => {
                ending(case, found.full)?;
                new.push((found.full, None));
            }
        }
    }
    let comments: Vec<&str> = case
        .plan
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::Block { comment, .. } => comment.as_deref(),
            Change::Comment { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let before = lines(case.before, &old);
    let after = lines(case.after, &new);
    let is_new = |line: &[u8]| comments.iter().any(|comment| line.trim_ascii() == format!("# {comment}").as_bytes());
    let text = |lines: &[Vec<u8>]| -> Vec<Vec<u8>> {
        lines.iter().filter(|line| !line.trim_ascii().is_empty() && !is_new(line)).cloned().collect()
    };
    let (mut was, is) = (text(&before), text(&after));
    // What is put below a last line that had no ending gives it one.
    let ended = |last: &[u8]| [last, line_ending(case.before.bytes).as_bytes()].concat();
    match (was.last_mut(), is.last()) {
        (Some(last), Some(now)) if !last.ends_with(b"\n") && *now == ended(last) => last.clone_from(now),
        _ => {}
    }
    if was != is {
        let differs =
            was.iter().zip(&is).find(|(was, is)| was != is).map(|(was, _)| String::from_utf8_lossy(was).into_owned());
        return Err(format!("a line outside of all changes is not what it was: {:?}", differs.unwrap_or_default()));
    }
    gaps(case, &before, &after)
}

/// A new instruction's lines end as the file's do; a last one may have no ending where the file's last has none.
fn ending(case: &Case<'_>, full: Span) -> Result<(), String> {
    let crlf = line_ending(case.before.bytes) == "\r\n";
    let text = full.of(case.after.bytes);
    let other = text
        .split_inclusive(|byte| *byte == b'\n')
        .any(|line| line.ends_with(b"\n") && line.ends_with(b"\r\n") != crlf);
    if other { Err("a new line ends in another way than the file's lines".to_owned()) } else { Ok(()) }
}

/// Empty lines: each block may bring one, each removed instruction take one along.
fn gaps(case: &Case<'_>, before: &[Vec<u8>], after: &[Vec<u8>]) -> Result<(), String> {
    let empty = |lines: &[Vec<u8>]| lines.iter().filter(|line| line.trim_ascii().is_empty()).count();
    let (was, is) = (empty(before), empty(after));
    let count = |of: fn(&Change) -> bool| case.plan.changes.iter().filter(|change| of(change)).count();
    let brought = count(|change| matches!(change, Change::Block { .. }));
    let taken = count(|change| matches!(change, Change::RemoveInstruction { .. }));
    if is > was + brought || is + taken < was {
        return Err(format!("the file has {is} empty lines instead of {was}"));
    }
    Ok(())
}

/// An instruction that is compared elsewhere, and its index in the original where it stays.
type Hole = (Span, Option<usize>);

/// The lines outside of the holes, with their endings; a hole that stays leaves a mark, so that nothing can pass it.
fn lines(model: &Model<'_>, holes: &[Hole]) -> Vec<Vec<u8>> {
    let mut at = 0;
    let mut found: Vec<Vec<u8>> = Vec::new();
    for line in model.bytes.split_inclusive(|byte| *byte == b'\n') {
        let span = Span::new(at, at + line.len());
        at = span.end;
        match holes.iter().find(|(hole, _)| hole.start < span.end && span.start < hole.end) {
            None => found.push(line.to_vec()),
            Some((hole, Some(index))) if hole.start >= span.start => {
                found.push(format!("instruction {index}\n").into_bytes())
            }
            Some(_) => {}
        }
    }
    found
}
