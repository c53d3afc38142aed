//! Files of the project besides Dockerfile and start scripts that name a port, and do not move along.

use super::Draft;
use crate::model::hazard::{Hazard, Weight};

/// Other files of the project that name the port make the move unsafe: they would have to move along, as those that are
/// `settled` do.
pub(super) fn look(draft: &mut Draft<'_>, port: u16, at: usize, settled: &[String]) {
    const NAMES: [&str; 14] = [
        "compose.yaml",
        "compose.yml",
        "docker-compose.yaml",
        "docker-compose.yml",
        "docker-compose.prod.yml",
        "docker-compose.override.yml",
        "Makefile",
        "README.md",
        "README",
        "README.rst",
        ".env",
        "fly.toml",
        "render.yaml",
        "app.json",
    ];
    let folder = draft.scene.path.and_then(|path| path.rsplit_once('/')).map(|(folder, _)| folder.to_owned());
    let Some(_) = draft.scene.path else {
        let message = format!("the rest of the project cannot be seen, and may name port {port}");
        draft.hazards.push(Hazard { id: "port-elsewhere", weight: Weight::Unsafe, message, at, packaged: false });
        return;
    };
    let folders = [Some(String::new()), folder.map(|folder| format!("{folder}/"))];
    for (folder, name) in folders.iter().flatten().flat_map(|folder| NAMES.map(|name| (folder, name))) {
        let path = format!("{folder}{name}");
        if settled.contains(&path) {
            continue;
        }
        let Some(text) = draft.scene.files.read(&path) else { continue };
        if mentions(&String::from_utf8_lossy(&text), port) {
            let message = format!("{path} names port {port} too and is not changed along");
            draft.hazards.push(Hazard { id: "port-elsewhere", weight: Weight::Unsafe, message, at, packaged: false });
            return;
        }
    }
}

/// Whether a text holds the port as `:80`, `80:`, `port 80` or `=80`.
fn mentions(text: &str, port: u16) -> bool {
    let wanted = port.to_string();
    text.match_indices(&wanted).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + wanted.len()..).and_then(|text| text.chars().next());
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || c == '.');
        !digit(before) && !digit(after) && (before.is_some_and(|c| ":= \t`".contains(c)) || after == Some(':'))
    })
}
