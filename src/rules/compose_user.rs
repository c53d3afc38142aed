//! # compose-user
//!
//! A compose service runs the image as root by a word of its own.
//!
//! ## Why
//! `user: root` of a service wins over USER of its image: taking the image off root changes nothing for that service.
//!
//! ## What unroot does
//! Nothing by itself. It makes the switch of the user unsafe, because somebody has said that the service wants root; where
//! nothing is switched it is advice, and has no effect on how a file ends. Services of development stages do not count.
//!
//! ## Example
//! ```dockerfile before
//! FROM debian:12-slim
//! USER 1000:1000
//! CMD ["/usr/bin/true"]
//! ```
//! ```dockerfile after
//! FROM debian:12-slim
//! USER 1000:1000
//! CMD ["/usr/bin/true"]
//! ```
//! with this compose file, which stays as it is:
//! ```yaml before
//! services:
//!   shop:
//!     build: .
//!     user: root
//! ```
//! ```yaml after
//! services:
//!   shop:
//!     build: .
//!     user: root
//! ```
//!
//! ## Safety
//! Nothing is changed.

use super::Rule;
use crate::plan::{Draft, companions};

pub(super) const RULE: Rule = Rule { id: "compose-user", doc: include_str!("compose_user.rs"), apply };

fn apply(draft: &mut Draft<'_>) {
    companions::root_services(draft, RULE.id);
}
