//! Modes of files of the build context: a copy keeps them, and what nobody but its owner may read stays shut for an account
//! that does not own it.

use super::ownership::{RULE, give_copy, push, shellless};
use super::{Change, Draft, Handed, Identity, Opening};
use crate::context::Entry;
use crate::model::command::Ran;
use crate::model::hazard::Scene;
use crate::model::owner::{Copied, Owners};
use crate::model::{start, value};
use crate::options::Ownership;
use crate::syntax::Keyword;

/// Most files that are looked at.
const MOST: usize = 2000;

/// Finds copies that stay root's and bring what others may not read, or a program that others may not run.
pub(super) fn look(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners) {
    let scene = draft.scene;
    for copy in &owners.copies {
        let index = copy.instruction;
        let Some(found) = scene.model.instruction(index) else { continue };
        let flagged = |change: &Change| matches!(change, Change::Flag { instruction, .. } if *instruction == index);
        let theirs = copy.owner.as_deref().is_some_and(|owner| identity.owns(owner));
        let given = found.flag("chmod").map(|flag| flag.value.as_deref().unwrap_or("").to_owned());
        let opened = given.is_some() || copy.from.is_some();
        let below = |path: &str| value::within(copy.destination.as_deref().unwrap_or("/"), path);
        let handed = draft.handed.iter().any(|handed| handed.tree && below(&handed.path));
        if theirs || handed || draft.changes.iter().any(flagged) {
            continue;
        }
        if let Some(line) = shut_before(draft, copy) {
            let to = copy.destination.as_deref().unwrap_or("its place");
            let message =
                format!("line {line} keeps others from what is copied to {to} and stays root's: open it to them");
            push(draft, "mode", index, message);
            return;
        }
        if let Some(mode) = given.filter(|mode| shuts(mode) && !opened_later(scene, index, "", copy)) {
            if given_along(draft, identity, owners, copy) {
                continue;
            }
            let line = scene.model.line(index);
            let message = format!(
                "what the copy on line {line} brings gets mode {mode} and stays root's: open it to others, or give it away"
            );
            push(draft, "mode", index, message);
            return;
        }
        if opened {
            continue;
        }
        let Some((path, mode)) = shut(scene, index, copy) else { continue };
        let message = format!(
            "{path} has mode {mode:04o} in the build context, and its copy stays root's: open it to others (chmod o+r, or --chmod)"
        );
        push(draft, "mode", index, message);
        return;
    }
}

/// Drops the hazards of steps that keep for their owner what the account is given anyhow.
pub(super) fn given_away(draft: &mut Draft<'_>) {
    let (scene, handed) = (draft.scene, &draft.handed);
    let theirs = |path: &str, deep: bool| {
        let all = |handed: &Handed| handed.tree && value::within(path, &handed.path);
        handed.iter().any(|handed| all(handed) || (!deep && handed.path == path))
    };
    draft.hazards.retain_mut(|hazard| {
        let at = scene.model.lineage(scene.stage).into_iter().find(|(_, at)| *at == hazard.at);
        let run = at.filter(|_| hazard.id == "mode" && scene.model.keyword(hazard.at) == Keyword::Run);
        let Some((of, at)) = run else { return true };
        let stays = start::kept_from_others(scene, of, at, &theirs);
        stays.is_some_and(|message| {
            hazard.message = message;
            true
        })
    });
}

/// The line of the stage that a copy takes from which shuts others out of it: `chmod 700`, `mkdir -m 700`, `umask 077`.
fn shut_before(draft: &Draft<'_>, copy: &Copied) -> Option<usize> {
    let (model, scene) = (draft.scene.model, draft.scene);
    let opened = model.instruction(copy.instruction).is_some_and(|found| found.flag("chmod").is_some());
    let from = model.find_stage(copy.from.as_deref().filter(|_| !opened)?, scene.stage)?;
    let sources = start::sources(scene, copy.instruction);
    let meets = |path: &str| sources.iter().any(|source| value::meets(source, path));
    let runs = model.runs(from);
    let shuts = |(of, at): &(usize, usize)| {
        let commands = &model.commands(*of, *at).list;
        let masked = commands.iter().any(is_mask);
        commands.iter().any(|ran| {
            let (shut, made) = (start::shut(ran).map(|shut| shut.paths), ran.ownership(model, *of, *at));
            let made = made.filter(|made| masked && made.makes).map(|made| made.paths);
            let written = ran.writes.iter().filter(|_| masked).map(|to| ran.path(to.as_deref()));
            let paths = shut.into_iter().chain(made).flatten().chain(written);
            paths.flatten().any(|path| meets(&path))
        })
    };
    runs.into_iter().find(shuts).map(|(_, at)| model.line(at))
}

/// Gives a copy whose mode shuts others out to the account, which then reads it as its owner; whether that can be done.
fn given_along(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners, copy: &Copied) -> bool {
    let (model, stage, index) = (draft.scene.model, draft.scene.stage, copy.instruction);
    let plain = model.stage_of(index) == Some(stage)
        && model.instruction(index).is_some_and(|found| found.flag("chown").is_none())
        && draft.options.ownership == Ownership::App
        && !draft.options.leaves(RULE, index);
    let target = copy.destination.clone().filter(|to| plain && !model.is_base_folder(stage, to));
    let (Some(target), Some(owner)) = (target, identity.copy_owner(model, stage, index)) else { return false };
    give_copy(draft, identity, owners, index, &target, &owner, "only its owner may read it");
    true
}

/// Whether an octal mode lets nobody but owner and group read.
fn shuts(mode: &str) -> bool {
    mode.bytes().all(|digit| digit.is_ascii_digit()) && mode.bytes().last().is_some_and(|last| last < b'4')
}

/// `umask 077`: what is made under it, others may not read.
fn is_mask(ran: &Ran) -> bool {
    let mask = ran.arguments.first().and_then(Option::as_deref).unwrap_or("");
    ran.name == "umask"
        && mask.bytes().all(|digit| digit.is_ascii_digit())
        && mask.bytes().last().is_some_and(|last| matches!(last, b'4'..=b'7'))
}

/// Finds steps of root's that work under a umask which keeps others from reading what they make.
pub(super) fn masked(draft: &mut Draft<'_>) {
    let model = draft.scene.model;
    let runs = model.runs(draft.scene.stage);
    let masks =
        |(of, at): &(usize, usize)| model.user(*of, *at).is_root() && model.commands(*of, *at).list.iter().any(is_mask);
    let Some((_, at)) = runs.into_iter().find(masks) else { return };
    let line = model.line(at);
    let message = format!(
        "the RUN on line {line} works under a umask that keeps others from reading what it makes: check what it is"
    );
    push(draft, "mode", at, message);
}

/// Finds steps that make a folder anew which everybody writes, without its mode.
pub(super) fn remade(draft: &mut Draft<'_>) {
    let model = draft.scene.model;
    let runs = model.runs(draft.scene.stage);
    let mut closed: Option<(usize, &str)> = None;
    for (of, at) in runs {
        for ran in &model.commands(of, at).list {
            let names = |folder: &&&str| ran.operands().any(|(_, text)| ran.path(text).as_deref() == Some(**folder));
            let Some(folder) = ["/tmp", "/var/tmp"].iter().find(names) else { continue };
            match ran.name.as_str() {
                "rm" | "rmdir" => closed = Some((at, folder)),
                "chmod" | "mkdir" if ran.arguments.iter().flatten().any(|word| word.ends_with("777")) => closed = None,
                _ => {}
            }
        }
    }
    let Some((at, folder)) = closed else { return };
    if !shellless(model, draft.scene.stage) {
        return super::opened::open(draft, folder.to_owned(), Opening::Shared);
    }
    let line = model.line(at);
    let message = format!("the RUN on line {line} removes {folder}: without its mode 1777 only root can write there");
    push(draft, "mode", at, message);
}

/// The first file that a copy brings and that others may not read, or not run where its owner may and it is started.
fn shut(scene: &Scene<'_>, index: usize, copy: &Copied) -> Option<(String, u32)> {
    let mut pending: Vec<String> = start::sources(scene, index)
        .into_iter()
        .filter_map(|source| scene.in_context(source.trim_start_matches('/')))
        .collect();
    let starts = scene.programs.list.iter().map(|program| program.name.as_str());
    let starts: Vec<&str> = starts.collect();
    let mut seen = 0;
    while let Some(path) = pending.pop() {
        seen += 1;
        if seen > MOST {
            return None;
        }
        let name = path.rsplit('/').next().unwrap_or("").to_owned();
        match scene.files.entry(&path) {
            Entry::File { mode, .. } if !scene.hides(&path) => {
                let runs = starts.contains(&name.as_str()) && mode & 0o100 != 0 && mode & 0o001 == 0;
                if (mode & 0o004 == 0 || runs) && !opened_later(scene, index, &name, copy) {
                    return Some((path, mode));
                }
            }
            Entry::Folder if name != ".git" => {
                let inner = |inner: &String| if path.is_empty() { inner.clone() } else { format!("{path}/{inner}") };
                pending.extend(scene.files.list(&path).iter().map(inner));
            }
            _ => {}
        }
    }
    None
}

/// Whether a later step changes the modes of the file, or of all that the copy brings.
fn opened_later(scene: &Scene<'_>, index: usize, name: &str, copy: &Copied) -> bool {
    let model = scene.model;
    let later = model.runs(scene.stage).filter(|(_, at)| *at > index);
    later.into_iter().any(|(stage, at)| {
        model.commands(stage, at).list.iter().filter(|ran| ran.name == "chmod").any(|ran| {
            let mut operands = ran.operands();
            let mode = operands.next().and_then(|(_, text)| text).unwrap_or("");
            let opens = mode.starts_with(['+', 'a', 'o'])
                || mode.bytes().last().is_some_and(|last| matches!(last, b'4'..=b'7'));
            let named = |text: Option<&str>| {
                let path = ran.path(text);
                let all = path.as_deref().zip(copy.destination.as_deref());
                text.is_some_and(|text| text.rsplit('/').next() == Some(name))
                    || (ran.has_option('R', "--recursive") && all.is_some_and(|(path, to)| value::within(to, path)))
            };
            opens && operands.any(|(_, text)| named(text))
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::context::Memory;
    use crate::options::Options;
    use crate::{Dockerfile, fix_one};

    /// Ids of the hazards of a project whose files have these modes.
    fn hazards(dockerfile: &str, files: &[(&str, u32)]) -> Vec<&'static str> {
        let mut memory = Memory::default();
        for (path, mode) in files {
            memory.insert(*path, "#!/bin/sh\nexec node x.js\n", *mode);
        }
        let file =
            Dockerfile { shown: b"Dockerfile".to_vec(), path: Some("Dockerfile".into()), bytes: dockerfile.into() };
        let report = fix_one(&file, &memory, &Options::default());
        report.fixes.iter().flat_map(|fix| fix.hazards.iter().map(|hazard| hazard.id)).collect()
    }

    const FILE: &str =
        "FROM node:22-slim\nCOPY settings.json /etc/app/\nWORKDIR /app\nCOPY . .\nCMD [\"node\", \"x.js\"]\n";

    #[test]
    fn what_stays_roots_must_be_readable() {
        assert_eq!(hazards(FILE, &[("settings.json", 0o600), ("x.js", 0o600)]), ["mode"]);
        assert!(hazards(FILE, &[("settings.json", 0o644), ("x.js", 0o600)]).is_empty());
        let opened = FILE.replace("WORKDIR", "RUN chmod 644 /etc/app/settings.json\nWORKDIR");
        assert!(hazards(&opened, &[("settings.json", 0o600), ("x.js", 0o644)]).is_empty());
        let flagged = FILE.replace("COPY settings", "COPY --chmod=644 settings");
        assert!(hazards(&flagged, &[("settings.json", 0o600), ("x.js", 0o644)]).is_empty());
        let shut = FILE.replace("COPY settings", "COPY --chmod=0640 settings");
        assert!(hazards(&shut, &[("settings.json", 0o644), ("x.js", 0o644)]).is_empty());
        let theirs = shut.replace("--chmod=0640", "--chmod=0640 --chown=root:root");
        assert_eq!(hazards(&theirs, &[("settings.json", 0o644), ("x.js", 0o644)]), ["mode"]);
        let opened = shut.replace("WORKDIR", "RUN chmod -R a+rX /etc/app/\nWORKDIR");
        assert!(hazards(&opened, &[("settings.json", 0o644), ("x.js", 0o644)]).is_empty());
    }

    #[test]
    fn what_a_step_makes_under_a_umask_may_be_shut() {
        let masked = |mask: &str| FILE.replace("COPY . .", &format!("COPY . .\nRUN umask {mask} && date > /opt/made"));
        let files = [("settings.json", 0o644), ("x.js", 0o644)];
        assert_eq!(hazards(&masked("077"), &files), ["mode"]);
        assert_eq!(hazards(&masked("0027"), &files), ["mode"]);
        assert!(hazards(&masked("022"), &files).is_empty());
    }

    #[test]
    fn what_is_started_must_be_executable_by_others() {
        let file =
            "FROM node:22-slim\nCOPY run.sh /usr/local/bin/\nWORKDIR /app\nCOPY x.js .\nENTRYPOINT [\"run.sh\"]\n";
        assert_eq!(hazards(file, &[("run.sh", 0o744), ("x.js", 0o644)]), ["mode"]);
        assert!(hazards(file, &[("run.sh", 0o755), ("x.js", 0o644)]).is_empty());
        assert!(
            hazards(
                &file.replace("WORKDIR", "RUN chmod +x /usr/local/bin/run.sh\nWORKDIR"),
                &[("run.sh", 0o744), ("x.js", 0o644)]
            )
            .is_empty()
        );
    }
}
