//! Who owns which path: the instructions of a stage replayed as events on paths.
//!
//! What each instruction does to owners was measured with BuildKit and the legacy builder: a WORKDIR makes its folder
//! as the user of its line, a copy gives what it brings to `--chown` or to root and makes missing folders for the same
//! owner, folders that exist keep theirs, `chown` in a RUN changes what is there by then.

use std::collections::BTreeMap;

use super::account::Account;
use super::command::Ran;
use super::made::{Ownership, combined, is_of};
use super::{Base, Model, Value, Who, user, value};
use crate::facts;
use crate::syntax::{Args, Keyword};

/// An owner as `uid:gid` where the numbers are known, else `name:group` as the accounts of the line have it.
pub type Owner = String;

/// Owner of what root makes.
pub const ROOT: &str = "0:0";

/// Who made a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It is in the base image, or may be.
    Base,
    /// A WORKDIR, a copy or a RUN: index of the instruction.
    Workdir(usize),
    /// A copy.
    Copy(usize),
    /// A command of a RUN.
    Run(usize),
}

/// A path that the Dockerfile names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its owner at the end; `None` when it cannot be known.
    pub owner: Option<Owner>,
    /// Who made it.
    pub made: Made,
}

/// What a copy brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The instruction.
    pub instruction: usize,
    /// Where it went: the destination's normal path.
    pub destination: Option<String>,
    /// Whether the destination is surely a folder that the sources go into.
    pub into: bool,
    /// Owner of the content at the end; `None` when it cannot be known.
    pub owner: Option<Owner>,
    /// `--from` another stage or image.
    pub from: Option<String>,
}

/// Owners at the end of a stage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners {
    /// Paths that the Dockerfile names, and the folders above them.
    pub nodes: BTreeMap<String, Node>,
    /// Copies, in order.
    pub copies: Vec<Copied>,
}

/// Folders that images hold (Filesystem Hierarchy Standard 3.0) and nothing may give away.
pub const SYSTEM: [&str; 34] = [
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib64",
    "/media",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/local",
    "/usr/local/bin",
    "/usr/local/lib",
    "/usr/local/share",
    "/usr/sbin",
    "/usr/share",
    "/usr/src",
    "/var",
    "/var/cache",
    "/var/lib",
    "/var/log",
    "/var/run",
    "/var/tmp",
];

/// Trees that packages and base images fill: what lies there is never surely the app's.
const PACKAGED: [&str; 30] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/sys",
    "/tmp",
    "/usr/bin",
    "/usr/games",
    "/usr/include",
    "/usr/lib",
    "/usr/libexec",
    "/usr/local/bin",
    "/usr/local/etc",
    "/usr/local/include",
    "/usr/local/lib",
    "/usr/local/sbin",
    "/usr/local/share",
    "/usr/sbin",
    "/usr/share",
    "/var/cache",
    "/var/lib",
    "/var/log",
    "/var/run",
    "/var/spool",
];

/// Whether packages or the base image may hold `path` too.
pub fn is_packaged(path: &str) -> bool {
    PACKAGED.iter().any(|tree| value::within(path, tree))
}

impl Owners {
    /// The owner of a path: its own, else that of the copy that brought it.
    pub fn owner(&self, path: &str) -> Option<&Owner> {
        if let Some(node) = self.nodes.get(path) {
            return node.owner.as_ref();
        }
        let below = |copy: &&Copied| copy.destination.as_deref().is_some_and(|folder| value::within(path, folder));
        self.copies.iter().rev().find(below).and_then(|copy| copy.owner.as_ref())
    }

    fn make(&mut self, path: &str, owner: Option<&Owner>, made: Made) {
        if self.nodes.contains_key(path) {
            return;
        }
        if let Some((parent, _)) = path.rsplit_once('/').filter(|_| path != "/") {
            self.make(if parent.is_empty() { "/" } else { parent }, owner, made);
        }
        self.nodes.insert(path.to_owned(), Node { owner: owner.cloned(), made });
    }

    fn chown(&mut self, path: &str, effect: &Ownership, owner: Option<&Owner>, made: Made) {
        let turned = |old: Option<&Owner>| match &effect.only_from {
            None => combined(old, owner),
            Some(from) => match is_of(old?, from.as_ref()?) {
                true => combined(old, owner),
                false => old.cloned(),
            },
        };
        let node = self.nodes.entry(path.to_owned()).or_insert(Node { owner: None, made });
        node.owner = turned(node.owner.as_ref());
        if !effect.recursive {
            return;
        }
        for (_, node) in self.nodes.iter_mut().filter(|(other, _)| *other != path && value::within(other, path)) {
            node.owner = turned(node.owner.as_ref());
        }
        for copy in &mut self.copies {
            if copy.destination.as_deref().is_some_and(|folder| value::within(folder, path)) {
                copy.owner = turned(copy.owner.as_ref());
            }
        }
    }
}

impl Model<'_> {
    /// Owners at the end of the stage.
    pub fn owners(&self, stage: usize) -> Owners {
        self.owners_before(stage, usize::MAX)
    }

    /// Owners just before the instruction `end` of `stage`.
    pub fn owners_before(&self, stage: usize, end: usize) -> Owners {
        let mut owners = Owners::default();
        for path in SYSTEM {
            owners.make(path, Some(&ROOT.to_owned()), Made::Base);
        }
        self.base_folders(stage, &mut owners);
        for (at, index) in self.lineage(stage) {
            if at == stage && index >= end {
                break;
            }
            self.replay(at, index, &mut owners);
        }
        owners
    }

    fn base_folders(&self, stage: usize, owners: &mut Owners) {
        let Some(Base::Image { facts: Some(facts), .. }) = self.root_base(stage) else { return };
        for account in facts.accounts.iter().filter(|account| account.home.len() > 1) {
            let owner = account.uid.zip(account.gid).map(|(uid, gid)| format!("{uid}:{gid}"));
            owners.make(account.home, owner.as_ref(), Made::Base);
        }
        let server = facts::server(facts.server);
        let served = server
            .into_iter()
            .flat_map(|server| server.roots.iter().copied().chain([server.site]).chain(server.writes.iter().copied()));
        let folders = facts.app_folders.iter().copied().chain([facts.workdir]).chain(served);
        for folder in folders.filter(|folder| folder.len() > 1) {
            owners.make(folder, None, Made::Base);
        }
    }

    fn replay(&self, stage: usize, index: usize, owners: &mut Owners) {
        let Some(instruction) = self.instruction(index) else { return };
        match instruction.keyword {
            Keyword::Workdir => {
                if let Some(path) = self.cwd(stage, index + 1).text() {
                    let owner = self.line_owner(stage, index);
                    owners.make(path, owner.as_ref(), Made::Workdir(index));
                }
            }
            Keyword::Copy | Keyword::Add => self.replay_copy(stage, index, owners),
            Keyword::Run => {
                for package in self.brought(stage, index) {
                    let owner = format!("{}:{}", package.uid, package.gid);
                    package.owns.iter().for_each(|path| owners.make(path, Some(&owner), Made::Run(index)));
                }
                for ran in &self.commands(stage, index).list {
                    self.replay_command(stage, index, ran, owners);
                }
            }
            _ => {}
        }
    }

    /// Owner of what the line itself makes: its user.
    fn line_owner(&self, stage: usize, index: usize) -> Option<Owner> {
        match self.user(stage, index) {
            Who::Root => Some(ROOT.to_owned()),
            Who::User(text) => {
                // A number alone takes the group that the account of that number has.
                let accounts = self.accounts(stage, index);
                let same = |account: &&Account| user::number(&text).is_some() && account.uid == user::number(&text);
                let name = accounts.iter().find(same).map(|account| account.name.clone());
                self.owner_of(stage, index, name.as_deref().unwrap_or(&text))
            }
            Who::Chosen(_) | Who::Unknown(_) => None,
        }
    }

    fn replay_copy(&self, stage: usize, index: usize, owners: &mut Owners) {
        let Some(instruction) = self.instruction(index) else { return };
        let Args::Copy { sources, destination, .. } = &instruction.args else { return };
        let target = self.expand(stage, index, &destination.text);
        let folder = self.cwd(stage, index);
        let path = target.text().and_then(|text| match text.starts_with('/') {
            true => value::normal(text),
            false => folder.text().map(|cwd| value::join(cwd, text)),
        });
        let owner = self.copy_owner(stage, index);
        let many = sources.len() + instruction.heredocs.len() > 1;
        let folder_source = |text: &str| text == "." || text == "./" || text.ends_with('/') || text.ends_with("/.");
        let into = many
            || target.text().is_some_and(|text| text.ends_with('/') || text == "." || text.ends_with("/."))
            || sources.iter().any(|source| folder_source(&source.text))
            || path.as_ref().is_some_and(|path| owners.nodes.contains_key(path));
        if let Some(path) = &path {
            owners.make(path, owner.as_ref(), Made::Copy(index));
        }
        let from = instruction.flag("from").and_then(|flag| flag.value.clone());
        owners.copies.push(Copied { instruction: index, destination: path, into, owner, from });
    }

    /// The owner that a copy gives, from `--chown`; root without it.
    pub fn copy_owner(&self, stage: usize, index: usize) -> Option<Owner> {
        match self.instruction(index)?.flag("chown") {
            // Without --chown a copy from a stage or an image keeps the owners it had there (measured).
            None if self.instruction(index)?.flag("from").is_some() => None,
            None => Some(ROOT.to_owned()),
            Some(flag) => {
                let text = self.expand(stage, index, flag.value.as_deref().unwrap_or(""));
                self.owner_of(stage, index, text.certain()?)
            }
        }
    }

    fn replay_command(&self, stage: usize, index: usize, ran: &Ran, owners: &mut Owners) {
        // A redirection makes its file as `touch` does.
        for path in ran.leaves(&|path| owners.nodes.contains_key(path)) {
            let owner = self.line_owner(stage, index);
            match ran.name.as_str() {
                _ if value::within(&path, "/dev") || value::within(&path, "/proc") => {}
                // Only `install -D` makes folders, too.
                "install" => owners.make(&path, owner.as_ref(), Made::Run(index)),
                _ => drop(owners.nodes.entry(path).or_insert(Node { owner, made: Made::Run(index) })),
            }
        }
        let Some(effect) = ran.ownership(self, stage, index) else { return };
        for path in effect.paths.iter().flatten() {
            if effect.makes {
                let owner = self.line_owner(stage, index);
                owners.make(path, owner.as_ref(), Made::Run(index));
            }
            if let Some(owner) = &effect.owner {
                owners.chown(path, &effect, owner.as_ref(), Made::Run(index));
            }
        }
    }

    /// An owner text (`name`, `name:group`, `uid`, `uid:gid`, `name:`) as the numbers that the accounts of this line
    /// give it; without numbers the names stand.
    pub fn owner_of(&self, stage: usize, index: usize, text: &str) -> Option<Owner> {
        let (name, group) = match text.split_once([':', '.']) {
            Some((name, group)) => (name, Some(group).filter(|group| !group.is_empty())),
            None => (text, None),
        };
        if name.is_empty() {
            return None;
        }
        let account = self.account(stage, index, name);
        let uid = user::number(name).or(account.as_ref().and_then(|account| account.uid));
        let uid = if name == "root" { Some(0) } else { uid };
        let gid = match group {
            Some(group) => user::number(group).or_else(|| self.group(stage, index, group)),
            None if name == "root" => Some(0),
            None => account.as_ref().and_then(|account| account.gid).or(user::number(name)),
        };
        let uid = uid.map_or_else(|| name.to_owned(), |uid| uid.to_string());
        let named = account.as_ref().and_then(|account| account.group.as_deref());
        let gid = gid.map_or_else(|| group.or(named).unwrap_or(name).to_owned(), |gid| gid.to_string());
        Some(format!("{uid}:{gid}"))
    }

    /// Whether a folder is part of the image that the stage starts from, or a parent of such a part.
    pub fn is_base_folder(&self, stage: usize, path: &str) -> bool {
        if SYSTEM.iter().any(|system| value::within(system, path)) {
            return true;
        }
        let Some(Base::Image { facts: Some(facts), .. }) = self.root_base(stage) else { return false };
        let homes = facts.accounts.iter().map(|account| account.home).filter(|home| home.len() > 1);
        let app = |folder: &&str| facts.app_folders.contains(folder);
        homes
            .chain([facts.workdir])
            .filter(|folder| folder.len() > 1)
            .any(|folder| value::within(folder, path) && !app(&folder))
    }

    /// The app's own folder: the one that the process starts in, unless the image has it or others share it.
    pub fn own_folder(&self, stage: usize) -> Option<String> {
        let cwd = self.process_folder(stage);
        let cwd = cwd.certain()?;
        self.may_be_own(stage, cwd).then(|| cwd.to_owned())
    }

    /// The same where the default of an ARG names it, and nothing else of the stage's lineage names that default: what is
    /// then told relative to the folder is right for every value of the ARG.
    pub fn own_folder_by_default(&self, stage: usize) -> Option<String> {
        let Value::Default(cwd) = self.process_folder(stage) else { return None };
        let names = |index: usize| {
            let text = self.instruction(index).map(|found| String::from_utf8_lossy(&found.joined.text).into_owned());
            self.keyword(index) != Keyword::Arg && text.is_some_and(|text| text.contains(&cwd))
        };
        let named = self.lineage(stage).into_iter().any(|(_, index)| names(index));
        (!named && self.may_be_own(stage, &cwd)).then_some(cwd)
    }

    /// Either of the two: the app's own folder under the defaults of the ARGs.
    pub fn app_folder(&self, stage: usize) -> Option<String> {
        self.own_folder(stage).or_else(|| self.own_folder_by_default(stage))
    }

    fn may_be_own(&self, stage: usize, cwd: &str) -> bool {
        !is_packaged(cwd) && !self.is_base_folder(stage, cwd)
    }

    /// The folder that the process of the stage starts in.
    pub fn process_folder(&self, stage: usize) -> Value {
        self.cwd(stage, usize::MAX)
    }
}
