//! Real Dockerfiles, against what BuildKit says of them. The files are not ours to keep: `UNROOT_CORPUS` names a folder
//! that holds them as `files/HASH.Dockerfile`.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};
use unroot::syntax::{Args, Instruction, Tree, parse};

/// What BuildKit says of one file: a line of `buildkit.jsonl.gz`.
#[derive(Debug, Deserialize, PartialEq)]
struct Golden {
    file: String,
    error: String,
    invalid: bool,
    escape: String,
    instructions: Vec<Row>,
}

/// Keyword, first and last line, number of flags, JSON form, heredoc names, hash of the joined line.
type Row = (String, usize, usize, usize, bool, Vec<String>, String);

pub(crate) fn files() -> Option<Vec<(String, Vec<u8>)>> {
    let Some(folder) = env::var_os("UNROOT_CORPUS") else {
        println!("skipped: UNROOT_CORPUS names no folder of Dockerfiles");
        return None;
    };
    let mut paths: Vec<PathBuf> =
        fs::read_dir(Path::new(&folder).join("files")).expect("corpus").map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| (path.file_stem().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap());
    Some(paths.into_iter().map(read).collect())
}

fn golden() -> Option<BTreeMap<String, Golden>> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/buildkit.jsonl.gz");
    let path = env::var_os("UNROOT_BUILDKIT").map_or(default, PathBuf::from);
    let Ok(file) = fs::File::open(&path) else {
        println!("skipped: no results of BuildKit at {}", path.display());
        return None;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gzip");
    let rows = text.lines().map(|line| serde_json::from_str::<Golden>(line).expect("golden line"));
    Some(rows.map(|golden| (golden.file.clone(), golden)).collect())
}

fn ours(file: &str, text: &[u8], tree: &Tree) -> Golden {
    Golden {
        file: file.to_string(),
        error: tree.error.as_ref().map_or_else(String::new, ToString::to_string),
        invalid: tree.instructions.iter().any(|instruction| instruction.invalid.is_some()),
        escape: char::from(tree.escape).to_string(),
        instructions: tree.instructions.iter().map(|instruction| row(text, instruction)).collect(),
    }
}

fn row(text: &[u8], instruction: &Instruction) -> Row {
    (
        name(text, instruction),
        instruction.lines.0,
        instruction.lines.1,
        instruction.flags.len(),
        instruction.is_exec(),
        instruction.heredocs.iter().map(|heredoc| heredoc.name.clone()).collect(),
        Sha256::digest(&instruction.joined.text).iter().take(6).map(|byte| format!("{byte:02x}")).collect(),
    )
}

/// The keyword as it is spelled. (One that a continuation cuts in two would not read well here; no file has that.)
fn name(text: &[u8], instruction: &Instruction) -> String {
    let spelled = |instruction: &Instruction| String::from_utf8_lossy(instruction.keyword_span.of(text)).into_owned();
    match &instruction.args {
        Args::Onbuild(inner) => format!("{}+{}", spelled(instruction), spelled(inner)),
        _ => spelled(instruction),
    }
}

fn same(golden: &Golden, ours: &Golden) -> bool {
    if !golden.error.is_empty() || !ours.error.is_empty() {
        return golden.error.is_empty() == ours.error.is_empty();
    }
    golden == ours
}

#[test]
fn real_files_read_as_in_buildkit() {
    let (Some(files), Some(golden)) = (files(), golden()) else { return };
    let mut equal = 0;
    let mut different = Vec::new();
    for (file, text) in &files {
        let Some(golden) = golden.get(file) else { continue };
        let ours = ours(file, text, &parse(text));
        if same(golden, &ours) {
            equal += 1;
        } else {
            different.push(difference(golden, &ours));
        }
    }
    println!("{equal} of {} files read as in BuildKit; {} files in the corpus", equal + different.len(), files.len());
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}

fn difference(golden: &Golden, ours: &Golden) -> String {
    let rows = golden.instructions.iter().zip(&ours.instructions).find(|(golden, ours)| golden != ours);
    let head = |golden: &Golden| format!("{:?} invalid={} {}", golden.error, golden.invalid, golden.escape);
    format!("{}: buildkit {} ours {} first row {rows:?}", golden.file, head(golden), head(ours))
}
