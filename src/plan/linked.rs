//! Symbolic links that steps of the build make: what they lead to is written through them.

use crate::model::owner::Made;
use crate::model::{Model, value};

/// A link that a RUN makes: (instruction, where it lies, what it leads to).
fn links(model: &Model<'_>, stage: usize) -> Vec<(usize, String, String)> {
    let mut found = Vec::new();
    for (of, at) in model.runs(stage) {
        for ran in
            model.commands(of, at).list.iter().filter(|ran| ran.name == "ln" && ran.has_option('s', "--symbolic"))
        {
            let operands: Vec<Option<&str>> = ran.operands().map(|(_, text)| text).collect();
            let [Some(target), name] = operands.as_slice() else { continue };
            let Some(path) = ran.placed(*name) else { continue };
            let above = path.rsplit_once('/').map_or("/", |(folder, _)| folder);
            let target = if target.starts_with('/') { value::normal(target) } else { Some(value::join(above, target)) };
            found.extend(target.map(|target| (at, path, target)));
        }
    }
    found
}

/// Folders that a RUN makes and that a link in the app's own folder leads to.
pub(super) fn folders(model: &Model<'_>, stage: usize) -> Vec<(String, String, bool)> {
    let Some(own) = model.app_folder(stage) else { return Vec::new() };
    let owners = model.owners(stage);
    let made = |path: &str| matches!(owners.nodes.get(path).map(|node| node.made), Some(Made::Run(_)));
    let links = links(model, stage).into_iter();
    let inside =
        links.filter(|(_, path, target)| value::within(path, &own) && !value::within(target, &own) && made(target));
    inside.map(|(at, _, target)| (target, format!("line {} links it into {own}", model.line(at)), false)).collect()
}

/// The RUN that makes the app's own folder, or one above it, a link, and what it leads to.
pub(super) fn own(model: &Model<'_>, stage: usize, folder: &str) -> Option<(usize, String)> {
    let mut links = links(model, stage).into_iter();
    links.find(|(_, path, _)| value::within(folder, path)).map(|(at, _, target)| (at, target))
}
