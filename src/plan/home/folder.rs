//! The folder that the process starts in, where it is root's home: another one takes its place.

use super::elsewhere::Elsewhere;
use super::{Relocated, Relocation, is_free, mention, text_of};
use crate::context::Entry;
use crate::facts;
use crate::model::hazard::{Hazard, Scene, Weight};
use crate::model::{Model, start, value};
use crate::plan::uses;
use crate::syntax::{Args, Keyword};

const HOME: &str = "/root";

/// Folders that take its place, the first that is free.
const NAMES: [&str; 3] = ["/app", "/srv/app", "/opt/app"];

/// `WORKDIR /root` becomes `WORKDIR /app` where everything that hangs on it is relative.
pub(super) fn relocation(scene: &Scene<'_>) -> Option<Relocation> {
    let (model, stage) = (scene.model, scene.stage);
    let (at, span) = workdir(scene)?;
    if !only_there(scene, at)
        || model.stages.iter().any(|other| other.index != stage && descends(model, other.index, stage))
    {
        return None;
    }
    let moves = model.lineage(stage).into_iter().filter(|(_, index)| *index > at);
    if moves.into_iter().any(|(of, index)| model.keyword(index) == Keyword::Run && !harmless(model, of, index)) {
        return None;
    }
    if !brings_no_home(scene) {
        return None;
    }
    let elsewhere = Elsewhere::of(scene)?;
    if elsewhere.names(HOME) || elsewhere.asks_for_home() {
        return None;
    }
    let to = NAMES.into_iter().find(|name| is_free(scene, name) && !elsewhere.holds(&format!(":{name}")))?;
    let line = model.line(at);
    Some(Relocation {
        words: vec![(at, span, HOME.to_owned(), to.to_owned())],
        relocated: vec![Relocated { from: HOME.to_owned(), to: to.to_owned() }],
        told: vec![(
            at,
            "the process starts in /root, which no other user can enter (mode 0700)".to_owned(),
            format!("{to} takes its place: all that hangs on line {line} is relative to it"),
        )],
        hazards: vec![Hazard {
            id: "moved-folder",
            weight: Weight::Unsafe,
            message: format!("whoever mounts files below /root, or takes some from there, has to use {to}"),
            at,
            packaged: false,
        }],
        ..Relocation::default()
    })
}

fn descends(model: &Model<'_>, stage: usize, from: usize) -> bool {
    model.chain(stage).contains(&from)
}

/// The one WORKDIR of the target that leads to root's home, and where it says so; everything before it is elsewhere.
fn workdir(scene: &Scene<'_>) -> Option<(usize, crate::source::Span)> {
    let (model, stage) = (scene.model, scene.stage);
    if model.process_folder(stage).certain() != Some(HOME) {
        return None;
    }
    let found = model.stages.get(stage)?.workdirs.iter();
    let mut leading = found.filter(|(_, folder)| folder.text().is_none_or(|folder| value::within(folder, HOME)));
    let (at, _) = leading.next()?;
    if leading.next().is_some() || model.cwd(stage, *at).certain().is_none_or(|folder| value::within(folder, HOME)) {
        return None;
    }
    let Args::One(word) = &model.instruction(*at)?.args else { return None };
    let text = String::from_utf8_lossy(word.span.of(model.bytes)).into_owned();
    let rest = text.trim_matches(['"', '\'']).strip_prefix(HOME)?;
    let start = word.span.start + text.find(HOME)?;
    matches!(rest, "" | "/" | "/.").then(|| (*at, crate::source::Span::new(start, start + HOME.len())))
}

/// Whether no other line that the image hangs on names root's home.
fn only_there(scene: &Scene<'_>, at: usize) -> bool {
    let (model, stage) = (scene.model, scene.stage);
    let mut own = model.lineage(stage).into_iter().map(|(_, index)| index).filter(|index| *index != at);
    !own.any(|index| mention::names_home(&text_of(model, index)))
}

/// Whether a RUN does nothing in the folder that it stands in but what hangs on no name: modes, owners, folders.
pub fn harmless(model: &Model<'_>, stage: usize, index: usize) -> bool {
    const PLAIN: [&str; 12] =
        ["chmod", "chown", "chgrp", "mkdir", "touch", "rm", "rmdir", "true", ":", "set", "echo", "ln"];
    let commands = model.commands(stage, index);
    let plain = |name: &str| PLAIN.contains(&name);
    let known = commands.list.iter().all(|ran| plain(&ran.name) || facts::ignores_cwd(&ran.name));
    let folder = model.cwd(stage, index);
    let used = folder.text().is_none_or(|folder| uses::used(model, stage, index, folder).is_some());
    commands.complete && known && (!used || commands.list.iter().all(|ran| plain(&ran.name) && ran.writes.is_empty()))
}

/// Whether copies put something there, and nothing that tools look for in a home.
fn brings_no_home(scene: &Scene<'_>) -> bool {
    let model = scene.model;
    let is_home = |name: &str| facts::home_files().contains(&name);
    let copies = model.owners(scene.stage).copies;
    let lands = |to: Option<&str>| to.is_some_and(|to| value::within(to, HOME));
    // A folder that nothing is put into is meant as the home that it is.
    copies.iter().any(|copy| lands(copy.destination.as_deref()))
        && copies.iter().all(|copy| {
            let Some(to) = copy.destination.as_deref() else { return false };
            if !value::within(to, HOME) {
                return true;
            }
            let below = to.strip_prefix(HOME).unwrap_or("").trim_start_matches('/');
            let index = copy.instruction;
            let Some(Args::Copy { sources, .. }) = model.instruction(index).map(|found| &found.args) else {
                return false;
            };
            let dotted =
                |path: &str| path.split('/').any(|part| part.len() > 2 && part.starts_with('.') || is_home(part));
            // The home of another stage, or all of it, is a home there too.
            let whole = |path: &str| value::normal(path).is_some_and(|path| value::within(HOME, &path));
            let named = sources.iter().any(|source| dotted(&source.text) || source.text.contains(['*', '?', '[', '$']));
            if dotted(below) || named || sources.iter().any(|source| copy.from.is_some() && whole(&source.text)) {
                return false;
            }
            copy.from.is_some() || holds_no_home(scene, index, &is_home)
        })
}

/// Whether what a copy brings of the build context is known, and holds no file of a home.
fn holds_no_home(scene: &Scene<'_>, index: usize, is_home: &dyn Fn(&str) -> bool) -> bool {
    start::sources(scene, index).iter().all(|source| {
        let Some(path) = scene.in_context(source.trim_start_matches('/')) else { return false };
        match scene.files.entry(&path) {
            Entry::File { .. } => true,
            Entry::Folder => !scene.files.list(&path).iter().any(|name| is_home(name)),
            _ => false,
        }
    })
}
