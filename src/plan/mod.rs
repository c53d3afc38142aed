//! One plan a target: who will run it, then typed changes, each asked for by a rule.

mod any_user;
mod arrived;
mod asked;
pub mod block;
mod cache;
pub mod change;
pub mod chown;
mod comment;
mod companions;
mod compose_port;
mod created;
mod database;
pub mod fed;
mod framework;
mod given;
pub mod home;
pub mod identity;
mod layout;
mod left;
mod linked;
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

use crate::model::hazard::{Hazard, Scene};
use crate::model::start::Lifted;
use crate::options::Options;
use crate::report::Safety;
use crate::source::Span;

pub use change::{Change, Place};
pub use identity::{Identity, Origin, Undecided};

/// Rules whose changes stand for themselves: a switch that is stopped says nothing of them.
const ALONE: [&str; 6] = ["taken-id", "floating-id", "early-user", "late-user", "named-user", "sudo"];

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
}

/// A USER that goes from its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turned {
    /// The USER.
    pub user: usize,
    /// RUNs below it that need root and run as root again.
    pub freed: Vec<usize>,
}

/// What a target becomes, while rules are adding to it.
pub struct Draft<'d> {
    /// What is looked at.
    pub scene: &'d Scene<'d>,
    /// What the caller wants.
    pub options: &'d Options,
    /// What was found.
    pub findings: Vec<Finding>,
    /// The account that will run the process, once a rule has asked for the switch.
    pub identity: Option<Identity>,
    /// The account of a USER that stays, once a rule has asked to write it, or its ids, in another way.
    pub standing: Option<Identity>,
    /// A USER that names nobody, which the switch takes the place of.
    pub wrong: Option<usize>,
    /// USERs that go, or move, because they stand in the wrong place.
    pub turned: Vec<Turned>,
    /// How what the process needs gets out of root's home, where the scene is the file as it is afterwards.
    pub relocation: Option<home::Relocation>,
    /// What HOME is for the process, where the block has to say it.
    pub home: Option<String>,
    /// Changes besides the block.
    pub changes: Vec<Change>,
    /// Paths handed over.
    pub handed: Vec<Handed>,
    /// Folders that another stage makes for the target.
    pub fed: Vec<fed::Fed>,
    /// What the process reads and is opened to it.
    pub opened: Vec<Opened>,
    /// Commands of the container's command that become a step of the build.
    pub lifted: Option<Lifted>,
    /// Ports that move.
    pub moved: Vec<Moved>,
    /// Words of other files that change along.
    pub along: Vec<Along>,
    /// Hazards that make it less than safe.
    pub hazards: Vec<Hazard>,
    /// What people must know besides.
    pub notes: Vec<String>,
    /// Whether volumes that root may have filled are accepted.
    pub accepted_volumes: bool,
    /// Whether something that the switch needs cannot be done: nothing of it is.
    pub stopped: bool,
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

impl<'d> Draft<'d> {
    /// A plan without anything in it.
    pub fn new(scene: &'d Scene<'d>, options: &'d Options) -> Self {
        Self {
            scene,
            options,
            findings: Vec::new(),
            identity: None,
            standing: None,
            wrong: None,
            turned: Vec::new(),
            relocation: None,
            home: None,
            changes: Vec::new(),
            handed: Vec::new(),
            fed: Vec::new(),
            opened: Vec::new(),
            lifted: None,
            moved: Vec::new(),
            along: Vec::new(),
            hazards: Vec::new(),
            notes: Vec::new(),
            accepted_volumes: false,
            stopped: false,
        }
    }

    /// Adds a finding that the plan's changes answer.
    pub fn found(&mut self, rule: &'static str, at: usize, message: impl Into<String>, why: impl Into<String>) {
        self.findings.push(Finding { rule, message: message.into(), why: why.into(), reason: None, at, fixed: true });
    }

    /// Adds a finding that is left alone, and gives up the switch of the user.
    pub fn refuse(
        &mut self,
        rule: &'static str,
        at: usize,
        message: impl Into<String>,
        reason: &'static str,
        why: impl Into<String>,
    ) {
        self.leave(rule, at, message, reason, why);
        self.stopped = true;
    }

    /// Adds a finding that is left alone and stops nothing else.
    pub fn leave(
        &mut self,
        rule: &'static str,
        at: usize,
        message: impl Into<String>,
        reason: &'static str,
        why: impl Into<String>,
    ) {
        let reason = Some(reason);
        self.findings.push(Finding { rule, message: message.into(), why: why.into(), reason, at, fixed: false });
    }

    /// Adds a finding that is only advice: it changes nothing of how the file ends.
    pub fn advise(&mut self, rule: &'static str, at: usize, message: impl Into<String>, why: impl Into<String>) {
        self.findings.push(Finding { rule, message: message.into(), why: why.into(), reason: None, at, fixed: false });
    }

    /// Nothing is done once more for an account that the file is prepared for.
    fn leave_prepared(&mut self) {
        self.changes.clear();
        self.handed.clear();
        self.fed.clear();
        self.moved.clear();
        self.along.clear();
        self.hazards.clear();
        self.lifted = None;
    }

    /// Ends the drafting: nothing of a switch that was stopped remains but its findings.
    pub fn finish(mut self) -> Plan {
        let stage = self.scene.stage;
        if self.identity.is_some() && !self.stopped {
            block::check(&mut self);
        }
        if self.stopped {
            let along =
                |finding: &Finding| goes_along(finding.rule) || (finding.fixed && ALONE.contains(&finding.rule));
            self.findings.retain(|finding| finding.reason.is_some() || !along(finding));
            self.findings.iter_mut().for_each(|finding| finding.fixed = false);
            // What would become of ports that do not move is told to nobody.
            let notes = if self.moved.is_empty() { self.notes } else { Vec::new() };
            return Plan { stage, findings: self.findings, notes, ..Plan::default() };
        }
        if let Some(identity) = self.identity.as_ref().filter(|_| self.accepted_volumes) {
            let owner = identity.owner();
            let group = if self.options.openshift { " and chmod -R g=u" } else { "" };
            self.notes.push(format!("volumes that older containers filled as root need: chown -R {owner}{group} once"));
        }
        match self.options.prepare && comment::is_prepared(&self) {
            true => self.leave_prepared(),
            false => block::assemble(&mut self),
        }
        if let Some(identity) = self.identity.as_ref().filter(|_| self.options.prepare) {
            self.notes.push(format!("USER {} is left to be written: until then it runs as root", identity.user));
        }
        let relocation = self.relocation.take().filter(|_| self.identity.is_some()).unwrap_or_default();
        relocation.explain(&mut self.handed);
        let mut seen = std::collections::HashSet::new();
        self.handed.retain(|handed| seen.insert((handed.path.clone(), handed.tree)));
        // A file that comes into the image twice is told of twice.
        let mut told = std::collections::HashSet::new();
        self.along.retain(|along| told.insert(along.clone()));
        Plan {
            stage,
            findings: self.findings,
            identity: self.identity,
            standing: self.standing,
            turned: self.turned,
            relocated: relocation.relocated,
            variables: relocation.variables,
            home: self.home,
            prepared: self.options.prepare,
            any_user: self.options.openshift,
            changes: self.changes,
            handed: self.handed,
            fed: self.fed,
            lifted: self.lifted,
            moved: self.moved,
            along: self.along,
            hazards: self.hazards,
            notes: self.notes,
        }
    }
}
