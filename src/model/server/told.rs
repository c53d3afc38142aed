//! What a configuration file of the project tells its server.

use super::caddyfile;
use super::conf::{Said, Word, read};
use super::{Own, Port, Served};
use crate::facts::{Dialect, Server};
use crate::model::hazard::Scene;
use crate::model::port::FIRST_FREE;
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
    let told = Told { server, text: &file.text, said: &said, shown: &file.shown, plain };
    told.served(served, at)?;
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

/// Whether a name is one of these; `Listen` and `listen` are the same to Apache.
fn is(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

struct Told<'t> {
    server: &'t Server,
    text: &'t [u8],
    said: &'t [Said],
    shown: &'t str,
    plain: bool,
}

impl Told<'_> {
    fn place(&self, said: &Said) -> String {
        format!("{}:{}", self.shown, Lines::new(self.text).position(said.span.start).line)
    }

    /// What it writes and whom it asks.
    fn served(&self, served: &mut Served, at: usize) -> Result<(), String> {
        let says = &self.server.says;
        for said in self.said {
            let place = || self.place(said);
            let first = said.words.first().map(|word| word.text.as_str()).unwrap_or_default();
            if is(says.stores, &said.name) && !first.eq_ignore_ascii_case("off") {
                return Err(format!("{} writes in a way that is not followed ({})", place(), said.name));
            }
            if is(says.writes, &said.name) {
                match self.written(first) {
                    Written::Free => {}
                    Written::Logs(folder) => served.logs = Some(folder),
                    Written::Elsewhere => return Err(format!("{} writes {first}, which may stay root's", place())),
                }
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
            if is(says.keys, &said.name) {
                let what = format!("{} names a key ({first}) that the account has to be able to read", place());
                served.doubts.push((at, what));
            }
            let words = || said.words.iter().map(|word| word.text.as_str());
            if is(says.asks, &said.name) && words().any(asks_itself) {
                let what = format!("{} asks the server itself on a port that moves ({})", place(), said.name);
                served.asks_itself.push((at, what));
            }
            let variable = words().any(|word| says.port_variables.iter().any(|name| word.contains(name)));
            if variable || is(says.passes, &said.name) {
                let what = format!("{} tells the port to a program or to clients ({})", place(), said.name);
                served.seen.push((at, what));
            }
        }
        Ok(())
    }

    fn written(&self, word: &str) -> Written {
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

    /// Where the pid file goes.
    fn mends(&self, is_file: bool) -> Result<Vec<(Span, String)>, String> {
        let says = &self.server.says;
        let pids = self.said.iter().filter(|said| said.name.eq_ignore_ascii_case(says.pid)).collect::<Vec<_>>();
        let cannot = || format!("{} puts its pid file where only root may, and cannot be changed here", self.shown);
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

    /// The ports that it names.
    fn ports(&self) -> Result<Vec<Port>, String> {
        let says = &self.server.says;
        let mut ports: Vec<Port> = Vec::new();
        for (at, said) in self.said.iter().enumerate() {
            let listens = is(says.listens, &said.name);
            let words: &[Word] = match (listens, is(says.names, &said.name)) {
                (true, _) => said.words.get(..1).unwrap_or_default(),
                (_, true) => &said.words,
                _ => &[],
            };
            for word in words {
                let Some((port, digits)) = self.port(word, said)? else { continue };
                // Once a block, below all that it listens on and that moves.
                let moves = |of: &Said| {
                    let word = of.words.first().and_then(|word| self.port(word, of).ok()).flatten();
                    word.is_some_and(|(port, _)| port < FIRST_FREE)
                };
                let later = |of: &Said| of.inside == said.inside && is(says.listens, &of.name) && moves(of);
                let last = !self.said.iter().skip(at + 1).any(later);
                let beside = if listens && last { self.beside(said) } else { None };
                ports.push(Port { port, span: digits, beside });
            }
            let silent = !says.block.is_empty() && said.opens && said.name == says.block && said.words.is_empty();
            let inner = || self.said.iter().filter(|of| of.inside == Some(at));
            if silent && !inner().any(|of| is(says.listens, &of.name)) {
                return Err(format!("{} names no port: the server takes another one without root", self.place(said)));
            }
        }
        Ok(ports)
    }

    /// The port of an address, and its digits; `None` where it names none that matters.
    fn port(&self, word: &Word, said: &Said) -> Result<Option<(u16, Span)>, String> {
        let text = word.text.as_str();
        let unclear = || Err(format!("{} listens on {text}, which is not followed", self.place(said)));
        if self.server.says.tls_hosts && is(self.server.says.names, &said.name) && variable(text).is_none() {
            let place = || self.place(said);
            let (port, digits) = caddyfile::address(text)
                .filter(|_| word.span.of(self.text) == text.as_bytes())
                .ok_or_else(|| format!("{} serves {text}, which is not known to be without TLS", place()))?;
            return Ok(Some((port, Span::new(word.span.start + digits.start, word.span.start + digits.end))));
        }
        // A variable of a template, or of the environment, is set elsewhere.
        if text.contains(['$', '%']) {
            return if variable(text).is_some() { Ok(None) } else { unclear() };
        }
        if text.starts_with("unix:") {
            return match self.written(text.trim_start_matches("unix:")) {
                Written::Free => Ok(None),
                _ => unclear(),
            };
        }
        // `*:80,*:443`
        if text.contains(',') {
            return unclear();
        }
        let digits = text.rsplit(':').next().unwrap_or(text);
        if digits.ends_with(']') || digits == "*" || (digits == text && digits.parse::<u16>().is_err()) {
            // Apache's `<VirtualHost *>` is for every port; nginx's `listen host` is for 80.
            return if is(self.server.says.names, &said.name) { Ok(None) } else { unclear() };
        }
        let Ok(port) = digits.parse::<u16>() else { return unclear() };
        let end = word.span.end
            - usize::from(self.text.get(word.span.end - 1).is_some_and(|byte| matches!(byte, b'"' | b'\'')));
        let span = Span::new(end.saturating_sub(digits.len()), end);
        match span.of(self.text) == digits.as_bytes() {
            true => Ok(Some((port, span))),
            false => unclear(),
        }
    }

    /// Whether a directive stands where what goes beside a port may be said.
    fn is_plain(&self, said: &Said) -> bool {
        let blocks = std::iter::successors(said.inside, |block| self.said.get(*block).and_then(|of| of.inside));
        let mut names = blocks.filter_map(|block| self.said.get(block)).map(|of| of.name.as_str());
        self.plain && !names.any(|name| self.server.says.not_beside.contains(&name))
    }

    /// What is said beside a port that moves, on a line of its own where the port has one.
    fn beside(&self, said: &Said) -> Option<(usize, String)> {
        let says = &self.server.says;
        if says.beside.is_empty() || self.server.dialect != Dialect::Braces {
            return None;
        }
        if !self.is_plain(said) {
            return None;
        }
        // It is said in the block, or in one around it.
        let around: Vec<Option<usize>> = std::iter::successors(Some(said.inside), |block| {
            block.map(|block| self.said.get(block).and_then(|of| of.inside))
        })
        .collect();
        if self.said.iter().any(|other| around.contains(&other.inside) && says.unless.contains(&other.name.as_str())) {
            return None;
        }
        let start = Lines::new(self.text).start(Lines::new(self.text).position(said.span.start).line);
        let indent = Span::new(start, said.span.start).of(self.text);
        let alone = indent.iter().all(u8::is_ascii_whitespace);
        let text = match alone {
            true => format!("{}{}{}", line_ending(self.text), String::from_utf8_lossy(indent), says.beside),
            false => format!(" {}", says.beside),
        };
        Some((said.span.end, text))
    }
}

#[derive(PartialEq, Eq)]
enum Written {
    Free,
    Logs(String),
    Elsewhere,
}

/// The variable that is a port, in `80`'s place: `${NAME}`, `[::]:${NAME}`; or an address: `{$NAME:localhost}`.
fn variable(text: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if let Some(inner) = text.strip_prefix("{$").and_then(|rest| rest.strip_suffix('}')) {
        let name = inner.split_once(':').map_or(inner, |(name, _)| name);
        return (!name.is_empty() && name.chars().all(plain)).then_some(name);
    }
    let (_, rest) = text.rsplit_once(':').map_or(("", text), |(host, port)| (host, port));
    let name = rest.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).or_else(|| rest.strip_prefix('$'))?;
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

/// Whether an address is the own host on a port that web servers have.
fn asks_itself(word: &str) -> bool {
    let rest = word.split_once("://").map_or(word, |(_, rest)| rest);
    let host = rest.split(['/', '?']).next().unwrap_or("");
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => (host, port),
        _ => (host, "80"),
    };
    matches!(host, "localhost" | "127.0.0.1" | "[::1]" | "0.0.0.0") && matches!(port, "80" | "443")
}
