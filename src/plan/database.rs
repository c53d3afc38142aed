//! Databases that are a file: the process writes the file, and others beside it in its folder.

use super::ownership::push;
use super::{Draft, Identity, witness};
use crate::facts::{self, words};
use crate::model::hazard::Scene;
use crate::model::owner::Owners;
use crate::model::{Value, value};

/// A file that a line says the database is.
struct Database {
    /// Its path in the image.
    path: String,
    /// The file and the line, or the variable, that says so.
    place: String,
    /// Whether its folder is there for certain.
    there: bool,
    /// The instruction to which it is told.
    at: usize,
}

/// The folders of the databases, and those databases that copies bring; what a file says is told at the instruction `at`.
pub(super) fn folders(scene: &Scene<'_>, at: usize) -> Vec<(String, String, bool)> {
    let mut found = Vec::new();
    for Database { path, place, there, .. } in all(scene, at) {
        let Some((folder, _)) = path.rsplit_once('/').filter(|(folder, _)| !folder.is_empty()) else { continue };
        if scene.model.is_base_folder(scene.stage, folder) || is_system(scene, folder) {
            continue;
        }
        let by_variable = place.starts_with("ENV ");
        let why = if by_variable { format!("named by {place}") } else { format!("{place} keeps a database there") };
        found.push((folder.to_owned(), why, !there));
        if scene.file(&path).is_some() {
            found.push((path, format!("the database of {place}"), false));
        }
    }
    found
}

/// Tells of databases in folders that nobody gives away.
pub(super) fn tell(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners) {
    let scene = draft.scene;
    for Database { path, place, at, .. } in all(scene, witness::command(draft)) {
        let folder = path.rsplit_once('/').map_or("/", |(folder, _)| if folder.is_empty() { "/" } else { folder });
        let stays = scene.model.is_base_folder(scene.stage, folder) || is_system(scene, folder);
        if stays && !witness::may_write(draft, identity, owners, &path) {
            let message = format!(
                "{place} keeps a database in {path}, and only root may write in {folder}: give it a folder of its own"
            );
            push(draft, "written-file", at, message);
        }
    }
}

/// Whether a folder lies in a tree of the system, of which nothing is given away but the app's own folder.
fn is_system(scene: &Scene<'_>, folder: &str) -> bool {
    const SYSTEM: [&str; 12] =
        ["/bin", "/boot", "/dev", "/etc", "/lib", "/proc", "/root", "/run", "/sbin", "/sys", "/tmp", "/usr"];
    let own = scene.model.app_folder(scene.stage).is_some_and(|own| value::within(folder, &own));
    !own && SYSTEM.iter().any(|tree| value::within(folder, tree))
}

/// Databases that ENV or a file of the app's own folder names; what a file says is told at the instruction `at`.
fn all(scene: &Scene<'_>, at: usize) -> Vec<Database> {
    let mut found = Vec::new();
    for (name, index, value) in scene.model.environments(scene.stage) {
        // What is no URL of a database for certain is one where the variable is called so.
        let named = name.split('_').any(|part| matches!(part, "DB" | "DATABASE" | "DATASOURCE" | "SQLITE"));
        let path = value.certain().and_then(|text| absolute(text, named));
        found.extend(path.map(|path| Database { path, place: format!("ENV {name}"), there: false, at: index }));
    }
    let Some(own) = scene.model.own_folder(scene.stage) else { return found };
    for known in facts::databases() {
        let Some((config, file)) = known.files.iter().find_map(|name| {
            let path = value::join(&own, name);
            scene.file(&path).map(|file| (path, file))
        }) else {
            continue;
        };
        let text = String::from_utf8_lossy(&file.text).into_owned();
        let spaceless: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\'').collect();
        if !known.marks.iter().any(|mark| spaceless.contains(mark)) {
            continue;
        }
        let beside = config.rsplit_once('/').map_or(own.as_str(), |(folder, _)| folder);
        let base = if known.beside { beside } else { own.as_str() };
        for (line, text) in text.lines().enumerate() {
            let Some(url) = said(scene, known, text) else { continue };
            let path = match absolute(&url, true) {
                Some(path) => path,
                None => match url.strip_prefix("file:").unwrap_or(&url) {
                    rest if rest.starts_with('/') => value::normal(rest).unwrap_or_default(),
                    rest if known.beside || !value::within(&value::join(base, rest), &own) => value::join(base, rest),
                    _ => continue,
                },
            };
            let there = path.rsplit_once('/').is_some_and(|(folder, _)| folder == beside);
            let place = format!("{}:{}", file.shown, line + 1);
            found.push(Database { path, place, there, at });
        }
    }
    found
}

/// What a line gives the key that names the database, by itself or by a variable of the image.
fn said(scene: &Scene<'_>, known: &facts::FileDatabase, line: &str) -> Option<String> {
    let line = line.trim();
    let rest = known.keys.iter().find_map(|key| line.strip_prefix(key))?.trim_start();
    let value = rest.strip_prefix([':', '='])?.trim();
    if let Some(name) = value.strip_prefix("env(").and_then(|rest| rest.split(['"', '\'']).nth(1)) {
        return match scene.model.environment(scene.stage, usize::MAX, name) {
            Value::Known(url) if url.starts_with("file:") => Some(url),
            _ => None,
        };
    }
    let value = value.split(" #").next().unwrap_or(value).trim().trim_matches(['"', '\'']);
    let plain = !value.is_empty() && !value.contains(['<', '$', '{', '(', ' ']) && value.contains('/');
    plain.then(|| value.to_owned())
}

/// The file that the URL of a database names by an absolute path; by a plain `file:` only where it is `named` a database.
fn absolute(url: &str, named: bool) -> Option<String> {
    let rest = words::DATABASE_URLS.iter().find_map(|begin| url.strip_prefix(begin));
    let rest = rest.or_else(|| url.strip_prefix("file://").or_else(|| url.strip_prefix("file:")).filter(|_| named))?;
    let path = rest.split(['?', ';']).next()?;
    let name = path.rsplit('/').next().unwrap_or("");
    let plain = path.starts_with('/') && !path.starts_with("//") && !path.contains([' ', ',', '*', '$', ':']);
    value::normal(path).filter(|_| plain && !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_files() {
        let file = |url| absolute(url, true);
        assert_eq!(file("file:/data/notes.db").as_deref(), Some("/data/notes.db"));
        assert_eq!(file("file:///data/notes.db?mode=rwc").as_deref(), Some("/data/notes.db"));
        assert_eq!(file("sqlite:////srv/shop.db").as_deref(), Some("/srv/shop.db"));
        assert_eq!(file("jdbc:h2:file:/srv/h2/shop;MODE=MySQL").as_deref(), Some("/srv/h2/shop"));
        assert_eq!(file("jdbc:sqlite:/srv/shop.db").as_deref(), Some("/srv/shop.db"));
        assert_eq!(file("sqlite:///shop.db"), None);
        assert_eq!(file("file:./dev.db"), None);
        assert_eq!(absolute("file:/config/logback.xml", false), None);
    }
}
