//! Every reason and hazard that the code can name is explained in `templates/reasons.yaml`, and nothing else is.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The text of a file as far as it is no test, without comment lines.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The arguments of the call or the fields of the literal whose bracket was just opened, cut at its own commas.
fn parts(text: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut depth, mut quoted) = (0_i32, false);
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if quoted => {
                part.push(letter);
                part.extend(letters.next());
                continue;
            }
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted && depth == 0 => break,
            ')' | ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                parts.push(std::mem::take(&mut part).trim().to_owned());
                continue;
            }
            _ => {}
        }
        part.push(letter);
    }
    parts.push(part.trim().to_owned());
    parts
}

/// The text in a part that is a literal, bare or in `Some(…)`.
fn literal(part: &str) -> Option<String> {
    let part = part.trim().strip_prefix("Some(").and_then(|part| part.strip_suffix(')')).unwrap_or(part).trim();
    let text = part.strip_prefix('"')?.strip_suffix('"')?;
    (!text.contains('"')).then(|| text.to_owned())
}

/// Ids that a source names, by the shapes in which the house writes them.
fn ids(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut calls = |mark: &str, nth: usize| {
        for (at, _) in text.match_indices(mark) {
            let parts = parts(&text[at + mark.len()..]);
            found.extend(parts.get(nth).and_then(|part| literal(part)));
        }
    };
    calls(".refuse(", 3);
    calls(".leave(", 3);
    calls("hazard(", 0);
    calls("self.push(", 0);
    calls("push(", 1);
    for (mark, field) in [("Hazard {", "id:"), ("Undecided {", "reason:"), ("Finding {", "reason:")] {
        for (at, _) in text.match_indices(mark) {
            let fields = parts(&text[at + mark.len()..]);
            found.extend(fields.iter().filter_map(|part| literal(part.strip_prefix(field)?)));
        }
    }
    for (at, _) in text.match_indices("reason = ") {
        found.extend(parts(&text[at + "reason = ".len()..].replace(';', ",")).first().and_then(|part| literal(part)));
    }
    found.retain(|id| id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte.is_ascii_digit()));
    found
}

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("sample.rs") {
                found.push(path);
            }
        }
    }
    found
}

/// Every id, with a source that names it.
fn used() -> BTreeMap<String, String> {
    let of = |path: PathBuf| ids(&code(&path)).into_iter().map(move |id| (id, path.display().to_string()));
    sources().into_iter().flat_map(of).collect()
}

#[test]
fn every_id_of_the_code_is_explained_and_no_other() {
    let used = used();
    assert!(used.len() > 50, "the sources are not read: {used:?}");
    let explained: BTreeSet<&str> = unroot::facts::reasons().iter().map(|reason| reason.id).collect();
    // What a rule leaves for its own reason is told on the rule's page.
    let is_rule = |id: &str| unroot::rules().iter().any(|(rule, _)| *rule == id);
    let missing: Vec<_> = used.iter().filter(|(id, _)| !explained.contains(id.as_str()) && !is_rule(id)).collect();
    assert!(missing.is_empty(), "templates/reasons.yaml says nothing of {missing:?}");
    let unused: Vec<_> = explained.iter().filter(|id| !used.contains_key(**id)).collect();
    assert!(unused.is_empty(), "templates/reasons.yaml explains what no code names: {unused:?}");
}

/// An id that is no literal would go unseen.
#[test]
fn refusals_name_their_reason_where_they_are_made() {
    for path in sources() {
        let text = code(&path);
        for (at, mark) in text.match_indices(".refuse(") {
            let reason = parts(&text[at + mark.len()..]).get(3).cloned().unwrap_or_default();
            let handed_on = matches!(reason.as_str(), "reason" | "first.id");
            assert!(handed_on || literal(&reason).is_some(), "{}: {reason}", path.display());
        }
    }
}

#[test]
fn ids_are_read_in_every_shape() {
    let text = r#"
        draft.refuse(rule, at, format!("a, {b} (c"), "one-a", why);
        found.push(hazard("two-b", Weight::Manual, at, message));
        push(draft, "three-c", at, "x");
        Hazard { id: "four-d", weight, message, at }; Undecided { reason: "five-e", why };
        Finding { rule: "no-rule", reason: Some("six-f"), fix }; finding.reason = Some("seven-g");
        let name = "not-one";
    "#;
    let expected = ["five-e", "four-d", "one-a", "seven-g", "six-f", "three-c", "two-b"];
    assert_eq!(ids(text).iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

/// `--unsafe` settles only what is unsafe, and no option is made up.
#[test]
fn the_options_that_settle_something_are_there() {
    let source: String = sources().iter().map(|path| code(path)).collect();
    let source: String = source.split_whitespace().collect();
    let known = [
        "--unsafe",
        "--accept-volumes",
        "--select",
        "--ignore",
        "--target",
        "--user",
        "--uid",
        "--gid",
        "--ownership",
        "--port",
        "--prepare",
        "--openshift",
        "--kubernetes",
    ];
    for reason in unroot::facts::reasons() {
        let (id, option) = (reason.id, reason.option.unwrap_or_default());
        for word in option.split([' ', ',']).filter(|word| word.starts_with("--")) {
            assert!(known.contains(&word), "{id}: there is no option {word}");
        }
        let shapes = [
            format!("hazard(\"{id}\",Weight::Unsafe"),
            format!("push(draft,\"{id}\""),
            format!("self.push(\"{id}\",Weight::Unsafe"),
            format!("id:\"{id}\",weight:Weight::Unsafe"),
        ];
        let unsafe_only = shapes.iter().any(|shape| source.contains(shape));
        assert!(!option.contains("--unsafe") || unsafe_only, "{id}: --unsafe does not settle it");
    }
}
