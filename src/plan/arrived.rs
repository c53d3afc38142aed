//! What a step of the build brings to a place by unpacking, cloning or writing, as far as its words tell.

use super::uses::Used;
use crate::facts::{self, ProgramKind};
use crate::model::command::Ran;
use crate::model::owner::{Made, Owners};
use crate::model::{Model, value};

/// RUNs that unpack or clone into a folder above `folder` before any line makes it: it comes out of what they bring
/// (`tar -xf app.tar.gz -C /opt`, then `WORKDIR /opt/app`).
pub(super) fn above(model: &Model<'_>, stage: usize, owners: &Owners, folder: &str) -> Vec<Used> {
    let Some(Made::Workdir(made)) = owners.nodes.get(folder).map(|node| node.made) else { return Vec::new() };
    let runs = model.runs(stage).filter(|(_, at)| *at < made);
    let brings = |(of, at): &(usize, usize)| {
        let commands = &model.commands(*of, *at).list;
        commands.iter().any(|ran| {
            let to = target(ran);
            to.is_some_and(|to| value::within(folder, &to) && (to != folder || ran.name == "git"))
        })
    };
    let found = runs.into_iter().filter(brings);
    found.map(|(of, at)| Used { at, opaque: true, installs: downloads(model, of, at), writes: true }).collect()
}

/// Where a command unpacks or clones to.
fn target(ran: &Ran) -> Option<String> {
    let words: Vec<&str> = ran.arguments.iter().map(|word| word.as_deref().unwrap_or("")).collect();
    let told = |short: &str, long: &str| {
        words.iter().enumerate().find_map(|(at, word)| {
            match word.strip_prefix(long).and_then(|rest| rest.strip_prefix('=')) {
                Some(path) if !long.is_empty() => Some(path),
                _ if *word == short || *word == long => words.get(at + 1).copied(),
                _ => word.strip_prefix(short).filter(|rest| rest.starts_with('/')),
            }
        })
    };
    let cwd = || ran.cwd.text().map(str::to_owned);
    match ran.name.as_str() {
        "tar" | "bsdtar" => {
            let unpacks = words.iter().enumerate().any(|(at, word)| {
                let cluster = word.starts_with('-') && !word.starts_with("--") || at == 0 && !word.starts_with('-');
                *word == "--extract" || *word == "--get" || (cluster && word.contains('x'))
            });
            let to = told("-C", "--directory");
            unpacks.then(|| to.map_or_else(cwd, |to| ran.placed(Some(to))))?
        }
        "unzip" => told("-d", "").map_or_else(cwd, |to| ran.placed(Some(to))),
        "git" => {
            let operands: Vec<&str> = ran.operands().filter_map(|(_, text)| text).collect();
            let clone = operands.iter().position(|word| *word == "clone")?;
            let last = operands.get(clone + 1..)?.last()?;
            let name = last.trim_end_matches('/').rsplit(['/', ':']).next()?;
            if last.contains("://") || last.contains('@') {
                return ran.placed(Some(name.strip_suffix(".git").unwrap_or(name)));
            }
            ran.placed(Some(last))
        }
        _ => None,
    }
}

/// Whether a RUN fetches something of unknown size.
fn downloads(model: &Model<'_>, stage: usize, index: usize) -> bool {
    let fetches = |ran: &Ran| {
        matches!(ran.name.as_str(), "curl" | "wget" | "aria2c")
            || facts::command(&ran.name).is_some_and(|known| known.kind == ProgramKind::Vcs)
    };
    model.commands(stage, index).list.iter().any(fetches)
}

/// The RUN that leaves files in a folder which a RUN made, and whether they may be large; what `touch` makes has an owner
/// of its own.
pub(super) fn filled(model: &Model<'_>, stage: usize, owners: &Owners, path: &str) -> Option<(usize, bool)> {
    let Some(Made::Run(made)) = owners.nodes.get(path).map(|node| node.made) else { return None };
    let runs = model.runs(stage).filter(|(_, at)| *at >= made);
    let inside = |found: Option<String>| found.is_some_and(|found| found != path && value::within(&found, path));
    let into = |found: Option<String>| found.is_some_and(|found| value::within(&found, path));
    let fills = |ran: &Ran| {
        let redirected = ran.writes.iter().any(|to| inside(ran.placed(to.as_deref())));
        let named = || ran.named().into_iter().any(|to| into(ran.placed(to.as_deref())));
        redirected
            || (matches!(ran.name.as_str(), "cp" | "mv" | "install" | "tee")
                && !ran.has_option('d', "--directory")
                && named())
    };
    let mut runs = runs.into_iter().filter(|(of, at)| model.user(*of, *at).is_root());
    let (of, at) = runs.find(|(of, at)| model.commands(*of, *at).list.iter().any(fills))?;
    Some((at, downloads(model, of, at)))
}
