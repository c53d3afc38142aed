//! Programs that the project itself makes: console scripts of its Python package, commands of its Node package.

use crate::model::entry::Program;
use crate::model::hazard::Scene;
use crate::model::script::shebang_is_shell;
use crate::model::value;
use crate::source::Span;
use crate::syntax::{Args, Keyword};

/// Whether the project's own manifest declares the program, and a step of the build installs the project.
pub(super) fn is_own(scene: &Scene<'_>, name: &str) -> bool {
    let manifest = |file: &str| {
        let text = scene.in_context(file).and_then(|path| scene.files.read(&path))?;
        Some(String::from_utf8_lossy(&text).into_owned())
    };
    let python = manifest("pyproject.toml").is_some_and(|text| {
        let scripts = ["[project.scripts]", "[tool.poetry.scripts]"];
        scripts.iter().any(|table| keys(&text, table).any(|key| key == name))
    });
    let setup = ["setup.py", "setup.cfg"].into_iter().filter_map(manifest).any(|text| {
        let entry = |line: &str| {
            let line = line.trim().trim_start_matches(['"', '\'', '[']);
            line.split_once('=').is_some_and(|(key, rest)| key.trim() == name && rest.contains(':'))
        };
        text.contains("console_scripts") && text.lines().flat_map(|line| line.split("[\"")).any(entry)
    });
    (python || setup) && installs(scene)
}

/// The keys of a TOML table, as far as a line each tells.
fn keys<'t>(text: &'t str, table: &'t str) -> impl Iterator<Item = &'t str> {
    let lines = text.lines().map(str::trim).skip_while(move |line| *line != table).skip(1);
    let inside = lines.take_while(|line| !line.starts_with('['));
    inside.filter_map(|line| line.split_once('=')).map(|(key, _)| key.trim().trim_matches(['"', '\'']))
}

/// Whether a RUN of the file installs the project: `pip install .`, `uv sync`, `poetry install`.
fn installs(scene: &Scene<'_>) -> bool {
    let model = scene.model;
    (0..model.tree.instructions.len()).filter(|index| model.keyword(*index) == Keyword::Run).any(|index| {
        let Some(stage) = model.stage_of(index) else { return false };
        model.commands(stage, index).list.iter().any(|ran| {
            let words: Vec<&str> = ran.arguments.iter().flatten().map(String::as_str).collect();
            let here = words.iter().any(|word| matches!(*word, "." | "./") || word.starts_with(".["));
            let name = ran.name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
            match name {
                "pip" => words.contains(&"install") && here,
                "uv" => words.contains(&"sync") || (words.contains(&"install") && here),
                "poetry" | "pdm" => words.contains(&"install"),
                "python" => words.contains(&"install") && (here || words.contains(&"setup.py")),
                _ => false,
            }
        })
    })
}

/// Shell scripts that copies put into a folder of PATH one by one, and no step of the build runs.
pub(super) fn on_path(scene: &Scene<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for copy in scene.model.owners(scene.stage).copies {
        let Some(to) = copy.destination.as_deref() else { continue };
        for source in sources(scene, copy.instruction) {
            let name = source.rsplit('/').next().unwrap_or("");
            let path = if copy.into { value::join(to, name) } else { to.to_owned() };
            let name = path.rsplit('/').next().unwrap_or("").to_owned();
            let runs = |index: usize| {
                scene.model.keyword(index) == Keyword::Run && scene.text(index).contains(&format!("{name} "))
            };
            let used = scene.model.lineage(scene.stage).into_iter().any(|(_, index)| runs(index));
            let script = || scene.file(&path).is_some_and(|file| shebang_is_shell(&file.text));
            if !name.is_empty() && !used && scene.places(&name).contains(&path) && script() {
                found.push(path);
            }
        }
    }
    found
}

/// The program that a file of the image is when it is run by its name.
pub(super) fn program(scene: &Scene<'_>, path: &str) -> Program {
    let from = scene.from();
    let span = scene.model.instruction(from).map_or(Span::new(0, 0), |from| from.span);
    let name = path.rsplit('/').next().unwrap_or("").to_owned();
    let at = (scene.stage, from);
    Program { name, path: path.to_owned(), at, span, ..Program::default() }
}

/// The sources of a copy, as absolute paths of their context or stage.
pub fn sources(scene: &Scene<'_>, index: usize) -> Vec<String> {
    let Some(stage) = scene.model.stage_of(index) else { return Vec::new() };
    let Some(Args::Copy { sources, .. }) = scene.model.instruction(index).map(|found| &found.args) else {
        return Vec::new();
    };
    let values = sources.iter().map(|source| scene.model.expand(stage, index, &source.text));
    values.filter_map(|value| value.text().map(|text| value::join("/", text.trim_start_matches('/')))).collect()
}
