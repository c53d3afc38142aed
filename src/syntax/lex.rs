//! BuildKit's lexer of shell-like words: quotes, escapes and `$` substitutions. Heredocs are found with it, and the
//! arguments of most instructions are expanded with it.

use super::dollar;
use super::expand::Value;
use super::text::char_at;
use crate::source::Span;

/// Deeper nests of `${X:-${Y:-…}}` than this count as malformed, so that no input can overflow the stack.
const MAX_DEPTH: usize = 64;

/// How BuildKit sets its lexer up (`shell/lex.go`, the fields of `Lex`).
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// The escape character.
    pub(super) escape: char,
    /// Keep quotes in the result.
    pub(super) raw_quotes: bool,
    /// Keep escape characters in the result.
    pub(super) raw_escapes: bool,
    /// Quotes are ordinary characters.
    pub(super) skip_quotes: bool,
    /// Keep substitutions of unset variables as they are written.
    pub(super) skip_unset: bool,
}

/// A text that the lexer cannot read: a quote or brace left open, a substitution it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// A stretch of the result.
#[derive(Debug, Default)]
pub(super) struct Piece {
    pub(super) text: String,
    /// Whether an unknown value went into it, so that the text is not to be relied on.
    pub(super) unknown: bool,
}

impl Piece {
    pub(super) fn known(text: impl Into<String>) -> Self {
        Self { text: text.into(), unknown: false }
    }

    fn push(&mut self, other: &Piece) {
        self.text.push_str(&other.text);
        self.unknown |= other.unknown;
    }
}

/// What a text is after lexing.
#[derive(Debug)]
pub(super) struct Lexed {
    /// The whole as one word.
    pub(super) whole: Piece,
    /// Split at blanks outside of quotes, each with its place.
    pub(super) words: Vec<(String, Span)>,
    /// Variables that were substituted though unset.
    pub(super) unset: Vec<String>,
}

/// Reads `text` by these rules.
pub(super) fn lex(text: &[u8], rules: Rules, lookup: &mut dyn FnMut(&str) -> Value) -> Result<Lexed, Malformed> {
    // Go's scanner drops a byte order mark at the start of what it reads.
    let at = if text.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
    let mut lexer = Lexer {
        text,
        at,
        rules,
        raw_escapes: rules.raw_escapes,
        word: Word::default(),
        depth: 0,
        unset: Vec::new(),
        lookup,
    };
    let (whole, words) = lexer.until(None, rules.raw_escapes)?;
    Ok(Lexed { whole, words, unset: lexer.unset })
}

/// The word being collected.
#[derive(Debug, Default)]
struct Word {
    text: String,
    span: Span,
}

/// The words collected so far at one level of nesting.
#[derive(Debug, Default)]
struct Words {
    done: Vec<(String, Span)>,
    inside: bool,
}

pub(super) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    pub(super) rules: Rules,
    raw_escapes: bool,
    /// One buffer for all levels, as in BuildKit: a nested `${X:-…}` forgets the part of the word before it.
    word: Word,
    depth: usize,
    pub(super) unset: Vec<String>,
    lookup: &'a mut dyn FnMut(&str) -> Value,
}

impl Lexer<'_> {
    pub(super) fn peek(&self) -> Option<char> {
        char_at(self.text, self.at).map(|(found, _)| found)
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let (found, width) = char_at(self.text, self.at)?;
        self.at += width;
        Some(found)
    }

    pub(super) fn variable(&mut self, name: &str) -> Value {
        (self.lookup)(name)
    }

    /// Reads up to `stop`, or to the end without one. A `stop` that never comes is an error.
    pub(super) fn nested(&mut self, stop: char, raw_escapes: bool) -> Result<Piece, Malformed> {
        if self.depth >= MAX_DEPTH {
            return Err(Malformed);
        }
        self.depth += 1;
        let before = self.raw_escapes;
        let read = self.until(Some(stop), raw_escapes);
        self.raw_escapes = before;
        self.depth -= 1;
        read.map(|(piece, _)| piece)
    }

    fn until(&mut self, stop: Option<char>, raw_escapes: bool) -> Result<(Piece, Vec<(String, Span)>), Malformed> {
        self.raw_escapes = raw_escapes;
        self.word = Word::default();
        let mut words = Words::default();
        let mut whole = Piece::default();
        while let Some(found) = self.peek() {
            let start = self.at;
            if stop == Some(found) {
                self.next();
                return Ok((whole, self.finish(words)));
            }
            match found {
                '$' => {
                    let piece = dollar::read(self)?;
                    let place = Span::new(start, self.at);
                    piece.text.chars().for_each(|found| self.add(&mut words, found, place));
                    whole.push(&piece);
                }
                '<' => {
                    let piece = self.less();
                    self.add_raw(&mut words, &piece, Span::new(start, self.at));
                    whole.text.push_str(&piece);
                }
                '\'' | '"' if !self.rules.skip_quotes => {
                    let piece = if found == '"' { self.double_quoted()? } else { self.single_quoted()? };
                    self.add_raw(&mut words, &piece.text, Span::new(start, self.at));
                    whole.push(&piece);
                }
                _ => self.plain(&mut words, &mut whole),
            }
        }
        if stop.is_some() { Err(Malformed) } else { Ok((whole, self.finish(words))) }
    }

    fn plain(&mut self, words: &mut Words, whole: &mut Piece) {
        let start = self.at;
        let Some(found) = self.next() else { return };
        if found != self.rules.escape {
            self.add(words, found, Span::new(start, self.at));
            whole.text.push(found);
            return;
        }
        let mut text = String::new();
        if self.raw_escapes {
            text.push(found);
        }
        // At the end of the text it escapes nothing.
        text.extend(self.next());
        if !text.is_empty() {
            self.add_raw(words, &text, Span::new(start, self.at));
        }
        whole.text.push_str(&text);
    }

    fn single_quoted(&mut self) -> Result<Piece, Malformed> {
        let mut text = String::new();
        let open = self.next().ok_or(Malformed)?;
        loop {
            match self.next().ok_or(Malformed)? {
                '\'' if self.rules.raw_quotes => return Ok(Piece::known(format!("{open}{text}{open}"))),
                '\'' => return Ok(Piece::known(text)),
                found => text.push(found),
            }
        }
    }

    fn double_quoted(&mut self) -> Result<Piece, Malformed> {
        let mut piece = Piece::default();
        self.next();
        if self.rules.raw_quotes {
            piece.text.push('"');
        }
        loop {
            match self.peek().ok_or(Malformed)? {
                '"' => break,
                '$' => piece.push(&dollar::read(self)?),
                found if found == self.rules.escape => self.escaped_in_quotes(&mut piece.text),
                found => {
                    self.next();
                    piece.text.push(found);
                }
            }
        }
        self.next();
        if self.rules.raw_quotes {
            piece.text.push('"');
        }
        Ok(piece)
    }

    /// Between double quotes only `"`, `$` and the escape character can be escaped; before others it stays.
    fn escaped_in_quotes(&mut self, out: &mut String) {
        let escape = self.rules.escape;
        self.next();
        if self.raw_escapes {
            out.push(escape);
        }
        match self.peek() {
            None => {}
            Some(found) if found == '"' || found == '$' || found == escape => {
                self.next();
                out.push(found);
            }
            Some(_) => out.push(escape),
        }
    }

    /// `<`, or `<<` with the blanks after it: these do not end the word, for a heredoc's name may follow them.
    fn less(&mut self) -> String {
        self.next();
        if self.peek() != Some('<') {
            return "<".to_string();
        }
        self.next();
        let mut text = "<<".to_string();
        while let Some(found @ ('\t' | '\r' | ' ')) = self.peek() {
            self.next();
            text.push(found);
        }
        text
    }

    fn add(&mut self, words: &mut Words, found: char, place: Span) {
        if !found.is_whitespace() {
            self.add_raw(words, found.encode_utf8(&mut [0; 4]), place);
        } else if words.inside && !self.word.text.is_empty() {
            self.end_word(words);
            words.inside = false;
        }
    }

    fn add_raw(&mut self, words: &mut Words, text: &str, place: Span) {
        if self.word.text.is_empty() {
            self.word.span.start = place.start;
        }
        self.word.text.push_str(text);
        self.word.span.end = place.end;
        words.inside = true;
    }

    fn end_word(&mut self, words: &mut Words) {
        let word = std::mem::take(&mut self.word);
        words.done.push((word.text, word.span));
    }

    fn finish(&mut self, mut words: Words) -> Vec<(String, Span)> {
        if !self.word.text.is_empty() {
            self.end_word(&mut words);
        }
        words.done
    }
}
