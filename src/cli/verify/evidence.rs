//! From what was seen to what it proves: one check for each thing that a rewrite must keep, or must end.

use std::collections::BTreeSet;

use serde::Serialize;

use super::access::{Tree, Who};
use super::parse::{Image, Process};
use super::run::Seen;
use super::subject::Subject;
use super::{kubelet, writes};

/// What one check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    Holds,
    Fails,
    /// It could not be seen, or there is nothing to compare it with.
    Unseen,
    /// Told, and nothing hangs on it.
    Note,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    pub(super) check: &'static str,
    pub(super) verdict: Verdict,
    /// With the original; null where there was none.
    pub(super) before: Option<String>,
    /// With what unroot would write.
    pub(super) after: String,
    /// What shows it.
    pub(super) lines: Vec<String>,
}

/// An image that was built and run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) image: &'a Image,
    pub(super) seen: &'a Seen,
}

/// All that is known of both.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evidence<'a> {
    pub(super) subject: &'a Subject,
    /// `None` when nothing would be rewritten.
    pub(super) before: Option<Side<'a>>,
    pub(super) after: Side<'a>,
    /// The files of the rewritten image.
    pub(super) tree: &'a Tree,
}

/// Most lines that show one thing.
const MOST: usize = 20;

/// Everything that was looked at.
pub(super) fn checks(evidence: &Evidence<'_>) -> Vec<Check> {
    let built = check("build", Verdict::Holds, evidence.before.map(|_| "built".to_owned()), "built");
    let mut checks = vec![built, user(evidence), start(evidence)];
    if evidence.after.seen.failed.is_none() {
        checks.extend([processes(evidence), ports(evidence)]);
        checks.extend(answers(evidence));
        checks.extend(commands(evidence));
        checks.extend(health(evidence));
        checks.extend(writes::told(evidence));
    }
    checks.extend([log(evidence), system(evidence), size(evidence)]);
    checks
}

pub(super) fn check(name: &'static str, verdict: Verdict, before: Option<String>, after: impl Into<String>) -> Check {
    Check { check: name, verdict, before, after: after.into(), lines: Vec::new() }
}

impl Check {
    pub(super) fn with(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        let mut lines = lines.into_iter();
        self.lines.extend(lines.by_ref().take(MOST));
        let rest = lines.count();
        if rest > 0 {
            self.lines.push(format!("… and {rest} more"));
        }
        self
    }
}

impl Check {
    /// The line that shows it best: something that was denied, else the last that a program said before it ended, else
    /// the first.
    pub(super) fn telling(&self) -> Option<&str> {
        let mut lines = self.lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
        let denied = lines.clone().find(|line| is_denied(line));
        denied
            .or_else(|| if matches!(self.check, "start" | "build" | "run") { lines.next_back() } else { lines.next() })
    }
}

impl Evidence<'_> {
    /// Who runs the process of the rewritten image.
    pub(super) fn who(&self) -> Option<Who> {
        self.tree.who(&self.after.image.config.user)
    }

    /// A port of the original, where it is now.
    pub(super) fn port(&self, port: u16) -> u16 {
        self.subject.moved.get(&port).copied().unwrap_or(port)
    }

    fn before<T>(&self, of: impl FnOnce(Side<'_>) -> T) -> Option<T> {
        self.before.map(of)
    }
}

fn user(evidence: &Evidence<'_>) -> Check {
    let named = |image: &Image| match image.config.user.as_str() {
        "" => "root".to_owned(),
        user => user.to_owned(),
    };
    let (before, image) = (evidence.before(|side| named(side.image)), evidence.after.image);
    let verdict = match (evidence.who(), evidence.before) {
        (Some(Who { uid: 1.., .. }), _) => Verdict::Holds,
        // An entrypoint may get off root by itself, which unroot leaves as it is: its processes tell.
        (Some(_), None) if processes(evidence).verdict == Verdict::Holds => Verdict::Note,
        _ => Verdict::Fails,
    };
    let told = match (evidence.who(), kubelet::judge(&image.config.user)) {
        (None, _) => "there is no such account in the image".to_owned(),
        (_, Ok(_)) => "kubelet's runAsNonRoot accepts it".to_owned(),
        (_, Err(why)) => format!("kubelet's runAsNonRoot refuses it: {why}"),
    };
    check("user", verdict, before, named(image)).with([told])
}

fn start(evidence: &Evidence<'_>) -> Check {
    let told = |seen: &Seen| match &seen.failed {
        Some(_) => "does not start".to_owned(),
        None if seen.running => "runs".to_owned(),
        None if seen.oom_killed => "was killed: it used more than its memory limit".to_owned(),
        None => format!("ended with status {}", seen.code),
    };
    let seen = evidence.after.seen;
    let good = |before: &Seen| seen.failed.is_none() && (seen.running, seen.code) == (before.running, before.code);
    let fine = match evidence.before {
        Some(side) => good(side.seen),
        None => seen.failed.is_none() && (seen.running || seen.code == 0),
    };
    let made = check("start", holds(fine), evidence.before(|side| told(side.seen)), told(seen));
    if fine {
        return made;
    }
    let last = seen.log.iter().rev().filter(|line| !line.trim().is_empty()).take(5).cloned().collect::<Vec<_>>();
    made.with(seen.failed.clone()).with(last.into_iter().rev())
}

fn processes(evidence: &Evidence<'_>) -> Check {
    let user = |process: &Process| match list(&process.uids) {
        uids if uids.is_empty() => format!("user {}", process.user),
        uids => format!("uid {uids}"),
    };
    let users = |seen: &Seen| seen.processes.iter().map(user).collect::<BTreeSet<String>>();
    let told = |seen: &Seen| match users(seen) {
        _ if !seen.running => "it has ended".to_owned(),
        users if users.is_empty() => "cannot be seen".to_owned(),
        users => list(&users),
    };
    let seen = evidence.after.seen;
    let verdict = match () {
        () if seen.processes.iter().any(|process| process.uids.contains(&0)) => Verdict::Fails,
        () if seen.processes.is_empty() => Verdict::Unseen,
        () => Verdict::Holds,
    };
    let lines = seen.processes.iter().map(|process| format!("{}: {}", user(process), process.command));
    check("processes", verdict, evidence.before(|side| told(side.seen)), told(seen)).with(lines)
}

fn ports(evidence: &Evidence<'_>) -> Check {
    /// Ports from here on are handed out by the kernel.
    const EPHEMERAL: u16 = 32768;
    let told = |seen: &Seen| match &seen.ports {
        None if !seen.running => "it has ended".to_owned(),
        None => "cannot be seen".to_owned(),
        Some(ports) if ports.is_empty() => "none listens".to_owned(),
        Some(ports) => list(ports),
    };
    let seen = evidence.after.seen;
    let before = evidence.before(|side| told(side.seen));
    let pair = (evidence.before.map(|side| side.seen.ports.as_ref()), seen.ports.as_ref());
    let (Some(Some(old)), Some(new)) = pair else {
        return check(
            "ports",
            if evidence.before.is_none() { Verdict::Note } else { Verdict::Unseen },
            before,
            told(seen),
        );
    };
    let wanted = old.iter().filter(|port| **port < EPHEMERAL);
    let missing: Vec<String> = wanted
        .filter(|port| !new.contains(&evidence.port(**port)))
        .map(|port| match evidence.port(*port) {
            moved if moved == *port => format!("nothing listens on {port}"),
            moved => format!("the original listens on {port}, and nothing listens on {moved} now"),
        })
        .collect();
    check("ports", holds(missing.is_empty()), before, told(seen)).with(missing)
}

fn answers(evidence: &Evidence<'_>) -> Vec<Check> {
    let told = |asking: &super::run::Asking| {
        let port = asking.port.map_or("?".to_owned(), |port| port.to_string());
        match &asking.answer {
            Ok(answer) => format!("{} with {} bytes on {port}", answer.status, answer.len),
            Err(why) => format!("{why} on {port}"),
        }
    };
    let status = |asking: &super::run::Asking| asking.answer.as_ref().ok().map(|answer| answer.status);
    let all = evidence.after.seen.answers.iter().enumerate();
    all.map(|(at, after)| {
        let before = evidence.before.and_then(|side| side.seen.answers.get(at));
        let fine = match before {
            Some(before) => status(before) == status(after) && status(after).is_some(),
            None => status(after).is_some_and(|status| status < 500),
        };
        let line = match before {
            Some(before) if !fine => format!("GET {}: {}, and {} before", after.path, told(after), told(before)),
            None if !fine => format!("GET {}: {}", after.path, told(after)),
            _ => format!("GET {}", after.path),
        };
        check("http", holds(fine), before.map(told), told(after)).with([line])
    })
    .collect()
}

fn commands(evidence: &Evidence<'_>) -> Vec<Check> {
    let told = |ran: &super::run::Ran| match ran.code {
        Some(code) => format!("status {code}"),
        None => "did not run".to_owned(),
    };
    let all = evidence.after.seen.commands.iter().enumerate();
    all.map(|(at, after)| {
        let before = evidence.before.and_then(|side| side.seen.commands.get(at));
        let fine = before.map_or(after.code == Some(0), |before| before.code == after.code && after.code.is_some());
        let line = (!fine).then(|| after.line.clone());
        check("run", holds(fine), before.map(told), told(after)).with([after.words.join(" ")]).with(line)
    })
    .collect()
}

fn health(evidence: &Evidence<'_>) -> Option<Check> {
    let told = |health: &Result<(), String>| if health.is_ok() { "healthy" } else { "unhealthy" };
    let after = evidence.after.seen.health.as_ref()?;
    let before = evidence.before.and_then(|side| side.seen.health.as_ref());
    let verdict = match (before, after) {
        (_, Ok(())) => Verdict::Holds,
        // What was unhealthy as root proves nothing.
        (Some(Err(_)), Err(_)) => Verdict::Unseen,
        (_, Err(_)) => Verdict::Fails,
    };
    let made = check("health", verdict, before.map(|health| told(health).to_owned()), told(after));
    Some(made.with(after.as_ref().err().cloned()))
}

/// What a program says when it wants to be root.
const DENIED: [&str; 4] = ["permission denied", "operation not permitted", "eacces", "eperm"];

fn is_denied(line: &str) -> bool {
    let line = line.to_lowercase();
    DENIED.iter().any(|word| line.contains(word))
}

fn log(evidence: &Evidence<'_>) -> Check {
    let denied = |seen: &Seen| seen.log.iter().filter(|line| is_denied(line)).cloned().collect::<Vec<String>>();
    // Times and process ids differ from run to run.
    let plain = |line: &String| line.chars().filter(|letter| !letter.is_ascii_digit()).collect::<String>();
    let before = evidence.before(|side| denied(side.seen));
    let known: BTreeSet<String> = before.iter().flatten().map(plain).collect();
    let mut seen = BTreeSet::new();
    let after = denied(evidence.after.seen);
    let new: Vec<String> =
        after.iter().filter(|line| !known.contains(&plain(line)) && seen.insert(plain(line))).cloned().collect();
    let told = |count: usize| match count {
        0 => "nothing denied".to_owned(),
        1 => "1 line of something denied".to_owned(),
        count => format!("{count} lines of something denied"),
    };
    let verdict = match evidence.before {
        None if !new.is_empty() => Verdict::Note,
        _ => holds(new.is_empty()),
    };
    check("log", verdict, before.map(|before| told(before.len())), told(after.len())).with(new)
}

/// Folders with which an account could make itself root.
const SYSTEM: [&str; 10] =
    ["/etc", "/etc/passwd", "/usr", "/usr/bin", "/usr/sbin", "/usr/lib", "/bin", "/sbin", "/lib", "/lib64"];

fn system(evidence: &Evidence<'_>) -> Check {
    let Some(who) = evidence.who().filter(|who| who.uid != 0) else {
        return check("system", Verdict::Unseen, None, "root may write everything");
    };
    let writable = |path: &&&str| evidence.tree.exists(path) && evidence.tree.writable(path, &who).is_ok();
    let open: Vec<String> =
        SYSTEM.iter().filter(writable).map(|path| format!("{path} can be written by uid {}", who.uid)).collect();
    let told = if open.is_empty() { "cannot be written" } else { "can be written" };
    check("system", holds(open.is_empty()), None, told).with(open)
}

fn size(evidence: &Evidence<'_>) -> Check {
    let told = |image: &Image| match image.size {
        small @ ..1_000_000 => format!("{} kB", small.div_ceil(1000)),
        size => format!("{}.{} MB", size / 1_000_000, size / 100_000 % 10),
    };
    check("size", Verdict::Note, evidence.before(|side| told(side.image)), told(evidence.after.image))
}

fn holds(fine: bool) -> Verdict {
    if fine { Verdict::Holds } else { Verdict::Fails }
}

fn list<T: ToString>(all: &BTreeSet<T>) -> String {
    all.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[path = "evidence_tests.rs"]
mod tests;
