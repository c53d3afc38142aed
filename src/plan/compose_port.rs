//! Compose files that run the image move its port along.

use super::{Along, Draft, asked};
use crate::compose;
use crate::model::hazard::{Hazard, Weight};

/// Plans what every compose file that builds the Dockerfile has to say of a port that moves, and tells which file cannot;
/// returns the files in which nothing else has to be looked for.
pub(super) fn look(draft: &mut Draft<'_>, from: u16, to: u16, at: usize) -> Vec<String> {
    let scene = draft.scene;
    let yaml = |file: &str| file.ends_with(".yml") || file.ends_with(".yaml");
    let own = scene.model.stage_name(scene.stage);
    let mut settled: Vec<String> = Vec::new();
    let mut failed: Vec<(String, String)> = Vec::new();
    for service in scene.services.iter().filter(|service| yaml(&service.file)) {
        // A service of another stage runs another image.
        let target = service.build.as_ref().and_then(|(target, _)| target.as_deref());
        if target.is_some_and(|target| !target.eq_ignore_ascii_case(&own)) {
            continue;
        }
        let Some(text) = scene.files.read(&service.file) else { continue };
        match compose::moved(&text, &service.name, from, to) {
            Ok(edits) => {
                draft.along.extend(edits.into_iter().map(|(span, text)| Along {
                    path: service.file.clone(),
                    span,
                    text,
                }));
                settled.push(service.file.clone());
            }
            Err(why) => failed.push((service.file.clone(), why)),
        }
    }
    let mut names: Vec<String> =
        scene.services.iter().filter(|service| yaml(&service.file)).map(|it| it.name.clone()).collect();
    names.sort();
    names.dedup();
    if !names.is_empty() {
        asked::look(draft, &names, from, at);
    }
    if let Some((file, why)) = failed.first() {
        let message = format!("{file} runs the image, and its port {from} is not changed along: {why}");
        draft.hazards.push(Hazard { id: "port-elsewhere", weight: Weight::Unsafe, message, at, packaged: false });
        // All of a file or nothing of it.
        draft.along.retain(|along| !failed.iter().any(|(file, _)| *file == along.path));
        settled.extend(failed.into_iter().map(|(file, _)| file));
    }
    settled
}
