//! How the servers of base images are told another port, and where they keep what they write: `templates/servers/`.

use super::SERVERS;

/// A server as base images have it.
#[derive(Debug, PartialEq, Eq)]
pub struct Server {
    /// Its id; facts of images name it.
    pub id: &'static str,
    /// The packages that install it; empty for one that comes with its own image.
    pub packages: &'static [ServerPackages],
    /// Globs on packages beside which it listens on more, or writes elsewhere.
    pub unless_packages: &'static [&'static str],
    /// The account that its workers run as, where the base image has it; empty where none does.
    pub worker: &'static str,
    /// The account that its package makes for its workers, where it is not run as that one; empty where none is.
    pub makes_account: &'static str,
    /// Programs that start it.
    pub programs: &'static [&'static str],
    /// Arguments with which they start it as the image does.
    pub arguments: &'static [&'static str],
    /// How its configuration is written.
    pub dialect: Dialect,
    /// The folders of its configuration; relative names start in the first.
    pub roots: &'static [&'static str],
    /// The folder that relative names in it start from.
    pub prefix: &'static str,
    /// The file that it reads first.
    pub main: &'static str,
    /// Files that it reads first where that one is not there, in its order.
    pub mains: &'static [&'static str],
    /// The option that names another one; empty where none does.
    pub main_option: &'static str,
    /// How names of configuration files end.
    pub ending: &'static str,
    /// Configuration files of the image that matter.
    pub files: &'static [GivenConf],
    /// Names of other files of the image that configuration includes: nothing in them listens or writes.
    pub inert: &'static [&'static str],
    /// Folders of links, and where what they link to lies.
    pub links: &'static [(&'static str, &'static str)],
    /// The program that has a file capability for its port, which it does not need on a higher one; empty where none has.
    pub capable: &'static str,
    /// Variables of the environment that have it do otherwise.
    pub variables: &'static [&'static str],
    /// Programs that only switch parts of the configuration on and off.
    pub tools: &'static [&'static str],
    /// Their operands with which it listens on more.
    pub unless_tools: &'static [&'static str],
    /// What is filled with variables and put among the configuration when the container starts.
    pub templates: Option<ConfTemplates>,
    /// Folders of scripts that the image runs when the container starts.
    pub scripts: &'static [&'static str],
    /// Folders that it writes, which its account is given.
    pub writes: &'static [&'static str],
    /// Folders that its account is given with all that lies below.
    pub trees: &'static [&'static str],
    /// Folders that only their owner may enter: its account is given them, and nothing that lies below.
    pub enters: &'static [&'static str],
    /// Folders that it makes when it starts.
    pub makes: &'static [&'static str],
    /// Folders that it makes and writes where a main file of the project puts nothing elsewhere.
    pub defaults: &'static [&'static str],
    /// What it has to write and an older container left as root's in a volume; empty where it leaves nothing.
    pub leaves: &'static str,
    /// Whether it only serves files and passes requests on, and runs no code of the project.
    pub only_serves: bool,
    /// The folder that it serves, which its start scripts may write into.
    pub site: &'static str,
    /// Whether the image fills that folder when the container starts, as whoever it runs as.
    pub fills_site: bool,
    /// Log files of the image that everybody may write.
    pub logs: &'static [&'static str],
    /// Where else everybody, or the account, may write.
    pub free: &'static [&'static str],
    /// Another image that does the same by itself, as people are told; empty where there is none.
    pub offer: &'static str,
    /// Words of its configuration.
    pub says: ConfWords,
    /// Where the facts come from.
    pub sources: &'static [&'static str],
}

impl Server {
    /// Whether a path lies among its configuration.
    pub fn configures(&self, path: &str) -> bool {
        let below = |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.roots.iter().any(|root| below(root))
    }

    /// Whether a text names a folder of its configuration.
    pub fn is_named(&self, text: &str) -> bool {
        self.roots.iter().any(|root| text.contains(root))
    }

    /// Folders of its configuration, of templates of it and of scripts that run before it starts.
    pub fn folders(&self) -> impl Iterator<Item = &'static str> {
        let templates = self.templates.iter().map(|of| of.folder);
        templates.chain(self.roots.iter().copied()).chain(self.scripts.iter().copied())
    }
}

/// Packages that install a server.
#[derive(Debug, PartialEq, Eq)]
pub struct ServerPackages {
    /// Their names; any of them does.
    pub names: &'static [&'static str],
    /// Templates of images whose own repositories hold them so.
    pub images: &'static [&'static str],
    /// Tags of these images for which this is true; empty for all.
    pub tags: &'static [&'static str],
}

/// How a configuration is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `name words;` and `name words { … }`.
    Braces,
    /// `Name words` on a line, `<Name words>` to `</Name>`.
    Lines,
    /// `name words # comment`.
    Hashed,
    /// Caddy's own.
    Caddyfile,
    /// Attributes of elements.
    Xml,
    /// `name = value`, `condition { … }`.
    Assignments,
    /// YAML or TOML: `key/key` and its value.
    Keys,
}

/// A configuration file of the image.
#[derive(Debug, PartialEq, Eq)]
pub struct GivenConf {
    /// Its path.
    pub path: &'static str,
    /// Ports that it listens on.
    pub listens: &'static [u16],
    /// The variable of the environment that says where it listens; empty where none does.
    pub variable: &'static str,
    /// Files that it includes.
    pub includes: &'static [&'static str],
    /// What is changed in it for any account that is not root.
    pub always: &'static [ConfStep],
    /// What is changed in it where a port moves.
    pub moves: &'static [ConfStep],
    /// What people must know where a port moves in it.
    pub note: &'static str,
}

/// One change of a configuration file of the image.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfStep {
    /// `sed`'s command, with `{from}` and `{to}`.
    pub sed: &'static str,
    /// `grep`'s pattern that a line of the result fits; empty where the result needs no test.
    pub test: &'static str,
}

/// Templates of configuration.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfTemplates {
    /// Their folder.
    pub folder: &'static str,
    /// How their names end; without it they are those of the results.
    pub ending: &'static str,
    /// The folder of the results.
    pub into: &'static str,
}

/// Words of a server's configuration.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfWords {
    /// Its first word is a port or an address to listen on.
    pub listens: &'static [&'static str],
    /// Every word is an address that is listened on.
    pub names: &'static [&'static str],
    /// Whether those with a host and without `http://` are for TLS.
    pub tls_hosts: bool,
    /// The global options of the main file that say the ports of those, by the ports that they get without; empty where
    /// there are none, and such addresses are left alone.
    pub tls_options: &'static [(u16, &'static str)],
    /// What people must know of sites with TLS that another account serves.
    pub tls_keeps: &'static str,
    /// What people must know where their ports move.
    pub tls_offers: &'static str,
    /// Every word is a file, or a pattern of files, that is read too.
    pub includes: &'static [&'static str],
    /// The block that listens on port 80 unless it says otherwise, `/` for the main file as a whole; empty where nothing does.
    pub block: &'static str,
    /// Its word is the account, or the group, that its workers run as.
    pub accounts: &'static [&'static str],
    /// Its word is the pid file.
    pub pid: &'static str,
    /// Where the pid file can be written.
    pub pid_file: &'static str,
    /// What a main file of the project that names no pid file has to say; empty where the default serves.
    pub pid_line: &'static str,
    /// What is said beside a port that moves.
    pub beside: &'static str,
    /// Blocks in which it cannot be said.
    pub not_beside: &'static [&'static str],
    /// Names of which one already says as much.
    pub unless: &'static [&'static str],
    /// The first word is a file or a folder that is written.
    pub writes: &'static [&'static str],
    /// Names that, all said in the main file, put elsewhere what goes into the folders that it writes.
    pub instead: &'static [&'static str],
    /// Writes in ways that are not followed.
    pub stores: &'static [&'static str],
    /// Runs code of the project, which may write and ask whatever it likes.
    pub runs: &'static [&'static str],
    /// A file that only root may be able to read.
    pub keys: &'static [&'static str],
    /// Asks a socket of its own host, whose owner decides who may, unless an `endpoint` below it names another host.
    pub sockets: &'static [&'static str],
    /// Makes a socket of a file where a word of it is one (`unix/…`).
    pub unix: &'static [&'static str],
    /// Its word names what listens, and clients are sent to that one's port.
    pub sends: &'static [&'static str],
    /// What has it listen on one more port.
    pub opens: &'static [ConfOpens],
    /// Asks the server that its words name.
    pub asks: &'static [&'static str],
    /// Passes the port on to a program that may name it to people.
    pub passes: &'static [&'static str],
    /// Stands for the port that is listened on.
    pub port_variables: &'static [&'static str],
}

/// A port that a server listens on for one of its parts.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfOpens {
    /// What switches the part on, other than by `false`.
    pub says: &'static str,
    /// What names another address for it, unless that is the one of `its`; empty where nothing does.
    pub elsewhere: &'static str,
    /// The name of the address, and what says where that is.
    pub its: (&'static str, &'static str),
    /// The port, where nothing says so.
    pub port: u16,
}

impl ConfWords {
    /// Names whose values decide where it listens, as whom it runs and where its pid file is.
    pub fn settled(&self) -> impl Iterator<Item = &'static str> {
        [self.listens, self.names, self.accounts]
            .into_iter()
            .flatten()
            .copied()
            .chain([self.pid])
            .filter(|name| !name.is_empty())
    }
}

impl ConfStep {
    /// `sed`'s command for a move.
    pub fn sed(&self, from: u16, to: u16) -> String {
        filled(self.sed, from, to)
    }

    /// `grep`'s pattern for a move.
    pub fn test(&self, from: u16, to: u16) -> String {
        filled(self.test, from, to)
    }
}

fn filled(text: &str, from: u16, to: u16) -> String {
    text.replace("{from}", &from.to_string()).replace("{to}", &to.to_string())
}

/// The server that facts of an image name.
pub fn server(id: &str) -> Option<&'static Server> {
    SERVERS.iter().find(|server| server.id == id)
}

/// Every server, by id.
pub fn servers() -> &'static [Server] {
    SERVERS
}
