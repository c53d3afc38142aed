//! Servers that a step of the build installs from the distribution's own packages.

use crate::context::matches;
use crate::facts::{self, ProgramKind, ProgramRole, Server, ServerPackages, Writes, words};
use crate::images;
use crate::model::command::Ran;
use crate::model::{Base, Model};
use crate::syntax::Keyword;

impl Model<'_> {
    /// The servers that the stage surely holds as the distribution of its base image packages them.
    pub(super) fn packaged(&self, stage: usize) -> Vec<&'static Server> {
        let Some(Base::Image { reference, facts: Some(base), listed: true, chosen: false, .. }) = self.root_base(stage)
        else {
            return Vec::new();
        };
        let fits = |it: &&ServerPackages| it.images.contains(&base.id) && images::is_tagged(reference, it.tags);
        let installed = |server: &&Server| {
            let mut packages = server.packages.iter().filter(fits);
            packages.any(|it| self.installs(stage, it, server.unless_packages))
        };
        let found: Vec<_> = facts::servers().iter().filter(installed).collect();
        let own = || self.lineage(stage).iter().all(|(at, index)| self.leaves_repositories(*at, *index));
        if found.is_empty() || own() { found } else { Vec::new() }
    }

    /// Whether a RUN installs one of the packages in every build, and none takes one away or brings one of `unless`.
    fn installs(&self, stage: usize, packages: &ServerPackages, unless: &[&str]) -> bool {
        let mut certain = false;
        for (at, index) in self.runs(stage) {
            for ran in &self.commands(at, index).list {
                let Some(words) = package_words(ran) else { continue };
                let named = words.iter().skip(1).any(|word| packages.names.contains(&bare(word)));
                let told = |list: &[&str]| words.first().is_some_and(|first| list.contains(first));
                let more = |word: &&str| unless.iter().any(|glob| matches(glob, bare(word)));
                let brings = told(words::PACKAGE_INSTALLS) && words.iter().skip(1).any(more);
                if (named && told(words::PACKAGE_REMOVALS)) || brings {
                    return false;
                }
                certain |= named && told(words::PACKAGE_INSTALLS) && !ran.conditional && !is_virtual(ran);
            }
        }
        certain
    }

    /// Whether an instruction leaves the repositories that packages come from as the base image has them, as far as it says.
    fn leaves_repositories(&self, stage: usize, index: usize) -> bool {
        match self.keyword(index) {
            Keyword::Run => {
                let text = self.instruction(index).map(|it| String::from_utf8_lossy(&it.joined.text).into_owned());
                let foreign = |text: String| words::FOREIGN_PACKAGES.iter().any(|mark| text.contains(mark));
                // Text that a shell reads from a pipe may be a script that sets up another repository.
                let piped = |ran: &Ran| {
                    let interprets = facts::command(&ran.name).is_some_and(|it| it.role == ProgramRole::Interpreter);
                    interprets && ran.operands().all(|(_, text)| text == Some("-"))
                };
                !text.is_some_and(foreign) && !self.commands(stage, index).list.iter().any(piped)
            }
            Keyword::Copy | Keyword::Add => self.keeps_repositories(stage, index),
            _ => true,
        }
    }

    /// The first RUN with a command of which nobody knows what it does: it may bring other parts of the server.
    pub(super) fn unknown_step(&self, stage: usize, server: &Server) -> Option<usize> {
        let told = |ran: &Ran| {
            let own = || server.programs.iter().chain(server.tools).any(|name| *name == ran.name);
            let first = ran.operands().next().and_then(|(_, text)| text).unwrap_or("");
            own() || package_words(ran).is_some() || facts::writes(&ran.name, first) != Writes::Unknown
        };
        let mut runs = self.runs(stage);
        runs.find(|(at, index)| {
            let commands = self.commands(*at, *index);
            !commands.complete || !commands.list.iter().all(told)
        })
        .map(|(_, index)| index)
    }
}

/// The literal operands of a package manager; `None` for other programs.
fn package_words(ran: &Ran) -> Option<Vec<&str>> {
    let manager = facts::command(&ran.name).is_some_and(|known| known.kind == ProgramKind::Packages);
    manager.then(|| ran.operands().filter_map(|(_, text)| text).collect())
}

/// A package's name without the version that is asked for.
fn bare(word: &str) -> &str {
    word.split(['=', '~', '<', '>']).next().unwrap_or(word)
}

/// Whether packages are installed under a name by which they may be taken away.
fn is_virtual(ran: &Ran) -> bool {
    ran.has_option('t', "--virtual") && ran.name == "apk"
}
