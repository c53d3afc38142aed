//! The framework that an app is built on: what it writes at run time is known, whatever steps of the build leave there.

use super::ownership::{give, push, shellless};
use super::{Draft, Handed, Identity, witness};
use crate::context::Entry;
use crate::facts::{self, Framework};
use crate::model::hazard::Scene;
use crate::model::owner::Owners;
use crate::model::{start, value};

/// Most entries of the project that are looked at, how deep, and the size of a file of source.
const MOST: usize = 2000;
const DEPTH: usize = 8;
const BYTES: u64 = 256 << 10;

/// The framework of the app in a folder, if it is one that is known.
pub(super) fn of(scene: &Scene<'_>, folder: &str) -> Option<&'static Framework> {
    let holds = |(file, marks): &(&str, &[&str])| {
        let text = scene.file(&value::join(folder, file)).map(|file| String::from_utf8_lossy(&file.text).into_owned());
        text.is_some_and(|text| marks.iter().any(|mark| text.contains(mark)))
    };
    let programs = start::all(scene);
    let words: Vec<&str> = programs
        .iter()
        .flat_map(|program| program.arguments.iter().flatten().chain([&program.path]))
        .map(String::as_str)
        .collect();
    let started = |name: &&str| {
        words.iter().any(|word| word.trim_start_matches("./") == *name || *word == value::join(folder, name))
    };
    let shows = |framework: &&Framework| {
        (framework.manifests.iter().any(holds) || framework.programs.iter().any(started))
            && !framework.unless.iter().any(holds)
    };
    facts::frameworks().iter().find(shows)
}

/// Hands over what the app writes by its framework.
pub(super) fn hand_over(draft: &mut Draft<'_>, identity: &Identity, folder: &str) -> Option<&'static Framework> {
    let found = of(draft.scene, folder)?;
    let why = format!("{} writes it at run time", found.name);
    let (trees, alone) = (found.writes.iter().map(|path| (path, true)), found.fills.iter().map(|path| (path, false)));
    for (path, tree) in trees.chain(alone) {
        give(draft, identity, value::join(folder, path), tree, why.clone());
    }
    again(draft, found, folder);
    Some(found)
}

/// The same where the base's own server ran its workers as the account already: only what stays root's of it.
pub(super) fn of_worker(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let Some(folder) = model.own_folder(stage).filter(|_| !shellless(model, stage)) else { return };
    let Some(found) = of(draft.scene, &folder) else { return };
    let given = |path: &String| owners.owner(path).is_some_and(|owner| !owner.starts_with("0:"));
    for path in found.writes.iter().map(|path| value::join(&folder, path)).filter(|path| !given(path)) {
        give(draft, identity, path, true, format!("{} writes it at run time", found.name));
    }
}

/// Tells of what the framework writes anew in what the build leaves: that is of any size, and stays root's.
fn again(draft: &mut Draft<'_>, found: &Framework, folder: &str) {
    let scene = draft.scene;
    let mut manifests = found.manifests.iter().map(|(file, _)| value::join(folder, file));
    let Some(manifest) = manifests.find_map(|path| scene.file(&path)).map(|file| file.shown) else { return };
    let root = manifest.rsplit_once('/').map_or("", |(root, _)| root);
    for (mark, below) in found.again {
        let path = value::join(folder, below);
        let theirs = |handed: &Handed| handed.tree && value::within(&path, &handed.path);
        if draft.handed.iter().any(theirs) {
            continue;
        }
        let inside = |code: &str| if root.is_empty() { code.to_owned() } else { format!("{root}/{code}") };
        let mut folders = found.code.iter().map(|code| inside(code));
        let Some(place) = folders.find_map(|code| says(scene, &code, mark, DEPTH, &mut 0)) else { continue };
        let message = format!(
            "{place} says `{mark}`: what {} makes anew by it cannot be written into {path}, which stays root's, and lives in memory only",
            found.name
        );
        return push(draft, "framework-cache", witness::command(draft), message);
    }
}

/// The first line of a file in a folder of the project that says something.
fn says(scene: &Scene<'_>, folder: &str, mark: &str, depth: usize, seen: &mut usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let names = scene.files.list(folder);
    *seen += names.len();
    if *seen > MOST {
        return None;
    }
    names.iter().find_map(|name| {
        let path = format!("{folder}/{name}");
        match scene.files.entry(&path) {
            Entry::Folder => says(scene, &path, mark, depth, seen),
            Entry::File { len, .. } if len < BYTES => {
                let text = scene.files.read(&path)?;
                let text = String::from_utf8_lossy(&text);
                let line = text.lines().position(|line| line.contains(mark))?;
                Some(format!("{path}:{}", line + 1))
            }
            _ => None,
        }
    })
}

/// Whether a RUN does nothing but what the framework, and tools that are known, do in the app's folder.
pub(super) fn builds(scene: &Scene<'_>, found: &Framework, at: usize) -> bool {
    let Some(stage) = scene.model.stage_of(at) else { return false };
    let commands = scene.model.commands(stage, at);
    let own = |path: &str| found.programs.iter().any(|program| path.trim_start_matches("./").ends_with(program));
    commands.complete && commands.list.iter().all(|ran| facts::command(&ran.name).is_some() || own(&ran.full))
}
