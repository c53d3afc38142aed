//! What the RUNs of a stage do in a folder.

use crate::facts::{self, Writes};
use crate::model::command::Ran;
use crate::model::{Model, Value, value};
use crate::syntax::Keyword;

/// A RUN that works in the app's own folder.
pub struct Used {
    /// The instruction.
    pub at: usize,
    /// Whether it leaves there what cannot be known.
    pub opaque: bool,
    /// Whether it leaves installed packages there.
    pub installs: bool,
    /// Whether it leaves anything there.
    pub writes: bool,
}

/// RUNs of the stage's lineage that work in `folder`, those that only change modes, owners or names aside.
pub fn uses(model: &Model<'_>, stage: usize, folder: &str) -> Vec<Used> {
    let runs = model.lineage(stage).into_iter().filter(|(_, index)| model.keyword(*index) == Keyword::Run);
    runs.filter_map(|(at, index)| used(model, at, index, folder)).collect()
}

/// What the RUN `index` does in `folder`; `None` if it does not work there.
pub fn used(model: &Model<'_>, stage: usize, index: usize, folder: &str) -> Option<Used> {
    let commands = model.commands(stage, index);
    let mut found = Used { at: index, opaque: !commands.complete, installs: false, writes: !commands.complete };
    let mut works = !commands.complete;
    for ran in &commands.list {
        match writes(ran, folder) {
            None => {}
            Some(Writes::Cwd) => (works, found.installs, found.writes) = (true, true, true),
            Some(Writes::Unknown) => (works, found.opaque, found.writes) = (true, true, true),
            Some(_) => works = true,
        }
    }
    works.then_some(found)
}

/// What a command writes below `folder`; `None` if it does not work there at all.
fn writes(ran: &Ran, folder: &str) -> Option<Writes> {
    const HARMLESS: [&str; 5] = ["chmod", "chown", "mkdir", "ln", "rm"];
    let here = |cwd: &Value| {
        cwd.text().is_none_or(|cwd| value::within(cwd, folder) || value::within(folder, cwd) && cwd != "/")
    };
    let names = ran.arguments.iter().flatten().any(|text| text.contains(folder));
    let inside = ran.cwd.text().is_none_or(|cwd| value::within(cwd, folder)) && here(&ran.cwd);
    if HARMLESS.contains(&ran.name.as_str()) || !(inside || names) {
        return None;
    }
    let subcommand = ran.operands().next().and_then(|(_, text)| text).unwrap_or("");
    // `pip install .` builds the project itself, and asks git for its version.
    let local =
        |text: &str| matches!(text, "." | "./") || text.starts_with("./") || text.starts_with(".[") || text == "-e";
    let builds = ran.arguments.iter().flatten().any(|text| local(text));
    match facts::writes(&ran.name, subcommand) {
        Writes::System if builds => Some(Writes::Unknown),
        Writes::Nothing if ran.writes.is_empty() => None,
        Writes::System | Writes::Home if !names && facts::ignores_cwd(&ran.name) => None,
        known => Some(known),
    }
}

/// Whether the RUN `index` changes the owner of a path or of a folder above it; with `below`, of something in it too.
pub fn gives(model: &Model<'_>, stage: usize, index: usize, path: &str, below: bool) -> bool {
    let commands = &model.commands(stage, index).list;
    let chowns = commands.iter().filter(|ran| matches!(ran.name.as_str(), "chown" | "chgrp"));
    let paths = chowns.flat_map(|ran| ran.operands().skip(1).map(|(_, text)| ran.path(text)));
    paths.into_iter().any(|to| to.is_none_or(|to| value::within(path, &to) || (below && value::within(&to, path))))
}
