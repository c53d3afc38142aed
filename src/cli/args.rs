//! The arguments, as clap reads them.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use super::values::{self, ImageArg, Output, PortArg, Shard};
use super::verify::Kind;
use super::verify::words::{self, Http};

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
  unroot verify .              prove it with docker or podman
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
    Verify(VerifyArgs),
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

/// Build before and after with a real engine, run both, and print the evidence
///
/// The project is built as it is and as `unroot fix` with the same options would write it. Nothing of it is touched, and
/// all that is made in the engine is removed again, also on Ctrl-C. The new image runs without capabilities and cannot
/// bind ports below 1024, as in a strict cluster. Exit status: 0 proven; 1 disproven, with the line that shows it; 2 when
/// it could not be run: no engine, an original that does not build or run, or a file that `fix` leaves alone.
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  unroot verify .                            build and run, and compare what is seen
  unroot verify --http /health app           ask both over HTTP, too
  unroot verify --run 'sh -c \"id; ls\"' .     run a command in both
  unroot verify --learn .                    and note in unroot.yaml what could not be written")]
pub(crate) struct VerifyArgs {
    /// A Dockerfile, or the folder of one
    #[arg(value_name = "PATH")]
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) scope: Scope,
    #[command(flatten)]
    pub(crate) running: Running,
    /// Form of the report on stdout [default: text]
    #[arg(long, value_enum, value_name = "FMT", help_heading = "How")]
    pub(crate) format: Option<VerifyFormat>,
    /// The configuration [default: the nearest unroot.yaml or .unroot.yaml above the Dockerfile]
    #[arg(long, value_name = "FILE", conflicts_with = "isolated", help_heading = "How")]
    pub(crate) config: Option<PathBuf>,
    /// Look for no configuration
    #[arg(long, help_heading = "How")]
    pub(crate) isolated: bool,
    /// Write paths that the original wrote and the new user cannot into unroot.yaml, for the next fix
    #[arg(long, conflicts_with = "isolated", help_heading = "How")]
    pub(crate) learn: bool,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "How to run it")]
pub(crate) struct Running {
    /// The engine [default: the first that answers]
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub(crate) engine: Option<Kind>,
    /// Ask for this over HTTP, and compare the status; repeatable
    #[arg(long, value_name = "[PORT]/PATH", value_parser = words::http)]
    pub(crate) http: Vec<Http>,
    /// Run this in the container once it is ready, and compare the exit status; repeatable
    #[arg(long, value_name = "COMMAND", value_parser = words::command)]
    pub(crate) run: Vec<words::Words>,
    /// Set this in both containers; repeatable
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = words::env)]
    pub(crate) env: Vec<String>,
    /// Mount this in both containers, as --volume or --mount of the engine; repeatable
    #[arg(long, value_name = "SOURCE:TARGET", value_parser = words::mount)]
    pub(crate) mount: Vec<words::Mount>,
    /// Give this to both builds; repeatable
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = words::env)]
    pub(crate) build_arg: Vec<String>,
    /// How long a container may take until it is ready
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(..=3600))]
    pub(crate) ready: u64,
    /// Build without any network, and run without one unless --http needs it
    #[arg(long)]
    pub(crate) offline: bool,
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
    /// Change Kubernetes manifests that run the image too: ports, and the account as securityContext
    #[arg(long)]
    pub(crate) kubernetes: bool,
    /// What the image of a Dockerfile, or of the one in a folder, is called in manifests; repeatable
    #[arg(long, value_name = "NAME=PATH", value_parser = values::image)]
    pub(crate) image: Vec<ImageArg>,
    /// Take it that volumes which older containers filled as root will be chowned by hand
    #[arg(long)]
    pub(crate) accept_volumes: bool,
    /// Do everything but the switch of USER, which stays to be made by hand
    #[arg(long)]
    pub(crate) prepare: bool,
    /// Make it fit for any uid of group 0, which is how OpenShift runs it
    #[arg(long, conflicts_with_all = ["gid", "user_form"])]
    pub(crate) openshift: bool,
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
pub(crate) enum VerifyFormat {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// For a pull request
    Markdown,
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
