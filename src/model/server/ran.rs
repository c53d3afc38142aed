//! What steps of the build do to the configuration of a server.

use std::collections::BTreeMap;

use super::Given;
use crate::context::matches;
use crate::facts::{GivenConf, Server};
use crate::model::command::Ran;
use crate::model::hazard::Scene;
use crate::model::value;

/// What the steps did.
#[derive(Default)]
pub(super) struct Steps {
    /// Files that went, with the RUN.
    pub(super) removed: Vec<(String, usize)>,
    /// `sed` commands, by file.
    seds: Vec<(String, String)>,
}

impl Steps {
    /// How a file of the image stands after them.
    pub(super) fn state(&self, conf: &'static GivenConf) -> Given {
        let ran = |sed: &str| self.seds.iter().any(|(path, text)| path == conf.path && text == sed);
        let done = conf.always.iter().all(|step| ran(step.sed));
        let now = |from: &u16| {
            let moves = |to: &u16| conf.moves.iter().all(|step| ran(&step.sed(*from, *to)));
            if conf.moves.is_empty() { *from } else { self.ports().find(moves).unwrap_or(*from) }
        };
        Given { conf, listens: conf.listens.iter().map(now).collect(), done }
    }

    /// Numbers in the commands.
    fn ports(&self) -> impl Iterator<Item = u16> {
        let numbers = self.seds.iter().flat_map(|(_, text)| text.split(|c: char| !c.is_ascii_digit()));
        numbers.filter_map(|number| number.parse().ok())
    }
}

/// Commands that change nothing of what a file says.
const HARMLESS: [&str; 13] =
    ["chmod", "chown", "chgrp", "mkdir", "touch", "ls", "test", "[", "grep", "true", ":", "cat", "set"];

/// Follows what every RUN does to the configuration.
///
/// # Errors
/// Which step does what is not followed.
pub(super) fn ran(scene: &Scene<'_>, server: &Server, brought: &BTreeMap<String, usize>) -> Result<Steps, String> {
    let mut steps = Steps::default();
    for (stage, index) in scene.model.runs(scene.stage) {
        let text = scene.text(index);
        if !touches(scene, stage, index, server, &text) {
            continue;
        }
        let line = scene.model.line(index);
        let commands = scene.model.commands(stage, index);
        let lost = || format!("the RUN on line {line} does something to its configuration that is not followed");
        if !commands.complete {
            return Err(lost());
        }
        let script = scene.model.scripts(index).first();
        for ran in &commands.list {
            let words: Vec<String> = ran.spans.iter().filter_map(|span| Some(script?.text_of(*span))).collect();
            let inside = ran.cwd.text().is_none_or(|cwd| server.configures(cwd));
            let scripted = |text: &str| server.scripts.iter().any(|folder| text.contains(folder));
            let names = |word: &String| server.is_named(word) || scripted(word);
            let written = ran.writes.iter().any(|to| match ran.path(to.as_deref()) {
                Some(path) => server.configures(&path) || scripted(&path),
                None => true,
            });
            if !inside && !words.iter().any(names) && !written && !server.tools.contains(&ran.name.as_str()) {
                continue;
            }
            if step(&mut steps, server, ran, &words, index, brought, written).is_none() {
                return Err(lost());
            }
        }
    }
    Ok(steps)
}

/// Whether a RUN below the instruction `from` runs the server: `nginx -t` reads its configuration, and makes its pid file and
/// its folders too.
pub(super) fn tries(scene: &Scene<'_>, server: &Server, from: usize) -> bool {
    let mut runs = scene.model.runs(scene.stage).filter(|(_, index)| *index > from);
    runs.any(|(stage, index)| {
        scene.model.commands(stage, index).list.iter().any(|ran| server.programs.contains(&ran.name.as_str()))
    })
}

/// The first RUN that names a path.
pub(super) fn names(scene: &Scene<'_>, path: &str) -> Option<usize> {
    scene.model.runs(scene.stage).map(|(_, index)| index).find(|index| scene.text(*index).contains(path))
}

/// Whether a RUN has to do with the configuration at all.
fn touches(scene: &Scene<'_>, stage: usize, index: usize, server: &Server, text: &str) -> bool {
    let cwd = scene.model.cwd(stage, index);
    server.is_named(text)
        || server.scripts.iter().any(|folder| text.contains(folder))
        || server.tools.iter().any(|tool| text.contains(tool))
        || cwd.text().is_none_or(|cwd| server.configures(cwd))
}

/// One command; `None` for one that is not followed.
fn step(
    steps: &mut Steps,
    server: &Server,
    ran: &Ran,
    words: &[String],
    index: usize,
    brought: &BTreeMap<String, usize>,
    written: bool,
) -> Option<()> {
    match ran.name.as_str() {
        // The server itself only looks at its configuration (`nginx -t`).
        name if (HARMLESS.contains(&name) || server.programs.contains(&name)) && !written => Some(()),
        name if server.tools.contains(&name) => {
            let more = |word: &String| server.unless_tools.contains(&word.as_str());
            (!words.iter().any(more)).then_some(())
        }
        "rm" | "unlink" if !written => {
            let known = server.files.iter().map(|given| given.path).chain(brought.keys().map(String::as_str));
            let known: Vec<&str> = known.collect();
            for word in words.iter().filter(|word| !word.starts_with('-')) {
                let path = ran.path(Some(word.trim_matches(['"', '\''])))?;
                let (folder, name) = path.rsplit_once('/')?;
                let goes = |known: &&&str| {
                    value::within(known, &path)
                        || known.rsplit_once('/').is_some_and(|(of, other)| of == folder && matches(name, other))
                };
                steps.removed.extend(known.iter().filter(goes).map(|path| ((*path).to_owned(), index)));
            }
            Some(())
        }
        "sed" if !written => {
            let places = || words.iter().filter(|word| server.is_named(word));
            let said = |word: &str| {
                let lower = word.to_ascii_lowercase();
                server.says.settled().any(|it| lower.contains(&it.to_ascii_lowercase()))
                    || numbers(&lower).any(|it| it == "80" || it == "443")
            };
            let known = |word: &str, path: &str| {
                server.files.iter().filter(|given| given.path == path).any(|given| {
                    let steps = given.always.iter().chain(given.moves);
                    steps.into_iter().any(|step| fits(step.sed, word))
                })
            };
            // What the server is started with, or reads besides, is not followed.
            let followed = |path: &str| {
                let folder = path.contains(['*', '?', '[']);
                folder || brought.contains_key(path) || server.files.iter().any(|given| given.path == path)
            };
            if places().any(|word| word.starts_with('/') && !followed(word)) {
                return None;
            }
            for (nth, word) in ran.arguments.iter().enumerate() {
                let Some(word) = word.as_deref() else {
                    // A pattern of files; what it fits holds no port that `sed` would have to name.
                    words.get(nth).filter(|word| server.is_named(word))?;
                    continue;
                };
                if word.starts_with('-') || server.is_named(word) {
                    continue;
                }
                let mut paths = places().map(|path| path.trim_matches(['"', '\'']));
                match paths.find(|path| known(word, path)) {
                    Some(path) => steps.seds.push((path.to_owned(), word.to_owned())),
                    None if said(word) => return None,
                    None => {}
                }
            }
            Some(())
        }
        "echo" | "printf" => {
            let said = |word: &String| {
                let lower = word.to_ascii_lowercase();
                server.says.settled().any(|name| lower.contains(&name.to_ascii_lowercase()))
            };
            (!words.iter().any(said) && server.says.pid_line.is_empty()).then_some(())
        }
        _ => None,
    }
}

fn numbers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit())
}

/// Whether a text is a command of the template with ports filled in.
fn fits(template: &str, text: &str) -> bool {
    let mut rest = text;
    for (nth, part) in template.split(['{', '}']).enumerate() {
        if nth % 2 == 1 && matches!(part, "from" | "to") {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            continue;
        }
        match rest.strip_prefix(part) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.is_empty()
}
