//! What is handed over: the app's own folder, what is copied into it, and the write set.

use super::settled::{scripts, settled};
use super::uses::{Used, uses};
use super::{Change, Draft, Handed, Identity, companions, given, modes, opened, plain, witness, write_set};
use crate::context::Entry;
use crate::facts;
use crate::model::hazard::{Hazard, PACKAGE_FOLDERS, Scene, Weight};
use crate::model::owner::{Made, Owners};
use crate::model::start;
use crate::model::{Base, Model, value};
use crate::options::Ownership;
use crate::syntax::{Args, Keyword};

/// The rule that asks for all this.
const RULE: &str = "unowned-copy";

/// Hands over what the account needs; returns the copies that get a `--chown` for it.
pub fn hand_over(draft: &mut Draft<'_>) -> Vec<usize> {
    let Some(identity) = draft.identity.clone().filter(|_| !draft.stopped) else { return Vec::new() };
    let before = draft.changes.len();
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let owners = model.owners(stage);
    if draft.options.ownership == Ownership::App && !identity.worker {
        match (model.own_folder(stage), model.own_folder_by_default(stage)) {
            (Some(folder), _) => own(draft, &identity, &owners, &folder),
            (None, Some(folder)) => by_default(draft, &identity, &owners, &folder),
            (None, None) => plain::no_folder(draft, &identity, &owners),
        }
    }
    write_set::plan(draft, &identity, &owners);
    kept(draft, &identity);
    witness::written(draft, &identity, &owners);
    opened::closed(draft);
    opened::private(draft);
    match draft.options.ownership {
        Ownership::None => nothing_given(draft),
        _ => write_set::home(draft, &identity, &owners),
    }
    companions::mounts(draft, &identity);
    given::system(draft, &identity, &owners);
    modes::look(draft, &identity, &owners);
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

fn own(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners, folder: &str) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let mut uses = uses(model, stage, folder, &|ran| settled(draft.scene, ran, folder));
    uses.extend(
        scripts(draft.scene, folder).filter(|used| uses.iter().all(|known| known.at != used.at)).collect::<Vec<_>>(),
    );
    let mut made_by_copy = false;
    let mut left = Vec::new();
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
        draft.changes.push(Change::Flag { instruction: index, flag: format!("--chown={owner}") });
        let made = owners.nodes.iter().filter(|(path, node)| node.made == Made::Copy(index) && *path != target);
        draft.handed.extend(made.map(|(path, _)| Handed {
            path: path.clone(),
            owner: identity.owner(),
            tree: false,
            make: false,
            by_copy: true,
            why: "copied along: its folder is made by the copy".to_owned(),
        }));
        draft.handed.push(Handed {
            path: target.to_owned(),
            owner: identity.owner(),
            tree: true,
            make: false,
            by_copy: true,
            why: "copied into the app's own folder".to_owned(),
        });
    }
    folder_itself(draft, identity, owners, folder, made_by_copy, &left, &uses);
}

/// Where an ARG names the folder, what the file says of it by another name is not followed.
fn by_default(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners, folder: &str) {
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

/// Hands over what the app writes by its framework, if it is built on one that is known.
fn framework(draft: &mut Draft<'_>, identity: &Identity, folder: &str) -> bool {
    let scene = draft.scene;
    let holds = |(file, marks): &(&str, &[&str])| {
        let text = scene.file(&value::join(folder, file)).map(|file| String::from_utf8_lossy(&file.text).into_owned());
        text.is_some_and(|text| marks.iter().any(|mark| text.contains(mark)))
    };
    let programs = start::all(scene);
    let words: Vec<&str> = programs
        .iter()
        .flat_map(|program| program.arguments.iter().flatten().chain([&program.path]))
        .map(String::as_str)
        .collect();
    let started = |name: &&str| {
        words.iter().any(|word| word.trim_start_matches("./") == *name || *word == value::join(folder, name))
    };
    let shows =
        |framework: &&facts::Framework| framework.manifests.iter().any(holds) || framework.programs.iter().any(started);
    let Some(found) = facts::frameworks().iter().find(shows) else { return false };
    for path in found.writes.iter().map(|path| value::join(folder, path)) {
        give(draft, identity, path, format!("{} writes it at run time", found.name));
    }
    true
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
fn written(draft: &mut Draft<'_>, identity: &Identity, folder: &str) {
    for path in start::written(draft.scene) {
        let rest = path.strip_prefix(folder).unwrap_or("").trim_start_matches('/');
        let Some(top) = rest.split('/').next().filter(|top| !top.is_empty()) else { continue };
        let path = value::join(folder, top);
        let is_file = !rest.contains('/') && top.trim_start_matches('.').contains('.');
        if !is_file && !PACKAGE_FOLDERS.contains(&top) {
            give(draft, identity, path, "a start script writes it".to_owned());
        }
    }
}

fn give(draft: &mut Draft<'_>, identity: &Identity, path: String, why: String) {
    let done = |handed: &Handed| handed.path == path || (handed.tree && value::within(&path, &handed.path));
    if !draft.handed.iter().any(done) {
        draft.handed.push(Handed { path, owner: identity.owner(), tree: true, make: true, by_copy: false, why });
    }
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
    left: &[usize],
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
    let code_left = left.iter().copied().find(|index| brings_folder(model, *index));
    if shellless(model, stage) {
        let theirs = owners.owner(folder).is_some_and(|owner| identity.owns(owner));
        if !made_by_copy && !theirs {
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
    let staged = left.iter().any(|index| model.instruction(*index).is_some_and(|found| found.flag("from").is_some()));
    // What a comment says is left to root, no recursive chown may give away.
    let kept = owners.copies.iter().any(|copy| draft.options.leaves(RULE, copy.instruction));
    let tree = (code_left.is_some() || opaque.is_some())
        && !installs
        && !staged
        && small
        && !kept
        && draft_changes_none_below(draft, folder);
    let known = !tree && framework(draft, identity, folder);
    if !tree {
        written(draft, identity, folder);
    }
    if known {
        // What the app writes is told by its framework, and handed over.
    } else if let Some(used) = opaque.filter(|_| !tree) {
        let line = model.line(used.at);
        push(
            draft,
            "opaque-run",
            used.at,
            format!("what the RUN on line {line} leaves in {folder} cannot be known, and stays root's"),
        );
    } else if let Some(index) = code_left.filter(|index| !tree && !plain::is_read_only(draft.scene, *index)) {
        let line = model.line(index);
        push(
            draft,
            "root-owned-code",
            index,
            format!(
                "the copy on line {line} stays root's because later steps work on it: check that the process writes into none of its folders"
            ),
        );
    }
    // Where nothing in the folder stays root's, caches beside the packages have their place.
    let root_made = |used: &Used| used.writes && model.user(stage, used.at).is_root();
    if tree || (left.is_empty() && !uses.iter().any(root_made)) {
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
    draft.handed.push(Handed {
        path: folder.to_owned(),
        owner: identity.owner(),
        tree,
        make: false,
        by_copy: false,
        why: "WORKDIR of the command".to_owned(),
    });
}

/// Most bytes of build context that may be written once more by a recursive chown.
const SMALL: u64 = 10 << 20;

fn draft_changes_none_below(draft: &Draft<'_>, folder: &str) -> bool {
    !draft.handed.iter().any(|handed| value::within(&handed.path, folder))
}

/// Whether a copy brings a whole folder of the context (or of a stage).
pub fn brings_folder(model: &Model<'_>, index: usize) -> bool {
    let Some(Args::Copy { sources, .. }) = model.instruction(index).map(|found| &found.args) else { return false };
    sources.iter().any(|source| {
        let name = source.text.rsplit('/').next().unwrap_or("");
        name.is_empty() || name == "." || !name.contains('.')
    })
}

/// `ADD` unpacks local archives and ignores `--chown` for them (measured).
pub fn is_archive(model: &Model<'_>, index: usize) -> bool {
    const ENDINGS: [&str; 8] = [".tar", ".gz", ".tgz", ".bz2", ".xz", ".txz", ".zst", ".zip"];
    let Some(found) = model.instruction(index).filter(|found| found.keyword == Keyword::Add) else { return false };
    let Args::Copy { sources, .. } = &found.args else { return false };
    sources.iter().any(|source| ENDINGS.iter().any(|ending| source.text.ends_with(ending)) || source.text.contains('*'))
}

/// Bytes of the build context; `None` when it cannot be known or is too large to count.
fn context_size(scene: &Scene<'_>) -> Option<u64> {
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
