//! The arguments, as clap reads them.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use super::values::{self, Output, PortArg, Shard};

/// Takes Dockerfiles off root.
///
/// A Dockerfile is rewritten only when the result is proved to build, start, write and serve as before, but not as
/// root. What cannot be known is left alone, and said.
#[derive(Debug, Parser)]
#[command(
    name = "unroot",
    version,
    max_term_width = 100,
    after_help = "\
Examples:
  unroot check                 what is wrong in this folder
  unroot fix --diff            what would change
  unroot fix                   change it
  unroot explain missing-user  why a rule exists"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) color: colorchoice_clap::Color,
    /// Say only what went wrong; the exit status tells the rest
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Show clean files, and findings that were fixed, too
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Fix(FixArgs),
    Check(CheckArgs),
    Explain(ExplainArgs),
}

/// Rewrite Dockerfiles in place
///
/// Exit status: 0 when all went well, whether or not a file changed; with --diff, 1 when the diff is not empty; 2 on
/// bad usage, on a file that cannot be read, written or (when named) parsed, or when a result fails its proof.
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  unroot fix --diff                     print what would change, as a diff for `git apply`
  unroot fix app/Dockerfile             rewrite one file
  unroot fix --unsafe --port 25=2525 .  with known hazards, and with a port moved
  unroot fix - <Dockerfile >new         from stdin to stdout")]
pub(crate) struct FixArgs {
    #[command(flatten)]
    pub(crate) input: Input,
    #[command(flatten)]
    pub(crate) scope: Scope,
    #[command(flatten)]
    pub(crate) how: How,
    /// Print a unified diff and change nothing; exit 1 when it is not empty
    #[arg(long)]
    pub(crate) diff: bool,
    /// Exit 1 when a file was changed
    #[arg(long)]
    pub(crate) exit_non_zero_on_fix: bool,
}

/// Report findings, change nothing
///
/// Exit status: 0 when all files are clean, else 1; 2 on bad usage, or on a file that cannot be read or (when named)
/// parsed.
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  unroot check                       this folder and those below it
  unroot check --format jsonl . >r   for programs, one file a line")]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) input: Input,
    #[command(flatten)]
    pub(crate) scope: Scope,
    #[command(flatten)]
    pub(crate) how: How,
}

/// Say what a rule means and when its fix is safe, or what a reason or hazard asks of a person
#[derive(Debug, Parser)]
pub(crate) struct ExplainArgs {
    /// The id of a rule, or of a reason or hazard of a report; all are listed without it
    #[arg(value_name = "RULE|REASON")]
    pub(crate) id: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Input {
    /// Dockerfiles, folders to look for them in, or - for stdin [default: the current folder]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The file that the text on stdin stands for: its name, its configuration, the files around it
    #[arg(long, value_name = "PATH")]
    pub(crate) stdin_filename: Option<PathBuf>,
    /// A file with more PATHs, one a line or separated by NUL; - is stdin
    #[arg(long, value_name = "FILE|-")]
    pub(crate) files_from: Option<PathBuf>,
    /// Only the I-th of N parts of the projects, from 1; a project is never split
    #[arg(long, value_name = "I/N", value_parser = values::shard)]
    pub(crate) shard: Option<Shard>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What to fix")]
pub(crate) struct Scope {
    /// Apply fixes with a known hazard, too
    #[arg(long = "unsafe")]
    pub(crate) unsafe_fixes: bool,
    /// Only these rules
    #[arg(long, value_name = "RULE,…", value_delimiter = ',')]
    pub(crate) select: Vec<String>,
    /// All but these rules
    #[arg(long, value_name = "RULE,…", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,
    /// A stage that is built, by name or number; repeatable [default: the last one]
    #[arg(long, value_name = "STAGE")]
    pub(crate) target: Vec<String>,
    /// The folder that is given to `docker build` [default: found by looking]
    #[arg(long, value_name = "DIR")]
    pub(crate) context: Option<PathBuf>,
    /// Name of the account to use or to make
    #[arg(long, value_name = "NAME", value_parser = values::account)]
    pub(crate) user: Option<String>,
    /// Its uid
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..u32::MAX as i64))]
    pub(crate) uid: Option<u32>,
    /// Its gid
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..u32::MAX as i64))]
    pub(crate) gid: Option<u32>,
    /// How USER names it; Kubernetes can only verify numbers [default: number]
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) user_form: Option<UserForm>,
    /// What it gets: the app's folder and what it writes, only what it writes, or nothing [default: app]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) ownership: Option<Ownership>,
    /// Move a port below 1024, or `keep` all where they are; repeatable [default: 80=8080, 443=8443]
    #[arg(long, value_name = "OLD=NEW|keep", value_parser = values::port)]
    pub(crate) port: Vec<PortArg>,
    /// Take it that volumes which older containers filled as root will be chowned by hand
    #[arg(long)]
    pub(crate) accept_volumes: bool,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "How")]
pub(crate) struct How {
    /// Form of the report on stdout [default: text; with --diff, diff]
    #[arg(long, value_enum, value_name = "FMT")]
    pub(crate) format: Option<Format>,
    /// Write the report to a file, too; repeatable
    #[arg(long, value_name = "FMT=FILE", value_parser = values::output)]
    pub(crate) output: Vec<Output>,
    /// The configuration for all files [default: the nearest unroot.yaml or .unroot.yaml above each]
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    pub(crate) config: Option<PathBuf>,
    /// Look for no configuration
    #[arg(long)]
    pub(crate) isolated: bool,
    /// Projects to work on at once [default: one a processor]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
}

impl How {
    /// Whether a report of this form is asked for, on stdout or in a file.
    pub(crate) fn has(&self, format: Format) -> bool {
        self.format == Some(format) || self.output.iter().any(|output| output.format == format)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum UserForm {
    Number,
    Name,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ownership {
    App,
    Data,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// A unified diff for `git apply`
    Diff,
    /// One JSON document
    Json,
    /// One JSON object a file, one a line
    Jsonl,
    /// The text of a pull request
    Markdown,
}
