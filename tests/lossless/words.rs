//! Expansion of words.

use unroot::syntax::{Expanded, Value, expand, expand_body, expand_words};

fn lookup(name: &str) -> Value {
    match name {
        "A" => Value::Known("alpha".to_string()),
        "EMPTY" => Value::Known(String::new()),
        "PATH" => Value::Known("/usr/local/bin/foo.tar.gz".to_string()),
        "WORDS" => Value::Known("a b  c".to_string()),
        "SECRET" => Value::Unknown,
        _ => Value::Unset,
    }
}

fn text(word: &str) -> Option<String> {
    expand(word, b'\\', &mut lookup).text
}

#[track_caller]
fn all(cases: &[(&str, Option<&str>)]) {
    for (word, wanted) in cases {
        assert_eq!(text(word).as_deref(), *wanted, "{word}");
    }
}

#[test]
fn plain_substitutions() {
    all(&[
        ("$A/x", Some("alpha/x")),
        ("${A}x", Some("alphax")),
        ("$A-$A", Some("alpha-alpha")),
        ("[$NONE]", Some("[]")),
        ("$", Some("$")),
        ("$/", Some("$/")),
        ("$1a", Some("a")),
        ("\\$A", Some("$A")),
    ]);
}

#[test]
fn defaults_and_alternatives() {
    all(&[
        ("${A:-x}", Some("alpha")),
        ("${EMPTY:-x}", Some("x")),
        ("${EMPTY-x}", Some("")),
        ("${NONE:-$A}", Some("alpha")),
        ("${NONE-${NONE:-deep}}", Some("deep")),
        ("${A:+x}", Some("x")),
        ("${EMPTY:+x}", Some("")),
        ("${EMPTY+x}", Some("x")),
        ("${NONE+x}", Some("")),
        ("${A:?gone}", Some("alpha")),
        ("${NONE?gone}", None),
        ("${EMPTY:?gone}", None),
        ("${EMPTY?gone}", Some("")),
    ]);
}

#[test]
fn patterns() {
    all(&[
        ("${PATH#*/}", Some("usr/local/bin/foo.tar.gz")),
        ("${PATH##*/}", Some("foo.tar.gz")),
        ("${PATH%.*}", Some("/usr/local/bin/foo.tar")),
        ("${PATH%%.*}", Some("/usr/local/bin/foo")),
        ("${PATH#nothing}", Some("/usr/local/bin/foo.tar.gz")),
        ("${A#?l}", Some("pha")),
        ("${PATH/o/0}", Some("/usr/l0cal/bin/foo.tar.gz")),
        ("${PATH//o/0}", Some("/usr/l0cal/bin/f00.tar.gz")),
        ("${PATH//\\//-}", Some("-usr-local-bin-foo.tar.gz")),
        ("${A/a*p/X}", Some("Xha")),
        ("${A/[x]/y}", Some("alpha")),
        ("${A:#a}", None),
        ("${A/a", None),
    ]);
}

#[test]
fn quotes_and_escapes() {
    all(&[
        ("\"a $A\"", Some("a alpha")),
        ("'a $A'", Some("a $A")),
        ("a\\ b", Some("a b")),
        ("\"a\\\"b\\x\"", Some("a\"b\\x")),
        ("'a\\'", Some("a\\")),
        ("tail\\", Some("tail")),
        ("a  b", Some("a  b")),
        ("\"open", None),
        ("'open", None),
        ("${A", None),
        ("${}", None),
        ("${A!x}", None),
    ]);
    assert_eq!(expand("`$A\\x", b'`', &mut lookup).text.as_deref(), Some("$A\\x"));
}

#[test]
fn unknown_values_spread_only_where_they_are_used() {
    all(&[("$SECRET", None), ("${SECRET:-x}", None), ("${SECRET#a}", None), ("${A#$SECRET}", None)]);
    all(&[("${A:-$SECRET}", Some("alpha")), ("${NONE:+$SECRET}", Some("")), ("'$SECRET'", Some("$SECRET"))]);
}

#[test]
fn unset_variables_are_told() {
    let expanded = expand("$A$X${Y}${Z:-z}${A:-$W}", b'\\', &mut lookup);
    let unset = vec!["X".to_string(), "Y".to_string()];
    assert_eq!(expanded, Expanded { text: Some("alphazalpha".to_string()), unset });
}

#[test]
fn words_split_after_expansion() {
    let words = |word: &str| expand_words(word, b'\\', &mut lookup);
    assert_eq!(words("80 $WORDS"), Some(["80", "a", "b", "c"].map(str::to_string).to_vec()));
    assert_eq!(words("\"$WORDS\" x\\ y"), Some(["a b  c", "x y"].map(str::to_string).to_vec()));
    assert_eq!(words("$EMPTY"), Some(Vec::new()));
    assert_eq!(words("$SECRET"), None);
    assert_eq!(words("\"open"), None);
}

#[test]
fn bodies_keep_their_quotes() {
    let body = expand_body("it's \"$A\" \\$A\n", &mut lookup);
    assert_eq!(body.text.as_deref(), Some("it's \"alpha\" $A\n"));
}

#[test]
fn no_nest_is_too_deep() {
    assert_eq!(text(&"${A:-".repeat(100_000)), None);
    assert_eq!(text(&"\"${A#".repeat(100_000)), None);
}
