//! A file that several Dockerfiles take into their images changes with all of them, or not at all.

use super::status;
use crate::edit::{self, Edit};
use crate::plan;
use crate::report::{Companion, File, Fix};
use crate::source::Span;

/// The rule under which a fix is taken back.
const RULE: &str = "privileged-port";

/// Takes back every fix that changes a file which another Dockerfile uses, unless that one changes it in the same way in
/// the same run.
pub fn settle(files: &mut [File]) {
    while let Some((at, id, message)) = first_alone(files) {
        let Some(file) = files.get_mut(at) else { return };
        withdraw(file, id, &message);
    }
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
    let edits: Vec<Edit> =
        own.map(|edit| Edit::replace(Span::new(edit.offset[0], edit.offset[1]), edit.text.clone())).collect();
    let after = edit::apply(&file.before, &edits).unwrap_or_else(|_| file.before.clone());
    file.companions = applied().flat_map(|fix| fix.along.iter().cloned()).collect();
    file.after = after;
    file.status = status(file);
}
