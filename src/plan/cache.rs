//! Folders that variables of tools name, where a tool keeps what it fetches or works out while the program runs.

use super::named::APART;
use super::ownership::push;
use super::write_set::TOOLS;
use super::{Draft, Identity, uses};
use crate::facts::{self, ProgramRole, words};
use crate::model::command::Ran;
use crate::model::hazard::Scene;
use crate::model::{start, value};

/// A folder that a variable gives a tool for its cache.
pub(super) struct Cache {
    /// The folder.
    pub path: String,
    /// Why it is handed over.
    pub why: String,
    /// The last RUN that may leave something in it as root.
    filled: Option<usize>,
    /// Whether what the tool keeps is small.
    small: bool,
}

/// The caches of the tools that ENV tells of.
pub(super) fn all(scene: &Scene<'_>, identity: &Identity) -> Vec<Cache> {
    let model = scene.model;
    let owners = model.owners(scene.stage);
    let copied = |path: &str| {
        let mut to = owners.copies.iter().filter_map(|copy| copy.destination.as_deref());
        to.any(|to| value::within(to, path))
    };
    let named = model.environments(scene.stage).into_iter().filter_map(|(name, _, value)| {
        let small = words::SMALL_CACHE_VARIABLES.contains(&name.as_str());
        let known = small || words::CACHE_VARIABLES.contains(&name.as_str());
        let path = value.certain().filter(|_| known).and_then(value::normal)?;
        let apart = APART.iter().any(|tree| path.starts_with(tree));
        let free = path.len() > 1 && (apart || !TOOLS.iter().any(|tools| value::within(&path, tools)));
        // What a copy brings there is there to be read.
        (free && !copied(&path)).then_some((name, path, small))
    });
    let caches = named.map(|(name, path, small)| {
        let filled = fills(scene, identity, &name, &path);
        Cache { why: format!("named by ENV {name}"), path, filled, small }
    });
    caches.collect()
}

/// The last RUN that may leave something in the cache as root.
fn fills(scene: &Scene<'_>, identity: &Identity, name: &str, path: &str) -> Option<usize> {
    let (model, stage) = (scene.model, scene.stage);
    let marks = [path.to_owned(), format!("${name}"), format!("${{{name}}}")];
    let fills = |ran: &Ran, set: bool| {
        let prepares = ["mkdir", "chmod", "chown", "ln", "export", "echo"].contains(&ran.name.as_str());
        let named = ran.arguments.iter().flatten().any(|word| marks.iter().any(|mark| word.contains(mark)));
        named && !prepares || set && runs_code(ran)
    };
    let fetches = |text: &str| {
        facts::home_downloads().iter().any(|download| download.settled_by.contains(&name) && download.is_marked(text))
    };
    let runs: Vec<(usize, usize)> = model.runs(stage).collect();
    let root = runs.into_iter().rev().filter(|(of, at)| model.user(*of, *at).is_root());
    let mut found = root.filter(|(of, at)| {
        let set = model.variable(*of, *at, name).text().and_then(value::normal).as_deref() == Some(path);
        let mut list = model.commands(*of, *at).list.iter();
        (set && fetches(&scene.text(*at)) || list.any(|ran| fills(ran, set)))
            && !uses::opened(model, stage, *at, path, identity)
    });
    found.next().map(|(_, at)| at)
}

/// Whether a command runs code, of which a tool may be a part, other than to install packages.
fn runs_code(ran: &Ran) -> bool {
    let interpreter = facts::command(&ran.name).is_some_and(|known| known.role == ProgramRole::Interpreter);
    let words: Vec<&str> = ran.arguments.iter().flatten().map(String::as_str).collect();
    let installs = matches!(words.as_slice(), ["-m", "pip" | "venv" | "ensurepip" | "compileall", ..]);
    interpreter && !start::is_shell(&ran.name) && !installs
}

/// Whether all in a cache goes along with it; tells of what stays root's where it may be large.
pub(super) fn settle(draft: &mut Draft<'_>, caches: &[Cache], path: &str) -> bool {
    let Some((cache, at)) = caches.iter().find(|cache| cache.path == path).and_then(|it| Some((it, it.filled?))) else {
        return false;
    };
    if cache.small {
        return true;
    }
    let line = draft.scene.model.line(at);
    let message = format!(
        "what the RUN on line {line} puts into {path} is of unknown size and stays root's: check that the process only reads it"
    );
    push(draft, "opaque-run", at, message);
    false
}
