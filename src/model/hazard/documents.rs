//! What the project's own documentation does with the image: the README beside the Dockerfile, the one at the root, and
//! comments of the Dockerfile itself.

use std::cell::OnceCell;

use super::children::published;
use super::{Hazard, Scene, Weight, hazard};
use crate::compose::{self, Service, last};
use crate::facts::{self, Known, Writes};
use crate::images;
use crate::model::entry::Program;
use crate::readme::{self, Run};

/// A text that speaks of the image, and its name.
struct Text {
    file: String,
    text: String,
    /// Whether it stands beside the Dockerfile, so that an image without another owner is this one.
    beside: bool,
}

/// A documented run as a service: what is mounted into the image and what it is given.
pub(super) fn service((file, run): &(String, Run)) -> Service {
    Service {
        file: file.clone(),
        name: "docker run".to_owned(),
        image: Some(run.image.clone()),
        mounts: run.mounts.clone(),
        needs: run.needs.clone(),
        ..Service::default()
    }
}

/// The documented runs of the image, each with the file that says so.
pub(super) fn runs(scene: &Scene<'_>) -> Vec<(String, Run)> {
    of_image(scene, readme::runs, |run| &run.image)
}

/// What the texts say of images that are the Dockerfile's own.
fn of_image<T>(scene: &Scene<'_>, read: fn(&str) -> Vec<T>, image: fn(&T) -> &str) -> Vec<(String, T)> {
    // Whose an image is takes reading more files.
    let own = OnceCell::new();
    let mut found = Vec::new();
    for text in texts(scene) {
        let said = read(&text.text).into_iter();
        let ours = said.filter(|it| own.get_or_init(|| Own::new(scene)).is(image(it), text.beside));
        found.extend(ours.map(|it| (text.file.clone(), it)));
    }
    found
}

/// Images that the README shows to be built on this one, and documented commands that need root.
pub(super) fn documents(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let mut bases = of_image(scene, readme::bases, |(_, image)| image).into_iter();
    if let Some((file, (line, image))) = bases.find(|(file, _)| file != COMMENT) {
        let message =
            format!("{file}:{line} shows images built on this one (FROM {image}): their own steps would lose root");
        found.push(hazard("documented-base", Weight::Unsafe, scene.from(), message));
    }
    let needing = scene.runs.iter().find_map(|(file, run)| Some((file, run.line, needing(scene, &run.words)?)));
    if let Some((file, line, command)) = needing {
        let message = format!("{file}:{line} runs `{command}` in it, which needs root");
        found.push(hazard("documented-command", Weight::Manual, scene.from(), message));
    }
}

/// What is said of a comment's runs.
const COMMENT: &str = "a comment of the Dockerfile";

fn texts(scene: &Scene<'_>) -> Vec<Text> {
    let text = String::from_utf8_lossy(scene.model.bytes);
    let comments = text.lines().filter(|line| line.trim_start().starts_with('#'));
    let comments: Vec<&str> = comments.map(|line| line.trim_start_matches(['#', ' ', '\t'])).collect();
    let mut found = vec![Text { file: COMMENT.to_owned(), text: comments.join("\n"), beside: true }];
    let Some(path) = scene.path else { return found };
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    for (place, beside) in [(folder, true), ("", false)] {
        let names = scene.files.list(place);
        let named = names.iter().find(|name| name.to_ascii_lowercase().starts_with("readme"));
        let Some(file) = named.map(|name| compose::join(place, name)) else { continue };
        if found.iter().any(|text| text.file == file) {
            continue;
        }
        let text = scene.files.read(&file).unwrap_or_default();
        found.push(Text { file, text: String::from_utf8_lossy(&text).into_owned(), beside });
    }
    found
}

/// Whose an image is.
struct Own {
    names: Vec<String>,
    /// What other Dockerfiles of the project are called.
    others: Vec<String>,
}

impl Own {
    fn new(scene: &Scene<'_>) -> Self {
        let path = scene.path.unwrap_or("");
        let folder = |path: &str| -> String {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            folder.rsplit('/').next().unwrap_or("").to_ascii_lowercase()
        };
        let mut names = scene.path.map(|path| published(scene, path)).unwrap_or_default();
        names.push(folder(path));
        let survey = scene.files.survey();
        let others = survey.builds.iter().filter(|other| other.path != path).map(|other| folder(&other.path));
        let others = others.filter(|other| !other.is_empty() && !names.contains(other)).collect();
        names.retain(|name| !name.is_empty());
        Self { names, others }
    }

    /// Whether an image of this name is the Dockerfile's; `beside` it one that is nobody else's is.
    fn is(&self, image: &str, beside: bool) -> bool {
        let name = last(image).to_ascii_lowercase();
        let known = self.names.contains(&name);
        let theirs = name.is_empty() || self.others.contains(&name) || images::lookup(image).is_some();
        known || (beside && !theirs)
    }
}

/// The command of a documented run that only root can do.
fn needing(scene: &Scene<'_>, words: &[String]) -> Option<String> {
    let started = scene.model.programs_of(scene.stage, words).list;
    let program = started.iter().find(|program| needs_root(scene, program))?;
    let words = program.arguments.iter().flatten().take(2).map(String::as_str);
    Some(std::iter::once(program.name.as_str()).chain(words).collect::<Vec<_>>().join(" "))
}

fn needs_root(scene: &Scene<'_>, program: &Program) -> bool {
    let name = program.name.as_str();
    let words = || program.arguments.iter().flatten();
    let first = words().find(|word| !word.starts_with('-')).map_or("", String::as_str);
    let known = facts::command(name);
    if known.is_some_and(|known| known.needs_root != Known::No) && facts::writes(name, first) == Writes::System {
        return true;
    }
    let of_base = |path: &String| {
        let (parent, _) = path.rsplit_once('/').filter(|_| path.starts_with('/'))?;
        let parent = if parent.is_empty() { "/" } else { parent };
        Some(parent != "/tmp" && scene.model.is_base_folder(scene.stage, parent))
    };
    matches!(name, "mkdir" | "touch") && words().any(|path| of_base(path) == Some(true))
}
