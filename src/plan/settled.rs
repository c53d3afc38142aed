//! What steps of the build leave in the app's folder where files of the project tell more than the Dockerfile.

use super::uses::{self, Used};
use crate::facts::{self, Writes};
use crate::model::command::Ran;
use crate::model::hazard::Scene;
use crate::model::start::{makefile, tool};
use crate::model::value;

/// RUNs that start a script of the project which names the folder, by its path or by an ENV that holds it.
pub(super) fn scripts<'d>(scene: &'d Scene<'_>, folder: &str) -> impl Iterator<Item = Used> + 'd {
    let model = scene.model;
    let named = model.environments(scene.stage).into_iter();
    let mut marks: Vec<String> = named
        .filter(|(name, _, value)| {
            name != "PATH" && value.text().is_some_and(|path| path.len() > 1 && value::within(path, folder))
        })
        .flat_map(|(name, _, _)| [format!("${name}"), format!("${{{name}}}")])
        .collect();
    marks.push(folder.to_owned());
    let runs = model.runs(scene.stage);
    runs.filter(move |(stage, index)| {
        model.commands(*stage, *index).list.iter().any(|ran| {
            let file = Some(&ran.full).filter(|full| full.starts_with('/')).and_then(|full| scene.file(full));
            let text = file.map(|file| String::from_utf8_lossy(&file.text).into_owned());
            text.is_some_and(|text| marks.iter().any(|mark| text.contains(mark.as_str())))
        })
    })
    .map(|(_, at)| Used { at, opaque: true, installs: false, writes: true })
}

/// What a command leaves in its folder where files of the project tell more than its name.
pub(super) fn settled(scene: &Scene<'_>, ran: &Ran, folder: &str) -> Option<Writes> {
    let told = tool::script_writes(scene, ran).or_else(|| makefile::target_writes(scene, ran));
    // `. venv/bin/activate` sets variables only.
    let activates = matches!(ran.name.as_str(), "." | "source")
        && ran.arguments.first().and_then(Option::as_deref).is_some_and(|path| path.ends_with("/bin/activate"));
    // `php composer.phar install` is `composer install`.
    let archive = ran.arguments.first().and_then(Option::as_deref).and_then(|path| path.strip_suffix(".phar"));
    let archived = archive.map(|path| {
        let verb = ran.operands().nth(1).and_then(|(_, text)| text).unwrap_or("");
        facts::writes(path.rsplit('/').next().unwrap_or(path), verb)
    });
    // `python -m pip install` is `pip install`.
    let words: Vec<&str> = ran.operands().filter_map(|(_, text)| text).collect();
    let module = match (ran.arguments.first().and_then(Option::as_deref), words.as_slice()) {
        (Some("-m"), [module @ ("pip" | "pip3"), verb, ..]) => Some(facts::writes(module, verb)),
        _ => None,
    };
    told.or_else(|| bundled(scene, ran))
        .or(module)
        .or_else(|| leaves_unnamed(ran, folder).then_some(Writes::Unknown))
        .or(archived)
        .or_else(|| uses::environment(ran, folder))
        .or(activates.then_some(Writes::Nothing))
}

/// Whether a command makes something in the folder that cannot be handed over by name: behind a condition, in a loop, at
/// the end of a pipe.
fn leaves_unnamed(ran: &Ran, folder: &str) -> bool {
    // In `(cd data && mkdir out)` and the like the folder may be any below this one.
    let here = ran.cwd.text().is_none_or(|cwd| value::within(cwd, folder));
    let inside = |text: Option<&str>| match ran.placed(text) {
        Some(path) => path != folder && value::within(&path, folder),
        None => here,
    };
    match ran.name.as_str() {
        "mkdir" | "touch" => {
            // A name that cannot be known is one that nothing hands over.
            let relative = |text: Option<&str>| text.is_none_or(|text| !text.starts_with('/'));
            let unknown = here && ran.operands().any(|(_, text)| ran.placed(text).is_none() && relative(text));
            unknown || ran.conditional && ran.operands().any(|(_, text)| inside(text))
        }
        "tee" | "truncate" => ran.conditional && ran.operands().any(|(_, text)| inside(text)),
        "cp" => ran.conditional && ran.named().into_iter().any(|path| inside(path.as_deref())),
        _ => false,
    }
}

/// Bundler installs below the app's folder where it is told to, else into the system.
fn bundled(scene: &Scene<'_>, ran: &Ran) -> Option<Writes> {
    let installs = ran.arguments.first().and_then(Option::as_deref).is_some_and(|word| word == "install");
    let told = |(_, index): &(usize, usize)| {
        let text = scene.text(*index);
        text.contains("bundle")
            && ["deployment", "set path", "set --local path", "--path"].iter().any(|mark| text.contains(mark))
    };
    (ran.name == "bundle" && installs && scene.model.lineage(scene.stage).iter().any(told)).then_some(Writes::Cwd)
}
