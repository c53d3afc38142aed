//! # early-user
//!
//! A step that needs root stands below the USER that gives root up.
//!
//! ## Why
//! `apt-get install`, `apk add` or `useradd` fail there, and the build with them.
//!
//! ## What unroot does
//! The USER moves below the last such step: directly above CMD or ENTRYPOINT, or higher where other steps below run as
//! that user. It is moved only if nothing in between depends on the user: no other RUN, no WORKDIR.
//!
//! ## Example
//! ```dockerfile before
//! FROM node:22-slim
//! USER node
//! RUN apt-get update && apt-get install -y --no-install-recommends curl
//! COPY --chown=node:node . /app/
//! CMD ["node", "/app/server.js"]
//! ```
//! ```dockerfile after
//! FROM node:22-slim
//! RUN apt-get update && apt-get install -y --no-install-recommends curl
//! COPY --chown=node:node . /app/
//!
//! # node (1000:1000): a number lets Kubernetes check runAsNonRoot
//! USER 1000:1000
//! CMD ["node", "/app/server.js"]
//! ```
//!
//! ## Safety
//! Safe: the process stays who it was, and no step changes its user but those that could not run. Otherwise left alone,
//! with the reason.

use super::Rule;
use crate::plan::{Draft, turns, unknown};

pub(super) const RULE: Rule = Rule { id: "early-user", doc: include_str!("early_user.rs"), apply };

fn apply(draft: &mut Draft<'_>) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    for early in turns::early(model, stage) {
        let Some(first) = early.needing.first().copied() else { continue };
        let message = format!("the step on line {} needs root, and USER gave it up above", model.line(first));
        let nobody = unknown::nobody(draft).is_some_and(|nobody| nobody.at == early.user);
        let nobody = nobody.then(|| "the account that it names is nowhere".to_owned());
        match nobody.or_else(|| turns::stuck(model, stage, &early)) {
            None if turns::lower(draft, &early).is_some() => {
                draft.found(RULE.id, early.user, message, "the build fails there; below it, the USER is as good");
            }
            why => {
                let why = why.unwrap_or_else(|| "it cannot be moved alone".to_owned());
                let why = format!("moving USER below it is not safe, because {why}: set USER root for that step alone");
                draft.leave(RULE.id, early.user, message, "early-user", why);
            }
        }
    }
}
