//! Files of the project, besides compose files, in which a service is asked by its name on the port that moves.

use super::Draft;
use crate::compose;
use crate::context::{Entry, is_compose};
use crate::model::hazard::{Hazard, Weight};

/// Most names that are looked at, how deep, and the size of a file.
const MOST: usize = 3000;
const DEPTH: usize = 6;
const BYTES: u64 = 128 << 10;

/// Folders in which nothing is configured.
const SKIPPED: [&str; 6] = [".git", "node_modules", "vendor", "dist", "build", "target"];

/// Tells of the first file that asks one of these services on the port; those that are `settled` have been looked through.
pub(super) fn look(draft: &mut Draft<'_>, names: &[String], port: u16, at: usize, settled: &[String]) {
    if names.is_empty() {
        return;
    }
    let walk = Walk { draft, names, port, settled };
    let Some(found) = walk.folder("", DEPTH, &mut 0) else { return };
    let message = format!("{found} asks it by its name on port {port} and is not changed along");
    draft.hazards.push(Hazard { id: "port-elsewhere", weight: Weight::Unsafe, message, at, packaged: false });
}

struct Walk<'w, 'd> {
    draft: &'w Draft<'d>,
    names: &'w [String],
    port: u16,
    settled: &'w [String],
}

impl Walk<'_, '_> {
    fn folder(&self, folder: &str, depth: usize, seen: &mut usize) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let files = self.draft.scene.files;
        files.list(folder).iter().find_map(|name| {
            *seen += 1;
            if *seen > MOST || SKIPPED.contains(&name.as_str()) {
                return None;
            }
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            match files.entry(&path) {
                Entry::Folder => self.folder(&path, depth, seen),
                Entry::File { len, .. } if len < BYTES && self.is_looked_at(name, &path) => {
                    let line = files.read(&path).and_then(|text| asks(&text, self.names, self.port))?;
                    Some(format!("{path}:{line}"))
                }
                _ => None,
            }
        })
    }

    fn is_looked_at(&self, name: &str, path: &String) -> bool {
        !is_compose(name) && !name.ends_with(".md") && !self.settled.contains(path)
    }
}

/// The line in which a text asks one of these hosts on the port.
fn asks(text: &[u8], names: &[String], port: u16) -> Option<usize> {
    let text = String::from_utf8_lossy(text);
    if text.contains('\0') {
        return None;
    }
    let asked = |line: &str| names.iter().any(|name| !compose::asked(line, name, port).is_empty());
    text.lines().position(asked).map(|line| line + 1)
}
