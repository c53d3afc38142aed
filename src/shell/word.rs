//! Words and their parts: quoting (POSIX 2.2) and expansions (POSIX 2.6).

use super::parser::{Parsed, Parser};
use super::tree::{Part, PartKind, Word};
use crate::source::Span;

/// Where parts stand: it decides what ends them, and what quotes and backslashes mean.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// Between double quotes.
    Double,
    /// The body of a here-document: up to the end of the text.
    Heredoc,
    /// The word of `${x-word}`; quoted when the whole stands in double quotes.
    Brace { quoted: bool },
    /// Between `$((` or `((` and `))`.
    Arithmetic,
}

/// Literal text that is being gathered.
struct Run {
    text: Vec<u8>,
    start: usize,
    end: usize,
}

impl Run {
    fn new(start: usize) -> Self {
        Self { text: Vec::new(), start, end: start }
    }

    /// Takes `bytes` that end at `end` of the text.
    fn push(&mut self, bytes: &[u8], end: usize) {
        if self.text.is_empty() {
            self.start = end - bytes.len();
        }
        self.text.extend_from_slice(bytes);
        self.end = end;
    }

    fn flush(&mut self, parts: &mut Vec<Part>) {
        if !self.text.is_empty() {
            let kind = PartKind::Literal(lossy(&self.text));
            parts.push(Part { kind, span: Span::new(self.start, self.end) });
            self.text.clear();
        }
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Parser<'_> {
    /// Whether a word can begin here: no blank, operator or end.
    pub(super) fn at_word(&self) -> bool {
        match self.byte() {
            None | Some(b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')') => false,
            Some(b'<' | b'>') => self.bash() && self.ahead(1) == Some(b'('),
            Some(_) => true,
        }
    }

    /// The word that stands here.
    pub(super) fn word(&mut self) -> Parsed<Word> {
        if !self.at_word() {
            return Err(self.unexpected());
        }
        let mut word = Word { span: Span::empty(self.at), parts: Vec::new() };
        let mut run = Run::new(self.at);
        while self.at_word() {
            if self.starts(b"\\\n") {
                self.at += 2;
                continue;
            }
            match self.special_part()? {
                Some(part) => {
                    run.flush(&mut word.parts);
                    word.span.end = part.span.end;
                    word.parts.push(part);
                }
                None => {
                    let start = self.at;
                    self.plain_run();
                    run.push(Span::new(start, self.at).of(self.text), self.at);
                    word.span.end = self.at;
                }
            }
        }
        run.flush(&mut word.parts);
        Ok(word)
    }

    /// Over the bytes up to the next one that may mean something; at least one.
    fn plain_run(&mut self) {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let plain = |byte: &u8| !b" \t\n;&|<>()\\'\"$`".contains(byte);
        self.at += 1 + rest.iter().take_while(|byte| plain(byte)).count();
    }

    /// A quotation or expansion, if one begins here.
    fn special_part(&mut self) -> Parsed<Option<Part>> {
        match self.byte() {
            Some(b'\\') => Ok(self.escaped()),
            Some(b'\'') => self.single().map(Some),
            Some(b'"') => self.double().map(Some),
            Some(b'$') => self.dollar(false),
            Some(b'`') => self.backquote(false).map(Some),
            Some(b'<' | b'>') => self.substitution(2).map(Some),
            _ => Ok(None),
        }
    }

    /// A backslash and the character that it quotes; a last backslash is one itself.
    fn escaped(&mut self) -> Option<Part> {
        let start = self.at;
        self.ahead(1)?;
        // The rest of a UTF-8 character belongs to its first byte.
        let rest = self.text.get(start + 2..).unwrap_or_default();
        let tail = rest.iter().take(3).take_while(|byte| (0x80..0xC0).contains(*byte)).count();
        self.at = start + 2 + tail;
        let text = lossy(self.text.get(start + 1..self.at).unwrap_or_default());
        Some(Part { kind: PartKind::Escaped(text), span: Span::new(start, self.at) })
    }

    pub(super) fn single(&mut self) -> Parsed<Part> {
        let start = self.at;
        let rest = self.text.get(start + 1..).unwrap_or_default();
        let Some(len) = rest.iter().position(|byte| *byte == b'\'') else {
            return self.error("single quote is not closed");
        };
        self.at += len + 2;
        let kind = PartKind::Single(lossy(rest.get(..len).unwrap_or_default()));
        Ok(Part { kind, span: Span::new(start, self.at) })
    }

    pub(super) fn double(&mut self) -> Parsed<Part> {
        let start = self.at;
        self.at += 1;
        let parts = self.nest(|parser| parser.parts(Context::Double))?;
        self.at += 1;
        Ok(Part { kind: PartKind::Double(parts), span: Span::new(start, self.at) })
    }

    /// Parts up to what ends the context, which is not stepped over.
    pub(super) fn parts(&mut self, context: Context) -> Parsed<Vec<Part>> {
        let mut parts = Vec::new();
        let mut run = Run::new(self.at);
        // Open parentheses of an arithmetic expression.
        let mut open = 0usize;
        loop {
            let Some(byte) = self.byte() else {
                if context == Context::Heredoc {
                    break;
                }
                return self.error("quotation or expansion is not closed");
            };
            match (byte, context) {
                (b'"', Context::Double) | (b'}', Context::Brace { .. }) => break,
                (b')', Context::Arithmetic) if open == 0 && self.ahead(1) == Some(b')') => break,
                (b')', Context::Arithmetic) => open = open.saturating_sub(1),
                (b'(', Context::Arithmetic) => open += 1,
                _ => {}
            }
            if self.starts(b"\\\n") {
                self.at += 2;
                continue;
            }
            match self.inner_part(byte, context)? {
                Some(part) => {
                    run.flush(&mut parts);
                    parts.push(part);
                }
                None => self.inner_text(context, &mut run),
            }
        }
        run.flush(&mut parts);
        Ok(parts)
    }

    fn inner_part(&mut self, byte: u8, context: Context) -> Parsed<Option<Part>> {
        let quoted = context != Context::Brace { quoted: false };
        match byte {
            b'$' => self.dollar(quoted),
            b'`' => self.backquote(context == Context::Double).map(Some),
            b'"' if context != Context::Heredoc => self.double().map(Some),
            b'\'' if !quoted => self.single().map(Some),
            b'\\' if !quoted => Ok(self.escaped()),
            _ => Ok(None),
        }
    }

    /// Text inside of quotes: a backslash quotes only what would mean something there (POSIX 2.2.3).
    fn inner_text(&mut self, context: Context, run: &mut Run) {
        let quotes = match self.ahead(1) {
            Some(b'$' | b'`' | b'\\') => true,
            Some(b'"') => context != Context::Heredoc,
            Some(b'}') => matches!(context, Context::Brace { .. }),
            _ => false,
        };
        let start = self.at;
        if self.byte() == Some(b'\\') && quotes {
            self.at += 2;
            run.push(self.text.get(start + 1..self.at).unwrap_or_default(), self.at);
            // The backslash belongs to the part.
            run.start = run.start.min(start);
            return;
        }
        let rest = self.text.get(start + 1..).unwrap_or_default();
        self.at += 1 + rest.iter().take_while(|byte| !b"\\'\"$`}()".contains(byte)).count();
        run.push(self.text.get(start..self.at).unwrap_or_default(), self.at);
    }
}
