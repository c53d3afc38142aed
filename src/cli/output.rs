//! stdout is the product, stderr is for people.

use std::io::{self, ErrorKind, Write as _};

use annotate_snippets::renderer::{DEFAULT_ERROR_STYLE, DEFAULT_NOTE_STYLE, DEFAULT_WARNING_STYLE};
use anstream::{AutoStream, ColorChoice};
use anyhow::{Context as _, Result, bail};

use super::args::{Args, Format, How};
use super::job::Outcome;
use super::write;
use crate::report::{File, Status, diff, json, markdown, text};

/// The terminal, or what stands in for it.
#[derive(Debug)]
pub(crate) struct Screen {
    /// Whether stdout takes colours.
    color: bool,
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
}

impl Screen {
    pub(crate) fn new(args: &Args) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value: std::ffi::OsString| !value.is_empty());
        let choice = args.color.as_choice();
        // anstream knows all the other variables.
        let forced = choice == ColorChoice::Auto && set("FORCE_COLOR") && !set("NO_COLOR");
        if forced { ColorChoice::Always } else { choice }.write_global();
        let color = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
        Self { color, quiet: args.quiet, verbose: args.verbose }
    }

    /// Something went wrong.
    pub(crate) fn error(&self, message: &str) {
        let style = DEFAULT_ERROR_STYLE;
        say(&format!("{style}error{style:#}: {}\n", text::clean(message)));
    }

    /// Something went wrong that does not matter for the run.
    pub(crate) fn warning(&self, message: &str) {
        let style = DEFAULT_WARNING_STYLE;
        say(&format!("{style}warning{style:#}: {}\n", text::clean(message)));
    }

    /// Something worth knowing.
    pub(crate) fn note(&self, message: &str) {
        let style = DEFAULT_NOTE_STYLE;
        if !self.quiet {
            say(&format!("{style}note{style:#}: {}\n", text::clean(message)));
        }
    }

    /// Plain lines for people.
    pub(crate) fn tell(&self, lines: &str) {
        if !self.quiet {
            say(lines);
        }
    }

    /// Why files ended as errors; a file that was only walked past does not count as one of the run.
    pub(crate) fn errors(&self, outcomes: &[Outcome]) {
        for Outcome { file, fatal, .. } in outcomes {
            let Some(error) = &file.error else { continue };
            let path = text::shown(&file.path);
            let bug = if file.proof_failed { "; this is a bug in unroot, and the file is left alone" } else { "" };
            if *fatal {
                self.error(&format!("{path}: {error}{bug}"));
            } else {
                self.warning(&format!("{path}: {error}; it is left alone"));
            }
        }
    }

    /// The report in one of its forms.
    pub(crate) fn report(&self, format: Format, files: &[File], answered: bool) -> Vec<u8> {
        match format {
            Format::Text if self.quiet => Vec::new(),
            Format::Text => self.text(files, answered, self.color).into_bytes(),
            Format::Diff => diff::render(files),
            Format::Json => json::render(files),
            Format::Jsonl => json::lines(files),
            Format::Markdown => markdown::render(files),
        }
    }

    /// Writes the reports that `--output` asks for; one that cannot be written does not stop the others.
    pub(crate) fn outputs(&self, how: &How, files: &[File]) -> Result<()> {
        let mut failed = Vec::new();
        for output in &how.output {
            let bytes = match output.format {
                Format::Text => self.text(files, true, false).into_bytes(),
                format => self.report(format, files, true),
            };
            if let Err(error) = write::report(&output.path, &bytes) {
                failed.push(format!("--output {}: {error:#}", output.path.display()));
            }
        }
        if failed.is_empty() { Ok(()) } else { bail!("{}", failed.join("; ")) }
    }

    /// The report for people, without the errors: those stand on stderr.
    pub(crate) fn text(&self, files: &[File], answered: bool, color: bool) -> String {
        let style = text::Style { color, answered: answered || self.verbose, clean: self.verbose };
        let files_told = files.iter().filter(|file| file.status != Status::Error);
        let mut out: String = files_told.map(|file| text::of_file(file, style)).collect();
        out.push_str(&text::summary(files));
        out
    }
}

/// Writes the product. A reader who has seen enough and left is no error.
pub(crate) fn product(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("stdout cannot be written"),
    }
}

/// There is nobody to tell when stderr is gone.
fn say(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}
