//! What is known of real images, and what is wrong with bad templates.

// Helpers of tests may panic too.
#![allow(clippy::panic)]

#[path = "../build/check.rs"]
#[allow(dead_code, unreachable_pub)]
mod check;
#[path = "../build/languages.rs"]
#[allow(dead_code, unreachable_pub)]
mod languages;
#[path = "../build/read.rs"]
#[allow(dead_code, unreachable_pub)]
mod read;
#[path = "../build/reasons.rs"]
#[allow(dead_code, unreachable_pub)]
mod reasons;
#[path = "../build/schema.rs"]
#[allow(dead_code, unreachable_pub)]
mod schema;
#[path = "../build/servers.rs"]
#[allow(dead_code, unreachable_pub)]
mod servers;
#[path = "../build/values.rs"]
mod values;
#[path = "../build/words.rs"]
#[allow(dead_code, unreachable_pub)]
mod words;

use std::path::Path;
use std::time::Instant;

use unroot::facts::{self, Account, Confidence, DefaultUser, Facts, Family, Known, Role, Strategy, Tools};
use unroot::images::{AccountTool, Evidence, PackageManager, Reference, fallback, lookup};

fn known(reference: &str) -> Facts {
    lookup(reference).unwrap_or_else(|| panic!("{reference} is unknown"))
}

fn account(facts: &Facts, name: &str) -> Option<&'static Account> {
    facts.accounts.iter().find(|account| account.name == name)
}

fn ids(facts: &Facts, name: &str) -> (Option<u32>, Option<u32>, Role) {
    let account = account(facts, name).unwrap_or_else(|| panic!("{} has no {name}", facts.id));
    (account.uid, account.gid, account.role)
}

fn family(reference: &str) -> (Family, Tools) {
    let facts = known(reference);
    (facts.family, facts.tools)
}

#[test]
fn node() {
    let slim = known("node:22-slim");
    assert_eq!((slim.id, slim.family, slim.tools), ("node", Family::Debian, Tools::Shadow));
    assert_eq!((slim.shell, slim.default_user), (Known::Yes, DefaultUser::Root));
    assert_eq!(ids(&slim, "node"), (Some(1000), Some(1000), Role::App));
    assert_eq!(slim.confidence, Confidence::Read);
    let alpine = known("node:20-alpine");
    assert_eq!((alpine.family, alpine.tools), (Family::Alpine, Tools::Busybox));
    assert_eq!(ids(&alpine, "node"), (Some(1000), Some(1000), Role::App));
}

#[test]
fn plain_systems() {
    assert_eq!(family("python:3.11-slim"), (Family::Debian, Tools::Shadow));
    assert_eq!(family("alpine"), (Family::Alpine, Tools::Busybox));
    assert_eq!(family("alpine:3.20"), (Family::Alpine, Tools::Busybox));
    assert_eq!(family("golang"), (Family::Debian, Tools::Shadow));
    assert_eq!(family("golang:1.26-alpine3.23"), (Family::Alpine, Tools::Busybox));
    assert_eq!(family("amd64/debian"), (Family::Debian, Tools::Shadow));
    let scratch = known("scratch");
    assert_eq!((scratch.family, scratch.shell, scratch.strategy), (Family::Scratch, Known::No, Strategy::NumericOnly));
}

#[test]
fn ubuntu_takes_1000_from_23_04_on() {
    for taken in ["ubuntu:24.04", "ubuntu", "ubuntu:latest", "ubuntu:noble-20240801", "ubuntu@sha256:0"] {
        let facts = known(taken);
        let sure = !taken.contains('@');
        assert_eq!(account(&facts, "ubuntu").is_some(), sure, "{taken}");
    }
    assert_eq!(ids(&known("ubuntu:24.04"), "ubuntu"), (Some(1000), Some(1000), Role::Login));
    for free in ["ubuntu:22.04", "ubuntu:jammy", "ubuntu:20.04"] {
        assert!(account(&known(free), "ubuntu").is_none(), "{free}");
    }
}

#[test]
fn non_root_by_itself() {
    let root = known("gcr.io/distroless/static-debian12");
    assert_eq!((root.default_user, root.strategy, root.shell), (DefaultUser::Root, Strategy::SwapTag, Known::No));
    assert_eq!(ids(&root, "nonroot"), (Some(65532), Some(65532), Role::App));
    let nonroot = known("gcr.io/distroless/static-debian12:nonroot");
    let fact = (nonroot.default_user, nonroot.strategy);
    assert_eq!(fact, (DefaultUser::Account("65532"), Strategy::AlreadyNonroot));
    assert_eq!(known("jenkins/jenkins:lts").strategy, Strategy::AlreadyNonroot);
    assert_eq!(known("jenkins/jenkins").default_user, DefaultUser::Account("jenkins"));
    assert_eq!(known("cgr.dev/chainguard/static").strategy, Strategy::AlreadyNonroot);
    assert_eq!(known("cgr.dev/chainguard/node:latest").default_user, DefaultUser::Account("65532"));
    assert_eq!(known("cgr.dev/chainguard/postgres").default_user, DefaultUser::Unknown);
    assert_eq!(known("cgr.dev/chainguard/node:latest-dev").shell, Known::Yes);
    assert_eq!(known("cgr.dev/chainguard/wolfi-base").default_user, DefaultUser::Root);
}

#[test]
fn dotnet() {
    let of = |tag: &str| known(&format!("mcr.microsoft.com/dotnet/aspnet:{tag}"));
    assert!(account(&of("6.0"), "app").is_none());
    assert_eq!(of("6.0").strategy, Strategy::Create);
    assert_eq!(ids(&of("8.0"), "app"), (Some(1654), Some(1654), Role::App));
    assert_eq!((of("8.0").family, of("8.0").default_user), (Family::Debian, DefaultUser::Root));
    assert_eq!((of("8.0-alpine").family, of("8.0-alpine").tools), (Family::Alpine, Tools::Busybox));
    assert!(account(&of("8.0-alpine"), "app").is_some());
    let chiseled = of("8.0-jammy-chiseled");
    assert_eq!((chiseled.shell, chiseled.strategy), (Known::No, Strategy::AlreadyNonroot));
    assert!(account(&of("10.0"), "ubuntu").is_some());
}

#[test]
fn servers() {
    for (reference, name) in [("nginx", "nginx"), ("nginx:alpine", "nginx"), ("httpd", "www-data")] {
        let facts = known(reference);
        assert_eq!(ids(&facts, name).2, Role::Server, "{reference}");
        assert_eq!((facts.strategy, facts.ports), (Strategy::NeedsConfig, [80].as_slice()), "{reference}");
    }
    assert_eq!(known("nginx:alpine").family, Family::Alpine);
    assert_eq!(ids(&known("php:8.3-apache"), "www-data"), (Some(33), Some(33), Role::Server));
    assert_eq!(ids(&known("php:8.3-cli"), "www-data"), (Some(33), Some(33), Role::Daemon));
    assert_eq!(ids(&known("php:8.3-fpm-alpine"), "www-data"), (Some(82), Some(82), Role::Server));
}

#[test]
fn references() {
    let same = [
        "node:22",
        "Docker.io/Library/Node:22",
        "index.docker.io/library/node:22",
        "public.ecr.aws/docker/library/node:22",
        "mirror.gcr.io/library/node:22",
        "mirror.gcr.io/node:22",
        "library/node:22",
        "arm64v8/node:22",
        "docker.io/amd64/node:22",
        "node:22@sha256:abc",
    ];
    for reference in same {
        let parts = Reference::new(reference);
        assert_eq!((parts.name.as_str(), parts.tag.as_deref()), ("node", Some("22")), "{reference}");
        assert_eq!(lookup(reference), lookup("node:22"), "{reference}");
    }
    let port = Reference::new("localhost:5000/x");
    assert_eq!((port.name.as_str(), port.tag), ("localhost:5000/x", None));
    assert_eq!(Reference::new("localhost:5000/a/b:c").tag.as_deref(), Some("c"));
    assert_eq!(Reference::new("a:${B:-c/d@e:f}").tag.as_deref(), Some("${B:-c/d@e:f}"));
    assert!(Reference::new("a@sha256:0").digest);
    for unknown in
        ["localhost:5000/x", "$BASE", "${REGISTRY}node:22", "", ":", "@", "no/such:image", "é:é", "${", "a:${"]
    {
        assert_eq!(lookup(unknown), None, "{unknown}");
    }
}

#[test]
fn unfinished_tags() {
    for reference in ["node@sha256:0", "node:$TAG", "node:${V:-2}", "node:${V}-slim${X}"] {
        let facts = known(reference);
        assert_eq!((facts.family, facts.tools), (Family::Unknown, Tools::Unknown), "{reference}");
        assert_eq!((facts.shell, facts.default_user), (Known::Yes, DefaultUser::Root), "{reference}");
    }
    assert_eq!(family("node:$TAG-alpine"), (Family::Alpine, Tools::Busybox));
    assert_eq!(family("node:22-slim-$X-y"), (Family::Unknown, Tools::Unknown));
    assert_eq!(family("golang:${V}"), (Family::Unknown, Tools::Unknown));
    let facts = known("mcr.microsoft.com/dotnet/aspnet:$TAG");
    assert_eq!((facts.strategy, facts.default_user), (Strategy::CheckImage, DefaultUser::Unknown));
    assert_eq!((facts.shell, facts.accounts.len()), (Known::Unknown, 0));
}

#[test]
fn every_template() {
    assert!(facts::templates().len() > 200);
    for template in facts::templates() {
        let id = template.facts.id;
        assert!(!template.facts.sources.is_empty(), "{id}");
        assert_eq!(template.date.len(), 7, "{id}");
    }
    let mut ids: Vec<&str> = facts::templates().iter().map(|template| template.facts.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), facts::templates().len());
}

#[test]
fn every_name_is_found_in_its_own_template() {
    let all = read::read(Path::new("templates")).unwrap();
    for image in &all.images {
        for name in image.r#match.iter().filter(|name| !name.contains('*')) {
            assert_eq!(lookup(name).map(|facts| facts.id), Some(image.id.as_str()), "{name}");
        }
    }
}

#[test]
fn every_variant_changes_something() {
    for template in facts::templates() {
        for variant in template.variants {
            assert_ne!(variant.overlay, facts::Overlay::default(), "{} {:?}", template.facts.id, variant.tags);
        }
    }
}

#[test]
fn lookup_takes_microseconds() {
    let start = Instant::now();
    for at in 0..1000 {
        assert!(lookup(&format!("quay.io/own-{at}/image:1.2")).is_none());
        assert!(lookup("node:22-alpine").is_some());
    }
    assert!(start.elapsed().as_millis() < 500, "{:?}", start.elapsed());
}

#[test]
fn fallbacks() {
    let nothing = Evidence::default();
    let apt = Evidence { package_manager: Some(PackageManager::Apt), has_run: true, ..nothing };
    let apk = Evidence { package_manager: Some(PackageManager::Apk), has_run: true, ..nothing };
    let shadow = Evidence { account_tool: Some(AccountTool::Shadow), has_run: true, ..nothing };
    let powershell = Evidence { powershell: true, has_run: true, ..nothing };
    let cases = [
        ("own/app:1-alpine3.20", nothing, Family::Alpine, Tools::Busybox, Strategy::Create),
        ("own/app:noble", nothing, Family::Ubuntu, Tools::Shadow, Strategy::Create),
        ("own/ubuntu22.04", nothing, Family::Ubuntu, Tools::Shadow, Strategy::Create),
        ("own/debian-base:1", apt, Family::Debian, Tools::Shadow, Strategy::Create),
        ("own/app:chiseled", nothing, Family::Distroless, Tools::None, Strategy::NumericOnly),
        ("own/static-site", apt, Family::Debian, Tools::Shadow, Strategy::Create),
        ("own/app:el9", nothing, Family::Rhel, Tools::Unknown, Strategy::Create),
        ("own/app:1-windowsservercore", nothing, Family::Windows, Tools::None, Strategy::LeaveAlone),
        ("own/app:bookworm", apk, Family::Unknown, Tools::Unknown, Strategy::CheckImage),
        ("own/app:slim", apk, Family::Alpine, Tools::Busybox, Strategy::Create),
        ("own/app:slim", nothing, Family::Debian, Tools::Shadow, Strategy::Create),
        ("own/app", apt, Family::Debian, Tools::Shadow, Strategy::Create),
        ("$BASE", apk, Family::Alpine, Tools::Busybox, Strategy::Create),
        ("own/app", shadow, Family::Unknown, Tools::Shadow, Strategy::Create),
        ("own/app", powershell, Family::Windows, Tools::None, Strategy::LeaveAlone),
        ("own/app", nothing, Family::Unknown, Tools::Unknown, Strategy::NumericOnly),
        ("${ALPINE}/app:$DEBIAN", nothing, Family::Unknown, Tools::Unknown, Strategy::NumericOnly),
    ];
    for (reference, evidence, family, tools, strategy) in cases {
        let facts = fallback(reference, &evidence);
        assert_eq!((facts.family, facts.tools, facts.strategy), (family, tools, strategy), "{reference} {evidence:?}");
        assert_eq!((facts.confidence, facts.default_user), (Confidence::Recalled, DefaultUser::Unknown));
        assert!(facts.id.starts_with("fallback"));
    }
    assert!(account(&fallback("own/ubuntu", &nothing), "ubuntu").is_some());
    assert!(account(&fallback("own/ubuntu:jammy", &nothing), "ubuntu").is_none());
}

#[test]
fn commands_as_evidence() {
    assert_eq!(PackageManager::of_command("apt-get"), Some(PackageManager::Apt));
    assert_eq!(PackageManager::of_command("make"), None);
    let tool = |line: &str| AccountTool::of_command(line.split(' ').next().unwrap(), line.split(' ').skip(1));
    assert_eq!(tool("useradd app"), Some(AccountTool::Shadow));
    assert_eq!(tool("adduser -D app"), Some(AccountTool::Busybox));
    assert_eq!(tool("addgroup -S app"), Some(AccountTool::Busybox));
    assert_eq!(tool("adduser --disabled-password --gecos x app"), Some(AccountTool::DebianAdduser));
    assert_eq!(tool("adduser app"), None);
}

const GOOD: &str = "id: x
match: [own/x]
family: debian
accounts:
- {name: app, uid: 1000, role: app}
groups: {a: 1}
workdir: /app
ports: [80]
variants:
- tags: ['*alpine*', '>=1.2']
  family: alpine
- tags: ['2*']
  shell: 'no'
sources: [x]
date: 2026-08
confidence: read
";

#[test]
fn bad_templates_are_told_with_file_and_line() {
    let image = |text: &str| check::image("templates/images/x.yaml", text);
    assert!(image(GOOD).is_ok(), "{:?}", image(GOOD));
    let cases = [
        ("workdir: /app", "workdirs: /app", 7, "unknown field `workdirs`"),
        ("  shell: 'no'", "  shel: 'no'", 13, "unknown field `shel`"),
        ("{name: app,", "{nam: app,", 5, "unknown field `nam`"),
        ("family: debian", "family: debain", 3, "unknown value `debain`"),
        ("  family: alpine", "  family: alpin", 11, "unknown value `alpin`"),
        ("  shell: 'no'", "  shell: maybe", 13, "unknown value `maybe`"),
        ("workdir: /app", "workdir: app", 7, "not an absolute path"),
        ("workdir: /app", "workdir: /a/../b", 7, "not an absolute path"),
        ("ports: [80]", "ports: [0]", 8, "0 is no port"),
        ("ports: [80]", "ports: [70000]", 8, "70000"),
        ("uid: 1000", "uid: -1", 5, "-1"),
        ("uid: 1000", "uid: 0", 5, "no account besides root"),
        ("role: app", "role: boss", 5, "unknown value `boss`"),
        ("{a: 1}", "{a: 1, a: 2}", 6, "duplicate entry `a`"),
        ("date: 2026-08", "date: 2026-13", 15, "not YYYY-MM"),
        ("confidence: read", "confidence: sure", 16, "unknown value `sure`"),
        ("id: x", "id: y", 1, "not the file's name"),
        ("match: [own/x]", "match: [Own/X]", 2, "no repository in lower case"),
        ("match: [own/x]", "match: []", 2, "no repository"),
        ("'>=1.2'", "'>=a'", 10, "neither a glob nor a version range"),
        ("tags: ['2*']", "tags: []", 12, "neither tags nor repositories"),
        ("sources: [x]", "sources: []", 14, "at least one"),
        ("sources: [x]\n", "", 1, "missing field `sources`"),
        ("date: 2026-08", "date: 2026-08\ndate: 2026-09", 1, "duplicate field `date`"),
    ];
    for (from, to, line, message) in cases {
        let problems = image(&GOOD.replacen(from, to, 1)).unwrap_err();
        let place = format!("templates/images/x.yaml:{line}: ");
        assert!(
            problems.iter().any(|problem| problem.starts_with(&place) && problem.contains(message)),
            "{to}: {problems:?}"
        );
    }
}

#[test]
fn names_that_stand_twice_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join("images")).unwrap();
    write("images/x.yaml", GOOD);
    write(
        "images/y.yaml",
        &GOOD.replace("id: x", "id: y").replace("[own/x]", "[own/y, own/x, docker.io/own/z, amd64/z]"),
    );
    write("users.yaml", "[]");
    write("commands.yaml", "programs: {a: {}, a: {}}\napp-accounts: []\nhome-downloads: []");
    write("tokens.yaml", "registries: [docker.io/]\narchitectures: [amd64]\ntokens: []\nsources: [x]");
    let problems = read::read(folder.path()).unwrap_err().join("\n");
    for part in [
        "commands.yaml:1: programs: duplicate entry `a`",
        "y.yaml:2: match: `own/x` stands in `x` already",
        "y.yaml:2: match: `docker.io/own/z` is never looked up",
        "y.yaml:2: match: `amd64/z` is never looked up",
    ] {
        assert!(problems.contains(part), "{part} is not in\n{problems}");
    }
}

#[test]
fn reasons_are_checked() {
    let good = "a-b:\n  title: It is\n  looked-at: this.\n  decide: that.\n  option: --x\n";
    let check =
        |from: &str, to: &str| reasons::reasons("r.yaml", &good.replace(from, to)).map_err(|all| all.join("\n"));
    assert!(check("x", "y").is_ok());
    for (from, to, part) in [
        ("a-b", "A_b", "r.yaml:1: `A_b` is no id"),
        ("It is", "It is.", "r.yaml:2: title of `a-b`: one line"),
        ("this.", "this", "r.yaml:3: looked-at: `a-b`: a sentence"),
        ("--x", "''", "r.yaml:5: option of `a-b` is empty"),
        ("title", "titel", "unknown field `titel`"),
        ("a-b:", "a-b: {title: x, looked-at: x., decide: x.}\na-b:", "duplicate entry `a-b`"),
    ] {
        let told = check(from, to).unwrap_err();
        assert!(told.contains(part), "{part} is not in {told}");
    }
}

/// Calls without the part that they are looked for because of would find nothing, or everything.
#[test]
fn bad_languages_are_told_with_file_and_line() {
    let good = include_str!("../templates/sources.yaml");
    assert_eq!(languages::languages("s.yaml", good).map(|found| found.languages.len()), Ok(5));
    let line = |text: &str| good.lines().position(|line| line.contains(text)).unwrap() + 1;
    for (from, to, message) in [
        ("os.MkdirAll(<path>", "os.MkdirAll(<port>", "a call that holds <path> once"),
        ("'app.run(<arg>port=<port>'", "'<arg>port=<port>'", "a call that holds <port> once"),
        ("Bun.serve({port: <port>", "Bun.serve({port:", "a call that holds <port> once"),
        ("ends: ['process.exit('", "ends: [''", "has an empty text"),
    ] {
        let problems = languages::languages("s.yaml", &good.replacen(from, to, 1)).unwrap_err();
        let [problem] = problems.as_slice() else { panic!("{to}: {problems:?}") };
        assert!(problem.starts_with("s.yaml:") && problem.contains(message), "{problem}");
        let place = format!("s.yaml:{}:", line(from));
        assert!(message == "has an empty text" || problem.starts_with(&place), "{place} {problem}");
    }
}
