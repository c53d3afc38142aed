//! Every account that unroot wrote exists where it is used, and the process ends up as the planned one.

use super::Case;
use super::align::Origin;
use crate::facts;
use crate::model::{Who, user};
use crate::plan::{self, Change, Identity, pins, variables};
use crate::syntax::Args;

/// Names exist at their line by a means that the image has, numbers are the ids that their creating lines give.
pub(super) fn accounts(case: &Case<'_>) -> Result<(), String> {
    let stage = case.plan.stage;
    for (old, new) in case.aligned.kept() {
        let flagged = case
            .plan
            .changes
            .iter()
            .any(|change| matches!(change, Change::Flag { instruction, .. } if *instruction == old));
        let Some(found) = case.after.instruction(new).filter(|_| flagged) else { continue };
        let line = found.lines.0;
        if found.flag("chmod").is_some() && case.before.instruction(old).is_some_and(|was| was.flag("chmod").is_none())
        {
            return Err(format!("line {line} got a --chmod"));
        }
        let owner = found.flag("chown").and_then(|flag| flag.value.clone()).unwrap_or_default();
        let (name, group) = owner.split_once(':').map_or((owner.as_str(), None), |(name, group)| (name, Some(group)));
        let linked = found.flag("link").is_some();
        let numeric = |text: &str| user::number(text).is_some();
        if linked && !(numeric(name) && group.is_none_or(numeric)) {
            return Err(format!("line {line} copies with --link and names an account"));
        }
        if !numeric(name) && name != "root" && case.after.account(stage, new, name).is_none() {
            return Err(format!("line {line} names {name}, which does not exist there"));
        }
        let missing = |group: &&str| !numeric(group) && *group != "root" && !case.after.has_group(stage, new, group);
        if let Some(group) = group.filter(missing) {
            return Err(format!("line {line} names the group {group}, which does not exist there"));
        }
    }
    for (at, origin) in case.aligned.origins.iter().enumerate() {
        match origin {
            Origin::Run(_) => named_in_run(case, at)?,
            Origin::User(text) if !exists(case, at, text) && !moved(case, text) => {
                return Err(format!("USER {text}: no such account exists there"));
            }
            _ => {}
        }
    }
    ids(case)
}

/// Whether a USER of the original moves here as it stands: whom it names is nothing that the plan wrote.
fn moved(case: &Case<'_>, text: &str) -> bool {
    let argument = |index: usize| match case.before.instruction(index).map(|found| &found.args) {
        Some(Args::One(word)) => Some(word.text.clone()),
        _ => None,
    };
    case.plan.turned.iter().any(|turned| argument(turned.user).as_deref() == Some(text))
}

/// Whether the names of `name:group` are those of accounts and groups that exist before a line.
fn exists(case: &Case<'_>, at: usize, text: &str) -> bool {
    let stage = case.plan.stage;
    let (name, group) = text.split_once(':').unwrap_or((text, ""));
    // Variables are compared with the account's own by the invariant `user`.
    let known = |name: &str| name.is_empty() || name == "root" || name.starts_with('$') || user::number(name).is_some();
    (known(name) || case.after.account(stage, at, name).is_some())
        && (known(group) || case.after.has_group(stage, at, group))
}

/// A new RUN names accounts that exist above it, or that its own commands before that one make.
fn named_in_run(case: &Case<'_>, at: usize) -> Result<(), String> {
    let commands = case.after.commands(case.plan.stage, at);
    let made_until = commands.list.iter().rposition(|ran| facts::makes_accounts(&ran.name));
    for (nth, ran) in commands.list.iter().enumerate().filter(|(_, ran)| ran.name == "chown") {
        let Some((_, Some(owner))) = ran.operands().next() else { continue };
        let made = made_until.is_some_and(|last| last < nth);
        if !exists(case, if made { at + 1 } else { at }, owner) {
            return Err(format!("line {} gives files to {owner}, which does not exist there", case.after.line(at)));
        }
    }
    Ok(())
}

/// The account's numbers are those that the result's own lines give it.
fn ids(case: &Case<'_>) -> Result<(), String> {
    let stage = case.plan.stage;
    let Some(identity) = case.plan.identity.as_ref().or(case.plan.standing.as_ref()) else { return Ok(()) };
    let Some(name) = &identity.name else { return Ok(()) };
    let Some(account) = case.after.account(stage, usize::MAX, name) else {
        return Err(format!("{name} does not exist at the end"));
    };
    if identity.uid.is_some() && account.uid != identity.uid {
        return Err(format!("{name} would have the uid {:?}, not {:?}", account.uid, identity.uid));
    }
    // A group that a USER names beside its account is for `user` to look at.
    let own = identity.group == account.group;
    if identity.gid.is_some() && own && account.gid != identity.gid {
        return Err(format!("{name} would have the gid {:?}, not {:?}", account.gid, identity.gid));
    }
    let twins = case
        .after
        .accounts(stage, usize::MAX)
        .into_iter()
        .filter(|other| other.uid == identity.uid && identity.uid.is_some());
    if twins.count() > 1 {
        return Err(format!("the uid of {name} is another account's too"));
    }
    packaged(case, identity, name)
}

/// An account that was there and that nothing is handed over to has to be one that a package surely makes, with the folders
/// that it gives it.
fn packaged(case: &Case<'_>, identity: &Identity, name: &str) -> Result<(), String> {
    let package = case.after.package_account(case.plan.stage);
    match identity.worker && identity.origin == plan::Origin::Existing {
        true if !package.is_some_and(|package| identity.is_of(package)) => {
            Err(format!("{name} and its folders are not as a package makes them"))
        }
        _ => Ok(()),
    }
}

/// The process runs as the planned account and not as root in any spelling, or as before when nothing is switched.
pub(super) fn user(case: &Case<'_>) -> Result<(), String> {
    let stage = case.plan.stage;
    let after = case.after.final_user(stage);
    match &case.plan.identity {
        None if case.before.final_user(stage) == after => Ok(()),
        Some(_) if case.plan.prepared => match case.before.final_user(stage) == after {
            true => Ok(()),
            false => Err("USER was to be left as it is".to_owned()),
        },
        None if case.plan.standing.is_some() => standing(case),
        None => Err("the user changed although nothing was to be switched".to_owned()),
        Some(identity) => match after {
            Who::User(text) if text == identity.user && is_its(identity, &text) => Ok(()),
            Who::Chosen(_) if identity.variables.as_ref() == Some(&identity.user) => chosen(case, identity),
            other => Err(format!(
                "the process would run as {}",
                other.text().unwrap_or_else(|| "nobody knows whom".to_owned())
            )),
        },
    }
}

/// The USER that stays means the same account: its name before, its certain number after.
fn standing(case: &Case<'_>) -> Result<(), String> {
    let stage = case.plan.stage;
    let Some(named) = &case.plan.standing else { return Ok(()) };
    let (Who::User(was), Who::User(is)) = (case.before.final_user(stage), case.after.final_user(stage)) else {
        return Err("nobody knows who the process would run as".to_owned());
    };
    if was == is && is == named.user {
        return Ok(());
    }
    let name = was.split(':').next().unwrap_or("");
    let account =
        case.after.account(stage, usize::MAX, name).filter(|account| pins::is_sure(case.after, stage, account));
    let Some(account) = account else { return Err(format!("the number of {name} is not certain")) };
    let (uid, gid) = is.split_once(':').map_or((is.as_str(), None), |(uid, gid)| (uid, Some(gid)));
    if !names(named, &was) || is != named.user || user::number(uid) != account.uid || account.uid.is_none() {
        return Err(format!("USER {is} is not {was}"));
    }
    // A group that was written means what it meant; one that was not is the account's only one.
    let written = was.split_once(':').map(|(_, group)| group);
    let same = match (written, gid) {
        (Some(group), Some(gid)) => {
            let known = user::number(group).or_else(|| case.after.group(stage, usize::MAX, group));
            known.is_some() && known == user::number(gid)
        }
        (None, Some(gid)) => !account.supplementary && account.gid.is_some() && account.gid == user::number(gid),
        (Some(_), None) => false,
        (None, None) => true,
    };
    if same { Ok(()) } else { Err(format!("USER {is} has another group than {was}")) }
}

/// Whether a USER's argument names the account of an identity, with its group or without.
pub(super) fn names(identity: &Identity, text: &str) -> bool {
    identity.name.as_deref() == Some(text.split(':').next().unwrap_or(""))
}

/// A USER that a builder chooses holds the very variables that the account is made with, and no default is root's.
fn chosen(case: &Case<'_>, identity: &Identity) -> Result<(), String> {
    let (stage, text) = (case.plan.stage, identity.user.as_str());
    let account = identity.name.as_deref().and_then(|name| case.after.account(stage, usize::MAX, name));
    let again = account.and_then(|account| variables::written(case.after, stage, &account));
    let root = match case.after.final_user(stage) {
        Who::Chosen(text) => user::is_root_text(&text, |_| None),
        _ => true,
    };
    match again.as_deref() == Some(text) && !root {
        true => Ok(()),
        false => Err(format!("USER {text} is not what the account is made with")),
    }
}

/// Whether a USER's argument is the account's name, its uid, or one of them with its group.
fn is_its(identity: &Identity, text: &str) -> bool {
    let (who, group) = match text.split_once(':') {
        Some((who, group)) => (who, Some(group)),
        None => (text, None),
    };
    let named = identity.name.as_deref() == Some(who);
    let numbered = user::number(who).is_some_and(|uid| identity.uid == Some(uid));
    let grouped = |group: &str| {
        identity.group.as_deref() == Some(group) || user::number(group).is_some_and(|gid| identity.gid == Some(gid))
    };
    (named || numbered) && group.is_none_or(grouped)
}
