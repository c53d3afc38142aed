//! The shell tree: commands, words, word parts and operators with byte spans into the text that was parsed.

use crate::source::Span;

/// A list of commands: a whole script, or the inside of a compound command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// And-or lists, in order.
    pub lists: Vec<AndOr>,
    /// Comments, `#` included, line ending excluded.
    pub comments: Vec<Span>,
}

/// `a && b || c`, with what ends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AndOr {
    /// The pipelines, at least one.
    pub pipelines: Vec<Pipeline>,
    /// Operators between them: one fewer than pipelines.
    pub operators: Vec<Operator>,
    /// What ends the list: `;`, `&` or a newline. `None` at the end of the text.
    pub terminator: Option<Operator>,
    /// From the first to the last byte, without the terminator.
    pub span: Span,
}

/// A control operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// Which.
    pub kind: OperatorKind,
    /// Where.
    pub span: Span,
}

/// Control operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum OperatorKind {
    And,
    Or,
    Semicolon,
    Background,
    Newline,
    Pipe,
}

/// `! a | b`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// The `!`, if there is one.
    pub negated: Option<Span>,
    /// The commands, at least one.
    pub commands: Vec<Command>,
    /// The `|` between them.
    pub operators: Vec<Operator>,
    /// From the first to the last byte.
    pub span: Span,
}

/// One command with its redirections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// What it is.
    pub kind: CommandKind,
    /// Redirections, in order.
    pub redirects: Vec<Redirect>,
    /// From the first to the last byte, redirections included, heredoc bodies excluded.
    pub span: Span,
}

/// A simple or compound command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandKind {
    /// `X=1 name arg …`
    Simple {
        /// Assignments before the name: the whole `X=1` words.
        assignments: Vec<Word>,
        /// Name and arguments; empty when there are only assignments or redirections.
        words: Vec<Word>,
    },
    /// if, for, while, until, case, `{ }`, `( )`: the lists inside, in order.
    Compound {
        /// Which.
        kind: CompoundKind,
        /// Every list inside (condition, body, else, case arms).
        bodies: Vec<Script>,
        /// Words of `for x in …` (without `x`); of `case word in`: the word, then every pattern; of `[[ … ]]`.
        words: Vec<Word>,
        /// The variable of `for x` and `select x`.
        variable: Option<String>,
    },
    /// `name() compound`.
    Function {
        /// Its name.
        name: String,
        /// Its body.
        body: Box<Command>,
    },
}

/// Compound commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum CompoundKind {
    If,
    For,
    While,
    Until,
    Case,
    Group,
    Subshell,
    /// Bash's `[[ … ]]`.
    Test,
    /// Bash's `(( … ))`.
    Arithmetic,
}

/// `2>file`, `<<EOF`, …
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// Operator text: `>`, `>>`, `<`, `<>`, `>|`, `>&`, `<&`, `<<`, `<<-` (and bash's `&>`, `&>>`, `<<<`).
    pub operator: String,
    /// The descriptor before the operator, when one is written.
    pub descriptor: Option<u32>,
    /// The file, descriptor or delimiter.
    pub target: Word,
    /// From descriptor to target.
    pub span: Span,
    /// A here-document's body in the text, without the closing line; `None` when the text ends before it.
    pub body: Option<Span>,
    /// Parts of a here-document's body; empty when its delimiter is quoted (nothing in it expands).
    pub content: Vec<Part>,
}

/// A shell word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word {
    /// Where.
    pub span: Span,
    /// Its parts, in order.
    pub parts: Vec<Part>,
}

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Where, quotes and `$` included.
    pub span: Span,
}

/// Parts of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartKind {
    /// Unquoted text as it stands, line continuations gone: only here are tilde, globs and brace lists active. Inside
    /// double quotes and here-documents: plain text, escapes resolved.
    Literal(String),
    /// `\x` outside of quotes: the character after the backslash, never active.
    Escaped(String),
    /// `'…'`
    Single(String),
    /// `"…"`
    Double(Vec<Part>),
    /// Bash's `$'…'`: the raw inside.
    Ansi(String),
    /// `$X`, `${X}`, `${X:-y}`, …
    Parameter {
        /// The parameter's name (or `@`, `?`, `1`, …).
        name: String,
        /// Operator (`:-`, `-`, `:+`, `%`, `##`, …; `length` for `${#X}`) and its word as raw text; `None` for plain
        /// `$X` and `${X}`.
        operation: Option<(String, String)>,
        /// The operator's word in parts.
        parts: Vec<Part>,
    },
    /// `$(…)` or `` `…` `` (and bash's `<(…)`, `>(…)`); the inside when its spans can be told: `None` for backquotes
    /// with escapes in them, whose inside is another text than the file's.
    Substitution(Option<Script>),
    /// `$((…))`, with the expansions in it.
    Arithmetic(Vec<Part>),
    /// Bash's `X=(…)`: the words between the parentheses.
    Array(Vec<Word>),
}
