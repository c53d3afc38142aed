//! What the RUNs of a stage do in a folder.

use super::Identity;
use crate::facts::{self, Writes};
use crate::model::command::Ran;
use crate::model::{Model, Value, value};

/// A RUN that works in the app's own folder.
pub struct Used {
    /// The instruction.
    pub at: usize,
    /// Whether it leaves there what cannot be known.
    pub opaque: bool,
    /// Whether it leaves installed packages there.
    pub installs: bool,
    /// Whether it leaves anything there.
    pub writes: bool,
}

/// RUNs of the stage's lineage that work in `folder`, those that only change modes, owners or names aside.
/// `settled` tells of a command more than its name does, if the project's files say so.
pub fn uses(model: &Model<'_>, stage: usize, folder: &str, settled: &dyn Fn(&Ran) -> Option<Writes>) -> Vec<Used> {
    let runs = model.runs(stage);
    runs.filter_map(|(at, index)| used_as(model, at, index, folder, settled)).collect()
}

/// What the RUN `index` does in `folder` as far as the Dockerfile tells; `None` if it does not work there.
pub fn used(model: &Model<'_>, stage: usize, index: usize, folder: &str) -> Option<Used> {
    used_as(model, stage, index, folder, &|_| None)
}

/// For [`uses`] where every file counts: what a command makes by name is as good as unknown, but for what the model
/// follows.
pub fn strictly(ran: &Ran) -> Option<Writes> {
    let followed = ["chmod", "ln", "mkdir", "rm", "rmdir", "touch", "unlink"].contains(&ran.name.as_str());
    // What is made under a name that cannot be known is not followed.
    let makes = matches!(ran.name.as_str(), "mkdir" | "touch");
    let followed = followed && !(makes && ran.operands().any(|(_, text)| ran.placed(text).is_none()));
    (facts::writes(&ran.name, "") == Writes::Named && !followed).then_some(Writes::Unknown)
}

fn used_as(
    model: &Model<'_>,
    stage: usize,
    index: usize,
    folder: &str,
    settled: &dyn Fn(&Ran) -> Option<Writes>,
) -> Option<Used> {
    let commands = model.commands(stage, index);
    let mut found = Used { at: index, opaque: !commands.complete, installs: false, writes: !commands.complete };
    let mut works = !commands.complete;
    for ran in &commands.list {
        match writes(ran, folder, settled) {
            None => {}
            Some(Writes::Output) => (works, found.writes) = (true, true),
            Some(Writes::Cwd) => (works, found.installs, found.writes) = (true, true, true),
            Some(Writes::Unknown) => (works, found.opaque, found.writes) = (true, true, true),
            Some(_) => works = true,
        }
    }
    works.then_some(found)
}

/// What a command writes below `folder`; `None` if it does not work there at all.
fn writes(ran: &Ran, folder: &str, settled: &dyn Fn(&Ran) -> Option<Writes>) -> Option<Writes> {
    let subcommand = ran.operands().next().and_then(|(_, text)| text).unwrap_or("");
    let known = settled(ran).unwrap_or_else(|| facts::writes(&ran.name, subcommand));
    // Single files that a command names; whole trees that it brings are another matter.
    let brings = ran.name == "mv"
        || ran.has_option('r', "--recursive")
        || ran.has_option('R', "--recursive")
        || ran.has_option('a', "--archive");
    let named = known == Writes::Named && !(brings && matches!(ran.name.as_str(), "cp" | "mv" | "install"));
    let here = |cwd: &Value| {
        cwd.text().is_none_or(|cwd| value::within(cwd, folder) || value::within(folder, cwd) && cwd != "/")
    };
    let names = ran.arguments.iter().flatten().any(|text| text.contains(folder));
    let inside = ran.cwd.text().is_none_or(|cwd| value::within(cwd, folder)) && here(&ran.cwd);
    if named || ran.name == "chown" || !(inside || names) {
        return None;
    }
    // `pip install .` builds the project itself, and asks git for its version.
    let local =
        |text: &str| matches!(text, "." | "./") || text.starts_with("./") || text.starts_with(".[") || text == "-e";
    let builds = ran.arguments.iter().flatten().any(|text| local(text));
    match known {
        Writes::Named => Some(Writes::Unknown),
        Writes::System if builds => Some(Writes::Unknown),
        Writes::Nothing if ran.writes.is_empty() => None,
        Writes::System | Writes::Home if !names && facts::ignores_cwd(&ran.name) => None,
        known => Some(known),
    }
}

/// `python -m venv PATH` and the like: packages lie below PATH afterwards, and nothing beside it.
pub fn environment(ran: &Ran, folder: &str) -> Option<Writes> {
    let words: Vec<&str> = ran.operands().filter_map(|(_, text)| text).collect();
    let name = ran.name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let path = match (name, words.as_slice()) {
        ("python", ["venv", .., path]) if ran.arguments.first().is_some_and(|word| word.as_deref() == Some("-m")) => {
            path
        }
        ("uv", ["venv", .., path]) | ("virtualenv", [.., path]) => path,
        ("uv", ["venv"]) => ".venv",
        _ => return None,
    };
    let path = ran.path(Some(path))?;
    let apart = !value::within(&path, folder) && !value::within(folder, &path);
    Some(if apart { Writes::Nothing } else { Writes::Cwd })
}

/// Whether what the RUN `index` leaves in `folder` is given to the account afterwards, or opened to everybody, with all
/// below.
pub fn opened(model: &Model<'_>, stage: usize, index: usize, folder: &str, identity: &Identity) -> bool {
    let runs = model.runs(stage).filter(|(_, at)| *at >= index);
    runs.into_iter().any(|(of, at)| {
        model.commands(of, at).list.iter().filter(|ran| ran.has_option('R', "--recursive") && !ran.conditional).any(
            |ran| {
                let mut operands = ran.operands();
                let first = operands.next().and_then(|(_, text)| text).unwrap_or("");
                let opens = match ran.name.as_str() {
                    "chown" => {
                        let effect = ran.ownership(model, of, at).filter(|effect| effect.only_from.is_none());
                        effect.and_then(|effect| effect.owner.flatten()).is_some_and(|owner| identity.owns(&owner))
                    }
                    "chmod" => {
                        matches!(first, "777" | "0777" | "a+rwX" | "a+rwx" | "ugo+rwx" | "a=rwx" | "o+rwX" | "o+rwx")
                    }
                    _ => false,
                };
                let covers = |text: Option<&str>| ran.path(text).is_some_and(|path| value::within(folder, &path));
                opens && operands.any(|(_, text)| covers(text))
            },
        )
    })
}

/// Whether the RUN `index` changes the owner of a path or of a folder above it; with `below`, of something in it too.
pub fn gives(model: &Model<'_>, stage: usize, index: usize, path: &str, below: bool) -> bool {
    let commands = &model.commands(stage, index).list;
    let chowns = commands.iter().filter(|ran| matches!(ran.name.as_str(), "chown" | "chgrp"));
    let paths = chowns.filter_map(|ran| ran.ownership(model, stage, index)).flat_map(|effect| effect.paths);
    paths.into_iter().any(|to| to.is_none_or(|to| value::within(path, &to) || (below && value::within(&to, path))))
}
