//! Files of the project besides Dockerfile and start scripts that name a port, and do not move along.

use super::{Along, Draft};
use crate::context::{Entry, matches};
use crate::facts::words;
use crate::model::hazard::{Hazard, Weight};
use crate::model::{start, workload};
use crate::readme::{self, Published};

/// Other files of the project that name the port make the move unsafe: they would have to move along, as those that are
/// `settled` do.
pub(super) fn look(draft: &mut Draft<'_>, port: u16, to: u16, at: usize, settled: &[String]) {
    const NAMES: [&str; 16] = [
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
        ".gitlab-ci.yml",
        "Procfile",
    ];
    let folder = draft.scene.path.and_then(|path| path.rsplit_once('/')).map(|(folder, _)| folder.to_owned());
    let Some(_) = draft.scene.path else {
        let message = format!("the rest of the project cannot be seen, and may name port {port}");
        draft.hazards.push(Hazard { id: "port-elsewhere", weight: Weight::Unsafe, message, at, packaged: false });
        return;
    };
    if let Some(place) = workload::naming(draft.scene, port, settled) {
        let message =
            format!("{place} names port {port} of a container that may be this one, and is not changed along");
        draft.hazards.push(Hazard { id: "port-elsewhere", weight: Weight::Unsafe, message, at, packaged: false });
        return;
    }
    if let Some(path) = in_workflows(draft, port).or_else(|| in_deploys(draft, port, settled)) {
        let message = format!("{path} names port {port} where it runs or asks a container, and is not changed along");
        draft.hazards.push(Hazard { id: "port-elsewhere", weight: Weight::Unsafe, message, at, packaged: false });
        return;
    }
    let folders = [Some(String::new()), folder.map(|folder| format!("{folder}/"))];
    for (folder, name) in folders.iter().flatten().flat_map(|folder| NAMES.map(|name| (folder, name))) {
        let path = format!("{folder}{name}");
        if settled.contains(&path) {
            continue;
        }
        let Some(text) = draft.scene.files.read(&path) else { continue };
        // Places are those of the bytes only where the text is read as it stands.
        let mapped = std::str::from_utf8(&text).map(|text| mapped(draft, &path, text, port)).unwrap_or_default();
        let mut text = String::from_utf8_lossy(&text).into_owned();
        // The port of the host that they map stays what it is.
        for place in &mapped {
            text.replace_range(place.value.range(), &" ".repeat(place.value.len()));
        }
        if mentions(&text, port) {
            let message = format!("{path} names port {port} too and is not changed along");
            draft.hazards.push(Hazard { id: "port-elsewhere", weight: Weight::Unsafe, message, at, packaged: false });
            return;
        }
        let along = |place: &Published| Along::word(&path, place.digits, to.to_string());
        draft.along.extend(mapped.iter().map(along));
    }
}

/// The workflow of the project that runs or asks a container on the port.
fn in_workflows(draft: &Draft<'_>, port: u16) -> Option<String> {
    const FOLDER: &str = ".github/workflows";
    let names = draft.scene.files.list(FOLDER);
    names.iter().map(|name| format!("{FOLDER}/{name}")).find(|path| runs(&read(draft, path), port))
}

/// Most bytes of a file that is looked through.
const BYTES: u64 = 256 << 10;

/// The file of the project that says on which port a platform asks a container, or runs one by hand; what the image holds
/// is no such file.
fn in_deploys(draft: &Draft<'_>, port: u16, settled: &[String]) -> Option<String> {
    let name = |path: &str| path.rsplit('/').next().unwrap_or("").to_owned();
    let is = |path: &str, patterns: &[&str]| patterns.iter().any(|pattern| matches(pattern, &name(path)));
    let started: Vec<&String> = start::all(draft.scene).iter().filter_map(|program| program.script.as_ref()).collect();
    let small = |path: &str| matches!(draft.scene.files.entry(path), Entry::File { len, .. } if len < BYTES);
    let survey = draft.scene.files.survey();
    let others = survey.deploys.iter().filter(|path| !settled.contains(path) && !started.contains(path) && small(path));
    let mut says = others.filter(|path| {
        (is(path, words::DEPLOY_FILES) && mentions(&read(draft, path), port))
            || (is(path, words::DEPLOY_SCRIPTS) && runs(&read(draft, path), port))
    });
    says.next().cloned()
}

fn read(draft: &Draft<'_>, path: &str) -> String {
    String::from_utf8_lossy(&draft.scene.files.read(path).unwrap_or_default()).into_owned()
}

/// Whether a line of a text runs a container, or asks one, and names the port.
fn runs(text: &str, port: u16) -> bool {
    let runs = |line: &&str| ["docker", "podman", "curl", "localhost"].iter().any(|word| line.contains(word));
    text.lines().filter(runs).any(|line| mentions(line, port))
}

/// Where a text maps the port in runs of the image that it documents.
fn mapped(draft: &Draft<'_>, path: &str, text: &str, port: u16) -> Vec<Published> {
    let runs = draft.scene.runs.iter().filter(|(file, _)| file == path);
    let mut found: Vec<Published> = runs.flat_map(|(_, run)| readme::published(text, run, port)).collect();
    found.sort_by_key(|place| place.value);
    found.dedup();
    found
}

/// Whether a text holds the port as `:80`, `80:`, `port 80`, `-p 80` or `PORT=80`.
pub(super) fn mentions(text: &str, port: u16) -> bool {
    let wanted = port.to_string();
    text.match_indices(&wanted).any(|(at, _)| {
        let head = text.get(..at).unwrap_or("");
        let before = head.chars().next_back();
        let mut rest = text.get(at + wanted.len()..).unwrap_or("").chars();
        let (after, next) = (rest.next(), rest.next());
        let word = |c: char| c.is_alphanumeric() || c == '.';
        if before.is_some_and(word)
            || after.is_some_and(char::is_alphanumeric)
            || (after == Some('.') && next.is_some_and(word))
        {
            return false;
        }
        // What stands before it has to be about ports.
        let named = || {
            let name = head.trim_end_matches(['=', ' ', '\t', '`', '"', '\'', ':']);
            let start = name.rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).map_or(0, |at| at + 1);
            let name = name.get(start..).unwrap_or("").to_ascii_lowercase();
            name.ends_with("port")
                || name.ends_with("ports")
                || matches!(name.as_str(), "-p" | "--publish" | "expose" | "listen")
        };
        before == Some(':') || after == Some(':') || named()
    })
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn ports_are_told_from_other_numbers() {
        for text in [
            "http://localhost:80/",
            "-p 80:80",
            "port 80",
            "`port` `80`",
            "PORT=80",
            "ports: 80",
            "EXPOSE 80.",
            "- \"80:80\"",
        ] {
            assert!(mentions(text, 80), "{text}");
        }
        for text in
            ["80 columns", "width=80", "over 80 percent", "8080:8080", "1.80", "80.5", "a80", "x:8080", "port 8080"]
        {
            assert!(!mentions(text, 80), "{text}");
        }
    }
}
