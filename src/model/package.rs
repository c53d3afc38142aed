//! Accounts that packages make for their servers: where a RUN surely installs one from the distribution's own repositories,
//! and whether the rest of the file leaves alone what the package gave to it.

use super::account::Account;
use super::command::Ran;
use super::roll::{Group, Roll};
use super::{Base, Model, value};
use crate::facts::{self, PackageAccount, ProgramKind, Role, Writes, words};
use crate::shell::Simple;
use crate::syntax::{Args, Keyword};

impl Roll {
    /// Adds the account that a package makes. Its script makes it with `-o`, so that a number which is held already would be
    /// held twice, and leaves an account of the name as it is: nothing is certain then.
    pub(super) fn bring(&mut self, package: &'static PackageAccount) {
        let account = |account: &Account| account.name == package.name || account.uid == Some(package.uid);
        let group = |group: &Group| group.name == package.group || group.gid == Some(package.gid);
        if self.accounts.iter().any(account) || self.groups.iter().any(group) {
            return;
        }
        self.groups.push(Group { name: package.group.to_owned(), gid: Some(package.gid), made: None });
        self.accounts.push(Account {
            name: package.name.to_owned(),
            uid: Some(package.uid),
            gid: Some(package.gid),
            group: Some(package.group.to_owned()),
            home: Some(package.home.to_owned()),
            has_home: Some(true),
            role: Role::Server,
            supplementary: false,
            made: None,
            package: Some(package),
            trusted: false,
            builds: false,
            certain: true,
        });
    }
}

impl Account {
    /// Whether it is as its package makes it, in every build of the file.
    pub fn is_packaged(&self) -> bool {
        let same = |package: &PackageAccount| (self.uid, self.gid) == (Some(package.uid), Some(package.gid));
        self.certain && !self.supplementary && self.package.is_some_and(same)
    }
}

impl Model<'_> {
    /// The account that a command of a RUN brings, where it installs a server's package.
    pub(super) fn installs_server(
        &self,
        stage: usize,
        index: usize,
        simple: &Simple<'_>,
    ) -> Option<&'static PackageAccount> {
        let tool = simple.words.first()?.literal().filter(|tool| words::RPM_INSTALLERS.contains(&tool.as_str()))?;
        let (Some(Base::Image { facts: Some(base), listed: true, chosen: false, .. }), [_]) =
            (self.root_base(stage), self.scripts(index))
        else {
            return None;
        };
        let list = &self.commands(stage, index).list;
        let at = list.binary_search_by_key(&simple.span.start, |ran| ran.span.start).ok()?;
        let ran = list.get(at).filter(|ran| ran.plain && ran.name == tool)?;
        let mut operands = ran.operands().map(|(_, text)| text);
        let installs = operands.next() == Some(Some("install"));
        operands.flatten().filter(|_| installs).find_map(|name| facts::package_account(name, base.id))
    }

    /// Whether a RUN surely installs as root and from the repositories of the base image.
    pub(super) fn has_own_packages(&self, stage: usize, index: usize) -> bool {
        let before: Vec<_> = self.lineage(stage).into_iter().take_while(|(_, of)| *of <= index).collect();
        // The accounts themselves are being read: only root's own name and number count here.
        let user = before.iter().rev().find(|(_, of)| self.keyword(*of) == Keyword::User);
        let user = user.map(|(at, of)| self.user_text(*at, *of));
        let root = user.is_none_or(|user| matches!(user.certain(), Some("root" | "0")));
        root && before.iter().all(|(at, of)| self.keeps_repositories(*at, *of))
    }

    /// Whether an instruction surely leaves the repositories that packages come from as the base image has them.
    pub(super) fn keeps_repositories(&self, stage: usize, index: usize) -> bool {
        match self.keyword(index) {
            Keyword::Run => {
                let text =
                    self.instruction(index).map(|found| String::from_utf8_lossy(&found.joined.text).into_owned());
                let foreign = |text: String| words::REPOSITORY_MARKS.iter().any(|mark| text.contains(mark));
                let commands = self.commands(stage, index);
                commands.complete && !text.is_some_and(foreign) && commands.list.iter().all(|ran| ran.is_told())
            }
            Keyword::Copy | Keyword::Add => {
                let Some(Args::Copy { sources, .. }) = self.instruction(index).map(|found| &found.args) else {
                    return false;
                };
                let places = |path: String| words::REPOSITORY_PLACES.iter().any(|place| path.starts_with(place));
                let names = |to: &str| {
                    let mut names = sources.iter().map(|source| source.text.rsplit('/').next().unwrap_or(""));
                    names.any(|name| name.contains(['$', '*']) || places(value::join(to, name)))
                };
                let foreign = |to: String| names(&to) || places(to);
                !self.may_bring_accounts(stage, index) && !self.destination(stage, index).is_none_or(foreign)
            }
            _ => true,
        }
    }

    /// Where a copy goes.
    fn destination(&self, stage: usize, index: usize) -> Option<String> {
        let Args::Copy { destination, .. } = &self.instruction(index)?.args else { return None };
        let target = self.expand(stage, index, &destination.text);
        let text = target.certain()?;
        match text.starts_with('/') {
            true => value::normal(text),
            false => self.cwd(stage, index).certain().map(|cwd| value::join(cwd, text)),
        }
    }

    /// The accounts that packages bring in a RUN; a copied `/etc/passwd` brings none of their folders.
    pub(super) fn brought(&self, stage: usize, index: usize) -> Vec<&'static PackageAccount> {
        if self.keyword(index) != Keyword::Run {
            return Vec::new();
        }
        let before: Vec<&PackageAccount> = self.packages(stage, index).collect();
        self.packages(stage, index + 1).filter(|package| !before.contains(package)).collect()
    }

    /// The account of a server's package that the stage surely holds at its end, with its folders as the package makes them.
    pub fn package_account(&self, stage: usize) -> Option<&'static PackageAccount> {
        let accounts = self.accounts(stage, usize::MAX);
        let mut found = accounts.iter().filter(|account| account.is_packaged());
        let (Some(account), None) = (found.next(), found.next()) else { return None };
        let twin = |other: &Account| other.uid == account.uid && other.name != account.name;
        let package = account.package.filter(|_| !accounts.iter().any(twin))?;
        let lines = self.lineage(stage);
        let kept = |(at, index): &(usize, usize)| {
            self.keeps_repositories(*at, *index) && !self.touches(*at, *index, package.owns, package)
        };
        let brought = lines.iter().any(|(at, index)| self.brought(*at, *index).contains(&package));
        (brought && lines.iter().all(kept) && self.owners_keep(stage, package)).then_some(package)
    }

    /// Whether nothing in the file changes what the package's server is configured with.
    pub fn keeps_configuration(&self, stage: usize, package: &PackageAccount) -> bool {
        !self.lineage(stage).iter().any(|(at, index)| self.touches(*at, *index, package.reads, package))
    }

    /// Whether what the file itself makes in the package's folders is the account's at the end.
    fn owners_keep(&self, stage: usize, package: &PackageAccount) -> bool {
        let inside = |path: &str| package.owns.iter().any(|folder| value::within(path, folder));
        let owners = self.owners(stage);
        let own = |owner: &String| is_owner(owner, package);
        owners.nodes.iter().filter(|(path, _)| inside(path)).all(|(_, node)| node.owner.as_ref().is_some_and(own))
    }

    /// Whether an instruction may work on one of `paths`, or on all that lies above it; giving it to the account aside.
    fn touches(&self, stage: usize, index: usize, paths: &[&str], package: &PackageAccount) -> bool {
        let near = |path: &str| paths.iter().any(|of| value::meets(path, of));
        match self.keyword(index) {
            Keyword::Copy | Keyword::Add => {
                self.may_bring_accounts(stage, index)
                    || self.destination(stage, index).is_none_or(|to| to != "/" && near(&to))
            }
            Keyword::Run => {
                let Some(script) = self.scripts(index).first() else { return true };
                let ran = &self.commands(stage, index).list;
                ran.iter().any(|ran| {
                    let texts: Vec<String> = ran.spans.iter().map(|span| script.text_of(*span)).collect();
                    let named = works_on_words(ran) && texts.iter().any(|text| reaches(text, paths));
                    let entered = ran.cwd.text().is_none_or(|cwd| cwd != "/" && near(cwd));
                    let redirected = ran.writes.iter().any(|path| path.as_deref().is_none_or(near));
                    let own = is_of(&ran.name, package);
                    own || entered || redirected || (named && !gives(self, stage, index, ran, package))
                })
            }
            _ => false,
        }
    }
}

impl Ran {
    /// Whether what the command does is known.
    fn is_told(&self) -> bool {
        let first = self.operands().next().and_then(|(_, text)| text).unwrap_or("");
        let packages = facts::command(&self.name).is_some_and(|known| known.kind == ProgramKind::Packages);
        // A service's start script may make folders as root.
        packages || (self.name != "service" && facts::writes(&self.name, first) != Writes::Unknown)
    }
}

/// Whether a program is one of the package's own.
pub fn is_of(name: &str, package: &PackageAccount) -> bool {
    package.servers.contains(&name) || package.tools.contains(&name)
}

/// Whether a command changes what its words name.
fn works_on_words(ran: &Ran) -> bool {
    let known = facts::command(&ran.name);
    let packages = known.is_some_and(|known| known.kind == ProgramKind::Packages);
    let owners = known.is_some_and(|known| known.kind == ProgramKind::Ownership) || ran.name == "chmod";
    let first = ran.operands().next().and_then(|(_, text)| text).unwrap_or("");
    !packages && (owners || facts::writes(&ran.name, first) != Writes::Nothing)
}

/// Whether a word as it is written may mean one of `paths`, something in it, or what lies above it.
fn reaches(word: &str, paths: &[&str]) -> bool {
    let text = word.trim_start_matches(['"', '\'']);
    let text = text.rsplit_once('=').map_or(text, |(_, value)| value.trim_start_matches(['"', '\'']));
    let plain = text.trim_end_matches(['"', '\'']);
    let literal = plain.find(['*', '?', '[', '{', '$', '`']).and_then(|end| plain.get(..end));
    let within = |path: &&str| {
        // What a pattern or a variable stands for is not known, how its path begins is.
        let begins =
            literal.is_some_and(|text| path.starts_with(text) || value::within(text.trim_end_matches('/'), path));
        let folder = plain.trim_end_matches('/');
        begins
            || plain.contains(path.trim_start_matches('/'))
            || (plain.starts_with('/') && value::within(path, if folder.is_empty() { "/" } else { folder }))
    };
    paths.iter().any(within)
}

/// Whether a command makes folders that a later one may give away, or gives them to the account itself.
fn gives(model: &Model<'_>, stage: usize, index: usize, ran: &Ran, package: &PackageAccount) -> bool {
    let inside = ran.operands().skip(1).all(|(_, text)| ran.path(text).is_some_and(|path| is_within(&path, package)));
    let owner = || ran.ownership(model, stage, index).and_then(|effect| effect.owner.flatten());
    match ran.name.as_str() {
        "mkdir" | "touch" => true,
        "chown" => inside && owner().is_some_and(|owner| is_owner(&owner, package)),
        _ => false,
    }
}

/// Whether an owner is the account with its group; by name where the same RUN brings it.
fn is_owner(owner: &str, package: &PackageAccount) -> bool {
    owner == format!("{}:{}", package.uid, package.gid) || owner == format!("{}:{}", package.name, package.group)
}

/// Whether a path is one of the package's folders, or lies in one.
pub fn is_within(path: &str, package: &PackageAccount) -> bool {
    package.owns.iter().any(|folder| value::within(path, folder))
}
