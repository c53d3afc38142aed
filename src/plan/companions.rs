//! What other files of the project say about the container, once it is known who will run it.

use super::{Draft, Identity, kubernetes};
use crate::compose::{Mount, Service};
use crate::context::{Entry, is_yaml};
use crate::model::hazard::{self, Hazard, Weight};
use crate::model::{port, value};

/// The uid that a first user of a Linux machine has: a developer's own.
const DEVELOPER: u32 = 1000;

/// Folders of the host that compose mounts where the process writes: they belong to whoever cloned the repository.
pub(super) fn mounts(draft: &mut Draft<'_>, identity: &Identity) {
    let developer = identity.uid == Some(DEVELOPER);
    let scene = draft.scene;
    let model = scene.model;
    let own = model.app_folder(scene.stage);
    let written = |target: &str| {
        let below = |path: &str| value::meets(path, target);
        own.as_deref().is_some_and(below) || draft.handed.iter().any(|handed| below(&handed.path))
    };
    let folder = |host: &str| {
        let name = host.rsplit('/').next().unwrap_or("");
        let file = name.trim_start_matches('.').contains('.') || name.starts_with(".env");
        match scene.files.entry(host) {
            Entry::File { .. } => false,
            // The engine makes what is missing, as root.
            Entry::Folder => !file && !developer,
            _ => !file,
        }
    };
    let mut found: Vec<String> = Vec::new();
    for service in scene.serving() {
        let is_file = |target: &str| target.rsplit('/').next().is_some_and(|name| name.contains('.'));
        let works =
            |mount: &Mount| service.working_dir.as_deref().is_some_and(|folder| value::meets(folder, &mount.target));
        let writes = |mount: &Mount| written(&mount.target) || works(mount) || is_output(draft, mount);
        let theirs = service.mounts.iter().filter(|mount| !mount.read_only && writes(mount));
        let theirs = theirs.filter(|mount| !(developer && is_file(&mount.target)));
        for mount in theirs.filter(|mount| mount.host.as_deref().is_some_and(folder)) {
            let line = line_of(draft, service, &mount.target);
            let told = format!("{} ({}{line})", mount.target, service.file);
            let known = found.iter().any(|known| known.split(' ').next() == Some(&mount.target));
            found.extend(Some(told).filter(|_| !known));
        }
    }
    let (mounted, owned) = match found.as_slice() {
        [] => return,
        [one] => (format!("{one} is"), "it"),
        several => (format!("{} are", several.get(..MOST).unwrap_or(several).join(", ")), "them"),
    };
    let who = identity.owner();
    let message = match developer {
        true => format!(
            "{mounted} mounted from the host, and the repository holds nothing there: the engine makes {owned} as root unless {who} makes {owned} first"
        ),
        false => format!(
            "{mounted} mounted from the host: {who} may not write there unless it owns {owned}; --uid {DEVELOPER} is the usual developer's number"
        ),
    };
    draft.hazards.push(Hazard { id: "bind-mount", weight: Weight::Unsafe, message, at: scene.from(), packaged: false });
}

/// Most mounts that are told of.
const MOST: usize = 5;

/// Whether a folder of the project is mounted that the repository does not hold: there is nothing in it to read.
fn is_output(draft: &Draft<'_>, mount: &Mount) -> bool {
    let inside = mount.host.as_deref().filter(|host| !host.starts_with(['/', '~', '$']));
    // Configuration and certificates are not committed either.
    let read = ["/etc", "/usr", "/run/secrets"].iter().any(|tree| value::within(&mount.target, tree));
    let inside = inside.filter(|_| !read);
    inside.is_some_and(|host| !host.is_empty() && matches!(draft.scene.files.entry(host), Entry::Absent))
}

/// `:LINE` of the first line of a service that names a mount's target, if one does.
fn line_of(draft: &Draft<'_>, service: &Service, target: &str) -> String {
    let text = draft.scene.files.read(&service.file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let named = |line: &str| line.trim() == format!("{}:", service.name);
    let start = text.lines().position(named).unwrap_or(0);
    let line = text.lines().skip(start).position(|line| line.contains(target));
    line.map_or(String::new(), |line| format!(":{}", start + line + 1))
}

/// A manifest that names a privileged port of the container which the Dockerfile does not: the program listens there by
/// itself.
pub(super) fn manifest_ports(draft: &mut Draft<'_>, rule: &'static str) {
    let scene = draft.scene;
    let told = |port: u16| draft.moved.iter().any(|moved| moved.from == port);
    let found = kubernetes::listens(draft).into_iter().find(|(port, _)| *port < port::FIRST_FREE && !told(*port));
    let Some((port, place)) = found else { return };
    let why = format!(
        "{place} says that it listens on {port}, and nothing in the Dockerfile tells the process to: move it in the program, there and in its service, or say --port keep"
    );
    draft.refuse(
        rule,
        scene.from(),
        "a manifest names a privileged port that the Dockerfile does not",
        "port-listener",
        why,
    );
}

/// Where only the Dockerfile can be changed, no other file changes along: what people would read and run makes it unsafe,
/// what lies in the image stops it.
pub(super) fn alone(draft: &mut Draft<'_>) {
    let along = std::mem::take(&mut draft.along);
    let at = draft.scene.from();
    let outside = |path: &str| is_yaml(path) || path.rsplit('/').next().is_some_and(|name| name.starts_with("README"));
    if let Some(other) = along.iter().find(|along| !outside(&along.path)) {
        let why = format!(
            "{} would have to change along, and only the Dockerfile can be changed here: name its file instead of stdin",
            other.path
        );
        return draft.refuse(
            "privileged-port",
            at,
            "the server's configuration is a file of the project",
            "port-place",
            why,
        );
    }
    let Some(other) = along.first() else { return };
    let message = format!("{} would have to change along, and only the Dockerfile can be changed here", other.path);
    draft.hazards.push(Hazard { id: "port-elsewhere", weight: Weight::Unsafe, message, at, packaged: false });
}

/// Tells where the container is given an engine's socket, unless that is why it stays as it is.
pub fn sockets(draft: &mut Draft<'_>, rule: &'static str) {
    if draft.findings.iter().any(|finding| finding.reason == Some("docker-socket")) {
        return;
    }
    let from = draft.scene.from();
    let mounted = kubernetes::sockets(draft).into_iter().map(|place| (from, place));
    let mut found: Vec<(usize, String)> = hazard::sockets(draft.scene).into_iter().chain(mounted).collect();
    found.sort();
    found.dedup();
    for (at, place) in found {
        let message = format!("{place} gives it the socket of a container engine");
        let why = "whoever holds it is root on the host, whatever USER says: put a proxy between them that allows only what it needs, or do without";
        draft.advise(rule, at, message, why);
    }
}

/// Tells of compose services that run the image as root by a word of their own, unless the switch names them.
pub fn root_services(draft: &mut Draft<'_>, rule: &'static str) {
    if draft.hazards.iter().any(|hazard| hazard.id == rule) && !draft.stopped {
        return;
    }
    for (place, user) in hazard::root_services(draft.scene) {
        let message = format!("{place} says user: {user}");
        let why = "it wins over USER: take it away where the image does without root";
        draft.advise(rule, draft.scene.from(), message, why);
    }
}
