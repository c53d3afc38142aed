//! A YAML text as a tree whose scalars have their places, so that one of them can be changed and no other byte.

use std::borrow::Cow;

use saphyr_parser::{Event, Parser, ScalarStyle, Span as Marks};

use super::{MOST, is_deep};
use crate::source::Span;

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// From its first byte to behind its last; quotes and an anchor belong to a scalar, `|` and `>` do not.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
    /// Whether other places stand for it too (`&anchor`).
    pub anchored: bool,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A scalar, as it is read.
    Scalar(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in order.
    Map(Vec<(Node, Node)>),
    /// `*anchor`.
    Alias,
}

impl Node {
    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The entries of a mapping; none where it is something else.
    pub fn entries(&self) -> &[(Self, Self)] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a sequence; none where it is something else.
    pub fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// Whether a mapping in it has a key twice: which of the two counts differs by program.
    pub fn names_twice(&self) -> bool {
        let mut open = vec![self];
        while let Some(node) = open.pop() {
            let mut seen = std::collections::HashSet::new();
            if node.entries().iter().filter_map(|(key, _)| key.text()).any(|key| !seen.insert(key)) {
                return true;
            }
            open.extend(node.items());
            open.extend(node.entries().iter().map(|(_, value)| value));
        }
        false
    }

    /// Every scalar below it, itself included.
    pub fn scalars(&self) -> Vec<&Self> {
        let mut found = Vec::new();
        let mut open = vec![self];
        while let Some(node) = open.pop() {
            match &node.kind {
                Kind::Scalar(_) => found.push(node),
                Kind::List(items) => open.extend(items.iter().rev()),
                Kind::Map(entries) => open.extend(entries.iter().rev().flat_map(|(key, value)| [value, key])),
                Kind::Alias => {}
            }
        }
        found
    }
}

/// The documents of a text; `None` when it is broken, too large or too deep.
pub fn tree(text: &[u8]) -> Option<Vec<Node>> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= MOST && !is_deep(text.as_bytes()))?;
    let places = Places::new(text);
    let mut documents = Vec::new();
    let mut open: Vec<(Node, Option<Node>)> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, marks) = event.ok()?;
        let span = places.span(marks)?;
        let anchor = |id: usize| id > 0;
        let done = match event {
            Event::Scalar(value, style, id, _) => {
                // A value that is left out has no bytes, whatever the parser points at.
                let left_out = value.is_empty() && style == ScalarStyle::Plain;
                let span = if left_out { Span::empty(span.start) } else { span };
                Node { span, kind: Kind::Scalar(Cow::into_owned(value)), anchored: anchor(id) }
            }
            Event::Alias(_) => Node { span, kind: Kind::Alias, anchored: false },
            Event::SequenceStart(id, _) => {
                open.push((Node { span, kind: Kind::List(Vec::new()), anchored: anchor(id) }, None));
                continue;
            }
            Event::MappingStart(id, _) => {
                open.push((Node { span, kind: Kind::Map(Vec::new()), anchored: anchor(id) }, None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let (node, _) = open.pop()?;
                Node { span: Span::new(node.span.start, span.end.max(node.span.start)), ..node }
            }
            _ => continue,
        };
        match open.last_mut() {
            None => documents.push(done),
            Some((Node { kind: Kind::List(items), .. }, _)) => items.push(done),
            Some((Node { kind: Kind::Map(entries), .. }, key)) => match key.take() {
                None => *key = Some(done),
                Some(key) => entries.push((key, done)),
            },
            Some(_) => return None,
        }
    }
    Some(documents)
}

/// From characters to bytes: the parser counts characters.
struct Places {
    /// The byte at which every character starts; none where every character is a byte.
    starts: Vec<usize>,
    end: usize,
}

impl Places {
    fn new(text: &str) -> Self {
        let starts = match text.is_ascii() {
            true => Vec::new(),
            false => text.char_indices().map(|(at, _)| at).collect(),
        };
        Self { starts, end: text.len() }
    }

    fn byte(&self, index: usize) -> Option<usize> {
        match self.starts.is_empty() {
            true => Some(index).filter(|at| *at <= self.end),
            false => self.starts.get(index).copied().or(Some(self.end).filter(|_| index >= self.starts.len())),
        }
    }

    fn span(&self, marks: Marks) -> Option<Span> {
        let (start, end) = (self.byte(marks.start.index())?, self.byte(marks.end.index())?);
        (start <= end).then(|| Span::new(start, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_have_their_bytes() {
        let text = "# ä comment\na: &x [80, \"80:80\"]\nb: {ü: '81'}\nc: *x\n";
        let documents = tree(text.as_bytes()).unwrap();
        let [document] = documents.as_slice() else { panic!("{documents:?}") };
        let shown: Vec<&str> = document.scalars().iter().map(|node| text.get(node.span.range()).unwrap()).collect();
        assert_eq!(shown, ["a", "80", "\"80:80\"", "b", "ü", "'81'", "c"]);
        assert!(document.get("a").unwrap().anchored);
        assert_eq!(document.get("c").unwrap().kind, Kind::Alias);
        assert_eq!(document.get("b").unwrap().get("ü").unwrap().text(), Some("81"));
    }

    #[test]
    fn what_is_broken_has_no_tree() {
        for text in ["a: [", "a: b: c", "a: 'b"] {
            assert!(tree(text.as_bytes()).is_none(), "{text}");
        }
        assert_eq!(tree(b"a: 1\n---\nb: 2\n").unwrap().len(), 2);
        assert!(tree("[".repeat(300).as_bytes()).is_none());
    }
}
