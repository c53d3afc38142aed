//! Simple commands, compound commands and functions (POSIX 2.9).

use super::parser::{Parsed, Parser};
use super::tree::{Command, CommandKind, CompoundKind, Part, PartKind, Script, Word};
use crate::source::Span;

/// Reserved words that cannot begin a command (POSIX 2.4).
const MISPLACED: [&[u8]; 11] = [b"then", b"elif", b"else", b"fi", b"do", b"done", b"esac", b"}", b"in", b"!", b"{"];

/// Built-ins that no function may be named after (POSIX 2.14, 2.9.5).
const SPECIAL: [&str; 15] = [
    ".", ":", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set", "shift", "times",
    "trap", "unset",
];

pub(super) fn is_variable(name: &str) -> bool {
    let start = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    start && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A compound command before its redirections.
pub(super) struct Compound {
    pub(super) kind: CompoundKind,
    pub(super) bodies: Vec<Script>,
    pub(super) words: Vec<Word>,
    pub(super) variable: Option<String>,
}

impl Compound {
    pub(super) fn new(kind: CompoundKind, bodies: Vec<Script>) -> Self {
        Self { kind, bodies, words: Vec::new(), variable: None }
    }
}

impl Parser<'_> {
    /// The command that stands here.
    pub(super) fn command(&mut self) -> Parsed<Command> {
        self.nest(|parser| match parser.compound()? {
            Some(command) => Ok(command),
            None => parser.simple(),
        })
    }

    fn compound(&mut self) -> Parsed<Option<Command>> {
        let start = self.at;
        let compound = match self.keyword() {
            b"if" => self.if_clause()?,
            b"while" => self.while_clause(CompoundKind::While)?,
            b"until" => self.while_clause(CompoundKind::Until)?,
            b"for" => self.for_clause()?,
            b"case" => self.case_clause()?,
            b"{" => self.group()?,
            b"function" if self.bash() => return self.bash_function().map(Some),
            word if self.bash() || self.byte() == Some(b'(') => match self.bash_compound(word)? {
                Some(compound) => compound,
                None if self.byte() == Some(b'(') => self.subshell()?,
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        self.finish(start, compound).map(Some)
    }

    /// Redirections behind a compound command.
    fn finish(&mut self, start: usize, compound: Compound) -> Parsed<Command> {
        let mut end = self.at;
        let mut redirects = Vec::new();
        loop {
            self.skip_blank();
            let Some(redirect) = self.redirect()? else { break };
            end = redirect.span.end;
            redirects.push(redirect);
        }
        let Compound { kind, bodies, words, variable } = compound;
        let kind = CommandKind::Compound { kind, bodies, words, variable };
        Ok(Command { kind, redirects, span: Span::new(start, end) })
    }

    fn if_clause(&mut self) -> Parsed<Compound> {
        let mut bodies = Vec::new();
        self.at += 2;
        loop {
            bodies.push(self.list(false)?);
            self.expect_keyword(b"then")?;
            bodies.push(self.list(false)?);
            match self.keyword() {
                b"elif" => self.at += 4,
                b"else" => {
                    self.at += 4;
                    bodies.push(self.list(false)?);
                    break;
                }
                _ => break,
            }
        }
        self.expect_keyword(b"fi")?;
        Ok(Compound::new(CompoundKind::If, bodies))
    }

    fn while_clause(&mut self, kind: CompoundKind) -> Parsed<Compound> {
        self.at += 5;
        let condition = self.list(false)?;
        Ok(Compound::new(kind, vec![condition, self.do_group()?]))
    }

    pub(super) fn do_group(&mut self) -> Parsed<Script> {
        self.expect_keyword(b"do")?;
        let body = self.list(false)?;
        self.expect_keyword(b"done")?;
        Ok(body)
    }

    fn for_clause(&mut self) -> Parsed<Compound> {
        self.at += 3;
        self.skip_blank();
        if self.bash() && self.starts(b"((") {
            return self.bash_for();
        }
        self.for_words()
    }

    /// `x in words; do … done`
    pub(super) fn for_words(&mut self) -> Parsed<Compound> {
        self.skip_blank();
        let place = self.at;
        let variable = self.word()?.bare().filter(|name| is_variable(name)).map(str::to_owned);
        if variable.is_none() {
            self.at = place;
            return self.error("bad loop variable");
        }
        self.skip_newlines()?;
        let mut words = Vec::new();
        if self.keyword() == b"in" {
            self.at += 2;
            self.skip_blank();
            while self.at_word() {
                words.push(self.word()?);
                self.skip_blank();
            }
            if self.byte() != Some(b'\n') && !self.eat(b";") {
                return Err(self.unexpected());
            }
        } else {
            self.eat(b";");
        }
        self.skip_newlines()?;
        let body = self.do_group()?;
        Ok(Compound { kind: CompoundKind::For, bodies: vec![body], words, variable })
    }

    fn case_clause(&mut self) -> Parsed<Compound> {
        self.at += 4;
        self.skip_blank();
        let mut words = vec![self.word()?];
        let mut bodies = Vec::new();
        self.skip_newlines()?;
        self.expect_keyword(b"in")?;
        loop {
            self.skip_newlines()?;
            if self.keyword() == b"esac" {
                break;
            }
            self.patterns(&mut words)?;
            bodies.push(self.list(true)?);
            if !self.ends_arm() {
                break;
            }
            self.at += if self.bash() && self.starts(b";;&") { 3 } else { 2 };
        }
        self.expect_keyword(b"esac")?;
        Ok(Compound { kind: CompoundKind::Case, bodies, words, variable: None })
    }

    /// `(a | b)`; the opening parenthesis may be missing.
    fn patterns(&mut self, words: &mut Vec<Word>) -> Parsed<()> {
        self.eat(b"(");
        loop {
            self.skip_blank();
            words.push(self.word()?);
            self.skip_blank();
            if self.eat(b")") {
                return Ok(());
            }
            if !self.eat(b"|") {
                return Err(self.unexpected());
            }
        }
    }

    fn group(&mut self) -> Parsed<Compound> {
        self.at += 1;
        let body = self.list(false)?;
        self.expect_keyword(b"}")?;
        Ok(Compound::new(CompoundKind::Group, vec![body]))
    }

    pub(super) fn subshell(&mut self) -> Parsed<Compound> {
        self.at += 1;
        let body = self.list(false)?;
        if !self.eat(b")") {
            return Err(self.unexpected());
        }
        Ok(Compound::new(CompoundKind::Subshell, vec![body]))
    }

    fn simple(&mut self) -> Parsed<Command> {
        let start = self.at;
        if MISPLACED.contains(&self.keyword()) && !(self.bash() && self.keyword() == b"in") {
            return Err(self.unexpected());
        }
        let (mut assignments, mut words, mut redirects) = (Vec::new(), Vec::new(), Vec::new());
        let mut end = start;
        loop {
            if let Some(redirect) = self.redirect()? {
                end = redirect.span.end;
                redirects.push(redirect);
            } else if self.at_word() {
                let word = self.word_or_array()?;
                end = word.span.end;
                if words.is_empty() && is_assignment(&word, self.bash()) { &mut assignments } else { &mut words }
                    .push(word);
            } else {
                break;
            }
            self.skip_blank();
            if let ([name], [], [], Some(b'(')) =
                (words.as_slice(), assignments.as_slice(), redirects.as_slice(), self.byte())
            {
                let name = name.clone();
                return self.function(start, &name);
            }
        }
        if end == start {
            return Err(self.unexpected());
        }
        self.check_split_keyword(&words)?;
        let kind = CommandKind::Simple { assignments, words };
        Ok(Command { kind, redirects, span: Span::new(start, end) })
    }

    /// A reserved word broken by a continuation is still one for the shell; such a script is not worth reading.
    fn check_split_keyword(&self, words: &[Word]) -> Parsed<()> {
        let Some(first) = words.first() else { return Ok(()) };
        let text = first.bare().unwrap_or_default();
        let reserved = matches!(text, "if" | "for" | "while" | "until" | "case" | "{")
            || MISPLACED.contains(&text.as_bytes()) && !self.bash();
        if reserved && first.span.len() != text.len() {
            return self.error("reserved word broken by a line continuation");
        }
        Ok(())
    }

    /// `name() command`; the opening parenthesis stands here. dash takes any command as the body.
    fn function(&mut self, start: usize, name: &Word) -> Parsed<Command> {
        let place = self.at;
        self.at += 1;
        self.skip_blank();
        if !self.eat(b")") {
            self.at = place;
            return Err(self.unexpected());
        }
        let good = |name: &&str| self.bash() || (is_variable(name) && !SPECIAL.contains(name));
        let Some(name) = name.bare().filter(good).map(str::to_owned) else {
            return self.error("bad function name");
        };
        self.function_body(start, name)
    }

    pub(super) fn function_body(&mut self, start: usize, name: String) -> Parsed<Command> {
        self.skip_newlines()?;
        let place = self.at;
        let body = Box::new(self.command()?);
        if self.bash() && matches!(body.kind, CommandKind::Simple { .. }) {
            self.at = place;
            return self.error("the body of a function must be a compound command");
        }
        let span = Span::new(start, body.span.end);
        Ok(Command { kind: CommandKind::Function { name, body }, redirects: Vec::new(), span })
    }
}

/// `X=…`: the name and the sign must not be quoted (POSIX 2.10.2 rule 7b). In bash also `X+=…` and `X[…]=…`.
fn is_assignment(word: &Word, bash: bool) -> bool {
    let Some(Part { kind: PartKind::Literal(text), .. }) = word.parts.first() else { return false };
    let Some((name, _)) = text.split_once('=') else { return false };
    let name = if bash { name.strip_suffix('+').unwrap_or(name) } else { name };
    let name = match name.split_once('[') {
        Some((name, subscript)) if bash && subscript.ends_with(']') => name,
        _ => name,
    };
    is_variable(name)
}
