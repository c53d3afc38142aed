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
//! look into the same folder of /opt. What a RUN makes in root's home by name, for a program that looks for it in its own
//! at run time (`~/.vnc/passwd`), is made in the home of the account instead, where that home is there by then and every
//! word that names it is a plain one.
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
//! With `--unsafe`:
//! ```dockerfile before
//! FROM debian:12-slim
//! RUN groupadd --gid 1500 desk && useradd --uid 1500 --gid 1500 --create-home desk
//! RUN apt-get update && apt-get install -y x11vnc \
//!     && mkdir -p /root/.vnc \
//!     && x11vnc -storepasswd secret ~/.vnc/passwd
//! CMD ["x11vnc", "-usepw"]
//! ```
//! ```dockerfile after
//! FROM debian:12-slim
//! RUN groupadd --gid 1500 desk && useradd --uid 1500 --gid 1500 --create-home desk
//! RUN apt-get update && apt-get install -y x11vnc \
//!     && mkdir -p /home/desk/.vnc \
//!     && x11vnc -storepasswd secret /home/desk/.vnc/passwd
//!
//! # Run as desk (1500:1500), not root: a number lets Kubernetes check runAsNonRoot
//! RUN chown -R desk:desk /home/desk/.vnc
//!
//! USER 1500:1500
//! CMD ["x11vnc", "-usepw"]
//! ```
//!
//! ## Safety
//! Part of the switch of the user, with the safety of the whole. A folder that gets another name is unsafe: whoever mounts
//! files below /root has to follow. Where another line of the file, a mount, a manifest, a script or the source of
//! the project names root's home, or where a step works there in ways that cannot be told, the file is left alone. So it is
//! where the account, and its home, would only be made by the block.

use super::Rule;
use crate::plan::{Draft, home};

pub(super) const RULE: Rule = Rule { id: home::RULE, doc: include_str!("unreachable_home.rs"), apply };

fn apply(draft: &mut Draft<'_>) {
    for (at, message, why) in home::apply(draft) {
        draft.found(RULE.id, at, message, why);
    }
}
