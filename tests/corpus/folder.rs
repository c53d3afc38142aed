//! Files of a project on disk, and copies of the corpus.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};
use tempfile::TempDir;
use unroot::context::{Entry, Files, Survey, survey};

/// The largest file that is read, as the binary does it.
const LARGEST: u64 = 1 << 20;

/// A project on disk.
pub(crate) struct Folder(pub(crate) PathBuf, OnceLock<Arc<Survey>>, Mutex<HashMap<String, Arc<[String]>>>);

impl Folder {
    /// The files below a folder.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self(root, OnceLock::new(), Mutex::default())
    }

    /// What stands at `path` when no folder above it is a link.
    fn at(&self, path: &str) -> Result<(PathBuf, fs::Metadata), Entry> {
        let look = |path: &Path| fs::symlink_metadata(path).map_err(|_| Entry::Absent);
        let mut full = self.0.clone();
        let mut found = look(&full)?;
        for part in path.split('/').filter(|_| !path.is_empty()) {
            if matches!(part, "" | "." | "..") || found.is_symlink() {
                return Err(Entry::Unknown);
            }
            full.push(part);
            found = look(&full)?;
        }
        Ok((full, found))
    }
}

impl Files for Folder {
    fn entry(&self, path: &str) -> Entry {
        match self.at(path) {
            Err(entry) => entry,
            Ok((_, found)) if found.is_symlink() => Entry::Link,
            Ok((_, found)) if found.is_dir() => Entry::Folder,
            Ok((_, found)) if found.is_file() => {
                Entry::File { len: found.len(), mode: found.permissions().mode() & 0o7777 }
            }
            Ok(_) => Entry::Unknown,
        }
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let (full, found) = self.at(path).ok()?;
        if found.is_file() && found.len() <= LARGEST { fs::read(full).ok() } else { None }
    }

    fn survey(&self) -> Arc<Survey> {
        self.1.get_or_init(|| Arc::new(survey(self))).clone()
    }

    fn list(&self, path: &str) -> Arc<[String]> {
        if let Some(found) = self.2.lock().unwrap().get(path) {
            return found.clone();
        }
        let Ok((full, _)) = self.at(path) else { return Arc::default() };
        let entries = fs::read_dir(full).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort_unstable();
        self.2.lock().unwrap().entry(path.to_owned()).or_insert(names.into()).clone()
    }
}

/// Names of the Dockerfiles in `files/`, in order.
pub(crate) fn names(corpus: &Path) -> Vec<String> {
    let mut names = Folder::new(corpus.to_owned()).list("files").to_vec();
    names.retain(|name| name.ends_with(".Dockerfile"));
    assert!(!names.is_empty(), "no files/*.Dockerfile in {}", corpus.display());
    names
}

/// A copy of the Dockerfiles alone, in a git work tree of its own.
pub(crate) fn copy(corpus: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir_all(copy.path().join("files")).unwrap();
    for name in names(corpus) {
        let bytes = fs::read(corpus.join("files").join(&name)).unwrap();
        fs::write(copy.path().join("files").join(&name), bytes).unwrap();
    }
    let (status, _, errors) = super::binary::run_in(copy.path(), "git", &["init", "--quiet"], b"");
    assert_eq!(status, 0, "{errors}");
    copy
}
