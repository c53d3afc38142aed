//! Options and operands of a simple command, read as getopt reads them.

use super::tree::{PartKind, Word};
use crate::source::Span;

/// A value that the script gives, known or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// What it is; `None` when a variable, substitution, glob or the like stands in it.
    pub text: Option<String>,
    /// Where it is: without the option's name where that stands in the same word.
    pub span: Span,
}

/// One argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// Its value when it can be known.
    pub text: Option<String>,
    /// The unquoted text at its start, known even when the rest is not: `--uid=` of `--uid=$UID`.
    pub prefix: String,
    /// Whether an unquoted expansion stands in it, so that it may be several words, or none (POSIX 2.6.5).
    pub splits: bool,
    /// Where it stands.
    pub span: Span,
}

/// The arguments of a command, without its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Argv {
    /// In order.
    pub words: Vec<Argument>,
}

/// Whether an option takes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// It stands alone.
    Nothing,
    /// The rest of its word, or the next word.
    Value,
}

/// One option: its letter (or `\0`), its long name and whether it takes a value. An option without a long name gets its
/// letter as its name.
pub type Spec = (char, &'static str, Takes);

/// An option that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opt {
    /// Its long name in the table, also when the letter was written.
    pub name: &'static str,
    /// Its value, if it takes one.
    pub value: Option<Value>,
    /// From the word with its name to its value.
    pub span: Span,
}

/// Options and operands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments {
    /// Options, in order.
    pub options: Vec<Opt>,
    /// What is no option, in order.
    pub operands: Vec<Value>,
    /// An option that is not in the table, or an unquoted expansion that may hold options, was seen: the
    /// reading may be wrong.
    pub uncertain: bool,
}

impl Argv {
    /// Reads words, with variables from `lookup`.
    pub fn new(words: &[Word], lookup: &mut dyn FnMut(&str) -> Option<String>) -> Self {
        let argument = |word: &Word| {
            let text = word.value(lookup);
            Argument { splits: text.is_none() && splits(word), text, prefix: prefix(word), span: word.span }
        };
        Self { words: words.iter().map(argument).collect() }
    }

    /// Options and operands by getopt's rules (glibc `getopt(3)`): clusters, values in the same or the next word, `--`,
    /// operands between options, long names shortened as far as they are unique.
    pub fn read(&self, table: &[Spec]) -> Arguments {
        let mut read = Arguments::default();
        let mut words = self.words.iter();
        let mut split = false;
        while let Some(word) = words.next() {
            let text = word.text.as_deref().unwrap_or(&word.prefix);
            if word.text.is_some() && text == "--" {
                read.operands.extend(words.map(Argument::value));
                break;
            }
            if let Some(long) = text.strip_prefix("--") {
                read.long(word, long, &mut words, table);
            } else if text.len() > 1 && text.starts_with('-') {
                read.cluster(word, text, &mut words, table);
            } else {
                split |= word.splits && word.prefix.is_empty();
                read.operands.push(word.value());
            }
        }
        // `useradd $NAME` is plain enough; of `useradd $X app` the first may be options.
        read.uncertain |= split && read.operands.len() > 1;
        read
    }
}

/// The text of the first part when it is unquoted and nothing in it expands.
fn prefix(word: &Word) -> String {
    match word.parts.first().map(|part| (&part.kind, part.span.len())) {
        // A continuation inside would shift what follows it.
        Some((PartKind::Literal(text), len)) if len == text.len() => text.clone(),
        _ => String::new(),
    }
}

fn splits(word: &Word) -> bool {
    let expands = |kind: &PartKind| matches!(kind, PartKind::Parameter { .. } | PartKind::Substitution(_));
    word.parts.iter().any(|part| expands(&part.kind))
}

impl Argument {
    fn value(&self) -> Value {
        Value { text: self.text.clone(), span: self.span }
    }

    /// What stands behind the first `skip` bytes. The span is exact where they are unquoted.
    fn tail(&self, skip: usize) -> Value {
        let text = self.text.as_deref().and_then(|text| text.get(skip..)).map(str::to_owned);
        let start = if self.prefix.len() >= skip { self.span.start + skip } else { self.span.start };
        Value { text, span: Span::new(start, self.span.end) }
    }
}

impl Arguments {
    /// The last option of this name: it wins.
    pub fn option(&self, name: &str) -> Option<&Opt> {
        self.options.iter().rev().find(|option| option.name == name)
    }

    /// The value of the last option of this name.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.option(name)?.value.as_ref()
    }

    /// Whether the option was given.
    pub fn has(&self, name: &str) -> bool {
        self.option(name).is_some()
    }

    fn long<'w>(
        &mut self,
        word: &Argument,
        text: &str,
        words: &mut impl Iterator<Item = &'w Argument>,
        table: &[Spec],
    ) {
        let (name, inline) = match text.split_once('=') {
            Some((name, _)) => (name, true),
            None => (text, false),
        };
        // Without `=` an expansion may be part of the name.
        let known = word.text.is_some() || inline;
        let Some((_, name, takes)) = find_long(name, table).filter(|_| known) else {
            self.uncertain = true;
            return;
        };
        let skip = text.find('=').map_or(0, |at| at + 3);
        let value = match takes {
            _ if inline => Some(word.tail(skip)),
            Takes::Value => words.next().map(Argument::value),
            Takes::Nothing => None,
        };
        self.push(name, value, word, *takes);
    }

    fn cluster<'w>(
        &mut self,
        word: &Argument,
        text: &str,
        words: &mut impl Iterator<Item = &'w Argument>,
        table: &[Spec],
    ) {
        for (at, letter) in text.char_indices().skip(1) {
            let Some((_, name, takes)) = table.iter().find(|(short, ..)| *short == letter) else {
                self.uncertain = true;
                return;
            };
            let rest = at + letter.len_utf8();
            let ends = word.text.is_some() && rest == text.len();
            match takes {
                Takes::Nothing => self.push(name, None, word, Takes::Nothing),
                Takes::Value if ends => {
                    let value = words.next().map(Argument::value);
                    return self.push(name, value, word, Takes::Value);
                }
                Takes::Value => return self.push(name, Some(word.tail(rest)), word, Takes::Value),
            }
        }
        self.uncertain |= word.text.is_none();
    }

    fn push(&mut self, name: &'static str, value: Option<Value>, word: &Argument, takes: Takes) {
        self.uncertain |= value.is_none() && takes == Takes::Value;
        let end = value.as_ref().map_or(word.span.end, |value| value.span.end);
        self.options.push(Opt { name, value, span: Span::new(word.span.start, end) });
    }
}

/// An option by its long name or the only one that begins so.
fn find_long<'t>(name: &str, table: &'t [Spec]) -> Option<&'t Spec> {
    if let Some(exact) = table.iter().find(|(_, long, _)| *long == name) {
        return Some(exact);
    }
    let mut begins = table.iter().filter(|(_, long, _)| long.len() > 1 && long.starts_with(name) && !name.is_empty());
    let first = begins.next()?;
    begins.next().is_none().then_some(first)
}
