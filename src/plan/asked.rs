//! Files of the project, besides compose files, in which a service is asked by its name on the port that moves.

use super::Draft;
use crate::context::{Entry, is_compose};
use crate::model::hazard::{Hazard, Weight};

/// Most names that are looked at, how deep, and the size of a file.
const MOST: usize = 3000;
const DEPTH: usize = 6;
const BYTES: u64 = 128 << 10;

/// Folders in which nothing is configured.
const SKIPPED: [&str; 6] = [".git", "node_modules", "vendor", "dist", "build", "target"];

/// Tells of the first file that asks one of these services on the port, unless the plan changes it along.
pub(super) fn look(draft: &mut Draft<'_>, names: &[String], port: u16, at: usize) {
    let Some(found) = walk(draft, names, port, "", DEPTH, &mut 0) else { return };
    let message = format!("{found} asks it by its name on port {port} and is not changed along");
    draft.hazards.push(Hazard { id: "port-elsewhere", weight: Weight::Unsafe, message, at, packaged: false });
}

fn walk(
    draft: &Draft<'_>,
    names: &[String],
    port: u16,
    folder: &str,
    depth: usize,
    seen: &mut usize,
) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let files = draft.scene.files;
    for name in files.list(folder).iter() {
        *seen += 1;
        if *seen > MOST || SKIPPED.contains(&name.as_str()) {
            continue;
        }
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        let found = match files.entry(&path) {
            Entry::Folder => walk(draft, names, port, &path, depth, seen),
            Entry::File { len, .. } if len < BYTES && !is_compose(name) && !name.ends_with(".md") => {
                files.read(&path).and_then(|text| asks(&text, names, port)).map(|line| format!("{path}:{line}"))
            }
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// The line in which a text asks one of these hosts on the port: `http://web`, `web:80`.
fn asks(text: &[u8], names: &[String], port: u16) -> Option<usize> {
    let text = String::from_utf8_lossy(text);
    if text.contains('\0') {
        return None;
    }
    let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@'));
    let scheme = match port {
        80 => "http://",
        443 => "https://",
        _ => "\0",
    };
    let numbered = format!(":{port}");
    let names_it = |line: &str, name: &String| {
        line.match_indices(name.as_str()).any(|(at, _)| {
            let (before, rest) = (line.get(..at).unwrap_or(""), line.get(at + name.len()..).unwrap_or(""));
            let after = rest.strip_prefix(&numbered);
            let told = after.is_some_and(|rest| !word(rest.chars().next()));
            let implied = before.ends_with(scheme) && !word(rest.chars().next()) && !rest.starts_with(':');
            !word(before.chars().next_back()) && (told || implied)
        })
    };
    text.lines().position(|line| names.iter().any(|name| names_it(line, name))).map(|line| line + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_by_name() {
        let names = vec!["web".to_owned()];
        for text in ["proxy_pass http://web;", "server web:80;", "A=http://web/", "x\nurl: 'http://web'"] {
            assert!(asks(text.as_bytes(), &names, 80).is_some(), "{text}");
        }
        for text in ["http://web:3000/", "http://webs/", "http://my-web/", "http://web.example.org", "web:8080", "web"]
        {
            assert!(asks(text.as_bytes(), &names, 80).is_none(), "{text}");
        }
    }
}
