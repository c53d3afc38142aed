//! What is handed over: the app's own folder, what is copied into it, and the write set.

use super::{
    Change, Draft, Handed, Identity, any_user, companions, framework, given, modes, opened, own, owner_modes, plain,
    server, witness, write_set,
};
use crate::context::Entry;
use crate::model::hazard::{Hazard, PACKAGE_FOLDERS, Scene, Weight};
use crate::model::owner::{Made, Owners};
use crate::model::start;
use crate::model::{Base, Model, value};
use crate::options::Ownership;
use crate::syntax::{Args, Keyword};

/// The rule that asks for all this.
pub(super) const RULE: &str = "unowned-copy";

/// Hands over what the account needs; returns the copies that get a `--chown` for it.
pub fn hand_over(draft: &mut Draft<'_>) -> Vec<usize> {
    let Some(identity) = draft.identity.clone().filter(|_| !draft.stopped) else { return Vec::new() };
    let before = draft.changes.len();
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let owners = model.owners(stage);
    if draft.options.ownership == Ownership::App && !identity.worker && !server::only_serves(draft) {
        match (model.own_folder(stage), model.own_folder_by_default(stage)) {
            (Some(folder), _) => own::own_or_above(draft, &identity, &owners, &folder),
            (None, Some(folder)) => own::by_default(draft, &identity, &owners, &folder),
            (None, None) => plain::no_folder(draft, &identity, &owners),
        }
    }
    if identity.worker && draft.options.ownership != Ownership::None {
        framework::of_worker(draft, &identity, &owners);
    }
    write_set::plan(draft, &identity, &owners);
    server::hand_over(draft, &identity);
    kept(draft, &identity);
    apart(draft, &identity);
    witness::written(draft, &identity, &owners);
    opened::closed(draft);
    opened::private(draft);
    match draft.options.ownership {
        Ownership::None => nothing_given(draft),
        _ => write_set::home(draft, &identity, &owners),
    }
    companions::mounts(draft, &identity);
    given::system(draft, &identity, &owners);
    given::accounts(draft, &identity, &owners);
    modes::given_away(draft);
    modes::look(draft, &identity, &owners);
    owner_modes::look(draft, &identity, &owners);
    opened::started(draft);
    modes::masked(draft);
    modes::remade(draft);
    any_user::grouped(draft, &identity);
    let added = draft.changes.get(before..).unwrap_or_default();
    added.iter().filter_map(Change::instruction).collect()
}

/// With `--ownership none` the process has to do without: only if it writes nothing that shows.
fn nothing_given(draft: &mut Draft<'_>) {
    let wanted = std::mem::take(&mut draft.handed);
    let Some(first) = wanted.first().filter(|_| !draft.stopped) else { return };
    let why = format!(
        "the process writes {} ({}), which would stay root's: do not ignore {RULE}, or give it away by hand and leave out \
         --ownership none",
        first.path, first.why
    );
    let message = "nothing may be handed over, and the process has to write";
    draft.refuse("missing-user", draft.scene.from(), message, "nothing-given", why);
}

/// Whether the image has no shell to run commands with.
pub fn shellless(model: &Model<'_>, stage: usize) -> bool {
    match model.root_base(stage) {
        Some(Base::Image { facts: Some(facts), .. }) => {
            !super::tools::can_run(model, stage, facts.shell, facts.tools, facts.family)
        }
        _ => true,
    }
}

pub(super) fn push(draft: &mut Draft<'_>, id: &'static str, at: usize, message: impl Into<String>) {
    draft.hazards.push(Hazard { id, weight: Weight::Unsafe, message: message.into(), at, packaged: false });
}

/// Hands over the folders that servers keep their data in.
fn kept(draft: &mut Draft<'_>, identity: &Identity) {
    for program in start::all(draft.scene) {
        let Some(path) = start::kept_in(program).map(str::to_owned) else { continue };
        let why = format!("{} keeps its data there", program.name);
        if !draft.handed.iter().any(|handed| handed.path == path) {
            draft.handed.push(Handed { path, owner: identity.owner(), tree: false, make: true, by_copy: false, why });
        }
    }
}

/// Hands over what start scripts write in the folder: a step of the build may have made it as root.
pub(super) fn written(draft: &mut Draft<'_>, identity: &Identity, folder: &str) {
    for path in start::written(draft.scene) {
        let rest = path.strip_prefix(folder).unwrap_or("").trim_start_matches('/');
        let Some(top) = rest.split('/').next().filter(|top| !top.is_empty()) else { continue };
        let path = value::join(folder, top);
        let is_file = !rest.contains('/') && top.trim_start_matches('.').contains('.');
        if !is_file && !PACKAGE_FOLDERS.contains(&top) {
            give(draft, identity, path, true, "a start script writes it".to_owned());
        }
    }
}

/// Hands over folders that a RUN makes and that start scripts write, unless the app's own folder holds them.
fn apart(draft: &mut Draft<'_>, identity: &Identity) {
    let own = draft.scene.model.own_folder(draft.scene.stage);
    let outside = |path: &&String| own.as_deref().is_none_or(|own| !value::within(path, own));
    for path in start::written(draft.scene).iter().filter(outside) {
        let Some((folder, _)) = path.rsplit_once('/').filter(|(folder, _)| !folder.is_empty()) else { continue };
        give(draft, identity, folder.to_owned(), true, "the command or a start script writes into it".to_owned());
    }
}

/// Gives a copy to the account by `--chown`, with the folders that the copy makes.
pub(super) fn give_copy(
    draft: &mut Draft<'_>,
    identity: &Identity,
    owners: &Owners,
    index: usize,
    target: &str,
    owner: &str,
    why: &str,
) {
    let handed = |path: &str, tree: bool, why: &str| Handed {
        path: path.to_owned(),
        owner: identity.owner(),
        tree,
        make: false,
        by_copy: true,
        why: why.to_owned(),
    };
    let made = owners.nodes.iter().filter(|(path, node)| node.made == Made::Copy(index) && *path != target);
    let made = made.map(|(path, _)| handed(path, false, "copied along: its folder is made by the copy"));
    draft.handed.extend(made);
    draft.handed.push(handed(target, true, why));
    draft.changes.push(Change::Flag { instruction: index, flag: format!("--chown={owner}") });
}

/// Whether a path is handed over already, by itself or with a folder above it.
pub(super) fn is_handed(draft: &Draft<'_>, path: &str) -> bool {
    draft.handed.iter().any(|handed| handed.path == path || (handed.tree && value::within(path, &handed.path)))
}

/// Hands over a folder, made first where it is missing: with all below, or alone.
pub(super) fn give(draft: &mut Draft<'_>, identity: &Identity, path: String, tree: bool, why: String) {
    if !is_handed(draft, &path) {
        draft.handed.push(Handed { path, owner: identity.owner(), tree, make: true, by_copy: false, why });
    }
}

/// Most bytes of build context that may be written once more by a recursive chown.
pub(super) const SMALL: u64 = 10 << 20;

/// Whether a copy brings a whole folder of the context (or of a stage).
pub fn brings_folder(model: &Model<'_>, index: usize) -> bool {
    let Some(Args::Copy { sources, .. }) = model.instruction(index).map(|found| &found.args) else { return false };
    sources.iter().any(|source| {
        let name = source.text.rsplit('/').next().unwrap_or("");
        name.is_empty() || name == "." || !name.contains('.')
    })
}

/// How archives end.
pub(super) const ARCHIVES: [&str; 8] = [".tar", ".gz", ".tgz", ".bz2", ".xz", ".txz", ".zst", ".zip"];

/// `ADD` unpacks local archives and ignores `--chown` for them (measured).
pub fn is_archive(model: &Model<'_>, index: usize) -> bool {
    let Some(found) = model.instruction(index).filter(|found| found.keyword == Keyword::Add) else { return false };
    let Args::Copy { sources, .. } = &found.args else { return false };
    sources
        .iter()
        .any(|source| ARCHIVES.iter().any(|ending| source.text.ends_with(ending)) || source.text.contains('*'))
}

/// Bytes of the build context; `None` when it cannot be known or is too large to count.
pub(super) fn context_size(scene: &Scene<'_>) -> Option<u64> {
    fn add(scene: &Scene<'_>, path: &str, depth: usize, total: &mut u64, seen: &mut usize) -> Option<()> {
        for name in scene.files.list(path).iter() {
            *seen += 1;
            if *seen > 2000 || depth > 12 || *total > SMALL {
                return None;
            }
            let inner = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            match scene.files.entry(&inner) {
                Entry::File { len, .. } => *total += len,
                Entry::Folder if !inner.ends_with(".git") => add(scene, &inner, depth + 1, total, seen)?,
                Entry::Unknown => return None,
                _ => {}
            }
        }
        Some(())
    }
    let context = scene.context?;
    let mut total = 0;
    add(scene, context, 0, &mut total, &mut 0)?;
    Some(total)
}
