//! Results that are no Dockerfile any more, or lost what belongs to nobody: comments, line endings, the first bytes.

use super::{Spoiled, row};
use unroot::plan::Change;

const NODE: &str = super::lines::NODE;

const CRLF: &str = "FROM node:22-slim\r\nWORKDIR /app\r\n# Code\r\n\r\nCOPY . .\r\nRUN echo \\\r\n  one\r\nCMD [\"node\", \"server.js\"]\r\n";

const MARKED: &str = "\u{feff}# syntax=docker/dockerfile:1\nFROM node:22-slim\nWORKDIR /app\nCOPY . .\n\n# Trailing   \nCMD [\"node\", \"server.js\"]\n";

pub(super) fn rows() -> Vec<Spoiled> {
    vec![
        row("parses", "a heredoc that never ends", NODE, |_| {}, &[("RUN chown node:node /app", "RUN <<EOF")]),
        row("parses", "USER without a user", NODE, |_| {}, &[("USER 1000:1000", "USER")]),
        row("parses", "a flag that no COPY has", NODE, |_| {}, &[("COPY --chown=node:node", "COPY --chwon=node:node")]),
        row("parses", "an instruction cut in two", NODE, |_| {}, &[("EXPOSE 8080", "EXPOSE\n8080")]),
        row("trivia", "a comment is lost", NODE, |_| {}, &[("# Our own code\n", "")]),
        row("trivia", "a comment is reworded", NODE, |_| {}, &[("# Our own code\n", "# Our code\n")]),
        row(
            "trivia",
            "a comment moves to another instruction",
            NODE,
            |_| {},
            &[("# Our own code\n", ""), ("\nVOLUME", "\n# Our own code\nVOLUME")],
        ),
        row("trivia", "a comment that nobody declared", NODE, |_| {}, &[("\nVOLUME", "\n# Data\nVOLUME")]),
        row(
            "trivia",
            "the block's comment is lost",
            NODE,
            |s| {
                if let Some(Change::Block { comment, .. }) = s.plan.changes.last_mut() {
                    *comment = None;
                }
            },
            &[("USER 1000:1000", "# Run as node\nUSER 1000:1000")],
        ),
        row("trivia", "an empty line is lost", CRLF, |_| {}, &[("# Code\r\n\r\n", "# Code\r\n")]),
        row("trivia", "an empty line is added far from the block", CRLF, |_| {}, &[("# Code\r\n", "\r\n# Code\r\n")]),
        row("trivia", "an empty line moves", CRLF, |_| {}, &[("# Code\r\n\r\n", "\r\n# Code\r\n")]),
        row(
            "trivia",
            "an empty line moves to the block",
            CRLF,
            |_| {},
            &[("# Code\r\n\r\n", "# Code\r\n"), ("USER 1000:1000\r\n", "USER 1000:1000\r\n\r\n")],
        ),
        row("trivia", "the block brings three empty lines", NODE, |_| {}, &[("USER 1000:1000", "\n\nUSER 1000:1000")]),
        row("trivia", "an empty line is added below the command", NODE, |_| {}, &[("\"8080\"]\n", "\"8080\"]\n\n")]),
        row(
            "trivia",
            "an empty line of the block ends as in another system",
            CRLF,
            |_| {},
            &[("\r\n\r\nUSER", "\r\n\nUSER")],
        ),
        row("trivia", "a line loses its CR", CRLF, |_| {}, &[("WORKDIR /app\r\n", "WORKDIR /app\n")]),
        row("trivia", "a comment loses its CR", CRLF, |_| {}, &[("# Code\r\n", "# Code\n")]),
        row(
            "trivia",
            "new lines end as in another system",
            CRLF,
            |_| {},
            &[("USER 1000:1000\r\n", "USER 1000:1000\n")],
        ),
        row("trivia", "the byte order mark is lost", MARKED, |_| {}, &[("\u{feff}", "")]),
        row("trivia", "a directive is lost", MARKED, |_| {}, &[("# syntax=docker/dockerfile:1\n", "")]),
        row(
            "trivia",
            "blanks at the end of a comment are lost",
            MARKED,
            |_| {},
            &[("# Trailing   \n", "# Trailing\n")],
        ),
        row("trivia", "a line gets another indentation", MARKED, |_| {}, &[("\nCMD", "\n  CMD")]),
        row("trivia", "the last line ending is lost", MARKED, |_| {}, &[("\"server.js\"]\n", "\"server.js\"]")]),
    ]
}
