//! A file that several Dockerfiles take into their images changes with all of them, or not at all; one that several change
//! for themselves, as a compose file of all their services, gets the changes of all.

use super::status;
use crate::context::is_yaml;
use crate::edit::{self, Edit};
use crate::report::{self, Companion, File, Fix};
use crate::source::Span;
use crate::{plan, yaml};

/// The rule under which a fix is taken back.
const RULE: &str = "privileged-port";

/// Takes back every fix that changes a file which another Dockerfile uses, unless that one changes it in the same way in
/// the same run.
pub fn settle(files: &mut [File]) {
    while let Some((at, id, message)) = first_alone(files) {
        let Some(file) = files.get_mut(at) else { return };
        withdraw(file, id, &message);
    }
    while let Some((at, id, message)) = merge(files) {
        let Some(file) = files.get_mut(at) else { return };
        withdraw(file, id, &message);
    }
}

/// Gives every file that several fixes change all of their changes; or tells the first fix that does not go with those
/// before it, and why.
fn merge(files: &mut [File]) -> Option<(usize, usize, String)> {
    let mut paths: Vec<Vec<u8>> =
        files.iter().flat_map(|file| file.companions.iter().map(|other| other.path.clone())).collect();
    paths.sort();
    paths.dedup();
    for path in paths {
        let of_it = |file: &File| file.companions.iter().find(|other| other.path == path).cloned();
        let before = files.iter().find_map(of_it)?.before;
        let mut merged: Vec<Edit> = Vec::new();
        for (at, file) in files.iter().enumerate() {
            for fix in file.fixes.iter().filter(|fix| fix.applied) {
                let theirs = fix.edits.iter().filter(|edit| edit.path == path).map(plain);
                let mut together = merged.clone();
                theirs.for_each(|edit| together.extend((!merged.contains(&edit)).then_some(edit)));
                let same = fix.along.iter().filter(|other| other.path == path).all(|other| other.before == before);
                if !same || !goes(&path, &before, &together) {
                    let shown = String::from_utf8_lossy(&path).into_owned();
                    let why =
                        format!("{shown} would change for another Dockerfile at the same place: fix one of them first");
                    return Some((at, fix.id, why));
                }
                merged = together;
            }
        }
        let after = edit::apply(&before, &merged).ok()?;
        for file in files.iter_mut() {
            let mut kept = false;
            file.companions.retain(|other| other.path != path || !std::mem::replace(&mut kept, true));
            file.companions
                .iter_mut()
                .filter(|other| other.path == path)
                .for_each(|other| other.after.clone_from(&after));
        }
    }
    None
}

/// Whether edits can be made together, and leave YAML what it is.
fn goes(path: &[u8], before: &[u8], edits: &[Edit]) -> bool {
    let Ok(after) = edit::apply(before, edits) else { return false };
    let yaml = is_yaml(&String::from_utf8_lossy(path));
    !yaml || yaml::tree(&after).is_some_and(|documents| !documents.iter().any(yaml::Node::names_twice))
}

fn plain(edit: &report::Edit) -> Edit {
    Edit::replace(Span::new(edit.offset[0], edit.offset[1]), edit.text.clone())
}

/// The first fix that must not stand: the file, the fix, and why.
fn first_alone(files: &[File]) -> Option<(usize, usize, String)> {
    let mut all = files.iter().enumerate().flat_map(|(at, file)| file.fixes.iter().map(move |fix| (at, fix)));
    all.find_map(|(at, fix)| {
        let mut users = fix.along.iter().flat_map(|other| other.used_by.iter().map(move |user| (other, user)));
        let (other, user) = users.find(|(other, user)| !joins(files, fix, other, user))?;
        let (script, user) = (String::from_utf8_lossy(&other.path), String::from_utf8_lossy(user));
        let why = format!("{script} would change, and {user} uses it too and does not change along: fix both in one run, or say --port keep");
        Some((at, fix.id, why))
    })
}

/// Whether the Dockerfile at `user` changes the other file in the same way.
fn joins(files: &[File], fix: &Fix, other: &Companion, user: &[u8]) -> bool {
    let theirs = files.iter().filter(|file| file.path == user).flat_map(|file| &file.fixes);
    let mut theirs = theirs.filter(|theirs| theirs.applied == fix.applied).flat_map(|theirs| &theirs.along);
    theirs.any(|theirs| theirs.path == other.path && theirs.after == other.after)
}

/// Takes one fix out of a report, and says why.
fn withdraw(file: &mut File, id: usize, why: &str) {
    let (gone, kept): (Vec<Fix>, Vec<Fix>) = std::mem::take(&mut file.fixes).into_iter().partition(|fix| fix.id == id);
    file.fixes = kept;
    file.notes.retain(|note| !gone.iter().any(|fix| fix.notes.contains(note)));
    let of_it = |fix: Option<usize>| fix == Some(id);
    file.findings.retain(|finding| !of_it(finding.fix) || finding.rule == RULE || !plan::goes_along(finding.rule));
    for finding in file.findings.iter_mut().filter(|finding| of_it(finding.fix)) {
        finding.fix = None;
        if finding.rule == RULE {
            finding.reason = Some("port-shared");
            why.clone_into(&mut finding.why);
        }
    }
    for target in &mut file.targets {
        (target.user.after, target.user.uid, target.user.gid, target.user.origin) = (None, None, None, None);
        target.ports.clear();
        target.paths.clear();
    }
    let applied = || file.fixes.iter().filter(|fix| fix.applied);
    let own = applied().flat_map(|fix| &fix.edits).filter(|edit| edit.path == file.path);
    let edits: Vec<Edit> = own.map(plain).collect();
    let after = edit::apply(&file.before, &edits).unwrap_or_else(|_| file.before.clone());
    file.companions = applied().flat_map(|fix| fix.along.iter().cloned()).collect();
    file.after = after;
    file.status = status(file);
}
