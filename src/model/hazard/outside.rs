//! Others than the stage decide who runs it, or what it must reach: engines, GitHub, devices, build frontends.

use super::{Hazard, Scene, Weight, hazard};
use crate::compose::Service;
use crate::facts::{self, words};
use crate::model::user::is_root_text;
use crate::syntax::Keyword;

pub(super) fn docker_socket(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let message = "it talks to a container engine, whose socket is root's: run it with a socket proxy, or with \
                   `--group-add` of the socket's group, then decide";
    for (_, index) in scene.model.lineage(scene.stage) {
        let text = scene.text(index) + " ";
        if words::ENGINE_CLIENTS.iter().any(|mark| text.contains(mark)) || installs_engine(scene, index) {
            let message = format!("{message} (line {} brings its client)", scene.model.line(index));
            found.push(hazard("docker-socket", Weight::Manual, index, message));
            return;
        }
    }
    if let Some((_, place)) = sockets(scene).into_iter().next() {
        found.push(hazard("docker-socket", Weight::Manual, scene.from(), format!("{message} ({place} mounts it)")));
    }
}

/// Where a container engine's socket is mounted into the container: the instruction that says so, or that starts the
/// stage, and the place.
pub fn sockets(scene: &Scene<'_>) -> Vec<(usize, String)> {
    let is_socket = |path: &str| words::ENGINE_SOCKETS.iter().any(|end| path.ends_with(end));
    let mut found = Vec::new();
    for (_, index) in scene.model.lineage(scene.stage) {
        let text = scene.text(index);
        let mut words = text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '[' | ']' | ','));
        if scene.model.keyword(index) == Keyword::Volume && words.any(is_socket) {
            found.push((index, format!("line {}", scene.model.line(index))));
        }
    }
    for service in &scene.services {
        if let Some(mount) = service.mounts.iter().find(|mount| is_socket(&mount.target)) {
            found.push((scene.from(), service.place(scene.files, "volumes", &mount.target)));
        }
    }
    let workloads = scene.workloads().iter();
    found.extend(workloads.filter_map(|it| Some((scene.from(), format!("{}:{}", it.file, it.socket?)))));
    found
}

/// Compose services that run the image as root by a word of their own: where, and what they say.
pub fn root_services(scene: &Scene<'_>) -> Vec<(String, String)> {
    let root = |service: &&Service| service.user.as_deref().is_some_and(|user| is_root_text(user, |_| None));
    let told = |service: &Service| {
        let user = service.user.clone().unwrap_or_default();
        (service.place(scene.files, "user", ""), user)
    };
    scene.serving().filter(root).map(told).collect()
}

/// A compose service that goes on running the image as root.
pub(super) fn composed_root(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    if let Some((place, user)) = root_services(scene).into_iter().next() {
        let message =
            format!("{place} says user: {user}, which wins over USER: decide whether it has to be root there");
        found.push(hazard("compose-user", Weight::Unsafe, scene.from(), message));
    }
}

/// Whether a RUN installs the client of an engine under its plain name.
fn installs_engine(scene: &Scene<'_>, index: usize) -> bool {
    let Some(stage) = scene.model.stage_of(index).filter(|_| scene.model.keyword(index) == Keyword::Run) else {
        return false;
    };
    scene.model.commands(stage, index).list.iter().any(|ran| {
        let adds = ran.arguments.iter().flatten().any(|word| matches!(word.as_str(), "add" | "install"));
        let named = |word: &String| words::ENGINE_PACKAGES.contains(&word.split(['=', '~', '@']).next().unwrap_or(""));
        adds && facts::ignores_cwd(&ran.name) && ran.arguments.iter().flatten().any(named)
    })
}

/// Services and documented runs that give the container more than a user of its own may use.
pub(super) fn privileges(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let needs = |service: &Service| Some((service.file.clone(), (*service.needs.first()?).to_owned()));
    let Some((file, what)) = scene.services.iter().find_map(needs) else { return };
    let message = format!("{file} runs it with {what}: decide which groups and capabilities it needs without root");
    found.push(match what.contains("device") {
        true => hazard("devices", Weight::Manual, scene.from(), message),
        false => hazard("privileged", Weight::Manual, scene.from(), message),
    });
}

/// Secrets that are mounted for root alone: another user finds them and cannot read them.
pub(super) fn secrets(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let workloads = scene.workloads().iter();
    let place = workloads.filter_map(|workload| Some(format!("{}:{}", workload.file, workload.kept?))).next();
    let secret = |service: &Service| Some(format!("{} ({})", service.file, service.kept.as_ref()?));
    let Some(place) = place.or_else(|| scene.services.iter().find_map(secret)) else { return };
    let message = format!(
        "{place} mounts a secret that only root may read: give it the account's group (fsGroup and mode 0440, or uid, gid and mode)"
    );
    found.push(hazard("mounted-secret", Weight::Unsafe, scene.from(), message));
}

pub(super) fn github_action(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let label = scene.model.lineage(scene.stage).into_iter().find(|(_, index)| {
        scene.model.keyword(*index) == Keyword::Label && scene.text(*index).contains("com.github.actions")
    });
    let path = scene.path.unwrap_or("");
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let is_action = |folder: &str| {
        ["action.yml", "action.yaml"].into_iter().any(|name| {
            let text = scene.path.and_then(|_| scene.files.read(&crate::compose::join(folder, name)));
            text.is_some_and(|text| uses_image(&String::from_utf8_lossy(&text), folder, path))
        })
    };
    let manifest = is_action(folder) || (!folder.is_empty() && is_action(""));
    if label.is_some() || manifest {
        let message = "a GitHub container action: GitHub requires the default root user there";
        found.push(hazard("github-action", Weight::Manual, label.map_or(scene.from(), |(_, index)| index), message));
    }
}

/// Whether an action's manifest in `folder` runs the image of the Dockerfile at `path`.
fn uses_image(text: &str, folder: &str, path: &str) -> bool {
    let value = |line: &str, key: &str| {
        let value = line.trim().strip_prefix(key)?.strip_prefix(':')?;
        Some(value.trim().trim_matches(['"', '\'']).to_owned())
    };
    let docker = text.lines().any(|line| value(line, "using").as_deref() == Some("docker"));
    let image = text.lines().find_map(|line| value(line, "image"));
    docker && image.is_none_or(|image| image.contains("://") || crate::compose::join(folder, &image) == path)
}

/// A development container, as the project's own settings say.
pub(super) fn devcontainer(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let Some(path) = scene.path else { return };
    let names = [(".devcontainer", "devcontainer.json"), ("", ".devcontainer.json")];
    let uses = names.into_iter().find(|(folder, name)| {
        let text = scene.files.read(&crate::compose::join(folder, name)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).to_ascii_lowercase();
        let rest = text.split_once("\"dockerfile\"").and_then(|(_, rest)| rest.split('"').nth(1));
        rest.is_some_and(|file| crate::compose::join(folder, file).eq_ignore_ascii_case(path))
    });
    if uses.is_some() {
        let message =
            "devcontainer.json builds it: people develop in it, and a fixed account would not own their files";
        found.push(hazard("development", Weight::Manual, scene.from(), message));
    }
}

/// AWS Lambda starts what it runs as a user of its own, and needs the runtime's client as it is.
pub(super) fn lambda(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let entry = scene.model.entry(scene.stage);
    for index in [entry.entrypoint, entry.cmd].into_iter().flatten().map(|(_, index)| index) {
        if words::LAMBDA_CLIENTS.iter().any(|client| scene.text(index).contains(client)) {
            let message = "AWS Lambda runs it as a user of its own, whatever USER says";
            return found.push(hazard("lambda", Weight::Manual, index, message));
        }
    }
}

/// Devices and build frontends: others decide who runs them.
pub(super) fn run_by_others(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    for (_, index) in scene.model.lineage(scene.stage) {
        let text = scene.text(index);
        if let Some(mark) = words::HOST_DEVICES.iter().find(|mark| text.contains(**mark)) {
            let message =
                format!("{mark} works on devices of the host, which are root's: decide which groups it needs");
            found.push(hazard("devices", Weight::Manual, index, message));
        }
        if text.contains("moby.buildkit.frontend") {
            let message = "a frontend of BuildKit, which starts it by itself and does not look at USER";
            found.push(hazard("build-frontend", Weight::Manual, index, message));
        }
    }
}
