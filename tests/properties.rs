//! Dockerfiles out of a grammar of plausible lines: whatever is thrown together, nothing panics, every proof holds,
//! bytes outside of the reported edits stay, and a second run changes nothing.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use support::Random;
use unroot::options::Options;
use unroot::report::Status;
use unroot::source::Span;
use unroot::{edit, syntax};

const BASES: [&str; 7] = [
    "node:22-slim",
    "node:20-alpine",
    "python:3.11-slim",
    "debian:12-slim",
    "alpine:3.20",
    "scratch",
    "gcr.io/distroless/static-debian12",
];

const LINES: &[&str] = &[
    "WORKDIR /app",
    "WORKDIR /app",
    "WORKDIR /srv/site",
    "WORKDIR app",
    "WORKDIR /opt",
    "WORKDIR $HOME_DIR",
    "WORKDIR /root/x",
    "WORKDIR \"/my app\"",
    "WORKDIR /data/$PORT",
    "COPY . .",
    "COPY . .",
    "COPY package.json ./",
    "COPY --from=build /src/dist ./dist",
    "COPY --link . /app",
    "COPY --chown=node:node . .",
    "COPY --chown=1000:1000 a b /srv/site/",
    "COPY [\"a b\", \"/app/\"]",
    "COPY rootfs/ /",
    "COPY start.sh /usr/local/bin/",
    "COPY --chmod=755 run /run.sh",
    "COPY server /server",
    "ADD site.tar.gz /app/",
    "COPY <<EOF /etc/app.conf\nlisten 80\n# no comment\nEOF",
    "COPY conf/ /etc/app/",
    "COPY --chown=app . /home/app/x",
    "ADD https://example.com/x /opt/x",
    "RUN useradd -m app",
    "RUN useradd --uid 1234 --create-home app",
    "RUN adduser -D -u 1001 app",
    "RUN groupadd -r app && useradd -r -g app app",
    "RUN addgroup -S app && adduser -S -G app app",
    "RUN useradd -u 10001 other",
    "RUN chown -R app:app /app",
    "RUN chown -R node:node /app && chmod +x /app/run",
    "RUN chown -R 1000:1000 .",
    "RUN chown app /srv/site",
    "RUN chown -R node:node /app \\\n # inner comment\n && echo done",
    "RUN apt-get update && apt-get install -y curl",
    "RUN apt-get update \\\n    && apt-get install -y \\\n      curl \\\n    && rm -rf /var/lib/apt/lists/*",
    "RUN apk add --no-cache curl",
    "RUN pip install -r requirements.txt",
    "RUN pip install --user flask",
    "RUN npm ci",
    "RUN npm install && npm run build",
    "RUN mkdir -p /data /var/log/app",
    "RUN mkdir logs && touch logs/x",
    "RUN [\"npm\", \"ci\"]",
    "RUN --mount=type=cache,target=/root/.npm npm ci",
    "RUN <<EOF\nset -e\nmkdir -p /data\nchown -R node:node /app\nEOF",
    "RUN if true; then useradd app; fi",
    "RUN echo \"$PORT\" > /app/port",
    "RUN su app -c 'echo x'",
    "RUN (cd /tmp && make)",
    "RUN cd /app && make && cd ..",
    "RUN echo 'unterminated",
    "ENV PORT=80",
    "ENV PORT 80",
    "ENV PORT=80 HOST=0.0.0.0",
    "ENV HOME=/root",
    "ENV DATA_DIR=/data CACHE_DIR=/app/cache",
    "ENV PATH=/root/.local/bin:$PATH",
    "ENV PATH=\"/app/bin:$PATH\"",
    "ENV DATABASE_URL=sqlite:////data/db.sqlite",
    "ENV HOME_DIR=/home/x",
    "ENV NODE_ENV=production \\\n    DEBUG=80",
    "ARG VERSION=80",
    "ARG USER_ID=1000",
    "ARG PORT",
    "ARG UID",
    "EXPOSE 80",
    "EXPOSE 80/tcp 443",
    "EXPOSE 8080",
    "EXPOSE $PORT",
    "EXPOSE 3000 22/udp",
    "USER root",
    "USER node",
    "USER app",
    "USER 1000:1000",
    "USER 0:0",
    "USER +0",
    "USER ${USER_ID}",
    "USER $UID",
    "USER nobody",
    "VOLUME /data",
    "VOLUME [\"/app\", \"/data\"]",
    "VOLUME /app/uploads /var/lib/x",
    "SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]",
    "LABEL a=b",
    "STOPSIGNAL SIGTERM",
    "MAINTAINER me",
    "HEALTHCHECK CMD curl -f http://localhost/",
    "HEALTHCHECK --interval=30s CMD curl -f http://localhost:80/ || exit 1",
    "HEALTHCHECK NONE",
    "HEALTHCHECK CMD /root/check.sh",
    "ONBUILD RUN npm ci",
    "ONBUILD COPY . /app",
    "# A comment",
    "#   another",
    "",
    "   ",
    "# unroot",
    "COMMENT_LIKE",
];

const COMMANDS: &[&str] = &[
    "CMD [\"node\", \"server.js\"]",
    "CMD [\"node\", \"server.js\"]",
    "CMD [\"python\", \"app.py\", \"--port\", \"80\"]",
    "CMD node server.js --port=80",
    "CMD npm start",
    "CMD [\"npm\", \"start\"]",
    "ENTRYPOINT [\"/server\"]",
    "ENTRYPOINT [\"/usr/local/bin/start.sh\"]\nCMD [\"serve\"]",
    "CMD gunicorn -b 0.0.0.0:$PORT app",
    "ENTRYPOINT [\"tini\", \"--\"]\nCMD [\"gunicorn\", \"-b\", \":80\", \"app:app\"]",
    "CMD exec gosu app node x.js",
    "CMD []",
    "CMD [\"/root/server\"]",
    "CMD [\"sh\", \"-c\", \"python app.py > /data/log\"]",
    "CMD flask run --host 0.0.0.0 \\\n    --port 443",
    "",
];

fn makes_app(line: &str) -> bool {
    line.contains("useradd") || line.contains("adduser")
}

/// Every file is made of stages; lines are written in the habits of the file.
fn dockerfile(random: &mut Random) -> Vec<u8> {
    let mut lines: Vec<String> = Vec::new();
    if random.one_in(6) {
        lines.push(
            random.pick(&["# syntax=docker/dockerfile:1", "# escape=\\", "# check=skip=all", "#  a head"]).to_owned(),
        );
    }
    if random.one_in(6) {
        lines.push("ARG VERSION=80".to_owned());
    }
    let stages = 1 + random.below(2) * random.below(3);
    for stage in 0..stages {
        let base = if stage > 0 && random.one_in(4) { "build" } else { BASES[random.below(BASES.len())] };
        let name = if stage + 1 < stages { " AS build" } else { "" };
        lines.push(format!("FROM {base}{name}"));
        for _ in 0..random.below(11) {
            let line = random.pick(LINES).to_owned();
            // An account that is made twice is an error of the build.
            if !(makes_app(&line) && lines.iter().any(|other| makes_app(other))) {
                lines.push(line);
            }
        }
        if stage + 1 == stages || random.one_in(3) {
            lines.push(random.pick(COMMANDS).to_owned());
        }
    }
    let (lower, indent, airy) = (random.one_in(8), random.one_in(8), random.one_in(3));
    let mut text = String::new();
    for line in lines {
        let heredoc = line.contains("<<");
        if indent && !heredoc && random.one_in(3) {
            text += random.pick(&["  ", "\t", "    "]);
        }
        match line.split_once(' ').filter(|_| lower && !line.starts_with('#')) {
            Some((keyword, rest)) => text += &format!("{} {rest}", keyword.to_lowercase()),
            None => text += &line,
        }
        if !heredoc && random.one_in(20) {
            text += "  ";
        }
        text.push('\n');
        if airy && random.one_in(2) {
            text.push('\n');
        }
    }
    if random.one_in(6) {
        text.truncate(text.trim_end().len());
    }
    if random.one_in(6) {
        text = text.replace('\n', "\r\n");
    }
    let mut bytes = if random.one_in(12) { b"\xef\xbb\xbf".to_vec() } else { Vec::new() };
    bytes.extend_from_slice(text.as_bytes());
    if random.one_in(12) {
        bytes.extend_from_slice(b"\n# \xff\n");
    }
    bytes
}

/// What is wrong with the rewrite of a file, if anything is.
fn wrong(bytes: &[u8], options: &Options) -> Option<String> {
    let report = support::fix(bytes, options);
    if report.proof_failed {
        return report.error;
    }
    let applied = report.fixes.iter().filter(|fix| fix.applied).flat_map(|fix| &fix.edits);
    let edits: Vec<_> =
        applied.map(|made| edit::Edit::replace(Span::new(made.offset[0], made.offset[1]), made.text.clone())).collect();
    if edit::apply(&report.before, &edits).ok().as_deref() != Some(&report.after) {
        return Some("the reported edits do not give the result".to_owned());
    }
    if report.before != bytes || (report.status == Status::Error && report.changed()) {
        return Some("an error changes the file".to_owned());
    }
    if !report.changed() {
        return None;
    }
    if let Some(error) = syntax::parse(&report.after).error {
        return Some(format!("the result does not parse: {error}"));
    }
    let again = support::fix(report.after.clone(), options);
    if again.changed() || again.proof_failed {
        let more = String::from_utf8_lossy(&again.after).into_owned();
        return Some(format!("a second run changes more: {:?}\n{more}", again.error));
    }
    None
}

/// The file without every line that the failure does not need.
fn reduced(bytes: &[u8], options: &Options) -> String {
    let kind = |found: &str| found.chars().take_while(|c| *c != ' ').collect::<String>();
    let wanted = wrong(bytes, options).map(|found| kind(&found));
    let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let mut at = 0;
    while at < lines.len() {
        let mut fewer = lines.clone();
        fewer.remove(at);
        if wrong(&fewer.concat(), options).map(|found| kind(&found)) == wanted {
            lines = fewer;
            at = 0;
        } else {
            at += 1;
        }
    }
    let text = lines.concat();
    format!("{}=> {}", String::from_utf8_lossy(&text), wrong(&text, options).unwrap_or_default())
}

#[test]
fn whatever_is_thrown_together() {
    let count: u64 = std::env::var("UNROOT_FILES").ok().and_then(|text| text.parse().ok()).unwrap_or(3000);
    let mut failures = std::collections::BTreeMap::new();
    let mut changed = 0;
    for seed in 1..=count {
        let bytes = dockerfile(&mut Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        for unsafe_fixes in [false, true] {
            let options = Options { unsafe_fixes, ..Options::default() };
            changed += usize::from(unsafe_fixes && support::fix(bytes.clone(), &options).changed());
            if let Some(message) = wrong(&bytes, &options) {
                // One example of each kind.
                let kind: String = message.chars().filter(|c| !c.is_ascii_digit()).take(60).collect();
                let entry = failures.entry(kind).or_insert_with(|| {
                    (0, format!("seed {seed}, unsafe {unsafe_fixes}:\n{}", reduced(&bytes, &options)))
                });
                entry.0 += 1;
            }
        }
    }
    assert!(changed as u64 > count / 4, "only {changed} of {count} files are changed at all");
    let shown: Vec<String> = failures.values().map(|(times, text)| format!("--- {times} times\n{text}")).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}
