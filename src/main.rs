//! The `unroot` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    unroot::cli::run(std::env::args_os())
}
