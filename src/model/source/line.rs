//! Lines of source as calls are looked for in them: comments and long texts left out, spaces and kinds of quotes made one.

use crate::facts::Shows;

/// A line that holds code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number, from 1.
    pub(super) number: usize,
    /// How far it stands in.
    pub(super) indent: usize,
    /// Its code: a space only between words, texts in `"`.
    pub(super) text: String,
}

/// The lines of a file that hold code.
pub(super) fn lines(text: &str, shows: &Shows) -> Vec<Line> {
    let mut found = Vec::new();
    let mut open = None;
    for (at, whole) in text.lines().enumerate() {
        let mut rest = whole;
        if let Some(end) = open {
            let Some((_, after)) = rest.split_once(end) else { continue };
            rest = after;
        }
        let mut text = Plain::default();
        open = text.read(rest, shows);
        if !text.0.is_empty() {
            let indent = whole.len() - whole.trim_start().len();
            found.push(Line { number: at + 1, indent, text: text.0 });
        }
    }
    found
}

/// A call or condition of the templates in the same form.
pub(super) fn plain(text: &str) -> String {
    let mut found = Plain::default();
    found.read(text, &NOTHING);
    found.0
}

/// A language without comments.
const NOTHING: Shows = Shows {
    comment: "\n",
    blocks: &[],
    options: &[],
    verbs: &[],
    loaders: &[],
    loads: &[],
    begins: "",
    imports: &[],
    root_checks: &[],
    ends: &[],
    listens: &[],
    environment: &[],
    makes: &[],
    creates: &[],
    caches: &[],
    turns: &[],
    reads: &[],
    here: &[],
    up: &[],
    asks: &[],
    enters: &[],
    owns: &[],
    settings: &[],
    settings_opens: &[],
    settings_reads: &[],
    settings_beside: &[],
    settings_parsers: &[],
    settings_fills: &[],
    homes: &[],
    instances: &[],
    codes: &[],
};

#[derive(Default)]
struct Plain(String);

impl Plain {
    /// Reads a line; what ends the comment or text that it leaves open.
    fn read(&mut self, line: &str, shows: &Shows) -> Option<&'static str> {
        let mut rest = line;
        let mut apart = false;
        while let Some(first) = rest.chars().next() {
            if rest.starts_with(shows.comment) {
                return None;
            }
            if let Some((begin, end)) = shows.blocks.iter().find(|(begin, _)| rest.starts_with(begin)) {
                let inner = rest.get(begin.len()..).unwrap_or("");
                let Some((text, after)) = inner.split_once(end) else { return Some(end) };
                // One quote is a text like others; more of them, and comments, are no part of the code.
                if begin.len() == 1 {
                    self.quoted(text);
                }
                rest = after;
                continue;
            }
            rest = rest.get(first.len_utf8()..).unwrap_or("");
            if matches!(first, '"' | '\'') {
                let (text, after) = until(rest, first);
                match after {
                    Some(after) => {
                        self.quoted(text);
                        rest = after;
                    }
                    None => {
                        self.0.push('"');
                        self.0.push_str(&text.replace('"', "'"));
                        return None;
                    }
                }
                apart = false;
                continue;
            }
            if first.is_whitespace() {
                apart = true;
                continue;
            }
            if apart && is_word(first) && self.0.ends_with(is_word) {
                self.0.push(' ');
            }
            apart = false;
            self.0.push(first);
        }
        None
    }

    fn quoted(&mut self, text: &str) {
        self.0.push('"');
        self.0.push_str(&text.replace('"', "'"));
        self.0.push('"');
    }
}

/// A text up to its closing quote, and what follows; `None` where it is not closed.
fn until(text: &str, quote: char) -> (&str, Option<&str>) {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == quote => {
                return (text.get(..at).unwrap_or(""), text.get(at + quote.len_utf8()..));
            }
            _ => {}
        }
    }
    (text, None)
}

/// Whether a letter may be part of a name.
pub(super) fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '$')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts;

    fn of(language: &str, text: &str) -> Vec<(usize, String)> {
        let shows = &facts::languages().iter().find(|known| known.name == language).unwrap().shows;
        lines(text, shows).into_iter().map(|line| (line.number, line.text)).collect()
    }

    #[test]
    fn comments_and_long_texts_are_no_code() {
        let python = "'''about\nopen('/x', 'w')\n'''\nx = 1 # y\n\"\"\"one\"\"\"\ns = \"\"\"\nopen('/x')\n\"\"\"\nopen( '/y' , \"it's\")\n";
        let expected = [(4, "x=1"), (6, "s="), (9, "open(\"/y\",\"it's\")")];
        assert_eq!(of("python", python), expected.map(|(at, text)| (at, text.to_owned())));
        let script =
            "// a\n/* b\n listen(80)\n*/ if (x) return y;\nconst z = `/a`; // \"\ncall('//b');\nq = `\n.listen(80)`\n";
        let expected = [(4, "if(x)return y;"), (5, "const z=\"/a\";"), (6, "call(\"//b\");"), (7, "q=")];
        assert_eq!(of("javascript", script), expected.map(|(at, text)| (at, text.to_owned())));
    }

    #[test]
    fn calls_of_the_templates_have_the_same_form() {
        assert_eq!(plain("open(<path>, \"w"), "open(<path>,\"w");
        assert_eq!(plain("os.geteuid() != 0"), "os.geteuid()!=0");
        assert_eq!(plain("raise "), "raise");
    }
}
