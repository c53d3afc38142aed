//! The addresses that the settings of an ASP.NET program list: it listens there, whatever its variables say.

use super::settings::{Setting, mounted};
use crate::context::{below, matches};
use crate::facts::{Dialect, words};
use crate::model::hazard::Scene;
use crate::model::{server, value};
use crate::source::Span;

/// Most bytes of a file that is looked at.
const BYTES: u64 = 256 << 10;

/// The first places of the project's source and settings, one a file, that may say by themselves where the program listens.
pub fn said(scene: &Scene<'_>) -> Vec<(String, usize)> {
    let Some(root) = scene.in_context("") else { return Vec::new() };
    let fits = |path: &str| words::LISTENER_FILES.iter().any(|pattern| matches(pattern, name(path)));
    let looked_at = below(scene.files, &root).into_iter().filter(|(path, len)| *len < BYTES && fits(path));
    let place = |(path, _): (String, u64)| {
        let text = scene.files.read(&path)?;
        let read = String::from_utf8_lossy(&text).into_owned();
        let says = |line: &str| {
            let code = line.trim_start();
            !code.starts_with("//") && words::LISTENER_WORDS.iter().any(|word| code.contains(word))
        };
        let at = read.lines().position(says)?;
        Some((path, at + 1))
    };
    looked_at.filter_map(place).collect()
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or("")
}

/// The ports of those addresses, where one file of the project alone says any, and nothing counts for more.
pub fn listed(scene: &Scene<'_>) -> Vec<Setting> {
    of(scene).unwrap_or_default()
}

fn of(scene: &Scene<'_>) -> Option<Vec<Setting>> {
    let [program] = scene.programs.list.as_slice() else { return None };
    // Arguments may name other addresses.
    let alone = scene.programs.complete && program.arguments.len() == 1;
    if !alone || !words::LISTENER_PROGRAMS.contains(&program.name.as_str()) {
        return None;
    }
    let counts =
        |name: &str| words::LISTENER_VARIABLES.iter().any(|begin| name.to_ascii_uppercase().starts_with(begin));
    let set = scene.model.environments(scene.stage);
    let given = scene.services.iter().flat_map(|service| &service.environment);
    if set.iter().any(|(name, ..)| counts(name)) || given.into_iter().any(|(name, _)| counts(name)) {
        return None;
    }
    let said = said(scene);
    let [(file, _)] = said.as_slice() else { return None };
    let folder = scene.model.process_folder(scene.stage).certain()?.to_owned();
    let hidden = scene.hides(file) || mounted(scene, &value::join(&folder, name(file)));
    if hidden || !words::LISTENER_SETTINGS.contains(&name(file)) {
        return None;
    }
    // Of two such files one may be another program's.
    let root = scene.in_context("")?;
    if below(scene.files, &root).iter().filter(|(path, _)| name(path) == name(file)).count() > 1 {
        return None;
    }
    let text = scene.files.read(file)?;
    let mut found = Vec::new();
    for said in server::read(&text, Dialect::Keys)? {
        if said.name.eq_ignore_ascii_case("urls") {
            return None;
        }
        if words::LISTENER_KEYS.iter().any(|key| server::fits(key, &said.name)) {
            let [word] = said.words.as_slice() else { return None };
            found.push(Setting { file: file.clone(), ..address(&word.text, word.span, &text)? });
        }
    }
    Some(found)
}

/// The port of `http://*:80`, where the digits stand as they are read.
fn address(word: &str, span: Span, text: &[u8]) -> Option<Setting> {
    let (_, host) = word.split_once("://")?;
    let (before, digits) = host.trim_end_matches('/').rsplit_once(':')?;
    let port = digits.parse().ok()?;
    let raw = std::str::from_utf8(span.of(text)).ok()?;
    let at = raw.find(&format!("{before}:{digits}"))? + before.len() + 1;
    let span = Span::new(span.start + at, span.start + at + digits.len());
    Some(Setting { port, file: String::new(), span })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_addresses() {
        let port = |text: &str| {
            let quoted = format!("\"{text}\"");
            let found = address(text, Span::new(0, quoted.len()), quoted.as_bytes())?;
            Some((found.port, String::from_utf8_lossy(found.span.of(quoted.as_bytes())).into_owned()))
        };
        for (text, wanted) in [
            ("http://*:80", Some((80, "80"))),
            ("https://0.0.0.0:443/", Some((443, "443"))),
            ("http://[::]:80", Some((80, "80"))),
            ("http://*", None),
            ("*:80", None),
            ("http://*:http", None),
        ] {
            assert_eq!(port(text), wanted.map(|(port, digits)| (port, digits.to_owned())), "{text}");
        }
    }
}
