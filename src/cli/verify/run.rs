//! Running an image, and looking at what it does until it is ready.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::engine::{Engine, Settings};
use super::parse::{self, Container, Image, Process};
use super::probe::{self, Answer};
use super::words::Http;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(300);
/// How long a container that is ready is watched, because a crash may follow.
const GRACE: Duration = Duration::from_millis(1000);
/// How long a command in a container may take.
const COMMAND: Duration = Duration::from_secs(120);
/// How long one try of a health check may take.
const CHECK: Duration = Duration::from_secs(15);

/// What is asked of a container.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) settings: Settings,
    /// Ports that are to listen; none when it is not known.
    pub(super) ports: BTreeSet<u16>,
    pub(super) http: Vec<Http>,
    pub(super) commands: Vec<Vec<String>>,
    pub(super) ready: Duration,
    /// Whether the host reaches it by its own address; else by published ports.
    pub(super) direct: bool,
}

/// What was seen of a container.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// Why it did not start.
    pub(super) failed: Option<String>,
    pub(super) running: bool,
    pub(super) code: i32,
    pub(super) oom_killed: bool,
    pub(super) processes: Vec<Process>,
    /// `None` when they cannot be seen from here.
    pub(super) ports: Option<BTreeSet<u16>>,
    pub(super) answers: Vec<Asking>,
    pub(super) commands: Vec<Ran>,
    pub(super) health: Option<Result<(), String>>,
    pub(super) changes: Vec<(parse::Kind, String)>,
    pub(super) log: Vec<String>,
}

/// One question over HTTP.
#[derive(Debug, Clone)]
pub(super) struct Asking {
    pub(super) port: Option<u16>,
    pub(super) path: String,
    pub(super) answer: Result<Answer, String>,
}

/// One `--run`.
#[derive(Debug, Clone)]
pub(super) struct Ran {
    pub(super) words: Vec<String>,
    pub(super) code: Option<i32>,
    pub(super) line: String,
}

impl Seen {
    /// Whether every question was answered.
    pub(super) fn answered(&self) -> bool {
        self.answers.iter().all(|asking| asking.answer.is_ok())
    }
}

/// Runs an image and looks. The container is removed afterwards.
pub(super) fn observe(engine: &Engine, image: &Image, asked: &Asked) -> Result<Seen> {
    let id = engine.create(&image.id, &asked.settings)?;
    let seen = match engine.start(&id)? {
        Err(failed) => Seen { failed: Some(failed), log: engine.log(&id).unwrap_or_default(), ..Seen::default() },
        Ok(()) => look(engine, image, asked, &id)?,
    };
    engine.remove(&id)?;
    Ok(seen)
}

fn look(engine: &Engine, image: &Image, asked: &Asked, id: &str) -> Result<Seen> {
    let mut seen = Seen::default();
    let check = image.health();
    let end = Instant::now() + asked.ready;
    loop {
        let container = engine.container(id)?;
        if !container.state.running {
            break;
        }
        seen.ports = ports(engine, &container, id)?;
        seen.answers = ask(image, asked, &container, seen.ports.as_ref());
        if let Some(words) = &check {
            let ended = engine.exec(id, words, CHECK)?;
            seen.health = Some(if ended.ok() { Ok(()) } else { Err(ended.last_line()) });
        }
        let ready = is_ready(image, asked, &seen);
        if ready || Instant::now() >= end {
            if ready {
                engine.runner.sleep(GRACE)?;
            }
            break;
        }
        engine.runner.sleep(PAUSE)?;
    }
    let container = engine.container(id)?;
    (seen.running, seen.code) = (container.state.running, container.state.exit_code);
    seen.oom_killed = container.state.oom_killed;
    if seen.running {
        seen.ports = ports(engine, &container, id)?;
        seen.processes = processes(engine, id)?;
    } else {
        let none =
            |http: &Http| Asking { port: http.port, path: http.path.clone(), answer: Err("it has ended".to_owned()) };
        (seen.ports, seen.answers) = (None, asked.http.iter().map(none).collect());
    }
    for words in &asked.commands {
        seen.commands.push(command(engine, image, asked, seen.running.then_some(id), words)?);
    }
    seen.changes = engine.changes(id)?;
    seen.log = engine.log(id)?;
    Ok(seen)
}

/// Whether all has happened that can be waited for. What shows no sign is watched to the end.
fn is_ready(image: &Image, asked: &Asked, seen: &Seen) -> bool {
    let healthy = !matches!(seen.health, Some(Err(_)));
    let exposed = image.ports();
    let wanted = if asked.ports.is_empty() { &exposed } else { &asked.ports };
    let listens = match &seen.ports {
        Some(ports) => (!ports.is_empty() && wanted.is_subset(ports), true),
        None => (true, false),
    };
    let sign = !asked.http.is_empty() || matches!(seen.health, Some(Ok(()))) || listens.1;
    sign && healthy && listens.0 && seen.answered()
}

/// Asks every question of `--http`.
fn ask(image: &Image, asked: &Asked, container: &Container, ports: Option<&BTreeSet<u16>>) -> Vec<Asking> {
    let one = |http: &Http| {
        let port = http.port.or_else(|| first(&image.ports(), ports));
        let address = port.and_then(|port| match asked.direct {
            true => Some(SocketAddr::new(container.address()?, port)),
            false => Some(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), container.published(port)?)),
        });
        let answer = match address {
            Some(address) => probe::get(address, &http.path).map_err(|error| format!("{error:#}")),
            None => Err("no port to ask".to_owned()),
        };
        Asking { port, path: http.path.clone(), answer }
    };
    asked.http.iter().map(one).collect()
}

/// The port that most likely speaks HTTP: one that EXPOSE names and that listens, else one that listens.
pub(super) fn first(exposed: &BTreeSet<u16>, listening: Option<&BTreeSet<u16>>) -> Option<u16> {
    let Some(listening) = listening else { return exposed.first().copied() };
    exposed.intersection(listening).next().or_else(|| listening.first()).or_else(|| exposed.first()).copied()
}

/// The ports that listen in a container.
fn ports(engine: &Engine, container: &Container, id: &str) -> Result<Option<BTreeSet<u16>>> {
    let pid = container.state.pid;
    if is_of(pid, id) {
        let table = |name: &str| fs::read_to_string(format!("/proc/{pid}/net/{name}"));
        let tables: Vec<String> = ["tcp", "tcp6"].into_iter().filter_map(|name| table(name).ok()).collect();
        return Ok((!tables.is_empty()).then(|| parse::listening(&tables.concat())));
    }
    // The engine is elsewhere: only the container itself can tell.
    let words = ["cat", "/proc/net/tcp", "/proc/net/tcp6"].map(str::to_owned);
    let ended = engine.exec(id, &words, CHECK)?;
    Ok(ended.out.contains("local_address").then(|| parse::listening(&ended.out)))
}

/// Whether a process of this machine belongs to the container: another machine's may have the same number.
fn is_of(pid: u32, id: &str) -> bool {
    pid > 0 && fs::read_to_string(format!("/proc/{pid}/cgroup")).is_ok_and(|cgroup| cgroup.contains(id))
}

/// The processes of a container with all their uids, where the kernel can be asked.
fn processes(engine: &Engine, id: &str) -> Result<Vec<Process>> {
    let mut all = engine.processes(id)?;
    for process in all.iter_mut().filter(|process| is_of(process.pid, id)) {
        let read = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", process.pid)).unwrap_or_default();
        if let Some(uids) = parse::uids(&read("status"), &read("uid_map")) {
            process.uids = uids;
        }
    }
    Ok(all)
}

/// Runs a command in the container, or in one of its own when that has ended.
fn command(engine: &Engine, image: &Image, asked: &Asked, running: Option<&str>, words: &[String]) -> Result<Ran> {
    let (code, line) = match running {
        Some(id) => {
            let ended = engine.exec(id, words, COMMAND)?;
            (ended.code, ended.last_line())
        }
        None => alone(engine, image, asked, words)?,
    };
    Ok(Ran { words: words.to_vec(), code, line })
}

fn alone(engine: &Engine, image: &Image, asked: &Asked, words: &[String]) -> Result<(Option<i32>, String)> {
    let Some((program, rest)) = words.split_first() else { return Ok((Some(0), String::new())) };
    let settings = Settings { command: Some((program.clone(), rest.to_vec())), ..asked.settings.clone() };
    let id = engine.create(&image.id, &settings)?;
    let ended = match engine.start(&id)? {
        Err(failed) => (None, failed),
        Ok(()) => {
            let end = Instant::now() + COMMAND;
            let mut state = engine.container(&id)?.state;
            while state.running && Instant::now() < end {
                engine.runner.sleep(PAUSE)?;
                state = engine.container(&id)?.state;
            }
            let log = engine.log(&id)?;
            (Some(state.exit_code).filter(|_| !state.running), log.last().cloned().unwrap_or_default())
        }
    };
    engine.remove(&id)?;
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ports: &[u16]) -> BTreeSet<u16> {
        ports.iter().copied().collect()
    }

    #[test]
    fn the_port_that_is_asked_listens() {
        assert_eq!(first(&set(&[80, 443]), Some(&set(&[443, 9000]))), Some(443));
        assert_eq!(first(&set(&[80]), Some(&set(&[3000, 9000]))), Some(3000));
        assert_eq!(first(&set(&[80]), Some(&set(&[]))), Some(80));
        assert_eq!((first(&set(&[81]), None), first(&set(&[]), None)), (Some(81), None));
    }

    #[test]
    fn readiness_needs_a_sign() {
        let image: Image = parse::inspected(r#"[{"Config":{"ExposedPorts":{"80/tcp":{}}}}]"#).unwrap();
        let mut asked = Asked {
            settings: Settings::default(),
            ports: BTreeSet::new(),
            http: Vec::new(),
            commands: Vec::new(),
            ready: Duration::ZERO,
            direct: true,
        };
        let ready = |asked: &Asked, seen: &Seen| is_ready(&image, asked, seen);
        let mut seen = Seen::default();
        assert!(!ready(&asked, &seen), "nothing can be seen");
        seen.ports = Some(set(&[]));
        assert!(!ready(&asked, &seen));
        seen.ports = Some(set(&[80]));
        assert!(ready(&asked, &seen));
        asked.ports = set(&[8080]);
        assert!(!ready(&asked, &seen), "it is to listen elsewhere");
        asked.ports.clear();
        seen.health = Some(Err("no".to_owned()));
        assert!(!ready(&asked, &seen));
        seen.health = Some(Ok(()));
        seen.answers = vec![Asking { port: Some(80), path: "/".to_owned(), answer: Err("refused".to_owned()) }];
        assert!(!ready(&asked, &seen));
    }

    #[test]
    fn a_process_of_another_machine_is_not_taken_for_ours() {
        assert!(!is_of(std::process::id(), "0123456789abcdef0123456789abcdef"));
        assert!(!is_of(0, ""));
    }
}
