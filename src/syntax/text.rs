//! Characters as BuildKit's Go code sees them: runes out of bytes that need not be UTF-8, and three kinds of blanks.

use crate::source::Span;

/// The character at `at` and its width; a byte that is no UTF-8 reads as U+FFFD of width 1, as in Go. `None` at the end.
pub(super) fn char_at(text: &[u8], at: usize) -> Option<(char, usize)> {
    let first = *text.get(at)?;
    let width = match first {
        0..=0x7f => return Some((char::from(first), 1)),
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Some((char::REPLACEMENT_CHARACTER, 1)),
    };
    let bytes = text.get(at..at + width).unwrap_or_default();
    match std::str::from_utf8(bytes).ok().and_then(|text| text.chars().next()) {
        Some(found) => Some((found, width)),
        None => Some((char::REPLACEMENT_CHARACTER, 1)),
    }
}

/// The blanks that separate a keyword from its arguments and one word from the next (`parser.go`, `reWhitespace`).
pub(super) fn is_separator(byte: u8) -> bool {
    matches!(byte, b'\t' | 0x0b | 0x0c | b'\r' | b' ')
}

/// A byte that Go's `unicode.IsSpace` takes for a blank when a single byte is cast to a rune, as the readers of flags
/// and of HEALTHCHECK do: Latin-1's two blanks are among them.
pub(super) fn is_latin_space(byte: u8) -> bool {
    char::from(byte).is_whitespace()
}

/// Where the text from `start` on stops being blank (Unicode's blanks), at most `end`.
pub(super) fn skip_spaces(text: &[u8], start: usize, end: usize) -> usize {
    let mut at = start;
    while at < end {
        match char_at(text, at) {
            Some((found, width)) if found.is_whitespace() && at + width <= end => at += width,
            _ => break,
        }
    }
    at
}

/// `span` without the Unicode blanks around it; the empty span at its start if there is nothing else.
pub(super) fn trim(text: &[u8], span: Span) -> Span {
    let start = skip_spaces(text, span.start, span.end);
    let mut end = span.end;
    while end > start {
        let width = last_char_width(text, start, end);
        match char_at(text, end - width) {
            Some((found, _)) if found.is_whitespace() => end -= width,
            _ => break,
        }
    }
    if start >= end { Span::empty(span.start) } else { Span::new(start, end) }
}

fn last_char_width(text: &[u8], start: usize, end: usize) -> usize {
    // The longest blank has three bytes.
    (2..=3)
        .filter(|width| start + width <= end)
        .find(|width| char_at(text, end - width).is_some_and(|(_, found)| found == *width))
        .unwrap_or(1)
}

/// The words between runs of separators.
pub(super) fn fields(text: &[u8], span: Span) -> Vec<Span> {
    let mut words = Vec::new();
    let mut start = span.start;
    for at in span.range() {
        if text.get(at).copied().is_some_and(is_separator) {
            if start < at {
                words.push(Span::new(start, at));
            }
            start = at + 1;
        }
    }
    if start < span.end {
        words.push(Span::new(start, span.end));
    }
    words
}

/// The first word up to a run of separators, and what follows the run; `None` when nothing separates.
pub(super) fn split_first(text: &[u8], span: Span) -> Option<(Span, Span)> {
    let bytes = span.of(text);
    let gap = bytes.iter().position(|byte| is_separator(*byte))?;
    let rest = bytes.iter().skip(gap).position(|byte| !is_separator(*byte)).map_or(bytes.len(), |skip| gap + skip);
    Some((Span::new(span.start, span.start + gap), Span::new(span.start + rest, span.end)))
}

/// The bytes as text, with U+FFFD for what is no UTF-8.
pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
