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
            Origin::Env(_) | Origin::Copy(_) | Origin::Run(_) | Origin::Expose(_) | Origin::User(_) => {
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
    let is_new = |line: &[u8]| comments.iter().any(|comment| line.trim_ascii() == format!("# {comment}").as_bytes());
    let (mut before, mut after) = (lines(case.before, &old), lines(case.after, &new));
    after.retain(|line| !matches!(line, Line::Text(text) if is_new(text)));
    before.retain(|line| !matches!(line, Line::Text(text) if is_new(text)));
    let ending = line_ending(case.before.bytes).as_bytes();
    texts(&mut before, &after, ending)?;
    gaps(&before, &after, ending)
}

/// Lines with text in them are the same, in order.
fn texts(before: &mut [Line], after: &[Line], ending: &[u8]) -> Result<(), String> {
    // What is put below a last line that had no ending gives it one.
    let last = |line: &&mut Line| !matches!(line, Line::Change);
    if let Some(Line::Text(text) | Line::Blank(text)) = before.iter_mut().rev().find(last) {
        let ended = [text.as_slice(), ending].concat();
        if !text.ends_with(b"\n") && matches!(after.last(), Some(Line::Change)) {
            *text = ended;
        }
    }
    let text = |lines: &[Line]| -> Vec<Vec<u8>> {
        let text = |line: &Line| if let Line::Text(text) = line { Some(text.clone()) } else { None };
        lines.iter().filter_map(text).collect()
    };
    let (was, is) = (text(before), text(after));
    if was != is {
        let differs =
            was.iter().zip(&is).find(|(was, is)| was != is).map(|(was, _)| String::from_utf8_lossy(was).into_owned());
        return Err(format!("a line outside of all changes is not what it was: {:?}", differs.unwrap_or_default()));
    }
    Ok(())
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

/// Blank lines, gap by gap between lines with text: where nothing was added or removed they are what they were; each
/// instruction that is added brings at most one above it and one below all, each that goes takes at most two along.
fn gaps(before: &[Line], after: &[Line], ending: &[u8]) -> Result<(), String> {
    let is_text = |line: &Line| matches!(line, Line::Text(_));
    for (at, (old, new)) in before.split(is_text).zip(after.split(is_text)).enumerate() {
        let blank = |line: &Line| if let Line::Blank(text) = line { Some(text.clone()) } else { None };
        let was: Vec<Vec<u8>> = old.iter().filter_map(blank).collect();
        let is: Vec<Vec<u8>> = new.iter().filter_map(blank).collect();
        let (gone, added) = (old.len() - was.len(), new.len() - is.len());
        let brought = if added > 0 { added + 1 } else { 0 };
        let taken = if gone > 0 { 2 } else { 0 };
        let foreign = is.iter().any(|line| line != ending && !was.contains(line));
        let same = added + gone > 0 || was == is;
        if !same || foreign || is.len() > was.len() + brought || is.len() + taken < was.len() {
            let (was, is) = (was.len(), is.len());
            return Err(format!("gap {at} between lines has {is} blank lines instead of {was}, or other ones"));
        }
    }
    Ok(())
}

/// An instruction that is compared elsewhere, and its index in the original where it stays.
type Hole = (Span, Option<usize>);

/// A line outside of what is compared elsewhere.
enum Line {
    /// With its ending; for an instruction that stays and is changed, a mark that nothing can pass.
    Text(Vec<u8>),
    /// Nothing but blanks.
    Blank(Vec<u8>),
    /// An instruction that is only here: it goes, or is added.
    Change,
}

/// The lines outside of the holes.
fn lines(model: &Model<'_>, holes: &[Hole]) -> Vec<Line> {
    let mut at = 0;
    let mut found = Vec::new();
    for line in model.bytes.split_inclusive(|byte| *byte == b'\n') {
        let span = Span::new(at, at + line.len());
        at = span.end;
        match holes.iter().find(|(hole, _)| hole.start < span.end && span.start < hole.end) {
            None if line.trim_ascii().is_empty() => found.push(Line::Blank(line.to_vec())),
            None => found.push(Line::Text(line.to_vec())),
            Some((hole, _)) if hole.start < span.start => {}
            Some((_, Some(index))) => found.push(Line::Text(format!("instruction {index}\n").into_bytes())),
            Some((_, None)) => found.push(Line::Change),
        }
    }
    found
}
