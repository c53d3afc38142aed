//! What the original wrote, and whether the new user can.

use std::collections::BTreeSet;

use super::evidence::{Check, Evidence, Verdict, check};
use super::parse::Kind;
use crate::model::value::within;

/// A path that the original wrote and the new user cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) path: String,
    /// Whether it is there in the rewritten image, or was a folder of the original.
    pub(super) folder: bool,
    pub(super) why: String,
}

/// What became of the writes.
#[derive(Debug, Default)]
struct Sorted {
    kept: usize,
    lost: Vec<Lost>,
    /// Paths of the system: they are root's on purpose.
    system: Vec<String>,
    /// What a program does without.
    dispensable: usize,
}

/// The paths that are lost.
pub(super) fn lost(evidence: &Evidence<'_>) -> Vec<Lost> {
    sort(evidence).map(|sorted| sorted.lost).unwrap_or_default()
}

/// The check of a report; there is none without an original.
pub(super) fn told(evidence: &Evidence<'_>) -> Option<Check> {
    let sorted = sort(evidence)?;
    let all = sorted.kept + sorted.lost.len() + sorted.system.len() + sorted.dispensable;
    let told = match (all, sorted.lost.len()) {
        (0, _) => "nothing to write".to_owned(),
        (all, 0) if sorted.kept == all => "all can be written".to_owned(),
        (_, 0) => format!("{} can be written", sorted.kept),
        (_, lost) => format!("{lost} cannot be written"),
    };
    let before = match all {
        0 => "wrote nothing".to_owned(),
        1 => "wrote 1 path".to_owned(),
        all => format!("wrote {all} paths"),
    };
    let verdict = match () {
        () if !sorted.lost.is_empty() => Verdict::Fails,
        () if !sorted.system.is_empty() => Verdict::Note,
        () => Verdict::Holds,
    };
    let lost = sorted.lost.iter().map(|lost| format!("{}: {}", lost.path, lost.why));
    let system =
        sorted.system.iter().map(|path| format!("{path}: a system file, which stays root's: look whether it matters"));
    Some(check("writes", verdict, Some(before), told).with(lost.chain(system)))
}

fn sort(evidence: &Evidence<'_>) -> Option<Sorted> {
    let before = evidence.before?;
    let who = evidence.who()?;
    let (old, new) = (&before.seen.changes, &evidence.after.seen.changes);
    let written: BTreeSet<&str> = new.iter().map(|(_, path)| path.as_str()).collect();
    let known: BTreeSet<&str> = old.iter().map(|(_, path)| path.as_str()).collect();
    let elsewhere: BTreeSet<&str> =
        new.iter().filter(|(_, path)| !known.contains(path.as_str())).map(|(_, path)| name(path)).collect();
    let homes = (before.image.env("HOME").unwrap_or("/root"), evidence.after.image.env("HOME").or(who.home.as_deref()));
    let mut sorted = Sorted::default();
    // A volume's files are in no layer, and are there to be written.
    let volumes = before.image.volumes().into_iter().map(|path| (Kind::Added, path.trim_end_matches('/'), true));
    let paths = old.iter().map(|(kind, path)| (*kind, path.as_str(), false));
    for (kind, path, folder) in paths.chain(volumes) {
        if sorted.lost.iter().any(|lost| within(path, &lost.path)) {
            continue;
        }
        let can = match kind {
            Kind::Deleted => evidence.tree.removable(path, &who),
            _ => evidence.tree.writable(path, &who),
        };
        match can {
            _ if written.contains(path) => sorted.kept += 1,
            Ok(()) => sorted.kept += 1,
            // The rewrite, or the program itself, put it where it can be written.
            Err(_) if elsewhere.contains(name(path)) => sorted.kept += 1,
            Err(_) if homes.0.len() > 1 && within(path, homes.0) && homes.1 != Some(homes.0) => sorted.dispensable += 1,
            Err(_) if is_cache(path) => sorted.dispensable += 1,
            Err(_) if is_system(path) => sorted.system.push(path.to_owned()),
            Err(why) => {
                let below = format!("{path}/");
                let folder =
                    folder || evidence.tree.is_folder(path) || old.iter().any(|(_, it)| it.starts_with(&below));
                sorted.lost.push(Lost { path: path.to_owned(), folder, why });
            }
        }
    }
    Some(sorted)
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What Python writes beside its code, and does without where it cannot.
fn is_cache(path: &str) -> bool {
    path.split('/').any(|part| part == "__pycache__")
}

/// Files that a process must not be able to change, even if an entrypoint run by root does.
fn is_system(path: &str) -> bool {
    ["/etc", "/usr/bin", "/usr/lib", "/usr/sbin", "/usr/share", "/bin", "/lib", "/sbin"]
        .into_iter()
        .any(|folder| within(path, folder))
}
