//! Folders that ENV names: data of the app, its home, caches of tools that run at start.

use super::ownership::push;
use super::write_set::TOOLS;
use super::{Draft, Identity};
use crate::facts::{self, ProgramRole, words};
use crate::model::hazard::Scene;
use crate::model::owner::Made;
use crate::model::{Model, Value, start, value};
use crate::syntax::Keyword;

/// Trees of the system that software of its own may keep data in.
pub(super) const APART: [&str; 4] = ["/opt/", "/usr/src/", "/usr/share/", "/usr/local/share/"];
/// Trees that everybody may write, where a folder that a step makes is root's nevertheless.
const TEMPORARY: [&str; 2] = ["/tmp", "/var/tmp"];

/// A home that an ENV names and the plan's account does not have by itself.
pub(super) fn home(model: &Model<'_>, stage: usize, identity: &Identity) -> Option<(String, String, bool)> {
    let (_, _, value) = model.environments(stage).into_iter().find(|(name, _, _)| name == "HOME")?;
    let path = value.certain().and_then(value::normal)?;
    let system = ["/root", "/nonexistent", "/dev", "/tmp"].iter().any(|tree| value::within(&path, tree));
    let own = identity.home.as_deref() == Some(path.as_str());
    (path.len() > 1 && !system && !own).then(|| (path, "home by ENV HOME".to_owned(), true))
}

/// Tells of a home that ENV names where nobody but root can write.
pub(super) fn homeless(draft: &mut Draft<'_>) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let home = model.environments(stage).into_iter().find(|(name, _, _)| name == "HOME");
    let home = home.filter(|_| draft.home.is_none());
    let Some((at, path)) = home.and_then(|(_, at, value)| Some((at, value.certain().and_then(value::normal)?))) else {
        return;
    };
    if path == "/" || ["/nonexistent", "/dev/null"].contains(&path.as_str()) {
        let message =
            format!("ENV HOME names {path}, where only root can write: tools that write into their home will fail");
        push(draft, "no-home", at, message);
    }
}

/// Caches of tools that run when the container starts.
pub(super) fn tool_caches(scene: &Scene<'_>) -> Vec<(String, String, bool)> {
    let starts = |name: &str| facts::command(name).is_some_and(|known| known.role == ProgramRole::StartTool);
    if !start::all(scene).iter().any(|program| starts(&program.name)) {
        return Vec::new();
    }
    let caches = scene.model.environments(scene.stage).into_iter().filter_map(|(name, _, value)| {
        let is_cache = facts::is_tool_variable(&name) && name.to_ascii_uppercase().contains("CACHE");
        let path = value.certain().filter(|_| is_cache).and_then(value::normal)?;
        let data = ["/var/cache/", "/srv/", "/opt/"].iter().any(|tree| path.starts_with(tree));
        data.then(|| (path, format!("named by ENV {name}"), true))
    });
    caches.collect()
}

/// Tells of a folder for data that an ARG places: the block cannot name it.
pub(super) fn by_default(draft: &mut Draft<'_>, identity: &Identity) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    for (name, index, value) in model.environments(stage) {
        let Value::Default(path) = &value else { continue };
        let placed = path.starts_with('/') && is_data(&name) && is_path(&name) && !facts::is_tool_variable(&name);
        let own = |folder: Option<String>| folder.is_some_and(|folder| value::within(path, &folder));
        if placed && !own(model.app_folder(stage)) && !own(identity.home.clone()) {
            let message = format!("ENV {name} lies where an ARG says ({path} by default), and stays root's");
            return push(draft, "opaque-writes", index, message);
        }
    }
}

/// Whether a copy or a RUN of the file works on a path that the ENV `index` names.
fn is_filled(model: &Model<'_>, stage: usize, index: usize, path: &str) -> bool {
    let owners = model.owners(stage);
    let copied = owners.copies.iter().filter_map(|copy| copy.destination.as_deref());
    let names = model.lineage(stage).into_iter().map(|(_, at)| at).filter(|at| *at != index).any(|at| {
        let text = model.instruction(at).map(|found| String::from_utf8_lossy(&found.joined.text).into_owned());
        text.is_some_and(|text| text.contains(path))
    });
    names || copied.into_iter().any(|to| value::within(to, path) || value::within(path, to) && to != "/")
}

/// Whether lines of the file besides the ENV `index` only make a folder below one for software, and fill it with nothing.
fn is_only_made(model: &Model<'_>, stage: usize, index: usize, path: &str) -> bool {
    let makes = |(of, at): (usize, usize)| {
        model.commands(of, at).list.iter().all(|ran| {
            let prepares = ["mkdir", "chmod", "chown"].contains(&ran.name.as_str());
            let inside = ran.cwd.text().is_some_and(|cwd| value::within(cwd, path));
            prepares || !(inside || ran.arguments.iter().chain(&ran.writes).flatten().any(|text| text.contains(path)))
        })
    };
    let is_run = |at: usize| model.keyword(at) == Keyword::Run;
    let named = |(of, at): (usize, usize)| {
        let text = model.instruction(at).map(|found| String::from_utf8_lossy(&found.joined.text).into_owned());
        at != index && text.is_some_and(|text| text.contains(path)) && !(is_run(at) && makes((of, at)))
    };
    APART.iter().any(|tree| path.starts_with(tree)) && !model.lineage(stage).into_iter().any(named)
}

/// Folders that ENV names for data, and whether they may be missing.
pub(super) fn named_by_env(model: &Model<'_>, stage: usize) -> Vec<(String, String, bool)> {
    let owners = model.owners(stage);
    let mut found = Vec::new();
    for (name, index, value) in model.environments(stage) {
        let parts: Vec<&str> = name.split('_').collect();
        let (is_data, is_path) = (is_data(&name), is_path(&name));
        let told = facts::is_tool_variable(&name) || words::READ_VARIABLES.contains(&name.as_str());
        let Some(text) = value.certain().filter(|_| !told) else { continue };
        let path = || value::normal(text).filter(|path| !path.contains([':', ',', ' ', '*']));
        let is_file = |path: &String| path.rsplit('/').next().unwrap_or("").contains('.');
        let folder = || path().filter(|path| !is_file(path));
        // A file that is written needs its folder: `LOG_PATH=/var/log/shop/shop.log`.
        let above = || path().filter(is_file).and_then(|file| Some(file.rsplit_once('/')?.0.to_owned()));
        let is_log = parts.iter().any(|part| matches!(*part, "LOG" | "LOGS" | "LOGGING" | "LOGFILE"));
        let is_file_name = matches!(parts.as_slice(), [.., "FILE" | "LOGFILE"] | [.., "FILE", "NAME"]);
        let path = if is_log && (is_path || is_file_name) {
            folder().or_else(above)
        } else if is_data && is_path {
            folder()
        } else if is_path && !matches!(name.as_str(), "PATH" | "HOME") {
            // Other folders count when nothing in the file fills them: only the process can mean to.
            folder().filter(|path| !is_filled(model, stage, index, path))
        } else {
            None
        };
        // What is called data is the app's wherever software of its own lies, or where a step makes it.
        let made = |path: &str| matches!(owners.nodes.get(path).map(|node| node.made), Some(Made::Run(_)));
        let temporary = |path: &str| is_data && TEMPORARY.iter().any(|tree| value::within(path, tree)) && made(path);
        let below = |path: &str| APART.iter().any(|tree| path.starts_with(tree)) && path.matches('/').count() > 2;
        let by_name = |path: &str| is_data && made(path) && is_only_made(model, stage, index, path);
        let apart = |path: &str| is_data && below(path) || temporary(path) || by_name(path);
        let path = path
            .filter(|path| path.len() > 1 && (apart(path) || !TOOLS.iter().any(|tools| value::within(path, tools))));
        found.extend(path.map(|path| (path, format!("named by ENV {name}"), true)));
    }
    found
}

/// Whether a variable is called like data.
fn is_data(name: &str) -> bool {
    const DATA: [&str; 13] = [
        "DATA", "CACHE", "UPLOAD", "STORAGE", "LOG", "STATE", "MEDIA", "TMP", "TEMP", "DB", "DATABASE", "STATIC",
        "OUTPUT",
    ];
    let is_data = |part: &str| DATA.iter().any(|data| part.trim_end_matches('S') == *data);
    name == "TMPDIR" || name.split('_').any(is_data)
}

/// Whether a variable is called like a path.
fn is_path(name: &str) -> bool {
    const ENDS: [&str; 7] = ["DIR", "DIRECTORY", "PATH", "ROOT", "FOLDER", "HOME", "CACHE"];
    let last = name.rsplit('_').next().unwrap_or(name);
    ENDS.contains(&last) || last.ends_with("DIR") || last.ends_with("CACHE")
}
