//! From the paths of the command line to Dockerfiles, and from those to the projects they belong to.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};

/// A Dockerfile to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its name for reports: relative to the current folder, or as it was given where it lies outside.
    pub(crate) shown: Vec<u8>,
    /// The project's root.
    pub(crate) root: PathBuf,
    /// Whether the user named it, rather than a folder above it.
    pub(crate) named: bool,
    /// Whether it lies outside the current folder.
    pub(crate) outside: bool,
}

/// What the paths lead to.
#[derive(Debug, Default)]
pub(crate) struct Discovery {
    /// Dockerfiles by their path without symbolic links.
    pub(crate) found: BTreeMap<PathBuf, Found>,
    /// Paths that lead nowhere.
    pub(crate) errors: Vec<anyhow::Error>,
    /// Folders without a Dockerfile.
    pub(crate) empty: Vec<PathBuf>,
}

/// Looks for Dockerfiles at `paths`; a path that leads nowhere does not stop the others.
pub(crate) fn discover(paths: &[PathBuf], here: &Path) -> Discovery {
    let mut discovery = Discovery::default();
    for path in paths {
        if let Err(error) = add(&mut discovery, here, path) {
            discovery.errors.push(error.context(path.display().to_string()));
        }
    }
    discovery
}

fn add(discovery: &mut Discovery, here: &Path, path: &Path) -> Result<()> {
    let advice = "cannot be read; name a Dockerfile or a folder";
    let kind = fs::symlink_metadata(path).context(advice)?;
    if kind.is_symlink() && !path.is_dir() {
        let target = fs::read_link(path).unwrap_or_default();
        bail!("is a symbolic link to {}, and unroot writes through none; name that file instead", target.display());
    }
    let full = fs::canonicalize(path).context(advice)?;
    if full.is_dir() {
        return add_folder(discovery, here, path, &full);
    }
    if !kind.is_file() {
        bail!("is not a regular file; for a pipe, use - and stdin");
    }
    let folder = full.parent().unwrap_or(&full);
    let root = repository(folder).unwrap_or_else(|| folder.to_owned());
    insert(discovery, here, full, path, root, true);
    Ok(())
}

fn add_folder(discovery: &mut Discovery, here: &Path, given: &Path, folder: &Path) -> Result<()> {
    let mut roots: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let mut any = false;
    let below = |path: &Path| given.join(path.strip_prefix(folder).unwrap_or(path));
    for entry in walker(folder) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = place(&error).unwrap_or(folder);
                let shown = PathBuf::from(shown(here, path, &below(path)).0);
                discovery.errors.push(anyhow!("{}: {}; the rest is looked at", shown.display(), cause(&error)));
                continue;
            }
        };
        if !entry.file_type().is_some_and(|kind| kind.is_file()) || !is_dockerfile(entry.file_name()) {
            continue;
        }
        any = true;
        let path = entry.into_path();
        let parent = path.parent().unwrap_or(folder);
        let root = roots
            .entry(parent.to_owned())
            .or_insert_with(|| repository(parent).unwrap_or_else(|| folder.to_owned()))
            .clone();
        let given = below(&path);
        insert(discovery, here, path, &given, root, false);
    }
    if !any {
        discovery.empty.push(given.to_owned());
    }
    Ok(())
}

/// `.gitignore` alone decides what is left out, in hidden folders too: what a person's own git settings or other tools'
/// ignore files say must not change a result.
fn walker(folder: &Path) -> ignore::Walk {
    ignore::WalkBuilder::new(folder)
        .standard_filters(false)
        .git_ignore(true)
        .parents(true)
        .require_git(false)
        .filter_entry(|entry| entry.depth() == 0 || !matches!(entry.file_name().as_bytes(), b".git" | b".hg" | b".svn"))
        .sort_by_file_name(OsStr::cmp)
        .build()
}

fn insert(discovery: &mut Discovery, here: &Path, full: PathBuf, given: &Path, root: PathBuf, named: bool) {
    let (shown, outside) = shown(here, &full, given);
    let found = discovery.found.entry(full).or_insert(Found { shown: shown.into_vec(), root, named, outside });
    found.named |= named;
}

/// The name of a path relative to the current folder, or as it was given; and whether it lies outside.
fn shown(here: &Path, full: &Path, given: &Path) -> (OsString, bool) {
    match full.strip_prefix(here) {
        Ok(inside) => (inside.into(), false),
        Err(_) => (given.into(), true),
    }
}

/// Where a walk met an error.
fn place(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => place(err),
        _ => None,
    }
}

/// The error itself, without the absolute path that the walk adds.
fn cause(error: &ignore::Error) -> String {
    match error {
        ignore::Error::WithPath { err, .. } | ignore::Error::WithDepth { err, .. } => cause(err),
        ignore::Error::Io(error) => std::io::Error::from(error.kind()).to_string(),
        other => other.to_string(),
    }
}

/// The nearest folder, from `folder` upwards, that is a git work tree.
pub(super) fn repository(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned)
}

/// Endings of files that are about a Dockerfile, or make one, but are none. Sorted.
const OTHER_ENDINGS: &[&str] = &[
    "adoc",
    "bak",
    "bash",
    "bat",
    "c",
    "class",
    "cmd",
    "containerignore",
    "cpp",
    "cs",
    "css",
    "diff",
    "dockerignore",
    "ejs",
    "el",
    "erb",
    "go",
    "gotmpl",
    "gz",
    "h",
    "hbs",
    "hcl",
    "html",
    "in",
    "ini",
    "ipynb",
    "j2",
    "java",
    "jinja",
    "jinja2",
    "js",
    "json",
    "kt",
    "lock",
    "log",
    "lua",
    "m4",
    "markdown",
    "md",
    "mk",
    "mustache",
    "nix",
    "orig",
    "patch",
    "php",
    "pl",
    "png",
    "ps1",
    "py",
    "pyc",
    "rb",
    "rej",
    "rs",
    "rst",
    "scala",
    "sh",
    "snap",
    "svg",
    "swift",
    "swp",
    "tar",
    "template",
    "tf",
    "tmp",
    "tmpl",
    "toml",
    "tpl",
    "ts",
    "tsx",
    "txt",
    "vim",
    "xml",
    "yaml",
    "yml",
    "zip",
    "zsh",
];

/// Whether a file of this name is a Dockerfile.
fn is_dockerfile(name: &OsStr) -> bool {
    let name = name.as_bytes().to_ascii_lowercase();
    let matches = [b"dockerfile".as_slice(), b"containerfile"].iter().any(|stem| {
        let before = name.strip_suffix(*stem).is_some_and(|rest| rest.is_empty() || rest.ends_with(b"."));
        before || name.strip_prefix(*stem).is_some_and(|rest| matches!(rest, [b'.' | b'-' | b'_', _, ..]))
    });
    let ending = name.rsplit(|byte| *byte == b'.').next().and_then(|ending| std::str::from_utf8(ending).ok());
    let other = ending.is_some_and(|ending| OTHER_ENDINGS.binary_search(&ending).is_ok());
    matches && !other && !name.ends_with(b"~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_dockerfiles() {
        assert!(OTHER_ENDINGS.is_sorted());
        let yes = [
            "Dockerfile",
            "dockerfile",
            "DOCKERFILE",
            "Containerfile",
            "Dockerfile.dev",
            "Dockerfile.node-22",
            "api.Dockerfile",
            "web.prod.dockerfile",
            "Dockerfile-alpine",
            "Dockerfile_test",
            "Containerfile.x86",
            "x.containerfile",
            "Dockerfile.3.12",
        ];
        for name in yes {
            assert!(is_dockerfile(OsStr::new(name)), "{name}");
        }
        assert!(is_dockerfile(OsStr::from_bytes(b"Dockerfile.\xff")));
        let no = [
            "Dockerfiles",
            "MyDockerfile",
            "Dockerfile.",
            "Dockerfile.md",
            "Dockerfile.dev.j2",
            "Dockerfile.tmpl",
            "dockerfile.go",
            "dockerfile_test.go",
            "Dockerfile.dockerignore",
            "dockerfile-lint.yaml",
            "Dockerfile~",
            "Dockerfile.dev~",
            "Dockerfile-build.sh",
            "docker-compose.yml",
            "file",
        ];
        for name in no {
            assert!(!is_dockerfile(OsStr::new(name)), "{name}");
        }
    }
}
