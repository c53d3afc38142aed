//! Instructions: what stands there, what the builds' steps see, other stages, the command.

use super::{Spoiled, row};
use unroot::plan::{Change, Moved, Place};
use unroot::source::Span;

/// A command that writes its server's port at every start.
const LIFTED: &str = "\
FROM php:8.3-apache
RUN a2enmod rewrite
COPY . /var/www/html
CMD sed -i \"s/80/${PORT}/g\" /etc/apache2/ports.conf && apache2-foreground
";

/// Two stages, a port, a volume, a health check, an install step.
pub(super) const NODE: &str = "\
FROM node:22-slim AS build
WORKDIR /src
COPY . .
RUN npm run build

# The one that is shipped
FROM node:22-slim
WORKDIR /app
COPY package.json ./
RUN npm ci
# Our own code
COPY . .
EXPOSE 80
VOLUME /data
HEALTHCHECK --interval=5s CMD node health.js
SHELL [\"/bin/sh\", \"-c\"]
STOPSIGNAL SIGINT
CMD [\"node\", \"server.js\", \"--port\", \"80\"]
";

/// An account has to be made.
pub(super) const PYTHON: &str = "\
FROM python:3.11-slim
RUN apt-get update && apt-get install -y curl
WORKDIR /srv/app
COPY requirements.txt ./
RUN pip install -r requirements.txt
COPY . .
CMD [\"python\", \"app.py\"]
";

/// Folders that hang on variables, and an account with steps below it.
const PLACES: &str = "\
FROM python:3.11-slim
ENV PORT=80
RUN useradd --uid 5000 --create-home app
RUN echo made
WORKDIR /srv
WORKDIR site
COPY . .
ENTRYPOINT [\"python\", \"app.py\"]
";

/// Folders that are made last.
const LATE: &str = "\
FROM node:22-slim
ENV PORT=80
COPY . /app/
WORKDIR /app
WORKDIR logs
CMD [\"node\", \"/app/server.js\", \"--port\", \"80\"]
";

/// A variable that is a port and a part of a path.
pub(super) const PLACED_BY_PORT: &str = "\
FROM debian:12-slim
ENV PORT=80
WORKDIR /srv/app$PORT
CMD [\"/server\", \"--port\", \"80\"]
";

/// What chown-run takes away.
const CHOWN: &str = "\
FROM node:22-slim
WORKDIR /app
COPY . .
RUN npm ci
COPY conf /conf/
RUN chown -R node:node /conf && echo done
RUN chown -R node:node /conf
USER 1000:1000
CMD [\"node\", \"server.js\"]
";

pub(super) fn rows() -> Vec<Spoiled> {
    vec![
        // typed
        row("typed", "a RUN is dropped", NODE, |_| {}, &[("RUN npm ci\n", "")]),
        row("typed", "a RUN is dropped, as declared", NODE, |s| s.remove("RUN npm ci"), &[]),
        row("typed", "a RUN is reworded", NODE, |_| {}, &[("RUN npm ci", "RUN npm install")]),
        row("typed", "a RUN is reworded, as declared", NODE, |s| s.word("RUN npm ci", "ci", "install"), &[]),
        row(
            "typed",
            "a command of a chain is dropped",
            PYTHON,
            |s| {
                let instruction = s.at("RUN apt-get");
                let commands = vec![s.model.scripts(instruction)[0].top()[0].span];
                s.plan.changes.push(Change::RemoveCommands { instruction, commands });
            },
            &[],
        ),
        row(
            "typed",
            "a word of a command is dropped",
            PYTHON,
            |s| {
                let instruction = s.at("RUN pip");
                s.plan.changes.push(Change::RemoveWords { instruction, words: vec![Span::new(12, 15)] });
            },
            &[],
        ),
        row("typed", "more than the chown goes", CHOWN, |_| {}, &[("RUN echo done\n", "RUN true\n")]),
        row("typed", "a declared --chown is not there", NODE, |_| {}, &[("COPY --chown=node:node . .", "COPY . .")]),
        row(
            "typed",
            "--chown names another account than declared",
            NODE,
            |_| {},
            &[("COPY --chown=node:node . .", "COPY --chown=root:node . .")],
        ),
        row(
            "typed",
            "another copy gets the flag too",
            NODE,
            |_| {},
            &[("COPY package.json", "COPY --chown=node:node package.json")],
        ),
        row("typed", "USER is not what was declared", NODE, |_| {}, &[("USER 1000:1000", "USER 1000:1001")]),
        row(
            "typed",
            "the block's RUN does more than declared",
            NODE,
            |_| {},
            &[("RUN chown node:node /app", "RUN chown -R node:node /app")],
        ),
        row(
            "typed",
            "another stage is touched",
            NODE,
            |_| {},
            &[("COPY . .\nRUN npm run", "COPY --chown=node:node . .\nRUN npm run")],
        ),
        row(
            "typed",
            "WORKDIR moves below USER",
            NODE,
            |_| {},
            &[("WORKDIR /app\n", ""), ("USER 1000:1000\n", "USER 1000:1000\nWORKDIR /app\n")],
        ),
        row("typed", "a port moves and the plan says another", NODE, |_| {}, &[("EXPOSE 8080", "EXPOSE 8081")]),
        row("typed", "a port moves and the report does not say so", NODE, |s| s.plan.moved.clear(), &[]),
        row("typed", "STOPSIGNAL goes", NODE, |s| s.remove("STOPSIGNAL"), &[]),
        row("typed", "CMD changes", NODE, |_| {}, &[("server.js", "index.js")]),
        // runs
        row("runs", "USER above apt-get", PYTHON, |s| s.above("RUN apt-get"), &[]),
        row("runs", "USER above npm ci", NODE, |s| s.above("RUN npm ci"), &[]),
        row(
            "runs",
            "the account is made above a step",
            PYTHON,
            |s| {
                let commands = s.block().1.drain(..2).collect::<Vec<_>>();
                s.run_above("RUN apt-get", &[&commands[0], &commands[1]]);
            },
            &[],
        ),
        row(
            "runs",
            "npm ci finds its folder with another owner",
            NODE,
            |s| s.flag("COPY package.json", "--chown=node:node"),
            &[],
        ),
        row(
            "runs",
            "npm ci works in a folder that was given away above it",
            NODE,
            |s| s.run_above("RUN npm ci", &["chown node:node /app"]),
            &[],
        ),
        row(
            "runs",
            "an account that steps have seen gets another id",
            PLACES,
            |s| {
                s.insert("RUN useradd", "app", "--uid 10001 ");
                let pin = s.plan.changes.last().cloned().unwrap();
                s.plan.identity.as_mut().unwrap().pins.push(pin);
            },
            &[],
        ),
        // workdirs
        row("workdirs", "the account makes the folder instead of root", LATE, |s| s.above("WORKDIR logs"), &[]),
        row("workdirs", "the account would have to make folders in /", LATE, |s| s.above("WORKDIR /app"), &[]),
        row(
            "workdirs",
            "a folder is named by a port that moves",
            PLACED_BY_PORT,
            |s| {
                s.switch();
                s.word("ENV", "80", "8080");
                s.word("CMD", "80", "8080");
                s.plan.moved = vec![Moved { from: 80, to: 8080, lines: vec![2, 5] }];
            },
            &[],
        ),
        // other stages
        row(
            "other-stages",
            "a copy of another stage changes its owner",
            NODE,
            |s| {
                let instruction = s.at("RUN npm run") - 1;
                s.plan.changes.push(Change::Flag { instruction, flag: "--chown=node:node".into() });
            },
            &[],
        ),
        row(
            "other-stages",
            "another stage gets a step",
            NODE,
            |s| {
                let at = s.at("RUN npm run");
                s.plan.changes.insert(
                    0,
                    Change::Block {
                        place: Place::Below(at),
                        comment: None,
                        env: None,
                        commands: vec!["true".into()],
                        expose: None,
                        user: None,
                    },
                );
            },
            &[],
        ),
        row(
            "other-stages",
            "another stage gets the block",
            NODE,
            |s| {
                let at = s.at("RUN npm run");
                *s.block().0 = Place::Below(at);
                s.plan.changes.rotate_right(1);
            },
            &[],
        ),
        // frozen
        row("frozen", "CMD changes", NODE, |s| s.word("CMD", "server.js", "index.js"), &[]),
        row(
            "frozen",
            "CMD goes",
            PYTHON,
            |s| {
                s.remove("CMD");
                let at = s.at("COPY . .");
                *s.block().0 = Place::Below(at);
            },
            &[],
        ),
        row("frozen", "a command goes that nothing takes over", LIFTED, |s| s.plan.lifted = None, &[]),
        row(
            "frozen",
            "what goes from the command becomes no step",
            LIFTED,
            |s| s.block().1.retain(|command| !command.starts_with("sed")),
            &[],
        ),
        row("frozen", "HEALTHCHECK goes", NODE, |s| s.remove("HEALTHCHECK"), &[]),
        row("frozen", "HEALTHCHECK asks for something else", NODE, |s| s.word("HEALTHCHECK", "5s", "50s"), &[]),
        row("frozen", "VOLUME changes", NODE, |s| s.word("VOLUME", "/data", "/app/data"), &[]),
        row(
            "frozen",
            "VOLUME goes",
            NODE,
            |s| {
                s.remove("VOLUME");
                s.plan.changes.retain(|change| !matches!(change, Change::Block { user: None, .. }));
                s.block().1.insert(0, "mkdir -p /data && chown node:node /data".into());
            },
            &[],
        ),
        row("frozen", "SHELL changes", NODE, |s| s.word("SHELL", "-c", "-ec"), &[]),
        row("frozen", "SHELL goes", NODE, |s| s.remove("SHELL"), &[]),
        row("frozen", "the base image changes", PYTHON, |s| s.word("FROM", "3.11-slim", "3.12-slim"), &[]),
        row(
            "frozen",
            "ENTRYPOINT changes by more than its port",
            PLACES,
            |s| s.word("ENTRYPOINT", "app.py", "main.py"),
            &[],
        ),
    ]
}
