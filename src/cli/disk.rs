//! The files of a project on disk: read only, never through a symbolic link, never above the project's root.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use anyhow::{Context as _, Result, bail};

use crate::context::{Entry, Files, Survey, survey};

/// Files beside the Dockerfile are small: configs and scripts.
const LARGEST_FILE: u64 = 1 << 20;
/// No Dockerfile is larger; what is larger was not written by people.
const LARGEST_DOCKERFILE: u64 = 16 << 20;

/// A project's files. What was looked up is kept: hundreds of Dockerfiles of a repository ask for the same folders.
#[derive(Debug)]
pub(crate) struct Disk {
    root: PathBuf,
    entries: Mutex<HashMap<String, Entry>>,
    lists: Mutex<HashMap<String, Arc<[String]>>>,
    survey: OnceLock<Arc<Survey>>,
}

impl Disk {
    /// The files below `root`, a path without symbolic links.
    pub(crate) fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), entries: Mutex::default(), lists: Mutex::default(), survey: OnceLock::new() }
    }

    /// What stands at `path`, if every folder above it is a real one: a link may lead anywhere.
    fn at(&self, path: &str) -> Result<(PathBuf, Metadata), Entry> {
        let mut full = self.root.clone();
        let mut found = look(&full)?;
        for part in path.split('/').filter(|_| !path.is_empty()) {
            if part.is_empty() || part == "." || part == ".." {
                return Err(Entry::Unknown);
            }
            if found.is_symlink() {
                return Err(Entry::Unknown);
            }
            full.push(part);
            found = look(&full)?;
        }
        Ok((full, found))
    }
}

fn look(path: &Path) -> Result<Metadata, Entry> {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    fs::symlink_metadata(path).map_err(|error| match error.kind() {
        NotFound | NotADirectory => Entry::Absent,
        _ => Entry::Unknown,
    })
}

/// The answer to `path` of an earlier call, or of `find` now.
fn kept<T: Clone>(known: &Mutex<HashMap<String, T>>, path: &str, find: impl FnOnce() -> T) -> T {
    let lock = || known.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = lock().get(path) {
        return found.clone();
    }
    let found = find();
    lock().insert(path.to_owned(), found.clone());
    found
}

impl Files for Disk {
    fn entry(&self, path: &str) -> Entry {
        kept(&self.entries, path, || match self.at(path) {
            Err(entry) => entry,
            Ok((_, found)) if found.is_symlink() => Entry::Link,
            Ok((_, found)) if found.is_dir() => Entry::Folder,
            Ok((_, found)) if found.is_file() => {
                Entry::File { len: found.len(), mode: found.permissions().mode() & 0o7777 }
            }
            Ok(_) => Entry::Unknown,
        })
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let (full, found) = self.at(path).ok()?;
        read_limited(&full, &found, LARGEST_FILE).ok()
    }

    fn list(&self, path: &str) -> Arc<[String]> {
        kept(&self.lists, path, || {
            let Ok((full, found)) = self.at(path) else { return Arc::default() };
            if !found.is_dir() {
                return Arc::default();
            }
            let entries = fs::read_dir(full).into_iter().flatten().flatten();
            let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
            names.sort_unstable();
            names.into()
        })
    }

    fn survey(&self) -> Arc<Survey> {
        self.survey.get_or_init(|| Arc::new(survey(self))).clone()
    }
}

/// The bytes of a Dockerfile.
pub(crate) fn read_dockerfile(path: &Path) -> Result<Vec<u8>> {
    let found = fs::symlink_metadata(path).context("cannot be read")?;
    read_limited(path, &found, LARGEST_DOCKERFILE)
}

fn read_limited(path: &Path, found: &Metadata, limit: u64) -> Result<Vec<u8>> {
    // Opening a pipe would wait for someone to write into it.
    if !found.is_file() {
        bail!("is not a regular file");
    }
    let mut bytes = Vec::with_capacity(usize::try_from(found.len().min(limit)).unwrap_or_default());
    // It may grow while it is read.
    File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes)).context("cannot be read")?;
    if bytes.len() as u64 > limit {
        bail!("is larger than {} MiB: it is left alone", limit >> 20);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_and_ways_out_are_not_followed() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "x").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir(root.join("src")).unwrap();
        fs::write(root.join("src/run.sh"), "echo").unwrap();
        fs::set_permissions(root.join("src/run.sh"), fs::Permissions::from_mode(0o751)).unwrap();
        symlink(outside.path(), root.join("out")).unwrap();
        symlink(outside.path().join("secret"), root.join("link")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        fs::write(root.join("large"), vec![b'a'; LARGEST_FILE as usize + 1]).unwrap();

        let disk = Disk::new(&root);
        assert_eq!(disk.entry(""), Entry::Folder);
        assert_eq!(disk.entry("src"), Entry::Folder);
        assert_eq!(disk.entry("src/run.sh"), Entry::File { len: 4, mode: 0o751 });
        assert_eq!(disk.entry("src/run.sh/x"), Entry::Absent);
        assert_eq!(disk.entry("nothing"), Entry::Absent);
        assert_eq!(
            (disk.entry("link"), disk.entry("out"), disk.entry("loop")),
            (Entry::Link, Entry::Link, Entry::Link)
        );
        for path in ["out/secret", "..", "src/../src", "./src", "/src", "src/", "/etc/passwd", "loop/x"] {
            assert_eq!(disk.entry(path), Entry::Unknown, "{path}");
            assert_eq!(disk.read(path), None, "{path}");
        }
        assert_eq!(disk.read("src/run.sh").as_deref(), Some(b"echo".as_slice()));
        assert_eq!((disk.read("link"), disk.read("large"), disk.read("src")), (None, None, None));
        assert_eq!(*disk.list(""), ["large", "link", "loop", "out", "src"]);
        assert!(disk.list("out").is_empty() && disk.list("..").is_empty() && disk.list("large").is_empty());
    }
}
