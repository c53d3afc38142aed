//! What copies bring among the configuration of a server.

use std::collections::BTreeMap;

use crate::context::{Entry, matches};
use crate::facts::Server;
use crate::model::hazard::Scene;
use crate::model::value;
use crate::syntax::{Args, Instruction, Keyword};

/// Most files that are listed.
const MOST: usize = 2000;
const DEPTH: usize = 8;

/// Paths of the image with the copy that brings them last, among configuration and what becomes configuration; `main` is a
/// file outside of it that the server reads first.
///
/// # Errors
/// What may be brought there and is not known.
pub(super) fn brought(
    scene: &Scene<'_>,
    server: &Server,
    main: Option<&str>,
) -> Result<BTreeMap<String, usize>, String> {
    let known: Vec<&str> = server.folders().collect();
    let folders: Vec<&str> = known.into_iter().chain(main).collect();
    let mut found = BTreeMap::new();
    for (at, index) in scene.model.lineage(scene.stage) {
        let Some(copy) = scene.model.instruction(index) else { continue };
        if !matches!(copy.keyword, Keyword::Copy | Keyword::Add) {
            continue;
        }
        let told = Told { scene, stage: at, index, copy, folders: &folders, main };
        for path in told.paths(server)? {
            found.insert(path, index);
        }
    }
    Ok(found)
}

/// Whether the image has a folder of configuration there.
fn holds(server: &Server, to: &str) -> bool {
    let files = server.files.iter().filter_map(|given| given.path.rsplit_once('/'));
    let filled = server.templates.iter().map(|of| of.into);
    let included = server.files.iter().flat_map(|given| given.includes).filter_map(|pattern| pattern.rsplit_once('/'));
    let linked = server.links.iter().flat_map(|(from, to)| [*from, *to]);
    files.chain(included).map(|(folder, _)| folder).chain(filled).chain(linked).any(|folder| folder == to)
}

struct Told<'t> {
    scene: &'t Scene<'t>,
    stage: usize,
    index: usize,
    copy: &'t Instruction,
    folders: &'t [&'t str],
    main: Option<&'t str>,
}

impl Told<'_> {
    /// The step of another stage that names a file, or files by a pattern.
    fn touched(&self, from: &str, name: &str) -> Option<usize> {
        let model = self.scene.model;
        let stage = model.find_stage(from, self.stage)?;
        let names = |index: &usize| {
            let text = self.scene.text(*index);
            text.contains(name)
                || ["*.", "/*", " *"].iter().any(|pattern| text.contains(pattern) && text.contains("sed"))
        };
        model.runs(stage).map(|(_, index)| index).find(names)
    }

    fn paths(&self, server: &Server) -> Result<Vec<String>, String> {
        let (scene, model) = (self.scene, self.scene.model);
        let line = model.line(self.index);
        let Args::Copy { sources, destination, .. } = &self.copy.args else { return Ok(Vec::new()) };
        let target = model.expand(self.stage, self.index, &destination.text);
        let cwd = model.cwd(self.stage, self.index);
        let to = target.text().and_then(|text| match text.starts_with('/') {
            true => value::normal(text),
            false => cwd.text().map(|cwd| value::join(cwd, text)),
        });
        let Some(to) = to else { return Err(format!("line {line} copies to a place that is not known")) };
        if !self.folders.iter().any(|folder| value::meets(&to, folder)) {
            return Ok(Vec::new());
        }
        let archive = |name: &str| ["://", ".tar", ".tgz", ".tbz", ".txz"].iter().any(|mark| name.contains(mark));
        if self.copy.keyword == Keyword::Add && sources.iter().any(|source| archive(&source.text)) {
            return Err(format!("line {line} unpacks or fetches something that may be configuration"));
        }
        let into = target.text().is_some_and(|text| text.ends_with('/') || text.ends_with('.'))
            || sources.len() + self.copy.heredocs.len() > 1
            || (self.folders.contains(&to.as_str()) && self.main != Some(to.as_str()))
            || holds(server, &to);
        let mut found = Vec::new();
        for heredoc in &self.copy.heredocs {
            found.push(if into { value::join(&to, &heredoc.name) } else { to.clone() });
        }
        for source in sources {
            let text = model.expand(self.stage, self.index, &source.text);
            let source = text.text().ok_or_else(|| format!("line {line} copies something that is not known"))?;
            let inner = source.trim_start_matches("./").trim_matches('/');
            let name = inner.rsplit('/').next().unwrap_or("");
            let itself = if into { value::join(&to, name) } else { to.clone() };
            if let Some(from) = self.copy.flag("from").and_then(|flag| flag.value.as_deref()) {
                if let Some(step) = self.touched(from, name) {
                    return Err(format!("the RUN on line {} may change {name} before it is copied", model.line(step)));
                }
                // A folder of another stage cannot be listed: only single files are followed.
                let is_file = itself.ends_with(server.ending) && scene.file(&itself).is_some();
                if !is_file {
                    return Err(format!("line {line} brings configuration from elsewhere, which is not followed"));
                }
                found.push(itself);
                continue;
            }
            self.of_context(inner, &to, itself, &mut found)
                .ok_or_else(|| format!("what line {line} copies cannot be found in the build context"))?;
        }
        found.retain(|path| self.folders.iter().any(|folder| value::within(path, folder)));
        Ok(found)
    }

    /// Adds what a source of the build context brings.
    fn of_context(&self, inner: &str, to: &str, itself: String, found: &mut Vec<String>) -> Option<()> {
        let scene = self.scene;
        let shown = scene.in_context(inner)?;
        let (folder, name) = inner.rsplit_once('/').unwrap_or(("", inner));
        if name.contains(['*', '?', '[']) {
            let names = scene.files.list(&scene.in_context(folder)?);
            let fitting: Vec<&String> = names.iter().filter(|other| matches(name, other)).collect();
            for other in fitting {
                let path = format!("{folder}/{other}");
                self.of_context(path.trim_start_matches('/'), to, value::join(to, other), found)?;
            }
            return Some(());
        }
        match scene.files.entry(&shown) {
            Entry::File { .. } => found.push(itself),
            Entry::Folder => self.walk(&shown, to, DEPTH, &mut 0, found)?,
            _ => return None,
        }
        Some(())
    }

    /// Adds the files of a folder that land in one of the folders.
    fn walk(&self, shown: &str, to: &str, depth: usize, seen: &mut usize, found: &mut Vec<String>) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        if !self.folders.iter().any(|folder| value::meets(to, folder)) {
            return Some(());
        }
        for name in self.scene.files.list(shown).iter() {
            *seen += 1;
            if *seen > MOST {
                return None;
            }
            let inner = if shown.is_empty() { name.clone() } else { format!("{shown}/{name}") };
            let path = value::join(to, name);
            if self.scene.hides(&inner) {
                continue;
            }
            match self.scene.files.entry(&inner) {
                Entry::Folder => self.walk(&inner, &path, depth, seen, found)?,
                Entry::File { .. } => found.push(path),
                Entry::Absent => {}
                _ => return None,
            }
        }
        Some(())
    }
}
