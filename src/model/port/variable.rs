//! Ports in variables: those of the file, those that the command reads, those that the base image sets.

use super::{FIRST_FREE, Named, Use, is_told, may_serve, named};
use crate::model::entry::Program;
use crate::model::hazard::Scene;
use crate::model::{Base, Model, source, start};
use crate::source::Span;
use crate::syntax::Args;

/// Ports that only an ENV of the base image says, where nothing else tells the process where to listen.
pub fn inherited(scene: &Scene<'_>) -> Vec<Named> {
    let Some((name, value)) = scene.model.port_variable(scene.stage) else { return Vec::new() };
    // Settings count for more.
    if !source::listed(scene).is_empty() {
        return Vec::new();
    }
    let told = |own: &String| tells(own, name);
    if scene.model.variables_set(scene.stage).iter().any(told) || scene.programs.list.iter().any(is_told) {
        return Vec::new();
    }
    let ports = ports_of(name, value, true).into_iter().filter(|port| *port > 0 && *port < FIRST_FREE);
    let place = |port| Named::new(port, Use::Variable, scene.from(), Span::empty(0), true);
    ports.map(|port| Named { inherited: Some((name, value)), ..place(port) }).collect()
}

/// Whether a variable of the file may tell a program of the base image where to listen.
pub fn tells(name: &str, known: &str) -> bool {
    name == known || is_called_addresses(name)
}

/// Whether a variable is called like one that holds addresses: ASPNETCORE_URLS, URLS.
fn is_called_addresses(name: &str) -> bool {
    name.to_ascii_uppercase().ends_with("URLS")
}

/// The ports that the value of a variable names: `80`, `http://+:80;https://+:443`.
fn ports_of(name: &str, value: &str, is_read: bool) -> Vec<u16> {
    let by_name = is_called_port(name);
    let addresses = is_read || is_called_addresses(name);
    let parts = value.split(';').map(str::trim);
    parts
        .filter_map(|part| {
            let port = if by_name { part.parse().ok() } else { None };
            port.or_else(|| if addresses { address_port(part) } else { None })
        })
        .collect()
}

/// Names of variables that the container's command reads.
pub(super) fn variables_read(scene: &Scene<'_>) -> Vec<String> {
    let entry = scene.model.entry(scene.stage);
    let places = [entry.entrypoint, entry.cmd].into_iter().flatten();
    let mut text: Vec<String> = places.map(|(_, index)| scene.text(index)).collect();
    text.extend(
        start::all(scene).iter().filter(|program| may_serve(program)).filter_map(|program| words(scene, program)),
    );
    let filled = scene.server().and_then(|served| served.as_ref().ok()).map(|served| served.variables.clone());
    let names = text.iter().flat_map(|text| text.split('$').skip(1));
    names
        .map(|rest| rest.trim_start_matches('{').chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .chain(filled.unwrap_or_default())
        .collect()
}

/// The arguments of a program of a start script, as they stand there.
fn words(scene: &Scene<'_>, program: &Program) -> Option<String> {
    let text = scene.files.read(program.script.as_deref()?)?;
    let words = program.places.iter().map(|span| String::from_utf8_lossy(span.of(&text)).into_owned());
    Some(words.collect::<Vec<_>>().join(" "))
}

/// Variables that hold the image's own ports: those that its command and its templates read, and its ENV that is called
/// like a port.
pub fn variables_named(scene: &Scene<'_>) -> Vec<String> {
    let set = scene.model.variables_set(scene.stage).into_iter();
    let inherited = scene.model.port_variable(scene.stage).map(|(name, _)| name.to_owned());
    let own = set.filter(|name| is_called_port(name) || is_called_addresses(name));
    own.chain(inherited).chain(variables_read(scene)).collect()
}

impl Model<'_> {
    /// The variable of the base image that says where its program listens, and what it holds there.
    pub fn port_variable(&self, stage: usize) -> Option<(&'static str, &'static str)> {
        let Some(Base::Image { facts: Some(facts), listed: true, .. }) = self.root_base(stage) else { return None };
        facts.env.iter().find(|(name, _)| *name == facts.port_variable).copied()
    }

    /// Variables that an ENV sets for the container.
    pub(super) fn variables_set(&self, stage: usize) -> Vec<String> {
        self.environments(stage).into_iter().map(|(name, ..)| name).collect()
    }
}

/// Whether a variable is called like a port.
fn is_called_port(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.ends_with("PORT") || name.ends_with("PORTS")
}

/// Ports that an ENV or an ARG names.
pub(super) fn variables(model: &Model<'_>, index: usize, read: &[String]) -> Vec<Named> {
    let Some(instruction) = model.instruction(index) else { return Vec::new() };
    let Args::Pairs(pairs) = &instruction.args else { return Vec::new() };
    let mut found = Vec::new();
    for pair in pairs {
        let Some(value) = &pair.value else { continue };
        let is_read = read.contains(&pair.key.text);
        let text = value.text.trim_matches(['"', '\'']);
        let role = if is_read { Use::Listens } else { Use::Variable };
        let ports = ports_of(&pair.key.text, text, is_read);
        found.extend(ports.into_iter().filter_map(|port| named(model, port, role, index, value.span)));
    }
    found
}

/// The port of `host:port`, `:port` or `scheme://host:port/…`, where it is written out.
pub(super) fn address_port(text: &str) -> Option<u16> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = rest.split(['/', '?']).next()?;
    let (_, port) = host.rsplit_once(':')?;
    // `:80,HTTP`: what follows a comma is another option.
    port.split(',').next()?.parse().ok()
}
