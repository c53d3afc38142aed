//! Reading YAML: the one place that knows which library does it.

mod patch;
mod tree;

use serde::de::DeserializeOwned;

pub use patch::{Difference, Value, add, differences};
pub use tree::{Kind, Node, tree};

/// Most bytes of a file that is read: compose files have a few thousand.
const MOST: usize = 1 << 20;

/// A YAML document as a typed value, merge keys (`<<`) applied; `None` when it is broken, too large or of another shape.
pub fn read<T: DeserializeOwned>(text: &[u8]) -> Option<T> {
    if text.len() > MOST || is_deep(text) {
        return None;
    }
    let mut value: serde_yaml::Value = serde_yaml::from_slice(text).ok()?;
    value.apply_merge().ok()?;
    serde_yaml::from_value(value).ok()
}

/// Most brackets that stand open at once: the parser takes the square of their number.
const DEPTH: usize = 200;

/// Whether a document opens too many brackets to be read. Those in strings count too.
fn is_deep(text: &[u8]) -> bool {
    let mut open = 0_usize;
    text.iter().any(|byte| {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        open > DEPTH
    })
}

/// Why a document cannot be taken, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct Problem {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// A YAML document that must be as its type says; an empty one is `None`.
///
/// # Errors
/// The first thing that is wrong, and its place.
pub fn read_strictly<T: DeserializeOwned>(text: &[u8]) -> Result<Option<T>, Problem> {
    if text.len() > MOST {
        return Err(Problem { line: 1, column: 1, message: format!("is larger than {} KiB", MOST >> 10) });
    }
    if is_deep(text) {
        return Err(Problem { line: 1, column: 1, message: format!("opens more than {DEPTH} brackets in each other") });
    }
    serde_yaml::from_slice(text).map_err(|error| {
        let (line, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
        let message = error.to_string();
        let place = format!(" at line {line} column {column}");
        Problem { line, column, message: message.strip_suffix(&place).unwrap_or(&message).to_owned() }
    })
}
