//! Downloads into root's home: the variable that puts them elsewhere stands above the step that fetches them.

use super::elsewhere::Elsewhere;
use super::{Relocated, Relocation, is_free, text_of, user_base};
use crate::facts::{MovedBy, MovedWrites};
use crate::model::Who;
use crate::model::hazard::{self, Scene};
use crate::plan::turns;
use crate::syntax::Keyword;

/// `ENV NAME=/opt/x` above the first RUN of each tool, where the process then finds what that RUN left.
pub(super) fn relocation(scene: &Scene<'_>) -> Option<Relocation> {
    let (model, stage) = (scene.model, scene.stage);
    let mut needed: Vec<(usize, &str, MovedBy)> = Vec::new();
    for (index, download) in hazard::unsettled(scene) {
        let moved = download.moved_by?;
        if model.stage_of(index) != Some(stage) {
            return None;
        }
        if !needed.iter().any(|(_, _, other)| other.name == moved.name) {
            needed.push((first(scene, index, &moved), download.what, moved));
        }
    }
    // What the project's other files say is only looked at where something is needed: there may be many.
    let needed = Some(needed).filter(|needed| !needed.is_empty())?;
    let elsewhere = Elsewhere::of(scene)?;
    if elsewhere.names("/root") || !all_as_root(scene) {
        return None;
    }
    let mut relocation = Relocation::default();
    for (index, what, moved) in needed {
        let named = model.lineage(stage).iter().any(|(_, at)| text_of(model, *at).contains(moved.name));
        if named || elsewhere.holds(moved.name) || !is_free(scene, moved.to) {
            return None;
        }
        let words = user_base::along(scene, index, &moved)?;
        if !words.is_empty() {
            relocation.relocated.push(Relocated { from: moved.from.to_owned(), to: moved.to.to_owned() });
        }
        relocation.words.extend(words);
        relocation.set(index, moved.name, moved.to, moved.made_first);
        if moved.writes != MovedWrites::Nothing {
            relocation.written.push((moved.to.to_owned(), moved.writes == MovedWrites::Tree));
        }
        relocation.told.push((
            index,
            format!("{what} puts files into root's home, where the process will not find them"),
            format!("{} puts them into {}, for this step and for the process", moved.name, moved.to),
        ));
    }
    // Any other line may mean what is downloaded there.
    user_base::only_there(scene, &relocation.words).then_some(relocation)
}

/// The first step of the target that may fetch the same files.
fn first(scene: &Scene<'_>, index: usize, moved: &MovedBy) -> usize {
    let body = scene.model.stages.get(scene.stage).map_or(index..index, |stage| stage.body.start..index);
    let fills = |at: &usize| {
        let text = scene.text(*at);
        scene.model.keyword(*at) == Keyword::Run && moved.fills.iter().any(|mark| text.contains(mark))
    };
    body.into_iter().find(fills).unwrap_or(index)
}

/// Whether every step of the target runs as root and stays so: what another account fetches lies elsewhere.
pub(super) fn all_as_root(scene: &Scene<'_>) -> bool {
    let (model, stage) = (scene.model, scene.stage);
    let runs = model.runs(stage);
    runs.into_iter().all(|(of, index)| matches!(model.user(of, index), Who::Root) && !turns::lifts(&scene.text(index)))
}
