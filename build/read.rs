//! Reads all of `templates/` for `build.rs`, or tells every problem of it.

use std::collections::BTreeMap;
use std::path::Path;

use super::check::{File, commands, frameworks, image, recipes, tokens};
use super::languages::{Languages, languages};
use super::reasons::{Reasons, reasons};
use super::schema::{Commands, Frameworks, Image, Recipe, Tokens};
use super::servers::{Server, server};
use super::words::{Lists, lists};

/// All of `templates/`.
#[derive(Debug)]
pub struct Templates {
    /// `images/*.yaml` by id.
    pub images: Vec<Image>,
    /// `users.yaml`.
    pub recipes: Vec<Recipe>,
    /// `commands.yaml`.
    pub commands: Commands,
    /// `tokens.yaml`.
    pub tokens: Tokens,
    /// `sources.yaml`.
    pub languages: Languages,
    /// `frameworks.yaml`.
    pub frameworks: Frameworks,
    /// `reasons.yaml`.
    pub reasons: Reasons,
    /// `servers/*.yaml` by id.
    pub servers: Vec<Server>,
    /// `words.yaml`.
    pub words: Lists,
}

/// The templates of a folder, or every problem of them as `file:line: message`.
pub fn read(folder: &Path) -> Result<Templates, Vec<String>> {
    let mut problems = Vec::new();
    let images = all(&folder.join("images"), image, &mut problems);
    let servers = all(&folder.join("servers"), server, &mut problems);
    let recipes = keep(file(&folder.join("users.yaml"), recipes), &mut problems);
    let commands = keep(file(&folder.join("commands.yaml"), commands), &mut problems);
    let tokens = keep(file(&folder.join("tokens.yaml"), tokens), &mut problems);
    let languages = keep(file(&folder.join("sources.yaml"), languages), &mut problems);
    let frameworks = keep(file(&folder.join("frameworks.yaml"), frameworks), &mut problems);
    let reasons = keep(file(&folder.join("reasons.yaml"), reasons), &mut problems);
    let words = keep(file(&folder.join("words.yaml"), lists), &mut problems);
    if let Some(tokens) = &tokens {
        problems.extend(names(folder, &images, tokens));
    }
    problems.extend(unknown_servers(&images, &servers));
    match (recipes, commands, tokens, languages, frameworks, reasons, words) {
        (
            Some(recipes),
            Some(commands),
            Some(tokens),
            Some(languages),
            Some(frameworks),
            Some(reasons),
            Some(words),
        ) if problems.is_empty() => {
            Ok(Templates { images, recipes, commands, tokens, languages, frameworks, reasons, servers, words })
        }
        _ => Err(problems),
    }
}

/// Every template of a folder, by name.
fn all<T>(folder: &Path, check: fn(&str, &str) -> Result<T, Vec<String>>, problems: &mut Vec<String>) -> Vec<T> {
    let mut paths = Vec::new();
    match std::fs::read_dir(folder) {
        Ok(entries) => paths.extend(entries.filter_map(Result::ok).map(|entry| entry.path())),
        Err(error) => problems.push(format!("{}: {error}", folder.display())),
    }
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    paths.sort();
    paths.into_iter().filter_map(|path| keep(file(&path, check), problems)).collect()
}

fn keep<T>(result: Result<T, Vec<String>>, problems: &mut Vec<String>) -> Option<T> {
    result.map_err(|more| problems.extend(more)).ok()
}

fn file<T>(path: &Path, check: fn(&str, &str) -> Result<T, Vec<String>>) -> Result<T, Vec<String>> {
    let shown = path.display().to_string().replace('\\', "/");
    let text = std::fs::read_to_string(path).map_err(|error| vec![format!("{shown}: {error}")])?;
    check(&shown, &text)
}

/// Names that stand in two templates, or with a prefix that no lookup keeps.
fn names(folder: &Path, images: &[Image], tokens: &Tokens) -> Vec<String> {
    let mut problems = Vec::new();
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for image in images {
        let path = folder.join("images").join(format!("{}.yaml", image.id));
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let mut file = File { path: &path.display().to_string().replace('\\', "/"), text: &text, problems: Vec::new() };
        for name in &image.r#match {
            if let Some(other) = seen.insert(name, &image.id) {
                file.wrong(0, name, format!("match: `{name}` stands in `{other}` already"));
            }
            if let Some(prefix) = tokens.registries.iter().find(|prefix| name.starts_with(prefix.as_str())) {
                file.wrong(0, name, format!("match: `{name}` is never looked up: `{prefix}` is dropped first"));
            }
            let one_slash = name.split_once('/').filter(|(_, rest)| !rest.contains('/'));
            if let Some((first, _)) =
                one_slash.filter(|(first, _)| tokens.architectures.iter().any(|arch| arch == first))
            {
                file.wrong(0, name, format!("match: `{name}` is never looked up: `{first}/` is dropped first"));
            }
        }
        problems.append(&mut file.problems);
    }
    problems
}

/// Servers that facts of images name and no template describes.
fn unknown_servers(images: &[Image], servers: &[Server]) -> Vec<String> {
    let named = |image: &Image| {
        let variants = image.variants.iter().filter_map(|variant| variant.server.clone());
        image.server.iter().cloned().chain(variants).collect::<Vec<_>>()
    };
    let all = images.iter().flat_map(|image| named(image).into_iter().map(|name| (image.id.clone(), name)));
    let unknown = all.filter(|(_, name)| !name.is_empty() && servers.iter().all(|server| server.id != *name));
    unknown.map(|(id, name)| format!("templates/images/{id}.yaml: server: no template `{name}`")).collect()
}
