//! What a manifest has to say so that a cluster holds a container to its account (Kubernetes API, SecurityContext and
//! PodSecurityContext v1 core; the restricted Pod Security Standard).

use super::{Manifest, Own, Patch, is_plain, own};
use crate::compose::file_mode;
use crate::facts::words;
use crate::yaml::{Node, Value};

/// Who runs the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Its uid; `None` where the cluster chooses it.
    pub uid: Option<u32>,
    /// Its gid; `None` where the cluster chooses it.
    pub gid: Option<u32>,
    /// Whether no program of it has a capability of its own, so that it may lose all, and the right to gain any.
    pub drops: bool,
}

/// A container that a cluster would run as root, or is not asked to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// `file:line`.
    pub place: String,
    /// Why nothing of it is changed; `None` where only words are missing.
    pub stays: Option<String>,
}

/// The value that counts for a container: its own, else its pod's.
pub(super) fn effective<'m>(own: &Own<'m>, key: &str) -> Option<&'m Node> {
    let of = |node: &'m Node| node.get("securityContext")?.get(key);
    of(own.container).or_else(|| of(own.spec()?))
}

fn is(node: Option<&Node>, text: &str) -> bool {
    node.and_then(Node::text) == Some(text)
}

/// Containers of these images that are not held to a user other than root, each once.
pub fn open(manifests: &[Manifest], names: &[String]) -> Vec<Open> {
    let mut found = Vec::new();
    for own in own(manifests, names) {
        let stays = kept(&own).or_else(|| own.manifest.left.map(str::to_owned));
        if stays.is_some() || !is(effective(&own, "runAsNonRoot"), "true") {
            found.push(Open { place: own.shown(), stays });
        }
    }
    found
}

/// What a container would lose with another user than root, which its image alone does not show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// Rights that no other user has.
    Rights(String),
    /// The socket of a container engine.
    Socket(String),
    /// A folder of the host, which belongs to root.
    Host(String),
    /// What is mounted below root's home, which nobody else may enter: where, and the path.
    Home(String, String),
    /// A volume that belongs to root until a group is named for it.
    Volume(String),
}

/// What containers of these images would lose, where nothing runs them as another user than their image's already.
pub fn lost(manifests: &[Manifest], names: &[String]) -> Vec<Lost> {
    let mut found = Vec::new();
    for own in own(manifests, names).iter().filter(|own| effective(own, "runAsUser").is_none()) {
        let place = own.shown();
        found.extend(rights(own).map(|why| Lost::Rights(format!("{place} runs the image with more than that: {why}"))));
        if socket(own) {
            found.push(Lost::Socket(place.clone()));
        }
        found.extend(host(own).map(|why| Lost::Host(format!("{place}: {why}"))));
        let paths = own.container.get("volumeMounts").map(Node::items).unwrap_or_default().iter();
        let mut paths = paths.filter_map(|mount| mount.get("mountPath")?.text());
        let below = paths.find(|path| *path == "/root" || path.starts_with("/root/"));
        found.extend(below.map(|path| Lost::Home(place.clone(), path.to_owned())));
        let grouped = own.spec().and_then(|spec| spec.get("securityContext")?.get("fsGroup")).is_some();
        if !grouped && own.spec().is_some_and(|spec| needs_group(own, spec)) {
            found.push(Lost::Volume(place));
        }
    }
    found
}

/// The rights that a container has been given.
fn rights(own: &Own<'_>) -> Option<String> {
    let context = own.container.get("securityContext");
    let says = |key: &str| context.and_then(|context| context.get(key));
    if is(says("privileged"), "true") {
        return Some("it is privileged".to_owned());
    }
    let added = says("capabilities").and_then(|all| all.get("add")).map(Node::items).unwrap_or_default();
    let more = added.iter().filter_map(Node::text).find(|name| !name.ends_with("NET_BIND_SERVICE"))?;
    Some(format!("it asks for the capability {more}, which no user but root is given"))
}

/// Whether a container has a container engine's socket.
fn socket(own: &Own<'_>) -> bool {
    let mounts = own.container.get("volumeMounts").map(Node::items).unwrap_or_default();
    let paths = mounts.iter().filter_map(|mount| mount.get("mountPath")?.text());
    let volumes = own.spec().and_then(|spec| spec.get("volumes")).map(Node::items).unwrap_or_default();
    let hosts = volumes.iter().filter(|volume| mount(own, volume).is_some());
    let hosts = hosts.filter_map(|volume| volume.get("hostPath")?.get("path")?.text());
    paths.chain(hosts).any(|path| words::ENGINE_SOCKETS.iter().any(|end| path.ends_with(end)))
}

/// The folder of the host that a container may write.
fn host(own: &Own<'_>) -> Option<String> {
    let volumes = own.spec().and_then(|spec| spec.get("volumes")).map(Node::items).unwrap_or_default();
    let written = |volume: &Node| mount(own, volume).is_some_and(|mount| !is(mount.get("readOnly"), "true"));
    let volume = volumes.iter().find(|volume| volume.get("hostPath").is_some() && written(volume))?;
    let path = volume.get("hostPath").and_then(|path| path.get("path")?.text()).unwrap_or("a folder");
    Some(format!("it mounts {path} of the host"))
}

/// Why a container stays as it is: somebody has said that it is more than a user of its own.
fn kept(own: &Own<'_>) -> Option<String> {
    let context = own.container.get("securityContext");
    let says = |key: &str| context.and_then(|context| context.get(key));
    if let Some(why) = rights(own).or_else(|| host(own)) {
        return Some(why);
    }
    if is(says("allowPrivilegeEscalation"), "true") {
        return Some("it says allowPrivilegeEscalation: true".to_owned());
    }
    if is(effective(own, "runAsUser"), "0") {
        return Some("it says runAsUser: 0".to_owned());
    }
    if is(effective(own, "runAsNonRoot"), "false") {
        return Some("it says runAsNonRoot: false".to_owned());
    }
    None
}

/// Where the container mounts a volume.
fn mount<'m>(own: &Own<'m>, volume: &Node) -> Option<&'m Node> {
    let name = volume.get("name")?.text();
    let mounts = own.container.get("volumeMounts").map(Node::items).unwrap_or_default();
    mounts.iter().find(|mount| mount.get("name").and_then(Node::text) == name)
}

/// The changes that hold the containers of these images to the account, as far as they do not say so; containers that
/// [`open`] tells a reason of stay.
///
/// # Errors
/// What cannot be added to, and where.
pub fn secured(manifests: &[Manifest], names: &[String], account: Account) -> Result<Vec<Patch>, String> {
    let mut patches: Vec<Patch> = Vec::new();
    for own in own(manifests, names).iter().filter(|own| kept(own).is_none()) {
        patches.extend(container(own, account)?);
        patches.extend(group(own, account)?);
    }
    // A pod with two such containers gets its group once.
    patches.sort_by(|a, b| (&a.file, a.span, &a.text).cmp(&(&b.file, b.span, &b.text)));
    patches.dedup();
    Ok(patches)
}

/// What a container lacks.
fn missing(own: &Own<'_>, account: Account) -> Vec<(String, Value)> {
    let lacks = |key: &str| effective(own, key).is_none();
    let context = own.container.get("securityContext");
    let alone = |key: &str| context.is_none_or(|context| context.get(key).is_none());
    let mut found: Vec<(&str, Value)> = Vec::new();
    let number = effective(own, "runAsUser").and_then(Node::text).map(str::to_owned);
    let same = number.as_ref().is_none_or(|number| account.uid.is_some_and(|uid| *number == uid.to_string()));
    found.extend(lacks("runAsNonRoot").then(|| ("runAsNonRoot", Value::word(true))));
    found.extend(account.uid.filter(|_| number.is_none()).map(|uid| ("runAsUser", Value::word(uid))));
    found.extend(account.gid.filter(|_| same && lacks("runAsGroup")).map(|gid| ("runAsGroup", Value::word(gid))));
    // A file capability is no more than a file's where nobody may gain privileges.
    if account.drops && alone("allowPrivilegeEscalation") {
        found.push(("allowPrivilegeEscalation", Value::word(false)));
    }
    if account.drops && alone("capabilities") {
        found.push(("capabilities", Value::Map(vec![("drop".to_owned(), Value::List(vec!["ALL".to_owned()]))])));
    }
    if lacks("seccompProfile") && !annotated(own) {
        found.push(("seccompProfile", Value::Map(vec![("type".to_owned(), Value::word("RuntimeDefault"))])));
    }
    found.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Whether an annotation, as before Kubernetes 1.19, chooses the profile.
fn annotated(own: &Own<'_>) -> bool {
    let annotations = own.pod.get("metadata").and_then(|metadata| metadata.get("annotations"));
    annotations
        .is_some_and(|all| all.entries().iter().any(|(key, _)| key.text().is_some_and(|key| key.contains("seccomp"))))
}

fn container(own: &Own<'_>, account: Account) -> Result<Vec<Patch>, String> {
    let entries = missing(own, account);
    let failed = || format!("{} cannot be added to", own.shown());
    let mut patches = Vec::new();
    let at = format!("{}/securityContext", own.place);
    match own.container.get("securityContext") {
        _ if !is_plain(own.container) || own.spec().is_none_or(|spec| !is_plain(spec)) => return Err(failed()),
        None => {
            let behind = ["imagePullPolicy", "image"].into_iter().find(|key| own.container.get(key).is_some());
            let entry = [("securityContext".to_owned(), Value::Map(entries))];
            patches.extend(Some(own.manifest.adding(&own.place, own.container, behind, &entry).ok_or_else(failed)?));
        }
        Some(context) if !is_plain(context) => return Err(failed()),
        Some(context) => {
            if !entries.is_empty() {
                patches.push(own.manifest.adding(&at, context, None, &entries).ok_or_else(failed)?);
            }
            let capabilities = context.get("capabilities").filter(|all| account.drops && all.get("drop").is_none());
            if let Some(all) = capabilities {
                let entry = [("drop".to_owned(), Value::List(vec!["ALL".to_owned()]))];
                let at = format!("{at}/capabilities");
                patches.push(own.manifest.adding(&at, all, None, &entry).ok_or_else(failed)?);
            }
        }
    }
    Ok(patches)
}

/// The group that gets what volumes hold, where the container writes one or may not read a secret otherwise.
fn group(own: &Own<'_>, account: Account) -> Result<Option<Patch>, String> {
    let (Some(gid), Some(spec)) = (account.gid, own.spec()) else { return Ok(None) };
    let context = spec.get("securityContext");
    let failed = || format!("{} cannot be given an fsGroup", own.shown());
    if !needs_group(own, spec) || context.is_some_and(|context| context.get("fsGroup").is_some()) {
        return Ok(None);
    }
    let entry = ("fsGroup".to_owned(), Value::word(gid));
    let patch = match context {
        Some(context) if !is_plain(context) => return Err(failed()),
        Some(context) => own.manifest.adding(&format!("{}/securityContext", own.at), context, None, &[entry]),
        None => {
            let keys: Vec<&str> = spec.entries().iter().filter_map(|(key, _)| key.text()).collect();
            let first = keys.iter().position(|key| key.ends_with("ontainers")).and_then(|at| at.checked_sub(1));
            let behind = first.and_then(|at| keys.get(at)).copied();
            own.manifest.adding(&own.at, spec, behind, &[("securityContext".to_owned(), Value::Map(vec![entry]))])
        }
    };
    patch.map(Some).ok_or_else(failed)
}

/// Whether a volume that belongs to root at first is mounted to be written, or a secret that only root may read. A folder
/// that the kubelet makes empty anybody may write.
fn needs_group(own: &Own<'_>, spec: &Node) -> bool {
    const KEPT: [&str; 3] = ["persistentVolumeClaim", "ephemeral", "csi"];
    let volumes = spec.get("volumes").map(Node::items).unwrap_or_default();
    let written = |volume: &Node| {
        KEPT.iter().any(|kind| volume.get(kind).is_some_and(|kind| !is(kind.get("readOnly"), "true")))
            && mount(own, volume).is_some_and(|mount| !is(mount.get("readOnly"), "true"))
    };
    let shut = |volume: &Node| {
        let mode =
            ["secret", "configMap", "projected"].iter().find_map(|kind| volume.get(kind)?.get("defaultMode")?.text());
        mode.and_then(file_mode).is_some_and(|mode| mode & 0o004 == 0) && mount(own, volume).is_some()
    };
    // What a set of pods claims by a template is mounted by the template's name, which no volume has.
    let names: Vec<&str> = volumes.iter().filter_map(|volume| volume.get("name")?.text()).collect();
    let mounts = own.container.get("volumeMounts").map(Node::items).unwrap_or_default();
    let claimed = mounts.iter().any(|mount| {
        let name = mount.get("name").and_then(Node::text);
        name.is_some_and(|name| !names.contains(&name)) && !is(mount.get("readOnly"), "true")
    });
    claimed || volumes.iter().any(|volume| written(volume) || shut(volume))
}
