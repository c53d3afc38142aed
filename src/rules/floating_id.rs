//! # floating-id
//!
//! The account that runs the process is made without a fixed number.
//!
//! ## Why
//! The tool takes the next free number, which another package or base image moves: files on volumes then belong to a
//! stranger, and no cluster rule can name the number.
//!
//! ## What unroot does
//! Its creating command gets the number 10001, its group likewise, if that is one plain command, nothing in the project
//! relies on the number that it happens to get, and the files that lie on no volume can change with it.
//!
//! ## Example
//! ```dockerfile before
//! FROM python:3.11-slim
//! RUN useradd --create-home app
//! WORKDIR /srv/app
//! COPY --chown=app:app . .
//! USER app
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile after
//! FROM python:3.11-slim
//! RUN useradd --uid 10001 --create-home app
//! WORKDIR /srv/app
//! COPY --chown=app:app . .
//! # app (10001:10001): a number lets Kubernetes check runAsNonRoot
//! USER 10001:10001
//! CMD ["python", "app.py"]
//! ```
//!
//! ## Safety
//! Safe as far as the project shows. What cannot be pinned is advice: the process is not root.

use super::Rule;
use crate::model::account::Id;
use crate::plan::{Draft, standing};

pub(super) const RULE: Rule = Rule { id: "floating-id", doc: include_str!("floating_id.rs"), apply };

fn apply(draft: &mut Draft<'_>) {
    let Some(named) = standing::named(draft).filter(|_| draft.standing.is_none()) else { return };
    let Some(account) = named.account.clone() else { return };
    let Some(made) = account.made.clone().filter(|made| made.uid == Id::Absent && account.uid.is_none()) else {
        return;
    };
    let message = format!("{} is made without a fixed number", named.name);
    match standing::pin(draft, &named, &account) {
        Ok(identity) => {
            draft.changes.extend(identity.pins.iter().cloned());
            draft.notes.push(format!(
                "{} has the number 10001 now: files of older containers that lie on volumes have to be given to it once",
                named.name
            ));
            draft.found(
                RULE.id,
                made.instruction,
                message,
                "volumes and cluster rules can rely on a number that is written down",
            );
            draft.standing = Some(identity);
        }
        Err(why) => draft.advise(RULE.id, made.instruction, message, format!("left as it is: {why}")),
    }
}
