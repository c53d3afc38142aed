//! Thousands of real Dockerfiles, which are nobody's to hand on and stay outside of the repository:
//!
//! ```sh
//! UNROOT_CORPUS=/path cargo test --release --test corpus -- --nocapture
//! ```
//!
//! `/path/files/*.Dockerfile` are the files. With `UNROOT_PAIRS=/path/pairs` as well, each `/path/pairs/*/` is a project
//! that took a Dockerfile off root: `meta.json`, and `tree/` with the files before it. Those are counted, not judged.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test fails by panicking, and what it counts is for people"
)]

#[path = "corpus/binary.rs"]
mod binary;
#[path = "corpus/folder.rs"]
mod folder;
#[path = "corpus/library.rs"]
mod library;
#[path = "corpus/pairs.rs"]
mod pairs;
#[path = "corpus/tables.rs"]
mod tables;
#[path = "corpus/yaml.rs"]
mod yaml;

use std::env;
use std::path::PathBuf;

/// What each file is fixed with.
const OPTIONS: [&[&str]; 6] = [
    &[],
    &["--unsafe"],
    &["--unsafe", "--openshift"],
    &["--unsafe", "--prepare"],
    &["--unsafe", "--ownership", "data"],
    &["--unsafe", "--ownership", "none"],
];

/// The folder that an environment variable names; a test without it says so and is done.
fn folder_of(name: &str, what: &str) -> Option<PathBuf> {
    let folder = env::var_os(name).map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: set {name}={what} to run this");
    }
    folder
}

#[test]
fn yaml_files() {
    let Some(folder) = folder_of("UNROOT_PAIRS", "a folder with YAML files") else { return };
    let seen = yaml::run(&folder);
    println!(
        "yaml: {} files ({} compose, {} manifests), {} read, {} scalars, {} ports moved, {} refused",
        seen.files, seen.composes, seen.manifests, seen.read, seen.scalars, seen.moved, seen.refused
    );
    println!("manifests: {} held, {} ports moved, {} left", seen.secured, seen.sent, seen.left);
    assert!(seen.wrong.is_empty(), "{} wrong: {:#?}", seen.wrong.len(), seen.wrong.get(..20).unwrap_or(&seen.wrong));
}

#[test]
fn library() {
    let Some(corpus) = folder_of("UNROOT_CORPUS", "a folder with files/*.Dockerfile") else { return };
    let copy = folder::copy(&corpus);
    tables::judge("library", &library::run(copy.path()));
}

#[test]
fn binary() {
    let Some(corpus) = folder_of("UNROOT_CORPUS", "a folder with files/*.Dockerfile") else { return };
    let mut violations = Vec::new();
    for extra in OPTIONS {
        violations.extend(binary::run(&corpus, extra));
    }
    tables::judge("binary", &violations);
}

#[test]
fn pairs() {
    let Some(pairs) = folder_of("UNROOT_PAIRS", "a folder with */meta.json and */tree") else { return };
    pairs::run(&pairs);
}
