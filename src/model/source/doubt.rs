//! Ports that source names without a call that shows who listens there.

use super::call::{prepared, variables};
use super::given::Given;
use super::line::{is_word, plain};
use super::listen::OWN;
use super::mention::{given_to_source, is_comment, is_set, settings};
use crate::model::hazard::Scene;

/// Ports that a server is usually moved from.
const PORTS: [&str; 2] = ["80", "443"];
/// Words of lines that say where a server listens.
const LISTENS: [&str; 4] = ["port", "listen", "bind", "addr"];

/// Places where 80 or 443 may be what the process listens on, though no call that the templates know says so.
pub fn ports(scene: &Scene<'_>) -> Vec<(String, u16)> {
    let mut found = Vec::new();
    for file in scene.sources().iter().filter(|file| file.started) {
        let environment = prepared(file.language.shows.environment);
        let asks = prepared(file.language.shows.asks);
        for line in &file.lines {
            // A variable of another name is where the process asks others.
            let read = |name: &str| is_set(scene, name) || !OWN.contains(&name);
            let settled = asks.iter().any(|word| line.text.contains(word.as_str()))
                || variables(&line.text, &environment).any(|(name, _)| read(name));
            if let Some(port) = port(&line.text).filter(|_| !settled) {
                found.push((file.place(line.number), port));
            }
        }
    }
    for Given { name, value, place } in given_to_source(scene) {
        if OWN.contains(&name.as_str()) && PORTS.contains(&value.as_str()) {
            found.extend(value.parse().ok().map(|port| (place, port)));
        }
    }
    for (shown, text) in settings(scene) {
        let lines = text.lines().enumerate().filter(|(_, line)| !is_comment(line));
        let said = lines.filter_map(|(at, line)| Some((at, port(&plain(line))?)));
        found.extend(said.map(|(at, port)| (format!("{shown}:{}", at + 1), port)));
    }
    found
}

/// The port 80 or 443 of a line that says where to listen.
fn port(line: &str) -> Option<u16> {
    let lower = line.to_ascii_lowercase();
    let says = LISTENS.iter().any(|word| lower.contains(word));
    let everywhere = ["\"\",", "\"0.0.0.0\",", "\"::\","];
    PORTS.iter().find_map(|port| {
        let is_whole = |(at, _): (usize, &str)| {
            let before = line.get(..at)?.chars().next_back();
            let after = line.get(at + port.len()..)?.chars().next();
            let apart = |letter: Option<char>| {
                letter.is_none_or(|letter| !is_word(letter) && !matches!(letter, '.' | '-' | '/'))
            };
            let host = everywhere.iter().any(|host| line.get(..at).is_some_and(|before| before.ends_with(host)));
            (apart(before) && apart(after) && (says || host)).then_some(())
        };
        line.match_indices(port).find_map(is_whole).and_then(|()| port.parse().ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_stand_beside_what_listens() {
        let port = |line: &str| port(&plain(line));
        assert_eq!(port("p.add_argument('--port', type=int, default=80)"), Some(80));
        assert_eq!(port("    ('0.0.0.0', 80),"), Some(80));
        assert_eq!(port("ADDRESS = ('', 80)"), Some(80));
        assert_eq!(port("bind = '0.0.0.0:443'"), Some(443));
        assert_eq!(port("width = 80"), None);
        assert_eq!(port("port = 8080"), None);
        assert_eq!(port("x = y.port / 0.80"), None);
    }
}
