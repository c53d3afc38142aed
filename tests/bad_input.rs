//! Nothing that can be thrown at the binary makes it panic, hang, lose or change what it should not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

const FROM: &str = "FROM debian:12\n";
const CMD: &str = "CMD [\"/app/run\"]\n";

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unroot"));
    command.args(args).current_dir(folder).env("NO_COLOR", "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Exit status and both streams. A panic aborts, and an abort has no exit status.
fn end(mut command: Command) -> (i32, Vec<u8>, String) {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let status = output.status.code();
    assert!(status.is_some() && !errors.contains("panicked"), "{:?}: {errors}", output.status);
    (status.unwrap(), output.stdout, errors)
}

fn unroot(folder: &Path, args: &[&str]) -> (i32, Vec<u8>, String) {
    end(command(folder, args))
}

fn file(head: &str, line: &str, times: usize) -> Vec<u8> {
    [head, &line.repeat(times), "\n", CMD].concat().into_bytes()
}

fn nested(before: &str, open: &str, inner: &str, close: &str) -> Vec<u8> {
    let deep = 10_000;
    [FROM, before, &open.repeat(deep), inner, &close.repeat(deep), "\n", CMD].concat().into_bytes()
}

/// Bytes that look random and are the same each time.
fn random(seed: u64, of: &[u8]) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap()
    };
    (0..50_000).map(|_| of.get(next() % of.len().max(1)).copied().unwrap_or_default()).collect()
}

/// Through `fix --diff`, `fix` and `fix` again, with unsafe fixes; named and walked.
fn survives(name: &str, bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Dockerfile");
    fs::write(&path, bytes).unwrap();
    let (status, diff, errors) = unroot(folder.path(), &["fix", "--diff", "--unsafe", "Dockerfile"]);
    assert!(!errors.contains("bug in unroot"), "{name}: {errors}");
    let expected = if errors.contains("error: ") { 2 } else { i32::from(!diff.is_empty()) };
    assert_eq!(status, expected, "{name}: {errors}");
    assert_eq!(fs::read(&path).unwrap(), bytes, "{name}");
    let (walked, _, errors) = unroot(folder.path(), &["fix", "--unsafe", "."]);
    assert_eq!(walked, 0, "{name}: {errors}");
    let written = fs::read(&path).unwrap();
    assert_eq!(written == bytes, diff.is_empty(), "{name}");
    if status == 2 {
        return;
    }
    let (again, _, errors) = unroot(folder.path(), &["fix", "--unsafe", "--exit-non-zero-on-fix"]);
    assert_eq!(again, 0, "{name}: {errors}");
    assert_eq!(fs::read(&path).unwrap(), written, "{name}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "{name}");
}

#[test]
fn nothing_much() {
    for text in ["", "\n", "\u{feff}", "# a\n\n#b", "RUN a\n", "ARG A\n", "FROM", "FROM \\\n", "\\\n", "# escape=x\n"] {
        survives(text, text.as_bytes());
    }
    for text in ["FROM a AS a\n", "FROM b AS a\nFROM a AS b\n", "FROM a AS a\nFROM a AS a\nCOPY --from=a a a\n"] {
        survives(text, &[text, CMD].concat().into_bytes());
    }
}

#[test]
fn huge_files() {
    for (name, bytes) in [
        ("10 MB in one line", file(FROM, "RUN a a a a", 1_000_000)),
        ("10 MB in one comment", file("#", "a", 10 << 20)),
        ("100,000 instructions", file(FROM, "RUN a\n", 100_000)),
        ("100,000 stages", file("", FROM, 100_000)),
        ("10,000 heredocs", file(FROM, "RUN <<A\na\nA\n", 10_000)),
        ("50,000 folders", file(FROM, "WORKDIR a\n", 50_000)),
        ("5,000 accounts", file(FROM, "RUN useradd a\n", 5_000)),
        ("50,000 lone returns", file(FROM, "RUN a\r", 50_000)),
        ("10,000 triggers", file(FROM, "ONBUILD ", 10_000)),
        ("10,000 words", file(&[FROM, "EXPOSE"].concat(), " 80 \\\n", 10_000)),
        ("10,000 commands", file(&[FROM, "RUN a"].concat(), " && \\\n a", 10_000)),
    ] {
        survives(name, &bytes);
    }
}

#[test]
fn values_that_double() {
    let twice = |head: &str, line: &str, tail: &str| [head, &line.repeat(200), tail, CMD].concat().into_bytes();
    survives("ENV", &twice(FROM, "ENV A=$A$A\n", "WORKDIR /$A\nUSER $A\nCOPY $A /$A\n"));
    survives("ENV with a start", &twice("FROM debian:12\nENV A=a\n", "ENV A=$A$A\n", "WORKDIR /$A\nCOPY $A /$A\n"));
    survives("ARG", &twice("ARG A=a\n", "ARG A=$A$A\n", "FROM $A\n"));
    survives("shell", &twice("FROM debian:12\nRUN A=a; ", "A=$A$A; ", "mkdir $A\n"));
    survives("braces", &twice("FROM debian:12\nRUN mkdir /app/", "{a,b}", "\n"));
    survives("stars", &twice("FROM debian:12\nCOPY ", "*a", "b /app/\n"));
}

#[test]
fn deep_nesting() {
    for (name, bytes) in [
        ("substitutions", nested("RUN a ", "$(", "a", ")")),
        ("quoted substitutions", nested("RUN a ", "\"$(", "a", ")\"")),
        ("open substitutions", nested("RUN a ", "$(", "a", "")),
        ("subshells", nested("RUN ", "(", "a", ")")),
        ("groups", nested("RUN ", "{ ", "a;", " }")),
        ("ifs", nested("RUN ", "if a\\\n then ", "a;", " fi\\\n;")),
        ("shells", nested("RUN ", "sh -c ", "a", "")),
        ("defaults", nested("ENV A=", "${A:-", "", "}")),
        ("backticks", nested("RUN ", "`", "", "")),
        ("brackets", nested("CMD ", "[", "", "]")),
    ] {
        survives(name, &bytes);
    }
}

#[test]
fn bytes_that_are_no_text() {
    let all: Vec<u8> = (0..=u8::MAX).collect();
    for seed in 0..4 {
        survives("random bytes", &random(seed, &all));
        let shell = random(seed, b"$`\"'(){}\\;&|<>a \n#");
        survives("random shell", &[b"FROM debian:12\nRUN ".as_slice(), &shell].concat());
        survives("random words", &[b"FROM debian:12\nENV A=".as_slice(), &random(seed, b"$A{}:-+\\'\"= ")].concat());
    }
    survives("NUL", b"FROM debian:12\nRUN echo \0\nCOPY \0 /app\nCMD [\"\0\"]\n");
    survives("Latin-1", b"FROM debian:12\nLABEL a=\xe9\nRUN echo \xe9\nCMD [\"/a\"]\n");
    survives("UTF-16", b"\xff\xfeF\0R\0O\0M\0 \0a\0\n\0");
}

#[test]
fn what_is_never_closed() {
    for end in ["RUN <<EOF\na\n", "RUN \"a\n", "RUN 'a\n", "ENV A=\"a\n", "CMD [\"a\n", "RUN ${A\n", "RUN a && \n"] {
        survives(end, &[FROM, end].concat().into_bytes());
        survives(end, &[FROM, end, CMD].concat().into_bytes());
    }
    for end in ["\\\n", "\\", "\\\n\n", "\\\n# b\n", "\\  \n"] {
        survives(end, &[FROM, CMD.trim_end(), " ", end].concat().into_bytes());
        survives(end, &[FROM, "RUN a ", end].concat().into_bytes());
    }
    survives("endless", &[FROM, "RUN a \\\n", &"b \\\n".repeat(10_000)].concat().into_bytes());
}

/// Permission bits do not stop root: someone else has to look.
#[test]
fn files_that_cannot_be_read_or_written() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = file(FROM, "COPY a /app/\n", 1);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    for (name, mode) in [("Dockerfile.closed", 0o000), ("Dockerfile.fixed", 0o444)] {
        fs::write(folder.path().join(name), &bytes).unwrap();
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    fs::create_dir(folder.path().join("Dockerfile")).unwrap();
    let mut fix = command(folder.path(), &["fix", "--unsafe"]);
    if fs::read(folder.path().join("Dockerfile.closed")).is_ok() {
        fix.uid(65534).gid(65534);
    }
    let (status, _, errors) = end(fix);
    assert_eq!(status, 2, "{errors}");
    assert!(errors.contains("Dockerfile.closed: ") && errors.contains("is read-only"), "{errors}");
    assert_eq!(fs::read(folder.path().join("Dockerfile.fixed")).unwrap(), bytes);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    assert_eq!(unroot(folder.path(), &["fix", "Dockerfile"]).0, 0, "a folder of that name is a folder");
}

#[test]
fn links_and_loops() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("real")).unwrap();
    let bytes = file(FROM, "COPY loop link /app/\n", 1);
    fs::write(at("real/Dockerfile"), &bytes).unwrap();
    symlink("real/Dockerfile", at("Dockerfile")).unwrap();
    symlink("Dockerfile.loop", at("Dockerfile.loop")).unwrap();
    symlink(".", at("real/loop")).unwrap();
    symlink("/etc/passwd", at("real/link")).unwrap();
    for name in ["Dockerfile", "Dockerfile.loop"] {
        assert_eq!(unroot(folder.path(), &["fix", "--unsafe", name]).0, 2, "{name}");
    }
    assert_eq!(fs::read(at("real/Dockerfile")).unwrap(), bytes);
    let (status, diff, errors) = unroot(folder.path(), &["fix", "--unsafe", "--diff"]);
    assert!(status < 2 && !String::from_utf8_lossy(&diff).contains("loop/"), "{errors}");
    assert!(fs::symlink_metadata(at("Dockerfile")).unwrap().is_symlink());
}

/// Someone else writes the file all the while: what is there in the end is whole, theirs or ours.
#[test]
fn a_file_that_changes_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Dockerfile");
    let texts: Vec<Vec<u8>> = (0..20).map(|n| file(FROM, "COPY a /app/\n", n)).collect();
    fs::write(&path, texts.first().unwrap()).unwrap();
    for text in &texts {
        let child = command(folder.path(), &["fix", "--unsafe"]).spawn().unwrap();
        let mut new = tempfile::NamedTempFile::new_in(folder.path()).unwrap();
        new.write_all(text).unwrap();
        new.persist(&path).unwrap();
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        let found = fs::read(&path).unwrap();
        let head = found.strip_suffix(CMD.as_bytes()).unwrap_or_else(|| panic!("not whole: {errors}"));
        assert!(head.starts_with(FROM.as_bytes()), "not whole: {errors}");
        match output.status.code() {
            Some(0) => {}
            Some(2) => assert!(errors.contains("since it was read") && found == *text, "{errors}"),
            other => panic!("{other:?}: {errors}"),
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "{errors}");
    }
}
