//! A folder that another stage makes for the target is one that it surely can make, and nothing else comes of it.

use super::Case;
use crate::plan::fed::{Fed, can_feed};
use crate::plan::ownership::shellless;
use crate::plan::{Change, Place};

/// Every new COPY brings a declared folder into an image without a shell, and the stage that it names makes it at its end.
pub(super) fn fed(case: &Case<'_>) -> Result<(), String> {
    let (plan, model) = (case.plan, case.before);
    let copies: Vec<(usize, &String)> = plan
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::Copy { place: Place::Above(at) | Place::Below(at), arguments } => Some((*at, arguments)),
            _ => None,
        })
        .flat_map(|(at, all)| all.iter().map(move |one| (at, one)))
        .collect();
    let wanted = |fed: &Fed| plan.identity.as_ref().map(|identity| fed.copy(identity));
    for (at, arguments) in &copies {
        let declared = plan.fed.iter().any(|fed| wanted(fed).as_ref() == Some(arguments));
        if !declared || model.stage_of(*at) != Some(plan.stage) {
            return Err(format!("COPY {arguments} is none that the plan may add"));
        }
    }
    for fed in &plan.fed {
        let path = &fed.path;
        if !shellless(model, plan.stage) || model.find_stage(&fed.from, plan.stage) != Some(fed.stage) {
            return Err(format!("{path} needs no other stage, or another one than {}", fed.from));
        }
        if !can_feed(model, plan.stage, fed.stage, path) {
            return Err(format!("{} cannot make {path} for nobody but the target", fed.from));
        }
        let brought = copies.iter().filter(|(_, arguments)| wanted(fed).as_ref() == Some(*arguments)).count();
        let made = plan.changes.iter().any(|change| makes(case, change) && at(case, change) == Some(fed.stage));
        if !made || brought != 1 {
            return Err(format!("{path} would not be made, or not be copied once"));
        }
        if plan.any_user && !fed.grouped {
            return Err(format!("{path} would be shut for another uid of group 0"));
        }
    }
    Ok(())
}

/// The stage at whose end a block stands.
fn at(case: &Case<'_>, change: &Change) -> Option<usize> {
    let Change::Block { place: Place::Below(last), .. } = change else { return None };
    let stage = case.before.stage_of(*last)?;
    let ends = case.before.stages.get(stage).is_some_and(|it| it.body.end == *last + 1);
    ends.then_some(stage)
}

/// Whether a change makes declared folders at the end of the stage that feeds the target, and does nothing else.
pub(super) fn makes(case: &Case<'_>, change: &Change) -> bool {
    let Change::Block { commands, env: None, user: None, .. } = change else { return false };
    let Some(stage) = at(case, change).filter(|stage| *stage != case.plan.stage) else { return false };
    let declared: Vec<&Fed> = case.plan.fed.iter().filter(|fed| fed.stage == stage).collect();
    !declared.is_empty() && *commands == Fed::commands(&declared)
}
