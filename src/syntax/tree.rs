//! The Dockerfile tree: what every part of the file is, and where.

use crate::source::Span;

/// A whole Dockerfile. Every byte belongs to exactly one of `tokens`, which are in order and without gaps.
#[derive(Debug, Clone)]
pub struct Tree {
    /// Parser directives, in order.
    pub directives: Vec<Directive>,
    /// The escape character: `\` or `` ` ``.
    pub escape: u8,
    /// Instructions, in order.
    pub instructions: Vec<Instruction>,
    /// The whole file, byte for byte.
    pub tokens: Vec<Token>,
    /// What BuildKit's parser rejects the file for, if it does.
    pub error: Option<ParseError>,
}

/// Why BuildKit's parser rejects a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// What is wrong and what to do.
    pub message: String,
    /// The bytes that are wrong.
    pub span: Span,
}

/// A `# name=value` line at the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// Lower-case name: `syntax`, `escape` or `check`.
    pub name: String,
    /// Value without surrounding blanks.
    pub value: String,
    /// Where the line stands, without its ending.
    pub span: Span,
}

/// What a run of bytes is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// The byte order mark at the start.
    Bom,
    /// A directive line, without its ending.
    Directive,
    /// A comment line, without its ending; also inside a continued instruction.
    Comment,
    /// Blanks, and empty lines inside a continued instruction.
    Blank,
    /// A line ending outside of instructions, at the end of one, or after a comment inside of one.
    Newline,
    /// An instruction's keyword.
    Keyword,
    /// A `--flag` or `--flag=value`.
    Flag,
    /// Argument text as it stands in the file.
    Text,
    /// Escape character, blanks after it and the line ending.
    Continuation,
    /// A heredoc's body, with its last line ending.
    HeredocBody,
    /// A heredoc's closing line, without its ending.
    HeredocEnd,
    /// Text that cannot be read after a fatal error.
    Unparsed,
}

/// A run of bytes of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it is.
    pub span: Span,
}

/// The instructions of the Dockerfile reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Keyword {
    Add,
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Run,
    Shell,
    Stopsignal,
    User,
    Volume,
    Workdir,
    /// Anything else: the file keeps its tree and is refused.
    Unknown,
}

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// Which.
    pub keyword: Keyword,
    /// The keyword as it is spelled in the file.
    pub keyword_span: Span,
    /// From the keyword's first byte to the last byte that belongs to it (heredoc ends included), without the final
    /// line ending.
    pub span: Span,
    /// From the start of its first line (indentation included) to after its last line's ending.
    pub full: Span,
    /// First and last line, from 1, as BuildKit reports them (heredocs included).
    pub lines: (usize, usize),
    /// The logical line as BuildKit joins it (`Node.Original`): continuations, comment and blank lines gone. An
    /// ONBUILD's own instruction has the same line, so that every `joined` span of the two counts from one start.
    pub joined: Joined,
    /// Flags before the arguments.
    pub flags: Vec<Flag>,
    /// Range of the arguments in `joined.text`: after keyword and flags, surrounding blanks trimmed.
    pub rest: Span,
    /// The arguments, typed.
    pub args: Args,
    /// Heredocs, in order. Those of an ONBUILD's own instruction are listed in both.
    pub heredocs: Vec<Heredoc>,
    /// Why it is ill-formed, if it is (BuildKit's `instructions.Parse` would reject it).
    pub invalid: Option<String>,
}

/// A logical line and the way back to the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Joined {
    /// The joined bytes.
    pub text: Vec<u8>,
    /// Pieces of `text` that are contiguous in the file: (offset in `text`, offset in the file), ascending.
    pub pieces: Vec<(usize, usize)>,
}

impl Joined {
    /// The file offset of the byte at `at` of the joined text. At the end: one past the last byte's place.
    pub fn offset(&self, at: usize) -> usize {
        let at = at.min(self.text.len());
        if at == self.text.len() && at > 0 {
            return self.piece(at - 1) + 1;
        }
        self.piece(at)
    }

    fn piece(&self, at: usize) -> usize {
        let next = self.pieces.partition_point(|(joined, _)| *joined <= at);
        self.pieces.get(next.saturating_sub(1)).map_or(0, |(joined, file)| file + (at - joined))
    }

    /// The offset in the joined text of a file offset that it holds, or that stands right behind a byte of it.
    pub fn place(&self, offset: usize) -> Option<usize> {
        let next = self.pieces.partition_point(|(_, file)| *file <= offset);
        let (start, file) = self.pieces.get(..next)?.last()?;
        let at = start + (offset - file);
        let end = self.pieces.get(next).map_or(self.text.len(), |(start, _)| *start);
        (at <= end).then_some(at)
    }

    /// Puts another text in the place of a span of the file that lies in one piece; all else keeps its place in the file.
    /// Returns by how much the text grows, and by how much it shrinks.
    pub fn respell(&mut self, span: Span, text: &str) -> Option<(usize, usize)> {
        let (start, end) = (self.place(span.start)?, self.place(span.end)?);
        if end.checked_sub(start) != Some(span.len()) {
            return None;
        }
        self.text.splice(start..end, text.bytes());
        let moved = |at: usize| at - span.len() + text.len();
        let behind = self.pieces.partition_point(|(joined, _)| *joined < end);
        self.pieces.iter_mut().skip(behind).for_each(|(joined, _)| *joined = moved(*joined));
        if self.pieces.get(behind).is_none_or(|(_, file)| *file != span.end) {
            self.pieces.insert(behind, (moved(end), span.end));
        }
        Some((text.len(), span.len()))
    }

    /// The file span from the first to the last byte of a span of the joined text (continuations between included).
    pub fn span(&self, joined: Span) -> Span {
        if joined.is_empty() {
            return Span::empty(self.offset(joined.start));
        }
        Span::new(self.piece(joined.start), self.piece(joined.end - 1) + 1)
    }
}

/// A `--name` or `--name=value` before the arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// Name without the dashes.
    pub name: String,
    /// Value after `=`, quotes and escapes removed as BuildKit does; `None` without `=`.
    pub value: Option<String>,
    /// Where it stands in the joined line.
    pub joined: Span,
    /// Where it stands in the file.
    pub span: Span,
}

/// One argument.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word {
    /// The text as BuildKit has it before expansion (for JSON: the decoded string).
    pub text: String,
    /// Where it stands in the joined line (for JSON: with its quotes).
    pub joined: Span,
    /// Where it stands in the file.
    pub span: Span,
}

/// `key=value` of ENV, ARG and LABEL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The key.
    pub key: Word,
    /// The value before expansion; `None` for an ARG without default.
    pub value: Option<Word>,
}

/// A command in one of its two forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Text for the shell: its range in the joined line.
    Shell(Span),
    /// A JSON array of strings.
    Exec(Vec<Word>),
}

/// Arguments by instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Args {
    /// `FROM image [AS alias]`.
    From {
        /// The image or stage.
        image: Word,
        /// The stage's name.
        alias: Option<Word>,
    },
    /// RUN, CMD, ENTRYPOINT, SHELL.
    Command(Command),
    /// `HEALTHCHECK CMD …`; `None` for `HEALTHCHECK NONE`.
    Healthcheck(Option<Command>),
    /// COPY and ADD: sources, then the destination. Heredoc sources are not among the sources.
    Copy {
        /// What is copied.
        sources: Vec<Word>,
        /// Where to.
        destination: Word,
        /// Whether it is written as a JSON array.
        json: bool,
    },
    /// ENV, ARG, LABEL.
    Pairs(Vec<Pair>),
    /// USER, WORKDIR, STOPSIGNAL, MAINTAINER: one argument, the whole text.
    One(Word),
    /// EXPOSE and VOLUME.
    Many {
        /// The words.
        words: Vec<Word>,
        /// Whether it is written as a JSON array.
        json: bool,
    },
    /// ONBUILD's own instruction.
    Onbuild(Box<Instruction>),
    /// An unknown or ill-formed instruction.
    None,
}

/// A here-document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heredoc {
    /// Delimiter without quotes.
    pub name: String,
    /// File descriptor before `<<`; 0 when none is written.
    pub descriptor: u32,
    /// `<<-`: leading tabs are dropped.
    pub chomp: bool,
    /// Whether variables in the body are expanded (the delimiter is not quoted).
    pub expand: bool,
    /// The `<<NAME` word in the joined line.
    pub joined: Span,
    /// The body in the file, with the ending of its last line.
    pub body: Span,
    /// The closing line in the file, without its ending.
    pub end: Span,
}

impl Instruction {
    /// The flag with this name, if it is there.
    pub fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().find(|flag| flag.name == name)
    }

    /// Whether the command is in JSON form.
    pub fn is_exec(&self) -> bool {
        matches!(
            self.args,
            Args::Command(Command::Exec(_))
                | Args::Healthcheck(Some(Command::Exec(_)))
                | Args::Copy { json: true, .. }
                | Args::Many { json: true, .. }
        )
    }
}
