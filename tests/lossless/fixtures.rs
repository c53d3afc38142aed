//! One small Dockerfile for each behaviour of BuildKit's parser.

use unroot::source::Span;
use unroot::syntax::{Args, Command, Heredoc, Instruction, Keyword, Pair, TokenKind, Tree, Word};

use crate::invariants::assert_lossless;

fn tree(text: &str) -> Tree {
    assert_lossless(text.as_bytes())
}

/// The only instruction after a FROM.
#[track_caller]
fn one(line: &str) -> Instruction {
    let tree = tree(&format!("FROM a\n{line}"));
    assert_eq!(tree.instructions.len(), 2, "{tree:#?}");
    tree.instructions[1].clone()
}

fn joined(instruction: &Instruction) -> &str {
    std::str::from_utf8(&instruction.joined.text).unwrap()
}

fn texts(words: &[Word]) -> Vec<&str> {
    words.iter().map(|word| word.text.as_str()).collect()
}

#[track_caller]
fn has_pairs(line: &str, wanted: &[(&str, Option<&str>)]) {
    let found = one(line);
    let Args::Pairs(pairs) = &found.args else { panic!("{found:#?}") };
    let both = |pair: &'_ Pair| (pair.key.text.clone(), pair.value.as_ref().map(|value| value.text.clone()));
    let wanted: Vec<_> = wanted.iter().map(|(key, value)| (key.to_string(), value.map(str::to_string))).collect();
    assert_eq!(pairs.iter().map(both).collect::<Vec<_>>(), wanted);
}

fn shell(instruction: &Instruction) -> &[u8] {
    let Args::Command(Command::Shell(span)) = &instruction.args else { panic!("{instruction:#?}") };
    span.of(&instruction.joined.text)
}

#[track_caller]
fn is_invalid(line: &str) {
    assert!(one(line).invalid.is_some(), "{line}");
}

#[track_caller]
fn is_valid(line: &str) {
    assert_eq!(one(line).invalid, None, "{line}");
}

#[test]
fn directives_stand_before_anything_else() {
    let found = tree("#  Syntax = a/b:1 \r\n# check=skip=all\n#escape=`\n# syntax=late\nFROM a\nRUN x `\n y\n");
    assert_eq!(found.error.map(|error| error.span.start), Some(47), "a directive that stands twice is an error");

    let found = tree("# syntax = a/b:1 \n# CHECK=skip=all\n#escape=`\n# note\nFROM a\nRUN x\\ `\n y\n");
    let directives: Vec<_> = found.directives.iter().map(|found| (found.name.as_str(), found.value.as_str())).collect();
    assert_eq!(directives, [("syntax", "a/b:1"), ("check", "skip=all"), ("escape", "`")]);
    assert_eq!(found.escape, b'`');
    assert_eq!(joined(&found.instructions[1]), "RUN x\\  y");

    for ended in ["\n", "# note\n", "#other=1\n", "FROM a\n"] {
        assert_eq!(tree(&format!("{ended}# escape=`\nFROM a\n")).escape, b'\\', "{ended}");
    }
    assert!(tree("# escape=x\nFROM a\n").error.is_some());
    assert!(tree("# escape=\nFROM a\n").error.is_none(), "without a value it is a comment");
}

#[test]
fn a_byte_order_mark_counts_on_the_first_line_only() {
    let found = tree("\u{feff}# escape=`\nFROM a\n");
    assert_eq!(found.escape, b'`');
    assert_eq!(found.tokens[0].kind, TokenKind::Bom);
    assert!(tree("FROM a\n\u{feff}RUN x\n").instructions[1].invalid.is_some());
}

#[test]
fn continuations() {
    for (text, wanted) in [
        ("RUN a \\\n  b", "RUN a   b"),
        ("RUN a \\ \t\n  b", "RUN a   b"),
        ("RUN a \\\r\n  b\r\n", "RUN a   b"),
        ("RUN a \\\n# c\n\n   # d\n  b", "RUN a   b"),
        ("RUN a \\\n", "RUN a "),
        ("RUN a \\\n# end", "RUN a "),
        ("\\\nRUN a", "RUN a"),
        (" \\\n RUN a", " RUN a"),
        ("R\\\nUN a", "RUN a"),
        ("RUN a \\\n\\\nb", "RUN a b"),
        ("RUN a \\\nFROM b", "RUN a FROM b"),
        ("RUN a  ", "RUN a  "),
    ] {
        let found = one(text);
        assert_eq!(joined(&found), wanted, "{text:?}");
        assert_eq!(found.keyword, Keyword::Run, "{text:?}");
    }
    assert_eq!(joined(&one("RUN a `\\\n b")), "RUN a ` b");
}

#[test]
fn a_doubled_escape_character_does_not_continue() {
    assert_eq!(tree("FROM a\nRUN a \\\\\nRUN b \\\\\\\nRUN c\n").instructions.len(), 4);
}

#[test]
fn lines_and_spans() {
    let text = "FROM a\n\n  RUN x \\\n  # c\n  y \nUSER b\n";
    let run = &tree(text).instructions[1];
    assert_eq!(run.lines, (3, 5));
    assert_eq!(&text[run.full.range()], "  RUN x \\\n  # c\n  y \n");
    assert_eq!(&text[run.span.range()], "RUN x \\\n  # c\n  y");
    assert_eq!(shell(run), b"x   y");
    let kinds: Vec<_> = tree("RUN x \\\n  # c\n  y \n").tokens.iter().map(|token| token.kind).collect();
    use TokenKind::{Blank, Comment, Continuation, Keyword, Newline, Text};
    assert_eq!(
        kinds,
        [Keyword, Blank, Text, Continuation, Blank, Comment, Newline, Text, Blank, Newline],
        "the blank before the continuation is part of the text"
    );
}

#[test]
fn keywords_in_any_case() {
    for line in ["run x", "Run\tx", "rUN\u{b}x", "   RUN x"] {
        assert_eq!(one(line).keyword, Keyword::Run, "{line:?}");
    }
    assert_eq!(one("RUNx").keyword, Keyword::Unknown);
    is_invalid("RUNx y");
}

#[test]
fn flags() {
    let found = one("COPY --link --from='b c' --chown=\\$x --x=\"a\\\"b\" -- --a /b");
    let flags: Vec<_> = found.flags.iter().map(|flag| (flag.name.as_str(), flag.value.as_deref())).collect();
    assert_eq!(flags, [("link", None), ("from", Some("b c")), ("chown", Some("$x")), ("x", Some("a\"b"))]);
    assert!(matches!(&found.args, Args::Copy { sources, .. } if texts(sources) == ["--a"]));
    assert_eq!(found.flag("link").map(|flag| flag.span.len()), Some(6));
    assert_eq!(one("RUN \\\n --network=none \\\n make").flags.len(), 1);
}

#[test]
fn flags_that_buildkit_refuses() {
    for line in [
        "RUN --x y",
        "RUN --network=moon y",
        "RUN --mount= y",
        "RUN --mount=from=$x y",
        "RUN --mount=\\\"a y",
        "COPY --from a /b",
        "COPY --link=maybe a /b",
        "COPY --chown=a --chown=b a /b",
        "COPY --unpack a /b",
        "USER --x y",
        "HEALTHCHECK --interval=5 CMD x",
        "HEALTHCHECK --interval=1us CMD x",
        "HEALTHCHECK --retries=-1 CMD x",
    ] {
        is_invalid(line);
    }
    for line in [
        "RUN --mount=type=cache,target=/x --mount=from=a,src=/ y",
        "RUN --security=insecure y",
        "RUN --device=gpu y",
        "COPY --link=TRUE --exclude=a --exclude=b a /b",
        "ADD --unpack=false --checksum=x a /b",
        "HEALTHCHECK --interval=1h2.5s --timeout=0 --start-period=1ms --start-interval=5s --retries=3 CMD x",
        "ARG --x y",
        "STOPSIGNAL --x 9",
    ] {
        is_valid(line);
    }
}

#[test]
fn json_form_or_shell_form() {
    let found = one("CMD [ \"a\\n\\u00e9\", \"\\ud83d\\ude00\" ] ");
    let Args::Command(Command::Exec(words)) = &found.args else { panic!("{found:#?}") };
    assert_eq!(texts(words), ["a\né", "😀"]);
    assert_eq!(words[1].joined.of(&found.joined.text), b"\"\\ud83d\\ude00\"");
    assert!(one("ENTRYPOINT []").is_exec());
    assert!(one("RUN [\"a\", \\\n \"b\"]").is_exec());
    for line in ["CMD ['a']", "CMD [\"a\",]", "CMD [\"a\"] b", "CMD [\"\\x\"]", "CMD [a]", "CMD [\"a\" \"b\"]", "CMD ["]
    {
        assert!(!one(line).is_exec(), "{line}");
        is_valid(line);
    }
    for line in ["CMD [1]", "CMD [\"a\", null]", "COPY [[]]"] {
        assert!(tree(&format!("FROM a\n{line}\n")).error.is_some(), "{line}");
    }
}

#[test]
fn from() {
    let tree = tree("ARG V=1\nfrom --platform=x a:$V As B-1.x\n");
    let Args::From { image, alias } = &tree.instructions[1].args else { panic!("{tree:#?}") };
    assert_eq!((image.text.as_str(), alias.as_ref().unwrap().text.as_str()), ("a:$V", "B-1.x"));
    for line in ["FROM", "FROM a b", "FROM a AS", "FROM a IN b", "FROM a AS 1b", "FROM a AS b c"] {
        is_invalid(line);
    }
    assert!(assert_lossless(b"RUN x\n").instructions[0].invalid.is_some(), "no FROM before it");
}

#[test]
fn env_label_and_arg() {
    has_pairs(
        "ENV a=1 b=\"x y\" c='z' d=e\\ f",
        &[("a", Some("1")), ("b", Some("\"x y\"")), ("c", Some("'z'")), ("d", Some("e\\ f"))],
    );
    has_pairs("ENV a  b=c \\\n d", &[("a", Some("b=c  d"))]);
    has_pairs("LABEL \"a b\"=c", &[("\"a b\"", Some("c"))]);
    has_pairs("ARG a b= c=d", &[("a", None), ("b", Some("")), ("c", Some("d"))]);
    has_pairs("ENV a=b\\=c", &[("a", Some("b\\=c"))]);
    for line in ["ENV a", "ENV a=b c", "LABEL x"] {
        assert!(tree(&format!("FROM a\n{line}\n")).error.is_some(), "{line}");
    }
    for line in ["ENV", "LABEL", "ARG", "ENV =a", "ARG =a"] {
        is_invalid(line);
    }
}

#[test]
fn copy_and_volume_take_words_or_json() {
    let found = one("ADD a \"b c\" /d");
    let Args::Copy { sources, destination, json: false } = &found.args else { panic!("{found:#?}") };
    assert_eq!((texts(sources), destination.text.as_str()), (vec!["a", "\"b", "c\""], "/d"));
    assert!(matches!(&one("COPY [\"a b\", \"/c\"]").args, Args::Copy { json: true, .. }));
    assert!(matches!(&one("VOLUME /a /b").args, Args::Many { json: false, words } if words.len() == 2));
    assert!(matches!(&one("VOLUME [\"/a\"]").args, Args::Many { json: true, .. }));
    assert!(matches!(&one("EXPOSE 80 [\"90\"]").args, Args::Many { json: false, words } if words.len() == 2));
    for line in ["COPY a", "COPY", "COPY [\"a\"]", "VOLUME", "VOLUME []", "VOLUME [\"\"]", "EXPOSE"] {
        is_invalid(line);
    }
}

#[test]
fn one_argument() {
    assert!(matches!(&one("USER  app : app ").args, Args::One(word) if word.text == "app : app"));
    for line in ["USER", "WORKDIR  ", "STOPSIGNAL", "MAINTAINER", "SHELL", "SHELL []", "SHELL sh -c", "ONBUILD"] {
        is_invalid(line);
    }
    is_valid("SHELL [\"sh\"]");
    is_valid("RUN");
    is_valid("CMD");
}

#[test]
fn healthcheck() {
    assert_eq!(one("HEALTHCHECK none").args, Args::Healthcheck(None));
    let found = one("HEALTHCHECK --retries=1 CMD  curl x || exit 1");
    let Args::Healthcheck(Some(Command::Shell(span))) = found.args else { panic!("{found:#?}") };
    assert_eq!(span.of(&found.joined.text), b"curl x || exit 1");
    assert!(one("HEALTHCHECK CMD [\"a\"]").is_exec());
    for line in ["HEALTHCHECK", "HEALTHCHECK CMD", "HEALTHCHECK CMD []", "HEALTHCHECK NONE x", "HEALTHCHECK x"] {
        is_invalid(line);
    }
}

#[test]
fn onbuild_holds_an_instruction() {
    let text = "FROM a\nONBUILD  \\\n copy --chown=b c \\\n /d\n";
    let found = tree(text).instructions[1].clone();
    let Args::Onbuild(inner) = &found.args else { panic!("{found:#?}") };
    assert_eq!((inner.keyword, inner.lines, &text[inner.keyword_span.range()]), (Keyword::Copy, (2, 4), "copy"));
    assert_eq!(&text[inner.flags[0].span.range()], "--chown=b");
    assert!(found.flags.is_empty());
    for line in ["ONBUILD ONBUILD RUN x", "ONBUILD FROM a", "ONBUILD MAINTAINER x"] {
        is_invalid(line);
    }
    is_valid("ONBUILD NONSENSE");
}

fn heredocs(text: &str) -> Vec<Heredoc> {
    one(text).heredocs
}

#[test]
fn heredocs_of_every_kind() {
    let text = "FROM a\nRUN cat <<-'one' 3<<two\n\ta\n\tone\nb\ntwo\nUSER x\n";
    let found = tree(text);
    assert_eq!(found.instructions.len(), 3);
    let run = &found.instructions[1];
    assert_eq!((run.lines, &text[run.span.range()]), ((2, 6), "RUN cat <<-'one' 3<<two\n\ta\n\tone\nb\ntwo"));
    let [one, two] = run.heredocs.as_slice() else { panic!("{run:#?}") };
    assert_eq!((one.name.as_str(), one.descriptor, one.chomp, one.expand), ("one", 0, true, false));
    assert_eq!((two.name.as_str(), two.descriptor, two.chomp, two.expand), ("two", 3, false, true));
    assert_eq!((&text[one.body.range()], &text[one.end.range()]), ("\ta\n", "\tone"));
    assert_eq!(one.joined.of(&run.joined.text), b"<<-'one'");

    for opening in ["RUN << E", "RUN <<\"E\"", "copy <<E /x", "ONBUILD RUN <<E", "RUN a<<b <<E", "RUN <<\\E"] {
        assert_eq!(heredocs(&format!("{opening}\nx\nE\r\n")).len(), 1, "{opening}");
    }
    for none in ["RUN <<<E", "RUN a <<E'", "RUN \"<<E\"", "RUN [\"<<E\"]", "RUN a<<E", "CMD <<E", "ENV a=<<E"] {
        assert_eq!(heredocs(none), [], "{none}");
    }
    let copy = self::one("COPY a <<E /x\nE");
    assert!(matches!(&copy.args, Args::Copy { sources, .. } if texts(sources) == ["a"]));
    is_invalid("COPY a <<E\nE");
}

#[test]
fn a_heredoc_without_end_is_an_error() {
    let text = "FROM a\nRUN <<EOF\nx\n EOF\n";
    let found = tree(text);
    assert_eq!(found.error.map(|error| error.span), Some(Span::new(17, text.len())));
    assert_eq!(found.tokens.last().map(|token| token.kind), Some(TokenKind::Unparsed));
}

#[test]
fn files_without_instructions() {
    for text in ["", "\n", "# only\n", "# escape=`\n", "\u{feff}"] {
        assert!(tree(text).error.is_some(), "{text:?}");
    }
}

#[test]
fn bytes_that_are_no_utf8() {
    let found = assert_lossless(b"FROM a\nUSER caf\xe9\nRUN \xff <<\xff\nx\n\xff\n");
    assert!(found.error.is_some(), "BuildKit never finds the end of a heredoc whose name is no UTF-8");
    assert!(matches!(&found.instructions[1].args, Args::One(word) if word.text == "caf\u{fffd}"));
}
