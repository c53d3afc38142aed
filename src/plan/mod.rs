//! One plan a target: who will run it, then typed changes, each asked for by a rule.

mod any_user;
mod arrived;
mod asked;
pub mod block;
mod cache;
pub mod change;
pub mod chown;
mod comment;
pub mod companions;
mod compose_port;
mod created;
mod database;
mod draft;
pub mod fed;
mod framework;
mod given;
mod health;
pub mod home;
pub mod identity;
pub mod kubernetes;
mod layout;
mod left;
mod linked;
pub mod listener;
mod modes;
mod named;
mod named_elsewhere;
pub mod opened;
mod own;
mod owner_modes;
pub mod ownership;
mod package;
pub mod pins;
mod plain;
pub mod ports;
pub mod server;
mod settled;
pub mod standing;
pub mod sudo;
pub mod switch;
pub mod tools;
pub mod turns;
pub mod unknown;
pub mod uses;
pub mod variables;
mod witness;
mod write_set;

use crate::model::hazard::Hazard;
use crate::model::start::Lifted;
use crate::report::Safety;
use crate::source::Span;

pub use change::{Change, Place};
pub use draft::Draft;
pub use identity::{Identity, Origin, Undecided};

/// Something a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// What is wrong, one line.
    pub message: String,
    /// Why it matters, or what a person has to decide.
    pub why: String,
    /// The reason's id when it is left alone.
    pub reason: Option<&'static str>,
    /// The instruction that shows it.
    pub at: usize,
    /// Whether the plan's changes answer it.
    pub fixed: bool,
}

/// A path that is handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// Absolute path.
    pub path: String,
    /// `uid:gid`, or the name.
    pub owner: String,
    /// Whether all below goes along.
    pub tree: bool,
    /// Whether it may be missing and is made first.
    pub make: bool,
    /// Whether a copy gives it, not a command.
    pub by_copy: bool,
    /// Why.
    pub why: String,
}

/// A file or folder that is opened to everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Absolute path.
    pub path: String,
    /// How far.
    pub to: Opening,
}

/// How far something is opened to everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// All below can be read.
    Tree,
    /// A program can be run, a folder entered.
    Alone,
    /// Everybody may write there, and remove what is theirs.
    Shared,
    /// The group may do with all below what its owner may.
    Group,
}

impl Opening {
    /// All of them, in the order in which they are written.
    pub const ALL: [Self; 4] = [Self::Tree, Self::Alone, Self::Shared, Self::Group];

    /// What `chmod` is told.
    pub fn mode(self) -> &'static str {
        match self {
            Self::Tree => "-R o+rX",
            Self::Alone => "o+rx",
            Self::Shared => "a+rwxt",
            Self::Group => "-R g=u",
        }
    }
}

/// A port that moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Old.
    pub from: u16,
    /// New.
    pub to: u16,
    /// Lines of the Dockerfile that name it.
    pub lines: Vec<usize>,
}

/// A word of another file of the project that changes along, or what is added to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Along {
    /// The file, from the project's root.
    pub path: String,
    /// What is replaced.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
    /// Entries that it adds to mappings of YAML: where, and what.
    pub adds: Vec<(String, String)>,
    /// Whether it is what others ask this image on, and no part of the image.
    pub asks: bool,
}

impl Along {
    /// A word that becomes another one.
    pub fn word(path: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        Self { path: path.into(), span, text: text.into(), adds: Vec::new(), asks: false }
    }
}

/// A USER that goes from its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turned {
    /// The USER.
    pub user: usize,
    /// RUNs below it that need root and run as root again.
    pub freed: Vec<usize>,
}

/// A finished plan: one fix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The stage.
    pub stage: usize,
    /// What was found.
    pub findings: Vec<Finding>,
    /// The account, if the plan switches to one.
    pub identity: Option<Identity>,
    /// The account of a USER that stays and is written in another way: the same account by its number, or the same
    /// name with an id that its creation now gives.
    pub standing: Option<Identity>,
    /// USERs that go, or move.
    pub turned: Vec<Turned>,
    /// Folders below root's home that others take the place of.
    pub relocated: Vec<home::Relocated>,
    /// Variables that keep downloads out of root's home.
    pub variables: Vec<home::Variable>,
    /// What HOME is for the process, where the block says it.
    pub home: Option<String>,
    /// Whether USER stays as it is.
    pub prepared: bool,
    /// Whether any uid of group 0 may run it.
    pub any_user: bool,
    /// All changes.
    pub changes: Vec<Change>,
    /// Paths handed over.
    pub handed: Vec<Handed>,
    /// Folders that another stage makes for the target.
    pub fed: Vec<fed::Fed>,
    /// Commands of the container's command that become a step of the build.
    pub lifted: Option<Lifted>,
    /// Ports that move.
    pub moved: Vec<Moved>,
    /// Words of other files that change along.
    pub along: Vec<Along>,
    /// Hazards.
    pub hazards: Vec<Hazard>,
    /// What people must know besides.
    pub notes: Vec<String>,
}

impl Plan {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.along.is_empty()
    }

    /// How safe the plan is.
    pub fn safety(&self) -> Safety {
        if self.hazards.is_empty() { Safety::Safe } else { Safety::Unsafe }
    }

    /// The plan as a refusal: nothing of it is done, and its first finding says why.
    pub fn refused(mut self, why: &str) -> Self {
        self.findings.truncate(1);
        for finding in &mut self.findings {
            finding.reason = Some("ignored-rule");
            (finding.why, finding.fixed) = (why.to_owned(), false);
        }
        Self { stage: self.stage, findings: self.findings, notes: self.notes, ..Self::default() }
    }
}

/// Whether what a rule finds is no finding of its own without the switch of the user that it goes along with.
pub fn goes_along(rule: &str) -> bool {
    matches!(rule, "unowned-copy" | "privileged-port" | "chown-run") || rule == home::RULE
}
