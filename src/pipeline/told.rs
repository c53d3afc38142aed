//! What the report says of plans, in the words and ranges of the file.

use crate::edit::Edit;
use crate::model::{Base, Model};
use crate::plan::Plan;
use crate::report;
use crate::source::Span;
use crate::syntax::Tree;

use super::{Project, along};

/// Most instructions of a file that is planned for; real files have a few hundred at the most.
const MOST: usize = 2000;

/// A file that keeps its tree and is not planned for.
pub(super) fn unreadable(bytes: &[u8], tree: &Tree) -> Option<report::Finding> {
    let lines = crate::source::Lines::new(bytes);
    let range = |at: Span| report::Range { start: lines.position(at.start), end: lines.position(at.end) };
    let ill = tree.instructions.iter().find(|found| found.invalid.is_some());
    let (rule, fix) = ("missing-user", None);
    match ill {
        Some(found) => {
            let message = format!("line {} is no instruction that a build accepts", found.lines.0);
            let why = found.invalid.clone().unwrap_or_default();
            let range = range(found.span);
            Some(report::Finding { rule, message, why, reason: Some("ill-formed"), fix, range })
        }
        None if tree.instructions.len() > MOST => {
            let message = "the file is too long".to_owned();
            let why = format!("unroot plans for files of up to {MOST} instructions");
            let range = range(Span::empty(0));
            Some(report::Finding { rule, message, why, reason: Some("too-long"), fix, range })
        }
        None => None,
    }
}

pub(super) fn range(model: &Model<'_>, span: Span) -> report::Range {
    report::Range { start: model.lines.position(span.start), end: model.lines.position(span.end) }
}

pub(super) fn finding(model: &Model<'_>, finding: &crate::plan::Finding, fix: Option<usize>) -> report::Finding {
    let span = model.instruction(finding.at).map_or(Span::default(), |found| found.span);
    report::Finding {
        rule: finding.rule,
        message: finding.message.clone(),
        why: finding.why.clone(),
        reason: finding.reason,
        fix: fix.filter(|_| finding.fixed),
        range: range(model, span),
    }
}

pub(super) fn fix(
    model: &Model<'_>,
    id: usize,
    plan: &Plan,
    applied: bool,
    edits: &[Edit],
    project: &Project<'_>,
) -> report::Fix {
    let Project { dockerfile, files, .. } = *project;
    let hazards = plan.hazards.iter().map(|hazard| report::Hazard {
        id: hazard.id,
        message: hazard.message.clone(),
        range: range(model, model.instruction(hazard.at).map_or(Span::default(), |found| found.span)),
    });
    let mut edits: Vec<report::Edit> = edits
        .iter()
        .map(|edit| report::Edit {
            path: dockerfile.shown.clone(),
            range: range(model, edit.span),
            offset: [edit.span.start, edit.span.end],
            text: edit.text.clone(),
        })
        .collect();
    edits.sort_by_key(|edit| edit.offset);
    let along = along::companions(plan, dockerfile, files);
    for changed in &plan.along {
        let path = along::shown(dockerfile, &changed.path);
        let before = along.iter().find(|other| other.path == path).map(|other| other.before.as_slice());
        let lines = crate::source::Lines::new(before.unwrap_or_default());
        let range = report::Range { start: lines.position(changed.span.start), end: lines.position(changed.span.end) };
        let offset = [changed.span.start, changed.span.end];
        edits.push(report::Edit { path, range, offset, text: changed.text.clone().into_bytes() });
    }
    report::Fix {
        id,
        safety: plan.safety(),
        hazards: hazards.collect(),
        applied,
        edits,
        along,
        notes: plan.notes.clone(),
    }
}

pub(super) fn target(model: &Model<'_>, stage: usize, plan: &Plan, project: &Project<'_>) -> report::Target {
    let before = model.final_user(stage);
    let (base, family) = match model.root_base(stage) {
        Some(Base::Image { reference, facts, .. }) => {
            let family =
                facts.as_ref().map_or("unknown".to_owned(), |facts| format!("{:?}", facts.family).to_ascii_lowercase());
            (Some(reference.clone()), family)
        }
        _ => (None, "unknown".to_owned()),
    };
    let why = match &before {
        crate::model::Who::Unknown(why) => Some(why.clone()),
        _ => None,
    };
    let identity = plan.identity.as_ref();
    let after = identity.map(|identity| identity.name.clone().unwrap_or_else(|| identity.user.clone()));
    let user = report::User {
        before: before.text(),
        after: if plan.prepared { before.text() } else { after },
        uid: identity.and_then(|identity| identity.uid),
        gid: identity.and_then(|identity| identity.gid),
        origin: identity.map(|identity| identity.origin.id()),
        why,
    };
    let ports = plan.moved.iter().map(|moved| {
        let file = report::text::shown(&project.dockerfile.shown);
        let own = moved.lines.iter().map(|line| format!("{file}:{line}"));
        let others = along::places(plan, moved, project.dockerfile, project.files);
        report::Port { from: moved.from, to: moved.to, places: own.chain(others).collect() }
    });
    let mut seen = std::collections::HashSet::new();
    let handed = plan.handed.iter().filter(|handed| seen.insert(handed.path.as_str()));
    let paths = handed.map(|handed| report::Path {
        path: handed.path.clone(),
        owner: handed.owner.clone(),
        why: handed.why.clone(),
    });
    report::Target {
        stage: model.stage_name(stage),
        base,
        family,
        user,
        ports: ports.collect(),
        paths: paths.collect(),
    }
}
