//! Which account will run the process: the first that fits of DESIGN.md section 5, and in which form it is written.

use super::{Change, created};
use crate::facts::{DefaultUser, PackageAccount, Role};
use crate::images;
use crate::model::account::Account;
use crate::model::owner::{Made, Node};
use crate::model::{Base, Model, owner, start, user};
use crate::options::{Options, UserForm};

/// Uid and gid of an account that unroot makes: free in every base image of the templates, above the 10000 that
/// scanners ask for (Checkov CKV_K8S_40, Trivy KSV), below every tool's limit.
pub const CREATED: u32 = 10001;

/// Uid and gid where no account can be made: the one that shell-less images agree on.
pub const NUMBER: u32 = 65532;

/// Where the account comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The base image holds it for the application.
    Builtin,
    /// The plan makes it.
    Created,
    /// The Dockerfile makes it.
    Existing,
    /// The base image runs as it by itself.
    Base,
    /// A number without an account.
    Number,
}

impl Origin {
    /// As reports say it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::Created => "created",
            Self::Existing => "existing",
            Self::Base => "base",
            Self::Number => "number",
        }
    }
}

/// The account that will run the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its group's name, if it has one.
    pub group: Option<String>,
    /// Its uid, if it is known.
    pub uid: Option<u32>,
    /// Its gid, if it is known.
    pub gid: Option<u32>,
    /// Where it comes from.
    pub origin: Origin,
    /// The argument of USER.
    pub user: String,
    /// Commands that make it.
    pub commands: Vec<String>,
    /// Changes that pin its ids in the commands that make it.
    pub pins: Vec<Change>,
    /// Whether `USER` has to stay without a group.
    pub supplementary: bool,
    /// Its home, if it has one.
    pub home: Option<String>,
    /// Whether the server runs its workers as it already: what they must write they could write before.
    pub worker: bool,
    /// The argument of USER where the builder chooses its numbers: `${UID}:${GID}`.
    pub variables: Option<String>,
}

/// Why no account could be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// The reason's id.
    pub reason: &'static str,
    /// What a person has to decide.
    pub why: String,
}

impl Identity {
    /// `uid:gid` where both are known, else the name.
    pub fn owner(&self) -> String {
        match (self.uid, self.gid) {
            (Some(uid), Some(gid)) => format!("{uid}:{gid}"),
            _ => self.named(),
        }
    }

    /// `name:group`, or numbers where there is no name; the uid alone where nothing tells the group.
    pub fn named(&self) -> String {
        match (&self.name, &self.group) {
            (None, _) if self.gid.is_none() => self.uid.unwrap_or(NUMBER).to_string(),
            (Some(name), Some(group)) => format!("{name}:{group}"),
            (Some(name), None) => name.clone(),
            _ => self.uid.unwrap_or(NUMBER).to_string() + &self.gid.map_or(String::new(), |gid| format!(":{gid}")),
        }
    }

    /// Whether an owner as the model tells it (`uid:gid` or `name:group`) is this account.
    pub fn owns(&self, owner: &str) -> bool {
        let who = owner.split(':').next().unwrap_or("");
        (self.uid.is_some() && user::number(who) == self.uid) || self.name.as_deref() == Some(who)
    }

    /// What `--chown` says on the copy `index`: the name where the account exists above and the copy is no `--link`
    /// (names are looked up in another root there), else the numbers. `None` when neither is possible.
    pub fn copy_owner(&self, model: &Model<'_>, stage: usize, index: usize) -> Option<String> {
        let linked = model.instruction(index).is_some_and(|found| found.flag("link").is_some());
        let exists = self.name.as_ref().is_some_and(|name| model.account(stage, index, name).is_some());
        let grouped = self.group.as_ref().is_none_or(|group| model.has_group(stage, index, group));
        if exists && grouped && !linked && self.origin != Origin::Number {
            return Some(self.named());
        }
        self.uid.zip(self.gid).map(|(uid, gid)| format!("{uid}:{gid}"))
    }

    pub(super) fn in_form(mut self, options: &Options) -> Self {
        self.user = match (options.user_form, self.uid, self.gid) {
            (UserForm::Name, _, _) if self.name.is_some() => self.name.clone().unwrap_or_default(),
            (_, Some(uid), Some(gid)) if !self.supplementary => format!("{uid}:{gid}"),
            (_, Some(uid), _) => uid.to_string(),
            (UserForm::Number, None, _) if self.variables.is_some() => self.variables.clone().unwrap_or_default(),
            _ => self.name.clone().unwrap_or_default(),
        };
        self
    }
}

/// Chooses the account for the end of `stage`. `folder` is the app's own folder, `pod` what the project's own cluster runs
/// the image as, `package` what the package of the server that it runs made for it.
///
/// # Errors
/// When several accounts fit and nothing tells which, or the wanted one cannot be had.
pub fn choose(
    model: &Model<'_>,
    stage: usize,
    options: &Options,
    folder: Option<&str>,
    pod: Option<(u32, u32)>,
    package: Option<&PackageAccount>,
) -> Result<Identity, Undecided> {
    let accounts = model.accounts(stage, usize::MAX);
    let mut found = wanted(model, stage, options, &accounts)?;
    if found.is_none() {
        found = made_by_file(model, stage, &accounts, folder, options)?;
    }
    found = found.or_else(|| super::package::account(&accounts, package?));
    if found.is_none() {
        found = owner_in_file(model, stage, &accounts, folder, options)?;
    }
    let mut found = match found.or_else(|| of_base(model, stage, &accounts)) {
        Some(identity) => identity,
        None => {
            let (uid, gid) = created::numbers(model, stage, &accounts, pod);
            created::account(model, stage, &accounts, None, uid, gid)?
        }
    };
    found.worker |= package.is_some_and(|package| found.is_of(package));
    Ok(super::any_user::identity(model, stage, found, options).in_form(options))
}

/// `--user`, `--uid`, `--gid`.
fn wanted(
    model: &Model<'_>,
    stage: usize,
    options: &Options,
    accounts: &[Account],
) -> Result<Option<Identity>, Undecided> {
    if options.user.is_none() && options.uid.is_none() {
        return Ok(None);
    }
    let same = |account: &&Account| match (&options.user, options.uid) {
        (Some(name), uid) => account.name == *name && (uid.is_none() || account.uid == uid),
        (None, uid) => account.uid == uid,
    };
    if let Some(account) = accounts.iter().find(same) {
        if account.made.as_ref().is_some_and(super::pins::is_taken) {
            return super::pins::pinned(model, stage, account, accounts, options).map(Some);
        }
        return Ok(Some(existing(account)));
    }
    let uid = options.uid.unwrap_or(CREATED);
    created::account(model, stage, accounts, options.user.as_deref(), uid, options.gid.unwrap_or(uid)).map(Some)
}

/// (a) An account that the Dockerfile makes.
fn made_by_file(
    model: &Model<'_>,
    stage: usize,
    accounts: &[Account],
    folder: Option<&str>,
    options: &Options,
) -> Result<Option<Identity>, Undecided> {
    let fits =
        |account: &&Account| account.made.is_some() && account.uid != Some(0) && !account.trusted && !account.builds;
    let fitting: Vec<&Account> = accounts.iter().filter(fits).collect();
    let chosen = match fitting.as_slice() {
        [] => return Ok(None),
        [only] => *only,
        several => {
            let owners = owners_of(model, stage, folder);
            let owns = |account: &&&Account| {
                let id = account.uid.zip(account.gid).map(|(uid, gid)| format!("{uid}:{gid}"));
                owners
                    .iter()
                    .any(|owner| id.as_ref() == Some(owner) || owner.starts_with(&format!("{}:", account.name)))
            };
            let owning: Vec<&&Account> = several.iter().filter(owns).collect();
            match owning.as_slice() {
                [only] => **only,
                _ => {
                    let names: Vec<&str> = several.iter().map(|account| account.name.as_str()).collect();
                    let why = format!(
                        "the Dockerfile makes {}: name the one that runs the process with --user",
                        names.join(", ")
                    );
                    return Err(Undecided { reason: "several-accounts", why });
                }
            }
        }
    };
    super::pins::pinned(model, stage, chosen, accounts, options).map(Some)
}

/// Who owns what lies in the app's own folder, root aside.
fn owners_of(model: &Model<'_>, stage: usize, folder: Option<&str>) -> Vec<String> {
    let owners = model.owners(stage);
    let inside = |path: &str| folder.is_some_and(|folder| crate::model::value::within(path, folder));
    // A WORKDIR below `USER nobody` makes its folder nobody's; that gives the app to no account.
    let by_chance = |node: &Node| matches!(node.made, Made::Workdir(_)) && node.owner.as_deref().is_some_and(is_nobody);
    let nodes = owners.nodes.iter().filter(|(path, node)| inside(path) && !by_chance(node));
    let nodes = nodes.filter_map(|(_, node)| node.owner.clone());
    let copies = owners.copies.iter().filter(|copy| copy.destination.as_deref().is_some_and(inside));
    let mut found: Vec<String> = nodes.chain(copies.filter_map(|copy| copy.owner.clone())).collect();
    found.retain(|owner| owner != owner::ROOT && !owner.starts_with("0:"));
    found.sort();
    found.dedup();
    found
}

/// (b) The user or number that the file already gives the app to.
fn owner_in_file(
    model: &Model<'_>,
    stage: usize,
    accounts: &[Account],
    folder: Option<&str>,
    options: &Options,
) -> Result<Option<Identity>, Undecided> {
    let owners = owners_of(model, stage, folder);
    let [only] = owners.as_slice() else {
        if owners.is_empty() {
            return Ok(given_elsewhere(model, stage, accounts));
        }
        let why =
            format!("the app's files belong to {}: name the one that runs the process with --user", owners.join(", "));
        return Err(Undecided { reason: "several-owners", why });
    };
    let Some((uid, gid)) = only.split_once(':') else { return Ok(None) };
    if let Some(account) = accounts.iter().find(|account| account.name == uid || account.uid == user::number(uid)) {
        // One that steps of the build use is no less the app's, and gets its number like others.
        let made = account.made.as_ref().is_some_and(|made| !super::pins::is_taken(made));
        return match made {
            true => super::pins::pinned(model, stage, account, accounts, options).map(Some),
            false => Ok(Some(existing(account))),
        };
    }
    match (user::number(uid), user::number(gid)) {
        (Some(uid), Some(gid)) => created::account(model, stage, accounts, None, uid, gid).map(Some),
        _ => {
            let why = format!("the app's files are given to {only}, and no account of that name is known in the image");
            Err(Undecided { reason: "unknown-owner", why })
        }
    }
}

/// The one account of the image that the file gives other folders of its own to, where none lies in the app's.
fn given_elsewhere(model: &Model<'_>, stage: usize, accounts: &[Account]) -> Option<Identity> {
    let owners = model.owners(stage);
    let own = owners.nodes.iter().filter(|(path, node)| {
        matches!(node.made, Made::Run(_)) && !owner::is_packaged(path) && !model.is_base_folder(stage, path)
    });
    let mut given: Vec<&str> =
        own.filter_map(|(_, node)| node.owner.as_deref()).filter(|owner| !owner.starts_with("0:")).collect();
    given.sort_unstable();
    given.dedup();
    let [only] = given.as_slice() else { return None };
    // What is nobody's is kept from everybody: the app is nobody by no means.
    if is_nobody(only) {
        return None;
    }
    let who = only.split(':').next().unwrap_or("");
    let same = |account: &&Account| account.name == who || (account.uid.is_some() && account.uid == user::number(who));
    accounts.iter().find(same).map(existing)
}

/// Whether an owner is the account that owns nothing: `nobody`, or the kernel's overflow uid (proc_sys_kernel(5)).
pub(super) fn is_nobody(owner: &str) -> bool {
    let who = owner.split(':').next().unwrap_or("");
    who == "nobody" || user::number(who) == Some(65534)
}

/// (c) The base's own user, and (d) an account that it holds for the application, or that a packaged server's workers are.
fn of_base(model: &Model<'_>, stage: usize, accounts: &[Account]) -> Option<Identity> {
    let Some(Base::Image { facts: Some(facts), listed, .. }) = model.root_base(stage) else { return None };
    if !*listed && facts.id != images::GIVEN {
        return None;
    }
    if let DefaultUser::Account(text) = facts.default_user {
        let name = text.split(':').next().unwrap_or(text);
        let account = accounts.iter().find(|account| account.name == name || account.uid == user::number(name));
        let mut identity = account.map(existing).unwrap_or_else(|| number_of(text));
        identity.origin = Origin::Base;
        return Some(identity);
    }
    let worker = model.server(stage).map_or("", |server| server.worker);
    let its = |account: &&Account| account.name == worker && account.made.is_none() && account.certain;
    if let Some(account) = accounts.iter().find(its) {
        return Some(Identity { worker: true, ..existing(account) });
    }
    let own = !model.has_command(stage) || model.server(stage).is_some() || start::lifted(model, stage).is_some();
    let fits = |account: &&Account| {
        account.made.is_none()
            && (account.role == Role::App || (account.role == Role::Server && own && account.package.is_none()))
    };
    accounts.iter().find(fits).map(existing)
}

pub(super) fn number_of(text: &str) -> Identity {
    let (uid, gid) = text.split_once(':').unwrap_or((text, ""));
    Identity {
        name: user::number(uid).is_none().then(|| uid.to_owned()),
        group: None,
        uid: user::number(uid),
        gid: user::number(gid),
        origin: Origin::Number,
        user: String::new(),
        commands: Vec::new(),
        pins: Vec::new(),
        supplementary: gid.is_empty(),
        home: None,
        worker: false,
        variables: None,
    }
}

/// An account that is there.
pub fn existing(account: &Account) -> Identity {
    Identity {
        name: Some(account.name.clone()),
        group: account.group.clone(),
        uid: account.uid,
        gid: account.gid,
        origin: if account.made.is_some() || account.package.is_some() { Origin::Existing } else { Origin::Builtin },
        user: String::new(),
        commands: Vec::new(),
        pins: Vec::new(),
        supplementary: account.supplementary,
        home: account.home.clone(),
        worker: account.role == Role::Server && account.made.is_none() && account.package.is_none(),
        variables: None,
    }
}
