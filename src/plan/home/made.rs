//! What a RUN makes for root's home and the process reads from its own: it is made in the home of the account instead.

use super::downloads::all_as_root;
use super::elsewhere::Elsewhere;
use super::set::is_built_on;
use super::spelled::{all_words, mentions_in, spelled, written};
use super::{Relocated, Relocation, mention, text_of};
use crate::compose::join;
use crate::context::Entry;
use crate::facts::{self, Known, ProgramKind, Role, Writes, words};
use crate::model::command::Ran;
use crate::model::hazard::{self, Hazard, Scene, Weight};
use crate::model::{Model, Value, start, value};
use crate::plan::{Change, Origin, Plan};
use crate::source::Span;
use crate::syntax::Keyword;

/// What RUNs make directly below root's home goes below `home`, the home of the account.
pub(super) fn relocation(scene: &Scene<'_>, home: &str) -> Option<Relocation> {
    let (model, stage) = (scene.model, scene.stage);
    // What the project's other files say is only looked at where something is made: there may be many.
    let made = Some(made(scene)).filter(|made| !made.is_empty())?;
    let elsewhere = Elsewhere::of(scene)?;
    if elsewhere.names("/root") || is_built_on(model, stage) {
        return None;
    }
    if !all_as_root(scene) || !sets_no_home(model, stage) {
        return None;
    }
    let of: Vec<&str> = made.iter().map(|(_, name)| name.as_str()).collect();
    // A program of the project that a step runs would look for it in root's home.
    let read = !all_known(model, stage, &of) && of.iter().any(|name| elsewhere.holds(name));
    if read || !is_quiet(model, stage, &of) {
        return None;
    }
    let mut relocation = Relocation::default();
    for (at, name) in &made {
        let (from, to) = (format!("/root/{name}"), format!("{home}/{name}"));
        let words = all_words(model, stage, name, home)?;
        let first = words.iter().map(|(index, ..)| *index).min()?;
        if !is_free(scene, &to) || elsewhere.mounts(&to) || !makes_it_first(model, stage, first, name) {
            return None;
        }
        relocation.told.push((
            *at,
            format!("a RUN makes {from} for the home of whoever runs it, and no other user can enter /root"),
            format!("{to} takes its place, in the home of the account, where the process looks for it"),
        ));
        relocation.hazards.push(Hazard {
            id: "moved-folder",
            weight: Weight::Unsafe,
            message: format!("whoever mounts files at {from}, or takes some from there, has to use {to}"),
            at: *at,
            packaged: false,
        });
        relocation.words.extend(words);
        relocation.given.push(to.clone());
        relocation.relocated.push(Relocated { from, to });
    }
    let whole = model.lineage(stage).into_iter().any(|(_, index)| mention::means_all(&text_of(model, index)));
    (!whole).then_some(relocation)
}

/// What lies directly below root's home by what RUNs make there and leave, however they spell the home: where one has to
/// move, all do.
fn made(scene: &Scene<'_>) -> Vec<(usize, String)> {
    let mut made = hazard::made_for_home(scene);
    if made.is_empty() {
        return made;
    }
    for (_, index) in scene.model.lineage(scene.stage) {
        for name in written(scene.model, index) {
            let only_read = !name.starts_with('.') || words::HOME_BUILD_FILES.contains(&name.as_str());
            if !only_read && !made.iter().any(|(_, known)| *known == name) {
                made.push((index, name));
            }
        }
    }
    made
}

/// Whether a RUN changes modes of nothing but trees that are given to the account.
pub(super) fn shuts_given(scene: &Scene<'_>, index: usize, given: &[String]) -> bool {
    let commands = scene.model.commands(scene.stage, index);
    let inside = |path: Option<String>| path.is_some_and(|path| given.iter().any(|tree| value::within(&path, tree)));
    let mut modes = commands.list.iter().filter(|ran| ran.name == "chmod");
    modes.all(|ran| ran.operands().skip(1).all(|(_, text)| inside(ran.path(text))))
}

/// Whether a plan gives the tree to an account whose home was there before the first step that changes.
pub(super) fn fits(scene: &Scene<'_>, plan: &Plan, home: &str) -> bool {
    let changed = |change: &Change| match change {
        Change::Word { instruction, .. } if scene.model.keyword(*instruction) == Keyword::Run => Some(*instruction),
        _ => None,
    };
    let cut = |change: &Change| {
        let cuts = matches!(change, Change::RemoveWords { .. } | Change::RemoveCommands { .. });
        // What is cut is named by its place in the text as it will be.
        cuts && plan.changes.iter().filter_map(changed).any(|index| change.instruction() == Some(index))
    };
    let identity = plan.identity.as_ref().filter(|identity| identity.origin != Origin::Created && !identity.worker);
    let first = made(scene).into_iter().filter_map(|(_, name)| {
        all_words(scene.model, scene.stage, &name, home)?.into_iter().map(|(index, ..)| index).min()
    });
    let lives = |first: usize| {
        let name = identity.and_then(|identity| identity.name.as_deref());
        name.is_some_and(|name| lives_in(scene.model, scene.stage, first, name, home))
    };
    !plan.changes.iter().any(cut) && first.min().is_some_and(lives)
}

/// Whether an account has a home of its own that is there before the instruction `first`: made with it, or the base's.
pub fn lives_in(model: &Model<'_>, stage: usize, first: usize, name: &str, home: &str) -> bool {
    let at_end = model.account(stage, usize::MAX, name);
    let stays = at_end.is_some_and(|it| it.home.as_deref() == Some(home));
    let Some(account) = model.account(stage, first, name).filter(|_| stays) else {
        return false;
    };
    let listed = matches!(model.root_base(stage), Some(crate::model::Base::Image { listed: true, .. }));
    account.home.as_deref() == Some(home)
        && home.matches('/').count() > 1
        && match &account.made {
            Some(made) => account.has_home == Some(true) && made.plain && made.instruction < first,
            // Other homes of base images are folders of servers, volumes or names of nothing.
            None => account.role == Role::App && home.starts_with("/home/") && listed,
        }
}

/// Whether nothing sets HOME: root's is /root then, and the account's is what its entry says.
pub fn sets_no_home(model: &Model<'_>, stage: usize) -> bool {
    let runs = model.runs(stage);
    model.environment(stage, usize::MAX, "HOME") == Value::Unset
        && runs.into_iter().all(|(of, index)| model.variable(of, index, "HOME") == Value::Unset)
}

/// Whether the first step that names it makes it there: nothing that is older stays in root's home.
fn makes_it_first(model: &Model<'_>, stage: usize, index: usize, name: &str) -> bool {
    let [shelled] = model.scripts(index) else { return false };
    let commands = model.commands(stage, index);
    let text = |span: Span| shelled.text_of(span);
    let Some(ran) = commands.list.iter().find(|ran| names(model, index, ran, name)) else { return false };
    let whole = |written: &str| {
        spelled(written, name).is_some_and(|span| written.trim_end_matches(['/', '"']).len() == span.end)
    };
    let last = ran.spans.last().map(|span| text(*span));
    match ran.name.as_str() {
        "mkdir" | "touch" => !shuts(model, stage, name),
        "cp" | "mv" | "ln" | "install" => last.is_some_and(|last| whole(&last)),
        // `echo x > ~/.file`
        _ => {
            let behind = text(ran.span).rsplit_once('>').map(|(_, target)| target.trim().to_owned());
            behind.is_some_and(|target| whole(&target))
        }
    }
}

/// Whether a step gives the folder itself another mode, by which its new owner might not enter it.
fn shuts(model: &Model<'_>, stage: usize, name: &str) -> bool {
    let runs = model.runs(stage);
    runs.into_iter().any(|(of, index)| {
        let Some(shelled) = model.scripts(index).first() else { return true };
        let whole = |span: &Span| {
            let word = shelled.text_of(*span);
            spelled(&word, name).is_some_and(|at| word.trim_end_matches(['/', '"']).len() == at.end)
        };
        model.commands(of, index).list.iter().any(|ran| ran.name == "chmod" && ran.spans.iter().any(whole))
    })
}

/// Whether no step from the first on that names something of this may look for it in root's home by itself: each command
/// names some of it, or is known to read no such files. Older steps that nobody knows may have put files of their own there.
pub fn is_quiet(model: &Model<'_>, stage: usize, of: &[&str]) -> bool {
    let mut seen = false;
    let runs = model.runs(stage);
    runs.into_iter().all(|(at, index)| {
        let commands = model.commands(at, index);
        commands.complete
            && commands.list.iter().all(|ran| {
                let named = of.iter().any(|name| names(model, index, ran, name));
                seen |= named;
                named || is_plain(ran) || (!seen && facts::command(&ran.name).is_some())
            })
    })
}

/// Whether a command reads no file of a home: it works on what it names, or on the system.
fn is_plain(ran: &Ran) -> bool {
    let first = ran.operands().next().and_then(|(_, text)| text).unwrap_or("");
    let named = matches!(facts::writes(&ran.name, first), Writes::Nothing | Writes::Named);
    let system = |known: &facts::ProgramFacts| {
        let kind = matches!(known.kind, ProgramKind::Packages | ProgramKind::Accounts | ProgramKind::Ownership);
        kind && known.needs_root == Known::Yes && known.writes == Writes::System
    };
    named || facts::command(&ran.name).is_some_and(system)
}

/// Whether every command names some of this or is known to read no files of a home.
fn all_known(model: &Model<'_>, stage: usize, of: &[&str]) -> bool {
    let runs = model.runs(stage);
    runs.into_iter().all(|(at, index)| {
        let known = |ran: &Ran| is_plain(ran) || of.iter().any(|name| names(model, index, ran, name));
        model.commands(at, index).list.iter().all(known)
    })
}

/// Whether a command of a RUN names what lies in a home by its name.
fn names(model: &Model<'_>, index: usize, ran: &Ran, name: &str) -> bool {
    mentions_in(model, index, ran.span, name)
}

/// Whether nothing of the image lies at a path, is mounted there, or may be brought there.
fn is_free(scene: &Scene<'_>, path: &str) -> bool {
    let (model, stage) = (scene.model, scene.stage);
    let apart = |other: &str| !value::meets(other, path);
    let owners = model.owners(stage);
    let mut volumes = model.lineage(stage).into_iter().flat_map(|(of, index)| model.volumes(of, index));
    let mounts = || scene.services.iter().flat_map(|service| &service.mounts);
    let named = model.lineage(stage).iter().any(|(_, index)| mention::names(&text_of(model, *index), path));
    let home = path.rsplit_once('/').map_or("/", |(home, _)| home);
    let unpacked = |copy: usize| crate::plan::ownership::is_archive(model, copy);
    let brings = |copy: usize, to: &str| value::within(path, to) && unpacked(copy);
    owners.nodes.keys().all(|node| !value::within(node, path))
        && owners.copies.iter().all(|copy| {
            let to = copy.destination.as_deref();
            to.is_some_and(|to| {
                let index = copy.instruction;
                !value::within(to, path) && !brings(index, to) && brings_none(scene, index, to, path)
            })
        })
        && !works_in(model, stage, home)
        && volumes.all(|volume| volume.certain().and_then(value::normal).is_some_and(|volume| apart(&volume)))
        && mounts().all(|mount| value::normal(&mount.target).is_some_and(|target| apart(&target)))
        && !named
}

/// Whether a step works in a home, or on all homes, other than by making its account: it may bring the same files there,
/// or take them away.
fn works_in(model: &Model<'_>, stage: usize, home: &str) -> bool {
    let above = home.rsplit_once('/').map_or("/", |(above, _)| above);
    let name = home.rsplit('/').next().unwrap_or("");
    let runs = model.runs(stage);
    runs.into_iter().any(|(of, index)| {
        let Some(shelled) = model.scripts(index).first() else { return true };
        model.commands(of, index).list.iter().any(|ran| {
            let text = shelled.text_of(ran.span);
            let names =
                mention::names(&text, above) || mention::names(&text, home) || text.contains(&format!("~{name}"));
            let removes = matches!(ran.name.as_str(), "userdel" | "deluser");
            removes || (names && !facts::makes_accounts(&ran.name))
        })
    })
}

/// Whether a copy to a folder above a path brings nothing to that path.
fn brings_none(scene: &Scene<'_>, copy: usize, to: &str, path: &str) -> bool {
    if !value::within(path, to) {
        return true;
    }
    let below = path.strip_prefix(to).unwrap_or("").trim_start_matches('/');
    let staged = scene.model.instruction(copy).is_none_or(|found| found.flag("from").is_some());
    let absent = |path: &str| scene.files.entry(path) == Entry::Absent;
    !staged
        && start::sources(scene, copy).iter().all(|source| {
            let Some(source) = scene.in_context(source.trim_start_matches('/')) else { return false };
            match scene.files.entry(&source) {
                Entry::File { .. } => source.rsplit('/').next() != below.split('/').next(),
                Entry::Folder => below.split('/').next().is_some_and(|first| absent(&join(&source, first))),
                _ => false,
            }
        })
}
