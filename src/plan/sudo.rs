//! `sudo` in steps of the build: where root runs them it changes nothing, and in the image it makes root of whoever may
//! use it.

use crate::facts::{self, Known, ProgramKind, Writes};
use crate::model::command::Ran;
use crate::model::{Model, Who};
use crate::source::Span;
use crate::syntax::Keyword;

/// A `sudo` in front of a command of a RUN.
pub struct Sudo {
    /// The RUN.
    pub instruction: usize,
    /// `sudo` and the blanks up to the command, in the file; none where the command is more than the same command.
    pub words: Option<Span>,
    /// The command behind it.
    pub name: String,
}

/// Every `sudo` of the target's own RUNs that root runs.
pub fn of_root(model: &Model<'_>, stage: usize) -> Vec<Sudo> {
    let body = model.stages.get(stage).map(|stage| stage.body.clone()).unwrap_or_default();
    let roots = body.filter(|at| model.keyword(*at) == Keyword::Run && model.user(stage, *at) == Who::Root);
    roots.flat_map(|at| in_run(model, stage, at)).collect()
}

fn in_run(model: &Model<'_>, stage: usize, index: usize) -> Vec<Sudo> {
    let [shelled] = model.scripts(index) else { return Vec::new() };
    let commands = model.commands(stage, index);
    let found = commands.list.iter().filter_map(|ran| {
        let between = Span::new(ran.span.start, ran.name_span.start);
        let words = shelled.text_of(between);
        (words.split_whitespace().next()? == "sudo").then_some(())?;
        // Its options choose an account or an environment; what is continued on another line is not one piece.
        let place = shelled.span(between);
        let plain = words.trim_end_matches([' ', '\t']) == "sudo" && place.of(model.bytes) == words.as_bytes();
        let words = Some(place).filter(|_| plain && is_the_same(ran));
        Some(Sudo { instruction: index, words, name: ran.name.clone() })
    });
    found.collect()
}

/// Whether root's command does the same with the environment that sudo would clear: package managers of the system and
/// plain tools for files. chown and what makes accounts is for other rules.
fn is_the_same(ran: &Ran) -> bool {
    const FILES: [&str; 8] = ["cp", "install", "ln", "mkdir", "mv", "rm", "tee", "touch"];
    let known = facts::command(&ran.name);
    let packages = known.is_some_and(|known| {
        (known.kind, known.writes, known.needs_root) == (ProgramKind::Packages, Writes::System, Known::Yes)
    });
    packages || FILES.contains(&ran.name.as_str())
}

/// The RUN of the target that puts sudo into the image, if one does: by its package, or by a line of sudoers.
pub fn brought(model: &Model<'_>, stage: usize) -> Option<usize> {
    let installs = |ran: &Ran| {
        facts::command(&ran.name).is_some_and(|known| known.kind == ProgramKind::Packages)
            && ran.operands().any(|(_, text)| text == Some("sudo"))
            && ran.operands().any(|(_, text)| matches!(text, Some("install" | "add" | "-S" | "-Sy" | "-Syu")))
    };
    let body = model.stages.get(stage)?.body.clone();
    let mut runs = body.filter(|at| model.keyword(*at) == Keyword::Run);
    runs.find(|at| model.commands(stage, *at).list.iter().any(installs))
}
