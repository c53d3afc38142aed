//! `--learn`: paths that the original wrote and the new user cannot go into `unroot.yaml`, so that the next `fix` hands
//! them over. The text around them stays as it is.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow, bail};

use super::subject::{Subject, how};
use super::writes::Lost;
use crate::cli::args::VerifyArgs;
use crate::cli::config::Configs;
use crate::cli::disk::Disk;
use crate::cli::write::{self, Change};
use crate::config::Config;
use crate::model::value::within;
use crate::options::Options;
use crate::report::Status;

/// What was learned, and what could not be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Learned {
    pub(super) paths: Vec<String>,
    /// Where they were written.
    pub(super) file: String,
    /// Paths that `fix` would not hand over, with the reason.
    pub(super) left: Vec<String>,
}

/// Writes what was lost into the configuration.
pub(super) fn learn(args: &VerifyArgs, subject: &Subject, lost: &[Lost]) -> Result<Learned> {
    let mut learned = Learned::default();
    let mut options = subject.options.clone();
    for path in folders(lost) {
        if options.paths.contains(&path) {
            learned.left.push(format!("{path}: is in the configuration already"));
            continue;
        }
        let more = Options { paths: [options.paths.clone(), vec![path.clone()]].concat(), ..options.clone() };
        match refused(subject, &more) {
            Some(why) => learned.left.push(format!("{path}: {why}")),
            None => {
                options = more;
                learned.paths.push(path);
            }
        }
    }
    if !learned.paths.is_empty() {
        learned.file = save(args, subject, &learned.paths)?;
    }
    Ok(learned)
}

/// The folders to hand over: a file is made in its folder.
fn folders(lost: &[Lost]) -> Vec<String> {
    let mut all: Vec<String> = lost
        .iter()
        .filter_map(|lost| match lost.folder {
            true => Some(lost.path.clone()),
            false => lost.path.rsplit_once('/').map(|(folder, _)| folder.to_owned()),
        })
        .filter(|path| !path.is_empty())
        .collect();
    all.sort();
    all.dedup();
    let inner = all.clone();
    all.retain(|path| !inner.iter().any(|other| other != path && within(path, other)));
    all
}

/// Why `fix` would not do it with these options.
fn refused(subject: &Subject, options: &Options) -> Option<String> {
    let file = crate::fix_one(&subject.source(), &Disk::new(&subject.root), options);
    if file.changed() && file.status != Status::Error && file.status != Status::Refused {
        return None;
    }
    let why = file.findings.iter().find(|finding| finding.reason.is_some()).map(|finding| finding.why.clone());
    Some(why.or(file.error).unwrap_or_else(|| "fix would change nothing".to_owned()))
}

/// Adds the paths to the nearest configuration, or to a new one beside the Dockerfile; says where.
fn save(args: &VerifyArgs, subject: &Subject, paths: &[String]) -> Result<String> {
    let here = std::env::current_dir().context("the current folder cannot be read")?;
    let folder = subject.dockerfile.parent().unwrap_or(&subject.root);
    let loaded = Configs::new(&how(args), &here)?.of(folder, &subject.root)?;
    let Some(loaded) = loaded else {
        let path = folder.join("unroot.yaml");
        write::report(&path, added("", paths)?.as_bytes())?;
        return Ok(shown(path, &here));
    };
    let path = fs::canonicalize(&loaded.path).with_context(|| loaded.shown.clone())?;
    let before = fs::read_to_string(&path).with_context(|| loaded.shown.clone())?;
    let after = added(&before, paths).with_context(|| loaded.shown.clone())?;
    write::write(&[Change { path, before: before.into_bytes(), after: after.into_bytes() }])
        .with_context(|| loaded.shown.clone())?;
    Ok(loaded.shown.clone())
}

fn shown(path: PathBuf, here: &std::path::Path) -> String {
    path.strip_prefix(here).unwrap_or(&path).display().to_string()
}

/// The configuration with more `paths`, everything else as it stands. The result is read again: it must say the same and
/// the paths besides.
fn added(text: &str, paths: &[String]) -> Result<String> {
    let read = |text: &str| Config::read(text.as_bytes()).map_err(|problem| anyhow!("{problem}"));
    let mut wanted = read(text)?;
    wanted.paths.extend(paths.iter().cloned());
    let after = inserted(text, paths);
    match read(&after) {
        Ok(found) if found == wanted => Ok(after),
        _ => bail!("add these to `paths` by hand, because of how the list is written: {}", paths.join(", ")),
    }
}

fn inserted(text: &str, paths: &[String]) -> String {
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let Some(at) = lines.iter().position(|line| line.starts_with("paths:")) else {
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { end };
        return format!("{text}{gap}paths:{end}{}", items("  ", paths, end));
    };
    let (above, rest) = lines.split_at(at);
    let (key, below) = rest.split_first().map_or(("", rest), |(key, below)| (*key, below));
    let value = key.trim_start_matches("paths:");
    let inline = value.trim_start();
    if inline.starts_with('[') {
        // On one line, before the bracket that closes it; what follows may be a comment.
        let Some(close) = key.find(']') else { return text.to_owned() };
        let (open, close) = key.split_at(close);
        let more = paths.iter().map(|path| quoted(path)).collect::<Vec<_>>().join(", ");
        let comma = if open.trim_end().ends_with(['[', ',']) { "" } else { ", " };
        return [above.concat(), format!("{open}{comma}{more}{close}"), below.concat()].concat();
    }
    let is_item = |line: &&&str| line.trim_start().starts_with("- ");
    let length = below.iter().take_while(|line| is_item(line) || is_aside(line)).count();
    // After the last item, so that comments below the list stay below it.
    let list = below.get(..length).unwrap_or_default();
    let last = list.iter().rposition(|line| is_item(&line)).map_or(0, |last| last + 1);
    let (list, after) = below.split_at(last);
    let indent = list.last().map_or("  ", |line| line.get(..line.len() - line.trim_start().len()).unwrap_or("  "));
    let gap = if list.last().unwrap_or(&key).ends_with('\n') { "" } else { end };
    [above.concat(), key.to_owned(), list.concat(), gap.to_owned(), items(indent, paths, end), after.concat()].concat()
}

/// A blank line or a comment.
fn is_aside(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with('#')
}

fn items(indent: &str, paths: &[String], end: &str) -> String {
    paths.iter().map(|path| format!("{indent}- {}{end}", quoted(path))).collect()
}

/// A path as YAML reads it back.
fn quoted(path: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+@".contains(letter);
    if path.chars().all(plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', "''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(text: &str) -> String {
        added(text, &["/srv/a".to_owned(), "/srv/it's b".to_owned()]).unwrap()
    }

    #[test]
    fn a_configuration_without_paths_gets_them_at_its_end() {
        assert_eq!(add(""), "paths:\n  - /srv/a\n  - '/srv/it''s b'\n");
        assert_eq!(add("# why\nport: keep # so"), "# why\nport: keep # so\npaths:\n  - /srv/a\n  - '/srv/it''s b'\n");
        assert_eq!(add("port: keep\r\n"), "port: keep\r\npaths:\r\n  - /srv/a\r\n  - '/srv/it''s b'\r\n");
    }

    #[test]
    fn a_list_gets_longer_and_comments_stay() {
        assert_eq!(
            add("# top\npaths:\n  # first\n  - /data # mine\n\n# of the port\nport: keep\n"),
            "# top\npaths:\n  # first\n  - /data # mine\n  - /srv/a\n  - '/srv/it''s b'\n\n# of the port\nport: keep\n"
        );
        assert_eq!(add("paths:\n- /data"), "paths:\n- /data\n- /srv/a\n- '/srv/it''s b'\n");
        assert_eq!(
            add("paths: [/data] # two\nport: keep\n"),
            "paths: [/data, /srv/a, '/srv/it''s b'] # two\nport: keep\n"
        );
        assert_eq!(add("paths: []\n"), "paths: [/srv/a, '/srv/it''s b']\n");
    }

    #[test]
    fn what_cannot_be_kept_is_left_to_a_person() {
        for text in ["paths: [/a,\n  /b]\n", "{paths: [/a]}\n", "paths: ['/a]b']\n"] {
            let error = added(text, &["/srv/a".to_owned()]).unwrap_err().to_string();
            assert!(error.contains("by hand") && error.contains("/srv/a"), "{text}: {error}");
        }
        assert!(added("nonsense: 1\n", &["/a".to_owned()]).is_err());
    }

    #[test]
    fn folders_are_handed_over_once() {
        let lost = |path: &str, folder| Lost { path: path.to_owned(), folder, why: String::new() };
        let all = [
            lost("/app/a.db", false),
            lost("/app/b.db", false),
            lost("/data", true),
            lost("/data/x/y", false),
            lost("/z", false),
        ];
        assert_eq!(folders(&all), ["/app", "/data"]);
    }
}
