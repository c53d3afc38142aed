//! Generated projects of a web server, its configuration, a compose file and whoever asks for it: the old port is nowhere
//! afterwards, or nothing is changed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;

use support::Random;
use unroot::context::Memory;
use unroot::options::Options;
use unroot::report::{self, Status};

const NGINX: &[&str] = &[
    "server {\n    listen 80;\n    root /usr/share/nginx/html;\n}\n",
    "server {\n\tlisten\t80 default_server;\n\tlisten [::]:80 default_server;\n\troot /srv;\n}\n",
    "server { listen *:80; location / { return 200; } }\n",
    "server {\r\n  listen 0.0.0.0:80;\r\n}\r\n",
    "server { listen \"80\"; }",
    "server {\n  listen 80;\n  port_in_redirect off;\n}\nserver {\n  listen 80;\n  server_name b;\n}\n",
    "server { listen 80; location / { proxy_pass http://127.0.0.1:80; } }\n",
    "server { listen unix:/run/x.sock; }\nserver { listen 80; }\n",
    "server { root /srv; }\n",
    "server { listen 80",
    "# listen 80;\nserver { listen 8081; }\n",
    "server { listen 80; access_log /srv/log/x.log; }\n",
    "include /etc/nginx/parts/*.conf;\nserver { listen 80; }\n",
    "upstream app { server app:80; }\nserver { listen 80; location / { proxy_pass http://app; } }\n",
];

const APACHE: &[&str] = &[
    "<VirtualHost *:80>\n  DocumentRoot /srv\n</VirtualHost>\n",
    "<VirtualHost *:80 [::]:80>\n</VirtualHost>\n",
    "Listen 80\n<VirtualHost _default_:80>\n</VirtualHost>\n",
    "<VirtualHost *>\n</VirtualHost>\n",
    "<VirtualHost *:80>\n",
    "<VirtualHost *:80>\n  ErrorLog /srv/log/x\n</VirtualHost>\n",
    "  # <VirtualHost *:80>\n<virtualhost *:80>\n</virtualhost>\n",
];

const LIGHTTPD: &[&str] = &[
    "server.document-root = \"/srv\"\nserver.port = 80\nserver.pid-file = \"/run/lighttpd.pid\"\n",
    "server.port=80\n$SERVER[\"socket\"] == \"[::]:80\" { }\n",
    "server.document-root = \"/srv\"\n",
    "var.port = 80\nserver.port = var.port\n",
    "# server.port = 80\nserver.port = 8081\n",
    "server.port = 80\nserver.errorlog = \"/srv/log/x.log\"\n",
    "server.port = 80\ninclude \"parts/*.conf\"\n",
    "server.port = 80\nserver.modules = ( \"mod_access\"\n",
];

const CADDY: &[&str] = &[
    ":80 {\n\troot * /srv\n\tfile_server\n}\n",
    ":80\nfile_server\n",
    "http://a.example, b.example:443 {\n\trespond \"x\"\n}\n:80 {\n\trespond \"y\"\n}\n",
    "{\r\n\temail a@b.example\r\n}\r\na.example {\r\n\trespond \"x\"\r\n}\r\n",
    "{\n\thttp_port 80\n}\na.example {\n\trespond \"x\"\n}\n",
    "a.example\nrespond \"x\"\n",
    "a.example:80 {\n\trespond \"x\"\n}\n",
    ":80 {\n\treverse_proxy localhost:80\n}\n",
    "import parts/*\n:80 {\n\trespond \"x\"\n}\n",
];

const TRAEFIK: &[&str] = &[
    "entryPoints:\n  web:\n    address: \":80\"\n",
    "entryPoints: {web: {address: ':80', http: {redirections: {entryPoint: {to: safe}}}}, safe: {address: ':443'}}\n",
    "entryPoints:\n  web:\n    address: 0.0.0.0:80\n  other:\n    address: :80\n",
    "entryPoints:\n  web:\n    address: :80/tcp\n",
    "entryPoints:\n  web:\n    address: :80\nping: {}\n",
    "entryPoints:\n  web:\n    address: :80\nproviders:\n  docker: {}\n",
    "log: {level: INFO}\n",
    "[entryPoints.web]\naddress = ':80' # x\n",
];

const STEPS: &[&str] = &[
    "RUN ln -sf {conf} /etc/nginx/sites-enabled/",
    "RUN rm -f /etc/nginx/sites-enabled/default",
    "RUN apt-get update",
    "RUN rm -f {conf}",
    "RUN echo hi > /var/tmp/x",
    "RUN sed -i 's/index/list/' {conf}",
    "RUN sed -i 's/80/3000/' {conf}",
    "HEALTHCHECK CMD curl -f http://localhost/ || exit 1",
    "HEALTHCHECK CMD curl -f http://127.0.0.1:80/up",
    "ENV PORT=80",
    "EXPOSE 80",
    "EXPOSE 80/tcp 9000",
    "LABEL a=b",
    "WORKDIR /srv",
];

const SERVICE: &[&str] = &[
    "    ports: [\"80:80\"]\n",
    "    ports:\n      - 80:80\n      - \"127.0.0.1:8000:80/tcp\"\n",
    "    ports:\n      - target: 80\n        published: 80\n",
    "    ports: [\"80-82:80-82\"]\n",
    "    ports: [\"8080:${INNER:-80}\"]\n",
    "    expose: [80]\n",
    "    healthcheck:\n      test: curl http://localhost/\n",
    "    environment: [PORT=80]\n",
    "    environment:\n      VIRTUAL_PORT: 80\n",
    "    labels: {traefik.http.services.x.loadbalancer.server.port: \"80\"}\n",
    "    restart: always\n",
    "    command: serve 80\n",
    "    volumes: [./site.conf:/etc/nginx/conf.d/default.conf]\n",
];

const OTHER: &[&str] = &[
    "",
    "  api:\n    image: api\n    environment: {WEB: \"http://web:80/\"}\n",
    "  api:\n    image: api\n    environment:\n      - WEB=http://web/path\n    ports: [\"81:80\"]\n",
    "  webs:\n    image: other\n    ports: [\"82:80\"]\n",
];

/// Parts of a pod's container, each with the whole of its lines.
const CONTAINER: &[&str] = &[
    "ports: [{containerPort: 80}]",
    "ports: [{name: http, containerPort: 80}, {containerPort: 9000}]",
    "readinessProbe: {httpGet: {path: /, port: 80}}",
    "livenessProbe: {exec: {command: [curl, 'http://localhost/']}}",
    "startupProbe: {tcpSocket: {port: \"80\"}}",
    "env: [{name: PORT, value: '80'}]",
    "env: [{name: OTHER_PORT, value: '80'}]",
    "env: [{name: DEPTH, value: '80'}]",
    "securityContext: {runAsNonRoot: true}",
    "securityContext: {runAsUser: 0}",
    "tty: true",
];

const OBJECTS: &[&str] = &[
    "kind: Service\nspec: {selector: {app: web}, ports: [{port: 80}]}\n",
    "kind: Service\nspec:\n  selector: {app: web}\n  ports:\n    - port: 8000\n      targetPort: 80\n",
    "kind: Service\nspec: {selector: {app: web}, clusterIP: None, ports: [{port: 80}]}\n",
    "kind: Service\nspec: {selector: {app: other}, ports: [{port: 81, targetPort: 80}]}\n",
    "kind: NetworkPolicy\nspec:\n  podSelector: {matchLabels: {app: web}}\n  ingress: [{ports: [{port: 80}]}]\n",
    "kind: NetworkPolicy\nspec: {podSelector: {}, egress: [{ports: [{port: 80}]}]}\n",
    "kind: Ingress\nspec: {defaultBackend: {service: {name: web, port: {number: 80}}}}\n",
];

/// Manifests that run the image.
fn manifests(random: &mut Random) -> String {
    let mut text = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - image: web:1\n".to_owned();
    let mut keys: Vec<&str> = Vec::new();
    for _ in 0..random.below(5) {
        let part = random.pick(CONTAINER);
        let key = part.split(':').next().unwrap();
        if !keys.contains(&key) {
            keys.push(key);
            text += &format!("          {part}\n");
        }
    }
    for _ in 0..random.below(3) {
        text += &format!("---\napiVersion: v1\n{}", random.pick(OBJECTS));
    }
    text
}

/// Whether a line of a manifest says that the container listens on 80, or sends it there.
fn in_manifest(text: &str, line: &str) -> bool {
    let others =
        |part: &&str| part.contains("app: other") || part.contains("podSelector: {}") || part.contains("Ingress");
    let of = text.split("---\n").filter(|part| !others(part)).find(|part| part.contains(line));
    let says = ["containerPort: 80}", "port: 80}", "port: \"80\"", "targetPort: 80", "PORT, value: '80'", "localhost/"];
    let implied = line.contains("port: 80}]") && line.contains("selector: {app: web}");
    of.is_some()
        && (says.iter().any(|part| line.contains(part) && !line.contains("OTHER_"))
            && !line.contains("targetPort: 8080")
            || implied && !line.contains("targetPort"))
}

/// A project: its files by path.
fn project(random: &mut Random) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let kind = random.below(7);
    let (base, folder, own) = [
        ("nginx:1.27", "/etc/nginx/conf.d/", "default.conf"),
        ("httpd:2.4", "/usr/local/apache2/conf/", "httpd.conf"),
        ("php:8.3-apache", "/etc/apache2/sites-available/", "000-default.conf"),
        ("debian:12", "/etc/nginx/sites-available/", "default"),
        ("ubuntu:24.04", "/etc/lighttpd/", "lighttpd.conf"),
        ("caddy:2", "/etc/caddy/", "Caddyfile"),
        ("traefik:v3.1", "/etc/traefik/", "traefik.yml"),
    ][kind];
    let conf = format!("{folder}{own}");
    let mut lines = vec![format!("FROM {base}")];
    let packaged = [("nginx", "nginx -g 'daemon off;'"), ("lighttpd", "lighttpd -D -f /etc/lighttpd/lighttpd.conf")];
    let packaged = kind.checked_sub(3).and_then(|at| packaged.get(at));
    lines.extend(packaged.map(|(name, _)| format!("RUN apt-get update && apt-get install -y {name}")));
    if random.one_in(2) {
        let text = random.pick([NGINX, APACHE, APACHE, NGINX, LIGHTTPD, CADDY, TRAEFIK][kind]);
        files.insert("site.conf".to_owned(), text.to_owned());
        let to = if random.one_in(4) { format!("{folder}site.conf") } else { conf.clone() };
        lines.push(format!("COPY site.conf {to}"));
    }
    for _ in 0..random.below(4) {
        let at = 1 + random.below(lines.len());
        lines.insert(at.min(lines.len()), random.pick(STEPS).replace("{conf}", &conf));
    }
    lines.extend(packaged.map(|(_, command)| format!("CMD {command}")));
    files.insert("Dockerfile".to_owned(), lines.join("\n") + "\n");
    if random.one_in(2) {
        let mut text = "services:\n  web:\n    build: .\n".to_owned();
        let mut keys = Vec::new();
        for _ in 0..random.below(4) {
            let part = random.pick(SERVICE);
            let key = part.trim_start().split(':').next().unwrap();
            if !keys.contains(&key) {
                keys.push(key);
                text += part;
            }
        }
        text += random.pick(OTHER);
        files.insert("compose.yaml".to_owned(), text);
    }
    if random.one_in(2) {
        files.insert("deploy.yaml".to_owned(), manifests(random));
    }
    if random.one_in(6) {
        files.insert("proxy.conf".to_owned(), random.pick(&["proxy_pass http://web;\n", "# nothing\n"]).to_owned());
    }
    files
}

fn fixed(files: &BTreeMap<String, String>, unsafe_fixes: bool) -> (report::File, BTreeMap<String, String>) {
    let mut memory = Memory::default();
    files.iter().for_each(|(path, text)| memory.insert(path, text.as_str(), 0o644));
    let built = [("web".to_owned(), "Dockerfile".to_owned())].into();
    let options = Options { unsafe_fixes, built, kubernetes: true, ..Options::default() };
    let report = unroot::fix_one(&support::dockerfile(files["Dockerfile"].clone()), &memory, &options);
    let mut after = files.clone();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    after.insert("Dockerfile".to_owned(), text(&report.after));
    for companion in &report.companions {
        after.insert(text(&companion.path), text(&companion.after));
    }
    (report, after)
}

/// Where the old port still is, as a reader with `grep` finds it.
fn left(files: &BTreeMap<String, String>, steps: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in files {
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            let number = |line: &str| line.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "80");
            let lower = line.to_ascii_lowercase();
            let old = match path.as_str() {
                "Dockerfile" => {
                    (line.starts_with("EXPOSE") || line.starts_with("ENV")) && number(line)
                        || line.starts_with("HEALTHCHECK") && (line.contains(":80/") || line.contains("localhost/"))
                }
                "site.conf" => {
                    (["listen", "<virtualhost", "server.port", "socket", "http_port", "address"]
                        .iter()
                        .any(|word| lower.contains(word))
                        || [":80", "http:"].iter().any(|begin| lower.starts_with(begin)))
                        && number(line)
                        && is_read(steps)
                }
                "deploy.yaml" => in_manifest(text, line),
                "compose.yaml" => web_of(text).is_some_and(|web| web.contains(line)) && in_service(line) || asks(line),
                _ => false,
            };
            if old {
                found.push(format!("{path}: {line}"));
            }
        }
    }
    found
}

/// Whether the server reads the file: no step removes it or its link, and the main file includes nothing by itself.
fn is_read(dockerfile: &str) -> bool {
    let Some((_, rest)) = dockerfile.split_once("COPY site.conf ") else { return false };
    let to = rest.lines().next().unwrap();
    let unlinked = to.ends_with("sites-available/default") && {
        let last = |what: &str| rest.rfind(what);
        last("rm -f /etc/nginx/sites-enabled/default") > last(&format!("ln -sf {to}"))
    };
    let other = ["/conf/site.conf", "/lighttpd/site.conf", "/caddy/site.conf", "/traefik/site.conf"]
        .iter()
        .any(|end| to.ends_with(end));
    !rest.contains(&format!("rm -f {to}")) && !other && !unlinked
}

/// The lines of the service that runs the image.
fn web_of(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("\n  web:\n")?;
    let end = rest.match_indices("\n  ").find(|(at, _)| rest[at + 3..].chars().next().is_some_and(char::is_alphabetic));
    Some(end.map_or(rest, |(at, _)| &rest[..at]))
}

/// Whether a line of the service says that the container listens on 80.
fn in_service(line: &str) -> bool {
    let flat = line.replace(['"', '[', ']', '}'], "");
    let value = flat.trim_start_matches("- ");
    let published = value.starts_with("published");
    !published
        && (value.ends_with(":80")
            || value.ends_with(":80/tcp")
            || value.ends_with(": 80")
            || value.ends_with("=80")
            || value.contains("localhost/"))
}

fn asks(line: &str) -> bool {
    line.contains("//web/") || line.contains("//web:80/") || line.contains("//web\"")
}

#[test]
fn all_of_a_port_moves_or_nothing() {
    let count: u64 = std::env::var("UNROOT_PROJECTS").ok().and_then(|text| text.parse().ok()).unwrap_or(3000);
    let (mut moved, mut together, mut clustered, mut wrong) = (0, 0, 0, Vec::new());
    for seed in 1..=count {
        let files = project(&mut Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        for unsafe_fixes in [false, true] {
            let (report, after) = fixed(&files, unsafe_fixes);
            let told = report.fixes.iter().flat_map(|fix| &fix.hazards).any(|hazard| hazard.id == "port-elsewhere");
            let found = left(&after, &files["Dockerfile"]);
            let changed = after != files;
            let ports = changed && after["Dockerfile"].contains("8080");
            moved += usize::from(ports);
            clustered += usize::from(ports && after.get("deploy.yaml") != files.get("deploy.yaml"));
            together += usize::from(ports && after.get("compose.yaml") != files.get("compose.yaml"));
            let problem = match () {
                () if report.status == Status::Error => report.error.clone(),
                // What moves moves everywhere, but for compose files that are named as left behind.
                () if ports => found
                    .iter()
                    .find(|place| !(told && (place.starts_with("compose") || place.starts_with("deploy"))))
                    .map(|place| format!("half: {place}")),
                () => None,
            };
            let again = changed && fixed(&after, unsafe_fixes).1 != after;
            let problem = problem.or(again.then(|| "a second run changes more".to_owned()));
            if let Some(problem) = problem {
                wrong.push(format!("seed {seed}, unsafe {unsafe_fixes}: {problem}\n{files:#?}\n{after:#?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong, the first of them:\n{}", wrong.len(), wrong[0]);
    assert!(
        moved as u64 > count / 4 && together > 100 && clustered > 100,
        "{moved} of {count} move, {together} with a compose file, {clustered} with manifests"
    );
}
