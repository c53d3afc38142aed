//! Whether what is built or copied writes files at all.

use super::{BYTES, FILES};
use crate::context::Entry;
use crate::facts::{self, ProgramRole, Writes};
use crate::model::entry::Program;
use crate::model::hazard::Scene;
use crate::model::{Base, start};
use crate::syntax::Keyword;

/// Whether all source of the program lies in the build context, and none of it names a call that writes files. Files
/// that lie in the folders of tests do not count.
pub fn writes_nothing(scene: &Scene<'_>) -> bool {
    if serves_only(scene) {
        return true;
    }
    // Where no list of calls is whole, nothing is vouched for.
    let Some(language) = language(scene).filter(|language| !language.writes.is_empty()) else { return false };
    let Some(folders) = folders(scene) else { return false };
    let mut found = Found { files: 0, bytes: 0, main: false, writes: false };
    for folder in &folders {
        if !look(scene, folder, language, &mut found, 0) {
            return false;
        }
    }
    found.main && !found.writes
}

/// Whether all that is started is a server that only reads, beside commands that write nothing but what they name; programs
/// of the project that it runs for a request may do more.
fn serves_only(scene: &Scene<'_>) -> bool {
    let all = start::all(scene);
    let quiet = |program: &Program| {
        let wraps = facts::command(&program.name).is_some_and(|known| known.role == ProgramRole::Wrapper);
        let writes = facts::writes(&program.name, "");
        wraps || matches!(writes, Writes::Nothing | Writes::Named) || start::is_read(scene, program)
    };
    let others = all.iter().filter(|program| !start::is_applet(program));
    if !all.iter().any(start::is_applet) || others.into_iter().any(|program| !quiet(program)) {
        return false;
    }
    let join = |folder: &String| if folder.is_empty() { PROGRAMS.to_owned() } else { format!("{folder}/{PROGRAMS}") };
    folders(scene).is_some_and(|folders| folders.iter().all(|folder| scene.files.entry(&join(folder)) == Entry::Absent))
}

/// The folder whose files it runs (BusyBox networking/httpd.c).
const PROGRAMS: &str = "cgi-bin";

struct Found {
    files: usize,
    bytes: usize,
    main: bool,
    writes: bool,
}

/// The language of the one program: an interpreter's, or the compiler's that a stage runs.
pub(super) fn language(scene: &Scene<'_>) -> Option<&'static facts::Language> {
    let all = start::all(scene);
    let interprets = |name: &str| facts::command(name).is_some_and(|known| known.role == ProgramRole::Interpreter);
    let interpreters =
        all.iter().map(|program| program.name.as_str()).filter(|name| interprets(name) && !name.ends_with("sh"));
    let mut names: Vec<String> = interpreters.map(str::to_owned).collect();
    let compiled = names.is_empty();
    if compiled && all.len() != 1 {
        return None;
    }
    if compiled {
        for index in 0..scene.model.tree.instructions.len() {
            let Some(stage) = scene.model.stage_of(index).filter(|_| scene.model.keyword(index) == Keyword::Run) else {
                continue;
            };
            names.extend(scene.model.commands(stage, index).list.iter().map(|ran| ran.name.clone()));
        }
    }
    let bases = scene.model.stages.iter().filter_map(|stage| match &stage.base {
        Base::Image { facts: Some(facts), .. } if compiled => Some(facts.id),
        _ => None,
    });
    let bases: Vec<&str> = bases.collect();
    facts::languages().iter().find(|language| {
        names.iter().any(|name| language.is_run_by(name)) || language.images.iter().any(|image| bases.contains(image))
    })
}

/// What all stages copy from the context, as paths of the project.
pub(super) fn folders(scene: &Scene<'_>) -> Option<Vec<String>> {
    let model = scene.model;
    let mut found = Vec::new();
    for index in 0..model.tree.instructions.len() {
        let Some(instruction) = model.instruction(index) else { continue };
        let copies = matches!(instruction.keyword, Keyword::Copy | Keyword::Add);
        if !copies || instruction.flag("from").is_some() {
            continue;
        }
        for source in start::sources(scene, index) {
            found.push(scene.in_context(source.trim_start_matches('/'))?);
        }
    }
    found.sort();
    found.dedup();
    // `COPY . .` holds all others.
    let all = found.clone();
    let inner = |path: &String| {
        all.iter().any(|other| other != path && (other.is_empty() || path.starts_with(&format!("{other}/"))))
    };
    found.retain(|path| !inner(path));
    (!found.is_empty()).then_some(found)
}

/// Reads a file or folder; `false` when something cannot be read or there is too much of it.
fn look(scene: &Scene<'_>, path: &str, language: &facts::Language, found: &mut Found, depth: usize) -> bool {
    const SKIPPED: [&str; 8] = [".git", "node_modules", "vendor", "test", "tests", "testdata", "docs", "examples"];
    match scene.files.entry(path) {
        Entry::Folder => scene.files.list(path).iter().all(|name| {
            let inner = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            SKIPPED.contains(&name.as_str()) || (depth < 12 && look(scene, &inner, language, found, depth + 1))
        }),
        Entry::File { .. } => {
            let name = path.rsplit('/').next().unwrap_or("");
            let is_source = language.is_source(name);
            let manifest = language.manifests.contains(&name);
            if language.is_test(name) || !(is_source || manifest) {
                return true;
            }
            let Some(text) = scene.files.read(path) else { return false };
            found.files += 1;
            found.bytes += text.len();
            let text = String::from_utf8_lossy(&text);
            found.main |= is_source && (language.main.is_empty() || text.contains(language.main));
            let marks = if is_source { language.writes } else { language.libraries };
            found.writes |= marks.iter().any(|mark| text.contains(mark));
            found.files < FILES && found.bytes < BYTES && !found.writes
        }
        // What a pattern or a build brings cannot be looked at.
        _ => path.contains('*'),
    }
}
