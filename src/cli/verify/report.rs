//! The evidence for people, for programs, and for a pull request.

use std::fmt::Write as _;

use serde::Serialize;

use super::evidence::{Check, Verdict};
use super::learn::Learned;
use crate::report::markdown::escape::{code, plain};
use crate::report::text::clean;

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    Proven,
    Disproven,
    NotRun,
}

/// All that is said.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) path: String,
    pub(super) stage: Option<String>,
    /// Name and version.
    pub(super) engine: Option<(String, String)>,
    pub(super) outcome: Outcome,
    /// Whether unroot would change anything.
    pub(super) rewritten: bool,
    /// Why it could not be run.
    pub(super) why: Vec<String>,
    pub(super) checks: Vec<Check>,
    pub(super) notes: Vec<String>,
    pub(super) learned: Option<Learned>,
}

impl Report {
    fn failing(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.verdict == Verdict::Fails)
    }

    /// The result in one sentence.
    fn sentence(&self) -> String {
        match self.outcome {
            Outcome::Proven if self.rewritten => "it builds and does as before, and not as root".to_owned(),
            Outcome::Proven => "unroot would change nothing, and it does not run as root".to_owned(),
            Outcome::NotRun => self.why.first().cloned().unwrap_or_default(),
            Outcome::Disproven => {
                let shown = |check: &Check| match check.telling() {
                    Some(line) => format!("{}: {line}", check.check),
                    None => format!("{}: {}", check.check, check.after),
                };
                self.failing().map(shown).next().unwrap_or_default()
            }
        }
    }
}

fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Proven => "proven",
        Outcome::Disproven => "disproven",
        Outcome::NotRun => "not run",
    }
}

/// A line a check, and below it what shows it.
pub(super) fn text(report: &Report) -> String {
    let mut out = report.path.clone();
    let _ = write!(out, "{}", report.stage.iter().map(|stage| format!(", stage {stage}")).collect::<String>());
    let _ = writeln!(
        out,
        "{}",
        report.engine.iter().map(|(name, version)| format!(", {name} {version}")).collect::<String>()
    );
    for check in &report.checks {
        let mark = match check.verdict {
            Verdict::Holds => "ok",
            Verdict::Fails => "FAIL",
            Verdict::Unseen => "?",
            Verdict::Note => "note",
        };
        let told = match &check.before {
            Some(before) => format!("{before} -> {}", check.after),
            None => check.after.clone(),
        };
        let _ = writeln!(out, "  {mark:4}  {:9}  {told}", check.check);
        for line in &check.lines {
            let _ = writeln!(out, "                   {line}");
        }
    }
    for note in &report.notes {
        let _ = writeln!(out, "  note: {note}");
    }
    for line in report.why.iter().skip(1) {
        let _ = writeln!(out, "  {line}");
    }
    let _ = writeln!(out, "{}: {}", name(report.outcome), report.sentence());
    if let Some(learned) = &report.learned {
        for path in &learned.paths {
            let _ = writeln!(out, "learned: {path} into {}", learned.file);
        }
        for left in &learned.left {
            let _ = writeln!(out, "not learned: {left}");
        }
    }
    clean(&out)
}

#[derive(Serialize)]
struct Json<'a> {
    version: u32,
    tool: &'static str,
    path: &'a str,
    stage: Option<&'a str>,
    engine: Option<Engine<'a>>,
    verdict: Outcome,
    rewritten: bool,
    why: String,
    checks: &'a [Check],
    notes: &'a [String],
    learned: &'a [String],
}

#[derive(Serialize)]
struct Engine<'a> {
    name: &'a str,
    version: &'a str,
}

/// One document on one line.
pub(super) fn json(report: &Report) -> String {
    let why = match report.outcome {
        Outcome::NotRun => report.why.join("\n"),
        _ => report.sentence(),
    };
    let document = Json {
        version: 1,
        tool: concat!("unroot ", env!("CARGO_PKG_VERSION")),
        path: &report.path,
        stage: report.stage.as_deref(),
        engine: report.engine.as_ref().map(|(name, version)| Engine { name, version }),
        verdict: report.outcome,
        rewritten: report.rewritten,
        why,
        checks: &report.checks,
        notes: &report.notes,
        learned: report.learned.as_ref().map_or(&[], |learned| &learned.paths),
    };
    // Strings, booleans and lists only: serde_json has no way to fail on them.
    serde_json::to_string(&document).unwrap_or_default() + "\n"
}

/// A table, and below it what shows the failures.
pub(super) fn markdown(report: &Report) -> String {
    let engine = report.engine.iter().map(|(name, version)| format!(" with {name} {version}")).collect::<String>();
    let mut out =
        format!("{}{engine}: **{}**: {}.\n", code(&report.path), name(report.outcome), plain(&report.sentence()));
    if !report.checks.is_empty() {
        out.push_str("\n| | before | after | |\n|---|---|---|---|\n");
    }
    for check in &report.checks {
        let mark = match check.verdict {
            Verdict::Holds => "ok",
            Verdict::Fails => "**fails**",
            Verdict::Unseen => "not seen",
            Verdict::Note => "",
        };
        let before = check.before.as_deref().unwrap_or("");
        let _ = writeln!(out, "| {} | {} | {} | {mark} |", check.check, plain(before), plain(&check.after));
    }
    for check in report.failing() {
        let _ = writeln!(out, "\n{}:\n", plain(check.check));
        for line in &check.lines {
            let _ = writeln!(out, "- {}", code(line));
        }
    }
    if report.outcome == Outcome::NotRun && report.why.len() > 1 {
        out.push('\n');
        for line in report.why.iter().skip(1) {
            let _ = writeln!(out, "- {}", code(line));
        }
    }
    for note in &report.notes {
        let _ = writeln!(out, "\nNote: {}.", plain(note));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::verify::evidence::check;

    fn sample(outcome: Outcome) -> Report {
        let failing = check("writes", Verdict::Fails, Some("wrote 1 path".to_owned()), "1 cannot be written");
        let mut checks = vec![check("user", Verdict::Holds, Some("root".to_owned()), "1000:1000")];
        if outcome == Outcome::Disproven {
            checks.push(failing.with(["/data/x|y: /data is 0:0 0755".to_owned()]));
        }
        Report {
            path: "app/Dockerfile".to_owned(),
            stage: Some("0".to_owned()),
            engine: Some(("docker".to_owned(), "26.1.5".to_owned())),
            outcome,
            rewritten: true,
            why: vec!["the original does not build".to_owned(), "ERROR: \x1b[31mno such file".to_owned()],
            checks: if outcome == Outcome::NotRun { Vec::new() } else { checks },
            notes: Vec::new(),
            learned: None,
        }
    }

    #[test]
    fn the_text_has_a_line_a_check_and_the_line_that_shows_it() {
        let expected = "\
app/Dockerfile, stage 0, docker 26.1.5
  ok    user       root -> 1000:1000
  FAIL  writes     wrote 1 path -> 1 cannot be written
                   /data/x|y: /data is 0:0 0755
";
        let mut report = sample(Outcome::Disproven);
        report.why.clear();
        assert_eq!(text(&report), format!("{expected}disproven: writes: /data/x|y: /data is 0:0 0755\n"));
        report.learned =
            Some(Learned { paths: vec!["/data".to_owned()], file: "unroot.yaml".to_owned(), left: vec![] });
        assert!(text(&report).ends_with("learned: /data into unroot.yaml\n"));
        let not_run = text(&sample(Outcome::NotRun));
        assert!(
            not_run.ends_with("  ERROR: \u{fffd}[31mno such file\nnot run: the original does not build\n"),
            "{not_run}"
        );
    }

    #[test]
    fn programs_get_the_same() {
        let value: serde_json::Value = serde_json::from_str(&json(&sample(Outcome::Disproven))).unwrap();
        assert_eq!(
            (&value["version"], &value["verdict"], &value["engine"]["name"]),
            (&1.into(), &"disproven".into(), &"docker".into())
        );
        assert_eq!(value["checks"][1]["verdict"], "fails");
        assert_eq!(value["checks"][1]["lines"][0], "/data/x|y: /data is 0:0 0755");
        let value: serde_json::Value = serde_json::from_str(&json(&sample(Outcome::NotRun))).unwrap();
        assert_eq!((&value["verdict"], value["checks"].as_array().unwrap().len()), (&"not-run".into(), 0));
        assert!(value["why"].as_str().unwrap().contains("no such file"));
    }

    #[test]
    fn markdown_is_not_steered_by_what_it_shows() {
        let text = markdown(&sample(Outcome::Disproven));
        assert!(text.starts_with("`app/Dockerfile` with docker 26.1.5: **disproven**: writes: /data/x\\|y"), "{text}");
        assert!(text.contains(
            "| user | root | 1000:1000 | ok |\n| writes | wrote 1 path | 1 cannot be written | **fails** |\n"
        ));
        assert!(text.contains("\n- `/data/x|y: /data is 0:0 0755`\n"), "{text}");
        assert!(markdown(&sample(Outcome::Proven)).contains("**proven**: it builds and does as before"));
    }
}
