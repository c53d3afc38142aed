//! What may keep the container from working without root, as far as it shows in the Dockerfile and the build context:
//! one function a row of what breaks in real projects.

use super::entry::{Program, Programs};
use super::{Base, Model, ShellKind, Value, value};
use crate::context::Files;
use crate::facts::{self, CommandKind, Confidence, DefaultUser, Family, Known, ProgramRole, Strategy};
use crate::syntax::{Args, Keyword};

/// How much a hazard weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It will build and start, but something outside of sight may want root or a writable path.
    Unsafe,
    /// A person has to decide.
    Manual,
}

/// Something that may break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hazard {
    /// Its id, kebab-case.
    pub id: &'static str,
    /// How much it weighs.
    pub weight: Weight,
    /// What was looked at and what a person has to decide.
    pub message: String,
    /// The instruction that shows it.
    pub at: usize,
}

/// What hazards are looked for in.
pub struct Scene<'s> {
    /// The file.
    pub model: &'s Model<'s>,
    /// The stage that is built.
    pub stage: usize,
    /// What its command starts.
    pub programs: &'s Programs,
    /// The project's files.
    pub files: &'s dyn Files,
    /// The build context relative to the project's root, if it is known.
    pub context: Option<&'s str>,
    /// The Dockerfile's path relative to the project's root, if it has one.
    pub path: Option<&'s str>,
}

/// One row: looks at the scene and adds what it finds.
type Row = fn(&Scene<'_>, &mut Vec<Hazard>);

const ROWS: [Row; 16] = [
    base,
    own_server,
    run_by_others,
    super::start::remote_files,
    super::start::modes,
    windows,
    base_image,
    development,
    docker_socket,
    github_action,
    command,
    super::start::programs,
    root_home,
    volumes,
    downloads,
    no_command,
];

/// All hazards of a stage, the heavy ones first, then in file order.
pub fn find(scene: &Scene<'_>) -> Vec<Hazard> {
    let mut found = Vec::new();
    for row in ROWS {
        row(scene, &mut found);
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|hazard| seen.insert((hazard.id, hazard.at)));
    // Stable: where the same line shows several, the row that stands first names the reason.
    found.sort_by_key(|hazard| (std::cmp::Reverse(hazard.weight), hazard.at));
    found
}

impl Scene<'_> {
    /// The stage's FROM.
    pub fn from(&self) -> usize {
        self.model.stages.get(self.stage).map_or(0, |stage| stage.from)
    }

    /// The joined line of an instruction.
    pub fn text(&self, index: usize) -> String {
        let text = self.model.instruction(index).map(|instruction| instruction.joined.text.as_slice());
        String::from_utf8_lossy(text.unwrap_or_default()).into_owned()
    }
}

pub(super) fn hazard(id: &'static str, weight: Weight, at: usize, message: impl Into<String>) -> Hazard {
    Hazard { id, weight, message: message.into(), at }
}

fn base(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let at = scene.from();
    let Some(Base::Image { reference, facts: Some(facts), listed, .. }) = scene.model.root_base(scene.stage) else {
        return;
    };
    if facts.strategy == Strategy::LeaveAlone && facts.default_user == DefaultUser::Root {
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
    let opens = facts.command == CommandKind::Server && facts.ports.iter().any(|port| *port < super::port::FIRST_FREE);
    let server = facts.strategy == Strategy::NeedsConfig || (opens && !scene.model.has_command(scene.stage));
    if own && facts.strategy == Strategy::EntrypointDrops {
        let when = facts.drops.map_or("", |drops| drops.when);
        let message = format!(
            "the entrypoint of {reference} starts as root and steps down only {}: with this command that is not certain",
            if when.is_empty() { "for its own server" } else { when }
        );
        found.push(hazard("drops-root", Weight::Manual, at, message));
    }
    if server {
        let message = format!(
            "the server of {reference} starts as root, and its own configuration (port, pid file, caches) would have to move along"
        );
        found.push(hazard("server-config", Weight::Manual, at, message));
    }
}

/// A server of the base image that is not told another port, and files that it writes beside the app.
fn own_server(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
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
    let port = facts.ports.iter().copied().chain(set).find(|port| *port < super::port::FIRST_FREE);
    if let (Some(port), false) = (port, told) {
        let message =
            format!("{reference} listens on {port} unless it is told otherwise, and nothing in the file does");
        found.push(hazard("base-port", Weight::Manual, scene.from(), message));
    }
    if facts.command == CommandKind::Server && !scene.model.has_command(scene.stage) && !facts.writable.is_empty() {
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

fn windows(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
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

fn base_image(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
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

fn development(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let name = scene.model.stages.get(scene.stage).and_then(|stage| stage.name.as_deref()).unwrap_or("");
    let path = scene.path.unwrap_or("").to_ascii_lowercase();
    let by_path = path.split('/').any(|part| part == ".devcontainer") || {
        let file = path.rsplit('/').next().unwrap_or("");
        file.split(['.', '-', '_']).any(is_development)
    };
    if is_development(name) || by_path {
        let message =
            "a development image: people mount their own files into it, and a fixed account would not own them";
        found.push(hazard("development", Weight::Manual, scene.from(), message));
    }
}

/// What installs or brings a client of the engine.
const ENGINE_CLIENTS: [&str; 6] =
    ["docker.sock", "docker-cli", "docker-ce", "docker.io ", "moby-engine", "--from=docker:"];

fn docker_socket(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
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

fn github_action(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
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
fn run_by_others(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
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

/// Programs of CMD and ENTRYPOINT that want root, drop it, or bring their own configuration.
fn command(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    if !scene.programs.complete {
        let at = scene.model.entry(scene.stage);
        let at = at.entrypoint.or(at.cmd).map_or(scene.from(), |(_, index)| index);
        let message = "the command cannot be read as shell text, so nobody can tell what it starts";
        found.push(hazard("opaque-command", Weight::Manual, at, message));
    }
    for program in &scene.programs.list {
        if let Some(hazard) = program_hazard(program) {
            found.push(hazard);
        }
    }
}

/// The hazard of one program by what is known of its name.
pub(super) fn program_hazard(program: &Program) -> Option<Hazard> {
    let known = facts::command(&program.name)?;
    let (at, name) = (program.at.1, &program.name);
    match known.role {
        ProgramRole::Init => {
            let message = format!("{name} is an init system that starts its services as root");
            Some(hazard("init-system", Weight::Manual, at, message))
        }
        ProgramRole::DaemonRoot => {
            let message = format!("{name} needs root by itself");
            Some(hazard("root-daemon", Weight::Manual, at, message))
        }
        ProgramRole::DropsRoot => {
            let message = format!("{name} steps down from root at start and cannot without being root");
            Some(hazard("drops-root", Weight::Manual, at, message))
        }
        ProgramRole::Server if known.port.is_none_or(|port| port < 1024) => {
            let message = format!(
                "{name} takes port, pid file and caches from its own configuration, which would have to move along"
            );
            Some(hazard("server-config", Weight::Manual, at, message))
        }
        ProgramRole::Server => {
            let message =
                format!("{name} keeps files in folders of its own package: check that the account may write them");
            Some(hazard("server-files", Weight::Unsafe, at, message))
        }
        _ if known.needs_root == Known::Yes => {
            let message = format!("the command itself runs {name}, which needs root");
            Some(hazard("root-command", Weight::Manual, at, message))
        }
        _ => None,
    }
}

/// /root and ~ in what the process needs.
fn root_home(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
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

fn volumes(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let cwd = scene.model.process_folder(scene.stage);
    if let Some(folder) = cwd.text().filter(|cwd| MOUNTED.contains(cwd)) {
        let message = format!("{folder} is where people mount data that root may own already: chown it once");
        found.push(hazard("root-volume", Weight::Unsafe, scene.from(), message));
    }
    for (stage, index) in scene.model.lineage(scene.stage) {
        if scene.model.keyword(index) != Keyword::Volume {
            continue;
        }
        let Some(Args::Many { words, .. }) = scene.model.instruction(index).map(|instruction| &instruction.args) else {
            continue;
        };
        let names: Vec<String> = words
            .iter()
            .map(|word| scene.model.expand(stage, index, &word.text))
            .map(|value| value.text().unwrap_or("a path from outside").to_owned())
            .collect();
        let message = format!(
            "new volumes at {} will belong to the account, those that older containers filled as root will not: chown them once",
            names.join(", ")
        );
        found.push(hazard("root-volume", Weight::Unsafe, index, message));
    }
}

/// RUNs that leave in root's home what the process looks for in its own.
fn downloads(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let model = scene.model;
    for (stage, index) in model.lineage(scene.stage) {
        if model.keyword(index) != Keyword::Run {
            continue;
        }
        let text = scene.text(index);
        for download in facts::home_downloads() {
            let hit = download.marks.iter().all(|mark| text.contains(mark));
            let settled = download.settled_by.iter().any(|name| {
                !matches!(model.variable(stage, index, name), Value::Unset) || text.contains(&format!("{name}="))
            });
            if hit && !settled {
                let message =
                    format!("{} puts files into root's home, where the process will not find them", download.what);
                found.push(hazard("root-download", Weight::Manual, index, message));
            }
        }
        if text
            .split([' ', '\t', '"', '\'', '=', ':', ';'])
            .any(|word| value::within(word, "/root") || word.starts_with("~/"))
        {
            let message = "a RUN works below /root, which no other user can enter (mode 0700)";
            found.push(hazard("root-home", Weight::Unsafe, index, message));
        }
    }
}

fn no_command(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    if scene.model.has_command(scene.stage) {
        return;
    }
    let kind = match scene.model.root_base(scene.stage) {
        Some(Base::Image { facts: Some(facts), .. }) => facts.command,
        _ => CommandKind::Unknown,
    };
    let copies = !scene.model.owners(scene.stage).copies.is_empty();
    if kind != CommandKind::Server || !copies {
        let message = "nothing says what it runs: a base or tool image, whose users may rely on root";
        found.push(hazard("no-command", Weight::Unsafe, scene.from(), message));
    }
}
