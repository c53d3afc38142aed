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
//! The servers of nginx, openresty, httpd, php:*-apache, wordpress, drupal, nextcloud, phpmyadmin, caddy, frankenphp,
//! traefik, tomcat and older haproxy images are told by their configuration: files that copies bring are edited, the
//! image's own by `sed` in the block, each followed by a test. Their pid file, caches and logs move to where the
//! account may write; a file capability goes, which the program needs no more. nginx says `port_in_redirect off` beside
//! a port that moves, so that redirects name no port, as before. Sites with TLS of a Caddyfile move by `http_port` and
//! `https_port`; Traefik's redirects by an entry point's name say the port that clients know.
//!
//! So are nginx, Apache and lighttpd as packages of Debian, Ubuntu, Alpine and RHEL install them (`apt-get install nginx`),
//! where they surely come from the distribution's own repositories.
//!
//! A port in a file of settings moves there, as an unsafe fix: where started source takes it from INI, JSON or YAML by
//! keys that show (`config.getint("server", "port")`), and Spring Boot's `server.port` where the Dockerfile builds the
//! program. What code changes, what a profile or a variable may say otherwise, and what is mounted over the file are
//! left alone.
//!
//! Where an ENV of the base image tells the process (ASP.NET up to 7: `ASPNETCORE_URLS`), an ENV in the block says the
//! new port; left alone where the project's source or settings may say another (`UseUrls`, `Kestrel`), but for
//! `Kestrel:Endpoints` of the one appsettings.json, which move there.
//!
//! Compose files that build the image say the new port of the container, not that of the host: in ports, expose, health
//! checks, variables and labels that are called like a port, and in what other services ask by the service's name, also in
//! configuration files that they are built from, are given or have mounted. So do `docker run -p` lines of the README that
//! run the image; and manifests, with `--kubernetes`.
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
//! Always breaking for whoever maps the old port, and said so. Unsafe when another file of the project names the port and
//! cannot move along: manifests, workflows, scripts that run containers, Terraform, Makefile, .env, health checks in words that
//! are not followed, programs that ask a compose service by its name. Unsafe where the
//! configuration tells its port to others (`$server_port`, FastCGI). Left alone where it asks itself on the port, writes
//! where only root may, or cannot be followed.

use super::Rule;
use crate::plan::{Draft, ports};

pub(super) const RULE: Rule = Rule { id: "privileged-port", doc: include_str!("privileged_port.rs"), apply };

fn apply(draft: &mut Draft<'_>) {
    if draft.identity.is_some() && !draft.stopped {
        ports::plan(draft, RULE.id);
    }
}
