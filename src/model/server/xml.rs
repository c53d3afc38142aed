//! A configuration in XML as a list of what its attributes say: `<Connector port="80"/>` as `Connector port` with one word.

use super::conf::{Said, Word};
use crate::source::Span;

/// Every attribute, in order; `None` where the text cannot be read, or defines entities.
pub(super) fn read(text: &[u8]) -> Option<Vec<Said>> {
    let mut reader = Reader { text, at: 0, depth: 0, said: Vec::new() };
    while let Some(at) = reader.find(b"<") {
        reader.at = at;
        reader.tag()?;
    }
    (reader.depth == 0).then_some(reader.said)
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    depth: usize,
    said: Vec<Said>,
}

impl Reader<'_> {
    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Where a text stands next.
    fn find(&self, wanted: &[u8]) -> Option<usize> {
        self.rest().windows(wanted.len()).position(|window| window == wanted).map(|at| self.at + at)
    }

    fn skip(&mut self, end: &[u8]) -> Option<()> {
        self.at = self.find(end)? + end.len();
        Some(())
    }

    fn tag(&mut self) -> Option<()> {
        for (begin, end) in [("<!--", "-->"), ("<?", "?>")] {
            if self.rest().starts_with(begin.as_bytes()) {
                return self.skip(end.as_bytes());
            }
        }
        if self.rest().starts_with(b"</") {
            self.depth = self.depth.checked_sub(1)?;
            return self.skip(b">");
        }
        self.at += 1;
        // A document type, or characters that are no markup.
        let element = self.name()?;
        loop {
            self.blanks();
            match self.rest() {
                [b'>', ..] => {
                    self.at += 1;
                    self.depth += 1;
                    return Some(());
                }
                [b'/', b'>', ..] => {
                    self.at += 2;
                    return Some(());
                }
                _ => self.attribute(&element)?,
            }
        }
    }

    fn attribute(&mut self, element: &str) -> Option<()> {
        let start = self.at;
        let name = self.name()?;
        self.blanks();
        self.at += usize::from(*self.rest().first()? == b'=');
        self.blanks();
        let quote = *self.rest().first().filter(|byte| matches!(byte, b'"' | b'\''))?;
        let open = self.at;
        self.at += 1;
        self.skip(&[quote])?;
        let value = self.text.get(open + 1..self.at - 1)?;
        let word = Word { text: String::from_utf8_lossy(value).into_owned(), span: Span::new(open, self.at) };
        let span = Span::new(start, self.at);
        let name = format!("{element} {name}");
        self.said.push(Said { name, words: vec![word], span, inside: None, opens: false });
        Some(())
    }

    fn name(&mut self) -> Option<String> {
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
        let len = self.rest().iter().take_while(|byte| is_name(byte)).count();
        let name = String::from_utf8_lossy(self.rest().get(..len)?).into_owned();
        self.at += len;
        (len > 0).then_some(name)
    }

    fn blanks(&mut self) {
        self.at += self.rest().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_said() {
        let text = b"<?xml version='1.0'?>\n<Server port=\"8005\">\n  <!-- <Connector port=\"1\"/> -->\n  <Connector\n port = '80' secure=\"false\"/>\n</Server>\n";
        let said = read(text).unwrap();
        let shown: Vec<String> = said.iter().map(|said| format!("{}={}", said.name, said.words[0].text)).collect();
        assert_eq!(shown, ["Server port=8005", "Connector port=80", "Connector secure=false"]);
        assert_eq!(said[1].words[0].span.of(text), b"'80'");
    }

    #[test]
    fn what_cannot_be_read_is_left() {
        for broken in [
            "<a>",
            "</a>",
            "<a b=c/>",
            "<a b=\"c/>",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a/>",
            "<a/><![CDATA[x]]>",
            "<!-- ",
        ] {
            assert!(read(broken.as_bytes()).is_none(), "{broken}");
        }
    }
}
