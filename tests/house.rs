//! The rules of the house that a compiler does not know.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};

/// Layers in the order in which they may import: each only what stands before it.
const LAYERS: [&str; 23] = [
    "source",
    "facts",
    "options",
    "context",
    "yaml",
    "compose",
    "kubernetes",
    "readme",
    "syntax",
    "shell",
    "images",
    "model",
    "plan",
    "rules",
    "edit",
    "proof",
    "report",
    "config",
    "pipeline",
    "lib",
    "cli",
    "main",
    "build",
];

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(found.len() > 20);
    found
}

fn layer(path: &Path) -> String {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

#[test]
fn imports_run_one_way() {
    let rank = |name: &str| LAYERS.iter().position(|layer| *layer == name);
    for path in sources() {
        let from = layer(&path);
        // edit.rs is plain data and splicing: plan renders into it.
        let own = rank(&from).unwrap_or_else(|| panic!("{from} has no place in the house"));
        for line in fs::read_to_string(&path).unwrap().lines() {
            let Some(rest) = line.trim().strip_prefix("use crate::") else { continue };
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let Some(to) = rank(&name) else { continue };
            let shared = matches!(name.as_str(), "edit" | "report") && own >= rank("plan").unwrap();
            assert!(to <= own || shared, "{}: {line}", path.display());
        }
    }
}

#[test]
fn rules_do_not_import_each_other() {
    for path in sources().into_iter().filter(|path| layer(path) == "rules") {
        for line in fs::read_to_string(&path).unwrap().lines().filter(|line| line.starts_with("use ")) {
            assert!(
                !line.contains("rules::") && !line.contains("syntax::") && !line.contains("source::"),
                "{}: {line}",
                path.display()
            );
        }
    }
}

#[test]
fn files_can_be_read_in_one_sitting() {
    for path in sources() {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 400, "{} has {lines} lines", path.display());
    }
}

/// Only `cli/` and `main.rs` touch the system.
#[test]
fn the_library_touches_nothing() {
    for path in sources().into_iter().filter(|path| !matches!(layer(path).as_str(), "cli" | "main")) {
        let text = fs::read_to_string(&path).unwrap();
        for word in ["std::fs", "std::process", "std::env::", "std::net", "std::thread"] {
            assert!(!text.contains(word), "{} uses {word}", path.display());
        }
    }
}
