//! What source names without a call that the templates know: folders where programs keep data, folders above its own; also
//! in the settings that it reads.

use std::collections::HashSet;

use super::call::{arguments, prepared, variables};
use super::given::{self, Given};
use super::known;
use super::line::{Line, is_word};
use super::started::File;
use super::{Shown, given_elsewhere};
use crate::facts::{self, ProgramRole, Shows, words};
use crate::model::entry::Program;
use crate::model::hazard::Scene;
use crate::model::start;
use crate::model::{Value, value};

/// Trees below which programs keep their data (Filesystem Hierarchy Standard 3.0, sections 3.13, 3.15, 3.17, chapter 5).
const DATA: [&str; 4] = ["/var", "/srv", "/opt", "/mnt"];
/// Where clusters mount what is only read (Kubernetes' service account tokens).
const SECRETS: &str = "/var/run/secrets";
/// Endings of files that hold settings.
const SETTINGS: [&str; 8] = [".json", ".ini", ".yaml", ".yml", ".toml", ".cfg", ".conf", ".env"];
/// Most files with settings, and most bytes of one.
const MOST: usize = 20;
const BYTES: usize = 64 << 10;

/// Paths in folders for data that a line names in a text, but where all that the line does is to read.
pub fn named(scene: &Scene<'_>) -> Vec<Shown> {
    let mut found = Vec::new();
    for file in scene.sources() {
        let [reads, environment] = [file.language.shows.reads, file.language.shows.environment].map(prepared);
        // A default does not count where the variable is set; what it is set to does.
        let default = |line: &&Line| variables(&line.text, &environment).any(|(name, _)| is_set(scene, name));
        let plain = file.lines.iter().filter(|line| !default(line)).map(|line| (line.number, line.text.clone()));
        for (number, text) in plain.chain(known::lines(scene, file)) {
            let read: Vec<&str> = reads.iter().flat_map(|call| arguments(&text, call)).collect();
            if !reads.iter().any(|call| !call.contains('<') && text.contains(call.as_str())) {
                let paths = texts(&text).flat_map(paths).filter(|path| !read.contains(&path.as_str()));
                found.extend(paths.map(|what| Shown { place: file.place(number), what }));
            }
        }
    }
    for (shown, text) in settings(scene) {
        let lines = text.lines().enumerate().filter(|(_, line)| !is_comment(line));
        let named = lines.flat_map(|(at, line)| paths(line).into_iter().map(move |what| (at, what)));
        found.extend(named.map(|(at, what)| Shown { place: format!("{shown}:{}", at + 1), what }));
    }
    for Given { value, place, .. } in given_to_source(scene) {
        found.extend(paths(&value).into_iter().map(|what| Shown { place: place.clone(), what }));
    }
    found.extend(told(scene));
    for shown in &mut found {
        shown.what = value::normal(&shown.what).unwrap_or_default();
    }
    found
}

/// Paths that the source is told by its arguments; what the image brings there may be what it reads.
fn told(scene: &Scene<'_>) -> Vec<Shown> {
    if scene.sources().is_empty() {
        return Vec::new();
    }
    let interpreted = start::all(scene)
        .iter()
        .filter(|program| facts::command(&program.name).is_some_and(|known| known.role == ProgramRole::Interpreter));
    let words = interpreted.flat_map(|program| program.arguments.iter().flatten().map(move |word| (program, word)));
    let paths = words.flat_map(|(program, word)| paths(word).into_iter().map(move |path| (program, path)));
    let written = paths.filter(|(_, path)| scene.file(path).is_none());
    let place = |program: &Program| match &program.script {
        Some(script) => script.clone(),
        None => format!("line {}", scene.model.line(program.at.1)),
    };
    written.map(|(program, what)| Shown { place: place(program), what }).collect()
}

/// Variables that others than the image give the process, and that the source reads.
pub(super) fn given_to_source(scene: &Scene<'_>) -> Vec<Given> {
    let mut read = HashSet::new();
    for file in scene.sources() {
        let environment = prepared(file.language.shows.environment);
        for line in &file.lines {
            read.extend(variables(&line.text, &environment).map(|(name, _)| name.to_owned()));
        }
    }
    if read.is_empty() {
        return Vec::new();
    }
    given::all(scene).into_iter().filter(|given| read.contains(&given.name)).collect()
}

/// Paths above the folder of the file, or above the one that the process starts in, that a line leads to by `..`.
pub fn above(scene: &Scene<'_>) -> Vec<Shown> {
    let cwd = scene.model.process_folder(scene.stage);
    let Some(cwd) = cwd.text() else { return Vec::new() };
    let climbs = |file: &File| {
        let folder = file.folder();
        let shows = &file.language.shows;
        let [reads, imports, here, up] = [shows.reads, shows.imports, shows.here, shows.up].map(prepared);
        let lines = file.lines.iter().filter_map(|line| {
            let has = |words: &[String]| words.iter().any(|word| line.text.contains(word.as_str()));
            if has(&reads) {
                return None;
            }
            let above = has(&here) && has(&up);
            let base = if has(&here) { folder.as_deref()? } else { cwd };
            let base = if above { value::join(base, "..") } else { base.to_owned() };
            // What brings in another file reads it.
            let brings = |before: &str| {
                let before = before.trim_end_matches(['(', ' ']);
                imports.iter().any(|word| before.ends_with(word.as_str()))
            };
            let climbs = |(before, text): (&str, &str)| climbing(text) && !brings(before);
            let skipped = if above { 0 } else { quoted(&line.text).position(climbs)? };
            let parts = texts(&line.text).skip(skipped).take_while(|text| is_part(text));
            let join = |path: String, part: &str| value::join(&path, part.trim_start_matches('/'));
            Some(Shown { place: file.place(line.number), what: parts.fold(base, join) })
        });
        lines.collect::<Vec<_>>()
    };
    scene.sources().iter().flat_map(climbs).collect()
}

fn climbing(text: &str) -> bool {
    text == ".." || text.starts_with("../")
}

/// The first line that goes to another folder than its own, from where relative paths lead elsewhere.
pub fn moves(scene: &Scene<'_>) -> Option<Shown> {
    calls(
        scene,
        |shows| shows.enters,
        |shows, line| {
            let here = prepared(shows.here);
            !here.iter().any(|word| line.contains(word.as_str()))
        },
    )
}

/// The first line that changes the owner of something.
pub fn owns(scene: &Scene<'_>) -> Option<Shown> {
    calls(scene, |shows| shows.owns, |_, _| true)
}

fn calls(
    scene: &Scene<'_>,
    of: fn(&Shows) -> &'static [&'static str],
    counts: fn(&Shows, &str) -> bool,
) -> Option<Shown> {
    scene.sources().iter().find_map(|file| {
        let shows = &file.language.shows;
        let names = prepared(of(shows));
        file.lines.iter().find_map(|line| {
            let at = names.iter().position(|name| line.text.contains(name.as_str()))?;
            let what = (*of(shows).get(at)?).trim_end_matches('(').to_owned();
            counts(shows, &line.text).then(|| Shown { place: file.place(line.number), what })
        })
    })
}

/// Whether the image or the project sets a variable, so that what stands behind it in the source does not count.
pub(super) fn is_set(scene: &Scene<'_>, name: &str) -> bool {
    scene.model.environment(scene.stage, usize::MAX, name) != Value::Unset || given_elsewhere(scene, name)
}

/// Files with settings that the source names, and that copies bring: their names and texts.
pub(super) fn settings(scene: &Scene<'_>) -> Vec<(String, String)> {
    let cwd = scene.model.process_folder(scene.stage);
    let packed = words::PACKED_SETTINGS.iter().filter_map(|name| {
        let path = scene.in_context(name)?;
        let text = scene.files.read(&path).filter(|text| text.len() < BYTES)?;
        Some((path, String::from_utf8_lossy(&text).into_owned()))
    });
    let mut found: Vec<(String, String)> = packed.collect();
    for file in scene.sources() {
        let folders = [cwd.text().map(str::to_owned), file.folder()];
        let named = file.lines.iter().flat_map(|line| {
            let hidden = line.text.contains("dotenv").then_some(".env");
            texts(&line.text).filter(|text| is_settings(text)).chain(hidden).collect::<Vec<_>>()
        });
        for name in named {
            let mut places = folders.iter().flatten().map(|folder| value::join(folder, name));
            let Some(text) = places.find_map(|place| scene.file(&place)) else { continue };
            if found.len() < MOST && text.text.len() < BYTES && found.iter().all(|(shown, _)| *shown != text.shown) {
                found.push((text.shown, String::from_utf8_lossy(&text.text).into_owned()));
            }
        }
    }
    found
}

fn is_settings(text: &str) -> bool {
    !matches!(text, "package.json" | "./package.json" | "../package.json")
        && SETTINGS.iter().any(|ending| text.ends_with(ending))
        && !text.contains(' ')
}

pub(super) fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with(['#', ';']) || line.trim_start().starts_with("//")
}

/// The texts of a line of code.
fn texts(line: &str) -> impl Iterator<Item = &str> {
    quoted(line).map(|(_, text)| text)
}

/// The texts of a line of code, each with the code before it.
fn quoted(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.split('"').step_by(2).zip(line.split('"').skip(1).step_by(2))
}

/// A text that may be a part of a path.
fn is_part(text: &str) -> bool {
    // How a file is opened stands behind its path.
    let mode = text.len() < 3 && text.chars().all(|letter| "rwaxb+t".contains(letter));
    !text.is_empty() && !mode && !text.contains([' ', '{', '$', '%', '*', ':'])
}

/// Paths in folders for data that stand in a text.
fn paths(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for root in DATA {
        for (at, _) in text.match_indices(root) {
            let rest = text.get(at..).unwrap_or("");
            let len =
                rest.find(|c: char| !(is_word(c) || matches!(c, '/' | '.' | '-' | '+' | '@'))).unwrap_or(rest.len());
            let path = rest.get(..len).unwrap_or("").trim_end_matches(['/', '.']);
            let begins = text
                .get(..at)
                .is_none_or(|before| before.is_empty() || before.ends_with(['"', '\'', ':', '=', ',', '(', ' ', '/']));
            let whole = path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            if begins && whole && !value::within(path, SECRETS) {
                found.push(path.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_stands_in_few_trees() {
        assert_eq!(paths("file:/srv/shop.db?mode=rwc"), ["/srv/shop.db"]);
        assert_eq!(paths("sqlite:////var/lib/shop.db"), ["/var/lib/shop.db"]);
        assert_eq!(paths("/srv"), ["/srv"]);
        assert!(paths("https://example.com/var/x").is_empty());
        assert!(paths("/variant/x /optional").is_empty());
        assert!(paths("/var/run/secrets/kubernetes.io/token").is_empty());
    }
}
