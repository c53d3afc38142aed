//! `unroot fix`

use anyhow::Result;

use super::args::{FixArgs, Format};
use super::output::{Screen, product};
use super::{FAILED, FOUND, OK, gather};
use crate::report::{File, Status, text};

/// What a run says and returns.
struct Ending {
    product: Vec<u8>,
    told: String,
    status: u8,
}

pub(crate) fn run(args: &FixArgs, screen: &Screen) -> Result<u8> {
    let inside = args.diff || args.how.has(Format::Diff);
    let work = gather::work(&args.input, &args.scope, &args.how, inside, screen)?;
    let (stdin, failed) = (work.stdin, work.failed);
    let outcomes = work.run(!args.diff)?;
    screen.errors(&outcomes);
    let failed = failed || outcomes.iter().any(|outcome| outcome.fatal);
    let files = outcomes.into_iter().map(|outcome| outcome.file).collect();
    let (ending, files) = ending(args, screen, stdin, failed, files);
    product(&ending.product)?;
    screen.tell(&ending.told);
    screen.outputs(&args.how, &files)?;
    Ok(ending.status)
}

fn ending(args: &FixArgs, screen: &Screen, stdin: bool, failed: bool, mut files: Vec<File>) -> (Ending, Vec<File>) {
    let changed = files.iter().any(File::changed);
    let status = match changed && (args.diff || args.exit_non_zero_on_fix) {
        _ if failed => FAILED,
        true => FOUND,
        false => OK,
    };
    if stdin && !args.diff && args.how.format.is_none() {
        // What stands on stdout is written, as far as unroot can write it.
        files.iter_mut().filter(|file| file.status == Status::Fixable).for_each(|file| file.status = Status::Fixed);
        let product = files.iter().flat_map(|file| file.after.iter().copied()).collect();
        return (Ending { product, told: screen.text(&files, false, true), status }, files);
    }
    let format = args.how.format.unwrap_or(if args.diff { Format::Diff } else { Format::Text });
    let told = if args.diff && format != Format::Text { text::left_over(&files) } else { String::new() };
    (Ending { product: screen.report(format, &files, args.diff), told, status }, files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Args, Command};
    use crate::report::sample;
    use clap::Parser as _;

    fn end(args: &str, stdin: bool, files: &[File]) -> (u8, String, String) {
        let args = Args::try_parse_from(args.split(' ')).unwrap();
        let screen = Screen::new(&args);
        let Command::Fix(fix) = &args.command else { panic!("not fix") };
        let (ending, _) = ending(fix, &screen, stdin, false, files.to_vec());
        (ending.status, String::from_utf8(ending.product).unwrap(), ending.told)
    }

    #[test]
    fn writing_is_no_failure_unless_asked() {
        let files = [sample::fixed(), sample::refused(), sample::hidden()];
        assert_eq!(end("unroot fix", false, &files).0, OK);
        assert_eq!(end("unroot fix --exit-non-zero-on-fix", false, &files).0, FOUND);
        assert_eq!(end("unroot fix --exit-non-zero-on-fix", false, &files[1..]).0, OK);
    }

    #[test]
    fn a_diff_counts_when_it_is_not_empty() {
        let (status, diff, told) = end("unroot fix --diff", false, &[sample::fixable(), sample::hidden()]);
        assert_eq!(status, FOUND);
        assert!(diff.starts_with("diff --git a/app/Dockerfile b/app/Dockerfile\n"), "{diff}");
        assert!(told.contains("needs --unsafe: opaque-script"), "{told}");
        let (status, diff, told) = end("unroot fix --diff", false, &[sample::hidden(), sample::refused()]);
        assert_eq!((status, diff.as_str()), (OK, ""));
        assert!(told.contains("b/Dockerfile:3: start-script: missing-user"), "{told}");
    }

    #[test]
    fn stdin_comes_out_even_if_unchanged() {
        let (status, text, told) = end("unroot fix -", true, &[sample::fixable()]);
        assert_eq!((status, text.as_bytes()), (OK, sample::AFTER));
        assert!(told.ends_with("1 file: 1 fixed\n"), "{told}");
        assert_eq!(end("unroot fix -", true, &[sample::refused()]).1.as_bytes(), sample::BEFORE);
        assert_eq!(end("unroot fix -", true, &[sample::broken()]).1, "FORM x\n");
        assert!(end("unroot fix - --diff", true, &[sample::fixable()]).1.starts_with("diff --git"));
        assert!(end("unroot fix - --format json", true, &[sample::fixable()]).1.starts_with("{\"version\":1"));
    }

    #[test]
    fn a_diff_goes_with_every_format() {
        for (format, start) in
            [("text", "warning["), ("diff", "diff "), ("json", "{"), ("jsonl", "{"), ("markdown", "Containers")]
        {
            let (status, product, _) =
                end(&format!("unroot fix --diff --format {format}"), false, &[sample::fixable()]);
            assert!(status == FOUND && product.starts_with(start), "{product}");
        }
    }
}
