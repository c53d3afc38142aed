//! Accounts, owners and reach: what the process finds when it starts.

use super::{Spoiled, Spoiler, row};
use unroot::plan::{Change, Origin};

const NODE: &str = super::lines::NODE;
const PYTHON: &str = super::lines::PYTHON;

/// An account that the file makes before it needs it.
const MADE: &str = "\
FROM python:3.11-slim
RUN useradd --create-home app
RUN pip install flask
WORKDIR /srv/app
COPY --link . .
CMD [\"python\", \"app.py\"]
";

/// A copy that makes its own folder, in an image without a shell.
const BARE: &str = "\
FROM debian:12-slim AS build
RUN echo binary >/server

FROM scratch
COPY --from=build /server /server
CMD [\"/server\"]
";

/// What the process needs lies where only root can go, and the wrong plan does not see it.
const HOME: &str = "FROM debian:12-slim\nENV HOME=/root\nCMD [\"/server\"]\n";
const PATH: &str = "FROM debian:12-slim\nENV PATH=/usr/bin:/root/.local/bin\nCMD [\"/server\"]\n";
const COMMAND: &str = "FROM debian:12-slim\nCOPY server /root/\nCMD [\"/root/server\", \"--fast\"]\n";
const HEALTH: &str = "FROM debian:12-slim\nHEALTHCHECK CMD /root/check.sh\nCMD [\"/server\"]\n";
const PLACED: &str = "FROM debian:12-slim\nENV CACHE=~/.cache\nCMD [\"/server\"]\n";
const SHELLLESS: &str = "FROM scratch\nCOPY server /\nCMD [\"/server\"]\n";
const SHELLLESS_FIXED: &str = "FROM golang:1.22 AS build\nCOPY . .\nFROM scratch\nCOPY --from=build /server /\nEXPOSE 80\nENV PORT=80\nCMD [\"/server\"]\n";
/// A folder that the stage which feeds the image makes for it.
const FED: &str = "FROM golang:1.22 AS build\nWORKDIR /src\nCOPY . .\nRUN go build -o /server .\n\nFROM scratch\nCOPY --from=build /server /server\nENV DATA_DIR=/data\nCMD [\"/server\"]\n";
const FOLDER: &str = "FROM debian:12-slim\nWORKDIR /root\nCMD [\"/server\"]\n";

/// The image's own server, whose configuration steps of the build change.
const SERVED: &str = "FROM nginx:1.27\nEXPOSE 80\nCMD [\"nginx\", \"-g\", \"daemon off;\"]\n";

pub(super) const ROOTED: [&str; 6] = [HOME, PATH, COMMAND, HEALTH, PLACED, FOLDER];

fn drop_flags(spoiler: &mut Spoiler<'_, '_>) {
    spoiler.plan.changes.retain(|change| !matches!(change, Change::Flag { .. }));
}

/// A command of the block, and a test of it.
fn step(spoiler: &mut Spoiler<'_, '_>, at: usize, command: &str) {
    spoiler.block().1.splice(at..at, [command.to_owned(), format!("grep -q user {command}")]);
}

fn instead(spoiler: &mut Spoiler<'_, '_>, old: &str, new: &str) {
    spoiler.block().1.iter_mut().for_each(|command| *command = command.replace(old, new));
}

fn uid(spoiler: &mut Spoiler<'_, '_>, uid: u32) {
    let identity = spoiler.plan.identity.as_mut().unwrap();
    (identity.uid, identity.gid) = (Some(uid), Some(uid));
    identity.commands.clear();
    spoiler.user(&format!("{uid}:{uid}"));
}

pub(super) fn rows() -> Vec<Spoiled> {
    vec![
        // fed
        row(
            "fed",
            "a copy that brings more than the folder",
            FED,
            |s| {
                for change in &mut s.plan.changes {
                    if let Change::Copy { arguments, .. } = change {
                        arguments[0] = arguments[0].replace("/data /data", "/ /data");
                    }
                }
            },
            &[],
        ),
        row(
            "fed",
            "a folder that no stage makes",
            FED,
            |s| {
                s.plan.changes.retain(|change| {
            !matches!(change, Change::Block { commands, .. } if commands.iter().any(|it| it.starts_with("mkdir")))
        })
            },
            &[],
        ),
        row(
            "fed",
            "a folder that the other stage holds already",
            FED,
            |s| s.plan.fed.iter_mut().for_each(|fed| fed.path = "/src".to_owned()),
            &[],
        ),
        row("fed", "a copy that nobody declared", FED, |s| s.plan.fed.clear(), &[]),
        // served
        row(
            "served",
            "a server's step for a server that the image does not run",
            NODE,
            |s| step(s, 0, "sed -i '/^user /d' /etc/nginx/nginx.conf"),
            &[],
        ),
        row(
            "served",
            "another change of the configuration",
            SERVED,
            |s| step(s, 0, "sed -i 's/index/list/' /etc/nginx/conf.d/default.conf"),
            &[],
        ),
        row(
            "served",
            "another port than the one that moves",
            SERVED,
            |s| instead(s, "8080; port_in", "9090; port_in"),
            &[],
        ),
        row(
            "served",
            "a change that no test follows",
            SERVED,
            |s| {
                let commands = s.block().1;
                commands.retain(|command| !command.starts_with("grep"));
            },
            &[],
        ),
        // owners
        row(
            "owners",
            "a folder of the base is given away, in secret",
            NODE,
            |s| s.block().1.push("chown -R node:node /etc".into()),
            &[],
        ),
        row(
            "owners",
            "a folder of the base is given away, as declared",
            NODE,
            |s| {
                s.block().1.push("chown node:node /etc".into());
                s.hand("/etc", false);
            },
            &[],
        ),
        row(
            "owners",
            "a parent of many is given away",
            NODE,
            |s| {
                s.block().1.push("chown node:node /opt".into());
                s.hand("/opt", false);
            },
            &[],
        ),
        row(
            "owners",
            "everything is given away",
            NODE,
            |s| {
                s.block().1.push("chown -R node:node /".into());
                s.hand("/", true);
            },
            &[],
        ),
        row("owners", "a hand-over is declared and not done", NODE, |s| s.commands(&[]), &[]),
        row("owners", "the folder goes to another account", NODE, |s| s.commands(&["chown 33:33 /app"]), &[]),
        row(
            "owners",
            "a copy changes its owner and the report does not say so",
            NODE,
            |s| s.plan.handed.retain(|handed| !handed.tree),
            &[],
        ),
        row("owners", "a copy keeps its owner and the report says it changed", NODE, drop_flags, &[]),
        row(
            "owners",
            "a copy is given to another account than the plan's",
            BARE,
            |s| s.flag("COPY", "--chown=33:33"),
            &[],
        ),
        row(
            "owners",
            "a volume is handed over below VOLUME, where the legacy builder forgets it",
            NODE,
            |s| {
                s.plan.changes.retain(|change| !matches!(change, Change::Block { user: None, .. }));
                s.block().1.insert(0, "mkdir -p /data && chown node:node /data".into());
            },
            &[],
        ),
        row(
            "owners",
            "a copy goes to another account than the folder, undeclared",
            NODE,
            |s| {
                drop_flags(s);
                s.plan.handed.retain(|handed| !handed.tree);
                s.flag("COPY . .", "--chown=33:33");
            },
            &[],
        ),
        // reach
        row("reach", "HOME stays root's", HOME, |s| s.switch(), &[]),
        row("reach", "PATH leads below /root", PATH, |s| s.switch(), &[]),
        row("reach", "the command lies below /root", COMMAND, |s| s.switch(), &[]),
        row("reach", "the health check lies below /root", HEALTH, |s| s.switch(), &[]),
        row("reach", "a variable names root's home", PLACED, |s| s.switch(), &[]),
        row("reach", "the process starts in /root", FOLDER, |s| s.switch(), &[]),
        row("reach", "a RUN where nothing can run it", SHELLLESS, |s| s.switch(), &[]),
        row(
            "reach",
            "a RUN of its own where nothing can run it",
            SHELLLESS_FIXED,
            |s| s.run_above("CMD", &["true"]),
            &[],
        ),
        row(
            "reach",
            "the account's home is root's",
            NODE,
            |s| s.plan.identity.as_mut().unwrap().home = Some("/root".into()),
            &[],
        ),
        row(
            "reach",
            "the account is made without its home",
            PYTHON,
            |s| {
                for command in s.block().1.iter_mut() {
                    *command = command.replace("--create-home", "--no-create-home");
                }
            },
            &[],
        ),
        // accounts
        row(
            "accounts",
            "USER names an account that nobody makes",
            NODE,
            |s| {
                let identity = s.plan.identity.as_mut().unwrap();
                (identity.name, identity.uid, identity.gid) = (Some("app".into()), None, None);
                s.user("app");
                s.owns_nothing();
            },
            &[],
        ),
        row(
            "accounts",
            "--chown names an account in another root",
            MADE,
            |s| {
                drop_flags(s);
                s.flag("COPY", "--chown=app:app");
            },
            &[],
        ),
        row(
            "accounts",
            "--chown names an account that is made further down",
            PYTHON,
            |s| {
                drop_flags(s);
                s.flag("COPY . .", "--chown=app:app");
            },
            &[],
        ),
        row(
            "accounts",
            "--chown names a group that nobody makes",
            NODE,
            |s| {
                drop_flags(s);
                let identity = s.plan.identity.as_mut().unwrap();
                (identity.group, identity.gid) = (Some("staff".into()), None);
                s.user("1000");
                s.flag("COPY . .", "--chown=node:staff");
            },
            &[],
        ),
        row(
            "accounts",
            "a copy gets --chmod in a file that needs no BuildKit",
            NODE,
            |s| s.flag("COPY . .", "--chmod=0755"),
            &[],
        ),
        row(
            "accounts",
            "the plan's uid is not the account's",
            NODE,
            |s| {
                s.owns_nothing();
                uid(s, 1001);
            },
            &[],
        ),
        row(
            "accounts",
            "the account gets another uid than the plan's",
            PYTHON,
            |s| {
                s.owns_nothing();
                for command in s.block().1.iter_mut() {
                    *command = command.replace("--uid 10001", "--uid 10010");
                }
            },
            &[],
        ),
        row(
            "accounts",
            "the chown stands above the account that it names",
            PYTHON,
            |s| {
                let commands = s.block().1;
                commands.rotate_right(1);
                commands[0] = "chown app:app /srv/app".into();
            },
            &[],
        ),
        row(
            "accounts",
            "the uid is another account's too",
            NODE,
            |s| {
                let identity = s.plan.identity.as_mut().unwrap();
                identity.name = Some("app".into());
                identity.group = Some("node".into());
                identity.origin = Origin::Created;
                s.block()
                    .1
                    .insert(0, "useradd --no-log-init --non-unique --uid 1000 --gid 1000 --create-home app".into());
            },
            &[],
        ),
        // user
        row("user", "root as 0", NODE, |s| s.user("0"), &[]),
        row("user", "root as 00", NODE, |s| s.user("00"), &[]),
        row("user", "root as +0", NODE, |s| s.user("+0"), &[]),
        row("user", "root with another group", NODE, |s| s.user("0:10001"), &[]),
        row("user", "root by name", NODE, |s| s.user("root"), &[]),
        row("user", "USER has a slip of the pen", NODE, |s| *s.block().2 = Some("1001:1000".into()), &[]),
        row("user", "USER has a slip of the pen, as planned", NODE, |s| s.user("100:1000"), &[]),
        row("user", "the account's group is left out of the numbers", NODE, |s| s.user("1000:1001"), &[]),
        row("user", "the account is chosen and never switched to", NODE, |s| *s.block().2 = None, &[]),
        row(
            "user",
            "the user changes and the plan switches nobody",
            NODE,
            |s| {
                s.owns_nothing();
                s.plan.identity = None;
            },
            &[],
        ),
    ]
}
