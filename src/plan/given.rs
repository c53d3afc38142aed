//! Folders of the system that the file itself gives to the account.

use super::{Draft, Identity};
use crate::model::owner::Owners;

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
