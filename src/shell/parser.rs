//! Scripts, and-or lists and pipelines (POSIX XCU 2.10), read straight from the bytes: there is no token list, so
//! that every rule sees exactly where it stands.

use super::heredoc::{Body, Pending};
use super::tree::{AndOr, Operator, OperatorKind, Pipeline, Script};
use super::{Dialect, ShellError};
use crate::source::Span;

/// How many commands, substitutions and quotations may stand in each other. Real scripts stay below 20; the limit
/// keeps an unoptimised build within half of a thread's usual 2 MB of stack.
const DEPTH: usize = 100;

/// Reserved words that end a list (POSIX 2.4), and `}`.
const CLOSERS: [&[u8]; 8] = [b"then", b"elif", b"else", b"fi", b"do", b"done", b"esac", b"}"];

/// What a parsing step gives.
pub(super) type Parsed<T> = Result<T, ShellError>;

/// The place in the text and what is still owed.
pub(super) struct Parser<'a> {
    /// The text up to where this part of it ends.
    pub(super) text: &'a [u8],
    /// The next byte.
    pub(super) at: usize,
    pub(super) dialect: Dialect,
    pub(super) depth: usize,
    pub(super) comments: Vec<Span>,
    /// Here-documents whose bodies follow the next newline.
    pub(super) pending: Vec<Pending>,
    /// Bodies of all here-documents, by number.
    pub(super) bodies: Vec<Option<Body>>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a [u8], dialect: Dialect, depth: usize) -> Self {
        Self { text, at: 0, dialect, depth, comments: Vec::new(), pending: Vec::new(), bodies: Vec::new() }
    }

    /// The whole text as a script.
    pub(super) fn script(mut self) -> Parsed<Script> {
        let mut script = self.list(true)?;
        if self.at < self.text.len() {
            return Err(self.unexpected());
        }
        if !self.bodies.is_empty() {
            super::heredoc::attach(&mut script, &mut self.bodies);
        }
        Ok(script)
    }

    pub(super) fn bash(&self) -> bool {
        self.dialect == Dialect::Bash
    }

    pub(super) fn byte(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub(super) fn ahead(&self, count: usize) -> Option<u8> {
        self.text.get(self.at + count).copied()
    }

    pub(super) fn starts(&self, with: &[u8]) -> bool {
        self.text.get(self.at..).is_some_and(|rest| rest.starts_with(with))
    }

    /// Steps over `with` if it stands here.
    pub(super) fn eat(&mut self, with: &[u8]) -> bool {
        let found = self.starts(with);
        if found {
            self.at += with.len();
        }
        found
    }

    pub(super) fn error<T>(&self, message: &str) -> Parsed<T> {
        Err(ShellError { message: message.to_owned(), offset: self.at })
    }

    pub(super) fn unexpected(&self) -> ShellError {
        let message = match self.byte() {
            None => "unexpected end of the script".to_owned(),
            Some(b'\n') => "unexpected end of line".to_owned(),
            Some(byte) => format!("unexpected `{}`", char::from(byte).escape_default()),
        };
        ShellError { message, offset: self.at }
    }

    /// Runs `step` one level deeper.
    pub(super) fn nest<T>(&mut self, step: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEPTH {
            return self.error("nested too deeply");
        }
        self.depth += 1;
        let result = step(self);
        self.depth -= 1;
        result
    }

    /// To the next token on this line: over blanks, continuations and a comment.
    pub(super) fn skip_blank(&mut self) {
        loop {
            match self.byte() {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\\') if self.ahead(1) == Some(b'\n') => self.at += 2,
                Some(b'#') => {
                    let start = self.at;
                    let rest = self.text.get(start..).unwrap_or_default();
                    self.at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
                    self.comments.push(Span::new(start, self.at));
                }
                _ => return,
            }
        }
    }

    /// To the next token, newlines included.
    pub(super) fn skip_newlines(&mut self) -> Parsed<()> {
        loop {
            self.skip_blank();
            if self.byte() != Some(b'\n') {
                return Ok(());
            }
            self.newline()?;
        }
    }

    /// Steps over the newline that stands here, and over the here-documents that it starts.
    fn newline(&mut self) -> Parsed<()> {
        self.at += 1;
        if self.pending.is_empty() { Ok(()) } else { self.read_heredocs() }
    }

    /// The unquoted word that stands here if it is made of the bytes of reserved words only; else empty.
    pub(super) fn keyword(&self) -> &'a [u8] {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let plain = |byte: &u8| byte.is_ascii_lowercase() || matches!(byte, b'!' | b'{' | b'}' | b'[' | b']');
        // No reserved word has more than 8 letters (`function`): longer runs need not be read.
        let len = rest.iter().take(9).take_while(|byte| plain(byte)).count();
        match rest.get(len) {
            None | Some(b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')') => {
                rest.get(..len).unwrap_or_default()
            }
            Some(b'\\') if rest.get(len + 1) == Some(&b'\n') => rest.get(..len).unwrap_or_default(),
            Some(_) => &[],
        }
    }

    /// Steps over this reserved word, or says that it is missing.
    pub(super) fn expect_keyword(&mut self, word: &[u8]) -> Parsed<()> {
        if self.keyword() != word {
            return Err(self.unexpected());
        }
        self.at += word.len();
        Ok(())
    }

    fn ends_list(&self) -> bool {
        match self.byte() {
            None | Some(b')') => true,
            Some(b';') => self.ends_arm(),
            Some(_) => CLOSERS.contains(&self.keyword()),
        }
    }

    /// Whether a `;;` stands here (in bash also `;&` and `;;&`).
    pub(super) fn ends_arm(&self) -> bool {
        self.starts(b";;") || (self.bash() && self.starts(b";&"))
    }

    /// Commands up to what ends a list; dash demands at least one between reserved words.
    pub(super) fn list(&mut self, may_be_empty: bool) -> Parsed<Script> {
        let mark = self.comments.len();
        let mut lists = Vec::new();
        loop {
            self.skip_newlines()?;
            if self.ends_list() {
                break;
            }
            let list = self.and_or()?;
            let last = list.terminator.is_none();
            lists.push(list);
            if last {
                break;
            }
        }
        if lists.is_empty() && !may_be_empty {
            return Err(self.unexpected());
        }
        Ok(Script { lists, comments: self.comments.split_off(mark) })
    }

    fn and_or(&mut self) -> Parsed<AndOr> {
        let first = self.pipeline()?;
        let mut span = first.span;
        let mut pipelines = vec![first];
        let mut operators = Vec::new();
        loop {
            self.skip_blank();
            let kind = match () {
                () if self.starts(b"&&") => OperatorKind::And,
                () if self.starts(b"||") => OperatorKind::Or,
                () => break,
            };
            operators.push(self.operator(kind, 2));
            self.skip_newlines()?;
            let next = self.pipeline()?;
            span.end = next.span.end;
            pipelines.push(next);
        }
        Ok(AndOr { pipelines, operators, terminator: self.terminator()?, span })
    }

    fn terminator(&mut self) -> Parsed<Option<Operator>> {
        let kind = match self.byte() {
            Some(b';') if !self.ends_arm() => OperatorKind::Semicolon,
            Some(b'&') => OperatorKind::Background,
            Some(b'\n') => OperatorKind::Newline,
            _ => return Ok(None),
        };
        if kind == OperatorKind::Newline {
            let span = Span::new(self.at, self.at + 1);
            self.newline()?;
            return Ok(Some(Operator { kind, span }));
        }
        Ok(Some(self.operator(kind, 1)))
    }

    pub(super) fn operator(&mut self, kind: OperatorKind, len: usize) -> Operator {
        let span = Span::new(self.at, self.at + len);
        self.at += len;
        Operator { kind, span }
    }

    fn pipeline(&mut self) -> Parsed<Pipeline> {
        let start = self.at;
        let mut negated = self.negation();
        if self.bash() && self.keyword() == b"time" {
            self.time();
            negated = negated.or_else(|| self.negation());
        }
        let first = self.command()?;
        let mut end = first.span.end;
        let mut commands = vec![first];
        let mut operators = Vec::new();
        loop {
            self.skip_blank();
            if !self.starts(b"|") || self.starts(b"||") {
                break;
            }
            let len = if self.bash() && self.starts(b"|&") { 2 } else { 1 };
            operators.push(self.operator(OperatorKind::Pipe, len));
            self.skip_newlines()?;
            let next = self.command()?;
            end = next.span.end;
            commands.push(next);
        }
        Ok(Pipeline { negated, commands, operators, span: Span::new(start, end) })
    }

    fn negation(&mut self) -> Option<Span> {
        (self.keyword() == b"!").then(|| {
            let span = Span::new(self.at, self.at + 1);
            self.at += 1;
            self.skip_blank();
            span
        })
    }

    /// Bash's reserved word `time`, with its option.
    fn time(&mut self) {
        self.at += 4;
        self.skip_blank();
        if self.starts(b"-p ") {
            self.at += 2;
            self.skip_blank();
        }
    }
}
