//! From arguments to [`Options`]: what clap cannot check alone.

use anyhow::{Result, bail};

use super::args::{Ownership, Scope, UserForm};
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
    match (old, new) {
        (1024.., _) => Err(format!("any account may listen on {old}: only ports below 1024 need to move")),
        (_, ..1024) => Err(format!("{new} is below 1024 as well: choose a higher port")),
        _ => Ok(PortArg::Move(old, new)),
    }
}

/// Reads the name of an account: it is going to stand in commands.
pub(crate) fn account(text: &str) -> Result<String, String> {
    let first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let other = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
    if text == "root" {
        return Err("root is what the process has to get away from".to_owned());
    }
    if text.len() > 32 || !text.bytes().next().is_some_and(first) || !text.as_bytes().iter().all(other) {
        return Err(
            "a name starts with a letter or _, goes on with letters, digits, _ . or -, and has at most 32 of them"
                .to_owned(),
        );
    }
    Ok(text.to_owned())
}

/// The options of a run; the build context is still missing, because it depends on the project.
pub(crate) fn options(scope: &Scope) -> Result<Options> {
    let mut options = Options {
        unsafe_fixes: scope.unsafe_fixes,
        targets: scope.target.clone(),
        user: scope.user.clone(),
        uid: scope.uid,
        gid: scope.gid,
        user_form: match scope.user_form {
            UserForm::Number => options::UserForm::Number,
            UserForm::Name => options::UserForm::Name,
        },
        ownership: match scope.ownership {
            Ownership::App => options::Ownership::App,
            Ownership::Data => options::Ownership::Data,
            Ownership::None => options::Ownership::None,
        },
        select: scope.select.iter().cloned().collect(),
        ignore: scope.ignore.iter().cloned().collect(),
        ..Options::default()
    };
    add_ports(&mut options, &scope.port)?;
    for rule in scope.select.iter().chain(&scope.ignore) {
        super::explain::find(&crate::rules(), rule)?;
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
}
