//! # sudo
//!
//! A step runs `sudo` as root already, or puts it into the image.
//!
//! ## Why
//! As root it changes nothing but the environment, and the image carries a program that makes root of whoever may use it:
//! a process that was taken off root comes back with one command.
//!
//! ## What unroot does
//! `sudo` in front of a package manager or a plain file tool goes where root runs the step. Where sudo chooses an account
//! or an environment, or runs something whose environment counts, it stays and is told of: `USER`, gosu or setpriv do
//! that without a way back. That sudo is installed is advice, and has no effect on how a file ends: people may use it in
//! the running container.
//!
//! ## Example
//! ```dockerfile before
//! FROM debian:12-slim
//! RUN sudo apt-get update && sudo apt-get install -y curl
//! CMD ["bash"]
//! ```
//! ```dockerfile after
//! FROM debian:12-slim
//! RUN apt-get update && apt-get install -y curl
//! CMD ["bash"]
//! ```
//!
//! ## Safety
//! Safe, and a fix of its own: root runs the same commands.

use super::Rule;
use crate::plan::{Change, Draft, sudo};

pub(super) const RULE: Rule = Rule { id: "sudo", doc: include_str!("sudo.rs"), apply };

fn apply(draft: &mut Draft<'_>) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    for found in sudo::of_root(model, stage) {
        let (at, name) = (found.instruction, &found.name);
        match found.words {
            Some(span) => {
                draft.changes.push(Change::Word { instruction: at, span, text: String::new() });
                draft.found(RULE.id, at, format!("root runs {name} by sudo"), "it is root already");
            }
            None => draft.advise(
                RULE.id,
                at,
                "a step that root runs uses sudo, for another environment or account".to_owned(),
                "setpriv, gosu or a USER of its own for the step do that without sudo in the image",
            ),
        }
    }
    if let Some(at) = sudo::brought(model, stage) {
        let why = "whoever may use it is root again: gosu or setpriv step down from root, and nothing leads back";
        draft.advise(RULE.id, at, "sudo is installed", why);
    }
}
