//! The instruction starts that other parsers find: two crates, and PyPI's `dockerfile` (BuildKit 0.12).

use std::env;
use std::fs;

use parse_dockerfile::Instruction as Theirs;
use serde::Deserialize;
use unroot::syntax::{Args, parse};

fn our_starts(text: &str) -> Vec<usize> {
    parse(text.as_bytes()).instructions.iter().map(|instruction| instruction.keyword_span.start).collect()
}

/// Starts as `dockerfile-parser` has them; `None` where it rejects the file.
fn dockerfile_parser(text: &str) -> Option<Vec<usize>> {
    let file = dockerfile_parser::Dockerfile::parse(text).ok()?;
    Some(file.instructions.iter().map(|instruction| instruction.span().start).collect())
}

/// Starts as `parse-dockerfile` has them; `None` where it rejects the file.
fn parse_dockerfile(text: &str) -> Option<Vec<usize>> {
    let file = parse_dockerfile::parse(text).ok()?;
    Some(file.instructions.iter().map(start).collect())
}

fn start(instruction: &Theirs<'_>) -> usize {
    let keyword = match instruction {
        Theirs::Add(it) => &it.add,
        Theirs::Arg(it) => &it.arg,
        Theirs::Cmd(it) => &it.cmd,
        Theirs::Copy(it) => &it.copy,
        Theirs::Entrypoint(it) => &it.entrypoint,
        Theirs::Env(it) => &it.env,
        Theirs::Expose(it) => &it.expose,
        Theirs::From(it) => &it.from,
        Theirs::Healthcheck(it) => &it.healthcheck,
        Theirs::Label(it) => &it.label,
        Theirs::Maintainer(it) => &it.maintainer,
        Theirs::Onbuild(it) => &it.onbuild,
        Theirs::Run(it) => &it.run,
        Theirs::Shell(it) => &it.shell,
        Theirs::Stopsignal(it) => &it.stopsignal,
        Theirs::User(it) => &it.user,
        Theirs::Volume(it) => &it.volume,
        Theirs::Workdir(it) => &it.workdir,
        _ => return usize::MAX,
    };
    keyword.span.start
}

/// What at least one of the two crates is known to read otherwise than BuildKit.
fn exception(text: &str) -> Option<&'static str> {
    if text.starts_with('\u{feff}') {
        return Some("byte order mark");
    }
    let tree = parse(text.as_bytes());
    if tree.directives.iter().any(|directive| directive.name == "escape") {
        return Some("escape directive");
    }
    if tree.instructions.iter().any(|instruction| !instruction.heredocs.is_empty()) {
        return Some("heredoc");
    }
    if text.lines().any(|line| line.trim_end_matches([' ', '\t']).ends_with("\\\\")) {
        return Some("doubled escape character at the end of a line");
    }
    let mut continued = false;
    for line in text.lines() {
        if continued && line.trim().is_empty() {
            return Some("blank continuation line");
        }
        continued = line.trim_end().ends_with('\\') || (continued && line.trim_start().starts_with('#'));
    }
    None
}

fn assert_same_starts(name: &str, text: &str) -> [bool; 2] {
    let ours = our_starts(text);
    let found = [dockerfile_parser(text), parse_dockerfile(text)];
    for (crate_name, theirs) in ["dockerfile-parser", "parse-dockerfile"].into_iter().zip(&found) {
        if let Some(theirs) = theirs {
            assert_eq!(&ours, theirs, "{name}: {crate_name} starts instructions elsewhere");
        }
    }
    found.map(|theirs| theirs.is_some())
}

#[test]
fn two_crates_find_the_same_instructions() {
    for text in [
        "FROM a\nRUN b\n",
        "# c\n\n  from a AS b\nrun c \\\n  d \\\n# e\n  && f\ncopy --from=b g h\nCMD [\"i\"]",
        "ARG A=1\nFROM a:$A\nENV B=1 C=2\nLABEL d=\"e f\"\nENTRYPOINT [\"x\", \\\n \"y\"]\n",
        "FROM a\r\nRUN b \\\r\n  c\r\nUSER d\r\n",
    ] {
        assert_eq!(assert_same_starts(text, text), [true, true], "{text:?}");
    }
}

#[test]
fn two_crates_find_the_same_instructions_in_real_files() {
    let Some(files) = crate::corpus::files() else { return };
    let mut accepted = [0, 0];
    let mut excepted = 0;
    for (name, text) in &files {
        let Ok(text) = std::str::from_utf8(text) else { continue };
        let is_valid = |text: &str| {
            let tree = parse(text.as_bytes());
            tree.error.is_none() && tree.instructions.iter().all(|instruction| instruction.invalid.is_none())
        };
        if exception(text).is_some() {
            excepted += 1;
        } else if is_valid(text) {
            let found = assert_same_starts(name, text);
            accepted.iter_mut().zip(found).for_each(|(sum, yes)| *sum += usize::from(yes));
        }
    }
    println!("[dockerfile-parser, parse-dockerfile] agree on {accepted:?} files; {excepted} are listed exceptions");
}

/// A line of what PyPI's `dockerfile` says: keyword, ONBUILD's keyword, lines, flags, JSON form, values, joined line.
#[derive(Debug, Deserialize)]
struct Python {
    file: String,
    error: String,
    instructions: Vec<PythonRow>,
}

type PythonRow = (String, Option<String>, usize, usize, Vec<String>, bool, Vec<String>, String);

/// Files that BuildKit 0.12 reads otherwise: a blank between `<<` and the name, an escape directive after `check`,
/// quotes in flags under another escape character, text after a JSON array.
fn is_newer_than_python(text: &str) -> bool {
    ["<< ", "<<\t", "]^", "# check=", "#check="].iter().any(|sign| text.contains(sign))
}

#[test]
fn an_older_buildkit_reads_real_files_the_same() {
    let Some(files) = crate::corpus::files() else { return };
    let Some(python) = env::var_os("UNROOT_DOCKERFILE_PY") else {
        return println!("skipped: UNROOT_DOCKERFILE_PY names no results of PyPI's dockerfile");
    };
    let files: std::collections::BTreeMap<_, _> = files.into_iter().collect();
    let mut equal = 0;
    let mut skipped = 0;
    for line in fs::read_to_string(python).expect("results").lines() {
        let theirs: Python = serde_json::from_str(line).expect("a line of results");
        let Some(text) = files.get(&theirs.file).and_then(|text| std::str::from_utf8(text).ok()) else { continue };
        if is_newer_than_python(text) {
            skipped += 1;
            continue;
        }
        assert_same_as_python(text, &theirs);
        equal += 1;
    }
    println!("{equal} files as in BuildKit 0.12; {skipped} use what is newer");
}

fn assert_same_as_python(text: &str, theirs: &Python) {
    let tree = parse(text.as_bytes());
    assert_eq!(tree.error.is_some(), !theirs.error.is_empty(), "{}: {:?} {}", theirs.file, tree.error, theirs.error);
    if tree.error.is_some() {
        return;
    }
    assert_eq!(tree.instructions.len(), theirs.instructions.len(), "{}", theirs.file);
    for (ours, (name, inner, first, last, flags, json, _, line)) in tree.instructions.iter().zip(&theirs.instructions) {
        let spelled = String::from_utf8_lossy(ours.keyword_span.of(text.as_bytes()));
        assert!(spelled.eq_ignore_ascii_case(name), "{}: {spelled} {name}", theirs.file);
        assert_eq!(matches!(ours.args, Args::Onbuild(_)), inner.is_some(), "{}", theirs.file);
        let row = (ours.lines.0, ours.lines.1, ours.flags.len(), ours.is_exec());
        assert_eq!(row, (*first, *last, flags.len(), *json), "{}:{first}", theirs.file);
        // There the joined line is followed by the heredocs.
        let theirs_joined =
            if ours.heredocs.is_empty() { line.as_str() } else { line.lines().next().unwrap_or_default() };
        assert_eq!(String::from_utf8_lossy(&ours.joined.text), theirs_joined, "{}:{first}", theirs.file);
    }
}
