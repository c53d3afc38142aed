//! The configuration of a server as a list of what it says, with the place of every word.

use crate::facts::Dialect;
use crate::source::Span;

/// A word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Without its quotes.
    pub text: String,
    /// Its place, quotes and all.
    pub span: Span,
}

/// One directive: `listen 80 default_server;`, `<VirtualHost *:80>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its name.
    pub name: String,
    /// What follows.
    pub words: Vec<Word>,
    /// From its name to what ends it, or opens its block; without the brackets of `<Name words>`.
    pub span: Span,
    /// The block that it stands in.
    pub inside: Option<usize>,
    /// Whether it opens a block.
    pub opens: bool,
}

/// What a configuration says, in order; `None` where it cannot be read.
pub fn read(text: &[u8], dialect: Dialect) -> Option<Vec<Said>> {
    match dialect {
        Dialect::Caddyfile => return super::caddyfile::read(text),
        Dialect::Xml => return super::xml::read(text),
        Dialect::Assignments => return super::assigned::read(text),
        Dialect::Keys => return super::keyed::read(text),
        Dialect::Braces | Dialect::Lines | Dialect::Hashed => {}
    }
    let mut reader = Reader { text, at: 0, said: Vec::new(), open: Vec::new() };
    match dialect {
        Dialect::Braces => reader.braces()?,
        Dialect::Hashed => reader.hashed()?,
        _ => reader.lines()?,
    }
    reader.open.is_empty().then_some(reader.said)
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    said: Vec<Said>,
    open: Vec<usize>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn line_end(&self) -> usize {
        let rest = self.text.get(self.at..).unwrap_or_default();
        rest.iter().position(|byte| *byte == b'\n').map_or(self.text.len(), |end| self.at + end)
    }

    fn push(&mut self, words: &mut Vec<Word>, opens: bool, end: usize) {
        let rest = words.split_off(words.len().min(1));
        let Some(first) = words.pop() else { return };
        let (name, start) = (first.text, first.span.start);
        let inside = self.open.last().copied();
        if opens {
            self.open.push(self.said.len());
        }
        self.said.push(Said { name, words: rest, span: Span::new(start, end), inside, opens });
    }

    fn braces(&mut self) -> Option<()> {
        let mut words: Vec<Word> = Vec::new();
        while let Some(byte) = self.peek() {
            match byte {
                b'#' => self.at = self.line_end(),
                b';' | b'{' => {
                    self.at += 1;
                    // Code of another language follows.
                    let code = words.first().is_some_and(|word| word.text.ends_with("_by_lua_block"));
                    if words.is_empty() || code {
                        return None;
                    }
                    let end = self.at;
                    self.push(&mut words, byte == b'{', end);
                }
                b'}' => {
                    self.at += 1;
                    self.open.pop().filter(|_| words.is_empty())?;
                }
                byte if byte.is_ascii_whitespace() => self.at += 1,
                _ => words.push(self.word(b";{}")?),
            }
        }
        words.is_empty().then_some(())
    }

    fn lines(&mut self) -> Option<()> {
        while self.at < self.text.len() {
            let mut words = Vec::new();
            let section = self.blanks() == Some(b'<');
            if self.peek() == Some(b'#') {
                self.at = self.line_end();
            }
            if section {
                self.at += 1;
            }
            while self.blanks().is_some_and(|byte| byte != b'\n' && !(section && byte == b'>')) {
                words.push(self.word(if section { b">" } else { b"" })?);
            }
            let end = self.at;
            self.at = self.line_end() + 1;
            let closes = words.first().and_then(|word: &Word| word.text.strip_prefix('/').map(str::to_owned));
            match closes.filter(|_| section) {
                Some(name) => {
                    let open = self.open.pop().and_then(|open| self.said.get(open));
                    open.filter(|open| open.name.eq_ignore_ascii_case(&name))?;
                }
                None => self.push(&mut words, section, end),
            }
        }
        Some(())
    }

    fn hashed(&mut self) -> Option<()> {
        while self.at < self.text.len() {
            let mut words = Vec::new();
            while self.blanks().is_some_and(|byte| !matches!(byte, b'\n' | b'#')) {
                words.push(self.word(b"#")?);
            }
            let end = self.at;
            self.at = self.line_end() + 1;
            self.push(&mut words, false, end);
        }
        Some(())
    }

    /// Skips blanks and continued line ends; the byte that follows.
    fn blanks(&mut self) -> Option<u8> {
        loop {
            match (self.peek()?, self.text.get(self.at + 1)) {
                (b' ' | b'\t' | b'\r', _) => self.at += 1,
                (b'\\', Some(b'\n')) => self.at += 2,
                (byte, _) => return Some(byte),
            }
        }
    }

    /// A word up to a blank or one of `ends`; quotes hold both.
    fn word(&mut self, ends: &[u8]) -> Option<Word> {
        let start = self.at;
        let mut text = Vec::new();
        let mut quote = None;
        while let Some(byte) = self.peek() {
            match (byte, quote) {
                (b'\\', _) if self.text.get(self.at + 1).is_some_and(|next| *next != b'\n') => {
                    text.extend(self.text.get(self.at + 1));
                    self.at += 1;
                }
                (byte, Some(open)) if byte == open => quote = None,
                (b'"' | b'\'', None) if self.at == start => quote = Some(byte),
                // `${name}` is one word.
                (b'$', None) if self.text.get(self.at + 1) == Some(&b'{') => {
                    let rest = self.text.get(self.at..)?;
                    let end = rest.iter().position(|byte| *byte == b'}')?;
                    text.extend(rest.get(..=end)?);
                    self.at += end;
                }
                (byte, None) if byte.is_ascii_whitespace() || ends.contains(&byte) => break,
                (byte, _) => text.push(byte),
            }
            self.at += 1;
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        // Nothing was taken: an end where a word had to start.
        (quote.is_none() && self.at > start).then_some(Word { text, span: Span::new(start, self.at) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, dialect: Dialect) -> Option<Vec<String>> {
        let said = read(text.as_bytes(), dialect)?;
        let line = |said: &Said| {
            let words: Vec<&str> = said.words.iter().map(|word| word.text.as_str()).collect();
            let depth = std::iter::successors(said.inside, |of| {
                read(text.as_bytes(), dialect)?.get(*of).and_then(|of| of.inside)
            });
            format!("{}{} [{}]", "  ".repeat(depth.count()), said.name, words.join("|"))
        };
        Some(said.iter().map(line).collect())
    }

    #[test]
    fn braces_hold_directives() {
        let text = "# listen 81;\nhttp{ server { listen 80 ; root \"/a b\"; }\n map $x ${y} { default 'a;b'; } }";
        let found = shown(text, Dialect::Braces).unwrap();
        assert_eq!(
            found,
            ["http []", "  server []", "    listen [80]", "    root [/a b]", "  map [$x|${y}]", "    default [a;b]"]
        );
        for broken in ["server {", "}", "listen 80", ";", "a { content_by_lua_block { x = {} } }", "a 'b;"] {
            assert_eq!(shown(broken, Dialect::Braces), None, "{broken}");
        }
    }

    #[test]
    fn lines_hold_directives_and_sections() {
        let text =
            "Listen 80 \\\n  https\n  # Listen 81\n<VirtualHost *:80 [::]:80>\n  ErrorLog \"/x y\"\n</virtualhost>\n";
        let found = shown(text, Dialect::Lines).unwrap();
        assert_eq!(found, ["Listen [80|https]", "VirtualHost [*:80|[::]:80]", "  ErrorLog [/x y]"]);
        for broken in ["<A>\n", "</A>", "<A>\n</B>\n"] {
            assert_eq!(shown(broken, Dialect::Lines), None, "{broken}");
        }
    }

    #[test]
    fn spans_are_those_of_the_bytes() {
        let text = b"server { listen [::]:80; }";
        let said = read(text, Dialect::Braces).unwrap();
        let listen = said.get(1).unwrap();
        assert_eq!((listen.span.of(text), listen.words[0].span.of(text)), (&b"listen [::]:80;"[..], &b"[::]:80"[..]));
    }
}
