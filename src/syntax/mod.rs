//! Dockerfile text to a lossless span tree, as BuildKit reads it.

mod args;
mod check;
mod directive;
mod dollar;
mod expand;
mod flags;
mod heredoc;
mod instruction;
mod json;
mod lex;
mod lines;
mod pattern;
mod reader;
mod text;
mod tokens;
mod tree;
mod words;

pub use expand::{Expanded, Value, expand, expand_body, expand_words};
pub use tree::*;

/// Reads a Dockerfile. Never fails: what BuildKit would reject stands in [`Tree::error`], ill-formed instructions in
/// [`Instruction::invalid`], and every byte is in [`Tree::tokens`] all the same.
pub fn parse(text: &[u8]) -> Tree {
    reader::Reader::new(text).read()
}
