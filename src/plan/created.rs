//! Accounts that the plan makes.

use super::identity::{CREATED, Identity, NUMBER, Origin, Undecided, number_of};
use super::tools::{can_run, path_holds};
use crate::facts::{self, AccountRecipe};
use crate::model::account::Account;
use crate::model::{Base, Model};

/// Uid and gid for it: those that the project's cluster runs it with, else the first from [`CREATED`] that nobody holds.
pub(super) fn numbers(model: &Model<'_>, stage: usize, accounts: &[Account], pod: Option<(u32, u32)>) -> (u32, u32) {
    let free = |(uid, gid): &(u32, u32)| {
        let group = model.groups_with(stage, usize::MAX, Some(*gid)) == 0;
        group && accounts.iter().all(|account| account.uid != Some(*uid))
    };
    let own = || (CREATED..CREATED + 100).map(|id| (id, id)).find(free).unwrap_or((CREATED, CREATED));
    pod.filter(free).unwrap_or_else(own)
}

/// (e) An account that the plan makes, or a number where none can be made.
pub(super) fn account(
    model: &Model<'_>,
    stage: usize,
    accounts: &[Account],
    name: Option<&str>,
    uid: u32,
    gid: u32,
) -> Result<Identity, Undecided> {
    let Some(Base::Image { facts: Some(base), .. }) = model.root_base(stage) else {
        return Err(Undecided { reason: "unknown-base", why: "nothing is known of the base image".to_owned() });
    };
    // Group 0 is there already; who gives files to it means any user, without an account (OpenShift's guidelines).
    if gid == 0 {
        return Ok(number_of(&format!("{uid}:{gid}")));
    }
    if !can_run(model, stage, base.shell, base.tools, base.family) {
        let (uid, gid) = if uid == CREATED { (NUMBER, NUMBER) } else { (uid, gid) };
        return Ok(number_of(&format!("{uid}:{gid}")));
    }
    if let Some(holder) = accounts.iter().find(|account| account.uid == Some(uid)) {
        let why =
            format!("uid {uid} is {}'s already: choose another with --uid, or that account with --user", holder.name);
        return Err(Undecided { reason: "id-in-use", why });
    }
    let taken =
        |name: &str| accounts.iter().any(|account| account.name == name) || model.has_group(stage, usize::MAX, name);
    let name = match name {
        Some(name) => name.to_owned(),
        None => ["app", "appuser"].into_iter().find(|name| !taken(name)).unwrap_or("unroot").to_owned(),
    };
    let Some((recipe, commands)) = commands(model, stage, &name, uid, gid) else {
        let why = "no template says how accounts are made in this image: give --uid and --gid of one it has".to_owned();
        return Err(Undecided { reason: "no-account-tools", why });
    };
    Ok(Identity {
        home: Some(recipe.home(&name)),
        group: Some(name.clone()),
        name: Some(name),
        uid: Some(uid),
        gid: Some(gid),
        origin: Origin::Created,
        user: String::new(),
        commands,
        pins: Vec::new(),
        supplementary: false,
        worker: false,
        variables: None,
    })
}

/// How the family of the base makes the account, with the commands for it.
pub(super) fn commands(
    model: &Model<'_>,
    stage: usize,
    name: &str,
    uid: u32,
    gid: u32,
) -> Option<(&'static AccountRecipe, Vec<String>)> {
    let Some(Base::Image { facts: Some(base), .. }) = model.root_base(stage) else { return None };
    let recipe = facts::account_recipe(base.family)?;
    let mut commands = recipe.commands(name, uid, gid);
    if let Some(folder) = recipe.folders.first().filter(|folder| !path_holds(model, stage, folder)) {
        commands.iter_mut().for_each(|command| command.insert_str(0, &format!("{folder}/")));
    }
    Some((recipe, commands))
}
