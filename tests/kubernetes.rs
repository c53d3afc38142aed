//! Manifests from outside: `--kubernetes`, `--image` and `images`, several Dockerfiles in one file, broken input; and what an
//! altered manifest must be rejected for.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/cli.rs"]
mod cli;

use std::fs;

use cli::{Ended, tree, unroot, with_stdin};
use unroot::context::Memory;
use unroot::kubernetes::Account;
use unroot::model::Model;
use unroot::model::hazard::Scene;
use unroot::options::Options;
use unroot::plan::kubernetes::Cluster;
use unroot::plan::{Along, Plan};
use unroot::proof::{self, Other};
use unroot::source::Span;
use unroot::syntax;

const NGINX: &str = "FROM nginx:1.27\nCOPY . /usr/share/nginx/html\n";
const NODE: &str = "FROM node:22-slim\nWORKDIR /app\nCOPY . .\nCMD [\"node\", \"server.js\"]\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: shop, labels: {app: shop}}\nspec:\n  containers:\n    - name: web\n      image: shop/web\n      ports: [{containerPort: 80}]\n    - name: api\n      image: shop/api\n";
const COMPOSE: &str =
    "services:\n  web:\n    build: web\n    ports: [\"80:80\"]\n  other:\n    build: other\n    ports: [\"81:80\"]\n";

fn project(more: &[(&str, &str)]) -> tempfile::TempDir {
    let files = [
        ("web/Dockerfile", NGINX),
        ("web/index.html", "ok\n"),
        ("api/Dockerfile", NODE),
        ("api/server.js", ""),
        ("deploy/pod.yaml", POD),
        (".git/HEAD", ""),
    ];
    tree(&[&files, more].concat())
}

fn read(folder: &tempfile::TempDir, path: &str) -> String {
    fs::read_to_string(folder.path().join(path)).unwrap()
}

#[test]
fn one_manifest_of_two_images_gets_both() {
    for args in [["--image", "shop/web=web/Dockerfile", "--image", "shop/api=api"].as_slice(), &[]] {
        let config = "images: {shop/web: web, shop/api: api/Dockerfile}\n";
        let more = [("unroot.yaml", config)];
        let folder = project(if args.is_empty() { &more } else { &[] });
        let Ended { status, stdout, stderr } =
            unroot(folder.path(), &[&["fix", "--kubernetes", "--diff"], args].concat());
        assert_eq!((status, stdout.matches("+++ b/deploy/pod.yaml\n").count()), (1, 1), "{stdout}{stderr}");
        assert_eq!(read(&folder, "deploy/pod.yaml"), POD);
        assert_eq!(unroot(folder.path(), &[&["fix", "--kubernetes"], args].concat()).status, 0);
        let after = read(&folder, "deploy/pod.yaml");
        assert!(after.contains("containerPort: 8080") && after.contains("runAsUser: 101\n"), "{after}");
        assert!(after.contains("runAsUser: 1000\n") && after.matches("runAsNonRoot: true").count() == 2, "{after}");
        let again = unroot(folder.path(), &[&["fix", "--kubernetes", "--diff"], args].concat());
        assert_eq!((again.status, again.stdout.as_str()), (0, ""));
    }
}

#[test]
fn one_compose_file_of_two_images_gets_both() {
    let folder = project(&[("compose.yaml", COMPOSE), ("other/Dockerfile", NGINX), ("other/index.html", "ok\n")]);
    fs::remove_file(folder.path().join("deploy/pod.yaml")).unwrap();
    let all = unroot(folder.path(), &["fix", "--diff", "web", "other"]).stdout;
    assert_eq!((all.matches("+++ b/compose.yaml\n").count(), all.matches(":8080\"]").count()), (1, 2), "{all}");
    assert_eq!(unroot(folder.path(), &["fix", "web", "other"]).status, 0);
    let after = read(&folder, "compose.yaml");
    assert_eq!(after, COMPOSE.replace(":80\"]", ":8080\"]"));
}

#[test]
fn two_that_need_the_same_place_do_not_both_get_it() {
    let volume = "      volumeMounts: [{name: data, mountPath: /data}]\n";
    let pod = format!(
        "{}{volume}  volumes:\n    - {{name: data, persistentVolumeClaim: {{claimName: d}}}}\n",
        POD.replace("    - name: api\n", &format!("{volume}    - name: api\n"))
    );
    let folder = project(&[("unroot.yaml", "images: {shop/web: web, shop/api: api}\n")]);
    fs::write(folder.path().join("deploy/pod.yaml"), &pod).unwrap();
    let first = unroot(folder.path(), &["fix", "--kubernetes"]);
    assert!(
        first.stdout.contains("deploy/pod.yaml would change for another Dockerfile at the same place"),
        "{}",
        first.stdout
    );
    let after = read(&folder, "deploy/pod.yaml");
    assert_eq!(after.matches("fsGroup").count(), 1, "{after}");
    assert_eq!(unroot(folder.path(), &["fix", "--kubernetes"]).status, 0);
    assert_eq!(read(&folder, "deploy/pod.yaml").matches("runAsNonRoot").count(), 2);
}

#[test]
fn nothing_is_changed_unasked_or_through_stdin() {
    let folder = project(&[("compose.yaml", COMPOSE)]);
    assert_eq!(unroot(folder.path(), &["fix", "--image", "shop/api=api", "api"]).status, 0);
    assert_eq!(read(&folder, "deploy/pod.yaml"), POD);
    // What maps the port outside of the text cannot move along.
    let args = ["fix", "-", "--stdin-filename", "web/Dockerfile"];
    let ended = with_stdin(folder.path(), &args, NGINX);
    assert_eq!(ended.stdout, NGINX);
    assert!(ended.stderr.contains("port-elsewhere"), "{}", ended.stderr);
}

#[test]
fn names_and_paths_are_checked() {
    let folder = project(&[]);
    for (image, part) in [
        ("shop", "NAME=PATH"),
        ("=web", "NAME=PATH"),
        ("shop/web=", "NAME=PATH"),
        ("shop@sha256:1=web", "without variables and digest"),
        ("shop/web=nowhere/Dockerfile", "--image shop/web=nowhere/Dockerfile"),
        ("shop/web=deploy", "there is no such Dockerfile"),
    ] {
        let ended = unroot(folder.path(), &["fix", "--image", image]);
        assert!(ended.status == 2 && ended.stderr.contains(part), "{image}: {}", ended.stderr);
    }
    fs::write(folder.path().join("unroot.yaml"), "images: {shop/web: nowhere}\n").unwrap();
    let ended = unroot(folder.path(), &["fix"]);
    assert!(ended.status == 2 && ended.stderr.contains("unroot.yaml: images shop/web: nowhere"), "{}", ended.stderr);
}

/// Broken, huge and foreign manifests, and links: never a crash, never a changed byte, and the Dockerfile's own fix is
/// told as without them.
#[test]
fn bad_manifests_are_left_as_they_are() {
    let large = format!("{POD}# {}\n", "x".repeat(5 << 20));
    let deep = format!("apiVersion: v1\nx: {}1{}\nimage: shop/api\n", "[".repeat(5000), "]".repeat(5000));
    let bad = [
        "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: shop/api\n",
        "apiVersion: v1\nkind: Pod\nspec:\n\tcontainers:\n\t- image: shop/api\n",
        "apiVersion: v1\nkind: Pod\nkind: Pod\nspec:\n  containers:\n  - image: shop/api\n",
        "apiVersion: v1\nkind: Pod\nspec: &a\n  containers:\n  - image: shop/api\n  x: *a\n",
        "apiVersion: v1\nkind: Pod\nspec:\n  containers: shop/api\n",
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - shop/api\n  - image: [shop/api]\n  - {}\n",
        "apiVersion: v1\nkind: List\nitems: shop/api\n",
        "apiVersion: v1\nkind: Deployment\nspec: {template: {spec: {containers: [{image: 'shop/api', securityContext: 1}]}}}\n",
        "--- apiVersion\n--- \n...\n%YAML 1.2\n",
        "apiVersion: v1\r\nkind: Pod\rspec: {}\n",
        "\u{feff}apiVersion: v1\nimage: shop/api\n",
        large.as_str(),
        deep.as_str(),
    ];
    for text in bad {
        let folder = project(&[]);
        let path = folder.path().join("deploy/pod.yaml");
        fs::write(&path, text).unwrap();
        let ended = unroot(folder.path(), &["fix", "--unsafe", "--kubernetes", "--image", "shop/api=api", "api"]);
        let shown = text.get(..60.min(text.len())).unwrap();
        assert_eq!(ended.status, 0, "{shown}: {}", ended.stderr);
        assert!(read(&folder, "api/Dockerfile").contains("USER 1000:1000"), "{shown}: {}", ended.stdout);
        assert_eq!(fs::read(&path).unwrap(), text.as_bytes(), "{shown}");
    }
}

#[test]
fn a_manifest_behind_a_link_is_never_written() {
    let outside = tree(&[("pod.yaml", POD)]);
    let folder = project(&[]);
    let path = folder.path().join("deploy/pod.yaml");
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(outside.path().join("pod.yaml"), &path).unwrap();
    let ended = unroot(folder.path(), &["fix", "--kubernetes", "--image", "shop/api=api", "api"]);
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    assert_eq!(fs::read_to_string(outside.path().join("pod.yaml")).unwrap(), POD);
}

/// The plan that holds the container of `api` to nobody in particular.
fn plan() -> Plan {
    let at = POD.len();
    let text = "      securityContext:\n        runAsNonRoot: true\n".to_owned();
    let adds = vec![("0/spec/containers/1/securityContext".to_owned(), "{runAsNonRoot: true}".to_owned())];
    Plan {
        along: vec![Along { path: "pod.yaml".to_owned(), span: Span::empty(at), text, adds, asks: false }],
        ..Plan::default()
    }
}

#[test]
fn altered_manifests_are_rejected() {
    let judged = |after: &str| {
        let other = Other { path: "pod.yaml".to_owned(), before: POD.into(), after: after.into() };
        proof::along(&plan(), &[other], None).map_err(|violation| violation.invariant)
    };
    let right = format!("{POD}      securityContext:\n        runAsNonRoot: true\n");
    assert_eq!(judged(&right), Ok(()));
    for after in [
        POD.to_owned(),
        right.replace("runAsNonRoot: true", "runAsNonRoot: false"),
        right.replace("      securityContext:\n        run", "  securityContext:\n    run"),
        right.replace("true\n", "true\n        privileged: true\n"),
        right.replace("shop/web", "shop/wab"),
        right.replace("containerPort: 80", "containerPort: 81"),
        right.replace("name: shop", "name:  shop"),
        format!("{right}    - name: more\n"),
    ] {
        assert_eq!(judged(&after), Err("along"), "{after}");
    }
}

#[test]
fn what_a_manifest_still_lacks_is_seen() {
    let options = Options { built: [("shop/api".to_owned(), "Dockerfile".to_owned())].into(), ..Options::default() };
    let unsettled = |pod: &str| {
        let mut files = Memory::default();
        files.insert("Dockerfile", NODE, 0o644);
        files.insert("pod.yaml", pod, 0o644);
        let tree = syntax::parse(NODE.as_bytes());
        let model = Model::new(NODE.as_bytes(), &tree);
        let programs = model.programs(0);
        let scene = Scene::new(&model, 0, &programs, &files, Some(""), Some("Dockerfile"));
        let account = Account { uid: Some(1000), gid: None, drops: false };
        Cluster::of(&scene, &options).unsettled(&[(80, 8080)], Some(account), &[])
    };
    let said = "      securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}\n";
    assert_eq!(unsettled(&format!("{POD}{said}")), None);
    assert!(unsettled(POD).unwrap().contains("account"));
    assert!(unsettled(&format!("{POD}{}", said.replace("runAsUser: 1000, ", ""))).unwrap().contains("account"));
    let port = format!("{POD}      ports: [{{containerPort: 80}}]\n{said}");
    assert!(unsettled(&port).unwrap().contains("still names 80"));
}

/// What a Dockerfile or a compose file names outside of its project is never read as a part of it, and never written.
#[test]
fn nothing_outside_of_the_project_is_written() {
    let outside = tree(&[("site.conf", "server {\n    listen 80;\n}\n"), ("compose.yaml", COMPOSE)]);
    let up = format!("../{}/site.conf", outside.path().file_name().unwrap().to_str().unwrap());
    let dockerfile = format!(
        "FROM nginx:1.27\nCOPY {up} /etc/nginx/conf.d/default.conf\nCOPY linked.conf /etc/nginx/conf.d/linked.conf\n"
    );
    let compose = COMPOSE.replace("build: web", &format!("build: .\n    env_file: {up}"));
    let folder = tree(&[("Dockerfile", &dockerfile), (".git/HEAD", ""), ("real.yaml", &compose)]);
    std::os::unix::fs::symlink(outside.path().join("site.conf"), folder.path().join("linked.conf")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("compose.yaml"), folder.path().join("compose.yaml")).unwrap();
    std::os::unix::fs::symlink("real.yaml", folder.path().join("compose.override.yaml")).unwrap();
    let ended = unroot(folder.path(), &["fix", "--unsafe"]);
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    assert_eq!(fs::read_to_string(outside.path().join("site.conf")).unwrap(), "server {\n    listen 80;\n}\n");
    assert_eq!(fs::read_to_string(outside.path().join("compose.yaml")).unwrap(), COMPOSE);
    assert_eq!(read(&folder, "real.yaml"), compose);
    assert_eq!(read(&folder, "Dockerfile"), dockerfile);
}
