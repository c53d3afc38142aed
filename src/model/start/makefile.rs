//! `make TARGET` in a RUN: what its recipe runs stands in the Makefile.

use std::collections::HashSet;

use crate::facts::{self, Writes};
use crate::model::command::{self, Ran};
use crate::model::hazard::Scene;
use crate::model::{Value, value};
use crate::shell::{self, Dialect};

/// Targets that need each other.
const DEPTH: usize = 8;

/// What the targets of a `make` leave below its folder, as the Makefile tells; `None` for other commands.
pub fn target_writes(scene: &Scene<'_>, ran: &Ran) -> Option<Writes> {
    let plain = ran.arguments.iter().all(|word| word.as_deref().is_some_and(|word| !word.starts_with('-')));
    if ran.name != "make" || !plain {
        return None;
    }
    let folder = ran.cwd.text()?;
    let file =
        ["Makefile", "makefile", "GNUmakefile"].iter().find_map(|name| scene.file(&value::join(folder, name)))?;
    let text = String::from_utf8_lossy(&file.text).into_owned();
    let targets: Vec<&str> =
        ran.arguments.iter().flatten().map(String::as_str).filter(|word| !word.contains('=')).collect();
    let mut known = HashSet::new();
    let quiet = !targets.is_empty() && targets.iter().all(|target| is_quiet(&text, target, DEPTH, &mut known));
    Some(if quiet { Writes::Output } else { Writes::Unknown })
}

/// Whether the recipe of a target, and of all that it needs, only runs commands that write nothing but what they name.
/// `known` are targets of which that is known already.
fn is_quiet(text: &str, target: &str, depth: usize, known: &mut HashSet<String>) -> bool {
    if known.contains(target) {
        return true;
    }
    let Some((needs, recipe)) = rule(text, target).filter(|_| depth > 0) else { return false };
    if !needs.iter().all(|need| is_quiet(text, need, depth - 1, known)) {
        return false;
    }
    let quiet = recipe.iter().all(|line| {
        // `$$` is a dollar for the shell, `$(X)` a value of make's own.
        let line = line.trim_start_matches(['@', '-', '+']).replace("$$", "$").replace("$(shell ", "$(");
        let Ok(tree) = shell::parse(line.as_bytes(), Dialect::Posix) else { return false };
        command::walk(&tree, &Value::Known("/".to_owned()), &mut |_| None).iter().all(|ran| {
            let first = ran.operands().next().and_then(|(_, text)| text).unwrap_or("");
            // git only reads where it is asked what there is.
            let asks = ran.name == "git" && matches!(first, "rev-parse" | "describe" | "log" | "show" | "status");
            asks || matches!(facts::writes(&ran.name, first), Writes::Nothing | Writes::Named | Writes::Output)
        })
    });
    if quiet {
        known.insert(target.to_owned());
    }
    quiet
}

/// What a target needs, and the lines of its recipe.
fn rule(text: &str, target: &str) -> Option<(Vec<String>, Vec<String>)> {
    let joined = text.replace("\\\n", " ");
    let mut lines = joined.lines();
    let needs = lines.find_map(|line| {
        let (names, needs) = line.split_once(':').filter(|(_, rest)| !rest.starts_with('='))?;
        let named = !line.starts_with(['\t', '#', '.']) && names.split_ascii_whitespace().any(|name| name == target);
        named
            .then(|| needs.split(['#', ';']).next().unwrap_or("").split_ascii_whitespace().map(str::to_owned).collect())
    })?;
    let recipe = lines.take_while(|line| line.starts_with('\t') || line.trim().is_empty());
    Some((needs, recipe.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_are_read_with_what_they_need() {
        let text = ".PHONY: version\nversion: clean ## writes a file\n\t@printf 'x = \"%s\"' \\\n\t\t\"$$(git rev-parse HEAD)\" > app/version.py\n\nclean:\n\trm -f app/version.py\nbuild:\n\tgcc x.c\n";
        let is_quiet = |text: &str, target: &str| is_quiet(text, target, DEPTH, &mut HashSet::new());
        assert!(is_quiet(text, "version") && is_quiet(text, "clean"));
        assert!(!is_quiet(text, "build") && !is_quiet(text, "missing"));
        assert!(!is_quiet("a: b\nb: a\n", "a"));
        assert!(is_quiet("a: b c\nb: c\nc:\n\techo c\n", "a"));
    }
}
