//! What a script's own commands say of how it goes on: `set -e` and `cd`.

use super::chain::each_simple;
use super::tree::{AndOr, Command, CommandKind, OperatorKind, Script, Word};

/// The working directory in which a command runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Cwd {
    /// The one in which the script began.
    #[default]
    Initial,
    /// This path, without `.` and `..`: absolute, or relative to the one in which the script began.
    Known(String),
    /// It cannot be told.
    Unknown,
}

/// Whether the script begins with `set -e` (or `-o errexit`), perhaps among other leading `set` commands, and never
/// takes it back with `set +e` at top level (POSIX 2.14 `set`). A `#!/bin/sh -e` line is not looked at.
pub fn fails_fast(script: &Script) -> bool {
    let mut errexit = false;
    let mut leading = true;
    for list in &script.lists {
        for pipeline in &list.pipelines {
            let Some((name, arguments)) = pipeline.commands.first().and_then(call) else {
                leading = false;
                continue;
            };
            leading &= name == "set";
            if name == "set" {
                match set_errexit(arguments) {
                    Some(true) if leading => errexit = true,
                    Some(false) => return false,
                    _ => {}
                }
            }
        }
    }
    errexit
}

/// What a `set` does to `errexit`, if anything.
fn set_errexit(arguments: &[Word]) -> Option<bool> {
    let mut result = None;
    let mut named = None;
    for word in arguments.iter().map_while(Word::literal) {
        if let Some(on) = named.take() {
            if word == "errexit" {
                result = Some(on);
            }
            continue;
        }
        let on = match word.chars().next() {
            Some('-') if word != "--" => true,
            Some('+') => false,
            _ => break,
        };
        if word.contains('e') {
            result = Some(on);
        }
        if word.ends_with('o') {
            named = Some(on);
        }
    }
    result
}

/// A simple command's literal name and its arguments; `command` and `builtin` before it are stepped over.
fn call(command: &Command) -> Option<(String, &[Word])> {
    let CommandKind::Simple { words, .. } = &command.kind else { return None };
    let mut rest = words.as_slice();
    while let [first, tail @ ..] = rest {
        let name = first.literal()?;
        if !matches!(name.as_str(), "command" | "builtin") {
            return Some((name, tail));
        }
        rest = tail;
    }
    None
}

/// The working directory of every top-level command, in the order of [`top_commands`](super::top_commands).
///
/// A `cd` counts for what follows it only where its success is certain: behind `&&`, behind `cd x || exit`, and in
/// the next list when the script [`fails_fast`] and the `cd` ended its list.
pub fn directories(script: &Script) -> Vec<Cwd> {
    let fast = fails_fast(script);
    let mut found = Vec::new();
    let mut cwd = Cwd::Initial;
    for list in &script.lists {
        let background = list.terminator.is_some_and(|operator| operator.kind == OperatorKind::Background);
        let mut inside = cwd.clone();
        let or = list.operators.iter().any(|operator| operator.kind == OperatorKind::Or);
        let (mut changed, mut last) = (false, false);
        for pipeline in &list.pipelines {
            found.push(inside.clone());
            last = false;
            let [command] = pipeline.commands.as_slice() else { continue };
            if let Some(next) = moved(command, &inside) {
                inside = if or || pipeline.negated.is_some() { Cwd::Unknown } else { next };
                (changed, last) = (true, true);
            }
        }
        if !changed || background {
            continue;
        }
        cwd = match guarded_cd(list, &cwd) {
            Some(next) => next,
            None if fast && last => inside,
            None => Cwd::Unknown,
        };
    }
    found
}

/// `cd x || exit 1`: what follows runs in `x`.
fn guarded_cd(list: &AndOr, cwd: &Cwd) -> Option<Cwd> {
    let [first, second] = list.pipelines.as_slice() else { return None };
    let ([cd], [exit]) = (first.commands.as_slice(), second.commands.as_slice()) else { return None };
    let or = list.operators.first()?.kind == OperatorKind::Or;
    let leaves = matches!(call(exit)?.0.as_str(), "exit" | "return");
    if or && leaves && first.negated.is_none() { moved(cd, cwd) } else { None }
}

/// Where a command that succeeds leaves the shell; `None` when it stays.
fn moved(command: &Command, cwd: &Cwd) -> Option<Cwd> {
    let CommandKind::Simple { words, .. } = &command.kind else {
        return holds_cd(command).then_some(Cwd::Unknown);
    };
    let Some((name, arguments)) = call(command) else {
        // Only assignments, or a name that is not known and might be anything.
        return words.first().is_some_and(|word| word.literal().is_none()).then_some(Cwd::Unknown);
    };
    match name.as_str() {
        "cd" => Some(target(arguments).map_or(Cwd::Unknown, |path| join(cwd, &path))),
        "." | "source" if arguments.first().is_some_and(activates) => None,
        "pushd" | "popd" | "eval" | "." | "source" => Some(Cwd::Unknown),
        _ => None,
    }
}

/// Whether a sourced script is the one of a virtual environment, which only sets variables (CPython's
/// `Lib/venv/scripts`).
fn activates(script: &Word) -> bool {
    script.value(&mut |_| Some("x".to_owned())).is_some_and(|path| path.ends_with("/bin/activate"))
}

/// Whether a compound command or function changes this shell's directory somewhere. A function counts from where it
/// is defined on, because its calls are not followed.
fn holds_cd(command: &Command) -> bool {
    let script = wrap(command);
    let mut found = false;
    each_simple(&script, &mut |simple, place| {
        let name = simple.words.first().map(Word::literal);
        let moves =
            |name: &str| matches!(name, "cd" | "pushd" | "popd" | "eval" | "." | "source" | "command" | "builtin");
        found |= !place.subshell && name.is_some_and(|name| name.is_none_or(|name| moves(&name)));
    });
    found
}

fn wrap(command: &Command) -> Script {
    let span = command.span;
    let pipeline = super::Pipeline { negated: None, commands: vec![command.clone()], operators: Vec::new(), span };
    let list = AndOr { pipelines: vec![pipeline], operators: Vec::new(), terminator: None, span };
    Script { lists: vec![list], comments: Vec::new() }
}

/// The path that `cd` is given, when it is one literal path (not `-`, and not the home directory).
fn target(arguments: &[Word]) -> Option<String> {
    let mut paths = Vec::new();
    for word in arguments {
        let text = word.literal()?;
        match text.as_str() {
            "-L" | "-P" | "--" if paths.is_empty() => {}
            _ => paths.push(text),
        }
    }
    match paths.as_slice() {
        [path] if !path.starts_with('-') && !path.is_empty() => Some(path.clone()),
        _ => None,
    }
}

/// `cd` resolves `..` by the text of the path (POSIX `cd`, step 8).
fn join(cwd: &Cwd, path: &str) -> Cwd {
    let base = match cwd {
        _ if path.starts_with('/') => "/",
        Cwd::Initial => "",
        Cwd::Known(base) => base,
        Cwd::Unknown => return Cwd::Unknown,
    };
    let absolute = base.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_none() && !absolute => return Cwd::Unknown,
            ".." => {}
            part => parts.push(part),
        }
    }
    match parts.join("/") {
        path if absolute => Cwd::Known(format!("/{path}")),
        path if path.is_empty() => Cwd::Initial,
        path => Cwd::Known(path),
    }
}
