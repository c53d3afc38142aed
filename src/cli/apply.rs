//! Writes what changes: each Dockerfile with the files that move along, those that share such a file in one go.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use rayon::prelude::*;

use super::job::Outcome;
use super::write;
use crate::report::{self, Status};

/// Writes what changes, and says in the outcomes how that went.
pub(super) fn write_all(outcomes: &mut [Outcome], parallel: bool) {
    let changes = |outcome: &&mut Outcome| outcome.file.status != Status::Error && outcome.file.changed();
    let (alone, together): (Vec<&mut Outcome>, Vec<&mut Outcome>) =
        outcomes.iter_mut().filter(changes).partition(|outcome| outcome.file.companions.is_empty());
    let one = |outcome: &mut Outcome| write_group(&mut [outcome]);
    if parallel {
        alone.into_par_iter().for_each(one)
    } else {
        alone.into_iter().for_each(one)
    }
    for mut group in groups(together) {
        write_group(&mut group);
    }
}

/// Outcomes that change a file in common, directly or through others.
fn groups(outcomes: Vec<&mut Outcome>) -> Vec<Vec<&mut Outcome>> {
    let mut groups: Vec<(HashSet<Vec<u8>>, Vec<&mut Outcome>)> = Vec::new();
    for outcome in outcomes {
        let mut paths: HashSet<Vec<u8>> = outcome.file.companions.iter().map(|other| other.path.clone()).collect();
        let mut group = vec![outcome];
        let (joined, rest): (Vec<_>, Vec<_>) = groups.into_iter().partition(|(known, _)| !known.is_disjoint(&paths));
        for (known, members) in joined {
            paths.extend(known);
            group.extend(members);
        }
        groups = rest;
        groups.push((paths, group));
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Writes all that a group changes, or nothing.
fn write_group(group: &mut [&mut Outcome]) {
    let mut all: Vec<write::Change> = Vec::new();
    let mut gather = || {
        for outcome in group.iter() {
            let Some(path) = outcome.path.as_deref() else { continue };
            for change in changes(&outcome.file, path)? {
                // What several change together is the same for all of them.
                if !all.iter().any(|known| known.path == change.path) {
                    all.push(change);
                }
            }
        }
        write::write(&all)
    };
    let written: Result<()> = gather();
    for outcome in group.iter_mut().filter(|outcome| outcome.path.is_some()) {
        match &written {
            Ok(()) if outcome.file.status == Status::Fixable => outcome.file.status = Status::Fixed,
            Ok(()) => {}
            Err(error) => {
                outcome.file.fail(format!("{error:#}"));
                outcome.fatal = true;
            }
        }
    }
}

/// What has to be written for a file: itself, and what moves along with it.
pub(super) fn changes(file: &report::File, path: &Path) -> Result<Vec<write::Change>> {
    let mut changes =
        vec![write::Change { path: path.to_owned(), before: file.before.clone(), after: file.after.clone() }];
    for other in &file.companions {
        let given = Path::new(OsStr::from_bytes(&other.path));
        let name = || report::text::shown(&other.path);
        // Only the folder: a link in the file's own place must be seen, and refused.
        let folder = given.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = fs::canonicalize(folder).with_context(name)?;
        let path = folder.join(given.file_name().with_context(name)?);
        changes.push(write::Change { path, before: other.before.clone(), after: other.after.clone() });
    }
    changes.retain(|change| change.before != change.after);
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Companion, sample};
    use std::path::PathBuf;

    /// The sample with its Dockerfile and a config on disk.
    fn project() -> (tempfile::TempDir, report::File, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Dockerfile");
        fs::write(&path, sample::BEFORE).unwrap();
        let config = folder.path().join("nginx.conf");
        fs::write(&config, "listen 80;").unwrap();
        let mut file = sample::fixable();
        let (before, after) = (b"listen 80;".to_vec(), b"listen 8080;".to_vec());
        let path_of_it = config.as_os_str().as_bytes().to_vec();
        file.companions = vec![Companion { path: path_of_it, before, after, used_by: Vec::new() }];
        (folder, file, path)
    }

    fn written(file: report::File, path: &Path) -> Outcome {
        let mut outcomes = [Outcome { path: Some(path.to_owned()), file, fatal: false }];
        write_all(&mut outcomes, false);
        let [outcome] = outcomes;
        outcome
    }

    #[test]
    fn a_written_file_is_fixed_with_what_moves_along() {
        let (folder, file, path) = project();
        let outcome = written(file, &path);
        assert_eq!((outcome.file.status, outcome.fatal), (Status::Fixed, false));
        assert_eq!(fs::read(&path).unwrap(), sample::AFTER);
        assert_eq!(fs::read(folder.path().join("nginx.conf")).unwrap(), b"listen 8080;");
    }

    #[test]
    fn what_cannot_be_written_is_an_error_and_left_alone() {
        let (folder, file, path) = project();
        fs::write(folder.path().join("nginx.conf"), "listen 81;").unwrap();
        let outcome = written(file, &path);
        assert_eq!((outcome.file.status, outcome.fatal), (Status::Error, true));
        assert!(!outcome.file.changed() && outcome.file.fixes.iter().all(|fix| !fix.applied));
        assert_eq!(fs::read(&path).unwrap(), sample::BEFORE);
    }

    #[test]
    fn files_that_share_another_are_written_together_or_not_at_all() {
        let (folder, file, path) = project();
        let second = folder.path().join("Dockerfile.b");
        let outcomes = |before: &[u8]| {
            fs::write(&path, sample::BEFORE).unwrap();
            fs::write(&second, before).unwrap();
            fs::write(folder.path().join("nginx.conf"), "listen 80;").unwrap();
            let one = |path: &Path| Outcome { path: Some(path.to_owned()), file: file.clone(), fatal: false };
            let mut outcomes = [one(&path), one(&second)];
            write_all(&mut outcomes, true);
            outcomes.map(|outcome| outcome.file.status)
        };
        assert_eq!(outcomes(sample::BEFORE), [Status::Fixed, Status::Fixed]);
        assert_eq!(fs::read(&second).unwrap(), sample::AFTER);
        assert_eq!(outcomes(b"FROM other\n"), [Status::Error, Status::Error]);
        assert_eq!(fs::read(&path).unwrap(), sample::BEFORE);
        assert_eq!(fs::read(folder.path().join("nginx.conf")).unwrap(), b"listen 80;");
    }
}
