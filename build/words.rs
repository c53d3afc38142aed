//! `words.yaml`: lists of names that stand for something wherever they are met.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::check::{File, finish, parse};

/// All of `words.yaml`, by name.
pub type Lists = BTreeMap<String, List>;

/// One list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    what: String,
    words: Vec<String>,
    sources: Vec<String>,
}

/// Reads and checks it.
pub fn lists(path: &str, text: &str) -> Result<Lists, Vec<String>> {
    let lists: Lists = parse(path, text)?;
    let mut file = File { path, text, problems: Vec::new() };
    for (name, list) in &lists {
        if list.words.is_empty() || list.words.iter().any(String::is_empty) || !list.what.ends_with('.') {
            file.wrong(0, name, format!("`{name}` without words, or without a sentence that says what they are"));
        }
        if !name.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
            file.wrong(0, name, format!("`{name}` is not kebab-case"));
        }
        file.sources(&list.sources);
    }
    finish(file, lists)
}

/// The module `words`: one static a list.
pub fn module(lists: &Lists) -> String {
    let mut out = "/// The lists of `templates/words.yaml`.\npub mod words {\n".to_owned();
    for (name, List { what, words, .. }) in lists {
        let name = name.replace('-', "_").to_uppercase();
        out.push_str(&format!("    /// {what}\n    pub static {name}: &[&str] = &{words:?};\n"));
    }
    out + "}\n"
}
