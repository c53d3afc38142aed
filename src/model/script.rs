//! The shell scripts inside of instructions, and the way from their bytes back to the file.

use crate::shell::{self, Dialect, Host, Script, TopCommand};
use crate::source::Span;
use crate::syntax::{Args, Command, Instruction, Joined, Keyword};

/// A shell script inside of an instruction.
#[derive(Debug, Clone)]
pub struct Shelled {
    /// Its text.
    pub text: Vec<u8>,
    /// Its commands, or nothing when `sh -n` would refuse it.
    pub script: Option<Script>,
    joined: Joined,
    range: Span,
    instruction: bool,
}

impl Shelled {
    /// The file span of a span of the text.
    pub fn span(&self, span: Span) -> Span {
        let start = self.range.start;
        self.joined.span(Span::new(start + span.start, start + span.end))
    }

    /// The text that a span covers, as a string for messages.
    pub fn text_of(&self, span: Span) -> String {
        String::from_utf8_lossy(span.of(&self.text)).into_owned()
    }

    /// The script's commands at top level.
    pub fn top(&self) -> Vec<TopCommand> {
        self.script.as_ref().map(shell::top_commands).unwrap_or_default()
    }

    /// Its place in the file, for cuts.
    pub fn host<'a>(&'a self, file: &'a [u8], escape: u8) -> Host<'a> {
        Host { file, joined: &self.joined, range: self.range, escape, instruction: self.instruction }
    }
}

/// Reads the scripts of an instruction; none when it is in JSON form or takes no command.
pub(super) fn read(bytes: &[u8], instruction: &Instruction, dialect: Dialect) -> Vec<Shelled> {
    let range = match &instruction.args {
        Args::Command(Command::Shell(range)) | Args::Healthcheck(Some(Command::Shell(range))) => *range,
        _ => return Vec::new(),
    };
    if instruction.keyword == Keyword::Run && !instruction.heredocs.is_empty() {
        return vec![heredoc(bytes, instruction, range, dialect)];
    }
    vec![parsed(instruction.joined.clone(), range, true, dialect)]
}

/// `RUN <<EOF` runs the body; anything beside the heredoc word makes it another command's input.
fn heredoc(bytes: &[u8], instruction: &Instruction, range: Span, dialect: Dialect) -> Shelled {
    let [only] = instruction.heredocs.as_slice() else { return opaque(instruction, range) };
    if only.joined.of(&instruction.joined.text) != range.of(&instruction.joined.text) || only.chomp {
        return opaque(instruction, range);
    }
    let text = only.body.of(bytes).to_vec();
    if text.starts_with(b"#!") && !shebang_is_shell(&text) {
        return opaque(instruction, range);
    }
    let range = Span::new(0, text.len());
    parsed(Joined { text, pieces: vec![(0, only.body.start)] }, range, false, dialect)
}

/// Whether the first line of a script names a POSIX-like shell.
pub fn shebang_is_shell(text: &[u8]) -> bool {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    line.starts_with("#!") && line.split([' ', '/']).any(|word| matches!(word.trim(), "sh" | "bash" | "ash" | "dash"))
}

fn opaque(instruction: &Instruction, range: Span) -> Shelled {
    let text = range.of(&instruction.joined.text).to_vec();
    Shelled { text, script: None, joined: instruction.joined.clone(), range, instruction: true }
}

fn parsed(joined: Joined, range: Span, instruction: bool, dialect: Dialect) -> Shelled {
    let text = range.of(&joined.text).to_vec();
    let script = shell::parse(&text, dialect).ok();
    Shelled { text, script, joined, range, instruction }
}
