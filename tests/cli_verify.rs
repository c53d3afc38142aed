//! `unroot verify` from outside, with a script in place of an engine: exit status, what is said, what is left behind.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/cli.rs"]
mod cli;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cli::{Ended, tree, unroot};

const NODE: &str = "FROM node:22-slim\nWORKDIR /app\nCOPY . .\nCMD [\"node\", \"server.js\"]\n";
const CLEAN: &str = "FROM scratch\nCOPY --chown=65532:65532 app /app\nUSER 65532:65532\nENTRYPOINT [\"/app\"]\n";

/// A project, and an engine beside it. The original's image is `i0`.
struct Scene {
    project: tempfile::TempDir,
    engine: tempfile::TempDir,
}

impl Scene {
    fn new(dockerfile: &str) -> Self {
        let script = include_str!("support/engine.sh");
        let passwd = "root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n";
        let engine = tree(&[
            ("bin/docker", script),
            ("count", "0"),
            ("user.i0", ""),
            ("top.i0", "7 0 node\n"),
            ("root/etc/passwd", passwd),
            ("root/srv/x", ""),
        ]);
        let at = |name: &str| engine.path().join(name);
        for name in ["containers", "images", "networks", "tmp", "empty"] {
            fs::create_dir(at(name)).unwrap();
        }
        fs::set_permissions(at("bin/docker"), fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["root", "root/etc", "root/srv"] {
            fs::set_permissions(at(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { project: tree(&[("Dockerfile", dockerfile), ("server.js", ""), ("app", "")]), engine }
    }

    fn with(self, name: &str, text: &str) -> Self {
        fs::write(self.engine.path().join(name), text).unwrap();
        self
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unroot"));
        command.args(["verify", "--ready", "0", "."]).args(args).current_dir(self.project.path());
        let path = format!("{}:{}", self.engine.path().join("bin").display(), std::env::var("PATH").unwrap());
        command
            .env("PATH", path)
            .env("FAKE", self.engine.path())
            .env("TMPDIR", self.engine.path().join("tmp"))
            .env("NO_COLOR", "1");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it, and looks that nothing is left and that the project is as it was.
    fn verify(&self, args: &[&str]) -> Ended {
        let before = files(self.project.path());
        let ended = end(self.command(args).spawn().unwrap());
        self.nothing_is_left();
        if !args.contains(&"--learn") {
            assert_eq!(files(self.project.path()), before);
        }
        ended
    }

    fn nothing_is_left(&self) {
        for name in ["containers", "images", "networks", "tmp"] {
            let left: Vec<_> = fs::read_dir(self.engine.path().join(name)).unwrap().collect();
            assert!(left.is_empty(), "{name}: {left:?}");
        }
    }

    fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.engine.path().join("calls")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

fn end(child: Child) -> Ended {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(!stderr.contains("panicked"), "{stderr}");
    Ended { status: output.status.code().unwrap(), stdout, stderr }
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    all.sort();
    all
}

#[test]
fn what_does_as_before_is_proven() {
    let scene = Scene::new(NODE);
    let ended = scene.verify(&[]);
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("  ok    user       root -> 1000:1000\n"), "{}", ended.stdout);
    assert!(ended.stdout.contains("  ok    processes  uid 0 -> uid 1000\n"), "{}", ended.stdout);
    assert!(ended.stdout.ends_with("proven: it builds and does as before, and not as root\n"), "{}", ended.stdout);
    assert!(ended.stderr.contains("note: building what unroot would write"), "{}", ended.stderr);
}

#[test]
fn only_the_rewritten_image_runs_without_what_root_may() {
    let scene = Scene::new(NODE);
    scene.verify(&["--env", "A=b c", "--mount", "data:/data", "--build-arg", "X=1", "--offline"]);
    let calls = scene.calls();
    let runs: Vec<&String> =
        calls.iter().filter(|call| call.starts_with("create ") && call.contains("A=b c")).collect();
    assert_eq!(runs.len(), 2, "{calls:?}");
    let limited = "--cap-drop ALL --security-opt no-new-privileges --sysctl net.ipv4.ip_unprivileged_port_start=1024";
    assert!(!runs[0].contains("--cap-drop") && runs[1].contains(limited), "{runs:?}");
    for run in runs {
        assert!(run.contains("--memory 1g") && run.contains("--network none"), "{run}");
        assert!(run.contains("--env A=b c --volume data:/data"), "{run}");
    }
    let builds: Vec<&String> = calls.iter().filter(|call| call.starts_with("build ")).collect();
    assert!(
        builds.len() == 2 && builds.iter().all(|build| build.contains("--network=none --build-arg X=1")),
        "{builds:?}"
    );
    let label = |call: &String| call.split("--label ").nth(1).map(|rest| rest.split(' ').next().unwrap().to_owned());
    let labels: Vec<String> = calls.iter().filter_map(label).collect();
    assert!(labels.len() >= 5 && labels.iter().all(|found| *found == labels[0]), "{labels:?}");
    let project = scene.project.path().canonicalize().unwrap();
    assert!(builds[0].ends_with(project.to_str().unwrap()) && !builds[1].contains(project.to_str().unwrap()));
}

#[test]
fn what_is_denied_is_disproven_with_its_line() {
    let scene = Scene::new(NODE).with("log.i2", "listening\nError: EACCES: permission denied, open '/app/x'\n");
    let ended = scene.verify(&[]);
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    let line = "disproven: log: Error: EACCES: permission denied, open '/app/x'\n";
    assert!(ended.stdout.ends_with(line), "{}", ended.stdout);
    // The same line of the original shows nothing.
    let scene = scene.with("log.i0", "Error: EACCES: permission denied, open '/app/x'\n").with("count", "0");
    assert_eq!(scene.verify(&[]).status, 0);
}

#[test]
fn what_does_not_start_or_build_is_disproven() {
    let scene = Scene::new(NODE).with("dead.i2", "");
    let ended = scene.verify(&[]);
    assert_eq!(ended.status, 1);
    assert!(ended.stdout.ends_with("disproven: start: Error: exec /app: permission denied\n"), "{}", ended.stdout);
    let ended = Scene::new(NODE).with("fails.2", "").verify(&["--format", "markdown"]);
    assert_eq!(ended.status, 1);
    assert!(ended.stdout.contains("**disproven**: build: ERROR: no such file x"), "{}", ended.stdout);
}

#[test]
fn a_process_of_root_is_disproven() {
    let ended = Scene::new(NODE).with("top.i2", "7 1000 node\n8 0 helper\n").verify(&[]);
    assert_eq!(ended.status, 1);
    assert!(ended.stdout.contains("FAIL  processes  uid 0 -> uid 0, uid 1000\n"), "{}", ended.stdout);
}

#[test]
fn an_original_that_does_not_build_or_start_proves_nothing() {
    let ended = Scene::new(NODE).with("fails.0", "").verify(&[]);
    assert_eq!(ended.status, 2);
    assert!(
        ended.stdout.contains("  ERROR: no such file x\nnot run: the original does not build\n"),
        "{}",
        ended.stdout
    );
    let ended = Scene::new(NODE).with("dead.i0", "").verify(&["--format", "json"]);
    assert_eq!(ended.status, 2);
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&report["verdict"], &report["engine"]["version"]), (&"not-run".into(), &"1.2.3".into()));
    assert!(report["why"].as_str().unwrap().starts_with("the original does not start\n"), "{report}");
    assert!(ended.stderr.contains("error: the original does not start"), "{}", ended.stderr);
}

#[test]
fn what_fix_refuses_is_not_run() {
    let scene = Scene::new("FROM nginx:1.15\nCOPY app /usr/share/nginx/html/x\n");
    let ended = scene.verify(&[]);
    assert_eq!(ended.status, 2);
    assert!(ended.stdout.contains("missing-user: "), "{}", ended.stdout);
    assert!(ended.stdout.ends_with("not run: unroot fix leaves it as it is\n"), "{}", ended.stdout);
    assert!(scene.calls().is_empty());
}

#[test]
fn what_is_clean_is_looked_at_alone() {
    let scene = Scene::new(CLEAN).with("user.i0", "65532:65532").with("top.i0", "7 65532 app\n");
    let ended = scene.verify(&[]);
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.ends_with("proven: unroot would change nothing, and it does not run as root\n"));
    assert_eq!(scene.calls().iter().filter(|call| call.starts_with("build ")).count(), 1);
    let ended = Scene::new(CLEAN).with("user.i0", "65532").verify(&[]);
    assert_eq!(ended.status, 1, "its process is root: {}", ended.stdout);
}

#[test]
fn without_an_engine_nothing_is_run() {
    let scene = Scene::new(NODE);
    let mut command = scene.command(&[]);
    command.env("PATH", scene.engine.path().join("empty"));
    let ended = end(command.spawn().unwrap());
    assert_eq!(ended.status, 2);
    assert!(ended.stdout.contains("not run: no engine answers (docker: docker cannot be run"), "{}", ended.stdout);
    let mut command = scene.command(&["--engine", "podman"]);
    command.env("PATH", scene.engine.path().join("bin"));
    let ended = end(command.spawn().unwrap());
    assert!(ended.status == 2 && ended.stdout.contains("(podman: ") && !ended.stdout.contains("(docker"));
}

#[test]
fn an_interrupted_run_leaves_nothing() {
    for signal in ["INT", "TERM", "HUP"] {
        let scene = Scene::new(NODE).with("slow", "");
        let start = Instant::now();
        let child = scene.command(&[]).spawn().unwrap();
        while !scene.engine.path().join("started").exists() {
            assert!(start.elapsed() < Duration::from_secs(30));
            std::thread::sleep(Duration::from_millis(20));
        }
        let kill = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let ended = end(child);
        assert_eq!(ended.status, 2, "{}", ended.stdout);
        assert!(ended.stdout.ends_with("not run: interrupted\n"), "{}", ended.stdout);
        assert!(start.elapsed() < Duration::from_secs(30));
        scene.nothing_is_left();
    }
}

#[test]
fn what_is_learned_is_handed_over_by_the_next_fix() {
    let scene = Scene::new(NODE).with("diff.i0", "C /srv\nA /srv/uploads\nA /srv/uploads/a\n");
    fs::write(scene.project.path().join("unroot.yaml"), "# ours\nport: keep # so\n").unwrap();
    let ended = scene.verify(&["--learn"]);
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    let shown = "/srv/uploads: /srv is 0:0 0755, so uid 1000 cannot make it there\n";
    assert!(ended.stdout.contains(&format!("disproven: writes: {shown}")), "{}", ended.stdout);
    assert!(ended.stdout.ends_with("learned: /srv/uploads into unroot.yaml\n"), "{}", ended.stdout);
    let config = fs::read_to_string(scene.project.path().join("unroot.yaml")).unwrap();
    assert_eq!(config, "# ours\nport: keep # so\npaths:\n  - /srv/uploads\n");
    let diff = unroot(scene.project.path(), &["fix", "--diff"]).stdout;
    assert!(diff.contains("mkdir -p /srv/uploads"), "{diff}");
    // What fix would refuse is not written down.
    let scene = Scene::new(NODE).with("diff.i0", "C /srv\nA /srv/a.db\n");
    let ended = scene.verify(&["--learn"]);
    assert!(ended.stdout.contains("not learned: /srv: "), "{}", ended.stdout);
    assert!(!scene.project.path().join("unroot.yaml").exists());
}

#[test]
fn bad_usage_ends_with_2() {
    let scene = Scene::new(NODE);
    for args in [
        &["--http", "health"][..],
        &["--run", "'x"],
        &["--env", "--privileged"],
        &["--mount", "/data"],
        &["--learn", "--isolated"],
        &["--format", "sarif"],
        &["--engine", "lxc"],
        &["--ready", "99999999999"],
    ] {
        assert_eq!(scene.verify(args).status, 2, "{args:?}");
    }
    assert!(scene.calls().is_empty());
    for path in ["nowhere", "-", "server.js/"] {
        let ended = unroot(scene.project.path(), &["verify", path]);
        assert_eq!(ended.status, 2, "{path}: {}", ended.stdout);
    }
}
