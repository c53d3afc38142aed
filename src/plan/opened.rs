//! What the process reads and finds shut, because a package or a step of the build keeps it for its own account.

use super::ownership::shellless;
use super::{Draft, Opened, Opening};
use crate::facts;
use crate::model::command::Ran;
use crate::model::{Base, Model, start, value};
use crate::syntax::Keyword;

/// Opens the folders that servers read and that their packages keep for accounts of their own.
pub(super) fn closed(draft: &mut Draft<'_>) {
    let Some(Base::Image { facts: Some(base), .. }) = draft.scene.model.root_base(draft.scene.stage) else { return };
    let programs = start::all(draft.scene).iter();
    let found: Vec<_> = programs.filter_map(|program| facts::command(&program.name)?.closed).collect();
    for (_, folder) in found.into_iter().filter(|(family, _)| *family == base.family) {
        open(draft, folder.to_owned(), Opening::Alone);
    }
}

/// Opens what a program made in a RUN, as root, for nobody but root.
pub(super) fn private(draft: &mut Draft<'_>) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    for (of, at) in model.lineage(stage) {
        if model.keyword(at) == Keyword::Run && model.user(of, at).is_root() {
            let paths: Vec<String> = model.commands(of, at).list.iter().filter_map(made).collect();
            paths.into_iter().for_each(|path| open(draft, path, Opening::Tree));
        }
    }
}

/// The folder in which a command makes files that are shut: `/opt/wlp/bin/server` makes them in `/opt/wlp/usr`.
fn made(ran: &Ran) -> Option<String> {
    facts::private_makers().iter().find_map(|(program, folder)| {
        let (name, _) = program.split_once('/')?;
        let above = ran.full.strip_suffix(program).filter(|above| above.ends_with('/'))?;
        Some(value::join(&format!("{above}{name}"), folder))
    })
}

/// Opens programs of the command, and folders above them, that a RUN's `chmod` keeps for root: without that the process
/// cannot start.
pub(super) fn started(draft: &mut Draft<'_>) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    if shellless(model, stage) {
        return;
    }
    let programs = &draft.scene.programs.list;
    let starts: Vec<String> = programs.iter().filter_map(|program| value::normal(&program.path)).collect();
    let needed = |path: &str| path != "/" && starts.iter().any(|start| value::within(start, path));
    let mut opened = Vec::new();
    for (of, at) in model.runs(stage) {
        for ran in model.commands(of, at).list.iter().filter(|ran| ran.name == "chmod") {
            let shut = start::shut(ran).map(|shut| shut.paths);
            let all = |paths: &Vec<Option<String>>| paths.iter().all(|path| path.as_deref().is_some_and(needed));
            opened.extend(shut.filter(all).map(|paths| (at, paths)));
        }
    }
    for (at, paths) in opened {
        draft.hazards.retain(|hazard| hazard.id != "mode" || hazard.at != at);
        paths.into_iter().flatten().for_each(|path| open(draft, path, Opening::Alone));
    }
}

pub(super) fn open(draft: &mut Draft<'_>, path: String, to: Opening) {
    let theirs = draft.handed.iter().any(|handed| handed.tree && value::within(&path, &handed.path));
    if !theirs && !draft.opened.iter().any(|known| known.path == path) {
        draft.opened.push(Opened { path, to });
    }
}

/// The target's RUNs that let everybody write something, each with its first command that does.
pub fn to_all(model: &Model<'_>, stage: usize) -> Vec<(usize, String)> {
    let body = model.stages.get(stage).map(|stage| stage.body.clone()).unwrap_or_default();
    let runs = body.filter(|index| model.keyword(*index) == Keyword::Run);
    let command = |index: usize| model.commands(stage, index).list.iter().find_map(start::opened_to_all);
    runs.filter_map(|index| Some((index, command(index)?))).collect()
}
