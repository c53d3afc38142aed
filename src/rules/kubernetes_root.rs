//! # kubernetes-root
//!
//! A manifest runs the image, and does not have the cluster check that it is not root.
//!
//! ## Why
//! Without `runAsNonRoot: true` a cluster starts whatever user the image says: the next image that is root again runs as
//! root, and nobody sees it.
//!
//! ## What unroot does
//! With `--kubernetes`, containers of plain manifests that run the image get a `securityContext`: `runAsNonRoot`, the
//! numbers of USER as `runAsUser` and `runAsGroup`, no privilege escalation, no capabilities, the runtime's seccomp profile;
//! and their pod an `fsGroup` where they write a claimed volume, or may not read a secret otherwise. What a manifest says
//! already stays: a `runAsUser` that is not 0 wins, also over the number of an account that unroot makes. Ports that move
//! are changed in the same fix, in probes, services and policies too.
//!
//! Which image a Dockerfile becomes is told by `--image NAME=PATH`, by `images` of `unroot.yaml`, or by a compose service
//! that builds and names it. Templates of Helm and what kustomize patches are told of and left alone, as is what says that
//! it is more than a user of its own: `privileged`, `runAsUser: 0`, more capabilities, folders of the host.
//!
//! ## Example
//! ```dockerfile before
//! FROM node:22-slim
//! WORKDIR /app
//! COPY . .
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile after
//! FROM node:22-slim
//! WORKDIR /app
//! COPY --chown=node:node . .
//!
//! # Run as node (1000:1000), not root: a number lets Kubernetes check runAsNonRoot
//! RUN chown node:node /app
//!
//! USER 1000:1000
//! CMD ["node", "server.js"]
//! ```
//! And with `--kubernetes --image shop=Dockerfile`:
//! ```yaml before
//! apiVersion: v1
//! kind: Pod
//! metadata:
//!   name: shop
//! spec:
//!   containers:
//!     - name: shop
//!       image: shop:1.4
//! ```
//! ```yaml after
//! apiVersion: v1
//! kind: Pod
//! metadata:
//!   name: shop
//! spec:
//!   containers:
//!     - name: shop
//!       image: shop:1.4
//!       securityContext:
//!         runAsNonRoot: true
//!         runAsUser: 1000
//!         runAsGroup: 1000
//!         allowPrivilegeEscalation: false
//!         capabilities:
//!           drop:
//!             - ALL
//!         seccompProfile:
//!           type: RuntimeDefault
//! ```
//!
//! ## Safety
//! Without `--kubernetes` it is advice, and has no effect on how a file ends. With it, it is part of the switch; unsafe
//! where a manifest starts the image with a command of its own. A program with a file capability (`setcap`) keeps its
//! capabilities and the right to gain them, because it does not start, or does not open its port, without them.

use super::Rule;
use crate::plan::{Draft, kubernetes};

pub(super) const RULE: Rule = Rule { id: "kubernetes-root", doc: include_str!("kubernetes_root.rs"), apply };

/// Only what changes by itself, where the image is not root already.
pub(super) const ALONE: Rule = Rule { apply: changes, ..RULE };

fn apply(draft: &mut Draft<'_>) {
    kubernetes::secure(draft, RULE.id, false);
}

fn changes(draft: &mut Draft<'_>) {
    kubernetes::secure(draft, RULE.id, true);
}
