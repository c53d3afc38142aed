//! A whole file to its tree: BuildKit's main loop (`parser/parser.go`, `Parse`), with nothing thrown away.

use super::directive::Directives;
use super::heredoc::{self, Opening};
use super::instruction::{self, Parsed};
use super::json::{self, Json};
use super::lines::{self, Lines, Physical};
use super::text::skip_spaces;
use super::tokens;
use super::tree::{Args, Heredoc, Instruction, Keyword, ParseError, Token, TokenKind, Tree};
use crate::source::Span;

const BOM: &[u8] = b"\xef\xbb\xbf";

pub(super) struct Reader<'a> {
    text: &'a [u8],
    lines: Lines<'a>,
    directives: Directives,
    instructions: Vec<Instruction>,
    tokens: Vec<Token>,
    error: Option<ParseError>,
    in_stage: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            lines: Lines::new(text),
            directives: Directives::default(),
            instructions: Vec::new(),
            tokens: Vec::new(),
            error: None,
            in_stage: false,
        }
    }

    pub(super) fn read(mut self) -> Tree {
        while let Some(line) = self.lines.next() {
            if self.read_line(line).is_none() {
                break;
            }
        }
        if self.instructions.is_empty() {
            self.fail("the file has no instructions", Span::new(0, self.text.len()));
        }
        if let Some(span) = self.lines.too_long {
            self.fail("a line is longer than the 65,535 bytes that BuildKit reads; break it with continuations", span);
        }
        let covered = self.tokens.last().map_or(0, |token| token.span.end);
        self.token(TokenKind::Unparsed, covered, self.text.len());
        Tree {
            escape: self.directives.escape(),
            directives: self.directives.found,
            instructions: self.instructions,
            tokens: self.tokens,
            error: self.error,
        }
    }

    /// The first error is the one that BuildKit reports.
    fn fail(&mut self, message: impl Into<String>, span: Span) {
        self.error.get_or_insert(ParseError { message: message.into(), span });
    }

    fn token(&mut self, kind: TokenKind, start: usize, end: usize) {
        if start < end {
            self.tokens.push(Token { kind, span: Span::new(start, end) });
        }
    }

    /// Reads what begins on this line; `None` after an error that ends everything.
    fn read_line(&mut self, line: Physical) -> Option<()> {
        let mut start = line.start;
        if start == 0 && self.text.starts_with(BOM) {
            start = BOM.len();
            self.token(TokenKind::Bom, 0, start);
        }
        let indent = skip_spaces(self.text, start, line.content_end);
        let content = Span::new(indent, line.content_end);
        let kind = match self.directives.read(self.text, content) {
            Ok(true) => TokenKind::Directive,
            Ok(false) if content.of(self.text).starts_with(b"#") => TokenKind::Comment,
            Ok(false) if content.is_empty() => TokenKind::Blank,
            Ok(false) => return self.read_instruction(line, start, indent),
            Err(message) => {
                self.fail(message, content);
                return None;
            }
        };
        self.token(TokenKind::Blank, start, indent);
        self.token(kind, indent, line.content_end);
        self.token(TokenKind::Newline, line.content_end, line.end);
        Some(())
    }

    fn read_instruction(&mut self, first: Physical, start: usize, indent: usize) -> Option<()> {
        let escape = self.directives.escape();
        let first_line = self.lines.count;
        let logical = lines::join(&mut self.lines, first, indent, escape);
        let joined = logical.joined;
        let Parsed { mut instruction, fatal } = instruction::read(&joined, Span::new(0, joined.text.len()), escape);

        self.token(TokenKind::Blank, start, indent);
        let mut own = logical.between;
        tokens::of_instruction(&mut own, &instruction, &joined);
        own.sort_by_key(|token| token.span.start);
        self.tokens.append(&mut own);

        if let Some(message) = fatal {
            self.fail(message, instruction.span);
        }
        let unterminated = self.read_heredocs(&mut instruction, &joined.text);
        if let Some(end) = instruction.heredocs.last().map(|heredoc| heredoc.end.end) {
            instruction.span.end = end;
        }
        instruction.full = Span::new(start, self.lines.at);
        instruction.lines = (first_line, self.lines.count);
        instruction.joined = joined;
        self.check_stage(&mut instruction);
        finish_inner(&mut instruction);
        self.instructions.push(instruction);
        if unterminated { None } else { Some(()) }
    }

    /// `instructions.Parse` wants a FROM before everything but ARG.
    fn check_stage(&mut self, instruction: &mut Instruction) {
        if instruction.keyword == Keyword::From {
            self.in_stage = true;
        } else if !self.in_stage && instruction.keyword != Keyword::Arg {
            instruction.invalid.get_or_insert("no FROM stands before this instruction".to_string());
        }
    }

    /// Reads the bodies of the instruction's heredocs; true if one of them never ends.
    fn read_heredocs(&mut self, instruction: &mut Instruction, line: &[u8]) -> bool {
        if !line.windows(2).any(|pair| pair == b"<<") || !can_hold_heredocs(instruction, line) {
            return false;
        }
        let Ok(openings) = heredoc::openings(line) else {
            self.fail("the name of a heredoc cannot be read", instruction.span);
            instruction.invalid.get_or_insert("the name of a heredoc cannot be read".to_string());
            return false;
        };
        for opening in openings {
            let start = self.lines.at;
            let end = self.find_end(&opening);
            let body = Span::new(start, end.map_or(self.lines.at, |line| line.start));
            let end = end.map_or(Span::empty(body.end), |line| {
                self.token(TokenKind::HeredocBody, start, line.start);
                self.token(TokenKind::HeredocEnd, line.start, line.content_end);
                self.token(TokenKind::Newline, line.content_end, line.end);
                Span::new(line.start, line.content_end)
            });
            let Opening { name, descriptor, chomp, expand, joined } = opening;
            let ended = !end.is_empty();
            if !ended {
                let message = format!("the heredoc `{name}` never ends: a line with `{name}` alone is missing");
                self.fail(message.clone(), body);
                instruction.invalid.get_or_insert(message);
            }
            instruction.heredocs.push(Heredoc { name, descriptor, chomp, expand, joined, body, end });
            if !ended {
                return true;
            }
        }
        false
    }

    fn find_end(&mut self, opening: &Opening) -> Option<Physical> {
        loop {
            let line = self.lines.next()?;
            if heredoc::closes(opening, Span::new(line.start, line.content_end).of(self.text)) {
                return Some(line);
            }
        }
    }
}

/// RUN, COPY and ADD that are not in JSON form, and ONBUILD of them (`canContainHeredoc`).
///
/// Read anew rather than asked of the arguments, for these are not kept where the instruction is ill-formed.
fn can_hold_heredocs(instruction: &Instruction, line: &[u8]) -> bool {
    let inner = match &instruction.args {
        Args::Onbuild(inner) => inner,
        _ => instruction,
    };
    matches!(inner.keyword, Keyword::Run | Keyword::Copy | Keyword::Add)
        && matches!(json::read(line, inner.rest), Json::Not)
}

/// What ONBUILD's own instruction has in common with the whole.
fn finish_inner(instruction: &mut Instruction) {
    let Args::Onbuild(inner) = &mut instruction.args else { return };
    inner.span.end = instruction.span.end;
    inner.full = instruction.full;
    inner.lines = instruction.lines;
    inner.heredocs.clone_from(&instruction.heredocs);
}
