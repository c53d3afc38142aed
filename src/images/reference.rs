//! A reference to an image, taken apart.

use crate::facts;

/// A reference as FROM writes it, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Repository in lower case, without what does not change the image: the default registry, its mirrors, the
    /// namespace of the official images or of one architecture.
    pub name: String,
    /// Tag as written; `None` for none, which means `latest` unless there is a digest.
    pub tag: Option<String>,
    /// Whether a digest pins it.
    pub digest: bool,
}

impl Reference {
    /// Takes a reference apart; variables in it stay as they are.
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        let (text, digest) = match outside(text, '@') {
            Some((before, _)) => (before, true),
            None => (text, false),
        };
        // A colon before a slash starts a port.
        let (name, tag) = match outside(text, ':') {
            Some((name, tag)) => (name, Some(tag.to_owned()).filter(|tag| !tag.is_empty())),
            None => (text, None),
        };
        Reference { name: normalise(&name.to_ascii_lowercase()), tag, digest }
    }

    /// The tags that it may mean, as a glob.
    pub fn pattern(&self) -> String {
        match &self.tag {
            Some(tag) => holes(tag, "*"),
            None if self.digest => "*".to_owned(),
            None => "latest".to_owned(),
        }
    }

    /// Its tag and its name without variables.
    pub fn written(&self) -> (String, String) {
        (holes(self.tag.as_deref().unwrap_or_default(), "/"), holes(&self.name, "/"))
    }
}

fn normalise(name: &str) -> String {
    let mut name = name;
    for prefix in facts::registries() {
        name = name.strip_prefix(prefix).unwrap_or(name);
    }
    match name.split_once('/') {
        Some((first, rest)) if !rest.contains('/') && facts::architectures().contains(&first) => rest.to_owned(),
        _ => name.to_owned(),
    }
}

/// The text before and after the last `mark` that stands in no `${…}` and before no slash.
fn outside(text: &str, mark: char) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    let mut found = None;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '/' if depth == 0 => found = None,
            c if c == mark && depth == 0 && (found.is_none() || mark == ':') => found = Some(at),
            _ => {}
        }
    }
    let (before, after) = text.split_at_checked(found?)?;
    Some((before, after.strip_prefix(mark)?))
}

/// The text with `with` for every variable.
fn holes(text: &str, with: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        out.push_str(with);
        rest = match after.strip_prefix('{') {
            Some(inner) => after_brace(inner),
            None => after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_'),
        };
    }
    out.push_str(rest);
    out
}

/// What follows the `}` that closes an open brace.
fn after_brace(text: &str) -> &str {
    let mut depth = 1_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return text.get(at + 1..).unwrap_or_default();
        }
    }
    ""
}
