//! Every file through the library, by default and with unsafe fixes.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use unroot::options::Options;
use unroot::report::{File, Safety, Status, json};
use unroot::{Dockerfile, fix_one, syntax};

use super::folder::{self, Folder};
use super::tables::{self, Counts, Violation};

const COLUMNS: [&str; 2] = ["default", "unsafe"];

/// What came of a file: a report for each column, and the time that they took.
type Done = ([File; 2], Duration);

pub(crate) fn run(copy: &Path) -> Vec<Violation> {
    let names = folder::names(copy);
    let files = Folder::new(copy.canonicalize().unwrap());
    let start = Instant::now();
    let done = tables::each(&names, |name| one(&files, name));
    let took = start.elapsed();
    let mut violations: Vec<Violation> = Vec::new();
    let mut reports: Vec<(String, Done)> = Vec::new();
    for (name, result) in done {
        match result {
            Ok((report, wrong)) => {
                violations.extend(wrong.into_iter().map(|why| (name.clone(), why)));
                reports.push((name, report));
            }
            Err(panic) => violations.push((name, format!("panic: {panic}"))),
        }
    }
    print(&reports);
    let runs = names.len() * COLUMNS.len();
    println!("\n{runs} runs and their second runs in {took:.2?}: {:.0} files/s", runs as f64 / took.as_secs_f64());
    violations
}

/// The reports of a file, and what is wrong with them.
fn one(files: &Folder, name: &str) -> (Done, Vec<String>) {
    let mut wrong = Vec::new();
    let path = format!("files/{name}");
    let bytes = fs::read(files.0.join(&path)).unwrap();
    let tree = syntax::parse(&bytes);
    let rebuilt: Vec<u8> = tree.tokens.iter().flat_map(|token| &bytes[token.span.range()]).copied().collect();
    if rebuilt != bytes {
        wrong.push("tree: its tokens are not the file".to_owned());
    }
    let dockerfile = Dockerfile { shown: path.clone().into_bytes(), path: Some(path), bytes };
    let start = Instant::now();
    let reports = [false, true].map(|unsafe_fixes| {
        let options = Options { unsafe_fixes, ..Options::default() };
        let report = fix_one(&dockerfile, files, &options);
        let column = COLUMNS[usize::from(unsafe_fixes)];
        let again = Dockerfile { bytes: report.after.clone(), ..dockerfile.clone() };
        let second = fix_one(&again, files, &options);
        let mut say = |what: String| wrong.push(format!("{column}: {what}"));
        if report.proof_failed {
            say(format!("proof: {}", report.error.clone().unwrap_or_default()));
        }
        if second.after != report.after {
            say("the second run changes more".to_owned());
        }
        if tree.error.is_some() != (report.status == Status::Error) && !report.proof_failed && !no_from(&report) {
            say(format!("the parser says {:?}, the report {:?}", tree.error, report.status));
        }
        consistent(&report).into_iter().for_each(say);
        report
    });
    ((reports, start.elapsed()), wrong)
}

fn no_from(report: &File) -> bool {
    report.error.as_ref().is_some_and(|error| error.contains("no FROM"))
}

/// What the parts of a report contradict each other in.
fn consistent(report: &File) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut edits: Vec<_> = report.fixes.iter().filter(|fix| fix.applied).flat_map(|fix| &fix.edits).collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.offset));
    let mut after = report.before.clone();
    for edit in edits {
        after.splice(edit.offset[0]..edit.offset[1], edit.text.iter().copied());
    }
    if after != report.after {
        wrong.push("the edits of the report do not give its text".to_owned());
    }
    let applied = report.fixes.iter().filter(|fix| fix.applied);
    if report.changed() != (applied.count() > 0)
        || report.changed() != matches!(report.status, Status::Fixable | Status::Partial)
    {
        wrong.push(format!("{:?}, and changed is {}", report.status, report.changed()));
    }
    if report.fixes.iter().any(|fix| fix.applied && fix.safety == Safety::Manual) {
        wrong.push("a manual fix is applied".to_owned());
    }
    if report.status == Status::Refused && report.findings.iter().all(|finding| finding.reason.is_none()) {
        wrong.push("refused without a reason".to_owned());
    }
    let ids: Vec<usize> = report.fixes.iter().map(|fix| fix.id).collect();
    if report.findings.iter().filter_map(|finding| finding.fix).any(|id| !ids.contains(&id)) {
        wrong.push("a finding names a fix that is not there".to_owned());
    }
    if serde_json::from_slice::<serde_json::Value>(&json::render(std::slice::from_ref(report))).is_err() {
        wrong.push("its JSON is none".to_owned());
    }
    wrong
}

fn print(reports: &[(String, Done)]) {
    let [mut statuses, mut reasons, mut hazards, mut rules, mut errors]: [Counts; 5] = Default::default();
    let mut proofs = Vec::new();
    for (name, (files, _)) in reports {
        for (file, column) in files.iter().zip(COLUMNS) {
            statuses.add(format!("{:?}", file.status).to_lowercase(), column);
            for finding in &file.findings {
                rules.add(finding.rule, column);
                if let Some(reason) = finding.reason {
                    reasons.add(reason, column);
                }
            }
            for hazard in file.fixes.iter().flat_map(|fix| &fix.hazards) {
                hazards.add(hazard.id, column);
            }
            match &file.error {
                Some(error) if file.proof_failed => proofs.push(format!("{name} ({column}): {error}")),
                Some(error) => errors.add(error.split_once(": ").map_or(error.as_str(), |(_, text)| text), column),
                None => {}
            }
        }
    }
    statuses.print("files by status", &COLUMNS);
    reasons.print("findings left by reason", &COLUMNS);
    hazards.print("hazards of fixes", &COLUMNS);
    rules.print("findings by rule", &COLUMNS);
    errors.print("errors", &COLUMNS);
    println!("\n{} proofs failed", proofs.len());
    proofs.iter().for_each(|proof| println!("  {proof}"));
    let mut slow: Vec<_> = reports.iter().map(|(name, (_, took))| (took, name)).collect();
    slow.sort_by(|a, b| b.cmp(a));
    println!("\nslowest files (four runs)");
    slow.iter().take(10).for_each(|(took, name)| println!("  {took:>10.2?} {name}"));
}
