//! The file in which a program begins that a stage compiles.

use super::started::File;
use super::{BYTES, FILES, vouch};
use crate::context::Entry;
use crate::facts::{self, Language};
use crate::model::hazard::Scene;
use crate::model::start;

const DEPTH: usize = 8;

/// The one file of the build context that the one program begins in; `None` where there are several, or none.
pub(super) fn file(scene: &Scene<'_>) -> Option<File> {
    let language = vouch::language(scene).filter(|language| !language.shows.begins.is_empty())?;
    let [program] = start::all(scene) else { return None };
    if facts::command(&program.name).is_some() {
        return None;
    }
    let mut found = Found { begins: Vec::new(), files: 0, bytes: 0 };
    for folder in vouch::folders(scene)? {
        look(scene, &folder, language, &mut found, 0)?;
    }
    match found.begins.as_slice() {
        [(path, text)] => Some(File::new(path, None, text, language, true)),
        _ => None,
    }
}

struct Found {
    begins: Vec<(String, Vec<u8>)>,
    files: usize,
    bytes: usize,
}

/// Looks for beginnings in a file or folder; `None` when there is too much of it.
fn look(scene: &Scene<'_>, path: &str, language: &Language, found: &mut Found, depth: usize) -> Option<()> {
    let name = path.rsplit('/').next().unwrap_or("");
    match scene.files.entry(path) {
        Entry::Folder if depth < DEPTH && !matches!(name, ".git" | "node_modules" | "vendor" | "testdata") => {
            for name in scene.files.list(path).iter() {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                look(scene, &inner, language, found, depth + 1)?;
            }
        }
        Entry::File { .. } if language.is_source(name) && !language.is_test(name) && !scene.hides(path) => {
            let text = scene.files.read(path)?;
            found.files += 1;
            found.bytes += text.len();
            let read = String::from_utf8_lossy(&text);
            let main = read.lines().any(|line| line.trim_end() == language.main);
            if main && read.lines().any(|line| line.starts_with(language.shows.begins)) {
                found.begins.push((path.to_owned(), text));
            }
        }
        _ => {}
    }
    (found.files < FILES && found.bytes < BYTES).then_some(())
}
