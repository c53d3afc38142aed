//! What changes besides the Dockerfile: numbers of ports in other files of the project, and nothing else of them; and the
//! old port is nowhere any more.

use super::Violation;
use crate::facts::ConfWords;
use crate::model::hazard::Scene;
use crate::model::port::{self, Use};
use crate::plan::{Along, Plan};

/// A file that changes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// Its path in the project.
    pub path: String,
    /// What it holds.
    pub before: Vec<u8>,
    /// What it would hold.
    pub after: Vec<u8>,
}

/// Every other file that the plan changes is there, and is the same but for as many numbers of ports as the plan says, and
/// for what the template of the base image's server (`says`) has it say besides.
///
/// # Errors
/// What differs.
pub fn along(plan: &Plan, others: &[Other], says: Option<&ConfWords>) -> Result<(), Violation> {
    let violation = |message: String| Err(Violation { invariant: "along", message });
    let mut planned: Vec<&str> = plan.along.iter().map(|along| along.path.as_str()).collect();
    planned.sort_unstable();
    planned.dedup();
    let mut found: Vec<&str> = others.iter().map(|other| other.path.as_str()).collect();
    found.sort_unstable();
    if planned != found {
        return violation(format!("the plan changes {planned:?}, the result {found:?}"));
    }
    for other in others {
        let told = taken_back(plan, other, says).map_err(|message| Violation { invariant: "along", message })?;
        let (before, after) = (pieces(&other.before), pieces(&told));
        let differing = before.iter().zip(&after).filter(|(old, new)| old != new);
        let moved = |old: &[u8], new: &[u8]| {
            let is = |text: &[u8], port: u16| text == port.to_string().as_bytes();
            plan.moved.iter().any(|moved| is(old, moved.from) && is(new, moved.to))
        };
        let mut changed = 0;
        for (old, new) in differing {
            changed += 1;
            if !moved(old, new) {
                let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
                return violation(format!("{}: `{old}` became `{new}`", other.path));
            }
        }
        let number = |along: &&Along| along.path == other.path && !is_told(&along.text, says);
        let mut wanted: Vec<_> = plan.along.iter().filter(number).map(|along| along.span).collect();
        wanted.sort_unstable();
        wanted.dedup();
        if before.len() != after.len() || changed != wanted.len() {
            return violation(format!("{}: more changed than the plan says", other.path));
        }
    }
    Ok(())
}

/// Whether a text is one that the template of a server has its configuration say.
fn is_told(text: &str, says: Option<&ConfWords>) -> bool {
    let text = text.trim();
    !text.is_empty() && says.is_some_and(|says| [says.beside, says.pid_line, says.pid_file].contains(&text))
}

/// The changed file without what the server's template has it say, each where the plan says and nowhere else.
fn taken_back(plan: &Plan, other: &Other, says: Option<&ConfWords>) -> Result<Vec<u8>, String> {
    let mut edits: Vec<&Along> = plan.along.iter().filter(|along| along.path == other.path).collect();
    edits.sort_by_key(|along| along.span);
    edits.dedup();
    let mut text = other.after.clone();
    let (mut shift, mut backs) = (0isize, Vec::new());
    for along in edits {
        let at = along.span.start.checked_add_signed(shift).ok_or("an edit lies outside of it")?;
        if is_told(&along.text, says) {
            backs.push((at, along));
        }
        shift += along.text.len() as isize - along.span.len() as isize;
    }
    for (at, along) in backs.into_iter().rev() {
        let end = at + along.text.len();
        if text.get(at..end) != Some(along.text.as_bytes()) {
            return Err(format!("{}: `{}` is not where the plan says", other.path, along.text.trim()));
        }
        text.splice(at..end, along.span.of(&other.before).iter().copied());
    }
    Ok(text)
}

/// Digits and what stands between them, by turns.
fn pieces(text: &[u8]) -> Vec<&[u8]> {
    text.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()).collect()
}

/// Nothing of the result, the other files as they will be, listens on a port that moves away, or says so.
///
/// # Errors
/// Where the old port is.
pub fn ports(plan: &Plan, after: &Scene<'_>) -> Result<(), Violation> {
    let left =
        |place: &&port::Named| place.role != Use::Asks && plan.moved.iter().any(|moved| moved.from == place.port);
    let places = port::find(after);
    let Some(place) = places.iter().find(left) else { return Ok(()) };
    let at = place.file.clone().unwrap_or_else(|| format!("line {}", after.model.line(place.at)));
    Err(Violation { invariant: "ports", message: format!("{at} still names {}", place.port) })
}
