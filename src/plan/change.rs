//! Typed changes, and the only place that renders them as text, in the file's own style.

use crate::edit::Edit;
use crate::model::Model;
use crate::shell::{self, cut::Cut};
use crate::source::{Span, line_ending};
use crate::syntax::{Instruction, Keyword, TokenKind};

/// One typed change of a Dockerfile. Instructions are named by their index in the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// New instructions together: the block of DESIGN.md section 5, or the part of it that must stand elsewhere.
    Block {
        /// Where.
        place: Place,
        /// A comment line without `# `; none for a part that needs no words.
        comment: Option<String>,
        /// `NAME=value` of one ENV.
        env: Option<String>,
        /// Commands of one RUN, joined by `&&`; none when empty.
        commands: Vec<String>,
        /// The argument of USER.
        user: Option<String>,
    },
    /// A comment line directly above an instruction, without `# `.
    Comment {
        /// The instruction.
        instruction: usize,
        /// What it says.
        text: String,
    },
    /// A flag with its value, after the flags that are there.
    Flag {
        /// The instruction.
        instruction: usize,
        /// `--name=value`.
        flag: String,
    },
    /// An instruction goes, with its lines.
    RemoveInstruction {
        /// The instruction.
        instruction: usize,
    },
    /// Commands of a RUN's top-level list go.
    RemoveCommands {
        /// The instruction.
        instruction: usize,
        /// The commands' spans in the text of its first script.
        commands: Vec<Span>,
    },
    /// Whole words of a RUN go, with the blanks before them.
    RemoveWords {
        /// The instruction.
        instruction: usize,
        /// The words' spans in the text of its first script.
        words: Vec<Span>,
    },
    /// Bytes of one word or between two words become others: an option dropped, an id added, a port moved.
    Word {
        /// The instruction.
        instruction: usize,
        /// What is replaced, in the file.
        span: Span,
        /// What stands there afterwards.
        text: String,
    },
}

/// Where a block goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Above this instruction and the comment lines that belong to it.
    Above(usize),
    /// Below this instruction, the last of its stage.
    Below(usize),
}

impl Change {
    /// The edits that make the change; `None` if it cannot be made without disturbing its neighbours.
    pub fn edits(&self, model: &Model<'_>) -> Option<Vec<Edit>> {
        match self {
            Self::Block { place, .. } => Some(vec![block(model, *place, self)?]),
            Self::Comment { instruction, text } => {
                let style = Style::new(model, *instruction)?;
                let line = model.lines.position(model.instruction(*instruction)?.full.start).line;
                let text = format!("{}# {text}{}", style.indent, style.ending);
                Some(vec![Edit::insert(model.lines.start(line), text)])
            }
            Self::Flag { instruction, flag } => {
                let found = model.instruction(*instruction)?;
                let at = found.flags.last().map_or(found.keyword_span.end, |flag| flag.span.end);
                Some(vec![Edit::insert(at, format!(" {flag}"))])
            }
            Self::RemoveInstruction { instruction } => {
                let found = model.instruction(*instruction)?;
                Some(vec![Edit::delete(with_blank_line(model, found.full))])
            }
            Self::RemoveCommands { instruction, commands } => {
                let shelled = model.scripts(*instruction).first()?;
                let removed: Vec<_> = shelled.top().into_iter().filter(|top| commands.contains(&top.span)).collect();
                let host = shelled.host(model.bytes, model.tree.escape);
                match shell::cut::commands(&host, shelled.script.as_ref()?, &removed) {
                    Cut::Spans(spans) if removed.len() == commands.len() => Some(deleted(spans)),
                    _ => None,
                }
            }
            Self::RemoveWords { instruction, words } => {
                let host = model.scripts(*instruction).first()?.host(model.bytes, model.tree.escape);
                Some(deleted(shell::cut::words(&host, words)))
            }
            Self::Word { span, text, .. } => Some(vec![Edit::replace(*span, text.clone())]),
        }
    }

    /// The instruction that the change touches, if it touches one.
    pub fn instruction(&self) -> Option<usize> {
        match self {
            Self::Block { .. } => None,
            Self::Comment { instruction, .. }
            | Self::Flag { instruction, .. }
            | Self::RemoveInstruction { instruction }
            | Self::RemoveCommands { instruction, .. }
            | Self::RemoveWords { instruction, .. }
            | Self::Word { instruction, .. } => Some(*instruction),
        }
    }
}

fn deleted(spans: Vec<Span>) -> Vec<Edit> {
    spans.into_iter().map(Edit::delete).collect()
}

/// An instruction between two blank lines takes one of them along, so that no double gap stays.
fn with_blank_line(model: &Model<'_>, full: Span) -> Span {
    let line = model.lines.position(full.start).line;
    let blank = |line: usize| {
        let text = Span::new(model.lines.start(line), model.lines.end(line)).of(model.bytes);
        !text.is_empty() && text.iter().all(u8::is_ascii_whitespace)
    };
    let after = model.lines.position(full.end).line;
    if line > 1 && blank(line - 1) && full.end == model.lines.start(after) && blank(after) {
        return Span::new(full.start, model.lines.end(after));
    }
    full
}

fn block(model: &Model<'_>, place: Place, change: &Change) -> Option<Edit> {
    let Change::Block { comment, env, commands, user, .. } = change else { return None };
    let (Place::Above(anchor) | Place::Below(anchor)) = place;
    let style = Style::new(model, anchor)?;
    let mut lines = Vec::new();
    if let Some(comment) = comment {
        lines.push(format!("{}# {comment}", style.indent));
    }
    if let Some(env) = env {
        lines.push(format!("{}{} {env}", style.indent, style.keyword("ENV")));
    }
    if !commands.is_empty() {
        lines.extend(style.run(commands));
    }
    if let Some(user) = user {
        lines.push(format!("{}{} {user}", style.indent, style.keyword("USER")));
    }
    let (found, ending) = (model.instruction(anchor)?, style.ending);
    match place {
        Place::Above(_) => {
            let at = above_comment(model, found);
            // A variable belongs to the step that it is for.
            let gap = if env.is_none() && after_blank_line(model, at) { ending } else { "" };
            Some(Edit::insert(at, lines.join(ending) + ending + gap))
        }
        Place::Below(_) => {
            let at = found.full.end;
            let gap = if style.airy { ending } else { "" };
            let lines = lines.join(ending);
            let ended = model.bytes.get(..at).is_some_and(|before| before.ends_with(b"\n"));
            let text = if ended { format!("{gap}{lines}{ending}") } else { format!("{ending}{gap}{lines}") };
            Some(Edit::insert(at, text))
        }
    }
}

/// The start of the comment lines directly above an instruction, or of its own line.
fn above_comment(model: &Model<'_>, instruction: &Instruction) -> usize {
    let mut line = model.lines.position(instruction.full.start).line;
    while line > 1 && is_comment(model, line - 1) {
        line -= 1;
    }
    model.lines.start(line)
}

/// Whether a line is a comment of its own: neither a directive nor a part of a continued instruction.
fn is_comment(model: &Model<'_>, line: usize) -> bool {
    let span = Span::new(model.lines.start(line), model.lines.end(line));
    let tokens = &model.tree.tokens;
    let first = tokens.partition_point(|token| token.span.end <= span.start);
    let inside = tokens.iter().skip(first).take_while(|token| token.span.start < span.end);
    let mut comment = false;
    for token in inside {
        match token.kind {
            TokenKind::Comment => comment = true,
            TokenKind::Blank | TokenKind::Newline => {}
            _ => return false,
        }
    }
    let ends_inside =
        |instruction: &Instruction| instruction.full.start < span.start && span.start < instruction.full.end;
    let next = model.tree.instructions.partition_point(|instruction| instruction.full.start < span.start);
    let previous = next.checked_sub(1).and_then(|i| model.tree.instructions.get(i));
    comment && !previous.is_some_and(ends_inside)
}

fn after_blank_line(model: &Model<'_>, at: usize) -> bool {
    let line = model.lines.position(at).line;
    let above = |line: usize| Span::new(model.lines.start(line), model.lines.end(line)).of(model.bytes);
    line > 1 && above(line - 1).iter().all(u8::is_ascii_whitespace)
}

/// How this file is written.
struct Style {
    indent: String,
    inner: String,
    lower: bool,
    leading: bool,
    airy: bool,
    escape: char,
    ending: &'static str,
}

impl Style {
    fn new(model: &Model<'_>, anchor: usize) -> Option<Self> {
        let found = model.instruction(anchor)?;
        let indent = Span::new(found.full.start, found.keyword_span.start).of(model.bytes);
        let indent = String::from_utf8_lossy(indent).trim_start_matches('\u{feff}').to_owned();
        let keyword = found.keyword_span.of(model.bytes);
        let (inner, leading) = continued_style(model).unwrap_or_else(|| ("    ".to_owned(), true));
        Some(Self {
            inner: format!("{indent}{inner}"),
            indent,
            lower: keyword.iter().all(u8::is_ascii_lowercase),
            leading,
            airy: is_airy(model, anchor),
            escape: char::from(model.tree.escape),
            ending: line_ending(model.bytes),
        })
    }

    fn keyword(&self, upper: &str) -> String {
        if self.lower { upper.to_ascii_lowercase() } else { upper.to_owned() }
    }

    /// One RUN over as many lines as it has commands.
    fn run(&self, commands: &[String]) -> Vec<String> {
        let last = commands.len().saturating_sub(1);
        let line = |(at, command): (usize, &String)| {
            let start = if at == 0 {
                format!("{}{} ", self.indent, self.keyword("RUN"))
            } else if self.leading {
                format!("{}&& ", self.inner)
            } else {
                self.inner.clone()
            };
            let end = match (at == last, self.leading) {
                (true, _) => String::new(),
                (false, true) => format!(" {}", self.escape),
                (false, false) => format!(" && {}", self.escape),
            };
            format!("{start}{command}{end}")
        };
        commands.iter().enumerate().map(line).collect()
    }
}

/// Whether the stage of `anchor` keeps blank lines between its instructions.
fn is_airy(model: &Model<'_>, anchor: usize) -> bool {
    let Some(stage) = model.stage_of(anchor).and_then(|stage| model.stages.get(stage)) else { return false };
    let starts = stage.body.clone().filter_map(|i| model.instruction(i)).map(|instruction| instruction.full.start);
    starts.into_iter().any(|start| after_blank_line(model, start))
}

/// Indentation of continued lines, and whether `&&` leads them, as the file's last chain over several lines has it.
fn continued_style(model: &Model<'_>) -> Option<(String, bool)> {
    let runs = model.tree.instructions.iter().rev().filter(|instruction| instruction.keyword == Keyword::Run);
    runs.filter(|run| run.lines.1 > run.lines.0).find_map(|run| {
        let text = run.span.of(model.bytes);
        let indent = Span::new(run.full.start, run.keyword_span.start).len();
        let mut lines = text.split(|byte| *byte == b'\n');
        let first = lines.next()?;
        let second = lines.next()?;
        let blanks = second.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let inner = String::from_utf8_lossy(second.get(..blanks)?).chars().skip(indent).collect();
        let rest = second.get(blanks..)?;
        if rest.starts_with(b"&&") {
            return Some((inner, true));
        }
        let first = first.trim_ascii_end();
        let first = first.strip_suffix(&[model.tree.escape]).unwrap_or(first);
        first.trim_ascii_end().ends_with(b"&&").then_some((inner, false))
    })
}
