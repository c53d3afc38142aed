//! # unowned-copy
//!
//! What is copied into the app's own folder belongs to root, and the account that runs the process cannot write there.
//!
//! ## Why
//! A process that is not root fails where it cannot write: this is the most frequent repair after people went non-root by
//! hand. A `RUN chown -R` afterwards writes every file a second time; `COPY --chown` costs nothing.
//!
//! ## What unroot does
//! A copy gets `--chown` if it lands in the app's own folder and no later RUN works there. The folder itself is handed
//! over alone. What must not be given away (folders of the base image, `/`, `/root`, `/etc`, …) never is.
//!
//! ## Example
//! ```dockerfile before
//! FROM node:22-slim
//! WORKDIR /app
//! COPY package.json package-lock.json ./
//! RUN npm ci
//! COPY . .
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile after
//! FROM node:22-slim
//! WORKDIR /app
//! COPY package.json package-lock.json ./
//! RUN npm ci
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
//! Part of the switch of the user, with the safety of the whole. `--ownership data` hands over only what is written at
//! run time, `--ownership none` nothing.

use super::Rule;
use crate::plan::{Draft, ownership};

pub(super) const RULE: Rule = Rule { id: "unowned-copy", doc: include_str!("unowned_copy.rs"), apply };

fn apply(draft: &mut Draft<'_>) {
    for index in ownership::hand_over(draft) {
        draft.found(
            RULE.id,
            index,
            "what this copies belongs to root",
            "the process will not be root and could not write it; `--chown` costs no layer",
        );
    }
}
