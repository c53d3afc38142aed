//! Real RUN bodies. The files are not ours to keep: `UNROOT_CORPUS` names a folder that holds them as
//! `files/*.Dockerfile`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use rable::{Node, NodeKind};
use unroot::shell::{self, CommandKind, Dialect, Script};
use unroot::source::Span;
use unroot::syntax::{Args, Command, Instruction, Joined, Keyword, Tree};

/// A RUN body with the POSIX shell: its file, its instruction's index and its text.
pub(crate) struct Body {
    pub(crate) file: usize,
    pub(crate) instruction: usize,
    pub(crate) joined: Joined,
    pub(crate) range: Span,
    pub(crate) heredoc: bool,
}

impl Body {
    pub(crate) fn text(&self) -> &[u8] {
        self.range.of(&self.joined.text)
    }
}

pub(crate) struct Corpus {
    pub(crate) files: Vec<(String, Vec<u8>, Tree)>,
    pub(crate) bodies: Vec<Body>,
}

pub(crate) fn corpus() -> Option<Corpus> {
    let Some(folder) = env::var_os("UNROOT_CORPUS") else {
        println!("skipped: UNROOT_CORPUS names no folder of Dockerfiles");
        return None;
    };
    let mut paths: Vec<PathBuf> =
        fs::read_dir(Path::new(&folder).join("files")).expect("corpus").map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut found = Corpus { files: Vec::new(), bodies: Vec::new() };
    for path in paths {
        let text = fs::read(&path).unwrap();
        let tree = unroot::syntax::parse(&text);
        let windows = String::from_utf8_lossy(&text).to_lowercase().contains("windows");
        if tree.escape == b'\\' && tree.error.is_none() && !windows {
            bodies(found.files.len(), &text, &tree, &mut found.bodies);
        }
        found.files.push((path.file_stem().unwrap().to_string_lossy().into_owned(), text, tree));
    }
    Some(found)
}

/// The bodies of one file; behind SHELL it is another language.
pub(crate) fn bodies(file: usize, text: &[u8], tree: &Tree, found: &mut Vec<Body>) {
    let mut posix = true;
    for (index, instruction) in tree.instructions.iter().enumerate() {
        match instruction.keyword {
            Keyword::From => posix = true,
            Keyword::Shell => posix = false,
            Keyword::Run if posix => found.extend(body(file, index, text, instruction)),
            _ => {}
        }
    }
}

fn body(file: usize, index: usize, text: &[u8], instruction: &Instruction) -> Option<Body> {
    let Args::Command(Command::Shell(range)) = &instruction.args else { return None };
    let (instruction, file, joined) = (instruction, file, instruction.joined.clone());
    match instruction.heredocs.as_slice() {
        [] => Some(Body { file, instruction: index, joined, range: *range, heredoc: false }),
        [heredoc] if heredoc.joined == *range && !heredoc.chomp => {
            let text = heredoc.body.of(text).to_vec();
            if text.starts_with(b"#!") {
                return None;
            }
            let range = Span::new(0, text.len());
            let joined = Joined { text, pieces: vec![(0, heredoc.body.start)] };
            Some(Body { file, instruction: index, joined, range, heredoc: true })
        }
        _ => None,
    }
}

/// Spans of assignments and words of one simple command.
type Words = Vec<(usize, usize)>;

fn ours(script: &Script, found: &mut Vec<Words>) {
    for list in &script.lists {
        for command in list.pipelines.iter().flat_map(|pipeline| &pipeline.commands) {
            command_words(command, found);
        }
    }
}

fn command_words(command: &shell::Command, found: &mut Vec<Words>) {
    match &command.kind {
        CommandKind::Simple { assignments, words } => {
            found.push(assignments.iter().chain(words).map(|word| (word.span.start, word.span.end)).collect());
        }
        CommandKind::Compound { bodies, .. } => bodies.iter().for_each(|body| ours(body, found)),
        CommandKind::Function { body, .. } => command_words(body, found),
    }
}

/// Where each character of the text begins: rable counts characters.
fn theirs(node: &Node, places: &[usize], found: &mut Vec<Words>) {
    let mut all = |nodes: &[&Node]| nodes.iter().for_each(|node| theirs(node, places, found));
    match &node.kind {
        NodeKind::Command { assignments, words, .. } => {
            let mut spans: Words =
                assignments.iter().chain(words).map(|word| (places[word.span.start], places[word.span.end])).collect();
            spans.sort_unstable();
            found.push(spans);
        }
        NodeKind::Pipeline { commands, .. } => all(&commands.iter().collect::<Vec<_>>()),
        NodeKind::List { items } => all(&items.iter().map(|item| &item.command).collect::<Vec<_>>()),
        NodeKind::If { condition, then_body, else_body, .. } => {
            all(&[condition, then_body]);
            else_body.iter().for_each(|body| theirs(body, places, found));
        }
        NodeKind::While { condition, body, .. } | NodeKind::Until { condition, body, .. } => all(&[condition, body]),
        NodeKind::For { body, .. }
        | NodeKind::Function { body, .. }
        | NodeKind::Subshell { body, .. }
        | NodeKind::BraceGroup { body, .. } => all(&[body]),
        NodeKind::Case { patterns, .. } => {
            all(&patterns.iter().filter_map(|pattern| pattern.body.as_ref()).collect::<Vec<_>>());
        }
        NodeKind::Negation { pipeline } | NodeKind::Time { pipeline, .. } => all(&[pipeline]),
        _ => {}
    }
}

#[test]
fn words_stand_where_another_parser_finds_them() {
    let Some(corpus) = corpus() else { return };
    let mut seen = BTreeSet::new();
    let (mut same, mut commands, mut refused, mut different) = (0, 0, Vec::new(), Vec::new());
    let mut bytes = 0;
    let mut time = std::time::Duration::ZERO;
    for body in &corpus.bodies {
        if !seen.insert(body.text().to_vec()) {
            continue;
        }
        let (name, _, tree) = &corpus.files[body.file];
        let place = format!("{name}:{}", tree.instructions[body.instruction].lines.0);
        let begin = std::time::Instant::now();
        let script = shell::parse(body.text(), Dialect::Posix);
        time += begin.elapsed();
        bytes += body.text().len();
        let Ok(text) = std::str::from_utf8(body.text()) else { continue };
        let script = match script {
            Ok(script) => script,
            Err(error) => {
                refused.push((place, super::dash(body.text()), error.to_string()));
                continue;
            }
        };
        let mut places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        places.push(text.len());
        let (mut left, mut right) = (Vec::new(), Vec::new());
        ours(&script, &mut left);
        match rable::parse(text, false) {
            Ok(nodes) => nodes.iter().for_each(|node| theirs(node, &places, &mut right)),
            Err(error) => different.push(format!("{place}: rable: {error}")),
        }
        // What has only redirections is a command for us and none for rable, or the other way round.
        left.retain(|words| !words.is_empty());
        right.retain(|words| !words.is_empty());
        left.sort();
        right.sort();
        commands += left.len();
        if left == right {
            same += 1;
        } else {
            let only: Vec<_> = left.iter().filter(|words| !right.contains(words)).take(2).collect();
            let other: Vec<_> = right.iter().filter(|words| !left.contains(words)).take(2).collect();
            let show = |words: &Words| words.iter().map(|(a, b)| text[*a..*b].to_owned()).collect::<Vec<_>>();
            let only: Vec<_> = only.iter().map(|words| show(words)).collect();
            let other: Vec<_> = other.iter().map(|words| show(words)).collect();
            different.push(format!("{place}: we {only:?} they {other:?}"));
        }
    }
    println!("{} bodies, {} distinct; {bytes} bytes in {time:?}", corpus.bodies.len(), seen.len());
    println!("{same} the same, {commands} commands; {} different; {} refused", different.len(), refused.len());
    different.iter().for_each(|line| println!("different {line}"));
    refused.iter().for_each(|line| println!("refused {line:?}"));
    let false_refusals = refused.iter().filter(|(_, dash, _)| *dash == Some(true)).count();
    assert_eq!(false_refusals, 0, "dash takes what we refuse");
}

#[test]
fn dash_agrees_on_a_sample() {
    let Some(corpus) = corpus() else { return };
    let step = (corpus.bodies.len() / 400).max(1);
    let mut random = super::Random(7);
    let (mut count, mut taken, mut refused) = (0, Vec::new(), Vec::new());
    for body in corpus.bodies.iter().step_by(step).filter(|body| body.text().len() < 4000) {
        for changes in 0..3 {
            let text = super::mutate(body.text(), changes, &mut random);
            let Some(expected) = super::dash(&text) else {
                println!("skipped: no dash here");
                return;
            };
            count += 1;
            match shell::parse(&text, Dialect::Posix) {
                Ok(_) if !expected => taken.push(String::from_utf8_lossy(&text).into_owned()),
                Err(error) if expected => refused.push(format!("{error} {}", String::from_utf8_lossy(&text))),
                _ => {}
            }
        }
    }
    println!("{count} texts; dash refuses and we take {}; dash takes and we refuse {}", taken.len(), refused.len());
    taken.iter().for_each(|text| println!("taken {text:?}"));
    refused.iter().for_each(|text| println!("refused {text:?}"));
    assert!(taken.len() + refused.len() <= count / 100, "more than 1 % differ");
}
