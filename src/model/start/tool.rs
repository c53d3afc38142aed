//! `npm start`, `yarn build` and the like: what they run stands in package.json.

use std::collections::HashSet;

use super::{Walk, is_shell};
use crate::facts::{self, ProgramRole, Writes, words};
use crate::model::command::{self, Ran};
use crate::model::entry::Program;
use crate::model::hazard::{Scene, Weight};
use crate::model::{Value, value};
use crate::shell::{self, Dialect};

/// Scripts that run each other.
const DEPTH: usize = 8;

impl Walk<'_, '_> {
    /// What `npm start` and the like come to, with the scripts that npm runs before and after.
    pub(super) fn package_script(&mut self, program: &Program) {
        if !words::SCRIPT_RUNNERS.contains(&program.name.as_str()) {
            return;
        }
        let name = script_name(&program.arguments).unwrap_or_else(|| "start".to_owned());
        let cwd = self.scene.model.process_folder(self.scene.stage);
        let package = cwd.text().and_then(|cwd| Package::read(self.scene, cwd));
        let Some(text) = package.as_ref().and_then(|package| package.script(&name)) else {
            let message =
                format!("what `{} {name}` runs stands in a package.json that cannot be read here", program.name);
            return self.push("start-script", Weight::Unsafe, program, message);
        };
        let hooks = [format!("pre{name}"), format!("post{name}")];
        let hooks = hooks.iter().filter_map(|hook| Some((hook.as_str(), package.as_ref()?.script(hook)?)));
        for (name, text) in std::iter::once((name.as_str(), text)).chain(hooks) {
            let named =
                package.as_ref().and_then(|package| package.named(text, cwd.text()?, DEPTH, &mut HashSet::new()));
            if let Some(named) = named {
                named.into_iter().for_each(|path| self.one_written(program, path));
            } else if !text_is_plain(text) {
                let message = format!(
                    "`{} {name}` runs `{text}`, which may write caches beside the installed packages",
                    program.name
                );
                self.push("framework-cache", Weight::Unsafe, program, message);
            }
        }
    }
}

/// Whether a script only starts interpreters (`node server.js`) or says something.
fn text_is_plain(text: &str) -> bool {
    let Ok(tree) = shell::parse(text.as_bytes(), Dialect::Posix) else { return false };
    let plain = |ran: &Ran| {
        let role = facts::command(&ran.name).map(|known| known.role);
        let first = ran.arguments.first().cloned().flatten().unwrap_or_default();
        let quiet = role == Some(ProgramRole::Plain) && facts::writes(&ran.name, &first) == Writes::Nothing;
        (quiet || role == Some(ProgramRole::Interpreter) && !is_shell(&ran.name)) && ran.writes.is_empty()
    };
    command::walk(&tree, &Value::Unknown, &mut |_| None).iter().all(plain)
}

/// The name of the script in `npm run NAME`, `yarn NAME`, `pnpm -s NAME`.
fn script_name(arguments: &[Option<String>]) -> Option<String> {
    let words: Vec<&str> =
        arguments.iter().flatten().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    match words.as_slice() {
        ["run" | "run-script", name, ..] => Some((*name).to_owned()),
        [name, ..] => Some((*name).to_owned()),
        [] => None,
    }
}

/// A package.json of the image.
struct Package {
    json: serde_json::Value,
}

impl Package {
    fn read(scene: &Scene<'_>, folder: &str) -> Option<Self> {
        let file = scene.file(&value::join(folder, "package.json"))?;
        serde_json::from_slice(&file.text).ok().map(|json| Self { json })
    }

    fn script(&self, name: &str) -> Option<&str> {
        self.json.get("scripts")?.get(name)?.as_str()
    }

    /// The paths that a script writes, where it only starts interpreters and runs commands that name what they write.
    /// Scripts in `known` were looked at already.
    fn named(
        &self,
        text: &str,
        folder: &str,
        depth: usize,
        known: &mut HashSet<String>,
    ) -> Option<Vec<Option<String>>> {
        let tree = shell::parse(text.as_bytes(), Dialect::Posix).ok().filter(|_| depth > 0)?;
        let folder = Value::Known(folder.to_owned());
        let mut paths = Vec::new();
        for ran in command::walk(&tree, &folder, &mut |_| None) {
            if let Some(name) = runs_script(&ran) {
                if !known.contains(&name) {
                    paths.extend(self.named(self.script(&name)?, folder.text()?, depth - 1, known)?);
                    known.insert(name);
                }
                continue;
            }
            let role = facts::command(&ran.name).map(|known| known.role);
            let (name, first) = unwrapped(&ran);
            match facts::writes(&name, &first) {
                Writes::Nothing => {}
                Writes::Named => paths.extend(ran.named().into_iter().map(|path| ran.path(path.as_deref()))),
                _ if role == Some(ProgramRole::Interpreter) && !is_shell(&ran.name) => {}
                _ => return None,
            }
            paths.extend(ran.writes.iter().map(|path| ran.path(path.as_deref())));
        }
        Some(paths)
    }

    /// Adds the programs that a script runs; scripts in `known` were looked at already.
    fn interpreted(&self, name: &str, known: &mut HashSet<String>, found: &mut Vec<(String, Vec<Option<String>>)>) {
        let Some(text) = self.script(name).filter(|_| known.insert(name.to_owned())) else { return };
        let Ok(tree) = shell::parse(text.as_bytes(), Dialect::Posix) else { return };
        for ran in command::walk(&tree, &Value::Unknown, &mut |_| None) {
            let wraps = facts::command(&ran.name).is_some_and(|known| known.role == ProgramRole::Wrapper);
            let beside = |word: &&Option<String>| {
                word.as_deref().is_some_and(|word| word.starts_with('-') || word.contains('='))
            };
            match runs_script(&ran) {
                Some(name) => self.interpreted(&name, known, found),
                None if wraps => {
                    let mut words = ran.arguments.iter().skip_while(beside).cloned();
                    let name = words.next().flatten().unwrap_or_default();
                    found.push((name, words.collect()));
                }
                None => found.push((ran.name, ran.arguments)),
            }
        }
    }

    /// What a script writes below its folder; [`Writes::Unknown`] for the first command that nobody knows. Scripts in
    /// `quiet` write only their output.
    fn writes(&self, name: &str, depth: usize, quiet: &mut HashSet<String>) -> Writes {
        if quiet.contains(name) {
            return Writes::Output;
        }
        let Some(text) = self.script(name).filter(|_| depth > 0) else { return Writes::Unknown };
        let Ok(tree) = shell::parse(text.as_bytes(), Dialect::Posix) else { return Writes::Unknown };
        let mut settled = |ran: &Ran| {
            let writes = match runs_script(ran) {
                Some(name) => self.writes(&name, depth - 1, quiet),
                None => facts::writes(&unwrapped(ran).0, &unwrapped(ran).1),
            };
            matches!(writes, Writes::Nothing | Writes::Named | Writes::Output)
        };
        let folder = Value::Known("/".to_owned());
        if !command::walk(&tree, &folder, &mut |_| None).iter().all(&mut settled) {
            return Writes::Unknown;
        }
        quiet.insert(name.to_owned());
        Writes::Output
    }
}

/// Name and first operand of a command, behind wrappers like `cross-env X=1`.
fn unwrapped(ran: &Ran) -> (String, String) {
    let wraps = facts::command(&ran.name).is_some_and(|known| known.role == ProgramRole::Wrapper);
    let mut words = ran.arguments.iter().flatten().filter(|word| !word.starts_with('-'));
    if !wraps {
        return (ran.name.clone(), words.next().cloned().unwrap_or_default());
    }
    let mut words = words.skip_while(|word| word.contains('=')).map(|word| word.rsplit('/').next().unwrap_or(""));
    (words.next().unwrap_or("").to_owned(), words.next().unwrap_or("").to_owned())
}

/// The script of package.json that a command runs, if it runs one.
fn runs_script(ran: &Ran) -> Option<String> {
    let name = script_name(&ran.arguments).filter(|_| words::SCRIPT_RUNNERS.contains(&ran.name.as_str()))?;
    (facts::writes(&ran.name, &name) == Writes::Unknown).then_some(name)
}

/// What `npm start` and the like run by scripts of package.json, with their arguments, as far as it can be read.
pub(in crate::model) fn interpreted(scene: &Scene<'_>, program: &Program) -> Vec<(String, Vec<Option<String>>)> {
    let runs = words::SCRIPT_RUNNERS.contains(&program.name.as_str());
    let cwd = scene.model.process_folder(scene.stage);
    let Some(cwd) = cwd.text().filter(|_| runs) else { return Vec::new() };
    let name = script_name(&program.arguments).unwrap_or_else(|| "start".to_owned());
    let (mut found, mut known) = (Vec::new(), HashSet::new());
    if let Some(package) = Package::read(scene, cwd) {
        package.interpreted(&name, &mut known, &mut found);
    }
    found
}

/// What `npm run build` in a RUN leaves below its folder, as package.json tells; `None` for other commands.
pub fn script_writes(scene: &Scene<'_>, ran: &Ran) -> Option<Writes> {
    let name = runs_script(ran)?;
    let package = Package::read(scene, ran.cwd.text()?)?;
    let all = [format!("pre{name}"), name].into_iter().filter(|name| package.script(name).is_some());
    let mut quiet = HashSet::new();
    let worst = all.map(|name| package.writes(&name, DEPTH, &mut quiet)).find(|writes| *writes == Writes::Unknown);
    Some(worst.unwrap_or(Writes::Output)).filter(|_| package.script(&runs_script(ran).unwrap_or_default()).is_some())
}

/// The scripts of the package.json in a folder that an install of its packages runs (npm's "Life Cycle Scripts").
pub fn install_scripts(scene: &Scene<'_>, index: usize, folder: &str) -> Vec<String> {
    let file = scene.file_before(index, &value::join(folder, "package.json"));
    let package = file.and_then(|file| serde_json::from_slice(&file.text).ok()).map(|json| Package { json });
    let scripts =
        package.iter().flat_map(|package| words::INSTALL_SCRIPTS.iter().filter_map(|name| package.script(name)));
    scripts.map(str::to_owned).collect()
}
