//! What other files of the project say about root's home: mounts, manifests, scripts, instructions, source.

use super::mention::names;
use crate::compose::join;
use crate::context::Entry;
use crate::facts;
use crate::model::hazard::{PACKAGE_FOLDERS, Scene};
use crate::model::value;

/// Most files that are looked at, and bytes of each: a project that is larger tells nothing.
const FILES: usize = 4000;
const BYTES: u64 = 256 << 10;
const DEPTH: usize = 12;

/// The files that may speak of the image.
pub(super) struct Elsewhere(Vec<(String, String)>);

impl Elsewhere {
    /// Reads the files of the build context and of the Dockerfile's folder with all below, those that lie beside the folders
    /// above, and what CI runs; `None` where they cannot all be seen.
    pub(super) fn of(scene: &Scene<'_>) -> Option<Self> {
        let own = scene.path?.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut found = Found { texts: Vec::new(), seen: 0 };
        let context = scene.context?;
        add(scene, context, 0, &mut found)?;
        if own != context && !own.starts_with(&format!("{context}/")) && !context.is_empty() {
            add(scene, own, 0, &mut found)?;
        }
        let mut folder = own;
        loop {
            let ci = join(folder, ".github");
            if !context.is_empty() && scene.files.entry(&ci) == Entry::Folder {
                add(scene, &ci, 0, &mut found)?;
            }
            beside(scene, folder, &mut found)?;
            if folder.is_empty() {
                break;
            }
            folder = folder.rsplit_once('/').map_or("", |(up, _)| up);
        }
        Some(Self(found.texts))
    }

    /// Whether any of them names a path.
    pub(super) fn names(&self, path: &str) -> bool {
        self.0.iter().any(|(_, text)| names(text, path))
    }

    /// Whether any of them holds a word.
    pub(super) fn holds(&self, word: &str) -> bool {
        self.0.iter().any(|(_, text)| text.contains(word))
    }

    /// Whether a manifest mounts something at a path, above it or below it.
    pub(super) fn mounts(&self, path: &str) -> bool {
        let lines = self.0.iter().flat_map(|(_, text)| text.lines());
        let mut targets = lines.filter_map(|line| line.trim_start_matches([' ', '-', '\t']).strip_prefix("mountPath:"));
        targets.any(|target| {
            let target = value::normal(target.trim().trim_matches(['"', '\'']));
            target.is_none_or(|target| value::meets(&target, path))
        })
    }

    /// Whether source of the project asks for the home of whoever runs it.
    pub(super) fn asks_for_home(&self) -> bool {
        let endings = || facts::languages().iter().flat_map(|language| language.endings);
        let is_source = |name: &str| endings().any(|ending| name.ends_with(ending));
        self.0
            .iter()
            .filter(|(name, _)| is_source(name))
            .any(|(_, text)| facts::home_readers().iter().any(|reader| text.contains(reader)))
    }
}

struct Found {
    texts: Vec<(String, String)>,
    seen: usize,
}

fn add(scene: &Scene<'_>, folder: &str, depth: usize, found: &mut Found) -> Option<()> {
    for name in scene.files.list(folder).iter() {
        let path = join(folder, name);
        match scene.files.entry(&path) {
            Entry::Folder if name == ".git" || PACKAGE_FOLDERS.contains(&name.as_str()) => {}
            Entry::Folder if depth < DEPTH => add(scene, &path, depth + 1, found)?,
            Entry::Folder | Entry::Unknown => return None,
            Entry::File { len, .. } => file(scene, path, len, found)?,
            Entry::Link | Entry::Absent => {}
        }
    }
    Some(())
}

/// Files that lie in a folder itself.
fn beside(scene: &Scene<'_>, folder: &str, found: &mut Found) -> Option<()> {
    for name in scene.files.list(folder).iter() {
        let path = join(folder, name);
        if let Entry::File { len, .. } = scene.files.entry(&path) {
            file(scene, path, len, found)?;
        }
    }
    Some(())
}

fn file(scene: &Scene<'_>, path: String, len: u64, found: &mut Found) -> Option<()> {
    found.seen += 1;
    if found.seen > FILES {
        return None;
    }
    // Other images of the project have homes of their own.
    let survey = scene.files.survey();
    if len > BYTES || scene.path == Some(path.as_str()) || survey.builds.iter().any(|built| built.path == path) {
        return Some(());
    }
    let bytes = scene.files.read(&path)?;
    if !bytes.contains(&0) {
        found.texts.push((path, String::from_utf8_lossy(&bytes).into_owned()));
    }
    Some(())
}
