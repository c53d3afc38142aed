//! The app's own folder: what is copied into it gets `--chown`, the folder itself is handed over, and what steps of the
//! build leave there is handed over or named.

use super::left::Remains;
use super::ownership::{RULE, SMALL, brings_folder, context_size, give_copy, is_archive, push, shellless, written};
use super::settled::{scripts, settled};
use super::uses::{Used, uses};
use super::{Change, Draft, Handed, Identity, arrived, fed, framework, left, linked};
use crate::context::Entry;
use crate::model::owner::{Copied, Made, Owners, is_packaged};
use crate::model::{Model, source, start, value};
use crate::syntax::Keyword;

/// What is copied into the folder, the folder itself, and what steps of the build leave there.
fn own(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners, folder: &str) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let mut uses = uses(model, stage, folder, &|ran| settled(draft.scene, ran, folder));
    uses.extend(
        scripts(draft.scene, folder).filter(|used| uses.iter().all(|known| known.at != used.at)).collect::<Vec<_>>(),
    );
    uses.extend(arrived::above(model, stage, owners, folder));
    let mut made_by_copy = false;
    let mut left = brought_below(draft, identity, owners, folder);
    for copy in &owners.copies {
        let Some(target) = copy.destination.as_deref().filter(|path| value::within(path, folder)) else { continue };
        let index = copy.instruction;
        if draft.options.leaves(RULE, index) {
            continue;
        }
        // A copy that makes the folder would change its owner under every step that works there.
        let makes = owners.nodes.get(folder).is_some_and(|node| node.made == Made::Copy(index));
        let later = |used: &Used| used.at > index && (used.writes || makes || !brings_folder(model, index));
        if model.stage_of(index) != Some(stage) || uses.iter().any(later) || is_archive(model, index) {
            left.push(index);
            continue;
        }
        let flagged = |change: &Change| matches!(change, Change::Flag { instruction, .. } if *instruction == index);
        let settled =
            copy.owner.as_deref().is_some_and(|owner| identity.owns(owner)) || draft.changes.iter().any(flagged);
        if settled || model.instruction(index).is_some_and(|found| found.flag("chown").is_some()) {
            continue;
        }
        // What a later step gives to somebody else, the copy would give in vain.
        let body = model.stages.get(stage).map(|stage| stage.body.clone()).unwrap_or_default();
        let mut runs = body.filter(|at| *at > index && model.keyword(*at) == Keyword::Run);
        let given = runs.any(|at| super::uses::gives(model, stage, at, target, false));
        let Some(owner) = identity.copy_owner(model, stage, index).filter(|_| !given) else {
            left.push(index);
            continue;
        };
        // A VOLUME above it that lies in the folder gets its folder first, and with it the folder itself, from root.
        made_by_copy |= makes && !volume_above(model, stage, index, folder);
        give_copy(draft, identity, owners, index, target, &owner, "copied into the app's own folder");
    }
    if let Some((at, target)) = linked::own(model, stage, folder) {
        let message =
            format!("{folder} is a link to {target}, which stays root's: check that the process only reads there");
        push(draft, "opaque-writes", at, message);
    }
    folder_itself(draft, identity, owners, folder, made_by_copy, &left, &uses);
}

/// The process may start in a part of what a copy brings: then all of that is the app's.
pub(super) fn own_or_above(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners, folder: &str) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let whole = |path: &&str| {
        value::within(folder, path) && *path != folder && !is_packaged(path) && !model.is_base_folder(stage, path)
    };
    let brought = owners.copies.iter().filter(|copy| brings_folder(model, copy.instruction));
    let above = brought.filter_map(|copy| copy.destination.as_deref().filter(whole)).min_by_key(|path| path.len());
    let Some(above) = above else { return own(draft, identity, owners, folder) };
    own(draft, identity, owners, above);
    let done = |handed: &Handed| {
        handed.path == folder || (handed.tree && !handed.by_copy && value::within(folder, &handed.path))
    };
    let theirs =
        owners.nodes.get(folder).and_then(|node| node.owner.as_deref()).is_some_and(|owner| identity.owns(owner));
    if !theirs && !draft.handed.iter().any(done) && !shellless(model, stage) {
        draft.handed.push(itself(draft, identity, folder, false));
    }
}

fn itself(draft: &Draft<'_>, identity: &Identity, folder: &str, tree: bool) -> Handed {
    let here = draft.scene.model.process_folder(draft.scene.stage).text() == Some(folder);
    let why = if here { "WORKDIR of the command" } else { "the WORKDIR of the command lies in it" };
    Handed { path: folder.to_owned(), owner: identity.owner(), tree, make: false, by_copy: false, why: why.to_owned() }
}

/// Copies of the context to a folder above `folder` that bring something into it (`COPY rootfs/ /`), and stay root's.
fn brought_below(draft: &Draft<'_>, identity: &Identity, owners: &Owners, folder: &str) -> Vec<usize> {
    let scene = draft.scene;
    // What another stage brings shows by the files that the command starts.
    let is_source = |folder: &str, copy: usize| {
        let words = scene.programs.list.iter().flat_map(|program| program.arguments.iter().flatten());
        let mut paths = words.map(|word| value::join(folder, word)).filter(|path| value::within(path, folder));
        paths.any(|path| scene.file(&path).is_some_and(|file| file.copy == copy))
    };
    let brings = |copy: &&Copied| {
        let to = copy.destination.as_deref().filter(|to| *to != folder && value::within(folder, to));
        let Some(rest) = to.and_then(|to| folder.strip_prefix(to)) else { return false };
        let theirs = copy.owner.as_deref().is_some_and(|owner| identity.owns(owner));
        if copy.from.is_some() {
            return !theirs && is_source(folder, copy.instruction);
        }
        !theirs
            && start::sources(scene, copy.instruction).iter().any(|source| {
                let inner = value::join(source, rest.trim_start_matches('/'));
                let path = scene.in_context(inner.trim_start_matches('/'));
                path.is_some_and(|path| matches!(scene.files.entry(&path), Entry::Folder))
            })
    };
    owners.copies.iter().filter(brings).map(|copy| copy.instruction).collect()
}

/// Where an ARG names the folder, what the file says of it by another name is not followed.
pub(super) fn by_default(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners, folder: &str) {
    own(draft, identity, owners, folder);
    let at = draft.scene.model.entry(draft.scene.stage).cmd.map_or(draft.scene.from(), |(_, index)| index);
    push(
        draft,
        "opaque-writes",
        at,
        format!(
            "an ARG says in which folder the process starts ({folder} by default): check that it writes nothing there by \
             another name that stays root's"
        ),
    );
}

/// Whether a VOLUME above the instruction `index` lies below `folder`.
fn volume_above(model: &Model<'_>, stage: usize, index: usize, folder: &str) -> bool {
    let above = model.lineage(stage).into_iter().filter(|(_, at)| *at < index);
    let paths = above.flat_map(|(of, at)| model.volumes(of, at));
    paths.filter_map(|path| path.text().and_then(value::normal)).any(|path| value::within(&path, folder))
}

/// The folder itself: alone where its content is handed over already, with all below where small code of the project
/// stayed root's.
fn folder_itself(
    draft: &mut Draft<'_>,
    identity: &Identity,
    owners: &Owners,
    folder: &str,
    made_by_copy: bool,
    copies: &[usize],
    uses: &[Used],
) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    // What a step leaves as the account itself, or what a later step opens to it, does not stay root's.
    let stays = |used: &&Used| {
        used.opaque
            && model.user(stage, used.at).is_root()
            && !super::uses::opened(model, stage, used.at, folder, identity)
    };
    let opaque = uses.iter().filter(stays).max_by_key(|used| used.at);
    let code_left = copies.iter().copied().find(|index| brings_folder(model, *index) || is_archive(model, *index));
    if shellless(model, stage) {
        let theirs = owners.owner(folder).is_some_and(|owner| identity.owns(owner));
        let why = "WORKDIR of the command";
        if !made_by_copy && !theirs && !fed::feed(draft, identity, owners, folder, why) {
            let at = model.entry(stage).cmd.map_or(draft.scene.from(), |(_, index)| index);
            push(
                draft,
                "opaque-writes",
                at,
                format!(
                    "{folder} stays root's because no RUN can hand it over: check that the process writes nothing there"
                ),
            );
        }
        return;
    }
    let installs = uses.iter().any(|used| used.installs);
    let small = context_size(draft.scene).is_some_and(|size| size < SMALL);
    // What another stage brings may be of any size, and would be written once more.
    let staged = copies.iter().any(|index| model.instruction(*index).is_some_and(|found| found.flag("from").is_some()));
    // What a comment says is left to root, no recursive chown may give away.
    let left_alone = owners.copies.iter().map(|copy| copy.instruction).find(|at| draft.options.leaves(RULE, *at));
    if let Some(at) = left_alone.filter(|_| !source::writes_nothing(draft.scene)) {
        let message = format!(
            "the copy on line {} stays root's as its comment asks: check that the process writes nothing of it",
            model.line(at)
        );
        push(draft, "root-owned-code", at, message);
    }
    let kept = left_alone.is_some();
    let tree = (code_left.is_some() || opaque.is_some())
        && !installs
        && !staged
        && small
        && !kept
        && draft_changes_none_below(draft, folder);
    if !tree {
        let found = framework::hand_over(draft, identity, folder);
        written(draft, identity, folder);
        let code: Vec<String> = found.iter().flat_map(|it| it.code).map(|path| value::join(folder, path)).collect();
        left::waiting(draft, identity, owners, copies, &code);
        let whole = found.filter(|found| found.whole);
        let builds = |used: &&Used| whole.is_some_and(|found| framework::builds(draft.scene, found, used.at));
        let opaque = uses.iter().filter(stays).filter(|used| !builds(used)).max_by_key(|used| used.at);
        let (opaque, code) = (opaque.map(|used| used.at), code.as_slice());
        left::tell(draft, owners, &Remains { folder, opaque, left: copies, code, whole: whole.is_some() });
    }
    // Where nothing in the folder stays root's, caches beside the packages have their place.
    let root_made = |used: &Used| used.writes && model.user(stage, used.at).is_root();
    if tree || (copies.is_empty() && !uses.iter().any(root_made)) {
        draft.hazards.retain(|hazard| hazard.id != "framework-cache");
    }
    // The legacy builder makes a WORKDIR as root whatever USER says (measured): only a chown makes it surely theirs.
    let by_workdir = owners.nodes.get(folder).is_some_and(|node| matches!(node.made, Made::Workdir(_)));
    let body = model.stages.get(stage).map(|stage| stage.body.clone()).unwrap_or_default();
    let mut runs = body.filter(|at| model.keyword(*at) == Keyword::Run);
    let given = !by_workdir || runs.any(|at| super::uses::gives(model, stage, at, folder, false));
    let theirs = given && owners.owner(folder).is_some_and(|owner| identity.owns(owner));
    if theirs || (made_by_copy && !tree) {
        return;
    }
    draft.handed.push(itself(draft, identity, folder, tree));
}

fn draft_changes_none_below(draft: &Draft<'_>, folder: &str) -> bool {
    !draft.handed.iter().any(|handed| value::within(&handed.path, folder))
}
