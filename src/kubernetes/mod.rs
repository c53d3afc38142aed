//! Plain Kubernetes manifests: which containers run an image, what names their ports, and as whom they run (Kubernetes API,
//! Pod v1 core). Templates of Helm and what kustomize patches are only told of.

mod ports;
mod secured;

pub use ports::moved;
pub use secured::{Account, Lost, Open, lost, open, secured};

use crate::context::{Files, is_yaml};
use crate::source::{Lines, Span};
use crate::yaml::{Kind, Node, Value, add, tree};

/// A change of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The file.
    pub file: String,
    /// What is replaced.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
    /// Entries that are new: where, and what, as [`crate::yaml::Difference`] tells them.
    pub adds: Vec<(String, String)>,
}

/// A file of manifests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Its path in the project.
    pub file: String,
    /// Its text.
    pub text: Vec<u8>,
    /// Its documents.
    documents: Vec<Node>,
    /// Why nothing of it is changed.
    pub left: Option<&'static str>,
}

/// An object of the API with its place.
struct Object<'m> {
    manifest: &'m Manifest,
    node: &'m Node,
    at: String,
}

/// A container that runs the image.
struct Own<'m> {
    manifest: &'m Manifest,
    /// The object that it is part of.
    object: &'m Node,
    /// The pod's template or the pod itself.
    pod: &'m Node,
    /// Where its `spec` is.
    at: String,
    /// Where the container is in it.
    place: String,
    container: &'m Node,
}

/// Most bytes of a manifest.
const LARGEST: usize = 1 << 20;

/// The manifests of a project; those that hold nothing of these images and select nothing stay among them.
pub fn read(files: &dyn Files, names: &[String]) -> Vec<Manifest> {
    let survey = files.survey();
    let patches = survey.yamls.iter().any(|file| is_kustomization(file) && patches(files, file));
    let mut found = Vec::new();
    for file in survey.yamls.iter().filter(|file| is_yaml(file) && !is_kustomization(file)) {
        let Some(text) = files.read(file).filter(|text| holds(text, b"apiVersion")) else { continue };
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let kustomized = files.list(folder).iter().any(|name| is_kustomization(name));
        let named = || names.iter().any(|name| holds(&text, name.as_bytes()));
        let (documents, left) = match tree(&text).filter(|_| text.len() <= LARGEST) {
            _ if holds(&text, b"{{") => (Vec::new(), Some("it is a template")),
            None => (Vec::new(), Some("it cannot be read as YAML")),
            Some(documents) if documents.iter().any(Node::names_twice) => (documents, Some("it names a key twice")),
            Some(documents) if kustomized && patches => (documents, Some("kustomize patches it")),
            Some(documents) => (documents, None),
        };
        if left.is_none() || named() {
            found.push(Manifest { file: file.clone(), text, documents, left });
        }
    }
    found
}

/// Whether the text holds a word.
fn holds(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

fn is_kustomization(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or("");
    matches!(name, "kustomization.yaml" | "kustomization.yml" | "Kustomization")
}

/// Whether a kustomization changes more of its manifests than names, labels and tags.
fn patches(files: &dyn Files, file: &str) -> bool {
    const PATCHES: [&str; 6] =
        ["patches", "patchesStrategicMerge", "patchesJson6902", "replacements", "components", "vars"];
    let documents = files.read(file).and_then(|text| tree(&text));
    documents.is_none_or(|documents| {
        let keys = documents.iter().flat_map(Node::entries).filter_map(|(key, _)| key.text());
        keys.into_iter().any(|key| PATCHES.contains(&key))
    })
}

impl Manifest {
    /// `file:line` of a node.
    fn place(&self, node: &Node) -> String {
        format!("{}:{}", self.file, Lines::new(&self.text).position(node.span.start).line)
    }

    /// Its objects, those of lists too.
    fn objects(&self) -> Vec<Object<'_>> {
        let mut found = Vec::new();
        for (at, node) in self.documents.iter().enumerate() {
            let at = at.to_string();
            match node.get("items").filter(|_| kind(node) == "List") {
                Some(items) => {
                    let items = items.items().iter().enumerate();
                    let one = |(n, node)| Object { manifest: self, node, at: format!("{at}/items/{n}") };
                    found.extend(items.map(one));
                }
                None => found.push(Object { manifest: self, node, at }),
            }
        }
        found
    }

    /// The edit that adds entries to a mapping at `at`.
    fn adding(&self, at: &str, mapping: &Node, behind: Option<&str>, entries: &[(String, Value)]) -> Option<Patch> {
        let (span, text) = add(&self.text, mapping, behind, entries)?;
        let adds = entries.iter().map(|(key, value)| (format!("{at}/{key}"), value.flow())).collect();
        Some(Patch { file: self.file.clone(), span, text, adds })
    }
}

fn kind(node: &Node) -> &str {
    node.get("kind").and_then(Node::text).unwrap_or("")
}

/// Where an object of this kind has the template of its pods.
fn template(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "Pod" => Some(&[]),
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" | "Job" => {
            Some(&["spec", "template"])
        }
        "CronJob" => Some(&["spec", "jobTemplate", "spec", "template"]),
        _ => None,
    }
}

/// The containers of all manifests that run one of these images.
fn own<'m>(manifests: &'m [Manifest], names: &[String]) -> Vec<Own<'m>> {
    let mut found = Vec::new();
    for object in manifests.iter().filter(|manifest| manifest.left.is_none()).flat_map(Manifest::objects) {
        let Some(steps) = template(kind(object.node)) else { continue };
        let pod = steps.iter().try_fold(object.node, |node, step| node.get(step));
        let Some((pod, spec)) = pod.and_then(|pod| Some((pod, pod.get("spec")?))) else { continue };
        let at = steps.iter().chain(&["spec"]).fold(object.at.clone(), |at, step| format!("{at}/{step}"));
        for list in ["initContainers", "containers"] {
            let containers = spec.get(list).map(Node::items).unwrap_or_default().iter().enumerate();
            for (n, container) in containers.filter(|(_, container)| runs(container, names)) {
                let place = format!("{at}/{list}/{n}");
                let (manifest, object, at) = (object.manifest, object.node, at.clone());
                found.push(Own { manifest, object, pod, at, place, container });
            }
        }
    }
    found
}

impl<'m> Own<'m> {
    fn spec(&self) -> Option<&'m Node> {
        self.pod.get("spec")
    }

    /// Where it stands, for people.
    fn shown(&self) -> String {
        self.manifest.place(self.container.get("image").unwrap_or(self.container))
    }
}

fn runs(container: &Node, names: &[String]) -> bool {
    let image = container.get("image").and_then(Node::text);
    image.is_some_and(|image| names.iter().any(|name| is_called(image, name)))
}

/// Whether a reference is to the image of a name; a name without a tag stands for all of them.
pub fn is_called(image: &str, name: &str) -> bool {
    let plain = |text: &str| {
        let text = text.split('@').next().unwrap_or("");
        let text = text.strip_prefix("docker.io/").unwrap_or(text);
        text.strip_prefix("library/").unwrap_or(text).to_owned()
    };
    let untagged = |text: &str| match text.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name.to_owned(),
        _ => text.to_owned(),
    };
    let (image, name) = (plain(image), plain(name));
    !name.is_empty() && (image == name || untagged(&image) == name)
}

/// Where the project runs the image, or may do so, in files that are not changed: `file`, and why.
pub fn left(manifests: &[Manifest]) -> impl Iterator<Item = (&str, &'static str)> {
    manifests.iter().filter_map(|manifest| Some((manifest.file.as_str(), manifest.left?)))
}

/// Where containers run one of these images with a command or arguments of their own.
pub fn commanded(manifests: &[Manifest], names: &[String]) -> Option<String> {
    own(manifests, names).into_iter().find_map(|own| {
        let key = ["command", "args"].into_iter().find(|key| own.container.get(key).is_some())?;
        Some(format!("{} ({key})", own.shown()))
    })
}

/// The number that a container of one of these images is run as, and that of its group, where it is not root's.
pub fn user(manifests: &[Manifest], names: &[String]) -> Option<(u32, Option<u32>)> {
    own(manifests, names).iter().find_map(|own| {
        let number = |key: &str| secured::effective(own, key)?.text()?.parse::<u32>().ok();
        number("runAsUser").filter(|uid| *uid != 0).map(|uid| (uid, number("runAsGroup")))
    })
}

/// The ports that containers of these images say that they listen on, with their places; `None` where no container runs them.
pub fn ports(manifests: &[Manifest], names: &[String]) -> Option<Vec<(u16, String)>> {
    let own = own(manifests, names);
    let mut found = Vec::new();
    for own in &own {
        let ports = own.container.get("ports").map(Node::items).unwrap_or_default();
        let numbers = ports.iter().filter_map(|port| port.get("containerPort"));
        let known = numbers.filter_map(|node| Some((node.text()?.parse().ok()?, own.manifest.place(node))));
        found.extend(known);
    }
    (!own.is_empty()).then_some(found)
}

/// What containers of these images have mounted: where, and the file that says so.
pub fn mounts(manifests: &[Manifest], names: &[String]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for own in own(manifests, names) {
        let mounts = own.container.get("volumeMounts").map(Node::items).unwrap_or_default();
        let path = |mount: &Node| mount.get("mountPath").and_then(Node::text).map(str::to_owned);
        found.extend(mounts.iter().filter_map(path).map(|path| (own.manifest.file.clone(), path)));
    }
    found
}

/// Variables that containers of these images are given: the name, and the file that says so.
pub fn variables(manifests: &[Manifest], names: &[String]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for own in own(manifests, names) {
        let given = own.container.get("env").map(Node::items).unwrap_or_default();
        let name = |of: &Node| of.get("name").and_then(Node::text).map(str::to_owned);
        found.extend(given.iter().filter_map(name).map(|name| (own.manifest.file.clone(), name)));
    }
    found
}

/// A mapping's entries as texts.
fn labels(node: Option<&Node>) -> Vec<(&str, &str)> {
    let entries = node.map(Node::entries).unwrap_or_default();
    entries.iter().filter_map(|(key, value)| key.text().zip(value.text())).collect()
}

/// Whether a node is written out in full where it stands.
fn is_plain(node: &Node) -> bool {
    !node.anchored && node.kind != Kind::Alias && node.get("<<").is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_called_by_their_names() {
        for (image, name) in [
            ("me/web:1", "me/web"),
            ("me/web@sha256:1", "me/web"),
            ("docker.io/me/web", "me/web"),
            ("reg:5000/web:1", "reg:5000/web"),
            ("web:1", "web:1"),
        ] {
            assert!(is_called(image, name), "{image} {name}");
        }
        for (image, name) in
            [("me/web", "web"), ("webs", "web"), ("web:2", "web:1"), ("reg:5000/web", "reg"), ("x", "")]
        {
            assert!(!is_called(image, name), "{image} {name}");
        }
    }
}
