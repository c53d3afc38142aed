//! The commands of a RUN, CMD or script, with what they certainly do to owners.

use std::collections::HashSet;

use super::constant::{self, Constant};
use super::made::takes_value;
use super::{Model, ShellKind, Value, value};
use crate::shell::{self, Cwd, PartKind, Place, Script, Simple, TopCommand, Word};
use crate::source::Span;
use crate::syntax::{Args, Command};

/// One simple command.
#[derive(Debug, Clone)]
pub struct Ran {
    /// Name without its folder; empty when it is not literal.
    pub name: String,
    /// Name as the shell sees it, quotes gone; empty when it is not literal.
    pub full: String,
    /// The arguments' values, `None` where they cannot be known.
    pub arguments: Vec<Option<String>>,
    /// The arguments' spans in the script's text.
    pub spans: Vec<Span>,
    /// The name's span in the script's text.
    pub name_span: Span,
    /// The whole command's span in the script's text.
    pub span: Span,
    /// Whether it stands in a plain `&&` or `;` list at the top, so that it may be rewritten.
    pub plain: bool,
    /// Whether it may be skipped: in if, case, loops, functions, behind `||`.
    pub conditional: bool,
    /// The folder that it runs in.
    pub cwd: Value,
    /// Files that it writes through `>` and `>>`; `None` for names that cannot be known.
    pub writes: Vec<Option<String>>,
}

/// The commands of an instruction.
#[derive(Debug, Clone, Default)]
pub struct Commands {
    /// In order.
    pub list: Vec<Ran>,
    /// Whether all of its text could be read.
    pub complete: bool,
}

impl Ran {
    /// The name with its folder, when it is literal.
    pub fn literal_path(&self) -> Option<String> {
        (!self.full.is_empty()).then(|| self.full.clone())
    }

    /// Whether an option stands among the arguments: `-R`, also in a cluster (`-hR`), or `--recursive`.
    pub fn has_option(&self, short: char, long: &str) -> bool {
        self.arguments
            .iter()
            .flatten()
            .take_while(|text| *text != "--")
            .any(|text| text == long || (text.starts_with('-') && !text.starts_with("--") && text.contains(short)))
    }

    /// Arguments that are no options, nor the value of one that takes it as a word of its own: (position, value).
    pub fn operands(&self) -> impl Iterator<Item = (usize, Option<&str>)> {
        let dashed =
            |text: &Option<String>| text.as_deref().is_some_and(|text| text.len() > 1 && text.starts_with('-'));
        let taken = move |at: usize| {
            let before = at.checked_sub(1).and_then(|before| self.arguments.get(before));
            before.and_then(Option::as_deref).is_some_and(|option| takes_value(&self.name, option))
        };
        let operand = move |(at, text): &(usize, &Option<String>)| !dashed(text) && !taken(*at);
        self.arguments.iter().enumerate().filter(operand).map(|(at, text)| (at, text.as_deref()))
    }

    /// A path argument as an absolute path.
    pub fn path(&self, text: Option<&str>) -> Option<String> {
        // Linux takes no longer path; a shell word may be of any length.
        let text = text.filter(|text| text.len() < 4096)?;
        match text.starts_with('/') {
            true => value::normal(text),
            false => self.cwd.certain().map(|cwd| value::join(cwd, text)),
        }
    }

    /// The same where an ARG that names the folder is taken by its default, as for WORKDIR and copies.
    pub fn placed(&self, text: Option<&str>) -> Option<String> {
        match (&self.cwd, text) {
            (Value::Default(cwd), Some(text)) if text.len() < 4096 && !text.starts_with('/') => {
                Some(value::join(cwd, text))
            }
            _ => self.path(text),
        }
    }
}

impl Model<'_> {
    /// The commands of a RUN, in either form, as the build runs them: ENV and ARG are known to it.
    pub fn commands(&self, stage: usize, index: usize) -> &Commands {
        static NONE: Commands = Commands { list: Vec::new(), complete: true };
        let cell = self.commands.get(index);
        cell.map_or(&NONE, |cell| cell.get_or_init(|| self.run_commands(stage, index)))
    }

    fn run_commands(&self, stage: usize, index: usize) -> Commands {
        let instruction = self.instruction(index);
        if let Some(Args::Command(Command::Exec(words))) = instruction.map(|instruction| &instruction.args) {
            let cwd = self.cwd(stage, index);
            return Commands { list: exec(words, cwd).into_iter().collect(), complete: true };
        }
        self.read_commands(stage, index, &mut |name| self.variable(stage, index, name))
    }

    /// The commands of a CMD, ENTRYPOINT or HEALTHCHECK in shell form, as the container runs them: only ENV is known.
    pub fn commands_in(&self, stage: usize, index: usize) -> Commands {
        self.read_commands(stage, index, &mut |name| self.environment(stage, usize::MAX, name))
    }

    fn read_commands(&self, stage: usize, index: usize, lookup: &mut dyn FnMut(&str) -> Value) -> Commands {
        let mut commands = Commands { list: Vec::new(), complete: true };
        for script in self.scripts(index) {
            let Some(tree) = &script.script else {
                commands.complete = false;
                continue;
            };
            let mut certain = |name: &str| lookup(name).certain().map(str::to_owned);
            let mut found = walk(tree, &self.cwd(stage, index), &mut certain);
            if self.shell(stage, index) == ShellKind::Bash {
                found.iter_mut().for_each(|ran| ran.spread(&|span| script.text_of(span)));
            }
            commands.list.append(&mut found);
        }
        commands
    }
}

fn exec(words: &[crate::syntax::Word], cwd: Value) -> Option<Ran> {
    let (name, arguments) = words.split_first()?;
    Some(Ran {
        name: name.text.rsplit('/').next().unwrap_or("").to_owned(),
        full: name.text.clone(),
        arguments: arguments.iter().map(|word| Some(word.text.clone())).collect(),
        spans: arguments.iter().map(|word| word.joined).collect(),
        name_span: name.joined,
        span: name.joined,
        plain: false,
        conditional: false,
        cwd,
        writes: Vec::new(),
    })
}

/// All simple commands of a script in order, also those inside of compound commands, with the folder that each runs in.
pub fn walk(script: &Script, cwd: &Value, lookup: &mut dyn FnMut(&str) -> Option<String>) -> Vec<Ran> {
    walk_with(script, cwd, &[], lookup)
}

/// The same where some variables of the script are known.
pub(super) fn walk_with(
    script: &Script,
    cwd: &Value,
    constants: &[Constant],
    lookup: &mut dyn FnMut(&str) -> Option<String>,
) -> Vec<Ran> {
    let mut assigned = HashSet::new();
    shell::each_simple(script, &mut |simple, _| assigned_by(simple, &mut assigned));
    let top = shell::top_commands(script);
    let folders = shell::directories(script);
    let moving = moving_lists(script, &top);
    let mut found = Vec::new();
    shell::each_simple(script, &mut |simple, place| {
        let number = top.partition_point(|command| command.span.start <= simple.span.start).saturating_sub(1);
        let alone = top.get(number).filter(|command| command.span == simple.span);
        let folder = match (folders.get(number), alone) {
            (Some(folder), Some(_)) => absolute(cwd, folder),
            (Some(folder), None) if !moving.contains(&number) => absolute(cwd, folder),
            _ => Value::Unknown,
        };
        let mut value = |word: &Word| {
            word.value(&mut |name| match constant::value(constants, name, simple.span.start) {
                Some(value) => Some(value.to_owned()),
                None if assigned.contains(name) => None,
                None => lookup(name),
            })
        };
        found.extend(simple_command(simple, place, alone.is_some_and(|top| top.rewritable), folder, &mut value));
    });
    found
}

/// Numbers of the top-level commands that hold a `cd` of their own.
fn moving_lists(script: &Script, top: &[TopCommand]) -> HashSet<usize> {
    let mut moving = HashSet::new();
    shell::each_simple(script, &mut |simple, _| {
        if simple
            .words
            .first()
            .and_then(Word::literal)
            .is_some_and(|name| matches!(name.as_str(), "cd" | "pushd" | "popd"))
        {
            moving.insert(top.partition_point(|command| command.span.start <= simple.span.start).saturating_sub(1));
        }
    });
    moving
}

fn absolute(cwd: &Value, folder: &Cwd) -> Value {
    match folder {
        Cwd::Initial => cwd.clone(),
        Cwd::Known(path) if path.starts_with('/') => Value::Known(value::join("/", path)),
        Cwd::Known(path) => cwd.clone().map(|cwd| value::join(&cwd, path)),
        Cwd::Unknown => Value::Unknown,
    }
}

/// Variables that the script itself sets: their values are not followed.
fn assigned_by(simple: Simple<'_>, names: &mut HashSet<String>) {
    let name_of = |word: &Word| match word.parts.first().map(|part| &part.kind) {
        Some(PartKind::Literal(text)) => text.split_once('=').map(|(name, _)| name.to_owned()),
        _ => None,
    };
    names.extend(simple.assignments.iter().chain(simple.words).filter_map(name_of));
    let first = simple.words.first().and_then(Word::literal);
    if first.is_some_and(|name| matches!(name.as_str(), "read" | "unset" | "for" | "getopts")) {
        names.extend(simple.words.iter().skip(1).filter_map(Word::literal));
    }
}

fn simple_command(
    simple: Simple<'_>,
    place: Place,
    rewritable: bool,
    cwd: Value,
    value: &mut dyn FnMut(&Word) -> Option<String>,
) -> Option<Ran> {
    let mut values: Vec<Option<String>> = simple.words.iter().map(&mut *value).collect();
    let mut spans: Vec<Span> = simple.words.iter().map(|word| word.span).collect();
    let shifted = prefix(&values);
    values.drain(..shifted);
    spans.drain(..shifted);
    let name_span = spans.first().copied()?;
    let name = values.first().cloned().flatten().unwrap_or_default();
    let writing = |operator: &str| matches!(operator, ">" | ">>" | ">|" | "&>" | "&>>");
    let writes = simple.redirects.iter().filter(|redirect| writing(&redirect.operator));
    Some(Ran {
        name: name.rsplit('/').next().unwrap_or("").to_owned(),
        full: name,
        arguments: values.into_iter().skip(1).collect(),
        spans: spans.into_iter().skip(1).collect(),
        name_span,
        span: simple.span,
        plain: rewritable && shifted == 0 && simple.redirects.is_empty() && simple.assignments.is_empty(),
        conditional: place.conditional,
        cwd,
        writes: writes.map(|redirect| value(&redirect.target)).collect(),
    })
}

/// How many leading words only lead to the command: `sudo`, `exec`, `command`, `env X=1`.
fn prefix(values: &[Option<String>]) -> usize {
    let mut at = 0;
    while let Some(Some(word)) = values.get(at) {
        let name = word.rsplit('/').next().unwrap_or("");
        let skips = matches!(name, "sudo" | "exec" | "command" | "env" | "nice" | "nohup" | "time" | "eatmydata");
        let assignment = at > 0 && word.contains('=') && !word.starts_with('-');
        let option = at > 0 && word.starts_with('-') && word != "--";
        if !(skips || assignment || option) || at + 1 >= values.len() {
            break;
        }
        at += 1;
    }
    at
}
