//! Modes that keep the owner itself from what it needs: root writes where no `w` is and enters where no `x` is, the
//! account does neither, though it owns the file.

use super::ownership::push;
use super::{Draft, Handed, Identity};
use crate::context::Entry;
use crate::model::command::Ran;
use crate::model::hazard::{PACKAGE_FOLDERS, Scene};
use crate::model::owner::{Copied, Made, Owners};
use crate::model::start::mode::{self, Given, applied};
use crate::model::{source, start, value};
use crate::syntax::Args;

/// The bits that the owner needs: to write, to enter a folder.
const WRITE: u32 = 0o200;
const ENTER: u32 = 0o100;

/// Endings of files that programs write, whatever else lies beside them.
const WRITTEN: [&str; 6] = [".db", ".log", ".pid", ".sock", ".sqlite", ".sqlite3"];

/// Finds steps and copies that leave the account's own files and folders without the bits that it needs.
pub(super) fn look(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners) {
    let scene = draft.scene;
    let whole = scene.model.app_folder(scene.stage);
    let theirs = |path: &str| {
        let given = |handed: &Handed| handed.path == path || (handed.tree && value::within(path, &handed.path));
        whole.as_deref().is_some_and(|own| value::within(path, own)) || draft.handed.iter().any(given)
    };
    // What the source surely leaves alone needs no `w`.
    let writes = !source::writes_nothing(scene);
    let by_run = run(scene, owners, &theirs, writes);
    let by_copy = owners.copies.iter().filter_map(|copy| copied(scene, identity, copy, &theirs, writes));
    let found: Vec<(usize, String)> = by_run.into_iter().chain(by_copy).collect();
    for (at, message) in found {
        // One hazard a line says what is to be done.
        if !draft.hazards.iter().any(|hazard| hazard.id == "mode" && hazard.at == at) {
            push(draft, "mode", at, message);
        }
    }
}

/// The first step that takes such a bit from what is the account's, and no later one gives it back.
fn run(scene: &Scene<'_>, owners: &Owners, theirs: &dyn Fn(&str) -> bool, writes: bool) -> Option<(usize, String)> {
    let model = scene.model;
    model.runs(scene.stage).find_map(|(of, at)| {
        let list = &model.commands(of, at).list;
        list.iter().enumerate().find_map(|(number, ran)| {
            let given = mode::given(ran);
            let message = given.iter().find_map(|given| {
                let after = |path: &str, bit: u32| is_given_back(scene, (at, number), path, bit);
                taken(scene, owners, given, theirs, writes, &after)
            });
            message.map(|message| (at, message))
        })
    })
}

/// What a mode of a step takes from the account.
fn taken(
    scene: &Scene<'_>,
    owners: &Owners,
    given: &Given<'_>,
    theirs: &dyn Fn(&str) -> bool,
    writes: bool,
    given_back: &dyn Fn(&str, u32) -> bool,
) -> Option<String> {
    let (tool, mode) = (given.tool, given.mode);
    let paths = || given.paths.iter().flatten().filter(|path| theirs(path));
    let folder = |path: &str| given.folders && is_folder(scene, owners, path);
    let shut = |path: &&String| given.takes(ENTER) && folder(path) && !given_back(path, ENTER);
    if let Some(path) = paths().find(shut) {
        return Some(format!(
            "`{tool} {mode}` takes the x from {path}, and without it only root can enter a folder: give it back (chmod u+X)"
        ));
    }
    let data = |path: &str| given.files && !given.deep && is_written(path);
    let whole = |path: &str| given.deep || folder(path);
    let fixed = |path: &&String| given.takes(WRITE) && (data(path) || whole(path) && folder(path)) && !is_package(path);
    let path = paths().find(|path| writes && fixed(path) && !given_back(path, WRITE))?;
    Some(format!(
        "`{tool} {mode}` takes the w from {path}: root writes there anyhow, its owner does not: check that the process \
         only reads it"
    ))
}

/// What a copy's `--chmod` takes from the account, or from everybody where the copy stays root's.
fn copied(
    scene: &Scene<'_>,
    identity: &Identity,
    copy: &Copied,
    theirs: &dyn Fn(&str) -> bool,
    writes: bool,
) -> Option<(usize, String)> {
    let index = copy.instruction;
    let mode = scene.model.instruction(index)?.flag("chmod")?.value.clone()?;
    let to = copy.destination.as_deref()?;
    let own = theirs(to) || copy.owner.as_deref().is_some_and(|owner| identity.owns(owner));
    let lacks = |bit: u32| applied(&mode, 0o777, true).is_some_and(|bits| bits & bit == 0);
    let back = |bit: u32| is_given_back(scene, (index, 0), to, bit);
    let enter = if own { ENTER } else { 0o001 };
    if lacks(enter) && brings_subfolder(scene, copy) && !back(enter) {
        let message = format!(
            "`--chmod={mode}` reaches the folders that this brings to {to} too, and without an x only root can enter them: \
             use --chmod=u=rwX,go=rX"
        );
        return Some((index, message));
    }
    let data = || start::sources(scene, index).iter().any(|source| is_written(source));
    if !(own && writes && lacks(WRITE) && (data() || brings_folder(scene, copy))) || is_package(to) || back(WRITE) {
        return None;
    }
    let message = format!(
        "`--chmod={mode}` leaves what this brings to {to} without a w: root writes there anyhow, its owner does not: check \
         that the process only reads it"
    );
    Some((index, message))
}

/// Whether a command behind the one at `after` gives a bit back to a path, or to all below it.
fn is_given_back(scene: &Scene<'_>, after: (usize, usize), path: &str, bit: u32) -> bool {
    let model = scene.model;
    let later = model.runs(scene.stage).filter(|(_, at)| *at >= after.0);
    let gives = |ran: &Ran| {
        mode::given(ran).iter().any(|given| {
            let covers = |to: &Option<String>| {
                to.as_deref().is_some_and(|to| to == path || (given.deep && value::within(path, to)))
            };
            let gives = applied(given.mode, 0, true).is_some_and(|bits| bits & bit != 0);
            gives && given.folders && given.paths.iter().any(covers)
        })
    };
    later.into_iter().any(|(of, at)| {
        let skipped = if at == after.0 { after.1 + 1 } else { 0 };
        model.commands(of, at).list.iter().skip(skipped).any(gives)
    })
}

fn is_written(path: &str) -> bool {
    WRITTEN.iter().any(|ending| path.ends_with(ending))
}

fn is_package(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| PACKAGE_FOLDERS.contains(&name))
}

/// Whether a path is surely a folder: a WORKDIR or a step makes it, it holds something that the file names, or the build
/// context has it.
fn is_folder(scene: &Scene<'_>, owners: &Owners, path: &str) -> bool {
    let made = owners.nodes.get(path).is_some_and(|node| match node.made {
        Made::Workdir(_) => true,
        Made::Run(at) => makes_folder(scene, at, path),
        Made::Base | Made::Copy(_) => false,
    });
    let above = |other: &String| other != path && value::within(other, path);
    let brought = |copy: &Copied| {
        let rest = copy.destination.as_deref().filter(|to| value::within(path, to));
        let rest = rest.and_then(|to| path.strip_prefix(to)).map(|rest| rest.trim_start_matches('/'));
        let whole = if copy.from.is_none() { start::sources(scene, copy.instruction) } else { Vec::new() };
        rest.is_some_and(|rest| whole.iter().any(|source| is_in_context(scene, &value::join(source, rest))))
    };
    made || owners.nodes.keys().any(above) || owners.copies.iter().any(brought)
}

/// Whether a step makes a folder of that path; a redirection and `touch` make files.
fn makes_folder(scene: &Scene<'_>, at: usize, path: &str) -> bool {
    let model = scene.model;
    let Some(stage) = model.stage_of(at) else { return false };
    model.commands(stage, at).list.iter().any(|ran| {
        let folders = ran.name == "mkdir" || (ran.name == "install" && ran.has_option('d', "--directory"));
        folders && ran.operands().any(|(_, text)| ran.placed(text).as_deref() == Some(path))
    })
}

/// Whether a path of the build context is a folder.
fn is_in_context(scene: &Scene<'_>, path: &str) -> bool {
    let path = scene.in_context(path.trim_start_matches('/'));
    path.is_some_and(|path| matches!(scene.files.entry(&path), Entry::Folder))
}

/// Whether a copy brings a folder: the context shows it, or how its source is written.
fn brings_folder(scene: &Scene<'_>, copy: &Copied) -> bool {
    if copy.from.is_none() {
        return start::sources(scene, copy.instruction).iter().any(|source| is_in_context(scene, source));
    }
    let model = scene.model;
    let Some(Args::Copy { sources, .. }) = model.instruction(copy.instruction).map(|it| &it.args) else {
        return false;
    };
    sources.iter().any(|source| source.text.ends_with('/') || source.text.ends_with("/."))
}

/// Whether a copy of the build context brings a folder in a folder: a copy makes those with its `--chmod`, the
/// destination itself with 0755 (moby's `fsutil`).
fn brings_subfolder(scene: &Scene<'_>, copy: &Copied) -> bool {
    let sources = start::sources(scene, copy.instruction).into_iter().filter(|_| copy.from.is_none());
    sources.filter_map(|source| scene.in_context(source.trim_start_matches('/'))).any(|path| {
        let names = scene.files.list(&path);
        names.iter().filter(|name| *name != ".git").any(|name| {
            let inner = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            !scene.hides(&inner) && matches!(scene.files.entry(&inner), Entry::Folder)
        })
    })
}
