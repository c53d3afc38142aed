//! The arguments of each instruction, typed.

use super::heredoc;
use super::json::{self, Json};
use super::text::{fields, is_latin_space, lossy, split_first};
use super::tree::{Args, Command, Joined, Keyword, Pair, Word};
use super::words;
use crate::source::Span;

/// Why arguments are ill-formed.
#[derive(Debug)]
pub(super) struct Fault {
    /// What is wrong.
    pub(super) message: String,
    /// Whether BuildKit's parser already rejects the whole file, not only its instruction reader.
    pub(super) fatal: bool,
}

/// The arguments as far as they can be read, and what is wrong with them.
pub(super) type Outcome = Result<Args, Fault>;

fn invalid<T>(message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { message: message.into(), fatal: false })
}

fn fatal<T>(message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { message: message.into(), fatal: true })
}

/// A joined line and how to read it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) joined: &'a Joined,
    pub(super) escape: u8,
}

impl Line<'_> {
    fn text(&self) -> &[u8] {
        &self.joined.text
    }

    fn word(&self, text: String, joined: Span) -> Word {
        Word { text, joined, span: self.joined.span(joined) }
    }

    fn plain(&self, joined: Span) -> Word {
        self.word(lossy(joined.of(self.text())), joined)
    }

    fn plain_words(&self, spans: &[Span]) -> Vec<Word> {
        spans.iter().map(|span| self.plain(*span)).collect()
    }
}

/// Reads the arguments of every instruction but ONBUILD (`parser/line_parsers.go`, and the shape checks of
/// `instructions/parse.go`).
pub(super) fn read(line: &Line<'_>, keyword: Keyword, rest: Span) -> Outcome {
    match keyword {
        Keyword::From => from(line, rest),
        Keyword::Run | Keyword::Cmd | Keyword::Entrypoint => command(line, rest).map(Args::Command),
        Keyword::Shell => shell(line, rest),
        Keyword::Healthcheck => healthcheck(line, rest),
        Keyword::Copy | Keyword::Add => copy(line, rest),
        Keyword::Env => pairs(line, rest, "ENV"),
        Keyword::Label => pairs(line, rest, "LABEL"),
        Keyword::Arg => arg(line, rest),
        Keyword::User | Keyword::Workdir | Keyword::Stopsignal | Keyword::Maintainer if rest.is_empty() => {
            invalid("exactly one argument is needed")
        }
        Keyword::User | Keyword::Workdir | Keyword::Stopsignal | Keyword::Maintainer => Ok(Args::One(line.plain(rest))),
        Keyword::Expose if rest.is_empty() => invalid("EXPOSE needs at least one port"),
        Keyword::Expose => Ok(Args::Many { words: line.plain_words(&fields(line.text(), rest)), json: false }),
        Keyword::Volume => volume(line, rest),
        Keyword::Onbuild | Keyword::Unknown => Ok(Args::None),
    }
}

fn from(line: &Line<'_>, rest: Span) -> Outcome {
    match line.plain_words(&fields(line.text(), rest)).as_slice() {
        [image] => Ok(Args::From { image: image.clone(), alias: None }),
        [image, between, alias] if between.text.eq_ignore_ascii_case("as") => {
            if is_stage_name(&alias.text) {
                Ok(Args::From { image: image.clone(), alias: Some(alias.clone()) })
            } else {
                invalid(format!(
                    "`{}` cannot name a stage: begin with a letter, go on with letters, digits, `-_.`",
                    alias.text
                ))
            }
        }
        _ => invalid("FROM takes an image, or an image, AS and a name"),
    }
}

fn is_stage_name(name: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    name.starts_with(|first: char| first.is_ascii_alphabetic()) && name.bytes().all(rest)
}

/// The strings of the JSON form; `None` is the shell form.
fn strings(line: &Line<'_>, rest: Span) -> Result<Option<Vec<Word>>, Fault> {
    match json::read(line.text(), rest) {
        Json::Strings(items) => Ok(Some(items.into_iter().map(|(text, place)| line.word(text, place)).collect())),
        Json::Mixed => fatal("a JSON array of arguments may hold strings only"),
        Json::Not => Ok(None),
    }
}

fn command(line: &Line<'_>, rest: Span) -> Result<Command, Fault> {
    Ok(strings(line, rest)?.map_or(Command::Shell(rest), Command::Exec))
}

fn shell(line: &Line<'_>, rest: Span) -> Outcome {
    match command(line, rest)? {
        Command::Exec(words) if words.is_empty() => invalid("SHELL needs at least one argument"),
        Command::Shell(_) => invalid("SHELL takes a JSON array"),
        exec @ Command::Exec(_) => Ok(Args::Command(exec)),
    }
}

fn healthcheck(line: &Line<'_>, rest: Span) -> Outcome {
    let bytes = rest.of(line.text());
    let length = bytes.iter().position(|byte| is_latin_space(*byte)).unwrap_or(bytes.len());
    let (kind, after) = bytes.split_at_checked(length).unwrap_or_default();
    let gap = after.iter().position(|byte| !is_latin_space(*byte)).unwrap_or(after.len());
    let body = Span::new(rest.start + length + gap, rest.end);
    if kind.is_empty() {
        return invalid("HEALTHCHECK needs at least one argument");
    }
    let command = command(line, body)?;
    let is_empty = body.is_empty() || matches!(&command, Command::Exec(words) if words.is_empty());
    match (kind.to_ascii_uppercase().as_slice(), is_empty) {
        (b"NONE", true) => Ok(Args::Healthcheck(None)),
        (b"NONE", false) => invalid("HEALTHCHECK NONE takes no arguments"),
        (b"CMD", false) => Ok(Args::Healthcheck(Some(command))),
        (b"CMD", true) => invalid("HEALTHCHECK CMD needs a command"),
        _ => invalid(format!("HEALTHCHECK knows CMD and NONE, not `{}`", lossy(kind))),
    }
}

fn copy(line: &Line<'_>, rest: Span) -> Outcome {
    let strings = strings(line, rest)?;
    let json = strings.is_some();
    let mut sources = strings.unwrap_or_else(|| line.plain_words(&fields(line.text(), rest)));
    let is_heredoc = |word: &Word| heredoc::opening(&word.text).is_ok_and(|found| found.is_some());
    match sources.pop() {
        Some(destination) if !sources.is_empty() => {
            if is_heredoc(&destination) {
                return invalid("a heredoc cannot be the destination");
            }
            sources.retain(|word| !is_heredoc(word));
            Ok(Args::Copy { sources, destination, json })
        }
        _ => invalid("at least two arguments are needed, and the last is the destination"),
    }
}

fn volume(line: &Line<'_>, rest: Span) -> Outcome {
    let strings = strings(line, rest)?;
    let json = strings.is_some();
    let words = strings.unwrap_or_else(|| line.plain_words(&fields(line.text(), rest)));
    if words.is_empty() {
        return invalid("VOLUME needs at least one path");
    }
    if words.iter().any(|word| word.text.trim().is_empty()) {
        return invalid("a path of VOLUME is empty");
    }
    Ok(Args::Many { words, json })
}

/// ENV and LABEL: `key=value …`, or the old `key value` with everything after the blank as value.
fn pairs(line: &Line<'_>, rest: Span, name: &str) -> Outcome {
    let words = words::split(line.text(), rest, line.escape);
    let Some(first) = words.first() else { return invalid(format!("{name} needs at least one argument")) };
    if !first.text.contains('=') {
        return match split_first(line.text(), rest) {
            Some((key, value)) if key.is_empty() => {
                invalid(format!("a name of {name} is blank before `{}`", lossy(value.of(line.text()))))
            }
            Some((key, value)) => Ok(Args::Pairs(vec![Pair { key: line.plain(key), value: Some(line.plain(value)) }])),
            None => fatal(format!("{name} needs a name and a value")),
        };
    }
    let mut pairs = Vec::with_capacity(words.len());
    for word in words {
        let pair = pair(line, word);
        if pair.value.is_none() {
            return fatal(format!("`{}` has no `=`: write name=value", pair.key.text));
        }
        pairs.push(pair);
    }
    named(pairs, name)
}

fn arg(line: &Line<'_>, rest: Span) -> Outcome {
    let pairs: Vec<Pair> =
        words::split(line.text(), rest, line.escape).into_iter().map(|word| pair(line, word)).collect();
    if pairs.is_empty() {
        return invalid("ARG needs at least one argument");
    }
    named(pairs, "ARG")
}

fn named(pairs: Vec<Pair>, name: &str) -> Outcome {
    if pairs.iter().any(|pair| pair.key.text.is_empty()) {
        return invalid(format!("a name of {name} is blank"));
    }
    Ok(Args::Pairs(pairs))
}

fn pair(line: &Line<'_>, word: words::QuotedWord) -> Pair {
    let sign = word.span.of(line.text()).iter().position(|byte| *byte == b'=').map(|at| word.span.start + at);
    match (word.text.split_once('='), sign) {
        (Some((key, value)), Some(sign)) => Pair {
            key: line.word(key.to_string(), Span::new(word.span.start, sign)),
            value: Some(line.word(value.to_string(), Span::new(sign + 1, word.span.end))),
        },
        _ => Pair { key: line.word(word.text, word.span), value: None },
    }
}
