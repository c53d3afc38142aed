//! What the process needs can be reached by the account.

use super::Case;
use super::align::Origin as Placed;
use crate::model::entry::Programs;
use crate::model::{Base, value};
use crate::plan::Origin;
use crate::plan::ownership::shellless;

/// No path of the command, the health check, PATH, the folder or ENV lies below /root; the account has a home.
pub(super) fn reach(case: &Case<'_>) -> Result<(), String> {
    let Some(identity) = &case.plan.identity else { return Ok(()) };
    let stage = case.plan.stage;
    let model = case.after;
    let added = |(at, origin): (usize, &Placed)| matches!(origin, Placed::Run(_)) && model.stage_of(at) == Some(stage);
    let runs = case.aligned.origins.iter().enumerate().any(added);
    let known = matches!(case.before.root_base(stage), Some(Base::Image { .. }));
    if runs && known && shellless(case.before, stage) {
        return Err("a RUN was added to an image that has no shell to run it".to_owned());
    }
    let barred =
        |text: &str| value::within(text.trim_matches(['"', '\'']), "/root") || text == "~" || text.starts_with("~/");
    let fail = |what: &str| Err(format!("{what} lies below /root, where only root can go"));
    if model.process_folder(stage).text().is_some_and(barred) {
        return fail("the working folder");
    }
    for (name, _, value) in model.environments(stage) {
        if value.text().is_some_and(|text| text.split([':', '=', ',', ' ']).any(barred)) {
            return fail(&format!("a path in ENV {name}"));
        }
    }
    let health = model.lineage(stage).into_iter().map(|(at, index)| model.health_programs(at, index));
    let all: Vec<Programs> = health.chain([model.programs(stage)]).collect();
    for program in all.iter().flat_map(|programs| &programs.list) {
        let words = program.arguments.iter().flatten().map(String::as_str).chain([program.path.as_str()]);
        if words.into_iter().any(|word| word.split('=').any(barred)) {
            return fail("a path of the command");
        }
    }
    if identity.home.as_deref().is_some_and(barred) {
        return fail("the account's home");
    }
    let made = identity.name.as_deref().and_then(|name| model.account(stage, usize::MAX, name));
    if identity.origin == Origin::Created && made.is_some_and(|made| made.has_home == Some(false)) {
        return Err("the account would be made without its home".to_owned());
    }
    Ok(())
}
