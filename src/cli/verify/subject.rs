//! What is to be proved: one Dockerfile, one stage, the folder that it is built in, and what unroot would make of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::cli::args::{How, Input, VerifyArgs};
use crate::cli::disk::Disk;
use crate::cli::job::{self, Source};
use crate::cli::output::Screen;
use crate::cli::write::Change;
use crate::cli::{apply, gather};
use crate::options::Options;
use crate::report::{self, Status, text};
use crate::{Dockerfile, builds};

/// What is built and run.
#[derive(Debug)]
pub(super) struct Subject {
    /// Its name for reports.
    pub(super) shown: String,
    pub(super) dockerfile: PathBuf,
    /// The project's root.
    pub(super) root: PathBuf,
    pub(super) context: PathBuf,
    pub(super) stage: String,
    /// The stage as a build has to be told; `None`: the last one.
    pub(super) target: Option<String>,
    pub(super) before: Vec<u8>,
    pub(super) after: Vec<u8>,
    /// Every file that would be written.
    pub(super) changes: Vec<Change>,
    /// Ports that move.
    pub(super) moved: BTreeMap<u16, u16>,
    /// What the rewrite was made with.
    pub(super) options: Options,
    /// Why `unroot fix` changes nothing that would make it another user's, if so.
    pub(super) refused: Option<String>,
}

impl Subject {
    /// All that a report says.
    pub(super) fn of(file: report::File) -> Self {
        let ports = file.targets.iter().flat_map(|target| &target.ports);
        Self {
            shown: text::shown(&file.path),
            dockerfile: PathBuf::new(),
            root: PathBuf::new(),
            context: PathBuf::new(),
            stage: String::new(),
            target: None,
            moved: ports.map(|port| (port.from, port.to)).collect(),
            options: Options::default(),
            changes: Vec::new(),
            refused: refusal(&file),
            before: file.before,
            after: file.after,
        }
    }

    /// Whether anything would be rewritten.
    pub(super) fn changes_anything(&self) -> bool {
        !self.changes.is_empty()
    }

    /// The Dockerfile, for the library.
    pub(super) fn source(&self) -> Dockerfile {
        let path = job::relative(&self.root, &self.dockerfile);
        Dockerfile { shown: self.shown.clone().into_bytes(), path, bytes: self.before.clone() }
    }
}

/// Finds it.
pub(super) fn find(args: &VerifyArgs, screen: &Screen) -> Result<Subject> {
    let how = how(args);
    let given = named(&args.path);
    let input = Input { paths: vec![given.clone()], stdin_filename: None, files_from: None, shard: None };
    if given.as_os_str() == "-" {
        bail!("stdin has no build context: name a Dockerfile or its folder");
    }
    let mut work = gather::work(&input, &args.scope, &how, false, screen)?;
    if work.failed {
        bail!("{}: cannot be looked at", given.display());
    }
    let (root, options, path) = {
        let all = || work.jobs.iter().flat_map(|job| job.sources.iter().map(move |source| (job, source)));
        let names: Vec<String> = all().map(|(_, source)| text::shown(&source.shown)).collect();
        let mut found = all();
        let (Some((job, Source { path: Some(path), options, .. })), None) = (found.next(), found.next()) else {
            bail!("{}", choose(&given, &names));
        };
        (job.root.clone().context("it has no project")?, options.clone(), path.clone())
    };
    work.jobs.iter_mut().flat_map(|job| &mut job.sources).for_each(|source| source.named = true);
    let outcome = work.run(false)?.pop().context("nothing was looked at")?;
    let file = outcome.file;
    if let Some(error) = &file.error {
        bail!("{}: {error}", text::shown(&file.path));
    }
    let changes = apply::changes(&file, &path)?;
    let subject = Subject { dockerfile: path, root, options, changes, ..Subject::of(file) };
    placed(subject)
}

/// The options of a run that only `verify` does not have.
pub(super) fn how(args: &VerifyArgs) -> How {
    How { format: None, output: Vec::new(), config: args.config.clone(), isolated: args.isolated, jobs: None }
}

/// A folder's own Dockerfile, as `docker build` takes it.
fn named(path: &Path) -> PathBuf {
    let own = ["Dockerfile", "Containerfile"].map(|name| path.join(name));
    own.into_iter().find(|path| path.is_file()).unwrap_or_else(|| path.to_owned())
}

fn choose(given: &Path, names: &[String]) -> String {
    let shown = given.display();
    match names {
        [] => format!("{shown}: there is no Dockerfile"),
        [_] => format!("{shown}: it has no place on disk"),
        names => {
            let some = names.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
            format!("{shown}: there are {} Dockerfiles ({some}); name one", names.len())
        }
    }
}

/// With the stage and the build context.
fn placed(subject: Subject) -> Result<Subject> {
    let shown = subject.shown.clone();
    let builds = builds(&subject.source(), &Disk::new(&subject.root), &subject.options);
    let builds = builds.map_err(|message| anyhow::anyhow!("{shown}: {message}"))?;
    let [build] = builds.as_slice() else {
        let stages: Vec<&str> = builds.iter().map(|build| build.stage.as_str()).collect();
        bail!("{shown}: stages {} would be built; name one with --target", stages.join(", "));
    };
    let context = build.context.as_deref();
    let context =
        context.with_context(|| format!("{shown}: its build context cannot be known; name it with --context"))?;
    let context = fs::canonicalize(subject.root.join(context)).context("the build context cannot be read")?;
    let target = (!build.last).then(|| build.stage.clone());
    Ok(Subject { context, stage: build.stage.clone(), target, ..subject })
}

/// Why the process would still run as root, or as whom it did.
fn refusal(file: &report::File) -> Option<String> {
    let applied = |id: Option<usize>| file.fixes.iter().any(|fix| Some(fix.id) == id && fix.applied);
    let open = file.findings.iter().any(|finding| {
        matches!(finding.rule, "missing-user" | "root-user" | "root-entrypoint") && !applied(finding.fix)
    });
    let refused = match file.status {
        Status::Refused | Status::Unsafe => true,
        Status::Partial => open,
        _ => false,
    };
    refused.then(|| text::left_over(std::slice::from_ref(file)).trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn refusals_are_told_and_fixes_are_not() {
        let of = |file: report::File| Subject::of(file).refused;
        assert!(of(sample::refused()).unwrap().contains("b/Dockerfile:3: start-script: missing-user"));
        assert!(of(sample::hidden()).unwrap().contains("needs --unsafe: opaque-script"));
        assert_eq!((of(sample::fixable()), of(report::File::new(Vec::new(), Vec::new()))), (None, None));
        let partial = report::File { status: Status::Partial, ..sample::refused() };
        assert!(of(partial).is_some());
        assert_eq!(of(report::File { status: Status::Partial, ..sample::fixed() }), None);
        assert_eq!(Subject::of(sample::fixable()).moved.get(&80), Some(&8080));
    }

    #[test]
    fn a_folder_means_its_own_dockerfile() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(named(folder.path()), folder.path());
        fs::write(folder.path().join("Dockerfile"), "").unwrap();
        assert_eq!(named(folder.path()), folder.path().join("Dockerfile"));
        assert!(choose(Path::new("a"), &["x".to_owned(), "y".to_owned()]).contains("2 Dockerfiles (x, y)"));
    }
}
