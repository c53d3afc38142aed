//! Typed changes, and the only place that renders them as text, in the file's own style.

use super::layout::{Layout, Outline};
use crate::edit::Edit;
use crate::model::Model;
use crate::shell::{self, cut::Cut};
use crate::source::{Span, line_ending};
use crate::syntax::Keyword;

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
        /// The ports of EXPOSE.
        expose: Option<String>,
        /// The argument of USER.
        user: Option<String>,
    },
    /// New COPYs, one below the other.
    Copy {
        /// Where.
        place: Place,
        /// Flags and paths of each.
        arguments: Vec<String>,
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
    /// The edits that make the change, one of `all` that are made together; `None` if it cannot be made without
    /// disturbing its neighbours.
    pub fn edits(&self, model: &Model<'_>, all: &[Self]) -> Option<Vec<Edit>> {
        match self {
            Self::Block { place, .. } | Self::Copy { place, .. } => {
                Some(vec![block(model, &Layout::new(model, all), *place, self)?])
            }
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
                Some(vec![Edit::delete(Layout::new(model, all).removal(*instruction)?)])
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
            Self::Block { .. } | Self::Copy { .. } => None,
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

fn block(model: &Model<'_>, layout: &Layout<'_, '_>, place: Place, change: &Change) -> Option<Edit> {
    let (Place::Above(anchor) | Place::Below(anchor)) = place;
    let style = Style::new(model, anchor)?;
    let line = |keyword: &str, text: &str| vec![format!("{}{} {text}", style.indent, style.keyword(keyword))];
    let mut parts = Vec::new();
    let mut comment = None;
    match change {
        Change::Copy { arguments, .. } => {
            parts.push((Keyword::Copy, arguments.iter().flat_map(|arguments| line("COPY", arguments)).collect()));
        }
        Change::Block { comment: words, env, commands, expose, user, .. } => {
            comment = words.as_ref();
            parts.extend(env.as_ref().map(|env| (Keyword::Env, line("ENV", env))));
            parts.extend(Some((Keyword::Run, style.run(commands))).filter(|_| !commands.is_empty()));
            parts.extend(expose.as_ref().map(|ports| (Keyword::Expose, line("EXPOSE", ports))));
            parts.extend(user.as_ref().map(|user| (Keyword::User, line("USER", user))));
        }
        _ => return None,
    }
    let outline = Outline { first: parts.first()?.0, last: parts.last()?.0, commented: comment.is_some() };
    if let (Some(comment), Some((_, lines))) = (comment, parts.first_mut()) {
        lines.insert(0, format!("{}# {comment}", style.indent));
    }
    let spot = layout.spot(place, &outline)?;
    let ending = style.ending;
    let parts: Vec<String> = parts.iter().map(|(_, lines)| lines.join(ending)).collect();
    let text = parts.join(&ending.repeat(2));
    let blank = |wanted: bool| if wanted { ending } else { "" };
    let (above, below) = (blank(spot.above), blank(spot.below));
    let text = match spot.unended {
        false => format!("{above}{text}{ending}{below}"),
        true => format!("{ending}{above}{text}"),
    };
    Some(Edit::insert(spot.at, text))
}

/// How this file is written.
struct Style {
    indent: String,
    inner: String,
    lower: bool,
    leading: bool,
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
