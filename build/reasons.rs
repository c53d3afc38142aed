//! `templates/reasons.yaml`: what the ids of reasons and hazards mean; read, checked and packed.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::check::{File, finish, parse};
use super::schema::pairs;

/// A reason or hazard.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Reason {
    /// One line.
    pub title: String,
    /// What was looked at.
    pub looked_at: String,
    /// What a person has to decide.
    pub decide: String,
    /// What settles it on the command line.
    pub option: Option<String>,
    /// Whether only the switch of USER makes it a reason.
    #[serde(default)]
    pub switch_only: bool,
}

/// Reasons by id.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Reasons {
    #[serde(deserialize_with = "pairs")]
    pub all: BTreeMap<String, Reason>,
}

/// `reasons.yaml`.
pub fn reasons(path: &str, text: &str) -> Result<Reasons, Vec<String>> {
    let reasons: Reasons = parse(path, text)?;
    let mut file = File { path, text, problems: Vec::new() };
    for (id, reason) in &reasons.all {
        let from = text.lines().position(|line| line == format!("{id}:")).unwrap_or(0);
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
            file.wrong(from, id, format!("`{id}` is no id: lower-case words with `-` between them"));
        }
        if reason.title.contains('\n') || reason.title.ends_with('.') || reason.title.trim().is_empty() {
            file.wrong(from, "title:", format!("title of `{id}`: one line without a full stop"));
        }
        for (key, text) in [("looked-at:", &reason.looked_at), ("decide:", &reason.decide)] {
            if !text.ends_with('.') {
                file.wrong(from, key, format!("{key} `{id}`: a sentence that ends with a full stop"));
            }
        }
        if reason.option.as_ref().is_some_and(|option| option.trim().is_empty()) {
            file.wrong(from, "option:", format!("option of `{id}` is empty: leave it out where nothing settles it"));
        }
    }
    finish(file, reasons)
}

/// The rows of the table of reasons.
pub fn rows(reasons: &Reasons) -> impl Iterator<Item = String> {
    reasons.all.iter().map(|(id, reason)| {
        format!(
            "Reason {{ id: {id:?}, title: {:?}, looked_at: {:?}, decide: {:?}, option: {:?}, switch_only: {} }}",
            reason.title, reason.looked_at, reason.decide, reason.option, reason.switch_only,
        )
    })
}
