//! Trees: values of words, spans, and that nothing panics on broken text.

use unroot::shell::{
    Command, CommandKind, Cwd, Dialect, Part, PartKind, Script, Word, directories, each_simple, fails_fast, parse,
    top_commands,
};
use unroot::source::Span;

fn script(text: &str) -> Script {
    parse(text.as_bytes(), Dialect::Posix).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The values of the words of the first command.
fn values(text: &str, dialect: Dialect) -> Vec<Option<String>> {
    let script = parse(text.as_bytes(), dialect).unwrap_or_else(|error| panic!("{text}: {error}"));
    match &script.lists[0].pipelines[0].commands[0].kind {
        CommandKind::Simple { words, .. } => {
            words.iter().map(|word| word.value(&mut |name| (name == "K").then(|| "known".to_owned()))).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn words_have_values() {
    for (text, expected) in [
        ("a", Some("a")),
        (r"a\ b", Some("a b")),
        (r"\*", Some("*")),
        (r"'*'", Some("*")),
        (r#""*"x"#, Some("*x")),
        ("*", None),
        ("a?", None),
        ("[a]", None),
        ("[", Some("[")),
        ("a[", Some("a[")),
        (r"\[a]", Some("[a]")),
        ("~/x", None),
        (r"\~/x", Some("~/x")),
        ("'~'/x", Some("~/x")),
        ("a~", Some("a~")),
        ("--home=~/x", None),
        ("a{b,c}", None),
        ("a{1..3}", None),
        (r"a\{b,c}", Some("a{b,c}")),
        ("{}", Some("{}")),
        ("a{b}", Some("a{b}")),
        ("$K", Some("known")),
        ("${K}x", Some("knownx")),
        ("\"$K $K\"", Some("known known")),
        ("$X", None),
        ("${K:-x}", None),
        ("$(a)", None),
        ("`a`", None),
        ("$((1))", None),
        ("''", Some("")),
        ("a\"\"b", Some("ab")),
        ("\"a\\\"b\\c\\$\"", Some("a\"b\\c$")),
        ("a\\\nb", Some("ab")),
        ("\"a\\\nb\"", Some("ab")),
        ("'a\\\nb'", Some("a\\\nb")),
        ("$", Some("$")),
        ("a$", Some("a$")),
        ("\"$\"", Some("$")),
        ("a#b", Some("a#b")),
        ("é\\é", Some("éé")),
    ] {
        assert_eq!(values(&format!("x {text}"), Dialect::Posix)[1].as_deref(), expected, "{text}");
    }
    assert_eq!(values("x $'a b' $'\\n'", Dialect::Bash)[1..], [Some("a b".to_owned()), None]);
}

#[test]
fn bash_has_its_own_grammar() {
    for text in [
        "[[ -f a && ( $x == b* || $y =~ ^(a|b)$ ) ]] && c",
        "(( x = 1 + (2) )) && a",
        "((a); b)",
        "x=(a 'b c' $(d)) y+=(e) z[1]=2 a",
        "declare -a x=(a b)",
        "function f { a; }",
        "function f() ( a )",
        "a &> b; a &>> b; a <<< 'b c'",
        "diff <(a) >(b)",
        "a |& b",
        "case a in b) c;& d) e;;& esac",
        "for ((i = 0; i < 3; i++)); do a; done",
        "select x in a b; do c; done",
        "time -p a | b",
        "{fd}>x a",
        "a 10>x",
    ] {
        assert!(parse(text.as_bytes(), Dialect::Bash).is_ok(), "{text}: {:?}", parse(text.as_bytes(), Dialect::Bash));
    }
    for text in ["[[ a", "(( a )", "x=(a", "function", "[[ ]]"] {
        assert!(parse(text.as_bytes(), Dialect::Bash).is_err(), "{text}");
    }
}

#[test]
fn heredocs_have_bodies() {
    let text = "cat <<A <<-'B' && c\n$(x) a\nA\n\t$(\n\tB\nd";
    let script = script(text);
    let command = &script.lists[0].pipelines[0].commands[0];
    let bodies: Vec<_> = command.redirects.iter().map(|redirect| redirect.body.unwrap().of(text.as_bytes())).collect();
    assert_eq!(bodies, [b"$(x) a\n".as_slice(), b"\t$(\n"]);
    assert_eq!(command.span.of(text.as_bytes()), b"cat <<A <<-'B'");
    assert!(matches!(command.redirects[0].content[0].kind, PartKind::Substitution(Some(_))));
    assert_eq!(script.lists.len(), 2);
}

#[test]
fn every_simple_command_is_visited_in_order() {
    let text = "a $(b) && if c; then d; fi; (e; x=`f`) | g || h; i() { j; }; k <<E\n$(l)\nE\nm &";
    let mut found = Vec::new();
    each_simple(&script(text), &mut |simple, place| {
        let name = simple.words.first().and_then(Word::literal).unwrap_or_else(|| "=".to_owned());
        let mark = |on, letter| if on { letter } else { "" };
        let flags = [mark(place.top_level, "t"), mark(place.conditional, "c"), mark(place.subshell, "s")].concat();
        found.push(format!("{name}:{flags}"));
    });
    let expected = "a:t b:s c:c d:c e:cs =:cs f:cs g:tcs h:tc j:c k:t l:s m:ts";
    assert_eq!(found.join(" "), expected);
}

#[test]
fn top_commands_know_their_neighbours() {
    let all = top_commands(&script("a && b || c; d | e; ! f; g & (h); i <<E; j\nE\n"));
    let free: Vec<bool> = all.iter().map(|command| command.rewritable).collect();
    assert_eq!(free, [true, false, false, false, false, false, false, false, true]);
    assert!(all[0].guarded && !all[8].guarded);
}

#[test]
fn set_e_is_seen() {
    for (text, expected) in [
        ("set -e; a", true),
        ("set -eux && a", true),
        ("set -x; set -o errexit; a", true),
        ("set -xeo pipefail; a", true),
        ("set -x; a", false),
        ("a; set -e", false),
        ("set -e; a; set +e; b", false),
        ("set -- -e", false),
    ] {
        assert_eq!(fails_fast(&script(text)), expected, "{text}");
    }
}

#[test]
fn directories_are_followed() {
    for (text, expected) in [
        ("a && cd /x && b && cd y/../z && c", "- - /x /x /x/z"),
        ("cd x && a; b", "- x ?"),
        ("set -e; cd /x; a", "- - /x"),
        ("cd /x; a", "- ?"),
        ("cd /x || exit 1; a", "- ? /x"),
        ("(cd /x && a) && b", "- -"),
        ("{ cd /x; } && b", "- ?"),
        ("if a; then cd b; fi; c; cd /y && d", "- ? ? /y"),
        ("cd /x | a; b", "- -"),
        ("cd $X && a && cd /y && b", "- ? ? /y"),
        ("cd .. && a", "- ?"),
        ("cd /a/b && cd .. && c", "- /a/b /a"),
        (". ./env && a", "- ?"),
        ("cd - && a", "- ?"),
    ] {
        let show = |cwd: &Cwd| match cwd {
            Cwd::Initial => "-".to_owned(),
            Cwd::Known(path) => path.clone(),
            Cwd::Unknown => "?".to_owned(),
        };
        let found: Vec<_> = directories(&script(text)).iter().map(show).collect();
        assert_eq!(found.join(" "), expected, "{text}");
    }
}

/// Every span lies in the one that holds it, and siblings are in order.
fn check_script(text: &[u8], script: &Script, within: Span) {
    let mut at = within.start;
    for list in &script.lists {
        assert!(within.contains(list.span) && at <= list.span.start, "list {:?} in {within:?}", list.span);
        at = list.span.end;
        let operators = list.operators.iter().chain(&list.terminator);
        operators.for_each(|operator| assert!(within.contains(operator.span) && !operator.span.is_empty()));
        for pipeline in &list.pipelines {
            assert!(list.span.contains(pipeline.span));
            for command in &pipeline.commands {
                assert!(pipeline.span.contains(command.span) && !command.span.is_empty());
                check_command(text, command);
            }
        }
    }
    for comment in &script.comments {
        assert!(within.contains(*comment) && comment.of(text).starts_with(b"#"));
    }
}

fn check_command(text: &[u8], command: &Command) {
    let words: Vec<&Word> = match &command.kind {
        CommandKind::Simple { assignments, words } => assignments.iter().chain(words).collect(),
        CommandKind::Compound { bodies, words, .. } => {
            bodies.iter().for_each(|body| check_script(text, body, command.span));
            words.iter().collect()
        }
        CommandKind::Function { body, .. } => {
            assert!(command.span.contains(body.span));
            check_command(text, body);
            Vec::new()
        }
    };
    let targets = command.redirects.iter().map(|redirect| &redirect.target);
    for word in words.into_iter().chain(targets) {
        assert!(command.span.contains(word.span) && !word.span.is_empty(), "{word:?}");
        check_parts(text, &word.parts, word.span);
    }
    for redirect in &command.redirects {
        let body = redirect.body.unwrap_or_default();
        assert!(body.end <= text.len());
        check_parts(text, &redirect.content, body);
    }
}

fn check_parts(text: &[u8], parts: &[Part], within: Span) {
    let mut at = within.start;
    for part in parts {
        assert!(within.contains(part.span) && at <= part.span.start, "{part:?} in {within:?}");
        at = part.span.end;
        match &part.kind {
            PartKind::Double(parts) | PartKind::Arithmetic(parts) | PartKind::Parameter { parts, .. } => {
                check_parts(text, parts, part.span);
            }
            // A here-document's redirection may end its substitution's line: bodies stand behind.
            PartKind::Substitution(Some(script)) => check_script(text, script, part.span),
            PartKind::Array(words) => words.iter().for_each(|word| check_parts(text, &word.parts, part.span)),
            _ => {}
        }
    }
}

#[test]
fn spans_nest_in_mutated_scripts() {
    let mut random = super::Random(11);
    let mut sources: Vec<Vec<u8>> = super::edges().map(String::into_bytes).collect();
    sources
        .push(b"cat <<A <<-'B' && c \"$(d <<E\n$x\nE\n)\"\n$(x) a\nA\n\t$(\n\tB\nd `e \\`f\\`` ${g:-\"h\"}".to_vec());
    sources.push(b"x=(a b) && [[ -f $a && b =~ ^(c|d) ]] || (( 1 + $(e) )) && diff <(f) &>g <<<h".to_vec());
    if let Some(corpus) = super::corpus::corpus() {
        sources.extend(corpus.bodies.iter().step_by(10).map(|body| body.text().to_vec()));
    }
    let (mut count, mut good) = (0, 0);
    for source in &sources {
        for changes in 0..20 {
            let text = super::mutate(source, changes, &mut random);
            for dialect in [Dialect::Posix, Dialect::Bash] {
                count += 1;
                if let Ok(script) = parse(&text, dialect) {
                    good += 1;
                    check_script(&text, &script, Span::new(0, text.len()));
                    each_simple(&script, &mut |_, _| {});
                    assert_eq!(top_commands(&script).len(), directories(&script).len());
                }
            }
        }
    }
    println!("{count} texts, {good} of them scripts");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

    #[test]
    fn bytes_never_panic(text in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        for dialect in [Dialect::Posix, Dialect::Bash] {
            if let Ok(script) = parse(&text, dialect) {
                check_script(&text, &script, Span::new(0, text.len()));
            }
        }
    }

    #[test]
    fn signs_never_panic(text in "[ab \n;&|<>(){}$`'\"\\\\#=E!-]{0,60}") {
        for dialect in [Dialect::Posix, Dialect::Bash] {
            if let Ok(script) = parse(text.as_bytes(), dialect) {
                check_script(text.as_bytes(), &script, Span::new(0, text.len()));
            }
        }
    }
}
