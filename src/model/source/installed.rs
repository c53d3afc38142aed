//! Source of the project that the image holds as an installed package: what it names beside itself lies among the
//! interpreter's own folders.

use super::{BYTES, Shown};
use crate::context::Entry;
use crate::facts::{self, Language};
use crate::model::hazard::Scene;
use crate::model::{start, value};

/// Most names that are looked at, and how deep.
const NAMES: usize = 2000;
const DEPTH: usize = 6;

/// The first line of the build context's source that names a folder beside the package, where a loader starts what no copy
/// brings as source.
pub fn beside_package(scene: &Scene<'_>) -> Option<Shown> {
    let loads = |language: &&Language| {
        let named = |name: &str| language.shows.loaders.contains(&name) || language.is_run_by(name);
        !language.shows.instances.is_empty() && start::all(scene).iter().any(|program| named(&program.name))
    };
    let language = facts::languages().iter().find(loads)?;
    if !scene.sources().is_empty() {
        return None;
    }
    let (context, folder) = (scene.context?, scene.model.process_folder(scene.stage));
    let found = walk(scene, language, context, DEPTH, &mut 0)?;
    // Source that lies in the folder that the process starts in is loaded from there.
    let (path, _) = found.place.rsplit_once(':')?;
    let inner = path.strip_prefix(context).unwrap_or(path).trim_start_matches('/');
    let here = folder.text().is_some_and(|cwd| scene.file(&value::join(cwd, inner)).is_some());
    (!here).then_some(found)
}

fn walk(scene: &Scene<'_>, language: &Language, folder: &str, depth: usize, seen: &mut usize) -> Option<Shown> {
    let depth = depth.checked_sub(1)?;
    for name in scene.files.list(folder).iter() {
        *seen += 1;
        if *seen > NAMES || name.starts_with('.') || language.is_test(name) {
            continue;
        }
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        let found = match scene.files.entry(&path) {
            Entry::Folder => walk(scene, language, &path, depth, seen),
            Entry::File { len, .. } if len < BYTES as u64 && language.is_source(name) => {
                let text = scene.files.read(&path)?;
                let text = String::from_utf8_lossy(&text);
                let names = |line: &str| language.shows.instances.iter().find(|word| line.contains(**word)).copied();
                let line = text.lines().enumerate().find_map(|(at, line)| Some((at + 1, names(line)?)));
                line.map(|(line, what)| Shown { place: format!("{path}:{line}"), what: what.to_owned() })
            }
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}
