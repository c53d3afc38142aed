//! The report for people: what was found, why, and what becomes of it.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet, renderer};

use super::{File, Finding, Fix, Safety, Status, Summary};
use crate::source::{Lines, Position, Span};

/// How much is said, and how it looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// With ANSI colours.
    pub color: bool,
    /// Findings that an applied fix answers, too.
    pub answered: bool,
    /// Clean files too.
    pub clean: bool,
}

/// Every file that has something to say, then the summary.
pub fn render(files: &[File], style: Style) -> Vec<u8> {
    let mut out = String::new();
    files.iter().for_each(|file| write_file(&mut out, file, style));
    out.push_str(&summary(files));
    out.into_bytes()
}

/// One file: its findings, its fixes, how it ends, its notes. Nothing for a clean one without notes.
pub fn of_file(file: &File, style: Style) -> String {
    let mut out = String::new();
    write_file(&mut out, file, style);
    out
}

/// How many files end how, on one line, and what can be done about the rest.
pub fn summary(files: &[File]) -> String {
    let count = Summary::of(files.iter().map(|file| file.status));
    let parts = [
        (count.fixed, "fixed"),
        (count.fixable, "fixable"),
        (count.partial, "partial"),
        (count.r#unsafe, "only with --unsafe"),
        (count.refused, "refused"),
        (count.error, "error"),
        (count.clean, "clean"),
    ];
    let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, name)| format!("{n} {name}")).collect();
    match count.files {
        0 => String::new(),
        1 => format!("1 file: {}\n", parts.join(", ")),
        n => format!("{n} files: {}\n", parts.join(", ")),
    }
}

/// What a diff does not show: fixes that need `--unsafe`, and refusals with their reasons; one line each.
pub fn left_over(files: &[File]) -> String {
    let mut out = String::new();
    for file in files {
        let path = shown(&file.path);
        for finding in file.findings.iter().filter(|finding| fix_of(file, finding).is_none_or(is_manual)) {
            let reason = finding.reason.unwrap_or("left");
            let line = finding.range.start.line;
            let _ = writeln!(out, "{path}:{line}: {reason}: {}: {}", finding.rule, clean(&finding.message));
        }
        for fix in file.fixes.iter().filter(|fix| fix.safety == Safety::Unsafe && !fix.applied) {
            let hazards: Vec<&str> = fix.hazards.iter().map(|hazard| hazard.id).collect();
            let _ = writeln!(out, "{path}: fix {} needs --unsafe: {}", fix.id, hazards.join(", "));
        }
    }
    out
}

fn write_file(out: &mut String, file: &File, style: Style) {
    if file.status == Status::Clean && file.findings.is_empty() && file.notes.is_empty() && !style.clean {
        return;
    }
    let (lines, start) = (Lines::new(&file.before), out.len());
    for finding in &file.findings {
        let fix = fix_of(file, finding);
        if style.answered || !fix.is_some_and(|fix| fix.applied) {
            write_finding(out, file, &lines, finding, fix, style);
        }
    }
    file.fixes.iter().filter(|fix| !fix.hazards.is_empty()).for_each(|fix| write_hazards(out, file, fix));
    write_end(out, file, style);
    // Files with one line each stand close together, the others apart.
    if out.get(start..).is_some_and(|told| told.trim_end().contains('\n')) {
        out.push('\n');
    }
}

fn fix_of<'a>(file: &'a File, finding: &Finding) -> Option<&'a Fix> {
    file.fixes.iter().find(|fix| Some(fix.id) == finding.fix)
}

fn is_manual(fix: &Fix) -> bool {
    fix.safety == Safety::Manual
}

fn write_finding(out: &mut String, file: &File, lines: &Lines, finding: &Finding, fix: Option<&Fix>, style: Style) {
    let path = shown(&file.path);
    let (line, mark) = first_line(&file.before, lines, finding);
    let snippet = Snippet::source(line)
        .path(path.as_str())
        .line_start(finding.range.start.line)
        .annotation(AnnotationKind::Primary.span(mark.range()));
    let why = clean(&finding.why);
    let why = match finding.reason {
        Some(reason) => Level::NOTE.with_name("refused").message(format!("{reason}: {why}")),
        None => Level::NOTE.with_name("why").message(why),
    };
    let mut group =
        Level::WARNING.primary_title(clean(&finding.message)).id(finding.rule).element(snippet).element(why);
    if let Some(fix) = fix {
        group = group.element(Level::HELP.with_name("fix").message(promise(fix)));
    }
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
    out.push_str(&renderer.render(&[group]));
    out.push_str("\n\n");
}

/// The first line of a finding without its end, as text, and what of it is marked.
fn first_line(text: &[u8], lines: &Lines, finding: &Finding) -> (String, Span) {
    let Position { line, column } = finding.range.start;
    let start = lines.start(line);
    let whole = Span::new(start, lines.end(line)).of(text);
    let whole = whole.strip_suffix(b"\n").unwrap_or(whole);
    let whole = whole.strip_suffix(b"\r").unwrap_or(whole);
    let from = column.saturating_sub(1).min(whole.len());
    let end = finding.range.end;
    let to = if end.line == line { end.column.saturating_sub(1).clamp(from, whole.len()) } else { whole.len() };
    // Part by part, so that the marks stay right where a byte becomes a replacement character of three.
    let part = |start, end| String::from_utf8_lossy(Span::new(start, end).of(whole)).into_owned();
    let mut line = part(0, from);
    let start = line.len();
    line += &part(from, to);
    let mark = Span::new(start, line.len());
    (line + &part(to, whole.len()), mark)
}

/// What becomes of a fix.
fn promise(fix: &Fix) -> String {
    let edits = match fix.edits.len() {
        1 => "1 edit".to_owned(),
        n => format!("{n} edits"),
    };
    match (fix.safety, fix.applied) {
        (Safety::Safe, true) => format!("{} ({edits}), safe", fix.id),
        (Safety::Safe, false) => format!("{} ({edits}), safe, not applied", fix.id),
        (Safety::Unsafe, true) => format!("{} ({edits}), unsafe, applied with --unsafe", fix.id),
        (Safety::Unsafe, false) => format!("{} ({edits}), unsafe: pass --unsafe to apply it", fix.id),
        (Safety::Manual, _) => format!("{}, by hand only", fix.id),
    }
}

fn write_hazards(out: &mut String, file: &File, fix: &Fix) {
    let path = shown(&file.path);
    for hazard in &fix.hazards {
        let Position { line, column } = hazard.range.start;
        let message = clean(&hazard.message);
        let _ = writeln!(out, "{path}:{line}:{column}: hazard of fix {}: {}: {message}", fix.id, hazard.id);
    }
}

fn write_end(out: &mut String, file: &File, style: Style) {
    let (name, paint) = match file.status {
        Status::Clean => ("clean", renderer::DEFAULT_NOTE_STYLE),
        Status::Fixed => ("fixed", renderer::DEFAULT_NOTE_STYLE),
        Status::Fixable => ("fixable", renderer::DEFAULT_NOTE_STYLE),
        Status::Unsafe => ("only with --unsafe", renderer::DEFAULT_WARNING_STYLE),
        Status::Partial => ("partial", renderer::DEFAULT_WARNING_STYLE),
        Status::Refused => ("refused", renderer::DEFAULT_WARNING_STYLE),
        Status::Error => ("error", renderer::DEFAULT_ERROR_STYLE),
    };
    let name = if style.color { format!("{paint}{name}{paint:#}") } else { name.to_owned() };
    let _ = write!(out, "{}: {name}", shown(&file.path));
    if let Some(error) = &file.error {
        let _ = write!(out, ": {}", clean(error));
    }
    out.push('\n');
    // Where the switch waits for --unsafe and another fix is applied, nobody is switched to.
    if file.changed() && file.fixes.iter().all(|fix| fix.applied) {
        write_targets(out, file);
    }
    for note in &file.notes {
        let _ = writeln!(out, "  note: {}", clean(note));
    }
}

/// Who runs the process afterwards, what it owns and where it listens.
fn write_targets(out: &mut String, file: &File) {
    for target in &file.targets {
        let stage = clean(&target.stage);
        if let Some(after) = &target.user.after {
            let before = target.user.before.as_deref().unwrap_or("unknown");
            let number = match (target.user.uid, target.user.gid) {
                (Some(uid), Some(gid)) => format!(" ({uid}:{gid})"),
                (Some(uid), None) => format!(" ({uid})"),
                _ => String::new(),
            };
            let _ = writeln!(out, "  stage {stage}: user {} becomes {}{number}", clean(before), clean(after));
        }
        for port in &target.ports {
            let _ = writeln!(out, "  stage {stage}: port {} becomes {}", port.from, port.to);
        }
        for path in &target.paths {
            let (name, owner) = (clean(&path.path), clean(&path.owner));
            let _ = writeln!(out, "  stage {stage}: {name} belongs to {owner} ({})", clean(&path.why));
        }
    }
}

/// A name for people; lossy where it is not UTF-8.
pub fn shown(path: &[u8]) -> String {
    clean(&String::from_utf8_lossy(path)).replace('\n', "\\n")
}

/// What stands in a Dockerfile must not steer the terminal.
pub fn clean(text: &str) -> String {
    let escape = |letter: char| letter.is_control() && letter != '\n';
    if !text.contains(escape) {
        return text.to_owned();
    }
    text.chars().map(|letter| if escape(letter) { '\u{fffd}' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    const ALL: Style = Style { color: false, answered: true, clean: false };

    #[test]
    fn a_finding_says_where_what_why_and_what_becomes_of_it() {
        let text = String::from_utf8(render(&[sample::fixable()], ALL)).unwrap();
        let expected = "\
warning[missing-user]: the process runs as root
 --> app/Dockerfile:3:1
  |
3 | CMD [\"node\", \"server.js\"]
  | ^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = why: node:22-slim starts as root and no USER changes that
  = fix: 1 (1 edit), safe

app/Dockerfile: fixable
  stage 0: user root becomes node (1000:1000)
  stage 0: port 80 becomes 8080
  note: new volumes will belong to 1000:1000

1 file: 1 fixable
";
        assert_eq!(text, expected);
    }

    #[test]
    fn answered_findings_are_left_out_and_refusals_are_not() {
        let style = Style::default();
        let text = String::from_utf8(render(&[sample::fixed(), sample::refused(), sample::broken()], style)).unwrap();
        assert!(!text.contains("app/Dockerfile:3"), "{text}");
        assert!(text.contains("= refused: start-script: start.sh mounts"), "{text}");
        assert!(text.contains("c/Dockerfile: error: line 1: unknown instruction FORM\n"), "{text}");
        assert!(text.ends_with("3 files: 1 fixed, 1 refused, 1 error\n"), "{text}");
    }

    #[test]
    fn hazards_are_named() {
        let text = String::from_utf8(render(&[sample::hidden()], ALL)).unwrap();
        assert!(text.contains("app/Dockerfile:3:6: hazard of fix 1: opaque-script: start.sh is not"), "{text}");
        assert!(text.contains("pass --unsafe to apply it"), "{text}");
        assert!(!text.contains("becomes"), "{text}");
        // Another fix is applied, and still nobody is switched to.
        let changed = File { after: sample::AFTER.to_vec(), ..sample::hidden() };
        assert!(!of_file(&changed, ALL).contains("becomes"));
    }

    #[test]
    fn clean_files_are_silent() {
        let file = File::new(b"Dockerfile".to_vec(), b"FROM x\n".to_vec());
        assert_eq!(of_file(&file, Style::default()), "");
        assert_eq!(of_file(&file, Style { clean: true, ..ALL }), "Dockerfile: clean\n");
    }

    #[test]
    fn what_a_diff_hides_is_one_line_each() {
        let text = left_over(&[sample::fixed(), sample::hidden(), sample::refused()]);
        let expected = "app/Dockerfile: fix 1 needs --unsafe: opaque-script\n\
                        b/Dockerfile:3: start-script: missing-user: the process runs as root\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn odd_bytes_and_odd_ranges_are_survived() {
        for (text, line, start, end) in [
            ("FROM x\r\n\tRUN é\r\n".as_bytes(), 2, 2, 8),
            (b"\xef\xbb\xbfFROM \xff\xfe x\n", 1, 9, 11),
            (b"a\rb\x1b[31m\n", 1, 1, 3),
            (b"", 1, 1, 1),
            (b"FROM x\n", 2, 1, 1),
            (b"FROM x\n", 9, 9, 99),
            ("é\n".as_bytes(), 1, 2, 3),
        ] {
            let mut file = sample::refused();
            file.before = text.to_vec();
            file.findings[0].range = sample::range(line, start, end);
            file.findings[0].message = "a\x1b[31mb".to_owned();
            let text = of_file(&file, ALL);
            assert!(!text.contains('\x1b') && text.contains("b/Dockerfile"), "{text}");
        }
    }
}
