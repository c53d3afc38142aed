//! From arguments to [`Options`]: what clap cannot check alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;

use super::args::{Format, Ownership, Scope, UserForm};
use crate::config::Config;
use crate::options::{self, Options};

/// A value of `--port`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PortArg {
    /// Every port stays.
    Keep,
    /// Old and new.
    Move(u16, u16),
}

/// Reads `OLD=NEW` or `keep`.
pub(crate) fn port(text: &str) -> Result<PortArg, String> {
    if text == "keep" {
        return Ok(PortArg::Keep);
    }
    let number = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
    let Some((Some(old), Some(new))) = text.split_once('=').map(|(old, new)| (number(old), number(new))) else {
        return Err("write OLD=NEW with two ports from 1 to 65535, or keep".to_owned());
    };
    options::check_move(old, new).map(|()| PortArg::Move(old, new))
}

/// A value of `--image`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageArg {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// Reads `NAME=PATH`.
pub(crate) fn image(text: &str) -> Result<ImageArg, String> {
    let parts = text.split_once('=').filter(|(name, path)| !name.trim().is_empty() && !path.is_empty());
    let (name, path) = parts.ok_or("write NAME=PATH with the image's name and its Dockerfile")?;
    if name.contains(['@', '$', ' ']) {
        return Err(format!("`{name}` is no name of an image without variables and digest"));
    }
    Ok(ImageArg { name: name.to_owned(), path: PathBuf::from(path) })
}

/// The Dockerfile at a path, or in the folder there, without symbolic links in the way to it.
pub(crate) fn dockerfile(path: &Path) -> Result<PathBuf> {
    let path = if path.is_dir() { path.join("Dockerfile") } else { path.to_owned() };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = std::fs::canonicalize(folder)?;
    let full = folder.join(path.file_name().context("names no file")?);
    if !full.is_file() {
        bail!("there is no such Dockerfile");
    }
    Ok(full)
}

/// Reads the name of an account: it is going to stand in commands.
pub(crate) fn account(text: &str) -> Result<String, String> {
    options::check_account(text).map(|()| text.to_owned())
}

/// A value of `--output`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) format: Format,
    pub(crate) path: PathBuf,
}

/// Reads `FMT=FILE`.
pub(crate) fn output(text: &str) -> Result<Output, String> {
    let known = || {
        let names = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        names.map(|name| name.get_name().to_owned()).collect::<Vec<_>>().join(", ")
    };
    let Some((format, path)) = text.split_once('=') else { return Err("write FMT=FILE".to_owned()) };
    let format =
        Format::from_str(format, false).map_err(|_| format!("unknown format {format}: there are {}", known()))?;
    match path {
        "" => Err("the name of the file is missing".to_owned()),
        "-" => Err("stdout gets the report of --format: name a file".to_owned()),
        path => Ok(Output { format, path: PathBuf::from(path) }),
    }
}

/// A value of `--shard`: which part of how many, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shard {
    pub(crate) index: usize,
    pub(crate) count: usize,
}

/// Reads `I/N`.
pub(crate) fn shard(text: &str) -> Result<Shard, String> {
    let number = |text: &str| text.parse::<usize>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    let parts = text.split_once('/').and_then(|(index, count)| number(index).zip(number(count)));
    let fits = parts.filter(|(index, count)| (1..=*count).contains(index));
    fits.map(|(index, count)| Shard { index: index - 1, count })
        .ok_or_else(|| "write I/N with I from 1 to N".to_owned())
}

/// The options of a run: the configuration's, and over them what the command line says; the build context is still
/// missing, because it depends on the project.
pub(crate) fn options(scope: &Scope, config: &Config) -> Result<Options> {
    let mut options = config.options();
    options.unsafe_fixes = scope.unsafe_fixes;
    options.accept_volumes |= scope.accept_volumes;
    (options.prepare, options.openshift) = (scope.prepare, scope.openshift);
    options.kubernetes = scope.kubernetes;
    if !scope.target.is_empty() {
        options.targets.clone_from(&scope.target);
    }
    // An account is chosen as a whole: another name with the configuration's number would be a third one.
    if scope.user.is_some() || scope.uid.is_some() || scope.gid.is_some() {
        (options.user, options.uid, options.gid) = (scope.user.clone(), scope.uid, scope.gid);
    }
    match scope.user_form {
        Some(UserForm::Number) => options.user_form = options::UserForm::Number,
        Some(UserForm::Name) => options.user_form = options::UserForm::Name,
        None => {}
    }
    match scope.ownership {
        Some(Ownership::App) => options.ownership = options::Ownership::App,
        Some(Ownership::Data) => options.ownership = options::Ownership::Data,
        Some(Ownership::None) => options.ownership = options::Ownership::None,
        None => {}
    }
    for (given, set) in [(&scope.select, &mut options.select), (&scope.ignore, &mut options.ignore)] {
        for rule in given {
            super::explain::known_rule(rule)?;
        }
        if !given.is_empty() {
            *set = given.iter().cloned().collect();
        }
    }
    if !scope.port.is_empty() {
        (options.keep_ports, options.ports) = (false, BTreeMap::new());
        add_ports(&mut options, &scope.port)?;
    }
    Ok(options)
}

fn add_ports(options: &mut Options, ports: &[PortArg]) -> Result<()> {
    for port in ports {
        match *port {
            PortArg::Keep => options.keep_ports = true,
            PortArg::Move(old, new) => {
                if options.ports.insert(old, new).is_some_and(|other| other != new) {
                    bail!("--port moves {old} twice: give it once");
                }
            }
        }
    }
    if options.keep_ports && !options.ports.is_empty() {
        bail!("--port keep leaves every port where it is: leave it out, or leave out the ports to move");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_move_up() {
        assert_eq!(port("keep"), Ok(PortArg::Keep));
        assert_eq!(port("80=8080"), Ok(PortArg::Move(80, 8080)));
        for bad in ["", "80", "80=", "=80", "0=8080", "80=65536", "80=81", "8080=9090", "80:8080"] {
            assert!(port(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_port_moves_once() {
        let ports = |ports: &[PortArg]| {
            let mut options = Options::default();
            add_ports(&mut options, ports).map(|()| options)
        };
        let (a, b) = (PortArg::Move(80, 8080), PortArg::Move(80, 9090));
        assert_eq!(ports(&[a, a]).unwrap().ports.len(), 1);
        assert!(ports(&[a, b]).is_err());
        assert!(ports(&[a, PortArg::Keep]).is_err());
        assert!(ports(&[PortArg::Keep]).unwrap().keep_ports);
    }

    #[test]
    fn names_cannot_carry_commands() {
        assert_eq!(account("app-1"), Ok("app-1".to_owned()));
        let long = "a".repeat(33);
        for bad in ["", "root", "1app", "-app", "a b", "a;b", "$x", "a\nb", "é", &long] {
            assert!(account(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn outputs_and_shards_are_read() {
        assert_eq!(output("json=a=b"), Ok(Output { format: Format::Json, path: "a=b".into() }));
        for bad in ["json", "json=", "json=-", "xml=a", "=a"] {
            assert!(output(bad).is_err(), "{bad}");
        }
        assert_eq!(shard("2/3"), Ok(Shard { index: 1, count: 3 }));
        for bad in ["", "1", "0/3", "4/3", "1/0", "+1/3", "1/2/3", "-1/2"] {
            assert!(shard(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_command_line_wins_over_the_configuration() {
        use crate::cli::args::{Args, Command};
        use clap::Parser as _;
        let config = Config::read(
            b"select: [chown-run]\nuser: {name: app, uid: 7, form: name}\nport: keep\ntarget: a\nownership: data\n",
        )
        .unwrap();
        let read = |args: &str| {
            let Command::Fix(fix) = Args::try_parse_from(args.split(' ')).unwrap().command else { panic!("not fix") };
            options(&fix.scope, &config).unwrap()
        };
        assert_eq!(read("unroot fix"), config.options());
        let all =
            "unroot fix --select missing-user --user bob --user-form number --port 80=8081 --target b --ownership app";
        let options = read(all);
        assert!(options.enabled("missing-user") && !options.enabled("chown-run") && !options.keep_ports);
        assert_eq!((options.user.as_deref(), options.uid), (Some("bob"), None));
        assert_eq!((options.targets.as_slice(), options.ports.get(&80)), (["b".to_owned()].as_slice(), Some(&8081)));
        assert_eq!((options.user_form, options.ownership), Default::default());
    }
}
