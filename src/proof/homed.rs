//! What RUNs make for root's home is made in the account's: every word that names it changes, and nothing else could
//! tell the difference.

use super::Case;
use crate::facts::words;
use crate::model::value;
use crate::plan::home::{Relocated, made, mention, spelled};
use crate::plan::{Change, Origin, turns};
use crate::source::Span;
use crate::syntax::Keyword;

/// The name below root's home, where a folder moves from there to the same name in the home of the account.
fn name<'r>(case: &Case<'_>, moved: &'r Relocated) -> Option<&'r str> {
    let name = moved.from.strip_prefix("/root/").filter(|name| !name.contains('/'))?;
    let home = case.plan.identity.as_ref()?.home.as_deref()?;
    (moved.to.strip_prefix(home)?.strip_prefix('/')? == name).then_some(name)
}

/// Whether a word of a RUN names what moves to the home of the account, so that it may become the new place.
pub(super) fn is_word(case: &Case<'_>, index: usize, span: Span, text: &str) -> bool {
    case.plan.relocated.iter().filter(|moved| moved.to == text).any(|moved| {
        let Some(name) = name(case, moved) else { return false };
        let Some(home) = moved.to.strip_suffix(name).map(|home| home.trim_end_matches('/')) else { return false };
        let words = spelled::words(case.before, case.plan.stage, index, name, home);
        words.into_iter().any(|(_, place, _, new)| place == span && new == text)
    })
}

/// The instructions whose words a folder's move changes, one for each word.
fn changed(case: &Case<'_>, moved: &Relocated) -> Vec<usize> {
    let word = |change: &Change| match change {
        Change::Word { instruction, text, .. } if *text == moved.to => Some(*instruction),
        _ => None,
    };
    let found = case.plan.changes.iter().filter_map(word);
    found.filter(|index| case.before.keyword(*index) == Keyword::Run).collect()
}

/// What RUNs make in the home of the account is the account's: its home was there before, no line names the old place, no
/// step looks for it, and it is handed over.
pub(super) fn homed(case: &Case<'_>) -> Result<(), String> {
    for moved in &case.plan.relocated {
        let changed = changed(case, moved);
        let Some(first) = changed.iter().copied().min() else { continue };
        one(case, moved, first, &changed)?;
    }
    let all: Vec<&str> =
        case.plan.relocated.iter().filter(|it| !changed(case, it).is_empty()).filter_map(|it| name(case, it)).collect();
    if !all.is_empty() && !made::is_quiet(case.before, case.plan.stage, &all) {
        return Err(format!("a step may look for {} in root's home by itself", all.join(", ")));
    }
    Ok(())
}

fn one(case: &Case<'_>, moved: &Relocated, first: usize, changed: &[usize]) -> Result<(), String> {
    let (before, stage, from, to) = (case.before, case.plan.stage, &moved.from, &moved.to);
    let Some(name) = name(case, moved).filter(|name| !words::HOME_BUILD_FILES.contains(name)) else {
        return Err(format!("{from} becomes {to}, which is not the same in the home of the account"));
    };
    let identity = case.plan.identity.as_ref().filter(|identity| identity.origin != Origin::Created);
    let Some((owner, home)) = identity.and_then(|it| Some((it.name.as_deref()?, it.home.as_deref()?))) else {
        return Err(format!("{to} would be made before there is such a home"));
    };
    if !made::lives_in(before, stage, first, owner, home) {
        return Err(format!("{to} would be made before there is such a home"));
    }
    for index in 0..before.tree.instructions.len() {
        if spelled::mentions(before, index, name) != changed.iter().filter(|at| **at == index).count() {
            return Err(format!("line {} still means {from}", before.line(index)));
        }
    }
    for index in changed {
        let text = before.instruction(*index).map(|found| String::from_utf8_lossy(&found.joined.text).into_owned());
        let lifted = text.is_none_or(|text| turns::lifts(&text));
        if before.stage_of(*index) != Some(stage) || !before.user(stage, *index).is_root() || lifted {
            return Err(format!("the RUN on line {} does not run with root's home", before.line(*index)));
        }
    }
    if !made::sets_no_home(before, stage) || !made::sets_no_home(case.after, stage) {
        return Err(format!("HOME is set, so that {from} and {to} are not what the steps and the process look for"));
    }
    let whole = |text: &str| mention::means_all(text);
    if before.lineage(stage).into_iter().any(|(_, index)| whole(&crate::plan::home::text_of(before, index))) {
        return Err(format!("a line may mean {from} as a part of root's home"));
    }
    let given = case.plan.handed.iter().any(|handed| handed.tree && value::within(to, &handed.path));
    if given { Ok(()) } else { Err(format!("{to} would stay root's")) }
}
