//! A project as it would be with some of its files changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Entry, Files, Survey};

/// The files of a project, some of them with other text.
pub struct Overlay<'f> {
    files: &'f dyn Files,
    changed: BTreeMap<String, Vec<u8>>,
}

impl<'f> Overlay<'f> {
    /// `files`, where those at the paths of `changed` hold other text. Only what is a file there can change.
    pub fn new(files: &'f dyn Files, changed: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self { files, changed: changed.into_iter().collect() }
    }
}

impl Files for Overlay<'_> {
    fn entry(&self, path: &str) -> Entry {
        match (self.files.entry(path), self.changed.get(path)) {
            (Entry::File { mode, .. }, Some(text)) => Entry::File { len: text.len() as u64, mode },
            (entry, _) => entry,
        }
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let text = self.files.read(path)?;
        Some(self.changed.get(path).cloned().unwrap_or(text))
    }

    fn list(&self, path: &str) -> Arc<[String]> {
        self.files.list(path)
    }

    fn survey(&self) -> Arc<Survey> {
        self.files.survey()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Memory;

    #[test]
    fn only_what_is_there_changes() {
        let mut files = Memory::default();
        files.insert("a/start.sh", "old", 0o755);
        files.insert("b", "other", 0o644);
        let changed = [("a/start.sh".to_owned(), b"newer".to_vec()), ("c".to_owned(), Vec::new())];
        let over = Overlay::new(&files, changed);
        assert_eq!(over.read("a/start.sh").unwrap(), b"newer");
        assert_eq!(over.entry("a/start.sh"), Entry::File { len: 5, mode: 0o755 });
        assert_eq!((over.read("b").unwrap(), over.read("c")), (b"other".to_vec(), None));
        assert_eq!((over.entry("c"), over.list("a").len()), (Entry::Absent, 1));
    }
}
