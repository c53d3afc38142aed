//! The tree of `pip install --user`: scripts in it name the interpreter, not the tree, so that it may move with its PATH.

use super::downloads::all_as_root;
use super::elsewhere::Elsewhere;
use super::{Relocated, Relocation, harmless, is_free, mention, text_of};
use crate::facts::{self, MovedBy};
use crate::model::Model;
use crate::model::command::Ran;
use crate::model::hazard::Scene;
use crate::source::Span;
use crate::syntax::{Args, Keyword};

/// A word that changes: the instruction, where, the old, the new.
type Reworded = (usize, Span, String, String);

/// The tree that another stage filled goes to `home`, the home of the account.
pub(super) fn relocation(scene: &Scene<'_>, home: &str) -> Option<Relocation> {
    let (model, stage) = (scene.model, scene.stage);
    let moved = facts::home_downloads().iter().filter_map(|download| download.moved_by);
    let moved = moved.into_iter().find(|moved| !moved.from.is_empty() && copied(scene, moved.from).is_some())?;
    let (copy, span) = copied(scene, moved.from)?;
    let to = format!("{home}/{}", moved.from.rsplit('/').next()?);
    let elsewhere = Elsewhere::of(scene)?;
    if elsewhere.names("/root") || elsewhere.holds(moved.name) || !is_free(scene, &to) || !all_as_root(scene) {
        return None;
    }
    let mut words = vec![(copy, span, moved.from.to_owned(), to.clone())];
    words.extend(path_words(scene, moved.from, &to)?);
    if !only_there(scene, &words) || text_names(scene, moved.name) {
        return None;
    }
    let relocated = vec![Relocated { from: moved.from.to_owned(), to: to.clone() }];
    let told = vec![(
        copy,
        format!("{} lies below /root, which no other user can enter (mode 0700)", moved.from),
        format!("it goes to {to} in the home of the account, with the folder of PATH that names it"),
    )];
    let mut relocation = Relocation { words, relocated, told, copy: Some(copy), ..Relocation::default() };
    // A later step of root's would look for the packages in root's own home.
    let body = model.stages.get(stage)?.body.clone();
    let needs = |index: &usize| model.keyword(*index) == Keyword::Run && !harmless(model, stage, *index);
    if let Some(first) = (copy + 1..body.end).find(needs) {
        relocation.set(first, moved.name, &to, false);
    }
    Some(relocation)
}

/// The one copy that brings the whole tree from a stage of the file which only pip filled, and where it says so.
fn copied(scene: &Scene<'_>, from: &str) -> Option<(usize, Span)> {
    let (model, stage) = (scene.model, scene.stage);
    let body = model.stages.get(stage)?.body.clone();
    let is_it = |text: &str| text.strip_suffix('/').unwrap_or(text) == from;
    let lands = |index: &usize| match model.instruction(*index).map(|found| &found.args) {
        Some(Args::Copy { destination, .. }) => mention::names(&destination.text, from),
        _ => false,
    };
    let mut all = body.filter(lands);
    let (copy, None) = (all.next()?, all.next()) else { return None };
    let found = model.instruction(copy).filter(|found| found.keyword == Keyword::Copy)?;
    let Args::Copy { sources, destination, .. } = &found.args else { return None };
    let whole = sources.len() == 1 && sources.iter().all(|source| is_it(&source.text)) && found.heredocs.is_empty();
    let plain = found.flags.iter().all(|flag| matches!(flag.name.as_str(), "from" | "link"));
    let source = model.find_stage(found.flag("from")?.value.as_deref()?, stage)?;
    if !whole || !plain || !is_it(&destination.text) || !by_pip(model, source) {
        return None;
    }
    let text = String::from_utf8_lossy(destination.span.of(model.bytes)).into_owned();
    let start = destination.span.start + text.find(from)?;
    Some((copy, Span::new(start, start + from.len())))
}

/// Whether nothing but pip, and what installs into the system, ran where a tree was made: links of other tools name it.
fn by_pip(model: &Model<'_>, stage: usize) -> bool {
    const PLAIN: [&str; 8] = ["mkdir", "rm", "set", "true", ":", "echo", "cd", "chmod"];
    let runs: Vec<(usize, usize)> = model.runs(stage).collect();
    let fits = |ran: &Ran| is_pip(ran) || facts::ignores_cwd(&ran.name) || PLAIN.contains(&ran.name.as_str());
    let commands = || runs.iter().map(|(of, index)| model.commands(*of, *index));
    commands().all(|commands| commands.complete && commands.list.iter().all(fits))
        && commands().flat_map(|commands| &commands.list).any(|ran| is_pip(ran) && has(ran, "--user"))
}

/// pip that installs packages, none of them as a link to its source.
fn is_pip(ran: &Ran) -> bool {
    let version = |c: char| c.is_ascii_digit() || c == '.';
    let words: Vec<&str> = ran.arguments.iter().map(|word| word.as_deref().unwrap_or("")).collect();
    let rest = match (ran.name.trim_end_matches(version), words.as_slice()) {
        ("pip", rest) | ("python", ["-m", "pip", rest @ ..]) => rest,
        _ => return false,
    };
    let links = |word: &&str| matches!(*word, "-e" | "--editable" | "--prefix" | "--target" | "-t" | "--root");
    rest.contains(&"install") && !rest.iter().any(links)
}

fn has(ran: &Ran, option: &str) -> bool {
    ran.arguments.iter().flatten().any(|word| word == option)
}

/// Whether a step runs pip with `--user` itself, not only in words that look like it.
pub(super) fn installs(scene: &Scene<'_>, index: usize) -> bool {
    let commands = scene.model.commands(scene.stage, index);
    commands.complete && commands.list.iter().any(|ran| is_pip(ran) && has(ran, "--user"))
}

/// The words of PATH in the target that name the tree's `bin`; `None` where one cannot be told.
pub(super) fn path_words(scene: &Scene<'_>, from: &str, to: &str) -> Option<Vec<Reworded>> {
    let model = scene.model;
    let mut words = Vec::new();
    for index in model.stages.get(scene.stage)?.body.clone() {
        let Some(found) = model.instruction(index).filter(|found| found.keyword == Keyword::Env) else { continue };
        let Args::Pairs(pairs) = &found.args else { continue };
        let values = pairs.iter().filter(|pair| pair.key.text == "PATH").filter_map(|pair| pair.value.as_ref());
        for value in values {
            let text = String::from_utf8_lossy(value.span.of(model.bytes)).into_owned();
            let mut places = text.match_indices(from).map(|(at, _)| at);
            let Some(at) = places.next() else { continue };
            let rest = text.get(at + from.len()..)?.strip_prefix("/bin")?;
            if places.next().is_some() || !rest.chars().next().is_none_or(|c| ":\"' \t".contains(c)) {
                return None;
            }
            let start = value.span.start + at;
            words.push((index, Span::new(start, start + from.len()), from.to_owned(), to.to_owned()));
        }
    }
    Some(words)
}

/// Whether no line that the image hangs on names root's home but in words that change.
pub(super) fn only_there(scene: &Scene<'_>, words: &[Reworded]) -> bool {
    let model = scene.model;
    !model.lineage(scene.stage).iter().any(|(_, index)| {
        let mut text = text_of(model, *index);
        for (_, _, old, _) in words.iter().filter(|(at, _, _, _)| at == index) {
            text = text.replacen(old.as_str(), "", 1);
        }
        mention::names_home(&text)
    })
}

/// Whether a line that the image hangs on names a variable.
fn text_names(scene: &Scene<'_>, name: &str) -> bool {
    scene.model.lineage(scene.stage).iter().any(|(_, index)| text_of(scene.model, *index).contains(name))
}

/// The words of PATH that go along when a variable moves a tree, if it moves one at all.
pub(super) fn along(scene: &Scene<'_>, index: usize, moved: &MovedBy) -> Option<Vec<Reworded>> {
    match moved.from {
        "" => Some(Vec::new()),
        from => path_words(scene, from, moved.to).filter(|_| installs(scene, index)),
    }
}
