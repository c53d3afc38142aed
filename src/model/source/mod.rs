//! The project's own source as a witness: whether what is built or copied writes files at all, and what a started file
//! shows: that it ends unless it is root, where it listens, what it makes.

mod call;
mod compiled;
mod doubt;
mod given;
mod installed;
mod known;
mod line;
mod listed;
mod listen;
mod mention;
mod packed;
mod settings;
mod started;
mod vouch;

use super::command::Ran;
use super::hazard::Scene;
use super::{Value, start, value};
use crate::facts;

pub use doubt::ports;
pub use installed::beside_package;
pub use listed::{listed, said};
pub use mention::{above, moves, named, owns};
pub use settings::{Setting, settings};
pub(super) use started::{File, files};
pub use vouch::writes_nothing;

/// Most files and bytes that are read.
const FILES: usize = 400;
const BYTES: usize = 4 << 20;

/// Where a line of the source shows something, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The file and the line, for people.
    pub place: String,
    /// A path, a condition.
    pub what: String,
}

/// A port that a started file listens on by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listens {
    /// The port.
    pub port: u16,
    /// The file and the line, for people.
    pub place: String,
    /// The variable of the environment that the number stands in for, or that an ENV gives it.
    pub variable: Option<String>,
    /// Whether an ENV of the image sets that variable.
    pub set: bool,
}

/// The condition by which a started file ends unless it is root.
pub fn root_check(scene: &Scene<'_>) -> Option<Shown> {
    scene.sources().iter().filter(|file| file.started).find_map(|file| {
        let shows = &file.language.shows;
        let (checks, ends) = (call::prepared(shows.root_checks), call::prepared(shows.ends));
        file.lines.iter().enumerate().find_map(|(at, line)| {
            let check = checks.iter().position(|check| call::holds(&line.text, check))?;
            // On another system it never holds.
            if asks_for_another(&line.text) {
                return None;
            }
            // What more is asked for may be what needs root.
            if [" and ", "&&"].iter().any(|word| line.text.contains(word)) && !asks_for_system(&line.text) {
                return None;
            }
            let inside = file.lines.iter().skip(at + 1).take_while(|next| next.indent > line.indent);
            let mut block = std::iter::once(line).chain(inside);
            let ends = block.any(|line| ends.iter().any(|end| call::holds(&line.text, end)));
            let what = (*shows.root_checks.get(check)?).to_owned();
            ends.then(|| Shown { place: file.place(line.number), what })
        })
    })
}

/// The call by which a started file becomes another user by itself: only root may.
pub fn turns_user(scene: &Scene<'_>) -> Option<Shown> {
    scene.sources().iter().filter(|file| file.started).find_map(|file| {
        let turns = call::prepared(file.language.shows.turns);
        file.lines.iter().find_map(|line| {
            let at = turns.iter().position(|turn| call::holds(&line.text, turn))?;
            let what = (*file.language.shows.turns.get(at)?).trim_end_matches('(').to_owned();
            Some(Shown { place: file.place(line.number), what })
        })
    })
}

/// Whether a condition only holds on a system that runs no container of ours: `process.platform === "win32"`.
fn asks_for_another(line: &str) -> bool {
    ["\"win32\"", "\"nt\"", "\"Windows\""].iter().any(|other| {
        line.match_indices(other).any(|(at, _)| {
            let before = line.get(..at).unwrap_or("");
            before.ends_with("==") && !before.trim_end_matches('=').ends_with('!')
        })
    })
}

/// Whether a condition besides that of root only asks which system it is.
fn asks_for_system(line: &str) -> bool {
    let parts: Vec<&str> = line.split(" and ").flat_map(|part| part.split("&&")).collect();
    let system = ["hasattr(", "os.name", "platform", "process.getuid", "process.geteuid", "geteuid()", "getuid()"];
    parts.iter().all(|part| system.iter().any(|word| part.contains(word)))
}

/// Ports that started files listen on, with what the image's ENV says of their variables.
pub fn listens(scene: &Scene<'_>) -> Vec<Listens> {
    let mut found = Vec::new();
    for file in scene.sources().iter().filter(|file| file.started) {
        for said in listen::listens(&file.lines, &file.language.shows) {
            let place = file.place(said.line);
            let (port, variable, set) = match settled(scene, &said) {
                Some(settled) => settled,
                None => continue,
            };
            found.push(Listens { port, place, variable, set });
        }
    }
    found
}

/// The port that a call comes to: what ENV gives the first of its variables that is set, else its number.
fn settled(scene: &Scene<'_>, said: &listen::Said) -> Option<(u16, Option<String>, bool)> {
    for name in &said.variables {
        match scene.model.environment(scene.stage, usize::MAX, name) {
            Value::Unset if given_elsewhere(scene, name) => return None,
            Value::Unset => {}
            value => return Some((value.certain()?.parse().ok()?, Some(name.clone()), true)),
        }
    }
    Some((said.number?, said.variables.first().cloned(), false))
}

/// Whether a step of the build runs source that looks for the home of whoever runs it.
pub fn asks_for_home(scene: &Scene<'_>, ran: &Ran) -> bool {
    let Some(language) = facts::languages().iter().find(|language| language.is_run_by(&ran.name)) else { return false };
    let first = ran.operands().next().and_then(|(_, text)| ran.placed(text));
    let file = first.filter(|path| language.is_source(path)).and_then(|path| scene.file(&path));
    file.is_some_and(|file| {
        let text = String::from_utf8_lossy(&file.text).into_owned();
        language.shows.homes.iter().any(|home| text.contains(home))
    })
}

/// Whether the command, a start script, package.json or `.env` gives a variable another value.
fn given_elsewhere(scene: &Scene<'_>, name: &str) -> bool {
    let entry = scene.model.entry(scene.stage);
    let commands = [entry.entrypoint, entry.cmd].into_iter().flatten().map(|(_, index)| scene.text(index));
    let scripts = start::all(scene).iter().filter_map(|program| scene.files.read(program.script.as_deref()?));
    let cwd = scene.model.process_folder(scene.stage);
    let beside = ["package.json", ".env"].into_iter().filter_map(|file| scene.file(&value::join(cwd.text()?, file)));
    let read = scripts.chain(beside.map(|file| file.text)).map(|text| String::from_utf8_lossy(&text).into_owned());
    let set = format!("{name}=");
    commands.chain(read).any(|text| {
        text.match_indices(&set).any(|(at, _)| !text.get(..at).is_some_and(|before| before.ends_with(line::is_word)))
    })
}

/// Folders that source makes by a path that shows.
pub fn makes(scene: &Scene<'_>) -> Vec<Shown> {
    called(scene, |file| file.language.shows.makes)
}

/// Files that source creates by a path that shows.
pub fn creates(scene: &Scene<'_>) -> Vec<Shown> {
    called(scene, |file| file.language.shows.creates)
}

/// Every path that one of these calls names; the first place of each.
fn called(scene: &Scene<'_>, calls: fn(&started::File) -> &'static [&'static str]) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    for file in scene.sources() {
        let calls = call::prepared(calls(file));
        let known = known::lines(scene, file);
        let plain = file.lines.iter().map(|line| (line.number, &line.text));
        for (number, text) in plain.chain(known.iter().map(|(number, text)| (*number, text))) {
            for path in calls.iter().flat_map(|of| call::arguments(text, of)).filter_map(value::normal) {
                if !found.iter().any(|known| known.what == path) {
                    found.push(Shown { place: file.place(number), what: path });
                }
            }
        }
    }
    found
}

/// The first line of source that names a cache beside the installed packages, and the folder of that cache.
pub fn cache(scene: &Scene<'_>) -> Option<(String, &'static str)> {
    scene.sources().iter().find_map(|file| {
        let caches = call::prepared(file.language.shows.caches);
        let line = file.lines.iter().find(|line| caches.iter().any(|cache| line.text.contains(cache)))?;
        Some((file.place(line.number), *file.language.shows.caches.first()?))
    })
}
