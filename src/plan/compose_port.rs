//! Compose files that run the image move its port along.

use super::{Along, Draft, asked, named_elsewhere};
use crate::compose;
use crate::context::is_yaml;
use crate::facts::words;
use crate::model::Base;
use crate::model::hazard::{Hazard, Weight};
use crate::model::port;

/// The service that a reverse proxy finds by a label or a variable that names no port, where the base image exposes the old
/// one, which no line of the file can take back.
fn by_exposed(draft: &Draft<'_>, from: u16) -> Option<String> {
    let scene = draft.scene;
    let Some(Base::Image { facts: Some(facts), .. }) = scene.model.root_base(scene.stage) else { return None };
    let services = scene.services.iter().filter(|service| facts.ports.contains(&from) && is_yaml(&service.file));
    services.into_iter().find_map(|service| {
        let text = scene.files.read(&service.file)?;
        let said = compose::marks(&text, &service.name);
        let begins = |name: &&String| words::PROXY_MARKS.iter().any(|mark| name.starts_with(mark));
        let ports = said.iter().any(|name| words::PROXY_PORTS.iter().any(|end| name.ends_with(end)));
        let mark = said.iter().find(begins).filter(|_| !ports)?;
        Some(service.place(scene.files, "labels", mark))
    })
}

/// Whether a file of the project names a port.
fn names(draft: &Draft<'_>, file: &str, port: u16) -> bool {
    let text = draft.scene.files.read(file).unwrap_or_default();
    named_elsewhere::mentions(&String::from_utf8_lossy(&text), port)
}

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
                let given = service.env_files.iter().find(|file| names(draft, file, from));
                if let Some(file) = given.filter(|_| !draft.hazards.iter().any(|it| it.id == "port-elsewhere")) {
                    let message = format!("{file} names port {from} too and is not changed along");
                    draft.hazards.push(Hazard {
                        id: "port-elsewhere",
                        weight: Weight::Unsafe,
                        message,
                        at,
                        packaged: false,
                    });
                }
                draft.along.extend(edits.into_iter().map(|(span, text)| Along::word(&service.file, span, text)));
                settled.push(service.file.clone());
            }
            Err(why) => failed.push((service.file.clone(), why)),
        }
    }
    if let Some((file, why)) = failed.first() {
        let message = format!("{file} runs the image, and its {} not changed along: {why}", draft.together(from));
        draft.hazards.push(Hazard { id: "port-elsewhere", weight: Weight::Unsafe, message, at, packaged: false });
        // All of a file or nothing of it.
        draft.along.retain(|along| !failed.iter().any(|(file, _)| *file == along.path));
        settled.extend(failed.into_iter().map(|(file, _)| file));
    }
    if let Some(place) = by_exposed(draft, from) {
        let message = format!(
            "{place} has a proxy ask the port that the image exposes, and the base image goes on to expose {from}"
        );
        draft.hazards.push(Hazard { id: "port-elsewhere", weight: Weight::Unsafe, message, at, packaged: false });
    }
    let mut names: Vec<String> = composed().map(|service| service.name.clone()).collect();
    names.sort();
    names.dedup();
    asked::look(draft, &names, from, to, at, &settled);
    settled
}
