//! What holds for any input at all: nothing panics, the tokens tile the file, every span leads back to its bytes.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use unroot::source::Span;
use unroot::syntax::{Args, Instruction, TokenKind, Tree, Word, parse};

pub(crate) fn assert_lossless(text: &[u8]) -> Tree {
    let tree = parse(text);
    let mut at = 0;
    for token in &tree.tokens {
        assert_eq!(token.span.start, at, "a gap or overlap before {token:?}");
        assert!(!token.span.is_empty(), "an empty token {token:?}");
        at = token.span.end;
    }
    assert_eq!(at, text.len(), "the tokens end early");
    let mut before = 0;
    for instruction in &tree.instructions {
        assert!(instruction.full.start >= before, "instructions overlap");
        before = instruction.full.end;
        assert_instruction(text, instruction);
    }
    tree
}

fn assert_instruction(text: &[u8], instruction: &Instruction) {
    let joined = &instruction.joined;
    for (at, byte) in joined.text.iter().enumerate() {
        assert_eq!(text[joined.offset(at)], *byte, "joined byte {at} is not the file's");
    }
    assert!(instruction.full.contains(instruction.span), "{instruction:?}");
    assert!(instruction.lines.0 <= instruction.lines.1);
    for flag in &instruction.flags {
        assert_eq!(flag.span, joined.span(flag.joined));
        // In the file a continuation may stand between the two dashes.
        assert!(flag.joined.of(&joined.text).starts_with(b"--"));
    }
    for word in words(instruction) {
        assert_eq!(word.span, joined.span(word.joined));
        assert!(word.joined.end <= joined.text.len());
    }
    for heredoc in &instruction.heredocs {
        assert!(instruction.full.contains(heredoc.body) && heredoc.body.end == heredoc.end.start);
        assert!(heredoc.joined.of(&joined.text).windows(2).any(|pair| pair == b"<<"));
    }
    if let Args::Onbuild(inner) = &instruction.args {
        assert_instruction(text, inner);
    }
}

fn words(instruction: &Instruction) -> Vec<Word> {
    match &instruction.args {
        Args::From { image, alias } => [Some(image.clone()), alias.clone()].into_iter().flatten().collect(),
        Args::Copy { sources, destination, .. } => sources.iter().chain([destination]).cloned().collect(),
        Args::Pairs(pairs) => {
            pairs.iter().flat_map(|pair| [Some(pair.key.clone()), pair.value.clone()]).flatten().collect()
        }
        Args::One(word) => vec![word.clone()],
        Args::Many { words, .. } => words.clone(),
        _ => Vec::new(),
    }
}

/// What mutations put in: everything that means something to the reader.
const PIECES: [&[u8]; 48] = [
    b"\\\n",
    b"\\ \t\n",
    b"\\\\\n",
    b"`\n",
    b"\n",
    b"\r\n",
    b"\r",
    b"# c\n",
    b" ",
    b"\t",
    b"\"",
    b"'",
    b"<<EOF",
    b"<<-EOF",
    b"<< 'E O'",
    b"EOF\n",
    b"\nEOF\n",
    b"[",
    b"]",
    b"[\"a\", \"b\"]",
    b"[1]",
    b"\xc2\xa0",
    b"\xe2\x80\xa8",
    b"\xff",
    b"\xc3",
    b"--",
    b"--link ",
    b"--x=y ",
    b"=",
    b"$",
    b"${X:-",
    b"}",
    b"`",
    b"# escape=`\n",
    b"# check=x\n",
    b"ONBUILD ",
    b"RUN ",
    b"COPY ",
    b"ENV ",
    b"FROM a AS b\n",
    b"HEALTHCHECK CMD ",
    b"ARG ",
    b"VOLUME ",
    b"\xef\xbb\xbf",
    b"\0",
    b"<<A <<B\nA\nB\n",
    b"user x\n",
    b"\x0b",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_kept(text in proptest::collection::vec(any::<u8>(), 0..400)) {
        assert_lossless(&text);
    }

    #[test]
    fn mixtures_of_meaningful_pieces_are_kept(picks in proptest::collection::vec(0..PIECES.len(), 0..40)) {
        let text: Vec<u8> = picks.iter().flat_map(|pick| PIECES[*pick]).copied().collect();
        assert_lossless(&text);
    }

    #[test]
    fn mutated_files_are_kept(cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0..PIECES.len(), 0..8_usize), 1..6)) {
        let mut text = SAMPLE.as_bytes().to_vec();
        for (place, piece, gone) in cuts {
            let at = place.index(text.len());
            let end = (at + gone).min(text.len());
            text.splice(at..end, PIECES[piece].iter().copied());
        }
        assert_lossless(&text);
    }
}

const SAMPLE: &str = "\
# syntax=docker/dockerfile:1
# escape=\\

ARG BASE=base:1
FROM --platform=$BUILDPLATFORM ${BASE} AS build
ENV A=1 B=\"two words\" \\
    C='3'
ENV legacy some value
# a comment
RUN --mount=type=cache,target=/root/.cache set -ex; \\
    # inside
    make all && \\

    chown -R app:app /app
COPY --from=build --chown=app [\"a b\", \"/c\"]
COPY <<one <<-'two' /there/
1
one
\t2
\ttwo
ONBUILD RUN <<EOF
echo hi
EOF
HEALTHCHECK --interval=5s --retries=3 CMD curl -f http://localhost/
VOLUME [\"/data\"]
EXPOSE 80 443/tcp
USER app:app
WORKDIR /app
SHELL [\"/bin/sh\", \"-c\"]
ENTRYPOINT [\"/entry.sh\"]
CMD run --it
";

#[test]
fn the_sample_is_well_formed() {
    let tree = assert_lossless(SAMPLE.as_bytes());
    assert_eq!(tree.error, None);
    assert!(tree.instructions.iter().all(|instruction| instruction.invalid.is_none()), "{tree:#?}");
    assert_eq!(tree.instructions.len(), 16);
}

#[test]
fn every_prefix_of_the_sample_is_kept() {
    for end in 0..SAMPLE.len() {
        assert_lossless(&SAMPLE.as_bytes()[..end]);
    }
}

#[test]
fn corpus_files_are_kept() {
    let Some(files) = crate::corpus::files() else { return };
    for (_, text) in &files {
        assert_lossless(text);
    }
    println!("{} files kept byte for byte", files.len());
}

/// Far above what it takes, far below what anything but linear time would take.
fn assert_quick(name: &str, text: &[u8]) -> Tree {
    let start = Instant::now();
    let tree = parse(text);
    let took = start.elapsed();
    println!("{name}: {} bytes in {took:?}", text.len());
    assert!(took < Duration::from_secs(20), "{name} took {took:?}");
    assert_eq!(tree.tokens.last().map(|token| token.span.end), Some(text.len()));
    tree
}

#[test]
fn a_line_longer_than_buildkit_reads_is_an_error() {
    let fits = [b"FROM ".as_slice(), &[b'a'; 65_530]].concat();
    assert_eq!(parse(&fits).error, None);
    assert_eq!(parse(&[fits.as_slice(), b"\n"].concat()).error, None);
    let long = [b"FROM a\n".as_slice(), &fits, b"b\nRUN x\n"].concat();
    let tree = assert_lossless(&long);
    assert_eq!(tree.error.map(|error| error.span), Some(Span::new(7, 7 + 65_536)));
    assert_eq!(tree.instructions.len(), 1);
    assert_eq!(tree.tokens.last().map(|token| token.kind), Some(TokenKind::Unparsed));
}

#[test]
fn time_is_linear() {
    assert!(assert_quick("one line", &[b"RUN ".as_slice(), &vec![b'x'; 10 << 20]].concat()).error.is_some());
    let many = b"RUN true # x\n".repeat(100_000);
    assert_eq!(assert_quick("instructions", &many).instructions.len(), 100_000);
    let heredocs = b"RUN <<EOF\nx\nEOF\n".repeat(10_000);
    assert_eq!(assert_quick("heredocs", &heredocs).instructions.len(), 10_000);
    let continued = [b"RUN x ".as_slice(), &b"&& y \\\n".repeat(300_000), b"z\n"].concat();
    assert_eq!(assert_quick("continuations", &continued).instructions.len(), 1);
    let openings = [b"COPY ".as_slice(), &b"<<A \\\n".repeat(10_000), b"/x\n", &b"A\n".repeat(10_000)].concat();
    assert_eq!(assert_quick("heredocs of one", &openings).instructions[0].heredocs.len(), 10_000);
    for nested in ["${A:-", "${A/", "ONBUILD ", "[", "'\"", "<<", "--a=", "\\ "] {
        let text = [b"RUN << ".as_slice(), &nested.as_bytes().repeat(8_000)].concat();
        assert_quick(nested, &text);
        assert_quick(nested, &nested.as_bytes().repeat(8_000));
        let lines = format!("{nested}\\\n").repeat(100_000);
        assert_quick(nested, format!("RUN <<A {lines}").as_bytes());
        assert_quick(nested, format!("ENV {lines}").as_bytes());
        assert_quick(nested, format!("COPY {lines}").as_bytes());
    }
}
