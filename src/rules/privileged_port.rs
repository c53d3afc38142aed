//! # privileged-port
//!
//! The process listens on a port below 1024, which only root may open.
//!
//! ## Why
//! Docker lets any user bind such ports, Kubernetes with CRI-O, OpenShift and older containerd do not: there the container
//! does not start any more once it is not root.
//!
//! ## What unroot does
//! 80 becomes 8080 and 443 becomes 8443 in every place of the Dockerfile that names them: EXPOSE, ENV, ARG, the arguments
//! of CMD and ENTRYPOINT, HEALTHCHECK; and in the arguments of what its start scripts run, in the same fix. A script that
//! another Dockerfile uses moves with that one, in one run, or stays. If nothing tells the process where to listen, or only
//! the source that it starts does, all is left alone: everywhere or nowhere. `--port OLD=NEW` chooses another number,
//! `--port keep` leaves ports where they are.
//!
//! ## Example
//! ```dockerfile before
//! FROM node:22-slim
//! WORKDIR /app
//! COPY . .
//! EXPOSE 80
//! CMD ["node", "server.js", "--port", "80"]
//! ```
//! ```dockerfile after
//! FROM node:22-slim
//! WORKDIR /app
//! COPY --chown=node:node . .
//! EXPOSE 8080
//!
//! # Run as node (1000:1000), not root: a number lets Kubernetes check runAsNonRoot
//! RUN chown node:node /app
//!
//! USER 1000:1000
//! CMD ["node", "server.js", "--port", "8080"]
//! ```
//!
//! ## Safety
//! Always breaking for whoever maps the old port, and said so. Unsafe when another file of the project names the port.

use super::Rule;
use crate::plan::{Draft, ports};

pub(super) const RULE: Rule = Rule { id: "privileged-port", doc: include_str!("privileged_port.rs"), apply };

fn apply(draft: &mut Draft<'_>) {
    if draft.identity.is_some() && !draft.stopped {
        ports::plan(draft, RULE.id);
    }
}
