//! What is known of programs: what they are in a command, and what they write in a RUN.

use super::{
    APP_ACCOUNTS, DATABASES, FRAMEWORKS, Family, HOME_DOWNLOADS, HOME_FILES, HOME_READERS, Known, PACKED_PORTS,
    PRIVATE_MAKERS, PROGRAMS, TOOL_VARIABLES,
};

/// What a program is, where it stands in CMD or ENTRYPOINT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ProgramRole {
    Plain,
    Wrapper,
    Interpreter,
    StartTool,
    Server,
    DropsRoot,
    Init,
    DaemonRoot,
}

/// What a program does in a RUN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ProgramKind {
    Packages,
    Accounts,
    Ownership,
    Build,
    Vcs,
    Plain,
}

/// Where a program of a RUN writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// Nowhere, or only where a redirection says.
    Nothing,
    /// Only what its arguments name.
    Named,
    /// Below the working folder: build output, which nothing writes at run time.
    Output,
    /// Below the working folder: installed packages.
    Cwd,
    /// Into the system, never below the working folder.
    System,
    /// Into HOME.
    Home,
    /// It cannot be known.
    Unknown,
}

/// What a start tool writes when the container starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtStart {
    /// Caches beside the installed packages.
    Caches,
    /// Build output beside the source, and caches.
    Builds,
}

/// A program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgramFacts {
    /// Its name.
    pub name: &'static str,
    /// What it is in CMD or ENTRYPOINT.
    pub role: ProgramRole,
    /// Whether it needs root for its usual job.
    pub needs_root: Known,
    /// What it does in a RUN.
    pub kind: ProgramKind,
    /// Where it writes.
    pub writes: Writes,
    /// Where it writes by first operand.
    pub subcommands: &'static [(&'static str, Writes)],
    /// A server's port.
    pub port: Option<u16>,
    /// What a start tool writes at run time.
    pub at_start: Option<AtStart>,
    /// What it keeps its data in: a name in the working folder, or the path of the only folder that it writes.
    pub keeps: Option<&'static str>,
    /// Beginnings or ends of arguments that put the data elsewhere.
    pub kept_elsewhere_by: &'static [&'static str],
    /// The folder of its configuration, in which it puts the value of an environment variable for `${NAME}`.
    pub expands: Option<&'static str>,
    /// Variables from which it takes more options.
    pub options_from: &'static [&'static str],
    /// The options by which it is the applet of BusyBox of the same name: the one that names its port, and one for which it
    /// has to be root.
    pub applet: Option<(&'static str, &'static str)>,
    /// The port of a peer on the same host that its package's own configuration asks.
    pub peer: Option<u16>,
    /// A folder that it reads, and that the package of a family opens to nobody but its own account.
    pub closed: Option<(Family, &'static str)>,
}

/// A RUN that leaves in root's home what the process looks for in its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HomeDownload {
    /// What does it.
    pub what: &'static str,
    /// Texts that all stand in the RUN, or in what it starts of the project.
    pub marks: &'static [&'static str],
    /// What brings it along with the packages of a manifest.
    pub along: Option<Along>,
    /// Variables any of which puts the files elsewhere.
    pub settled_by: &'static [&'static str],
    /// Texts that put them elsewhere where they stand in a RUN of the stage.
    pub settled_text: &'static [&'static str],
    /// How the files get out of root's home, if it is known that the process finds them there.
    pub moved_by: Option<MovedBy>,
}

impl HomeDownload {
    /// Whether a text holds all marks, each as a whole: `playwright install-deps` is no `playwright install`.
    pub fn is_marked(&self, text: &str) -> bool {
        !self.marks.is_empty() && self.marks.iter().all(|mark| is_whole(text, mark))
    }
}

/// Whether a text holds a mark that no letter and no dash goes on with.
pub fn is_whole(text: &str, mark: &str) -> bool {
    text.match_indices(mark).any(|(at, _)| {
        let next = text.get(at + mark.len()..).and_then(|rest| rest.chars().next());
        !next.is_some_and(|next| next.is_ascii_alphabetic() || next == '-')
    })
}

/// A manifest in a RUN's folder whose packages the RUN installs, and what else has to be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Along {
    /// The manifest's name.
    pub manifest: &'static str,
    /// Texts of which one stands in it.
    pub holds: &'static [&'static str],
    /// Texts of the RUN of which one installs.
    pub runs: &'static [&'static str],
    /// A text of this RUN or one above it; empty when none has to be there.
    pub below: &'static str,
    /// Programs of which the container starts one; none when any does.
    pub started: &'static [&'static str],
    /// Files beside the manifest that put the files elsewhere.
    pub settled_files: &'static [&'static str],
}

/// The variable that moves a download out of root's home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovedBy {
    /// Its name.
    pub name: &'static str,
    /// The folder that it gets.
    pub to: &'static str,
    /// The folder below root's home that it takes the place of where lines name it; empty when none may.
    pub from: &'static str,
    /// Whether the tool uses the folder only if it is there.
    pub made_first: bool,
    /// Other texts of a RUN that may fetch the same files.
    pub fills: &'static [&'static str],
    /// What of it the tool writes at run time.
    pub writes: MovedWrites,
}

/// What a tool writes at run time of what it left at build time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovedWrites {
    /// Nothing: the folder stays root's.
    Nothing,
    /// New files beside the others.
    Folder,
    /// Anything in it.
    Tree,
}

/// What is known of a program, by its name without folder (`python3.11` counts as `python3`, then as `python`).
pub fn command(name: &str) -> Option<&'static ProgramFacts> {
    let find = |name: &str| {
        let at = PROGRAMS.binary_search_by(|program| program.name.cmp(name)).ok()?;
        PROGRAMS.get(at)
    };
    find(name).or_else(|| find(name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')))
}

/// Where a program of a RUN writes.
pub fn writes(name: &str, subcommand: &str) -> Writes {
    let Some(program) = command(name) else { return Writes::Unknown };
    let found = program.subcommands.iter().find(|(known, _)| *known == subcommand);
    found.map_or(program.writes, |(_, writes)| *writes)
}

/// Whether a program installs into the system or makes accounts, whatever folder it runs in.
pub fn ignores_cwd(name: &str) -> bool {
    command(name).is_some_and(|program| matches!(program.kind, ProgramKind::Packages | ProgramKind::Accounts))
}

/// Whether a program makes or changes accounts.
pub fn makes_accounts(name: &str) -> bool {
    command(name).is_some_and(|program| program.kind == ProgramKind::Accounts)
}

/// Whether people give this name to the account of their app, and no package to its own.
pub fn is_app_account(name: &str) -> bool {
    APP_ACCOUNTS.contains(&name)
}

/// RUNs that leave in root's home what the process looks for in its own.
pub fn home_downloads() -> &'static [HomeDownload] {
    HOME_DOWNLOADS
}

/// Programs that leave files which nobody but their owner and group may read: the end of the program's path from the
/// folder that it is installed in, and the folder below that one.
pub fn private_makers() -> &'static [(&'static str, &'static str)] {
    PRIVATE_MAKERS
}

/// Words with which source asks for the home of whoever runs it.
pub fn home_readers() -> &'static [&'static str] {
    HOME_READERS
}

/// Files of a home that tools read by themselves.
pub fn home_files() -> &'static [&'static str] {
    HOME_FILES
}

/// What apps write at run time by the framework that they are built on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Framework {
    /// Its name.
    pub name: &'static str,
    /// Files of the app's folder, with texts of which any tells the framework.
    pub manifests: &'static [(&'static str, &'static [&'static str])],
    /// Its own programs in the app's folder: one among the words of the command tells it too.
    pub programs: &'static [&'static str],
    /// Folders that it writes, relative to the app's folder: with all below.
    pub writes: &'static [&'static str],
    /// Folders that it puts new files into, beside what the build leaves there.
    pub fills: &'static [&'static str],
    /// Folders that hold its source, whatever they are called.
    pub code: &'static [&'static str],
    /// Whether nothing but these folders is written by what every app on it is made of.
    pub whole: bool,
    /// Files of the app's folder, with texts of which any tells that nothing of it runs.
    pub unless: &'static [(&'static str, &'static [&'static str])],
    /// Texts of source by which it writes again what the build left, and the folder where that lies.
    pub again: &'static [(&'static str, &'static str)],
}

/// A library whose configuration says where its database lies, which is a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileDatabase {
    /// Its name.
    pub name: &'static str,
    /// The configuration, relative to the app's folder: the first that is there.
    pub files: &'static [&'static str],
    /// Texts of it, blanks and single quotes aside, of which any tells that the database is a file.
    pub marks: &'static [&'static str],
    /// The keys behind which the database stands.
    pub keys: &'static [&'static str],
    /// Whether its path begins in the configuration's own folder, not in the app's.
    pub beside: bool,
}

/// A framework whose program takes its port from a file that the build packs into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackedPort {
    /// Files at the root of the build context, of which one holds the mark.
    pub manifests: &'static [&'static str],
    /// A text of them by which it is told.
    pub mark: &'static str,
    /// The program that runs what is built.
    pub program: &'static str,
    /// The folder of the build context that holds its settings.
    pub folder: &'static str,
    /// Names of files there that are always read.
    pub files: &'static [&'static str],
    /// Globs on files there that may be read too, and count for more.
    pub others: &'static [&'static str],
    /// The key of the port, `.` between its parts.
    pub key: &'static str,
    /// How variables of the environment begin that count for more.
    pub variables: &'static [&'static str],
    /// Programs that build it.
    pub builders: &'static [&'static str],
    /// Texts of the manifests by which its settings lie elsewhere too.
    pub unless_manifests: &'static [&'static str],
    /// Texts of the settings by which others are read too.
    pub unless_settings: &'static [&'static str],
    /// Texts of arguments by which others are read.
    pub unless_arguments: &'static [&'static str],
    /// Texts of steps, copies and mounts that may bring others.
    pub unless_steps: &'static [&'static str],
}

/// Frameworks that pack the port into the program.
pub fn packed_ports() -> &'static [PackedPort] {
    PACKED_PORTS
}

/// Libraries that keep a database in a file.
pub fn databases() -> &'static [FileDatabase] {
    DATABASES
}

/// Frameworks that are known.
pub fn frameworks() -> &'static [Framework] {
    FRAMEWORKS
}

/// Whether a variable tells a build tool where it lives, not the app where it writes.
pub fn is_tool_variable(name: &str) -> bool {
    TOOL_VARIABLES.iter().any(|start| name.starts_with(start))
}
