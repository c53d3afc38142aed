//! lighttpd's configuration as a list of what it says (redmine.lighttpd.net/projects/lighttpd/wiki/Docs_Configuration).

use std::collections::BTreeMap;

use super::conf::{Said, Word};
use crate::source::Span;

/// What it says, in order: `name = value` and `name += value` with the plain values of a list as words, `include "file"`,
/// and conditions (`$SERVER["socket"] == ":80" { … }`) with the text that is compared; `None` where it cannot be read.
pub(super) fn read(text: &[u8]) -> Option<Vec<Said>> {
    let tokens = tokens(text)?;
    let mut reader = Reader { tokens: &tokens, at: 0, values: BTreeMap::new() };
    let mut said: Vec<Said> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    while let Some(token) = reader.next() {
        let (start, inside) = (token.span.start, open.last().copied());
        if token.text == "}" {
            open.pop()?;
            continue;
        }
        // `} else $HTTP["host"] == "b" {` and `} else {`
        let otherwise = token.text == "else" && reader.peek() != "{";
        let name = if otherwise { reader.next()? } else { token };
        if !name.is_name() {
            return None;
        }
        let words = match reader.peek() {
            "{" => Vec::new(),
            "=" | "+=" | ":=" | "==" | "!=" | "=~" | "!~" | "=^" | "=$" => {
                reader.next()?;
                reader.value(0)?
            }
            _ if name.text.starts_with("include") => reader.value(0)?,
            _ => return None,
        };
        let opens = reader.peek() == "{";
        if opens {
            reader.next()?;
            open.push(said.len());
        }
        if let ([word], false) = (words.as_slice(), opens) {
            reader.values.insert(name.text.clone(), word.text.clone());
        }
        let end = words.last().map_or(name.span.end, |word| word.span.end);
        said.push(Said { name: name.text.clone(), words, span: Span::new(start, end), inside, opens });
    }
    open.is_empty().then_some(said)
}

/// Most lists in lists.
const DEPTH: usize = 32;

struct Token {
    text: String,
    span: Span,
    quoted: bool,
}

impl Token {
    /// Whether it may name a setting.
    fn is_name(&self) -> bool {
        !self.quoted && self.text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$')
    }
}

struct Reader<'t> {
    tokens: &'t [Token],
    at: usize,
    /// What names of single values stand for by now.
    values: BTreeMap<String, String>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Option<&'t Token> {
        self.at += 1;
        self.tokens.get(self.at - 1)
    }

    /// The next token that is no text in quotes; empty where there is none.
    fn peek(&self) -> &'t str {
        self.tokens.get(self.at).filter(|token| !token.quoted).map_or("", |token| token.text.as_str())
    }

    /// The words of a value: one, several that `+` joins to one, or those of a list.
    fn value(&mut self, depth: usize) -> Option<Vec<Word>> {
        let mut words = self.operand(depth)?;
        while self.peek() == "+" {
            self.next()?;
            let more = self.operand(depth)?;
            match (words.as_mut_slice(), more.as_slice()) {
                ([word], [more]) => {
                    word.text.push_str(&more.text);
                    word.span.end = more.span.end;
                }
                _ => words.extend(more),
            }
        }
        Some(words)
    }

    fn operand(&mut self, depth: usize) -> Option<Vec<Word>> {
        let token = self.next()?;
        if token.quoted || token.text != "(" {
            let plain = token.quoted || token.text.starts_with(|c: char| c.is_ascii_alphanumeric());
            let known = self.values.get(&token.text).filter(|_| !token.quoted);
            let text = known.unwrap_or(&token.text).clone();
            return plain.then(|| vec![Word { text, span: token.span }]);
        }
        let mut words = Vec::new();
        loop {
            match self.peek() {
                ")" => break,
                "," | "=>" => {
                    self.next()?;
                }
                _ if depth < DEPTH => words.extend(self.value(depth + 1)?),
                _ => return None,
            }
        }
        self.next()?;
        Some(words)
    }
}

/// Words, texts in quotes and signs; a name goes on with what its brackets hold (`$HTTP["host"]`).
fn tokens(text: &[u8]) -> Option<Vec<Token>> {
    const SIGNS: [&str; 17] =
        ["+=", ":=", "==", "!=", "=~", "!~", "=^", "=$", "=>", "=", "+", "(", ")", "{", "}", ",", ";"];
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at).copied() {
        let rest = text.get(at..)?;
        if byte.is_ascii_whitespace() {
            at += 1;
        } else if byte == b'#' {
            at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        } else if byte == b'"' {
            let length = rest.iter().skip(1).position(|byte| *byte == b'"')? + 2;
            let inner = rest.get(1..length - 1)?;
            // What a backslash means differs by place.
            if inner.contains(&b'\\') && inner.contains(&b'/') {
                return None;
            }
            let text = String::from_utf8_lossy(inner).into_owned();
            found.push(Token { text, span: Span::new(at, at + length), quoted: true });
            at += length;
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(sign.as_bytes())) {
            let token = Token { text: (*sign).to_owned(), span: Span::new(at, at + sign.len()), quoted: false };
            found.extend(Some(token).filter(|token| token.text != ";"));
            at += sign.len();
        } else {
            let ends = |byte: &u8| byte.is_ascii_whitespace() || b"=+!:(){},;#\"[".contains(byte);
            let mut length = rest.iter().position(ends).unwrap_or(rest.len());
            if rest.get(length) == Some(&b'[') {
                length += rest.iter().skip(length).position(|byte| *byte == b']')? + 1;
            }
            if length == 0 {
                return None;
            }
            let text = String::from_utf8_lossy(rest.get(..length)?).into_owned();
            found.push(Token { text, span: Span::new(at, at + length), quoted: false });
            at += length;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<Vec<String>> {
        let said = read(text.as_bytes())?;
        let line = |said: &Said| {
            let words: Vec<&str> = said.words.iter().map(|word| word.text.as_str()).collect();
            format!("{}{} [{}]", if said.inside.is_some() { "  " } else { "" }, said.name, words.join("|"))
        };
        Some(said.iter().map(line).collect())
    }

    #[test]
    fn assignments_lists_and_conditions() {
        let text = "# server.port = 81\nvar.logs = \"/var/log/x\"\nserver.port=80\nserver.modules += ( \"a\", # \"b\",\n \"c\" => ( \"d\" => 1 ), )\n\
                    server.errorlog = var.logs + \"/error.log\"\ninclude \"mime.conf\"\ninclude_shell \"/usr/bin/x \" + server.port\n\
                    $SERVER[\"socket\"] == \":81\" {\n  server.document-root = \"/srv\"\n}\nelse $HTTP[\"host\"] =~ \"b\" { a = 1 } else { b = 2 }\n";
        let found = shown(text).unwrap();
        let expected = [
            "var.logs [/var/log/x]",
            "server.port [80]",
            "server.modules [a|c|d|1]",
            "server.errorlog [/var/log/x/error.log]",
            "include [mime.conf]",
            "include_shell [/usr/bin/x 80]",
            "$SERVER[\"socket\"] [:81]",
            "  server.document-root [/srv]",
            "$HTTP[\"host\"] [b]",
            "  a [1]",
            "else []",
            "  b [2]",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn broken_ones_are_not_read() {
        for broken in ["a = ", "a", "a = (", "a = ( \"b\"", "}", "a == \"b\" {", "a = \"b", "= 1", "a = )", "a = = 1"] {
            assert_eq!(shown(broken), None, "{broken}");
        }
        let deep = format!("a = {}1", "(".repeat(100_000));
        assert_eq!(shown(&deep), None);
    }

    #[test]
    fn spans_are_those_of_the_bytes() {
        let text = b"server.port  = 80\n$SERVER[\"socket\"] == \"[::]:80\" { }";
        let said = read(text).unwrap();
        let spans: Vec<&[u8]> = said.iter().flat_map(|said| &said.words).map(|word| word.span.of(text)).collect();
        assert_eq!(spans, [&b"80"[..], b"\"[::]:80\""]);
    }
}
