//! What the container's command comes to: programs, the start scripts behind them, and what all of them write.

mod checks;
pub mod drops;
pub mod files;
mod gives;
mod lifted;
pub mod makefile;
pub mod mode;
mod own;
pub mod package;
mod script;
pub mod shut;
pub mod tool;
mod written;

pub use checks::health;
pub use gives::Gives;
pub use lifted::{Lifted, lifted};
pub use mode::opened_to_all;
pub use own::sources;
pub use shut::{kept_from_others, shut};
pub use tool::install_scripts;
use written::named;

use std::collections::HashSet;

use super::entry::Program;
use super::hazard::{Hazard, Scene, Weight, hazard};
use super::script::shebang_is_shell;
use super::value;
use crate::facts::{self, AtStart, Known, ProgramRole, Writes};

/// Scripts that are read in each other.
const DEPTH: usize = 6;

/// Looks at every program that the command starts, through start scripts too.
pub(super) fn programs(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let started = scene.started();
    let mut beside = Walk { read: started.read.clone(), ..Walk::new(scene) };
    found.extend(started.found.iter().cloned());
    // What programs may run by its name: only what certainly fails counts.
    for path in own::on_path(scene) {
        beside.script(&own::program(scene, &path), &[Some(path)]);
    }
    found.extend(beside.found.into_iter().filter(|hazard| hazard.id == "system-file"));
    checks::health_check(scene, found);
    checks::login_shell(scene, found);
}

/// Every program that the command starts, those of start scripts included, as far as they can be read.
pub fn all<'w>(scene: &'w Scene<'_>) -> &'w [Program] {
    &scene.started().programs
}

/// Whether a program is a start script that was read, so that what it starts and writes is known.
pub fn is_read(scene: &Scene<'_>, program: &Program) -> bool {
    scene.started().read.iter().any(|file| file.rsplit('/').next() == Some(program.name.as_str()))
}

/// Paths that start scripts write in the app's own folder and in folders that a RUN makes, as far as they can be read.
pub fn written<'w>(scene: &'w Scene<'_>) -> &'w [String] {
    &scene.started().written
}

/// What start scripts give to the account that the file makes.
pub fn given<'w>(scene: &'w Scene<'_>) -> &'w [Gives] {
    &scene.started().gives
}

/// What a walk through the command and its start scripts comes to.
pub(super) struct Started {
    gives: Vec<Gives>,
    found: Vec<Hazard>,
    programs: Vec<Program>,
    written: Vec<String>,
    read: HashSet<String>,
}

pub(super) fn walked(scene: &Scene<'_>) -> Started {
    let mut walk = Walk::new(scene);
    let by_compose = scene.started_by_compose().unwrap_or_default().list;
    let lifted = scene.lifted();
    // What becomes a step of the build starts no more: the server alone is left of that command.
    let serves = |program: &Program| facts::command(&program.name).is_some_and(|known| known.expands.is_some());
    let stays = |program: &&Program| lifted.as_ref().is_none_or(|lifted| lifted.at != program.at.1 || serves(program));
    for program in scene.programs.list.iter().filter(stays).chain(&by_compose) {
        walk.program(program, None);
    }
    if let Some(Ok(served)) = scene.server() {
        for (path, at) in &served.scripts {
            let name = path.rsplit('/').next().unwrap_or("").to_owned();
            let at = (scene.stage, *at);
            walk.script(&Program { name, path: path.clone(), at, ..Program::default() }, &[Some(path.clone())]);
        }
    }
    let Walk { mut found, programs, written, read, gives, .. } = walk;
    // What a compose file starts in its place is no program of the file's own: only what certainly fails counts.
    let mut instead = Walk { read: read.clone(), ..Walk::new(scene) };
    for program in scene.started_instead().iter().flat_map(|started| &started.list) {
        instead.program(program, None);
    }
    found.extend(instead.found.into_iter().filter(|hazard| hazard.weight == Weight::Manual));
    Started { gives, found, programs, written, read }
}

/// The way through the command and its scripts.
struct Walk<'w, 's> {
    scene: &'w Scene<'s>,
    found: Vec<Hazard>,
    programs: Vec<Program>,
    /// Paths in the app's own folder and in folders that a RUN makes, which scripts write.
    written: Vec<String>,
    /// What scripts give to the account that the file makes.
    gives: Vec<Gives>,
    /// Scripts that were read already.
    read: HashSet<String>,
    depth: usize,
}

impl<'w, 's> Walk<'w, 's> {
    fn new(scene: &'w Scene<'s>) -> Self {
        Self {
            scene,
            found: Vec::new(),
            programs: Vec::new(),
            written: Vec::new(),
            gives: Vec::new(),
            read: HashSet::new(),
            depth: 0,
        }
    }

    fn push(&mut self, id: &'static str, weight: Weight, program: &Program, message: String) {
        self.found.push(hazard(id, weight, program.at.1, message));
    }

    /// Adds what is no hazard where the process runs as the account of its server's package, if `packaged`.
    fn add(&mut self, packaged: bool, hazard: Hazard) {
        self.found.push(Hazard { packaged, ..hazard });
    }

    /// One program, started by the command itself or `via` a script.
    fn program(&mut self, program: &Program, via: Option<&str>) {
        self.programs.push(program.clone());
        if let Some(gives) = via.and_then(|_| gives::given(self.scene, program)) {
            self.written.extend(gives.paths.iter().map(|path| value::join(path, "x")));
            let message = format!(
                "the start script gives {} to {} at every start, which only root can: what is mounted there has to belong to it by itself",
                gives.paths.join(", "),
                gives.name
            );
            self.push("bind-mount", Weight::Unsafe, program, message);
            return self.gives.push(gives);
        }
        if let Some(script) = via.filter(|_| needs_root(program)) {
            let message = format!("the start script {script} runs {}, which needs root", program.name);
            let packaged = package::gives_own(self.scene, program);
            return self.add(packaged, hazard("start-script-root", Weight::Manual, program.at.1, message));
        }
        self.written(program);
        self.kept(program);
        match facts::command(&program.name).map(|known| known.role) {
            Some(ProgramRole::Interpreter) => match script_argument(program) {
                Some((path, at)) => {
                    let place = self.below_folder(&path);
                    let arguments = program.arguments.iter().skip(at + 1).cloned().collect();
                    let places = program.places.iter().skip(at + 1).copied().collect();
                    self.script(&Program { path, arguments, places, ..program.clone() }, &[place]);
                }
                None if is_bare_shell(program) => {
                    let message = format!(
                        "{} waits for somebody to type: a tool image, whose users may rely on root",
                        program.name
                    );
                    self.push("interactive", Weight::Unsafe, program, message);
                }
                None if is_shell(&program.name) && program.arguments.iter().any(Option::is_none) => {
                    let message = format!("{} is given a script whose name cannot be known here", program.name);
                    self.push("start-script", Weight::Unsafe, program, message);
                }
                None => {}
            },
            Some(ProgramRole::StartTool) => self.start_tool(program),
            Some(ProgramRole::Server) if via.is_some() && !is_told_all(program) => {
                let message = format!(
                    "{} keeps files in folders of its own package: check that the account may write them",
                    program.name
                );
                let packaged = package::is_at_home(self.scene, program);
                self.add(packaged, hazard("server-files", Weight::Unsafe, program.at.1, message));
            }
            Some(ProgramRole::Plain) => self.plain(program, via),
            Some(_) => {}
            None => self.unknown(program),
        }
    }

    /// A path argument as the process sees it.
    fn below_folder(&self, path: &str) -> Option<String> {
        match path.starts_with('/') {
            true => value::normal(path),
            false => self.scene.model.process_folder(self.scene.stage).text().map(|cwd| value::join(cwd, path)),
        }
    }

    /// A program that no template lists: a script of the project, a program built or copied here, or something installed.
    fn unknown(&mut self, program: &Program) {
        let places = self.scene.places(&program.path);
        let file = places.iter().find_map(|place| self.scene.file(place));
        if file.as_ref().is_some_and(|file| shebang_is_shell(&file.text)) {
            let places: Vec<Option<String>> = places.into_iter().map(Some).collect();
            return self.script(program, &places);
        }
        // A program of another language, or a binary that a copy brings.
        if file.as_ref().is_some_and(|file| file.text.starts_with(b"#!") || !looks_like_script(program)) {
            return;
        }
        if looks_like_script(program) {
            let places: Vec<Option<String>> = places.into_iter().map(Some).collect();
            return self.script(program, &places);
        }
        let brought = places.iter().any(|place| is_brought(self.scene, place, &program.path));
        if brought || own::is_own(self.scene, &program.name) {
            return;
        }
        let message = format!("nothing is known of {}: check that it starts and writes without root", program.path);
        self.push("unknown-program", Weight::Unsafe, program, message);
    }

    /// A command of a script, or of a chain that the command itself is, that does a job of its own: `mkdir`, `sed -i`,
    /// `pip install`.
    fn plain(&mut self, program: &Program, script: Option<&str>) {
        let first = program.arguments.first().cloned().flatten().unwrap_or_default();
        match facts::writes(&program.name, &first) {
            Writes::Nothing | Writes::Home => {}
            // pip installs below HOME where it may not write the system (pip's user guide, "User Installs").
            Writes::System if facts::command(&program.name).is_some_and(|known| known.needs_root == Known::No) => {}
            Writes::Named if gives::made(self.scene, program).is_some() => {
                let made = gives::made(self.scene, program).unwrap_or_default();
                self.written.extend(made.iter().map(|path| value::join(path, "x")));
            }
            Writes::Named => {
                for path in named(&program.name, &program.arguments) {
                    self.one_written(program, path);
                }
            }
            // The command itself is the app, which the working folder is looked at for.
            _ if script.is_none() => {}
            _ => {
                let script = script.unwrap_or_default();
                let message = format!("the start script {script} runs {}: check what it writes", program.name);
                let packaged = package::is_at_home(self.scene, program);
                self.add(packaged, hazard("start-script", Weight::Unsafe, program.at.1, message));
            }
        }
    }

    fn start_tool(&mut self, program: &Program) {
        let first = program.arguments.iter().flatten().find(|word| !word.starts_with('-'));
        let settled = first.is_some_and(|first| facts::writes(&program.name, first) == Writes::Output);
        match facts::command(&program.name).and_then(|known| known.at_start).filter(|_| !settled) {
            Some(AtStart::Caches) => {
                let message = format!("{} writes caches beside the installed packages", program.name);
                self.push("framework-cache", Weight::Unsafe, program, message);
            }
            Some(AtStart::Builds) => {
                let message = format!(
                    "{} builds when the container starts, and writes beside the source and into caches",
                    program.name
                );
                self.push("builds-at-start", Weight::Unsafe, program, message);
            }
            None => self.package_script(program),
        }
    }
}

/// Whether a program is a shell.
pub fn is_shell(name: &str) -> bool {
    matches!(name, "sh" | "bash" | "ash" | "dash" | "zsh")
}

fn is_bare_shell(program: &Program) -> bool {
    let is_option = |word: &Option<String>| word.as_deref().is_some_and(|word| word.starts_with('-'));
    is_shell(&program.name) && program.arguments.iter().all(is_option)
}

/// `sh start.sh web`: the script that a shell runs, and which argument that is.
fn script_argument(program: &Program) -> Option<(String, usize)> {
    let is_script = |word: &Option<String>| word.as_deref().is_some_and(|word| !word.starts_with('-'));
    let at = program.arguments.iter().position(is_script).filter(|_| is_shell(&program.name))?;
    Some((program.arguments.get(at)?.clone()?, at))
}

fn looks_like_script(program: &Program) -> bool {
    [".sh", ".bash"].iter().any(|ending| program.path.ends_with(ending))
        || ["entrypoint", "start", "run", "init", "boot"].iter().any(|word| program.name.contains(word))
}

/// Whether a copy of the file surely brings the program at `path`: its own file, or what lies in a folder that it fills.
fn is_brought(scene: &Scene<'_>, path: &str, written: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or("");
    let folder = path.strip_suffix(name).map(|folder| folder.trim_end_matches('/')).unwrap_or("");
    scene.model.owners(scene.stage).copies.iter().any(|copy| {
        let sources = own::sources(scene, copy.instruction);
        let named = sources.iter().any(|source| source.rsplit('/').next() == Some(name));
        copy.destination.as_deref().is_some_and(|to| {
            let into = copy.into && named && to.trim_end_matches('/') == folder;
            // A name that is looked for in PATH has to be seen; a path that the file gives lies where it says.
            to == path || into || (written.contains('/') && to != "/" && value::within(path, to))
        }) || (written.contains('/') && copy.into && copy.destination.as_deref() == Some("/"))
    })
}

/// Whether a server takes all that matters from its arguments: they say where it listens, and the folder that it keeps its
/// data in is the only one that it writes.
pub fn is_told_all(program: &Program) -> bool {
    is_applet(program) || (super::port::is_told(program) && kept_in(program).is_some())
}

/// Whether it is the applet of BusyBox of its name, which takes everything from its arguments and writes nothing.
pub fn is_applet(program: &Program) -> bool {
    let has = |option: &str| program.arguments.iter().flatten().any(|word| word == option);
    let applet = facts::command(&program.name).and_then(|known| known.applet);
    applet.is_some_and(|(told_by, root_for)| has(told_by) && !has(root_for))
}

/// The folder of its own package that a server keeps its data in, unless its arguments name another.
pub fn kept_in(program: &Program) -> Option<&'static str> {
    let known = facts::command(&program.name)?;
    let folder = known.keeps.filter(|path| path.starts_with('/'))?;
    (!written::is_kept_elsewhere(known, program)).then_some(folder)
}

/// Whether a program needs root for its usual job, or listens below 1024 by its own configuration.
fn needs_root(program: &Program) -> bool {
    let Some(known) = facts::command(&program.name) else { return false };
    let role = matches!(known.role, ProgramRole::DropsRoot | ProgramRole::Init | ProgramRole::DaemonRoot);
    let low = known.port.is_none_or(|port| port < super::port::FIRST_FREE);
    let server = known.role == ProgramRole::Server && low && !is_told_all(program);
    role || server || known.needs_root == Known::Yes
}
