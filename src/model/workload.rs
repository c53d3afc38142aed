//! The Kubernetes workloads of the project that run the image: which ports they name, what they mount, as whom they run.
//! Manifests hold templates more often than not, so that they are read line by line.

use super::hazard::Scene;
use crate::compose::{file_mode, last};
use crate::context::{Entry, Files, is_yaml};
use crate::facts::words;

/// A manifest whose container runs the image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Workload {
    /// The manifest.
    pub file: String,
    /// Ports of its containers, with their lines.
    pub ports: Vec<(u16, usize)>,
    /// Whether it mounts something that a process may write: a claim, a folder of the host, an empty folder.
    pub writable_mounts: bool,
    /// The line of a mode that lets nobody but the owner of a mounted secret read it, who is root.
    pub kept: Option<usize>,
    /// The line that mounts the socket of a container engine.
    pub socket: Option<usize>,
    /// The number that it runs the process as, and that of the group, where it says so and it is not root's.
    pub user: Option<(u32, Option<u32>)>,
}

/// Folders that manifests are kept in.
const FOLDERS: [&str; 14] = [
    "k8s",
    "kube",
    "kubernetes",
    "deploy",
    "deployment",
    "deployments",
    "manifests",
    "manifest",
    "config",
    "charts",
    "chart",
    "helm",
    "kustomize",
    "install",
];
/// Most folders and files that are looked at.
const MOST: usize = 300;

/// Finds the workloads that run the image of the scene: those whose image or command is called like its program.
pub(super) fn workloads(scene: &Scene<'_>) -> Vec<Workload> {
    let Some(path) = scene.path else { return Vec::new() };
    let mut names: Vec<String> = scene.programs.list.iter().map(|program| program.name.clone()).collect();
    // `node` or `python` runs everywhere.
    names.retain(|name| crate::facts::command(name).is_none() && name.len() > 2);
    names.extend(
        scene.services.iter().filter_map(|service| service.image.as_deref()).map(|image| last(image).to_owned()),
    );
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    if names.is_empty() {
        names.extend(folder.rsplit('/').next().filter(|name| name.len() > 2).map(str::to_owned));
    }
    names.sort();
    names.dedup();
    // The values of a chart name what the project's one image is called.
    let only = scene.files.survey().builds.len() == 1;
    let mut found = Vec::new();
    for file in manifests(scene.files, folder) {
        let Some(text) = scene.files.read(&file) else { continue };
        found.extend(workload(&String::from_utf8_lossy(&text), &names, &file, only));
    }
    found
}

/// The first line of a manifest that names a port of a container which may run the image: nothing says that it runs
/// another one. Files that are `settled` have been looked through.
pub fn naming(scene: &Scene<'_>, port: u16, settled: &[String]) -> Option<String> {
    let folder = scene.path?.rsplit_once('/').map_or("", |(folder, _)| folder);
    let dockerfiles = scene.files.survey().builds.len();
    manifests(scene.files, folder).into_iter().filter(|file| !settled.contains(file)).find_map(|file| {
        let text = scene.files.read(&file)?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let values = file.rsplit('/').next()?.starts_with("values");
        let is_object = text.contains("apiVersion:") && text.contains("kind:");
        if !(values || is_object) {
            return None;
        }
        // Images of the registry's library, and those of the project's other Dockerfiles, are others'.
        let images = text.lines().filter_map(|line| valued(line, "image")).filter(|image| !image.is_empty());
        let mut images = images.peekable();
        let runs_others = images.peek().is_some() && images.all(|image| is_foreign(&image));
        // Of several images this one's manifests name its folder.
        let own = folder.rsplit('/').next().unwrap_or("");
        let others = dockerfiles > 1 && !own.is_empty() && !text.contains(own);
        if runs_others || others {
            return None;
        }
        let line = naming_line(&text, port)?;
        Some(format!("{file}:{}", line + 1))
    })
}

/// The line that names a port of a container: its own, a probe's, or the one that a service sends to.
fn naming_line(text: &str, port: u16) -> Option<usize> {
    let wanted = port.to_string();
    let mut first = 0;
    for document in text.split("\n---") {
        let says = |key: &str| {
            document
                .lines()
                .position(|line| valued(line, key).is_some_and(|it| it == wanted) || inline(line, key, port))
        };
        let found = match document.lines().find_map(|line| valued(line, "kind")).as_deref() {
            Some("Service") if document.contains("targetPort") => says("targetPort"),
            Some("Ingress" | "HTTPRoute" | "Gateway" | "NetworkPolicy" | "ServiceEntry" | "VirtualService") => None,
            _ => says("containerPort").or_else(|| says("targetPort")).or_else(|| says("port")),
        };
        if let Some(line) = found {
            return Some(first + line);
        }
        first += document.matches('\n').count() + 1;
    }
    None
}

/// Whether an image is one that somebody else publishes: a listed one, without a registry of its own.
fn is_foreign(image: &str) -> bool {
    let name = image.split('@').next().unwrap_or("");
    !name.starts_with(['{', '$']) && crate::images::lookup(name).is_some()
}

/// `{path: /, port: 80}`.
fn inline(line: &str, key: &str, port: u16) -> bool {
    line.split(['{', ','])
        .skip(1)
        .any(|part| valued(part.trim_end_matches(['}', ']', ' ']), key).is_some_and(|it| it == port.to_string()))
}

/// The value of a key that starts a line.
fn valued(line: &str, key: &str) -> Option<String> {
    let line = line.trim().trim_start_matches("- ");
    let value = line.strip_prefix(key)?.strip_prefix(':')?;
    Some(value.split(" #").next().unwrap_or("").trim().trim_matches(['"', '\'']).to_owned())
}

/// YAML files below the folders that manifests are kept in, those of the Dockerfile's own folder and those of the root.
fn manifests(files: &dyn Files, own: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders: Vec<(String, usize, bool)> = vec![(String::new(), 0, false)];
    if !own.is_empty() {
        folders.push((own.to_owned(), 0, false));
    }
    let mut seen = 0;
    while let Some((folder, depth, inside)) = folders.pop() {
        for name in files.list(&folder).iter() {
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let yaml = is_yaml(name);
            if yaml {
                found.push(path);
            } else if depth < 6
                && (inside || FOLDERS.contains(&name.to_ascii_lowercase().as_str()))
                && files.entry(&path) == Entry::Folder
            {
                folders.push((path, depth + 1, true));
            }
            seen += 1;
            if seen > MOST * 10 || found.len() > MOST {
                return found;
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The workload of a manifest, if one of its containers runs an image or a command of these names; with `only`, the values
/// of any chart.
fn workload(text: &str, names: &[String], file: &str, only: bool) -> Option<Workload> {
    let kinds = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"];
    let value = valued;
    let mut documents: Vec<(usize, &str)> = Vec::new();
    let mut line = 1;
    for document in text.split("\n---") {
        documents.push((line, document));
        line += document.matches('\n').count() + 1;
    }
    let values = file.rsplit('/').next().is_some_and(|name| name.starts_with("values"));
    documents.into_iter().find_map(|(first, document)| {
        let kind = values
            || document.lines().any(|line| value(line, "kind").is_some_and(|kind| kinds.contains(&kind.as_str())));
        let runs = document.lines().any(|line| {
            let image = value(line, "image").or_else(|| value(line, "repository").filter(|_| values));
            let image = image.is_some_and(|image| {
                (only && values && !image.is_empty()) || names.iter().any(|name| is_called(last(&image), name))
            });
            let word = line.trim().trim_start_matches(['-', ' ']).trim_matches(['"', '\'', '[', ']', ',']);
            image || names.iter().any(|name| word == format!("./{name}") || word.ends_with(&format!("/bin/{name}")))
        });
        if !kind || !runs {
            return None;
        }
        let lines = document.lines().enumerate();
        let ports = lines.filter_map(|(at, line)| Some((value(line, "containerPort")?.parse().ok()?, first + at)));
        let mounts = ["emptyDir", "hostPath", "persistentVolumeClaim", "volumeClaimTemplates"];
        let writable_mounts = document.lines().any(|line| mounts.iter().any(|key| value(line, key).is_some()));
        let number = |key: &str| document.lines().find_map(|line| value(line, key)?.parse::<u32>().ok());
        let user = number("runAsUser").filter(|uid| *uid != 0).map(|uid| (uid, number("runAsGroup")));
        // A group that owns what is mounted may read it (kubelet adds its right).
        let grouped = document.contains("fsGroup:");
        let shut = |line: &str| file_mode(&value(line, "defaultMode")?).filter(|mode| mode & 0o004 == 0);
        let kept = document.lines().position(|line| shut(line).is_some()).filter(|_| !grouped).map(|at| first + at);
        let mounts_socket = |line: &str| {
            let path = value(line, "path").or_else(|| value(line, "mountPath"));
            path.is_some_and(|path| words::ENGINE_SOCKETS.iter().any(|end| path.ends_with(end)))
        };
        let socket = document.lines().position(mounts_socket).map(|at| first + at);
        Some(Workload { file: file.to_owned(), ports: ports.collect(), writable_mounts, kept, socket, user })
    })
}

/// `cache-server` is `cache_server`, and `ml-pipeline-persistenceagent` is one of a `persistence_agent`.
fn is_called(image: &str, name: &str) -> bool {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['-', '_'], "");
    let (image, name) = (plain(image), plain(name));
    image == name || (name.len() > 4 && image.ends_with(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_tells_ports_and_mounts() {
        let text = "kind: Service\n---\nkind: Deployment\nspec:\n  containers:\n  - name: x\n    image: 'gcr.io/me/my-server:1' # it\n    ports:\n    - containerPort: 443\n  volumes:\n  - name: a\n    emptyDir: {}\n";
        let names = ["my_server".to_owned()];
        let found = workload(text, &names, "a.yaml", false).unwrap();
        assert_eq!((found.ports, found.writable_mounts), (vec![(443, 9)], true));
        assert_eq!(workload(text, &["other".to_owned()], "a.yaml", true), None);
        assert_eq!(workload("kind: Service\nimage: my-server\n", &names, "a.yaml", false), None);
    }

    #[test]
    fn values_of_the_only_image_tell_as_whom_it_runs() {
        let text = "image:\n  repository: me/shop\nsecurityContext:\n  runAsUser: 1000\n  runAsGroup: 3000\n";
        let user = |only| workload(text, &[], "chart/values.yaml", only).and_then(|found| found.user);
        assert_eq!((user(true), user(false)), (Some((1000, Some(3000))), None));
    }
}
