//! # unreachable-home
//!
//! Something that the process needs lies below /root, and no other user can enter there.
//!
//! ## Why
//! /root has the mode 0700: a command, a folder of PATH or a downloaded browser below it is gone for every process that is
//! not root (`permission denied`, or a second download at run time). Tools that keep their files in the home of whoever
//! runs them look into another home once the user is another.
//!
//! ## What unroot does
//! A working folder /root becomes /app where everything that hangs on it is relative. A tool that downloads into root's
//! home gets the variable that its documentation names, above the step that downloads, so that this step and the process
//! look into the same folder of /opt.
//!
//! ## Example
//! ```dockerfile before
//! FROM python:3.11-slim
//! WORKDIR /srv/app
//! COPY requirements.txt .
//! RUN pip install -r requirements.txt
//! RUN playwright install --with-deps chromium
//! COPY . .
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile after
//! FROM python:3.11-slim
//! WORKDIR /srv/app
//! COPY requirements.txt .
//! RUN pip install -r requirements.txt
//!
//! ENV PLAYWRIGHT_BROWSERS_PATH=/opt/ms-playwright
//!
//! RUN playwright install --with-deps chromium
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
//! Part of the switch of the user, with the safety of the whole. A working folder that gets another name is unsafe: whoever
//! mounts files below /root has to follow. Where another line of the file, a mount, a manifest, a script or the source of
//! the project names root's home, or where a step works there in ways that cannot be told, the file is left alone.

use super::Rule;
use crate::plan::{Draft, home};

pub(super) const RULE: Rule = Rule { id: home::RULE, doc: include_str!("unreachable_home.rs"), apply };

fn apply(draft: &mut Draft<'_>) {
    for (at, message, why) in home::apply(draft) {
        draft.found(RULE.id, at, message, why);
    }
}
