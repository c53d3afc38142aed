//! Hostile files of a project, beside an ordinary Dockerfile: nothing in them makes the library crash or hang.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use unroot::context::Memory;
use unroot::options::Options;
use unroot::{Dockerfile, fix_one};

/// Fixes a Dockerfile among files, and asserts that it ends and that no proof failed.
fn survives(dockerfile: &str, files: &[(String, Vec<u8>)]) {
    let mut memory = Memory::default();
    memory.insert("Dockerfile", dockerfile, 0o644);
    for (path, bytes) in files {
        memory.insert(path.clone(), bytes.clone(), 0o755);
    }
    let file = Dockerfile { shown: b"Dockerfile".to_vec(), path: Some("Dockerfile".into()), bytes: dockerfile.into() };
    let report = fix_one(&file, &memory, &Options { unsafe_fixes: true, ..Options::default() });
    assert!(!report.proof_failed, "{:?}", report.error);
}

fn one(path: &str, text: impl Into<Vec<u8>>) -> Vec<(String, Vec<u8>)> {
    vec![(path.to_owned(), text.into())]
}

const SCRIPT: &str = "FROM debian:12-slim\nWORKDIR /app\nCOPY . .\nENTRYPOINT [\"./start.sh\"]\n";
const NPM: &str = "FROM node:22-slim\nWORKDIR /app\nCOPY . .\nRUN npm run a\nCMD [\"npm\", \"run\", \"a\"]\n";

#[test]
fn start_scripts() {
    let head = "#!/bin/sh\n";
    survives(SCRIPT, &one("start.sh", format!("{head}. ./start.sh\n./start.sh\nexec ./start.sh\n")));
    let chain = (0..200).map(|at| (format!("s{at}.sh"), format!("{head}./s{}.sh\n", at + 1).into_bytes()));
    let mut files: Vec<_> = chain.collect();
    files.extend(one("start.sh", format!("{head}./s0.sh\n")));
    survives(SCRIPT, &files);
    survives(SCRIPT, &one("start.sh", format!("{head}{}", "mkdir -p /app/x && echo \"$A\" > /app/y\n".repeat(20_000))));
    survives(SCRIPT, &one("start.sh", format!("{head}{}", "if true; then\n".repeat(5_000))));
    survives(SCRIPT, &one("start.sh", [0xff_u8, 0, b'\n'].repeat(10_000)));
}

#[test]
fn manifests_of_packages() {
    survives(NPM, &one("package.json", r#"{"scripts":{"a":"npm run b","b":"npm run a","prea":"npm run a"}}"#));
    let all: Vec<String> =
        (0..500).map(|at| format!("\"a{at}\":\"npm run a{} && npm run a{}\"", at + 1, at + 2)).collect();
    survives(NPM, &one("package.json", format!("{{\"scripts\":{{\"a\":\"npm run a0\",{}}}}}", all.join(","))));
    survives(NPM, &one("package.json", "[".repeat(100_000)));
    survives(NPM, &one("package.json", "{\"scripts\":{\"a\":3}}"));
    let make = NPM.replace("npm run a\n", "make a\n");
    survives(&make, &one("Makefile", "a: b\nb: a\n\t@make a\n"));
    survives(&make, &one("Makefile", format!("a:\n{}", "\techo x\n".repeat(50_000))));
    // 40 to the sixth paths: each script, each target is looked at once, or this never ends.
    let levels = |line: &dyn Fn(usize, String) -> String, call: &str, glue: &str| -> Vec<String> {
        (0..6).map(|at| line(at, vec![format!("{call}{}", at + 1); 40].join(glue))).collect()
    };
    let scripts = levels(&|at, text| format!("\"a{at}\":\"{text}\""), "npm run a", " && ").join(",");
    survives(NPM, &one("package.json", format!("{{\"scripts\":{{\"a\":\"npm run a0\",{scripts},\"a6\":\"echo\"}}}}")));
    let targets = levels(&|at, needs| format!("a{at}: {needs}\n\techo\n"), "a", " ").concat();
    survives(&make, &one("Makefile", format!("a: a0\n\techo\n{targets}a6:\n\techo\n")));
}

#[test]
fn compose_and_manifests() {
    let mut lists = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (up, down) in "bcdefgh".chars().zip("abcdefg".chars()) {
        lists +=
            &format!("{up}: &{up} [*{down}, *{down}, *{down}, *{down}, *{down}, *{down}, *{down}, *{down}, *{down}]\n");
    }
    // Written out it would be millions of nodes.
    survives(SCRIPT, &one("compose.yaml", lists));
    survives(SCRIPT, &one("compose.yaml", "services: ".to_owned() + &"[".repeat(50_000)));
    survives(SCRIPT, &one("compose.yaml", "services:\n  a: {build: ., volumes: [':', '', '::', '${', {}, 3, [x]]}\n"));
    survives(SCRIPT, &one("k8s/a.yaml", "kind: Pod\n---\n".repeat(50_000)));
    let many = (0..3_000).map(|at| (format!("d{}/e{at}/Dockerfile", at % 50), b"FROM x/app\nRUN y\n".to_vec()));
    survives(SCRIPT, &many.collect::<Vec<_>>());
    let deep = (0..400).map(|_| "k8s").collect::<Vec<_>>().join("/");
    survives(SCRIPT, &one(&format!("{deep}/a.yaml"), "kind: Pod\n"));
    survives(SCRIPT, &one(".dockerignore", "**/".repeat(20_000) + "\n" + &"*a".repeat(20_000)));
}

/// A web server whose port would move in a compose file, if that can be read.
const NGINX: &str = "FROM nginx:1.27\nCOPY site /usr/share/nginx/html\nEXPOSE 80\n";
const SERVICE: &str = "  web:\n    build: .\n    ports: [\"80:80\"]\n";

/// What unroot makes of the server beside a compose file of this text: whether the file changes.
fn changes(compose: &str) -> bool {
    let mut memory = Memory::default();
    memory.insert("Dockerfile", NGINX, 0o644);
    memory.insert("site/index.html", "ok\n", 0o644);
    memory.insert("compose.yaml", compose, 0o644);
    let file = Dockerfile { shown: b"Dockerfile".to_vec(), path: Some("Dockerfile".into()), bytes: NGINX.into() };
    let report = fix_one(&file, &memory, &Options { unsafe_fixes: true, ..Options::default() });
    assert!(!report.proof_failed, "{:?}", report.error);
    let text = String::from_utf8_lossy(&report.after).into_owned();
    let changed = report.companions.iter().any(|other| other.path == b"compose.yaml");
    let told = || report.fixes.iter().flat_map(|fix| &fix.hazards).any(|hazard| hazard.id == "port-elsewhere");
    // The port moves with the compose file, or it is said that the file names it.
    assert!(!text.contains("EXPOSE 8080") || changed || told() || !compose.contains("80"), "{compose}");
    changed
}

/// Compose files in which the port cannot be changed alone are left as they are, and named.
#[test]
fn compose_files_that_cannot_be_changed() {
    let services = |text: &str| format!("services:\n{text}");
    assert!(changes(&services(SERVICE)));
    assert!(changes(&services(SERVICE).replace('\n', "\r\n")));
    assert!(changes(&format!("\u{feff}{}", services(SERVICE))));
    let large = services(SERVICE) + &"# x\n".repeat(5 << 18);
    let anchored = format!("x: &p [\"80:80\"]\n{}", services(&SERVICE.replace("[\"80:80\"]", "*p")));
    for text in [
        services(SERVICE) + "  broken: [\n",
        services(&SERVICE.replace("    ", "\t")),
        services(&format!("{SERVICE}    ports: [\"81:80\"]\n")),
        services(&format!("{SERVICE}  web: {{image: x}}\n")),
        format!("x: &x {{restart: always}}\n{}    <<: *x\n", services(SERVICE)),
        services(SERVICE) + "---\nservices: {}\n",
        services(&SERVICE.replace("\"80:80\"", "\"80-81:80-81\"")),
        services(&SERVICE.replace("\"80:80\"", "\"${PORTS}\"")),
        anchored,
        large,
    ] {
        assert!(!changes(&text), "{}", text.get(..200.min(text.len())).unwrap());
    }
}
