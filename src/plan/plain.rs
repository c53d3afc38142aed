//! Programs that start in a folder of the image: what shows that they write nothing there.

use super::ownership::{give_copy, push, shellless};
use super::settled::scripts;
use super::{Draft, Identity};
use crate::facts::{self, Writes};
use crate::model::hazard::Scene;
use crate::model::owner::{Copied, Owners};
use crate::model::{source, value};
use crate::syntax::{Args, Keyword, Word};

/// The process has no folder of its own: fine only where what it is shows that it needs none.
pub(super) fn no_folder(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners) {
    let scene = draft.scene;
    let data = data_copies(scene, owners);
    // In a shell-less image only the copy itself can give its data away.
    if shellless(scene.model, scene.stage) && !data.is_empty() && is_service(scene) && is_built(scene, owners) {
        if hand_over(draft, identity, owners, &data) {
            return;
        }
    } else if (data.is_empty() && is_plain(scene, owners)) || source::writes_nothing(scene) {
        return;
    }
    // The project's own cluster runs it without root already, as a number that owns nothing in the image. A mount that
    // takes its writes there is missing elsewhere, so it shows nothing.
    if scene.workloads().iter().any(|workload| workload.user.is_some() && !workload.writable_mounts) {
        return;
    }
    let cwd = scene.model.process_folder(scene.stage);
    let filled = cwd.text().filter(|cwd| *cwd != "/").and_then(|cwd| scripts(scene, cwd).next());
    let node = cwd.text().and_then(|cwd| owners.nodes.get(cwd)).and_then(|node| node.owner.as_deref());
    if filled.is_none() && node.is_some_and(|owner| identity.owns(owner)) {
        return;
    }
    let cwd = cwd.text().unwrap_or("a folder that cannot be known").to_owned();
    if let Some(used) = filled {
        let line = scene.model.line(used.at);
        let message = format!("what the RUN on line {line} leaves in {cwd} cannot be known, and stays root's");
        return push(draft, "opaque-run", used.at, message);
    }
    push(
        draft,
        "opaque-writes",
        scene.model.entry(scene.stage).cmd.map_or(scene.from(), |(_, index)| index),
        format!(
            "the process starts in {cwd}, which stays root's: check that it writes nothing there, or set a WORKDIR of its own"
        ),
    );
}

/// Whether the image holds nothing but packages and a program of this file that serves.
fn is_plain(scene: &Scene<'_>, owners: &Owners) -> bool {
    let only_packages = scene.model.lineage(scene.stage).into_iter().all(|(stage, index)| {
        scene.model.keyword(index) != Keyword::Run
            || scene.model.commands(stage, index).list.iter().all(|ran| {
                let first = ran.operands().next().and_then(|(_, text)| text).unwrap_or("");
                let writes = facts::writes(&ran.name, first);
                matches!(writes, Writes::Nothing | Writes::Named) || facts::ignores_cwd(&ran.name)
            })
    });
    is_built(scene, owners) && only_packages && is_service(scene)
}

/// Whether the image is run as a service: it exposes a port, or a workload of the project that gives it nothing to write
/// runs it.
fn is_service(scene: &Scene<'_>) -> bool {
    let exposes =
        scene.model.lineage(scene.stage).iter().any(|(_, index)| scene.model.keyword(*index) == Keyword::Expose);
    let workloads = scene.workloads();
    exposes || (!workloads.is_empty() && workloads.iter().all(|workload| !workload.writable_mounts))
}

/// Whether something of it is built by another stage of this file, from the project's own source: what is cloned or
/// downloaded may do anything.
fn is_built(scene: &Scene<'_>, owners: &Owners) -> bool {
    let model = scene.model;
    let own = |stage: usize| {
        model.lineage(stage).into_iter().any(|(_, index)| {
            matches!(model.keyword(index), Keyword::Copy | Keyword::Add)
                && model.instruction(index).is_some_and(|found| found.flag("from").is_none())
        })
    };
    let built =
        |copy: &Copied| copy.from.as_deref().and_then(|from| model.find_stage(from, scene.stage)).is_some_and(own);
    owners.copies.iter().any(built)
}

/// Copies that may bring what the process writes: neither a program, nor a part of the system, nor a licence.
fn data_copies<'o>(scene: &Scene<'_>, owners: &'o Owners) -> Vec<&'o Copied> {
    // Where a shell can be, what comes with the program in one folder may be its data.
    let folders = shellless(scene.model, scene.stage);
    let started = |path: &str| {
        let mut places = scene.programs.list.iter().flat_map(|program| scene.places(&program.path));
        path != "/" && places.any(|place| place == path || (folders && value::within(&place, path)))
    };
    const SYSTEM: [&str; 10] = [
        "/etc",
        "/usr/share",
        "/lib",
        "/usr/lib",
        "/lib64",
        "/bin",
        "/sbin",
        "/usr/bin",
        "/usr/sbin",
        "/usr/local/bin",
    ];
    let system = |path: &str| SYSTEM.iter().any(|tree| value::within(path, tree));
    let licence = |path: &str| {
        let path = path.to_ascii_lowercase();
        ["license", "licence", "notice", "third_party", "copying"].iter().any(|word| path.contains(word))
    };
    const READ: [&str; 16] = [
        ".conf",
        ".crt",
        ".css",
        ".html",
        ".ini",
        ".js",
        ".json",
        ".pem",
        ".png",
        ".properties",
        ".svg",
        ".tmpl",
        ".toml",
        ".txt",
        ".yaml",
        ".yml",
    ];
    let read = |path: &str| READ.iter().any(|ending| path.ends_with(ending));
    let plain = |path: &str| started(path) || system(path) || licence(path) || read(path);
    let data = |copy: &&Copied| !copy.destination.as_deref().is_some_and(plain) && !is_program_in_folder(scene, copy);
    owners.copies.iter().filter(data).collect()
}

/// `COPY --from=build /server /`: a single file that lands in a folder.
fn is_program_in_folder(scene: &Scene<'_>, copy: &Copied) -> bool {
    let Some(Args::Copy { sources, .. }) = scene.model.instruction(copy.instruction).map(|found| &found.args) else {
        return false;
    };
    let name = |source: &Word| source.text.rsplit('/').next().unwrap_or("").to_owned();
    let runs = |source: &Word| scene.programs.list.iter().any(|program| program.name == name(source));
    copy.into && sources.iter().all(runs)
}

/// Gives the copies of the target itself to the account; whether all of them could be given.
fn hand_over(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners, data: &[&Copied]) -> bool {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let mut flags = Vec::new();
    for copy in data {
        let index = copy.instruction;
        let theirs = copy.owner.as_deref().is_some_and(|owner| identity.owns(owner));
        let given = model.instruction(index).is_some_and(|found| found.flag("chown").is_some())
            || draft.options.leaves("unowned-copy", index);
        if theirs {
            continue;
        }
        let target = copy.destination.clone().filter(|to| !model.is_base_folder(stage, to));
        let owner = identity.copy_owner(model, stage, index);
        let (Some(target), Some(owner)) = (target.filter(|_| !given && model.stage_of(index) == Some(stage)), owner)
        else {
            return false;
        };
        flags.push((index, target, owner));
    }
    for (index, path, owner) in flags {
        give_copy(draft, identity, owners, index, &path, &owner, "data of the program, copied along");
    }
    true
}
