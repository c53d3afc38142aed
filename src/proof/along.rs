//! What changes besides the Dockerfile: numbers of ports in other files of the project, and nothing else of them; and the
//! old port is nowhere any more.

use super::Violation;
use crate::compose;
use crate::context::is_yaml;
use crate::facts::ConfWords;
use crate::model::hazard::Scene;
use crate::model::port::{self, Use};
use crate::options::Options;
use crate::plan::kubernetes::{self, Cluster};
use crate::plan::{Along, Moved, Plan};
use crate::yaml::{self, Difference};

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
        same_shape(other, plan).map_err(|message| Violation { invariant: "along", message })?;
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
        let number = |along: &&Along| along.path == other.path && !is_told(plan, along, says);
        let mut wanted: Vec<_> = plan.along.iter().filter(number).map(|along| along.span).collect();
        wanted.sort_unstable();
        wanted.dedup();
        if before.len() != after.len() || changed != wanted.len() {
            return violation(format!("{}: more changed than the plan says", other.path));
        }
    }
    Ok(())
}

/// Whether an edit is a text that the template of a server has its configuration say, a port behind a host that named
/// none, or what YAML is added to.
fn is_told(plan: &Plan, along: &Along, says: Option<&ConfWords>) -> bool {
    let text = along.text.trim();
    if !along.adds.is_empty() {
        return true;
    }
    if along.span.is_empty() && plan.moved.iter().any(|moved| text == format!(":{}", moved.to)) {
        return true;
    }
    if along.span.is_empty() && says.is_some_and(|says| is_option(plan, text, says)) {
        return true;
    }
    // Clients are sent to the port that they know.
    let known = |port: u16| text.len() > 2 && text.get(1..text.len() - 1) == Some(format!(":{port}").as_str());
    if says.is_some_and(|says| !says.sends.is_empty()) && plan.moved.iter().any(|moved| known(moved.from)) {
        return true;
    }
    !text.is_empty() && says.is_some_and(|says| [says.beside, says.pid_line, says.pid_file].contains(&text))
}

/// Whether a text is a global option that says where a port goes, and the brackets around such options.
fn is_option(plan: &Plan, text: &str, says: &ConfWords) -> bool {
    let plain = text.trim_matches(|c: char| matches!(c, '{' | '}') || c.is_whitespace());
    let said =
        |from: u16, name: &str| plan.moved.iter().any(|it| it.from == from && plain == format!("{name} {}", it.to));
    says.tls_options.iter().any(|(from, name)| said(*from, name))
}

/// A YAML file still loads, as the same tree; its scalars differ in no more places than the plan says, and the entries that
/// are new are those that it says.
fn same_shape(other: &Other, plan: &Plan) -> Result<(), String> {
    if !is_yaml(&other.path) {
        return Ok(());
    }
    let lost = || format!("{} would not load as the same YAML", other.path);
    let (before, after) = yaml::tree(&other.before).zip(yaml::tree(&other.after)).ok_or_else(lost)?;
    let (mut changed, mut added) = (0, Vec::new());
    for difference in yaml::differences(&before, &after).ok_or_else(lost)? {
        match difference {
            Difference::Changed => changed += 1,
            Difference::Added(at, what) => added.push((at, what)),
        }
    }
    let planned = || plan.along.iter().filter(|along| along.path == other.path);
    let mut declared: Vec<(String, String)> = planned().flat_map(|along| along.adds.iter().cloned()).collect();
    declared.sort();
    declared.dedup();
    added.sort();
    if added != declared {
        return Err(format!("{} would load with {added:?}, and the plan says {declared:?}", other.path));
    }
    if changed > planned().filter(|along| along.adds.is_empty()).count() { Err(lost()) } else { Ok(()) }
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
        if is_told(plan, along, says) {
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

/// A compose file that changes along has nothing left to change.
fn halves(plan: &Plan, after: &Scene<'_>) -> Result<(), Violation> {
    for service in after.services.iter().filter(|service| plan.along.iter().any(|along| along.path == service.file)) {
        let text = after.files.read(&service.file).unwrap_or_default();
        for Moved { from, to, .. } in &plan.moved {
            let variables = port::variables_named(after);
            if compose::moved(&text, &service.name, *from, *to, &variables).is_ok_and(|left| !left.is_empty()) {
                let message = format!("{} still names {from} for {}", service.file, service.name);
                return Err(Violation { invariant: "ports", message });
            }
        }
    }
    Ok(())
}

/// Nothing of the result, the other files as they will be, listens on a port that moves away, or says so.
///
/// # Errors
/// Where the old port is.
pub fn ports(plan: &Plan, after: &Scene<'_>) -> Result<(), Violation> {
    let left =
        |place: &&port::Named| place.role != Use::Asks && plan.moved.iter().any(|moved| moved.from == place.port);
    halves(plan, after)?;
    let places = port::find(after);
    let Some(place) = places.iter().find(left) else { return Ok(()) };
    let at = place.file.clone().unwrap_or_else(|| format!("line {}", after.model.line(place.at)));
    Err(Violation { invariant: "ports", message: format!("{at} still names {}", place.port) })
}

/// Manifests that change along name no port that moves away, and say all of the account that they are held to.
///
/// # Errors
/// What one of them does not say.
pub fn clustered(plan: &Plan, after: &Scene<'_>, options: &Options) -> Result<(), Violation> {
    let left = plan.hazards.iter().any(|hazard| hazard.id == "port-elsewhere");
    let moved: Vec<(u16, u16)> = plan.moved.iter().filter(|_| !left).map(|it| (it.from, it.to)).collect();
    let secured = plan.along.iter().any(|along| !along.adds.is_empty());
    let account = kubernetes::held(after, options).filter(|_| secured);
    let cluster = Cluster::of(after, options);
    match cluster.unsettled(&moved, account, &port::variables_named(after)) {
        Some(message) => Err(Violation { invariant: "clustered", message }),
        None => Ok(()),
    }
}
