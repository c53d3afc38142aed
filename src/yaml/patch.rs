//! Entries that are added to a mapping, and nothing else of its file; and what two texts differ in.

use super::{Kind, Node};
use crate::source::Span;

/// A value that is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// A plain scalar.
    Word(String),
    /// A sequence of plain scalars.
    List(Vec<String>),
    /// A mapping.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// A plain scalar.
    pub fn word(text: impl ToString) -> Self {
        Self::Word(text.to_string())
    }

    /// On one line: `{drop: [ALL]}`.
    pub fn flow(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::List(items) => format!("[{}]", items.join(", ")),
            Self::Map(entries) => format!("{{{}}}", flow(entries)),
        }
    }

    fn block(&self, key: &str, indent: &str, step: &str, eol: &str) -> String {
        let inner = format!("{indent}{step}");
        match self {
            Self::Word(word) => format!("{indent}{key}: {word}{eol}"),
            Self::List(items) => {
                let items: String = items.iter().map(|item| format!("{inner}- {item}{eol}")).collect();
                format!("{indent}{key}:{eol}{items}")
            }
            Self::Map(entries) => {
                let entries: String = entries.iter().map(|(key, value)| value.block(key, &inner, step, eol)).collect();
                format!("{indent}{key}:{eol}{entries}")
            }
        }
    }
}

fn flow(entries: &[(String, Value)]) -> String {
    entries.iter().map(|(key, value)| format!("{key}: {}", value.flow())).collect::<Vec<_>>().join(", ")
}

/// The edit that adds entries to a mapping in its own style, behind the entry `behind` where it has that, else at its
/// end; `None` where it cannot be written without touching anything else.
pub fn add(text: &[u8], mapping: &Node, behind: Option<&str>, entries: &[(String, Value)]) -> Option<(Span, String)> {
    let (known, last) = (mapping.entries(), mapping.entries().last()?);
    let named = |name: &str| known.iter().find(|(key, _)| key.text() == Some(name));
    let (key, value) = behind.and_then(named).unwrap_or(last);
    let end = end(text, key, value)?;
    if mapping.anchored || known.iter().any(|(key, _)| key.text() == Some("<<")) {
        return None;
    }
    if text.get(mapping.span.start) == Some(&b'{') {
        return Some((Span::empty(end), format!(", {}", flow(entries))));
    }
    let indent = indent(text, known.first()?.0.span.start)?;
    let rest = text.get(end..)?;
    let line = rest.iter().position(|byte| *byte == b'\n');
    let tail = rest.get(..line.unwrap_or(rest.len()))?.trim_ascii();
    if !(tail.is_empty() || tail.starts_with(b"#")) {
        return None;
    }
    let eol = if text.windows(2).any(|pair| pair == b"\r\n") { "\r\n" } else { "\n" };
    let step = step(text, mapping).unwrap_or("  ");
    let block: String = entries.iter().map(|(key, value)| value.block(key, &indent, step, eol)).collect();
    match line {
        Some(line) => Some((Span::empty(end + line + 1), block)),
        None => Some((Span::empty(text.len()), format!("{eol}{}", block.strip_suffix(eol)?))),
    }
}

/// By how much the mapping's own nested blocks are indented.
fn step(text: &[u8], mapping: &Node) -> Option<&'static str> {
    let inner = mapping.entries().iter().find_map(|(key, value)| {
        let first = value.entries().first().filter(|_| text.get(value.span.start) != Some(&b'{'))?;
        Some(indent(text, first.0.span.start)?.len().checked_sub(indent(text, key.span.start)?.len()))
    })?;
    match inner? {
        4 => Some("    "),
        _ => Some("  "),
    }
}

/// As many blanks as stand before a key that starts its line, or an item of a sequence.
fn indent(text: &[u8], at: usize) -> Option<String> {
    let before = text.get(..at)?;
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let head = before.get(start..)?;
    head.iter().all(|byte| matches!(byte, b' ' | b'-')).then(|| " ".repeat(head.len()))
}

/// Behind the last byte of an entry.
fn end(text: &[u8], key: &Node, value: &Node) -> Option<usize> {
    let last = match &value.kind {
        Kind::Scalar(_) if value.span.is_empty() => return None,
        Kind::Scalar(_) | Kind::Alias => value.span.end,
        Kind::Map(_) | Kind::List(_) if matches!(text.get(value.span.start), Some(b'{' | b'[')) => value.span.end,
        Kind::Map(entries) => return entries.last().map_or(Some(key.span.end), |(key, value)| end(text, key, value)),
        Kind::List(items) => return items.last().map_or(Some(key.span.end), |item| end(text, item, item)),
    };
    let filled = text.get(..last)?.iter().rposition(|byte| !byte.is_ascii_whitespace())?;
    Some(filled + 1)
}

/// What one place of two texts differs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// A scalar is another one.
    Changed,
    /// An entry is new: where, and what as one line.
    Added(String, String),
}

/// All differences of two texts, where scalars changed and entries were added and everything else is the same.
pub fn differences(before: &[Node], after: &[Node]) -> Option<Vec<Difference>> {
    if before.len() != after.len() {
        return None;
    }
    let mut found = Vec::new();
    let mut open: Vec<(String, &Node, &Node)> =
        before.iter().zip(after).enumerate().map(|(at, (old, new))| (at.to_string(), old, new)).collect();
    while let Some((at, old, new)) = open.pop() {
        match (&old.kind, &new.kind) {
            (Kind::Scalar(old), Kind::Scalar(new)) => found.extend((old != new).then_some(Difference::Changed)),
            (Kind::List(old), Kind::List(new)) if old.len() == new.len() => {
                open.extend(old.iter().zip(new).enumerate().map(|(n, (old, new))| (format!("{at}/{n}"), old, new)));
            }
            (Kind::Map(old), Kind::Map(new)) => {
                let mut old = old.iter().peekable();
                for (key, value) in new {
                    match old.next_if(|(own, _)| own.kind == key.kind) {
                        Some((own, kept)) => {
                            let inside = format!("{at}/{}", key.text().unwrap_or("?"));
                            open.push((format!("{inside}?"), own, key));
                            open.push((inside, kept, value));
                        }
                        None => found.push(Difference::Added(format!("{at}/{}", key.text()?), shown(value)?)),
                    }
                }
                if old.next().is_some() {
                    return None;
                }
            }
            (Kind::Alias, Kind::Alias) => {}
            _ => return None,
        }
    }
    Some(found)
}

/// A value on one line, as [`Value::flow`] has it.
fn shown(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Scalar(text) => Some(text.clone()),
        Kind::List(items) => Some(format!("[{}]", items.iter().map(shown).collect::<Option<Vec<_>>>()?.join(", "))),
        Kind::Map(entries) => {
            let one = |(key, value): &(Node, Node)| Some(format!("{}: {}", key.text()?, shown(value)?));
            Some(format!("{{{}}}", entries.iter().map(one).collect::<Option<Vec<_>>>()?.join(", ")))
        }
        Kind::Alias => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    fn entries() -> Vec<(String, Value)> {
        let drop = Value::Map(vec![("drop".to_owned(), Value::List(vec!["ALL".to_owned()]))]);
        vec![("user".to_owned(), Value::word(7)), ("capabilities".to_owned(), drop)]
    }

    /// The text with the entries added to the mapping at `at`.
    fn added(text: &str, at: &[&str], behind: Option<&str>) -> Option<String> {
        let before = tree(text.as_bytes()).unwrap();
        let node = at.iter().try_fold(before.first()?, |node, key| match key.parse::<usize>() {
            Ok(index) => node.items().get(index),
            Err(_) => node.get(key),
        })?;
        let (span, new) = add(text.as_bytes(), node, behind, &entries())?;
        let mut after = text.to_owned();
        after.replace_range(span.range(), &new);
        let differences = differences(&before, &tree(after.as_bytes()).unwrap()).unwrap();
        let at = at.iter().fold("0".to_owned(), |all, key| format!("{all}/{key}"));
        let wanted = [("user", "7"), ("capabilities", "{drop: [ALL]}")]
            .map(|(key, value)| Difference::Added(format!("{at}/{key}"), value.to_owned()));
        assert_eq!(differences, wanted, "{after}");
        Some(after)
    }

    #[test]
    fn entries_are_added_in_the_style_of_the_mapping() {
        let block = "user: 7\n  capabilities:\n    drop:\n      - ALL\n";
        let cases = [
            ("a:\n  b: 1 # one\n# two\nc: 2\n", ["a"].as_slice(), format!("a:\n  b: 1 # one\n  {block}# two\nc: 2\n")),
            (
                "a:\n- b: 1\n  c: [x,\n    y]\n\n\nd: 2\n",
                &["a", "0"],
                format!("a:\n- b: 1\n  c: [x,\n    y]\n  {block}\n\nd: 2\n"),
            ),
            ("a:\n  b:\n  - c: 1\n", &["a"], format!("a:\n  b:\n  - c: 1\n  {block}")),
            ("a:\n  b: |\n    text\n\nc: 2\n", &["a"], format!("a:\n  b: |\n    text\n  {block}\nc: 2\n")),
            ("a: {b: 1}\n", &["a"], "a: {b: 1, user: 7, capabilities: {drop: [ALL]}}\n".to_owned()),
            ("a:\n  b: 1", &["a"], format!("a:\n  b: 1\n  {}", block.trim_end())),
            ("a:\r\n  b: 1\r\n", &["a"], format!("a:\n  b: 1\n  {block}").replace('\n', "\r\n")),
        ];
        for (text, at, wanted) in cases {
            assert_eq!(added(text, at, None), Some(wanted), "{text}");
        }
        let text = "a:\n    image: x\n    env:\n        b: 1\n";
        let wanted = "a:\n    image: x\n    user: 7\n    capabilities:\n        drop:\n            - ALL\n    env:\n        b: 1\n";
        assert_eq!(added(text, &["a"], Some("image")), Some(wanted.to_owned()));
    }

    #[test]
    fn what_cannot_be_added_alone_is_not() {
        for text in ["a: {}\n", "a: &x\n  b: 1\n", "a:\n  b:\n", "x: &x {b: 1}\na:\n  <<: *x\n", "a: [1]\n"] {
            assert_eq!(added(text, &["a"], None), None, "{text}");
        }
    }

    #[test]
    fn only_what_was_added_or_changed_is_told() {
        let of = |before: &str, after: &str| {
            differences(&tree(before.as_bytes()).unwrap(), &tree(after.as_bytes()).unwrap())
        };
        assert_eq!(of("a: 1\nb: 2\n", "a: 1\nb: 3\n"), Some(vec![Difference::Changed]));
        assert_eq!(of("a: 1\n", "b: 1\na: 1\n"), Some(vec![Difference::Added("0/b".into(), "1".into())]));
        for (before, after) in [("a: 1\n", "b: 1\n"), ("a: [1]\n", "a: [1, 2]\n"), ("a: 1\n", "a: [1]\n"), ("a: 1", "")]
        {
            assert_eq!(of(before, after), None, "{before} {after}");
        }
    }
}
