//! # root-user
//!
//! The last USER of the stage is root, in whatever spelling, so the process runs as root.
//!
//! ## Why
//! Often root was only borrowed for an install step and never given back.
//!
//! ## What unroot does
//! The same as for `missing-user`. Where the base image is not root by itself, its own user comes back. A last
//! `USER root` that nothing needs becomes the account; otherwise it stays, and the switch stands directly above CMD.
//!
//! ## Example
//! ```dockerfile before
//! FROM node:22-slim
//! WORKDIR /app
//! COPY . .
//! USER root
//! RUN apt-get update && apt-get install -y --no-install-recommends curl
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile after
//! FROM node:22-slim
//! WORKDIR /app
//! COPY --chown=node:node . .
//! USER root
//! RUN apt-get update && apt-get install -y --no-install-recommends curl
//!
//! # Run as node (1000:1000), not root: a number lets Kubernetes check runAsNonRoot
//! RUN chown node:node /app
//!
//! USER 1000:1000
//! CMD ["node", "server.js"]
//! ```
//!
//! ## Safety
//! As for `missing-user`.

use super::Rule;
use crate::plan::{Draft, switch};

pub(super) const RULE: Rule = Rule { id: "root-user", doc: include_str!("root_user.rs"), apply };

fn apply(draft: &mut Draft<'_>) {
    if switch::has_user(draft) {
        switch::to_account(draft, RULE.id, "the last USER is root: the process runs as root");
    }
}
