//! What the project's own source says of the process that the Dockerfile does not: caches beside the packages, folders that
//! it makes, files that it creates.

use super::ownership::{push, shellless};
use super::uses::uses;
use super::{Draft, Handed, Identity};
use crate::model::command::Ran;
use crate::model::owner::{Made, Owners};
use crate::model::source::{self, Shown};
use crate::model::value;
use crate::options::Ownership;

/// Folders that anybody may write, or that no process fills.
const ANYBODY: [&str; 5] = ["/dev", "/proc", "/sys", "/tmp", "/var/tmp"];
/// Trees of the system, of which nothing is given away.
const SYSTEM: [&str; 8] = ["/bin", "/boot", "/etc", "/lib", "/lib64", "/root", "/sbin", "/usr"];
/// Most places that one message names.
const MOST: usize = 3;

/// The instruction that starts the process.
pub(super) fn command(draft: &Draft<'_>) -> usize {
    let entry = draft.scene.model.entry(draft.scene.stage);
    entry.entrypoint.or(entry.cmd).map_or(draft.scene.from(), |(_, index)| index)
}

/// A cache that the source keeps beside the installed packages: it is handed over in the app's own folder.
fn cache(draft: &mut Draft<'_>, identity: &Identity) {
    let Some((place, cache)) = source::cache(draft.scene) else { return };
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let Some(own) = model.own_folder(stage).filter(|_| !shellless(model, stage)) else {
        let at = command(draft);
        return push(draft, "framework-cache", at, format!("{place} names a cache beside the installed packages"));
    };
    // Where no step installs packages as root, the process makes the whole folder by itself.
    let mut used = uses(model, stage, &own, &|_| None).into_iter();
    if !used.any(|used| used.installs && model.user(stage, used.at).is_root()) {
        return;
    }
    let path = value::join(&own, cache);
    let done = |handed: &Handed| handed.tree && !handed.by_copy && value::within(&path, &handed.path);
    if !draft.handed.iter().any(done) {
        let (owner, why) = (identity.owner(), format!("{place} keeps a cache there"));
        draft.handed.push(Handed { path, owner, tree: false, make: true, by_copy: false, why });
    }
}

/// Hands over the folders that source makes, and tells of what it cannot make or create.
pub(super) fn written(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    cache(draft, identity);
    if let Some(Shown { place, what }) = source::beside_package(draft.scene) {
        let message = format!(
            "{place} names a folder beside the package ({what}), which lies among the interpreter's own where the project is installed: check that the account may write there, or give it another by a setting"
        );
        push(draft, "opaque-writes", command(draft), message);
    }
    let (makes, creates) = (source::makes(draft.scene), source::creates(draft.scene));
    let mut known: Vec<String> = makes.iter().chain(&creates).map(|shown| shown.what.clone()).collect();
    let mut told = Vec::new();
    for Shown { place, what } in makes {
        // What is there already is not made.
        if may_write(draft, identity, owners, &what) || model.is_base_folder(stage, &what) {
            continue;
        }
        let foreign = owners.owner(&what).is_some_and(|owner| !owner.starts_with("0:"));
        if foreign || shellless(model, stage) || SYSTEM.iter().any(|tree| value::within(&what, tree)) {
            told.push(format!("{place} makes {what}"));
            continue;
        }
        let why = format!("{place} makes it");
        let (owner, path) = (identity.owner(), what);
        draft.handed.push(Handed { path, owner, tree: false, make: true, by_copy: false, why });
    }
    for Shown { place, what } in creates {
        if !may_write(draft, identity, owners, &what) {
            told.push(format!("{place} creates {what}"));
        }
    }
    if let Some(first) = told.get(..told.len().min(MOST)).filter(|first| !first.is_empty()) {
        let (at, first) = (command(draft), first.join(", "));
        push(draft, "written-file", at, format!("{first}, where the account may not: give it a folder of its own"));
    }
    mentioned(draft, identity, owners, &mut known);
}

/// Tells of what source names or does without a call that shows what comes of it; of what is `known`, once.
fn mentioned(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners, known: &mut Vec<String>) {
    let at = command(draft);
    let stays = draft.options.ownership != Ownership::App && !is_given(draft, identity, owners);
    if stays && !source::writes_nothing(draft.scene) {
        let message = "the app's own folder stays root's: check that the process writes nothing there";
        push(draft, "opaque-writes", at, message);
    }
    let mut told: Vec<String> = Vec::new();
    let (named, above) = (source::named(draft.scene), source::above(draft.scene));
    for Shown { place, what } in named.into_iter().chain(above) {
        if !known.contains(&what) && !may_write(draft, identity, owners, &what) {
            told.push(format!("{place} names {what}"));
            known.push(what);
        }
    }
    if let Some(first) = told.get(..told.len().min(MOST)).filter(|first| !first.is_empty()) {
        let message =
            format!("{}, where the account may not write: check that the process only reads there", first.join(", "));
        push(draft, "written-file", at, message);
    }
    if let Some(Shown { place, what }) = source::moves(draft.scene) {
        let message = format!("{place} goes to another folder ({what}): check what it writes there");
        push(draft, "opaque-writes", at, message);
    }
    if let Some(Shown { place, what }) = source::owns(draft.scene) {
        let message = format!("{place} changes the owner of a file ({what}), which only root may");
        push(draft, "written-file", at, message);
    }
}

/// Whether the file itself gives the app's own folder, and all that copies bring there, to the account.
fn is_given(draft: &Draft<'_>, identity: &Identity, owners: &Owners) -> bool {
    let own = draft.scene.model.app_folder(draft.scene.stage);
    own.is_some_and(|own| {
        let theirs = |owner: Option<&String>| owner.is_some_and(|owner| identity.owns(owner));
        let mut inside =
            owners.copies.iter().filter(|copy| copy.destination.as_deref().is_some_and(|to| value::within(to, &own)));
        theirs(owners.owner(&own)) && inside.all(|copy| theirs(copy.owner.as_ref()))
    })
}

/// Whether the account may write at a path, as far as it shows.
pub(super) fn may_write(draft: &Draft<'_>, identity: &Identity, owners: &Owners, path: &str) -> bool {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let below = |folder: &str| folder.len() > 1 && value::within(path, folder);
    let own = model.app_folder(stage);
    // What a step makes below /tmp is root's, too, unless it is opened.
    let node = |folder: &str| owners.nodes.get(folder).filter(|node| matches!(node.made, Made::Run(_)));
    let roots =
        |folder: &str| node(folder).is_some_and(|node| node.owner.as_deref().is_some_and(|it| it.starts_with("0:")));
    let handed = |folder: &str| draft.handed.iter().any(|handed| value::within(folder, &handed.path));
    let mut parents = path.match_indices('/').filter_map(|(at, _)| path.get(..at)).chain([path]);
    if ANYBODY.iter().any(|folder| below(folder))
        && parents.any(|folder| roots(folder) && !handed(folder) && !is_open(draft, folder))
    {
        return false;
    }
    if ANYBODY.iter().any(|folder| below(folder))
        || own.as_deref().is_some_and(below)
        || identity.home.as_deref().is_some_and(below)
        || draft.handed.iter().any(|handed| below(&handed.path))
    {
        return true;
    }
    let above = path.match_indices('/').filter_map(|(at, _)| path.get(..at)).filter(|folder| !folder.is_empty());
    let mut above: Vec<&str> = above.chain([path]).collect();
    above.reverse();
    // The nearest folder that the file tells the owner of decides.
    let told = above.iter().find_map(|folder| owners.owner(folder));
    told.is_some_and(|owner| identity.owns(owner)) || above.iter().any(|folder| is_open(draft, folder))
}

/// Whether a RUN lets anybody write in a folder.
fn is_open(draft: &Draft<'_>, folder: &str) -> bool {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let opens = |ran: &Ran| {
        let mut operands = ran.operands();
        let mode = operands.next().and_then(|(_, text)| text).unwrap_or("");
        writable_by_all(mode) && operands.any(|(_, text)| ran.path(text).as_deref() == Some(folder))
    };
    let runs = model.runs(stage);
    runs.into_iter().any(|(of, at)| model.commands(of, at).list.iter().filter(|ran| ran.name == "chmod").any(opens))
}

/// 777, 1777, `a+rwX`, `o=rwx`.
fn writable_by_all(mode: &str) -> bool {
    if mode.bytes().all(|byte| byte.is_ascii_digit()) {
        return mode.ends_with(['2', '3', '6', '7']);
    }
    let gives = |part: &str| {
        let given = part.split_once(['+', '=']);
        given.is_some_and(|(who, what)| who.contains(['a', 'o']) && what.contains('w'))
    };
    mode.split(',').any(gives)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_that_let_anybody_write() {
        assert!(["777", "1777", "0757", "a+rwX", "u=rwx,o=rwx", "ugo+rwx"].into_iter().all(writable_by_all));
        assert!(!["755", "0775", "+w", "u+w", "o-w", "a+rX", "g+w,o+r"].into_iter().any(writable_by_all));
    }
}
