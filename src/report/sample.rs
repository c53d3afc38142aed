//! Files made by hand, for the tests of the formats and of the command line.

use super::{Edit, File, Finding, Fix, Hazard, Port, Range, Safety, Status, Target, User};
use crate::source::Position;

pub(crate) const BEFORE: &[u8] = b"FROM node:22-slim\nEXPOSE 80\nCMD [\"node\", \"server.js\"]\n";
pub(crate) const AFTER: &[u8] = b"FROM node:22-slim\nEXPOSE 80\nUSER 1000:1000\nCMD [\"node\", \"server.js\"]\n";

pub(crate) fn range(line: usize, start: usize, end: usize) -> Range {
    Range { start: Position { line, column: start }, end: Position { line, column: end } }
}

fn finding(fix: Option<usize>) -> Finding {
    Finding {
        rule: "missing-user",
        message: "the process runs as root".to_owned(),
        why: "node:22-slim starts as root and no USER changes that".to_owned(),
        reason: None,
        fix,
        range: range(3, 1, 26),
    }
}

/// One safe fix that was written.
pub(crate) fn fixed() -> File {
    let mut file = File::new(b"app/Dockerfile".to_vec(), BEFORE.to_vec());
    let user = User {
        before: Some("root".to_owned()),
        after: Some("node".to_owned()),
        uid: Some(1000),
        gid: Some(1000),
        origin: Some("builtin"),
        why: None,
    };
    file.status = Status::Fixed;
    file.after = AFTER.to_vec();
    file.targets = vec![Target {
        stage: "0".to_owned(),
        base: Some("node:22-slim".to_owned()),
        family: "debian".to_owned(),
        user,
        ports: vec![Port { from: 80, to: 8080, places: vec!["app/Dockerfile:2".to_owned()] }],
        paths: Vec::new(),
    }];
    file.findings = vec![finding(Some(1))];
    let edit =
        Edit { path: file.path.clone(), range: range(3, 1, 1), offset: [28, 28], text: b"USER 1000:1000\n".to_vec() };
    file.fixes = vec![Fix {
        id: 1,
        safety: Safety::Safe,
        hazards: Vec::new(),
        applied: true,
        edits: vec![edit],
        along: Vec::new(),
        notes: Vec::new(),
    }];
    file.notes = vec!["new volumes will belong to 1000:1000".to_owned()];
    file
}

/// The same before it is written.
pub(crate) fn fixable() -> File {
    File { status: Status::Fixable, ..fixed() }
}

/// A fix that needs `--unsafe`.
pub(crate) fn hidden() -> File {
    let mut file = fixed();
    file.status = Status::Unsafe;
    file.after = BEFORE.to_vec();
    for fix in &mut file.fixes {
        fix.applied = false;
        fix.safety = Safety::Unsafe;
        let message = "start.sh is not in the build context".to_owned();
        fix.hazards = vec![Hazard { id: "opaque-script", message, range: range(3, 6, 12) }];
    }
    file
}

/// A file that is left alone.
pub(crate) fn refused() -> File {
    let mut file = File::new(b"b/Dockerfile".to_vec(), BEFORE.to_vec());
    file.status = Status::Refused;
    let why = "start.sh mounts a file system; decide who does that".to_owned();
    file.findings = vec![Finding { reason: Some("start-script"), why, ..finding(None) }];
    file
}

/// A file that does not parse.
pub(crate) fn broken() -> File {
    let mut file = File::new(b"c/Dockerfile".to_vec(), b"FORM x\n".to_vec());
    file.fail("line 1: unknown instruction FORM".to_owned());
    file
}
