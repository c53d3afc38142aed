//! # unknown-user
//!
//! The last USER names an account that exists nowhere, or one that is made with a tool which the image does not have.
//!
//! ## Why
//! The container does not start: `unable to find user app: no matching entries in passwd file`. It is what naive fixes
//! leave behind, which write a USER and make no account.
//!
//! ## What unroot does
//! It makes the account under that name, with the number 10001, hands over what the process needs, and writes the USER by
//! number. It does so only where every account of the base image is known and no step may make the account: nothing
//! unreadable, no package that may bring it, no `/etc/passwd` from elsewhere.
//!
//! ## Example
//! ```dockerfile before
//! FROM python:3.11-slim
//! WORKDIR /srv/app
//! COPY . .
//! USER app
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile after
//! FROM python:3.11-slim
//! WORKDIR /srv/app
//! COPY --chown=10001:10001 . .
//!
//! # Run as app (10001:10001), not root: a number lets Kubernetes check runAsNonRoot
//! RUN groupadd --gid 10001 app \
//!     && useradd --no-log-init --uid 10001 --gid 10001 --create-home app \
//!     && chown 10001:10001 /srv/app
//!
//! USER 10001:10001
//! CMD ["python", "app.py"]
//! ```
//!
//! ## Safety
//! As for `missing-user`. Where steps below run as that account, or copies give files to it, it is left to a person.

use super::Rule;
use crate::plan::{Draft, switch, unknown};

pub(super) const RULE: Rule = Rule { id: "unknown-user", doc: include_str!("unknown_user.rs"), apply };

fn apply(draft: &mut Draft<'_>) {
    if let Some((at, tool)) = unknown::missing_tool(draft.scene.model, draft.scene.stage) {
        let message = format!("{tool} is not in the base image: the account cannot be made");
        let why =
            format!("the build fails there: install what brings {tool} first, or use the tools that the image has");
        return draft.refuse(RULE.id, at, message, "no-account-tools", why);
    }
    for (at, name) in unknown::owners(draft.scene.model, draft.scene.stage) {
        let message = format!("--chown names {name}, and no such account exists by then");
        draft.advise(RULE.id, at, message, "builders fail there, or give the files to root in silence");
    }
    let Some(found) = unknown::nobody(draft) else { return };
    let message = format!("USER {} names nobody: no such account is in the image", found.name);
    match found.stuck {
        Some(why) => {
            let why = format!("the container cannot start so; {why}: make the account above that line");
            draft.leave(RULE.id, found.at, message, "unknown-user", why);
        }
        None => switch::to_new(draft, RULE.id, &message, &found.name, found.at),
    }
}
