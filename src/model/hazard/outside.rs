//! Others than the stage decide who runs it, or what it must reach: engines, GitHub, devices, build frontends.

use super::{Hazard, Scene, Weight, hazard};
use crate::syntax::Keyword;

/// What installs or brings a client of the engine.
const ENGINE_CLIENTS: [&str; 6] =
    ["docker.sock", "docker-cli", "docker-ce", "docker.io ", "moby-engine", "--from=docker:"];

pub(super) fn docker_socket(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    for (_, index) in scene.model.lineage(scene.stage) {
        let text = scene.text(index) + " ";
        if ENGINE_CLIENTS.iter().any(|mark| text.contains(mark)) {
            let message = "it talks to a container engine, whose socket is root's: run it with a socket proxy, or \
                           with `--group-add` of the socket's group, then decide";
            found.push(hazard("docker-socket", Weight::Manual, index, message));
            return;
        }
    }
}

pub(super) fn github_action(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let label = scene.model.lineage(scene.stage).into_iter().find(|(_, index)| {
        scene.model.keyword(*index) == Keyword::Label && scene.text(*index).contains("com.github.actions")
    });
    let folder =
        scene.path.and_then(|path| path.rsplit_once('/')).map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let manifest = ["action.yml", "action.yaml"].into_iter().any(|name| {
        let text = scene.path.and_then(|_| scene.files.read(&format!("{folder}{name}")));
        text.is_some_and(|text| {
            let text = String::from_utf8_lossy(&text).into_owned();
            text.lines().any(|line| {
                let line = line.trim().trim_start_matches("using:").trim().trim_matches(['"', '\'']);
                line == "docker"
            })
        })
    });
    if label.is_some() || manifest {
        let message = "a GitHub container action: GitHub requires the default root user there";
        found.push(hazard("github-action", Weight::Manual, label.map_or(scene.from(), |(_, index)| index), message));
    }
}

/// Devices and build frontends: others decide who runs them.
pub(super) fn run_by_others(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    const DEVICES: [&str; 9] =
        ["rpi.gpio", "RPi.GPIO", "gpiozero", "pigpio", "wiringpi", "i2c-tools", "spidev", "libgpiod", "/dev/mem"];
    for (_, index) in scene.model.lineage(scene.stage) {
        let text = scene.text(index);
        if let Some(mark) = DEVICES.iter().find(|mark| text.contains(**mark)) {
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
