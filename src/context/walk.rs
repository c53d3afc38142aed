//! The files below a folder of the project, without those of other people and of builds.

use super::survey::SKIPPED;
use super::{Entry, Files};

/// Most names that are looked at, and how deep.
const MOST: usize = 3000;
const DEPTH: usize = 6;

/// Paths and sizes in bytes of the files below `folder`, in order; of a large project the first ones.
pub fn below(files: &dyn Files, folder: &str) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    walk(files, folder, DEPTH, &mut 0, &mut found);
    found
}

fn walk(files: &dyn Files, folder: &str, depth: usize, seen: &mut usize, found: &mut Vec<(String, u64)>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    for name in files.list(folder).iter() {
        *seen += 1;
        if *seen > MOST || SKIPPED.contains(&name.as_str()) {
            continue;
        }
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        match files.entry(&path) {
            Entry::Folder => walk(files, &path, depth, seen, found),
            Entry::File { len, .. } => found.push((path, len)),
            _ => {}
        }
    }
}
