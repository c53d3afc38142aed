//! The work of a run: projects with their Dockerfiles, done side by side, reported in order.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rayon::prelude::*;

use super::apply;
use super::disk::{self, Disk};
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
    /// Whether what changes must lie in the current folder, so that a diff can name it.
    pub(super) inside: bool,
    /// Whether the text comes from stdin.
    pub(crate) stdin: bool,
    /// Whether a path led nowhere.
    pub(crate) failed: bool,
}

/// What came of a file.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(super) path: Option<PathBuf>,
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
        // What several Dockerfiles change together is told once, with the first of them.
        let mut told = HashSet::new();
        for outcome in &mut outcomes {
            if let Some(other) = outside(&outcome.file).filter(|_| self.inside) {
                outcome.file.fail(format!("{other} changes along, and a diff names nothing outside of the current folder: run unroot above both"));
                outcome.fatal = true;
            }
            outcome.file.companions.retain(|other| told.insert(other.path.clone()));
        }
        Ok(outcomes)
    }
}

fn run(job: Job, write: bool, parallel: bool) -> Vec<Outcome> {
    let Job { root, sources } = job;
    let files: Box<dyn Files> = match &root {
        Some(root) => Box::new(Disk::new(root)),
        None => Box::new(Nothing),
    };
    let one = |source: Source| one(source, root.as_deref(), files.as_ref());
    let (mut reports, places): (Vec<report::File>, Vec<(Option<PathBuf>, bool)>) =
        if parallel { sources.into_par_iter().map(one).unzip() } else { sources.into_iter().map(one).unzip() };
    crate::settle(&mut reports);
    let mut outcomes: Vec<Outcome> =
        reports.into_iter().zip(places).map(|(file, (path, fatal))| Outcome { path, file, fatal }).collect();
    if write {
        apply::write_all(&mut outcomes, parallel);
    }
    outcomes
}

/// What is to be said of a Dockerfile, where it is, and whether that decides the exit status.
fn one(source: Source, root: Option<&Path>, files: &dyn Files) -> (report::File, (Option<PathBuf>, bool)) {
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
            let file = crate::look(&Dockerfile { shown, path: relative, bytes }, files, &options);
            let fatal = is_fatal(&file, named);
            (file, (path, fatal))
        }
        Err(error) => {
            let mut file = report::File::new(shown, Vec::new());
            file.fail(format!("{error:#}"));
            (file, (path, true))
        }
    }
}

/// The path inside the project. A name that is not UTF-8 is lossy, its folder never: sources are looked up there.
pub(super) fn relative(root: &Path, path: &Path) -> Option<String> {
    let path = path.strip_prefix(root).ok()?;
    path.parent()?.to_str()?;
    Some(path.to_string_lossy().into_owned())
}

/// A file outside of the current folder that changes along.
fn outside(file: &report::File) -> Option<String> {
    let other = file.companions.iter().find(|other| other.path.starts_with(b"../"))?;
    Some(report::text::shown(&other.path))
}

fn is_fatal(file: &report::File, named: bool) -> bool {
    file.status == Status::Error && (named || file.proof_failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn errors_count_when_named_or_when_a_proof_failed() {
        assert!(is_fatal(&sample::broken(), true));
        assert!(!is_fatal(&sample::broken(), false));
        assert!(is_fatal(&report::File { proof_failed: true, ..sample::broken() }, false));
        assert!(!is_fatal(&sample::refused(), true));
    }
}
