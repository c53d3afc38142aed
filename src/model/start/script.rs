//! Start scripts, read from the build context: every command in them is a program that the container starts.

use super::{DEPTH, Walk};
use crate::model::command::{self, Ran};
use crate::model::constant::constants;
use crate::model::entry::{Program, Programs};
use crate::model::file::ImageFile;
use crate::model::hazard::Weight;
use crate::model::value;
use crate::shell::{self, Dialect, Script};
use crate::source::Span;

impl Walk<'_, '_> {
    /// The script that `program` runs, at the first of `places` where one can be read.
    pub(super) fn script(&mut self, program: &Program, places: &[Option<String>]) {
        let file = places.iter().flatten().find_map(|place| self.scene.file(place));
        let Some(file) = file else {
            let path = places.iter().flatten().next().filter(|_| program.path.contains('/'));
            let path = path.map_or(program.path.as_str(), String::as_str);
            let message = format!(
                "{path} is a start script that cannot be read here: check that it needs no root and writes only where the account may"
            );
            return self.push("start-script", Weight::Unsafe, program, message);
        };
        if !self.read.insert(file.shown.clone()) {
            return;
        }
        if self.depth >= DEPTH {
            let message = format!("{} is one of too many scripts that run each other", file.shown);
            return self.push("start-script", Weight::Unsafe, program, message);
        }
        self.depth += 1;
        self.text(program, &file);
        self.depth -= 1;
    }

    fn text(&mut self, program: &Program, file: &ImageFile) {
        let first = file.text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let dialect = if first.trim_ascii_end().ends_with(b"bash") { Dialect::Bash } else { Dialect::Posix };
        let Ok(tree) = shell::parse(&file.text, dialect).or_else(|_| shell::parse(&file.text, Dialect::Bash)) else {
            let message = format!("{} cannot be read as shell text", file.shown);
            return self.push("start-script", Weight::Unsafe, program, message);
        };
        if let Some(line) = demands_root(&file.text) {
            let message = format!("{} ends on line {line} unless it runs as root", file.shown);
            return self.push("start-script-root", Weight::Manual, program, message);
        }
        let functions = shell::functions(&tree);
        let mut passed = program.clone();
        for ran in self.commands(&tree, &file.text) {
            if functions.contains(&ran.name) {
                continue;
            }
            if let Some(set) = set_words(&passed, file, &ran) {
                passed = set;
                continue;
            }
            self.step(&passed, file, &ran);
        }
    }

    /// The script's commands, with the ENV of the image and what it sets once itself.
    fn commands(&self, tree: &Script, text: &[u8]) -> Vec<Ran> {
        let (model, stage) = (self.scene.model, self.scene.stage);
        let mut lookup = |name: &str| model.environment(stage, usize::MAX, name).certain().map(str::to_owned);
        command::walk_with(tree, &model.process_folder(stage), &constants(tree, text), &mut lookup)
    }

    /// One command of a script.
    fn step(&mut self, program: &Program, file: &ImageFile, ran: &Ran) {
        if matches!(ran.full.as_str(), "." | "source") {
            let path = ran.arguments.first().cloned().flatten();
            let place = ran.path(path.as_deref());
            let sourced = Program { path: path.unwrap_or_else(|| "a sourced file".to_owned()), ..program.clone() };
            return self.script(&sourced, &[place]);
        }
        let mut started = Programs { list: Vec::new(), complete: true };
        let passes = ran.name.is_empty() && passes_on(&file.text, ran.name_span);
        let argv = match ran.name.is_empty() {
            true if passes => program.arguments.iter().cloned().zip(program.places.iter().copied()).collect(),
            true => Vec::new(),
            false => argv(ran),
        };
        let script = if passes { program.script.clone() } else { Some(file.shown.clone()) };
        if argv.is_empty() {
            let message =
                format!("the start script {} runs what only its caller knows: check what that writes", file.shown);
            return self.push("start-script", Weight::Unsafe, program, message);
        }
        let writes: Vec<Option<String>> = ran.writes.iter().map(|path| ran.path(path.as_deref())).collect();
        self.scene.model.add_program(program.at, &argv, &writes, &mut started, 0);
        if !started.complete {
            let message = format!("the start script {} runs something that cannot be read", file.shown);
            self.push("start-script", Weight::Unsafe, program, message);
        }
        // What a command names is seen from the folder that the script is in by then.
        let absolute = |word: &Option<String>| match word.as_deref() {
            // That a folder is meant stays to be seen.
            Some(text) if is_path(text) && text.ends_with('/') => ran.path(Some(text)).map(|path| path + "/"),
            Some(text) if is_path(text) => ran.path(Some(text)),
            other => other.map(str::to_owned),
        };
        for mut started in started.list {
            (started.span, started.script) = (program.span, script.clone());
            if ran.writes_files() {
                started.arguments = started.arguments.iter().map(absolute).collect();
            }
            self.program(&started, Some(&file.shown));
        }
    }
}

impl Ran {
    /// Whether its arguments name files that it writes.
    fn writes_files(&self) -> bool {
        let first = self.arguments.first().cloned().flatten().unwrap_or_default();
        crate::facts::writes(&self.name, &first) == crate::facts::Writes::Named
    }
}

fn is_path(text: &str) -> bool {
    !text.starts_with('-') && !text.starts_with("s/") && !text.contains([' ', '\n', ';'])
}

/// The program with the arguments that `set -- WORDS "$@"` gives it, where it certainly does: it was started with none, with
/// options only, or the script sets them in any case.
fn set_words(program: &Program, file: &ImageFile, ran: &Ran) -> Option<Program> {
    let (first, words) = ran.arguments.split_first()?;
    let first_given = program.arguments.first().cloned().flatten();
    let set = ran.name == "set" && first.as_deref() == Some("--");
    let taken =
        !ran.conditional || program.arguments.is_empty() || first_given.is_some_and(|word| word.starts_with('-'));
    if !set || !taken {
        return None;
    }
    let mut passed = Program { arguments: Vec::new(), places: Vec::new(), ..program.clone() };
    for (word, span) in words.iter().zip(ran.spans.iter().skip(1)) {
        if passes_on(&file.text, *span) {
            passed.arguments.extend(program.arguments.iter().cloned());
            // They stand elsewhere, and cannot be changed from here.
            passed.places.extend(program.arguments.iter().map(|_| Span::empty(span.start)));
        } else {
            passed.arguments.push(word.clone());
            passed.places.push(*span);
        }
    }
    passed.script = Some(file.shown.clone());
    Some(passed)
}

/// Name and arguments; a relative name with a folder in it is seen from where the script is.
fn argv(ran: &Ran) -> Vec<(Option<String>, Span)> {
    let full = match ran.cwd.text() {
        Some(cwd) if ran.full.contains('/') => value::join(cwd, &ran.full),
        _ => ran.full.clone(),
    };
    let words = ran.arguments.iter().cloned().zip(ran.spans.iter().copied());
    std::iter::once((Some(full), ran.name_span)).chain(words).collect()
}

/// `"$@"`, `$@`, `"$*"`: the arguments that the script was started with.
fn passes_on(text: &[u8], name: Span) -> bool {
    let word = String::from_utf8_lossy(name.of(text)).into_owned();
    matches!(word.trim_matches('"'), "$@" | "${@}" | "$*" | "${*}")
}

/// The line on which a script ends unless it runs as root: `[ "$(id -u)" -ne 0 ]`, `$EUID`, `whoami`, with an `exit` there or
/// just below.
fn demands_root(text: &[u8]) -> Option<usize> {
    const NEAR: usize = 5;
    let text = String::from_utf8_lossy(text);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let asks = |line: &str| {
        let who = ["id -u", "EUID", "whoami", "id -un"].iter().any(|word| line.contains(word));
        // `[ -w /etc ] || exit 1` asks for root by another name.
        let writes = ["-w /etc", "-w /usr", "-w /root", "-w / "].iter().any(|word| line.contains(word));
        if writes && line.contains("||") {
            return true;
        }
        let other = ["-ne 0", "!= 0", "!= \"0\"", "!= '0'", "!= root", "!= \"root\"", "!= 'root'", "-gt 0"];
        let same = ["-eq 0", "= 0", "= \"0\"", "== 0", "= root", "= \"root\""];
        let otherwise = same.iter().any(|word| line.contains(word)) && line.contains("||");
        who && !line.starts_with('#') && (other.iter().any(|word| line.contains(word)) || otherwise)
    };
    let at = lines.iter().position(|line| asks(line))?;
    let block = lines.get(at..)?.iter().take(NEAR);
    // What follows the end of the condition is another matter.
    let mut block = block.take_while(|line| !matches!(**line, "fi" | "else") && !line.starts_with("elif"));
    block.any(|line| line.split([';', '&', '|', '{', ' ']).any(|word| word == "exit")).then_some(at + 1)
}

#[cfg(test)]
mod tests {
    use super::demands_root;

    #[test]
    fn scripts_that_end_unless_they_are_root() {
        let demands = |text: &str| demands_root(text.as_bytes());
        assert_eq!(demands("#!/bin/sh\nif [ \"$(id -u)\" -ne 0 ]; then\n  echo no >&2\n  exit 1\nfi\n"), Some(2));
        assert_eq!(demands("((EUID == 0)) || { echo no; exit 1; }\n"), Some(1));
        assert_eq!(demands("[ \"$(whoami)\" != root ] && exit 1\n"), Some(1));
        assert_eq!(demands("if [ \"$(id -u)\" = 0 ]; then\n  chown app /data\n  exec gosu app \"$0\"\nfi\n"), None);
        assert_eq!(demands("if [ \"$(id -u)\" != 0 ]; then\n  exec \"$@\"\nfi\nexit 1\n"), None);
        assert_eq!(demands("[ -w /etc ] || exit 1\n"), Some(1));
        assert_eq!(demands("# id -u != 0\nexit 1\n"), None);
    }
}
