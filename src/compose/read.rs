//! Compose files as they are written (compose specification).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Mount, Service, join};
use crate::yaml;

#[derive(Deserialize)]
struct Compose {
    #[serde(default)]
    services: Services,
}

#[derive(Deserialize)]
pub(super) struct Written {
    build: Option<Building>,
    image: Option<String>,
    #[serde(default)]
    volumes: Vec<Volume>,
    privileged: Option<serde_yaml::Value>,
    devices: Option<serde_yaml::Value>,
    cap_add: Option<serde_yaml::Value>,
    pid: Option<serde_yaml::Value>,
    command: Option<serde_yaml::Value>,
    entrypoint: Option<serde_yaml::Value>,
    env_file: Option<serde_yaml::Value>,
    working_dir: Option<String>,
    user: Option<serde_yaml::Value>,
    environment: Option<serde_yaml::Value>,
    #[serde(default)]
    secrets: Vec<serde_yaml::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Building {
    Context(String),
    Whole { context: Option<String>, dockerfile: Option<String>, target: Option<String> },
}

impl Written {
    /// Whether it builds the folder that the compose file lies in.
    pub(super) fn builds_here(&self) -> bool {
        match &self.build {
            Some(Building::Context(context) | Building::Whole { context: Some(context), .. }) => {
                matches!(context.as_str(), "." | "./")
            }
            Some(Building::Whole { context: None, .. }) => true,
            None => false,
        }
    }
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

/// Services by their names.
pub(super) type Services = BTreeMap<String, Option<Written>>;

/// The services of a compose file; before version 2 they stood at the top.
pub(super) fn services(text: &[u8]) -> Services {
    let found = named(text);
    if found.is_empty() { yaml::read::<Services>(text).unwrap_or_default() } else { found }
}

/// The services below `services:`.
pub(super) fn named(text: &[u8]) -> Services {
    yaml::read::<Compose>(text).map(|compose| compose.services).unwrap_or_default()
}

/// A service of the file `file` in `folder`, seen from the Dockerfile at `path`.
pub(super) fn read(written: Written, name: String, file: &str, folder: &str, path: &str) -> Service {
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
        command: written.command.as_ref().map(command).unwrap_or_default(),
        entrypoint: says(&written.entrypoint),
        env_files: written.env_file.as_ref().map(|value| env_files(value, folder)).unwrap_or_default(),
        working_dir: written.working_dir,
        environment: written.environment.as_ref().map(environment).unwrap_or_default(),
        kept: written.secrets.iter().find_map(kept),
        user: written.user.as_ref().and_then(plain),
    }
}

/// The name of a secret that is mounted as root's, with a mode that lets nobody else read it (compose specification,
/// `secrets`, long syntax).
fn kept(secret: &serde_yaml::Value) -> Option<String> {
    let text = |key: &str| match secret.get(key)? {
        serde_yaml::Value::Number(number) => Some(number.to_string()),
        value => value.as_str().map(str::to_owned),
    };
    let root = text("uid").is_none_or(|uid| uid == "0");
    let shut = text("mode").and_then(|mode| file_mode(&mode)).is_some_and(|mode| mode & 0o004 == 0);
    (root && shut).then(|| text("source").or(text("target")).unwrap_or_else(|| "a secret".to_owned()))
}

/// A mode as YAML has it: `0400` and `0o400` are octal, `256` is not.
pub fn file_mode(text: &str) -> Option<u32> {
    match text.strip_prefix("0o").or_else(|| text.strip_prefix('0').filter(|rest| !rest.is_empty())) {
        Some(octal) => u32::from_str_radix(octal, 8).ok(),
        None => text.parse().ok(),
    }
}

/// `./data:/app/data:ro`, `data:/app/data`, or the long form (compose specification, `volumes`).
fn mount(volume: Volume, folder: &str) -> Option<Mount> {
    let (source, target, read_only) = match volume {
        Volume::Short(text) => {
            let text = with_defaults(&text);
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

/// A text with the defaults of its variables: `${DATA:-./data}` is `./data` (compose specification, "Interpolation").
pub(super) fn with_defaults(text: &str) -> String {
    let mut found = String::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once("${") {
        let Some((variable, after)) = inside.split_once('}') else { break };
        found.push_str(before);
        match variable.split_once('-') {
            Some((_, default)) => found.push_str(default),
            None => found.push_str(&format!("${{{}}}", variable.replace(':', ""))),
        }
        rest = after;
    }
    found + rest
}

/// A text or a number, with the defaults of its variables.
fn plain(value: &serde_yaml::Value) -> Option<String> {
    match value {
        serde_yaml::Value::String(text) => Some(with_defaults(text)),
        serde_yaml::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// `environment:` as a mapping, or as a list of `NAME=value` (compose specification, `environment`).
fn environment(value: &serde_yaml::Value) -> Vec<(String, String)> {
    match value {
        serde_yaml::Value::Mapping(map) => {
            map.iter().filter_map(|(name, value)| Some((plain(name)?, plain(value)?))).collect()
        }
        serde_yaml::Value::Sequence(list) => {
            let pairs = list.iter().filter_map(plain);
            pairs
                .filter_map(|pair| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// `env_file:` as a path, or a list of paths or of `path:` (compose specification, `env_file`).
fn env_files(value: &serde_yaml::Value, folder: &str) -> Vec<String> {
    let path = |value: &serde_yaml::Value| {
        let path = value.as_str().or_else(|| value.get("path")?.as_str())?;
        Some(join(folder, &with_defaults(path)))
    };
    match value {
        serde_yaml::Value::Sequence(list) => list.iter().filter_map(path).collect(),
        value => path(value).into_iter().collect(),
    }
}

/// The words of `command:` in both forms; a text is read as a shell would.
fn command(value: &serde_yaml::Value) -> Vec<String> {
    let text = |value: &serde_yaml::Value| value.as_str().map(str::to_owned);
    match value {
        serde_yaml::Value::Sequence(words) => words.iter().map(text).collect::<Option<_>>().unwrap_or_default(),
        value => text(value).map(|text| vec!["sh".to_owned(), "-c".to_owned(), text]).unwrap_or_default(),
    }
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
