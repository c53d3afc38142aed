//! Projects whose people took a Dockerfile off root by hand: what unroot says to what they began with.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use unroot::context::Files as _;
use unroot::options::Options;
use unroot::report::File;
use unroot::{Dockerfile, look, settle};

use super::folder::Folder;
use super::tables::{self, Counts};

const COLUMNS: [&str; 2] = ["default", "unsafe"];
/// A repository with many Dockerfiles speaks for itself only.
const MOST_OF_A_REPOSITORY: usize = 3;

pub(crate) fn run(pairs: &Path) {
    let names = chosen(pairs);
    let done = tables::each(&names, |name| one(&pairs.join(name)));
    let [mut statuses, mut reasons, mut hazards]: [Counts; 3] = Default::default();
    for (name, result) in done {
        let reports = match result {
            Ok(reports) => reports,
            Err(panic) => {
                println!("{name}: panic: {panic}");
                continue;
            }
        };
        for (file, column) in reports.iter().zip(COLUMNS) {
            statuses.add(format!("{:?}", file.status).to_lowercase(), column);
            file.findings.iter().filter_map(|found| found.reason).for_each(|reason| reasons.add(reason, column));
            file.fixes.iter().flat_map(|fix| &fix.hazards).for_each(|hazard| hazards.add(hazard.id, column));
            if let Some(error) = &file.error {
                println!("{name} ({column}): {error}");
            }
        }
    }
    println!("\n{} pairs", names.len());
    statuses.print("pairs by status", &COLUMNS);
    reasons.print("findings left by reason", &COLUMNS);
    hazards.print("hazards of fixes", &COLUMNS);
}

fn meta(pair: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(pair.join("meta.json")).unwrap()).unwrap()
}

fn chosen(pairs: &Path) -> Vec<String> {
    let mut names = unroot::context::Files::list(&Folder::new(pairs.to_owned()), "").to_vec();
    let mut repositories: BTreeMap<String, usize> = BTreeMap::new();
    names.retain(|name| {
        let meta = meta(&pairs.join(name));
        let says = |key: &str| meta[key].as_bool().unwrap();
        if !says("root_certain") || !says("default_branch") || says("test_path") {
            return false;
        }
        let seen = repositories.entry(meta["repo"].as_str().unwrap().to_owned()).or_default();
        *seen += 1;
        *seen <= MOST_OF_A_REPOSITORY
    });
    names
}

/// What a run over the whole project says of the pair's Dockerfile.
fn one(pair: &Path) -> [File; 2] {
    let path = meta(pair)["path_before"].as_str().unwrap().to_owned();
    let files = Folder::new(pair.join("tree").canonicalize().unwrap());
    let dockerfile =
        |path: String, bytes: Vec<u8>| Dockerfile { shown: path.clone().into_bytes(), path: Some(path), bytes };
    let own = dockerfile(path.clone(), fs::read(pair.join("before.Dockerfile")).unwrap());
    [false, true].map(|unsafe_fixes| {
        let options = Options { unsafe_fixes, ..Options::default() };
        let first = look(&own, &files, &options);
        // The others matter only where they have to change along.
        let shared = first.fixes.iter().flat_map(|fix| &fix.along).flat_map(|other| &other.used_by);
        let shared = shared.map(|path| String::from_utf8(path.clone()).unwrap());
        let others: Vec<Dockerfile> = shared.map(|path| dockerfile(path.clone(), files.read(&path).unwrap())).collect();
        let mut all: Vec<File> =
            std::iter::once(first).chain(others.iter().map(|other| look(other, &files, &options))).collect();
        settle(&mut all);
        all.remove(0)
    })
}
