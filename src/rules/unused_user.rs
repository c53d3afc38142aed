//! # unused-user
//!
//! The stage makes an account and never switches to it.
//!
//! ## Why
//! An account that nobody uses protects nothing: most of the work is done, and the process still runs as root.
//!
//! ## What unroot does
//! The account becomes the one that runs the process. If its ids are not written down, they are pinned in the command
//! that makes it, so that volumes and cluster rules can rely on them.
//!
//! ## Example
//! ```dockerfile before
//! FROM python:3.11-slim
//! RUN useradd --create-home app
//! WORKDIR /srv/app
//! COPY . .
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile after
//! FROM python:3.11-slim
//! RUN useradd --uid 10001 --create-home app
//! WORKDIR /srv/app
//! COPY --chown=app:app . .
//!
//! # Run as app (10001:10001), not root: a number lets Kubernetes check runAsNonRoot
//! RUN chown app:app /srv/app
//!
//! USER 10001:10001
//! CMD ["python", "app.py"]
//! ```
//!
//! ## Safety
//! As for `missing-user`. Several accounts, of which none owns the app's files, are left to a person.

use super::Rule;
use crate::model::Who;
use crate::plan::{Draft, Origin};

pub(super) const RULE: Rule = Rule { id: "unused-user", doc: include_str!("unused_user.rs"), apply };

fn apply(draft: &mut Draft<'_>) {
    let Some(identity) = draft.identity.clone().filter(|identity| identity.origin == Origin::Existing) else { return };
    let Some(name) = identity.name.clone() else { return };
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let made = model.account(stage, usize::MAX, &name).and_then(|account| account.made);
    // An account that only some of the steps run as is not unused.
    let is = |user: &str| {
        let who = user.split(':').next().unwrap_or("");
        who == name || identity.uid.is_some_and(|uid| who == uid.to_string())
    };
    let used = model.lineage(stage).into_iter().any(|(at, index)| match model.user(at, index) {
        Who::User(user) | Who::Chosen(user) => is(&user),
        _ => false,
    });
    if let Some(made) = made.filter(|_| !used) {
        draft.found(
            RULE.id,
            made.instruction,
            format!("account {name} is made and never switched to"),
            "an account that nobody uses protects nothing",
        );
    }
}
