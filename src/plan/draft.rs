//! A plan in the making: what rules add to, and how it ends.

use std::cell::OnceCell;

use super::kubernetes::Cluster;
use super::{
    Along, Change, Finding, Handed, Identity, Moved, Opened, Plan, Turned, block, comment, companions, fed, goes_along,
    home,
};
use crate::model::hazard::{Hazard, Scene};
use crate::model::start::Lifted;
use crate::options::Options;

/// Rules whose changes stand for themselves: a switch that is stopped says nothing of them.
const ALONE: [&str; 6] = ["taken-id", "floating-id", "early-user", "late-user", "named-user", "sudo"];

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
    /// The manifests that run the image.
    pub cluster: OnceCell<Cluster>,
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
            cluster: OnceCell::new(),
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

    /// This port and those that moved before it, as what stays together: `port 80 is`, `ports 80 and 443 are`.
    pub fn together(&self, from: u16) -> String {
        let ports: Vec<String> =
            self.moved.iter().map(|it| it.from).chain([from]).map(|port| port.to_string()).collect();
        match ports.as_slice() {
            [one] => format!("port {one} is"),
            several => format!("ports {} are", several.join(" and ")),
        }
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
        if self.options.sole_file {
            companions::alone(&mut self);
        }
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
