//! Privileged ports: every place of a stage that names one, and which of them makes the process listen.

mod health;
mod variable;

use super::entry::Program;
use super::hazard::Scene;
use super::{Model, source, start};
use crate::context::Entry;
use crate::facts::{self, GivenConf, ProgramRole};
use crate::source::Span;
use crate::syntax::{Args, Keyword, Word};

pub use health::asks;
use variable::{address_port, variables, variables_read};
pub use variable::{inherited, tells, variables_named};

/// First port that every kernel lets any user bind (`ip_unprivileged_port_start`, default 1024).
pub const FIRST_FREE: u16 = 1024;

/// What a place does with the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// The process listens there: an argument of the command, or a variable that the command reads.
    Listens,
    /// A variable named like a port that nothing in the file reads.
    Variable,
    /// EXPOSE.
    Exposes,
    /// A health check asks there.
    Asks,
}

/// A place that names a privileged port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The port.
    pub port: u16,
    /// What the place does with it.
    pub role: Use,
    /// The instruction.
    pub at: usize,
    /// The start script that holds the place; `None`: the Dockerfile itself.
    pub file: Option<String>,
    /// The digits in the file; empty where the port is only implied (`http://localhost/`): the new one goes there
    /// with a colon.
    pub span: Span,
    /// Whether the digits are really there to be replaced.
    pub editable: bool,
    /// The configuration file of the base image that holds the place, which a step of the build changes.
    pub given: Option<&'static GivenConf>,
    /// What else changes in its file where it moves: an empty place inserts.
    pub along: Vec<(Span, String)>,
    /// What stands around the digits where they are not there yet.
    pub around: Option<(String, String)>,
    /// The variable of the base image that holds the port, and what it holds: an ENV of the file has to say another one.
    pub inherited: Option<(&'static str, &'static str)>,
}

impl Named {
    fn new(port: u16, role: Use, at: usize, span: Span, editable: bool) -> Self {
        Self {
            port,
            role,
            at,
            file: None,
            span,
            editable,
            given: None,
            along: Vec::new(),
            around: None,
            inherited: None,
        }
    }
}

/// Every place of the stage's lineage that names a port below 1024, in file order.
pub fn find(scene: &Scene<'_>) -> Vec<Named> {
    let mut found = Vec::new();
    let read = variables_read(scene);
    for (stage, index) in scene.model.lineage(scene.stage) {
        let own = stage == scene.stage;
        let mut places = match scene.model.keyword(index) {
            Keyword::Expose => exposed(scene.model, stage, index),
            Keyword::Env | Keyword::Arg => variables(scene.model, index, &read),
            Keyword::Healthcheck => health::asked(scene.model, stage, index),
            _ => Vec::new(),
        };
        places.iter_mut().for_each(|place| place.editable &= own);
        found.append(&mut places);
    }
    for program in &scene.programs.list {
        let mut places = arguments(scene.model, scene.stage, program);
        places.iter_mut().for_each(|place| place.editable &= program.at.0 == scene.stage);
        found.append(&mut places);
    }
    found.sort_by_key(|place| (place.span.start, place.at));
    found.extend(inherited(scene));
    found.extend(in_scripts(scene));
    found.extend(in_configuration(scene));
    found.extend(in_settings(scene));
    found.dedup();
    found
}

/// Ports in the configuration of the base image's server.
fn in_configuration(scene: &Scene<'_>) -> Vec<Named> {
    let Some(Ok(served)) = scene.server() else { return Vec::new() };
    let mut found = Vec::new();
    for given in &served.given {
        for port in given.listens.iter().copied().filter(|port| *port < FIRST_FREE) {
            let place = Named::new(port, Use::Listens, scene.from(), Span::empty(0), true);
            found.push(Named { given: Some(given.conf), ..place });
        }
    }
    for own in &served.own {
        for of in own.ports.iter().filter(|of| of.port < FIRST_FREE) {
            let place = Named::new(of.port, Use::Listens, own.at, of.span, own.is_file);
            found.push(Named {
                file: Some(own.shown.clone()),
                along: of.along.clone(),
                around: of.around.clone(),
                ..place
            });
        }
    }
    found
}

/// Ports in files of settings that the started source loads.
fn in_settings(scene: &Scene<'_>) -> Vec<Named> {
    let entry = scene.model.entry(scene.stage);
    let at = entry.cmd.or(entry.entrypoint).map_or(scene.from(), |(_, index)| index);
    let low = source::settings(scene).into_iter().filter(|said| said.port > 0 && said.port < FIRST_FREE);
    let place = |said: source::Setting| {
        let place = Named::new(said.port, Use::Listens, at, said.span, true);
        Named { file: Some(said.file), ..place }
    };
    low.map(place).collect()
}

/// Ports in the arguments of programs that start scripts run.
fn in_scripts(scene: &Scene<'_>) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    for program in start::all(scene).iter().filter(|program| may_serve(program)) {
        let Some(file) = &program.script else { continue };
        // A script that a heredoc or another stage makes is no file of the project.
        let is_file = matches!(scene.files.entry(file), Entry::File { .. });
        let text = scene.files.read(file).filter(|_| is_file).unwrap_or_default();
        let set = scene.model.variables_set(scene.stage);
        let words = program.arguments.iter().zip(&program.places);
        let words = words.map(|(word, place)| word.clone().or_else(|| by_default(place.of(&text), &set)));
        let listens = listening(&words.collect::<Vec<_>>());
        for (at, port) in listens.into_iter().filter(|(_, port)| *port < FIRST_FREE) {
            let within = program.places.get(at).copied().unwrap_or_default();
            let span = digits(&text, within, port);
            let file = Some(file.clone());
            let editable = span.is_some();
            let span = span.unwrap_or(within);
            found.push(Named { file, ..Named::new(port, Use::Listens, program.at.1, span, editable) });
        }
    }
    // What a variable of the Dockerfile brings is edited where it is set.
    let variable = |place: &Named| {
        let text = place.file.as_deref().and_then(|file| scene.files.read(file)).unwrap_or_default();
        !place.editable && place.span.of(&text).contains(&b'$')
    };
    found.retain(|place| !variable(place));
    found.sort_by(|a, b| (&a.file, a.span).cmp(&(&b.file, b.span)));
    found
}

/// A word of a script whose variable, which nobody sets, has a default: `"[::]:${PORT:-80}"`.
fn by_default(word: &[u8], set: &[String]) -> Option<String> {
    let text = std::str::from_utf8(word).ok()?.trim_matches('"');
    let (before, rest) = text.split_once("${")?;
    let (variable, after) = rest.split_once('}')?;
    let (_, default) = variable.split_once(":-").filter(|(name, _)| !set.iter().any(|own| own == name))?;
    let whole = format!("{before}{default}{after}");
    (!whole.contains(['$', '`', '\\', '"', '\''])).then_some(whole)
}

/// Whether a program of a script may be what listens: `curl -s http://web:80` and `ssh -p 22` only ask.
fn may_serve(program: &Program) -> bool {
    match facts::command(&program.name).map(|known| known.role) {
        Some(role) => matches!(role, ProgramRole::Server | ProgramRole::Interpreter | ProgramRole::StartTool),
        None => program.path.contains('/'),
    }
}

/// Whether a program is told by its arguments where to listen.
pub fn is_told(program: &Program) -> bool {
    !listening(&program.arguments).is_empty()
}

/// The digits of `port` in a span of the file, if they stand there exactly once as a whole number.
fn digits(bytes: &[u8], span: Span, port: u16) -> Option<Span> {
    let text = span.of(bytes);
    let wanted = port.to_string();
    let wanted = wanted.as_bytes();
    let whole = |at: usize| {
        let before =
            at.checked_sub(1).and_then(|i| text.get(i)).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.');
        let after = text.get(at + wanted.len()).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.');
        !before && !after
    };
    let mut hits =
        (0..text.len()).filter(|at| text.get(*at..).is_some_and(|rest| rest.starts_with(wanted)) && whole(*at));
    let first = hits.next()?;
    hits.next().is_none().then(|| Span::new(span.start + first, span.start + first + wanted.len()))
}

fn named(model: &Model<'_>, port: u16, role: Use, at: usize, within: Span) -> Option<Named> {
    (port > 0 && port < FIRST_FREE).then(|| {
        let span = digits(model.bytes, within, port);
        // CMD's words are ENTRYPOINT's arguments: the digits may stand in the other instruction.
        let place = span.unwrap_or(within).start;
        let next = model.tree.instructions.partition_point(|found| found.full.start <= place);
        let at = if span.is_some() { next.saturating_sub(1) } else { at };
        Named::new(port, role, at, span.unwrap_or(within), span.is_some())
    })
}

fn exposed(model: &Model<'_>, stage: usize, index: usize) -> Vec<Named> {
    let Some(Args::Many { words, .. }) = model.instruction(index).map(|instruction| &instruction.args) else {
        return Vec::new();
    };
    let place = |word: &Word| {
        // A variable is edited where it is set.
        let value = model.expand(stage, index, &word.text);
        let text = value.text().filter(|_| !word.text.contains('$'))?;
        let port = text.split('/').next()?.parse().ok()?;
        named(model, port, Use::Exposes, index, word.span)
    };
    words.iter().filter_map(place).collect()
}

/// Options whose value is a port to listen on.
fn is_port_option(text: &str) -> bool {
    let name = text.trim_start_matches('-').to_ascii_lowercase();
    text.starts_with('-') && (name == "p" || name == "port" || name.ends_with("-port") || name.ends_with(".port"))
}

/// Words whose next word is a port: `python -m http.server 80`, `manage.py runserver 80`.
fn takes_port(word: &str) -> bool {
    matches!(word, "http.server" | "SimpleHTTPServer" | "runserver")
}

/// Options whose value is an address to listen on.
fn is_address_option(text: &str) -> bool {
    const NAMES: [&str; 10] = ["b", "bind", "bind-address", "listen", "l", "addr", "address", "a", "s", "urls"];
    let name = text.trim_start_matches('-').to_ascii_lowercase();
    text.starts_with('-') && (NAMES.contains(&name.as_str()) || name.ends_with("-address") || name.ends_with("-addr"))
}

fn arguments(model: &Model<'_>, stage: usize, program: &Program) -> Vec<Named> {
    let mut found = Vec::new();
    let set = model.variables_set(stage);
    let words = program.arguments.iter().enumerate().map(|(at, word)| {
        let text = program.places.get(at).map_or(&[] as &[u8], |place| place.of(model.bytes));
        word.clone().or_else(|| by_default(text, &set))
    });
    for (_, port) in listening(&words.collect::<Vec<_>>()) {
        let place = named(model, port, Use::Listens, program.at.1, program.span);
        // A number that a variable brings is edited where the variable is set.
        let from_variable = |place: &Named| !place.editable && program.span.of(model.bytes).contains(&b'$');
        found.extend(place.filter(|place| !from_variable(place)));
    }
    found
}

/// Arguments that say on which port a program listens: which one, and the port.
fn listening(arguments: &[Option<String>]) -> Vec<(usize, u16)> {
    let mut found = Vec::new();
    let mut previous = "";
    for (at, argument) in arguments.iter().map(|argument| argument.as_deref().unwrap_or("")).enumerate() {
        let (name, value) = argument.split_once('=').unwrap_or((previous, argument));
        let number: Option<u16> = value.parse().ok();
        // `python -m http.server --bind 0.0.0.0 80`: its one operand.
        let last = || at + 1 == arguments.len() && arguments.iter().flatten().any(|word| takes_port(word));
        let port = match number {
            Some(port) if is_port_option(name) || takes_port(previous) || (!previous.starts_with('-') && last()) => {
                Some(port)
            }
            _ => argument.strip_prefix("-p").and_then(|rest| rest.parse().ok()),
        };
        let listens =
            is_address_option(name) || ["0.0.0.0:", "[::]:", ":", "*:"].iter().any(|start| value.starts_with(start));
        let port = port.or_else(|| if listens { address_port(value) } else { None });
        found.extend(port.map(|port| (at, port)));
        previous = argument;
    }
    found
}
