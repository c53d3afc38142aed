//! Every diff is taken by `git apply`, and gives the promised bytes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use unroot::report::diff::unified;

fn git(folder: &Path, args: &[&str], input: &[u8]) {
    let mut child = Command::new("git")
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env_remove("GIT_DIR")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {args:?}: {errors}\n{}", String::from_utf8_lossy(input));
}

fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "--quiet"], b"");
    folder
}

fn applies(folder: &Path, name: &[u8], before: &[u8], after: &[u8]) {
    let path = folder.join(OsStr::from_bytes(name));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, before).unwrap();
    let diff = unified(name, before, after);
    assert_eq!(diff.is_empty(), before == after);
    if !diff.is_empty() {
        git(folder, &["apply", "--check"], &diff);
        git(folder, &["apply", "--whitespace=nowarn"], &diff);
    }
    // git removes a file when its diff leaves nothing.
    assert_eq!(std::fs::read(&path).unwrap_or_default(), after, "{}", String::from_utf8_lossy(&diff));
}

const TEXTS: &[&[u8]] = &[
    b"",
    b"\n",
    b"a",
    b"a\n",
    b"a\r\n",
    b"a\r",
    b"\r",
    b"\xef\xbb\xbfFROM x\nCMD a\n",
    b"FROM x\r\nCMD a\r\n",
    b"FROM x\r\nUSER 1\r\nCMD a",
    b"a\rb\nc\x0cd\ne\n",
    b"a\rb\nc\x0cd\nX\n",
    b"\xff\xfe\nb\n",
    b"\xff\xfd\nb",
    "é\u{2028}\nb\n".as_bytes(),
    b"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n",
    b"1\nX\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\nY\n16",
    b"-- x\n++ y\n@@ -1 +1 @@\n\\ No newline\n",
];

#[test]
fn every_pair_of_nasty_texts() {
    let folder = repository();
    for before in TEXTS {
        for after in TEXTS {
            applies(folder.path(), b"Dockerfile", before, after);
        }
    }
}

#[test]
fn every_nasty_name() {
    let folder = repository();
    let names: &[&[u8]] = &[
        b"a b/Dockerfile",
        b"Dockerfile end ",
        "dö/Dockerfile.é".as_bytes(),
        b"\xff/Dockerfile",
        b"quote\"back\\slash",
        b"tab\tline\nreturn\rbell\x07del\x7f",
        b"b/Dockerfile b/Dockerfile",
        b"-",
        b"'x'",
    ];
    for name in names {
        applies(folder.path(), name, b"FROM x\nCMD a\n", b"FROM x\nUSER 1\nCMD a\n");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_two_texts(
        before in "[a-c\r\n\t ]{0,60}",
        after in "[a-c\r\n\t ]{0,60}",
    ) {
        let folder = repository();
        applies(folder.path(), b"x/Dockerfile", before.as_bytes(), after.as_bytes());
    }

    #[test]
    fn an_edited_text(
        lines in prop::collection::vec("[a-d]{1,2}\r?", 0..40),
        edits in prop::collection::vec((any::<prop::sample::Index>(), "[x-z]{0,2}\n?"), 0..5),
        end in any::<bool>(),
    ) {
        let before = lines.join("\n") + if end { "\n" } else { "" };
        let mut after = before.clone();
        for (at, text) in edits {
            after.insert_str(at.index(after.len() + 1), &text);
        }
        let folder = repository();
        applies(folder.path(), b"x y/Dockerfile", before.as_bytes(), after.as_bytes());
    }
}
