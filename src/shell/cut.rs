//! Which bytes of the file go when commands or words of a script go, so that the rest is undisturbed.
//!
//! What is removed is a set of tokens (commands and operators, or words). `lines` turns them into spans line by line:
//! lines that hold nothing else go as a whole, and the chain of continuations is mended.

use super::chain::{TopCommand, top_commands};
use super::lines::{Pull, delete};
use super::tree::{OperatorKind, Script};
use crate::source::Span;
use crate::syntax::Joined;

/// The place of a script in a file.
#[derive(Debug, Clone, Copy)]
pub struct Host<'a> {
    /// The bytes of the file.
    pub file: &'a [u8],
    /// The text in which the script stands, and the way back to the file.
    pub joined: &'a Joined,
    /// Where in `joined.text` the script stands: its spans count from the start of this.
    pub range: Span,
    /// The escape character that continues a line.
    pub escape: u8,
    /// Whether this is an instruction's logical line, where comment lines and blank lines do not end a continuation.
    /// A here-document's body and a script of its own are not.
    pub instruction: bool,
}

impl Host<'_> {
    /// The file span of a span of the script.
    pub fn span(&self, span: Span) -> Span {
        let start = self.range.start;
        self.joined.span(Span::new(start + span.start, start + span.end))
    }
}

/// What is to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// These spans of the file, sorted and apart.
    Spans(Vec<Span>),
    /// No command is left: the instruction goes as a whole.
    All,
    /// A command is not rewritable, or is none of this script.
    Refused,
}

/// The spans to delete so that the script loses these commands and nothing else.
pub fn commands(host: &Host<'_>, script: &Script, removed: &[TopCommand]) -> Cut {
    let all = top_commands(script);
    let goes: Vec<bool> = all.iter().map(|command| removed.contains(command)).collect();
    let count = goes.iter().filter(|gone| **gone).count();
    if count != removed.len() || removed.iter().any(|command| !command.rewritable) {
        return Cut::Refused;
    }
    if count == all.len() {
        return Cut::All;
    }
    let mut tokens = Vec::new();
    let mut pulls = Vec::new();
    let mut at = 0;
    while let Some(start) = (at..all.len()).find(|index| goes.get(*index) == Some(&true)) {
        let end = (start..all.len()).find(|index| goes.get(*index) == Some(&false)).unwrap_or(all.len());
        let run = all.get(start..end).unwrap_or_default();
        let (first, last) = (start == 0, end == all.len());
        run_tokens(host, run, first, last, &mut tokens);
        let kept = start.checked_sub(1).and_then(|before| all.get(before));
        pulls.extend(pull(host, kept, run, all.get(end)));
        at = end;
    }
    Cut::Spans(delete(host, tokens, &pulls))
}

/// The spans to delete so that a command loses these words (spans of the script), with the blanks before them.
pub fn words(host: &Host<'_>, removed: &[Span]) -> Vec<Span> {
    delete(host, removed.iter().map(|span| host.span(*span)).collect(), &[])
}

/// What moves up when a run of commands at the start goes, or one at the end that a comment follows.
fn pull(host: &Host<'_>, before: Option<&TopCommand>, run: &[TopCommand], next: Option<&TopCommand>) -> Option<Pull> {
    match (before, next) {
        (None, Some(next)) => {
            let (from, to) = (host.span(run.first()?.span).start, host.span(next.span).start);
            Some(Pull { from, to, over_comments: false })
        }
        (Some(before), None) => {
            let last = run.last()?;
            let end = last.after.map_or(last.span.end, |operator| operator.span.end);
            let rest = Span::new(host.range.start + end, host.range.end).of(&host.joined.text);
            let said = rest.iter().any(|byte| !byte.is_ascii_whitespace());
            let (before, removed) = (host.span(before.span), host.span(Span::new(last.span.start, end)));
            said.then_some(Pull { from: before.end, to: removed.end, over_comments: true })
        }
        _ => None,
    }
}

/// Commands that stand next to each other, and all operators around them but the one that must stay.
fn run_tokens(host: &Host<'_>, run: &[TopCommand], first: bool, last: bool, tokens: &mut Vec<Span>) {
    tokens.extend(run.iter().map(|command| host.span(command.span)));
    let before = run.first().and_then(|command| command.before);
    let operators: Vec<_> = before.into_iter().chain(run.iter().filter_map(|command| command.after)).collect();
    let kept = if first || last { None } else { kept_operator(host, run) };
    for (index, operator) in operators.iter().enumerate() {
        // Newlines go with their line, if at all.
        if kept != Some(index) && operator.kind != OperatorKind::Newline {
            tokens.push(host.span(operator.span));
        }
    }
}

/// The index of the operator that joins what stood before the run to what stands behind it. A `;` or newline among
/// them must win: `a && b; c` without `b` is `a; c`.
fn kept_operator(host: &Host<'_>, run: &[TopCommand]) -> Option<usize> {
    let before = run.first()?.before?;
    let operators: Vec<_> = std::iter::once(before).chain(run.iter().filter_map(|command| command.after)).collect();
    if operators.iter().any(|operator| operator.kind == OperatorKind::Newline) {
        return None;
    }
    let separated = operators.iter().any(|operator| operator.kind == OperatorKind::Semicolon);
    let fits = |kind: OperatorKind| !separated || kind == OperatorKind::Semicolon;
    let last = operators.len().checked_sub(1)?;
    let gap = Span::new(host.span(before.span).end, host.span(run.first()?.span).start);
    // An operator at the end of a line belongs to the line that stays, one at the start to the line that goes.
    if fits(before.kind) && gap.of(host.file).contains(&b'\n') {
        return Some(0);
    }
    (0..=last).rev().find(|index| operators.get(*index).is_some_and(|operator| fits(operator.kind)))
}
