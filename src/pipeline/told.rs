//! What the report says of plans, in the words and ranges of the file.

use crate::edit::Edit;
use crate::model::{Base, Model};
use crate::plan::Plan;
use crate::source::Span;
use crate::syntax::Tree;
use crate::{Dockerfile, report};

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
    dockerfile: &Dockerfile,
) -> report::Fix {
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
    report::Fix { id, safety: plan.safety(), hazards: hazards.collect(), applied, edits }
}

pub(super) fn target(model: &Model<'_>, stage: usize, plan: &Plan) -> report::Target {
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
    let user = report::User {
        before: before.text(),
        after: identity.map(|identity| identity.name.clone().unwrap_or_else(|| identity.user.clone())),
        uid: identity.and_then(|identity| identity.uid),
        gid: identity.and_then(|identity| identity.gid),
        origin: identity.map(|identity| identity.origin.id()),
        why,
    };
    let ports = plan.moved.iter().map(|moved| report::Port {
        from: moved.from,
        to: moved.to,
        places: moved.lines.iter().map(|line| line.to_string()).collect(),
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
