//! What a configuration file of the project tells its server.

use super::conf::{Said, Word, read};
use super::listening::variable;
use super::{Own, Served};
use super::{caddyfile, keyed};
use crate::facts::{ConfOpens, Server, words};
use crate::model::hazard::Scene;
use crate::model::port::FIRST_FREE;
use crate::model::value;
use crate::source::{Lines, Span, line_ending};

/// Reads a file of the project that the server reads, first where it is `main`; `source` is where the copy put it, `plain`
/// whether what goes beside a port may be said in it. Returns what it includes, and whether it may be said there.
///
/// # Errors
/// What of it is not followed.
pub(super) fn told(
    scene: &Scene<'_>,
    server: &Server,
    served: &mut Served,
    main: bool,
    source: &str,
    at: usize,
    plain: bool,
) -> Result<Vec<(String, bool)>, String> {
    let file = scene.file(source).ok_or_else(|| format!("what stands in {source} is not known"))?;
    let said = read(&file.text, server.dialect).ok_or_else(|| format!("{} cannot be read", file.shown))?;
    let is_file = matches!(scene.files.entry(&file.shown), crate::context::Entry::File { .. });
    let mut told =
        Told { server, text: &file.text, said: &said, shown: &file.shown, main, plain, optioned: served.optioned };
    if main && told.secured().is_some() {
        (served.optioned, told.optioned) = (true, true);
        served.doubts.push((at, server.says.tls_keeps.to_owned()));
        served.seen.push((at, server.says.tls_offers.to_owned()));
    }
    told.served(scene, served, at)?;
    served.more.extend(told.opened());
    if main && server.says.block == "/" && !said.iter().any(|said| is(server.says.listens, &said.name)) {
        return Err(format!("{} names no port: the server takes 80", file.shown));
    }
    let other = said.iter().filter(|said| main && !server.worker.is_empty() && is(server.says.accounts, &said.name));
    let other = other.filter_map(|said| Some((said, said.words.first()?))).find(|(_, word)| word.text != server.worker);
    if let Some((of, word)) = other.filter(|(_, word)| !word.text.contains('$')) {
        let what = format!("{} has its workers run as {}, which may read and write more", told.place(of), word.text);
        served.doubts.push((at, what));
    }
    let mends = if main { told.mends(is_file)? } else { Vec::new() };
    if main && !server.says.pid_line.is_empty() {
        let pids = said.iter().filter(|said| said.name.eq_ignore_ascii_case(server.says.pid));
        let written = pids.filter_map(|said| said.words.first()).map(|word| word.text.clone()).next_back();
        served.left = written.filter(|_| mends.is_empty()).or_else(|| Some(server.says.pid_file.to_owned()));
    }
    let says = |name: &&str| said.iter().any(|said| said.name == *name);
    let instead = server.says.instead;
    let all = main && !instead.is_empty() && instead.iter().all(says);
    served.elsewhere |= all && server.defaults.is_empty();
    served.by_default |= main && !all;
    let listening = said.iter().filter(|said| is(server.says.listens, &said.name) || is(server.says.names, &said.name));
    for name in listening.flat_map(|said| &said.words).filter_map(|word| variable(&word.text)) {
        if server.says.tls_hosts {
            opens(scene, name, &file.shown)?;
        }
        served.variables.push(name.to_owned());
    }
    let own = Own { shown: file.shown.clone(), at, is_file, ports: told.ports()?, mends };
    served.own.push(own);
    let includes = said.iter().filter(|said| is(server.says.includes, &said.name));
    // What the file itself defines is no other file.
    let own = |word: &Word| said.iter().any(|said| said.name == format!("({})", word.text));
    let words = includes.flat_map(|said| {
        said.words.iter().filter(|word| !own(word)).map(|word| (word.text.clone(), told.is_plain(said)))
    });
    Ok(words.collect())
}

/// A variable that says where a file listens has to be set, to a port without TLS.
pub(super) fn opens(scene: &Scene<'_>, name: &str, file: &str) -> Result<(), String> {
    let value = scene.model.environment(scene.stage, usize::MAX, name);
    let open = |value: &str| caddyfile::address(value).is_some_and(|(_, digits)| !digits.is_empty());
    let set = scene.services.iter().flat_map(|service| &service.environment).filter(|(own, _)| own == name);
    if let Some((_, value)) = set.into_iter().find(|(_, value)| !open(value)) {
        return Err(format!("a compose file has {file} listen where {name} says, on {value}"));
    }
    match value.certain().is_some_and(open) {
        true => Ok(()),
        false => Err(format!("{file} listens where {name} says, and no ENV sets that to a port without TLS")),
    }
}

/// Whether a name is one of these; `Listen` and `listen` are the same to Apache. Keys in keys may be meant by a pattern.
pub(super) fn is(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name) || (known.contains('/') && keyed::fits(known, name)))
}

/// A configuration file of the project.
pub(super) struct Told<'t> {
    pub(super) server: &'t Server,
    pub(super) text: &'t [u8],
    pub(super) said: &'t [Said],
    /// Its path in the project.
    pub(super) shown: &'t str,
    /// Whether the server reads it first.
    pub(super) main: bool,
    /// Whether what goes beside a port may be said in it.
    pub(super) plain: bool,
    /// Whether global options say the ports of addresses that name none.
    pub(super) optioned: bool,
}

impl Told<'_> {
    pub(super) fn place(&self, said: &Said) -> String {
        format!("{}:{}", self.shown, Lines::new(self.text).position(said.span.start).line)
    }

    /// What it writes and whom it asks.
    fn served(&self, scene: &Scene<'_>, served: &mut Served, at: usize) -> Result<(), String> {
        let says = &self.server.says;
        let volumes = scene.named_volumes();
        let sockets: Vec<&str> = says.sockets.iter().copied().filter(|socket| !self.asks_elsewhere(socket)).collect();
        let lasts = |path: &str| volumes.iter().any(|(_, volume)| path.starts_with('/') && value::within(path, volume));
        for said in self.said {
            let place = || self.place(said);
            let first = said.words.first().map(|word| word.text.as_str()).unwrap_or_default();
            if is(says.stores, &said.name) && !first.eq_ignore_ascii_case("off") {
                return Err(format!("{} says {}, which is not followed", place(), said.name));
            }
            if is(says.writes, &said.name) {
                match self.written(first) {
                    Written::Free => {}
                    Written::Logs(folder) => served.logs = Some(folder),
                    // The volume is handed over, and what is in it already is not.
                    Written::Elsewhere if lasts(first) => {
                        let what =
                            format!("{} writes {first} in a volume, which older containers filled as root", place());
                        served.doubts.push((at, what));
                    }
                    Written::Elsewhere => return Err(format!("{} writes {first}, which may stay root's", place())),
                }
            }
            if is(&sockets, &said.name) {
                return Err(format!(
                    "{} asks a socket of the host that only root and its group may open ({})",
                    place(),
                    said.name
                ));
            }
            let file = said.words.iter().find(|word| is(says.unix, &said.name) && word.text.starts_with("unix"));
            if let Some(word) = file {
                return Err(format!(
                    "{} makes {}, which only root may where nothing else is known",
                    place(),
                    word.text
                ));
            }
            if is(says.runs, &said.name) {
                served.doubts.push((at, format!("{} runs code that may write elsewhere ({})", place(), said.name)));
            }
            // `bind *:443 ssl crt FILE`
            let own = said.words.iter().skip_while(|word| !is(says.keys, &word.text)).nth(1);
            if let Some(key) = own.filter(|_| is(says.listens, &said.name)) {
                let what = format!("{} names a key ({}) that the account has to be able to read", place(), key.text);
                served.doubts.push((at, what));
            }
            // `tls internal` and `tls me@example.com` name none.
            if is(says.keys, &said.name) && (!says.tls_hosts || said.words.len() > 1) {
                let what = format!("{} names a key ({first}) that the account has to be able to read", place());
                served.doubts.push((at, what));
            }
            let words = || said.words.iter().map(|word| word.text.as_str());
            let asked = words().filter(|_| is(says.asks, &said.name)).filter_map(own_port).collect::<Vec<_>>();
            if asked.iter().any(|port| matches!(port, 80 | 443)) {
                let what = format!("{} asks the server itself on a port that moves ({})", place(), said.name);
                served.asks_itself.push((at, what));
            }
            // Somebody else who shares its network has that one.
            served.more.extend(asked.into_iter().filter(|port| *port >= FIRST_FREE));
            let variable = words().any(|word| says.port_variables.iter().any(|name| word.contains(name)));
            let numbers =
                words().filter(|_| variable).filter_map(|word| word.trim_matches(['"', '(', ')']).parse().ok());
            let compares = |port: u16| (port, format!("{} decides by the number of the port ({})", place(), said.name));
            served.compares.extend(numbers.map(compares));
            if variable || is(says.passes, &said.name) {
                let what = format!("{} tells the port to a program or to clients ({})", place(), said.name);
                served.seen.push((at, what));
            }
        }
        Ok(())
    }

    pub(super) fn written(&self, word: &str) -> Written {
        let server = self.server;
        let plain = matches!(word, "off" | "stderr" | "syslog") || word.starts_with("syslog:") || word.is_empty();
        let free = |folder: &str| word == folder || word.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        if plain || server.logs.contains(&word) || server.free.iter().any(|folder| free(folder)) {
            return match word.contains("/../") {
                true => Written::Elsewhere,
                false => Written::Free,
            };
        }
        let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let logs = server.logs.first().and_then(|log| folder(log));
        match folder(word).filter(|of| Some(of) == logs.as_ref() && !word.contains('$')) {
            Some(of) => Written::Logs(of),
            None => Written::Elsewhere,
        }
    }

    /// Whether an `endpoint` below a name is one of another host.
    fn asks_elsewhere(&self, socket: &str) -> bool {
        let endpoint = format!("{}/endpoint", socket.trim_end_matches("/**"));
        let mut said =
            self.said.iter().filter(|said| is(&[&endpoint], &said.name)).filter_map(|said| said.words.first());
        said.any(|word| word.text.contains("://") && !word.text.starts_with("unix:"))
    }

    /// The ports that parts of it get without saying so.
    fn opened(&self) -> Vec<u16> {
        let word = |name: &str| {
            let named = self.said.iter().find(|said| !name.is_empty() && is(&[name], &said.name));
            named.map(|said| said.words.first().map_or("", |word| word.text.as_str()))
        };
        let opens = |of: &&ConfOpens| {
            let on = self.said.iter().filter(|said| is(&[of.says], &said.name));
            let on = on.into_iter().any(|said| said.words.first().is_none_or(|word| word.text != "false"));
            on && word(of.elsewhere).is_none_or(|name| name == of.its.0) && word(of.its.1).is_none()
        };
        self.server.says.opens.iter().filter(opens).map(|of| of.port).collect()
    }

    /// Where the pid file goes.
    fn mends(&self, is_file: bool) -> Result<Vec<(Span, String)>, String> {
        let says = &self.server.says;
        let pids = self.said.iter().filter(|said| said.name.eq_ignore_ascii_case(says.pid)).collect::<Vec<_>>();
        let cannot = || format!("{} has to change in more than its ports, and cannot be changed here", self.shown);
        let mut mends = Vec::new();
        for said in &pids {
            let word = said.words.first().ok_or_else(cannot)?;
            if word.text != says.pid_file && self.written(&word.text) != Written::Free {
                let quoted = word.span.of(self.text).first().is_some_and(|byte| matches!(byte, b'"' | b'\''));
                let inner = Span::new(word.span.start + usize::from(quoted), word.span.end - usize::from(quoted));
                mends.push((inner, says.pid_file.to_owned()));
            }
        }
        if pids.is_empty() && !says.pid_line.is_empty() {
            let first = self.said.first().map_or(0, |said| said.span.start);
            let start = Lines::new(self.text).position(first);
            if start.column != 1 {
                return Err(cannot());
            }
            mends.push((Span::empty(first), format!("{}{}", says.pid_line, line_ending(self.text))));
        }
        if mends.is_empty() || is_file { Ok(mends) } else { Err(cannot()) }
    }
}

#[derive(PartialEq, Eq)]
pub(super) enum Written {
    Free,
    Logs(String),
    Elsewhere,
}

/// The port of an address that is the own host.
fn own_port(word: &str) -> Option<u16> {
    let rest = word.split_once("://").map_or(word, |(_, rest)| rest);
    let host = rest.split(['/', '?']).next().unwrap_or("");
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => (host, port),
        _ => (host, "80"),
    };
    words::OWN_HOSTS.contains(&host).then(|| port.parse().ok())?
}
