//! A port of a container that moves, in a compose file: in the service's own ports, health check, environment and labels,
//! and wherever other services of the file ask for it by the service's name (compose specification, `ports`, `expose`).

use super::asked::{Asked, asked};
use super::join;
use super::read::with_defaults;
use crate::facts::words;
use crate::source::Span;
use crate::yaml::{Kind, Node, tree};

/// What becomes another text.
type Edit = (Span, String);

/// The edits that move the port `from` of a service to `to` in the text of a compose file; `variables` are those that hold
/// the image's own ports.
///
/// # Errors
/// What of the file cannot be changed alone.
pub fn moved(text: &[u8], service: &str, from: u16, to: u16, variables: &[String]) -> Result<Vec<Edit>, String> {
    let documents = tree(text).ok_or("it cannot be read as YAML")?;
    let [document] = documents.as_slice() else { return Err("it holds several documents".to_owned()) };
    let services = document.get("services").unwrap_or(document);
    if document.names_twice() {
        return Err("it names a key twice".to_owned());
    }
    let own = services.get(service).ok_or_else(|| format!("it holds no service {service}"))?;
    let beside = |(_, other): &&(Node, Node)| {
        let mode = other.get("network_mode").and_then(Node::text).and_then(|mode| mode.strip_prefix("service:"));
        mode == Some(service)
    };
    if let Some((other, _)) = services.entries().iter().find(beside) {
        return Err(format!("the service {} has its ports together with it", other.text().unwrap_or_default()));
    }
    let mut moved = Moved { text, from, to, variables, edits: Vec::new() };
    moved.own(own, service)?;
    let mut names = vec![service];
    names.extend(["container_name", "hostname"].iter().filter_map(|key| own.get(key)?.text()));
    let aliases =
        own.get("networks").into_iter().flat_map(Node::entries).filter_map(|(_, network)| network.get("aliases"));
    names.extend(aliases.flat_map(Node::items).filter_map(Node::text));
    let said = services.entries().iter().flat_map(|(_, service)| service.entries());
    for (_, value) in said.filter(|(key, _)| !key.text().is_some_and(|key| ASKS_NOBODY.contains(&key))) {
        value.scalars().into_iter().for_each(|scalar| moved.asked(scalar, &names));
    }
    moved.edits.sort();
    moved.edits.dedup();
    Ok(moved.edits)
}

/// The names of the labels and of the variables that a service has.
pub fn marks(text: &[u8], service: &str) -> Vec<String> {
    let documents = tree(text).unwrap_or_default();
    let services = documents.first().map(|document| document.get("services").unwrap_or(document));
    let own = services.and_then(|services| services.get(service));
    let said = ["labels", "environment"].into_iter().filter_map(|key| own?.get(key)).flat_map(pairs);
    said.map(|(name, ..)| name.to_owned()).collect()
}

/// Paths of the project that the other services of a compose file are built from, are given as variables, and have
/// mounted.
pub fn reached(text: &[u8], file: &str, service: &str) -> Vec<String> {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let documents = tree(text).unwrap_or_default();
    let services = documents.first().map(|document| document.get("services").unwrap_or(document));
    let others = services.map(Node::entries).unwrap_or_default().iter();
    let mut found = Vec::new();
    for (_, other) in others.filter(|(name, _)| name.text() != Some(service)) {
        let build = other.get("build");
        found.extend(build.and_then(|build| build.get("context").unwrap_or(build).text()).map(str::to_owned));
        found.extend(
            other
                .get("env_file")
                .map(Node::scalars)
                .unwrap_or_default()
                .iter()
                .filter_map(|it| it.text().map(str::to_owned)),
        );
        for mount in other.get("volumes").map(Node::items).unwrap_or_default() {
            let source = mount.get("source").and_then(Node::text).or_else(|| mount.text()?.split(':').next());
            found.extend(source.map(str::to_owned));
        }
    }
    found.retain(|path| !path.starts_with(['/', '~', '$']) && !path.contains("://"));
    found.iter().map(|path| join(folder, &with_defaults(path))).collect()
}

/// Keys whose values name images, files and ports of the host: `image: web:80` asks nobody.
const ASKS_NOBODY: [&str; 9] =
    ["image", "build", "ports", "expose", "volumes", "networks", "container_name", "hostname", "depends_on"];

/// Variables by which anything that takes its port from the environment is told it, and nginx-proxy by which port it asks.
const PORTS: [&str; 2] = ["PORT", "VIRTUAL_PORT"];

/// What stands behind the last of a sign.
fn last(text: &str, sign: char) -> &str {
    text.rsplit(sign).next().unwrap_or("")
}

/// Whether a variable that holds the port's number holds the container's own port; an error where it may be another's.
///
/// # Errors
/// What nobody can tell.
pub fn is_own_port(name: &str, variables: &[String]) -> Result<bool, String> {
    if PORTS.contains(&name) || variables.iter().any(|own| own == name) {
        return Ok(true);
    }
    let name = name.to_ascii_uppercase();
    let called = name == "PORTS" || name.ends_with("_PORT") || name.ends_with("_PORTS");
    if called { Err(format!("{name} may name this port or another one")) } else { Ok(false) }
}

/// The digits of a port in a list of addresses to listen on: `https://+:443;http://+:80`.
pub fn listened(text: &str, port: u16) -> Vec<Span> {
    let mut found = Vec::new();
    let mut start = 0;
    for part in text.split(';') {
        let whole = part.trim_start_matches(['"', '\'']).split_once(':');
        let bare = || whole.is_some_and(|(host, _)| matches!(host, "" | "*" | "0.0.0.0")).then_some(0);
        let host = part.find("://").map(|at| at + 3).or_else(bare).and_then(|at| Some((at, part.get(at..)?)));
        let digits = host.and_then(|(at, host)| {
            let (before, after) = host.split_once(':').filter(|(before, _)| !before.contains(['[', ':']))?;
            let len = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
            let begin = at + before.len() + 1;
            (after.get(..len)?.parse::<u16>() == Ok(port)).then_some((begin, begin + len))
        });
        found.extend(digits.map(|(from, to)| Span::new(start + from, start + to)));
        start += part.len() + 1;
    }
    found
}

/// Variables or labels with their values, written as a mapping or as a list of `NAME=value`, and the scalars that hold those.
fn pairs(value: &Node) -> Vec<(&str, &str, &Node)> {
    let named =
        value.entries().iter().filter_map(|(name, value)| Some((name.text().unwrap_or(""), value.text()?, value)));
    let listed = value.items().iter().filter_map(|item| {
        let (name, value) = item.text()?.split_once('=')?;
        Some((name, value, item))
    });
    named.chain(listed).collect()
}

struct Moved<'t> {
    text: &'t [u8],
    from: u16,
    to: u16,
    variables: &'t [String],
    edits: Vec<Edit>,
}

impl Moved<'_> {
    fn own(&mut self, own: &Node, name: &str) -> Result<(), String> {
        for key in ["<<", "extends"] {
            if own.get(key).is_some() {
                return Err(format!("the service {name} takes parts of another one over ({key})"));
            }
        }
        if own.entries().is_empty() {
            return Err(format!("the service {name} is not written out"));
        }
        match own.get("network_mode").and_then(Node::text) {
            Some("host") => return Err(format!("the service {name} is on the host's own network")),
            Some(mode) if mode.starts_with("service:") || mode.starts_with("container:") => {
                return Err(format!("the service {name} has its ports together with another one ({mode})"));
            }
            _ => {}
        }
        for (key, value) in own.entries() {
            let key = key.text().unwrap_or("");
            let known = ["ports", "expose", "healthcheck", "environment", "labels"].contains(&key);
            if known && (value.anchored || value.kind == Kind::Alias) {
                return Err(format!("{key} of the service {name} stands for other services too"));
            }
            match key {
                "ports" => value.items().iter().try_for_each(|port| self.port(port))?,
                "expose" => value.items().iter().try_for_each(|port| self.digits_of(port, |text| text.to_owned()))?,
                "healthcheck" => {
                    for scalar in value.get("test").map(Node::scalars).unwrap_or_default() {
                        self.asked(scalar, words::OWN_HOSTS);
                    }
                }
                "environment" => {
                    let own = self.variables;
                    self.variables(value, |name| is_own_port(name, own))?;
                    self.addresses(value)?;
                }
                // A label is about the container that has it; a middleware's port is the one that clients are sent to.
                "labels" => self.variables(value, |name| {
                    let name = name.to_ascii_lowercase();
                    Ok((name.ends_with(".port") || name.ends_with("/port")) && !name.contains(".middlewares."))
                })?,
                "command" | "entrypoint" if value.scalars().iter().any(|word| self.names(word)) => {
                    return Err(format!("{key} of the service {name} names {}", self.from));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// One entry of `ports`: `80`, `8080:80/tcp`, `127.0.0.1:${PORT:-80}:80`, or `target: 80`.
    fn port(&mut self, port: &Node) -> Result<(), String> {
        if let Some(target) = port.get("target") {
            return self.digits_of(target, |text| text.to_owned());
        }
        self.digits_of(port, |text| {
            let plain = with_defaults(text);
            last(&plain, ':').split('/').next().unwrap_or("").to_owned()
        })
    }

    /// The number that a scalar ends with, up to a protocol, where `container` takes it out of the scalar's text.
    fn digits_of(&mut self, node: &Node, container: impl Fn(&str) -> String) -> Result<(), String> {
        let text = node.text().ok_or("a port stands for that of another place")?;
        let number = container(text);
        let shown = || format!("the port `{text}`");
        if let Some((first, last)) = number.split_once('-') {
            let range = first.parse::<u16>().ok().zip(last.parse::<u16>().ok());
            let holds = range.is_none_or(|(first, last)| (first..=last).contains(&self.from));
            return if holds { Err(format!("{} is a range", shown())) } else { Ok(()) };
        }
        let plain = number.split('/').next().unwrap_or("");
        let Ok(port) = plain.parse::<u16>() else { return Err(format!("{} is not known", shown())) };
        if port != self.from {
            return Ok(());
        }
        // What stands last in the file, before the protocol and the closing quote.
        let raw = node.span.of(self.text);
        let end = raw.iter().rposition(u8::is_ascii_digit).map_or(0, |at| at + 1);
        let digits = plain.len();
        let start = end.checked_sub(digits).ok_or_else(shown)?;
        let before = start.checked_sub(1).and_then(|at| raw.get(at));
        let whole = raw.get(start..end) == Some(plain.as_bytes())
            && before.is_none_or(|byte| matches!(byte, b':' | b'=' | b'"' | b'\''));
        if !whole || node.anchored {
            return Err(format!("{} cannot be changed alone", shown()));
        }
        self.edits.push((Span::new(node.span.start + start, node.span.start + end), self.to.to_string()));
        Ok(())
    }

    /// Variables or labels that hold the port: `PORT: 80`, `- PORT=80`, `…loadbalancer.server.port=80`.
    fn variables(&mut self, value: &Node, is_port: impl Fn(&str) -> Result<bool, String>) -> Result<(), String> {
        let wanted = self.from.to_string();
        for (name, text, node) in pairs(value) {
            if text == wanted && is_port(name)? {
                self.digits_of(node, |text| last(text, '=').to_owned())?;
            }
        }
        Ok(())
    }

    /// Variables that hold the addresses on which the container listens: `ASPNETCORE_URLS: http://+:80`.
    fn addresses(&mut self, value: &Node) -> Result<(), String> {
        for (name, text, node) in
            pairs(value).into_iter().filter(|(name, ..)| self.variables.iter().any(|own| own == name))
        {
            if text.contains('$') && name.to_ascii_uppercase().ends_with("URLS") {
                return Err(format!("{name} is set from outside of it"));
            }
            let Ok(raw) = std::str::from_utf8(node.span.of(self.text)) else { continue };
            // Of `NAME=value` only the value is looked at.
            let skipped = raw.find(&format!("{name}=")).map_or(0, |at| at + name.len() + 1);
            let found = listened(raw.get(skipped..).unwrap_or(""), self.from);
            if node.anchored && !found.is_empty() {
                return Err(format!("{name} stands for other services too"));
            }
            let start = node.span.start + skipped;
            let place = |span: Span| Span::new(start + span.start, start + span.end);
            self.edits.extend(found.into_iter().map(|span| (place(span), self.to.to_string())));
        }
        Ok(())
    }

    /// Whoever is asked by name on the port: `http://web:80/`, `web:80`, `http://web/`.
    fn asked(&mut self, scalar: &Node, names: &[&str]) {
        let Ok(raw) = std::str::from_utf8(scalar.span.of(self.text)) else { return };
        for Asked { digits } in names.iter().flat_map(|name| asked(raw, name, self.from)) {
            let (start, end) = (scalar.span.start + digits.start, scalar.span.start + digits.end);
            let text = if digits.is_empty() { format!(":{}", self.to) } else { self.to.to_string() };
            // `web:80:80` maps ports, and asks nobody.
            let maps = raw.get(digits.end..).is_some_and(|rest| rest.starts_with(':'));
            self.edits.extend((!maps).then(|| (Span::new(start, end), text)));
        }
    }

    fn names(&self, scalar: &Node) -> bool {
        let port = self.from.to_string();
        scalar.text().is_some_and(|text| text.split(|c: char| !c.is_ascii_digit()).any(|number| number == port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> Result<String, String> {
        let mut edits = moved(text.as_bytes(), "web", 80, 8080, &["SHOP_PORT", "SHOP_URLS"].map(str::to_owned))?;
        edits.reverse();
        let mut text = text.to_owned();
        for (span, new) in edits {
            text.replace_range(span.range(), &new);
        }
        Ok(text)
    }

    fn service(body: &str) -> String {
        format!("services:\n  web:\n    build: .\n    {body}\n")
    }

    #[test]
    fn ports_move_in_every_form() {
        for (old, new) in [
            ("ports: [\"80:80\"]", "ports: [\"80:8080\"]"),
            ("ports:\n      - 8080:80 # web", "ports:\n      - 8080:8080 # web"),
            ("ports:\n      - '127.0.0.1:80:80/tcp'", "ports:\n      - '127.0.0.1:80:8080/tcp'"),
            ("ports: [80, 443]", "ports: [8080, 443]"),
            ("ports: [\"${PORT:-80}:80\"]", "ports: [\"${PORT:-80}:8080\"]"),
            ("ports: [{target: 80, published: \"80\"}]", "ports: [{target: 8080, published: \"80\"}]"),
            ("ports: [\"3000-3005:3000-3005\"]", "ports: [\"3000-3005:3000-3005\"]"),
            ("expose: [\"80\"]", "expose: [\"8080\"]"),
            ("environment: {PORT: 80, PORTS: 81, REPORT: '80'}", "environment: {PORT: 8080, PORTS: 81, REPORT: '80'}"),
            ("environment: {SHOP_PORT: 80, DEPTH: 80}", "environment: {SHOP_PORT: 8080, DEPTH: 80}"),
            ("environment: [VIRTUAL_PORT=80]", "environment: [VIRTUAL_PORT=8080]"),
            (
                "environment: {SHOP_PORT: 'https://+:443;http://+:80', X_URLS: 'http://+:80'}",
                "environment: {SHOP_PORT: 'https://+:443;http://+:8080', X_URLS: 'http://+:80'}",
            ),
            ("environment: {SHOP_PORT: ':80', A: ':80'}", "environment: {SHOP_PORT: ':8080', A: ':80'}"),
            ("environment: ['SHOP_PORT=:80']", "environment: ['SHOP_PORT=:8080']"),
            (
                "environment:\n      - SHOP_PORT=http://*:80;http://*:800",
                "environment:\n      - SHOP_PORT=http://*:8080;http://*:800",
            ),
            (
                "labels: [\"traefik.http.services.web.loadbalancer.server.port=80\"]",
                "labels: [\"traefik.http.services.web.loadbalancer.server.port=8080\"]",
            ),
            (
                "labels: [\"traefik.http.middlewares.tls.redirectscheme.port=80\"]",
                "labels: [\"traefik.http.middlewares.tls.redirectscheme.port=80\"]",
            ),
            (
                "healthcheck: {test: [CMD, curl, -f, 'http://localhost/up']}",
                "healthcheck: {test: [CMD, curl, -f, 'http://localhost:8080/up']}",
            ),
        ] {
            assert_eq!(after(&service(old)), Ok(service(new)));
        }
    }

    #[test]
    fn others_that_ask_move_along() {
        let text = "services:\n  web: {build: ., ports: ['80:80']}\n  api:\n    environment:\n      A: http://web:80/x\n      B: http://web\n      C: http://webs/\n      D: http://my-web/\n      E: web:8000\n  old: {image: 'web:80'}\n";
        let wanted = "services:\n  web: {build: ., ports: ['80:8080']}\n  api:\n    environment:\n      A: http://web:8080/x\n      B: http://web:8080\n      C: http://webs/\n      D: http://my-web/\n      E: web:8000\n  old: {image: 'web:80'}\n";
        assert_eq!(after(text), Ok(wanted.to_owned()));
    }

    #[test]
    fn what_cannot_be_changed_alone_is_told() {
        for body in [
            "ports: [\"80-81:80-81\"]",
            "ports: [\"80:${PORT}\"]",
            "ports: &p [\"80:80\"]",
            "ports: *p",
            "<<: *base",
            "network_mode: host",
            "command: serve --port 80",
            "environment: {API_PORT: 80}",
            "environment: [DB_PORT=80]",
            "environment: {SHOP_URLS: '${URLS}'}",
            "ports: []\n    ports: [80]",
            "image: x\n---\na: 1",
        ] {
            let text = format!("x: &p [1]\ny: &base {{a: 1}}\n{}", service(body));
            assert!(after(&text).is_err(), "{body}");
        }
        for text in ["a: [", "services:\n\tweb: {}", "", "services: {}", "services: {web: *no}", "- a"] {
            assert!(moved(text.as_bytes(), "web", 80, 8080, &["SHOP_PORT".to_owned()]).is_err(), "{text}");
        }
        assert!(moved(&b"a: b\n".repeat(1 << 20), "web", 80, 8080, &[]).is_err());
    }
}
