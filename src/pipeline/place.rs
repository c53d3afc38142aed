//! Where the build context is.

use crate::Dockerfile;
use crate::context::{Entry, Files, Ignored, is_dockerfile};
use crate::facts::words;
use crate::model::{Model, value};
use crate::options::Options;
use crate::syntax::{Args, Keyword};

/// The build context: what the caller says, else the first folder from the file's own up to the root that holds every
/// literal source of the target's copies, and something else than Dockerfiles. What a build or a package manager makes may be missing from a checkout: where
/// no folder holds all, the only one that holds all the rest.
pub(super) fn context(
    model: &Model<'_>,
    stage: usize,
    dockerfile: &Dockerfile,
    files: &dyn Files,
    options: &Options,
) -> Option<String> {
    if let Some(context) = &options.context {
        return Some(context.clone());
    }
    let path = dockerfile.path.as_deref()?;
    let wanted = sources(model, stage);
    let folders = folders(path);
    let all = |folder: &&&str| wanted.iter().all(|source| holds(files, folder, source));
    if let Some(folder) =
        folders.iter().filter(all).find(|folder| folder.is_empty() || !only_dockerfiles(files, folder))
    {
        return Some((*folder).to_owned());
    }
    let mut fitting = folders.into_iter().filter(|folder| {
        let git = Ignored::by_git(files, folder);
        let made = |source: &String| {
            let name = source.rsplit('/').next().unwrap_or("");
            words::LOCK_FILES.contains(&name) || git.hides(&inside(folder, source))
        };
        let (made, kept): (Vec<&String>, Vec<&String>) = wanted.iter().partition(|source| made(source));
        !made.is_empty()
            && kept.iter().any(|source| !is_whole(source))
            && kept.iter().all(|it| holds(files, folder, it))
    });
    fitting.next().filter(|_| fitting.next().is_none()).map(str::to_owned)
}

/// The literal sources that the target's copies take from the context.
fn sources(model: &Model<'_>, stage: usize) -> Vec<String> {
    let mut wanted: Vec<String> = Vec::new();
    for (at, index) in model.lineage(stage) {
        let Some(found) = model.instruction(index).filter(|found| found.flag("from").is_none()) else { continue };
        if !matches!(found.keyword, Keyword::Copy | Keyword::Add) {
            continue;
        }
        let Args::Copy { sources, .. } = &found.args else { continue };
        let literal =
            sources.iter().filter_map(|source| model.expand(at, index, &source.text).certain().map(str::to_owned));
        wanted.extend(literal.filter(|text| !text.contains(['*', '?', '[']) && !text.contains("://")));
    }
    wanted
}

/// The file's own folder and those above it.
pub(super) fn folders(path: &str) -> Vec<&str> {
    let above = path.rmatch_indices('/').filter_map(|(at, _)| path.get(..at));
    above.chain([""]).collect()
}

/// Whether a folder holds nothing that a copy of the whole of it could mean.
fn only_dockerfiles(files: &dyn Files, folder: &str) -> bool {
    files.list(folder).iter().all(|name| is_dockerfile(name) || name.ends_with(".dockerignore"))
}

/// Whether a source is the whole context, which any folder is.
fn is_whole(source: &str) -> bool {
    matches!(source.trim_matches('/'), "" | ".")
}

fn inside(folder: &str, source: &str) -> String {
    let path = value::join(&format!("/{folder}"), source.trim_start_matches('/'));
    path.trim_start_matches('/').to_owned()
}

fn holds(files: &dyn Files, folder: &str, source: &str) -> bool {
    let inside = inside(folder, source);
    inside.is_empty() || matches!(files.entry(&inside), Entry::File { .. } | Entry::Folder | Entry::Link)
}
