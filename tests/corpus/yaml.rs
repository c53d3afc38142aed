//! Real YAML files: every scalar of the tree has its own bytes, and a port that moves changes just what it says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use serde_yaml::Value;
use unroot::compose;
use unroot::context::{Memory, is_compose};
use unroot::edit::{self, Edit};
use unroot::kubernetes::{self, Account, Patch};
use unroot::yaml::{Difference, Kind, Node, differences, tree};

/// A port that no file names.
const NEW: u16 = 65_123;

/// What was looked at.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Files, different ones.
    pub(super) files: usize,
    /// Those that are compose files.
    pub(super) composes: usize,
    /// Those that hold Kubernetes objects.
    pub(super) manifests: usize,
    /// Those that have a tree.
    pub(super) read: usize,
    /// Scalars whose bytes were compared with what they are read as.
    pub(super) scalars: usize,
    /// Ports that were moved.
    pub(super) moved: usize,
    /// Ports that cannot be changed alone.
    pub(super) refused: usize,
    /// Manifests whose containers were held to an account.
    pub(super) secured: usize,
    /// Ports of manifests that were moved.
    pub(super) sent: usize,
    /// Manifests, or ports of them, that cannot be changed alone.
    pub(super) left: usize,
    /// What is wrong.
    pub(super) wrong: Vec<String>,
}

/// Looks at every YAML file below a folder, once each.
pub(super) fn run(folder: &Path) -> Seen {
    let mut seen = Seen::default();
    let mut known = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let kind = std::fs::symlink_metadata(&path).map(|meta| meta.file_type());
            let yaml = path.extension().is_some_and(|ending| ending == "yml" || ending == "yaml");
            match kind {
                Ok(kind) if kind.is_dir() => open.push(path),
                Ok(kind) if kind.is_file() && yaml => {
                    let Ok(text) = std::fs::read(&path) else { continue };
                    if known.insert(text.clone()) {
                        file(&path, &text, &mut seen);
                    }
                }
                _ => {}
            }
        }
    }
    seen
}

fn file(path: &Path, text: &[u8], seen: &mut Seen) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let holds = |what: &[u8]| text.windows(what.len()).any(|window| window == what);
    let compose = is_compose(&name);
    seen.files += 1;
    seen.composes += usize::from(compose);
    seen.manifests += usize::from(!compose && holds(b"apiVersion:") && holds(b"kind:"));
    let Some(documents) = tree(text) else { return };
    seen.read += 1;
    for node in documents.iter().flat_map(Node::scalars) {
        let raw = String::from_utf8_lossy(node.span.of(text)).into_owned();
        let value = node.text().unwrap_or_default();
        // Folded and anchored scalars are never changed.
        let plain = !raw.starts_with(['"', '\'']) && !raw.contains('\n') && !value.contains('\n') && !node.anchored;
        if plain {
            seen.scalars += 1;
            if raw.trim_end() != value {
                seen.wrong.push(format!("{}: `{raw}` is read as `{value}`", path.display()));
            }
        }
    }
    if compose {
        moves(path, text, &documents, seen);
    } else if holds(b"containers:") {
        held(path, text, &documents, seen);
    }
}

/// Holds every container of a manifest to an account, and moves every port of theirs, one at a time.
fn held(path: &Path, text: &[u8], documents: &[Node], seen: &mut Seen) {
    let mut files = Memory::default();
    files.insert("deploy.yaml", text, 0o644);
    let scalars = |key: &str| {
        let mut found = BTreeSet::new();
        let mut open: Vec<&Node> = documents.iter().collect();
        while let Some(node) = open.pop() {
            found.extend(node.get(key).and_then(Node::text).map(str::to_owned));
            open.extend(node.items());
            open.extend(node.entries().iter().map(|(_, value)| value));
        }
        found
    };
    let names: Vec<String> = scalars("image").into_iter().filter(|name| !name.contains('$')).collect();
    let manifests = kubernetes::read(&files, &names);
    let account = Account { uid: Some(10001), gid: Some(10001), drops: true };
    let mut all: Vec<Result<Vec<Patch>, String>> = vec![kubernetes::secured(&manifests, &names, account)];
    let ports = scalars("containerPort").into_iter().filter_map(|port| port.parse::<u16>().ok());
    all.extend(ports.map(|port| kubernetes::moved(&manifests, &names, port, NEW, &[]).map(|(patches, _)| patches)));
    for (at, patches) in all.into_iter().enumerate() {
        let Ok(patches) = patches else {
            seen.left += 1;
            continue;
        };
        seen.secured += usize::from(at == 0 && !patches.is_empty());
        seen.sent += usize::from(at > 0 && !patches.is_empty());
        if let Err(why) = patched(text, documents, &patches) {
            seen.wrong.push(format!("{}: {why}", path.display()));
        }
        if at == 0 {
            let after = edit::apply(text, &edits(&patches)).unwrap_or_default();
            files.insert("deploy.yaml", after, 0o644);
            let again = kubernetes::secured(&kubernetes::read(&files, &names), &names, account);
            if again.is_ok_and(|again| !again.is_empty()) {
                seen.wrong.push(format!("{}: a second run adds more", path.display()));
            }
            files.insert("deploy.yaml", text, 0o644);
        }
    }
}

fn edits(patches: &[Patch]) -> Vec<Edit> {
    patches.iter().map(|patch| Edit::replace(patch.span, patch.text.clone())).collect()
}

/// Whether changes of a manifest load as what they say and nothing else, for this and for another library, and no other
/// line changes.
fn patched(text: &[u8], documents: &[Node], patches: &[Patch]) -> Result<(), String> {
    let after = edit::apply(text, &edits(patches)).map_err(|error| error.to_string())?;
    let now = tree(&after).ok_or("the result cannot be read")?;
    let found = differences(documents, &now).ok_or("something else differs")?;
    let mut added: Vec<(String, String)> = Vec::new();
    let mut changed = 0;
    for difference in found {
        match difference {
            Difference::Changed => changed += 1,
            Difference::Added(at, what) => added.push((at, what)),
        }
    }
    let mut declared: Vec<(String, String)> = patches.iter().flat_map(|patch| patch.adds.clone()).collect();
    declared.sort();
    added.sort();
    if added != declared {
        return Err(format!("{added:?} instead of {declared:?}"));
    }
    let numbers = patches.iter().filter(|patch| patch.adds.is_empty()).count();
    if changed > numbers {
        return Err(format!("{changed} scalars differ, {numbers} edits"));
    }
    let loads = |text: &[u8]| {
        serde_yaml::Deserializer::from_slice(text).map(Value::deserialize).collect::<Result<Vec<_>, _>>().is_ok()
    };
    if loads(text) && !loads(&after) {
        return Err("the result does not load".to_owned());
    }
    // Old lines that are gone are those with a number in them.
    let lines = |text: &[u8]| text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    let new = lines(&after);
    let mut rest = new.iter();
    let old = lines(text);
    let gone = old.iter().filter(|line| !line.is_empty()).filter(|line| {
        let mut ahead = rest.clone();
        let kept = ahead.any(|other| other == *line);
        if kept {
            rest = ahead;
        }
        !kept
    });
    // In flow style entries are added on the line itself, at the end of the file behind it.
    let within = patches.iter().filter(|patch| !patch.adds.is_empty() && !patch.text.ends_with('\n')).count();
    let gone = gone.count();
    if gone > numbers + within { Err(format!("{gone} lines are gone")) } else { Ok(()) }
}

/// Moves every port of every service, one at a time.
fn moves(path: &Path, text: &[u8], documents: &[Node], seen: &mut Seen) {
    let [document] = documents else { return };
    for (name, service) in document.get("services").map(Node::entries).unwrap_or_default() {
        let Some(name) = name.text() else { continue };
        let lists = ["ports", "expose"].into_iter().filter_map(|key| service.get(key));
        let words = lists.flat_map(Node::scalars).filter_map(|node| node.text().map(str::to_owned));
        let ports = words.filter_map(|word| word.rsplit(':').next()?.split('/').next()?.parse::<u16>().ok());
        for port in ports.collect::<BTreeSet<u16>>() {
            match compose::moved(text, name, port, NEW, &[]) {
                Err(_) => seen.refused += 1,
                Ok(edits) => {
                    seen.moved += 1;
                    if let Err(why) = moved(text, &edits, port) {
                        seen.wrong.push(format!("{}: {name} {port}: {why}", path.display()));
                    }
                }
            }
        }
    }
}

/// Whether edits change nothing but what they say: by lines, and as YAML that another library reads.
fn moved(text: &[u8], edits: &[(unroot::source::Span, String)], port: u16) -> Result<(), String> {
    let all: Vec<Edit> = edits.iter().map(|(span, text)| Edit::replace(*span, text.clone())).collect();
    let after = edit::apply(text, &all).map_err(|error| error.to_string())?;
    let lines = |text: &[u8]| text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    let (old, new) = (lines(text), lines(&after));
    if old.len() != new.len() {
        return Err("the number of lines changed".to_owned());
    }
    let touched: BTreeSet<usize> =
        edits.iter().map(|(span, _)| text.iter().take(span.start).filter(|byte| **byte == b'\n').count()).collect();
    for (at, (old, new)) in old.iter().zip(&new).enumerate() {
        if (old != new) != touched.contains(&at) {
            return Err(format!("line {} is not what the edits say", at + 1));
        }
    }
    let values = |text: &[u8]| {
        serde_yaml::Deserializer::from_slice(text).map(Value::deserialize).collect::<Result<Vec<_>, _>>().ok()
    };
    // What the other library does not read, it does not read afterwards either.
    let Some(before) = values(text) else { return Ok(()) };
    let now = values(&after).ok_or("the result does not load")?;
    let mut left = 0;
    for (old, new) in before.iter().zip(&now) {
        left += differing(old, new, port)?;
    }
    if left > edits.len() && !tree(text).is_some_and(|tree| tree.iter().any(has_alias)) {
        return Err(format!("{left} values differ, {} edits", edits.len()));
    }
    Ok(())
}

fn has_alias(node: &Node) -> bool {
    match &node.kind {
        Kind::Alias => true,
        Kind::Scalar(_) => false,
        Kind::List(items) => items.iter().any(has_alias),
        Kind::Map(entries) => entries.iter().any(|(key, value)| has_alias(key) || has_alias(value)),
    }
}

/// How many values differ; an error where one differs by more than the port.
fn differing(old: &Value, new: &Value, port: u16) -> Result<usize, String> {
    match (old, new) {
        (Value::Sequence(old), Value::Sequence(new)) if old.len() == new.len() => {
            old.iter().zip(new).map(|(old, new)| differing(old, new, port)).sum()
        }
        (Value::Mapping(old), Value::Mapping(new)) if old.len() == new.len() => {
            let pairs = old.iter().zip(new);
            let all = pairs
                .map(|((key, value), (other, now))| Ok(differing(key, other, port)? + differing(value, now, port)?));
            all.sum()
        }
        (old, new) if old == new => Ok(0),
        (old, new) => {
            let text = |value: &Value| match value {
                Value::Number(number) => number.to_string(),
                value => value.as_str().unwrap_or_default().to_owned(),
            };
            let (old, new) = (text(old), text(new));
            let back = new.replace(&NEW.to_string(), &port.to_string());
            let implied = new.replace(&format!(":{NEW}"), "");
            if back == old || implied == old { Ok(1) } else { Err(format!("`{old}` became `{new}`")) }
        }
    }
}
