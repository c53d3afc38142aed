//! One Dockerfile through all layers: tree, model, plan, edits, proof, report.

use crate::context::{Files, Overlay};
use crate::edit::{self, Edit};
use crate::model::Model;
use crate::model::hazard::{self, Scene};
use crate::options::Options;
use crate::plan::Plan;
use crate::report::{self, Safety, Status};
use crate::rules;
use crate::syntax;
use crate::{Dockerfile, compose, proof};

mod along;
mod place;
mod shared;
mod suppress;
mod told;

use place::context;
pub use shared::settle;

/// Looks at one Dockerfile of a project.
pub(crate) fn run(dockerfile: &Dockerfile, files: &dyn Files, options: &Options) -> report::File {
    let mut report = report::File::new(dockerfile.shown.clone(), dockerfile.bytes.clone());
    let tree = syntax::parse(&dockerfile.bytes);
    if let Some(error) = &tree.error {
        let line = crate::source::Lines::new(&dockerfile.bytes).position(error.span.start).line;
        report.fail(format!("line {line}: {}", error.message));
        return report;
    }
    // Before the model, which a file with a hundred thousand stages would keep busy.
    if let Some(finding) = told::unreadable(&dockerfile.bytes, &tree) {
        report.findings.push(finding);
        report.status = Status::Refused;
        return report;
    }
    let model = Model::with(&dockerfile.bytes, &tree, &options.images);
    let options = &with_compose(&model, dockerfile, files, options);
    let targets = match targets(&model, options) {
        Ok(targets) => targets,
        Err(message) => {
            report.fail(message);
            return report;
        }
    };
    let mut outcome = Outcome { applied: Vec::new(), failed: None, comments: suppress::read(&model) };
    for stage in targets {
        target(&model, stage, dockerfile, files, options, &mut report, &mut outcome);
    }
    report.notes.extend(suppress::notes(&outcome.comments));
    finish(&model, outcome, dockerfile, files, options, report)
}

/// What a build of one stage is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The stage, by name or number.
    pub stage: String,
    /// Whether it is the file's last one, which a build takes by itself.
    pub last: bool,
    /// The build context, relative to the project's root; `None` when it cannot be known.
    pub context: Option<String>,
}

/// The builds that [`fix_one`](crate::fix_one) with the same arguments is about.
///
/// # Errors
/// Why nothing can be built.
pub fn builds(dockerfile: &Dockerfile, files: &dyn Files, options: &Options) -> Result<Vec<Build>, String> {
    let tree = syntax::parse(&dockerfile.bytes);
    let model = Model::with(&dockerfile.bytes, &tree, &options.images);
    let options = with_compose(&model, dockerfile, files, options);
    let build = |stage| Build {
        stage: model.stage_name(stage),
        last: stage + 1 == model.stages.len(),
        context: context(&model, stage, dockerfile, files, &options),
    };
    Ok(targets(&model, &options)?.into_iter().map(build).collect())
}

/// Where a plan is made.
#[derive(Clone, Copy)]
struct Project<'p> {
    dockerfile: &'p Dockerfile,
    files: &'p dyn Files,
    options: &'p Options,
}

/// What the targets of a file came to.
struct Outcome {
    applied: Vec<Plan>,
    failed: Option<String>,
    comments: Vec<suppress::Comment>,
}

/// The options, with the stage and the context that compose files name where the caller names none.
fn with_compose(model: &Model<'_>, dockerfile: &Dockerfile, files: &dyn Files, options: &Options) -> Options {
    let mut options = options.clone();
    if let Some(path) = dockerfile.path.as_deref().filter(|_| options.targets.is_empty() || options.context.is_none()) {
        let build = compose::build_of(&compose::services(path, files), hazard::is_development);
        let known = build.target.filter(|target| model.find_stage(target, model.stages.len()).is_some());
        if options.targets.is_empty() {
            options.targets.extend(known);
        }
        options.context = options.context.or(build.context);
    }
    options
}

/// The stages to fix.
fn targets(model: &Model<'_>, options: &Options) -> Result<Vec<usize>, String> {
    let last = model.stages.len().checked_sub(1).ok_or_else(|| "no FROM: nothing is built".to_owned())?;
    if options.targets.is_empty() {
        return Ok(vec![last]);
    }
    let find = |name: &String| {
        let names: Vec<String> = (0..=last).map(|stage| model.stage_name(stage)).collect();
        model.find_stage(name, last + 1).ok_or_else(|| format!("no stage `{name}`; the file has {}", names.join(", ")))
    };
    options.targets.iter().map(find).collect()
}

/// Plans, proves and reports one target.
fn target(
    model: &Model<'_>,
    stage: usize,
    dockerfile: &Dockerfile,
    files: &dyn Files,
    options: &Options,
    report: &mut report::File,
    outcome: &mut Outcome,
) {
    let context = context(model, stage, dockerfile, files, options);
    let programs = model.programs(stage);
    let scene = Scene::new(model, stage, &programs, files, context.as_deref(), dockerfile.path.as_deref());
    let whole = options.with_all_rules();
    suppress::mark_used(&mut outcome.comments, &scene, options, || rules::plan(&scene, &whole, &rules::ALL));
    let options = &suppress::applied(&outcome.comments, model, stage, options);
    let project = Project { dockerfile, files, options };
    let plan = provable(&scene, rules::plan(&scene, options, &rules::ALL), &project, &whole);
    let unsafe_only = plan.safety() == Safety::Unsafe && !options.unsafe_fixes;
    let switched = plan.identity.is_some();
    // What a switch that is not made would have done along is planned once more on its own.
    let alone = (!switched || unsafe_only).then(|| rules::plan(&scene, options, &rules::ALONE));
    report.targets.push(told::target(model, stage, &plan, &project));
    report.notes.extend(plan.notes.iter().cloned());
    let mut proved: Vec<(Plan, bool)> = Vec::new();
    if let Some(alone) = alone.filter(|alone| !alone.is_empty()) {
        proved.push((alone, true));
    }
    if switched || proved.is_empty() {
        let applies = !unsafe_only;
        proved.push((plan, applies));
    } else {
        // What both look at is told once, by the plan that may answer it.
        let answered = |finding: &crate::plan::Finding| {
            let same = |other: &crate::plan::Finding| {
                (other.rule, other.at, &other.message) == (finding.rule, finding.at, &finding.message)
            };
            proved.iter().any(|(plan, _)| plan.findings.iter().any(same))
        };
        let open = plan.findings.iter().filter(|finding| !finding.fixed && !answered(finding));
        report.findings.extend(open.map(|finding| told::finding(model, finding, None)));
    }
    for (plan, applies) in proved {
        add(model, plan, applies, &project, report, outcome);
    }
}

/// The plan, or its refusal where it does not prove only because rules are left out of it.
fn provable(scene: &Scene<'_>, plan: Plan, project: &Project<'_>, whole: &Options) -> Plan {
    let left_out = project.options.left_out(rules::ALL.iter().map(|rule| rule.id));
    if left_out.is_empty() {
        return plan;
    }
    let proves = |plan: &Plan| edits(scene.model, plan).and_then(|edits| prove(scene.model, plan, &edits, project));
    match proves(&plan) {
        Err(violation) if proves(&rules::plan(scene, whole, &rules::ALL)).is_ok() => {
            let rules = left_out.join(", ");
            plan.refused(&format!(
                "the change does not prove without {rules} ({violation}): stop ignoring what it needs"
            ))
        }
        _ => plan,
    }
}

/// Adds a plan to the report: its findings, and its fix when it changes anything and proves.
fn add(
    model: &Model<'_>,
    plan: Plan,
    applies: bool,
    project: &Project<'_>,
    report: &mut report::File,
    outcome: &mut Outcome,
) {
    if plan.is_empty() {
        report.findings.extend(plan.findings.iter().map(|finding| told::finding(model, finding, None)));
        return;
    }
    let id = report.fixes.len() + 1;
    report.findings.extend(plan.findings.iter().map(|finding| told::finding(model, finding, Some(id))));
    match edits(model, &plan).and_then(|edits| prove(model, &plan, &edits, project).map(|()| edits)) {
        Ok(edits) => {
            report.fixes.push(told::fix(model, id, &plan, applies, &edits, project));
            if applies {
                outcome.applied.push(plan);
            }
        }
        Err(message) => outcome.failed = Some(message),
    }
}

fn edits(model: &Model<'_>, plan: &Plan) -> Result<Vec<Edit>, String> {
    let mut edits: Vec<Edit> = Vec::new();
    for change in &plan.changes {
        let made = change.edits(model, &plan.changes);
        for edit in made.ok_or_else(|| format!("a change cannot be written: {change:?}"))? {
            // Two inserts at one place are one: in which order they come, no reader of a report could tell.
            match edits.iter_mut().find(|other| edit.span.is_empty() && other.span == edit.span) {
                Some(other) => other.text.extend(edit.text),
                None => edits.push(edit),
            }
        }
    }
    Ok(edits)
}

/// Applies the edits and compares the result with the original, tree to tree.
fn prove(model: &Model<'_>, plan: &Plan, edits: &[Edit], project: &Project<'_>) -> Result<(), String> {
    let Project { dockerfile, files, options } = *project;
    let after = edit::apply(model.bytes, edits).map_err(|error| error.to_string())?;
    let tree = syntax::parse(&after);
    let result = Model::with(&after, &tree, &options.images);
    proof::prove(model, &result, plan).map_err(|violation| violation.to_string())?;
    along::prove(&result, plan, dockerfile, files, options)
}

/// Applies what is applied, looks whether the same command changes anything more, and settles the status.
fn finish(
    model: &Model<'_>,
    outcome: Outcome,
    dockerfile: &Dockerfile,
    files: &dyn Files,
    options: &Options,
    mut report: report::File,
) -> report::File {
    if let Some(message) = outcome.failed {
        report.findings.iter_mut().for_each(|finding| finding.fix = None);
        report.fixes.clear();
        report.fail(message);
        report.proof_failed = true;
        return report;
    }
    let mut all = Vec::new();
    for plan in &outcome.applied {
        all.extend(edits(model, plan).unwrap_or_default());
    }
    if let Ok(after) = edit::apply(model.bytes, &all) {
        report.after = after;
    }
    let applied = report.fixes.iter().filter(|fix| fix.applied);
    report.companions = applied.flat_map(|fix| fix.along.iter().cloned()).collect();
    report.companions.dedup();
    let others = outcome.applied.iter().flat_map(|plan| along::others(plan, files).unwrap_or_default());
    let result = Overlay::new(files, others.map(|other| (other.path, other.after)));
    let again = Dockerfile { bytes: report.after.clone(), ..dockerfile.clone() };
    if report.changed() && !is_stable(&again, &result, options) {
        report.fail("stable: the same command would change its own result".to_owned());
        report.proof_failed = true;
        return report;
    }
    report.findings.sort_by_key(|finding| finding.range);
    report.status = status(&report);
    report
}

/// The last invariant, `stable`: whether the same command with the same options on a result changes no byte.
pub fn is_stable(again: &Dockerfile, files: &dyn Files, options: &Options) -> bool {
    let tree = syntax::parse(&again.bytes);
    let model = Model::with(&again.bytes, &tree, &options.images);
    let Ok(targets) = targets(&model, options) else { return false };
    targets.into_iter().all(|stage| {
        let context = context(&model, stage, again, files, options);
        let programs = model.programs(stage);
        let scene = Scene::new(&model, stage, &programs, files, context.as_deref(), again.path.as_deref());
        let options = &suppress::applied(&suppress::read(&model), &model, stage, options);
        let plan = rules::plan(&scene, options, &rules::ALL);
        let applies = plan.safety() == Safety::Safe || options.unsafe_fixes;
        let alone = rules::plan(&scene, options, &rules::ALONE);
        (plan.is_empty() || !applies) && alone.is_empty()
    })
}

fn status(report: &report::File) -> Status {
    let open = report.findings.iter().any(|finding| finding.reason.is_some());
    let applied = report.changed();
    let hidden = report.fixes.iter().any(|fix| !fix.applied && fix.safety == Safety::Unsafe);
    match (applied, open || hidden) {
        (true, true) => Status::Partial,
        (true, false) => Status::Fixable,
        (false, _) if hidden => Status::Unsafe,
        (false, _) if open => Status::Refused,
        (false, _) => Status::Clean,
    }
}
