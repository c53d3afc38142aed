//! The work of a run: projects with their Dockerfiles, done side by side, reported in order.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use rayon::prelude::*;

use super::args::{How, Input, Scope};
use super::disk::{self, Disk};
use super::output::Screen;
use super::walk::{self, Found};
use super::{values, write};
use crate::Dockerfile;
use crate::context::{Files, Nothing};
use crate::options::Options;
use crate::report::{self, Status};

/// One project and what to do with it.
#[derive(Debug)]
struct Job {
    /// The project's root; `None` for stdin without `--context`.
    root: Option<PathBuf>,
    options: Options,
    sources: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    /// Where it is on disk; `None` for stdin.
    path: Option<PathBuf>,
    /// What was read already: stdin.
    bytes: Option<Vec<u8>>,
    shown: Vec<u8>,
    named: bool,
}

/// All that a run has to do.
#[derive(Debug)]
pub(crate) struct Work {
    jobs: Vec<Job>,
    threads: usize,
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
    /// Finds what the arguments name. With `inside`, a Dockerfile outside the current folder is bad usage.
    pub(crate) fn find(input: &Input, scope: &Scope, how: &How, inside: bool, screen: &Screen) -> Result<Self> {
        let options = values::options(scope)?;
        let context = scope.context.as_deref().map(context_folder).transpose()?;
        let threads = match how.jobs {
            Some(jobs) => jobs.get(),
            None => std::thread::available_parallelism().map_or(1, usize::from),
        };
        let mut work = Self { jobs: Vec::new(), threads, stdin: false, failed: false };
        if input.paths.iter().any(|path| path.as_os_str() == "-") {
            if input.paths.len() > 1 {
                bail!("- is stdin, and stands alone: leave out the other paths, or write ./- for a file of that name");
            }
            work.stdin = true;
            work.jobs.push(stdin_job(input, options, context, inside)?);
            return Ok(work);
        }
        if input.stdin_filename.is_some() {
            bail!("--stdin-filename names the text on stdin: give the path - as well");
        }
        let here = [PathBuf::from(".")];
        let discovery = walk::discover(if input.paths.is_empty() { &here } else { &input.paths })?;
        if let Some(found) = discovery.found.values().find(|found| inside && found.outside) {
            bail!("{}", outside(&found.shown));
        }
        work.failed = !discovery.errors.is_empty();
        discovery.errors.iter().for_each(|error| screen.error(&format!("{error:#}")));
        for folder in &discovery.empty {
            screen.note(&format!("no Dockerfiles in {}", folder.display()));
        }
        work.jobs = jobs(discovery.found, &options, context.as_deref())?;
        Ok(work)
    }

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

fn outside(shown: &[u8]) -> String {
    let shown = report::text::shown(shown);
    format!("{shown} lies outside the current folder, where no diff can name it; go there first, or leave out the diff")
}

fn context_folder(folder: &Path) -> Result<PathBuf> {
    let full = fs::canonicalize(folder).with_context(|| format!("--context {}", folder.display()))?;
    if !full.is_dir() {
        bail!("--context {}: is not a folder", folder.display());
    }
    Ok(full)
}

fn stdin_job(input: &Input, options: Options, context: Option<PathBuf>, inside: bool) -> Result<Job> {
    let shown = match &input.stdin_filename {
        Some(path) => path.strip_prefix(".").unwrap_or(path).as_os_str().as_bytes().to_vec(),
        None => b"-".to_vec(),
    };
    let path = Path::new(OsStr::from_bytes(&shown));
    if inside && (path.is_absolute() || path.components().any(|part| part.as_os_str() == "..")) {
        bail!("{}", outside(&shown));
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).context("stdin cannot be read")?;
    let options = Options { context: context.as_ref().map(|_| String::new()), ..options };
    Ok(Job { root: context, options, sources: vec![Source { path: None, bytes: Some(bytes), shown, named: true }] })
}

/// The projects that the Dockerfiles belong to.
fn jobs(found: BTreeMap<PathBuf, Found>, options: &Options, context: Option<&Path>) -> Result<Vec<Job>> {
    let mut jobs: BTreeMap<PathBuf, Job> = BTreeMap::new();
    for (path, found) in found {
        let (root, context) = match context {
            None => (found.root, None),
            Some(context) => {
                let (root, relative) = within(found.root, context)?;
                (root, Some(relative))
            }
        };
        let new = || Job { root: Some(root.clone()), options: Options { context, ..options.clone() }, sources: vec![] };
        let job = jobs.entry(root.clone()).or_insert_with(new);
        job.sources.push(Source { path: Some(path), bytes: None, shown: found.shown, named: found.named });
    }
    Ok(jobs.into_values().collect())
}

/// The build context relative to the root; a context around the root widens the project.
fn within(root: PathBuf, context: &Path) -> Result<(PathBuf, String)> {
    if root.starts_with(context) {
        return Ok((context.to_owned(), String::new()));
    }
    let (shown, project) = (context.display(), root.display());
    let Ok(relative) = context.strip_prefix(&root) else {
        bail!("--context {shown} does not belong to the project {project}; name Dockerfiles of one project only");
    };
    let relative = relative.to_str().with_context(|| format!("--context {shown}: its name is not UTF-8"))?;
    Ok((root, relative.to_owned()))
}

fn run(job: Job, write: bool, parallel: bool) -> Vec<Outcome> {
    let Job { root, options, sources } = job;
    let files: Box<dyn Files> = match &root {
        Some(root) => Box::new(Disk::new(root)),
        None => Box::new(Nothing),
    };
    let one = |source: Source| one(source, root.as_deref(), files.as_ref(), &options, write);
    if parallel { sources.into_par_iter().map(one).collect() } else { sources.into_iter().map(one).collect() }
}

fn one(source: Source, root: Option<&Path>, files: &dyn Files, options: &Options, write: bool) -> Outcome {
    let Source { path, bytes, shown, named } = source;
    let bytes = match (bytes, &path) {
        (Some(bytes), _) => Ok(bytes),
        (None, Some(path)) => disk::read_dockerfile(path),
        (None, None) => Ok(Vec::new()),
    };
    match bytes {
        Ok(bytes) => {
            let relative = root.zip(path.as_deref()).and_then(|(root, path)| relative(root, path));
            let file = crate::fix_one(&Dockerfile { shown, path: relative, bytes }, files, options);
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

    #[test]
    fn a_context_lies_in_the_project_or_widens_it() {
        let within = |root: &str, context: &str| within(PathBuf::from(root), Path::new(context));
        assert_eq!(within("/a/b", "/a/b/c").unwrap(), (PathBuf::from("/a/b"), "c".to_owned()));
        assert_eq!(within("/a/b", "/a/b").unwrap(), (PathBuf::from("/a/b"), String::new()));
        assert_eq!(within("/a/b", "/a").unwrap(), (PathBuf::from("/a"), String::new()));
        assert!(within("/a/b", "/a/c").is_err());
    }
}
