//! What `templates/` may hold: read by `build.rs` only, which turns it into the static tables of `facts`.
//! Unknown keys and values are errors; a key that is left out means that no source says.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A struct of its own fields and of those of [`Facts`]: written out, since `serde(flatten)` knows no lines and turns
/// `22.10` into a number.
macro_rules! with_facts {
    ($(#[$outer:meta])* pub struct $name:ident { $($(#[$inner:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct $name {
            $($(#[$inner])* pub $field: $type,)*
            pub family: Option<String>,
            pub tools: Option<String>,
            pub shell: Option<String>,
            pub default_user: Option<String>,
            pub accounts: Option<Vec<Account>>,
            #[serde(default, deserialize_with = "unique")]
            pub groups: Option<BTreeMap<String, u32>>,
            pub command: Option<String>,
            pub workdir: Option<String>,
            #[serde(default, deserialize_with = "unique")]
            pub env: Option<BTreeMap<String, String>>,
            pub ports: Option<Vec<u16>>,
            pub writable: Option<Vec<Writable>>,
            pub app_folders: Option<Vec<String>>,
            #[serde(default)]
            pub lacks: Option<Vec<String>>,
            pub drops: Option<Drops>,
            pub install_tools: Option<String>,
            pub init: Option<String>,
            pub server: Option<String>,
            pub port_variable: Option<String>,
            pub capable: Option<bool>,
            pub asks_itself: Option<bool>,
            pub strategy: Option<String>,
            pub note: Option<String>,
        }

        impl $name {
            /// Its facts.
            pub fn facts(&self) -> Facts {
                let own = self.clone();
                Facts {
                    family: own.family,
                    tools: own.tools,
                    shell: own.shell,
                    default_user: own.default_user,
                    accounts: own.accounts,
                    groups: own.groups,
                    command: own.command,
                    workdir: own.workdir,
                    env: own.env,
                    ports: own.ports,
                    writable: own.writable,
                    app_folders: own.app_folders,
                    lacks: own.lacks,
                    drops: own.drops,
                    install_tools: own.install_tools,
                    init: own.init,
                    server: own.server,
                    port_variable: own.port_variable,
                    capable: own.capable,
                    asks_itself: own.asks_itself,
                    strategy: own.strategy,
                    note: own.note,
                }
            }
        }
    };
}

with_facts! {
    /// One file of `templates/images/`: a family of images that share their facts; its own facts are those of every tag.
    pub struct Image {
        /// The file's name without its ending.
        pub id: String,
        /// Repositories without registry prefixes that mean the same (`docker.io/library/`): exact names or globs with `*`.
        pub r#match: Vec<String>,
        /// Facts that differ by tag: every variant that matches is laid over, in order.
        #[serde(default)]
        pub variants: Vec<Variant>,
        /// Where the facts come from.
        pub sources: Vec<String>,
        /// When they were looked up, `YYYY-MM`.
        pub date: String,
        /// How sure they are: `read`, `documented`, `recalled`.
        pub confidence: String,
    }
}

with_facts! {
    /// Facts that replace the family's for some tags.
    pub struct Variant {
        /// Globs on the tag (`*alpine*`), `''` for no tag, `>=1.2`/`<=1.2` for version ranges; empty means every one.
        #[serde(default)]
        pub tags: Vec<String>,
        /// Globs on the repository; empty means every one of the family.
        #[serde(default)]
        pub repositories: Vec<String>,
    }
}

with_facts! {
    /// What words in the name or tag of an image that is in no template tell of it.
    pub struct Token {
        /// Words between `-`, `_`, `/`; a version may follow (`alpine3.20`), a `#` at the end says that one must (`el#`).
        pub words: Vec<String>,
        /// Whether what the Dockerfile does with the image counts for more.
        #[serde(default)]
        pub weak: bool,
    }
}

/// `templates/tokens.yaml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tokens {
    /// Prefixes that name the same image, dropped in this order.
    pub registries: Vec<String>,
    /// Namespaces that hold the same images for one architecture.
    pub architectures: Vec<String>,
    /// The first whose word stands in the tag decides, else the first whose word stands in the name.
    pub tokens: Vec<Token>,
    /// Where this comes from.
    pub sources: Vec<String>,
}

/// Facts; every one may be left out.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// `debian`, `ubuntu`, `alpine`, `busybox`, `wolfi`, `rhel`, `fedora`, `ubi`, `ubi-minimal`, `ubi-micro`,
    /// `amazonlinux`, `azurelinux`, `photon`, `suse`, `arch`, `scratch`, `distroless`, `windows`, `nix`, `other`, `unknown`.
    pub family: Option<String>,
    /// `shadow`, `busybox`, `none`, `unknown`.
    pub tools: Option<String>,
    /// `yes`, `no`, `unknown`.
    pub shell: Option<String>,
    /// `root`, `unknown`, or the account as `name`, `uid` or `uid:gid`.
    pub default_user: Option<String>,
    /// Accounts besides root; a variant's list is complete.
    pub accounts: Option<Vec<Account>>,
    /// Groups without an account of the same name, by name.
    pub groups: Option<BTreeMap<String, u32>>,
    /// `shell`, `repl`, `server`, `tool`, `none`, `unknown`.
    pub command: Option<String>,
    /// Absolute path of the image's WORKDIR; `/` when it sets none.
    pub workdir: Option<String>,
    /// ENV that matters to a rewrite: PATH, HOME, ports.
    pub env: Option<BTreeMap<String, String>>,
    /// Ports that its own server listens on.
    pub ports: Option<Vec<u16>>,
    /// Paths that its own server writes.
    pub writable: Option<Vec<Writable>>,
    /// Folders that it makes for the app.
    pub app_folders: Option<Vec<String>>,
    /// Account tools that its family has and it does not.
    pub lacks: Option<Vec<String>>,
    /// How its entrypoint drops root.
    pub drops: Option<Drops>,
    /// The command that installs account tools.
    pub install_tools: Option<String>,
    /// The program of its CMD that is an init system, so that another CMD leaves it out.
    pub init: Option<String>,
    /// The template of its own server; an empty one for a tag that has none.
    pub server: Option<String>,
    /// The variable of its `env` that says where its program listens.
    pub port_variable: Option<String>,
    /// Whether its program has a file capability, so that it does not start where it may not have that.
    pub capable: Option<bool>,
    /// Whether what it holds asks itself by the address that visitors use.
    pub asks_itself: Option<bool>,
    /// `create`, `use-builtin`, `already-nonroot`, `entrypoint-drops`, `needs-config`, `numeric-only`,
    /// `install-then-create`, `swap-tag`, `leave-alone`, `builder-only`, `check-image`.
    pub strategy: Option<String>,
    /// What a person should know, one sentence.
    pub note: Option<String>,
}

/// An account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: Option<u32>,
    /// Its primary gid.
    pub gid: Option<u32>,
    /// Its primary group's name.
    #[serde(default)]
    pub group: String,
    /// Its home.
    #[serde(default)]
    pub home: String,
    /// `app`, `server`, `login`, `daemon`.
    pub role: String,
    /// Whether it has supplementary groups.
    #[serde(default)]
    pub supplementary: bool,
}

/// A path that a server writes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Writable {
    /// Absolute path.
    pub path: String,
    /// `data`, `cache`, `log`, `pid`, `config`, `home`.
    pub kind: String,
}

/// How an entrypoint drops root.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drops {
    /// The tool, or what it does instead; `none` where a tag drops nothing.
    pub how: String,
    /// When.
    #[serde(default)]
    pub when: String,
}

/// One recipe of `templates/users.yaml`: how some families make accounts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recipe {
    /// The families.
    pub families: Vec<String>,
    /// Commands in order, with `{name}`, `{uid}`, `{gid}`: first what installs the tools, if they are missing.
    pub commands: Vec<String>,
    /// Folders of the tools: PATH must hold them.
    pub folders: Vec<String>,
    /// Accounts that images of these families may hold besides those of their facts.
    #[serde(default)]
    pub system: Vec<String>,
    /// Account tools that other families have and these do not.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// Words of packages that bring them.
    #[serde(default)]
    pub brought_by: Vec<String>,
    /// The home that they make, with `{name}`.
    pub home: String,
    /// Where this comes from.
    pub sources: Vec<String>,
}

/// `templates/commands.yaml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Commands {
    /// Programs by name.
    #[serde(deserialize_with = "pairs")]
    pub programs: BTreeMap<String, Program>,
    /// Names that people give to the account of their app, and no package to its own.
    pub app_accounts: Vec<String>,
    /// RUNs that leave in root's home what the process looks for in its own.
    pub home_downloads: Vec<HomeDownload>,
    /// Words with which source asks for the home of whoever runs it.
    pub home_readers: Vec<String>,
    /// Files of a home that tools read by themselves.
    pub home_files: Vec<String>,
    /// Beginnings of variables that tell build tools where they live.
    pub tool_variables: Vec<String>,
    /// Programs that leave files which nobody but their owner and group may read.
    pub private_makers: Vec<PrivateMaker>,
    /// Servers whose package makes an account with a number that the distribution fixes.
    pub package_accounts: Vec<PackageAccount>,
}

/// The account that a server's package makes for it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PackageAccount {
    /// The packages, any of which makes it.
    pub packages: Vec<String>,
    /// Templates of images whose own repositories hold the packages.
    pub images: Vec<String>,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: u32,
    /// Its group's name.
    pub group: String,
    /// Its gid.
    pub gid: u32,
    /// Its home.
    pub home: String,
    /// Programs of the package that serve as it.
    pub servers: Vec<String>,
    /// Programs of the package that prepare its folders and end.
    pub tools: Vec<String>,
    /// Folders that every one of the packages makes and gives to it.
    pub owns: Vec<String>,
    /// Files and folders that the server takes its configuration from.
    pub reads: Vec<String>,
    /// Where this comes from.
    pub sources: Vec<String>,
}

/// A program.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Program {
    /// `plain`, `wrapper` (tini, exec, env: runs its arguments), `interpreter` (node, python), `start-tool` (npm, flask,
    /// gunicorn: starts the app), `server` (nginx, httpd: own configuration), `drops-root` (gosu, su-exec), `init` (s6,
    /// supervisord), `daemon-root` (sshd, cron).
    #[serde(default)]
    pub role: Option<String>,
    /// `yes`, `no`, `unknown`: whether it needs root to do its usual job at run time.
    #[serde(default)]
    pub root: Option<String>,
    /// `packages` (installs into the system), `accounts`, `ownership`, `build`, `vcs`, `plain`.
    #[serde(default)]
    pub kind: Option<String>,
    /// What it writes in a RUN: `nothing`, `named` (only what its arguments name), `output` (build output below the working
    /// folder, which nothing writes at run time), `cwd` (installs below the working folder), `system`, `home`, `unknown`.
    #[serde(default)]
    pub writes: Option<String>,
    /// The same by first operand (`npm: {ci: cwd, config: home}`).
    #[serde(default, deserialize_with = "pairs")]
    pub subcommands: BTreeMap<String, String>,
    /// The port that a server listens on by default.
    #[serde(default)]
    pub port: Option<u16>,
    /// What a start tool writes when the container starts: `caches` (beside the installed packages), `builds` (beside the
    /// source, and into caches).
    #[serde(default)]
    pub at_start: Option<String>,
    /// What a server keeps its data in: a name in the folder that it starts in, or the path of a folder of its package, the
    /// only one that it writes.
    #[serde(default)]
    pub keeps: Option<String>,
    /// Beginnings or ends of arguments that put the data elsewhere.
    #[serde(default)]
    pub kept_elsewhere_by: Vec<String>,
    /// The folder of a server's configuration, in which it puts the value of an environment variable for `${NAME}`.
    #[serde(default)]
    pub expands: Option<String>,
    /// Variables from which it takes more options.
    #[serde(default)]
    pub options_from: Vec<String>,
    /// The applet of BusyBox that has the same name.
    #[serde(default)]
    pub applet: Option<AppletFile>,
    /// The port of a peer on the same host that its package's own configuration asks.
    #[serde(default)]
    pub peer: Option<u16>,
    /// A folder that it reads, and that its package opens to nobody but its own account.
    #[serde(default)]
    pub closed: Option<Closed>,
}

/// A program that leaves files which nobody but their owner and group may read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PrivateMaker {
    /// The end of its path, from the folder that it is installed in.
    pub program: String,
    /// The folder below that one that it makes them in.
    pub folder: String,
    /// Where that is said.
    pub sources: Vec<String>,
}

/// A folder that a package keeps for its own account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Closed {
    /// The family whose package does.
    pub family: String,
    /// The folder.
    pub folder: String,
}

/// A download into root's home.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HomeDownload {
    /// What does it, for messages.
    pub what: String,
    /// Texts that all stand in the RUN, or in what it starts of the project.
    #[serde(default)]
    pub marks: Vec<String>,
    /// What brings it along with the packages of a manifest.
    #[serde(default)]
    pub along: Option<Along>,
    /// Variables any of which puts the files elsewhere.
    pub settled_by: Vec<String>,
    /// Texts that put them elsewhere where they stand in a RUN of the stage.
    #[serde(default)]
    pub settled_text: Vec<String>,
    /// How the files get out of root's home, where what the tool does with them at run time is known.
    #[serde(default)]
    pub moved_by: Option<MovedBy>,
    /// Where this comes from.
    pub sources: Vec<String>,
}

/// A manifest in the RUN's folder whose packages a RUN installs, and what else has to be so.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Along {
    /// The manifest's name.
    pub manifest: String,
    /// Texts of which one stands in it.
    pub holds: Vec<String>,
    /// Texts of the RUN of which one installs.
    pub runs: Vec<String>,
    /// A text of this RUN or one above it.
    #[serde(default)]
    pub below: String,
    /// Programs of which the container starts one; none when any does.
    #[serde(default)]
    pub started: Vec<String>,
    /// Files beside the manifest that put the files elsewhere.
    #[serde(default)]
    pub settled_files: Vec<String>,
}

/// The variable that moves a download.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MovedBy {
    /// The variable: one of `settled-by`.
    pub name: String,
    /// The folder that it gets.
    pub to: String,
    /// The folder below root's home that it takes the place of where lines of the file name it; empty when none may.
    #[serde(default)]
    pub from: String,
    /// Whether the tool uses the folder only if it is there.
    #[serde(default)]
    pub made_first: bool,
    /// Other texts of a RUN that may fetch the same files.
    #[serde(default)]
    pub fills: Vec<String>,
    /// What of it the tool writes at run time: `nothing`, `folder` (new files beside the others) or `tree`.
    pub writes: String,
}

/// A map in which a key that stands twice is an error.
pub(super) fn pairs<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
    source: D,
) -> Result<BTreeMap<String, V>, D::Error> {
    struct Pairs<V>(PhantomData<V>);
    impl<'de, V: Deserialize<'de>> Visitor<'de> for Pairs<V> {
        type Value = BTreeMap<String, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some(key) = access.next_key::<String>()? {
                if map.contains_key(&key) {
                    return Err(A::Error::custom(format!("duplicate entry `{key}`")));
                }
                map.insert(key, access.next_value()?);
            }
            Ok(map)
        }
    }
    source.deserialize_map(Pairs(PhantomData))
}

/// The same where the map may be left out.
fn unique<'de, D: Deserializer<'de>, V: Deserialize<'de>>(source: D) -> Result<Option<BTreeMap<String, V>>, D::Error> {
    pairs(source).map(Some)
}

/// `frameworks.yaml`: what apps write at run time by the framework that they are built on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Frameworks {
    /// One entry a framework.
    pub frameworks: Vec<Framework>,
    /// One entry a library that keeps a database in a file.
    pub databases: Vec<FileDatabase>,
    /// One entry a framework that packs the port into the program.
    pub packed_ports: Vec<PackedPort>,
}

/// A framework.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Framework {
    /// Its name.
    pub name: String,
    /// Files of the app's folder, with texts of which any tells the framework.
    #[serde(deserialize_with = "pairs")]
    pub manifests: BTreeMap<String, Vec<String>>,
    /// Its own programs in the app's folder: one among the words of the command tells it too.
    #[serde(default)]
    pub programs: Vec<String>,
    /// Folders that it writes, relative to the app's folder: with all below.
    #[serde(default)]
    pub writes: Vec<String>,
    /// Folders that it puts new files into, beside what the build leaves there.
    #[serde(default)]
    pub fills: Vec<String>,
    /// Folders that hold its source, whatever they are called.
    #[serde(default)]
    pub code: Vec<String>,
    /// Whether nothing but these folders is written by what every app on it is made of.
    #[serde(default)]
    pub whole: bool,
    /// Files of the app's folder, with texts of which any tells that nothing of it runs.
    #[serde(default, deserialize_with = "pairs")]
    pub unless: BTreeMap<String, Vec<String>>,
    /// Texts of source by which it writes again what the build left, and the folder where that lies.
    #[serde(default, deserialize_with = "pairs")]
    pub again: BTreeMap<String, String>,
    /// Where that is said.
    pub sources: Vec<String>,
}

/// A library whose configuration says where its database lies, which is a file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileDatabase {
    /// Its name.
    pub name: String,
    /// The configuration, relative to the app's folder: the first that is there.
    pub files: Vec<String>,
    /// Texts of it, blanks and single quotes aside, of which any tells that the database is a file.
    pub marks: Vec<String>,
    /// The keys behind which the database stands.
    pub keys: Vec<String>,
    /// Whether its path begins in the configuration's own folder, not in the app's.
    #[serde(default)]
    pub beside: bool,
    /// Where that is said.
    pub sources: Vec<String>,
}

/// An applet of BusyBox that takes all that matters from its arguments.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AppletFile {
    /// The option that names its port, which no other program of the name has.
    pub told_by: String,
    /// The option for which it has to be root.
    pub root_for: String,
}

/// A framework whose program takes its port from a file that the build packs into it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PackedPort {
    /// Its name.
    pub name: String,
    /// Files at the root of the build context, of which one holds the mark.
    pub manifests: Vec<String>,
    /// A text of them by which it is told.
    pub mark: String,
    /// The program that runs what is built.
    pub program: String,
    /// The folder of the build context that holds its settings.
    pub folder: String,
    /// Names of files there that are always read.
    pub files: Vec<String>,
    /// Globs on files there that may be read too, and count for more.
    pub others: Vec<String>,
    /// The key of the port, `.` between its parts.
    pub key: String,
    /// How variables of the environment begin that count for more.
    pub variables: Vec<String>,
    /// Programs that build it.
    pub builders: Vec<String>,
    /// Texts of the manifests by which its settings lie elsewhere too.
    pub unless_manifests: Vec<String>,
    /// Texts of the settings by which others are read too.
    pub unless_settings: Vec<String>,
    /// Texts of arguments by which others are read.
    pub unless_arguments: Vec<String>,
    /// Texts of steps, copies and mounts that may bring others.
    pub unless_steps: Vec<String>,
    /// Where that is said.
    pub sources: Vec<String>,
}
