//! The engine: docker, podman, or buildah with podman, asked by its command line as a person would ask it.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::ValueEnum;

use super::access::Tree;
use super::command::{Ended, Runner};
use super::parse::{self, Container, Image};

/// Which engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Docker,
    Podman,
    Buildah,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Buildah => "buildah",
        }
    }

    /// The program that keeps containers: buildah only builds, and podman shares its images.
    fn keeper(self) -> &'static str {
        match self {
            Self::Buildah => "podman",
            kind => kind.name(),
        }
    }
}

/// How long a question to the engine may take.
const QUESTION: Duration = Duration::from_secs(60);
/// How long a build may take.
const BUILD: Duration = Duration::from_secs(45 * 60);
/// How long reading all files of an image may take.
const EXPORT: Duration = Duration::from_secs(10 * 60);
/// What a container may use.
const LIMITS: [&str; 4] = ["--memory", "1g", "--pids-limit", "512"];
/// What takes from a container what Kubernetes' restricted profile takes, and what hides failures when Docker gives it.
const RESTRICTED: [&str; 6] = [
    "--cap-drop",
    "ALL",
    "--security-opt",
    "no-new-privileges",
    "--sysctl",
    "net.ipv4.ip_unprivileged_port_start=1024",
];

/// An engine that answers.
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) kind: Kind,
    pub(super) version: String,
    pub(super) runner: Runner,
    /// The label of all that is made, `KEY=VALUE`.
    pub(super) label: String,
}

/// What is built.
#[derive(Debug)]
pub(super) struct Build<'a> {
    pub(super) dockerfile: &'a Path,
    pub(super) context: &'a Path,
    /// The stage, unless it is the last one.
    pub(super) target: Option<&'a str>,
    pub(super) args: &'a [String],
    pub(super) offline: bool,
}

/// How a container is started.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    /// Without what only root may do.
    pub(super) restricted: bool,
    pub(super) network: String,
    /// Ports to publish on the loopback of the host.
    pub(super) publish: Vec<u16>,
    /// `--env` and `--mount`, as options of the engine.
    pub(super) given: Vec<String>,
    /// Another program than the image's, and its words.
    pub(super) command: Option<(String, Vec<String>)>,
}

impl Engine {
    /// The engine that is asked for, else the first that answers.
    pub(super) fn find(asked: Option<Kind>, runner: &Runner, run: &str) -> Result<Self> {
        let kinds = asked.map_or_else(|| Kind::value_variants().to_vec(), |kind| vec![kind]);
        let mut reasons = Vec::new();
        for kind in kinds {
            match version(kind, runner) {
                Ok(version) => {
                    let label = format!("unroot.verify={run}");
                    return Ok(Self { kind, version, runner: runner.clone(), label });
                }
                Err(reason) => reasons.push(format!("{}: {reason:#}", kind.name())),
            }
            runner.check()?;
        }
        Err(anyhow!("no engine answers ({}); start one, or name it with --engine", reasons.join("; ")))
    }

    fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(self.kind.keeper());
        command.args(args);
        command
    }

    /// Asks it something, whatever comes of it.
    pub(super) fn ask<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>, limit: Duration) -> Result<Ended> {
        self.runner.run(&mut self.command(args), limit)
    }

    /// Asks it something that must be answered.
    pub(super) fn tell(&self, args: &[&str]) -> Result<String> {
        let ended = self.ask(args, QUESTION)?;
        match ended.ok() {
            true => Ok(ended.out),
            false => bail!(
                "{} {}: {}",
                self.kind.name(),
                args.iter().take(2).copied().collect::<Vec<_>>().join(" "),
                ended.last_line()
            ),
        }
    }

    /// The image, or what the build said last.
    pub(super) fn build(&self, build: &Build<'_>) -> Result<Result<Image, Vec<String>>> {
        let folder = tempfile::tempdir().context("no temporary folder")?;
        let iid = folder.path().join("iid");
        let mut args: Vec<OsString> = ["build", "--label", &self.label, "--iidfile"].map(OsString::from).to_vec();
        args.push(iid.clone().into());
        args.extend(["-f".into(), build.dockerfile.into()]);
        if self.kind != Kind::Docker {
            // Layers would be images that carry no label. The OCI format has no HEALTHCHECK.
            args.extend(["--layers=false", "--format", "docker"].map(OsString::from));
            let beside = super::overlay::ignore_file(build.dockerfile);
            args.extend(beside.into_iter().flat_map(|path| ["--ignorefile".into(), path.into_os_string()]));
        }
        if build.offline {
            args.push("--network=none".into());
        }
        args.extend(build.target.iter().flat_map(|target| ["--target".into(), OsString::from(target)]));
        args.extend(build.args.iter().flat_map(|arg| ["--build-arg".into(), OsString::from(arg)]));
        args.push(build.context.into());
        let mut command = Command::new(self.kind.name());
        // Any other builder of BuildKit than the engine's own keeps what it built to itself.
        command.args(args).env("BUILDKIT_PROGRESS", "plain").env("BUILDX_BUILDER", "default");
        let ended = self.runner.run(&mut command, BUILD)?;
        if !ended.ok() {
            return Ok(Err(last_lines(&format!("{}{}", ended.out, ended.err))));
        }
        let id = std::fs::read_to_string(&iid).context("the engine did not name the image that it built")?;
        self.image(id.trim()).map(Ok)
    }

    pub(super) fn image(&self, id: &str) -> Result<Image> {
        parse::inspected(&self.tell(&["image", "inspect", id])?)
    }

    pub(super) fn container(&self, id: &str) -> Result<Container> {
        parse::inspected(&self.tell(&["container", "inspect", id])?)
    }

    /// A network of its own; an internal one has no way out.
    pub(super) fn network(&self, internal: bool) -> Result<String> {
        let name = format!("{}-{}", self.label.replace(['.', '='], "-"), if internal { "inside" } else { "published" });
        let mut args = vec!["network", "create", "--label", &self.label];
        args.extend(internal.then_some("--internal"));
        args.push(&name);
        self.tell(&args)?;
        Ok(name)
    }

    /// A container that is not started.
    pub(super) fn create(&self, image: &str, settings: &Settings) -> Result<String> {
        let mut args = vec!["create", "--label", &self.label];
        args.extend(LIMITS);
        if settings.restricted {
            args.extend(RESTRICTED);
        }
        if !settings.network.is_empty() {
            args.extend(["--network", &settings.network]);
        }
        let publish: Vec<String> = settings.publish.iter().map(|port| format!("127.0.0.1::{port}")).collect();
        args.extend(publish.iter().flat_map(|port| ["--publish", port]));
        args.extend(settings.given.iter().map(String::as_str));
        args.extend(settings.command.iter().flat_map(|(program, _)| ["--entrypoint", program]));
        args.push(image);
        args.extend(settings.command.iter().flat_map(|(_, words)| words).map(String::as_str));
        // What it warns of stands on stderr, and before the id when streams are joined.
        Ok(self.tell(&args)?.lines().last().unwrap_or_default().trim().to_owned())
    }

    /// Starts a container, or says why it does not start.
    pub(super) fn start(&self, id: &str) -> Result<Result<(), String>> {
        let ended = self.ask(["start", id], QUESTION)?;
        Ok(if ended.ok() { Ok(()) } else { Err(started(&ended)) })
    }

    /// Runs words in a container that runs, as its user.
    pub(super) fn exec(&self, id: &str, words: &[String], limit: Duration) -> Result<Ended> {
        self.ask(["exec", id].into_iter().chain(words.iter().map(String::as_str)), limit)
    }

    /// What a container wrote to its streams.
    pub(super) fn log(&self, id: &str) -> Result<Vec<String>> {
        let ended = self.ask(["logs", "--tail", "5000", id], QUESTION)?;
        Ok(ended.out.lines().chain(ended.err.lines()).map(str::to_owned).collect())
    }

    /// The processes of a container, by the ids of the host; none when it does not run.
    pub(super) fn processes(&self, id: &str) -> Result<Vec<parse::Process>> {
        let columns: &[&str] = match self.kind {
            Kind::Docker => &["-eo", "pid,uid,args"],
            _ => &["hpid", "user", "args"],
        };
        let ended = self.ask(["top", id].iter().chain(columns), QUESTION)?;
        Ok(parse::top(&ended.out))
    }

    /// What a container changed in its file system.
    pub(super) fn changes(&self, id: &str) -> Result<Vec<(parse::Kind, String)>> {
        Ok(parse::changes(&self.tell(&["diff", id])?))
    }

    /// The files of a container's image.
    pub(super) fn files(&self, id: &str) -> Result<Tree> {
        let mut command = self.command(["export", id]);
        let (ended, tree) = self.runner.feed(&mut command, EXPORT, Tree::read)?;
        if !ended.ok() {
            bail!("{} export: {}", self.kind.name(), ended.last_line());
        }
        tree
    }

    pub(super) fn remove(&self, id: &str) -> Result<()> {
        self.tell(&["rm", "--force", "--volumes", id]).map(drop)
    }
}

/// The version of an engine that answers.
fn version(kind: Kind, runner: &Runner) -> Result<String> {
    let ask = |program: &str, args: &[&str]| {
        let ended = runner.run(Command::new(program).args(args), QUESTION)?;
        if ended.ok() { Ok(ended.out) } else { bail!("{}", ended.last_line()) }
    };
    let out = match kind {
        Kind::Docker => ask("docker", &["version", "--format", "{{.Server.Version}}"])?,
        Kind::Podman => ask("podman", &["version", "--format", "{{.Client.Version}}"])?,
        Kind::Buildah => {
            ask("podman", &["version"]).context("buildah only builds, and podman has to run what it built")?;
            // buildah version 1.28.2 (image-spec …)
            let out = ask("buildah", &["--version"])?;
            out.split_whitespace().nth(2).unwrap_or_default().to_owned()
        }
    };
    Ok(out.trim().to_owned())
}

/// The end of a build's output: the lines around the error.
fn last_lines(text: &str) -> Vec<String> {
    const MOST: usize = 12;
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines.iter().skip(lines.len().saturating_sub(MOST)).map(|line| (*line).to_owned()).collect()
}

/// Why a container does not start: what the engine calls an error, without its warnings.
fn started(ended: &Ended) -> String {
    let lines = || ended.err.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines().find(|line| line.starts_with("Error")).or_else(|| lines().next());
    line.map_or_else(|| ended.last_line(), |line| line.trim_start_matches("Error response from daemon: ").to_owned())
}
