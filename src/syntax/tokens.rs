//! The tokens of one instruction's own text.

use super::text::{split_first, trim};
use super::tree::{Instruction, Joined, Token, TokenKind};
use crate::source::Span;

/// Cuts the joined line into tokens of the file: keyword, flags, text, and the blanks around them.
pub(super) fn of_instruction(out: &mut Vec<Token>, instruction: &Instruction, joined: &Joined) {
    let mut writer = Writer { out, joined, piece: 0 };
    let line = trim(&joined.text, Span::new(0, joined.text.len()));
    let start = line.start;
    let keyword_end = split_first(&joined.text, line).map_or(line.end, |(name, _)| name.end);
    writer.push(TokenKind::Blank, Span::new(0, start));
    writer.push(TokenKind::Keyword, Span::new(start, keyword_end));
    let mut at = keyword_end;
    for flag in &instruction.flags {
        writer.gap(Span::new(at, flag.joined.start));
        writer.push(TokenKind::Flag, flag.joined);
        at = flag.joined.end;
    }
    writer.gap(Span::new(at, joined.text.len()));
}

struct Writer<'a> {
    out: &'a mut Vec<Token>,
    joined: &'a Joined,
    /// The piece of the joined line that the next token begins in.
    piece: usize,
}

impl Writer<'_> {
    /// Text with blanks around it, or only blanks.
    fn gap(&mut self, span: Span) {
        let text = trim(&self.joined.text, span);
        if text.is_empty() {
            return self.push(TokenKind::Blank, span);
        }
        self.push(TokenKind::Blank, Span::new(span.start, text.start));
        self.push(TokenKind::Text, text);
        self.push(TokenKind::Blank, Span::new(text.end, span.end));
    }

    /// One token for each piece of the file that the span covers.
    fn push(&mut self, kind: TokenKind, span: Span) {
        let pieces = &self.joined.pieces;
        let mut at = span.start;
        while at < span.end {
            let next = pieces.get(self.piece + 1).map_or(usize::MAX, |(joined, _)| *joined);
            if next <= at {
                self.piece += 1;
                continue;
            }
            let Some((joined, file)) = pieces.get(self.piece) else { return };
            let end = span.end.min(next);
            let start = file + (at - joined);
            self.out.push(Token { kind, span: Span::new(start, start + (end - at)) });
            at = end;
        }
    }
}
