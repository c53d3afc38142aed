//! What gets out of root's home: every folder that moves, and every variable that is set, is one that the plan may ask
//! for, and nothing is left that looks for the old place.

use super::Case;
use crate::facts;
use crate::model::{Model, Value, value};
use crate::plan::home::{Relocated, Variable, harmless, mention, named_below, set, text_of};
use crate::plan::{Change, Place, listener};
use crate::syntax::{Args, Instruction, Keyword};

/// Where a path of the original lies in the result.
pub(super) fn path(case: &Case<'_>, path: &str) -> String {
    let moved = case.plan.relocated.iter().find_map(|moved| moved.path(path));
    moved.unwrap_or_else(|| path.to_owned())
}

/// Where a path of the result lay in the original.
pub(super) fn path_before(case: &Case<'_>, path: &str) -> String {
    let back = |moved: &Relocated| Relocated { from: moved.to.clone(), to: moved.from.clone() }.path(path);
    case.plan.relocated.iter().find_map(back).unwrap_or_else(|| path.to_owned())
}

/// A folder of the original's target, or of a stage on the way to it, as it is in the result.
pub(super) fn folder(case: &Case<'_>, folder: Value) -> Value {
    folder.map(|folder| path(case, &folder))
}

/// Whether a word of an instruction may become another because a folder moves: WORKDIR and the destination of a copy say
/// the folder itself, PATH names folders below it.
pub(super) fn is_word(case: &Case<'_>, found: &Instruction, span: crate::source::Span, text: &str) -> bool {
    let old = String::from_utf8_lossy(span.of(case.before.bytes)).into_owned();
    let place = match &found.args {
        Args::One(word) => found.keyword == Keyword::Workdir && word.span.contains(span),
        Args::Copy { destination, .. } => destination.span.contains(span),
        Args::Pairs(pairs) => {
            let path = pairs.iter().filter(|pair| pair.key.text == "PATH").filter_map(|pair| pair.value.as_ref());
            found.keyword == Keyword::Env && path.into_iter().any(|value| value.span.contains(span))
        }
        _ => false,
    };
    place && case.plan.relocated.iter().any(|moved| old == moved.from && text == moved.to)
}

/// The declared variables that an instruction of the original sees in the result.
pub(super) fn seen<'c>(case: &'c Case<'_>, stage: usize, index: usize) -> impl Iterator<Item = &'c Variable> {
    let below = case.before.chain(stage).contains(&case.plan.stage);
    case.plan.variables.iter().filter(move |variable| below && variable.above <= index)
}

/// Folders go from root's home to where nothing was; variables are those of the facts, unset and unnamed before.
pub(super) fn moved(case: &Case<'_>) -> Result<(), String> {
    let (plan, stage) = (case.plan, case.plan.stage);
    if (!plan.relocated.is_empty() || !plan.variables.is_empty()) && plan.identity.is_none() {
        return Err("something moves out of root's home, and root stays".to_owned());
    }
    if !(plan.relocated.is_empty() && plan.variables.is_empty()) && named_below(case.before, stage) {
        return Err("a stage below may copy from root's home".to_owned());
    }
    for moved in &plan.relocated {
        if !value::within(&moved.from, "/root") || value::within(&moved.to, "/root") {
            return Err(format!("{} may not become {}", moved.from, moved.to));
        }
        free(case, &moved.to)?;
        gone(case, &moved.from)?;
    }
    super::homed::homed(case)?;
    settings(case)?;
    for variable in &plan.variables {
        let mut known = facts::home_downloads().iter().filter_map(|download| download.moved_by);
        let along = |from: &str| plan.relocated.iter().any(|it| it.from == from && it.to == variable.value);
        if !known.any(|it| it.name == variable.name && (it.to == variable.value || along(it.from))) {
            return Err(format!("{}={} moves nothing that is known", variable.name, variable.value));
        }
        if case.before.keyword(variable.above) != Keyword::Run || case.before.stage_of(variable.above) != Some(stage) {
            return Err(format!("{} is set above no step of the target", variable.name));
        }
        let named = |(_, index): &(usize, usize)| text_of(case.before, *index).contains(variable.name.as_str());
        let set = case.before.variable(stage, usize::MAX, &variable.name) != Value::Unset;
        if set || case.before.lineage(stage).iter().any(named) {
            return Err(format!("{} means something already", variable.name));
        }
        if !plan.relocated.iter().any(|moved| moved.to == variable.value) {
            free(case, &variable.value)?;
        }
    }
    steps(case)
}

/// Blocks set nothing but declared variables and, beside USER, the home of the account where root's was named.
fn settings(case: &Case<'_>) -> Result<(), String> {
    let (plan, stage) = (case.plan, case.plan.stage);
    let home = plan.identity.as_ref().and_then(|identity| identity.home.as_ref());
    for change in &plan.changes {
        let Change::Block { env: Some(pair), place, user, .. } = change else { continue };
        let declared = |it: &Variable| *pair == format!("{}={}", it.name, it.value) && *place == Place::Above(it.above);
        let same = |pair: &str| {
            plan.home.is_some() && plan.home.as_ref() == home && home.is_some_and(|it| *pair == format!("HOME={it}"))
        };
        // A variable of the base image says the new port.
        let told = case.before.port_variable(stage);
        let told = told.and_then(|(name, value)| Some(format!("{name}={}", listener::retold(value, &plan.moved)?)));
        let port = |pair: &str| told.as_deref() == Some(pair);
        // Where a USER that names nobody becomes the account's, the block above it holds none.
        let last = user.is_some() || plan.prepared || ends(case, *place);
        let its = pair.split(' ').all(|pair| same(pair) || port(pair));
        if !(plan.variables.iter().any(declared) || (its && last)) {
            return Err(format!("ENV {pair} is none that the plan may set"));
        }
    }
    let Some(home) = &plan.home else { return Ok(()) };
    let is = case.after.environment(stage, usize::MAX, "HOME");
    let was = plan.any_user || set::names_roots(case.before, stage).is_some();
    match was && is.certain() == Some(home) {
        true => Ok(()),
        false => Err(format!("HOME={home} takes the place of another home than root's")),
    }
}

/// Whether no step of the target stands below a block.
fn ends(case: &Case<'_>, place: Place) -> bool {
    let (Place::Above(at) | Place::Below(at)) = place;
    let body = case.before.stages.get(case.plan.stage).map(|stage| stage.body.clone()).unwrap_or_default();
    !(at..body.end).any(|index| case.before.keyword(index) == Keyword::Run)
}

/// A folder that the original neither holds nor names.
fn free(case: &Case<'_>, path: &str) -> Result<(), String> {
    let (model, stage) = (case.before, case.plan.stage);
    let owners = model.owners(stage);
    let copied = owners.copies.iter().filter_map(|copy| copy.destination.as_ref());
    let held = owners.nodes.keys().chain(copied).any(|node| value::within(node, path));
    if held || model.is_base_folder(stage, path) || names(model, stage, path) {
        return Err(format!("{path} is not free"));
    }
    Ok(())
}

/// Whether a line that the image hangs on names a path.
fn names(model: &Model<'_>, stage: usize, path: &str) -> bool {
    model.lineage(stage).iter().any(|(_, index)| mention::names(&text_of(model, *index), path))
}

/// No line of the result looks for the old place, no copy lands there, no other stage builds on it.
fn gone(case: &Case<'_>, path: &str) -> Result<(), String> {
    let (model, stage) = (case.after, case.plan.stage);
    let owners = model.owners(stage);
    let lands = |to: Option<&String>| to.is_none_or(|to| value::within(to, path));
    if names(model, stage, path) || owners.copies.iter().any(|copy| lands(copy.destination.as_ref())) {
        return Err(format!("{path} moved, and a line still means it"));
    }
    let others = model.stages.iter().filter(|other| other.index != stage);
    if others.into_iter().any(|other| model.chain(other.index).contains(&stage)) {
        return Err(format!("{path} moved under a stage that builds on it"));
    }
    Ok(())
}

/// A step that runs in a folder that moves does nothing there that could tell the difference.
fn steps(case: &Case<'_>) -> Result<(), String> {
    for (stage, index) in case.before.lineage(case.plan.stage) {
        let cwd = case.before.cwd(stage, index);
        let inside =
            case.plan.relocated.iter().any(|moved| cwd.text().is_some_and(|cwd| value::within(cwd, &moved.from)));
        if inside && case.before.keyword(index) == Keyword::Run && !harmless(case.before, stage, index) {
            return Err(format!("the RUN on line {} works in a folder that moves", case.before.line(index)));
        }
    }
    Ok(())
}
