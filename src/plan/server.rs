//! The server of a base image as another account: its configuration, its folders, the port that it tells.

use super::ownership::{give_copy, is_handed};
use super::{Along, Draft, Handed, Identity, Moved, kubernetes};
use crate::compose::Service;
use crate::context::is_yaml;
use crate::facts::{GivenConf, Server};
use crate::model::hazard::{Hazard, Weight};
use crate::model::port::Named;
use crate::model::server::Served;
use crate::model::{Base, Model, start, value};
use crate::source::Span;
use crate::syntax::{Args, Keyword};
use crate::yaml::{self, Node};

fn served<'d>(draft: &Draft<'d>) -> Option<(&'static Server, &'d Served)> {
    let server = draft.scene.model.server(draft.scene.stage)?;
    match draft.scene.server()? {
        Ok(served) => Some((server, served)),
        Err(_) => None,
    }
}

/// Whether nothing of the project runs in the container but what the configuration of a known server says.
pub(super) fn only_serves(draft: &Draft<'_>) -> bool {
    served(draft).is_some_and(|(server, _)| server.only_serves)
}

/// Hands over what it writes; tells what may stay out of reach.
pub(super) fn hand_over(draft: &mut Draft<'_>, identity: &Identity) {
    let Some((server, served)) = served(draft) else { return };
    let handed = |path: &str, tree: bool, why: &str| handed(identity, path, tree, why);
    let writes = server.writes.iter().filter(|_| !served.elsewhere);
    draft.handed.extend(writes.map(|path| handed(path, served.tried, "the server writes into it")));
    draft.handed.extend(server.enters.iter().map(|path| handed(path, false, "only its owner may enter it")));
    draft.handed.extend(server.trees.iter().map(|path| handed(path, true, "the server writes into it")));
    let defaults = server.defaults.iter().filter(|_| served.by_default).chain(server.makes);
    let made = |path: &str| Handed { make: true, ..handed(path, served.tried, "the server makes and writes it") };
    draft.handed.extend(defaults.map(|path| made(path)));
    draft.handed.extend(served.logs.iter().map(|path| handed(path, false, "the configuration names log files there")));
    let fills = served.fills.iter();
    draft.handed.extend(fills.map(|path| handed(path, true, "templates are filled into it at every start")));
    site(draft, identity, server);
    let pid_moves = served.given.iter().any(|given| !given.conf.always.is_empty() && !given.done)
        || served.own.iter().any(|own| !own.mends.is_empty());
    let folder = server.says.pid_file.rsplit_once('/').map_or("", |(folder, _)| folder);
    if let Some(place) = read_only(draft, folder).filter(|_| pid_moves) {
        let message = format!(
            "{place} mounts the image's own files read-only: the pid file moves to {}, where nothing that can be written is mounted",
            server.says.pid_file
        );
        let at = draft.scene.from();
        draft.hazards.push(Hazard { id: "server-files", weight: Weight::Unsafe, message, at, packaged: false });
    }
    for (at, message) in &served.doubts {
        let hazard =
            Hazard { id: "server-files", weight: Weight::Unsafe, message: message.clone(), at: *at, packaged: false };
        draft.hazards.push(hazard);
    }
    for own in &served.own {
        for (span, text) in &own.mends {
            draft.along.push(Along::word(&own.shown, *span, text));
            named(draft, &own.shown, *span, text);
        }
    }
}

/// Tells of a compose file that names a path which moves in a file of the project.
fn named(draft: &mut Draft<'_>, file: &str, span: Span, new: &str) {
    let scene = draft.scene;
    let read = |file: &str| String::from_utf8_lossy(&scene.files.read(file).unwrap_or_default()).into_owned();
    let old = read(file).get(span.range()).unwrap_or_default().to_owned();
    let composed = scene.services.iter().map(|service| &service.file).filter(|file| is_yaml(file));
    let Some(place) = composed.into_iter().find(|file| old.starts_with('/') && read(file).contains(&old)) else {
        return;
    };
    let message = format!("{place} names {old}, which becomes {new}");
    draft.hazards.push(Hazard {
        id: "server-files",
        weight: Weight::Unsafe,
        message,
        at: scene.from(),
        packaged: false,
    });
}

/// A folder or file that is there.
fn handed(identity: &Identity, path: &str, tree: bool, why: &str) -> Handed {
    let (path, why) = (path.to_owned(), why.to_owned());
    Handed { path, owner: identity.owner(), tree, make: false, by_copy: false, why }
}

/// The file of the project that runs the image with a file system that cannot be written, and none in `folder`.
fn read_only(draft: &Draft<'_>, folder: &str) -> Option<String> {
    let scene = draft.scene;
    let holds = |service: &&Service| {
        let text = scene.files.read(&service.file).unwrap_or_default();
        let documents = yaml::tree(&text).unwrap_or_default();
        let services = documents.first().map(|document| document.get("services").unwrap_or(document));
        let Some(own) = services.and_then(|services| services.get(&service.name)) else { return false };
        let mounts = ["tmpfs", "volumes"].into_iter().filter_map(|key| own.get(key)).flat_map(Node::scalars);
        let mut mounts = mounts.filter_map(Node::text);
        own.get("read_only").and_then(Node::text) == Some("true") && !mounts.any(|mount| mount.contains(folder))
    };
    let composed = scene.services.iter().filter(|service| is_yaml(&service.file)).find(holds);
    composed.map(|service| service.file.clone()).or_else(|| {
        let deployed = scene.workloads().iter().find(|workload| {
            let text = scene.files.read(&workload.file).unwrap_or_default();
            let text = String::from_utf8_lossy(&text).into_owned();
            text.contains("readOnlyRootFilesystem: true") && !text.contains(&format!("mountPath: {folder}"))
        });
        deployed.map(|workload| workload.file.clone())
    })
}

/// Hands over what start scripts write among the files that are served: the folder, and what copies bring into it.
fn site(draft: &mut Draft<'_>, identity: &Identity, server: &Server) {
    let site = server.site;
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let owners = model.owners(stage);
    let mut folders: Vec<String> = start::written(draft.scene)
        .iter()
        .filter_map(|path| path.rsplit_once('/'))
        .map(|(folder, _)| folder.to_owned())
        .filter(|folder| value::within(folder, site))
        .collect();
    folders.sort();
    folders.dedup();
    // It is the account's own already, and what lies in it counts.
    if server.fills_site {
        folders = vec![site.to_owned()];
    }
    let why =
        if server.fills_site { "the image fills its folder at the start" } else { "a start script writes into it" };
    for folder in folders {
        // It is there, and a copy into it does not change its owner; a folder below it comes with a copy, or is made.
        if folder == site && !server.fills_site && !is_handed(draft, &folder) {
            draft.handed.push(handed(identity, &folder, false, why));
        }
        let into = |to: &str| value::meets(to, &folder) && value::within(to, site);
        for copy in owners.copies.iter().filter(|copy| copy.destination.as_deref().is_some_and(into)) {
            let given = model.instruction(copy.instruction).is_some_and(|found| found.flag("chown").is_some());
            let owner = identity.copy_owner(model, stage, copy.instruction);
            if let (Some(owner), Some(to), false) = (owner, copy.destination.as_deref(), given) {
                give_copy(draft, identity, &owners, copy.instruction, to, &owner, why);
            }
        }
    }
}

/// Whether the ports of its configuration may move, and what becomes of those who are told.
pub(super) fn may_move(draft: &mut Draft<'_>, rule: &'static str, message: &str, of: &[&Named]) -> bool {
    let Some((server, served)) = served(draft) else { return true };
    let own = |place: &&Named| served.own.iter().any(|own| place.file.as_ref() == Some(&own.shown));
    if !of.iter().any(|place| place.given.is_some() || own(place)) {
        return true;
    }
    let folders: Vec<&str> = server.folders().collect();
    if let Some((file, path)) = kubernetes::mounted(draft, &folders) {
        let why = format!("{file} mounts {path} in the place of its configuration");
        draft.refuse(rule, draft.scene.from(), message, "port-place", why);
        return false;
    }
    // Ports in variables of templates move along in a manifest.
    let filled = served.variables.iter().map(String::as_str).filter(|_| server.says.tls_hosts);
    let told = filled.chain(server.variables.iter().copied()).collect::<Vec<_>>();
    if let Some((file, name)) = kubernetes::sets(draft, &told) {
        let why = format!("{file} sets {name}, which has it do otherwise than its image does");
        draft.refuse(rule, draft.scene.from(), message, "port-place", why);
        return false;
    }
    if let Some((at, why)) = served.asks_itself.first() {
        draft.refuse(rule, *at, message, "port-place", why.clone());
        return false;
    }
    let compared = served.compares.iter().find(|(port, _)| of.iter().any(|place| place.port == *port));
    if let (Some((_, why)), Some(place)) = (compared, of.first()) {
        draft.refuse(rule, place.at, message, "port-place", why.clone());
        return false;
    }
    if let Some(Base::Image { reference, facts: Some(facts), .. }) = draft.scene.model.root_base(draft.scene.stage)
        && facts.asks_itself
    {
        let message = format!("{reference} asks itself by the address of the site, which may name the old port");
        let at = draft.scene.from();
        draft.hazards.push(Hazard { id: "port-told", weight: Weight::Unsafe, message, at, packaged: false });
    }
    for (at, message) in &served.seen {
        let hazard =
            Hazard { id: "port-told", weight: Weight::Unsafe, message: message.clone(), at: *at, packaged: false };
        // Two ports that move show it once.
        if !draft.hazards.contains(&hazard) {
            draft.hazards.push(hazard);
        }
    }
    let offer = Some(server.offer.to_owned()).filter(|offer| !offer.is_empty());
    draft.notes.extend(offer.filter(|_| of.iter().any(|place| place.given.is_some())));
    let given = of.iter().filter_map(|place| place.given);
    draft.notes.extend(given.map(|conf| conf.note.to_owned()).filter(|note| !note.is_empty()));
    true
}

/// Whether a file of the project is configuration of the server.
pub(super) fn is_own(draft: &Draft<'_>, file: &str) -> bool {
    served(draft).is_some_and(|(_, served)| served.own.iter().any(|own| own.shown == file))
}

/// Whether the server listens on a port already.
pub(super) fn listens(draft: &Draft<'_>, port: u16) -> bool {
    let Some((_, served)) = served(draft) else { return false };
    let more = served.more.contains(&port);
    let own = served.own.iter().flat_map(|own| &own.ports).any(|of| of.port == port);
    more || own || served.given.iter().any(|given| given.listens.contains(&port))
}

/// What else changes in a file of the project where a port in it moves.
pub(super) fn along(draft: &mut Draft<'_>, place: &Named) {
    let Some(path) = &place.file else { return };
    draft.along.extend(place.along.iter().map(|(span, text)| Along::word(path, *span, text)));
}

/// The steps of the build that change the image's own configuration.
pub(super) fn steps(draft: &Draft<'_>) -> Vec<String> {
    let Some((_, served)) = served(draft) else { return Vec::new() };
    let moved = |given: &crate::model::server::Given| -> Vec<(u16, u16)> {
        let of = draft.moved.iter().filter(|moved| given.listens.contains(&moved.from));
        of.map(|Moved { from, to, .. }| (*from, *to)).collect()
    };
    let steps = served.given.iter().flat_map(|given| rendered(given.conf, &moved(given), !given.done));
    let capable = draft.scene.model.server(draft.scene.stage).zip(served.capable);
    let capable = capable.map(|(server, certain)| incapable(server, certain));
    // What root left there nobody else may write.
    capable.into_iter().chain(steps).chain(served.left.as_ref().map(|pid| format!("rm -f {pid}"))).collect()
}

/// The command that takes the capability of its program away, which a copy may have brought without it.
fn incapable(server: &Server, certain: bool) -> String {
    let program = server.capable;
    match certain {
        true => format!("setcap -r {program}"),
        false => format!("{{ [ -z \"$(getcap {program})\" ] || setcap -r {program}; }}"),
    }
}

/// The commands that change one file of the image: for another account than root, and for ports that move.
pub fn rendered(conf: &GivenConf, moved: &[(u16, u16)], always: bool) -> Vec<String> {
    let mut seds: Vec<String> = Vec::new();
    let mut tests: Vec<String> = Vec::new();
    for step in conf.always.iter().filter(|_| always) {
        seds.push(step.sed.to_owned());
        tests.push(step.test.to_owned());
    }
    for step in conf.moves {
        for (from, to) in moved {
            seds.push(step.sed(*from, *to));
            tests.push(step.test(*from, *to));
        }
    }
    let path = conf.path;
    let sed = match seds.as_slice() {
        [] => return Vec::new(),
        [one] => format!("sed -i '{one}' {path}"),
        several => {
            format!("sed -i {} {path}", several.iter().map(|sed| format!("-e '{sed}'")).collect::<Vec<_>>().join(" "))
        }
    };
    let tests = tests.into_iter().filter(|test| !test.is_empty()).map(|test| format!("grep -q '{test}' {path}"));
    std::iter::once(sed).chain(tests).collect()
}

/// The ports that EXPOSE says in place of those that only the base image's own says.
pub(super) fn exposed(draft: &Draft<'_>) -> Option<String> {
    let model = draft.scene.model;
    served(draft)?;
    let Some(Base::Image { facts: Some(facts), .. }) = model.root_base(draft.scene.stage) else { return None };
    let told: Vec<String> = draft
        .moved
        .iter()
        .filter(|moved| facts.ports.contains(&moved.from) && !says(model, draft.scene.stage, moved))
        .map(|moved| moved.to.to_string())
        .collect();
    (!told.is_empty()).then(|| told.join(" "))
}

/// Whether an EXPOSE of the file says a port, and so moves with it.
fn says(model: &Model<'_>, stage: usize, moved: &Moved) -> bool {
    let exposes = model.lineage(stage).into_iter().filter(|(_, index)| model.keyword(*index) == Keyword::Expose);
    exposes.into_iter().any(|(of, index)| match model.instruction(index).map(|found| &found.args) {
        Some(Args::Many { words, .. }) => words.iter().any(|word| {
            let value = model.expand(of, index, &word.text);
            value.text().is_some_and(|text| text.split('/').next() == Some(moved.from.to_string().as_str()))
        }),
        _ => false,
    })
}

/// Whether a folder of the base image is one that its server writes, so that it may be handed over.
pub fn may_own(model: &Model<'_>, stage: usize, path: &str) -> bool {
    let Some(server) = model.server(stage) else { return false };
    let logs = server.logs.iter().filter_map(|log| log.rsplit_once('/')).map(|(folder, _)| folder);
    let filled = server.templates.iter().map(|of| of.into);
    let defaults = server.defaults.iter().chain(server.makes).chain(server.trees).chain(server.enters).copied();
    value::within(path, server.site)
        || server.writes.iter().copied().chain(logs).chain(filled).chain(defaults).any(|folder| folder == path)
}

/// Whether a command is one of the server's steps.
pub fn is_step(server: &Server, moved: &[Moved], command: &str) -> bool {
    let capable =
        !server.capable.is_empty() && [true, false].iter().any(|certain| incapable(server, *certain) == command);
    capable
        || server.files.iter().any(|conf| {
            let of: Vec<(u16, u16)> =
                moved.iter().filter(|moved| conf.listens.contains(&moved.from)).map(|it| (it.from, it.to)).collect();
            [true, false].into_iter().flat_map(|always| rendered(conf, &of, always)).any(|step| step == command)
        })
}
