//! Files of the project, besides compose files, in which a service is asked by its name on the port that moves.

use super::{Along, Draft};
use crate::compose;
use crate::context::{below, is_compose};
use crate::facts::words;
use crate::model::hazard::{Hazard, Weight};
use crate::model::value;
use crate::source::Span;

/// Most bytes of a file that is looked at.
const BYTES: u64 = 128 << 10;

/// Moves the port along in the configuration of other services that ask one of these services on it, and tells of the
/// first file where it cannot; those that are `settled` have been looked through.
pub(super) fn look(draft: &mut Draft<'_>, names: &[String], from: u16, to: u16, at: usize, settled: &[String]) {
    if names.is_empty() {
        return;
    }
    let search = Search { names, port: from, settled };
    let files = draft.scene.files;
    let looked_at = below(files, "").into_iter().filter(|(path, len)| *len < BYTES && search.is_looked_at(path));
    let found = looked_at.filter_map(|(path, _)| files.read(&path).and_then(|text| search.asks(path, &text)));
    let reached = reached(draft);
    let (moved, left): (Vec<Asks>, Vec<Asks>) =
        found.partition(|asks| asks.alone && reached.iter().any(|place| is_below(&asks.path, place)));
    if let Some(asks) = left.first() {
        let message =
            format!("{}:{} asks it by its name on port {from} and is not changed along", asks.path, asks.line);
        draft.hazards.push(Hazard { id: "port-elsewhere", weight: Weight::Unsafe, message, at, packaged: false });
    }
    for asks in moved {
        draft.along.extend(asks.places.into_iter().map(|span| {
            let text = if span.is_empty() { format!(":{to}") } else { to.to_string() };
            Along { asks: true, ..Along::word(&asks.path, span, text) }
        }));
    }
}

/// Whether a file is, or lies below, a path of the project that is not all of it.
fn is_below(file: &str, place: &str) -> bool {
    !place.is_empty() && value::within(&format!("/{file}"), &format!("/{place}"))
}

/// What the other services of the compose files are built from, are given and have mounted.
fn reached(draft: &Draft<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for service in &draft.scene.services {
        let text = draft.scene.files.read(&service.file).unwrap_or_default();
        found.extend(compose::reached(&text, &service.file, &service.name));
    }
    found
}

/// A file that asks.
struct Asks {
    path: String,
    line: usize,
    places: Vec<Span>,
    /// Whether it is configuration that can be changed alone.
    alone: bool,
}

struct Search<'s> {
    names: &'s [String],
    port: u16,
    settled: &'s [String],
}

impl Search<'_> {
    fn is_looked_at(&self, path: &String) -> bool {
        let name = path.rsplit('/').next().unwrap_or("");
        !is_compose(name) && !name.ends_with(".md") && !self.settled.contains(path)
    }

    /// Where a text asks one of these hosts on the port.
    fn asks(&self, path: String, text: &[u8]) -> Option<Asks> {
        let lossy = String::from_utf8_lossy(text);
        let hits = |line: &str| -> Vec<Span> {
            let all = self.names.iter().flat_map(|name| compose::asked(line, name, self.port));
            all.map(|asked| asked.digits).collect()
        };
        if lossy.contains('\0') {
            return None;
        }
        // Where the name is the text's own, a port behind it shows that a host is meant.
        let named = self.defines(&lossy);
        let mut asks = Asks { path, line: 0, places: Vec::new(), alone: std::str::from_utf8(text).is_ok() };
        let mut start = 0;
        for (at, line) in lossy.split_inclusive('\n').enumerate() {
            let mut found = hits(line);
            found.retain(|span| !(named && span.is_empty()));
            if asks.line == 0 && !found.is_empty() {
                asks.line = at + 1;
            }
            if !line.trim_start().starts_with('#') {
                asks.places.extend(found.iter().map(|span| Span::new(start + span.start, start + span.end)));
            }
            start += line.len();
        }
        let name = asks.path.rsplit('/').next().unwrap_or("");
        let configures = words::CONFIGURATION_ENDINGS.iter().any(|end| name.ends_with(end));
        asks.alone &= configures && !asks.places.is_empty();
        asks.places.sort_unstable();
        asks.places.dedup();
        (asks.line > 0).then_some(asks)
    }

    /// Whether a text itself calls something by the name of a service, as `upstream web {` does.
    fn defines(&self, text: &str) -> bool {
        let mut previous = "";
        text.split(|c: char| c.is_whitespace() || matches!(c, '{' | ';')).filter(|word| !word.is_empty()).any(|word| {
            let defines = words::DEFINING_WORDS.contains(&previous) && self.names.iter().any(|name| name == word);
            previous = word;
            defines
        })
    }
}
