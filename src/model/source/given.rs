//! Variables of the environment that others than the image's ENV give the process: compose, the command itself.

use super::line::is_word;
use crate::model::hazard::Scene;
use crate::model::start;

/// A variable that is given.
pub(super) struct Given {
    /// Its name.
    pub(super) name: String,
    /// Its value.
    pub(super) value: String,
    /// Where it is given, for people.
    pub(super) place: String,
}

/// What compose services that run the image set, and what the command sets before its program.
pub(super) fn all(scene: &Scene<'_>) -> Vec<Given> {
    let mut found = Vec::new();
    for service in scene.serving() {
        let set = service.environment.iter().cloned();
        found.extend(set.map(|(name, value)| Given { name, value, place: service.file.clone() }));
    }
    let entry = scene.model.entry(scene.stage);
    for (_, index) in [entry.entrypoint, entry.cmd].into_iter().flatten() {
        let place = format!("line {}", scene.model.line(index));
        let text = scene.text(index);
        found.extend(text.split([' ', '"', '\'', ',', '[', ']']).filter_map(|word| given(word, &place)));
    }
    for program in start::all(scene) {
        let Some(script) = &program.script else { continue };
        let text = scene.files.read(script).unwrap_or_default();
        for (at, line) in String::from_utf8_lossy(&text).lines().enumerate() {
            let words = line.split([' ', '\t', ';', '"']).filter(|word| !word.starts_with('#'));
            found.extend(words.filter_map(|word| given(word, &format!("{script}:{}", at + 1))));
        }
    }
    found
}

/// `DATA_DIR=/srv/data`.
fn given(word: &str, place: &str) -> Option<Given> {
    let (name, value) = word.split_once('=')?;
    let named = name.starts_with(|letter: char| letter.is_ascii_uppercase()) && name.chars().all(is_word);
    let value = value.trim_matches(['"', '\'']);
    named.then(|| Given { name: name.to_owned(), value: value.to_owned(), place: place.to_owned() })
}
