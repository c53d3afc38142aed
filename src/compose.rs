//! What compose files say of a Dockerfile: which stage is built, and from which context
//! (compose specification, `build`).

use std::collections::BTreeMap;

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

#[derive(Deserialize)]
struct Compose {
    #[serde(default)]
    services: BTreeMap<String, Option<Service>>,
}

#[derive(Deserialize)]
struct Service {
    build: Option<Building>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Building {
    Context(String),
    Whole { context: Option<String>, dockerfile: Option<String>, target: Option<String> },
}

/// Looks through the compose files of the project's root and of the Dockerfile's folders for services that build it.
/// Services that build a development stage say nothing of what is deployed.
pub fn build_of(path: &str, files: &dyn Files, is_development: impl Fn(&str) -> bool) -> Build {
    let mut found: Vec<(Option<String>, String)> = Vec::new();
    let mut folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    loop {
        for name in files.list(folder).into_iter().filter(|name| is_compose(name)) {
            let file = join(folder, &name);
            let compose = files.read(&file).and_then(|text| yaml::read::<Compose>(&text));
            let services = compose.map(|compose| compose.services).unwrap_or_default();
            let builds = services.into_values().flatten().filter_map(|service| service.build);
            found.extend(builds.filter_map(|build| matching(build, folder, path)));
        }
        if folder.is_empty() {
            break;
        }
        folder = folder.rsplit_once('/').map_or("", |(up, _)| up);
    }
    found.retain(|(target, _)| !target.as_deref().is_some_and(&is_development));
    let Some((target, context)) = found.first().cloned() else { return Build::default() };
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
fn join(folder: &str, path: &str) -> String {
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
        build_of(path, &files, |name| name == "dev")
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
}
