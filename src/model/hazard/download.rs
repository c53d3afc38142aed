//! Downloads into root's home: by what a RUN says, by scripts of the project that it runs, along with the packages of a
//! manifest.

use super::{Scene, home};
use crate::facts::{self, Along, HomeDownload, words};
use crate::model::command::Ran;
use crate::model::{Value, start, value};
use crate::syntax::Keyword;

/// Most bytes of a file that is looked through.
const BYTES: usize = 256 << 10;

/// Downloads into root's home that nothing puts elsewhere: the RUN, and what is known of it.
pub fn unsettled(scene: &Scene<'_>) -> Vec<(usize, &'static HomeDownload)> {
    let model = scene.model;
    let runs: Vec<(usize, String)> = home::runs(scene).into_iter().map(|index| (index, said(scene, index))).collect();
    let lineage = model.lineage(scene.stage);
    let mut found = Vec::new();
    for (index, text) in &runs {
        let Some(stage) = model.stage_of(*index) else { continue };
        for download in facts::home_downloads() {
            let hit = download.is_marked(text)
                || download.along.is_some_and(|along| comes_along(scene, &runs, *index, text, &along));
            let settled = download.settled_by.iter().any(|name| {
                !matches!(model.variable(stage, *index, name), Value::Unset) || text.contains(&format!("{name}="))
            });
            let elsewhere = |text: &str| download.settled_text.iter().any(|mark| text.contains(mark));
            let told = |(_, at): &(usize, usize)| model.keyword(*at) == Keyword::Run && elsewhere(&scene.text(*at));
            if hit && !settled && !elsewhere(text) && !lineage.iter().any(told) {
                found.push((*index, download));
            }
        }
    }
    found
}

/// What a RUN says, with the files of the project that it starts and the scripts that an install of packages runs.
fn said(scene: &Scene<'_>, index: usize) -> String {
    let mut text = scene.text(index);
    let Some(stage) = scene.model.stage_of(index) else { return text };
    for ran in &scene.model.commands(stage, index).list {
        let file = started(ran).and_then(|path| scene.file_before(index, &path)).filter(|it| it.text.len() < BYTES);
        if let Some(file) = file {
            text += "\n";
            text += &String::from_utf8_lossy(&file.text);
        }
        if words::SCRIPT_RUNNERS.contains(&ran.name.as_str()) && installs(ran) {
            for script in ran.cwd.text().map(|folder| start::install_scripts(scene, index, folder)).unwrap_or_default()
            {
                text += "\n";
                text += &script;
            }
        }
    }
    text
}

/// The file that a command starts: itself, or the first operand of an interpreter.
fn started(ran: &Ran) -> Option<String> {
    let first = || ran.operands().next().and_then(|(_, text)| ran.placed(text));
    let interprets = facts::languages().iter().any(|language| language.is_run_by(&ran.name))
        || facts::command(&ran.name).is_some_and(|known| known.role == facts::ProgramRole::Interpreter);
    if interprets { first() } else { ran.placed(Some(&ran.full)).filter(|_| ran.full.contains('/')) }
}

/// Whether a package manager installs what the manifest names, and runs its scripts.
fn installs(ran: &Ran) -> bool {
    let verb = ran.operands().next().and_then(|(_, text)| text);
    let bare = ran.arguments.iter().all(|word| word.as_deref().is_some_and(|word| word.starts_with('-')));
    let silent = ran.arguments.iter().flatten().any(|word| words::SCRIPTLESS.contains(&word.as_str()));
    !silent && (bare || verb.is_some_and(|verb| words::INSTALL_VERBS.contains(&verb)))
}

/// Whether a RUN installs the packages of a manifest that bring a download along.
fn comes_along(scene: &Scene<'_>, runs: &[(usize, String)], index: usize, text: &str, along: &Along) -> bool {
    let Some(stage) = scene.model.stage_of(index).filter(|_| along.runs.iter().any(|run| facts::is_whole(text, run)))
    else {
        return false;
    };
    let above = || runs.iter().filter(|(at, _)| *at <= index).any(|(_, text)| facts::is_whole(text, along.below));
    let starts = || start::all(scene).iter().any(|program| along.started.contains(&program.name.as_str()));
    if !(along.below.is_empty() || above()) || !(along.started.is_empty() || starts()) {
        return false;
    }
    let cwd = scene.model.cwd(stage, index);
    let Some(folder) = cwd.text() else { return false };
    let file = |name: &str| scene.file_before(index, &value::join(folder, name));
    let named = file(along.manifest).is_some_and(|file| {
        let text = String::from_utf8_lossy(&file.text).into_owned();
        along.holds.iter().any(|mark| text.contains(mark))
    });
    named && !along.settled_files.iter().any(|name| file(name).is_some())
}
