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
    pub(super) fn new(shown: &str, text: &[u8], language: &'static Language, started: bool) -> Self {
        let lines = lines(&String::from_utf8_lossy(text), &language.shows);
        let brings = |line: &&Line| language.shows.imports.iter().any(|word| call::holds(&line.text, word));
        let words = lines.iter().filter(brings).flat_map(|line| line.text.split(|letter| !is_word(letter)));
        let imports = words.map(str::to_owned).collect();
        Self { shown: shown.to_owned(), language, lines, started, imports }
    }

    /// The name under which other files bring it in.
    fn module(&self) -> &str {
        let mut parts = self.shown.rsplit('/');
        let name = parts.next().unwrap_or("");
        let stem = name.split('.').next().unwrap_or("");
        if matches!(stem, "index" | "__init__") { parts.next().unwrap_or("") } else { stem }
    }

    /// A line of it for people: `app.py:7`.
    pub(super) fn place(&self, line: usize) -> String {
        match self.shown.starts_with("line ") {
            true => format!("the file of {}", self.shown),
            false => format!("{}:{line}", self.shown),
        }
    }
}

/// The files that the command starts, those of their folders behind them; every one once.
pub(in crate::model) fn files(scene: &Scene<'_>) -> Vec<File> {
    let mut found = Found { files: Vec::new(), known: HashSet::new(), bytes: 0, names: 0 };
    let mut folders = Vec::new();
    for Start { language, place, file, runs } in starts(scene) {
        if found.known.insert(file.shown.clone()) {
            found.bytes += file.text.len();
            found.files.push(File::new(&file.shown, &file.text, language, runs));
            let image = place.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
            let folder = file.shown.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
            if !file.shown.starts_with("line ") {
                folders.push((language, image, folder));
            }
        }
    }
    let first = found.files.len();
    if first == 0 {
        return compiled::file(scene).into_iter().collect();
    }
    for (language, image, folder) in folders {
        found.add(scene, language, &image, &folder, 0);
    }
    brought(found.files, first)
}

/// The first files, and of the others those that they bring in, directly or by each other: what nothing names may be a tool
/// of the project's developers.
fn brought(mut files: Vec<File>, first: usize) -> Vec<File> {
    let mut others = files.split_off(first);
    let mut at = 0;
    while at < files.len() {
        let (more, left) =
            others.into_iter().partition(|file| files.get(at).is_some_and(|by| by.imports.contains(file.module())));
        others = left;
        files.extend::<Vec<File>>(more);
        at += 1;
    }
    files
}

struct Found {
    files: Vec<File>,
    known: HashSet<String>,
    bytes: usize,
    names: usize,
}

impl Found {
    /// Adds the source of a folder of the project, as far as copies bring it to the folder `image`.
    fn add(&mut self, scene: &Scene<'_>, language: &'static Language, image: &str, folder: &str, depth: usize) {
        for name in scene.files.list(folder).iter() {
            self.names += 1;
            if self.names > NAMES || self.files.len() >= FILES || self.bytes >= BYTES {
                return;
            }
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let place = format!("{image}/{name}");
            match scene.files.entry(&path) {
                Entry::Folder if depth < DEPTH && !SKIPPED.contains(&name.as_str()) => {
                    self.add(scene, language, &place, &path, depth + 1);
                }
                Entry::File { .. } if language.is_source(name) && !language.is_test(name) => {
                    let file = Some(&path).filter(|path| !self.known.contains(*path)).and_then(|_| scene.file(&place));
                    if let Some(file) = file.filter(|file| file.shown == path) {
                        self.known.insert(path);
                        self.bytes += file.text.len();
                        self.files.push(File::new(&file.shown, &file.text, language, false));
                    }
                }
                _ => {}
            }
        }
    }
}

/// A file that an interpreter starts, or that a server loads as a module.
struct Start {
    language: &'static Language,
    /// Its path in the image.
    place: String,
    file: ImageFile,
    runs: bool,
}

fn starts(scene: &Scene<'_>) -> Vec<Start> {
    let mut found = Vec::new();
    for program in start::all(scene) {
        found.extend(by_argument(scene, &program.name, &program.arguments));
        found.extend(by_shebang(scene, program));
        for (name, arguments) in tool::interpreted(scene, program) {
            found.extend(by_argument(scene, &name, &arguments));
        }
    }
    found
}

/// The file that a program with these arguments runs or loads.
fn by_argument(scene: &Scene<'_>, name: &str, arguments: &[Option<String>]) -> Option<Start> {
    let mut languages = facts::languages().iter();
    let language = languages.find(|it| it.is_run_by(name) || it.shows.loaders.contains(&name))?;
    let cwd = scene.model.process_folder(scene.stage);
    let cwd = cwd.text()?;
    let first = |candidates: Vec<String>, runs: bool| {
        let found = candidates.into_iter().find_map(|place| Some((scene.file(&place)?, place)));
        found.map(|(file, place)| Start { language, place, file, runs })
    };
    let module = |text: &str, runs: bool| {
        let path = value::join(cwd, &text.replace('.', "/"));
        first(vec![format!("{path}.py"), format!("{path}/__main__.py"), format!("{path}/__init__.py")], runs)
    };
    if !language.is_run_by(name) {
        return arguments.iter().flatten().find_map(|word| {
            let (path, _) = word.split_once(':').filter(|_| !word.starts_with('-') && !word.contains('/'))?;
            module(path, false)
        });
    }
    let mut words = arguments.iter().map(Option::as_deref);
    while let Some(word) = words.next() {
        let word = word?;
        if word == "-m" && language.is_source("__main__.py") {
            return module(words.next()??, true);
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

/// A file with `#!` that is run by its own name.
fn by_shebang(scene: &Scene<'_>, program: &Program) -> Option<Start> {
    let language = facts::languages().iter().find(|language| language.is_source(&program.name))?;
    let places = scene.places(&program.path).into_iter();
    let (file, place) = places.into_iter().find_map(|place| Some((scene.file(&place)?, place)))?;
    let first = String::from_utf8_lossy(file.text.split(|byte| *byte == b'\n').next()?).into_owned();
    let words = first.strip_prefix("#!")?.split(['/', ' ', '\r']);
    words.into_iter().any(|word| language.is_run_by(word)).then_some(Start { language, place, file, runs: true })
}
