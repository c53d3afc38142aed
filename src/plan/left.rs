//! Copies of the build context that stay root's: folders in them that wait for content are handed over, and what may hold
//! data is told.

use super::ownership::{ARCHIVES, brings_folder, is_archive, is_handed, push};
use super::{Draft, Handed, Identity};
use crate::context::Entry;
use crate::facts::words;
use crate::model::command::Ran;
use crate::model::hazard::{PACKAGE_FOLDERS, Scene};
use crate::model::owner::Owners;
use crate::model::{Model, start, value};

/// Most entries of the context that are looked at, and how deep.
const MOST: usize = 2000;
const DEPTH: usize = 7;

/// A folder of the context that a copy brings: where it lies in the project and in the image.
struct Brought {
    context: String,
    image: String,
}

/// The folders of the context that a copy brings.
fn brought(scene: &Scene<'_>, owners: &Owners, index: usize) -> Vec<Brought> {
    let from = scene.model.instruction(index).is_some_and(|found| found.flag("from").is_some());
    let copy = owners.copies.iter().find(|copy| copy.instruction == index).filter(|_| !from);
    let Some(to) = copy.and_then(|copy| copy.destination.as_deref()) else { return Vec::new() };
    let sources = start::sources(scene, index).into_iter();
    let folders = sources.filter_map(|source| scene.in_context(source.trim_start_matches('/')));
    let folders = folders.filter(|path| matches!(scene.files.entry(path), Entry::Folder));
    folders.map(|context| Brought { context, image: to.to_owned() }).collect()
}

impl Brought {
    /// What a name in it stands for.
    fn inner(&self, name: &str) -> Self {
        let context = if self.context.is_empty() { name.to_owned() } else { format!("{}/{name}", self.context) };
        Self { context, image: value::join(&self.image, name) }
    }
}

/// Hands over folders of copies that hold nothing but a file which keeps them in git, unless they lie where `code` does.
pub(super) fn waiting(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners, left: &[usize], code: &[String]) {
    let scene = draft.scene;
    for index in left.iter().copied() {
        let mut found = Vec::new();
        for folder in brought(scene, owners, index) {
            look(scene, &folder, code, index, DEPTH, &mut 0, &mut found);
        }
        for (path, name) in found {
            let given = owners.owner(&path).is_some_and(|owner| !owner.starts_with("0:") || identity.owns(owner));
            if given || is_handed(draft, &path) {
                continue;
            }
            let make = may_be_gone(scene.model, scene.stage, index, &path);
            let why = format!("holds only {name}: it is filled at run time");
            draft.handed.push(Handed { path, owner: identity.owner(), tree: false, make, by_copy: false, why });
        }
    }
}

/// Folders below `folder` that hold nothing but such a file, and its name.
fn look(
    scene: &Scene<'_>,
    folder: &Brought,
    code: &[String],
    index: usize,
    depth: usize,
    seen: &mut usize,
    found: &mut Vec<(String, String)>,
) {
    let Some(depth) = depth.checked_sub(1) else { return };
    if code.iter().any(|code| value::within(&folder.image, code)) {
        return;
    }
    let names = scene.files.list(&folder.context);
    *seen += names.len();
    if *seen > MOST {
        return;
    }
    // What a build does not see, or a step may write, says nothing.
    let is_there = |name: &String| scene.file(&folder.inner(name).image).is_some_and(|file| file.copy == index);
    let keeps = |name: &String| words::PLACEHOLDER_FILES.contains(&name.as_str());
    if let Some(name) = names.iter().find(|name| is_there(name)).filter(|_| names.iter().all(keeps)) {
        return found.push((folder.image.clone(), name.clone()));
    }
    for name in names.iter().filter(|name| *name != ".git" && !PACKAGE_FOLDERS.contains(&name.as_str())) {
        let inner = folder.inner(name);
        if matches!(scene.files.entry(&inner.context), Entry::Folder) {
            look(scene, &inner, code, index, depth, seen, found);
        }
    }
}

/// Whether a step below the copy may take the folder away.
fn may_be_gone(model: &Model<'_>, stage: usize, index: usize, path: &str) -> bool {
    let takes = |ran: &Ran| {
        matches!(ran.name.as_str(), "rm" | "rmdir" | "mv" | "git" | "find")
            && ran.operands().any(|(_, text)| ran.path(text).is_none_or(|gone| value::within(path, &gone)))
    };
    let mut runs = model.runs(stage).filter(|(_, at)| *at > index);
    runs.any(|(of, at)| model.commands(of, at).list.iter().any(takes))
}

/// What of the app's folder stays root's, and what is known of it.
pub(super) struct Remains<'r> {
    /// The folder.
    pub folder: &'r str,
    /// The last RUN that leaves there what cannot be known.
    pub opaque: Option<usize>,
    /// Copies into it.
    pub left: &'r [usize],
    /// Folders that hold source, whatever they are called.
    pub code: &'r [String],
    /// Whether it is told what every app of its kind writes: only what shows besides counts.
    pub whole: bool,
}

/// Tells of what stays root's in the folder and may be written: what an opaque RUN leaves, what copies bring.
pub(super) fn tell(draft: &mut Draft<'_>, owners: &Owners, remains: &Remains<'_>) {
    let (scene, model) = (draft.scene, draft.scene.model);
    if let Some(at) = remains.opaque {
        let (line, folder) = (model.line(at), remains.folder);
        let message = format!("what the RUN on line {line} leaves in {folder} cannot be known, and stays root's");
        return push(draft, "opaque-run", at, message);
    }
    let archive = |index: usize| is_archive(model, index) && !(remains.whole && holds_no_archive(scene, index));
    let written = |index: &usize| match remains.whole {
        true => archive(*index) || data(draft, owners, *index, remains.code).contains(&Some(true)),
        false => archive(*index) || !is_read_only(draft, owners, *index, remains.code),
    };
    let mut left = remains.left.iter().copied();
    let brings = |index: &usize| brings_folder(model, *index) || is_archive(model, *index);
    let Some(index) = left.find(|index| brings(index) && written(index)) else { return };
    let line = model.line(index);
    let message = if archive(index) {
        format!(
            "what ADD on line {line} unpacks stays root's (--chown does not reach it): check that the process only reads it"
        )
    } else {
        format!(
            "the copy on line {line} stays root's because later steps work on it: check that the process writes into none of its folders"
        )
    };
    push(draft, "root-owned-code", index, message);
}

/// Whether a pattern of ADD surely fits no archive: the folder that it looks in holds none.
fn holds_no_archive(scene: &Scene<'_>, index: usize) -> bool {
    start::sources(scene, index).iter().all(|source| {
        let (folder, name) = source.rsplit_once('/').unwrap_or(("", source));
        let folder = scene.in_context(folder.trim_start_matches('/'));
        let plain = |name: &String| !ARCHIVES.iter().any(|ending| name.ends_with(ending));
        plain(&name.to_owned())
            && (!name.contains('*') || folder.is_some_and(|folder| scene.files.list(&folder).iter().all(plain)))
    })
}

/// Whether a copy of the build context that stays root's surely holds only what is read: none of its folders that stay so
/// is named like one for data, other than in `code`, and no database lies in it.
pub(super) fn is_read_only(draft: &Draft<'_>, owners: &Owners, index: usize, code: &[String]) -> bool {
    let scene = draft.scene;
    let sources = start::sources(scene, index);
    let files = sources.iter().filter(|source| {
        let path = scene.in_context(source.trim_start_matches('/'));
        path.is_some_and(|path| matches!(scene.files.entry(&path), Entry::File { .. }))
    });
    let (files, folders) = (files.count(), data(draft, owners, index, code));
    let from = scene.model.instruction(index).is_some_and(|found| found.flag("from").is_some());
    let whole = !from && !sources.is_empty() && files + folders.len() == sources.len();
    whole && folders.into_iter().all(|found| found == Some(false))
}

/// Whether each folder of the context that a copy brings holds what may be data and stays root's, if that can be known.
fn data(draft: &Draft<'_>, owners: &Owners, index: usize, code: &[String]) -> Vec<Option<bool>> {
    let scene = draft.scene;
    // What waits for content holds nothing else; of another folder that is handed over alone the files stay root's.
    let keeps = |name: &String| words::PLACEHOLDER_FILES.contains(&name.as_str());
    let theirs = |folder: &Brought| {
        let whole = |handed: &Handed| handed.tree && value::within(&folder.image, &handed.path);
        let alone =
            |handed: &Handed| handed.path == folder.image && scene.files.list(&folder.context).iter().all(keeps);
        draft.handed.iter().any(|handed| !handed.by_copy && (whole(handed) || alone(handed)))
    };
    let named = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or("");
        DATA.contains(&name) && !code.iter().any(|code| value::within(path, code))
    };
    let folders = brought(scene, owners, index).into_iter();
    folders.map(|folder| holds_data(scene, &folder, DEPTH, &mut 0, &theirs, &named)).collect()
}

/// Folders that are called like what a process writes.
const DATA: [&str; 22] = [
    "cache",
    "caches",
    "data",
    "database",
    "db",
    "downloads",
    "files",
    "generated",
    "instance",
    "log",
    "logs",
    "media",
    "output",
    "reports",
    "run",
    "state",
    "storage",
    "temp",
    "tmp",
    "uploads",
    "var",
    "volume",
];

fn holds_data(
    scene: &Scene<'_>,
    folder: &Brought,
    depth: usize,
    seen: &mut usize,
    theirs: &dyn Fn(&Brought) -> bool,
    named: &dyn Fn(&str) -> bool,
) -> Option<bool> {
    for name in scene.files.list(&folder.context).iter() {
        *seen += 1;
        let inner = folder.inner(name);
        if *seen > MOST || depth == 0 {
            return None;
        }
        match scene.files.entry(&inner.context) {
            Entry::File { .. } if [".db", ".sqlite", ".sqlite3"].iter().any(|ending| name.ends_with(ending)) => {
                return Some(true);
            }
            Entry::File { .. } => {}
            Entry::Folder if matches!(name.as_str(), ".git" | "node_modules") || theirs(&inner) => {}
            Entry::Folder if named(&inner.image) => return Some(true),
            Entry::Folder => match holds_data(scene, &inner, depth - 1, seen, theirs, named) {
                Some(false) => {}
                found => return found,
            },
            _ => return None,
        }
    }
    Some(false)
}
