//! # world-writable
//!
//! A step lets everybody write files or folders.
//!
//! ## Why
//! Whatever runs in the container may change them, also what was taken off root to be kept from that. The account that
//! runs the process is enough: `chown`, or `--chown` on the copy.
//!
//! ## What unroot does
//! Nothing by itself: it is advice, and has no effect on how a file ends. Whether people run the image as a user of their
//! own, who needs the mode, no file tells; `--openshift` gives the rights to group 0 alone.
//!
//! ## Example
//! ```dockerfile before
//! FROM debian:12-slim
//! WORKDIR /srv/shop
//! RUN mkdir uploads && chmod 777 uploads
//! USER 1000:1000
//! CMD ["/usr/bin/true"]
//! ```
//! ```dockerfile after
//! FROM debian:12-slim
//! WORKDIR /srv/shop
//! RUN mkdir uploads && chmod 777 uploads
//! USER 1000:1000
//! CMD ["/usr/bin/true"]
//! ```
//!
//! ## Safety
//! Nothing is changed.

use super::Rule;
use crate::plan::{Draft, opened};

pub(super) const RULE: Rule = Rule { id: "world-writable", doc: include_str!("world_writable.rs"), apply };

fn apply(draft: &mut Draft<'_>) {
    for (index, command) in opened::to_all(draft.scene.model, draft.scene.stage) {
        draft.advise(
            RULE.id,
            index,
            format!("`{command}` lets everybody write"),
            "its owner is enough: give it to the account that runs the process",
        );
    }
}
