//! A USER that stands already: the same account by its number, ids that are pinned or were taken, and its place.

use super::{Spoiled, Spoiler, row};
use unroot::plan::{Change, Origin, Place, Turned};

/// The name becomes the number.
const NAMED: &str = "\
FROM node:22-slim
RUN useradd --uid 2000 other
WORKDIR /app
COPY --chown=node:node . .
USER node
RUN npm ci
CMD [\"node\", \"server.js\"]
";

/// The id gets written down.
const FLOATING: &str = "\
FROM python:3.11-slim
RUN groupadd app && useradd -g app app
WORKDIR /srv/app
COPY . .
USER app
CMD [\"python\", \"app.py\"]
";

/// The base image holds the number.
const TAKEN: &str = "\
FROM node:22-slim
RUN useradd --uid 1000 --create-home app
RUN npm --version
USER app
CMD [\"node\", \"server.js\"]
";

/// A step needs root.
const EARLY: &str = "\
FROM node:22-slim
USER node
RUN apt-get update && apt-get install -y git
COPY --chown=node:node . /app/
RUN npm --version
CMD [\"node\", \"/app/server.js\"]
";

/// A step needs root, and does more than that.
pub(super) const MIXED: &str = "\
FROM node:22-slim
USER 1000:1000
RUN apt-get update && npm ci
CMD [\"node\", \"server.js\"]
";

/// The package of the server makes an account for it.
const PACKAGED: &str = "\
FROM rockylinux:9
RUN dnf -y install mariadb-server
CMD [\"mysqld_safe\"]
";

/// The same, and a step takes a folder of the package from the account.
const BEREFT: &str = "\
FROM rockylinux:9
RUN dnf -y install mariadb-server
RUN chown root:root /var/lib/mysql
CMD [\"mysqld_safe\"]
";

/// The same where nobody knows whether the package is there.
const MAYBE: &str = "\
FROM rockylinux:9
ARG DB=
RUN if [ -n \"$DB\" ]; then dnf -y install mariadb-server; fi
CMD [\"mysqld_safe\"]
";

/// The process runs as the package's account, and nothing is handed over to it.
fn packaged(spoiler: &mut Spoiler<'_, '_>) {
    spoiler.switch();
    spoiler.commands(&[]);
    spoiler.user("27:27");
    let identity = spoiler.plan.identity.as_mut().unwrap();
    (identity.name, identity.group) = (Some("mysql".to_owned()), Some("mysql".to_owned()));
    (identity.uid, identity.gid, identity.origin, identity.worker) = (Some(27), Some(27), Origin::Existing, true);
    identity.commands.clear();
}

fn standing(spoiler: &mut Spoiler<'_, '_>, user: &str) {
    spoiler.plan.standing.as_mut().unwrap().user = user.to_owned();
    for change in &mut spoiler.plan.changes {
        match change {
            Change::Word { text, span, .. } if !span.is_empty() && text.starts_with(|c: char| c != ' ') => {
                *text = user.to_owned();
            }
            _ => {}
        }
    }
}

fn pins(spoiler: &mut Spoiler<'_, '_>, old: &str, new: &str) {
    let pins = spoiler.plan.standing.as_mut().unwrap().pins.iter_mut();
    for change in pins.chain(&mut spoiler.plan.changes) {
        if let Change::Word { text, span, .. } = change
            && (span.is_empty() || !text.contains(':'))
        {
            *text = text.replace(old, new);
        }
    }
}

pub(super) fn rows() -> Vec<Spoiled> {
    vec![
        row("user", "the number is another account's", NAMED, |s| standing(s, "2000:2000"), &[]),
        row("runs", "the number is root's", NAMED, |s| standing(s, "0:0"), &[]),
        row("user", "the group is another one", NAMED, |s| standing(s, "1000:2000"), &[]),
        row("user", "the group is root's", NAMED, |s| standing(s, "1000:0"), &[]),
        row("typed", "the number is not the declared one", NAMED, |_| {}, &[("USER 1000:1000", "USER 1000:1001")]),
        row("trivia", "the number's comment is lost", NAMED, |_| {}, &[("# node (1000:1000): a number", "# a number")]),
        row("typed", "another word of the creation changes", FLOATING, |s| s.word("RUN groupadd", "-g", "-o -g"), &[]),
        row("accounts", "another number is pinned than planned", FLOATING, |s| pins(s, "10001", "10002"), &[]),
        row(
            "accounts",
            "the group keeps no number",
            FLOATING,
            |s| {
                pins(s, " --gid 10001", " --system");
            },
            &[],
        ),
        row("typed", "a taken number becomes another than planned", TAKEN, |s| pins(s, "10001", "10002"), &[]),
        row(
            "typed",
            "a number that nobody holds is changed",
            NAMED,
            |s| {
                s.word("RUN useradd", "2000", "10001");
                let pin = s.plan.changes.last().cloned().unwrap();
                s.plan.standing.as_mut().unwrap().pins.push(pin);
            },
            &[],
        ),
        row("user", "the number is not the one that the package makes", PACKAGED, |s| s.user("28:28"), &[]),
        row("accounts", "the package's account has no folder any more", BEREFT, packaged, &[]),
        row("accounts", "the package may not be there", MAYBE, packaged, &[]),
        row("typed", "a USER goes and no rule turned it", EARLY, |s| s.plan.turned.clear(), &[]),
        row(
            "runs",
            "a step runs as root and the plan does not say so",
            EARLY,
            |s| s.plan.turned.iter_mut().for_each(|turned| turned.freed.clear()),
            &[],
        ),
        row(
            "runs",
            "a step that needs no root is made root's",
            EARLY,
            |s| {
                let (user, step) = (s.at("USER"), s.at("RUN npm"));
                s.above("CMD");
                s.plan.turned = vec![Turned { user, freed: vec![s.at("RUN apt"), step] }];
            },
            &[],
        ),
        row(
            "runs",
            "what a step leaves for the account becomes root's",
            MIXED,
            |s| {
                let (user, step) = (s.at("USER"), s.at("RUN"));
                s.remove("USER");
                let place = Place::Above(s.at("CMD"));
                let moved = Some("1000:1000".to_owned());
                s.plan.changes.push(Change::Block {
                    place,
                    comment: None,
                    env: None,
                    commands: Vec::new(),
                    expose: None,
                    user: moved,
                });
                s.plan.turned = vec![Turned { user, freed: vec![step] }];
            },
            &[],
        ),
        row(
            "runs",
            "a USER that steps run as goes",
            NAMED,
            |s| {
                let user = s.at("USER");
                s.plan = unroot::plan::Plan { stage: s.plan.stage, ..Default::default() };
                s.remove("USER");
                s.plan.turned = vec![Turned { user, freed: Vec::new() }];
            },
            &[],
        ),
    ]
}
