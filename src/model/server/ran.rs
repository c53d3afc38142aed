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
    /// Files whose link went: a tool, or another link, puts them back.
    unlinked: Vec<(String, usize)>,
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
        // Packages lie where steps that know nothing of them may write.
        if server.packages.is_empty() && !touches(scene, stage, index, server, &text) {
            continue;
        }
        let line = scene.model.line(index);
        let commands = scene.model.commands(stage, index);
        let lost = || format!("the RUN on line {line} does something to its configuration that is not followed");
        if !commands.complete && touches(scene, stage, index, server, &text) {
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
            let tool = server.tools.contains(&ran.name.as_str());
            if !inside && !words.iter().any(names) && !written && !tool && !reaches(server, ran) {
                continue;
            }
            let text = script.map(|script| script.text_of(ran.span)).unwrap_or_default();
            let appends = text.contains(">>") && text.matches('>').count() == 2;
            let command = Step { ran, words: &words, index, written, appends };
            if step(&mut steps, server, brought, &command).is_none() {
                return Err(lost());
            }
        }
    }
    let unlinked = std::mem::take(&mut steps.unlinked);
    steps.removed.extend(unlinked);
    Ok(steps)
}

/// Programs that bring files to the place that an argument names.
const BRINGS: [&str; 10] = ["cp", "mv", "ln", "tar", "unzip", "rsync", "install", "tee", "dd", "rm"];

/// Whether a command may bring a packaged server's configuration by a folder above it, or by a path that starts there.
fn reaches(server: &Server, ran: &Ran) -> bool {
    let near = |path: String| server.roots.iter().any(|root| value::meets(&path, root));
    let places = || ran.arguments.iter().flatten().filter(|word| !word.starts_with('-'));
    !server.packages.is_empty()
        && BRINGS.contains(&ran.name.as_str())
        && places().any(|word| ran.path(Some(word.trim_end_matches('.'))).is_some_and(near))
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

/// A command that has to do with the configuration.
struct Step<'r> {
    ran: &'r Ran,
    words: &'r [String],
    index: usize,
    /// Whether it writes among the configuration through `>` or `>>`, and only adds to the end.
    written: bool,
    appends: bool,
}

/// One command; `None` for one that is not followed.
fn step(steps: &mut Steps, server: &Server, brought: &BTreeMap<String, usize>, it: &Step<'_>) -> Option<()> {
    match it.ran.name.as_str() {
        // The server itself only looks at its configuration (`nginx -t`).
        name if (HARMLESS.contains(&name) || server.programs.contains(&name)) && !it.written => Some(()),
        name if server.tools.contains(&name) => {
            let more = |word: &String| server.unless_tools.contains(&word.as_str());
            steps.unlinked.clear();
            (!it.words.iter().any(more)).then_some(())
        }
        "rm" | "unlink" if !it.written => removed(steps, server, brought, it),
        "ln" if !it.written => linked(steps, server, it),
        "sed" if !it.written => edited(steps, server, brought, it),
        "echo" | "printf" => told(server, brought, it),
        _ => None,
    }
}

/// Files that go; one that is linked goes with its link.
fn removed(steps: &mut Steps, server: &Server, brought: &BTreeMap<String, usize>, it: &Step<'_>) -> Option<()> {
    let known = server.files.iter().map(|given| given.path).chain(brought.keys().map(String::as_str));
    let known: Vec<&str> = known.collect();
    for word in it.words.iter().filter(|word| !word.starts_with('-')) {
        let path = it.ran.path(Some(word.trim_matches(['"', '\''])))?;
        let (folder, name) = path.rsplit_once('/')?;
        let link = server.links.iter().find(|(from, _)| value::within(from, &path) || *from == folder);
        let by_link = |known: &&&str| {
            link.is_some_and(|(from, to)| {
                let inner = known.strip_prefix(to).and_then(|rest| rest.strip_prefix('/'));
                inner.is_some_and(|inner| *from != folder || matches(name, inner))
            })
        };
        let goes = |known: &&&str| {
            let here = known.rsplit_once('/').is_some_and(|(of, other)| of == folder && matches(name, other));
            here || value::within(known, &path)
        };
        let told = |path: &&str| ((*path).to_owned(), it.index);
        steps.removed.extend(known.iter().filter(goes).map(told));
        steps.unlinked.extend(known.iter().filter(by_link).map(told));
    }
    Some(())
}

/// A link that switches on what lies where the image's own links point to.
fn linked(steps: &mut Steps, server: &Server, it: &Step<'_>) -> Option<()> {
    let mut paths = Vec::new();
    for word in it.words.iter().filter(|word| !word.starts_with('-')) {
        paths.push(it.ran.path(Some(word.trim_matches(['"', '\''])))?);
    }
    let [target, place] = paths.as_slice() else { return None };
    let (from, to) = server.links.iter().find(|(from, _)| value::within(place, from))?;
    let name = target.strip_prefix(to)?.strip_prefix('/').filter(|name| !name.contains(['*', '?', '[']))?;
    // By another name it would stand beside what the image links by that name.
    let same = place == from || place.strip_prefix(from)? == format!("/{name}");
    steps.unlinked.retain(|(gone, _)| gone != target);
    let module = name.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-').split('.').next().unwrap_or(name);
    (same && !server.unless_tools.contains(&module)).then_some(())
}

/// What `sed` changes, where it is a step of the template or has nothing to do with ports, accounts and the pid file.
fn edited(steps: &mut Steps, server: &Server, brought: &BTreeMap<String, usize>, it: &Step<'_>) -> Option<()> {
    let places = || it.words.iter().filter(|word| server.is_named(word));
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
    let given = places().any(|path| server.files.iter().any(|given| given.path == path));
    for (nth, word) in it.ran.arguments.iter().enumerate() {
        let Some(word) = word.as_deref() else {
            // A pattern of files; what it fits holds no port that `sed` would have to name.
            it.words.get(nth).filter(|word| server.is_named(word))?;
            continue;
        };
        // What names the configuration in the command of `sed` itself moves it.
        if server.is_named(word) && !word.starts_with('/') {
            return None;
        }
        if word.starts_with('-') || server.is_named(word) {
            continue;
        }
        let mut paths = places().map(|path| path.trim_matches(['"', '\'']));
        match paths.find(|path| known(word, path)) {
            Some(path) => steps.seds.push((path.to_owned(), word.to_owned())),
            None if said(word) || speaks(server, word) => return None,
            None if given && !keeps_lines(server, word) => return None,
            None => {}
        }
    }
    Some(())
}

/// What is written that says nothing of where it listens, as whom it runs and what else it reads and writes; a whole file
/// that the server has would lose what is changed in it.
fn told(server: &Server, brought: &BTreeMap<String, usize>, it: &Step<'_>) -> Option<()> {
    let said = |word: &String| {
        let lower = word.to_ascii_lowercase();
        server.says.settled().any(|name| lower.contains(&name.to_ascii_lowercase())) || speaks(server, word)
    };
    let known = |path: &str| brought.contains_key(path) || server.files.iter().any(|given| given.path == path);
    let replaces =
        !it.appends && it.ran.writes.iter().any(|to| it.ran.path(to.as_deref()).is_none_or(|path| known(&path)));
    let whole = !server.says.pid_line.is_empty() && !it.appends;
    (!it.words.iter().any(said) && !replaces && !whole).then_some(())
}

/// Whether a text holds a name by which the server reads or writes other files, or asks others.
fn speaks(server: &Server, text: &str) -> bool {
    let says = &server.says;
    let mut tokens = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')));
    let names = || [says.includes, says.writes, says.stores, says.runs, says.keys, says.passes].into_iter().flatten();
    tokens.any(|token| names().any(|name| name.eq_ignore_ascii_case(token)))
}

/// Whether a command of `sed` leaves the lines alone that the template changes, and their tests look for: it replaces
/// something that stands in none of them.
fn keeps_lines(server: &Server, command: &str) -> bool {
    let mut letters = command.chars();
    let (Some('s'), Some(sign)) = (letters.next(), letters.next()) else { return false };
    let Some(pattern) = letters.as_str().split(sign).next() else { return false };
    // One command alone: what follows it may change the lines.
    if command.matches(sign).count() != 3 {
        return false;
    }
    let plain = pattern.replace('\\', "");
    let pieces = plain.split(['*', '.', '^', '$', '[', ']', '(', ')', '+', '?', '|']);
    let longest = pieces.max_by_key(|piece| piece.len()).unwrap_or("");
    let steps = server.files.iter().flat_map(|given| given.always.iter().chain(given.moves));
    let mut lines = steps.flat_map(|step| [step.test, step.sed]).map(|text| text.replace('\\', ""));
    let places = ["sites-", "conf.d", "/var/log", "/var/cache", "/var/lib", "logs/"];
    longest.trim().len() > 3
        && !places.iter().any(|place| command.contains(place))
        && !lines.any(|line| line.contains(longest.trim()) || line.replace("{to}", "80").contains(longest.trim()))
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
