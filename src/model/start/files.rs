//! Files that nobody but root may read, by the way they come into the image.

use crate::model::command::Ran;
use crate::model::hazard::{Hazard, Scene, Weight, hazard};
use crate::model::value;
use crate::syntax::{Args, Keyword};

/// `ADD https://…` stores what it fetches with mode 0600 unless `--chmod` says otherwise (Dockerfile reference, ADD).
pub(in crate::model) fn remote_files(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let model = scene.model;
    for (_, index) in model.lineage(scene.stage) {
        let Some(instruction) = model.instruction(index).filter(|found| found.keyword == Keyword::Add) else {
            continue;
        };
        let Args::Copy { sources, .. } = &instruction.args else { continue };
        let remote =
            |text: &str| (text.starts_with("http://") || text.starts_with("https://")) && !text.ends_with(".git");
        let name = sources.iter().map(|source| source.text.as_str()).find(|text| remote(text));
        let Some(name) = name.filter(|_| instruction.flag("chmod").is_none()) else { continue };
        let file = name.rsplit('/').next().unwrap_or("");
        // A later step that names the file unpacks it or opens it up.
        let runs = model
            .lineage(scene.stage)
            .into_iter()
            .filter(|(_, later)| *later > index && model.keyword(*later) == Keyword::Run);
        let handled = runs.into_iter().any(|(_, later)| !file.is_empty() && scene.text(later).contains(file));
        let started = scene.programs.list.iter().any(|program| {
            let words = program.arguments.iter().flatten().chain([&program.path]);
            !file.is_empty() && words.into_iter().any(|word| word.ends_with(file))
        });
        if !handled {
            let weight = if started { Weight::Manual } else { Weight::Unsafe };
            let message = format!("ADD stores {name} with mode 0600, readable for root only: give it --chmod=0644");
            found.push(hazard("remote-file", weight, index, message));
        }
    }
}

/// Modes that shut out everybody but the owner, on what stays root's.
pub(in crate::model) fn modes(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let model = scene.model;
    let cwd = model.process_folder(scene.stage);
    let own = |path: &str| cwd.certain().is_some_and(|cwd| cwd != "/" && value::within(path, cwd));
    for (at, index) in model.lineage(scene.stage) {
        if model.keyword(index) != Keyword::Run {
            continue;
        }
        for ran in &model.commands(at, index).list {
            let Some((mode, paths)) = shut(ran) else { continue };
            if !paths.iter().all(|path| path.as_deref().is_some_and(own)) {
                let message = format!(
                    "`{} {mode}` keeps everybody but root out: check that the process does not need it",
                    ran.name
                );
                found.push(hazard("mode", Weight::Unsafe, index, message));
            }
        }
    }
}

/// The mode and the paths of a command that keeps everybody but root out of them: `chmod 700`, `mkdir -m 700`.
pub fn shut(ran: &Ran) -> Option<(&str, Vec<Option<String>>)> {
    let mut operands = ran.operands();
    let mode = match ran.name.as_str() {
        "chmod" => operands.next().and_then(|(_, text)| text),
        "mkdir" => made_with(ran),
        _ => None,
    };
    let mode = mode.filter(|mode| shuts_out(mode))?;
    Some((mode, operands.map(|(_, text)| ran.path(text)).collect()))
}

/// The mode that `mkdir -m 700` makes its folders with.
fn made_with(ran: &Ran) -> Option<&str> {
    let mut words = ran.arguments.iter().map(|word| word.as_deref().unwrap_or(""));
    while let Some(word) = words.next() {
        if let Some(mode) = word.strip_prefix("--mode=") {
            return Some(mode);
        }
        if word == "--mode" || (word.starts_with('-') && !word.starts_with("--") && word.ends_with('m')) {
            return words.next();
        }
    }
    None
}

/// 700, 0600, 744 (a script must be readable and executable), `u+x`, `go-rwx`.
fn shuts_out(mode: &str) -> bool {
    if mode.bytes().all(|byte| byte.is_ascii_digit()) {
        let others = mode.bytes().last().map_or(0, |byte| byte - b'0');
        let owner = mode.bytes().rev().nth(2).map_or(0, |byte| byte - b'0');
        return others & 4 == 0 || (owner & 1 == 1 && others & 1 == 0);
    }
    mode.split(',').any(|part| {
        let (who, what) = part.split_once('=').unwrap_or(("", ""));
        // `go=` and `o=` take away what they do not name.
        let taken = (who.is_empty() && part.starts_with('=') || who.contains(['o', 'a']))
            && part.contains('=')
            && !what.contains('r');
        part.starts_with("u+x") || part.starts_with("o-") || part.starts_with("go-") || taken
    })
}
