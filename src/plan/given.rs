//! What of the system the file itself brings or gives away: folders that the account gets, and the list of accounts.

use super::ownership::push;
use super::{Draft, Identity, Origin};
use crate::model::owner::{Copied, Owners};
use crate::model::{start, value};

/// Folders whose owner can make itself root: it may change who is who, or what others run.
const POWER: [&str; 14] = [
    "/bin",
    "/etc",
    "/lib",
    "/lib64",
    "/root",
    "/sbin",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/local/bin",
    "/usr/local/lib",
    "/usr/local/sbin",
    "/usr/sbin",
    "/usr/share",
];

/// Says it where the account would own such a folder: not being root is worth little then.
pub(super) fn system(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners) {
    let given = |path: &&&str| owners.owner(path).is_some_and(|owner| identity.owns(owner));
    let Some(path) = POWER.iter().find(given) else { return };
    let note = format!(
        "the file gives {path} to {}: what owns it can make itself root, so that this is worth little while it does",
        identity.named()
    );
    draft.notes.push(note);
}

/// Says it where a copy brings the list of accounts from out of sight: which names and numbers are taken, and whether the
/// account is there at all, it alone tells.
pub(super) fn accounts(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners) {
    const LISTS: [&str; 2] = ["/etc/passwd", "/etc/group"];
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let lands = |copy: &Copied| {
        let to = copy.destination.as_deref()?;
        let sources = start::sources(draft.scene, copy.instruction);
        let names = |list: &str| {
            sources
                .iter()
                .any(|source| source.rsplit('/').next().map(|name| value::join(to, name)).as_deref() == Some(list))
        };
        let inside = |list: &&&str| copy.into && names(list);
        LISTS.iter().find(|list| to == **list).or_else(|| LISTS.iter().find(inside)).copied()
    };
    let followed = |copy: &Copied| copy.from.as_deref().is_some_and(|from| model.find_stage(from, stage).is_some());
    let copies = owners.copies.iter().filter(|copy| !followed(copy) && identity.origin != Origin::Number);
    let found = copies.into_iter().find_map(|copy| Some((copy.instruction, lands(copy)?)));
    let Some((at, list)) = found else { return };
    let message = format!("this replaces {list}: check that it holds root's line, and which names and ids it takes");
    push(draft, "copied-accounts", at, message);
}
