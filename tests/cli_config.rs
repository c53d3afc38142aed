//! `unroot.yaml` from outside: where it is found, what it changes, what is wrong with it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/cli.rs"]
mod cli;

use std::fs;

use cli::{add, paths, tree, unroot, with_stdin};

const NODE: &str = "FROM node:22-slim\nWORKDIR /app\nCOPY . .\nCMD [\"node\", \"server.js\"]\n";
const SERVER: (&str, &str) = ("server.js", "");

/// With hazards: where less than the app's folder is handed over, nobody vouches that the process writes nothing there.
fn diff(folder: &tempfile::TempDir, args: &[&str]) -> String {
    let ended = unroot(folder.path(), &[&["fix", "--diff", "--unsafe"], args].concat());
    assert!(ended.status <= 1, "{}", ended.stderr);
    ended.stdout
}

#[test]
fn the_nearest_configuration_counts_alone() {
    let folder = tree(&[
        ("Dockerfile", NODE),
        SERVER,
        ("a/Dockerfile", NODE),
        ("a/server.js", ""),
        ("a/b/Dockerfile", NODE),
        ("a/b/server.js", ""),
        ("unroot.yaml", "ownership: none\n"),
        ("a/.unroot.yaml", "user: {form: name}\n"),
        (".git/HEAD", ""),
    ]);
    let diff = diff(&folder, &[]);
    let parts: Vec<&str> = diff.split("diff --git ").skip(1).collect();
    assert_eq!(parts.len(), 3, "{diff}");
    let of = |path: &str| *parts.iter().find(|part| part.starts_with(&format!("a/{path} "))).unwrap();
    assert!(of("Dockerfile").contains("+USER 1000:1000") && !of("Dockerfile").contains("--chown"));
    for path in ["a/Dockerfile", "a/b/Dockerfile"] {
        // Nothing is merged: the ownership of the folder above does not count here.
        assert!(of(path).contains("+USER node\n") && of(path).contains("--chown=node:node"), "{}", of(path));
    }
}

#[test]
fn nothing_is_looked_for_above_the_project() {
    let folder =
        tree(&[("unroot.yaml", "ownership: none\n"), ("p/Dockerfile", NODE), ("p/server.js", ""), ("p/.git/HEAD", "")]);
    assert!(diff(&folder, &[]).contains("--chown"));
    assert!(!diff(&folder, &["--config", "unroot.yaml"]).contains("--chown"));
}

#[test]
fn the_command_line_wins_and_can_leave_it_out() {
    let folder = tree(&[("unroot.yaml", "ownership: none\nselect: [chown-run]\n"), ("Dockerfile", NODE), SERVER]);
    assert_eq!(diff(&folder, &[]), "");
    let with = diff(&folder, &["--select", "missing-user"]);
    assert!(with.contains("+USER 1000:1000") && !with.contains("--chown"), "{with}");
    assert!(diff(&folder, &["--isolated"]).contains("--chown"));
    assert_eq!(unroot(folder.path(), &["fix", "--isolated", "--config", "unroot.yaml"]).status, 2);
}

#[test]
fn what_is_wrong_ends_with_2_and_names_the_place() {
    let folder = tree(&[("Dockerfile", NODE), SERVER]);
    for (text, told) in [
        ("selekt: []\n", "unroot.yaml:1:1: unknown field `selekt`, expected one of `select`"),
        ("ignore:\n  - chown-rum\n", "unroot.yaml:2:5: ignore[0]: no rule `chown-rum`"),
        ("ownership: all\n", "unroot.yaml:1:12: ownership: `all` is none of app, data or none"),
        ("exclude:\n  - ok\n  - 'a[z-a]'\n", "unroot.yaml:3:6: exclude: `a[z-a]` is no pattern"),
        ("context: nowhere\n", "unroot.yaml: context nowhere"),
    ] {
        fs::write(folder.path().join("unroot.yaml"), text).unwrap();
        for args in [&["fix"][..], &["check", "."], &["fix", "Dockerfile"], &["fix", "-", "--diff"]] {
            let ended = unroot(folder.path(), args);
            assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{args:?} {text}");
            assert!(ended.stderr.contains(told), "{}", ended.stderr);
        }
        assert_eq!(unroot(folder.path(), &["fix", "--diff", "--isolated"]).status, 1);
    }
    assert_eq!(fs::read_to_string(folder.path().join("Dockerfile")).unwrap(), NODE);
    add(folder.path(), &[("unroot.yaml", ""), (".unroot.yaml", "")]);
    let ended = unroot(folder.path(), &["fix"]);
    assert!(
        ended.status == 2 && ended.stderr.contains("unroot.yaml and .unroot.yaml stand side by side"),
        "{}",
        ended.stderr
    );
    let ended = unroot(folder.path(), &["fix", "--config", "nowhere.yaml"]);
    assert!(ended.status == 2 && ended.stderr.contains("nowhere.yaml: cannot be read"), "{}", ended.stderr);
}

#[test]
fn what_is_excluded_is_not_walked_into_but_can_be_named() {
    let folder = tree(&[
        ("Dockerfile", NODE),
        ("vendor/x/Dockerfile", NODE),
        ("a/Dockerfile.dev", NODE),
        ("a/Dockerfile.keep.dev", NODE),
        ("a/vendored/Dockerfile", NODE),
        ("unroot.yaml", "exclude: [/vendor/, '*.dev', '!*.keep.dev']\n"),
    ]);
    let all = ["Dockerfile", "a/Dockerfile.keep.dev", "a/vendored/Dockerfile"];
    assert_eq!(paths(folder.path(), &[]), all);
    assert_eq!(paths(folder.path(), &["vendor/x/Dockerfile"]), ["vendor/x/Dockerfile"]);
    assert_eq!(paths(folder.path(), &["--isolated"]).len(), 5);
    let ended = unroot(&folder.path().join("vendor"), &["check", "--config", "../unroot.yaml"]);
    assert_eq!((ended.status, ended.stdout.as_str()), (0, ""));
    assert!(ended.stderr.contains("the configuration excludes every Dockerfile here"), "{}", ended.stderr);
}

#[test]
fn its_context_is_relative_to_its_folder() {
    let start = "FROM node:22-slim\nWORKDIR /srv/app\nCOPY start.sh .\nCMD [\"./start.sh\"]\n";
    let folder = tree(&[
        (".git/HEAD", ""),
        ("build/Dockerfile", start),
        ("build/unroot.yaml", "context: ../src\n"),
        ("src/start.sh", "#!/bin/sh\nchown -R 1 /data\nexec node x.js\n"),
    ]);
    let told = |args: &[&str]| unroot(folder.path(), &[&["check", "build"], args].concat()).stdout;
    assert!(told(&[]).contains("the start script src/start.sh"), "{}", told(&[]));
    assert!(told(&["--isolated"]).contains("cannot be read here"));
    // The command line's context wins.
    assert!(told(&["--context", "build"]).contains("cannot be read here"));
}

#[test]
fn stdin_has_the_configuration_of_the_file_that_it_stands_for() {
    let folder = tree(&[
        ("a/unroot.yaml", "ownership: none\n"),
        ("a/server.js", ""),
        ("unroot.yaml", "user: {form: name}\n"),
        SERVER,
    ]);
    let of = |args: &[&str]| with_stdin(folder.path(), &[&["fix", "-", "--unsafe"], args].concat(), NODE).stdout;
    assert!(of(&[]).contains("USER node\n"), "the current folder's");
    let there = of(&["--stdin-filename", "a/Dockerfile"]);
    assert!(there.contains("USER 1000:1000\n") && !there.contains("--chown"), "{there}");
    assert!(of(&["--stdin-filename", "nowhere/Dockerfile"]).contains("USER node\n"));
    assert!(of(&["--isolated"]).contains("USER 1000:1000\n"));
}

#[test]
fn a_linked_configuration_holds_where_the_link_stands() {
    let folder = tree(&[("shared/all.yaml", "exclude: [/x/]\n"), ("p/x/Dockerfile", NODE), ("p/y/Dockerfile", NODE)]);
    std::os::unix::fs::symlink("../shared/all.yaml", folder.path().join("p/unroot.yaml")).unwrap();
    assert_eq!(paths(folder.path(), &["p"]), ["p/y/Dockerfile"]);
}

#[test]
fn a_suppressed_finding_is_no_finding() {
    let suppressed = NODE.replace("CMD", "# unroot ignore=missing-user; reason=it mounts disks\nCMD");
    let folder = tree(&[("Dockerfile", &suppressed), SERVER]);
    let ended = unroot(folder.path(), &["check"]);
    assert_eq!((ended.status, ended.stdout.as_str()), (0, "1 file: 1 clean\n"));
    fs::write(folder.path().join("Dockerfile"), suppressed.replace("missing-user", "missing-usr")).unwrap();
    let ended = unroot(folder.path(), &["check"]);
    assert!(ended.status == 1 && ended.stdout.contains("note: line 4: no rule missing-usr\n"), "{}", ended.stdout);
}
