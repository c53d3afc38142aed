//! What the project's own documentation does with the image: the README beside the Dockerfile, the one at the root, and
//! comments of the Dockerfile itself.

use super::children::published;
use super::{Hazard, Scene, Weight, hazard};
use crate::compose::{self, Service, last};
use crate::facts::{self, Known, Writes};
use crate::images;
use crate::readme::{self, Run};
use crate::shell::{self, Dialect, Word};

/// A text that speaks of the image, and its name.
struct Text {
    file: String,
    text: String,
    /// Whether it stands beside the Dockerfile, so that an image without another owner is this one.
    beside: bool,
}

/// The documented runs of the image, as services: what is mounted into it and what they give it.
pub(super) fn services(scene: &Scene<'_>) -> Vec<Service> {
    let runs = runs(scene).into_iter();
    let service = |(file, run): (String, Run)| Service {
        file,
        name: "docker run".to_owned(),
        image: Some(run.image),
        mounts: run.mounts,
        needs: run.needs,
        ..Service::default()
    };
    runs.map(service).collect()
}

fn runs(scene: &Scene<'_>) -> Vec<(String, Run)> {
    let own = Own::new(scene);
    let mut found = Vec::new();
    for text in texts(scene) {
        let runs = readme::runs(&text.text).into_iter().filter(|run| own.is(&run.image, text.beside));
        found.extend(runs.map(|run| (text.file.clone(), run)));
    }
    found
}

/// Images that the README shows to be built on this one, and documented commands that need root.
pub(super) fn documents(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let own = Own::new(scene);
    for text in texts(scene) {
        let base = readme::bases(&text.text).into_iter().find(|(_, image)| own.is(image, text.beside));
        if let Some((line, image)) = base.filter(|_| text.file != COMMENT) {
            let message = format!(
                "{}:{line} shows images built on this one (FROM {image}): their own steps would lose root",
                text.file
            );
            found.push(hazard("documented-base", Weight::Unsafe, scene.from(), message));
            break;
        }
    }
    let needs = |(file, run): (String, Run)| Some((needing(scene, &run.words)?, file, run.line));
    if let Some((command, file, line)) = runs(scene).into_iter().find_map(needs) {
        let message = format!("{file}:{line} runs `{command}` in it, which needs root");
        found.push(hazard("documented-command", Weight::Unsafe, scene.from(), message));
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
    let text = match words {
        [shell, option, text, ..] if is_shell(shell) && option.starts_with('-') && option.ends_with('c') => {
            text.clone()
        }
        words => words.join(" "),
    };
    let script = shell::parse(text.as_bytes(), Dialect::Bash).ok()?;
    let mut needing = None;
    shell::each_simple(&script, &mut |simple, _| {
        let words: Vec<String> = simple.words.iter().filter_map(Word::literal).collect();
        if needing.is_none() && needs_root(scene, &words) {
            let short: Vec<&str> = words.iter().take(3).map(String::as_str).collect();
            needing = Some(short.join(" "));
        }
    });
    needing
}

fn needs_root(scene: &Scene<'_>, words: &[String]) -> bool {
    let Some((program, rest)) = words.split_first() else { return false };
    let name = program.rsplit('/').next().unwrap_or(program);
    let first = rest.iter().find(|word| !word.starts_with('-')).map_or("", String::as_str);
    let known = facts::command(name);
    if known.is_some_and(|known| known.needs_root == Known::Yes) && facts::writes(name, first) == Writes::System {
        return true;
    }
    let parent =
        |path: &str| path.rsplit_once('/').map(|(parent, _)| if parent.is_empty() { "/" } else { parent }.to_owned());
    let of_base = |path: &String| {
        path.starts_with('/')
            && parent(path).is_some_and(|parent| parent != "/tmp" && scene.model.is_base_folder(scene.stage, &parent))
    };
    matches!(name, "mkdir" | "touch") && rest.iter().any(of_base)
}

fn is_shell(word: &str) -> bool {
    matches!(word.rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash"))
}
