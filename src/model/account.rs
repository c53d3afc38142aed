//! Accounts that are known at every line: the base image's, and those that the file makes, changes or copies.

use super::roll::{self, Roll, Site};
use super::{Base, Model};
use crate::facts::{Facts, Family, Known, PackageAccount, Role};
use crate::shell;
use crate::shell::account as effects;
use crate::source::Span;
use crate::syntax::{Args, Keyword, Word};

pub use crate::shell::account::Id;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its uid, if it is known.
    pub uid: Option<u32>,
    /// Its primary gid, if it is known.
    pub gid: Option<u32>,
    /// Its primary group's name, if it is known.
    pub group: Option<String>,
    /// Its home, if it is known.
    pub home: Option<String>,
    /// Whether its home is made; `None` when the distribution decides.
    pub has_home: Option<bool>,
    /// What it is for.
    pub role: Role,
    /// Whether it has supplementary groups.
    pub supplementary: bool,
    /// How the file makes it; `None` for the base image's.
    pub made: Option<Made>,
    /// The server's package that makes it, where a RUN of the file installs one.
    pub package: Option<&'static PackageAccount>,
    /// Whether it has a password or may use sudo.
    pub trusted: bool,
    /// Whether a step of the build runs as it.
    pub builds: bool,
    /// Whether nothing in the file may have given it other ids than those: no step that may be skipped, no text that
    /// cannot be read, no `/etc/passwd` from elsewhere.
    pub certain: bool,
}

/// How the file makes an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The stage.
    pub stage: usize,
    /// The RUN.
    pub instruction: usize,
    /// Where the command's name ends in the RUN's text.
    pub word_end: usize,
    /// How its tool spells the option for a uid.
    pub uid_option: &'static str,
    /// The uid as it is written.
    pub uid: Id,
    /// Where the uid is written, in the RUN's text.
    pub uid_span: Option<Span>,
    /// Where the number of its primary group is written, in the RUN's text.
    pub group_span: Option<Span>,
    /// Who holds the uid by then: the tool fails, and the build with it.
    pub taken: Option<String>,
    /// Whether it is one plain command at top level whose options are all known.
    pub plain: bool,
    /// Whether its group is made along and takes the number that the uid would be pinned to.
    pub gid_follows: bool,
    /// How its primary group is made, if by a command of its own.
    pub group_made: Option<GroupMade>,
}

/// How the file makes a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMade {
    /// The RUN.
    pub instruction: usize,
    /// Where the command's name ends in the RUN's text.
    pub word_end: usize,
    /// How its tool spells the option for a gid.
    pub gid_option: &'static str,
    /// The gid as it is written.
    pub gid: Id,
    /// Where the gid is written, in the RUN's text.
    pub gid_span: Option<Span>,
    /// Which group holds the gid by then: the tool fails, and the build with it.
    pub taken: Option<String>,
    /// Whether it is one plain command at top level whose options are all known.
    pub plain: bool,
}

/// Rolls of a stage: (index of the instruction that changes it, the roll after it); first the one it starts with.
pub(super) type Rolls = Vec<(usize, Roll)>;

impl Model<'_> {
    /// The account with this name before the instruction `index` of `stage`.
    pub fn account(&self, stage: usize, index: usize, name: &str) -> Option<Account> {
        self.roll(stage, index)?.accounts.iter().find(|account| account.name == name).cloned()
    }

    /// All accounts but root before the instruction `index` of `stage`.
    pub fn accounts(&self, stage: usize, index: usize) -> Vec<Account> {
        self.roll(stage, index).map(|roll| roll.accounts.clone()).unwrap_or_default()
    }

    /// The packages that make accounts before the instruction `index` of `stage`.
    pub(super) fn packages(&self, stage: usize, index: usize) -> impl Iterator<Item = &'static PackageAccount> {
        self.roll(stage, index).into_iter().flat_map(|roll| roll.accounts.iter().filter_map(|account| account.package))
    }

    /// The gid of a group before the instruction `index` of `stage`.
    pub fn group(&self, stage: usize, index: usize, name: &str) -> Option<u32> {
        let found = self.roll(stage, index)?.groups.iter().find(|group| group.name == name);
        found.map_or((name == "root").then_some(0), |group| group.gid)
    }

    /// How many groups have a gid before the instruction `index` of `stage`.
    pub fn groups_with(&self, stage: usize, index: usize, gid: Option<u32>) -> usize {
        let same = |roll: &Roll| roll.groups.iter().filter(|group| gid.is_some() && group.gid == gid).count();
        self.roll(stage, index).map_or(0, same)
    }

    /// Whether a group with this name exists before the instruction `index` of `stage`.
    pub fn has_group(&self, stage: usize, index: usize, name: &str) -> bool {
        self.roll(stage, index).is_some_and(|roll| name == "root" || roll.groups.iter().any(|group| group.name == name))
    }

    fn roll(&self, stage: usize, index: usize) -> Option<&Roll> {
        let rolls = self.rolls(stage);
        let after = rolls.iter().skip(1).take_while(|(at, _)| *at < index).count();
        rolls.get(after).map(|(_, roll)| roll)
    }

    fn rolls(&self, stage: usize) -> &[(usize, Roll)] {
        // Ancestors first, so that none of them is reached by recursion.
        for at in self.chain(stage) {
            let Some(cell) = self.rolls.get(at) else { continue };
            if cell.get().is_none() {
                let _ = cell.set(self.read_rolls(at));
            }
        }
        self.rolls.get(stage).and_then(|cell| cell.get()).map_or(&[], Vec::as_slice)
    }

    fn read_rolls(&self, stage: usize) -> Rolls {
        let Some(this) = self.stages.get(stage) else { return Vec::new() };
        let start = match &this.base {
            Base::Stage(parent) => self.last_roll(*parent),
            Base::Image { reference, facts: Some(facts), chosen, .. } => {
                let mut roll = roll::of_base(facts, crate::images::of_any_tag(reference).as_ref());
                if *chosen {
                    let text = self.base_text(stage).unwrap_or_default();
                    roll.forget_varying(&crate::images::possible(&text));
                }
                roll
            }
            _ => Roll::default(),
        };
        let mut rolls = vec![(this.from, start)];
        for index in this.body.clone() {
            let Some((_, last)) = rolls.last() else { break };
            let mut roll = last.clone();
            match self.keyword(index) {
                Keyword::Run => self.read_run(stage, index, &mut roll),
                Keyword::Copy | Keyword::Add => self.read_copy(stage, index, &mut roll),
                Keyword::User => self.mark_builder(stage, index, &mut roll),
                _ => continue,
            }
            if rolls.last().is_some_and(|(_, last)| *last != roll) {
                rolls.push((index, roll));
            }
        }
        rolls
    }

    fn last_roll(&self, stage: usize) -> Roll {
        let rolls = self.rolls.get(stage).and_then(|cell| cell.get());
        rolls.and_then(|rolls| rolls.last()).map(|(_, roll)| roll.clone()).unwrap_or_default()
    }

    fn facts(&self, stage: usize) -> Option<&Facts> {
        match self.root_base(stage) {
            Some(Base::Image { facts, .. }) => facts.as_deref(),
            _ => None,
        }
    }

    fn read_run(&self, stage: usize, index: usize, roll: &mut Roll) {
        let dialect = self.facts(stage).and_then(roll::dialect);
        let family = self.facts(stage).map_or(Family::Unknown, |facts| facts.family);
        let mut own = None;
        for shelled in self.scripts(index) {
            let Some(script) = &shelled.script else {
                roll.doubt_all();
                continue;
            };
            let top = shell::top_commands(script);
            let strict = script.lists.len() == 1 || shell::fails_fast(script);
            shell::each_simple(script, &mut |simple, place| {
                let plain = top.iter().any(|top| top.span == simple.span && top.rewritable) && !place.conditional;
                let mut lookup = |name: &str| self.variable(stage, index, name).certain().map(str::to_owned);
                for effect in effects::effects(&simple, dialect, &mut lookup) {
                    let site = Site { stage, instruction: index, plain, strict, family, dialect };
                    let before = (!plain).then(|| roll.clone());
                    roll.apply(effect, &site, &simple);
                    // What may be skipped, or stands where it is not followed, may leave other ids.
                    if let Some(before) = before {
                        roll.doubt_changes(&before);
                    }
                }
                let package = self.installs_server(stage, index, &simple).filter(|_| plain);
                if let Some(package) =
                    package.filter(|_| *own.get_or_insert_with(|| self.has_own_packages(stage, index)))
                {
                    roll.bring(package);
                }
            });
        }
        if self.writes_accounts(index) {
            roll.doubt_all();
        }
        self.mark_used(stage, index, roll);
    }

    /// Whether a RUN works on the files that hold the accounts, or runs an account tool without a shell.
    fn writes_accounts(&self, index: usize) -> bool {
        let Some(found) = self.instruction(index) else { return false };
        let text = String::from_utf8_lossy(&found.joined.text);
        let bodies = found.heredocs.iter().map(|doc| String::from_utf8_lossy(doc.body.of(self.bytes)));
        let names = |text: &str| text.contains("/etc/passwd") || text.contains("/etc/group");
        names(&text) || bodies.into_iter().any(|body| names(&body)) || {
            let exec = self.scripts(index).is_empty();
            let stage = self.stage_of(index).filter(|_| exec);
            let commands = stage.map(|stage| &self.commands(stage, index).list);
            commands.is_some_and(|list| list.iter().any(|ran| crate::facts::makes_accounts(&ran.name)))
        }
    }

    /// Accounts that a step runs as (`su`, `sudo -u`, `gosu`), that get a password, or that sudoers name.
    fn mark_used(&self, stage: usize, index: usize, roll: &mut Roll) {
        if roll.accounts.iter().all(|account| account.made.is_none()) {
            return;
        }
        let text = self.instruction(index).map(|found| String::from_utf8_lossy(&found.joined.text).into_owned());
        let text = text.unwrap_or_default();
        let words: Vec<&str> = text.split(|c: char| !(c.is_alphanumeric() || "_-./".contains(c))).collect();
        let steps = ["su", "sudo", "gosu", "su-exec", "runuser", "setpriv"];
        let trusts = ["chpasswd", "passwd", "/etc/sudoers", "NOPASSWD"];
        for account in roll.accounts.iter_mut().filter(|account| account.made.is_some()) {
            if !words.contains(&account.name.as_str()) {
                continue;
            }
            let after = |step: &&str| {
                let mut rest = words.iter().skip_while(|word| *word != step).skip(1).take(6);
                rest.any(|word| *word == account.name)
            };
            account.builds |= steps.iter().any(|step| words.contains(step) && after(step));
            account.trusted |= trusts.iter().any(|mark| words.iter().any(|word| word.starts_with(mark)));
        }
        let _ = stage;
    }

    /// A USER followed by a RUN makes its account one of the build.
    fn mark_builder(&self, stage: usize, index: usize, roll: &mut Roll) {
        let Some(body) = self.stages.get(stage).map(|stage| stage.body.clone()) else { return };
        let next =
            (index + 1..body.end).map(|at| self.keyword(at)).find(|word| matches!(word, Keyword::User | Keyword::Run));
        let user = self.user_text(stage, index);
        let Some(user) = user.text().filter(|_| next == Some(Keyword::Run)) else { return };
        let name = user.split(':').next().unwrap_or("");
        for account in roll.accounts.iter_mut().filter(|account| account.name == name) {
            account.builds = true;
        }
    }

    /// `COPY --from=build /etc/passwd /etc/passwd` brings the accounts of that stage.
    fn read_copy(&self, stage: usize, index: usize, roll: &mut Roll) {
        let Some(instruction) = self.instruction(index) else { return };
        let Args::Copy { sources, destination, .. } = &instruction.args else { return };
        let names = |path: &str| sources.iter().any(|source| source.text == path);
        let to = destination.text.trim_end_matches('/');
        let from = instruction.flag("from").and_then(|flag| flag.value.as_deref());
        if self.may_bring_accounts(stage, index) {
            roll.doubt_all();
        }
        let Some(from) = from.and_then(|name| self.find_stage(name, stage)) else { return };
        // A tree over / may bring an /etc/passwd of its own: the base's accounts are certain no more.
        if to.is_empty() && sources.iter().any(|source| source.text.ends_with('/') || source.text.ends_with("/.")) {
            roll.accounts.retain(|account| account.made.is_some());
            return;
        }
        if !matches!(to, "/etc" | "/etc/passwd" | "/etc/group") || !(names("/etc/passwd") || names("/etc/group")) {
            return;
        }
        let rolls = self.rolls(from);
        let Some((_, theirs)) = rolls.last() else { return };
        if names("/etc/passwd") {
            roll.accounts = theirs.accounts.clone();
        }
        if names("/etc/group") {
            roll.groups = theirs.groups.clone();
        }
    }

    /// Whether an instruction may bring an `/etc/passwd` from elsewhere.
    pub fn may_bring_accounts(&self, stage: usize, index: usize) -> bool {
        let found = self.instruction(index).filter(|found| matches!(found.keyword, Keyword::Copy | Keyword::Add));
        let Some(Args::Copy { sources, destination, .. }) = found.map(|found| &found.args) else { return false };
        let target = self.expand(stage, index, &destination.text);
        let cwd = self.cwd(stage, index);
        let joined = target.text().and_then(|text| cwd.text().map(|cwd| super::value::join(cwd, text)));
        brings_accounts(joined.as_deref().map_or("$", |text| text.trim_end_matches('/')), sources)
    }

    /// The first line of the stage's lineage that shows that it runs as root: it installs packages, makes accounts or
    /// does something else that needs root, with no USER above.
    pub fn root_evidence(&self, stage: usize) -> Option<usize> {
        let lines = self.lineage(stage);
        let until = lines.iter().position(|(_, index)| self.keyword(*index) == Keyword::User).unwrap_or(lines.len());
        let runs = lines.into_iter().take(until).filter(|(_, index)| self.keyword(*index) == Keyword::Run);
        runs.into_iter().find(|(at, index)| self.root_step(*at, *index)).map(|(_, index)| index)
    }

    /// Whether the instruction is a RUN that surely needs root: it installs packages, makes accounts, gives files away.
    pub fn root_step(&self, stage: usize, index: usize) -> bool {
        self.keyword(index) == Keyword::Run
            && self.commands(stage, index).list.iter().any(|ran| {
                let known = crate::facts::command(&ran.name);
                !ran.conditional && known.is_some_and(|known| known.needs_root == Known::Yes)
            })
    }
}

/// Whether a copy may bring an `/etc/passwd`: it lands in /etc, or spreads a tree over /.
fn brings_accounts(to: &str, sources: &[Word]) -> bool {
    let file = |source: &Word| {
        let name = source.text.rsplit('/').next().unwrap_or("");
        let tree = ["root", "fs", "overlay", "etc", "install", "files", "system", "*", "$"];
        !name.is_empty() && name != "." && !tree.iter().any(|word| name.contains(word))
    };
    match to {
        "" | "/." => !sources.iter().all(file),
        "/etc" => sources.iter().any(|source| !file(source) || source.text.ends_with("/etc")),
        "/etc/passwd" | "/etc/group" => true,
        _ => to.contains('$'),
    }
}
