//! What a command does to owners, and what it makes by name.

use super::command::Ran;
use super::owner::Owner;
use super::{Model, value};
use crate::source::Span;

/// What a command does to owners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    /// The paths; `None` for one that cannot be known.
    pub paths: Vec<Option<String>>,
    /// Whether missing ones are made.
    pub makes: bool,
    /// Whether all below changes too.
    pub recursive: bool,
    /// The new owner, if it changes; `Some(None)` when it cannot be known.
    pub owner: Option<Option<String>>,
    /// The owner that a path must have to change (`chown --from`), as `uid:gid`, `uid:` or `:gid`.
    pub only_from: Option<Option<String>>,
}

impl Ran {
    /// Whether it makes an empty file: `install -m 600 /dev/null FILE`.
    pub fn installs_nothing(&self) -> bool {
        self.name == "install" && self.operands().next().and_then(|(_, text)| text) == Some("/dev/null")
    }

    /// The user and the group that the options of `install` name; the inner `None` for one that cannot be known.
    pub fn installs_for(&self) -> (Option<Option<String>>, Option<Option<String>>) {
        let told = |short: &str, long: &str| {
            let words = self.arguments.iter().enumerate();
            words.into_iter().find_map(|(at, word)| match word.as_deref()? {
                word if word == short || word == long => Some(self.arguments.get(at + 1).cloned().flatten()),
                word => word.strip_prefix(long)?.strip_prefix('=').map(|value| Some(value.to_owned())),
            })
        };
        (told("-o", "--owner"), told("-g", "--group"))
    }

    /// The value of `--name=VALUE` of a chown; the inner `None` where it cannot be known.
    fn long_option(&self, name: &str) -> Option<Option<String>> {
        self.arguments.iter().enumerate().find_map(|(at, word)| match word.as_deref()? {
            word if word == name => Some(self.arguments.get(at + 1).cloned().flatten()),
            word => word.strip_prefix(name)?.strip_prefix('=').map(|value| Some(value.to_owned())),
        })
    }

    /// The owner that `install` gives by its options.
    fn given(&self, model: &Model<'_>, stage: usize, index: usize) -> Option<Option<String>> {
        let (user, group) = self.installs_for();
        if user.is_none() && group.is_none() {
            return None;
        }
        let name = |told: Option<Option<String>>| told.unwrap_or_else(|| Some("0".to_owned()));
        let both = name(user).zip(name(group)).map(|(user, group)| format!("{user}:{group}"));
        Some(both.and_then(|both| model.owner_of(stage, index, &both)))
    }

    /// Brace lists of what it makes, as bash spreads them: `mkdir -p /srv/{data,tmp}`.
    pub(super) fn spread(&mut self, text_of: &dyn Fn(Span) -> String) {
        if !matches!(self.name.as_str(), "mkdir" | "touch") {
            return;
        }
        for at in (0..self.arguments.len()).rev() {
            let Some(span) = self.spans.get(at).copied().filter(|_| self.arguments.get(at) == Some(&None)) else {
                continue;
            };
            let words = braces(&text_of(span));
            if words.len() > 1 {
                self.spans.splice(at..=at, words.iter().map(|_| span));
                self.arguments.splice(at..=at, words.into_iter().map(Some));
            }
        }
    }

    /// Files that it leaves under a name that shows: redirections, `tee`, `truncate`, single files that `cp` and `install`
    /// bring. `is_folder` tells whether a path that it names as the last is one.
    pub fn leaves(&self, is_folder: &dyn Fn(&str) -> bool) -> Vec<String> {
        let mut found: Vec<String> = self.writes.iter().filter_map(|path| self.placed(path.as_deref())).collect();
        let operands: Vec<Option<&str>> = self.operands().map(|(_, text)| text).collect();
        let whole = self.has_option('r', "--recursive") || self.has_option('R', "--recursive");
        match self.name.as_str() {
            "tee" => found.extend(operands.into_iter().filter_map(|text| self.placed(text))),
            "truncate" => found.extend(operands.last().and_then(|text| self.placed(*text))),
            "cp" | "install"
                if !whole && !self.has_option('a', "--archive") && !self.has_option('d', "--directory") =>
            {
                let Some((to, from)) = operands.split_last() else { return found };
                let Some(path) = self.placed(*to).filter(|_| !from.is_empty()) else { return found };
                let into = from.len() > 1 || to.is_some_and(|to| to.ends_with(['/', '.'])) || is_folder(&path);
                let name = |text: &Option<&str>| text.and_then(|text| text.rsplit('/').next().map(str::to_owned));
                match into {
                    true => found.extend(from.iter().filter_map(name).map(|name| value::join(&path, &name))),
                    false => found.push(path),
                }
            }
            _ => {}
        }
        found
    }

    /// What the command does to owners, if it is one that does.
    pub fn ownership(&self, model: &Model<'_>, stage: usize, index: usize) -> Option<Ownership> {
        let paths = |skip: usize| self.operands().skip(skip).map(|(_, text)| self.placed(text)).collect::<Vec<_>>();
        match self.name.as_str() {
            "mkdir" | "touch" => {
                Some(Ownership { paths: paths(0), makes: true, recursive: false, owner: None, only_from: None })
            }
            "chown" | "chgrp" => {
                // `--reference FILE` takes the place of the owner, and its owner is not followed.
                let like = self.long_option("--reference").is_some();
                let text = self.operands().next().and_then(|(_, text)| text).filter(|_| !self.conditional && !like);
                let owner = text.and_then(|text| new_owner(model, stage, index, &self.name, text));
                let from = self.long_option("--from");
                Some(Ownership {
                    paths: paths(usize::from(!like)),
                    makes: false,
                    recursive: self.has_option('R', "--recursive"),
                    owner: Some(owner),
                    only_from: from.map(|text| new_owner(model, stage, index, "chown", &text?)),
                })
            }
            "install" if self.has_option('d', "--directory") || self.installs_nothing() => {
                let files = usize::from(!self.has_option('d', "--directory"));
                Some(Ownership {
                    paths: paths(files),
                    makes: true,
                    recursive: false,
                    owner: self.given(model, stage, index),
                    only_from: None,
                })
            }
            _ => None,
        }
    }
}

/// The words that a plain word with brace lists stands for (bash manual, "Brace Expansion"); none where it holds more.
fn braces(word: &str) -> Vec<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%:{},".contains(c);
    if !word.chars().all(plain) || word.contains("..") || word.len() > 1000 {
        return Vec::new();
    }
    let mut words = vec![word.to_owned()];
    while words.iter().any(|word| word.contains('{')) && words.len() < 100 {
        let spread = |word: String| -> Vec<String> {
            let Some((before, rest)) = word.split_once('{') else { return vec![word] };
            let Some((inside, after)) = rest.split_once('}') else { return Vec::new() };
            if inside.contains('{') || !inside.contains(',') {
                return Vec::new();
            }
            inside.split(',').map(|one| format!("{before}{one}{after}")).collect()
        };
        words = words.into_iter().flat_map(spread).collect();
    }
    words.retain(|word| !word.contains(['{', '}']));
    words
}

/// Whether an option of the tools that make files is followed by its value (`mkdir -m 777`, `-pm 777`, `touch -r X`).
pub(super) fn takes_value(name: &str, option: &str) -> bool {
    let (short, long): (&[char], &[&str]) = match name {
        "mkdir" => (&['m'], &["--mode"]),
        "touch" => (&['d', 'r', 't'], &["--date", "--reference", "--time"]),
        "truncate" => (&['s', 'r'], &["--size", "--reference"]),
        "chown" | "chgrp" => (&[], &["--from", "--reference"]),
        "install" => (&['g', 'm', 'o', 'S', 't'], &["--group", "--mode", "--owner", "--suffix", "--target-directory"]),
        _ => return false,
    };
    match option.strip_prefix("--") {
        Some(_) => long.contains(&option),
        None => option.starts_with('-') && option.ends_with(short),
    }
}

/// What `chown OWNER` or `chgrp GROUP` sets: without a group `chown` keeps it (`uid:`), `chgrp` keeps the user (`:gid`).
fn new_owner(model: &Model<'_>, stage: usize, index: usize, name: &str, text: &str) -> Option<String> {
    if name == "chgrp" {
        let both = model.owner_of(stage, index, &format!("0:{text}"))?;
        return both.split_once(':').map(|(_, gid)| format!(":{gid}"));
    }
    // `root`'s name stands in for the user that `:group` does not name.
    if let Some(group) = text.strip_prefix(':') {
        return new_owner(model, stage, index, "chgrp", group);
    }
    let both = model.owner_of(stage, index, text)?;
    match text.contains([':', '.']) {
        true => Some(both),
        false => both.split_once(':').map(|(uid, _)| format!("{uid}:")),
    }
}

/// The owner after a change of one: `uid:` keeps the group, `:gid` keeps the user.
pub(super) fn combined(old: Option<&Owner>, new: Option<&Owner>) -> Option<Owner> {
    let (uid, gid) = new?.split_once(':')?;
    let kept = old.and_then(|old| old.split_once(':'));
    let uid = if uid.is_empty() { kept?.0 } else { uid };
    // Whose group it is stays unknown; whose user it is counts.
    let gid = if gid.is_empty() { kept.map_or("?", |(_, gid)| gid) } else { gid };
    Some(format!("{uid}:{gid}"))
}

/// Whether an owner is the one that `uid:gid`, `uid:` or `:gid` names.
pub fn is_of(owner: &str, named: &str) -> bool {
    let Some(((uid, gid), (of, group))) = owner.split_once(':').zip(named.split_once(':')) else { return false };
    (of.is_empty() || of == uid) && (group.is_empty() || group == gid)
}
