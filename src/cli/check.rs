//! `unroot check`

use anyhow::Result;

use super::args::{CheckArgs, Format};
use super::output::{Screen, product};
use super::{FAILED, FOUND, OK, gather};
use crate::report::{File, Status};

pub(crate) fn run(args: &CheckArgs, screen: &Screen) -> Result<u8> {
    let format = args.how.format.unwrap_or(Format::Text);
    let work = gather::work(&args.input, &args.scope, &args.how, args.how.has(Format::Diff), screen)?;
    let mut failed = work.failed;
    let outcomes = work.run(false)?;
    screen.errors(&outcomes);
    failed |= outcomes.iter().any(|outcome| outcome.fatal);
    let files: Vec<File> = outcomes.into_iter().map(|outcome| outcome.file).collect();
    product(&screen.report(format, &files, true))?;
    screen.outputs(&args.how, &files)?;

    let clean = files.iter().all(|file| file.status == Status::Clean);
    Ok(match () {
        () if failed => FAILED,
        () if clean => OK,
        () => FOUND,
    })
}
