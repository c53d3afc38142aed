//! What is known of base images and of how families make accounts: `templates/`, packed by `build.rs`.

mod language;
mod package;
mod program;
mod reason;
mod server;
mod template;

pub use language::{Language, Shows, languages};
pub use package::{PackageAccount, package_account};
pub use program::{
    Along, AtStart, FileDatabase, Framework, HomeDownload, MovedBy, MovedWrites, PackedPort, ProgramFacts, ProgramKind,
    ProgramRole, Writes, command, databases, frameworks, home_downloads, home_files, home_readers, ignores_cwd,
    is_app_account, is_tool_variable, is_whole, makes_accounts, packed_ports, private_makers, writes,
};
pub use reason::{Reason, is_switch_only, reasons};
pub use server::{
    ConfOpens, ConfStep, ConfTemplates, ConfWords, Dialect, GivenConf, Server, ServerPackages, server, servers,
};
pub use template::{Overlay, Template, Token, Variant, architectures, find, registries, templates, tokens};

/// How a family of images makes accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Family {
    Debian,
    Ubuntu,
    Alpine,
    Busybox,
    Wolfi,
    Rhel,
    Fedora,
    Ubi,
    UbiMinimal,
    UbiMicro,
    Amazonlinux,
    Azurelinux,
    Photon,
    Suse,
    Arch,
    Scratch,
    Distroless,
    Windows,
    Nix,
    Other,
    Unknown,
}

/// Which tools make accounts in an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tools {
    /// `groupadd`, `useradd`.
    Shadow,
    /// BusyBox `addgroup`, `adduser`.
    Busybox,
    /// None.
    None,
    /// No source says.
    Unknown,
}

/// Yes, no, or no source says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Known {
    Yes,
    No,
    Unknown,
}

/// The user that an image runs as by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultUser {
    /// uid 0.
    Root,
    /// This account, number or `name[:group]`, never root.
    Account(&'static str),
    /// No source says.
    Unknown,
}

/// What an account of an image is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Made for the application: `node`, `nonroot`, `bun`, .NET's `app`.
    App,
    /// The image's own server runs its workers as it: `www-data` in httpd and php-apache, `nginx` in nginx.
    Server,
    /// A person's login: `ubuntu`.
    Login,
    /// A daemon's, or shared by many: `nobody`, `www-data` in a plain Debian.
    Daemon,
}

/// An account of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: &'static str,
    /// Its uid; `None` when no source says.
    pub uid: Option<u32>,
    /// Its primary gid; `None` when no source says.
    pub gid: Option<u32>,
    /// Its primary group's name.
    pub group: &'static str,
    /// Its home; empty when no source says.
    pub home: &'static str,
    /// What it is for.
    pub role: Role,
    /// Whether it has supplementary groups.
    pub supplementary: bool,
}

/// What an image's own command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandKind {
    /// A shell.
    Shell,
    /// An interpreter's prompt.
    Repl,
    /// A server.
    Server,
    /// A tool that does a job and ends.
    Tool,
    /// There is none.
    None,
    /// No source says.
    Unknown,
}

/// What the image is, for a rewrite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// Make an account.
    Create,
    /// Use the account with role [`Role::App`].
    UseBuiltin,
    /// It runs as another user than root already.
    AlreadyNonroot,
    /// Its entrypoint drops root by itself.
    EntrypointDrops,
    /// Its server's configuration has to move too.
    NeedsConfig,
    /// Numbers only: no tools, no shell.
    NumericOnly,
    /// The tools have to be installed first.
    InstallThenCreate,
    /// A tag of the same image is non-root; numbers work too.
    SwapTag,
    /// Init systems, nested engines, function runtimes: root is meant.
    LeaveAlone,
    /// Only ever a build stage.
    BuilderOnly,
    /// It differs by tag in ways that no source settles.
    CheckImage,
}

/// How an image's entrypoint treats root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drop {
    /// The tool it drops with (`gosu`, `su-exec`, …), or what it does instead.
    pub how: &'static str,
    /// When it does; empty when no source says.
    pub when: &'static str,
}

/// Why a path of the base is written at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum WriteKind {
    Data,
    Cache,
    Log,
    Pid,
    Config,
    Home,
}

/// A path of the base that its own server writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writable {
    /// Absolute path.
    pub path: &'static str,
    /// Why.
    pub kind: WriteKind,
}

/// How sure a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Told from memory: not enough for a safe fix.
    Recalled,
    /// Seen in documentation, issue threads or another project's use.
    Documented,
    /// Seen in the image's own Dockerfile, entrypoint or package list.
    Read,
}

/// Everything known of an image: of a template, or of a template with its matching variants laid over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The template's id, or how the fall-back came to it.
    pub id: &'static str,
    /// Family.
    pub family: Family,
    /// Account tools.
    pub tools: Tools,
    /// Whether it has a shell.
    pub shell: Known,
    /// Its own user.
    pub default_user: DefaultUser,
    /// Accounts besides root.
    pub accounts: &'static [Account],
    /// Groups without an account of the same name: (name, gid).
    pub groups: &'static [(&'static str, u32)],
    /// What its command is.
    pub command: CommandKind,
    /// Its WORKDIR; empty when no source says, `/` when it sets none.
    pub workdir: &'static str,
    /// ENV that matters: PATH, HOME, ports.
    pub env: &'static [(&'static str, &'static str)],
    /// Ports its own server listens on.
    pub ports: &'static [u16],
    /// Paths its own server writes.
    pub writable: &'static [Writable],
    /// Folders that it holds and marks as the app's.
    pub app_folders: &'static [&'static str],
    /// Account tools that its family has and it does not.
    pub lacks: &'static [&'static str],
    /// How its entrypoint drops root, if it does.
    pub drops: Option<Drop>,
    /// The command that installs account tools; empty when none is needed or known.
    pub install_tools: &'static str,
    /// The program of its CMD that is an init system, so that another CMD leaves it out; empty when there is none.
    pub init: &'static str,
    /// The template of its own server (`templates/servers/`); empty when none describes it.
    pub server: &'static str,
    /// The variable of its `env` that says where its program listens; empty where none does.
    pub port_variable: &'static str,
    /// Whether its program has a file capability, so that it does not start where it may not have that.
    pub capable: bool,
    /// Whether what it holds asks itself by the address that visitors use.
    pub asks_itself: bool,
    /// What to do with it.
    pub strategy: Strategy,
    /// What a person should know, one sentence.
    pub note: &'static str,
    /// Where the facts come from.
    pub sources: &'static [&'static str],
    /// How sure they are.
    pub confidence: Confidence,
}

/// How an account is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountRecipe {
    /// Families that it is for.
    pub families: &'static [Family],
    /// Commands in order, with `{name}`, `{uid}`, `{gid}`.
    pub commands: &'static [&'static str],
    /// Folders of the tools.
    pub folders: &'static [&'static str],
    /// Accounts that images of these families may hold besides those of their facts.
    pub system: &'static [&'static str],
    /// Account tools that other families have and these do not.
    pub lacks: &'static [&'static str],
    /// Words of packages that bring them.
    pub brought_by: &'static [&'static str],
    /// The home that they make, with `{name}`.
    pub home: &'static str,
}

impl AccountRecipe {
    /// The commands for one account; in group 0, which every image has, it needs no group of its own.
    pub fn commands(&self, name: &str, uid: u32, gid: u32) -> Vec<String> {
        let group = if gid == 0 { "root" } else { name };
        let fill = |text: &&str| {
            let text = text.replace("{name}", name).replace("{group}", group);
            text.replace("{uid}", &uid.to_string()).replace("{gid}", &gid.to_string())
        };
        let makes_group = |text: &&&str| text.contains("{gid}") && !text.contains("{uid}");
        self.commands.iter().filter(|text| gid != 0 || !makes_group(text)).map(fill).collect()
    }

    /// The home that they make.
    pub fn home(&self, name: &str) -> String {
        self.home.replace("{name}", name)
    }
}

/// How a family makes accounts; `None` where it cannot.
pub fn account_recipe(family: Family) -> Option<&'static AccountRecipe> {
    RECIPES.iter().find(|recipe| recipe.families.contains(&family))
}

include!(concat!(env!("OUT_DIR"), "/facts.rs"));
