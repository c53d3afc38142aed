//! What other files of the project say about the container, once it is known who will run it.

use super::{Draft, Identity};
use crate::context::Entry;
use crate::model::hazard::{Hazard, Weight};
use crate::model::{port, value};

/// The uid that a first user of a Linux machine has: a developer's own.
const DEVELOPER: u32 = 1000;

/// Folders of the host that compose mounts where the process writes: they belong to whoever cloned the repository.
pub(super) fn mounts(draft: &mut Draft<'_>, identity: &Identity) {
    if identity.uid == Some(DEVELOPER) {
        return;
    }
    let scene = draft.scene;
    let own = scene.model.own_folder(scene.stage);
    let written = |target: &str| {
        let below = |path: &str| value::within(path, target) || value::within(target, path);
        own.as_deref().is_some_and(below) || draft.handed.iter().any(|handed| below(&handed.path))
    };
    let found = scene.serving().find_map(|service| {
        let folder = |host: &str| {
            let file = host.rsplit('/').next().is_some_and(|name| name.trim_start_matches('.').contains('.'));
            !file && !matches!(scene.files.entry(host), Entry::File { .. })
        };
        let mount = service
            .mounts
            .iter()
            .find(|mount| !mount.read_only && mount.host.as_deref().is_some_and(folder) && written(&mount.target))?;
        Some((service.file.clone(), mount.target.clone()))
    });
    let Some((file, target)) = found else { return };
    let who = identity.owner();
    let message = format!(
        "{file} mounts a folder of the host at {target}, which {who} may not write unless it owns it: --uid {DEVELOPER} is the usual developer's number"
    );
    draft.hazards.push(Hazard { id: "bind-mount", weight: Weight::Unsafe, message, at: scene.from() });
}

/// A workload that names a privileged port of the container which the Dockerfile does not: the program listens there by
/// itself.
pub(super) fn manifest_ports(draft: &mut Draft<'_>) {
    let scene = draft.scene;
    let told = |port: u16| draft.moved.iter().any(|moved| moved.from == port);
    let found = scene.workloads().iter().find_map(|workload| {
        let (port, line) = workload.ports.iter().copied().find(|(port, _)| *port < port::FIRST_FREE && !told(*port))?;
        Some(format!(
            "{}:{line} says that it listens on {port}, which a process that is not root may not open everywhere: move it there and in the program, or say --port keep",
            workload.file
        ))
    });
    let Some(message) = found else { return };
    draft.hazards.push(Hazard { id: "manifest-port", weight: Weight::Unsafe, message, at: scene.from() });
}
