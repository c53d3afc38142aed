//! A port of a container that moves, in manifests: the container's own, its probes, and what sends to it by number.

use super::{Manifest, Object, Own, Patch, is_plain, kind, labels, own, template};
use crate::compose;
use crate::facts::words;
use crate::source::Span;
use crate::yaml::{Node, Value};

/// The changes that move the port `from` of the containers of these images to `to`, and the files in which nothing names
/// the old one any more; `variables` are those that hold the image's own ports.
///
/// # Errors
/// What cannot be changed alone, and where.
pub fn moved(
    manifests: &[Manifest],
    names: &[String],
    from: u16,
    to: u16,
    variables: &[String],
) -> Result<(Vec<Patch>, Vec<String>), String> {
    let mut moved = Moved { from: from.to_string(), to: to.to_string(), patches: Vec::new(), files: Vec::new() };
    let all: Vec<Own<'_>> = own(manifests, names);
    for own in &all {
        moved.pod(own)?;
        moved.container(own, variables)?;
    }
    let objects: Vec<Object<'_>> = manifests.iter().flat_map(Manifest::objects).collect();
    for object in objects.iter().filter(|_| !all.is_empty()) {
        if let Some(image) = stranger(object, names) {
            return Err(format!("{} runs it in a {}", object.manifest.place(image), kind(object.node)));
        }
        let of = all.iter().filter(|own| selects(object.node, own)).count();
        match kind(object.node) {
            "Service" if of > 0 => moved.service(object)?,
            "NetworkPolicy" => moved.policy(object, of > 0)?,
            _ => {}
        }
    }
    moved.patches.sort_by(|a, b| (&a.file, a.span).cmp(&(&b.file, b.span)));
    moved.patches.dedup();
    moved.files.sort();
    moved.files.dedup();
    Ok((moved.patches, moved.files))
}

/// Where an object of a kind that is not known runs one of the images.
fn stranger<'m>(object: &Object<'m>, names: &[String]) -> Option<&'m Node> {
    if template(kind(object.node)).is_some() {
        return None;
    }
    let mut open = vec![object.node];
    while let Some(node) = open.pop() {
        if super::runs(node, names) {
            return node.get("image");
        }
        open.extend(node.items());
        open.extend(node.entries().iter().map(|(_, value)| value));
    }
    None
}

/// Whether a service or a policy is about the pods of a container.
fn selects(object: &Node, own: &Own<'_>) -> bool {
    let apart = namespace(object).zip(namespace(own.object)).is_some_and(|(one, other)| one != other);
    let spec = object.get("spec");
    let selector = match kind(object) {
        "Service" => spec.and_then(|spec| spec.get("selector")),
        _ => spec.and_then(|spec| spec.get("podSelector")?.get("matchLabels")),
    };
    let wanted = labels(selector);
    let has = labels(own.pod.get("metadata").and_then(|metadata| metadata.get("labels")));
    !apart && !wanted.is_empty() && wanted.iter().all(|label| has.contains(label))
}

fn namespace(object: &Node) -> Option<&str> {
    object.get("metadata")?.get("namespace")?.text()
}

struct Moved {
    from: String,
    to: String,
    patches: Vec<Patch>,
    files: Vec<String>,
}

impl Moved {
    fn is_old(&self, node: Option<&Node>) -> bool {
        node.and_then(Node::text) == Some(self.from.as_str())
    }

    /// The number, which may stand in quotes, becomes the new one.
    fn number(&mut self, manifest: &Manifest, node: Option<&Node>) -> Result<(), String> {
        let Some(node) = node.filter(|node| self.is_old(Some(node))) else { return Ok(()) };
        let raw = String::from_utf8_lossy(node.span.of(&manifest.text)).into_owned();
        let quoted = raw.strip_prefix(['"', '\'']).and_then(|rest| rest.strip_suffix(['"', '\'']));
        if node.anchored || quoted.unwrap_or(&raw) != self.from {
            return Err(format!("{} names port {} and cannot be changed alone", manifest.place(node), self.from));
        }
        let shift = usize::from(quoted.is_some());
        let span = Span::new(node.span.start + shift, node.span.end - shift);
        self.patches.push(Patch { file: manifest.file.clone(), span, text: self.to.clone(), adds: Vec::new() });
        Ok(())
    }

    /// The port in a list of addresses that the container is told to listen on.
    fn addresses(&mut self, manifest: &Manifest, node: &Node) -> Result<(), String> {
        let raw = String::from_utf8_lossy(node.span.of(&manifest.text)).into_owned();
        let found = compose::listened(&raw, self.from.parse().unwrap_or_default());
        if node.anchored && !found.is_empty() {
            return Err(format!("{} names port {} and cannot be changed alone", manifest.place(node), self.from));
        }
        self.patches.extend(found.into_iter().map(|span| {
            let span = Span::new(node.span.start + span.start, node.span.start + span.end);
            Patch { file: manifest.file.clone(), span, text: self.to.clone(), adds: Vec::new() }
        }));
        Ok(())
    }

    /// What a text asks this pod on the port.
    fn asked(&mut self, manifest: &Manifest, node: &Node) {
        let Ok(raw) = std::str::from_utf8(node.span.of(&manifest.text)) else { return };
        let port = self.from.parse().unwrap_or_default();
        for place in words::OWN_HOSTS.iter().flat_map(|name| compose::asked(raw, name, port)) {
            let span = Span::new(node.span.start + place.digits.start, node.span.start + place.digits.end);
            let text = if span.is_empty() { format!(":{}", self.to) } else { self.to.clone() };
            self.patches.push(Patch { file: manifest.file.clone(), span, text, adds: Vec::new() });
        }
    }

    fn pod(&mut self, own: &Own<'_>) -> Result<(), String> {
        self.files.push(own.manifest.file.clone());
        let Some(spec) = own.spec() else { return Ok(()) };
        if spec.get("hostNetwork").and_then(Node::text) == Some("true") {
            return Err(format!("{} is on the host's own network", own.shown()));
        }
        let annotations = own.pod.get("metadata").and_then(|metadata| metadata.get("annotations"));
        for (key, value) in annotations.map(Node::entries).unwrap_or_default() {
            if key.text().is_some_and(|key| key.ends_with("/port")) {
                self.number(own.manifest, Some(value))?;
            }
        }
        let beside = spec.get("containers").map(Node::items).unwrap_or_default();
        for container in beside.iter().filter(|other| other.span != own.container.span) {
            container.scalars().into_iter().for_each(|scalar| self.asked(own.manifest, scalar));
            let ports = container.get("ports").map(Node::items).unwrap_or_default().iter();
            let taken =
                ports.filter_map(|port| port.get("containerPort")).find(|port| port.text() == Some(self.to.as_str()));
            if let Some(port) = taken {
                return Err(format!("{} is another container's port of the same pod", own.manifest.place(port)));
            }
        }
        Ok(())
    }

    fn container(&mut self, own: &Own<'_>, variables: &[String]) -> Result<(), String> {
        let manifest = own.manifest;
        if !is_plain(own.container) || own.container.entries().iter().any(|(_, value)| !is_plain(value)) {
            return Err(format!("{} is not written out", own.shown()));
        }
        for port in own.container.get("ports").map(Node::items).unwrap_or_default() {
            self.number(manifest, port.get("containerPort"))?;
        }
        let probes = ["livenessProbe", "readinessProbe", "startupProbe"].map(|key| own.container.get(key));
        let hooks = ["postStart", "preStop"].map(|key| own.container.get("lifecycle").and_then(|all| all.get(key)));
        for probe in probes.into_iter().chain(hooks).flatten() {
            for how in ["httpGet", "tcpSocket", "grpc"] {
                self.number(manifest, probe.get(how).and_then(|how| how.get("port")))?;
            }
            let command = probe.get("exec").map(Node::scalars).unwrap_or_default();
            command.into_iter().for_each(|scalar| self.asked(manifest, scalar));
        }
        for variable in own.container.get("env").map(Node::items).unwrap_or_default() {
            let name = variable.get("name").and_then(Node::text).unwrap_or("");
            let value = variable.get("value");
            if let Some(value) = value.filter(|_| variables.iter().any(|own| own == name)) {
                self.addresses(manifest, value)?;
            }
            let value = value.filter(|value| self.is_old(Some(value)));
            if value.is_some() && compose::is_own_port(name, variables)? {
                self.number(manifest, value)?;
            }
        }
        for key in ["command", "args"] {
            let words = own.container.get(key).map(Node::scalars).unwrap_or_default();
            let names = |word: &&Node| {
                let text = word.text().unwrap_or("");
                text.split(|c: char| !c.is_ascii_digit()).any(|number| number == self.from)
            };
            if let Some(word) = words.into_iter().find(names) {
                return Err(format!("{} names {} in {key}", manifest.place(word), self.from));
            }
        }
        Ok(())
    }

    /// A service sends to the pod's port by number, by name, or to its own number.
    fn service(&mut self, object: &Object<'_>) -> Result<(), String> {
        let manifest = object.manifest;
        self.files.push(manifest.file.clone());
        let Some(spec) = object.node.get("spec") else { return Ok(()) };
        let headless = spec.get("clusterIP").and_then(Node::text) == Some("None");
        for (n, port) in spec.get("ports").map(Node::items).unwrap_or_default().iter().enumerate() {
            let (own, target) = (port.get("port"), port.get("targetPort"));
            if !self.is_old(target.or(own)) {
                continue;
            }
            let place = manifest.place(own.unwrap_or(port));
            if headless {
                return Err(format!(
                    "{place} names port {} of a headless service, whose clients ask the pod itself",
                    self.from
                ));
            }
            if let Some(left) = manifest.left {
                return Err(format!("{place} sends to port {}, and is not changed: {left}", self.from));
            }
            if target.is_some() {
                self.number(manifest, target)?;
                continue;
            }
            let entry = [("targetPort".to_owned(), Value::word(&self.to))];
            let at = format!("{}/spec/ports/{n}", object.at);
            let patch = manifest.adding(&at, port, Some("port"), &entry);
            self.patches.push(patch.ok_or_else(|| format!("{place} cannot be given a targetPort"))?);
        }
        Ok(())
    }

    /// A policy is about the ports of pods, whatever a service calls them.
    fn policy(&mut self, object: &Object<'_>, of_it: bool) -> Result<(), String> {
        let spec = object.node.get("spec");
        let rules = |key: &str| spec.and_then(|spec| spec.get(key)).map(Node::items).unwrap_or_default();
        let ports = |rule: &'_ Node| rule.get("ports").map(Node::items).unwrap_or_default().to_vec();
        if of_it {
            self.files.push(object.manifest.file.clone());
            for port in rules("ingress").iter().flat_map(ports) {
                self.number(object.manifest, port.get("port"))?;
            }
        }
        // Whom the others are about, labels of other kinds tell.
        let others = rules("egress").iter().chain(if of_it { &[] } else { rules("ingress") });
        for port in others.flat_map(ports) {
            if self.is_old(port.get("port")) {
                let place = object.manifest.place(&port);
                return Err(format!("{place} allows port {}, maybe of this container", self.from));
            }
        }
        Ok(())
    }
}
