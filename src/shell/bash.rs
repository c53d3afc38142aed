//! What bash adds to the grammar (bash manual, "Compound Commands", "Arrays", "Conditional Constructs").

use super::command::Compound;
use super::parser::{Parsed, Parser};
use super::tree::{Command, CompoundKind, Part, PartKind, Word};
use super::word::Context;
use crate::source::Span;

impl Parser<'_> {
    /// A compound command that only bash knows, if one begins here.
    pub(super) fn bash_compound(&mut self, keyword: &[u8]) -> Parsed<Option<Compound>> {
        if !self.bash() {
            return Ok(None);
        }
        match keyword {
            b"[[" => self.test().map(Some),
            b"select" => {
                self.at += 6;
                self.for_words().map(Some)
            }
            b"coproc" => self.error("`coproc` is not supported"),
            _ if self.starts(b"((") => Ok(self.arithmetic_command()),
            _ => Ok(None),
        }
    }

    /// `((…))`; `None`, and nothing read, when it is a subshell in a subshell.
    fn arithmetic_command(&mut self) -> Option<Compound> {
        let (start, comments) = (self.at, self.comments.len());
        let (depth, text, bodies) = (self.depth, self.text, self.bodies.len());
        self.at += 2;
        if self.nest(|parser| parser.parts(Context::Arithmetic)).is_ok() {
            self.at += 2;
            return Some(Compound::new(CompoundKind::Arithmetic, Vec::new()));
        }
        (self.at, self.depth, self.text) = (start, depth, text);
        self.comments.truncate(comments);
        self.bodies.truncate(bodies);
        self.pending.clear();
        None
    }

    /// `for ((…; …; …)) do … done`, also with `{ … }`.
    pub(super) fn bash_for(&mut self) -> Parsed<Compound> {
        self.at += 2;
        self.nest(|parser| parser.parts(Context::Arithmetic))?;
        self.at += 2;
        self.skip_blank();
        self.eat(b";");
        self.skip_newlines()?;
        Ok(Compound::new(CompoundKind::For, vec![self.do_group()?]))
    }

    /// `function name [()] compound`
    pub(super) fn bash_function(&mut self) -> Parsed<Command> {
        let start = self.at;
        self.at += b"function".len();
        self.skip_blank();
        let word = self.word()?;
        let Some(name) = word.bare().map(str::to_owned) else {
            return self.error("bad function name");
        };
        self.skip_blank();
        if self.byte() == Some(b'(') && self.ahead(1) == Some(b')') {
            self.at += 2;
        }
        self.function_body(start, name)
    }

    /// `[[ … ]]`: words and operators of its own.
    fn test(&mut self) -> Parsed<Compound> {
        self.at += 2;
        let mut words: Vec<Word> = Vec::new();
        let mut open = 0usize;
        loop {
            self.skip_newlines()?;
            if self.keyword() == b"]]" && open == 0 && !words.is_empty() {
                self.at += 2;
                break;
            }
            if self.eat(b"&&") || self.eat(b"||") || self.eat(b"<") || self.eat(b">") {
                continue;
            }
            if self.eat(b"(") {
                open += 1;
            } else if self.byte() == Some(b')') && open > 0 {
                self.at += 1;
                open -= 1;
            } else {
                let pattern =
                    words.last().and_then(Word::bare).is_some_and(|text| matches!(text, "=~" | "==" | "!=" | "="));
                words.push(if pattern { self.pattern()? } else { self.word()? });
            }
        }
        Ok(Compound { words, ..Compound::new(CompoundKind::Test, Vec::new()) })
    }

    /// The right side of `=~` or `==`, where `(`, `)` and `|` are text while a parenthesis is open.
    fn pattern(&mut self) -> Parsed<Word> {
        let mut word = Word { span: Span::empty(self.at), parts: Vec::new() };
        let mut open = 0usize;
        loop {
            match self.byte() {
                Some(b'(') => open += 1,
                Some(b')') if open > 0 => open -= 1,
                Some(b'|') if open > 0 || self.ahead(1) != Some(b'|') => {}
                Some(b' ' | b'\t' | b'<' | b'>' | b'&' | b';') if open > 0 => {}
                _ if self.at_word() => {
                    word.parts.extend(self.word()?.parts);
                    continue;
                }
                _ => break,
            }
            let text = Span::new(self.at, self.at + 1);
            let kind = PartKind::Literal(String::from_utf8_lossy(text.of(self.text)).into_owned());
            word.parts.push(Part { kind, span: text });
            self.at += 1;
        }
        let Some(last) = word.parts.last() else { return Err(self.unexpected()) };
        word.span.end = last.span.end;
        Ok(word)
    }

    /// A word; in bash also `X=(…)`.
    pub(super) fn word_or_array(&mut self) -> Parsed<Word> {
        let mut word = self.word()?;
        let array = self.bash() && self.byte() == Some(b'(') && word.span.end == self.at;
        let named = array && word.bare().and_then(|text| text.strip_suffix('=')).is_some();
        // `declare X=(…)` takes one as an argument, too; other commands do not, but then bash refuses the script.
        if !named {
            return Ok(word);
        }
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_newlines()?;
            if self.eat(b")") {
                break;
            }
            items.push(self.word()?);
        }
        word.parts.push(Part { kind: PartKind::Array(items), span: Span::new(start, self.at) });
        word.span.end = self.at;
        Ok(word)
    }
}
