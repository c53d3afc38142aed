//! `servers/*.yaml`: how the servers of base images are told another port, and where they keep what they write.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_yaml::{Mapping, Value};

use super::check::{File, finish, parse};
use super::values::{DIALECTS, is_date, is_path, is_tag};

/// One file of `servers/`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Server {
    /// The file's name without its ending; facts of images name it (`server: nginx`).
    pub id: String,
    /// The packages that install it; empty where it comes with its own image.
    #[serde(default)]
    pub packages: Vec<Packages>,
    /// Globs on packages beside which it listens on more, or writes elsewhere.
    #[serde(default)]
    pub unless_packages: Vec<String>,
    /// The account that its workers run as, where the base image has it; empty where none does.
    #[serde(default)]
    pub worker: String,
    /// The account that its package makes for its workers, where it is not run as that one; empty where none is.
    #[serde(default)]
    pub makes_account: String,
    /// Programs that start it.
    pub programs: Vec<String>,
    /// Arguments with which they start it as the image does.
    pub arguments: Vec<String>,
    /// How its configuration is written: `braces` (`name words;`, `name words { … }`), `lines` (`Name words`, `<Name words>`), `hashed` (`name words # comment`),
    /// `caddyfile`, `xml` (`element attribute` and its value), `assignments` (`name = value`, `condition { … }`), `keys` (YAML or TOML:
    /// `key/key` and its value).
    pub dialect: String,
    /// The folder of its configuration; relative names start there.
    pub root: String,
    /// More folders of its configuration.
    #[serde(default)]
    pub also: Vec<String>,
    /// The folder that relative names in it start from; `root` where it is left out.
    #[serde(default)]
    pub prefix: Option<String>,
    /// The file that it reads first.
    pub main: String,
    /// Files that it reads first where that one is not there, in its order.
    #[serde(default)]
    pub mains: Vec<String>,
    /// The option that names another one; empty where none does.
    #[serde(default)]
    pub main_option: String,
    /// How names of configuration files end.
    pub ending: String,
    /// Configuration files of the image that matter.
    pub files: Vec<Given>,
    /// Names of other files of the image that configuration includes: nothing in them listens or writes.
    #[serde(default)]
    pub inert: Vec<String>,
    /// Folders of links, and where what they link to lies.
    #[serde(default)]
    pub links: BTreeMap<String, String>,
    /// The program that has a file capability for its port, which it does not need on a higher one.
    #[serde(default)]
    pub capable: String,
    /// Variables of the environment that have it do otherwise.
    #[serde(default)]
    pub variables: Vec<String>,
    /// Programs that only switch parts of the configuration on and off.
    #[serde(default)]
    pub tools: Vec<String>,
    /// Their operands with which it listens on more.
    #[serde(default)]
    pub unless_tools: Vec<String>,
    /// What is filled with variables and put among the configuration when the container starts.
    pub templates: Option<Templates>,
    /// Folders of scripts that the image runs when the container starts.
    pub scripts: Vec<String>,
    /// Folders that it writes, which its account is given.
    pub writes: Vec<String>,
    /// Folders that its account is given with all that lies below.
    #[serde(default)]
    pub trees: Vec<String>,
    /// Folders that only their owner may enter: its account is given them, and nothing that lies below.
    #[serde(default)]
    pub enters: Vec<String>,
    /// Folders that it makes when it starts.
    #[serde(default)]
    pub makes: Vec<String>,
    /// Folders that it makes and writes where a main file of the project puts nothing elsewhere.
    #[serde(default)]
    pub defaults: Vec<String>,
    /// What it has to write and an older container left as root's in a volume; empty where it leaves nothing.
    #[serde(default)]
    pub leaves: String,
    /// Whether it only serves files and passes requests on, and runs no code of the project.
    #[serde(default)]
    pub only_serves: bool,
    /// The folder that it serves, which its start scripts may write into.
    pub site: String,
    /// Whether the image fills that folder when the container starts, as whoever it runs as.
    #[serde(default)]
    pub fills_site: bool,
    /// Log files of the image that everybody may write.
    pub logs: Vec<String>,
    /// Where else everybody, or the account, may write.
    pub free: Vec<String>,
    /// Another image that does the same by itself, offered to people; empty where there is none.
    #[serde(default)]
    pub offer: String,
    /// Words of its configuration.
    pub says: Says,
    /// Where this comes from.
    pub sources: Vec<String>,
    /// When it was looked up, `YYYY-MM`.
    pub date: String,
}

/// Packages that install a server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packages {
    /// Their names; any of them does.
    pub names: Vec<String>,
    /// Templates of images whose own repositories hold them so.
    pub images: Vec<String>,
    /// Tags of these images for which this is true; empty for all.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// A configuration file of the image.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// Its path.
    pub path: String,
    /// Ports that it listens on.
    #[serde(default)]
    pub listens: Vec<u16>,
    /// The variable of the environment that says where it listens; empty where none does.
    #[serde(default)]
    pub variable: String,
    /// Files that it includes.
    #[serde(default)]
    pub includes: Vec<String>,
    /// What is changed in it for any account that is not root.
    #[serde(default)]
    pub always: Vec<Step>,
    /// What is changed in it where a port moves.
    #[serde(default)]
    pub moves: Vec<Step>,
    /// What people must know where a port moves in it.
    #[serde(default)]
    pub note: String,
}

/// One change: `sed`'s command, and the pattern that a line of the result fits; an empty one needs no test.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// `sed`'s command.
    pub sed: String,
    /// `grep`'s pattern.
    pub test: String,
}

/// Templates of configuration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Templates {
    /// Their folder.
    pub folder: String,
    /// How their names end; without it they are those of the results.
    pub ending: String,
    /// The folder of the results.
    pub into: String,
}

/// Words of a server's configuration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Says {
    /// Its first word is a port or an address to listen on.
    pub listens: Vec<String>,
    /// Every word is an address that is listened on.
    #[serde(default)]
    pub names: Vec<String>,
    /// Whether those with a host and without `http://` are for TLS.
    #[serde(default)]
    pub tls_hosts: bool,
    /// The global options of the main file that say the ports of those, by the ports that they get without; empty where
    /// there are none, and such addresses are left alone.
    #[serde(default)]
    pub tls_options: BTreeMap<u16, String>,
    /// What people must know of sites with TLS that another account serves.
    #[serde(default)]
    pub tls_keeps: String,
    /// What people must know where their ports move.
    #[serde(default)]
    pub tls_offers: String,
    /// Every word is a file, or a pattern of files, that is read too.
    pub includes: Vec<String>,
    /// The block that listens on port 80 unless it says otherwise, `/` for the main file as a whole; empty where nothing does.
    #[serde(default)]
    pub block: String,
    /// Its word is the account, or the group, that its workers run as.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Its word is the pid file.
    #[serde(default)]
    pub pid: String,
    /// Where the pid file can be written.
    #[serde(default)]
    pub pid_file: String,
    /// What a main file of the project that names no pid file has to say; empty where the default serves.
    #[serde(default)]
    pub pid_line: String,
    /// What is said beside a port that moves.
    #[serde(default)]
    pub beside: String,
    /// Blocks in which it cannot be said.
    #[serde(default)]
    pub not_beside: Vec<String>,
    /// Names of which one already says as much.
    #[serde(default)]
    pub unless: Vec<String>,
    /// The first word is a file or a folder that is written.
    pub writes: Vec<String>,
    /// Names that, all said in the main file, put elsewhere what goes into the folders that it writes.
    #[serde(default)]
    pub instead: Vec<String>,
    /// Writes in ways that are not followed.
    pub stores: Vec<String>,
    /// Runs code of the project, which may write and ask whatever it likes.
    #[serde(default)]
    pub runs: Vec<String>,
    /// A file that only root may be able to read.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Asks a socket of its own host, whose owner decides who may, unless an `endpoint` below it names another host.
    #[serde(default)]
    pub sockets: Vec<String>,
    /// Makes a socket of a file where a word of it is one (`unix/…`).
    #[serde(default)]
    pub unix: Vec<String>,
    /// Its word names what listens, and clients are sent to that one's port.
    #[serde(default)]
    pub sends: Vec<String>,
    /// What has it listen on one more port.
    #[serde(default)]
    pub opens: Vec<Opens>,
    /// Asks the server that its words name.
    #[serde(default)]
    pub asks: Vec<String>,
    /// Passes the port on to a program that may name it to people.
    #[serde(default)]
    pub passes: Vec<String>,
    /// Stands for the port that is listened on.
    #[serde(default)]
    pub port_variables: Vec<String>,
}

/// A port that it listens on for one of its parts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opens {
    /// What switches the part on, other than by `false`.
    pub says: String,
    /// What names another address for it, unless that is the one of `its`.
    #[serde(default)]
    pub elsewhere: String,
    /// The name of the address, and what says where that is.
    pub its: (String, String),
    /// The port, where nothing says so.
    pub port: u16,
}

/// A server with what it has in common with the one that its file names (`like: nginx`): each key of its own counts, and of
/// the words each of their own.
fn whole(path: &str, mut own: Mapping) -> Result<Server, Vec<String>> {
    let wrong = |error: &dyn std::fmt::Display| vec![format!("{path}:1: {error}")];
    if let Some(like) = own.remove("like") {
        let name = like.as_str().unwrap_or_default();
        let other = Path::new(path).with_file_name(format!("{name}.yaml"));
        let text = std::fs::read_to_string(&other).map_err(|error| wrong(&format!("like: {name}: {error}")))?;
        let mut common: Mapping = parse(&other.display().to_string(), &text)?;
        if let (Some(Value::Mapping(words)), Some(Value::Mapping(said))) = (common.get_mut("says"), own.remove("says"))
        {
            words.extend(said);
        }
        common.extend(own);
        own = common;
    }
    serde_yaml::from_value(Value::Mapping(own)).map_err(|error| wrong(&error))
}

/// One file of `servers/`.
pub fn server(path: &str, text: &str) -> Result<Server, Vec<String>> {
    let server = whole(path, parse(path, text)?)?;
    let mut file = File { path, text, problems: Vec::new() };
    if !path.ends_with(&format!("/{}.yaml", server.id)) {
        file.wrong(0, "id:", format!("id: `{}` is not the file's name", server.id));
    }
    if !DIALECTS.contains(&server.dialect.as_str()) {
        file.wrong(0, "dialect:", format!("dialect: unknown value `{}`", server.dialect));
    }
    let files = server.files.iter().map(|given| &given.path);
    let folders = [&server.root, &server.main]
        .into_iter()
        .chain(files)
        .chain(&server.writes)
        .chain(&server.trees)
        .chain(&server.enters)
        .chain(&server.makes)
        .chain(&server.defaults)
        .chain(&server.also)
        .chain(&server.scripts)
        .chain(&server.mains)
        .chain([&server.site]);
    for path in folders.filter(|path| !is_path(path)) {
        file.wrong(0, path, format!("`{path}` is no absolute path"));
    }
    for given in &server.files {
        let steps = given.moves.iter().chain(&given.always);
        for step in steps.filter(|step| step.sed.is_empty() || step.sed.contains('\'') || step.test.contains('\'')) {
            file.wrong(0, &step.sed, format!("sed: `{}` is empty, or holds a quote", step.sed));
        }
        for step in given.moves.iter().filter(|step| !step.sed.contains("{to}") || !step.test.contains("{to}")) {
            file.wrong(0, &step.sed, format!("sed: `{}` does not say the new port, or has no test of it", step.sed));
        }
        if given.listens.is_empty() != given.moves.is_empty() {
            file.wrong(0, &given.path, format!("`{}` listens, and does not move, or the other way round", given.path));
        }
    }
    if server.packages.iter().any(|it| it.names.is_empty() || it.images.is_empty()) {
        file.wrong(0, "packages:", "packages: names and images may not be empty".to_owned());
    }
    for tag in server.packages.iter().flat_map(|it| &it.tags).filter(|tag| !is_tag(tag)) {
        file.wrong(0, tag, format!("tags: `{tag}` is no glob on tags"));
    }
    if server.programs.is_empty() || server.says.listens.is_empty() {
        file.wrong(0, "programs:", "programs and listens may not be empty".to_owned());
    }
    if !is_date(&server.date) {
        file.wrong(0, "date:", format!("date: `{}` is not YYYY-MM", server.date));
    }
    file.sources(&server.sources);
    finish(file, server)
}
