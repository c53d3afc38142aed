//! # missing-user
//!
//! The stage has no USER and its base image runs as root, so the process does too.
//!
//! ## Why
//! Whoever breaks out of a process that is root is root: on every mounted file, and on the host where a kernel or engine
//! bug helps. `runAsNonRoot` in Kubernetes refuses such an image.
//!
//! ## What unroot does
//! It takes the account that fits first: one that the Dockerfile makes, the one that the app's files belong to already,
//! one that the base image holds for applications (`node`, `nonroot`), else a new one with the fixed number 10001. What
//! the process needs is handed over, and `USER` stands directly above CMD, by number.
//!
//! ## Example
//! ```dockerfile before
//! FROM node:22-slim
//! WORKDIR /app
//! COPY . .
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile after
//! FROM node:22-slim
//! WORKDIR /app
//! COPY --chown=node:node . .
//!
//! # Run as node (1000:1000), not root: a number lets Kubernetes check runAsNonRoot
//! RUN chown node:node /app
//!
//! USER 1000:1000
//! CMD ["node", "server.js"]
//! ```
//!
//! ## Safety
//! Safe when account, ownership and ports are settled from the Dockerfile, the facts about the base image and the build
//! context. Unsafe when something outside of sight may want root or a writable path. Otherwise left alone, with the
//! reason.

use super::Rule;
use crate::plan::{Draft, switch};

pub(super) const RULE: Rule = Rule { id: "missing-user", doc: include_str!("missing_user.rs"), apply };

fn apply(draft: &mut Draft<'_>) {
    if !switch::has_user(draft) {
        switch::to_account(draft, RULE.id, "no USER: the process runs as root");
    }
}
