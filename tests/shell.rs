//! The shell parser: what it takes, what it refuses, and where it says that things stand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

#[path = "shell/accounts.rs"]
mod accounts;
#[path = "shell/corpus.rs"]
mod corpus;
#[path = "shell/cutting.rs"]
mod cutting;
mod support;
#[path = "shell/trees.rs"]
mod trees;

pub(crate) use support::Random;

use std::process::{Command as Process, Stdio};
use unroot::shell::{Dialect, parse};

/// Scripts at the edges of the grammar. What dash says of them is what we must say.
const EDGES: &str = include_str!("shell/edges.txt");

fn edges() -> impl Iterator<Item = String> {
    EDGES.lines().filter(|line| !line.is_empty()).map(|line| line.replace("\\n", "\n").replace("\\t", "\t"))
}

/// Whether `dash -n` takes the script; `None` where there is no dash.
fn dash(script: &[u8]) -> Option<bool> {
    use std::io::Write;
    let mut process = Process::new("dash")
        .arg("-n")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    process.stdin.take()?.write_all(script).ok()?;
    Some(process.wait().ok()?.success())
}

#[test]
fn dash_agrees_on_the_edges() {
    let mut wrong = Vec::new();
    for script in edges() {
        let Some(expected) = dash(script.as_bytes()) else {
            println!("skipped: no dash here");
            return;
        };
        let got = parse(script.as_bytes(), Dialect::Posix);
        if got.is_ok() != expected {
            wrong.push(format!("{script:?}: dash {expected}, we {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every shape that nests, far too deep: an error or a tree, never a crash, in a thread with the usual stack.
#[test]
fn deep_nesting_is_an_error() {
    let shapes: &[(&str, &str, &str)] = &[
        ("(", "a", ")"),
        ("$(", "a", ")"),
        ("\"$(", "a", ")\""),
        ("${x:-", "a", "}"),
        ("\"${x:-", "a", "}\""),
        ("{ ", "a", "; }"),
        ("if ", "a", "; then b; fi"),
        ("case a in b) ", "a", ";; esac"),
        ("while ", "a", "; do b; done"),
        ("f() ", "a", ""),
        ("$((", "1", "))"),
        ("((", "1", "))"),
        ("`", "", ""),
        ("a && (", "b", ")"),
        ("<(", "a", ")"),
        ("[[ ( ", "a", " ) ]]"),
        ("cat <<E\n$(", "a", ")\nE\n"),
    ];
    for (open, middle, close) in shapes {
        for depth in [20, 49, 50, 51, 99, 100, 101, 200, 1_000, 10_000] {
            let script = format!("{}{middle}{}", open.repeat(depth), close.repeat(depth));
            for dialect in [Dialect::Posix, Dialect::Bash] {
                let _ = parse(script.as_bytes(), dialect);
            }
        }
    }
}

#[test]
fn long_texts_take_linear_time() {
    let before = std::time::Instant::now();
    let line = "chown -R a:b \"/x/$y\" && ";
    let long = format!("{}b", line.repeat(10_000_000 / line.len()));
    assert!(parse(long.as_bytes(), Dialect::Posix).is_ok());
    println!("10 MB in {:?}", before.elapsed());
    let heredocs = "cat <<E >x\n$y z\nE\n".repeat(10_000);
    assert_eq!(parse(heredocs.as_bytes(), Dialect::Posix).unwrap().lists.len(), 10_000);
    let owed = format!("{}\n{}", "cat <<E;".repeat(10_000), "a\nE\n".repeat(10_000));
    assert!(parse(owed.as_bytes(), Dialect::Posix).is_ok());
    assert!(parse("cat <<E;".repeat(10_000).as_bytes(), Dialect::Posix).is_ok());
    assert!(parse("((".repeat(100_000).as_bytes(), Dialect::Bash).is_err());
    assert!(parse("`a`".repeat(100_000).as_bytes(), Dialect::Bash).is_ok());
    println!("all in {:?}", before.elapsed());
}

/// The text with some bytes taken out, doubled, moved or replaced by what means something to a shell.
pub(crate) fn mutate(text: &[u8], changes: usize, random: &mut Random) -> Vec<u8> {
    const BITS: [&str; 28] = [
        "'", "\"", "$(", ")", "`", "\\", "\n", ";", "&&", "||", "|", "&", "(", "{", "}", "${", "$((", "<<E\n", "E\n",
        ">", "#", " if ", " fi", " done ", " then ", " in ", "!", "\\\n",
    ];
    let mut text = text.to_vec();
    for _ in 0..changes {
        let at = random.below(text.len() + 1);
        let to = (at + random.below(6)).min(text.len());
        match random.below(3) {
            0 => drop(text.drain(at..to)),
            1 => drop(text.splice(at..at, BITS[random.below(BITS.len())].bytes())),
            _ => {
                let piece = text[at..to].to_vec();
                let place = random.below(text.len() + 1);
                text.splice(place..place, piece);
            }
        }
    }
    text
}
