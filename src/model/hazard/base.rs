//! What the base image and the stage's own shape say against a switch.

use super::{Hazard, Scene, Weight, hazard};
use crate::facts::{CommandKind, Confidence, DefaultUser, Family, Known, Strategy, words};
use crate::model::entry::Program;
use crate::model::{Base, Model, ShellKind, port};
use crate::syntax::Keyword;

pub(super) fn base(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let at = scene.from();
    let Some(Base::Image { reference, facts: Some(facts), listed, .. }) = scene.model.root_base(scene.stage) else {
        return;
    };
    // An init system that stands in the image's CMD does not run where the file has a command of its own.
    let replaced = !facts.init.is_empty() && scene.model.has_command(scene.stage);
    if facts.strategy == Strategy::LeaveAlone && facts.default_user == DefaultUser::Root && !replaced {
        let why =
            if facts.note.is_empty() { String::new() } else { format!(" ({})", facts.note.trim_end_matches('.')) };
        let message = format!("{reference} is meant to start as root{why}; decide whether another base image serves");
        found.push(hazard("root-base", Weight::Manual, at, message));
    }
    if !*listed {
        return;
    }
    if facts.confidence == Confidence::Recalled {
        let message = format!("what is known of {reference} was never checked against its own Dockerfile");
        found.push(hazard("recalled-base", Weight::Unsafe, at, message));
    }
    let vague = facts.strategy == Strategy::CheckImage || facts.shell == Known::Unknown;
    if vague {
        let message = format!("{reference} differs by tag in ways that no source settles");
        found.push(hazard("varying-base", Weight::Unsafe, at, message));
    }
    // Without an ENTRYPOINT of the file the base's own runs, whatever CMD says.
    let own = scene.model.entry(scene.stage).entrypoint.is_none();
    let opens = facts.command == CommandKind::Server && facts.ports.iter().any(|port| *port < port::FIRST_FREE);
    let server = facts.strategy == Strategy::NeedsConfig || (opens && !scene.model.has_command(scene.stage));
    if own && facts.strategy == Strategy::EntrypointDrops {
        let when = facts.drops.map_or("", |drops| drops.when);
        let message = format!(
            "the entrypoint of {reference} starts as root and steps down {}: with this command that is not certain",
            if when.is_empty() { "for its own server only".to_owned() } else { format!("only when {when}") }
        );
        found.push(hazard("drops-root", Weight::Manual, at, message));
    }
    if let Some(Err(why)) = scene.server() {
        let packaged = scene.model.server(scene.stage).filter(|server| !server.packages.is_empty());
        let who = match packaged.and_then(|server| server.programs.first()) {
            Some(program) => format!("{program} of the distribution's packages"),
            None => format!("the server of {reference}"),
        };
        let message = format!("{who} starts as root, and its configuration is not known: {why}");
        found.push(hazard("server-config", Weight::Manual, at, message));
    }
    if server && scene.server().is_none() {
        let message = format!(
            "the server of {reference} starts as root, and its own configuration (port, pid file, caches) would have to move along"
        );
        found.push(hazard("server-config", Weight::Manual, at, message));
    }
}

/// A server of the base image that is not told another port, and files that it writes beside the app.
pub(super) fn own_server(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let Some(Base::Image { reference, facts: Some(facts), listed: true, .. }) = scene.model.root_base(scene.stage)
    else {
        return;
    };
    let told = scene.model.environments(scene.stage).into_iter().any(|(name, _, _)| {
        let name = name.to_ascii_uppercase();
        name.ends_with("URLS") || name.ends_with("PORT") || name.ends_with("PORTS")
    });
    let set = facts
        .env
        .iter()
        .filter(|(name, _)| name.ends_with("URLS") || name.ends_with("PORT") || name.ends_with("PORTS"));
    let set = set.filter_map(|(_, value)| value.rsplit(':').next()?.parse().ok());
    let port = facts.ports.iter().copied().chain(set).find(|port| *port < port::FIRST_FREE);
    // What its variable says moves, or is told otherwise.
    let told = told || !facts.port_variable.is_empty() || scene.lifted().is_some() || scene.server().is_some();
    if let (Some(port), false) = (port, told) {
        let message = format!("{reference} listens on {port} unless it is told otherwise, and no ENV of the file does");
        found.push(hazard("base-port", Weight::Manual, scene.from(), message));
    }
    // An image that is another user's by itself has given that user its files.
    let at_home = matches!(facts.default_user, DefaultUser::Account(_));
    let own = facts.command == CommandKind::Server && !scene.model.has_command(scene.stage);
    if own && !at_home && !facts.writable.is_empty() && scene.server().is_none() {
        let paths: Vec<&str> = facts.writable.iter().map(|writable| writable.path).collect();
        let message = format!("the server of {reference} writes {}: check that the account may", paths.join(", "));
        found.push(hazard("server-files", Weight::Unsafe, scene.from(), message));
    }
}

/// Whether the stage builds a Windows image.
pub fn is_windows(model: &Model<'_>, stage: usize) -> bool {
    let family = match model.root_base(stage) {
        Some(Base::Image { facts: Some(facts), .. }) => facts.family == Family::Windows,
        _ => false,
    };
    family || model.tree.escape == b'`'
}

pub(super) fn windows(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let model = scene.model;
    if is_windows(model, scene.stage) {
        let message = "a Windows image: accounts and owners work in other ways there";
        found.push(hazard("windows", Weight::Manual, scene.from(), message));
        return;
    }
    let last = model.stages.get(scene.stage).map_or(0, |stage| stage.body.end);
    if model.shell(scene.stage, last) == ShellKind::Other {
        let message = "its SHELL is none that unroot can write commands for";
        found.push(hazard("other-shell", Weight::Manual, scene.from(), message));
    }
}

/// Arguments with which a program does nothing.
const HELP: [&str; 8] = ["-h", "--help", "-help", "help", "-v", "-version", "--version", "version"];

pub(super) fn base_image(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let model = scene.model;
    for (_, index) in model.lineage(scene.stage) {
        if model.keyword(index) == Keyword::Onbuild {
            let message = "ONBUILD makes this a base image: the images built on it would lose root in their own steps";
            found.push(hazard("base-image", Weight::Manual, index, message));
            return;
        }
    }
    let shows = |word: &String| HELP.contains(&word.as_str());
    let helps = |program: &Program| {
        let words: Vec<&String> = program.arguments.iter().flatten().collect();
        !words.is_empty() && words.into_iter().all(shows)
    };
    if let Some(program) = scene.programs.list.iter().find(|program| helps(program)) {
        let message = "by default it only shows help or a version: a base or tool image, whose users may rely on root";
        found.push(hazard("base-image", Weight::Manual, program.at.1, message));
    }
    let child = model.stages.iter().find(|stage| stage.base == Base::Stage(scene.stage));
    let Some(child) = child else { return };
    if child.body.clone().any(|index| model.keyword(index) == Keyword::Run) {
        let name = model.stage_name(child.index);
        let message = format!("stage {name} builds on this one and runs commands: they would lose root");
        found.push(hazard("base-image", Weight::Manual, child.from, message));
    }
}

const DEVELOPMENT: [&str; 6] = ["dev", "devel", "development", "devcontainer", "debug", "local"];

/// Whether a stage's name says that people develop in it.
pub fn is_development(stage: &str) -> bool {
    DEVELOPMENT.contains(&stage.to_ascii_lowercase().as_str())
}

pub(super) fn development(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let name = scene.model.stages.get(scene.stage).and_then(|stage| stage.name.as_deref()).unwrap_or("");
    let path = scene.path.unwrap_or("").to_ascii_lowercase();
    let mut folders = path.split('/').rev().skip(1);
    let by_path = folders.any(|part| matches!(part, ".devcontainer" | "devcontainer" | "devcontainers")) || {
        let file = path.rsplit('/').next().unwrap_or("");
        file.split(['.', '-', '_']).any(is_development)
    };
    if !is_development(name) && !by_path {
        return;
    }
    // `Dockerfile.local` may as well be built from local sources.
    let vague =
        |text: &str| text.split(['/', '.', '-', '_']).filter(|part| is_development(part)).all(|part| part == "local");
    if vague(name) && vague(&path) {
        let message =
            "its name says that it is for somebody's own machine: check that nobody mounts their files into it";
        return found.push(hazard("local-image", Weight::Unsafe, scene.from(), message));
    }
    let message = "a development image: people mount their own files into it, and a fixed account would not own them";
    found.push(hazard("development", Weight::Manual, scene.from(), message));
}

/// A comment right above a last `USER root` that says why root is meant.
pub(super) fn stated_reason(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    const ROOT: [&str; 4] = ["as root", "need root", "needs root", "requires root"];
    let model = scene.model;
    let Some(last) = model.last_user(scene.stage).filter(|_| model.final_user(scene.stage).is_root()) else { return };
    let line = model.line(last);
    let above = (1..line).rev().map(|line| {
        let text = &model.bytes.get(model.lines.start(line)..model.lines.end(line)).unwrap_or_default();
        String::from_utf8_lossy(text).trim().to_owned()
    });
    let comments: Vec<String> = above.take_while(|text| text.starts_with('#')).collect();
    let holds = |text: &str, reason: &str| {
        let lower = text.to_ascii_lowercase();
        lower.match_indices(reason).any(|(at, _)| {
            let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            let before = lower.get(..at).and_then(|text| text.chars().next_back());
            let after = lower.get(at + reason.len()..).and_then(|text| text.chars().next());
            !letter(before) && !letter(after)
        })
    };
    // What follows may be the steps that root was borrowed for.
    let steps = model
        .stages
        .get(scene.stage)
        .is_some_and(|stage| stage.body.clone().any(|index| index > last && model.root_step(scene.stage, index)));
    let says = |text: &str, reasons: &[&str]| reasons.iter().any(|reason| holds(text, reason));
    let reason = comments.iter().find(|text| says(text, words::ROOT_SERVICES) || (!steps && says(text, &ROOT)));
    if let Some(reason) = reason {
        let message = format!("the file itself says why it ends as root: {}", reason.trim_start_matches(['#', ' ']));
        found.push(hazard("stated-reason", Weight::Manual, last, message));
    }
}

pub(super) fn no_command(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    if scene.model.has_command(scene.stage) || scene.started_by_compose().is_some() {
        return;
    }
    let (kind, at_home) = match scene.model.root_base(scene.stage) {
        Some(Base::Image { facts: Some(facts), .. }) => {
            (facts.command, matches!(facts.default_user, DefaultUser::Account(_)))
        }
        _ => (CommandKind::Unknown, false),
    };
    let copies = !scene.model.owners(scene.stage).copies.is_empty();
    if kind != CommandKind::Server || !(copies || at_home) {
        let message = "nothing says what it runs: a base or tool image, whose users may rely on root";
        found.push(hazard("no-command", Weight::Unsafe, scene.from(), message));
    }
}
