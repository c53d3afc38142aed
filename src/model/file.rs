//! Which file stands at a path of the image, as far as copies tell: brought from the build context, through other stages,
//! or written in a heredoc.

use super::hazard::Scene;
use super::{Model, value};
use crate::context::{Entry, matches};
use crate::syntax::{Args, Instruction, Keyword};

/// A file of the image whose content is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFile {
    /// What it is called for people: its path in the project, or the line of the heredoc.
    pub shown: String,
    /// What it holds.
    pub text: Vec<u8>,
    /// The copy of the target's own stages that brings it.
    pub copy: usize,
}

/// Most stages that a file is followed through.
const MOST: usize = 16;

impl Scene<'_> {
    /// The file at an absolute path of the image; `None` when no copy surely brings one that can be read.
    pub fn file(&self, path: &str) -> Option<ImageFile> {
        self.file_of(self.stage, path, MOST, usize::MAX)
    }

    /// The same before the instruction `index`: a step may remove it later.
    pub fn file_before(&self, index: usize, path: &str) -> Option<ImageFile> {
        self.file_of(self.stage, path, MOST, index)
    }

    fn file_of(&self, stage: usize, path: &str, depth: usize, end: usize) -> Option<ImageFile> {
        let depth = depth.checked_sub(1)?;
        for (at, index) in self.model.lineage(stage).into_iter().rev().filter(|(_, index)| *index < end) {
            let Some(found) = self.model.instruction(index) else { continue };
            match found.keyword {
                Keyword::Run if writes(self.model, at, index, path) => return None,
                Keyword::Copy | Keyword::Add => {}
                _ => continue,
            }
            let Some((target, rest)) = self.rest(at, index, found, path) else { continue };
            if let Some(text) = heredoc(self.model, found, &target, path) {
                return text.map(|text| ImageFile { shown: format!("line {}", found.lines.0), text, copy: index });
            }
            let Args::Copy { sources, .. } = &found.args else { continue };
            let sources = sources.iter().filter_map(|source| {
                let text = self.model.expand(at, index, &source.text);
                text.text().map(|text| value::join("/", text.trim_start_matches('/')))
            });
            for source in sources {
                let (folder, base) = source.rsplit_once('/').unwrap_or(("", source.as_str()));
                let name = path.rsplit('/').next().unwrap_or("");
                // The source is the file itself, a pattern that fits it, or a folder that holds it.
                let fits = rest == name && base.contains(['*', '?', '[']) && matches(base, name);
                let itself = (rest.is_empty() || rest == base).then(|| source.clone());
                let itself = if fits { Some(format!("{folder}/{name}")) } else { itself };
                let below = (!rest.is_empty()).then(|| value::join(&source, &rest));
                let candidates = [itself, below].into_iter().flatten();
                let read = |candidate: String| self.source(at, index, found, &candidate, depth);
                if let Some(file) = candidates.into_iter().find_map(read) {
                    return Some(file);
                }
            }
        }
        None
    }

    /// Where a copy puts things, and what of `path` remains below that.
    fn rest(&self, stage: usize, index: usize, found: &Instruction, path: &str) -> Option<(String, String)> {
        let Args::Copy { destination, .. } = &found.args else { return None };
        let target = self.model.expand(stage, index, &destination.text);
        let cwd = self.model.cwd(stage, index);
        let text = target.text()?;
        let target = if text.starts_with('/') { value::normal(text)? } else { value::join(cwd.text()?, text) };
        value::within(path, &target).then(|| {
            let rest = path.get(target.len()..).unwrap_or("").trim_start_matches('/').to_owned();
            (target, rest)
        })
    }

    /// The file that one source of a copy stands for.
    fn source(&self, stage: usize, index: usize, found: &Instruction, path: &str, depth: usize) -> Option<ImageFile> {
        if let Some(from) = found.flag("from").and_then(|flag| flag.value.as_deref()) {
            let from = self.model.find_stage(from, stage)?;
            return self.file_of(from, path, depth, usize::MAX).map(|file| ImageFile { copy: index, ..file });
        }
        let inside = path.trim_start_matches('/');
        if self.ignored.hides(inside) {
            return None;
        }
        let shown = self.in_context(inside)?;
        match self.files.entry(&shown) {
            Entry::File { .. } => self.files.read(&shown).map(|text| ImageFile { shown, text, copy: index }),
            _ => None,
        }
    }

    /// Whether a build does not see the file at a path of the project.
    pub fn hides(&self, path: &str) -> bool {
        let context = self.context.unwrap_or("");
        let inside = if context.is_empty() { Some(path) } else { path.strip_prefix(context) };
        inside.is_some_and(|inside| self.ignored.hides(inside.trim_start_matches('/')))
    }

    /// The path in the project of a path in the build context.
    pub fn in_context(&self, path: &str) -> Option<String> {
        let joined = value::join(&format!("/{}", self.context?), path);
        Some(joined.trim_start_matches('/').to_owned())
    }

    /// Absolute paths that a program's name may stand for: itself, below the working folder, or in a folder of PATH.
    pub fn places(&self, name: &str) -> Vec<String> {
        if name.starts_with('/') {
            return value::normal(name).into_iter().collect();
        }
        if name.contains('/') {
            let cwd = self.model.process_folder(self.stage);
            return cwd.text().map(|cwd| value::join(cwd, name)).into_iter().collect();
        }
        let path = self.model.environment(self.stage, usize::MAX, "PATH");
        let own = path.text().unwrap_or("").to_owned();
        // What PATH takes over from the base image ends with the folders that every image has.
        let folders = own.split(':').chain(PATH.split(':')).filter(|folder| folder.starts_with('/'));
        let mut places: Vec<String> = folders.map(|folder| value::join(folder, name)).collect();
        places.dedup();
        places
    }
}

/// The PATH that engines set where an image sets none.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Whether a RUN writes the file anew.
fn writes(model: &Model<'_>, stage: usize, index: usize, path: &str) -> bool {
    let commands = model.commands(stage, index);
    commands.list.iter().any(|ran| ran.writes.iter().any(|to| ran.path(to.as_deref()).as_deref() == Some(path)))
}

/// The text of the heredoc that a copy writes at `path`: `Some(None)` if the build changes it on the way.
fn heredoc(model: &Model<'_>, found: &Instruction, target: &str, path: &str) -> Option<Option<Vec<u8>>> {
    let Args::Copy { destination, .. } = &found.args else { return None };
    let folder = destination.text.ends_with('/') || destination.text == ".";
    let one = found.heredocs.iter().find(|heredoc| match folder {
        true => value::join(target, &heredoc.name) == path,
        false => target == path,
    })?;
    let text = one.body.of(model.bytes);
    let plain = !(one.expand && text.contains(&b'$'));
    // `<<-` takes the tabs away that lines begin with.
    let line = |line: &[u8]| line.iter().copied().skip_while(|byte| one.chomp && *byte == b'\t').collect::<Vec<u8>>();
    Some(plain.then(|| text.split_inclusive(|byte| *byte == b'\n').flat_map(line).collect()))
}
