//! What the comment above the block says: who runs the process and why by number, or for whom the file is prepared.

use super::{Draft, Identity};
use crate::options::Options;
use crate::syntax::TokenKind;

/// What stands above the block.
pub(super) fn of(identity: &Identity, options: &Options) -> String {
    if options.prepare {
        return prepared(identity);
    }
    let number = is_number(identity);
    let why = match (options.openshift, number) {
        (true, _) => ": any other uid of group 0 will do, as on OpenShift",
        (false, true) => ": a number lets Kubernetes check runAsNonRoot",
        (false, false) => "",
    };
    format!("Run as {}, not root{why}", who(identity))
}

/// What stands above a block that leaves USER out.
fn prepared(identity: &Identity) -> String {
    format!("For {}, once USER {} stands here", who(identity), identity.user)
}

fn is_number(identity: &Identity) -> bool {
    identity.user.starts_with(|c: char| c.is_ascii_digit() || c == '$')
}

fn who(identity: &Identity) -> String {
    match (&identity.name, is_number(identity)) {
        (Some(name), true) => format!("{name} ({})", identity.user),
        (Some(name), false) => name.clone(),
        (None, _) => identity.user.clone(),
    }
}

/// Whether the stage holds the comment of a block that was made with `--prepare` for the same account.
pub(super) fn is_prepared(draft: &Draft<'_>) -> bool {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let Some(identity) = &draft.identity else { return false };
    let wanted = format!("# {}", prepared(identity));
    let body = model.stages.get(stage).map(|stage| stage.body.clone()).unwrap_or_default();
    let place = |index: usize| model.instruction(index).map_or(0, |found| found.full.end);
    let (start, end) =
        (model.stages.get(stage).map_or(0, |stage| place(stage.from)), place(body.end.saturating_sub(1)));
    let comments = model.tree.tokens.iter().filter(|token| token.kind == TokenKind::Comment);
    let inside = comments.filter(|token| start <= token.span.start && token.span.start < end);
    inside.into_iter().any(|token| token.span.of(model.bytes).trim_ascii() == wanted.as_bytes())
}
