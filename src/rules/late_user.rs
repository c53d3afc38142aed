//! # late-user
//!
//! The USER stands below CMD or ENTRYPOINT.
//!
//! ## Why
//! It works: CMD and ENTRYPOINT run when the container starts, as the last USER of the file. It reads as if the command
//! ran before the switch, and whoever adds a step at the end gets another user than the one above.
//!
//! ## What unroot does
//! Nothing by itself: it is advice, and has no effect on how a file ends. With `--select late-user` the USER moves above
//! the command.
//!
//! ## Example
//! ```dockerfile before
//! FROM node:22-slim
//! CMD ["node", "server.js"]
//! USER 1000:1000
//! ```
//! ```dockerfile after
//! FROM node:22-slim
//! CMD ["node", "server.js"]
//! USER 1000:1000
//! ```
//!
//! ## Safety
//! Safe: the process and every step keep their user.

use super::Rule;
use crate::plan::{Draft, turns};

pub(super) const RULE: Rule = Rule { id: "late-user", doc: include_str!("late_user.rs"), apply };

fn apply(draft: &mut Draft<'_>) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let Some((user, command)) = turns::late(model, stage).filter(|_| draft.identity.is_none()) else { return };
    let message = format!("USER stands below the command on line {}", model.line(command));
    let selected = draft.options.select.contains(RULE.id) && draft.turned.is_empty();
    if selected && turns::raise(draft, user, command).is_some() {
        return draft.found(RULE.id, user, message, "it works, and reads as if the command ran as somebody else");
    }
    draft.advise(
        RULE.id,
        user,
        message,
        "it works, and reads as if the command ran as somebody else; --select late-user moves it",
    );
}
