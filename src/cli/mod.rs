//! The command line: everything that touches the system.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

mod apply;
mod args;
mod check;
mod config;
mod disk;
mod explain;
mod fix;
mod gather;
mod job;
mod output;
mod values;
mod verify;
mod walk;
mod write;

use args::{Args, Command};
use output::Screen;

/// Nothing to do, or done.
const OK: u8 = 0;
/// Findings, or a diff that is not empty.
const FOUND: u8 = 1;
/// Bad usage, a file that cannot be read, parsed or written, or a failed proof.
const FAILED: u8 = 2;

/// Runs the command that `args` asks for, and says how it went.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            // Help asked for ends well, even when nobody reads it to its end.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { FAILED } else { OK });
        }
    };
    let screen = Screen::new(&args);
    let status = match &args.command {
        Command::Fix(fix) => fix::run(fix, &screen),
        Command::Check(check) => check::run(check, &screen),
        Command::Verify(verify) => verify::run(verify, &screen),
        Command::Explain(explain) => explain::run(explain, &screen),
    };
    ExitCode::from(status.unwrap_or_else(|error| {
        screen.error(&format!("{error:#}"));
        FAILED
    }))
}
