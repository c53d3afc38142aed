//! What a README, or a comment of the Dockerfile, says of an image: how it is run (`docker run` reference), and what is
//! built on it.

mod published;

use crate::compose::Mount;

pub use published::{Published, published};

/// A documented `docker run` or `podman run`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// Its line, from 1.
    pub line: usize,
    /// The image, as written.
    pub image: String,
    /// What is mounted into it.
    pub mounts: Vec<Mount>,
    /// Options that give it more than a user of its own may use.
    pub needs: Vec<&'static str>,
    /// The words after the image.
    pub words: Vec<String>,
}

/// Options of `docker run` that take no value.
const SWITCHES: [&str; 12] = [
    "--detach",
    "--init",
    "--interactive",
    "--no-healthcheck",
    "--oom-kill-disable",
    "--privileged",
    "--publish-all",
    "--quiet",
    "--read-only",
    "--rm",
    "--sig-proxy",
    "--tty",
];
/// Letters of those that have one: `-it`.
const LETTERS: &str = "diPqt";
/// Most runs that are read of one text.
const MOST: usize = 50;

/// The runs that a text documents. A command may be continued over many lines.
pub fn runs(text: &str) -> Vec<Run> {
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let mut whole = line.to_owned();
        while whole.trim_end().ends_with('\\') {
            whole.truncate(whole.trim_end().len() - 1);
            let Some((_, next)) = lines.next() else { break };
            whole.push_str(next.trim_start_matches(['#', ' ', '\t']));
        }
        for mark in ["docker run ", "docker container run ", "podman run "] {
            let rest = whole.split(mark).skip(1);
            found.extend(rest.filter_map(|rest| run(rest, at + 1)));
        }
        if found.len() > MOST {
            break;
        }
    }
    found
}

/// Images that a text shows others to be built on, with the line: `FROM me/base`.
pub fn bases(text: &str) -> Vec<(usize, String)> {
    let lines = text.lines().enumerate();
    let from = lines.filter_map(|(at, line)| Some((at + 1, line.trim_start().strip_prefix("FROM ")?)));
    let image = |rest: &str| rest.split_ascii_whitespace().find(|word| !word.starts_with("--")).map(str::to_owned);
    from.filter_map(|(line, rest)| Some((line, image(rest)?))).take(MOST).collect()
}

/// What follows `docker run`, up to the end of the command.
fn run(text: &str, line: usize) -> Option<Run> {
    let mut words = split(text).into_iter();
    let mut found = Run { line, ..Run::default() };
    while let Some(word) = words.next() {
        if !word.starts_with('-') {
            found.image = word;
            found.words = words.collect();
            return Some(found);
        }
        let letters = word.strip_prefix('-').unwrap_or("");
        let switch = SWITCHES.contains(&word.as_str()) || letters.chars().all(|letter| LETTERS.contains(letter));
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None if switch => (word, String::new()),
            // `-p80:80` holds its value.
            None if letters.chars().nth(1).is_some_and(|c| c.is_ascii_digit()) => (word, String::new()),
            None => (word, words.next()?),
        };
        match name.as_str() {
            "--privileged" => found.needs.push("--privileged"),
            "--device" => found.needs.push("--device"),
            "--cap-add" if !value.ends_with("NET_BIND_SERVICE") => found.needs.push("--cap-add"),
            "-v" | "--volume" => found.mounts.extend(volume(&value)),
            "--mount" => found.mounts.extend(mount(&value)),
            _ => {}
        }
    }
    None
}

/// `HOST:PATH[:ro]`; a path of its own is a volume without a name.
fn volume(text: &str) -> Option<Mount> {
    let mut parts = text.rsplitn(3, ':').collect::<Vec<_>>();
    parts.reverse();
    let (host, target, mode) = match parts.as_slice() {
        [host, target] => (Some(*host), *target, ""),
        [host, target, mode] if target.starts_with('/') => (Some(*host), *target, *mode),
        // `C:\x:/y` and `${X:-y}:/z` have colons of their own.
        [_, _, target] => (Some("/"), *target, ""),
        _ => (None, text, ""),
    };
    let is_host = |host: &&str| host.starts_with(['.', '/', '~', '$', '<', '"', '`', '%']) || host.contains(['/', ' ']);
    let read_only = mode.split(',').any(|word| word == "ro");
    let host = host.filter(is_host).map(str::to_owned);
    target.starts_with('/').then(|| Mount { host, target: target.to_owned(), read_only })
}

/// `type=bind,source=X,target=PATH,readonly`
fn mount(text: &str) -> Option<Mount> {
    let value = |names: &[&str]| {
        text.split(',').find_map(|part| part.split_once('=').filter(|(name, _)| names.contains(name)).map(|it| it.1))
    };
    let target = value(&["target", "dst", "destination"])?.to_owned();
    let host = value(&["source", "src"]).filter(|_| value(&["type"]) == Some("bind")).map(str::to_owned);
    Some(Mount {
        host,
        target,
        read_only: text.split(',').any(|part| matches!(part, "readonly" | "ro" | "readonly=true")),
    })
}

/// The words of a command, without their quotes, up to what ends it.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut any = false;
    for letter in text.chars() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (Some(_), letter) => word.push(letter),
            (None, '"' | '\'') => (quote, any) = (Some(letter), true),
            (None, '`' | '|' | ';' | '&' | '#') => break,
            (None, letter) if letter.is_whitespace() => {
                if any || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            (None, letter) => word.push(letter),
        }
    }
    if any || !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(host: Option<&str>, target: &str, read_only: bool) -> Mount {
        Mount { host: host.map(str::to_owned), target: target.to_owned(), read_only }
    }

    #[test]
    fn runs_tell_mounts_needs_and_words() {
        let text = "Run it:\n\n    $ docker run -it --rm -p 80:80 \\\n      -v \"$(pwd)/data\":/data -v cache:/cache:ro \\\n      \
                    --cap-add=NET_ADMIN me/web:1 sh -c \"mkdir /opt/x && y\" | tee log\n\n`docker run --name x -d web` or `podman run -v /a web`\n";
        let found = runs(text);
        let [first, second, third] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(
            (first.line, first.image.as_str(), first.needs.as_slice()),
            (3, "me/web:1", ["--cap-add"].as_slice())
        );
        assert_eq!(first.mounts, [mount(Some("$(pwd)/data"), "/data", false), mount(None, "/cache", true)]);
        assert_eq!(first.words, ["sh", "-c", "mkdir /opt/x && y"]);
        assert_eq!((second.line, second.image.as_str(), second.words.len()), (7, "web", 0));
        assert_eq!(third.mounts, [mount(None, "/a", false)]);
    }

    #[test]
    fn mounts_have_two_forms() {
        let text = "docker run --mount type=bind,source=$PWD,target=/app,readonly -v C:\\x:/y -v ${D:-./d}:/z me\n";
        let mounts = runs(text).remove(0).mounts;
        assert_eq!(
            mounts,
            [mount(Some("$PWD"), "/app", true), mount(Some("/"), "/y", false), mount(Some("/"), "/z", false)]
        );
        assert!(runs("docker run\ndocker run --rm\ndocker running -v x:/y\n").is_empty());
    }

    #[test]
    fn bases_are_the_images_of_from_lines() {
        let text = "```\nFROM --platform=x me/base:1 AS a\n  FROM other\n```\nFROM\nfrom here\n";
        assert_eq!(bases(text), [(2, "me/base:1".to_owned()), (3, "other".to_owned())]);
    }
}
