//! Physical lines, and how they join to a logical one.

use super::text::{char_at, skip_spaces};
use super::tree::{Joined, Token, TokenKind};
use crate::source::Span;

/// BuildKit's scanner gives up on a line with more bytes than this, line feed not counted (Go's `bufio.Scanner`).
const MAX_LINE: usize = 65_535;

/// One line of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Physical {
    pub(super) start: usize,
    /// Where its ending begins: all carriage returns and line feeds at its end.
    pub(super) content_end: usize,
    /// Where the next line begins.
    pub(super) end: usize,
}

/// Hands out the lines of a file.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    pub(super) text: &'a [u8],
    /// Where the next line begins.
    pub(super) at: usize,
    /// Lines handed out so far.
    pub(super) count: usize,
    /// A line that is too long: for BuildKit the file ends before it.
    pub(super) too_long: Option<Span>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, count: 0, too_long: None }
    }

    pub(super) fn next(&mut self) -> Option<Physical> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty() && self.too_long.is_none())?;
        let feed = rest.iter().position(|byte| *byte == b'\n');
        let length = feed.unwrap_or(rest.len());
        if length > MAX_LINE {
            self.too_long = Some(Span::new(self.at, self.at + length));
            return None;
        }
        let ending = rest.iter().take(length).rev().take_while(|byte| **byte == b'\r').count();
        let line = Physical {
            start: self.at,
            content_end: self.at + length - ending,
            end: self.at + length + usize::from(feed.is_some()),
        };
        self.at = line.end;
        self.count += 1;
        Some(line)
    }
}

/// Several lines that make one.
#[derive(Debug)]
pub(super) struct Logical {
    pub(super) joined: Joined,
    /// What stands between and around the joined text: continuations, comments, blank lines, the last ending.
    pub(super) between: Vec<Token>,
}

/// Joins the line that begins at `start` of `first` with those that continue it (`parser/parser.go`, `Parse`).
pub(super) fn join(lines: &mut Lines<'_>, first: Physical, start: usize, escape: u8) -> Logical {
    let mut logical = Logical { joined: Joined::default(), between: Vec::new() };
    let mut continues = logical.add(lines.text, start, first, escape);
    while continues {
        let Some(line) = lines.next() else { break };
        let indent = skip_spaces(lines.text, line.start, line.content_end);
        if indent == line.content_end {
            logical.note(TokenKind::Blank, line.start, line.end);
        } else if char_at(lines.text, indent).is_some_and(|(found, _)| found == '#') {
            logical.note(TokenKind::Blank, line.start, indent);
            logical.note(TokenKind::Comment, indent, line.content_end);
            logical.note(TokenKind::Newline, line.content_end, line.end);
        } else {
            continues = logical.add(lines.text, line.start, line, escape);
        }
    }
    logical
}

impl Logical {
    fn note(&mut self, kind: TokenKind, start: usize, end: usize) {
        if start < end {
            self.between.push(Token { kind, span: Span::new(start, end) });
        }
    }

    /// Adds a line from `start` on; true if the next line continues it.
    fn add(&mut self, text: &[u8], start: usize, line: Physical, escape: u8) -> bool {
        let content = Span::new(start, line.content_end);
        let cut = continuation(content.of(text), escape).map(|at| start + at);
        let end = cut.unwrap_or(line.content_end);
        if self.joined.pieces.last().is_some_and(|(joined, _)| *joined == self.joined.text.len()) {
            self.joined.pieces.pop();
        }
        self.joined.pieces.push((self.joined.text.len(), start));
        self.joined.text.extend_from_slice(Span::new(start, end).of(text));
        let kind = if cut.is_some() { TokenKind::Continuation } else { TokenKind::Newline };
        self.note(kind, end, line.end);
        cut.is_some()
    }
}

/// Where the escape character stands that continues this line: the last thing but blanks and tabs, and not behind
/// another escape character.
pub(super) fn continuation(line: &[u8], escape: u8) -> Option<usize> {
    let at = line.iter().rposition(|byte| !matches!(byte, b' ' | b'\t'))?;
    let doubled = at.checked_sub(1).and_then(|before| line.get(before)) == Some(&escape);
    (line.get(at) == Some(&escape) && !doubled).then_some(at)
}
