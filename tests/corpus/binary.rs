//! All files at once through the real binary: the diff is what is written, and a second run has nothing to do.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use super::folder;
use super::tables::Violation;

const UNROOT: &str = env!("CARGO_BIN_EXE_unroot");

/// Exit status, stdout, stderr of a program.
pub(crate) fn run_in(folder: &Path, program: &str, args: &[&str], input: &[u8]) -> (i32, Vec<u8>, String) {
    let mut child = Command::new(program)
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env_remove("GIT_DIR")
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output().unwrap()
    });
    // A signal has no code.
    (output.status.code().unwrap_or(-1), output.stdout, String::from_utf8_lossy(&output.stderr).into_owned())
}

pub(crate) fn run(corpus: &Path, extra: &[&str]) -> Vec<Violation> {
    let title = ["fix", "."].iter().chain(extra).copied().collect::<Vec<_>>().join(" ");
    let mut wrong: Vec<Violation> = Vec::new();
    let mut say = |name: &str, why: String| wrong.push((name.to_owned(), format!("{title}: {why}")));
    let (original, patched, fixed) = (folder::copy(corpus), folder::copy(corpus), folder::copy(corpus));
    let unroot = |folder: &Path, args: &[&str]| run_in(folder, UNROOT, &[args, extra, &["."]].concat(), b"");

    let (status, diff, errors) = unroot(patched.path(), &["fix", "--diff"]);
    let bug = errors.contains("bug in unroot");
    let expected = |found: bool| if bug { 2 } else { i32::from(found) };
    if status != expected(!diff.is_empty()) || errors.contains("panicked") {
        say("--diff", format!("ends with {status}, its diff has {} bytes: {}", diff.len(), last(&errors)));
    }
    for name in different(original.path(), patched.path()) {
        say(&name, "--diff has written".to_owned());
    }
    if !diff.is_empty() {
        for args in [&["apply", "--check"][..], &["apply", "--whitespace=nowarn"]] {
            let (status, _, errors) = run_in(patched.path(), "git", args, &diff);
            if status != 0 {
                say(&format!("git {}", args.join(" ")), errors.lines().take(5).collect::<Vec<_>>().join("; "));
            }
        }
    }
    let (status, _, errors) = unroot(fixed.path(), &["fix"]);
    if status != expected(false) {
        say("fix", format!("ends with {status}: {}", last(&errors)));
    }
    for name in different(patched.path(), fixed.path()) {
        say(&name, "the diff, applied, is not what is written".to_owned());
    }
    let changed = different(original.path(), fixed.path()).len();
    let found = extra.contains(&"--unsafe");
    let (status, _, _) = run_in(original.path(), UNROOT, &["check", "--quiet", "."], b"");
    if !found && status != expected(true) {
        say("check", format!("ends with {status}"));
    }
    let (status, diff, _) = unroot(fixed.path(), &["fix", "--diff"]);
    if status != expected(false) || !diff.is_empty() {
        say("--diff of the result", format!("ends with {status}: {}", last(&String::from_utf8_lossy(&diff))));
    }
    let (status, _, _) = unroot(fixed.path(), &["fix", "--exit-non-zero-on-fix"]);
    if status != expected(false) {
        say("a second fix", format!("ends with {status}"));
    }
    for name in different(patched.path(), fixed.path()) {
        say(&name, "the second fix changes it".to_owned());
    }
    let left: Vec<_> = fs::read_dir(fixed.path().join("files")).unwrap().collect();
    if left.len() != folder::names(corpus).len() {
        say("files/", format!("holds {} files afterwards", left.len()));
    }
    println!("{title}: {changed} files changed, {} bytes of diff, proof failures: {bug}", diff.len());
    wrong
}

fn last(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

/// Names of the files that differ.
fn different(one: &Path, other: &Path) -> Vec<String> {
    let read = |folder: &Path, name: &str| fs::read(folder.join("files").join(name)).unwrap_or_default();
    folder::names(one).into_iter().filter(|name| read(one, name) != read(other, name)).collect()
}
