//! Reports in files, lists of files, parts of the work, and how much is said.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/cli.rs"]
mod cli;

use std::collections::BTreeSet;
use std::fs;

use cli::{paths, tree, unroot, with_stdin};

const NODE: &str = "FROM node:22-slim\nWORKDIR /app\nCOPY . .\nCMD [\"node\", \"server.js\"]\n";
const CLEAN: &str = "FROM scratch\nCOPY --chown=65532:65532 app /app\nUSER 65532:65532\nENTRYPOINT [\"/app\"]\n";
const SERVER: (&str, &str) = ("server.js", "");
const REFUSED: &str = "FROM nginx:1.15\nCOPY x /usr/share/nginx/html/x\n";

#[test]
fn reports_go_to_files_besides_stdout() {
    let folder = tree(&[("Dockerfile", NODE), SERVER]);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let args = ["fix", "--diff", "--output", "json=a.json", "--output", "text=a.txt", "--output", "diff=a.diff"];
    let ended = unroot(folder.path(), &args);
    assert_eq!(ended.status, 1, "{}", ended.stderr);
    assert_eq!(read("a.diff"), ended.stdout);
    assert!(read("a.json").starts_with("{\"version\":1") && read("a.txt").contains("warning[missing-user]"));
    assert!(read("a.txt").ends_with("1 file: 1 fixable\n"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5, "no temporary file is left");
    // Quiet is about people, not about files.
    let ended = unroot(folder.path(), &["check", "--quiet", "--output", "text=a.txt", "--output", "jsonl=a.json"]);
    assert_eq!((ended.status, ended.stdout.as_str(), ended.stderr.as_str()), (1, "", ""));
    assert!(read("a.txt").ends_with("1 file: 1 fixable\n") && read("a.json").contains("\"path\":\"Dockerfile\""));
    // A rewritten stdin is reported as well.
    let ended = with_stdin(folder.path(), &["fix", "-", "--output", "json=a.json"], NODE);
    assert!(ended.stdout.contains("USER 1000:1000\n") && read("a.json").contains("\"status\":\"fixed\""));
}

#[test]
fn reports_that_cannot_be_written_stop_the_run_before_it_starts() {
    let folder = tree(&[("Dockerfile", NODE), SERVER, ("d/x", "")]);
    for outputs in [
        &["json=-"][..],
        &["json"],
        &["xml=a"],
        &["json=none/a"],
        &["json=d"],
        &["json=a", "diff=a"],
        &["json=a", "diff=./d/../a"],
    ] {
        let args: Vec<&str> = outputs.iter().flat_map(|output| ["--output", output]).collect();
        let ended = unroot(folder.path(), &[&["fix"], args.as_slice()].concat());
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{outputs:?}");
        assert!(!ended.stderr.is_empty());
    }
    assert_eq!(fs::read_to_string(folder.path().join("Dockerfile")).unwrap(), NODE);
    let ended = unroot(&folder.path().join("d"), &["check", "..", "--output", "diff=a"]);
    assert!(ended.status == 2 && ended.stderr.contains("lies outside the current folder"), "{}", ended.stderr);
}

#[test]
fn lists_name_files() {
    let folder = tree(&[("a/Dockerfile", CLEAN), ("b/Dockerfile", CLEAN), ("c/Dockerfile", CLEAN)]);
    let write = |text: &str| fs::write(folder.path().join("list"), text).unwrap();
    write("a/Dockerfile\n\n  \r\nb\r\n");
    assert_eq!(paths(folder.path(), &["--files-from", "list"]), ["a/Dockerfile", "b/Dockerfile"]);
    assert_eq!(paths(folder.path(), &["--files-from", "list", "c", "a"]).len(), 3);
    write("c/Dockerfile\0b\0");
    assert_eq!(paths(folder.path(), &["--files-from", "list"]), ["b/Dockerfile", "c/Dockerfile"]);
    write("");
    let ended = unroot(folder.path(), &["check", "--files-from", "list"]);
    assert_eq!((ended.status, ended.stdout.as_str(), ended.stderr.as_str()), (0, "", ""));
    let ended = with_stdin(folder.path(), &["check", "--verbose", "--files-from", "-"], "c/Dockerfile\nnowhere\n");
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("error: nowhere: cannot be read"), "{}", ended.stderr);
    assert!(ended.stdout.contains("c/Dockerfile: clean"));
    for args in [&["fix", "--files-from", "none"][..], &["fix", "-", "--files-from", "list"]] {
        assert_eq!(unroot(folder.path(), args).status, 2, "{args:?}");
    }
}

#[test]
fn shards_hold_every_project_once_and_none_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..7 {
        let names = [format!("p{n}/.git/HEAD"), format!("p{n}/Dockerfile"), format!("p{n}/x/Dockerfile")];
        cli::add(folder.path(), &names.each_ref().map(|name| (name.as_str(), CLEAN)));
    }
    let parts: Vec<Vec<String>> = (1..=3).map(|n| paths(folder.path(), &["--shard", &format!("{n}/3")])).collect();
    assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [6, 4, 4]);
    let project = |path: &String| path.split('/').next().unwrap().to_owned();
    let projects: Vec<BTreeSet<String>> = parts.iter().map(|part| part.iter().map(project).collect()).collect();
    assert_eq!(projects.iter().map(BTreeSet::len).sum::<usize>(), 7);
    assert_eq!(projects.into_iter().flatten().collect::<BTreeSet<_>>().len(), 7);
    assert_eq!(paths(folder.path(), &["--shard", "9/9"]).len(), 0);
    for bad in ["0/2", "3/2", "1", "a/b", "1/0"] {
        assert_eq!(unroot(folder.path(), &["check", "--shard", bad]).status, 2, "{bad}");
    }
    assert_eq!(with_stdin(folder.path(), &["fix", "-", "--shard", "1/2"], CLEAN).status, 2);
}

#[test]
fn stdin_stands_for_the_file_that_it_is_called() {
    let compose = "services:\n  web:\n    build: {context: .., dockerfile: a/Dockerfile, target: web}\n";
    let stages = NODE.replacen("node:22-slim", "node:22-slim AS web", 1) + "FROM web AS last\nCMD [\"sh\"]\n";
    let folder = tree(&[("a/compose.yaml", compose), (".git/HEAD", ""), SERVER]);
    let args = ["check", "-", "--format", "json", "--stdin-filename"];
    let stage = |name: &str| {
        let ended = with_stdin(folder.path(), &[&args[..], &[name]].concat(), &stages);
        let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        report["files"][0]["targets"][0]["stage"].as_str().unwrap().to_owned()
    };
    assert_eq!(stage("a/Dockerfile"), "web");
    assert_eq!(stage("./a/../a/Dockerfile"), "web");
    assert_eq!(stage("Dockerfile"), "last");
    assert_eq!(stage("nowhere/Dockerfile"), "last");
    assert!(!folder.path().join("a/Dockerfile").exists(), "nothing is written");
}

#[test]
fn quiet_says_only_what_went_wrong() {
    let folder = tree(&[("Dockerfile", NODE), SERVER, ("r/Dockerfile", REFUSED)]);
    let run = |args: &[&str]| {
        let ended = unroot(folder.path(), args);
        (ended.status, ended.stdout, ended.stderr)
    };
    assert_eq!(run(&["check", "--quiet"]), (1, String::new(), String::new()));
    let (status, stdout, stderr) = run(&["fix", "--quiet", "--diff"]);
    assert_eq!((status, stderr.as_str()), (1, ""));
    assert!(stdout.starts_with("diff --git a/Dockerfile"), "the diff is the product: {stdout}");
    let (status, stdout, stderr) = run(&["check", "-q", "nowhere", "."]);
    assert!(status == 2 && stdout.is_empty() && stderr.starts_with("error: nowhere"), "{stderr}");
    assert_eq!(run(&["check", "-q", "-v"]).0, 2);
    assert_eq!(run(&["fix", "--quiet"]), (0, String::new(), String::new()));
}

#[test]
fn verbose_shows_clean_files_and_answered_findings_too() {
    let folder = tree(&[("Dockerfile", NODE), SERVER, ("c/Dockerfile", CLEAN)]);
    let ended = unroot(folder.path(), &["fix"]);
    assert!(!ended.stdout.contains("warning[") && !ended.stdout.contains("c/Dockerfile"), "{}", ended.stdout);
    fs::write(folder.path().join("Dockerfile"), NODE).unwrap();
    let ended = unroot(folder.path(), &["fix", "--verbose"]);
    assert!(ended.stdout.contains("warning[missing-user]") && ended.stdout.contains("c/Dockerfile: clean"));
}

#[test]
fn a_change_ends_with_1_only_when_asked() {
    let folder = tree(&[("Dockerfile", NODE), SERVER, ("r/Dockerfile", REFUSED)]);
    let status = |args: &[&str]| unroot(folder.path(), args).status;
    assert_eq!(status(&["fix", "--exit-non-zero-on-fix"]), 1);
    // Now only the refusal is left, and that is no change.
    assert_eq!(status(&["fix", "--exit-non-zero-on-fix"]), 0);
    assert_eq!(with_stdin(folder.path(), &["fix", "-", "--exit-non-zero-on-fix"], NODE).status, 1);
    assert_eq!(with_stdin(folder.path(), &["fix", "-"], NODE).status, 0);
}

#[test]
fn rules_and_reasons_are_explained() {
    let folder = tree(&[]);
    let explain = |id: &str| unroot(folder.path(), &["explain", id]);
    assert!(explain("missing-user").stdout.contains("## Why\n"));
    let ended = explain("root-volume");
    assert_eq!(ended.status, 0);
    for part in ["\n\nLooked at: VOLUME", "\nDecide: who gives existing volumes", "\nOption: --accept-volumes\n"] {
        assert!(ended.stdout.contains(part), "{}", ended.stdout);
    }
    assert!(explain("windows").stdout.ends_with("\nOption: none settles it\n"));
    let ended = explain("root-volum");
    assert!(ended.status == 2 && ended.stderr.contains("did you mean root-volume?"), "{}", ended.stderr);
    assert!(explain("mising-user").stderr.contains("did you mean missing-user?"));
    let list = unroot(folder.path(), &["explain"]).stdout;
    let at = |text: &str| list.find(text).unwrap_or_else(|| panic!("{list}"));
    assert!(at("Rules\nmissing-user ") < at("\nReasons and hazards\n") && at("\nReasons") < at("\nroot-volume "));
}
