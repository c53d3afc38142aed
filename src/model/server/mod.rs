//! The server of a base image: which configuration it reads, on which ports that makes it listen, and what it writes.
//!
//! What the image itself holds is told by `templates/servers/`, what copies bring is read, and what steps of the build do
//! to either is followed or ends the matter.

mod assigned;
mod brought;
mod caddyfile;
mod conf;
mod doubts;
mod keyed;
mod listening;
mod packaged;
mod ran;
mod told;
mod xml;

use std::collections::BTreeMap;

use super::entry::Program;
use super::hazard::Scene;
use super::{Base, Model, value};
use crate::context::matches;
use crate::facts::{self, CommandKind, GivenConf, Server};
use crate::source::Span;
use crate::syntax::{Args, Command};

pub use conf::{Said, Word, read};
pub use keyed::fits;

/// A server whose configuration is known.
#[derive(Debug, Default)]
pub struct Served {
    /// Configuration files of the image that are in force.
    pub given: Vec<Given>,
    /// Files of the project, or of heredocs, that are.
    pub own: Vec<Own>,
    /// Scripts that the image's entrypoint runs before it starts the server, and the copies that bring them.
    pub scripts: Vec<(String, usize)>,
    /// The folder that templates are filled into.
    pub fills: Option<&'static str>,
    /// Whether the configuration puts elsewhere what goes into the server's own folders.
    pub elsewhere: bool,
    /// The pid file where a step of the build that runs the server leaves it, as root's.
    pub left: Option<String>,
    /// Whether a step of the build runs the server, which makes its folders for the workers then.
    pub tried: bool,
    /// Whether its program may have a capability that it must not need any more: for certain, or perhaps.
    pub capable: Option<bool>,
    /// Whether a main file of the project leaves what it writes where it is by default.
    pub by_default: bool,
    /// Ports that it listens on for parts of it that name none.
    pub more: Vec<u16>,
    /// The folder of log files that a file of the project names.
    pub logs: Option<String>,
    /// Whether the main file says by global options which ports sites with TLS, and sites without any, get.
    pub optioned: bool,
    /// Variables that templates fill in for a port.
    pub variables: Vec<String>,
    /// What may not work, with the copy that shows it.
    pub doubts: Vec<(usize, String)>,
    /// Where it asks itself, which does not work where a port moves: the copy, and what it is.
    pub asks_itself: Vec<(usize, String)>,
    /// Where it decides by the number of its port: the port, and what says so.
    pub compares: Vec<(u16, String)>,
    /// What people may see of a port that moves.
    pub seen: Vec<(usize, String)>,
}

/// A configuration file of the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// What is known of it.
    pub conf: &'static GivenConf,
    /// Ports that it listens on by now.
    pub listens: Vec<u16>,
    /// Whether what any other account needs is done.
    pub done: bool,
}

/// A configuration file that a copy brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// Its path in the project, or the line of its heredoc.
    pub shown: String,
    /// The copy.
    pub at: usize,
    /// Whether it is a file of the project.
    pub is_file: bool,
    /// Ports that it names.
    pub ports: Vec<Port>,
    /// What has to become another text for any account that is not root.
    pub mends: Vec<(Span, String)>,
}

/// A port in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// The port.
    pub port: u16,
    /// Its digits.
    pub span: Span,
    /// What else changes in the file where it moves: an empty place inserts.
    pub along: Vec<(Span, String)>,
    /// What stands around the digits where they are not there yet.
    pub around: Option<(String, String)>,
}

impl Model<'_> {
    /// The server of the base image, or one of the distribution's packages, if the stage runs it as it is meant to be run.
    pub fn server(&self, stage: usize) -> Option<&'static Server> {
        let Some(Base::Image { facts: Some(facts), listed: true, .. }) = self.root_base(stage) else { return None };
        let own = facts::server(facts.server);
        if !self.has_command(stage) {
            return own.filter(|_| facts.command == CommandKind::Server);
        }
        let programs = self.programs(stage);
        let [program] = programs.list.as_slice() else { return None };
        let runs = |server: &&'static Server| programs.complete && is_meant(server, program);
        own.into_iter().find(runs).or_else(|| {
            let known = facts::servers().iter().any(|server| server.programs.contains(&program.name.as_str()));
            let packaged = if known { self.packaged(stage) } else { Vec::new() };
            packaged.into_iter().find(runs)
        })
    }

    /// The configuration file that the server reads first.
    fn server_main(&self, stage: usize, server: &Server) -> String {
        let programs = self.programs(stage).list;
        let named = programs.first().and_then(|program| main_named(server, &program.arguments));
        named.map_or_else(|| server.main.to_owned(), |(_, path)| value::join(server.prefix, &path))
    }

    /// Whether the image's own entrypoint sees the server's name, and does what it does before it starts it.
    fn enters(&self, stage: usize) -> bool {
        let entry = self.entry(stage);
        let args = entry.cmd.and_then(|(_, index)| self.instruction(index)).map(|found| &found.args);
        entry.entrypoint.is_none() && !matches!(args, Some(Args::Command(Command::Shell(_))))
    }
}

impl Scene<'_> {
    /// The configuration of the base image's server, or why it is not known; `None` where the stage runs another.
    pub fn server(&self) -> Option<&Result<Served, String>> {
        self.served.get_or_init(|| Some(found(self, self.model.server(self.stage)?))).as_ref()
    }
}

/// Whether a program is a server with nothing but arguments that it always has, and with the file that it reads first.
fn is_meant(server: &Server, program: &Program) -> bool {
    let known = |word: &Option<String>| {
        let word = word.as_deref().map(str::trim);
        word.is_some_and(|word| {
            server.arguments.iter().any(|known| word.trim_end_matches(';') == known.trim_end_matches(';'))
        })
    };
    let mut words = program.arguments.clone();
    if let Some((place, _)) = main_named(server, &program.arguments) {
        words.drain(place);
    }
    server.programs.contains(&program.name.as_str()) && words.iter().all(known)
}

/// Where arguments name the file that a server reads first, and the file: `-c FILE`, `--config=FILE`.
fn main_named(server: &Server, words: &[Option<String>]) -> Option<(std::ops::Range<usize>, String)> {
    let option = server.main_option;
    // Names of one letter mean another thing in capitals.
    let is = |word: &str| word == option || (option.starts_with("--") && word.eq_ignore_ascii_case(option));
    words.iter().enumerate().filter(|_| !option.is_empty()).find_map(|(at, word)| match word.as_deref()? {
        word if is(word) => Some((at..at + 2, words.get(at + 1)?.clone()?)),
        word => word.split_once('=').filter(|(name, _)| is(name)).map(|(_, path)| (at..at + 1, path.to_owned())),
    })
}

/// Where a file lands that is copied over one of the image's links.
fn of_image(server: &Server, path: &str) -> String {
    let linked = server.links.iter().find_map(|(from, to)| {
        let name = path.strip_prefix(from)?.strip_prefix('/')?;
        server.files.iter().map(|given| given.path).find(|given| *given == format!("{to}/{name}"))
    });
    linked.unwrap_or(path).to_owned()
}

/// Most files that include each other.
const MOST: usize = 64;

fn found(scene: &Scene<'_>, server: &'static Server) -> Result<Served, String> {
    mounted(scene, server)?;
    variables(scene, server)?;
    let mut main = scene.model.server_main(scene.stage, server);
    let other = Some(main.clone()).filter(|main| !server.configures(main));
    let mut brought = brought::brought(scene, server, other.as_deref())?;
    if main == server.main && !brought.contains_key(&main) {
        let next = server.mains.iter().find(|next| brought.contains_key(**next));
        main = next.map_or(main, |next| (*next).to_owned());
    }
    if let Some(index) = other.and_then(|main| ran::names(scene, &main)) {
        let line = scene.model.line(index);
        return Err(format!("the RUN on line {line} does something to its configuration that is not followed"));
    }
    let ran = ran::ran(scene, server, &brought)?;
    brought.retain(|path, at| !ran.removed.iter().any(|(gone, step)| gone == path && step > at));
    let mut served = Served::default();
    let confs = placed(scene, server, &mut served, &brought, &main)?;
    let gone = |path: &str| ran.removed.iter().any(|(gone, _)| gone == path);
    let givens: Vec<&GivenConf> =
        server.files.iter().filter(|given| !confs.contains_key(given.path) && !gone(given.path)).collect();
    let mut queue = vec![(main.clone(), true)];
    let prefix = if main == server.main || server.mains.contains(&main.as_str()) {
        server.prefix
    } else {
        main.rsplit_once('/').map_or("", |(folder, _)| folder)
    };
    let mut seen = std::collections::BTreeSet::new();
    while let Some((path, plain)) = queue.pop() {
        if !seen.insert(path.clone()) || seen.len() > MOST {
            continue;
        }
        let patterns: Vec<(String, bool)> = match (confs.get(&path), givens.iter().find(|given| given.path == path)) {
            (Some((source, at)), _) => told::told(scene, server, &mut served, path == main, source, *at, plain)?,
            (None, Some(given)) => {
                if !given.variable.is_empty() {
                    told::opens(scene, given.variable, given.path)?;
                    served.variables.push(given.variable.to_owned());
                }
                served.given.push(ran.state(given));
                given.includes.iter().map(|&pattern| (pattern.to_owned(), true)).collect()
            }
            (None, None) => return Err(format!("nobody knows what {path} holds")),
        };
        for (pattern, inner) in patterns {
            let known = confs.keys().map(String::as_str).chain(givens.iter().map(|it| it.path));
            let found = fitting(server, prefix, &pattern, known)?;
            queue.extend(found.into_iter().map(|path| (path, plain && inner)));
        }
    }
    served.capable = capable(scene, server)?;
    doubts::add(scene, server, &mut served);
    served.tried = ran::tries(scene, server, 0);
    served.left = served.left.filter(|_| {
        let main = confs.get(&main).map_or(0, |(_, at)| *at);
        ran::tries(scene, server, main)
    });
    served.given.sort_by_key(|given| server.files.iter().position(|conf| conf.path == given.conf.path));
    served.own.sort_by_key(|own| (own.at, own.shown.clone()));
    Ok(served)
}

/// Whether the program has a capability for certain; `None` where it never had one.
fn capable(scene: &Scene<'_>, server: &Server) -> Result<Option<bool>, String> {
    if server.capable.is_empty() {
        return Ok(None);
    }
    let changes = |index: &usize| {
        let text = scene.text(*index);
        text.contains("setcap") || text.contains("add-package") || text.contains(server.capable)
    };
    if let Some(index) = scene.model.runs(scene.stage).map(|(_, index)| index).find(changes) {
        let line = scene.model.line(index);
        return Err(format!("the RUN on line {line} does something to its program that is not followed"));
    }
    let owners = scene.model.owners(scene.stage);
    let mut copied = owners.copies.iter().map(|copy| copy.destination.as_deref());
    Ok(Some(!copied.any(|to| to.is_none_or(|to| value::meets(to, server.capable)))))
}

/// The configuration files that a name or a pattern stands for; an error for one that nobody knows.
fn fitting<'c>(
    server: &Server,
    prefix: &str,
    pattern: &str,
    known: impl Iterator<Item = &'c str>,
) -> Result<Vec<String>, String> {
    let path = value::join(prefix, pattern);
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path.as_str()));
    // What is linked counts as switched on.
    let linked = server.links.iter().find(|(from, _)| *from == folder).map(|(_, to)| *to);
    let fits = |candidate: &&str| {
        let parts = candidate.rsplit_once('/');
        parts.is_some_and(|(within, of)| {
            (within == folder || Some(within) == linked) && (of == name || matches(name, of))
        })
    };
    let found: Vec<String> = known.filter(fits).map(str::to_owned).collect();
    let pattern = name.contains(['*', '?', '[']);
    // Patterns may fit nothing; in folders that the image holds there is nothing else.
    let plain = server.configures(folder) && (server.inert.contains(&name) || pattern);
    if found.is_empty() && !plain {
        return Err(format!("its configuration includes {path}, and nobody knows what that holds"));
    }
    Ok(found)
}

/// Variables that have it do otherwise than its image does, or by which steps may reach a package's configuration.
fn variables(scene: &Scene<'_>, server: &Server) -> Result<(), String> {
    for (name, _, value) in scene.model.environments(scene.stage) {
        if server.variables.contains(&name.as_str()) {
            return Err(format!("ENV {name} has it do otherwise than its image does"));
        }
        if !server.packages.is_empty() && value.text().is_some_and(|text| server.is_named(text)) {
            return Err(format!("{name} names its configuration, and steps may reach it by that"));
        }
    }
    Ok(())
}

/// The configuration files that copies bring, by where the server finds them; with the path that the copy brings them to.
fn placed(
    scene: &Scene<'_>,
    server: &Server,
    served: &mut Served,
    brought: &BTreeMap<String, usize>,
    main: &str,
) -> Result<BTreeMap<String, (String, usize)>, String> {
    let templates = server.templates.as_ref().filter(|_| scene.model.enters(scene.stage));
    let mut confs: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for (path, at) in brought {
        let filled = templates.and_then(|of| {
            let name = path.strip_prefix(of.folder)?.strip_suffix(of.ending)?;
            Some(value::join(of.into, name.trim_start_matches('/')))
        });
        if server.scripts.iter().any(|folder| value::within(path, folder)) {
            served.scripts.extend(scene.model.enters(scene.stage).then(|| (path.clone(), *at)));
        } else if let (Some(filled), Some(of)) = (&filled, templates) {
            served.fills = Some(of.into);
            confs.insert(filled.clone(), (path.clone(), *at));
        } else if server.configures(path) || path == main {
            let place = of_image(server, path);
            if confs.get(&place).is_some_and(|(other, _)| other != path) {
                return Err(format!("{path} and what it is linked to are both copied"));
            }
            confs.insert(place, (path.clone(), *at));
        }
    }
    Ok(confs)
}

/// Compose files may put other configuration in the place of the image's.
fn mounted(scene: &Scene<'_>, server: &Server) -> Result<(), String> {
    let folders: Vec<&str> = server.folders().collect();
    for service in &scene.services {
        let over = service.mounts.iter().find(|mount| folders.iter().any(|folder| value::meets(&mount.target, folder)));
        if let Some(mount) = over {
            return Err(format!("{} mounts {} in the place of its configuration", service.file, mount.target));
        }
        let otherwise = service.environment.iter().find(|(name, _)| server.variables.contains(&name.as_str()));
        if let Some((name, _)) = otherwise {
            return Err(format!("{} sets {name}, which has it do otherwise than its image does", service.file));
        }
        if !service.command.is_empty() || service.entrypoint {
            return Err(format!("{} runs it with a command of its own", service.file));
        }
    }
    Ok(())
}
