//! What a project holds for others than one Dockerfile: its Dockerfiles with what they build on, enough to see which of
//! them builds on another, its compose files, and other files that may be manifests.

use super::{Entry, Files, matches};
use crate::facts::words;

/// A Dockerfile of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// Where it is.
    pub path: String,
    /// Images that its stages start from and run commands in, as written.
    pub bases: Vec<String>,
}

/// The Dockerfiles and the compose files of a project, those of the upper folders first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// The Dockerfiles.
    pub builds: Vec<Built>,
    /// Paths of the compose files.
    pub composes: Vec<String>,
    /// Paths of other YAML files.
    pub yamls: Vec<String>,
    /// Paths of files that may say how a platform or a person runs a container.
    pub deploys: Vec<String>,
}

/// Most folders that are looked into.
const MOST: usize = 500;
/// How deep they may lie.
const DEPTH: usize = 5;
/// Folders that hold other people's files or what a build left.
pub(super) const SKIPPED: [&str; 8] = [".git", ".venv", "build", "dist", "node_modules", "target", "vendor", "venv"];

/// Looks through a project from its root downwards.
pub fn survey(files: &dyn Files) -> Survey {
    let mut found = Survey::default();
    let mut folders = std::collections::VecDeque::from([(String::new(), 0)]);
    let mut seen = 0;
    while let Some((folder, depth)) = folders.pop_front() {
        seen += 1;
        if seen > MOST {
            break;
        }
        for name in files.list(&folder).iter() {
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            if is_deploy(name) {
                found.deploys.push(path.clone());
            }
            if is_dockerfile(name) {
                let text = files.read(&path);
                found.builds.extend(text.map(|text| Built { bases: bases(&String::from_utf8_lossy(&text)), path }));
            } else if is_compose(name) {
                found.composes.push(path);
            } else if is_yaml(name) {
                found.yamls.push(path);
            } else if depth < DEPTH
                && !name.contains('.')
                && !SKIPPED.contains(&name.as_str())
                && files.entry(&path) == Entry::Folder
            {
                folders.push_back((path, depth + 1));
            }
        }
    }
    found
}

fn is_deploy(name: &str) -> bool {
    [words::DEPLOY_FILES, words::DEPLOY_SCRIPTS].into_iter().flatten().any(|pattern| matches(pattern, name))
}

/// Whether a file is called like a Dockerfile.
pub fn is_dockerfile(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let stem =
        |stem: &str| name == stem || name.starts_with(&format!("{stem}.")) || name.ends_with(&format!(".{stem}"));
    (stem("dockerfile") || stem("containerfile"))
        && ![".md", ".tmpl", ".j2", ".sh"].iter().any(|end| name.ends_with(end))
}

/// Whether a file is called like one of YAML.
pub fn is_yaml(name: &str) -> bool {
    yaml_stem(name).is_some()
}

fn yaml_stem(name: &str) -> Option<&str> {
    name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml"))
}

/// Whether a file is called like one of compose.
pub fn is_compose(name: &str) -> bool {
    let stem = yaml_stem(name);
    stem.is_some_and(|stem| stem.starts_with("docker-compose") || stem.starts_with("compose"))
}

/// What the stages with a RUN or an ONBUILD start from, by the first words of the lines.
fn bases(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut base = None;
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        match words.next().unwrap_or("").to_ascii_uppercase().as_str() {
            "FROM" => base = words.find(|word| !word.starts_with("--")).map(str::to_owned),
            "RUN" | "ONBUILD" => found.extend(base.take()),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Memory;

    #[test]
    fn only_stages_that_run_commands_count() {
        let mut files = Memory::default();
        files.insert("base/Dockerfile", "FROM debian\nRUN true\n", 0o644);
        files.insert(
            "web/x.dockerfile",
            "FROM --platform=x me/base AS a\nCOPY . .\nFROM other\nONBUILD RUN x\n",
            0o644,
        );
        files.insert("node_modules/x/Dockerfile", "FROM a\nRUN x\n", 0o644);
        files.insert("docs/plain/docker-compose.yml", "", 0o644);
        let found = survey(&files);
        assert_eq!(found.composes, ["docs/plain/docker-compose.yml"]);
        let bases: Vec<&[String]> = found.builds.iter().map(|built| built.bases.as_slice()).collect();
        assert_eq!(bases, [["debian".to_owned()], ["other".to_owned()]]);
    }
}
