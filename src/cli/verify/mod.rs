//! `unroot verify`: a real engine as the judge. The project is built as it is and as unroot would write it, both are run,
//! and what was seen is printed.

use std::time::Duration;

use anyhow::{Result, anyhow};

mod access;
mod cleanup;
mod command;
mod engine;
mod evidence;
mod kubelet;
mod learn;
mod namespaces;
mod overlay;
mod parse;
mod probe;
mod report;
mod run;
mod subject;
pub(crate) mod words;
mod writes;

use super::args::{VerifyArgs, VerifyFormat};
use super::output::{Screen, product};
use super::{FAILED, FOUND, OK};
use command::Runner;
pub(crate) use engine::Kind;
use engine::{Engine, Settings};
use evidence::{Check, Evidence, Verdict, check};
use overlay::Side;
use parse::Image;
use report::{Outcome, Report};
use run::{Asked, Seen};
use subject::Subject;
use words::Http;

pub(crate) fn run(args: &VerifyArgs, screen: &Screen) -> Result<u8> {
    let mut report = Report {
        path: args.path.display().to_string(),
        stage: None,
        engine: None,
        outcome: Outcome::NotRun,
        rewritten: false,
        why: Vec::new(),
        checks: Vec::new(),
        notes: Vec::new(),
        learned: None,
    };
    let done = judge(args, screen, &mut report);
    if let Err(error) = &done {
        report.outcome = Outcome::NotRun;
        report.why = format!("{error:#}").lines().map(str::to_owned).collect();
    }
    match args.format.unwrap_or(VerifyFormat::Text) {
        VerifyFormat::Text if screen.quiet => {}
        VerifyFormat::Text => product(report::text(&report).as_bytes())?,
        VerifyFormat::Json => product(report::json(&report).as_bytes())?,
        VerifyFormat::Markdown => product(report::markdown(&report).as_bytes())?,
    }
    // The reason is for people too, whatever programs read.
    if let (Err(error), true) = (&done, screen.quiet || args.format.is_some_and(|format| format != VerifyFormat::Text))
    {
        screen.error(&format!("{error:#}"));
    }
    Ok(match report.outcome {
        Outcome::Proven => OK,
        Outcome::Disproven => FOUND,
        Outcome::NotRun => FAILED,
    })
}

/// Finds out, and removes everything whatever comes of it.
fn judge(args: &VerifyArgs, screen: &Screen, report: &mut Report) -> Result<()> {
    let subject = subject::find(args, screen)?;
    report.path.clone_from(&subject.shown);
    report.stage = Some(subject.stage.clone());
    report.rewritten = subject.changes_anything();
    if let Some(why) = &subject.refused {
        return Err(anyhow!("unroot fix leaves it as it is\n{why}"));
    }
    let runner = Runner::new()?;
    let engine = Engine::find(args.running.engine, &runner, &run_id())?;
    report.engine = Some((engine.kind.name().to_owned(), engine.version.clone()));
    let proof = Proof { args, screen, engine: &engine, subject: &subject };
    let proved = proof.prove(report);
    let removed = cleanup::clean(&engine);
    match (proved, removed) {
        (Ok(()), removed) => removed,
        (Err(error), Ok(())) => Err(error),
        (Err(error), Err(left)) => Err(anyhow!("{error:#}\n{left:#}")),
    }
}

/// Tells this run from every other one.
fn run_id() -> String {
    let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!("{:x}-{:x}", std::process::id(), time.as_nanos())
}

struct Proof<'a> {
    args: &'a VerifyArgs,
    screen: &'a Screen,
    engine: &'a Engine,
    subject: &'a Subject,
}

impl Proof<'_> {
    fn prove(&self, report: &mut Report) -> Result<()> {
        let (subject, offline) = (self.subject, self.args.running.offline);
        let original = overlay::original(subject, offline)?;
        self.screen.note(if report.rewritten { "building the original" } else { "building it" });
        let image =
            self.build(&original)?.map_err(|lines| anyhow!("the original does not build\n{}", lines.join("\n")))?;
        let mut asked = self.asked(report)?;
        // What changes its user by itself needs the capabilities for it.
        asked.settings.restricted = !report.rewritten && kubelet::judge(&image.config.user).is_ok();
        self.screen.note(if report.rewritten { "running the original" } else { "running it" });
        let seen = self.observe(&image, &mut asked, report)?;
        self.usable(&seen, report.rewritten)?;
        if !report.rewritten {
            report.notes.push("unroot would change nothing here, so there is nothing to compare".to_owned());
            let tree = self.files(&image)?;
            let after = evidence::Side { image: &image, seen: &seen };
            return self.decide(&Evidence { subject, before: None, after, tree: &tree }, report);
        }
        self.screen.note("building what unroot would write");
        let copy = overlay::rewritten(subject, offline, &self.engine.runner)?;
        let rewritten = match self.build(&copy)? {
            Ok(rewritten) => rewritten,
            Err(lines) => {
                let failed = check("build", Verdict::Fails, Some("built".to_owned()), "does not build");
                return self.conclude(vec![failed.with(lines)], report);
            }
        };
        drop((original, copy));
        self.screen.note("running it");
        self.follow(&seen, &image, &mut asked);
        let after = run::observe(self.engine, &rewritten, &asked)?;
        let tree = self.files(&rewritten)?;
        let before = Some(evidence::Side { image: &image, seen: &seen });
        let after = evidence::Side { image: &rewritten, seen: &after };
        self.decide(&Evidence { subject, before, after, tree: &tree }, report)
    }

    fn build(&self, side: &Side) -> Result<Result<Image, Vec<String>>> {
        self.engine.build(&engine::Build {
            dockerfile: &side.dockerfile,
            context: &side.context,
            target: self.subject.target.as_deref(),
            args: &self.args.running.build_arg,
            offline: self.args.running.offline,
        })
    }

    /// What is asked of the original.
    fn asked(&self, report: &mut Report) -> Result<Asked> {
        let args = &self.args.running;
        let env = args.env.iter().flat_map(|env| ["--env".to_owned(), env.clone()]);
        let given: Vec<String> = env.chain(args.mount.iter().flat_map(|mount| mount.0.clone())).collect();
        let network = match args.offline && args.http.is_empty() {
            true => "none".to_owned(),
            false => self.engine.network(true).unwrap_or_else(|error| {
                report.notes.push(format!("there was no internal network ({error:#}), so there was none at all"));
                "none".to_owned()
            }),
        };
        Ok(Asked {
            settings: Settings { network, given, ..Settings::default() },
            ports: Default::default(),
            http: args.http.clone(),
            commands: args.run.iter().map(|words| words.0.clone()).collect(),
            ready: Duration::from_secs(args.ready),
            direct: true,
        })
    }

    /// Looks at the original. Where the host does not reach into an internal network, it is run once more with its
    /// ports on the loopback.
    fn observe(&self, image: &Image, asked: &mut Asked, report: &mut Report) -> Result<Seen> {
        let seen = run::observe(self.engine, image, asked)?;
        let listens = |port: u16| seen.ports.as_ref().is_none_or(|ports| ports.contains(&port));
        let out_of_reach = |asking: &run::Asking| asking.answer.is_err() && asking.port.is_some_and(listens);
        if !seen.answers.iter().any(out_of_reach) || !seen.running || self.args.running.offline {
            return Ok(seen);
        }
        let mut ports = image.ports();
        ports.extend(seen.ports.iter().flatten());
        ports.extend(asked.http.iter().filter_map(|http| http.port));
        asked.settings.network = self.engine.network(false)?;
        asked.settings.publish = ports.into_iter().collect();
        asked.direct = false;
        report.notes.push("the host did not reach the containers in an internal network, so their ports were published on 127.0.0.1 and the outside was in their reach".to_owned());
        run::observe(self.engine, image, asked)
    }

    /// Whether the original shows anything that a rewrite can be held against.
    fn usable(&self, seen: &Seen, compared: bool) -> Result<()> {
        let log = || {
            let last: Vec<&String> = seen.log.iter().rev().filter(|line| !line.trim().is_empty()).take(8).collect();
            last.into_iter().rev().map(|line| format!("\n{line}")).collect::<String>()
        };
        let what = if compared { "the original" } else { "it" };
        if let Some(failed) = &seen.failed {
            return Err(anyhow!("{what} does not start\n{failed}{}", log()));
        }
        if seen.oom_killed {
            return Err(anyhow!("{what} used more memory than it is given here{}", log()));
        }
        if !seen.running && seen.code != 0 && self.args.running.run.is_empty() {
            return Err(anyhow!(
                "{what} ends with status {}; give it what it needs with --env, --mount or --run{}",
                seen.code,
                log()
            ));
        }
        // Without a rewrite to compare it with, the rest is judged on its own.
        if !compared {
            return Ok(());
        }
        for asking in &seen.answers {
            if let Err(why) = &asking.answer {
                let port = asking.port.map_or("any port".to_owned(), |port| format!("port {port}"));
                let wait = "; --ready waits longer, and --http PORT/PATH names the port";
                return Err(anyhow!("the original does not answer {} on {port}: {why}{wait}{}", asking.path, log()));
            }
        }
        if let Some(ran) = seen.commands.iter().find(|ran| ran.code != Some(0)) {
            let words = ran.words.join(" ");
            return Err(anyhow!("--run {words}: fails with the original as well\n{}", ran.line));
        }
        Ok(())
    }

    /// Asks the rewritten image for what the original showed, where the rewrite moved it.
    fn follow(&self, seen: &Seen, image: &Image, asked: &mut Asked) {
        let moved = |port: u16| self.subject.moved.get(&port).copied().unwrap_or(port);
        let found = seen.ports.clone().unwrap_or_default();
        asked.settings.restricted = true;
        asked.ports = found.iter().map(|port| moved(*port)).collect();
        asked.settings.publish = asked.settings.publish.iter().map(|port| moved(*port)).collect();
        let port = |http: &Http| http.port.or_else(|| run::first(&image.ports(), seen.ports.as_ref()));
        let ask = |http: &Http| Http { port: port(http).map(moved), path: http.path.clone() };
        asked.http = asked.http.iter().map(ask).collect();
    }

    /// The files of an image.
    fn files(&self, image: &Image) -> Result<access::Tree> {
        let id = self.engine.create(&image.id, &Settings { network: "none".to_owned(), ..Settings::default() })?;
        let tree = self.engine.files(&id)?;
        self.engine.remove(&id)?;
        Ok(tree)
    }

    fn decide(&self, evidence: &Evidence<'_>, report: &mut Report) -> Result<()> {
        self.conclude(evidence::checks(evidence), report)?;
        if self.args.learn && report.outcome == Outcome::Disproven {
            let lost = writes::lost(evidence);
            report.learned = Some(learn::learn(self.args, self.subject, &lost)?);
        }
        Ok(())
    }

    fn conclude(&self, checks: Vec<Check>, report: &mut Report) -> Result<()> {
        let failed = checks.iter().any(|check| check.verdict == Verdict::Fails);
        report.outcome = if failed { Outcome::Disproven } else { Outcome::Proven };
        report.checks = checks;
        Ok(())
    }
}
