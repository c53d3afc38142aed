//! What gets out of root's home: folders that move, variables that are set.

use super::{Spoiled, Spoiler, row};
use unroot::plan::home::{Relocated, Variable};
use unroot::plan::{Change, Origin, Place};

/// The working folder of Go tutorials.
const FOLDER: &str = "\
FROM golang:1.22 AS build
WORKDIR /src
COPY . .
RUN go build -o server .

FROM alpine:3.20
COPY --from=build /src/rules /app/rules
WORKDIR /root/
COPY --from=build /src/server .
RUN chmod +x server
CMD [\"./server\"]
";

/// A browser, and a step that needs it.
const BROWSER: &str = "\
FROM python:3.11-slim
WORKDIR /srv/app
RUN pip install playwright
RUN playwright install chromium
RUN echo ready
COPY . .
CMD [\"python\", \"app.py\"]
";

/// A tree of packages, its PATH, and a step that needs both.
const TREE: &str = "\
FROM python:3.11-slim AS deps
RUN pip install --user flask

FROM python:3.11-slim
WORKDIR /srv/app
COPY --from=deps /root/.local /root/.local
ENV PATH=/root/.local/bin:$PATH
COPY . .
RUN python manage.py collectstatic
CMD [\"python\", \"app.py\"]
";

/// What may not move, and the wrong plan does not see it.
const BUILT: &str = "FROM debian:12-slim\nWORKDIR /root\nRUN make server\nCMD [\"./server\"]\n";
const MEANT: &str = "FROM debian:12-slim\nWORKDIR /root\nENV DATA=/root/data\nCMD [\"./server\"]\n";
const LANDED: &str = "FROM debian:12-slim\nWORKDIR /root\nCOPY server /root/bin/\nCMD [\"./server\"]\n";
const NAMED: &str =
    "FROM python:3.11-slim\nRUN NLTK_DATA=/srv/words python -m nltk.downloader punkt\nCMD [\"python\", \"app.py\"]\n";

const COPIED: &str = "FROM python:3.11-slim\nRUN playwright install chromium\nCMD [\"python\", \"app.py\"]\nFROM scratch\nCOPY --from=0 /root/.cache /cache\n";

/// What a step makes for the home of whoever runs the process, and an account whose home is there before.
const DESK: &str = "\
FROM debian:12-slim
RUN apt-get update && apt-get install -y x11vnc
RUN groupadd --gid 1500 desk && useradd --uid 1500 --gid 1500 --create-home desk
RUN mkdir -p /root/.vnc && x11vnc -storepasswd desk ~/.vnc/passwd
CMD [\"x11vnc\", \"-usepw\"]
";
const DESK_LATE: &str = "FROM debian:12-slim\nRUN mkdir -p /root/.vnc && x11vnc -storepasswd desk ~/.vnc/passwd\nRUN groupadd --gid 1500 desk && useradd --uid 1500 --gid 1500 --create-home desk\nCMD [\"x11vnc\", \"-usepw\"]\n";
const DESK_HOME: &str = "FROM debian:12-slim\nRUN groupadd --gid 1500 desk && useradd --uid 1500 --gid 1500 --create-home desk\nENV HOME=/srv\nRUN mkdir -p /root/.vnc && x11vnc -storepasswd desk ~/.vnc/passwd\nCMD [\"x11vnc\", \"-usepw\"]\n";
const DESK_READ: &str = "FROM debian:12-slim\nRUN groupadd --gid 1500 desk && useradd --uid 1500 --gid 1500 --create-home desk\nRUN mkdir -p /root/.vnc && x11vnc -storepasswd desk ~/.vnc/passwd\nRUN desk-selftest\nCMD [\"x11vnc\", \"-usepw\"]\n";
const DESK_WHOLE: &str = "FROM debian:12-slim\nRUN groupadd --gid 1500 desk && useradd --uid 1500 --gid 1500 --create-home desk\nRUN mkdir -p /root/.vnc && x11vnc -storepasswd desk ~/.vnc/passwd && cp -r /root /backup\nCMD [\"x11vnc\", \"-usepw\"]\n";
const DESK_OTHER: &str = "FROM debian:12-slim\nRUN groupadd --gid 1500 desk && useradd --uid 1500 --gid 1500 --create-home desk\nUSER desk\nRUN mkdir -p /root/.vnc && x11vnc -storepasswd desk ~/.vnc/passwd\nUSER root\nCMD [\"x11vnc\", \"-usepw\"]\n";
const DESK_BUILD: &str = "FROM debian:12-slim\nRUN groupadd --gid 1500 desk && useradd --uid 1500 --gid 1500 --create-home desk\nRUN mkdir -p /root/.ssh && ssh-keygen -f ~/.ssh/id\nCMD [\"x11vnc\", \"-usepw\"]\n";

pub(super) const REFUSED: [&str; 11] =
    [BUILT, MEANT, LANDED, NAMED, COPIED, DESK_LATE, DESK_HOME, DESK_READ, DESK_WHOLE, DESK_OTHER, DESK_BUILD];

/// What a plan would do that sees nothing in the way of the home of the account that the file makes.
fn homes(s: &mut Spoiler<'_, '_>, name: &str) {
    s.switch();
    s.user("1500:1500");
    let home = format!("/home/desk/{name}");
    s.commands(&[&format!("chown -R desk:desk {home}")]);
    let identity = s.plan.identity.as_mut().unwrap();
    (identity.name, identity.group) = (Some("desk".into()), Some("desk".into()));
    (identity.uid, identity.gid) = (Some(1500), Some(1500));
    (identity.origin, identity.home) = (Origin::Existing, Some("/home/desk".into()));
    identity.commands.clear();
    s.word("RUN mkdir", &format!("/root/{name}"), &home);
    s.word("RUN mkdir", &format!("~/{name}"), &home);
    s.hand(&home, true);
    s.plan.relocated.push(Relocated { from: format!("/root/{name}"), to: home });
}

fn moves(s: &mut Spoiler<'_, '_>, to: &str) {
    s.switch();
    s.word("WORKDIR", "/root", to);
    s.plan.relocated.push(Relocated { from: "/root".into(), to: to.into() });
}

fn sets(s: &mut Spoiler<'_, '_>, above: &str, name: &str, value: &str) {
    let above = s.at(above);
    let env = Some(format!("{name}={value}"));
    let block = Change::Block {
        place: Place::Above(above),
        comment: None,
        env,
        commands: Vec::new(),
        expose: None,
        user: None,
    };
    s.plan.changes.insert(0, block);
    s.plan.variables.push(Variable { name: name.into(), value: value.into(), above });
}

/// The folder of the plan becomes another one, in words and in the report.
fn instead(s: &mut Spoiler<'_, '_>, old: &str, new: &str) {
    for change in &mut s.plan.changes {
        match change {
            Change::Word { text, .. } if text == old => new.clone_into(text),
            Change::Block { commands, .. } => commands.iter_mut().for_each(|it| *it = it.replace(old, new)),
            _ => {}
        }
    }
    s.plan.handed.iter_mut().for_each(|handed| handed.path = handed.path.replace(old, new));
    s.plan.relocated.iter_mut().for_each(|moved| moved.to = moved.to.replace(old, new));
}

pub(super) fn rows() -> Vec<Spoiled> {
    vec![
        row("moved", "the new folder is the file's already", FOLDER, |s| instead(s, "/srv/app", "/app"), &[]),
        row("moved", "the new folder is the base's", FOLDER, |s| instead(s, "/srv/app", "/srv"), &[]),
        row("moved", "the new folder is root's home again", FOLDER, |s| instead(s, "/srv/app", "/root/app"), &[]),
        row("moved", "a step builds in the folder that moves", BUILT, |s| moves(s, "/app"), &[]),
        row("moved", "ENV still means the old folder", MEANT, |s| moves(s, "/app"), &[]),
        row("moved", "a copy still lands in the old folder", LANDED, |s| moves(s, "/app"), &[]),
        row(
            "moved",
            "a variable that no tool reads",
            BROWSER,
            |s| sets(s, "RUN echo", "BROWSERS", "/opt/browsers"),
            &[],
        ),
        row(
            "moved",
            "a variable that names another folder",
            BROWSER,
            |s| sets(s, "RUN echo", "NLTK_DATA", "/etc"),
            &[],
        ),
        row(
            "moved",
            "a variable that a step sets already",
            NAMED,
            |s| {
                s.switch();
                sets(s, "RUN NLTK", "NLTK_DATA", "/opt/nltk_data");
            },
            &[],
        ),
        row(
            "moved",
            "another stage copies what a variable moves",
            COPIED,
            |s| {
                s.switch();
                s.plan.stage = 0;
                sets(s, "RUN playwright", "PLAYWRIGHT_BROWSERS_PATH", "/opt/ms-playwright");
            },
            &[],
        ),
        row("moved", "a variable above no step", BROWSER, |s| sets(s, "COPY", "NLTK_DATA", "/opt/nltk_data"), &[]),
        row(
            "moved",
            "the folder moves and root stays",
            BUILT,
            |s| {
                moves(s, "/app");
                s.plan.identity = None;
                s.plan.changes.retain(|change| matches!(change, Change::Word { .. }));
            },
            &[],
        ),
        row(
            "moved",
            "one of two words still says root's home",
            DESK,
            |s| s.plan.changes.retain(|change| !matches!(change, Change::Word { span, .. } if span.len() == 6)),
            &[],
        ),
        row(
            "moved",
            "what is made in the home of the account stays root's",
            DESK,
            |s| {
                s.plan.handed.clear();
                s.block().1.clear();
            },
            &[],
        ),
        row("moved", "the home is made below the step", DESK_LATE, |s| homes(s, ".vnc"), &[]),
        row(
            "moved",
            "the block makes the account, and its home, below the step",
            DESK,
            |s| s.plan.identity.as_mut().unwrap().origin = Origin::Created,
            &[],
        ),
        row("moved", "HOME is another for the process", DESK_HOME, |s| homes(s, ".vnc"), &[]),
        row("moved", "a step may look for it by itself", DESK_READ, |s| homes(s, ".vnc"), &[]),
        row("moved", "a command takes all of root's home", DESK_WHOLE, |s| homes(s, ".vnc"), &[]),
        row("typed", "the step does not run as root", DESK_OTHER, |s| homes(s, ".vnc"), &[]),
        row("typed", "only a build reads it", DESK_BUILD, |s| homes(s, ".ssh"), &[]),
        row(
            "typed",
            "it gets another name in the home",
            DESK,
            |s| instead(s, "/home/desk/.vnc", "/home/desk/.other"),
            &[],
        ),
        row(
            "typed",
            "the step writes elsewhere",
            DESK,
            |_| {},
            &[("-storepasswd desk /home/desk/.vnc", "-storepasswd desk /home/desk/.x")],
        ),
        row("typed", "the folder moves undeclared", FOLDER, |s| s.plan.relocated.clear(), &[]),
        row("typed", "the folder moves elsewhere", FOLDER, |_| {}, &[("WORKDIR /srv/app/", "WORKDIR /srv/other/")]),
        row(
            "typed",
            "the copy goes elsewhere",
            TREE,
            |_| {},
            &[("/root/.local /home/app/.local", "/root/.local /home/app/x")],
        ),
        row(
            "typed",
            "PATH goes elsewhere",
            TREE,
            |_| {},
            &[("PATH=/home/app/.local/bin", "PATH=/home/app/.local/lib")],
        ),
        row(
            "typed",
            "the variable has a slip of the pen",
            BROWSER,
            |_| {},
            &[("PLAYWRIGHT_BROWSERS_PATH=/opt/ms-playwright", "PLAYWRIGHT_BROWSERS_PATH=/opt/playwright")],
        ),
        row("runs", "the variable is not declared", BROWSER, |s| s.plan.variables.clear(), &[]),
        row(
            "runs",
            "the variable stands below the step that it is for",
            BROWSER,
            |s| {
                let below = s.at("RUN echo");
                for change in &mut s.plan.changes {
                    if let Change::Block { place, env: Some(_), .. } = change {
                        *place = Place::Above(below);
                    }
                }
            },
            &[],
        ),
        row(
            "runs",
            "PATH of a step keeps the old folder",
            TREE,
            |s| {
                let env = s.at("ENV PATH");
                s.plan.changes.retain(|change| change.instruction() != Some(env));
            },
            &[],
        ),
    ]
}
