//! Stages, what they build on, and the state that each of their lines sees.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::{Model, Value, value};
use crate::facts::{Confidence, Facts};
use crate::options::GivenImage;
use crate::shell::Dialect;
use crate::syntax::{Args, Command, Instruction, Keyword, Tree};

/// What a stage builds on.
#[derive(Debug, Clone, PartialEq)]
pub enum Base {
    /// An earlier stage of the file.
    Stage(usize),
    /// An image.
    Image {
        /// The reference after expansion.
        reference: String,
        /// What is known of it, by template or by fall-back.
        facts: Option<Box<Facts>>,
        /// Whether the facts come from a template of this very image.
        listed: bool,
        /// Whether the reference hangs on the default of an ARG.
        chosen: bool,
    },
    /// It cannot be known, and why.
    Unknown(String),
}

/// The shell that runs a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShellKind {
    /// `/bin/sh`, ash, dash or another POSIX shell.
    Posix,
    /// bash, ksh or zsh.
    Bash,
    /// PowerShell, cmd, or something else.
    Other,
}

impl ShellKind {
    /// The grammar to parse with.
    pub fn dialect(self) -> Dialect {
        if self == Self::Bash { Dialect::Bash } else { Dialect::Posix }
    }
}

/// Longest path that Linux takes.
const PATH_MAX: usize = 4096;

/// Values by name, each with the index of the instruction that sets it.
type Settings = HashMap<String, Vec<(usize, Value)>>;

/// One stage.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Its number, from 0.
    pub index: usize,
    /// Its name, lower-case.
    pub name: Option<String>,
    /// Index of its FROM.
    pub from: usize,
    /// Indices of its other instructions.
    pub body: Range<usize>,
    /// What it builds on.
    pub base: Base,
    /// Indices of its USER instructions.
    pub users: Vec<usize>,
    /// Its WORKDIR instructions and the folders that they lead to.
    pub workdirs: Vec<(usize, Value)>,
    shells: Vec<(usize, ShellKind)>,
    pub(super) env: Settings,
    args: Settings,
}

/// Splits a tree into stages; bases are still unknown.
pub(super) fn read(tree: &Tree) -> Vec<Stage> {
    let froms: Vec<usize> = (0..tree.instructions.len())
        .filter(|i| tree.instructions.get(*i).is_some_and(|instruction| instruction.keyword == Keyword::From))
        .collect();
    let ends = froms.iter().skip(1).copied().chain([tree.instructions.len()]);
    froms.iter().zip(ends).enumerate().map(|(index, (from, end))| stage(tree, index, *from, end)).collect()
}

fn stage(tree: &Tree, index: usize, from: usize, end: usize) -> Stage {
    let of = |keyword: Keyword| {
        let instructions = (from + 1..end).filter_map(|i| tree.instructions.get(i).map(|found| (i, found)));
        instructions.filter(move |(_, found)| found.keyword == keyword)
    };
    let name = match tree.instructions.get(from).map(|instruction| &instruction.args) {
        Some(Args::From { alias: Some(alias), .. }) => Some(alias.text.to_ascii_lowercase()),
        _ => None,
    };
    Stage {
        index,
        name,
        from,
        body: from + 1..end,
        base: Base::Unknown("not looked at yet".to_owned()),
        users: of(Keyword::User).map(|(i, _)| i).collect(),
        workdirs: of(Keyword::Workdir).map(|(i, _)| (i, Value::Unknown)).collect(),
        shells: of(Keyword::Shell).map(|(i, found)| (i, shell_kind(found))).collect(),
        env: HashMap::new(),
        args: HashMap::new(),
    }
}

fn shell_kind(instruction: &Instruction) -> ShellKind {
    let Args::Command(Command::Exec(words)) = &instruction.args else { return ShellKind::Other };
    let program = words.first().map_or("", |word| word.text.as_str());
    match program.rsplit(['/', '\\']).next().unwrap_or("") {
        "sh" | "ash" | "dash" => ShellKind::Posix,
        "bash" | "ksh" | "zsh" => ShellKind::Bash,
        _ => ShellKind::Other,
    }
}

/// Finds what each stage builds on, then reads its variables: both in file order, because a FROM sees the ARGs above
/// the first FROM and a stage sees what its base stage set.
pub(super) fn resolve_bases(model: &mut Model<'_>, images: &BTreeMap<String, GivenImage>) {
    let globals = global_args(model.tree);
    for index in 0..model.stages.len() {
        let base = super::from::base(model, index, &globals);
        if let Some(stage) = model.stages.get_mut(index) {
            stage.base = base;
        }
        super::base::look_up(model, index);
        read_variables(model, index, &globals);
        read_workdirs(model, index);
        super::base::judge_base(model, index, images);
    }
}

fn global_args(tree: &Tree) -> HashMap<String, Value> {
    let mut globals: HashMap<String, Value> = HashMap::new();
    for instruction in tree.instructions.iter().take_while(|instruction| instruction.keyword != Keyword::From) {
        let Args::Pairs(pairs) = &instruction.args else { continue };
        for pair in pairs {
            let value = match &pair.value {
                Some(word) => overridable(value::expand_word(word, tree.escape, &mut |name| {
                    globals.get(name).cloned().unwrap_or_else(|| platform(name))
                })),
                None => Value::Unknown,
            };
            globals.insert(pair.key.text.clone(), value);
        }
    }
    globals
}

/// An ARG's default is only a default.
fn overridable(value: Value) -> Value {
    match value {
        Value::Known(text) => Value::Default(text),
        other => other,
    }
}

/// ARGs that BuildKit sets by itself (Dockerfile reference, "Automatic platform ARGs").
pub(super) fn platform(name: &str) -> Value {
    const AUTOMATIC: [&str; 8] = [
        "TARGETPLATFORM",
        "TARGETOS",
        "TARGETARCH",
        "TARGETVARIANT",
        "BUILDPLATFORM",
        "BUILDOS",
        "BUILDARCH",
        "BUILDVARIANT",
    ];
    if AUTOMATIC.contains(&name) { Value::Unknown } else { Value::Unset }
}

fn read_variables(model: &mut Model<'_>, index: usize, globals: &HashMap<String, Value>) {
    let Some(body) = model.stages.get(index).map(|stage| stage.body.clone()) else { return };
    for at in body {
        let Some(instruction) = model.instruction(at) else { continue };
        let is_arg = instruction.keyword == Keyword::Arg;
        if !is_arg && instruction.keyword != Keyword::Env {
            continue;
        }
        let Args::Pairs(pairs) = &instruction.args else { continue };
        for pair in pairs {
            let name = pair.key.text.clone();
            let value = match &pair.value {
                Some(word) => {
                    let value =
                        value::expand_word(word, model.tree.escape, &mut |name| model.variable(index, at, name));
                    if is_arg { overridable(value) } else { value }
                }
                None => globals.get(&name).cloned().unwrap_or(Value::Unknown),
            };
            if let Some(stage) = model.stages.get_mut(index) {
                let settings = if is_arg { &mut stage.args } else { &mut stage.env };
                settings.entry(name).or_default().push((at, value));
            }
        }
    }
}

fn read_workdirs(model: &mut Model<'_>, index: usize) {
    let Some(count) = model.stages.get(index).map(|stage| stage.workdirs.len()) else { return };
    for nth in 0..count {
        let Some((at, _)) = model.stages.get(index).and_then(|stage| stage.workdirs.get(nth)).cloned() else { return };
        let Some(Args::One(word)) = model.instruction(at).map(|instruction| &instruction.args) else { continue };
        let path = model.expand(index, at, &word.text);
        let folder = match path.text() {
            Some(text) if text.starts_with('/') => path.clone().map(|text| value::join("/", &text)),
            Some(text) => {
                let folder = model.cwd(index, at).map(|folder| value::join(&folder, text));
                if path.certain().is_some() { folder } else { overridable(folder) }
            }
            None => Value::Unknown,
        };
        if let Some((_, slot)) = model.stages.get_mut(index).and_then(|stage| stage.workdirs.get_mut(nth)) {
            *slot = folder.bounded(PATH_MAX);
        }
    }
}

fn before(settings: &Settings, name: &str, end: usize) -> Option<Value> {
    let set = settings.get(name)?;
    let after = set.partition_point(|(at, _)| *at < end);
    set.get(after.checked_sub(1)?).map(|(_, value)| value.clone())
}

impl Model<'_> {
    /// A variable as the instruction `index` sees it before it runs: ENV wins over ARG (Dockerfile reference, ARG),
    /// then the ancestors' ENV, then the base image's.
    pub fn variable(&self, stage: usize, index: usize, name: &str) -> Value {
        let own = self.stages.get(stage);
        let env = self.environment(stage, index, name);
        if env != Value::Unset && own.is_some_and(|stage| before(&stage.env, name, index).is_some()) {
            return env;
        }
        match own.and_then(|stage| before(&stage.args, name, index)) {
            Some(value) if env == Value::Unset || env == Value::Unknown => value,
            _ if env == Value::Unset => platform(name),
            _ => env,
        }
    }

    /// What ENV gives a variable before the instruction `index`, ARGs left out: what the container sees.
    pub fn environment(&self, stage: usize, index: usize, name: &str) -> Value {
        let mut at = stage;
        let mut end = index;
        loop {
            let Some(this) = self.stages.get(at) else { return Value::Unset };
            if let Some(value) = before(&this.env, name, end) {
                return value;
            }
            match &this.base {
                Base::Stage(parent) if *parent < at => (at, end) = (*parent, usize::MAX),
                Base::Image { facts: Some(facts), listed, .. } => {
                    let found = facts.env.iter().find(|(key, _)| *key == name);
                    // Nobody has looked at what else such an image sets: maybe what the file sets anew.
                    let recalled = *listed && facts.confidence == Confidence::Recalled;
                    let unseen = recalled && name != "PATH" && this.env.contains_key(name);
                    let other = if unseen { Value::Unknown } else { Value::Unset };
                    return found.map_or(other, |(_, value)| Value::Known((*value).to_owned()));
                }
                _ => return Value::Unset,
            }
        }
    }

    /// Names of all ENVs of the lineage and ARGs of the stage that stand before the instruction `index`, sorted.
    pub fn names_before(&self, stage: usize, index: usize) -> Vec<String> {
        let mut names = Vec::new();
        for at in self.chain(stage) {
            let Some(this) = self.stages.get(at) else { continue };
            let args = this.args.iter().filter(|_| at == stage);
            for (name, set) in this.env.iter().chain(args) {
                if at != stage || set.first().is_some_and(|(first, _)| *first < index) {
                    names.push(name.clone());
                }
            }
        }
        names.sort();
        names.dedup();
        names
    }

    /// All ENV names that the stage's lineage sets, with the value at the end: (name, instruction, value).
    pub fn environments(&self, stage: usize) -> Vec<(String, usize, Value)> {
        let mut found: HashMap<String, (usize, Value)> = HashMap::new();
        for at in self.chain(stage) {
            let Some(this) = self.stages.get(at) else { continue };
            for (name, set) in &this.env {
                if let Some((index, value)) = set.last() {
                    found.insert(name.clone(), (*index, value.clone()));
                }
            }
        }
        let mut found: Vec<_> = found.into_iter().map(|(name, (index, value))| (name, index, value)).collect();
        found.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
        found
    }

    /// The working folder of the instruction `index` before it runs.
    pub fn cwd(&self, stage: usize, index: usize) -> Value {
        let mut at = stage;
        let mut end = index;
        loop {
            let Some(this) = self.stages.get(at) else { return Value::Unknown };
            let after = this.workdirs.partition_point(|(workdir, _)| *workdir < end);
            if let Some((_, folder)) = after.checked_sub(1).and_then(|i| this.workdirs.get(i)) {
                return folder.clone();
            }
            match &this.base {
                Base::Stage(parent) if *parent < at => (at, end) = (*parent, usize::MAX),
                Base::Image { facts: Some(facts), .. } if !facts.workdir.is_empty() => {
                    return Value::Known(facts.workdir.to_owned());
                }
                // No source names a folder of these images because they set none (checked for those that were read).
                Base::Image { listed: true, facts: Some(facts), .. } if facts.confidence > Confidence::Recalled => {
                    return Value::Known("/".to_owned());
                }
                _ => return Value::Unknown,
            }
        }
    }

    /// The shell that runs the instruction `index`.
    pub fn shell(&self, stage: usize, index: usize) -> ShellKind {
        let mut at = stage;
        let mut end = index;
        loop {
            let Some(this) = self.stages.get(at) else { return ShellKind::Posix };
            let after = this.shells.partition_point(|(shell, _)| *shell < end);
            if let Some((_, kind)) = after.checked_sub(1).and_then(|i| this.shells.get(i)) {
                return *kind;
            }
            match &this.base {
                Base::Stage(parent) if *parent < at => (at, end) = (*parent, usize::MAX),
                _ => return ShellKind::Posix,
            }
        }
    }

    /// Expands the words of an instruction with the variables that it sees.
    pub fn expand(&self, stage: usize, index: usize, text: &str) -> Value {
        value::expand(text, self.tree.escape, &mut |name| self.variable(stage, index, name))
    }

    /// The name of a stage for people: its alias, else its number.
    pub fn stage_name(&self, stage: usize) -> String {
        let name = self.stages.get(stage).and_then(|stage| stage.name.clone());
        name.unwrap_or_else(|| stage.to_string())
    }

    /// The stage that a name or number means: in `--target`, or in `COPY --from` of stage `before`.
    pub fn find_stage(&self, name: &str, before: usize) -> Option<usize> {
        let wanted = name.to_ascii_lowercase();
        let earlier = self.stages.get(..before.min(self.stages.len())).unwrap_or_default();
        let named = earlier.iter().rev().find(|stage| stage.name.as_deref() == Some(wanted.as_str()));
        named.map(|stage| stage.index).or_else(|| wanted.parse().ok().filter(|number| *number < earlier.len()))
    }
}
