//! The JSON form of arguments: an array of strings, with the place of each.

use crate::source::Span;

/// What the arguments are, read as JSON.
#[derive(Debug)]
pub(super) enum Json {
    /// An array of strings: each decoded, with its place (quotes included).
    Strings(Vec<(String, Span)>),
    /// An array that holds something else; BuildKit rejects the file.
    Mixed,
    /// No JSON array at all: the shell form.
    Not,
}

/// Reads `span` of `text` as BuildKit does (`parser/line_parsers.go`, `parseJSON`): Go's `encoding/json` over all of it.
pub(super) fn read(text: &[u8], span: Span) -> Json {
    let mut reader = Reader { text: text.get(..span.end).unwrap_or_default(), at: span.start };
    if !reader.eat(b'[') {
        return Json::Not;
    }
    let mut items = Vec::new();
    reader.skip_blanks();
    if !reader.eat(b']') {
        loop {
            reader.skip_blanks();
            let start = reader.at;
            if reader.peek() != Some(b'"') {
                return reader.other(span);
            }
            let Some(value) = reader.string() else { return Json::Not };
            items.push((value, Span::new(start, reader.at)));
            reader.skip_blanks();
            if reader.eat(b',') {
                continue;
            }
            if reader.eat(b']') {
                break;
            }
            return Json::Not;
        }
    }
    reader.skip_blanks();
    if reader.peek().is_some() { Json::Not } else { Json::Strings(items) }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let found = self.peek()?;
        self.at += 1;
        Some(found)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Something that is no string stands in the array: it matters only whether the whole is JSON.
    fn other(&self, span: Span) -> Json {
        let text = String::from_utf8_lossy(self.text.get(span.start..).unwrap_or_default());
        match serde_json::from_str::<Vec<serde::de::IgnoredAny>>(&text) {
            Ok(_) => Json::Mixed,
            Err(_) => Json::Not,
        }
    }

    fn string(&mut self) -> Option<String> {
        if !self.eat(b'"') {
            return None;
        }
        let mut value = Vec::new();
        loop {
            match self.next()? {
                b'"' => return Some(String::from_utf8_lossy(&value).into_owned()),
                b'\\' => {
                    let decoded = self.escaped()?;
                    value.extend_from_slice(decoded.encode_utf8(&mut [0; 4]).as_bytes());
                }
                0..=0x1f => return None,
                byte => value.push(byte),
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        Some(match self.next()? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.unicode()?,
            _ => return None,
        })
    }

    /// The character of `\uXXXX`; half a surrogate pair becomes U+FFFD, as in Go.
    fn unicode(&mut self) -> Option<char> {
        let unit = self.hex()?;
        if (0xd800..0xdc00).contains(&unit) && self.text.get(self.at..).is_some_and(|rest| rest.starts_with(b"\\u")) {
            let before = self.at;
            self.at += 2;
            let low = self.hex()?;
            if (0xdc00..0xe000).contains(&low) {
                return char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
            }
            self.at = before;
        }
        Some(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self) -> Option<u32> {
        let mut value = 0;
        for _ in 0..4 {
            value = value * 16 + char::from(self.next()?).to_digit(16)?;
        }
        Some(value)
    }
}
