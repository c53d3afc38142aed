//! Compose files that run the image move its port along.

use super::{Along, Draft, asked};
use crate::compose;
use crate::context::is_yaml;
use crate::model::hazard::{Hazard, Weight};
use crate::model::port;

/// Plans what every compose file that builds the Dockerfile has to say of a port that moves, and tells which file cannot;
/// returns the files in which nothing else has to be looked for.
pub(super) fn look(draft: &mut Draft<'_>, from: u16, to: u16, at: usize) -> Vec<String> {
    let scene = draft.scene;
    let composed = || scene.services.iter().filter(|service| is_yaml(&service.file));
    let variables = port::variables_named(scene);
    let own = scene.model.stage_name(scene.stage);
    let mut settled: Vec<String> = Vec::new();
    let mut failed: Vec<(String, String)> = Vec::new();
    for service in composed() {
        // A service of another stage runs another image.
        let target = service.build.as_ref().and_then(|(target, _)| target.as_deref());
        if target.is_some_and(|target| !target.eq_ignore_ascii_case(&own)) {
            continue;
        }
        let Some(text) = scene.files.read(&service.file) else { continue };
        let moved = |from, to| compose::moved(&text, &service.name, from, to, &variables);
        // Of two ports both move in it, or none.
        let others = draft.moved.iter().find_map(|it| moved(it.from, it.to).err());
        match others.map_or_else(|| moved(from, to), Err) {
            Ok(edits) => {
                draft.along.extend(edits.into_iter().map(|(span, text)| Along::word(&service.file, span, text)));
                settled.push(service.file.clone());
            }
            Err(why) => failed.push((service.file.clone(), why)),
        }
    }
    if let Some((file, why)) = failed.first() {
        let message = format!("{file} runs the image, and its port {from} is not changed along: {why}");
        draft.hazards.push(Hazard { id: "port-elsewhere", weight: Weight::Unsafe, message, at, packaged: false });
        // All of a file or nothing of it.
        draft.along.retain(|along| !failed.iter().any(|(file, _)| *file == along.path));
        settled.extend(failed.into_iter().map(|(file, _)| file));
    }
    let mut names: Vec<String> = composed().map(|service| service.name.clone()).collect();
    names.sort();
    names.dedup();
    asked::look(draft, &names, from, to, at, &settled);
    settled
}
