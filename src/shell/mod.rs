//! Shell text to commands with exact spans; strict: what `sh -n` would refuse is an error and nothing is rewritten.

pub mod account;
pub mod argv;
mod bash;
mod chain;
mod command;
pub mod cut;
mod cwd;
mod expand;
mod heredoc;
mod lines;
mod parser;
mod redirect;
mod tree;
mod value;
mod word;

pub use chain::{Place, Simple, TopCommand, each_simple, functions, top_commands};
pub use cut::Host;
pub use cwd::{Cwd, directories, fails_fast};
pub use tree::*;

/// Which grammar: POSIX `sh`, or bash's additions too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// `/bin/sh`: `[[`, arrays, `&>` and process substitution are errors or plain words.
    #[default]
    Posix,
    /// `SHELL ["/bin/bash", …]` or a `#!/bin/bash` script.
    Bash,
}

/// Why a text is no valid script, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at byte {offset}")]
pub struct ShellError {
    /// What is wrong.
    pub message: String,
    /// Offset into the text.
    pub offset: usize,
}

/// Parses a script.
///
/// # Errors
/// What `sh -n` would refuse, and more than 100 commands, substitutions and quotations in each other.
pub fn parse(text: &[u8], dialect: Dialect) -> Result<Script, ShellError> {
    parser::Parser::new(text, dialect, 0).script()
}
