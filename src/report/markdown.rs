//! The text of a pull request: what changes and why, what it asks of others, how to check it, what is left and why.

use std::fmt::Write as _;

pub(crate) mod escape;

use super::{File, Finding, Fix, Safety, Status, Target, text};
use escape::{block, cell, code, plain, quoted};

/// The text for the files of a run.
pub fn render(files: &[File]) -> Vec<u8> {
    let mut out = String::new();
    let changed: Vec<&File> = files.iter().filter(|file| file.changed()).collect();
    match changed.as_slice() {
        [] => out.push_str("Nothing changes.\n"),
        several if several.iter().any(|file| switches(file)) => out.push_str(INTRODUCTION),
        _ => out.push_str("Who runs the containers does not change.\n"),
    }
    if !changed.is_empty() {
        out.push_str("\n## What changes\n");
    }
    changed.iter().for_each(|file| write_changed(&mut out, file));
    write_checks(&mut out, &changed);
    write_left(&mut out, files);
    write_refused(&mut out, files);
    out.into_bytes()
}

const INTRODUCTION: &str = "\
Containers of these images run as root, which makes every flaw of the process, the engine or the kernel a flaw of the
host. This change lets them run as an account that owns only what it has to write.
";

fn write_changed(out: &mut String, file: &File) {
    let _ = write!(out, "\n### {}\n\n", code(&text::shown(&file.path)));
    for target in file.targets.iter().filter(|_| switches(file)) {
        write_target(out, file, target);
    }
    for finding in file.findings.iter().filter(|finding| applied(file, finding).is_some() && !is_switch(finding)) {
        let _ =
            writeln!(out, "- Line {}: {}: {}.", finding.range.start.line, plain(&finding.message), plain(&finding.why));
    }
    let hazards = file.fixes.iter().filter(|fix| fix.applied).flat_map(|fix| &fix.hazards);
    for hazard in hazards {
        let (id, line, message) = (code(hazard.id), hazard.range.start.line, plain(&hazard.message));
        let _ = writeln!(out, "- **Known hazard** {id} (line {line}), accepted with {}: {message}.", code("--unsafe"));
    }
    for note in &file.notes {
        let _ = writeln!(out, "- Note: {}.", plain(note));
    }
    for other in file.companions.iter().filter(|other| other.before != other.after) {
        let _ = writeln!(out, "- Moved along: {}.", code(&text::shown(&other.path)));
    }
}

/// Findings that say why the account is this one.
fn is_switch(finding: &Finding) -> bool {
    matches!(finding.rule, "missing-user" | "root-user")
}

/// Whether a switch of the user is part of the result.
fn switches(file: &File) -> bool {
    file.findings.iter().any(|finding| is_switch(finding) && applied(file, finding).is_some())
}

/// The fix, if it is part of the result.
fn applied<'a>(file: &'a File, finding: &Finding) -> Option<&'a Fix> {
    file.fixes.iter().find(|fix| Some(fix.id) == finding.fix && fix.applied)
}

fn write_target(out: &mut String, file: &File, target: &Target) {
    let Some(after) = &target.user.after else { return };
    let stage = match &target.base {
        Some(base) => format!("Stage {} (from {})", code(&target.stage), code(base)),
        None => format!("Stage {}", code(&target.stage)),
    };
    let before = target.user.before.as_deref().unwrap_or("an unknown user");
    let _ = writeln!(out, "- {stage} ran as {}; it runs as {}{} now.", code(before), code(after), number(target));
    let why = file.findings.iter().find(|finding| is_switch(finding) && applied(file, finding).is_some());
    if let Some(finding) = why {
        let _ = writeln!(out, "- Why this account: {}.", plain(&finding.why));
    }
    let risky = file.fixes.iter().any(|fix| fix.applied && !fix.hazards.is_empty());
    let but = if risky { ", but for the known hazards below" } else { "" };
    let _ = writeln!(
        out,
        "- Why root is not needed: the command, its start scripts, the ports and the paths that show in the Dockerfile \
         and the build context were looked at, and nothing in them is for root alone{but}."
    );
    for path in &target.paths {
        let _ = writeln!(out, "- {} belongs to {}: {}.", code(&path.path), code(&path.owner), plain(&path.why));
    }
    let rest = if target.paths.is_empty() { "Everything" } else { "Everything else" };
    let _ = writeln!(out, "- {rest} keeps its owner; what is root's stays read-only for the process.");
    for port in &target.ports {
        let at: Vec<String> = port.places.iter().map(|place| code(place)).collect();
        let (from, to, at) = (port.from, port.to, at.join(", "));
        let _ = writeln!(out, "- **Port {from} becomes {to}** in {at}: whoever maps {from} has to map {to}.");
    }
    if let (Some(first), Some(uid)) = (target.paths.first(), target.user.uid) {
        let owner = target.user.gid.map_or(uid.to_string(), |gid| format!("{uid}:{gid}"));
        let volumes: Vec<&str> =
            target.paths.iter().filter(|path| path.why == "VOLUME").map(|path| path.path.as_str()).collect();
        let paths = if volumes.is_empty() { first.path.clone() } else { volumes.join(" ") };
        let command = code(&format!("chown -R {owner} {paths}"));
        let _ = writeln!(
            out,
            "- New volumes are not affected. Volumes that older containers filled as root need {command} once (Kubernetes: \
             {}).",
            code(&format!("fsGroup: {}", target.user.gid.unwrap_or(uid)))
        );
    }
}

fn number(target: &Target) -> String {
    match (target.user.uid, target.user.gid) {
        (Some(uid), Some(gid)) => format!(" ({uid}:{gid})"),
        (Some(uid), None) => format!(" ({uid})"),
        _ => String::new(),
    }
}

fn write_checks(out: &mut String, changed: &[&File]) {
    let switched: Vec<(&File, &Target)> = changed
        .iter()
        .filter(|file| switches(file))
        .flat_map(|file| file.targets.iter().map(move |target| (*file, target)))
        .collect();
    let switched: Vec<_> = switched.into_iter().filter(|(_, target)| target.user.after.is_some()).collect();
    if switched.is_empty() {
        return;
    }
    out.push_str("\n## How to check\n");
    for (file, target) in switched {
        let path = quoted(&text::shown(&file.path));
        // A stage without a name is a number, and by default the last one is built.
        let stage = Some(&target.stage).filter(|stage| stage.parse::<usize>().is_err());
        let stage = stage.map_or_else(String::new, |stage| format!(" --target {}", quoted(stage)));
        let commands = format!(
            "docker build --tag IMAGE --file {path}{stage} CONTEXT\n\
             docker run --rm --entrypoint id IMAGE\n\
             docker inspect --format '{{{{.Config.User}}}}' IMAGE\n\
             docker run --rm IMAGE\n"
        );
        let _ = write!(out, "\n{}", block(&commands));
    }
    let id = code("id");
    let _ = writeln!(
        out,
        "\n{id} tells the account, where the image has it; then the container starts and serves as before."
    );
}

/// What is left in files that change, and what waits for `--unsafe`.
fn write_left(out: &mut String, files: &[File]) {
    let mut left = String::new();
    for file in files {
        let path = text::shown(&file.path);
        let open = file.findings.iter().filter(|finding| finding.reason.is_some() && file.status != Status::Refused);
        for finding in open {
            let (rule, reason) = (code(finding.rule), code(finding.reason.unwrap_or_default()));
            let at = code(&format!("{path}:{}", finding.range.start.line));
            let (message, why) = (plain(&finding.message), plain(&finding.why));
            let _ = writeln!(left, "- {at}: {rule}: {message}. Left ({reason}): {why}.");
        }
        for fix in file.fixes.iter().filter(|fix| fix.safety == Safety::Unsafe && !fix.applied) {
            let hazards: Vec<String> =
                fix.hazards.iter().map(|hazard| format!("{}: {}", code(hazard.id), plain(&hazard.message))).collect();
            let _ = writeln!(left, "- {}: waits for {}: {}.", code(&path), code("--unsafe"), hazards.join("; "));
        }
    }
    if !left.is_empty() {
        let _ = write!(out, "\n## What is left\n\n{left}");
    }
}

/// Files that are left alone, in one table.
fn write_refused(out: &mut String, files: &[File]) {
    let mut rows = String::new();
    for file in files {
        let path = text::shown(&file.path);
        if let Some(error) = &file.error {
            let _ = writeln!(rows, "| {} | | error | {} |", cell(&path), plain(error));
        }
        let open = file.findings.iter().filter(|finding| finding.reason.is_some() && file.status == Status::Refused);
        for finding in open {
            let at = format!("{path}:{}", finding.range.start.line);
            let (rule, reason) = (cell(finding.rule), cell(finding.reason.unwrap_or_default()));
            let _ = writeln!(rows, "| {} | {rule} | {reason} | {} |", cell(&at), plain(&finding.why));
        }
    }
    if !rows.is_empty() {
        let head =
            "| Where | Rule | Reason | What was looked at, what a person has to decide |\n| --- | --- | --- | --- |";
        let _ = write!(out, "\n## Left alone\n\n{head}\n{rows}");
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Path, sample};
    use super::*;

    fn of(files: &[File]) -> String {
        String::from_utf8(render(files)).unwrap()
    }

    #[test]
    fn a_fix_says_who_why_what_and_how_to_check() {
        let mut file = sample::fixed();
        file.targets[0].paths = vec![
            Path { path: "/app".into(), owner: "1000:1000".into(), why: "WORKDIR of the command".into() },
            Path { path: "/data".into(), owner: "1000:1000".into(), why: "VOLUME".into() },
        ];
        let expected = "\
Containers of these images run as root, which makes every flaw of the process, the engine or the kernel a flaw of the
host. This change lets them run as an account that owns only what it has to write.

## What changes

### `app/Dockerfile`

- Stage `0` (from `node:22-slim`) ran as `root`; it runs as `node` (1000:1000) now.
- Why this account: node:22-slim starts as root and no USER changes that.
- Why root is not needed: the command, its start scripts, the ports and the paths that show in the Dockerfile and the \
build context were looked at, and nothing in them is for root alone.
- `/app` belongs to `1000:1000`: WORKDIR of the command.
- `/data` belongs to `1000:1000`: VOLUME.
- Everything else keeps its owner; what is root's stays read-only for the process.
- **Port 80 becomes 8080** in `app/Dockerfile:2`: whoever maps 80 has to map 8080.
- New volumes are not affected. Volumes that older containers filled as root need `chown -R 1000:1000 /data` once \
(Kubernetes: `fsGroup: 1000`).
- Note: new volumes will belong to 1000:1000.

## How to check

```sh
docker build --tag IMAGE --file app/Dockerfile CONTEXT
docker run --rm --entrypoint id IMAGE
docker inspect --format '{{.Config.User}}' IMAGE
docker run --rm IMAGE
```

`id` tells the account, where the image has it; then the container starts and serves as before.
";
        assert_eq!(of(&[file]), expected);
    }

    #[test]
    fn what_is_not_done_is_said_with_its_reason() {
        let expected = "\
Nothing changes.

## What is left

- `app/Dockerfile`: waits for `--unsafe`: `opaque-script`: start.sh is not in the build context.

## Left alone

| Where | Rule | Reason | What was looked at, what a person has to decide |
| --- | --- | --- | --- |
| `b/Dockerfile:3` | `missing-user` | `start-script` | start.sh mounts a file system; decide who does that |
| `c/Dockerfile` | | error | line 1: unknown instruction FORM |
";
        assert_eq!(of(&[sample::hidden(), sample::refused(), sample::broken()]), expected);
        assert_eq!(of(&[]), "Nothing changes.\n");
    }

    #[test]
    fn hazards_of_an_applied_fix_are_named() {
        let mut file = sample::hidden();
        file.after = sample::AFTER.to_vec();
        file.fixes[0].applied = true;
        let line = "- **Known hazard** `opaque-script` (line 3), accepted with `--unsafe`: start.sh is not in the build context.\n";
        assert!(
            of(&[file.clone()]).contains(line) && of(&[file]).contains("alone, but for the known hazards below.\n")
        );
    }

    #[test]
    fn a_change_without_a_switch_promises_none() {
        let mut file = sample::fixed();
        file.findings[0].rule = "chown-run";
        let text = of(&[file]);
        assert!(text.starts_with("Who runs the containers does not change.\n\n## What changes\n"), "{text}");
        assert!(text.contains("- Line 3: the process runs as root: ") && !text.contains("How to check"), "{text}");
    }

    #[test]
    fn what_stands_in_a_file_is_no_markup() {
        let mut file = sample::refused();
        file.path = b"a|b`c/Dockerfile".to_vec();
        file.findings[0].why = "<img src=x> `a` | b\n# @team fixes #1 *now* [x](y)".to_owned();
        let row = "| ``a\\|b`c/Dockerfile:3`` | `missing-user` | `start-script` | &lt;img src=x&gt; \\`a\\` \\| b \
                   #<!-- --> @<!-- -->team fixes #<!-- -->1 \\*now\\* \\[x\\](y) |\n";
        assert!(of(&[file.clone()]).ends_with(row), "{}", of(&[file]));
        let mut file = sample::fixed();
        file.path = b"x; `rm`/Dockerfile".to_vec();
        assert!(of(&[file]).contains("--file 'x; `rm`/Dockerfile' CONTEXT\n"));
    }
}
