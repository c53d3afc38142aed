//! What is seen, and what it proves.

use std::collections::BTreeSet;

use super::*;
use crate::cli::verify::parse::{Kind, inspected};
use crate::cli::verify::probe::Answer;
use crate::cli::verify::run::{Asking, Ran};
use crate::report;

/// An image with `/app` of uid 1000 and everything else root's.
fn tree() -> Tree {
    let mut builder = tar::Builder::new(Vec::new());
    let passwd = "root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n";
    for (path, uid, text) in [
        ("app/", 1000, None),
        ("bin/", 0, None),
        ("etc/", 0, None),
        ("etc/passwd", 0, Some(passwd)),
        ("root/", 0, None),
        ("srv/", 0, None),
        ("run/", 0, None),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(if text.is_some() { tar::EntryType::Regular } else { tar::EntryType::Directory });
        header.set_uid(uid);
        header.set_gid(uid);
        header.set_mode(if text.is_some() { 0o644 } else { 0o755 });
        let text = text.unwrap_or_default();
        header.set_size(text.len() as u64);
        builder.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    Tree::read(builder.into_inner().unwrap().as_slice()).unwrap()
}

fn image(user: &str) -> Image {
    let text = r#"[{"Id":"i","Size":2340000,"Config":{"User":"USER","Volumes":{"/app/data":{}}}}]"#;
    inspected(&text.replace("USER", user)).unwrap()
}

/// A container that does as it should.
fn seen(uid: u32, ports: &[u16]) -> Seen {
    let process = Process { pid: 7, uids: BTreeSet::from([uid]), user: uid.to_string(), command: "node".to_owned() };
    Seen { running: true, processes: vec![process], ports: Some(ports.iter().copied().collect()), ..Seen::default() }
}

/// What the checks come to, with port 80 moved to 8080.
fn judge(user: &str, before: Option<&Seen>, after: &Seen) -> Vec<Check> {
    let mut subject = Subject::of(report::File::new(b"Dockerfile".to_vec(), Vec::new()));
    subject.moved.insert(80, 8080);
    let (original, rewritten, tree) = (image(""), image(user), tree());
    let before = before.map(|seen| Side { image: &original, seen });
    let after = Side { image: &rewritten, seen: after };
    checks(&Evidence { subject: &subject, before, after, tree: &tree })
}

fn of<'a>(checks: &'a [Check], name: &str) -> &'a Check {
    checks.iter().find(|check| check.check == name).unwrap_or_else(|| panic!("{name}: {checks:#?}"))
}

fn failing(checks: &[Check]) -> Vec<&'static str> {
    checks.iter().filter(|check| check.verdict == Verdict::Fails).map(|check| check.check).collect()
}

#[test]
fn the_same_as_another_user_fails_nowhere() {
    let checks = judge("1000:1000", Some(&seen(0, &[80, 45000])), &seen(1000, &[8080]));
    assert_eq!(failing(&checks), [""; 0]);
    assert_eq!(of(&checks, "ports").after, "8080");
    assert_eq!(of(&checks, "size").after, "2.3 MB");
    assert_eq!(of(&checks, "user").lines, ["kubelet's runAsNonRoot accepts it"]);
    assert_eq!(of(&checks, "user").before.as_deref(), Some("root"));
}

#[test]
fn each_loss_fails_one_check() {
    let before = seen(0, &[80]);
    let good = seen(1000, &[8080]);
    let judge = |after: Seen| failing(&judge("1000", Some(&before), &after));
    assert_eq!(judge(seen(1000, &[80])), ["ports"]);
    assert_eq!(judge(seen(0, &[8080])), ["processes"]);
    assert_eq!(judge(Seen { running: false, code: 1, ports: None, ..good.clone() }), ["start"]);
    assert_eq!(judge(Seen { failed: Some("exec: permission denied".to_owned()), ..good.clone() }), ["start"]);
    let said = |line: &str| Seen { log: vec![line.to_owned()], ..good.clone() };
    assert_eq!(judge(said("mkdir: Permission denied")), ["log"]);
    assert_eq!(judge(said("chown: Operation not permitted")), ["log"]);
    assert_eq!(judge(said("permission granted")), [""; 0]);
    assert_eq!(judge(Seen { health: Some(Err("no".to_owned())), ..good.clone() }), ["health"]);
}

#[test]
fn a_user_that_is_root_or_nobody_knows_fails() {
    let before = seen(0, &[]);
    for user in ["", "0", "root", "00:1000", "nobody-knows"] {
        let checks = judge(user, Some(&before), &seen(1000, &[]));
        assert!(failing(&checks).contains(&"user"), "{user}");
    }
    // By name it is not root, and Kubernetes cannot tell.
    let checks = judge("node", Some(&before), &seen(1000, &[]));
    assert_eq!(failing(&checks), [""; 0]);
    assert!(of(&checks, "user").lines[0].contains("refuses it: node is a name"));
    // Nothing was rewritten, and an entrypoint gets off root by itself.
    assert_eq!(of(&judge("", None, &seen(1000, &[])), "user").verdict, Verdict::Note);
    assert_eq!(failing(&judge("", None, &seen(0, &[]))), ["user", "processes"]);
}

#[test]
fn answers_and_commands_are_those_of_the_original() {
    let asking = |status: Option<u16>| Asking {
        port: Some(80),
        path: "/".to_owned(),
        answer: status.map(|status| Answer { status, len: 1 }).ok_or_else(|| "no connection".to_owned()),
    };
    let ran = |code| Ran { words: vec!["id".to_owned()], code, line: "why".to_owned() };
    let with = |uid, status, code| Seen { answers: vec![asking(status)], commands: vec![ran(code)], ..seen(uid, &[]) };
    let before = with(0, Some(404), Some(0));
    let judge = |after: Seen| failing(&judge("1000", Some(&before), &after));
    assert_eq!(judge(with(1000, Some(404), Some(0))), [""; 0]);
    assert_eq!(judge(with(1000, Some(200), Some(0))), ["http"]);
    assert_eq!(judge(with(1000, None, Some(0))), ["http"]);
    assert_eq!(judge(with(1000, Some(404), Some(1))), ["run"]);
    assert_eq!(judge(with(1000, Some(404), None)), ["run"]);
}

#[test]
fn what_the_original_wrote_must_be_writable() {
    let wrote = |uid, paths: &[&str]| Seen {
        changes: paths.iter().map(|path| (Kind::Added, (*path).to_owned())).collect(),
        ..seen(uid, &[])
    };
    let judge = |old: &[&str], new: &[&str]| {
        let checks = judge("1000:1000", Some(&wrote(0, old)), &wrote(1000, new));
        let check = of(&checks, "writes");
        (check.verdict, check.lines.clone())
    };
    assert_eq!(judge(&["/app/x", "/app/data/y"], &[]), (Verdict::Holds, vec![]));
    let lost = "/srv/up: /srv is 0:0 0755, so uid 1000 cannot make it there".to_owned();
    assert_eq!(judge(&["/srv/up", "/srv/up/a"], &[]), (Verdict::Fails, vec![lost]));
    // It did so all the same, or did so elsewhere.
    assert_eq!(judge(&["/srv/up"], &["/srv/up"]).0, Verdict::Holds);
    assert_eq!(judge(&["/run/nginx.pid"], &["/tmp/nginx.pid"]).0, Verdict::Holds);
    // Caches of root's home and of Python are done without; files of the system are for a person to look at.
    assert_eq!(judge(&["/root/.npm", "/srv/lib/__pycache__/a.pyc"], &[]).0, Verdict::Holds);
    assert_eq!(judge(&["/etc/app.conf"], &[]).0, Verdict::Note);
}

#[test]
fn the_most_telling_line_is_told() {
    let start = |lines: &[&str]| {
        let check = check("start", Verdict::Fails, None, "x").with(lines.iter().map(|line| (*line).to_owned()));
        check.telling().map(str::to_owned)
    };
    assert_eq!(start(&["a", "bind: Permission denied", "b"]).as_deref(), Some("bind: Permission denied"));
    assert_eq!(start(&["a", "b", ""]).as_deref(), Some("b"));
    assert_eq!(start(&[]), None);
    let many = check("x", Verdict::Fails, None, "x").with((0..30).map(|n| n.to_string()));
    assert_eq!((many.lines.len(), many.lines.last().unwrap().as_str()), (21, "… and 10 more"));
}
