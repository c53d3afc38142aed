//! Files that programs of the command write, as far as their arguments and redirections tell.

use super::Walk;
use crate::facts;
use crate::model::command::Ran;
use crate::model::entry::Program;
use crate::model::hazard::Weight;
use crate::model::owner::Made;
use crate::model::{owner, value};

/// Whether arguments put a server's data elsewhere.
pub(super) fn is_kept_elsewhere(known: &facts::ProgramFacts, program: &Program) -> bool {
    let told = |word: &String| known.kept_elsewhere_by.iter().any(|it| word.starts_with(it) || word.ends_with(it));
    program.arguments.iter().flatten().any(told)
}

impl Walk<'_, '_> {
    /// Data that a server keeps in the folder that it starts in.
    pub(super) fn kept(&mut self, program: &Program) {
        let Some(known) = facts::command(&program.name) else { return };
        let Some(file) = known.keeps.filter(|path| !path.starts_with('/')) else { return };
        let cwd = self.scene.model.process_folder(self.scene.stage);
        let Some(cwd) = cwd.text().filter(|_| !is_kept_elsewhere(known, program)) else { return };
        if owner::SYSTEM.contains(&cwd) {
            let path = value::join(cwd, file);
            let message = format!(
                "{} keeps its data in {path}, and only root may create files in {cwd}: give it a folder of its own",
                program.name
            );
            self.push("system-file", Weight::Manual, program, message);
        }
    }

    /// Files that a command itself writes: redirections and options like `--pid`.
    pub(super) fn written(&mut self, program: &Program) {
        const OPTIONS: [&str; 8] =
            ["pid", "pidfile", "pid-file", "logfile", "log-file", "access-logfile", "error-logfile", "log-path"];
        let mut paths = program.writes.clone();
        let words: Vec<&str> = program.arguments.iter().flatten().map(String::as_str).collect();
        for (at, word) in words.iter().enumerate() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (*word, words.get(at + 1).copied()),
            };
            let name = name.trim_start_matches('-').to_ascii_lowercase();
            let path = value.filter(|_| word.starts_with('-') && OPTIONS.contains(&name.as_str()));
            paths.extend(path.filter(|path| path.starts_with('/')).map(|path| Some(path.to_owned())));
        }
        // `perl -pi -e 's/a/b/' /etc/app.conf` writes like `sed -i`.
        let cluster = |word: &&str| word.starts_with('-') && !word.starts_with("--") && word.contains('i');
        if matches!(program.name.as_str(), "perl" | "ruby") && words.iter().any(cluster) {
            paths.extend(words.iter().filter(|word| word.starts_with('/')).map(|path| Some((*path).to_owned())));
        }
        for path in paths {
            self.one_written(program, path);
        }
    }

    /// A path that a command writes: fine where everybody may, or in the app's own folder.
    pub(super) fn one_written(&mut self, program: &Program, path: Option<String>) {
        let model = self.scene.model;
        let Some(path) = path else {
            let message =
                format!("{} writes to a path that cannot be known here: check that the account may", program.name);
            return self.push("written-file", Weight::Unsafe, program, message);
        };
        // Relative paths lie in the working folder, which is looked at as a whole, unless they lead out of it.
        let cwd = model.process_folder(self.scene.stage);
        let leaves = |path: &String| path == ".." || path.starts_with("../");
        let path = match path {
            path if path.starts_with('/') => path,
            path if leaves(&path) => match cwd.text() {
                Some(cwd) => value::join(cwd, &path),
                None => return,
            },
            _ => return,
        };
        const ANYBODY: [&str; 5] = ["/dev", "/proc", "/tmp", "/var/tmp", "/dev/shm"];
        if ANYBODY.iter().any(|folder| value::within(&path, folder)) {
            return;
        }
        let own = model.own_folder(self.scene.stage);
        let outside = |copy: usize| {
            let copies = model.owners(self.scene.stage).copies;
            let to = copies.into_iter().find(|copied| copied.instruction == copy).and_then(|copied| copied.destination);
            !to.is_some_and(|to| own.as_deref().is_some_and(|own| value::within(&to, own)))
        };
        // A file that a copy from elsewhere brings into the folder stays root's.
        let given = || self.scene.file(&path).is_none_or(|file| !outside(file.copy));
        if own.as_deref().is_some_and(|own| value::within(&path, own)) && given() {
            return self.written.push(path);
        }
        let folder = path.rsplit_once('/').map_or("/", |(folder, _)| if folder.is_empty() { "/" } else { folder });
        // A folder that a step of this file makes is handed over as one that the process writes.
        let owners = model.owners(self.scene.stage);
        let made = matches!(owners.nodes.get(folder).map(|node| node.made), Some(Made::Run(_)));
        if made && !["/etc", "/usr", "/root"].iter().any(|tree| value::within(folder, tree)) {
            return self.written.push(path);
        }
        if model.is_base_folder(self.scene.stage, folder) || is_system(&path) {
            let message = format!("{} creates {path}, and only root may create files in {folder}", program.name);
            return self.push("system-file", Weight::Manual, program, message);
        }
        let message = format!("{} writes {path}: check that the account may", program.name);
        self.push("written-file", Weight::Unsafe, program, message);
    }
}

/// Trees that only root writes.
fn is_system(path: &str) -> bool {
    ["/etc", "/usr", "/run", "/var/run", "/var/log", "/var/lib", "/root"].iter().any(|tree| value::within(path, tree))
}

/// The paths that a command's arguments name as written: all, or the last of copies and links.
pub(super) fn named(name: &str, arguments: &[Option<String>]) -> Vec<Option<String>> {
    let dashed = |text: &Option<String>| text.as_deref().is_some_and(|text| text.starts_with('-'));
    let operands: Vec<Option<String>> = arguments.iter().filter(|text| !dashed(text)).cloned().collect();
    let in_place = arguments.iter().flatten().any(|text| text.starts_with("-i") || text == "--in-place");
    match name {
        "cp" | "ln" | "install" => match operands.as_slice() {
            // `cp app.conf /www/` makes a file in the folder.
            [.., from, Some(to)] if to.len() > 1 && to.ends_with('/') => {
                let name = from.as_deref().and_then(|from| from.trim_end_matches('/').rsplit('/').next());
                vec![name.map(|name| format!("{to}{name}"))]
            }
            _ => operands.last().cloned().into_iter().collect(),
        },
        "chmod" => operands.into_iter().skip(1).collect(),
        "sed" if !in_place => Vec::new(),
        "sed" => operands.into_iter().skip(1).collect(),
        _ => operands,
    }
}

impl Ran {
    /// The paths that its arguments name as written.
    pub fn named(&self) -> Vec<Option<String>> {
        named(&self.name, &self.arguments)
    }
}
