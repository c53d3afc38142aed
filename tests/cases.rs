//! Every folder of `tests/cases/` is a project: its Dockerfile, what else a build would see, `unroot.yaml`, and `args` with
//! the options. What unroot says and does stands in `snapshots/`, one file a case, read by a reviewer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use unroot::config::Config;
use unroot::context::Memory;
use unroot::options::{Options, Ownership, UserForm};
use unroot::report::{File, Status, diff};
use unroot::{Dockerfile, fix_one};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// Reads a case: the Dockerfile, the other files, the options.
fn read(case: &Path) -> (Dockerfile, Memory, Options) {
    let mut files = Memory::default();
    let mut pending = vec![case.to_path_buf()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.file_name().is_some_and(|name| name != "args") {
                let name = path.strip_prefix(case).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read(&path).unwrap(), 0o644);
            }
        }
    }
    let bytes = fs::read(case.join("Dockerfile")).unwrap();
    let dockerfile = Dockerfile { shown: b"Dockerfile".to_vec(), path: Some("Dockerfile".to_owned()), bytes };
    let args = fs::read_to_string(case.join("args")).unwrap_or_default();
    let text = fs::read(case.join("unroot.yaml")).unwrap_or_default();
    let config = Config::read(&text).unwrap_or_else(|problem| panic!("{}: {problem}", case.display()));
    (dockerfile, files, options(&config, &args))
}

fn options(config: &Config, args: &str) -> Options {
    let built = config.images.built.clone();
    let mut options = Options { context: config.context.clone(), built, ..config.options() };
    let mut words = args.split_whitespace();
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap().to_owned();
        match word {
            "--unsafe" => options.unsafe_fixes = true,
            "--accept-volumes" => options.accept_volumes = true,
            "--prepare" => options.prepare = true,
            "--openshift" => options.openshift = true,
            "--kubernetes" => options.kubernetes = true,
            "--image" => {
                let image = value();
                let (name, path) = image.split_once('=').unwrap();
                drop(options.built.insert(name.to_owned(), path.to_owned()));
            }
            "--target" => options.targets.push(value()),
            "--user" => options.user = Some(value()),
            "--uid" => options.uid = value().parse().ok(),
            "--gid" => options.gid = value().parse().ok(),
            "--user-form" => options.user_form = if value() == "name" { UserForm::Name } else { UserForm::Number },
            "--ownership" => {
                options.ownership = match value().as_str() {
                    "data" => Ownership::Data,
                    "none" => Ownership::None,
                    _ => Ownership::App,
                }
            }
            "--port" => match value().as_str() {
                "keep" => options.keep_ports = true,
                pair => {
                    let (old, new) = pair.split_once('=').unwrap();
                    options.ports.insert(old.parse().unwrap(), new.parse().unwrap());
                }
            },
            "--ignore" => drop(options.ignore.insert(value())),
            "--select" => drop(options.select.insert(value())),
            other => panic!("unknown option {other}"),
        }
    }
    options
}

/// What the snapshot shows of a report.
fn shown(file: &File) -> String {
    let mut text = format!("status: {}\n", format!("{:?}", file.status).to_lowercase());
    if let Some(error) = &file.error {
        text += &format!("error: {error}\n");
    }
    for target in &file.targets {
        let user = &target.user;
        let (before, after) = (user.before.as_deref().unwrap_or("?"), user.after.as_deref().unwrap_or("-"));
        text +=
            &format!("target {}: {before} -> {after} {:?} {:?} {:?}\n", target.stage, user.uid, user.gid, user.origin);
        for path in &target.paths {
            text += &format!("  path {} to {}: {}\n", path.path, path.owner, path.why);
        }
        for port in &target.ports {
            text += &format!("  port {} to {} at {}\n", port.from, port.to, port.places.join(", "));
        }
    }
    for finding in &file.findings {
        let line = finding.range.start.line;
        let fix = finding.fix.map_or(String::new(), |id| format!(" (fix {id})"));
        let reason = finding.reason.map_or(String::new(), |reason| format!(" [{reason}]"));
        text += &format!("{line}: {}{reason}{fix}: {}\n    {}\n", finding.rule, finding.message, finding.why);
    }
    for fix in &file.fixes {
        let applied = if fix.applied { "applied" } else { "not applied" };
        text += &format!("fix {}: {:?}, {applied}\n", fix.id, fix.safety);
        for hazard in &fix.hazards {
            text += &format!("  {}: {} (line {})\n", hazard.id, hazard.message, hazard.range.start.line);
        }
    }
    for note in &file.notes {
        text += &format!("note: {note}\n");
    }
    let diff = diff::render(std::slice::from_ref(file));
    text + &String::from_utf8_lossy(&diff)
}

#[test]
fn cases() {
    let mut names: Vec<_> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert!(names.len() > 30, "the cases are missing");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut statuses: BTreeMap<String, usize> = BTreeMap::new();
    settings.bind(|| {
        insta::allow_duplicates! {
            for case in &names {
                let name = case.file_name().unwrap().to_str().unwrap();
                let (dockerfile, files, options) = read(case);
                let report = fix_one(&dockerfile, &files, &options);
                assert!(!report.proof_failed, "{name}: {:?}", report.error);
                *statuses.entry(format!("{:?}", report.status)).or_default() += 1;
                insta::assert_snapshot!(name, shown(&report));
            }
        }
    });
    println!("{statuses:?}");
}

/// A second run changes nothing, and a fix with `--unsafe` proves as well.
#[test]
fn results_are_stable() {
    for entry in fs::read_dir(folder()).unwrap() {
        let case = entry.unwrap().path();
        let (dockerfile, files, mut options) = read(&case);
        for unsafe_fixes in [false, true] {
            let mut files = files.clone();
            options.unsafe_fixes |= unsafe_fixes;
            let first = fix_one(&dockerfile, &files, &options);
            assert!(!first.proof_failed, "{}: {:?}", case.display(), first.error);
            let again = Dockerfile { bytes: first.after.clone(), ..dockerfile.clone() };
            for other in &first.companions {
                files.insert(String::from_utf8(other.path.clone()).unwrap(), other.after.clone(), 0o755);
            }
            let second = fix_one(&again, &files, &options);
            assert_eq!(first.after, second.after, "{}", case.display());
            if first.status == Status::Clean {
                assert_eq!(first.before, first.after);
            }
        }
    }
}

/// Whatever is left out, what remains proves and is stable; and a comment in the file says the same as an option.
#[test]
fn every_rule_can_be_left_out() {
    let ids: Vec<&str> = unroot::rules().into_iter().map(|(id, _)| id).collect();
    for entry in fs::read_dir(folder()).unwrap() {
        let case = entry.unwrap().path();
        for id in &ids {
            let (dockerfile, files, options) = read(&case);
            let options = Options { unsafe_fixes: true, ..options };
            let select = Options { select: [(*id).to_owned()].into(), ..options.clone() };
            let mut ignore = options.clone();
            ignore.ignore.insert((*id).to_owned());
            let of = |dockerfile: &Dockerfile, options: &Options| {
                let report = fix_one(dockerfile, &files, options);
                assert!(!report.proof_failed, "{} {id}: {:?}", case.display(), report.error);
                report
            };
            of(&dockerfile, &select);
            let ignored = of(&dockerfile, &ignore);
            let mut suppressed = dockerfile.clone();
            suppressed.bytes.extend(format!("\n# unroot global ignore={id}\n").bytes());
            let suppressed = of(&suppressed, &options);
            let told = |file: &File| {
                let findings = file.findings.iter().map(|finding| (finding.rule, finding.reason, finding.range.start));
                (file.status, findings.collect::<Vec<_>>())
            };
            assert_eq!(told(&ignored), told(&suppressed), "{} {id}", case.display());
        }
    }
}
