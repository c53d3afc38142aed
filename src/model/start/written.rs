//! Files that programs of the command write, as far as their arguments and redirections tell.

use super::Walk;
use crate::facts::{self, ProgramRole};
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

    /// Files that a command itself writes: redirections and options like `--pid`, also where a variable adds them.
    pub(super) fn written(&mut self, program: &Program) {
        let mut paths = program.writes.clone();
        let words: Vec<&str> = program.arguments.iter().flatten().map(String::as_str).collect();
        paths.extend(by_options(&words).into_iter().map(Some));
        // `perl -pi -e 's/a/b/' /etc/app.conf` writes like `sed -i`.
        let cluster = |word: &&str| word.starts_with('-') && !word.starts_with("--") && word.contains('i');
        if matches!(program.name.as_str(), "perl" | "ruby") && words.iter().any(cluster) {
            paths.extend(words.iter().filter(|word| word.starts_with('/')).map(|path| Some((*path).to_owned())));
        }
        let read = facts::command(&program.name).map(|known| known.options_from).unwrap_or_default();
        for name in read {
            let value = self.scene.model.environment(self.scene.stage, usize::MAX, name);
            let words: Vec<&str> = value.text().unwrap_or("").split_whitespace().collect();
            paths.extend(by_options(&words).into_iter().map(Some));
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
        // A folder for logs or sockets of what the project itself runs, which no package brings, the plan can make.
        let role = facts::command(&program.name).map(|known| known.role);
        let projects =
            matches!(role, Some(ProgramRole::Interpreter | ProgramRole::StartTool)) && program.script.is_none();
        let own = ["/var/log/", "/var/lib/", "/run/", "/var/run/"].iter().any(|tree| folder.starts_with(tree));
        if own && projects && !model.is_base_folder(self.scene.stage, folder) {
            return self.written.push(path);
        }
        // What the base's own server serves, the plan hands over.
        let site = model.server(self.scene.stage).filter(|_| program.script.is_some()).map(|server| server.site);
        if site.is_some_and(|site| value::within(folder, site)) {
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

/// Absolute paths that options name as written: pid files, logs, sockets to listen on.
fn by_options(words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate().filter(|(_, word)| word.starts_with('-')) {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (*word, words.get(at + 1).copied()),
        };
        let name = name.trim_start_matches('-').to_ascii_lowercase();
        let Some(value) = value.filter(|value| !value.starts_with('-')) else { continue };
        let socket = value.strip_prefix("unix:").map(|path| path.strip_prefix("//").unwrap_or(path));
        let path = socket.unwrap_or(value);
        let listens = matches!(name.as_str(), "b" | "bind" | "listen" | "socket" | "uds" | "unix-socket" | "host");
        let kept = name.starts_with("pid") || name.ends_with("pid") || value.ends_with(".pid");
        if path.starts_with('/')
            && (is_log(&name, path) || kept || (listens && (socket.is_some() || path.ends_with(".sock"))))
        {
            found.push(if is_folder(&name, path) { value::join(path, "x") } else { path.to_owned() });
        }
    }
    found
}

/// Whether an option names a log, as a file or as the folder of one: not how it is written, nor a file that says so.
fn is_log(name: &str, path: &str) -> bool {
    let parts: Vec<&str> = name.split(['-', '_', '.']).collect();
    let log = parts.iter().any(|part| matches!(*part, "log" | "logs" | "logging" | "logfile" | "dlogging" | "logdir"));
    let how = ["config", "conf", "format", "level", "driver", "ini"];
    let settings = [".conf", ".ini", ".json", ".toml", ".xml", ".yaml", ".yml", ".properties", ".cfg"];
    log && !parts.iter().any(|part| how.contains(part)) && !settings.iter().any(|ending| path.ends_with(ending))
}

/// Whether an option names a folder for logs.
fn is_folder(name: &str, path: &str) -> bool {
    let last = name.rsplit(['-', '_', '.']).next().unwrap_or("");
    let file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    (!file && name.ends_with("file.path")) || matches!(last, "dir" | "directory" | "folder" | "logdir" | "logs")
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
