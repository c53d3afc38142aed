//! The project's files as a trait, so that the library never touches the system.

mod dockerignore;
mod overlay;
mod survey;
mod walk;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use dockerignore::{Ignored, matches};
pub use overlay::Overlay;
pub use survey::{Built, Survey, is_compose, is_dockerfile, is_yaml, survey};
pub use walk::below;

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// A regular file: size in bytes and permission bits.
    File {
        /// Size in bytes.
        len: u64,
        /// Permission bits, as in `0o755`.
        mode: u32,
    },
    /// A folder.
    Folder,
    /// A symbolic link; never followed.
    Link,
    /// Nothing.
    Absent,
    /// It cannot be known (no context, no permission).
    Unknown,
}

/// The files of a project. Paths are relative to its root, with `/` and without `.` or `..`; the root is `""`.
pub trait Files: Send + Sync {
    /// What stands at `path`.
    fn entry(&self, path: &str) -> Entry;
    /// The bytes of a regular file, or `None` when it is not one, is too large or cannot be read.
    fn read(&self, path: &str) -> Option<Vec<u8>>;
    /// Names in a folder, sorted; empty when it is none.
    fn list(&self, path: &str) -> Arc<[String]>;
    /// The Dockerfiles and compose files of the project; see [`survey()`].
    fn survey(&self) -> Arc<Survey>;
}

/// No files at all: a Dockerfile from stdin.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nothing;

impl Files for Nothing {
    fn entry(&self, _path: &str) -> Entry {
        Entry::Unknown
    }

    fn read(&self, _path: &str) -> Option<Vec<u8>> {
        None
    }

    fn list(&self, _path: &str) -> Arc<[String]> {
        Arc::default()
    }

    fn survey(&self) -> Arc<Survey> {
        Arc::default()
    }
}

/// Files in memory: path to bytes and mode.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    files: BTreeMap<String, (Vec<u8>, u32)>,
}

impl Memory {
    /// Adds a file.
    pub fn insert(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>, mode: u32) {
        self.files.insert(path.into(), (bytes.into(), mode));
    }
}

impl Files for Memory {
    fn entry(&self, path: &str) -> Entry {
        if let Some((bytes, mode)) = self.files.get(path) {
            return Entry::File { len: bytes.len() as u64, mode: *mode };
        }
        let inside =
            |name: &String| path.is_empty() || name.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
        if self.files.keys().any(inside) { Entry::Folder } else { Entry::Absent }
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.files.get(path).map(|(bytes, _)| bytes.clone())
    }

    fn list(&self, path: &str) -> Arc<[String]> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let names = self.files.keys().filter_map(|name| name.strip_prefix(prefix.as_str()));
        let mut names: Vec<String> = names.filter_map(|name| name.split('/').next()).map(str::to_owned).collect();
        names.dedup();
        names.into()
    }

    fn survey(&self) -> Arc<Survey> {
        Arc::new(survey(self))
    }
}
