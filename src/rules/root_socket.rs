//! # root-socket
//!
//! The container is given the socket of a container engine.
//!
//! ## Why
//! Whoever may talk to the engine starts a container with the host's files in it: that is root on the host, whatever USER
//! says inside.
//!
//! ## What unroot does
//! Nothing by itself: it is advice, and has no effect on how a file ends. VOLUME, compose services, `docker run` lines and
//! manifests are looked at. A proxy for the socket that allows only the calls which are needed does away with it; so does
//! an engine without root. What runs as root and talks to an engine is left as it is (reason `docker-socket`): another user
//! could not open the socket.
//!
//! ## Example
//! ```dockerfile before
//! FROM debian:12-slim
//! VOLUME /run/docker.sock
//! USER 1000:999
//! CMD ["/usr/bin/true"]
//! ```
//! ```dockerfile after
//! FROM debian:12-slim
//! VOLUME /run/docker.sock
//! USER 1000:999
//! CMD ["/usr/bin/true"]
//! ```
//!
//! ## Safety
//! Nothing is changed.

use super::Rule;
use crate::plan::{Draft, companions};

pub(super) const RULE: Rule = Rule { id: "root-socket", doc: include_str!("root_socket.rs"), apply };

fn apply(draft: &mut Draft<'_>) {
    companions::sockets(draft, RULE.id);
}
