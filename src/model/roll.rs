//! The accounts and groups of an image at one line, and what each command makes of them.

use super::account::{Account, GroupMade, Id, Made};
use crate::facts::{self, Facts, Family, Role, Tools};
use crate::shell::Simple;
use crate::shell::account::{self as effects, AccountEffect, AddUser, Adduser};

/// The number that the plan pins accounts to.
const PINNED: u32 = 10001;

/// Most accounts that are followed: no image has so many.
const MOST: usize = 256;

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) gid: Option<u32>,
    pub(super) made: Option<GroupMade>,
}

/// Accounts and groups at a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Roll {
    pub(super) accounts: Vec<Account>,
    pub(super) groups: Vec<Group>,
}

/// Which `adduser` an image has.
pub(super) fn dialect(facts: &Facts) -> Option<Adduser> {
    match (facts.tools, facts.family) {
        (Tools::Busybox, _) => Some(Adduser::BusyBox),
        (_, Family::Debian | Family::Ubuntu) => Some(Adduser::Debian),
        (Tools::Shadow, Family::Fedora | Family::Rhel | Family::Ubi | Family::Suse | Family::Arch) => {
            Some(Adduser::Shadow)
        }
        _ => None,
    }
}

/// What the base image brings.
pub(super) fn of_base(facts: &Facts, of_any_tag: Option<&Facts>) -> Roll {
    // Distributions gave people's logins to some of their releases: what holds for every tag was hardly seen in this one.
    let vague = |account: &facts::Account| {
        account.role == Role::Login
            && of_any_tag.is_none_or(|any| any.accounts.iter().any(|other| other.uid == account.uid))
    };
    let accounts = facts.accounts.iter().map(|account| Account {
        name: account.name.to_owned(),
        uid: account.uid,
        gid: account.gid,
        group: (!account.group.is_empty()).then(|| account.group.to_owned()),
        home: (!account.home.is_empty()).then(|| account.home.to_owned()),
        has_home: None,
        role: account.role,
        supplementary: account.supplementary,
        made: None,
        package: None,
        trusted: false,
        builds: false,
        certain: !vague(account),
    });
    let own = facts.accounts.iter().filter(|account| !account.group.is_empty());
    let own = own.map(|account| Group { name: account.group.to_owned(), gid: account.gid, made: None });
    let others = facts.groups.iter().map(|(name, gid)| Group { name: (*name).to_owned(), gid: Some(*gid), made: None });
    let mut groups: Vec<Group> = Vec::new();
    for group in own.chain(others) {
        if !groups.iter().any(|known| known.name == group.name) {
            groups.push(group);
        }
    }
    Roll { accounts: accounts.collect(), groups }
}

/// Where an account command stands.
pub(super) struct Site {
    pub(super) stage: usize,
    pub(super) instruction: usize,
    pub(super) plain: bool,
    /// Whether a command that fails ends the build.
    pub(super) strict: bool,
    pub(super) family: Family,
    pub(super) dialect: Option<Adduser>,
}

fn literal(id: Id) -> Option<u32> {
    match id {
        Id::Literal(id) => Some(id),
        _ => None,
    }
}

impl Roll {
    /// Forgets the ids of accounts that another image, which an ARG may choose, holds with other ones.
    pub(super) fn forget_varying(&mut self, possible: &[Facts]) {
        for account in &mut self.accounts {
            let mut others = possible.iter().flat_map(|facts| facts.accounts).filter(|it| it.name == account.name);
            if others.any(|other| (other.uid, other.gid) != (account.uid, account.gid)) {
                (account.uid, account.gid, account.certain) = (None, None, false);
                let group = self.groups.iter_mut().find(|group| Some(&group.name) == account.group.as_ref());
                group.into_iter().for_each(|group| group.gid = None);
            }
        }
    }

    /// What one command makes of the roll.
    pub(super) fn apply(&mut self, effect: AccountEffect, site: &Site, simple: &Simple<'_>) {
        if self.accounts.len() > MOST || self.groups.len() > MOST {
            return;
        }
        match effect {
            AccountEffect::AddGroup(group) => {
                let Some(name) = group.name.text else { return };
                let fails = site.plain && site.strict && !group.non_unique && !group.uncertain;
                let taken = literal(group.gid).filter(|_| fails).and_then(|gid| self.group_with(gid, &name));
                let made = GroupMade {
                    instruction: site.instruction,
                    word_end: group.command.end,
                    gid_option: if is_busybox(site, simple) { "-g" } else { "--gid" },
                    gid: group.gid,
                    gid_span: group.gid_span,
                    taken,
                    plain: site.plain && !group.uncertain,
                };
                self.set_group(name, literal(group.gid), Some(made));
            }
            AccountEffect::AddUser(user) => self.add_user(*user, site, simple),
            AccountEffect::ModUser(change) => {
                let Some(name) = change.name.text else { return };
                let group = change.group.and_then(|group| group.text);
                let gid = group.as_deref().and_then(|group| self.gid_of(group));
                let Some(account) = self.accounts.iter_mut().find(|account| account.name == name) else { return };
                match change.uid {
                    Id::Absent => {}
                    id => account.uid = literal(id),
                }
                if group.is_some() {
                    (account.group, account.gid) = (group, gid);
                }
                account.supplementary |= !change.groups.is_empty();
                account.trusted |=
                    change.password || change.groups.iter().any(|group| is_trusted(group.text.as_deref()));
                // Without -m usermod only writes the new home down (usermod(8)).
                if change.home.is_some() && !change.moves_home {
                    account.has_home = Some(false);
                }
                account.home = change.home.and_then(|home| home.text).or(account.home.take());
                account.name = change.new_name.and_then(|name| name.text).unwrap_or(name);
            }
            AccountEffect::ModGroup { name, new_name, gid } => {
                let Some(name) = name.text else { return };
                let Some(group) = self.groups.iter_mut().find(|group| group.name == name) else { return };
                if gid != Id::Absent {
                    group.gid = literal(gid);
                }
                let new = group.gid;
                let renamed = new_name.and_then(|name| name.text).unwrap_or(name.clone());
                group.name.clone_from(&renamed);
                for account in self.accounts.iter_mut().filter(|account| account.group.as_deref() == Some(&name)) {
                    (account.group, account.gid) = (Some(renamed.clone()), new);
                }
            }
            AccountEffect::DelUser { name } => {
                self.accounts.retain(|account| Some(&account.name) != name.text.as_ref());
                // The tools take a group of the same name along (userdel(8), deluser(8)).
                self.groups.retain(|group| Some(&group.name) != name.text.as_ref());
            }
            AccountEffect::DelGroup { name } => self.groups.retain(|group| Some(&group.name) != name.text.as_ref()),
            AccountEffect::AddUserToGroup { user, group } => {
                for account in self.accounts.iter_mut().filter(|account| Some(&account.name) == user.text.as_ref()) {
                    account.supplementary = true;
                    account.trusted |= is_trusted(group.text.as_deref());
                }
            }
            AccountEffect::PasswdAppend { name: Some(name), uid, gid, home, .. } => {
                let made = Made {
                    stage: site.stage,
                    instruction: site.instruction,
                    word_end: 0,
                    uid_option: "",
                    uid,
                    uid_span: None,
                    group_span: None,
                    taken: None,
                    plain: false,
                    gid_follows: false,
                    group_made: None,
                };
                let group = self.groups.iter().find(|group| group.gid.is_some() && group.gid == literal(gid));
                let group = group.map(|group| group.name.clone());
                self.set_account(name, literal(uid), literal(gid), group, home, Some(false), made);
            }
            AccountEffect::GroupAppend { name: Some(name), gid, .. } => self.set_group(name, literal(gid), None),
            AccountEffect::PasswdAppend { .. } | AccountEffect::GroupAppend { .. } => {}
        }
    }

    fn add_user(&mut self, user: AddUser, site: &Site, simple: &Simple<'_>) {
        let Some(name) = user.name.text.clone() else { return };
        let uid = literal(user.uid);
        let given = user.group.as_ref().map(|group| group.text.clone().unwrap_or_default());
        // useradd makes a group of the same name and number where USERGROUPS_ENAB is set (login.defs): SUSE does not.
        let own = given.is_none() && user.own_group.unwrap_or(site.family != Family::Suse);
        // A group of the name that is there already is taken; a new one takes the number of the uid where the tool's own
        // range for such groups holds it (measured: `useradd -r --uid 10001` makes a group 999).
        let there = self.groups.iter().find(|group| group.name == name).map(|group| group.gid);
        let shadow = matches!(effects::peel(simple.words), Some((tool, _)) if tool == "useradd");
        let follows = |uid: u32| match (shadow, user.system) {
            (true, true) => uid < 1000,
            (true, false) => (1000..=60000).contains(&uid),
            (false, _) => true,
        };
        let (group, gid) = match &given {
            Some(group) => (self.group_name(group), self.gid_of(group)),
            None if own => (Some(name.clone()), there.unwrap_or(uid.filter(|uid| follows(*uid)))),
            None => (None, None),
        };
        let group_made = given.as_ref().and_then(|given| self.given_group(given));
        let fails = site.plain && site.strict && !user.non_unique && !user.uncertain;
        let made = Made {
            stage: site.stage,
            instruction: site.instruction,
            word_end: user.command.end,
            uid_option: if is_busybox(site, simple) { "-u" } else { "--uid" },
            uid: user.uid,
            uid_span: user.uid_span,
            group_span: user.group.as_ref().map(|group| group.span).filter(|_| given.as_deref().is_some_and(is_number)),
            taken: uid.filter(|_| fails).and_then(|uid| self.account_with(uid, &name)),
            plain: site.plain && !user.uncertain,
            gid_follows: own && there.is_none() && follows(PINNED),
            group_made: group_made.and_then(|group| group.made.clone()),
        };
        // Debian's adduser gives a system account /nonexistent (measured on bookworm).
        let homeless = !shadow && user.system && site.dialect == Some(Adduser::Debian);
        let usual = if homeless { "/nonexistent".to_owned() } else { format!("/home/{name}") };
        let home = user.home.as_ref().map_or(Some(usual), |home| home.text.clone());
        // The tool refuses a group that does not exist: one that no line makes is the base image's.
        if let Some(base) = group.clone().filter(|group| !self.groups.iter().any(|known| known.name == *group) && !own)
        {
            self.set_group(base, gid, None);
        }
        if own && !self.groups.iter().any(|group| group.name == name) {
            self.set_group(name.clone(), gid, None);
        }
        let supplementary = !user.groups.is_empty();
        let trusted = user.password || user.may_sudo();
        self.set_account(name.clone(), uid, gid, group, home, user.creates_home, made);
        if let Some(account) = self.accounts.iter_mut().find(|account| account.name == name) {
            (account.supplementary, account.trusted) = (supplementary, trusted);
        }
    }

    fn group_name(&self, text: &str) -> Option<String> {
        match super::user::number(text) {
            Some(_) => self.given_group(text).map(|group| group.name.clone()),
            None => (!text.is_empty()).then(|| text.to_owned()),
        }
    }

    /// The group that a name or number means; of several with one number the last that was made.
    fn given_group(&self, text: &str) -> Option<&Group> {
        let gid = super::user::number(text);
        let same = |group: &&Group| if gid.is_some() { group.gid == gid } else { group.name == text };
        self.groups.iter().rev().find(same)
    }

    /// Who holds a uid besides the account `name`; names of root are not listed.
    fn account_with(&self, uid: u32, name: &str) -> Option<String> {
        let holds = |account: &&Account| account.uid == Some(uid) && account.name != name && account.is_known();
        self.accounts.iter().find(holds).map(|account| account.name.clone())
    }

    fn group_with(&self, gid: u32, name: &str) -> Option<String> {
        let known = |group: &Group| {
            let mut accounts = self.accounts.iter();
            group.made.is_some()
                || accounts.any(|account| account.group.as_ref() == Some(&group.name) && account.is_known())
        };
        let holds = |group: &&Group| group.gid == Some(gid) && group.name != name && known(group);
        self.groups.iter().find(holds).map(|group| group.name.clone())
    }

    /// Nothing that is known of the accounts is certain any more.
    pub(super) fn doubt_all(&mut self) {
        self.accounts.iter_mut().for_each(|account| account.certain = false);
    }

    /// What differs from `before` is not certain.
    pub(super) fn doubt_changes(&mut self, before: &Self) {
        for account in self.accounts.iter_mut().filter(|account| !before.accounts.contains(account)) {
            account.certain = false;
        }
    }

    fn gid_of(&self, text: &str) -> Option<u32> {
        let named = || self.groups.iter().find(|group| group.name == text);
        // Root's own group is in every list, and in no template.
        super::user::number(text).or_else(|| named().map_or((text == "root").then_some(0), |group| group.gid))
    }

    fn set_group(&mut self, name: String, gid: Option<u32>, made: Option<GroupMade>) {
        self.groups.retain(|group| group.name != name);
        self.groups.push(Group { name, gid, made });
    }

    #[allow(clippy::too_many_arguments)]
    fn set_account(
        &mut self,
        name: String,
        uid: Option<u32>,
        gid: Option<u32>,
        group: Option<String>,
        home: Option<String>,
        has_home: Option<bool>,
        made: Made,
    ) {
        self.accounts.retain(|account| account.name != name);
        self.accounts.push(Account {
            name,
            uid,
            gid,
            group,
            home,
            has_home,
            role: Role::App,
            supplementary: false,
            made: Some(made),
            package: None,
            trusted: false,
            builds: false,
            certain: true,
        });
    }
}

impl Account {
    /// Whether the account is surely there: one that the file makes, or one that the image makes for applications or
    /// people.
    fn is_known(&self) -> bool {
        self.certain && (self.made.is_some() || matches!(self.role, Role::App | Role::Login))
    }
}

fn is_number(text: &str) -> bool {
    super::user::number(text).is_some()
}

fn is_trusted(group: Option<&str>) -> bool {
    matches!(group, Some("sudo" | "wheel" | "admin" | "root" | "docker"))
}

/// Whether the command is BusyBox's: `addgroup` and `adduser` where the image has BusyBox's tools.
fn is_busybox(site: &Site, simple: &Simple<'_>) -> bool {
    let name = effects::peel(simple.words).map(|(name, _)| name).unwrap_or_default();
    matches!(name.as_str(), "adduser" | "addgroup") && site.dialect == Some(Adduser::BusyBox)
}
