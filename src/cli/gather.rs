//! From the arguments to the projects of a run: which Dockerfiles, with which configuration, in which build context.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::args::{How, Input, Scope};
use super::config::{Configs, Loaded};
use super::job::{Job, Source, Work};
use super::output::Screen;
use super::values::{self, Shard};
use super::walk::{self, Found};
use crate::config::Config;
use crate::options::Options;
use crate::report;

/// What the arguments say of every Dockerfile.
struct Asked<'a> {
    scope: &'a Scope,
    /// `--image`.
    images: BTreeMap<String, PathBuf>,
    /// `--context`.
    context: Option<PathBuf>,
    configs: Configs,
    here: PathBuf,
}

/// Finds what the arguments name. With `inside`, a Dockerfile outside the current folder is bad usage.
pub(crate) fn work(input: &Input, scope: &Scope, how: &How, inside: bool, screen: &Screen) -> Result<Work> {
    let here = std::env::current_dir().and_then(fs::canonicalize).context("the current folder cannot be read")?;
    // What is wrong with the command line is wrong without any file.
    values::options(scope, &Config::default())?;
    outputs(how)?;
    let context = scope.context.as_deref().map(context_folder).transpose()?;
    let images = scope.image.iter().map(|image| {
        let path = values::dockerfile(&image.path);
        Ok((image.name.clone(), path.with_context(|| format!("--image {}={}", image.name, image.path.display()))?))
    });
    let images = images.collect::<Result<_>>()?;
    let mut asked = Asked { scope, images, context, configs: Configs::new(how, &here)?, here };
    let threads = match how.jobs {
        Some(jobs) => jobs.get(),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let mut work = Work { jobs: Vec::new(), threads, inside, stdin: false, failed: false };
    if input.paths.iter().any(|path| path.as_os_str() == "-") {
        if input.paths.len() > 1 || input.files_from.is_some() {
            bail!("- is stdin, and stands alone: leave out the other paths, or write ./- for a file of that name");
        }
        if input.shard.is_some() {
            bail!("--shard takes a part of many files, and stdin is one: leave it out");
        }
        work.stdin = true;
        work.jobs.push(stdin_job(input, &mut asked, inside)?);
        return Ok(work);
    }
    if input.stdin_filename.is_some() {
        bail!("--stdin-filename names the text on stdin: give the path - as well");
    }
    let discovery = walk::discover(&paths(input)?, &asked.here);
    work.failed = !discovery.errors.is_empty();
    discovery.errors.iter().for_each(|error| screen.error(&format!("{error:#}")));
    for folder in &discovery.empty {
        screen.note(&format!("no Dockerfiles in {}", folder.display()));
    }
    let found = discovery.found.len();
    let jobs = jobs(discovery.found, &mut asked, inside)?;
    if found > 0 && jobs.is_empty() {
        screen.note("the configuration excludes every Dockerfile here");
    }
    work.jobs = part(jobs, input.shard);
    Ok(work)
}

/// Looks whether reports can be written, before anything is.
fn outputs(how: &How) -> Result<()> {
    let mut seen = BTreeSet::new();
    for values::Output { path, .. } in &how.output {
        let shown = path.display();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder =
            fs::canonicalize(folder).with_context(|| format!("--output {shown}: its folder cannot be found"))?;
        let name = path.file_name().filter(|_| !path.is_dir());
        let name = name.with_context(|| format!("--output {shown}: is a folder; name a file"))?;
        if !seen.insert(folder.join(name)) {
            bail!("--output {shown}: two reports for one file: give each its own");
        }
    }
    Ok(())
}

/// The paths of the command line and of `--files-from`; the current folder where there are neither.
fn paths(input: &Input) -> Result<Vec<PathBuf>> {
    let mut paths = input.paths.clone();
    match &input.files_from {
        Some(list) => paths.extend(listed(list)?),
        None if paths.is_empty() => paths.push(PathBuf::from(".")),
        None => {}
    }
    Ok(paths)
}

fn listed(list: &Path) -> Result<Vec<PathBuf>> {
    let name = || format!("--files-from {}: cannot be read", list.display());
    let text = if list.as_os_str() == "-" { stdin()? } else { fs::read(list).with_context(name)? };
    let separator = if text.contains(&0) { 0 } else { b'\n' };
    let lines = text.split(|byte| *byte == separator);
    let lines = lines.map(|line| if separator == 0 { line } else { line.strip_suffix(b"\r").unwrap_or(line) });
    let blank = |line: &&[u8]| line.iter().all(u8::is_ascii_whitespace);
    Ok(lines.filter(|line| !blank(line)).map(|line| PathBuf::from(OsStr::from_bytes(line))).collect())
}

fn stdin() -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).context("stdin cannot be read")?;
    Ok(bytes)
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

/// The text on stdin. With a name whose folder is there, it stands for that file of that project.
fn stdin_job(input: &Input, asked: &mut Asked<'_>, inside: bool) -> Result<Job> {
    let shown = match &input.stdin_filename {
        Some(path) => path.strip_prefix(".").unwrap_or(path).as_os_str().as_bytes().to_vec(),
        None => b"-".to_vec(),
    };
    let path = Path::new(OsStr::from_bytes(&shown));
    if inside && (path.is_absolute() || path.components().any(|part| part.as_os_str() == "..")) {
        bail!("{}", outside(&shown));
    }
    let stands_for = input.stdin_filename.as_deref().and_then(standing);
    let folder = stands_for.as_deref().and_then(Path::parent).unwrap_or(&asked.here).to_owned();
    let root = walk::repository(&folder).unwrap_or_else(|| folder.clone());
    let config = asked.configs.of(&folder, &root)?;
    let bytes = Some(stdin()?);
    let (options, context, built) = asked.options(config.as_deref())?;
    let options = Options { sole_file: true, ..options };
    let (root, options) = match (&stands_for, context) {
        (Some(_), context) => placed(root, options, context, &built)?,
        // Without a place in the project only the context can be seen.
        (None, Some(context)) => (context, Options { context: Some(String::new()), ..options }),
        (None, None) => {
            let source = Source { path: None, stands_for: None, bytes, shown, named: true, options };
            return Ok(Job { root: None, sources: vec![source] });
        }
    };
    let source = Source { path: None, stands_for, bytes, shown, named: true, options };
    Ok(Job { root: Some(root), sources: vec![source] })
}

/// The place of a file that need not be there, if its folder is.
fn standing(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(fs::canonicalize(folder).ok().filter(|folder| folder.is_dir())?.join(path.file_name()?))
}

impl Asked<'_> {
    /// The options under a configuration, the build context that it or the command line names, and the Dockerfiles of
    /// images.
    fn options(&self, config: Option<&Loaded>) -> Result<(Options, Option<PathBuf>, BTreeMap<String, PathBuf>)> {
        let empty = Config::default();
        let options = values::options(self.scope, config.map_or(&empty, |loaded| &loaded.config))?;
        let context = match &self.context {
            Some(context) => Some(context.clone()),
            None => config.map(Loaded::context).transpose()?.flatten(),
        };
        let mut built = config.map(Loaded::built).transpose()?.unwrap_or_default();
        built.extend(self.images.clone());
        Ok((options, context, built))
    }
}

/// The projects that the Dockerfiles belong to.
fn jobs(found: BTreeMap<PathBuf, Found>, asked: &mut Asked<'_>, inside: bool) -> Result<Vec<Job>> {
    let mut jobs: BTreeMap<PathBuf, Job> = BTreeMap::new();
    for (path, found) in found {
        let folder = path.parent().unwrap_or(&path);
        let config = asked.configs.of(folder, &found.root)?;
        if !found.named && config.as_deref().is_some_and(|config| config.excludes(&path)) {
            continue;
        }
        if inside && found.outside {
            bail!("{}", outside(&found.shown));
        }
        let (options, context, built) = asked.options(config.as_deref())?;
        let (root, options) = placed(found.root, options, context, &built)?;
        let new = || Job { root: Some(root.clone()), sources: Vec::new() };
        let job = jobs.entry(root.clone()).or_insert_with(new);
        let (shown, named) = (found.shown, found.named);
        job.sources.push(Source { path: Some(path), stands_for: None, bytes: None, shown, named, options });
    }
    Ok(jobs.into_values().collect())
}

/// Every N-th project, in the order of their roots: the same on every machine that has the same folders.
fn part(jobs: Vec<Job>, shard: Option<Shard>) -> Vec<Job> {
    let Some(Shard { index, count }) = shard else { return jobs };
    jobs.into_iter().enumerate().filter(|(at, _)| at % count == index).map(|(_, job)| job).collect()
}

/// The root and the options of a file, with the build context and the Dockerfiles of images as seen from there.
fn placed(
    root: PathBuf,
    options: Options,
    context: Option<PathBuf>,
    built: &BTreeMap<String, PathBuf>,
) -> Result<(PathBuf, Options)> {
    let (root, context) = match context {
        Some(context) => within(root, &context).map(|(root, relative)| (root, Some(relative)))?,
        None => (root, options.context.clone()),
    };
    let inside = built
        .iter()
        .filter_map(|(name, path)| Some((name.clone(), path.strip_prefix(&root).ok()?.to_str()?.to_owned())));
    let built = inside.collect();
    Ok((root, Options { context, built, ..options }))
}

/// The build context relative to the root; a context around the root widens the project.
fn within(root: PathBuf, context: &Path) -> Result<(PathBuf, String)> {
    if root.starts_with(context) {
        return Ok((context.to_owned(), String::new()));
    }
    let (shown, project) = (context.display(), root.display());
    let Ok(relative) = context.strip_prefix(&root) else {
        bail!(
            "the build context {shown} does not belong to the project {project}; name Dockerfiles of one project only"
        );
    };
    let relative = relative.to_str().with_context(|| format!("the build context {shown}: its name is not UTF-8"))?;
    Ok((root, relative.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_lies_in_the_project_or_widens_it() {
        let within = |root: &str, context: &str| within(PathBuf::from(root), Path::new(context));
        assert_eq!(within("/a/b", "/a/b/c").unwrap(), (PathBuf::from("/a/b"), "c".to_owned()));
        assert_eq!(within("/a/b", "/a/b").unwrap(), (PathBuf::from("/a/b"), String::new()));
        assert_eq!(within("/a/b", "/a").unwrap(), (PathBuf::from("/a"), String::new()));
        assert!(within("/a/b", "/a/c").is_err());
    }

    #[test]
    fn parts_hold_every_project_once() {
        let all = || (0..7).map(|n| Job { root: Some(PathBuf::from(format!("/p{n}"))), sources: Vec::new() }).collect();
        let of = |index| part(all(), Some(Shard { index, count: 3 }));
        let mut roots: Vec<_> = (0..3).flat_map(of).filter_map(|job| job.root).collect();
        assert_eq!((of(0).len(), of(2).len(), roots.len()), (3, 2, 7));
        roots.sort();
        roots.dedup();
        assert_eq!(roots.len(), 7);
        assert_eq!(part(all(), None).len(), 7);
    }
}
