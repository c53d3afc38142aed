//! Files that change along with a Dockerfile: written with it or not at all, in one diff, and together with every other
//! Dockerfile that uses them; and what an altered result of them must be rejected for.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/cli.rs"]
mod cli;

use std::fs;

use cli::{Ended, tree, unroot};
use unroot::context::{Memory, Overlay};
use unroot::model::Model;
use unroot::model::hazard::Scene;
use unroot::plan::{Along, Moved, Plan};
use unroot::proof::{self, Other};
use unroot::source::Span;
use unroot::syntax;

const DOCKERFILE: &str =
    "FROM python:3.12-slim\nWORKDIR /srv/shop\nCOPY . .\nEXPOSE 80\nCMD [\"sh\", \"bin/start.sh\"]\n";
const SCRIPT: &str = "# on 80\nexec python -m http.server 80\n";
const MOVED: &str = "# on 80\nexec python -m http.server 8080\n";

fn project() -> tempfile::TempDir {
    tree(&[("web/Dockerfile", DOCKERFILE), ("web/bin/start.sh", SCRIPT), (".git/HEAD", "")])
}

fn read(folder: &tempfile::TempDir, path: &str) -> String {
    fs::read_to_string(folder.path().join(path)).unwrap()
}

#[test]
fn script_and_dockerfile_change_together() {
    let folder = project();
    let Ended { status, stdout, stderr } = unroot(folder.path(), &["fix", "--diff"]);
    assert_eq!(status, 1, "{stderr}");
    assert!(stdout.contains("+++ b/web/Dockerfile\n") && stdout.contains("+++ b/web/bin/start.sh\n"), "{stdout}");
    assert_eq!(read(&folder, "web/bin/start.sh"), SCRIPT);
    let below = unroot(&folder.path().join("web"), &["fix", "--diff"]);
    assert!(below.stdout.contains("+++ b/Dockerfile\n") && below.stdout.contains("+++ b/bin/start.sh\n"));
    assert_eq!(unroot(folder.path(), &["fix"]).status, 0);
    assert_eq!(read(&folder, "web/bin/start.sh"), MOVED);
    assert!(read(&folder, "web/Dockerfile").contains("EXPOSE 8080\n"));
    let again = unroot(folder.path(), &["fix", "--diff"]);
    assert_eq!((again.status, again.stdout.as_str()), (0, ""));
}

#[test]
fn what_cannot_be_written_leaves_both() {
    let folder = project();
    let script = folder.path().join("web/bin/start.sh");
    let mut mode = fs::metadata(&script).unwrap().permissions();
    mode.set_readonly(true);
    fs::set_permissions(&script, mode).unwrap();
    let ended = unroot(folder.path(), &["fix"]);
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("read-only"), "{}", ended.stderr);
    assert_eq!(
        (read(&folder, "web/Dockerfile").as_str(), read(&folder, "web/bin/start.sh").as_str()),
        (DOCKERFILE, SCRIPT)
    );
}

#[test]
fn a_diff_names_nothing_outside_of_the_folder() {
    let up = DOCKERFILE.replace("COPY . .", "COPY web .");
    let folder = tree(&[("docker/Dockerfile", &up), ("web/bin/start.sh", SCRIPT), (".git/HEAD", "")]);
    let ended = unroot(&folder.path().join("docker"), &["fix", "--diff"]);
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.contains("../web/bin/start.sh changes along"), "{}", ended.stderr);
    assert_eq!(unroot(&folder.path().join("docker"), &["fix"]).status, 0);
    assert_eq!(read(&folder, "web/bin/start.sh"), MOVED);
}

#[test]
fn stdin_can_change_nothing_along() {
    let folder = project();
    let args = ["fix", "-", "--stdin-filename", "web/Dockerfile"];
    let ended = cli::with_stdin(folder.path(), &args, DOCKERFILE);
    assert_eq!(ended.stdout, DOCKERFILE);
    assert!(ended.stderr.contains("port-place"), "{}", ended.stderr);
    assert_eq!(read(&folder, "web/bin/start.sh"), SCRIPT);
}

#[test]
fn who_shares_a_script_changes_with_it_or_not_at_all() {
    let folder = project();
    let second = folder.path().join("web/Dockerfile.alpine");
    fs::write(&second, DOCKERFILE.replace("slim", "alpine")).unwrap();
    // One that copies the whole folder and starts something else.
    fs::write(folder.path().join("web/Dockerfile.other"), "FROM scratch\nCOPY . /\nCMD [\"/x\"]\n").unwrap();
    assert_eq!(cli::paths(folder.path(), &["."]).len(), 3);
    let alone = unroot(folder.path(), &["fix", "web/Dockerfile"]);
    assert!(alone.stderr.contains("port-shared") || alone.stdout.contains("port-shared"), "{}", alone.stdout);
    assert_eq!(read(&folder, "web/bin/start.sh"), SCRIPT);
    let both = ["web/Dockerfile", "web/Dockerfile.alpine"];
    let diff = unroot(folder.path(), &[&["fix", "--diff"], &both[..]].concat());
    assert_eq!(diff.stdout.matches("+++ b/web/bin/start.sh\n").count(), 1, "{}", diff.stdout);
    assert_eq!(unroot(folder.path(), &[&["fix"], &both[..]].concat()).status, 0);
    assert_eq!(read(&folder, "web/bin/start.sh"), MOVED);
    assert!(both.iter().all(|path| read(&folder, path).contains("EXPOSE 8080\n")));
}

/// A plan that moves 80 to 8080 in the last word of the script.
fn plan() -> Plan {
    let at = SCRIPT.rfind("80").unwrap();
    let along = Along::word("start.sh", Span::new(at, at + 2), "8080");
    Plan { along: vec![along], moved: vec![Moved { from: 80, to: 8080, lines: Vec::new() }], ..Plan::default() }
}

#[test]
fn altered_results_are_rejected() {
    let judged = |path: &str, after: &str| {
        let other = Other { path: path.to_owned(), before: SCRIPT.into(), after: after.into() };
        proof::along(&plan(), &[other], None).map_err(|violation| violation.invariant)
    };
    assert_eq!(judged("start.sh", MOVED), Ok(()));
    let another = MOVED.replace("http.server", "http_server");
    let wrong = MOVED.replace("8080", "8081");
    let comment = SCRIPT.replacen("80", "8080", 2);
    let longer = format!("{MOVED}true\n");
    for after in [SCRIPT, &another, &wrong, &comment, &longer] {
        assert_eq!(judged("start.sh", after), Err("along"), "{after}");
    }
    assert_eq!(judged("other.sh", MOVED), Err("along"));
    assert_eq!(proof::along(&plan(), &[], None).map_err(|violation| violation.invariant), Err("along"));
}

#[test]
fn the_old_port_must_be_nowhere() {
    let mut files = Memory::default();
    files.insert("start.sh", SCRIPT, 0o755);
    let judged = |dockerfile: &str, script: &str| {
        let tree = syntax::parse(dockerfile.as_bytes());
        let model = Model::new(dockerfile.as_bytes(), &tree);
        let files = Overlay::new(&files, [("start.sh".to_owned(), script.as_bytes().to_vec())]);
        let programs = model.programs(0);
        let scene = Scene::new(&model, 0, &programs, &files, Some(""), Some("Dockerfile"));
        proof::ports(&plan(), &scene).map_err(|violation| violation.invariant)
    };
    let dockerfile = |port: u16| {
        format!("FROM python:3.12-slim\nWORKDIR /srv\nCOPY start.sh .\nEXPOSE {port}\nCMD [\"sh\", \"start.sh\"]\n")
    };
    assert_eq!(judged(&dockerfile(8080), MOVED), Ok(()));
    assert_eq!(judged(&dockerfile(80), MOVED), Err("ports"));
    assert_eq!(judged(&dockerfile(8080), SCRIPT), Err("ports"));
    let variable = dockerfile(8080).replace("EXPOSE", "ENV PORT=80\nEXPOSE");
    assert_eq!(judged(&variable, MOVED), Err("ports"));
}
