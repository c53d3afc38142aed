//! Other Dockerfiles of the project that build on this one and run commands as root.

use super::{Hazard, Scene, Weight, hazard};
use crate::compose::last;
use crate::context::Built;
use crate::{compose, images};

/// Finds the first Dockerfile of the project that builds on this one.
pub(super) fn children(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let Some(path) = scene.path else { return };
    let survey = scene.files.survey();
    let others = &survey.builds;
    if others.len() < 2 {
        return;
    }
    let names = published(scene, path);
    for other in others.iter().filter(|other| other.path != path) {
        if let Some(base) = other.bases.iter().find(|base| builds_on(path, &names, other, base)) {
            let message = format!(
                "{} builds on this image (FROM {base}) and runs commands, which would lose root: a base image",
                other.path
            );
            found.push(hazard("base-image", Weight::Manual, scene.from(), message));
            return;
        }
    }
}

/// Whether `base`, as another Dockerfile writes it, is the image of the Dockerfile at `path`.
fn builds_on(path: &str, names: &[String], other: &Built, base: &str) -> bool {
    let name = last(base);
    if names.iter().any(|known| known == name) {
        return true;
    }
    let tag = base.rsplit_once(':').map_or("", |(_, tag)| tag);
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let Some(own) = parts.last().map(|name| name.to_ascii_lowercase()) else {
        // `alpine.dockerfile` is the tag `alpine` of what the project publishes.
        let stem = file.strip_suffix(".dockerfile").or_else(|| file.strip_suffix(".Dockerfile"));
        return stem.is_some_and(|stem| tag.split('-').next() == Some(stem) && is_private(base));
    };
    // `kernel/java8` is the tag `kernel-java8`; `jdk-7/onbuild` builds on the tag of the folder that it lies in.
    let joined =
        (0..parts.len().saturating_sub(1)).any(|from| parts.get(from..).is_some_and(|part| part.join("-") == tag));
    let below = other.path.starts_with(&format!("{folder}/")) && (tag.ends_with(&own) || name == own);
    joined || below || (name == own && is_private(base))
}

/// Whether an image is nobody's but the project's, as far as is known.
fn is_private(base: &str) -> bool {
    base.contains('/') && images::lookup(base).is_none()
}

/// Last parts of the names under which the project's compose files and scripts publish the image.
pub(super) fn published(scene: &Scene<'_>, path: &str) -> Vec<String> {
    let built = scene.services.iter().filter(|service| service.build.is_some());
    let mut names: Vec<String> =
        built.filter_map(|service| service.image.as_deref()).map(|image| last(image).to_owned()).collect();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut folders = vec!["", folder, folder.rsplit_once('/').map_or("", |(up, _)| up)];
    folders.dedup();
    for folder in folders {
        let names_here = scene.files.list(folder);
        let scripts = names_here.iter().filter(|name| {
            name.ends_with(".sh") || name.ends_with(".mk") || name.starts_with("Makefile") || name.starts_with("README")
        });
        for script in scripts.take(20) {
            let file = compose::join(folder, script);
            let Some(text) = scene.files.read(&file) else { continue };
            names.extend(tags(&String::from_utf8_lossy(&text), folder, path));
        }
    }
    names.retain(|name| !name.is_empty() && !name.contains('$'));
    names
}

/// Names that `docker build -t NAME` in a text gives to the Dockerfile at `path`.
fn tags(text: &str, folder: &str, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines().filter(|line| line.contains("docker") && line.contains(" build ")) {
        let Some((before, command)) = line.split_once(" build ") else { continue };
        let words: Vec<&str> =
            command.split_ascii_whitespace().take_while(|word| !matches!(*word, "&&" | ";" | "|")).collect();
        let option = |names: [&str; 2]| {
            words.iter().enumerate().find_map(|(at, word)| match word.split_once('=') {
                Some((name, value)) if names.contains(&name) => Some(value),
                _ if names.contains(word) => words.get(at + 1).copied(),
                _ => None,
            })
        };
        let entered =
            before.split_once("cd ").and_then(|(_, rest)| rest.split_ascii_whitespace().next()).unwrap_or(".");
        let folder = compose::join(folder, entered.trim_end_matches(';'));
        let context = words.last().copied().unwrap_or(".").trim_matches(['"', '\'']);
        let file = option(["-f", "--file"]).map(|file| compose::join(&folder, file));
        let file = file.unwrap_or_else(|| compose::join(&compose::join(&folder, context), "Dockerfile"));
        if let Some(tag) = option(["-t", "--tag"]).filter(|_| file == path) {
            found.push(last(&resolved(text, tag.trim_matches(['"', '\'']))).to_owned());
        }
    }
    found
}

/// `$NAME` as the text itself sets it, where it does: `NAME=value`, `NAME := value`.
fn resolved(text: &str, word: &str) -> String {
    let name = word.trim_start_matches('$').trim_matches(['{', '}', '(', ')']);
    if !word.starts_with('$') || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return word.to_owned();
    }
    let set = text.lines().find_map(|line| {
        let (key, value) = line.trim().trim_start_matches("export ").split_once('=')?;
        (key.trim_end_matches([' ', ':', '?']) == name).then(|| value.trim().trim_matches(['"', '\'']).to_owned())
    });
    set.unwrap_or_else(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_tell_names() {
        let text = "NAME ?= me\nLOCAL=me/base\nbase:\n\tcd ./Base && docker build $(ARGS) -t $(NAME)/base:$(V) .\n\
                    docker build -t $LOCAL .\ndocker buildx build --tag=me/web:1 -f web/Dockerfile .\n";
        assert_eq!(tags(text, "", "Base/Dockerfile"), ["base"]);
        assert_eq!(tags(text, "", "Dockerfile"), ["base"]);
        assert_eq!(tags(text, "", "web/Dockerfile"), ["web"]);
        assert!(tags(text, "", "other/Dockerfile").is_empty());
    }
}
