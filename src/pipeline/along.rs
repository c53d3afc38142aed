//! Other files of the project that change along with a Dockerfile, and who else uses them.

use super::place;
use crate::Dockerfile;
use crate::context::{Files, Overlay, matches};
use crate::edit::{self, Edit};
use crate::model::Model;
use crate::model::hazard::Scene;
use crate::model::value;
use crate::options::Options;
use crate::plan::{Along, Moved, Plan};
use crate::proof::{self, Other};
use crate::report::{self, Companion};
use crate::source::Lines;
use crate::syntax::{self, Args, Keyword};

/// The files that a plan changes besides the Dockerfile.
pub(super) fn others(plan: &Plan, files: &dyn Files) -> Result<Vec<Other>, String> {
    let mut paths: Vec<&String> = plan.along.iter().map(|along| &along.path).collect();
    paths.sort();
    paths.dedup();
    let one = |path: &String| {
        let before = files.read(path).ok_or_else(|| format!("{path} cannot be read"))?;
        let of_it = plan.along.iter().filter(|along| along.path == *path);
        let mut edits: Vec<Edit> = of_it.map(|along| Edit::replace(along.span, along.text.clone())).collect();
        edits.dedup();
        let after = edit::apply(&before, &edits).map_err(|error| format!("{path}: {error}"))?;
        Ok(Other { path: path.clone(), before, after })
    };
    paths.into_iter().map(one).collect()
}

/// Whether a plan's moves of ports hold in the result as a whole, with the files that change along.
pub(super) fn prove(
    result: &Model<'_>,
    plan: &Plan,
    dockerfile: &Dockerfile,
    files: &dyn Files,
    options: &Options,
) -> Result<(), String> {
    if plan.moved.is_empty() && plan.along.is_empty() {
        return Ok(());
    }
    let others = others(plan, files)?;
    let says = result.server(plan.stage).map(|server| &server.says);
    proof::along(plan, &others, says).map_err(|violation| violation.to_string())?;
    let files = Overlay::new(files, others.into_iter().map(|other| (other.path, other.after)));
    let context = place::context(result, plan.stage, dockerfile, &files, options);
    let programs = result.programs(plan.stage);
    let scene = Scene::new(result, plan.stage, &programs, &files, context.as_deref(), dockerfile.path.as_deref());
    proof::ports(plan, &scene).map_err(|violation| violation.to_string())?;
    match options.kubernetes {
        true => proof::clustered(plan, &scene, options).map_err(|violation| violation.to_string()),
        false => Ok(()),
    }
}

/// The files that a plan changes along, as they are reported.
pub(super) fn companions(plan: &Plan, dockerfile: &Dockerfile, files: &dyn Files) -> Vec<Companion> {
    let one = |other: Other| {
        // What others ask it on is theirs, and may differ for each that they ask.
        let asks = plan.along.iter().filter(|along| along.path == other.path).all(|along| along.asks);
        let used_by = if asks { Vec::new() } else { users(&other.path, dockerfile, files) };
        let used_by = used_by.iter().map(|path| shown(dockerfile, path)).collect();
        Companion { path: shown(dockerfile, &other.path), before: other.before, after: other.after, used_by }
    };
    others(plan, files).unwrap_or_default().into_iter().map(one).collect()
}

/// `path:line` of every place of another file where a port moves.
pub(super) fn places(plan: &Plan, moved: &Moved, dockerfile: &Dockerfile, files: &dyn Files) -> Vec<String> {
    let to = moved.to.to_string();
    let says =
        |along: &&Along| along.adds.is_empty() && along.text.split(|c: char| !c.is_ascii_digit()).any(|it| it == to);
    let of_it = plan.along.iter().filter(says);
    let place = |along: &Along| {
        let text = files.read(&along.path).unwrap_or_default();
        let line = Lines::new(&text).position(along.span.start).line;
        format!("{}:{line}", report::text::shown(&shown(dockerfile, &along.path)))
    };
    let mut places: Vec<String> = of_it.map(place).collect();
    places.dedup();
    places
}

/// A path of the project relative to the current folder, as the Dockerfile's own is shown.
pub(super) fn shown(dockerfile: &Dockerfile, path: &str) -> Vec<u8> {
    let own = dockerfile.path.as_deref().unwrap_or_default();
    let told = dockerfile.shown.as_slice();
    if let Some(folder) = told.strip_suffix(own.as_bytes()) {
        return [folder, path.as_bytes()].concat();
    }
    // The current folder lies below the project's root.
    let below = own.as_bytes().strip_suffix(told).unwrap_or_default();
    match path.as_bytes().strip_prefix(below) {
        Some(rest) => rest.to_vec(),
        None => {
            let up = below.iter().filter(|byte| **byte == b'/').count();
            [b"../".repeat(up).as_slice(), path.as_bytes()].concat()
        }
    }
}

/// The other Dockerfiles of the project that name a file, and whose copies may take it along, whatever folder they are
/// built in where that is not known.
fn users(file: &str, dockerfile: &Dockerfile, files: &dyn Files) -> Vec<String> {
    let own = dockerfile.path.as_deref();
    let survey = files.survey();
    let others = survey.builds.iter().map(|built| &built.path).filter(|path| own != Some(path.as_str()));
    others.filter(|path| copies(path, file, files)).cloned().collect()
}

fn copies(dockerfile: &str, file: &str, files: &dyn Files) -> bool {
    let Some(bytes) = files.read(dockerfile) else { return true };
    let name = file.rsplit('/').next().unwrap_or("");
    if !String::from_utf8_lossy(&bytes).contains(name) {
        return false;
    }
    let tree = syntax::parse(&bytes);
    let model = Model::new(&bytes, &tree);
    let indices =
        (0..tree.instructions.len()).filter(|index| matches!(model.keyword(*index), Keyword::Copy | Keyword::Add));
    let mut sources = indices.flat_map(|index| {
        let Some(found) = model.instruction(index).filter(|found| found.flag("from").is_none()) else {
            return Vec::new();
        };
        let Args::Copy { sources, .. } = &found.args else { return Vec::new() };
        let stage = model.stage_of(index).unwrap_or(0);
        sources.iter().map(|source| model.expand(stage, index, &source.text).text().map(str::to_owned)).collect()
    });
    let own = Dockerfile { shown: Vec::new(), path: Some(dockerfile.to_owned()), bytes: bytes.clone() };
    let last = model.stages.len().saturating_sub(1);
    let known = place::context(&model, last, &own, files, &Options::default());
    let folders = known.as_deref().map_or_else(|| place::folders(dockerfile), |known| vec![known]);
    sources.any(|source| {
        let Some(source) = source else { return true };
        folders.iter().any(|folder| {
            let path = value::join(&format!("/{folder}"), source.trim_start_matches('/'));
            let (above, last) = path.rsplit_once('/').unwrap_or(("", path.as_str()));
            let file = format!("/{file}");
            let pattern = last.contains(['*', '?', '[']) && value::within(&file, above) && matches(last, name);
            pattern || value::within(&file, &path)
        })
    })
}
