//! The report for programs, version 1: one document, or one file a line.

use serde::Serialize;

use super::{Edit, File, Finding, Fix, Hazard, Range, Safety, Status, Summary, Target, diff};

const VERSION: u32 = 1;
const TOOL: &str = concat!("unroot ", env!("CARGO_PKG_VERSION"));

/// One document for all files, on one line with a newline at its end.
pub fn render(files: &[File]) -> Vec<u8> {
    let files: Vec<FileV1<'_>> = files.iter().map(FileV1::new).collect();
    let summary = Summary::of(files.iter().map(|file| file.status));
    line(&Report { version: VERSION, tool: TOOL, summary, files })
}

/// One file a line, each standing alone, so that reports are joined with `cat`.
pub fn lines(files: &[File]) -> Vec<u8> {
    files.iter().flat_map(|file| line(&Line { version: VERSION, tool: TOOL, file: FileV1::new(file) })).collect()
}

fn line(value: &impl Serialize) -> Vec<u8> {
    // Strings, numbers and lists only: serde_json has no way to fail on them.
    let mut out = serde_json::to_vec(value).unwrap_or_default();
    out.push(b'\n');
    out
}

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    tool: &'static str,
    summary: Summary,
    files: Vec<FileV1<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    version: u32,
    tool: &'static str,
    #[serde(flatten)]
    file: FileV1<'a>,
}

#[derive(Serialize)]
struct FileV1<'a> {
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_base64: Option<String>,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    proof_failed: bool,
    targets: &'a [Target],
    findings: &'a [Finding],
    fixes: Vec<FixV1<'a>>,
    notes: &'a [String],
    diff: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    diff_base64: Option<String>,
}

impl<'a> FileV1<'a> {
    fn new(file: &'a File) -> Self {
        let (path, path_base64) = text_or_base64(file.path.clone());
        let (diff, diff_base64) = text_or_base64(diff::of_file(file));
        Self {
            path,
            path_base64,
            status: file.status,
            error: file.error.as_deref(),
            proof_failed: file.proof_failed,
            targets: &file.targets,
            findings: &file.findings,
            fixes: file.fixes.iter().map(FixV1::new).collect(),
            notes: &file.notes,
            diff,
            diff_base64,
        }
    }
}

#[derive(Serialize)]
struct FixV1<'a> {
    id: usize,
    safety: Safety,
    hazards: &'a [Hazard],
    applied: bool,
    edits: Vec<EditV1>,
}

impl<'a> FixV1<'a> {
    fn new(fix: &'a Fix) -> Self {
        let edits = fix.edits.iter().map(EditV1::new).collect();
        Self { id: fix.id, safety: fix.safety, hazards: &fix.hazards, applied: fix.applied, edits }
    }
}

#[derive(Serialize)]
struct EditV1 {
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_base64: Option<String>,
    range: Range,
    offset: [usize; 2],
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text_base64: Option<String>,
}

impl EditV1 {
    fn new(edit: &Edit) -> Self {
        let (path, path_base64) = text_or_base64(edit.path.clone());
        let (text, text_base64) = text_or_base64(edit.text.clone());
        Self { path, path_base64, range: edit.range, offset: edit.offset, text, text_base64 }
    }
}

/// JSON strings are Unicode: other bytes travel as base64, beside a null.
fn text_or_base64(bytes: Vec<u8>) -> (Option<String>, Option<String>) {
    match String::from_utf8(bytes) {
        Ok(text) => (Some(text), None),
        Err(error) => (None, Some(base64(error.as_bytes()))),
    }
}

/// RFC 4648 base64 with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let six = (group >> (18 - 6 * digit) & 63) as usize;
            let letter = ALPHABET.get(six).filter(|_| digit <= chunk.len());
            out.push(letter.map_or('=', |letter| char::from(*letter)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn base64_pads_as_the_rfc_says() {
        let cases =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE=")];
        for (plain, coded) in cases {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(base64(b"\xff\xfe\xfb\xf0"), "//778A==");
    }

    #[test]
    fn the_document_has_the_promised_shape() {
        let report: Value = serde_json::from_slice(&render(&[sample::fixed()])).unwrap();
        assert_eq!(report["version"], 1);
        assert_eq!(report["tool"], TOOL);
        let summary = json!({"files":1,"clean":0,"fixed":1,"fixable":0,"unsafe":0,"partial":0,"refused":0,"error":0});
        assert_eq!(report["summary"], summary);
        let file = &report["files"][0];
        assert_eq!(file["path"], "app/Dockerfile");
        assert_eq!(file["status"], "fixed");
        assert_eq!(file["targets"][0]["user"]["before"], "root");
        assert_eq!(file["targets"][0]["ports"][0]["where"][0], "app/Dockerfile:2");
        assert_eq!(file["findings"][0]["fix"], 1);
        assert_eq!(file["findings"][0]["range"]["start"], json!({"line":3,"column":1}));
        assert_eq!(file["fixes"][0]["edits"][0]["text"], "USER 1000:1000\n");
        assert_eq!(file["fixes"][0]["edits"][0]["offset"], json!([28, 28]));
        assert!(file["diff"].as_str().unwrap().starts_with("diff --git a/app/Dockerfile b/app/Dockerfile\n"));
        for absent in ["error", "proof_failed", "path_base64", "diff_base64"] {
            assert!(file.get(absent).is_none(), "{absent}");
        }
    }

    #[test]
    fn every_line_stands_alone() {
        let out = lines(&[sample::fixed(), sample::refused()]);
        assert!(out.ends_with(b"\n"));
        let files: Vec<Value> = out
            .trim_ascii_end()
            .split(|byte| *byte == b'\n')
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        assert_eq!(files.len(), 2);
        assert!(files.iter().all(|file| file["version"] == 1 && file["tool"] == TOOL));
        assert_eq!(files[1]["status"], "refused");
        assert_eq!(files[1]["findings"][0]["reason"], "start-script");
    }

    #[test]
    fn other_bytes_travel_as_base64() {
        let mut file = sample::fixed();
        file.path = b"\xff".to_vec();
        file.before = b"\xfe\n".to_vec();
        file.fixes[0].edits[0].text = b"\xfd".to_vec();
        let report: Value = serde_json::from_slice(&render(&[file])).unwrap();
        let file = &report["files"][0];
        assert_eq!((&file["path"], &file["path_base64"]), (&Value::Null, &json!("/w==")));
        assert_eq!(file["diff"], Value::Null);
        assert!(file["diff_base64"].is_string());
        let edit = &file["fixes"][0]["edits"][0];
        assert_eq!((&edit["text"], &edit["text_base64"]), (&Value::Null, &json!("/Q==")));
    }
}
