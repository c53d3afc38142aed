//! One joined line to one instruction.

use super::args::{self, Fault, Line};
use super::text::{lossy, split_first, trim};
use super::tree::{Args, Instruction, Joined, Keyword};
use super::{check, flags};
use crate::source::Span;

/// An instruction, and what makes BuildKit's parser reject the file.
pub(super) struct Parsed {
    pub(super) instruction: Instruction,
    pub(super) fatal: Option<String>,
}

/// Reads the instruction that `span` of the joined line holds (`parser/parser.go`, `newNodeFromLine`). Its place in the
/// file is that of its text; lines and heredocs are for the caller to fill in.
pub(super) fn read(joined: &Joined, span: Span, escape: u8) -> Parsed {
    read_nested(joined, span, escape, false)
}

fn read_nested(joined: &Joined, span: Span, escape: u8, inside_onbuild: bool) -> Parsed {
    let line = trim(&joined.text, span);
    let (name, after) = split_first(&joined.text, line).unwrap_or((line, Span::empty(line.end)));
    let keyword = keyword(name.of(&joined.text));
    let (flags, rest) = flags::read(joined, after, escape);
    let rest = trim(&joined.text, Span::new(rest, line.end));
    let place = joined.span(line);
    let mut parsed = Parsed {
        instruction: Instruction {
            keyword,
            keyword_span: joined.span(name),
            span: place,
            full: place,
            lines: (0, 0),
            joined: Joined::default(),
            invalid: check_name(keyword, name.of(&joined.text)).or_else(|| check::flags(keyword, &flags)),
            flags,
            rest,
            args: Args::None,
            heredocs: Vec::new(),
        },
        fatal: None,
    };
    if keyword == Keyword::Onbuild {
        onbuild(&mut parsed, joined, rest, escape, inside_onbuild);
    } else {
        settle(&mut parsed, args::read(&Line { joined, escape }, keyword, rest));
    }
    parsed
}

fn settle(parsed: &mut Parsed, outcome: args::Outcome) {
    match outcome {
        Ok(args) => parsed.instruction.args = args,
        Err(Fault { message, fatal }) => {
            if fatal {
                parsed.fatal = Some(message.clone());
            }
            parsed.instruction.invalid.get_or_insert(message);
        }
    }
}

/// ONBUILD's own instruction. BuildKit does not ask whether that is well-formed until an image is built on this one.
fn onbuild(parsed: &mut Parsed, joined: &Joined, rest: Span, escape: u8, inside_onbuild: bool) {
    let outer = &mut parsed.instruction;
    if rest.is_empty() {
        outer.invalid.get_or_insert("ONBUILD needs an instruction".to_string());
        return;
    }
    // ONBUILD of ONBUILD is refused, so what a third one holds is of no use to anyone.
    if inside_onbuild {
        return;
    }
    let mut inner = read_nested(joined, rest, escape, true);
    inner.instruction.joined = joined.clone();
    if matches!(inner.instruction.keyword, Keyword::Onbuild | Keyword::Maintainer | Keyword::From) {
        let name = lossy(rest.of(&joined.text)).to_ascii_uppercase();
        let name = name.split_ascii_whitespace().next().unwrap_or_default();
        outer.invalid.get_or_insert(format!("ONBUILD cannot hold {name}"));
    }
    parsed.fatal = inner.fatal;
    if let Some(message) = &parsed.fatal {
        outer.invalid.get_or_insert(message.clone());
    }
    outer.args = Args::Onbuild(Box::new(inner.instruction));
}

fn check_name(keyword: Keyword, name: &[u8]) -> Option<String> {
    (keyword == Keyword::Unknown).then(|| format!("`{}` is no instruction", lossy(name)))
}

/// The instruction of this name, in any case.
fn keyword(name: &[u8]) -> Keyword {
    match name.to_ascii_uppercase().as_slice() {
        b"ADD" => Keyword::Add,
        b"ARG" => Keyword::Arg,
        b"CMD" => Keyword::Cmd,
        b"COPY" => Keyword::Copy,
        b"ENTRYPOINT" => Keyword::Entrypoint,
        b"ENV" => Keyword::Env,
        b"EXPOSE" => Keyword::Expose,
        b"FROM" => Keyword::From,
        b"HEALTHCHECK" => Keyword::Healthcheck,
        b"LABEL" => Keyword::Label,
        b"MAINTAINER" => Keyword::Maintainer,
        b"ONBUILD" => Keyword::Onbuild,
        b"RUN" => Keyword::Run,
        b"SHELL" => Keyword::Shell,
        b"STOPSIGNAL" => Keyword::Stopsignal,
        b"USER" => Keyword::User,
        b"VOLUME" => Keyword::Volume,
        b"WORKDIR" => Keyword::Workdir,
        _ => Keyword::Unknown,
    }
}
