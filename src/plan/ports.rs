//! Moves privileged ports: everywhere that this file and its start scripts name them, or nowhere.

use super::{Along, Change, Draft, Moved};
use super::{companions, compose_port, health, kubernetes, listener, named_elsewhere, server, witness};
use crate::context::is_yaml;
use crate::facts;
use crate::model::hazard::{Hazard, Weight};
use crate::model::port::{self, Named, Use};
use crate::model::source::{self, Listens};
use crate::model::start;
use crate::source::Lines;
use crate::syntax::{Args, Keyword, Pair, TokenKind};

/// Plans the move of every port below 1024, or says why one cannot move.
pub fn plan(draft: &mut Draft<'_>, rule: &'static str) {
    let places = port::find(draft.scene);
    let mut ports: Vec<u16> = places.iter().map(|place| place.port).collect();
    // What an ENV of the file sets moves with that ENV.
    let follows = |said: &Listens| said.set && places.iter().any(|it| it.port == said.port && is_variable(draft, it));
    let mut listens = source::listens(draft.scene);
    let shown: Vec<u16> = listens.iter().filter(|said| follows(said)).map(|said| said.port).collect();
    listens.retain(|said| said.port > 0 && said.port < port::FIRST_FREE && !follows(said));
    ports.extend(listens.iter().map(|said| said.port));
    ports.sort_unstable();
    ports.dedup();
    for port in ports {
        let of: Vec<&Named> = places.iter().filter(|place| place.port == port).collect();
        match listens.iter().find(|said| said.port == port) {
            Some(said) if !draft.options.keep_ports => in_source(draft, rule, said, &of),
            _ => move_port(draft, rule, port, &of, &places, shown.contains(&port)),
        }
    }
    if !draft.options.keep_ports {
        in_doubt(draft, &listens);
    }
    if !draft.options.keep_ports {
        companions::manifest_ports(draft, rule);
    }
}

/// Whether a place is the ENV that sets a variable.
fn is_variable(draft: &Draft<'_>, place: &Named) -> bool {
    place.file.is_none() && draft.scene.model.keyword(place.at) == Keyword::Env
}

/// A port that the started source names by itself: what the Dockerfile says of it would move alone.
fn in_source(draft: &mut Draft<'_>, rule: &'static str, said: &Listens, of: &[&Named]) {
    let from = said.port;
    let at = of.first().map_or(witness::command(draft), |place| place.at);
    let exposes = if of.iter().any(|place| place.role == Use::Exposes) { " and in EXPOSE" } else { "" };
    let (when, what) = match &said.variable {
        Some(name) if said.set => (format!(", as ENV {name} says"), "change it there"),
        Some(name) => (format!(" unless {name} says another port, which no ENV does"), "say it by an ENV"),
        None => (String::new(), "move it there"),
    };
    let why = format!("{} listens on {from}{when}: {what}{exposes} by hand, or say --port keep", said.place);
    draft.refuse(rule, at, privileged(from), "port-listener", why);
}

/// Ports that the source names beside words for listening, where no call shows what becomes of them.
fn in_doubt(draft: &mut Draft<'_>, listens: &[Listens]) {
    // What a compose file gives the process changes along in it, or is told of.
    let moves = |place: &str| {
        let read = |along: &&Along| draft.scene.files.read(&along.path).unwrap_or_default();
        let line = |along: &Along| Lines::new(&read(&along)).position(along.span.start).line;
        draft
            .along
            .iter()
            .any(|along| place.starts_with(&along.path) && place == format!("{}:{}", along.path, line(along)))
    };
    let along =
        |place: &str, port: u16| (is_yaml(place) && draft.moved.iter().any(|moved| moved.from == port)) || moves(place);
    let mut named = source::ports(draft.scene).into_iter();
    let open = named.find(|(place, port)| listens.iter().all(|said| said.port != *port) && !along(place, *port));
    let Some((place, port)) = open else { return };
    let message = format!("{place} names port {port}: check that the process does not listen there");
    let at = witness::command(draft);
    draft.hazards.push(Hazard { id: "port-in-source", weight: Weight::Unsafe, message, at, packaged: false });
}

fn privileged(port: u16) -> String {
    format!("port {port} is privileged: a process that is not root may not open it")
}

/// Moves one port; it is `shown` where the source of the program listens on what the variable says.
fn move_port(draft: &mut Draft<'_>, rule: &'static str, from: u16, of: &[&Named], all: &[Named], shown: bool) {
    let model = draft.scene.model;
    if draft.options.keep_ports {
        let note = format!(
            "port {from} stays: Docker lets a non-root process bind it, CRI-O, OpenShift and older containerd do not"
        );
        draft.notes.push(note);
        return;
    }
    let Some(first) = of.first() else { return };
    // A health check or a port that is only asked for says nothing about who listens.
    let serves = of.iter().any(|place| place.role != Use::Asks);
    if !serves {
        return;
    }
    let message = privileged(from);
    let default = match from {
        80 => Some(8080),
        443 => Some(8443),
        _ => None,
    };
    let Some(to) = draft.options.ports.get(&from).copied().or(default) else {
        let why = format!("only 80 and 443 have a usual other port: say --port {from}=NEW, or --port keep");
        return draft.refuse(rule, first.at, message, "port-choice", why);
    };
    if names(draft, to, of) {
        let why =
            format!("the file names {to} already, so {from} cannot become it: say --port {from}=NEW, or --port keep");
        return draft.refuse(rule, first.at, message, "port-taken", why);
    }
    if listener::stays(draft, of, all) {
        let line = model.line(first.at);
        draft.notes.push(format!(
            "EXPOSE {from} on line {line} stays: the variable that tells the process where to listen names other ports"
        ));
        return;
    }
    let listens = shown || of.iter().any(|place| place.role == Use::Listens);
    let variable = of.iter().any(|place| place.role == Use::Variable) || listener::is_given(draft, from);
    let elsewhere = listens_elsewhere(draft, from, all);
    if !listens && (!variable || elsewhere) {
        let why = format!(
            "nothing in the Dockerfile tells the process to listen on {from} (looked at ENV, ARG, CMD, ENTRYPOINT and start scripts): \
             move its own configuration and EXPOSE by hand, or say --port keep"
        );
        return draft.refuse(rule, first.at, message, "port-listener", why);
    }
    if let Some(place) = listener::said(draft, of) {
        let why = format!("{place} may say by itself where the process listens: move it there, or say --port keep");
        return draft.refuse(rule, first.at, message, "port-listener", why);
    }
    if let Some(place) = of.iter().find(|place| !place.editable) {
        let line = model.line(place.at);
        let who = place.file.as_ref().map_or(format!("line {line}"), |file| match file.starts_with("line ") {
            true => format!("the script of {file}"),
            false => format!("the start script {file}"),
        });
        let why = format!("{who} names it in a way that cannot be changed alone");
        return draft.refuse(rule, place.at, message, "port-place", why);
    }
    let script = of.iter().find_map(|place| Some((place.at, place.file.as_ref()?)));
    if let Some((at, script)) = script.filter(|_| draft.options.sole_file) {
        let why = format!(
            "the start script {script} says it, and only the Dockerfile can be changed here: name its file instead of stdin"
        );
        return draft.refuse(rule, at, message, "port-place", why);
    }
    if let Some(index) = of.iter().find_map(|place| read_by_build(draft, place)) {
        let why = format!(
            "line {} reads the variable that holds it: another number would change that step too",
            model.line(index)
        );
        return draft.refuse(rule, index, message, "port-place", why);
    }
    if !listens {
        let at = first.at;
        let message = format!("nothing proves that the process takes port {from} from the variable that names it");
        draft.hazards.push(Hazard { id: "port-variable", weight: Weight::Unsafe, message, at, packaged: false });
    }
    in_settings(draft, of);
    if !server::may_move(draft, rule, message.as_str(), of) {
        return;
    }
    let mut settled = compose_port::look(draft, from, to, first.at);
    settled.extend(kubernetes::ports(draft, from, to, first.at));
    named_elsewhere::look(draft, from, to, first.at, &settled);
    health::look(draft, from, of);
    for place in of {
        let text = match &place.around {
            Some((before, after)) => format!("{before}{to}{after}"),
            None if place.span.is_empty() => format!(":{to}"),
            None => to.to_string(),
        };
        if is_inner(place) {
            continue;
        }
        server::along(draft, place);
        match &place.file {
            None => draft.changes.push(Change::Word { instruction: place.at, span: place.span, text }),
            Some(path) => draft.along.push(Along::word(path, place.span, text)),
        }
    }
    let here = of.iter().filter(|place| place.file.is_none() && !is_inner(place));
    let mut lines: Vec<usize> = here.map(|place| model.lines.position(place.span.start).line).collect();
    // What the image itself says comes with its FROM.
    lines.extend(of.iter().filter(|place| is_inner(place)).map(|place| model.line(place.at)));
    lines.sort_unstable();
    lines.dedup();
    draft.found(rule, first.at, message, format!("{from} becomes {to}; whoever maps {from} has to map {to}"));
    draft.notes.push(format!("breaking for whoever maps port {from}: the process listens on {to} now"));
    if let Some(note) = peer_on(draft, to) {
        draft.notes.push(note);
    }
    if let Some(line) = comment_naming(draft, from) {
        draft.notes.push(format!("the comment on line {line} still names port {from}"));
    }
    draft.moved.push(Moved { from, to, lines });
}

/// What to look at where a port moves in a file of settings.
fn in_settings(draft: &mut Draft<'_>, of: &[&Named]) {
    let said = source::settings(draft.scene);
    let file =
        of.iter().filter_map(|place| place.file.as_ref()).find(|file| said.iter().any(|said| said.file == **file));
    if let Some(file) = file {
        let message = format!("{file} says the port: check that nothing else tells the process another one");
        let at = witness::command(draft);
        draft.hazards.push(Hazard { id: "port-in-source", weight: Weight::Unsafe, message, at, packaged: false });
    }
}

/// Whether a place is one of the base image, which the block changes.
fn is_inner(place: &Named) -> bool {
    place.given.is_some() || place.inherited.is_some()
}

/// What to look at where a server's own configuration asks somebody else on the port that it gets.
fn peer_on(draft: &Draft<'_>, to: u16) -> Option<String> {
    let asks = |name: &str| facts::command(name).is_some_and(|known| known.peer == Some(to));
    let program = start::all(draft.scene).iter().find(|program| asks(&program.name))?;
    Some(format!(
        "{} asks a backend on port {to} of its own host where its package's configuration is in use, and listens there now: say --port to choose another",
        program.name
    ))
}

/// The line of the first comment that speaks of the port.
fn comment_naming(draft: &Draft<'_>, port: u16) -> Option<usize> {
    let model = draft.scene.model;
    let comments = model.tree.tokens.iter().filter(|token| token.kind == TokenKind::Comment);
    let wanted = port.to_string();
    let found = comments.into_iter().find(|token| {
        let text = String::from_utf8_lossy(token.span.of(model.bytes)).to_ascii_lowercase();
        text.contains("port") && text.split(|c: char| !c.is_ascii_digit()).any(|number| number == wanted)
    })?;
    Some(model.lines.position(found.span.start).line)
}

/// The step of the build, if there is one, that reads the variable which holds the port: a RUN, a folder, a copy.
fn read_by_build(draft: &Draft<'_>, place: &Named) -> Option<usize> {
    let model = draft.scene.model;
    let Some(Args::Pairs(pairs)) = model.instruction(place.at).map(|found| &found.args) else { return None };
    let holds = |pair: &&Pair| pair.value.as_ref().is_some_and(|value| value.span.contains(place.span));
    let name = &pairs.iter().find(holds)?.key.text;
    let steps = [Keyword::Run, Keyword::Workdir, Keyword::Copy, Keyword::Add, Keyword::User, Keyword::Volume];
    let later = draft.scene.model.lineage(draft.scene.stage).into_iter().map(|(_, index)| index);
    later.filter(|index| *index > place.at && steps.contains(&model.keyword(*index))).find(|index| {
        let text = draft.scene.text(*index);
        text.contains(&format!("${name}")) || text.contains(&format!("${{{name}"))
    })
}

/// Whether the process listens on another port than `from` by its own arguments.
fn listens_elsewhere(draft: &Draft<'_>, from: u16, all: &[Named]) -> bool {
    let other = |place: &Named| place.port != from && place.role == Use::Listens;
    let high = draft.scene.programs.list.iter().flat_map(|program| program.arguments.iter().flatten());
    let high = high.filter_map(|text| text.rsplit([':', '=']).next()?.parse::<u16>().ok());
    all.iter().any(other) || high.into_iter().any(|port| port >= port::FIRST_FREE)
}

/// Whether a port's number stands anywhere in the file's EXPOSE, ENV or command, or in a script that would change.
fn names(draft: &Draft<'_>, port: u16, of: &[&Named]) -> bool {
    let wanted = port.to_string();
    let keywords =
        [Keyword::Expose, Keyword::Env, Keyword::Arg, Keyword::Cmd, Keyword::Entrypoint, Keyword::Healthcheck];
    let lineage = draft.scene.model.lineage(draft.scene.stage);
    let mut texts = lineage.iter().filter(|(_, at)| keywords.contains(&draft.scene.model.keyword(*at)));
    let number = |text: &str| text.split(|c: char| !c.is_ascii_digit()).any(|number| number == wanted);
    // What a server's configuration asks others on is no port of its own.
    let scripts = of.iter().filter_map(|place| place.file.as_deref()).filter(|file| !server::is_own(draft, file));
    let scripts = scripts.filter_map(|file| draft.scene.files.read(file));
    server::listens(draft, port)
        || texts.any(|(_, at)| number(&draft.scene.text(*at)))
        || scripts.into_iter().any(|text| number(&String::from_utf8_lossy(&text)))
}
