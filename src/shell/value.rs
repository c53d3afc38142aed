//! What a word is worth: its value when it can be known without running anything.

use super::tree::{Part, PartKind, Word};

/// Stands for quoted or expanded text where only unquoted text counts.
const OPAQUE: char = '\0';

impl Word {
    /// The word's value if it holds no expansion at all (no variable, substitution, tilde, glob or brace list).
    pub fn literal(&self) -> Option<String> {
        self.value(&mut |_| None)
    }

    /// The word's value with variables from `lookup`; `None` when any part cannot be known, or when an unquoted part
    /// holds a tilde, glob or brace list that the shell would expand, or an unquoted variable holds blanks.
    pub fn value(&self, lookup: &mut dyn FnMut(&str) -> Option<String>) -> Option<String> {
        if self.expands() {
            return None;
        }
        let mut text = String::new();
        for part in &self.parts {
            part.append(&mut text, lookup, false)?;
        }
        // An unquoted variable that is empty leaves no word at all (POSIX 2.6.5), which is not an empty word.
        let vanishes = text.is_empty() && !self.parts.iter().any(Part::is_quoted);
        // Bytes that are no UTF-8 cannot be told.
        (!vanishes && !text.contains(char::REPLACEMENT_CHARACTER)).then_some(text)
    }

    /// Whether an unquoted tilde, glob or brace list in the word is expanded by `sh` or `bash`. Quoted and escaped
    /// characters never are (POSIX 2.6.1, 2.13; bash manual, "Brace Expansion").
    pub fn expands(&self) -> bool {
        let text = self.unquoted();
        // A tilde after `=` or `:` counts in assignments, and bash looks at arguments that look like one.
        let tilde = text.starts_with('~') || text.contains("=~") || text.contains(":~");
        tilde || has_glob(&text) || has_braces(&text)
    }

    /// Whether the word as a whole is written without quotes, escapes and expansions, and what it says then.
    pub fn bare(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part { kind: PartKind::Literal(text), .. }] => Some(text),
            _ => None,
        }
    }

    /// Whether the word has a part in quotes or an escape.
    pub fn is_quoted(&self) -> bool {
        self.parts.iter().any(Part::is_quoted)
    }

    fn unquoted(&self) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match &part.kind {
                PartKind::Literal(part) => text.push_str(part),
                _ => text.push(OPAQUE),
            }
        }
        text
    }
}

/// `*`, `?`, or a `[` that a `]` closes: the command `[` is no glob.
fn has_glob(text: &str) -> bool {
    text.contains(['*', '?']) || text.split_once('[').is_some_and(|(_, rest)| rest.contains(']'))
}

/// `{a,b}` or `{1..9}`; `{}` and `{x}` stay as they are.
fn has_braces(text: &str) -> bool {
    let Some((_, inside)) = text.split_once('{') else { return false };
    let Some((inside, _)) = inside.rsplit_once('}') else { return false };
    inside.contains(',') || inside.contains("..")
}

impl Part {
    /// Whether it is in quotes or an escape.
    pub fn is_quoted(&self) -> bool {
        matches!(self.kind, PartKind::Escaped(_) | PartKind::Single(_) | PartKind::Double(_) | PartKind::Ansi(_))
    }

    fn append(&self, text: &mut String, lookup: &mut dyn FnMut(&str) -> Option<String>, quoted: bool) -> Option<()> {
        match &self.kind {
            PartKind::Literal(part) | PartKind::Escaped(part) | PartKind::Single(part) => text.push_str(part),
            PartKind::Ansi(part) if !part.contains('\\') => text.push_str(part),
            PartKind::Double(parts) => {
                for part in parts {
                    part.append(text, lookup, true)?;
                }
            }
            PartKind::Parameter { name, operation: None, .. } => {
                let value = lookup(name)?;
                if !quoted && value.contains([' ', '\t', '\n', '*', '?', '[']) {
                    return None;
                }
                text.push_str(&value);
            }
            _ => return None,
        }
        Some(())
    }
}
