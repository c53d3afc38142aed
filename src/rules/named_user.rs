//! # named-user
//!
//! The last USER is a name.
//!
//! ## Why
//! Kubernetes cannot tell whether a name is root: with `runAsNonRoot` it refuses to start such an image
//! (`container has runAsNonRoot and image has non-numeric user`).
//!
//! ## What unroot does
//! The name becomes the number that it means, if that is certain: written down where the account is made, or known of the
//! base image. Its group's number stands beside it unless the account has other groups, which that would hide.
//!
//! ## Example
//! ```dockerfile before
//! FROM node:22-slim
//! WORKDIR /app
//! COPY --chown=node:node . .
//! USER node
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile after
//! FROM node:22-slim
//! WORKDIR /app
//! COPY --chown=node:node . .
//! # node (1000:1000): a number lets Kubernetes check runAsNonRoot
//! USER 1000:1000
//! CMD ["node", "server.js"]
//! ```
//!
//! ## Safety
//! Safe: it is the same account. Where the number is not certain it is advice, and the file ends as it would without it:
//! the process is not root. `--user-form name` leaves every name.

use super::Rule;
use crate::options::UserForm;
use crate::plan::{Draft, standing};

pub(super) const RULE: Rule = Rule { id: "named-user", doc: include_str!("named_user.rs"), apply };

fn apply(draft: &mut Draft<'_>) {
    let Some(named) = standing::named(draft).filter(|_| draft.options.user_form == UserForm::Number) else { return };
    let message = format!("USER {} is a name, which Kubernetes' runAsNonRoot refuses", named.name);
    let identity = match draft.standing.clone() {
        Some(identity) => Ok(identity),
        None => standing::sure(draft, &named),
    };
    let why = match identity {
        Ok(identity) => match standing::by_number(draft, &named, identity) {
            Some(()) => return draft.found(RULE.id, named.at, message, "the number says the same, and can be checked"),
            None => "the number of its group is not certain".to_owned(),
        },
        Err(why) => why,
    };
    // Whoever writes the number down where it is made can write it here, and a name that means nobody has none.
    let told = ["floating-id", "taken-id", "unknown-user"];
    if draft.findings.iter().any(|finding| told.contains(&finding.rule)) {
        return;
    }
    draft.advise(RULE.id, named.at, message, format!("left as it is: {why}"));
}
