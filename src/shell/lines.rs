//! Deletes tokens from the lines of an instruction or script, and mends the chain of continuations.

use super::cut::Host;
use crate::source::Span;

/// What is kept behind removed commands moves up to where they stood: `RUN a && \⏎ b` becomes `RUN b`, and a comment
/// of the shell never stands alone on a line, where it would be one of the Dockerfile.
pub(super) struct Pull {
    /// Where the removed text begins.
    pub(super) from: usize,
    /// Where the kept text begins.
    pub(super) to: usize,
    /// Whether comment lines between go, too; else they keep the text where it is.
    pub(super) over_comments: bool,
}

/// A line of the file.
struct Line {
    /// From its start to after its ending.
    full: Span,
    /// End of what it says: before continuation and line ending.
    content: usize,
    /// End before the line ending.
    end: usize,
    continued: bool,
    comment: bool,
    gone: bool,
}

/// The spans to delete for these tokens (of the file).
pub(super) fn delete(host: &Host<'_>, mut tokens: Vec<Span>, pulls: &[Pull]) -> Vec<Span> {
    tokens.sort_unstable();
    let mut lines = lines(host, &tokens);
    let mut spans = Vec::new();
    for line in &mut lines {
        delete_in_line(host, line, &tokens, &mut spans);
    }
    mend(host, &mut lines, &tokens, &mut spans);
    pulls.iter().for_each(|pull| pull_up(host, &lines, pull, &mut spans));
    merge(spans)
}

/// Lines from the first to the last that the script touches.
fn lines(host: &Host<'_>, tokens: &[Span]) -> Vec<Line> {
    let script = host.joined.span(host.range);
    let file = host.file;
    let mut start =
        script.start - Span::new(0, script.start).of(file).iter().rev().take_while(|byte| **byte != b'\n').count();
    let mut found = Vec::new();
    while start < script.end.min(file.len()) {
        let rest = file.get(start..).unwrap_or_default();
        let len = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
        let full = Span::new(start, start + len);
        found.push(line(host, full, found.is_empty(), tokens));
        start += len;
    }
    found
}

fn line(host: &Host<'_>, full: Span, first: bool, tokens: &[Span]) -> Line {
    let text = full.of(host.file);
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let end = full.start + text.len();
    let trimmed = text.trim_ascii_end();
    let continued = if host.instruction { trimmed } else { text }.last() == Some(&host.escape);
    let content = if continued { full.start + trimmed.len() - 1 } else { end };
    let inside = tokens.iter().any(|token| token.contains(full));
    let comment = host.instruction && !first && text.trim_ascii_start().first() == Some(&b'#') && !inside;
    Line { full, content, end, continued: continued && !comment, comment, gone: false }
}

/// The parts of the tokens that stand in this line's content, in order, those that only blanks part as one.
fn clipped(host: &Host<'_>, line: &Line, tokens: &[Span]) -> Vec<Span> {
    let from = tokens.partition_point(|token| token.end <= line.full.start);
    let mut found: Vec<Span> = Vec::new();
    for token in tokens.get(from..).unwrap_or_default().iter().take_while(|token| token.start < line.full.end) {
        // A token that goes on in the next line leaves this line's continuation to `mend`.
        let end = if token.end > line.end { line.content } else { token.end };
        let part = Span::new(token.start.max(line.full.start), end);
        match found.last_mut() {
            Some(last) if is_blank(host, Span::new(last.end, part.start)) => last.end = last.end.max(part.end),
            _ if part.is_empty() => {}
            _ => found.push(part),
        }
    }
    found
}

fn is_blank(host: &Host<'_>, span: Span) -> bool {
    span.of(host.file).iter().all(|byte| matches!(byte, b' ' | b'\t'))
}

/// Whether anything but the tokens stands in the line's content.
fn keeps(host: &Host<'_>, line: &Line, parts: &[Span]) -> bool {
    let mut at = line.full.start;
    for part in parts {
        if !is_blank(host, Span::new(at, part.start)) {
            return true;
        }
        at = part.end;
    }
    at < line.content && !is_blank(host, Span::new(at, line.content))
}

fn delete_in_line(host: &Host<'_>, line: &mut Line, tokens: &[Span], spans: &mut Vec<Span>) {
    let parts = clipped(host, line, tokens);
    if parts.is_empty() || line.comment {
        return;
    }
    if !keeps(host, line, &parts) {
        line.gone = true;
        spans.push(line.full);
        return;
    }
    for part in parts {
        let before = Span::new(line.full.start, part.start);
        let after = Span::new(part.end, line.content.max(part.end));
        let blanks =
            |bytes: &mut dyn Iterator<Item = &u8>| bytes.take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let leading = blanks(&mut before.of(host.file).iter().rev());
        let trailing = blanks(&mut after.of(host.file).iter());
        if leading == before.len() {
            // First in its line: the indentation stays.
            spans.push(Span::new(part.start, part.end + trailing));
        } else if trailing > 0 || after.is_empty() || after.of(host.file).starts_with(b";") {
            spans.push(Span::new(part.start - leading, part.end));
        } else {
            spans.push(part);
        }
    }
}

/// Where the last line of a chain went, the line that is last now must not be continued: it would swallow what follows.
fn mend(host: &Host<'_>, lines: &mut [Line], tokens: &[Span], spans: &mut Vec<Span>) {
    let mut rest = lines;
    while !rest.is_empty() {
        let len = if host.instruction {
            rest.len()
        } else {
            rest.iter().position(|line| !line.continued).map_or(rest.len(), |at| at + 1)
        };
        let (chain, tail) = rest.split_at_mut(len);
        rest = tail;
        let said = |line: &&mut Line| !line.comment && !is_blank(host, Span::new(line.full.start, line.end));
        if !chain.iter_mut().rev().find(said).is_some_and(|line| line.gone) {
            continue;
        }
        for line in chain.iter_mut().rev().filter(|line| !line.gone && !line.comment && line.continued) {
            let parts = clipped(host, line, tokens);
            if keeps(host, line, &parts) {
                let said = Span::new(line.full.start, line.content).of(host.file);
                let end = line.full.start + said.trim_ascii_end().len();
                spans.push(Span::new(end, line.end));
                break;
            }
            line.gone = true;
            spans.push(line.full);
        }
    }
}

fn pull_up(host: &Host<'_>, lines: &[Line], pull: &Pull, spans: &mut Vec<Span>) {
    let between = Span::new(pull.from, pull.to);
    let Some(first) = lines.iter().find(|line| line.full.start <= pull.from && pull.from < line.full.end) else {
        return;
    };
    let shared = !is_blank(host, Span::new(first.full.start, pull.from));
    let apart = pull.to >= first.full.end;
    let comments = !pull.over_comments && lines.iter().any(|line| line.comment && between.contains(line.full));
    if !shared || !apart || comments || !host.instruction {
        return;
    }
    spans.retain(|span| span.start >= pull.to || span.end <= pull.from);
    spans.push(between);
}

fn merge(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::new();
    for span in spans.into_iter().filter(|span| !span.is_empty()) {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}
