//! `--openshift`: whoever runs it has some uid and group 0. What is written belongs to group 0, which may do with it what
//! its owner may, and HOME is said, because that uid has no account (OpenShift's guidelines, "Support arbitrary user ids").

use super::home::set;
use super::ownership::{SMALL, context_size, push, shellless};
use super::uses::{self, uses};
use super::{Draft, Handed, Identity, Opened, Opening, Origin, created, left};
use crate::model::{Model, Value, source};
use crate::options::Options;

/// The account in group 0, where any user is asked for.
pub(super) fn identity(model: &Model<'_>, stage: usize, mut identity: Identity, options: &Options) -> Identity {
    if !options.openshift {
        return identity;
    }
    if let (Origin::Created, Some(name), Some(uid)) = (identity.origin, &identity.name, identity.uid) {
        identity.commands =
            created::commands(model, stage, name, uid, 0).map(|(_, commands)| commands).unwrap_or_default();
    }
    identity.gid = Some(0);
    identity.group = identity.name.is_some().then(|| "root".to_owned());
    identity
}

/// Gives the group what the owner may, in what copies bring too, and says HOME.
pub(super) fn grouped(draft: &mut Draft<'_>, identity: &Identity) {
    if !draft.options.openshift || draft.stopped {
        return;
    }
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    home(draft, identity);
    let owners = model.owners(stage);
    // What surely is only read needs no more than the others' bits that it has.
    let read = |index: usize| left::is_read_only(draft, &owners, index, &[]) || source::writes_nothing(draft.scene);
    let trees: Vec<(String, usize)> = owners
        .copies
        .iter()
        .filter_map(|copy| Some((copy.destination.clone()?, copy.instruction)))
        .filter(|(to, _)| draft.handed.iter().any(|handed| handed.by_copy && handed.tree && handed.path == *to))
        .filter(|(_, index)| !read(*index))
        .collect();
    if trees.is_empty() {
        return;
    }
    let from = |index: usize| model.instruction(index).is_some_and(|found| found.flag("from").is_some());
    // A mode that changes writes a file once more: not where steps of the build left theirs.
    let worked = |path: &str| uses(model, stage, path, &uses::strictly).into_iter().any(|used| used.writes);
    let alone = trees.iter().all(|(path, index)| !from(*index) && !worked(path));
    let small = alone && context_size(draft.scene).is_some_and(|size| size < SMALL);
    if small && !shellless(model, stage) {
        return draft.opened.extend(trees.into_iter().map(|(path, _)| Opened { path, to: Opening::Group }));
    }
    let paths: Vec<&str> = trees.iter().map(|(path, _)| path.as_str()).collect();
    let message = format!(
        "what is copied to {} can be read, and not changed, by another uid of group 0: check that the process changes none of it",
        paths.join(", ")
    );
    push(draft, "group-write", draft.scene.from(), message);
}

/// HOME for a uid that no account names.
fn home(draft: &mut Draft<'_>, identity: &Identity) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let set = model.environment(stage, usize::MAX, "HOME");
    if draft.home.is_none() && (set != Value::Unset || shellless(model, stage)) {
        return;
    }
    let own = |path: &String| path.starts_with("/home/") || !model.is_base_folder(stage, path);
    let path = identity.home.clone().filter(|path| path.len() > 1 && own(path));
    let Some(path) = path.filter(|_| !set::is_built_on(model, stage)) else {
        let message = "a uid that no account names has no home: tools that write there will fail";
        return push(draft, "no-home", draft.scene.from(), message);
    };
    if !draft.handed.iter().any(|handed| handed.path == path) {
        let why = "home of the account".to_owned();
        let owner = identity.owner();
        draft.handed.push(Handed { path: path.clone(), owner, tree: false, make: false, by_copy: false, why });
    }
    draft.home = Some(path);
}
