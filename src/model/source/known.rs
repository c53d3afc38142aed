//! Paths that source names by a constant or by a variable of the environment, put where the name stands.

use super::call::{assignment, prepared};
use super::given_elsewhere;
use super::line::is_word;
use super::started::File;
use crate::model::Value;
use crate::model::hazard::Scene;

/// Lines of a file in which a known name was replaced by what it stands for, with their numbers.
pub(super) fn lines(scene: &Scene<'_>, file: &File) -> Vec<(usize, String)> {
    let environment = prepared(file.language.shows.environment);
    let constants = constants(scene, file, &environment);
    let mut found = Vec::new();
    for line in &file.lines {
        let mut text = from_environment(scene, &line.text, &environment).unwrap_or_else(|| line.text.clone());
        for (name, value) in &constants {
            if let Some(put) = replaced(&text, name, value) {
                text = put;
            }
        }
        if text != line.text {
            found.push((line.number, text));
        }
    }
    found
}

/// Names that the file gives a path once: `DATA = "/srv/data"`, `DATA = Path("/srv/data")`.
fn constants(scene: &Scene<'_>, file: &File, environment: &[String]) -> Vec<(String, String)> {
    let mut found: Vec<(String, Option<String>)> = Vec::new();
    for line in &file.lines {
        let Some((name, value)) = assignment(&line.text) else { continue };
        let value = from_environment(scene, value, environment).unwrap_or_else(|| value.to_owned());
        let value = Some(value).filter(|value| is_path(value));
        match found.iter_mut().find(|(known, _)| known == name) {
            // What is set twice may be either.
            Some((_, known)) => *known = None,
            None => found.push((name.to_owned(), value)),
        }
    }
    found.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// A text that is an absolute path, or a Path made of one.
fn is_path(value: &str) -> bool {
    let inner = ["pathlib.Path(", "Path("].iter().find_map(|begin| value.strip_prefix(begin)?.strip_suffix(')'));
    let text = inner.unwrap_or(value);
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    text.is_some_and(|text| text.starts_with('/') && text.len() > 1 && !text.contains('"'))
}

/// `os.environ.get("DATA", "/data")` as the path that ENV or the default gives it.
fn from_environment(scene: &Scene<'_>, text: &str, environment: &[String]) -> Option<String> {
    for begin in environment {
        let Some(at) = text.find(begin.as_str()) else { continue };
        let after = text.get(at + begin.len()..)?;
        let len = after.find(|letter| !is_word(letter)).unwrap_or(after.len());
        let (name, rest) = (after.get(..len)?, after.get(len..)?);
        let rest = if begin.ends_with('"') { rest.strip_prefix('"')? } else { rest };
        let (default, rest) = default(rest);
        let rest = if begin.ends_with('"') { rest.strip_prefix([')', ']'])? } else { rest };
        let set = scene.model.environment(scene.stage, usize::MAX, name);
        let value = match set {
            Value::Known(value) => value,
            Value::Unset if !given_elsewhere(scene, name) => default?.to_owned(),
            _ => continue,
        };
        if value.starts_with('/') && !value.contains('"') {
            return Some(format!("{}\"{value}\"{rest}", text.get(..at)?));
        }
    }
    None
}

/// A default in quotes behind what reads the environment, and what follows it.
fn default(rest: &str) -> (Option<&str>, &str) {
    let value = [",\"", "||\"", "??\""].iter().find_map(|begin| rest.strip_prefix(begin)?.split_once('"'));
    value.map_or((None, rest), |(default, rest)| (Some(default), rest))
}

/// A name replaced where it stands as a word of its own outside of texts.
fn replaced(text: &str, name: &str, value: &str) -> Option<String> {
    let mut out = String::new();
    let mut last = 0;
    for (at, _) in text.match_indices(name) {
        let before = text.get(..at)?;
        let after = text.get(at + name.len()..)?;
        let quoted = before.matches('"').count() % 2 == 1;
        let part = before.ends_with(|letter| is_word(letter) || letter == '.') || after.starts_with(is_word);
        if quoted || part || after.starts_with('=') {
            continue;
        }
        out.push_str(text.get(last..at)?);
        out.push_str(value);
        last = at + name.len();
    }
    (last > 0).then(|| out + text.get(last..).unwrap_or(""))
}
