//! What an account may write in an image, from the owners and modes of its files: no helper has to run in it, so this
//! holds for images without a shell too.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use anyhow::{Context as _, Result};

/// Links that are followed before it counts as a loop.
const LINKS: usize = 40;
/// Most bytes of a list of accounts.
const LIST: u64 = 1 << 20;

/// The files of an image.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: BTreeMap<String, Node>,
    passwd: String,
    group: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    uid: u32,
    gid: u32,
    mode: u32,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    Link(String),
}

/// Who runs a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Who {
    pub(super) uid: u32,
    gids: BTreeSet<u32>,
    pub(super) home: Option<String>,
}

impl Who {
    /// Whether the mode of a node lets it: 4 read, 2 write, 1 search.
    fn may(&self, node: &Node, bit: u32) -> bool {
        let shift = match (node.uid == self.uid, self.gids.contains(&node.gid)) {
            (true, _) => 6,
            (false, true) => 3,
            (false, false) => 0,
        };
        node.mode >> shift & bit != 0
    }
}

impl Tree {
    /// Reads what `export` prints: a tar archive.
    pub(super) fn read(archive: impl Read) -> Result<Self> {
        let mut tree = Self::default();
        let mut archive = tar::Archive::new(archive);
        for entry in archive.entries().context("the engine's export is no tar archive")? {
            let mut entry = entry.context("the engine's export is cut off")?;
            let path = entry.path_bytes();
            let path = String::from_utf8_lossy(&path).into_owned();
            let path = path.trim_start_matches("./").trim_matches('/').to_owned();
            let header = entry.header();
            let number = |found: std::io::Result<u64>| found.ok().and_then(|id| u32::try_from(id).ok());
            let (uid, gid) = (number(header.uid()).unwrap_or(u32::MAX), number(header.gid()).unwrap_or(u32::MAX));
            let mode = header.mode().unwrap_or(0) & 0o7777;
            let kind = match header.entry_type() {
                tar::EntryType::Directory => Kind::Folder,
                tar::EntryType::Symlink => {
                    let target = entry.link_name_bytes().unwrap_or_default();
                    Kind::Link(String::from_utf8_lossy(&target).into_owned())
                }
                _ => Kind::File,
            };
            let list = match path.as_str() {
                "etc/passwd" => Some(&mut tree.passwd),
                "etc/group" => Some(&mut tree.group),
                _ => None,
            };
            if let Some(list) = list {
                let mut bytes = Vec::new();
                entry.by_ref().take(LIST).read_to_end(&mut bytes).context("the engine's export is cut off")?;
                *list = String::from_utf8_lossy(&bytes).into_owned();
            }
            tree.nodes.insert(format!("/{path}"), Node { uid, gid, mode, kind });
        }
        // The engine has not ended well when nobody takes the padding at the end.
        let _ = std::io::copy(&mut archive.into_inner(), &mut std::io::sink());
        // The root itself is not exported; every engine makes it so.
        tree.nodes.entry("/".to_owned()).or_insert(Node { uid: 0, gid: 0, mode: 0o755, kind: Kind::Folder });
        Ok(tree)
    }

    /// The account that an image's user names, as an engine finds it; `None` when there is none.
    pub(super) fn who(&self, user: &str) -> Option<Who> {
        let (name, group) = user.split_once(':').map_or((user, None), |(name, group)| (name, Some(group)));
        let name = if name.is_empty() { "0" } else { name };
        let number = name.parse::<u32>().ok();
        let accounts = || self.passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let id = |fields: &[&str], at: usize| fields.get(at).and_then(|id| id.parse::<u32>().ok());
        let mut found = accounts().filter(|fields| match number {
            Some(number) => id(fields, 2) == Some(number),
            None => fields.first() == Some(&name),
        });
        let account = found.next();
        let uid = number.or_else(|| id(account.as_deref()?, 2))?;
        let groups = || self.group.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let mut gids = BTreeSet::new();
        match group.filter(|group| !group.is_empty()) {
            Some(group) => {
                let named = || groups().find(|fields| fields.first() == Some(&group)).and_then(|fields| id(&fields, 2));
                gids.insert(group.parse().ok().or_else(named)?);
            }
            // Without a group in USER: that of the account, and all that list it.
            None => {
                gids.insert(account.as_deref().and_then(|fields| id(fields, 3)).unwrap_or(0));
                let listed = account.as_deref().and_then(|fields| fields.first().copied());
                let lists = |fields: &Vec<&str>| {
                    fields
                        .get(3)
                        .is_some_and(|members| listed.is_some_and(|name| members.split(',').any(|it| it == name)))
                };
                gids.extend(groups().filter(lists).filter_map(|fields| id(&fields, 2)));
            }
        }
        let home = account.as_deref().and_then(|fields| fields.get(5)).map(|home| (*home).to_owned());
        Some(Who { uid, gids, home: home.filter(|home| home.starts_with('/')) })
    }

    /// Whether the account may write the file, or in the folder, at `path`; where there is neither, whether it may make
    /// it. Else the reason.
    pub(super) fn writable(&self, path: &str, who: &Who) -> Result<(), String> {
        let (at, rest) = self.walk(path, who)?;
        let node = self.nodes.get(&at);
        let shown = || node.map_or_else(|| at.clone(), |node| describe(&at, node));
        let (Some(node), what) = (node, if rest { "make it there" } else { "write it" }) else {
            return Err(format!("{at} is not there"));
        };
        let wanted: &[u32] = if node.kind == Kind::Folder { &[2, 1] } else { &[2] };
        if rest && node.kind != Kind::Folder {
            return Err(format!("{at} is no folder"));
        }
        match wanted.iter().all(|bit| who.may(node, *bit)) {
            true => Ok(()),
            false => Err(format!("{}, so uid {} cannot {what}", shown(), who.uid)),
        }
    }

    /// Whether the account may remove what is at `path`.
    pub(super) fn removable(&self, path: &str, who: &Who) -> Result<(), String> {
        self.writable(
            path.rsplit_once('/').map_or("/", |(folder, _)| if folder.is_empty() { "/" } else { folder }),
            who,
        )
    }

    pub(super) fn exists(&self, path: &str) -> bool {
        self.nodes.contains_key(path)
    }

    pub(super) fn is_folder(&self, path: &str) -> bool {
        self.nodes.get(path).is_some_and(|node| node.kind == Kind::Folder)
    }

    /// The place that a path leads to, or the last one on its way that is there, and whether something is missing there.
    fn walk(&self, path: &str, who: &Who) -> Result<(String, bool), String> {
        let mut pending: Vec<String> = parts(path).rev().collect();
        let (mut at, mut links) = (String::new(), 0);
        while let Some(part) = pending.pop() {
            if part == ".." {
                at.truncate(at.rfind('/').unwrap_or(0));
                continue;
            }
            let here = if at.is_empty() { "/" } else { &at };
            match self.nodes.get(here) {
                Some(node) if node.kind == Kind::Folder && !who.may(node, 1) => {
                    return Err(format!("{}, so uid {} cannot get in", describe(here, node), who.uid));
                }
                _ => {}
            }
            let next = format!("{at}/{part}");
            match self.nodes.get(&next).map(|node| &node.kind) {
                None => return Ok((here.to_owned(), true)),
                Some(Kind::Link(target)) => {
                    links += 1;
                    if links > LINKS {
                        return Err(format!("{next} is a loop of links"));
                    }
                    if target.starts_with('/') {
                        at.clear();
                    }
                    pending.extend(parts(target).rev());
                }
                Some(_) => at = next,
            }
        }
        Ok((if at.is_empty() { "/".to_owned() } else { at }, false))
    }
}

fn parts(path: &str) -> impl DoubleEndedIterator<Item = String> + '_ {
    path.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned)
}

fn describe(path: &str, node: &Node) -> String {
    format!("{path} is {}:{} {:04o}", node.uid, node.gid, node.mode)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n";
    const GROUP: &str = "root:x:0:\nnode:x:1000:\nvideo:x:44:games,node\n";

    fn tree() -> Tree {
        let mut builder = tar::Builder::new(Vec::new());
        let mut add = |path: &str, kind, ids: (u64, u64), mode, link: &str, text: &str| {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(kind);
            header.set_uid(ids.0);
            header.set_gid(ids.1);
            header.set_mode(mode);
            header.set_size(text.len() as u64);
            if link.is_empty() {
                builder.append_data(&mut header, path, text.as_bytes()).unwrap();
            } else {
                builder.append_link(&mut header, path, link).unwrap();
            }
        };
        use tar::EntryType::{Directory, Regular, Symlink};
        add("etc/", Directory, (0, 0), 0o755, "", "");
        add("etc/passwd", Regular, (0, 0), 0o644, "", PASSWD);
        add("etc/group", Regular, (0, 0), 0o644, "", GROUP);
        add("app/", Directory, (1000, 1000), 0o755, "", "");
        add("app/server.js", Regular, (0, 0), 0o644, "", "x");
        add("dev/", Directory, (0, 44), 0o775, "", "");
        add("tmp/", Directory, (0, 0), 0o1777, "", "");
        add("root/", Directory, (0, 0), 0o700, "", "");
        add("root/open/", Directory, (1000, 1000), 0o777, "", "");
        add("var/", Directory, (0, 0), 0o755, "", "");
        add("var/run", Symlink, (0, 0), 0o777, "../run", "");
        add("run/", Directory, (0, 0), 0o755, "", "");
        add("run/app/", Directory, (1000, 0), 0o700, "", "");
        add("loop", Symlink, (0, 0), 0o777, "loop", "");
        Tree::read(builder.into_inner().unwrap().as_slice()).unwrap()
    }

    #[test]
    fn a_user_is_found_as_engines_find_it() {
        let tree = tree();
        let of = |user: &str| tree.who(user).map(|who| (who.uid, who.gids.into_iter().collect::<Vec<_>>()));
        assert_eq!(of("node"), Some((1000, vec![44, 1000])));
        assert_eq!(of("1000"), Some((1000, vec![44, 1000])));
        assert_eq!(of("1000:1000"), Some((1000, vec![1000])));
        assert_eq!(of("node:video"), Some((1000, vec![44])));
        assert_eq!(of("10001"), Some((10001, vec![0])));
        assert_eq!(of(""), Some((0, vec![0])));
        assert_eq!((of("nobody"), of("node:nogroup")), (None, None));
        assert_eq!(tree.who("node").unwrap().home.as_deref(), Some("/home/node"));
    }

    #[test]
    fn owner_group_and_mode_of_the_nearest_folder_decide() {
        let tree = tree();
        let node = tree.who("1000:1000").unwrap();
        let error = |path: &str| tree.writable(path, &node).unwrap_err();
        for path in ["/app", "/app/db.sqlite", "/app/new/deep", "/tmp/x", "/var/run/app/x.pid", "/run/app"] {
            assert_eq!(tree.writable(path, &node), Ok(()), "{path}");
        }
        assert_eq!(error("/app/server.js"), "/app/server.js is 0:0 0644, so uid 1000 cannot write it");
        assert_eq!(error("/var/run/x.pid"), "/run is 0:0 0755, so uid 1000 cannot make it there");
        assert_eq!(error("/new"), "/ is 0:0 0755, so uid 1000 cannot make it there");
        assert_eq!(error("/root/open/x"), "/root is 0:0 0700, so uid 1000 cannot get in");
        assert!(error("/loop").contains("a loop"));
        assert_eq!(error("/app/server.js/x"), "/app/server.js is no folder");
        assert!(tree.writable("/dev", &node).is_err() && tree.writable("/dev", &tree.who("node").unwrap()).is_ok());
        assert!(tree.removable("/app/server.js", &node).is_ok() && tree.removable("/etc/passwd", &node).is_err());
        assert!(tree.removable("/etc", &node).is_err());
    }

    #[test]
    fn what_is_no_archive_is_an_error() {
        assert!(Tree::read(b"nonsense".repeat(100).as_slice()).is_err());
    }
}
