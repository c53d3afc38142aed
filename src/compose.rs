//! What compose files say of a Dockerfile: which stage is built from which context, and what its services mount and need
//! (compose specification, `build`, `volumes`).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::context::Files;
use crate::yaml;

/// What the services that build a Dockerfile agree on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Build {
    /// The stage, if one is named.
    pub target: Option<String>,
    /// The context relative to the project's root.
    pub context: Option<String>,
}

/// A service that runs the image of a Dockerfile, as one compose file tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    /// The compose file.
    pub file: String,
    /// Its name.
    pub name: String,
    /// The stage and the context of its build, if this file says that it is built.
    pub build: Option<(Option<String>, String)>,
    /// The name that its image gets.
    pub image: Option<String>,
    /// What is mounted into it.
    pub mounts: Vec<Mount>,
    /// Why it needs more than a user of its own may do: `privileged`, `devices`, …
    pub needs: Vec<&'static str>,
    /// Whether it brings a command of its own.
    pub commands: bool,
}

/// Something mounted into a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// A folder or file of the host, relative to the project's root where it lies in it; `None` for a named volume.
    pub host: Option<String>,
    /// Where it is seen.
    pub target: String,
    /// Whether it is only read.
    pub read_only: bool,
}

#[derive(Deserialize)]
struct Compose {
    #[serde(default)]
    services: BTreeMap<String, Option<Written>>,
}

#[derive(Deserialize)]
struct Written {
    build: Option<Building>,
    image: Option<String>,
    #[serde(default)]
    volumes: Vec<Volume>,
    privileged: Option<serde_yaml::Value>,
    devices: Option<serde_yaml::Value>,
    cap_add: Option<serde_yaml::Value>,
    pid: Option<serde_yaml::Value>,
    command: Option<serde_yaml::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Building {
    Context(String),
    Whole { context: Option<String>, dockerfile: Option<String>, target: Option<String> },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Volume {
    Short(String),
    Long {
        #[serde(rename = "type")]
        kind: Option<String>,
        source: Option<String>,
        target: Option<String>,
        read_only: Option<bool>,
    },
    Other(#[allow(dead_code, reason = "it only has to be read")] serde_yaml::Value),
}

/// Looks through the compose files of the project's root and of the Dockerfile's folders for services that run its image:
/// those that build it, and those of the same name in the files beside. In the Dockerfile's own folder an image that is
/// named like the folder counts too.
pub fn services(path: &str, files: &dyn Files) -> Vec<Service> {
    let own = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut folder = own;
    let mut found = Vec::new();
    loop {
        let mut all: Vec<Service> = Vec::new();
        for name in files.list(folder).iter().filter(|name| is_compose(name)) {
            let file = join(folder, name);
            let services = files.read(&file).map(|text| read_services(&text)).unwrap_or_default();
            let services = services.into_iter().filter_map(|(name, service)| Some((name, service?)));
            all.extend(services.map(|(name, service)| read(service, name, &file, folder, path)));
        }
        let called = own.rsplit('/').next().filter(|name| !name.is_empty() && folder == own);
        let runs = |service: &Service| {
            let image = service.image.as_deref().map(last);
            service.build.is_some() || (called.is_some() && image == called)
        };
        let names: BTreeSet<String> = all.iter().filter(|service| runs(service)).map(|it| it.name.clone()).collect();
        found.extend(all.into_iter().filter(|service| names.contains(&service.name)));
        if folder.is_empty() {
            return found;
        }
        folder = folder.rsplit_once('/').map_or("", |(up, _)| up);
    }
}

/// The services of a compose file; before version 2 they stood at the top.
fn read_services(text: &[u8]) -> BTreeMap<String, Option<Written>> {
    match yaml::read::<Compose>(text) {
        Some(compose) if !compose.services.is_empty() => compose.services,
        _ => yaml::read::<BTreeMap<String, Option<Written>>>(text).unwrap_or_default(),
    }
}

/// The last part of an image's name, without tag and digest.
pub fn last(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or("").rsplit('/').next().unwrap_or("");
    name.split(':').next().unwrap_or("")
}

fn read(written: Written, name: String, file: &str, folder: &str, path: &str) -> Service {
    let says = |value: &Option<serde_yaml::Value>| value.as_ref().is_some_and(|value| !value.is_null());
    let mut needs = Vec::new();
    if written.privileged.as_ref().and_then(serde_yaml::Value::as_bool) == Some(true) {
        needs.push("privileged");
    }
    if says(&written.devices) {
        needs.push("devices");
    }
    if written.pid.as_ref().and_then(serde_yaml::Value::as_str) == Some("host") {
        needs.push("pid: host");
    }
    let capabilities = written.cap_add.as_ref().and_then(serde_yaml::Value::as_sequence);
    let own = |value: &serde_yaml::Value| value.as_str().is_some_and(|name| !name.ends_with("NET_BIND_SERVICE"));
    if capabilities.is_some_and(|list| list.iter().any(own)) {
        needs.push("cap_add");
    }
    Service {
        file: file.to_owned(),
        name,
        build: written.build.and_then(|build| matching(build, folder, path)),
        image: written.image,
        mounts: written.volumes.into_iter().filter_map(|volume| mount(volume, folder)).collect(),
        needs,
        commands: says(&written.command),
    }
}

/// `./data:/app/data:ro`, `data:/app/data`, or the long form (compose specification, `volumes`).
fn mount(volume: Volume, folder: &str) -> Option<Mount> {
    let (source, target, read_only) = match volume {
        Volume::Short(text) => {
            // A variable's default holds colons of its own.
            let text = match text.strip_prefix("${").and_then(|rest| rest.split_once('}')) {
                Some((variable, rest)) => format!("./{}{rest}", variable.replace(':', "")),
                None => text,
            };
            let mut parts = text.split(':');
            let source = parts.next()?.to_owned();
            let target = parts.next()?.to_owned();
            (Some(source), target, parts.next().is_some_and(|mode| mode.split(',').any(|word| word == "ro")))
        }
        Volume::Long { kind, source, target, read_only } => {
            let bind = kind.as_deref() == Some("bind");
            let source =
                source.map(|source| if bind && !source.contains('/') { format!("./{source}") } else { source });
            (source.filter(|_| bind || kind.as_deref() == Some("volume")), target?, read_only.unwrap_or(false))
        }
        Volume::Other(_) => return None,
    };
    let host = source.filter(|source| source.starts_with(['.', '/', '~', '$']));
    let host = host.map(|host| if host.starts_with('.') { join(folder, &host) } else { host });
    Some(Mount { host, target, read_only })
}

/// What the services that build a Dockerfile agree on. Services that build a development stage say nothing of what is
/// deployed.
pub fn build_of(services: &[Service], is_development: impl Fn(&str) -> bool) -> Build {
    let mut found: Vec<&(Option<String>, String)> =
        services.iter().filter_map(|service| service.build.as_ref()).collect();
    found.retain(|(target, _)| !target.as_deref().is_some_and(&is_development));
    let Some((target, context)) = found.first().copied().cloned() else { return Build::default() };
    let same_target = found.iter().all(|(other, _)| *other == target);
    let same_context = found.iter().all(|(_, other)| *other == context);
    Build { target: target.filter(|_| same_target), context: Some(context).filter(|_| same_context) }
}

fn is_compose(name: &str) -> bool {
    let stem = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml"));
    stem.is_some_and(|stem| stem.starts_with("docker-compose") || stem.starts_with("compose"))
}

/// Target and context of a build, if it builds the Dockerfile at `path`.
fn matching(build: Building, folder: &str, path: &str) -> Option<(Option<String>, String)> {
    let (context, dockerfile, target) = match build {
        Building::Context(context) => (context, None, None),
        Building::Whole { context, dockerfile, target } => {
            (context.unwrap_or_else(|| ".".to_owned()), dockerfile, target)
        }
    };
    let fixed = |text: &str| !text.contains('$') && !text.contains("://") && !text.starts_with('/');
    let dockerfile = dockerfile.unwrap_or_else(|| "Dockerfile".to_owned());
    if !fixed(&context) || !fixed(&dockerfile) || target.as_deref().is_some_and(|target| !fixed(target)) {
        return None;
    }
    let context = join(folder, &context);
    (join(&context, &dockerfile) == path).then_some((target, context))
}

/// `path` as seen from `folder`, both relative to the root; a way out of the root ends there.
pub fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Memory;

    fn of(compose: &str, path: &str) -> Build {
        let mut files = Memory::default();
        files.insert("compose.yaml", compose, 0o644);
        files.insert(path, "FROM scratch\n", 0o644);
        build_of(&services(path, &files), |name| name == "dev")
    }

    #[test]
    fn services_that_agree_name_stage_and_context() {
        let compose = "services:\n  web:\n    build: {context: ., dockerfile: web/Dockerfile, target: prod}\n";
        let build = Build { target: Some("prod".into()), context: Some(String::new()) };
        assert_eq!(of(compose, "web/Dockerfile"), build);
        assert_eq!(of(compose, "api/Dockerfile"), Build::default());
    }

    #[test]
    fn services_that_disagree_or_develop_say_nothing() {
        let two = "services:\n  a:\n    build: {context: web, target: one}\n  b:\n    build: ./web\n";
        assert_eq!(of(two, "web/Dockerfile"), Build { target: None, context: Some("web".into()) });
        let dev = "services:\n  a:\n    build: {context: web, target: dev}\n";
        assert_eq!(of(dev, "web/Dockerfile"), Build::default());
        assert_eq!(of("services: [", "web/Dockerfile"), Build::default());
    }

    #[test]
    fn mounts_and_needs_are_read_in_both_forms() {
        let mut files = Memory::default();
        let first =
            "services:\n  web:\n    build: .\n    volumes:\n      - ./data:/app/data\n      - cache:/cache:ro\n";
        let second = "services:\n  web:\n    privileged: true\n    cap_add: [NET_BIND_SERVICE]\n    volumes:\n      - {type: bind, source: .,\n         target: /app}\n      - \"${DATA:-./x}:/x\"\n  db: {image: postgres, volumes: [./pg:/pg]}\n";
        files.insert("a/docker-compose.yml", first, 0o644);
        files.insert("a/docker-compose.dev.yml", second, 0o644);
        let found = services("a/Dockerfile", &files);
        assert_eq!(found.len(), 2);
        let of = |file: &str| found.iter().find(|service| service.file.ends_with(file)).unwrap();
        let mount = |host: Option<&str>, target: &str, read_only| Mount {
            host: host.map(str::to_owned),
            target: target.to_owned(),
            read_only,
        };
        let plain = vec![mount(Some("a/data"), "/app/data", false), mount(None, "/cache", true)];
        assert_eq!(of("compose.yml").mounts, plain);
        assert_eq!(of("dev.yml").needs, ["privileged"]);
        assert_eq!(of("dev.yml").mounts.first(), Some(&mount(Some("a"), "/app", false)));
        assert!(of("dev.yml").mounts.get(1).is_some_and(|mount| mount.host.is_some() && mount.target == "/x"));
    }

    #[test]
    fn an_image_named_like_the_folder_is_its_own() {
        let mut files = Memory::default();
        let text = "services:\n  it: {image: 'me/netdata:1', volumes: ['/var/run/docker.sock:/var/run/docker.sock']}\n";
        files.insert("netdata/docker-compose.yml", text, 0o644);
        assert_eq!(services("netdata/Dockerfile", &files).len(), 1);
        assert!(services("other/Dockerfile", &files).is_empty());
    }
}
