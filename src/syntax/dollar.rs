//! `$` substitutions as BuildKit's lexer does them (`shell/lex.go`, `processDollar`).

use super::expand::Value;
use super::lex::{Lexer, Malformed, Piece};
use super::pattern::Pattern;

/// Reads one substitution; the lexer stands at the `$`.
pub(super) fn read(lexer: &mut Lexer<'_>) -> Result<Piece, Malformed> {
    lexer.next();
    if lexer.peek() == Some('{') {
        lexer.next();
        return braced(lexer);
    }
    let name = name(lexer);
    if name.is_empty() {
        return Ok(Piece::known("$"));
    }
    Ok(plain(lexer, &name, |name| format!("${name}")))
}

fn plain(lexer: &mut Lexer<'_>, name: &str, as_written: impl Fn(&str) -> String) -> Piece {
    match lexer.variable(name) {
        Value::Unset if lexer.rules.skip_unset => Piece::known(as_written(name)),
        value => substitute(lexer, name, value, Some),
    }
}

/// The value, changed by `change`. An unset variable is noted and counts as empty; what cannot be changed is unknown.
fn substitute(lexer: &mut Lexer<'_>, name: &str, value: Value, change: impl Fn(String) -> Option<String>) -> Piece {
    let value = match value {
        Value::Known(value) => Some(value),
        Value::Unknown => None,
        Value::Unset => {
            lexer.unset.push(name.to_string());
            Some(String::new())
        }
    };
    match value.and_then(change) {
        Some(text) => Piece::known(text),
        None => Piece { text: String::new(), unknown: true },
    }
}

fn braced(lexer: &mut Lexer<'_>) -> Result<Piece, Malformed> {
    if matches!(lexer.peek(), None | Some('{' | '}' | ':')) {
        return Err(Malformed);
    }
    let name = name(lexer);
    match lexer.next().ok_or(Malformed)? {
        '}' => Ok(plain(lexer, &name, |name| format!("${{{name}}}"))),
        ':' => {
            let operator = lexer.next().ok_or(Malformed)?;
            modified(lexer, &name, operator, true)
        }
        operator @ ('+' | '-' | '?' | '#' | '%') => modified(lexer, &name, operator, false),
        '/' => replaced(lexer, &name),
        _ => Err(Malformed),
    }
}

/// `${X-y}`, `${X:-y}`, `${X#p}` and their like, from after the operator on.
fn modified(lexer: &mut Lexer<'_>, name: &str, operator: char, colon: bool) -> Result<Piece, Malformed> {
    let trims = matches!(operator, '#' | '%');
    if colon && trims {
        return Err(Malformed);
    }
    let unset_before = lexer.unset.len();
    let word = lexer.nested('}', trims)?;
    let value = lexer.variable(name);
    if lexer.rules.skip_unset && matches!(value, Value::Unset) {
        let colon = if colon { ":" } else { "" };
        return Ok(Piece { text: format!("${{{name}{colon}{operator}{}}}", word.text), unknown: word.unknown });
    }
    if matches!(value, Value::Unknown) {
        return Ok(Piece { text: String::new(), unknown: true });
    }
    if trims {
        let pattern = TrimPattern::new(&word, operator)?;
        return Ok(substitute(lexer, name, value, |value| pattern.trim(&value)));
    }
    let is_set = match &value {
        Value::Known(value) => !(colon && value.is_empty()),
        Value::Unset | Value::Unknown => false,
    };
    let chosen = match (operator, is_set) {
        ('-', false) | ('+', true) => return Ok(word),
        ('-' | '?', true) => substitute(lexer, name, value, Some),
        ('+', false) => Piece::default(),
        _ => return Err(Malformed),
    };
    // The word was not taken, and so was no variable in it.
    lexer.unset.truncate(unset_before);
    Ok(chosen)
}

struct TrimPattern {
    pattern: Option<Pattern>,
    suffix: bool,
    longest: bool,
}

impl TrimPattern {
    fn new(word: &Piece, operator: char) -> Result<Self, Malformed> {
        let doubled = word.text.strip_prefix(operator);
        let read = if operator == '%' { Pattern::reversed } else { Pattern::new };
        let pattern = read(doubled.unwrap_or(&word.text)).ok_or(Malformed)?;
        let pattern = if word.unknown { None } else { Some(pattern) };
        Ok(Self { pattern, suffix: operator == '%', longest: doubled.is_some() })
    }

    fn trim(&self, value: &str) -> Option<String> {
        let pattern = self.pattern.as_ref()?;
        Some(if self.suffix {
            pattern.trim_suffix(value, self.longest)
        } else {
            pattern.trim_prefix(value, self.longest)
        })
    }
}

/// `${X/p/r}` and `${X//p/r}`, from after the first `/` on.
fn replaced(lexer: &mut Lexer<'_>, name: &str) -> Result<Piece, Malformed> {
    let all = lexer.peek() == Some('/');
    if all {
        lexer.next();
    }
    let pattern = lexer.nested('/', true)?;
    let replacement = lexer.nested('}', true)?;
    let value = lexer.variable(name);
    if lexer.rules.skip_unset && matches!(value, Value::Unset) {
        return Ok(Piece::known(format!("${{{name}/{}/{}}}", pattern.text, replacement.text)));
    }
    let compiled = Pattern::new(&pattern.text).ok_or(Malformed)?;
    // BuildKit lets `$1` and the like in a replacement for all matches mean something to its regexp engine.
    let unknown = pattern.unknown || replacement.unknown || (all && replacement.text.contains('$'));
    Ok(substitute(lexer, name, value, |value| {
        if unknown { None } else { Some(compiled.replace(&value, &replacement.text, all)) }
    }))
}

/// A variable's name: digits, one special character, or letters, digits and `_`.
fn name(lexer: &mut Lexer<'_>) -> String {
    let mut name = String::new();
    match lexer.peek() {
        Some(found) if found.is_ascii_digit() => {
            while let Some(found) = lexer.peek().filter(char::is_ascii_digit) {
                lexer.next();
                name.push(found);
            }
            return name;
        }
        Some(found @ ('@' | '*' | '#' | '?' | '-' | '$' | '!')) => {
            lexer.next();
            return found.to_string();
        }
        _ => {}
    }
    while let Some(found) = lexer.peek().filter(|found| found.is_alphanumeric() || *found == '_') {
        lexer.next();
        name.push(found);
    }
    name
}
