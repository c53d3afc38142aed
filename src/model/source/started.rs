//! The source files that the container's command starts, and those of their folders.

use std::collections::HashSet;

use super::line::{Line, is_word, lines};
use super::{BYTES, FILES, call, compiled};
use crate::context::Entry;
use crate::facts::{self, Language};
use crate::model::entry::Program;
use crate::model::file::ImageFile;
use crate::model::hazard::Scene;
use crate::model::start::{self, tool};
use crate::model::value;

/// Most names in folders that are looked at.
const NAMES: usize = 4000;
const DEPTH: usize = 12;

/// Folders that hold no part of what runs.
const SKIPPED: [&str; 18] = [
    ".git",
    ".github",
    ".venv",
    "__pycache__",
    "__tests__",
    "benchmarks",
    "docs",
    "e2e",
    "examples",
    "migrations",
    "node_modules",
    "script",
    "scripts",
    "test",
    "testdata",
    "tests",
    "tools",
    "vendor",
];

/// A file of the image that holds source.
pub(in crate::model) struct File {
    /// What it is called for people.
    shown: String,
    /// Its path in the image, where it lies there as it is.
    place: Option<String>,
    /// Its language.
    pub(super) language: &'static Language,
    /// Its code.
    pub(super) lines: Vec<Line>,
    /// Whether an interpreter starts it, so that what stands at its outermost level happens.
    pub(super) started: bool,
    /// Words of its lines that bring in other files.
    imports: HashSet<String>,
}

impl File {
    pub(super) fn new(
        shown: &str,
        place: Option<&str>,
        text: &[u8],
        language: &'static Language,
        started: bool,
    ) -> Self {
        let lines = lines(&String::from_utf8_lossy(text), &language.shows);
        let brought = call::prepared(language.shows.imports);
        let brings = |line: &&Line| brought.iter().any(|word| call::holds(&line.text, word));
        let words = lines.iter().filter(brings).flat_map(|line| line.text.split(|letter| !is_word(letter)));
        let imports = words.map(str::to_owned).collect();
        Self { shown: shown.to_owned(), place: place.map(str::to_owned), language, lines, started, imports }
    }

    /// The folder of the image that it lies in.
    pub(super) fn folder(&self) -> Option<String> {
        let (folder, _) = self.place.as_deref()?.rsplit_once('/')?;
        Some(if folder.is_empty() { "/".to_owned() } else { folder.to_owned() })
    }

    /// A line of it for people: `app.py:7`.
    pub(super) fn place(&self, line: usize) -> String {
        match self.shown.starts_with("line ") {
            true if self.place.is_none() => format!("the code on {}", self.shown),
            true => format!("the file of {}", self.shown),
            false => format!("{}:{line}", self.shown),
        }
    }
}

/// The files that the command starts, and of their folders those that they bring in, directly or by each other: what nothing
/// names may be a tool of the project's developers. Every one is read once.
pub(in crate::model) fn files(scene: &Scene<'_>) -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    let mut beside = Beside { files: Vec::new(), names: 0 };
    let mut bytes = 0;
    for Start { language, place, file, runs } in starts(scene) {
        if place.is_some() && files.iter().any(|known| known.shown == file.shown) {
            continue;
        }
        bytes += file.text.len();
        files.push(File::new(&file.shown, place.as_deref(), &file.text, language, runs));
        if let Some(place) = place.filter(|_| !file.shown.starts_with("line ")) {
            let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
            beside.add(scene, language, &folder(&place), &folder(&file.shown), 0);
        }
    }
    if files.is_empty() {
        return compiled::file(scene).into_iter().collect();
    }
    for file in &mut files {
        file.imports.extend(by_variable(scene, file.language));
    }
    let mut at = 0;
    while let Some(by) = files.get(at) {
        let (named, left): (Vec<Other>, Vec<Other>) =
            beside.files.into_iter().partition(|file| by.imports.contains(module(&file.path)));
        beside.files = left;
        for Other { language, place, path } in named {
            if files.len() >= FILES || bytes >= BYTES {
                return files;
            }
            let file = scene.file(&place).filter(|file| file.shown == path);
            if let Some(file) = file.filter(|_| files.iter().all(|known| known.shown != path)) {
                bytes += file.text.len();
                files.push(File::new(&path, Some(&place), &file.text, language, false));
            }
        }
        at += 1;
    }
    files
}

/// Names of modules that a variable of the image holds, where the language loads what that variable names.
fn by_variable(scene: &Scene<'_>, language: &Language) -> Vec<String> {
    let values = language.shows.imports.iter().filter_map(|word| {
        let value = scene.model.environment(scene.stage, usize::MAX, word);
        value.text().map(str::to_owned)
    });
    values.flat_map(|value| value.split('.').map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// The name under which other files bring in the one at a path.
fn module(path: &str) -> &str {
    let mut parts = path.rsplit('/');
    let stem = parts.next().and_then(|name| name.split('.').next()).unwrap_or("");
    if matches!(stem, "index" | "__init__") { parts.next().unwrap_or("") } else { stem }
}

/// Source that lies in the folder of a file that is started, or below.
struct Beside {
    files: Vec<Other>,
    names: usize,
}

struct Other {
    language: &'static Language,
    /// Where it lies in the image if a copy brings it.
    place: String,
    /// Its path in the project.
    path: String,
}

impl Beside {
    /// Adds the source of a folder of the project that copies may bring to the folder `image`.
    fn add(&mut self, scene: &Scene<'_>, language: &'static Language, image: &str, folder: &str, depth: usize) {
        for name in scene.files.list(folder).iter() {
            self.names += 1;
            if self.names > NAMES {
                return;
            }
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let place = format!("{image}/{name}");
            match scene.files.entry(&path) {
                Entry::Folder if depth < DEPTH && !SKIPPED.contains(&name.as_str()) => {
                    self.add(scene, language, &place, &path, depth + 1);
                }
                Entry::File { .. } if language.is_source(name) && !language.is_test(name) => {
                    self.files.push(Other { language, place, path });
                }
                _ => {}
            }
        }
    }
}

/// A file that an interpreter starts, or that a server loads as a module.
struct Start {
    language: &'static Language,
    /// Its path in the image; `None` for code that stands in the command.
    place: Option<String>,
    file: ImageFile,
    runs: bool,
}

fn starts(scene: &Scene<'_>) -> Vec<Start> {
    let mut found = Vec::new();
    let health = start::health(scene);
    for program in start::all(scene).iter().chain(&health) {
        found.extend(by_argument(scene, program.at.1, &program.name, &program.arguments));
        found.extend(by_loader(scene, &program.name, &program.arguments));
        found.extend(by_shebang(scene, program));
        for (name, arguments) in tool::interpreted(scene, program) {
            found.extend(by_argument(scene, program.at.1, &name, &arguments));
        }
    }
    found
}

/// The file, or the code, that a program with these arguments runs or loads; the instruction `at` starts it.
fn by_argument(scene: &Scene<'_>, at: usize, name: &str, arguments: &[Option<String>]) -> Option<Start> {
    let mut languages = facts::languages().iter();
    let language = languages.find(|it| it.is_run_by(name) || it.shows.loaders.contains(&name))?;
    let cwd = scene.model.process_folder(scene.stage);
    let cwd = cwd.text()?;
    let first = |candidates: Vec<String>, runs: bool| {
        let found = candidates.into_iter().find_map(|place| Some((scene.file(&place)?, place)));
        found.map(|(file, place)| Start { language, place: Some(place), file, runs })
    };
    let module = |text: &str, runs: bool| {
        let path = value::join(cwd, &text.replace('.', "/"));
        first(vec![format!("{path}.py"), format!("{path}/__main__.py"), format!("{path}/__init__.py")], runs)
    };
    if !language.is_run_by(name) {
        let words: Vec<&str> = arguments.iter().flatten().map(String::as_str).collect();
        let behind = |at: usize| at.checked_sub(1).and_then(|at| words.get(at));
        return words.iter().enumerate().find_map(|(at, word)| {
            let loads = language.shows.loads;
            if behind(at).is_some_and(|option| loads.contains(option)) && !word.contains(['/', ':']) {
                return module(word, false);
            }
            // `shop.wsgi` alone means its `application`.
            let path = word.split_once(':').map_or(*word, |(path, _)| path);
            let named = !word.starts_with('-') && !word.contains('/') && path.chars().any(char::is_alphabetic);
            Some(path).filter(|_| named).and_then(|path| module(path, false))
        });
    }
    let mut words = arguments.iter().map(Option::as_deref);
    while let Some(word) = words.next() {
        let word = word?;
        if word == "-m" && language.is_source("__main__.py") {
            return module(words.next()??, true);
        }
        if language.shows.codes.contains(&word) {
            let text = words.next()??.as_bytes().to_vec();
            let file = ImageFile { shown: format!("line {}", scene.model.line(at)), text, copy: at };
            return Some(Start { language, place: None, file, runs: true });
        }
        if language.shows.options.contains(&word) {
            words.next();
        } else if !word.starts_with('-') && !language.shows.verbs.contains(&word) {
            let path = value::join(cwd, word);
            let mut candidates: Vec<String> =
                Some(path.clone()).filter(|path| language.is_source(path)).into_iter().collect();
            candidates.extend(language.endings.iter().map(|ending| format!("{path}{ending}")));
            candidates.extend(language.endings.iter().map(|ending| format!("{path}/index{ending}")));
            return first(candidates, true);
        }
    }
    None
}

/// Files that a loader runs besides what it loads: those of its working folder, and those that an option names.
fn by_loader(scene: &Scene<'_>, name: &str, arguments: &[Option<String>]) -> Vec<Start> {
    let language = facts::languages().iter().find(|language| language.shows.loaders.contains(&name));
    let cwd = scene.model.process_folder(scene.stage);
    let (Some(language), Some(cwd)) = (language, cwd.text()) else { return Vec::new() };
    let named = arguments.iter().flatten().filter_map(|word| {
        let word = word.rsplit_once('=').map_or(word.as_str(), |(_, path)| path);
        Some(word.strip_prefix("file:").unwrap_or(word)).filter(|word| language.is_source(word))
    });
    let paths = language.shows.settings.iter().copied().chain(named).map(|path| value::join(cwd, path));
    paths
        .filter_map(|place| Some(Start { language, file: scene.file(&place)?, place: Some(place), runs: true }))
        .collect()
}

/// A file with `#!` that is run by its own name.
fn by_shebang(scene: &Scene<'_>, program: &Program) -> Option<Start> {
    let language = facts::languages().iter().find(|language| language.is_source(&program.name))?;
    let places = scene.places(&program.path).into_iter();
    let (file, place) = places.into_iter().find_map(|place| Some((scene.file(&place)?, place)))?;
    let first = String::from_utf8_lossy(file.text.split(|byte| *byte == b'\n').next()?).into_owned();
    let words = first.strip_prefix("#!")?.split(['/', ' ', '\r']);
    let start = Start { language, place: Some(place), file, runs: true };
    words.into_iter().any(|word| language.is_run_by(word)).then_some(start)
}
