//! # chown-run
//!
//! A `RUN chown -R` gives away files that copies brought.
//!
//! ## Why
//! Every file is stored twice: once as the copy wrote it, once more in the layer of the chown. Images of several gigabytes
//! were halved by this change alone.
//!
//! ## What unroot does
//! The copies get `--chown` and the recursive chown goes. A folder that WORKDIR or a RUN made keeps a narrow
//! `chown DIR`. Other commands of the chain stay. It is done only when everything below the folder came from copies and
//! nothing else worked there in between, so that every path has the same owner as before.
//!
//! ## Example
//! ```dockerfile before
//! FROM node:22-slim
//! WORKDIR /app
//! COPY . .
//! RUN chown -R node:node /app && echo done
//! USER 1000:1000
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile after
//! FROM node:22-slim
//! WORKDIR /app
//! COPY --chown=node:node . .
//! RUN chown node:node /app && echo done
//! USER 1000:1000
//! CMD ["node", "server.js"]
//! ```
//!
//! ## Safety
//! Safe: owners are proved equal before and after. Everything else is left as it stands.

use super::Rule;
use crate::plan::{Draft, chown};

pub(super) const RULE: Rule = Rule { id: "chown-run", doc: include_str!("chown_run.rs"), apply };

fn apply(draft: &mut Draft<'_>) {
    if !draft.stopped {
        chown::plan(draft, RULE.id);
    }
}
