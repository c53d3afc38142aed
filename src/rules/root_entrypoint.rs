//! # root-entrypoint
//!
//! What the container starts needs root by itself: it steps down from root, is an init system, or a daemon of the system.
//!
//! ## Why
//! A `USER` in front of `gosu`, `su-exec` or `setpriv` takes away what they need: volumes are not repaired any more, and
//! the step down itself fails. Nor can an init system, cron or sshd work without root.
//!
//! ## What unroot does
//! Nothing. Where facts or the command itself prove that every path ends as another user than root, the file is clean, with
//! a note that says so. Else it says what needs root, and leaves the decision to a person.
//!
//! ## Example
//! ```dockerfile before
//! FROM debian:12-slim
//! RUN apt-get update && apt-get install -y --no-install-recommends cron
//! CMD ["cron", "-f"]
//! ```
//! ```dockerfile after
//! FROM debian:12-slim
//! RUN apt-get update && apt-get install -y --no-install-recommends cron
//! CMD ["cron", "-f"]
//! ```
//!
//! ## Safety
//! Nothing is changed. For a script that only repairs owners before it steps down, a guard helps:
//! `[ "$(id -u)" = 0 ] || exec "$@"`; for cron there is supercronic; for several services, several containers.

use super::Rule;
use crate::plan::Draft;

pub(super) const RULE: Rule = Rule { id: "root-entrypoint", doc: include_str!("root_entrypoint.rs"), apply };

/// Reasons that lie in what the container starts.
const REASONS: [&str; 5] = ["drops-root", "start-script-root", "init-system", "root-daemon", "root-command"];

fn apply(draft: &mut Draft<'_>) {
    for finding in &mut draft.findings {
        if finding.reason.is_some_and(|reason| REASONS.contains(&reason)) {
            finding.rule = RULE.id;
        }
    }
}
