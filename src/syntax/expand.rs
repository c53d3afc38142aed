//! Expansion of variables in arguments, as BuildKit does it before it runs an instruction.

use super::lex::{Rules, lex};

/// What is known of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// It has this value.
    Known(String),
    /// It is not set.
    Unset,
    /// It may have any value, or none.
    Unknown,
}

/// A word after expansion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expanded {
    /// The text; `None` if an unknown value went into it or BuildKit would refuse the word.
    pub text: Option<String>,
    /// Unset variables that were replaced by nothing.
    pub unset: Vec<String>,
}

/// Expands one word (`ProcessWord` of `shell/lex.go`): variables are replaced, quotes and escapes removed, blanks kept.
///
/// So BuildKit reads FROM, ENV, ARG and LABEL values, WORKDIR, USER, STOPSIGNAL, VOLUME, the paths of COPY and ADD, and
/// flags. A text that it refuses (an open quote or brace, an unknown modifier, `${X:?}` of an unset variable) has no
/// known text.
pub fn expand(word: &str, escape: u8, lookup: &mut dyn FnMut(&str) -> Value) -> Expanded {
    run(word, Rules { escape: char::from(escape), ..REMOVE }, lookup)
}

/// Expands a word and splits what comes out at blanks outside of quotes (`ProcessWords`), as EXPOSE does. `None` if the
/// words are not known.
pub fn expand_words(word: &str, escape: u8, lookup: &mut dyn FnMut(&str) -> Value) -> Option<Vec<String>> {
    let lexed = lex(word.as_bytes(), Rules { escape: char::from(escape), ..REMOVE }, lookup).ok()?;
    if lexed.whole.unknown {
        return None;
    }
    Some(lexed.words.into_iter().map(|(word, _)| word).collect())
}

/// Expands the body of a heredoc of COPY or ADD whose delimiter is not quoted: quotes are ordinary characters there, and
/// the escape character is always `\` (`dockerfile2llb/convert.go`).
pub fn expand_body(body: &str, lookup: &mut dyn FnMut(&str) -> Value) -> Expanded {
    run(body, Rules { skip_quotes: true, ..REMOVE }, lookup)
}

const REMOVE: Rules =
    Rules { escape: '\\', raw_quotes: false, raw_escapes: false, skip_quotes: false, skip_unset: false };

fn run(text: &str, rules: Rules, lookup: &mut dyn FnMut(&str) -> Value) -> Expanded {
    match lex(text.as_bytes(), rules, lookup) {
        Ok(lexed) if lexed.whole.unknown => Expanded { text: None, unset: lexed.unset },
        Ok(lexed) => Expanded { text: Some(lexed.whole.text), unset: lexed.unset },
        Err(_) => Expanded { text: None, unset: Vec::new() },
    }
}
