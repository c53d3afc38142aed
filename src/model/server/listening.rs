//! The ports that a configuration file of the project names, and what is said beside them.

use std::collections::HashMap;
use std::ops::Range;

use super::conf::{Said, Word};
use super::told::{Told, Written, is};
use super::{Port, caddyfile};
use crate::facts::Dialect;
use crate::model::port::FIRST_FREE;
use crate::source::{Lines, Span, line_ending};

/// The port of addresses with TLS that name none.
const TLS: u16 = 443;

impl Told<'_> {
    /// The ports that sites with TLS get without being told, which global options of the main file say from now on.
    fn implied(&self) -> Result<Vec<Port>, String> {
        let options = self.server.says.tls_options;
        let names: Vec<&str> = options.iter().map(|(_, name)| *name).collect();
        let said: Vec<&Said> = self.said.iter().filter(|said| is(&names, &said.name)).collect();
        let site = self.secured();
        match (site, said.first()) {
            _ if options.is_empty() => return Ok(Vec::new()),
            _ if !self.main && caddyfile::is_global(self.said) => {
                return Err(format!("{} holds global options, which belong into the main file", self.shown));
            }
            (Some(site), _) if !self.main => {
                return Err(format!(
                    "{} serves a site with TLS, whose ports only the main file can say",
                    self.place(site)
                ));
            }
            (None, None) => return Ok(Vec::new()),
            (None, Some(said)) => {
                return Err(format!("{} says the port of sites that name none ({})", self.place(said), said.name));
            }
            (Some(_), Some(_)) if said.len() == names.len() => return Ok(Vec::new()),
            (Some(_), Some(said)) => {
                return Err(format!("{} says one port of sites that name none, and not the other", self.place(said)));
            }
            (Some(_), None) => {}
        }
        let (at, around) = caddyfile::options(self.text, self.said, &names)
            .ok_or_else(|| format!("{} holds a site without brackets, and so no global options", self.shown))?;
        let port = |((port, _), around): (&(u16, &str), (String, String))| {
            let around = Some(around);
            Port { port: *port, span: Span::empty(at), along: Vec::new(), around }
        };
        Ok(options.iter().zip(around).map(port).collect())
    }

    /// The first site with TLS whose port global options can say.
    pub(super) fn secured(&self) -> Option<&Said> {
        let says = &self.server.says;
        let secured = |said: &&Said| said.words.iter().any(|word| caddyfile::secured(&word.text).is_some());
        self.said.iter().filter(|said| !says.tls_options.is_empty() && is(says.names, &said.name)).find(secured)
    }

    /// Words that send clients to what listens: what that is, and the word's place.
    fn sent(&self) -> Result<Vec<(usize, Span)>, String> {
        let says = &self.server.says;
        // What stands in the place of a pattern's `*` is its name.
        let names = |of: &Said| {
            let pattern = says.listens.iter().find(|pattern| is(&[pattern], &of.name))?;
            let at = pattern.split('/').position(|key| key == "*")?;
            of.name.split('/').nth(at).map(str::to_owned)
        };
        let all = self.said.iter().enumerate().filter(|_| !says.sends.is_empty());
        let known: HashMap<String, usize> = all.filter_map(|(at, of)| Some((names(of)?, at))).collect();
        let mut found = Vec::new();
        for said in self.said.iter().filter(|said| is(says.sends, &said.name)) {
            let Some(word) = said.words.first().filter(|word| !word.text.starts_with(':')) else { continue };
            let unclear = || format!("{} sends clients to {}, which nothing in it names", self.place(said), word.text);
            found.push((*known.get(&word.text).ok_or_else(unclear)?, word.span));
        }
        Ok(found)
    }

    /// What a word that sends clients somewhere says for the port that they know.
    fn instead(&self, word: Span, port: u16) -> String {
        // Plain text of YAML may not begin with a colon everywhere; TOML has quotes already.
        let quote = if word.of(self.text).first() == Some(&b'\'') { '\'' } else { '"' };
        format!("{quote}:{port}{quote}")
    }

    /// The addresses of a list of them.
    fn parts(&self, word: &Word) -> Vec<Word> {
        let written = word.span.of(self.text) == word.text.as_bytes();
        if !written || !word.text.contains(',') || self.server.says.tls_hosts {
            return vec![word.clone()];
        }
        let mut start = word.span.start;
        let part = |text: &str| {
            let span = Span::new(start, start + text.len());
            start = span.end + 1;
            Word { text: text.to_owned(), span }
        };
        word.text.split(',').map(part).collect()
    }

    /// The ports that it names.
    pub(super) fn ports(&self) -> Result<Vec<Port>, String> {
        let says = &self.server.says;
        let mut ports: Vec<Port> = self.implied()?;
        let sent = self.sent()?;
        for (at, said) in self.said.iter().enumerate() {
            let listens = is(says.listens, &said.name);
            let words: &[Word] = match (listens, is(says.names, &said.name)) {
                (true, _) => said.words.get(..1).unwrap_or_default(),
                (_, true) => &said.words,
                _ => &[],
            };
            // `*:80,*:443`
            for word in words.iter().flat_map(|word| self.parts(word)) {
                let Some((port, digits)) = self.port(&word, said)? else { continue };
                // Once a block, below all that it listens on and that moves.
                let moves = |of: &Said| {
                    let word = of.words.first().and_then(|word| self.port(word, of).ok()).flatten();
                    word.is_some_and(|(port, _)| port < FIRST_FREE)
                };
                let later = |of: &Said| of.inside == said.inside && is(says.listens, &of.name) && moves(of);
                let last = !self.said.iter().skip(at + 1).any(later);
                let beside = if listens && last { self.beside(said) } else { None };
                let beside = beside.map(|(at, text)| (Span::empty(at), text));
                let sent = sent.iter().filter(|(to, _)| *to == at).map(|(_, span)| (*span, self.instead(*span, port)));
                ports.push(Port { port, span: digits, along: beside.into_iter().chain(sent).collect(), around: None });
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
            let written = word.span.of(self.text) == text.as_bytes();
            let within = |digits: Range<usize>| Span::new(word.span.start + digits.start, word.span.start + digits.end);
            let options = !self.server.says.tls_options.is_empty();
            return match (caddyfile::address(text), caddyfile::secured(text)) {
                // The global options say its port.
                (Some((_, digits)), _) if written && digits.is_empty() && self.optioned => Ok(None),
                (Some((port, digits)), _) if written => Ok(Some((port, within(digits)))),
                (None, Some(digits)) if written && options => Ok(digits.map(|digits| (TLS, within(digits)))),
                _ => Err(format!("{} serves {text}, which is not known to be without TLS", place())),
            };
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
    pub(super) fn is_plain(&self, said: &Said) -> bool {
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

/// The variable that is a port, in `80`'s place: `${NAME}`, `[::]:${NAME}`; or an address: `{$NAME:localhost}`.
pub(super) fn variable(text: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if let Some(inner) = text.strip_prefix("{$").and_then(|rest| rest.strip_suffix('}')) {
        let name = inner.split_once(':').map_or(inner, |(name, _)| name);
        return (!name.is_empty() && name.chars().all(plain)).then_some(name);
    }
    let (_, rest) = text.rsplit_once(':').map_or(("", text), |(host, port)| (host, port));
    let name = rest.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).or_else(|| rest.strip_prefix('$'))?;
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}
