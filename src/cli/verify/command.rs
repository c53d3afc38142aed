//! Other programs: each with a time limit, each ended when a person presses Ctrl-C.

use std::io::Read;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::namespaces;

/// What is kept of an output; the rest is read and dropped, from the front.
const MOST: usize = 4 << 20;
/// How long a program that is told to stop may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks at a program.
const PAUSE: Duration = Duration::from_millis(20);

/// Runs programs until someone wants it to stop.
#[derive(Debug, Clone)]
pub(super) struct Runner {
    stop: Arc<AtomicBool>,
    /// Whether it goes on even then: for what removes things.
    heedless: bool,
}

/// How a program ended, and what it said.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

impl Ended {
    pub(super) fn ok(&self) -> bool {
        self.code == Some(0)
    }

    /// The last line that says something, of stderr or else of stdout.
    pub(super) fn last_line(&self) -> String {
        let line = |text: &str| text.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned);
        line(&self.err).or_else(|| line(&self.out)).unwrap_or_else(|| match self.code {
            Some(code) => format!("it ended with status {code} and said nothing"),
            None => "it was killed and said nothing".to_owned(),
        })
    }
}

impl Runner {
    /// From now on Ctrl-C, SIGTERM and SIGHUP end the programs, not this one: what they made has to be removed first.
    pub(super) fn new() -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, stop.clone()).context("signals cannot be caught")?;
        }
        Ok(Self { stop, heedless: false })
    }

    /// One that nobody stops: the signals of a test run are not its own.
    #[cfg(test)]
    pub(super) fn of_test() -> Self {
        Self { stop: Arc::default(), heedless: false }
    }

    /// The same, but it goes on whoever wants it to stop.
    pub(super) fn heedless(&self) -> Self {
        Self { heedless: true, ..self.clone() }
    }

    /// An error when someone wants it to stop.
    pub(super) fn check(&self) -> Result<()> {
        if !self.heedless && self.stop.load(Ordering::Relaxed) {
            bail!("interrupted");
        }
        Ok(())
    }

    /// Waits.
    pub(super) fn sleep(&self, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.check()?;
            thread::sleep(PAUSE.min(end.saturating_duration_since(Instant::now())));
        }
        self.check()
    }

    /// Runs a program to its end.
    pub(super) fn run(&self, command: &mut Command, limit: Duration) -> Result<Ended> {
        let (mut ended, out) = self.feed(command, limit, tail)?;
        ended.out = out;
        Ok(ended)
    }

    /// Runs a program to its end, and gives what it prints to `take` as it comes.
    pub(super) fn feed<T: Send>(
        &self,
        command: &mut Command,
        limit: Duration,
        take: impl FnOnce(ChildStdout) -> T + Send,
    ) -> Result<(Ended, T)> {
        self.check()?;
        let name = command.get_program().to_string_lossy().into_owned();
        // A group of its own: Ctrl-C in a terminal reaches only this program, which then ends the other in order.
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().with_context(|| format!("{name} cannot be run"))?;
        let streams = child.stdout.take().zip(child.stderr.take());
        let (stdout, stderr) = streams.with_context(|| format!("{name} cannot be read"))?;
        thread::scope(|scope| {
            let out = scope.spawn(|| take(stdout));
            let err = scope.spawn(|| tail(stderr));
            let status = self.wait(&mut child, &name, limit);
            let broken = |_| anyhow!("{name} cannot be read");
            let (out, err) = (out.join().map_err(broken)?, err.join().map_err(broken)?);
            Ok((Ended { code: status?.code(), out: String::new(), err }, out))
        })
    }

    fn wait(&self, child: &mut Child, name: &str, limit: Duration) -> Result<ExitStatus> {
        let start = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            let stopped = self.check();
            if stopped.is_err() || start.elapsed() > limit {
                end(child);
                stopped?;
                bail!("{name} took longer than {} seconds", limit.as_secs());
            }
            thread::sleep(PAUSE);
        }
    }
}

/// Ends a program with all that it started: kindly, then not.
fn end(child: &mut Child) {
    // podman forgets its working container when it is told to stop, and removes it when a step of the build fails.
    if namespaces::end_inside(child.id()) && ends(child) {
        return;
    }
    let group = Pid::from_child(child);
    let _ = kill_process_group(group, Signal::INT);
    ends(child);
    let _ = kill_process_group(group, Signal::KILL);
    let _ = child.wait();
}

/// Whether a program ends soon.
fn ends(child: &mut Child) -> bool {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if !matches!(child.try_wait(), Ok(None)) {
            return true;
        }
        thread::sleep(PAUSE);
    }
    false
}

/// All that comes, or the end of it.
fn tail(mut source: impl Read) -> String {
    let (mut kept, mut part) = (Vec::new(), [0; 1 << 16]);
    while let Ok(read @ 1..) = source.read(&mut part) {
        kept.extend_from_slice(part.get(..read).unwrap_or_default());
        if kept.len() > 2 * MOST {
            kept.drain(..kept.len() - MOST);
        }
    }
    String::from_utf8_lossy(&kept).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(text: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", text]);
        command
    }

    #[test]
    fn status_and_both_streams_come_back() {
        let ended =
            Runner::of_test().run(&mut shell("echo out; echo err >&2; exit 3"), Duration::from_secs(9)).unwrap();
        assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (Some(3), "out\n", "err\n"));
        assert_eq!(ended.last_line(), "err");
        let ended = Runner::of_test().run(&mut shell("yes | head -c 9000000"), Duration::from_secs(9)).unwrap();
        assert!(ended.ok() && ended.out.len() >= MOST);
        assert!(Runner::of_test().run(&mut Command::new("/no/such/program"), Duration::from_secs(9)).is_err());
    }

    #[test]
    fn what_takes_too_long_is_ended_with_its_children() {
        let start = Instant::now();
        let error = Runner::of_test().run(&mut shell("sleep 60 & sleep 60"), Duration::from_millis(100)).unwrap_err();
        assert!(format!("{error:#}").contains("took longer than"), "{error:#}");
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn whoever_wants_to_stop_stops_everything_but_the_removal() {
        let runner = Runner::of_test();
        runner.stop.store(true, Ordering::Relaxed);
        let second = Duration::from_secs(1);
        assert_eq!(runner.run(&mut shell("true"), second).unwrap_err().to_string(), "interrupted");
        assert!(runner.sleep(second).is_err());
        assert!(runner.heedless().run(&mut shell("true"), second).unwrap().ok());
    }
}
