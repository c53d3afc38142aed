//! Health checks that may ask on a port that moves, and do not move along.

use super::Draft;
use crate::context::is_yaml;
use crate::model::hazard::{Hazard, Weight};
use crate::model::port::{self, Named, Use};
use crate::syntax::Keyword;
use crate::yaml::{self, Node};

/// Tells of the health checks of the image and of compose services that may still ask on the old port: those of the file
/// that `of` does not move, and scripts that they run.
pub(super) fn look(draft: &mut Draft<'_>, from: u16, of: &[&Named]) {
    let place = in_file(draft, from, of).or_else(|| in_compose(draft, from));
    let Some((at, place)) = place else { return };
    let message = format!("{place} may ask on port {from} in a way that is not changed along");
    draft.hazards.push(Hazard { id: "port-elsewhere", weight: Weight::Unsafe, message, at, packaged: false });
}

fn in_file(draft: &Draft<'_>, from: u16, of: &[&Named]) -> Option<(usize, String)> {
    let (scene, model) = (draft.scene, draft.scene.model);
    let mut checks =
        model.lineage(scene.stage).into_iter().filter(|(_, index)| model.keyword(*index) == Keyword::Healthcheck);
    // The last one counts.
    let (_, index) = checks.next_back()?;
    let moves = of.iter().any(|place| place.role == Use::Asks && place.at == index);
    let text = scene.text(index);
    if !moves && port::asks(&text, from) {
        return Some((index, format!("the HEALTHCHECK on line {}", model.line(index))));
    }
    Some((index, in_script(draft, &text, from)?))
}

/// A script that a check names and the build brings.
fn in_script(draft: &Draft<'_>, text: &str, from: u16) -> Option<String> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '[' | ']' | ';'));
    words.filter(|word| word.starts_with('/')).find_map(|word| {
        let file = draft.scene.file(word)?;
        port::asks(&String::from_utf8_lossy(&file.text), from).then_some(file.shown)
    })
}

fn in_compose(draft: &Draft<'_>, from: u16) -> Option<(usize, String)> {
    let services = draft.scene.services.iter().filter(|service| is_yaml(&service.file));
    services.into_iter().find_map(|service| {
        let text = draft.scene.files.read(&service.file)?;
        let documents = yaml::tree(&text)?;
        let services = documents.first().map(|document| document.get("services").unwrap_or(document))?;
        let test = services.get(&service.name)?.get("healthcheck")?.get("test")?;
        let scalars = test.scalars();
        let said: Vec<&str> = scalars.iter().filter_map(|node| node.text()).collect();
        let whole = said.join(" ");
        let edited = |node: &&Node| draft.along.iter().any(|it| it.path == service.file && node.span.contains(it.span));
        let left = !scalars.iter().any(edited) && port::asks(&whole, from);
        let place = left.then(|| service.place(draft.scene.files, "healthcheck", said.last().unwrap_or(&"")));
        Some((draft.scene.from(), place.or_else(|| in_script(draft, &whole, from))?))
    })
}
