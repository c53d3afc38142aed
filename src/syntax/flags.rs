//! The `--flags` between a keyword and its arguments.

use super::text::is_latin_space;
use super::tree::{Flag, Joined};
use crate::source::Span;

/// Reads the flags at the start of `span` and says where the arguments begin (`parser/split_command.go`).
///
/// BuildKit goes byte by byte here and writes each byte as a character of its own, so a flag's value outside of ASCII
/// comes out as Latin-1; the value is kept as BuildKit has it, the span shows what the file says.
pub(super) fn read(joined: &Joined, span: Span, escape: u8) -> (Vec<Flag>, usize) {
    let mut flags = Vec::new();
    let mut at = span.start;
    loop {
        at = skip_blanks(&joined.text, at, span.end);
        if joined.text.get(at..span.end).is_none_or(|rest| !rest.starts_with(b"--")) {
            return (flags, at);
        }
        let (word, end) = read_word(&joined.text, at, span.end, escape);
        if word == "--" {
            return (flags, end);
        }
        let word = word.strip_prefix("--").unwrap_or(&word);
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value.to_string())));
        let place = Span::new(at, end);
        flags.push(Flag { name: name.to_string(), value, joined: place, span: joined.span(place) });
        at = end;
    }
}

fn skip_blanks(text: &[u8], start: usize, end: usize) -> usize {
    let rest = text.get(start..end).unwrap_or_default();
    rest.iter().position(|byte| !is_latin_space(*byte)).map_or(end, |skip| start + skip)
}

/// One word with quotes and escapes resolved, and where it ends.
fn read_word(text: &[u8], start: usize, end: usize, escape: u8) -> (String, usize) {
    let mut word = String::new();
    let mut quote = None;
    let mut at = start;
    while let Some(byte) = text.get(at).copied().filter(|_| at < end) {
        at += 1;
        match quote {
            None if is_latin_space(byte) => return (word, at - 1),
            None if byte == b'\'' || byte == b'"' => quote = Some(byte),
            Some(open) if byte == open => quote = None,
            _ if byte == escape => {
                // At the end of the line it escapes nothing and is dropped.
                if let Some(next) = text.get(at).copied().filter(|_| at < end) {
                    word.push(char::from(next));
                    at += 1;
                }
            }
            _ => word.push(char::from(byte)),
        }
    }
    (word, end)
}
