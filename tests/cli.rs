//! The binary from outside: exit status, streams, files.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// A Dockerfile that nothing is to be said about.
const CLEAN: &str = "FROM scratch\nCOPY --chown=65532:65532 app /app\nUSER 65532:65532\nENTRYPOINT [\"/app\"]\n";

struct Ended {
    status: i32,
    stdout: Vec<u8>,
    stderr: String,
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unroot"));
    command.args(args).current_dir(folder);
    for name in ["CI", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn end(mut command: Command, stdin: &[u8]) -> Ended {
    let mut child = command.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!stderr.contains("panicked"), "{stderr}");
    Ended { status: output.status.code().unwrap(), stdout: output.stdout, stderr }
}

fn unroot(folder: &Path, args: &[&str]) -> Ended {
    end(command(folder, args), b"")
}

fn paths(folder: &Path, args: &[&str]) -> Vec<String> {
    let ended = unroot(folder, &[&["check", "--format", "json"], args].concat());
    let report: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    let path =
        |file: &serde_json::Value| file["path"].as_str().map_or_else(|| file["path_base64"].to_string(), str::to_owned);
    report["files"].as_array().unwrap().iter().map(path).collect()
}

fn tree(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, CLEAN).unwrap();
    }
    folder
}

#[test]
fn usage_errors_end_with_2() {
    let folder = tree(&["Dockerfile"]);
    for args in [
        &["--nonsense"][..],
        &[],
        &["fix", "--port", "80"],
        &["fix", "--port", "keep", "--port", "80=8080"],
        &["fix", "--uid", "0"],
        &["fix", "--user", "a;b"],
        &["fix", "--select", "no-such-rule"],
        &["fix", "--context", "nowhere"],
        &["fix", "-", "Dockerfile"],
        &["fix", "--stdin-filename", "x"],
        &["fix", "--jobs", "0"],
        &["explain", "no-such-rule"],
    ] {
        let ended = unroot(folder.path(), args);
        assert_eq!(ended.status, 2, "{args:?}: {}", ended.stderr);
        assert!(ended.stdout.is_empty() && !ended.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn help_and_version_end_with_0() {
    let folder = tree(&[]);
    for args in
        [&["--help"][..], &["fix", "--help"], &["check", "-h"], &["explain", "--help"], &["--version"], &["explain"]]
    {
        assert_eq!(unroot(folder.path(), args).status, 0, "{args:?}");
    }
}

#[test]
fn a_folder_without_dockerfiles_ends_with_0_and_a_note() {
    let folder = tree(&["README.md"]);
    for args in [&["fix"][..], &["check", "."], &["fix", "--diff"]] {
        let ended = unroot(folder.path(), args);
        assert_eq!((ended.status, ended.stdout.as_slice()), (0, b"".as_slice()));
        assert!(ended.stderr.contains("no Dockerfiles in ."), "{}", ended.stderr);
    }
    assert_eq!(unroot(folder.path(), &["fix", "--quiet"]).stderr, "");
}

#[test]
fn clean_files_end_with_0_and_keep_every_byte() {
    let folder = tree(&["Dockerfile", "a/Dockerfile.dev"]);
    for args in
        [&["check"][..], &["fix"], &["fix", "--diff"], &["fix", "--exit-non-zero-on-fix"], &["fix", "Dockerfile"]]
    {
        assert_eq!(unroot(folder.path(), args).status, 0, "{args:?}");
    }
    assert!(unroot(folder.path(), &["fix", "--diff"]).stdout.is_empty());
    assert_eq!(fs::read_to_string(folder.path().join("Dockerfile")).unwrap(), CLEAN);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn stdin_comes_out_again() {
    let folder = tree(&[]);
    for text in [CLEAN.as_bytes(), b"", b"FROM x # \xff\r\n"] {
        assert_eq!(end(command(folder.path(), &["fix", "-"]), text).stdout, text);
    }
    let ended = end(command(folder.path(), &["fix", "-", "--diff"]), CLEAN.as_bytes());
    assert_eq!((ended.status, ended.stdout.as_slice()), (0, b"".as_slice()));
    let args = ["check", "-", "--stdin-filename", "a/Dockerfile", "--format", "jsonl"];
    let ended = end(command(folder.path(), &args), CLEAN.as_bytes());
    assert!(ended.stdout.starts_with(b"{\"version\":1,\"tool\":\"unroot "));
    assert!(String::from_utf8_lossy(&ended.stdout).contains("\"path\":\"a/Dockerfile\""));
    let args = ["fix", "-", "--diff", "--stdin-filename", "../Dockerfile"];
    assert_eq!(end(command(folder.path(), &args), b"").status, 2);
}

#[test]
fn the_walk_takes_dockerfiles_in_order_and_leaves_the_rest() {
    let folder = tree(&[
        "Dockerfile",
        "b/api.dockerfile",
        "a/Containerfile",
        ".devcontainer/Dockerfile",
        "c/Dockerfile/Dockerfile.x",
        "c/Dockerfile.md",
        "node_modules/x/Dockerfile",
        ".git/Dockerfile",
    ]);
    fs::write(folder.path().join(".gitignore"), "node_modules\n").unwrap();
    let expected =
        [".devcontainer/Dockerfile", "Dockerfile", "a/Containerfile", "b/api.dockerfile", "c/Dockerfile/Dockerfile.x"];
    assert_eq!(paths(folder.path(), &[]), expected);
    assert_eq!(paths(folder.path(), &[".", "Dockerfile", "./a/../Dockerfile"]), expected);
    // Named, it counts, whatever .gitignore says.
    assert_eq!(paths(folder.path(), &["node_modules/x/Dockerfile"]), ["node_modules/x/Dockerfile"]);
    assert_eq!(paths(folder.path(), &[folder.path().join("a").to_str().unwrap()]), ["a/Containerfile"]);
}

#[test]
fn links_are_skipped_on_a_walk_and_refused_when_named() {
    let folder = tree(&["real/Dockerfile"]);
    let at = |name: &str| folder.path().join(name);
    symlink("real/Dockerfile", at("Dockerfile")).unwrap();
    symlink("nowhere", at("Dockerfile.dangling")).unwrap();
    symlink("Dockerfile.loop", at("Dockerfile.loop")).unwrap();
    symlink("..", at("real/up")).unwrap();
    assert_eq!(paths(folder.path(), &[]), ["real/Dockerfile"]);
    for name in ["Dockerfile", "Dockerfile.dangling", "Dockerfile.loop"] {
        let ended = unroot(folder.path(), &["fix", name]);
        assert_eq!(ended.status, 2, "{name}");
        assert!(ended.stderr.contains("is a symbolic link to"), "{}", ended.stderr);
    }
    // A linked folder is looked through by its real name.
    assert_eq!(paths(folder.path(), &["real/up/real"]), ["real/Dockerfile"]);
}

#[test]
fn one_bad_path_does_not_stop_the_others() {
    let folder = tree(&["Dockerfile"]);
    for bad in ["nowhere", "/dev/null"] {
        let ended = unroot(folder.path(), &["check", "--verbose", bad, "Dockerfile"]);
        assert_eq!(ended.status, 2, "{bad}");
        assert!(ended.stderr.contains(&format!("error: {bad}: ")), "{}", ended.stderr);
        assert!(String::from_utf8_lossy(&ended.stdout).contains("Dockerfile: clean"));
    }
    let large = fs::File::create(folder.path().join("Dockerfile.large")).unwrap();
    large.set_len(17 << 20).unwrap();
    let ended = unroot(folder.path(), &["fix"]);
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("error: Dockerfile.large: is larger than 16 MiB"), "{}", ended.stderr);
    assert!(String::from_utf8_lossy(&ended.stdout).contains("2 files: 1 error, 1 clean"));
}

#[test]
fn a_diff_cannot_name_a_file_outside() {
    let folder = tree(&["Dockerfile", "here/Dockerfile"]);
    let here = folder.path().join("here");
    for args in [&["fix", "--diff", "../Dockerfile"][..], &["check", "--format", "diff", ".."]] {
        let ended = unroot(&here, args);
        assert_eq!(ended.status, 2);
        assert!(ended.stderr.contains("../Dockerfile lies outside the current folder"), "{}", ended.stderr);
    }
    assert_eq!(paths(&here, &[".."]), ["../Dockerfile", "Dockerfile"]);
    assert_eq!(unroot(&here, &["fix", "--diff", "../here"]).status, 0);
}

#[test]
fn names_that_are_not_utf8_are_reported() {
    let folder = tree(&[]);
    fs::create_dir(folder.path().join(OsStr::from_bytes(b"\xff"))).unwrap();
    fs::write(folder.path().join(OsStr::from_bytes(b"\xff/Dockerfile")), CLEAN).unwrap();
    fs::write(folder.path().join(OsStr::from_bytes(b"Dockerfile.\xfe")), CLEAN).unwrap();
    assert_eq!(paths(folder.path(), &[]).len(), 2);
    assert_eq!(unroot(folder.path(), &["fix", "--verbose"]).status, 0);
}

#[test]
fn any_number_of_jobs_gives_the_same_output() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..40 {
        fs::create_dir_all(folder.path().join(format!("p{n}/.git"))).unwrap();
        fs::write(folder.path().join(format!("p{n}/Dockerfile")), CLEAN).unwrap();
    }
    let one = unroot(folder.path(), &["check", "--format", "jsonl", "--jobs", "1"]);
    assert_eq!(one.stdout.iter().filter(|byte| **byte == b'\n').count(), 40);
    for jobs in ["2", "7"] {
        assert_eq!(unroot(folder.path(), &["check", "--format", "jsonl", "--jobs", jobs]).stdout, one.stdout);
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let folder = tree(&[]);
    // More than a pipe holds, so that the write is cut off.
    let text = "# a comment\n".repeat(100_000);
    let mut child = command(folder.path(), &["fix", "-"]).spawn().unwrap();
    drop(child.stdout.take());
    let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.code().is_some_and(|code| code != 101), "{output:?}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("stdout"), "{output:?}");
    // A full disk is one.
    let mut command = command(folder.path(), &["fix", "-"]);
    command.stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let ended = end(command, text.as_bytes());
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("stdout cannot be written"), "{}", ended.stderr);
}

#[test]
fn a_context_outside_the_project_is_bad_usage() {
    let folder = tree(&["a/Dockerfile", "b/x"]);
    assert_eq!(unroot(folder.path(), &["check", "a/Dockerfile", "--context", "b"]).status, 2);
    assert_eq!(unroot(folder.path(), &["check", "a/Dockerfile", "--context", "."]).status, 0);
    fs::create_dir(folder.path().join(".git")).unwrap();
    assert_eq!(unroot(folder.path(), &["check", "a/Dockerfile", "--context", "b"]).status, 0);
}

#[test]
fn colour_follows_the_flag_then_the_environment() {
    let folder = tree(&[]);
    let colored = |args: &[&str], env: &[(&str, &str)]| {
        let mut command = command(folder.path(), &[&["check", "nowhere"], args].concat());
        command.envs(env.iter().copied());
        end(command, b"").stderr.contains('\x1b')
    };
    assert!(!colored(&[], &[]));
    assert!(colored(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(colored(&[], &[("FORCE_COLOR", "1")]));
    assert!(!colored(&[], &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
    assert!(!colored(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")]));
    assert!(!colored(&["--color", "never"], &[("FORCE_COLOR", "1")]));
}

#[test]
fn a_clean_read_only_file_is_no_error() {
    let folder = tree(&["Dockerfile"]);
    fs::set_permissions(folder.path().join("Dockerfile"), fs::Permissions::from_mode(0o444)).unwrap();
    assert_eq!(unroot(folder.path(), &["fix"]).status, 0);
}

/// Permission bits do not stop root: someone else has to look.
#[test]
fn a_folder_that_cannot_be_read_does_not_stop_the_others() {
    let folder = tree(&["closed/Dockerfile", "open/Dockerfile"]);
    for (name, mode) in [(".", 0o755), ("closed", 0o000)] {
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    let mut command = command(folder.path(), &["fix", "--verbose"]);
    if fs::read_dir(folder.path().join("closed")).is_ok() {
        command.uid(65534).gid(65534);
    }
    let Ok(mut child) = command.spawn() else { return };
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr, "error: closed: permission denied; the rest is looked at\n");
    assert!(String::from_utf8_lossy(&output.stdout).contains("open/Dockerfile: clean"));
    fs::set_permissions(folder.path().join("closed"), fs::Permissions::from_mode(0o755)).unwrap();
}
