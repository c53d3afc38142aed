//! What was found and done, as data; one file a format renders it.

use serde::Serialize;

use crate::source::Position;

pub mod diff;
pub mod json;
pub mod markdown;
#[cfg(test)]
pub(crate) mod sample;
pub mod text;

/// How a file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nothing to do.
    Clean,
    /// Written.
    Fixed,
    /// Would be written with these options.
    Fixable,
    /// Only with `--unsafe`.
    Unsafe,
    /// Something written or writable, something left.
    Partial,
    /// Left alone; the findings say why.
    Refused,
    /// BuildKit's parser rejects it, or a proof failed.
    Error,
}

/// How safe a fix is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// Applied by default.
    Safe,
    /// Applied with `--unsafe`; its hazards are named.
    Unsafe,
    /// Never applied.
    Manual,
}

/// Half-open range in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Range {
    /// First byte.
    pub start: Position,
    /// One past the last byte.
    pub end: Position,
}

/// Something found in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// What is wrong, one line.
    pub message: String,
    /// Why it matters, or what was looked at and what a person has to decide.
    pub why: String,
    /// The reason's id when nothing is changed for it (`start-script`, `unknown-base`, …).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// Id of the fix that answers it.
    pub fix: Option<usize>,
    /// Where.
    pub range: Range,
}

/// A known thing outside of sight that may want root or a writable path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hazard {
    /// Its id.
    pub id: &'static str,
    /// What it is, and what settles it.
    pub message: String,
    /// Where it shows.
    pub range: Range,
}

/// One edit of a fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The file, relative to the current folder.
    pub path: Vec<u8>,
    /// What is replaced.
    pub range: Range,
    /// The same in bytes.
    pub offset: [usize; 2],
    /// What stands there afterwards.
    pub text: Vec<u8>,
}

/// Changes that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Its id, from 1.
    pub id: usize,
    /// How safe.
    pub safety: Safety,
    /// Why it is not safe.
    pub hazards: Vec<Hazard>,
    /// Whether it is part of the result.
    pub applied: bool,
    /// Its edits, in order: those of the Dockerfile first.
    pub edits: Vec<Edit>,
    /// Other files that it changes along.
    pub along: Vec<Companion>,
    /// Which of the file's notes speak of it.
    pub notes: Vec<String>,
}

/// A stage that is built, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Target {
    /// Its name, or its number.
    pub stage: String,
    /// The base image as written; null when it cannot be known.
    pub base: Option<String>,
    /// How its family makes accounts.
    pub family: String,
    /// Who runs the process.
    pub user: User,
    /// Ports that move.
    pub ports: Vec<Port>,
    /// Paths that are handed over.
    pub paths: Vec<Path>,
}

/// Who runs the process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// Before; null when it cannot be known.
    pub before: Option<String>,
    /// After; null when nothing is switched.
    pub after: Option<String>,
    /// Its uid.
    pub uid: Option<u32>,
    /// Its gid.
    pub gid: Option<u32>,
    /// `builtin`, `created`, `existing`, `base` or `number`; null when nothing is switched.
    pub origin: Option<&'static str>,
    /// Why a null is null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A port that moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Port {
    /// Old.
    pub from: u16,
    /// New.
    pub to: u16,
    /// `path:line` of every place.
    #[serde(rename = "where")]
    pub places: Vec<String>,
}

/// A path that is handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Path {
    /// Absolute path.
    pub path: String,
    /// `uid:gid`, or the name as written.
    pub owner: String,
    /// Why.
    pub why: String,
}

/// All that is said of one Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Path relative to the current folder, as bytes.
    pub path: Vec<u8>,
    /// How it ends.
    pub status: Status,
    /// Why it ends as an error.
    pub error: Option<String>,
    /// Whether the error is a failed proof: a bug in unroot, not in the file.
    pub proof_failed: bool,
    /// The stages that were looked at.
    pub targets: Vec<Target>,
    /// What was found, in file order.
    pub findings: Vec<Finding>,
    /// What can be or was done.
    pub fixes: Vec<Fix>,
    /// What people must know besides.
    pub notes: Vec<String>,
    /// The bytes that were read.
    pub before: Vec<u8>,
    /// The bytes with all applied fixes; the same when there are none.
    pub after: Vec<u8>,
    /// Other files that the applied fixes change with it: all are written, or none.
    pub companions: Vec<Companion>,
}

/// A file that is no Dockerfile and moves along with one: a server's config, a compose file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Companion {
    /// Path relative to the current folder, as bytes.
    pub path: Vec<u8>,
    /// The bytes that were read.
    pub before: Vec<u8>,
    /// The bytes with all applied fixes.
    pub after: Vec<u8>,
    /// Other Dockerfiles of the project that take the file into their image, as they are shown in reports.
    pub used_by: Vec<Vec<u8>>,
}

impl File {
    /// A file about which nothing has been said yet.
    pub fn new(path: Vec<u8>, before: Vec<u8>) -> Self {
        Self {
            path,
            status: Status::Clean,
            error: None,
            proof_failed: false,
            targets: Vec::new(),
            findings: Vec::new(),
            fixes: Vec::new(),
            notes: Vec::new(),
            after: before.clone(),
            before,
            companions: Vec::new(),
        }
    }

    /// Whether the applied fixes change any byte.
    pub fn changed(&self) -> bool {
        self.before != self.after || self.companions.iter().any(|other| other.before != other.after)
    }

    /// Turns it into an error: nothing of it is applied.
    pub fn fail(&mut self, error: String) {
        self.status = Status::Error;
        self.error = Some(error);
        self.after.clone_from(&self.before);
        self.companions.clear();
        self.fixes.iter_mut().for_each(|fix| fix.applied = false);
    }
}

/// How many files end how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// All of them.
    pub files: usize,
    /// Nothing to do.
    pub clean: usize,
    /// Written.
    pub fixed: usize,
    /// Would be written.
    pub fixable: usize,
    /// Only with `--unsafe`.
    pub r#unsafe: usize,
    /// Something left.
    pub partial: usize,
    /// Left alone.
    pub refused: usize,
    /// Not read, not parsed, not proved or not written.
    pub error: usize,
}

impl Summary {
    /// Counts.
    pub fn of(statuses: impl IntoIterator<Item = Status>) -> Self {
        let mut summary = Self::default();
        for status in statuses {
            summary.files += 1;
            *summary.count(status) += 1;
        }
        summary
    }

    fn count(&mut self, status: Status) -> &mut usize {
        match status {
            Status::Clean => &mut self.clean,
            Status::Fixed => &mut self.fixed,
            Status::Fixable => &mut self.fixable,
            Status::Unsafe => &mut self.r#unsafe,
            Status::Partial => &mut self.partial,
            Status::Refused => &mut self.refused,
            Status::Error => &mut self.error,
        }
    }
}
