//! The account of a USER that is there already and not root: its ids, and how the USER is written.

use super::{Change, Draft, Identity, identity, pins};
use crate::facts::{Confidence, DefaultUser};
use crate::model::account::{Account, Id, Made};
use crate::model::hazard;
use crate::model::{Base, Model, Who, user};
use crate::options::UserForm;
use crate::syntax::{Args, Keyword};

/// A last USER that names its account.
pub struct Named {
    /// The USER.
    pub at: usize,
    /// The name.
    pub name: String,
    /// The group, where it is written.
    pub group: Option<String>,
    /// The account, if it is known.
    pub account: Option<Account>,
}

/// The last USER of the target itself, where it names an account that is certainly not root.
pub fn named(draft: &Draft<'_>) -> Option<Named> {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let at = model.last_user(stage)?;
    let broken = super::unknown::missing_tool(model, stage).is_some();
    if draft.identity.is_some() || broken || hazard::is_windows(model, stage) {
        return None;
    }
    let Who::User(text) = model.final_user(stage) else { return None };
    let (name, group) = match text.split_once(':') {
        Some((name, group)) => (name.to_owned(), Some(group.to_owned())),
        None => (text, None),
    };
    if user::number(&name).is_some() {
        return None;
    }
    // The name is looked up when the container starts; by its line it has to mean the same, unless the line moves.
    let moves = draft.turned.iter().any(|turned| turned.user == at);
    let there = model.account(stage, at, &name);
    let same = |account: &Account| {
        moves || there.as_ref().is_some_and(|there| (there.uid, there.gid) == (account.uid, account.gid))
    };
    let account = model.account(stage, usize::MAX, &name).filter(same);
    Some(Named { at, name, group, account })
}

/// Pins what is missing of the account's ids, or renumbers what the base image holds: the identity with its pins.
///
/// # Errors
/// Why it cannot be done, for a person.
pub fn pin(draft: &Draft<'_>, named: &Named, account: &Account) -> Result<Identity, String> {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let accounts = model.accounts(stage, usize::MAX);
    let taken = account.made.as_ref().is_some_and(pins::is_taken);
    if account.made.as_ref().is_some_and(|made| made.stage != stage) {
        return Err("it is made in a stage that others may build on".to_owned());
    }
    // An ARG that chooses the whole image chooses the tools, too.
    if let Some(Base::Image { chosen: true, listed, .. }) = model.root_base(stage)
        && !(*listed && model.base_text(stage).is_some_and(|text| crate::images::lookup(&text).is_some()))
    {
        return Err("an ARG chooses the base image, and with it the tools that make it".to_owned());
    }
    if !account.certain {
        return Err("steps of the build may give it another number".to_owned());
    }
    if !taken && let Some(why) = relied_on(draft) {
        return Err(why);
    }
    let mut identity =
        pins::pinned(model, stage, account, &accounts, draft.options).map_err(|undecided| undecided.why)?;
    if identity.pins.is_empty() {
        return Err("the command that makes it is none that could be changed alone".to_owned());
    }
    // Its name stays until a rule writes its number.
    identity.user = written(model, stage, named.at).unwrap_or_else(|| named.name.clone());
    Ok(identity)
}

/// Hazards that say that people outside of the project work with the image.
const SHARED: [&str; 7] =
    ["root-volume", "no-command", "base-image", "development", "interactive", "github-action", "devices"];

/// What may rely on the id that the account happens to get.
fn relied_on(draft: &Draft<'_>) -> Option<String> {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    if let Some(file) = pins::relied_on(draft) {
        return Some(format!("{file} mounts folders or names a user, so that the number may be relied on"));
    }
    if model.lineage(stage).iter().any(|(_, index)| model.keyword(*index) == Keyword::Volume) {
        return Some("older volumes hold files of the number that it got".to_owned());
    }
    if let Some(path) = super::write_set::kept(draft) {
        return Some(format!("older containers may have left files at {path} that belong to the number it got"));
    }
    let shared = hazard::find(draft.scene, false).into_iter().find(|hazard| SHARED.contains(&hazard.id));
    if shared.is_some() {
        return Some(
            "others may build on the image, or mount their files into it, and rely on the number it got".to_owned(),
        );
    }
    let numbered = (0..model.tree.instructions.len()).find(|index| names_ids(&draft.scene.text(*index)));
    if let Some(index) = numbered {
        return Some(format!("line {} gives ids by number", model.line(index)));
    }
    let bare = |index: &usize| {
        let found = model.instruction(*index);
        let from = found.and_then(|found| found.flag("from").filter(|_| found.flag("chown").is_none()));
        let from = from.and_then(|flag| model.find_stage(flag.value.as_deref()?, stage));
        from.is_some_and(|from| makes_owners(model, from))
    };
    let copies = model.lineage(stage).into_iter().map(|(_, index)| index);
    let bare = copies.filter(|index| model.keyword(*index) == Keyword::Copy).find(bare);
    bare.map(|index| format!("line {} copies files that may belong to the number that it got", model.line(index)))
}

/// `--chown=1000`, `chown 1000:1000`, `uid=1000`, `USER 1000`.
fn names_ids(text: &str) -> bool {
    let digit = |text: &str| text.trim_start().starts_with(|c: char| c.is_ascii_digit());
    let after = |mark: &str| text.match_indices(mark).any(|(at, _)| text.get(at + mark.len()..).is_some_and(digit));
    ["--chown=", "chown ", "chown -R ", "chgrp ", "chgrp -R ", "uid=", "gid=", "USER ", "user "].into_iter().any(after)
}

/// Whether files of a stage may belong to somebody else than root.
fn makes_owners(model: &Model<'_>, stage: usize) -> bool {
    let default = matches!(
        model.root_base(stage),
        Some(Base::Image { facts: Some(facts), .. }) if facts.default_user == DefaultUser::Root
    );
    !default
        || model.lineage(stage).into_iter().any(|(at, index)| match model.keyword(index) {
            Keyword::User => true,
            Keyword::Copy | Keyword::Add => model.instruction(index).is_some_and(|found| found.flag("chown").is_some()),
            Keyword::Run => {
                model.commands(at, index).list.iter().any(|ran| matches!(ran.name.as_str(), "chown" | "install"))
            }
            _ => false,
        })
}

/// The account with the ids that are certain already.
///
/// # Errors
/// Why they are not, for a person.
pub fn sure(draft: &Draft<'_>, named: &Named) -> Result<Identity, String> {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let Some(account) = &named.account else {
        return Err("nothing in the file or in what is known of its base image says which number it has".to_owned());
    };
    let twin = |other: &Account| other.uid == account.uid && other.name != account.name;
    match account.uid {
        None if account.made.as_ref().is_some_and(|made| made.uid == Id::Absent) => {
            Err("no number is written down where it is made".to_owned())
        }
        None => Err("the number that it gets comes from outside of the file".to_owned()),
        Some(0) => Err("it is root by another name".to_owned()),
        Some(_) if !pins::is_sure(model, stage, account) || account.made.as_ref().is_some_and(pins::is_taken) => {
            Err("steps of the build, or other base images, may give it another number".to_owned())
        }
        Some(_) if model.accounts(stage, usize::MAX).iter().any(twin) => {
            Err("another account has the same number".to_owned())
        }
        Some(_) => Ok(identity::existing(account)),
    }
}

/// Writes the USER by number; the group stays out where it is not known, or where it would hide others.
pub fn by_number(draft: &mut Draft<'_>, named: &Named, mut identity: Identity) -> Option<()> {
    if draft.options.user_form == UserForm::Name {
        return None;
    }
    let model = draft.scene.model;
    let made = named.account.as_ref().and_then(|account| account.made.clone());
    let certain = made.is_none_or(|made| is_group_sure(model, draft.scene.stage, &made, identity.gid));
    if let Some(group) = &named.group {
        // A group that is written stays the one that it is.
        let its_own = certain && identity.group.as_deref() == Some(group);
        let gid = user::number(group).or_else(|| identity.gid.filter(|_| its_own))?;
        (identity.gid, identity.group, identity.supplementary) = (Some(gid), Some(group.clone()), false);
    } else {
        identity.supplementary |= !certain;
    }
    let identity = identity.in_form(draft.options);
    let word = match model.instruction(named.at).map(|found| &found.args) {
        Some(Args::One(word)) => word.span,
        _ => return None,
    };
    let comment = format!("{} ({}): a number lets Kubernetes check runAsNonRoot", named.name, identity.user);
    let moved = draft.changes.iter_mut().find_map(|change| match change {
        Change::Block { user: Some(user), comment, .. } => Some((user, comment)),
        _ => None,
    });
    match moved {
        Some((user, words)) => (*user, *words) = (identity.user.clone(), Some(comment)),
        None => {
            draft.changes.push(Change::Comment { instruction: named.at, text: comment });
            let text = identity.user.clone();
            draft.changes.push(Change::Word { instruction: named.at, span: word, text });
        }
    }
    draft.standing = Some(identity);
    Some(())
}

/// Whether a primary group's number is certain: made or given by a plain command, or made along with the account in an
/// image that is known to have no other group of the number.
fn is_group_sure(model: &Model<'_>, stage: usize, made: &Made, gid: Option<u32>) -> bool {
    if let Some(group) = &made.group_made {
        return group.plain;
    }
    let known = matches!(
        model.root_base(stage),
        Some(Base::Image { facts: Some(facts), listed: true, .. }) if facts.confidence > Confidence::Recalled
    );
    made.group_span.is_some() || (known && model.groups_with(stage, usize::MAX, gid) <= 1)
}

/// The argument of a USER as it is written.
fn written(model: &Model<'_>, stage: usize, at: usize) -> Option<String> {
    model.user_text(stage, at).text().map(|text| text.trim().to_owned())
}
