//! The port that the build packs into a program, as its framework reads it from a file of the build context.

use super::settings::{Setting, of_tree};
use super::vouch;
use crate::context::{Entry, matches};
use crate::facts::{self, PackedPort};
use crate::model::hazard::Scene;
use crate::source::Span;
use crate::syntax::Keyword;

/// The port of the one program, where one file of settings says it and nothing counts for more.
pub(super) fn packed(scene: &Scene<'_>) -> Option<Setting> {
    facts::packed_ports().iter().find_map(|known| of(scene, known))
}

fn of(scene: &Scene<'_>, known: &PackedPort) -> Option<Setting> {
    let [program] = scene.programs.list.as_slice() else { return None };
    let told = |word: &str| word.contains(known.key) || holds_any(word, known.unless_arguments);
    // A word that is not known may say the port.
    let silent = program.arguments.iter().all(|word| word.as_deref().is_some_and(|word| !told(word)));
    if !scene.programs.complete || program.name != known.program || !silent || overruled(scene, known) {
        return None;
    }
    let read = |path: &str| {
        let shown = scene.in_context(path)?;
        let is_file = matches!(scene.files.entry(&shown), Entry::File { .. }) && !scene.hides(&shown);
        Some((shown.clone(), scene.files.read(&shown).filter(|_| is_file)?))
    };
    let marked = |(_, text): (String, Vec<u8>)| {
        let text = String::from_utf8_lossy(&text).into_owned();
        text.contains(known.mark) && !holds_any(&text, known.unless_manifests)
    };
    if !known.manifests.iter().filter_map(|name| read(name)).any(marked) || !is_built(scene, known) {
        return None;
    }
    let names = scene.files.list(&scene.in_context(known.folder)?);
    let others = names.iter().filter(|name| known.others.iter().any(|glob| matches(glob, name)));
    let word = known.key.rsplit('.').next().unwrap_or(known.key);
    for name in others {
        // A folder of settings, or one that says a port of whatever kind.
        let (_, text) = read(&format!("{}/{name}", known.folder))?;
        if String::from_utf8_lossy(&text).contains(word) {
            return None;
        }
    }
    let mut said = known.files.iter().filter_map(|name| {
        let (file, text) = read(&format!("{}/{name}", known.folder))?;
        says(&text, name, known.key, word).map(|found| (file, text, found))
    });
    let (Some((file, text, Some(span))), None) = (said.next(), said.next()) else { return None };
    if holds_any(&String::from_utf8_lossy(&text), known.unless_settings) {
        return None;
    }
    let span = default(scene, &text, span)?;
    let port = std::str::from_utf8(span.of(&text)).ok()?.parse().ok()?;
    Some(Setting { port, file, span })
}

/// Whether a text holds one of these.
fn holds_any(text: &str, marks: &[&str]) -> bool {
    marks.iter().any(|mark| text.contains(mark))
}

/// Whether a stage copies the folder of the settings and builds with it, and no step or copy brings others.
fn is_built(scene: &Scene<'_>, known: &PackedPort) -> bool {
    let Some(folder) = scene.in_context(known.folder) else { return false };
    let holds = |copied: &String| {
        let below = |rest: &str| rest.is_empty() || rest.starts_with('/');
        copied.is_empty() || folder.strip_prefix(copied.as_str()).is_some_and(below)
    };
    let (mut builds, mut others) = (false, false);
    for index in 0..scene.model.tree.instructions.len() {
        let (keyword, text) = (scene.model.keyword(index), scene.text(index));
        builds |= keyword == Keyword::Run && holds_any(&text, known.builders);
        let brings = matches!(keyword, Keyword::Run | Keyword::Copy | Keyword::Add);
        others |= brings && holds_any(&text, known.unless_steps);
    }
    let mut mounted = scene.services.iter().flat_map(|service| &service.mounts);
    others |= mounted.any(|mount| holds_any(&mount.target, known.unless_steps));
    builds && !others && vouch::folders(scene).is_some_and(|copied| copied.iter().any(holds))
}

/// Whether the environment may say another port.
fn overruled(scene: &Scene<'_>, known: &PackedPort) -> bool {
    // Relaxed binding takes other spellings too.
    let plain = |name: &str| name.to_ascii_uppercase().replace(['.', '-'], "_");
    let more = |name: &str| known.variables.iter().any(|begin| plain(name).starts_with(begin));
    let entry = scene.model.entry(scene.stage);
    let mut commands = [entry.entrypoint, entry.cmd].into_iter().flatten().map(|(_, index)| scene.text(index));
    if commands.any(|text| known.variables.iter().any(|name| text.contains(name))) {
        return true;
    }
    let set = scene.model.environments(scene.stage);
    let given = scene.services.iter().flat_map(|service| &service.environment);
    set.iter().any(|(name, ..)| more(name)) || given.into_iter().any(|(name, _)| more(name))
}

/// Whether a file of settings says the key, and where its value stands if that is certain.
fn says(text: &[u8], name: &str, key: &str, word: &str) -> Option<Option<Span>> {
    if !String::from_utf8_lossy(text).contains(word) {
        return None;
    }
    if !name.ends_with(".properties") {
        let parts: Vec<String> = key.split('.').map(str::to_owned).collect();
        let whole = [key.to_owned()];
        let found = of_tree(text, &parts).xor(of_tree(text, &whole));
        // Other ports may stand there; one that is not certain may be this one.
        let own = parts.first().is_some_and(|first| String::from_utf8_lossy(text).contains(first.as_str()));
        return (found.is_some() || own).then_some(found);
    }
    let mut start = 0;
    let mut found: Option<Option<Span>> = None;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let at = start;
        start += line.len();
        let Ok(line) = std::str::from_utf8(line) else { return Some(None) };
        let plain = line.trim_start();
        let Some(rest) = plain.strip_prefix(key) else { continue };
        let Some(value) = rest.trim_start_matches([' ', '\t']).strip_prefix(['=', ':']) else { continue };
        let from = at + line.len() - value.trim_start().len();
        let span = Span::new(from, from + value.trim().len());
        // The last of two counts.
        found = Some(if found.is_some() { None } else { Some(span) });
    }
    found
}

/// The digits of a value; of `${NAME:80}` the default, where nothing sets the name.
fn default(scene: &Scene<'_>, text: &[u8], span: Span) -> Option<Span> {
    let value = std::str::from_utf8(span.of(text)).ok()?;
    let Some(inner) = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else { return Some(span) };
    let (name, _) = inner.split_once(':')?;
    let given = scene.services.iter().flat_map(|service| &service.environment).any(|(other, _)| other == name);
    let set = scene.model.environments(scene.stage).iter().any(|(other, ..)| other == name);
    let digits = Span::new(span.start + 2 + name.len() + 1, span.end - 1);
    (!given && !set).then_some(digits)
}
