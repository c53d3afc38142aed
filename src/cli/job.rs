//! The work of a run: projects with their Dockerfiles, done side by side, reported in order.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rayon::prelude::*;

use super::disk::{self, Disk};
use super::write;
use crate::Dockerfile;
use crate::context::{Files, Nothing};
use crate::options::Options;
use crate::report::{self, Status};

/// One project and what to do with it.
#[derive(Debug)]
pub(super) struct Job {
    /// The project's root; `None` for stdin that stands for no file, without `--context`.
    pub(super) root: Option<PathBuf>,
    pub(super) sources: Vec<Source>,
}

#[derive(Debug)]
pub(super) struct Source {
    /// Where it is on disk; `None` for stdin.
    pub(super) path: Option<PathBuf>,
    /// The file that stdin stands for.
    pub(super) stands_for: Option<PathBuf>,
    /// What was read already: stdin.
    pub(super) bytes: Option<Vec<u8>>,
    pub(super) shown: Vec<u8>,
    pub(super) named: bool,
    pub(super) options: Options,
}

/// All that a run has to do.
#[derive(Debug)]
pub(crate) struct Work {
    pub(super) jobs: Vec<Job>,
    pub(super) threads: usize,
    /// Whether the text comes from stdin.
    pub(crate) stdin: bool,
    /// Whether a path led nowhere.
    pub(crate) failed: bool,
}

/// What came of a file.
#[derive(Debug)]
pub(crate) struct Outcome {
    path: Option<PathBuf>,
    /// What is reported.
    pub(crate) file: report::File,
    /// Whether it decides the exit status: an error of a file that was named, of reading or writing, or a failed proof.
    pub(crate) fatal: bool,
}

impl Work {
    /// Does it; with `write`, what changes is written.
    pub(crate) fn run(self, write: bool) -> Result<Vec<Outcome>> {
        let many = self.jobs.iter().map(|job| job.sources.len()).sum::<usize>() > 1;
        let parallel = self.threads > 1 && many;
        let work = |job: Job| run(job, write, parallel);
        let mut outcomes: Vec<Outcome> = if parallel {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build();
            pool.context("no threads to work with; try --jobs 1")?
                .install(|| self.jobs.into_par_iter().flat_map_iter(work).collect())
        } else {
            self.jobs.into_iter().flat_map(work).collect()
        };
        outcomes.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(outcomes)
    }
}

fn run(job: Job, write: bool, parallel: bool) -> Vec<Outcome> {
    let Job { root, sources } = job;
    let files: Box<dyn Files> = match &root {
        Some(root) => Box::new(Disk::new(root)),
        None => Box::new(Nothing),
    };
    let one = |source: Source| one(source, root.as_deref(), files.as_ref(), write);
    if parallel { sources.into_par_iter().map(one).collect() } else { sources.into_iter().map(one).collect() }
}

fn one(source: Source, root: Option<&Path>, files: &dyn Files, write: bool) -> Outcome {
    let Source { path, stands_for, bytes, shown, named, options } = source;
    let bytes = match (bytes, &path) {
        (Some(bytes), _) => Ok(bytes),
        (None, Some(path)) => disk::read_dockerfile(path),
        (None, None) => Ok(Vec::new()),
    };
    match bytes {
        Ok(bytes) => {
            let relative =
                root.zip(path.as_deref().or(stands_for.as_deref())).and_then(|(root, path)| relative(root, path));
            let file = crate::fix_one(&Dockerfile { shown, path: relative, bytes }, files, &options);
            finish(file, path, named, write)
        }
        Err(error) => {
            let mut file = report::File::new(shown, Vec::new());
            file.fail(format!("{error:#}"));
            Outcome { path, file, fatal: true }
        }
    }
}

/// The path inside the project. A name that is not UTF-8 is lossy, its folder never: sources are looked up there.
fn relative(root: &Path, path: &Path) -> Option<String> {
    let path = path.strip_prefix(root).ok()?;
    path.parent()?.to_str()?;
    Some(path.to_string_lossy().into_owned())
}

fn finish(mut file: report::File, path: Option<PathBuf>, named: bool, write: bool) -> Outcome {
    let mut fatal = file.status == Status::Error && (named || file.proof_failed);
    if let Some(path) = path.as_deref().filter(|_| write && file.status != Status::Error && file.changed()) {
        let written = changes(&file, path).and_then(|changes| write::write(&changes));
        match written {
            Ok(()) if file.status == Status::Fixable => file.status = Status::Fixed,
            Ok(()) => {}
            Err(error) => {
                file.fail(format!("{error:#}"));
                fatal = true;
            }
        }
    }
    Outcome { path, file, fatal }
}

/// What has to be written for a file: itself, and what moves along with it.
fn changes(file: &report::File, path: &Path) -> Result<Vec<write::Change>> {
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

    /// The sample with its Dockerfile and a config on disk.
    fn project() -> (tempfile::TempDir, report::File, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Dockerfile");
        fs::write(&path, sample::BEFORE).unwrap();
        let config = folder.path().join("nginx.conf");
        fs::write(&config, "listen 80;").unwrap();
        let mut file = sample::fixable();
        let (before, after) = (b"listen 80;".to_vec(), b"listen 8080;".to_vec());
        file.companions = vec![Companion { path: config.as_os_str().as_bytes().to_vec(), before, after }];
        (folder, file, path)
    }

    #[test]
    fn a_written_file_is_fixed_with_what_moves_along() {
        let (folder, file, path) = project();
        let outcome = finish(file, Some(path.clone()), true, true);
        assert_eq!((outcome.file.status, outcome.fatal), (Status::Fixed, false));
        assert_eq!(fs::read(&path).unwrap(), sample::AFTER);
        assert_eq!(fs::read(folder.path().join("nginx.conf")).unwrap(), b"listen 8080;");
    }

    #[test]
    fn without_write_nothing_is_written() {
        let (_folder, file, path) = project();
        let outcome = finish(file, Some(path.clone()), true, false);
        assert_eq!((outcome.file.status, outcome.fatal), (Status::Fixable, false));
        assert_eq!(fs::read(&path).unwrap(), sample::BEFORE);
    }

    #[test]
    fn what_cannot_be_written_is_an_error_and_left_alone() {
        let (folder, file, path) = project();
        fs::write(folder.path().join("nginx.conf"), "listen 81;").unwrap();
        let outcome = finish(file, Some(path.clone()), false, true);
        assert_eq!((outcome.file.status, outcome.fatal), (Status::Error, true));
        assert!(!outcome.file.changed() && outcome.file.fixes.iter().all(|fix| !fix.applied));
        assert_eq!(fs::read(&path).unwrap(), sample::BEFORE);
    }

    #[test]
    fn errors_count_when_named_or_when_a_proof_failed() {
        let fatal = |file: report::File, named| finish(file, None, named, true).fatal;
        assert!(fatal(sample::broken(), true));
        assert!(!fatal(sample::broken(), false));
        assert!(fatal(report::File { proof_failed: true, ..sample::broken() }, false));
        assert!(!fatal(sample::refused(), true));
    }
}
