//! The examples of every rule's page are what the rule does.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use unroot::options::Options;

/// The blocks ```` ```dockerfile before ```` and ```` ```dockerfile after ```` of a page, in pairs, and those of a manifest
/// (`yaml`) that goes with the Dockerfile above it.
fn examples(id: &str, page: &str) -> Vec<(&'static str, String, String)> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    let mut open = false;
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some("") => open = false,
            Some(info) => {
                let (language, kind) = info.split_once(' ').unwrap_or_else(|| panic!("{id}: a block of `{info}`"));
                let language = ["dockerfile", "yaml"].into_iter().find(|known| *known == language);
                let language = language.unwrap_or_else(|| panic!("{id}: a block of `{info}`"));
                let wanted = if found.len().is_multiple_of(2) { "before" } else { "after" };
                assert_eq!(kind, wanted, "{id}: examples come in pairs");
                assert!(!open, "{id}: a block never ends");
                found.push((language, String::new()));
                open = true;
            }
            None if open => {
                let (_, text) = found.last_mut().unwrap();
                *text += line;
                text.push('\n');
            }
            None => {}
        }
    }
    assert!(!open && found.len().is_multiple_of(2), "{id}: half an example");
    found.chunks(2).map(|pair| (pair[0].0, pair[0].1.clone(), pair[1].1.clone())).collect()
}

#[test]
fn examples_are_what_the_rules_do() {
    let mut wrong = Vec::new();
    for (id, page) in unroot::rules() {
        let examples = examples(id, page);
        assert!(!examples.is_empty(), "{id} has no example");
        let manifests: Vec<_> = examples.iter().filter(|(language, ..)| *language == "yaml").collect();
        for (_, before, after) in examples.iter().filter(|(language, ..)| *language == "dockerfile") {
            // Some of what a rule does is never safe: the page says so above the example.
            let marked = page.split(before.as_str()).next().is_some_and(|above| above.contains("With `--unsafe`:"));
            let mut files = support::files();
            let mut options = Options { unsafe_fixes: marked, kubernetes: !manifests.is_empty(), ..Options::default() };
            for (_, manifest, _) in &manifests {
                let compose = manifest.starts_with("services:");
                files.insert(if compose { "compose.yaml" } else { "deploy.yaml" }, manifest.as_str(), 0o644);
                options.built.insert("shop".to_owned(), "Dockerfile".to_owned());
            }
            let report = unroot::fix_one(&support::dockerfile(before.as_str()), &files, &options);
            let result = String::from_utf8(report.after.clone()).unwrap();
            for ((_, _, wanted), changed) in manifests.iter().zip(&report.companions) {
                assert_eq!(String::from_utf8_lossy(&changed.after), *wanted, "{id}");
            }
            let changed = manifests.iter().filter(|(_, before, after)| before != after).count();
            assert_eq!(report.companions.len(), changed, "{id}");
            if result != *after {
                wrong.push(format!("{id}: {:?} {:?}\n{result}instead of\n{after}", report.status, report.fixes));
            }
            if !report.findings.iter().any(|finding| finding.rule == id) {
                wrong.push(format!("{id} finds nothing in its own example: {:?}", report.findings));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whoever reads a page learns what, why, how and when.
#[test]
fn pages_have_all_their_parts() {
    for (id, page) in unroot::rules() {
        for heading in ["## Why", "## What unroot does", "## Example", "## Safety"] {
            assert!(page.lines().any(|line| line == heading), "{id} has no {heading}");
        }
        let first = page.lines().next().unwrap_or("");
        assert!(!first.is_empty() && !first.starts_with('#'), "{id} does not say what it finds");
    }
}

/// The configuration that README.md shows is one.
#[test]
fn the_configuration_of_the_readme_is_read() {
    let readme = include_str!("../README.md");
    let text = readme.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let config = unroot::config::Config::read(text.as_bytes()).unwrap();
    assert!(
        config.accept_volumes
            && !config.images.given.is_empty()
            && !config.images.built.is_empty()
            && !config.paths.is_empty()
    );
}
