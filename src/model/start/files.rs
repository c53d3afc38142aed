//! Files that nobody but root may read, by the way they come into the image.

use crate::model::hazard::{Hazard, Scene, Weight, hazard};
use crate::syntax::{Args, Keyword};

/// `ADD https://…` stores what it fetches with mode 0600 unless `--chmod` says otherwise (Dockerfile reference, ADD).
pub(in crate::model) fn remote_files(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let model = scene.model;
    for (_, index) in model.lineage(scene.stage) {
        let Some(instruction) = model.instruction(index).filter(|found| found.keyword == Keyword::Add) else {
            continue;
        };
        let Args::Copy { sources, .. } = &instruction.args else { continue };
        let remote =
            |text: &str| (text.starts_with("http://") || text.starts_with("https://")) && !text.ends_with(".git");
        let name = sources.iter().map(|source| source.text.as_str()).find(|text| remote(text));
        let Some(name) = name.filter(|_| instruction.flag("chmod").is_none()) else { continue };
        let file = name.rsplit('/').next().unwrap_or("");
        // A later step that names the file unpacks it or opens it up.
        let runs = model
            .lineage(scene.stage)
            .into_iter()
            .filter(|(_, later)| *later > index && model.keyword(*later) == Keyword::Run);
        let handled = runs.into_iter().any(|(_, later)| !file.is_empty() && scene.text(later).contains(file));
        let started = scene.programs.list.iter().any(|program| {
            let words = program.arguments.iter().flatten().chain([&program.path]);
            !file.is_empty() && words.into_iter().any(|word| word.ends_with(file))
        });
        if !handled {
            let weight = if started { Weight::Manual } else { Weight::Unsafe };
            let message = format!("ADD stores {name} with mode 0600, readable for root only: give it --chmod=0644");
            found.push(hazard("remote-file", weight, index, message));
        }
    }
}
