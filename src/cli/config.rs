//! Finding `unroot.yaml`: the nearest one, going up from a Dockerfile to its project's root. Nothing is merged.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context as _, Result, anyhow, bail};
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::args::How;
use super::values;
use crate::config::Config;
use crate::report::text;

/// Names of a configuration; both in one folder contradict each other.
const NAMES: [&str; 2] = ["unroot.yaml", ".unroot.yaml"];
/// No configuration is larger.
const LARGEST: u64 = 1 << 20;

/// A configuration and where it holds.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    /// Its folder, without symbolic links.
    pub(crate) folder: PathBuf,
    /// Where it was found.
    pub(crate) path: PathBuf,
    /// Its path for messages.
    pub(crate) shown: String,
    exclude: Gitignore,
}

impl Loaded {
    /// Whether a walk leaves out the file at `path`.
    pub(crate) fn excludes(&self, path: &Path) -> bool {
        // The matcher panics on a path outside of its folder.
        let inside = path.strip_prefix(&self.folder).ok();
        inside.is_some_and(|inside| self.exclude.matched_path_or_any_parents(inside, false).is_ignore())
    }

    /// The build context that it names.
    pub(crate) fn context(&self) -> Result<Option<PathBuf>> {
        let Some(context) = &self.config.context else { return Ok(None) };
        let name = || format!("{}: context {context}", self.shown);
        let full = fs::canonicalize(self.folder.join(context)).with_context(name)?;
        if !full.is_dir() {
            bail!("{}: is not a folder", name());
        }
        Ok(Some(full))
    }
}

impl Loaded {
    /// The Dockerfiles of the images that it names.
    pub(crate) fn built(&self) -> Result<BTreeMap<String, PathBuf>> {
        let one = |(name, path): (&String, &String)| {
            let found = values::dockerfile(&self.folder.join(path));
            Ok((name.clone(), found.with_context(|| format!("{}: images {name}: {path}", self.shown))?))
        };
        self.config.images.built.iter().map(one).collect()
    }
}

/// Where configurations come from, and what was read already.
#[derive(Debug)]
pub(crate) struct Configs {
    /// `--config`.
    given: Option<Rc<Loaded>>,
    isolated: bool,
    here: PathBuf,
    known: HashMap<PathBuf, Option<Rc<Loaded>>>,
}

impl Configs {
    /// `here` is the current folder.
    pub(crate) fn new(how: &How, here: &Path) -> Result<Self> {
        let given = how.config.as_deref().map(|path| load(path, path)).transpose()?;
        Ok(Self { given: given.map(Rc::new), isolated: how.isolated, here: here.to_owned(), known: HashMap::new() })
    }

    /// The configuration for files in `folder`, looked for up to `root`.
    pub(crate) fn of(&mut self, folder: &Path, root: &Path) -> Result<Option<Rc<Loaded>>> {
        if self.given.is_some() || self.isolated {
            return Ok(self.given.clone());
        }
        for folder in folder.ancestors().take_while(|folder| folder.starts_with(root)) {
            let known = self.known.get(folder).cloned();
            let found = match known {
                Some(found) => found,
                None => in_folder(folder, &self.here)?.map(Rc::new),
            };
            self.known.insert(folder.to_owned(), found.clone());
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// The configuration of one folder.
fn in_folder(folder: &Path, here: &Path) -> Result<Option<Loaded>> {
    let there = |name: &&str| {
        let found = fs::symlink_metadata(folder.join(name));
        !matches!(&found, Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory))
    };
    let shown = |name: &str| {
        let path = folder.join(name);
        path.strip_prefix(here).unwrap_or(&path).to_owned()
    };
    let found: Vec<&str> = NAMES.into_iter().filter(there).collect();
    match found.as_slice() {
        [] => Ok(None),
        [name] => load(&folder.join(name), &shown(name)).map(Some),
        [one, other, ..] => {
            bail!("{} and {other} stand side by side: keep one of them", shown(one).display())
        }
    }
}

fn load(path: &Path, shown: &Path) -> Result<Loaded> {
    use std::os::unix::ffi::OsStrExt as _;
    let name = text::shown(shown.as_os_str().as_bytes());
    // Paths in it are relative to where it is found, even if it is a link to a shared one.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = fs::canonicalize(folder).with_context(|| format!("{name}: cannot be read"))?;
    let found = fs::metadata(path).with_context(|| format!("{name}: cannot be read"))?;
    if !found.is_file() || found.len() > LARGEST {
        bail!("{name}: is no configuration: a regular file of up to {} KiB", LARGEST >> 10);
    }
    let text = fs::read(path).with_context(|| format!("{name}: cannot be read"))?;
    let config = Config::read(&text).map_err(|problem| anyhow!("{name}:{problem}"))?;
    let exclude = exclude(&config, &folder, &text).map_err(|problem| anyhow!("{name}:{problem}"))?;
    Ok(Loaded { config, folder, path: path.to_owned(), shown: name, exclude })
}

/// The patterns of `exclude`, or `line:column: message`.
fn exclude(config: &Config, folder: &Path, text: &[u8]) -> Result<Gitignore, String> {
    let mut builder = GitignoreBuilder::new(folder);
    for pattern in &config.exclude {
        builder.add_line(None, pattern).map_err(|error| {
            let (line, column) = place(text, pattern);
            format!("{line}:{column}: exclude: `{pattern}` is no pattern as in .gitignore: {error}")
        })?;
    }
    builder.build().map_err(|error| format!("1:1: exclude: {error}"))
}

/// Line and column of a pattern: its first place below the key.
fn place(text: &[u8], pattern: &str) -> (usize, usize) {
    let text = String::from_utf8_lossy(text);
    let below = text.lines().enumerate().skip_while(|(_, line)| !line.contains("exclude"));
    let found = below.into_iter().find_map(|(at, line)| {
        let column = line.find(pattern)?;
        Some((at + 1, line.get(..column)?.chars().count() + 1))
    });
    found.unwrap_or((1, 1))
}
