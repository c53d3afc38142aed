//! What gets out of root's home: folders that move, variables that are set.

use super::{Spoiled, Spoiler, row};
use unroot::plan::home::{Relocated, Variable};
use unroot::plan::{Change, Place};

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

pub(super) const REFUSED: [&str; 5] = [BUILT, MEANT, LANDED, NAMED, COPIED];

fn moves(s: &mut Spoiler<'_, '_>, to: &str) {
    s.switch();
    s.word("WORKDIR", "/root", to);
    s.plan.relocated.push(Relocated { from: "/root".into(), to: to.into() });
}

fn sets(s: &mut Spoiler<'_, '_>, above: &str, name: &str, value: &str) {
    let above = s.at(above);
    let env = Some(format!("{name}={value}"));
    let block = Change::Block { place: Place::Above(above), comment: None, env, commands: Vec::new(), user: None };
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
