//! The container's command: ENTRYPOINT and CMD with their inheritance, and the programs that they start.

use super::{Model, Value, value};
use crate::facts::{self, ProgramRole};
use crate::source::Span;
use crate::syntax::{Args, Command, Keyword};

/// The instructions that make the container's command.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Entry {
    /// (stage, index) of the ENTRYPOINT in force.
    pub entrypoint: Option<(usize, usize)>,
    /// (stage, index) of the CMD in force.
    pub cmd: Option<(usize, usize)>,
}

/// One program that the container's command starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Program {
    /// Its name without the folder; empty when it cannot be known.
    pub name: String,
    /// Its name as written.
    pub path: String,
    /// Its arguments; `None` for one that cannot be known.
    pub arguments: Vec<Option<String>>,
    /// (stage, index) of the instruction that starts it.
    pub at: (usize, usize),
    /// Where it stands in the file.
    pub span: Span,
    /// Where each argument stands: in the start script that starts the program, else in the file.
    pub places: Vec<Span>,
    /// The start script that starts it.
    pub script: Option<String>,
    /// Files that it writes through `>` and `>>`.
    pub writes: Vec<Option<String>>,
}

/// All that the container's command starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Programs {
    /// In order.
    pub list: Vec<Program>,
    /// Whether all of it could be read.
    pub complete: bool,
}

impl Model<'_> {
    /// ENTRYPOINT and CMD in force at the end of the stage. An ENTRYPOINT clears a CMD that comes from an earlier
    /// stage or the base (Dockerfile reference, "Understand how CMD and ENTRYPOINT interact").
    pub fn entry(&self, stage: usize) -> Entry {
        let mut entry = Entry::default();
        for (at, index) in self.lineage(stage) {
            match self.keyword(index) {
                Keyword::Entrypoint => {
                    entry.entrypoint = Some((at, index));
                    entry.cmd = entry.cmd.filter(|(of, _)| *of == at);
                }
                Keyword::Cmd => entry.cmd = Some((at, index)),
                _ => {}
            }
        }
        entry
    }

    /// Whether the file itself says what the container runs.
    pub fn has_command(&self, stage: usize) -> bool {
        let entry = self.entry(stage);
        let says = |place: Option<(usize, usize)>| place.is_some_and(|(_, index)| !self.is_empty_command(index));
        says(entry.entrypoint) || says(entry.cmd)
    }

    fn is_empty_command(&self, index: usize) -> bool {
        match self.instruction(index).map(|instruction| &instruction.args) {
            Some(Args::Command(Command::Exec(words))) => words.is_empty(),
            Some(Args::Command(Command::Shell(range))) => range.is_empty(),
            _ => true,
        }
    }

    /// The programs that the container's command starts: wrappers (`tini --`, `exec`, `env X=1`) taken off, `sh -c`
    /// read. CMD's words are ENTRYPOINT's arguments.
    pub fn programs(&self, stage: usize) -> Programs {
        let entry = self.entry(stage);
        let mut found = Programs { list: Vec::new(), complete: true };
        let mut argv: Vec<(Option<String>, Span)> = Vec::new();
        let mut at = None;
        for place in [entry.entrypoint, entry.cmd].into_iter().flatten() {
            let Some(instruction) = self.instruction(place.1) else { continue };
            match &instruction.args {
                Args::Command(Command::Exec(words)) => {
                    at.get_or_insert(place);
                    argv.extend(words.iter().map(|word| (Some(word.text.clone()), word.span)));
                }
                Args::Command(Command::Shell(_)) if argv.is_empty() => {
                    self.shell_programs(stage, place, &mut found);
                    return found;
                }
                Args::Command(Command::Shell(range)) => {
                    let text = String::from_utf8_lossy(range.of(&instruction.joined.text)).into_owned();
                    argv.extend([
                        (Some("/bin/sh".to_owned()), instruction.span),
                        (Some("-c".to_owned()), instruction.span),
                    ]);
                    argv.push((Some(text), instruction.joined.span(*range)));
                }
                _ => found.complete = false,
            }
        }
        if let Some(place) = at {
            self.add_program(place, &argv, &[], &mut found, 0);
        }
        found
    }

    /// The programs of a HEALTHCHECK.
    pub fn health_programs(&self, stage: usize, index: usize) -> Programs {
        let mut found = Programs { list: Vec::new(), complete: true };
        match self.instruction(index).map(|instruction| &instruction.args) {
            Some(Args::Healthcheck(Some(Command::Exec(words)))) => {
                let argv: Vec<_> = words.iter().map(|word| (Some(word.text.clone()), word.span)).collect();
                self.add_program((stage, index), &argv, &[], &mut found, 0);
            }
            Some(Args::Healthcheck(Some(Command::Shell(_)))) => self.shell_programs(stage, (stage, index), &mut found),
            _ => {}
        }
        found
    }

    /// The programs that a command of others than the file starts in the container, told of at the stage's FROM.
    pub fn programs_of(&self, stage: usize, words: &[String]) -> Programs {
        let mut found = Programs { list: Vec::new(), complete: true };
        let from = self.stages.get(stage).map_or(0, |stage| stage.from);
        let span = self.instruction(from).map_or(Span::new(0, 0), |from| from.span);
        let argv: Vec<_> = words.iter().map(|word| (Some(word.clone()), span)).collect();
        self.add_program((stage, from), &argv, &[], &mut found, 0);
        found
    }

    fn shell_programs(&self, stage: usize, place: (usize, usize), found: &mut Programs) {
        let commands = self.commands_in(stage, place.1);
        found.complete &= commands.complete;
        let Some(script) = self.scripts(place.1).first() else { return };
        for ran in &commands.list {
            let mut argv = vec![(ran.literal_path(), script.span(ran.name_span))];
            let spans = ran.spans.iter().map(|span| script.span(*span));
            argv.extend(ran.arguments.iter().cloned().zip(spans));
            self.add_program(place, &argv, &ran.writes, found, 0);
        }
    }

    /// Adds the programs that a command line starts.
    pub(super) fn add_program(
        &self,
        at: (usize, usize),
        argv: &[(Option<String>, Span)],
        writes: &[Option<String>],
        found: &mut Programs,
        depth: usize,
    ) {
        let Some(((first, span), rest)) = argv.split_first() else { return };
        let Some(path) = first.clone().filter(|_| depth < 8) else {
            found.complete = false;
            return;
        };
        let name = path.rsplit('/').next().unwrap_or("").to_owned();
        let known = facts::command(&name);
        if known.is_some_and(|known| known.role == ProgramRole::Wrapper) {
            let inner = unwrapped(rest);
            if !inner.is_empty() {
                return self.add_program(at, inner, writes, found, depth + 1);
            }
        }
        if let Some(text) = inline_script(&name, rest) {
            return self.add_script(at, *span, text, found, depth);
        }
        let end = rest.last().map_or(span.end, |(_, span)| span.end);
        let (arguments, places) = rest.iter().cloned().unzip();
        let span = Span::new(span.start, end.max(span.end));
        found.list.push(Program { name, path, arguments, at, span, places, script: None, writes: writes.to_vec() });
    }

    fn add_script(&self, at: (usize, usize), span: Span, text: &str, found: &mut Programs, depth: usize) {
        let kind = self.shell(at.0, at.1);
        let Ok(script) = crate::shell::parse(text.as_bytes(), kind.dialect()) else {
            found.complete = false;
            return;
        };
        let cwd = self.cwd(at.0, usize::MAX);
        let mut lookup = |name: &str| self.environment(at.0, usize::MAX, name).certain().map(str::to_owned);
        for ran in super::command::walk(&script, &cwd, &mut lookup) {
            let mut argv = vec![(ran.literal_path(), span)];
            argv.extend(ran.arguments.iter().map(|value| (value.clone(), span)));
            self.add_program(at, &argv, &ran.writes, found, depth + 1);
        }
    }

    /// Whether a relative or absolute program path stands for a file in the image, and which.
    pub fn program_path(&self, stage: usize, path: &str) -> Option<String> {
        if path.starts_with('/') {
            return value::normal(path);
        }
        match self.process_folder(stage) {
            Value::Known(cwd) | Value::Default(cwd) if path.contains('/') => Some(value::join(&cwd, path)),
            _ => None,
        }
    }
}

/// The wrapped command's words: options of the wrapper, their values after `--`, and assignments skipped.
fn unwrapped(words: &[(Option<String>, Span)]) -> &[(Option<String>, Span)] {
    let text = |word: &(Option<String>, Span)| word.0.clone().unwrap_or_default();
    if let Some(dashes) = words.iter().position(|word| text(word) == "--") {
        return words.get(dashes + 1..).unwrap_or_default();
    }
    let skip = words.iter().take_while(|word| text(word).starts_with('-') || text(word).contains('=')).count();
    words.get(skip..).unwrap_or_default()
}

/// The text after `sh -c`.
fn inline_script<'w>(name: &str, words: &'w [(Option<String>, Span)]) -> Option<&'w str> {
    if !matches!(name, "sh" | "bash" | "ash" | "dash") {
        return None;
    }
    let flag = words.iter().position(|(text, _)| {
        text.as_deref().is_some_and(|text| text.starts_with('-') && !text.starts_with("--") && text.ends_with('c'))
    })?;
    words.get(flag + 1).and_then(|(text, _)| text.as_deref())
}
