//! What compose files say of a Dockerfile: which stage is built from which context, and what its services mount and need
//! (compose specification, `build`, `volumes`).

mod asked;
mod moved;
mod read;

pub use asked::{Asked, asked};
pub use moved::{is_own_port, listened, marks, moved, reached};
pub use read::file_mode;

use std::collections::BTreeSet;

use crate::context::{Entry, Files, is_compose, is_yaml};
use crate::source::Lines;
use crate::yaml;
use read::{Services, named as read_named, read, services as read_services};

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
    /// The words of the command that it brings of its own.
    pub command: Vec<String>,
    /// Whether it brings an entrypoint of its own.
    pub entrypoint: bool,
    /// Files of variables, by their paths in the project.
    pub env_files: Vec<String>,
    /// The folder that it starts in, if it says so.
    pub working_dir: Option<String>,
    /// Variables that it sets.
    pub environment: Vec<(String, String)>,
    /// A secret that only root can read.
    pub kept: Option<String>,
    /// The user that it is run as, if the file says so.
    pub user: Option<String>,
}

impl Service {
    /// `file:line` of one of its keys, or of a part of it that holds a text; the file alone where that cannot be told.
    pub fn place(&self, files: &dyn Files, key: &str, part: &str) -> String {
        let text = files.read(&self.file).unwrap_or_default();
        let documents = yaml::tree(&text).unwrap_or_default();
        let services = documents.first().map(|document| document.get("services").unwrap_or(document));
        let value = services.and_then(|services| services.get(&self.name)?.get(key));
        let scalars = value.map(yaml::Node::scalars).unwrap_or_default();
        let node = scalars.into_iter().find(|node| node.text().is_some_and(|text| text.contains(part)));
        match node {
            Some(node) => format!("{}:{}", self.file, Lines::new(&text).position(node.span.start).line),
            None => self.file.clone(),
        }
    }
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

/// Looks through the compose files of the project's root and of the Dockerfile's folders for services that run its image:
/// those that build it, and those of the same name in the files beside. In the Dockerfile's own folder an image that is
/// named like the folder counts too.
pub fn services(path: &str, files: &dyn Files) -> Vec<Service> {
    let own = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut folder = own;
    let mut found = Vec::new();
    loop {
        let mut all: Vec<Service> = Vec::new();
        for name in files.list(folder).iter().filter(|name| is_yaml(name)) {
            let file = join(folder, name);
            let services = match is_compose(name) {
                true => files.read(&file).map(|text| read_services(&text)).unwrap_or_default(),
                false => in_another_name(&file, files),
            };
            let services = services.into_iter().filter_map(|(name, service)| Some((name, service?)));
            all.extend(services.map(|(name, service)| read(service, name, &file, folder, path)));
        }
        all.iter_mut().for_each(|service| given(service, files));
        let called = own.rsplit('/').next().filter(|name| !name.is_empty() && folder == own);
        let runs = |service: &Service| {
            // An image that only a variable names is the folder's where the service is called like it.
            let image = service.image.as_deref();
            let named = image.map(|image| if image.starts_with('$') { service.name.as_str() } else { last(image) });
            service.build.is_some() || (called.is_some() && named == called)
        };
        let names: BTreeSet<String> = all.iter().filter(|service| runs(service)).map(|it| it.name.clone()).collect();
        found.extend(all.into_iter().filter(|service| names.contains(&service.name)));
        if folder.is_empty() {
            break;
        }
        folder = folder.rsplit_once('/').map_or("", |(up, _)| up);
    }
    found.extend(elsewhere(path, own, files));
    found
}

/// Adds the variables of a service's files of them; what the service itself sets counts for more.
fn given(service: &mut Service, files: &dyn Files) {
    let texts = service.env_files.iter().rev().filter_map(|file| files.read(file));
    let texts: Vec<String> = texts.map(|text| String::from_utf8_lossy(&text).into_owned()).collect();
    for line in texts.iter().flat_map(|text| text.lines()).map(str::trim).filter(|line| !line.starts_with('#')) {
        let Some((name, value)) = line.trim_start_matches("export ").split_once('=') else { continue };
        let (name, value) = (name.trim(), value.trim().trim_matches(['"', '\'']));
        if !service.environment.iter().any(|(known, _)| known == name) {
            service.environment.push((name.to_owned(), value.to_owned()));
        }
    }
}

/// Most bytes of a file that is not called like one of compose and is read all the same.
const SMALL: u64 = 1 << 16;

/// The services of a file that `docker compose -f` is given: any YAML file may be one.
fn in_another_name(file: &str, files: &dyn Files) -> Services {
    let small = || matches!(files.entry(file), Entry::File { len, .. } if len < SMALL);
    let text = if small() { files.read(file) } else { None };
    let holds = |text: &&Vec<u8>| text.split(|byte| *byte == b'\n').any(|line| line.trim_ascii_end() == b"services:");
    text.as_ref().filter(holds).map(|text| read_named(text)).unwrap_or_default()
}

/// Most compose files that are read besides those of the Dockerfile's own folders.
const MOST: usize = 40;

/// Services of compose files in other folders (`docs/`, `deploy/`) that build the Dockerfile.
fn elsewhere(path: &str, own: &str, files: &dyn Files) -> Vec<Service> {
    let survey = files.survey();
    let mut found = Vec::new();
    for file in survey.composes.iter().take(MOST) {
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let above = folder.is_empty() || own == folder || own.starts_with(&format!("{folder}/"));
        let Some(text) = files.read(file).filter(|_| !above) else { continue };
        // One without a Dockerfile beside it is made to be copied to where there is one: to the root.
        let copied = path == "Dockerfile" && files.entry(&join(folder, path)) == Entry::Absent;
        for (name, service) in read_services(&text) {
            let Some(service) = service else { continue };
            let here = service.builds_here();
            let place = if copied && here { "" } else { folder };
            found.push(read(service, name, file, place, path));
        }
    }
    found.retain(|service| service.build.is_some());
    found
}

/// The last part of an image's name, without tag and digest.
pub fn last(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or("").rsplit('/').next().unwrap_or("");
    name.split(':').next().unwrap_or("")
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
        let first = "services:\n  web:\n    build: .\n    volumes:\n      - ./data:/app/data\n      - cache:/cache:ro\n      - \"shared:${ROOT:-/shared}\"\n";
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
        let shared = mount(None, "/shared", false);
        let plain = vec![mount(Some("a/data"), "/app/data", false), mount(None, "/cache", true), shared];
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
        let text = "services:\n  it: {image: \"${NAME}:1\"}\n  driver: {image: \"${NAME}:1\", command: [sh, -c, \"it's on\"]}\n";
        files.insert("driver/docker-compose.yml", text, 0o644);
        let found = services("driver/Dockerfile", &files);
        let commands: Vec<&[String]> = found.iter().map(|service| service.command.as_slice()).collect();
        assert_eq!(commands, [["sh", "-c", "it's on"].map(str::to_owned)]);
        assert_eq!(services("netdata/Dockerfile", &files).len(), 1);
        assert!(services("other/Dockerfile", &files).is_empty());
    }
}
