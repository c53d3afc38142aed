//! Removing commands: what is left says the same minus exactly those commands.

use unroot::shell::cut::{Cut, Host, commands, words};
use unroot::shell::{CommandKind, Dialect, Script, TopCommand, parse, top_commands};
use unroot::source::Span;
use unroot::syntax;

use super::corpus::{Body, bodies, corpus};

fn apply(file: &[u8], spans: &[Span]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut at = 0;
    for span in spans {
        assert!(at <= span.start && span.end <= file.len(), "spans overlap or reach outside: {spans:?}");
        text.extend_from_slice(&file[at..span.start]);
        at = span.end;
    }
    text.extend_from_slice(&file[at..]);
    text
}

fn host<'a>(file: &'a [u8], body: &'a Body) -> Host<'a> {
    Host { file, joined: &body.joined, range: body.range, escape: b'\\', instruction: !body.heredoc }
}

/// Removes the top-level commands with these numbers from the first RUN.
fn removed(file: &str, numbers: &[usize]) -> Option<String> {
    let tree = syntax::parse(file.as_bytes());
    let mut found = Vec::new();
    bodies(0, file.as_bytes(), &tree, &mut found);
    let body = found.first().expect("a RUN");
    let script = parse(body.text(), Dialect::Posix).expect("a script");
    let all = top_commands(&script);
    let gone: Vec<TopCommand> = numbers.iter().map(|number| all[*number].clone()).collect();
    match commands(&host(file.as_bytes(), body), &script, &gone) {
        Cut::Spans(spans) => Some(String::from_utf8(apply(file.as_bytes(), &spans)).unwrap()),
        Cut::All => Some("all".to_owned()),
        Cut::Refused => None,
    }
}

#[test]
fn commands_go_and_the_rest_is_undisturbed() {
    let cases: &[(&str, &[usize], &str)] = &[
        ("RUN a && b && c\n", &[1], "RUN a && c\n"),
        ("RUN a && b && c\n", &[0], "RUN b && c\n"),
        ("RUN a && b && c\n", &[2], "RUN a && b\n"),
        ("RUN a && b && c", &[1, 2], "RUN a"),
        ("RUN a && b && c\n", &[0, 2], "RUN b\n"),
        ("RUN a && b\n", &[0, 1], "all"),
        ("RUN a&&b&&c\n", &[0], "RUN b&&c\n"),
        ("RUN a&&b&&c\n", &[1], "RUN a&&c\n"),
        ("RUN a; b; c\n", &[1], "RUN a; c\n"),
        ("RUN a; b; c;\n", &[2], "RUN a; b\n"),
        ("RUN a; b && c\n", &[1], "RUN a; c\n"),
        ("RUN a && b; c\n", &[1], "RUN a; c\n"),
        ("RUN a && b; c && d\n", &[1, 2], "RUN a; d\n"),
        ("RUN a \\\n && b \\\n && c\nUSER x\n", &[1], "RUN a \\\n && c\nUSER x\n"),
        ("RUN a \\\n && b \\\n && c\nUSER x\n", &[2], "RUN a \\\n && b\nUSER x\n"),
        ("RUN a \\\n && b \\\n && c\nUSER x\n", &[0], "RUN b \\\n && c\nUSER x\n"),
        ("RUN a && \\\n    b && \\\n    c\nUSER x\n", &[1], "RUN a && \\\n    c\nUSER x\n"),
        ("RUN a && \\\n    b && \\\n    c\nUSER x\n", &[2], "RUN a && \\\n    b\nUSER x\n"),
        ("RUN a && \\\n    b && \\\n    c\nUSER x\n", &[0], "RUN b && \\\n    c\nUSER x\n"),
        ("RUN set -e; \\\n    b; \\\n    c;\nUSER x\n", &[1], "RUN set -e; \\\n    c;\nUSER x\n"),
        ("RUN set -e; \\\n    b; \\\n    c;\nUSER x\n", &[2], "RUN set -e; \\\n    b\nUSER x\n"),
        ("RUN \\\n  a \\\n  && b\nUSER x\n", &[0], "RUN \\\n  b\nUSER x\n"),
        ("RUN a \\\n# why\n && b \\\n# c\n && c\nUSER x\n", &[1], "RUN a \\\n# why\n# c\n && c\nUSER x\n"),
        ("RUN a \\\n# why\n && b\nUSER x\n", &[1], "RUN a\n# why\nUSER x\n"),
        ("RUN a && \\\n  \\\n  b\nUSER x\n", &[1], "RUN a\nUSER x\n"),
        ("RUN a \\\r\n && b \\\r\n && c\r\n", &[2], "RUN a \\\r\n && b\r\n"),
        ("RUN a \\\n && b x \\\n   y \\\n && c\n", &[1], "RUN a \\\n && c\n"),
        ("RUN a \\\n && b && c \\\n && d\n", &[2], "RUN a \\\n && b \\\n && d\n"),
        ("RUN a \\\n && b && c \\\n && d\n", &[1], "RUN a \\\n && c \\\n && d\n"),
        ("RUN a \\\n && b # note\nUSER x\n", &[1], "RUN a # note\nUSER x\n"),
        ("RUN a && b \\", &[1], "RUN a \\"),
        ("RUN a \\\n && b \\", &[1], "RUN a\n"),
        ("RUN <<EOF\na\nb\nc\nEOF\n", &[1], "RUN <<EOF\na\nc\nEOF\n"),
        ("RUN <<EOF\na\n  b \\\n  c\nc\nEOF\n", &[1], "RUN <<EOF\na\nc\nEOF\n"),
        ("RUN <<EOF\na && \\\n  b\nc\nEOF\n", &[1], "RUN <<EOF\na\nc\nEOF\n"),
        ("RUN <<EOF\na; b\nc && d\nEOF\n", &[1, 2], "RUN <<EOF\na\nd\nEOF\n"),
        ("RUN <<EOF\na && b\nc && d\nEOF\n", &[1, 2], "RUN <<EOF\na\nd\nEOF\n"),
        ("RUN <<EOF\na &&\n  b &&\n  c\nEOF\n", &[2], "RUN <<EOF\na &&\n  b\nEOF\n"),
    ];
    for (file, numbers, expected) in cases {
        assert_eq!(removed(file, numbers).as_deref(), Some(*expected), "{file:?} minus {numbers:?}");
    }
}

#[test]
fn what_cannot_stand_alone_is_refused() {
    for (file, number) in [
        ("RUN a || b\n", 0),
        ("RUN a || b\n", 1),
        ("RUN a | b && c\n", 0),
        ("RUN ! a && c\n", 0),
        ("RUN (a) && c\n", 0),
        ("RUN a & b\n", 0),
        ("RUN if a; then b; fi; c\n", 0),
    ] {
        assert_eq!(removed(file, &[number]), None, "{file:?}");
    }
}

#[test]
fn words_go_with_their_blanks() {
    for (file, word, expected) in [
        ("RUN chown -R a /x\n", "-R", "RUN chown a /x\n"),
        ("RUN chown \\\n    -R \\\n    a /x\n", "-R", "RUN chown \\\n    a /x\n"),
        ("RUN chown a /x \\\n    /y\nUSER x\n", "/y", "RUN chown a /x\nUSER x\n"),
        ("RUN chown a /x \\\n    /y /z\nUSER x\n", "/y", "RUN chown a /x \\\n    /z\nUSER x\n"),
    ] {
        let tree = syntax::parse(file.as_bytes());
        let mut found = Vec::new();
        bodies(0, file.as_bytes(), &tree, &mut found);
        let script = parse(found[0].text(), Dialect::Posix).unwrap();
        let CommandKind::Simple { words: list, .. } = &script.lists[0].pipelines[0].commands[0].kind else { panic!() };
        let span = list.iter().find(|candidate| candidate.literal().as_deref() == Some(word)).unwrap().span;
        let spans = words(&host(file.as_bytes(), &found[0]), &[span]);
        assert_eq!(String::from_utf8(apply(file.as_bytes(), &spans)).unwrap(), expected);
    }
}

/// The text of every top-level pipeline, blanks made one.
fn texts(text: &[u8], script: &Script) -> Vec<String> {
    let squeeze = |span: Span| String::from_utf8_lossy(span.of(text)).split_whitespace().collect::<Vec<_>>().join(" ");
    top_commands(script).iter().map(|command| squeeze(command.span)).collect()
}

/// Removes `gone` from the body; `Err` says how the result is broken.
fn check(file: &[u8], body: &Body, gone: &[usize]) -> Result<bool, String> {
    let Ok(script) = parse(body.text(), Dialect::Posix) else { return Ok(false) };
    let all = top_commands(&script);
    let removed: Vec<TopCommand> = gone.iter().filter_map(|number| all.get(*number).cloned()).collect();
    let Cut::Spans(spans) = commands(&host(file, body), &script, &removed) else { return Ok(false) };
    let after = apply(file, &spans);
    let show = || format!("{gone:?}: {}", String::from_utf8_lossy(body.text()));
    let (before_tree, tree) = (syntax::parse(file), syntax::parse(&after));
    if before_tree.instructions.len() != tree.instructions.len() {
        return Err(format!("instructions {}", show()));
    }
    for (index, (old, new)) in before_tree.instructions.iter().zip(&tree.instructions).enumerate() {
        if index != body.instruction && old.joined.text != new.joined.text {
            return Err(format!("instruction {index} {}", show()));
        }
    }
    let mut found = Vec::new();
    bodies(0, &after, &tree, &mut found);
    let Some(new) = found.iter().find(|new| new.instruction == body.instruction) else {
        return Err(format!("no body {}", show()));
    };
    let script_after = parse(new.text(), Dialect::Posix).map_err(|error| format!("{error} {}", show()))?;
    let mut expected = texts(body.text(), &script);
    let mut number = 0;
    expected.retain(|_| {
        number += 1;
        !gone.contains(&(number - 1))
    });
    if expected == texts(new.text(), &script_after) { Ok(true) } else { Err(format!("commands {}", show())) }
}

#[test]
fn real_files_lose_exactly_the_removed_commands() {
    let Some(corpus) = corpus() else { return };
    let mut random = super::Random(3);
    let (mut count, mut broken) = (0, Vec::new());
    for body in &corpus.bodies {
        let Ok(script) = parse(body.text(), Dialect::Posix) else { continue };
        let all = top_commands(&script);
        let free: Vec<usize> = (0..all.len()).filter(|number| all[*number].rewritable).collect();
        let Some(last) = free.last() else { continue };
        let one = free[random.below(free.len())];
        let some: Vec<usize> = free.iter().copied().filter(|_| random.below(3) == 0).collect();
        for gone in [vec![free[0]], vec![*last], vec![one], some] {
            let (name, file, _) = &corpus.files[body.file];
            match check(file, body, &gone) {
                Ok(done) => count += usize::from(done && !gone.is_empty()),
                Err(error) => broken.push(format!("{name}: {error}")),
            }
        }
    }
    println!("{count} removals, {} broken", broken.len());
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
}
