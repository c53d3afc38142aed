//! A configuration in YAML or TOML as a list of what its keys say: `web.address` as `web/address` with one word.

use std::collections::HashSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::conf::{Said, Word};
use crate::source::Span;
use crate::yaml::{self, Kind, Node};

/// Every value that holds no others, in order; a list of plain values is one, the keys of lists of tables stand for all of
/// these. `None` where the text cannot be read, says a key twice or stands for something elsewhere (`*alias`).
pub(super) fn read(text: &[u8]) -> Option<Vec<Said>> {
    let mut found = Found::default();
    match yaml::tree(text).as_deref() {
        Some([]) => {}
        Some([document]) if matches!(document.kind, Kind::Map(_)) => {
            if document.names_twice() {
                return None;
            }
            found.of_yaml(document, "")?;
        }
        _ => {
            let text = std::str::from_utf8(text).ok()?;
            let table = DeTable::parse(text).ok()?;
            found.of_table(table.get_ref(), "", span(&table));
        }
    }
    found.said()
}

/// What is said so far.
#[derive(Default)]
struct Found {
    said: Vec<Said>,
    /// The names outside of lists of tables, and those in them: there a name may be said again.
    alone: Vec<String>,
    listed: HashSet<String>,
    /// How many lists of tables stand around what is read.
    lists: usize,
}

impl Found {
    /// All of it in order; `None` where names differ in their case alone: they are the same to some programs, not to others.
    fn said(mut self) -> Option<Vec<Said>> {
        let mut names = self.listed;
        if !self.alone.into_iter().all(|name| names.insert(name)) {
            return None;
        }
        self.said.sort_by_key(|of| of.span);
        Some(self.said)
    }

    fn add(&mut self, path: &str, words: Vec<Word>, span: Span) {
        let name = path.to_ascii_lowercase();
        match self.lists {
            0 => self.alone.push(name),
            _ => drop(self.listed.insert(name)),
        }
        self.said.push(Said { name: path.to_owned(), words, span, inside: None, opens: false });
    }

    fn of_yaml(&mut self, node: &Node, path: &str) -> Option<()> {
        let word = |node: &Node| Some(Word { text: node.text()?.to_owned(), span: node.span });
        match &node.kind {
            _ if node.anchored => return None,
            Kind::Alias => return None,
            Kind::Scalar(_) => self.add(path, vec![word(node)?], node.span),
            Kind::Map(entries) if entries.is_empty() => self.add(path, Vec::new(), node.span),
            Kind::Map(entries) => {
                for (key, value) in entries {
                    self.of_yaml(value, &below(path, key.text()?))?;
                }
            }
            Kind::List(items) if items.iter().all(|item| item.text().is_some() && !item.anchored) => {
                self.add(path, items.iter().filter_map(word).collect(), node.span);
            }
            Kind::List(items) => {
                self.lists += 1;
                items.iter().try_for_each(|item| self.of_yaml(item, path))?;
                self.lists -= 1;
            }
        }
        Some(())
    }

    fn of_table(&mut self, table: &DeTable<'_>, path: &str, whole: Span) {
        if table.is_empty() && !path.is_empty() {
            self.add(path, Vec::new(), whole);
        }
        for (key, value) in table {
            self.of_value(value, &below(path, key.get_ref()));
        }
    }

    fn of_value(&mut self, value: &Spanned<DeValue<'_>>, path: &str) {
        match value.get_ref() {
            DeValue::Table(table) => self.of_table(table, path, span(value)),
            DeValue::Array(items) => {
                let words: Vec<Word> = items.iter().filter_map(word).collect();
                if words.len() == items.len() {
                    return self.add(path, words, span(value));
                }
                self.lists += 1;
                items.iter().for_each(|item| self.of_value(item, path));
                self.lists -= 1;
            }
            _ => self.add(path, word(value).into_iter().collect(), span(value)),
        }
    }
}

/// Whether a name is one that a pattern means: `*` is any one key, `**` at the end any number of them; case does not count.
pub fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, open) = match pattern.strip_suffix("/**") {
        Some(begin) => (begin, true),
        None => (pattern, false),
    };
    let (wanted, keys): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), name.split('/').collect());
    let same = |(wanted, key): (&&str, &&str)| *wanted == "*" || wanted.eq_ignore_ascii_case(key);
    let enough = if open { keys.len() >= wanted.len() } else { keys.len() == wanted.len() };
    enough && wanted.iter().zip(&keys).all(same)
}

fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}/{key}") }
}

fn span<T>(of: &Spanned<T>) -> Span {
    Span::new(of.span().start, of.span().end)
}

/// A plain value, as it is read.
fn word(value: &Spanned<DeValue<'_>>) -> Option<Word> {
    let text = match value.get_ref() {
        DeValue::String(text) => text.clone().into_owned(),
        DeValue::Boolean(is) => is.to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::Array(_) | DeValue::Table(_) => return None,
    };
    Some(Word { text, span: span(value) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<Vec<String>> {
        let line = |said: &Said| {
            let words: Vec<String> = said
                .words
                .iter()
                .map(|word| format!("{}={}", word.text, String::from_utf8_lossy(word.span.of(text.as_bytes()))))
                .collect();
            format!("{} {}", said.name, words.join(" ")).trim_end().to_owned()
        };
        Some(read(text.as_bytes())?.iter().map(line).collect())
    }

    #[test]
    fn keys_of_yaml_and_toml_are_the_same() {
        let yaml = "entryPoints:\n  web:\n    address: ':80'\n  two: {address: :81, names: [a, b]}\nping: {}\nlog:\n  - name: x\n  - name: y\n";
        let wanted = [
            "entryPoints/web/address :80=':80'",
            "entryPoints/two/address :81=:81",
            "entryPoints/two/names a=a b=b",
            "ping",
            "log/name x=x",
            "log/name y=y",
        ];
        assert_eq!(shown(yaml).unwrap(), wanted);
        let toml = "[entryPoints.web]\naddress = ':80' # x\n[entryPoints]\ntwo = {address = \":81\", names = [\"a\", \"b\"]}\n[ping]\n[[log]]\nname = \"x\"\n[[log]]\nname = \"y\"\n";
        let found = shown(toml).unwrap();
        assert_eq!(found.first().map(String::as_str), Some("entryPoints/web/address :80=':80'"));
        assert_eq!(found.get(1).map(String::as_str), Some("entryPoints/two/address :81=\":81\""));
        assert_eq!(found.len(), 6, "{found:?}");
    }

    #[test]
    fn what_is_not_sure_is_left() {
        for broken in [
            "a: &x 1\nb: *x\n",
            "a: 1\na: 2\n",
            "a: 1\nA: 2\n",
            "a: 1\n---\nb: 2\n",
            "[a",
            "a = 1\na = 2\n",
            "just words",
        ] {
            assert_eq!(shown(broken), None, "{broken}");
        }
        assert!(read("a:\n".to_owned().as_bytes()).is_some() && shown("a:\n- b: 1\n- b: 2\nA: 1\n").is_some());
        assert_eq!(
            read("- b: 1\n".repeat(50_000).replacen('-', "a:\n-", 1).as_bytes()).map(|said| said.len()),
            Some(50_000)
        );
        assert_eq!(shown("# nothing\n"), Some(Vec::new()));
        assert_eq!(shown(""), Some(Vec::new()));
    }

    #[test]
    fn patterns_of_keys() {
        assert!(fits("entryPoints/*/address", "entrypoints/web/address"));
        assert!(!fits("entryPoints/*/address", "entryPoints/web/x/address"));
        assert!(fits("ping/**", "ping") && fits("ping/**", "ping/entryPoint") && !fits("ping/**", "pings"));
    }
}
