//! Words in which quotes hold blanks together, as ENV, LABEL and ARG have them.

use super::text::char_at;
use crate::source::Span;

/// A word with quotes and escapes still in it, and where it stands.
#[derive(Debug)]
pub(super) struct QuotedWord {
    pub(super) text: String,
    pub(super) span: Span,
}

/// Splits at Unicode blanks outside of quotes (`parser/line_parsers.go`, `parseWords`).
pub(super) fn split(text: &[u8], span: Span, escape: u8) -> Vec<QuotedWord> {
    let text = text.get(..span.end).unwrap_or_default();
    let mut words = Vec::new();
    let mut at = span.start;
    while let Some((first, width)) = char_at(text, at) {
        if first.is_whitespace() {
            at += width;
            continue;
        }
        let (word, end) = read(text, at, char::from(escape));
        if !word.text.is_empty() {
            words.push(word);
        }
        at = end;
    }
    words
}

fn read(text: &[u8], start: usize, escape: char) -> (QuotedWord, usize) {
    let mut word = QuotedWord { text: String::new(), span: Span::empty(start) };
    let mut quote = None;
    let mut at = start;
    while let Some((found, width)) = char_at(text, at) {
        match quote {
            None if found.is_whitespace() => break,
            None if found == '\'' || found == '"' => quote = Some(found),
            Some(open) if found == open => quote = None,
            _ => {}
        }
        at += width;
        if found == escape && quote != Some('\'') {
            // An escape character that ends the line is dropped.
            let Some((next, width)) = char_at(text, at) else { break };
            word.text.push(found);
            word.text.push(next);
            at += width;
        } else {
            word.text.push(found);
        }
        word.span.end = at;
    }
    (word, at)
}
