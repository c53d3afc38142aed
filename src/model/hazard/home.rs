//! What lies in root's home or on volumes.

use super::download::unsettled;
use super::{Hazard, Scene, Weight, hazard};
use crate::facts::{self, Writes, words};
use crate::model::{Value, Who, source, start, value};
use crate::syntax::Keyword;

/// /root and ~ in what the process needs.
pub(super) fn root_home(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let model = scene.model;
    let mut push = |index: usize, what: &str| {
        let message = format!("{what} lies below /root, which no other user can enter (mode 0700)");
        found.push(hazard("root-home", Weight::Manual, index, message));
    };
    for (name, index, value) in model.environments(scene.stage) {
        let text = value.text().unwrap_or("");
        if text.split([':', '=', ' ', ',']).any(below_root) {
            push(index, &format!("a path in ENV {name}"));
        }
    }
    let health = model.lineage(scene.stage).into_iter().flat_map(|(at, index)| model.health_programs(at, index).list);
    for program in scene.programs.list.iter().cloned().chain(health) {
        let words = program.arguments.iter().flatten().map(String::as_str).chain([program.path.as_str()]);
        if words.into_iter().any(|word| word.split('=').any(below_root)) {
            push(program.at.1, "a path of the command");
        }
    }
    if model.process_folder(scene.stage).text().is_some_and(below_root) {
        let at =
            model.lineage(scene.stage).into_iter().rev().find(|(_, index)| model.keyword(*index) == Keyword::Workdir);
        push(at.map_or(scene.from(), |(_, index)| index), "the working folder");
    }
    for copied in model.owners(scene.stage).copies {
        if copied.destination.as_deref().is_some_and(below_root) {
            push(copied.instruction, "a copy");
        }
    }
}

fn below_root(text: &str) -> bool {
    value::within(text.trim_matches(['"', '\'']), "/root")
        || text == "~"
        || text.starts_with("~/")
        || text.contains("/root/.")
}

/// Folders that people mount their data at, by convention.
const MOUNTED: [&str; 7] = ["/data", "/config", "/downloads", "/media", "/storage", "/workspace", "/workdir"];

pub(super) fn volumes(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let named = scene.named_volumes();
    if let Some((file, path)) = named.iter().find(|(_, path)| below_root(path)) {
        let message =
            format!("{file} mounts a volume at {path}, below /root, which no other user can enter (mode 0700)");
        found.push(hazard("root-home", Weight::Manual, scene.from(), message));
    } else if let Some((file, path)) = named.iter().find(|(_, path)| !is_cache(path)) {
        let message = format!(
            "a new volume of {file} at {path} will belong to the account, one that older containers filled as root will not: chown it once"
        );
        let packaged = named.iter().all(|(_, path)| is_cache(path) || start::package::was_own(scene, path));
        found.push(Hazard { packaged, ..hazard("root-volume", Weight::Unsafe, scene.from(), message) });
    }
    let cwd = scene.model.process_folder(scene.stage);
    if let Some(folder) = cwd.text().filter(|cwd| MOUNTED.contains(cwd)) {
        let message = format!("{folder} is where people mount data that root may own already: chown it once");
        found.push(hazard("root-volume", Weight::Unsafe, scene.from(), message));
    }
    for (stage, index) in scene.model.lineage(scene.stage) {
        let values = scene.model.volumes(stage, index);
        if values.iter().filter_map(Value::text).any(below_root) {
            let message = "a volume lies below /root, which no other user can enter (mode 0700)";
            found.push(hazard("root-home", Weight::Manual, index, message));
            continue;
        }
        // What a cache lost is made again; the plan notes it.
        let stateful = values.iter().filter(|value| !value.text().is_some_and(is_cache));
        let names: Vec<String> =
            stateful.map(|value| value.text().unwrap_or("a path from outside").to_owned()).collect();
        if names.is_empty() {
            continue;
        }
        let message = format!(
            "new volumes at {} will belong to the account, those that older containers filled as root will not: chown them once",
            names.join(", ")
        );
        let packaged = names.iter().all(|path| start::package::was_own(scene, path));
        found.push(Hazard { packaged, ..hazard("root-volume", Weight::Unsafe, index, message) });
    }
}

/// Whether a volume is called like one whose content nobody misses, or lies where caches do.
fn is_cache(path: &str) -> bool {
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or("").to_ascii_lowercase();
    let called = name.split(['-', '_', '.']).any(|part| matches!(part, "cache" | "caches" | "tmp" | "temp"));
    called || ["/tmp", "/var/tmp", "/var/cache"].iter().any(|tree| value::within(path, tree))
}

/// Volumes of the stage that only hold caches.
pub fn cache_volumes(scene: &Scene<'_>) -> Vec<String> {
    let model = scene.model;
    let volumes = model.lineage(scene.stage).into_iter().flat_map(|(stage, index)| model.volumes(stage, index));
    let paths = volumes.filter_map(|value| value.text().map(str::to_owned));
    let named = scene.named_volumes().into_iter().map(|(_, path)| path);
    paths.chain(named).filter(|path| is_cache(path)).collect()
}

/// RUNs that leave in root's home what the process looks for in its own.
pub(super) fn downloads(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    for (index, download) in unsettled(scene) {
        let message = format!("{} puts files into root's home, where the process will not find them", download.what);
        found.push(hazard("root-download", Weight::Manual, index, message));
    }
    for index in runs(scene) {
        let of = scene.model.stage_of(index).unwrap_or(scene.stage);
        let roots = scene.model.environment(scene.stage, index, "HOME").text().is_none_or(below_root);
        let mut commands = scene.model.commands(of, index).list.iter();
        if roots && commands.any(|ran| source::asks_for_home(scene, ran)) {
            let message =
                "a RUN starts source of the project that works in the home of whoever runs it: the process has another";
            found.push(hazard("root-home", Weight::Unsafe, index, message));
        }
        let text = scene.text(index);
        // What is mounted for a step stays out of the image.
        let text = text.split_whitespace().filter(|word| !word.starts_with("--mount="));
        let mut words = text.flat_map(|text| text.split(['"', '\'', '=', ':', ';', '>', '(', ')', '`', '&', '|']));
        let inside = || scene.model.cwd(scene.stage, index).text().is_some_and(below_root);
        let set = scene.model.environment(scene.stage, index, "HOME");
        let others = set.text().is_some_and(|home| !below_root(home));
        if words.any(|word| in_home(word, !others)) || (inside() && kept(scene, index).is_some()) {
            found.push(match kept(scene, index) {
                Some(path) => {
                    let message = format!(
                        "a RUN makes {path} for the home of whoever runs it, and no other user can enter /root"
                    );
                    hazard("root-home", Weight::Manual, index, message)
                }
                None => {
                    let message = "a RUN works below /root, which no other user can enter (mode 0700)";
                    hazard("root-home", Weight::Unsafe, index, message)
                }
            });
        }
    }
}

/// Whether a word of a RUN names root's home or something in it; by `~` and HOME where those are `roots`.
fn in_home(word: &str, roots: bool) -> bool {
    let spelled = ["~", "$HOME", "${HOME}"]
        .iter()
        .any(|home| word.strip_prefix(home).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    (spelled && roots) || value::within(word, "/root")
}

/// What a RUN makes in root's home and leaves there, other than what only a build reads.
fn kept(scene: &Scene<'_>, index: usize) -> Option<String> {
    all_kept(scene, index).into_iter().next()
}

/// Files and folders of root's home that RUNs make and leave there for whoever runs the process: the RUN, and the name of
/// what lies directly below the home.
pub fn made_for_home(scene: &Scene<'_>) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for index in runs(scene) {
        for path in all_kept(scene, index) {
            let name = path.strip_prefix("/root/").and_then(|rest| rest.split('/').next()).unwrap_or("");
            if !found.iter().any(|(_, known)| known == name) {
                found.push((index, name.to_owned()));
            }
        }
    }
    found
}

/// Every path that a RUN makes in root's home and leaves there, other than what only a build reads.
fn all_kept(scene: &Scene<'_>, index: usize) -> Vec<String> {
    let Some(stage) = scene.model.stage_of(index) else { return Vec::new() };
    let commands = &scene.model.commands(stage, index).list;
    let made = commands.iter().filter(|ran| facts::writes(&ran.name, "") == Writes::Named && ran.name != "rm");
    let named = made
        .filter(|ran| ran.name != "chmod")
        .flat_map(|ran| ran.named().into_iter().map(|it| ran.path(it.as_deref())));
    let written = commands.iter().flat_map(|ran| ran.writes.iter().map(|it| ran.path(it.as_deref())));
    let removed = |path: &str| {
        let runs = scene.model.lineage(scene.stage).into_iter().filter(|(_, at)| *at >= index);
        runs.filter(|(_, at)| scene.model.keyword(*at) == Keyword::Run).any(|(of, at)| {
            let mut removals = scene.model.commands(of, at).list.iter().filter(|ran| ran.name == "rm");
            removals.any(|ran| {
                ran.operands().any(|(_, text)| ran.path(text).is_some_and(|gone| value::within(path, &gone)))
            })
        })
    };
    let kept = |path: &String| {
        let first = path.strip_prefix("/root/").and_then(|rest| rest.split('/').next());
        first.is_some_and(|first| first.starts_with('.') && !words::HOME_BUILD_FILES.contains(&first)) && !removed(path)
    };
    named.chain(written).flatten().filter(kept).collect()
}

/// The RUNs that have root's home: what runs as the account itself has the account's.
pub(super) fn runs(scene: &Scene<'_>) -> Vec<usize> {
    let model = scene.model;
    let lineage = model.lineage(scene.stage).into_iter();
    let own = |(stage, index): &(usize, usize)| {
        model.keyword(*index) == Keyword::Run && !matches!(model.user(*stage, *index), Who::User(_))
    };
    lineage.filter(own).map(|(_, index)| index).collect()
}
