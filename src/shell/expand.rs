//! What `$` and backquotes begin (POSIX 2.6.2 to 2.6.4).

use super::parser::{Parsed, Parser};
use super::tree::{Part, PartKind};
use super::word::Context;
use crate::source::Span;

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl Parser<'_> {
    /// What the `$` here begins; `None` for a dollar that is only text.
    pub(super) fn dollar(&mut self, quoted: bool) -> Parsed<Option<Part>> {
        let start = self.at;
        match self.ahead(1) {
            Some(b'(') if self.ahead(2) == Some(b'(') => self.arithmetic().map(Some),
            Some(b'(') => self.substitution(2).map(Some),
            Some(b'{') => self.nest(|parser| parser.braced(quoted)).map(Some),
            Some(b'\'') if self.bash() && !quoted => self.ansi().map(Some),
            Some(b'"') if self.bash() && !quoted => {
                self.at += 1;
                let mut part = self.double()?;
                part.span.start = start;
                Ok(Some(part))
            }
            Some(b'\\') if self.ahead(2) == Some(b'\n') => self.error("line continuation inside of an expansion"),
            _ => {
                self.at += 1;
                let Some(name) = self.parameter_name(true) else {
                    self.at = start;
                    return Ok(None);
                };
                // `$FO\⏎O` is one name for the shell; nobody writes it, so it is not worth reading.
                if self.starts(b"\\\n")
                    && self.ahead(2).is_some_and(is_name)
                    && !name.starts_with(|c: char| !c.is_alphabetic() && c != '_')
                {
                    return self.error("line continuation inside of an expansion");
                }
                let kind = PartKind::Parameter { name, operation: None, parts: Vec::new() };
                Ok(Some(Part { kind, span: Span::new(start, self.at) }))
            }
        }
    }

    /// A name, number (`$10` without braces is `$1` and a zero) or special parameter.
    fn parameter_name(&mut self, one_digit: bool) -> Option<String> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let len = match rest.first()? {
            b'0'..=b'9' if one_digit => 1,
            b'0'..=b'9' => rest.iter().take_while(|byte| byte.is_ascii_digit()).count(),
            b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' => 1,
            byte if is_name(*byte) => rest.iter().take_while(|byte| is_name(**byte)).count(),
            _ => return None,
        };
        self.at += len;
        Some(String::from_utf8_lossy(rest.get(..len)?).into_owned())
    }

    /// `${…}`
    fn braced(&mut self, quoted: bool) -> Parsed<Part> {
        let start = self.at;
        self.at += 2;
        let length = self.byte() == Some(b'#')
            && (self.ahead(1).is_some_and(is_name)
                || (self.ahead(2) == Some(b'}') && self.ahead(1).is_some_and(|byte| b"@*#?-$!".contains(&byte))));
        let indirect = self.bash() && self.byte() == Some(b'!') && self.ahead(1).is_some_and(is_name);
        if length || indirect {
            self.at += 1;
        }
        // dash lets a bad name pass until it is run; such a parameter has no name here.
        let name = self.parameter_name(false).unwrap_or_default();
        let operator = self.operation();
        let from = self.at;
        let parts = self.parts(Context::Brace { quoted })?;
        let word = String::from_utf8_lossy(Span::new(from, self.at).of(self.text)).into_owned();
        if operator == ":" && word.is_empty() {
            return self.error("`${x:}` lacks its word");
        }
        self.at += 1;
        let operation = match () {
            () if length => Some(("length".to_owned(), word)),
            () if indirect => Some(("!".to_owned(), word)),
            () if operator.is_empty() && word.is_empty() && !name.is_empty() => None,
            () => Some((operator, word)),
        };
        Ok(Part { kind: PartKind::Parameter { name, operation, parts }, span: Span::new(start, self.at) })
    }

    /// The operator of `${name…`; empty when there is none.
    fn operation(&mut self) -> String {
        let two: [&[u8]; 6] = [b":-", b":+", b":=", b":?", b"%%", b"##"];
        let one = |byte: u8| b"-+=?%#:/^,@[!".contains(&byte);
        let len = match self.byte() {
            _ if two.iter().any(|operator| self.starts(operator)) => 2,
            Some(byte) if one(byte) => 1,
            _ => 0,
        };
        let operator = Span::new(self.at, self.at + len).of(self.text);
        self.at += len;
        String::from_utf8_lossy(operator).into_owned()
    }

    /// `$((…))`. dash never takes it for a subshell in a substitution, which POSIX 2.6.3 wants written `$( (`.
    fn arithmetic(&mut self) -> Parsed<Part> {
        let start = self.at;
        self.at += 3;
        let parts = self.nest(|parser| parser.parts(Context::Arithmetic))?;
        self.at += 2;
        Ok(Part { kind: PartKind::Arithmetic(parts), span: Span::new(start, self.at) })
    }

    /// `$(…)`, `<(…)` or `>(…)`, whose opening has `len` bytes.
    pub(super) fn substitution(&mut self, len: usize) -> Parsed<Part> {
        let start = self.at;
        self.at += len;
        // Here-documents of the line outside begin behind that line, not behind a newline in here.
        let outside = std::mem::take(&mut self.pending);
        let script = self.nest(|parser| parser.list(true))?;
        if self.byte() != Some(b')') {
            return Err(self.unexpected());
        }
        if !self.pending.is_empty() {
            return self.error("here-document is not finished inside of the substitution");
        }
        self.pending = outside;
        self.at += 1;
        Ok(Part { kind: PartKind::Substitution(Some(script)), span: Span::new(start, self.at) })
    }

    /// `` `…` ``: the inside is another text once its escapes are gone (POSIX 2.6.3), so spans are told only when
    /// there are none.
    pub(super) fn backquote(&mut self, quoted: bool) -> Parsed<Part> {
        let start = self.at;
        let mut at = start + 1;
        let mut unescaped = Vec::new();
        let mut same = true;
        loop {
            match (self.text.get(at), self.text.get(at + 1)) {
                (None, _) => return self.error("backquote is not closed"),
                (Some(b'`'), _) => break,
                (Some(b'\\'), Some(next)) => {
                    let escape = matches!(next, b'\\' | b'$' | b'`') || (*next == b'"' && quoted);
                    same &= !escape;
                    if !escape {
                        unescaped.push(b'\\');
                    }
                    unescaped.push(*next);
                    at += 2;
                }
                (Some(byte), _) => {
                    unescaped.push(*byte);
                    at += 1;
                }
            }
        }
        let script = if same { Some(self.within(start + 1, at)?) } else { self.elsewhere(&unescaped, start)? };
        self.at = at + 1;
        Ok(Part { kind: PartKind::Substitution(script), span: Span::new(start, self.at) })
    }

    /// The script between two places of this text.
    fn within(&mut self, start: usize, end: usize) -> Parsed<super::Script> {
        let whole = self.text;
        let outside = std::mem::take(&mut self.pending);
        self.text = whole.get(..end).unwrap_or_default();
        self.at = start;
        let script = self.nest(|parser| parser.list(true))?;
        if self.at < end {
            return Err(self.unexpected());
        }
        self.text = whole;
        self.pending = outside;
        Ok(script)
    }

    /// Only checks a text whose places are not those of the file.
    fn elsewhere(&mut self, text: &[u8], at: usize) -> Parsed<Option<super::Script>> {
        match Parser::new(text, self.dialect, self.depth + 1).script() {
            Ok(_) => Ok(None),
            Err(error) => Err(super::ShellError { message: error.message, offset: at }),
        }
    }

    /// Bash's `$'…'`, where a backslash quotes the quote.
    fn ansi(&mut self) -> Parsed<Part> {
        let start = self.at;
        let mut at = start + 2;
        loop {
            match self.text.get(at) {
                None => return self.error("single quote is not closed"),
                Some(b'\'') => break,
                Some(b'\\') => at += 2,
                Some(_) => at += 1,
            }
        }
        let text = String::from_utf8_lossy(Span::new(start + 2, at).of(self.text)).into_owned();
        self.at = at + 1;
        Ok(Part { kind: PartKind::Ansi(text), span: Span::new(start, self.at) })
    }
}
