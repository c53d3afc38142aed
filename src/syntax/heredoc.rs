//! Which heredocs an instruction opens.

use super::expand::Value;
use super::lex::{Malformed, Rules, lex};
use crate::source::Span;

/// BuildKit looks for heredocs with `\` as escape character, whatever the file's own is (`parser/parser.go`).
const NAME: Rules = Rules { escape: '\\', raw_quotes: false, raw_escapes: false, skip_quotes: false, skip_unset: true };
const RAW_NAME: Rules = Rules { raw_quotes: true, ..NAME };
const LINE: Rules = Rules { raw_quotes: true, raw_escapes: true, ..NAME };

/// A `<<NAME` that opens a heredoc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opening {
    pub(super) name: String,
    pub(super) descriptor: u32,
    pub(super) chomp: bool,
    pub(super) expand: bool,
    /// Where the word stands in the joined line.
    pub(super) joined: Span,
}

/// The heredocs of a joined line (`heredocsFromLine`). A line whose quotes do not balance has none.
pub(super) fn openings(line: &[u8]) -> Result<Vec<Opening>, Malformed> {
    let Ok(lexed) = lex(line, LINE, &mut |_| Value::Unset) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (word, joined) in lexed.words {
        found.extend(opening(&word)?.map(|opening| Opening { joined, ..opening }));
    }
    Ok(found)
}

/// Reads one word as `fd<<-name` (`ParseHeredoc`); the place is left empty.
pub(super) fn opening(word: &str) -> Result<Option<Opening>, Malformed> {
    let digits = word.len() - word.trim_start_matches(|found: char| found.is_ascii_digit()).len();
    let (descriptor, rest) = word.split_at(digits);
    let Some(rest) = rest.strip_prefix("<<") else { return Ok(None) };
    let dashless = rest.strip_prefix('-');
    let name = dashless.unwrap_or(rest).trim_start_matches(['\t', '\n', '\u{c}', '\r', ' ']);
    if name.is_empty() || name.contains('<') {
        return Ok(None);
    }
    let words = lex(name.as_bytes(), NAME, &mut |_| Value::Unset)?.words;
    let [(plain, _)] = words.as_slice() else { return Ok(None) };
    // The name is quoted if quotes get lost when they are removed.
    let raw = lex(name.as_bytes(), RAW_NAME, &mut |_| Value::Unset)?.words;
    let [(raw, _)] = raw.as_slice() else { return Err(Malformed) };
    Ok(Some(Opening {
        name: plain.clone(),
        descriptor: if descriptor.is_empty() { 0 } else { descriptor.parse().unwrap_or(u32::MAX) },
        chomp: dashless.is_some(),
        expand: quotes(plain) == quotes(raw),
        joined: Span::default(),
    }))
}

fn quotes(word: &str) -> usize {
    word.bytes().filter(|byte| matches!(byte, b'\'' | b'"')).count()
}

/// Whether a line, without its ending, closes the heredoc.
pub(super) fn closes(opening: &Opening, line: &[u8]) -> bool {
    let tabs = if opening.chomp { line.iter().take_while(|byte| **byte == b'\t').count() } else { 0 };
    line.get(tabs..) == Some(opening.name.as_bytes())
}
