//! What engines and the kernel print, as data.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// An image, as `image inspect` shows it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Image {
    pub(super) id: String,
    pub(super) size: u64,
    pub(super) config: Config,
    /// Where podman shows it.
    healthcheck: Option<Healthcheck>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Config {
    pub(super) user: String,
    exposed_ports: Option<BTreeMap<String, serde::de::IgnoredAny>>,
    volumes: Option<BTreeMap<String, serde::de::IgnoredAny>>,
    pub(super) env: Option<Vec<String>>,
    healthcheck: Option<Healthcheck>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Healthcheck {
    test: Option<Vec<String>>,
}

impl Image {
    /// The TCP ports of EXPOSE.
    pub(super) fn ports(&self) -> BTreeSet<u16> {
        let names = self.config.exposed_ports.iter().flat_map(BTreeMap::keys);
        names.filter_map(|name| name.strip_suffix("/tcp").unwrap_or(name).parse().ok()).collect()
    }

    pub(super) fn volumes(&self) -> Vec<&str> {
        self.config.volumes.iter().flat_map(BTreeMap::keys).map(String::as_str).collect()
    }

    /// The value of a variable.
    pub(super) fn env(&self, name: &str) -> Option<&str> {
        let all = self.config.env.iter().flatten();
        all.rev().find_map(|entry| entry.strip_prefix(name)?.strip_prefix('='))
    }

    /// The words of HEALTHCHECK, as they are run.
    pub(super) fn health(&self) -> Option<Vec<String>> {
        let test = self.config.healthcheck.as_ref().or(self.healthcheck.as_ref())?.test.as_deref()?;
        match test.split_first()? {
            (kind, words) if kind == "CMD" => Some(words.to_vec()).filter(|words| !words.is_empty()),
            (kind, [text]) if kind == "CMD-SHELL" => Some(["/bin/sh", "-c", text].map(str::to_owned).to_vec()),
            _ => None,
        }
    }
}

/// A container, as `container inspect` shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Container {
    pub(super) id: String,
    pub(super) state: State,
    network_settings: Networks,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct State {
    pub(super) running: bool,
    pub(super) pid: u32,
    pub(super) exit_code: i32,
    #[serde(rename = "OOMKilled")]
    pub(super) oom_killed: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Networks {
    networks: Option<BTreeMap<String, Network>>,
    ports: Option<BTreeMap<String, Option<Vec<Binding>>>>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Network {
    #[serde(rename = "IPAddress")]
    address: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Binding {
    host_port: String,
}

impl Container {
    /// Its address in its network.
    pub(super) fn address(&self) -> Option<std::net::IpAddr> {
        self.network_settings.networks.iter().flat_map(BTreeMap::values).find_map(|found| found.address.parse().ok())
    }

    /// The port of the host that a port of it is published on.
    pub(super) fn published(&self, port: u16) -> Option<u16> {
        let bindings = self.network_settings.ports.as_ref()?.get(&format!("{port}/tcp"))?.as_ref()?;
        bindings.first()?.host_port.parse().ok()
    }
}

/// The first object of an `inspect`.
pub(super) fn inspected<T: DeserializeOwned>(json: &str) -> Result<T> {
    let all: Vec<T> = serde_json::from_str(json).context("the engine's inspect is not as expected")?;
    all.into_iter().next().context("the engine's inspect shows nothing")
}

/// A process of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// Every uid that it has: real, effective, saved, of file access. None where only a name was told.
    pub(super) uids: BTreeSet<u32>,
    /// The user as it was told.
    pub(super) user: String,
    pub(super) command: String,
}

/// The lines of `top` with the columns pid, user and command.
pub(super) fn top(text: &str) -> Vec<Process> {
    let line = |line: &str| {
        let (pid, rest) = line.trim().split_once(char::is_whitespace)?;
        let rest = rest.trim_start();
        let (user, command) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let uids = if user == "root" { Some(0) } else { user.parse().ok() }.into_iter().collect();
        let (user, command) = (user.to_owned(), command.trim().to_owned());
        Some(Process { pid: pid.parse().ok()?, uids, user, command })
    };
    text.lines().filter_map(line).collect()
}

/// The uids of a `/proc/PID/status`, as the namespace whose `/proc/PID/uid_map` is given counts them.
pub(super) fn uids(status: &str, map: &str) -> Option<BTreeSet<u32>> {
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    let ranges: Vec<[u64; 3]> = map
        .lines()
        .filter_map(|line| {
            let mut numbers = line.split_whitespace().map(|number| number.parse().ok());
            Some([numbers.next()??, numbers.next()??, numbers.next()??])
        })
        .collect();
    let inside = |uid: u64| {
        let range = ranges.iter().find(|[_, from, count]| (*from..from + count).contains(&uid));
        range.map_or(uid, |[to, from, _]| uid - from + to)
    };
    let uids = line.split_whitespace().map(|uid| u32::try_from(inside(uid.parse().ok()?)).ok());
    uids.collect::<Option<BTreeSet<u32>>>().filter(|uids| !uids.is_empty())
}

/// The address that Docker's own name server has in every container of a network, as the kernel prints it.
const NAME_SERVER: &str = "0B00007F";

/// The ports that something of the container listens on, from `/proc/PID/net/tcp` and `tcp6`.
pub(super) fn listening(tables: &str) -> BTreeSet<u16> {
    let line = |line: &str| {
        let mut words = line.split_whitespace().skip(1);
        let (address, _, state) = (words.next()?, words.next()?, words.next()?);
        let (address, port) = address.rsplit_once(':')?;
        (state == "0A" && address != NAME_SERVER).then(|| u16::from_str_radix(port, 16).ok())?
    };
    tables.lines().filter_map(line).collect()
}

/// What became of a path of a container's file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Added,
    Changed,
    Deleted,
}

/// The lines of `diff`, without folders that are named only for what is in them, and without what the engine makes.
pub(super) fn changes(text: &str) -> Vec<(Kind, String)> {
    let line = |line: &str| {
        let (kind, path) = line.split_once(' ')?;
        let kind = match kind {
            "A" => Kind::Added,
            "C" => Kind::Changed,
            "D" => Kind::Deleted,
            _ => return None,
        };
        Some((kind, path.to_owned()))
    };
    let all: BTreeMap<String, Kind> = text.lines().filter_map(line).map(|(kind, path)| (path, kind)).collect();
    let holds = |folder: &String| {
        let below = format!("{folder}/");
        all.range(below.clone()..).next().is_some_and(|(path, _)| path.starts_with(&below))
    };
    let named = |path: &String, kind: Kind| kind != Kind::Changed || !holds(path);
    let own = all.iter().filter(|(path, kind)| !is_engines(path) && named(path, **kind));
    own.map(|(path, kind)| (*kind, path.clone())).collect()
}

/// Whether a path is made by the engine, in every container.
fn is_engines(path: &str) -> bool {
    const FILES: [&str; 8] = [
        "/.dockerenv",
        "/etc",
        "/etc/hostname",
        "/etc/hosts",
        "/etc/mtab",
        "/etc/resolv.conf",
        "/run",
        "/run/.containerenv",
    ];
    let below = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    FILES.contains(&path) || ["/dev", "/proc", "/run/secrets", "/sys"].into_iter().any(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_tells_its_user_ports_volumes_and_check() {
        let image: Image = inspected(
            r#"[{"Id":"sha256:a","Size":7,"Config":{"User":"1000","ExposedPorts":{"80/tcp":{},"53/udp":{}},
            "Volumes":{"/data":{}},"Env":["HOME=/a","HOME=/b"],
            "Healthcheck":{"Test":["CMD-SHELL","curl x"],"Interval":5}}}]"#,
        )
        .unwrap();
        assert_eq!((image.config.user.as_str(), image.size, image.env("HOME")), ("1000", 7, Some("/b")));
        assert_eq!((image.ports(), image.volumes()), (BTreeSet::from([80]), vec!["/data"]));
        assert_eq!(image.health().unwrap(), ["/bin/sh", "-c", "curl x"]);
        let of = |text: &str| inspected::<Image>(text).unwrap();
        assert_eq!(of(r#"[{"Id":"a","Config":{"Volumes":null}}]"#).health(), None);
        assert_eq!(of(r#"[{"Healthcheck":{"Test":["CMD","a","b"]}}]"#).health().unwrap(), ["a", "b"]);
        assert_eq!(of(r#"[{"Config":{"Healthcheck":{"Test":["NONE"]}}}]"#).health(), None);
        assert!(inspected::<Image>("[]").is_err() && inspected::<Image>("x").is_err());
    }

    #[test]
    fn a_container_tells_its_state_and_address() {
        let container: Container = inspected(
            r#"[{"Id":"c","State":{"Running":true,"Pid":12,"ExitCode":0,"OOMKilled":false},"NetworkSettings":{
            "Ports":{"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"32768"}],"81/tcp":null},
            "Networks":{"n":{"IPAddress":"172.18.0.2"}}}}]"#,
        )
        .unwrap();
        assert!(container.state.running && container.state.pid == 12);
        assert_eq!(container.address(), Some([172, 18, 0, 2].into()));
        assert_eq!(
            (container.published(80), container.published(81), container.published(82)),
            (Some(32768), None, None)
        );
        let none: Container =
            inspected(r#"[{"NetworkSettings":{"Ports":null,"Networks":{"none":{"IPAddress":""}}}}]"#).unwrap();
        assert_eq!((none.address(), none.published(80)), (None, None));
    }

    #[test]
    fn processes_are_read_from_top() {
        let text = "PID      UID      COMMAND\n12835    1000     python3 -m x\n7 root init\n8 1\n9 app x\n";
        let read = top(text);
        let shown: Vec<_> = read.iter().map(|p| (p.pid, p.uids.first().copied(), p.command.as_str())).collect();
        let expected = [(12835, Some(1000), "python3 -m x"), (7, Some(0), "init"), (8, Some(1), ""), (9, None, "x")];
        assert_eq!(shown, expected);
        assert_eq!(read.last().unwrap().user, "app");
    }

    #[test]
    fn uids_are_those_of_the_container() {
        let status = "Name:\tx\nUid:\t1000\t0\t1000\t1000\nGid:\t0\t0\t0\t0\n";
        assert_eq!(uids(status, "         0          0 4294967295\n"), Some(BTreeSet::from([0, 1000])));
        // Root of a container whose ids start at 1000 is 1000 here.
        let shifted = "0 1000 1\n1 100000 65536\n";
        assert_eq!(uids("Uid:\t1000\t1000\t1000\t1000\n", shifted), Some(BTreeSet::from([0])));
        assert_eq!(uids("Uid:\t100999\t100999\t100999\t100999\n", shifted), Some(BTreeSet::from([1000])));
        assert_eq!(uids("Name: x\n", ""), None);
    }

    #[test]
    fn only_what_listens_is_a_port() {
        let text = "\
  sl  local_address rem_address   st tx_queue rx_queue\n\
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000\n\
   2: 0B00007F:A617 00000000:0000 0A 00000000:00000000 00:00000000\n\
   1: 0100007F:0050 0100007F:1F90 01 00000000:00000000 00:00000000\n\
   0: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A 0\n";
        assert_eq!(listening(text), BTreeSet::from([443, 8080]));
    }

    #[test]
    fn folders_and_the_engines_files_are_no_writes() {
        let text = "C /app\nA /app/db.sqlite\nC /etc\nC /etc/hosts\nA /run/secrets\nA /data\nA /data/a b\nD /tmp/x\nC /var\n\
                    C /run\nC /run/nginx.pid\nA /run/.containerenv\nA /devices\n";
        let found = changes(text);
        let shown: Vec<_> = found.iter().map(|(kind, path)| (*kind, path.as_str())).collect();
        let added = |path| (Kind::Added, path);
        assert_eq!(
            shown,
            [
                added("/app/db.sqlite"),
                added("/data"),
                added("/data/a b"),
                added("/devices"),
                (Kind::Changed, "/run/nginx.pid"),
                (Kind::Deleted, "/tmp/x"),
                (Kind::Changed, "/var"),
            ]
        );
    }
}
