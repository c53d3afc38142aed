//! What an image can do by itself: run a command, find a tool.

use crate::facts::{self, Family, Known, Tools};
use crate::model::{Model, value};
use crate::syntax::Keyword;

/// Whether PATH at the end of the stage holds a folder: always, unless the file sets a PATH of its own without it.
pub(super) fn path_holds(model: &Model<'_>, stage: usize, folder: &str) -> bool {
    let Some((_, index, value)) = model.environments(stage).into_iter().find(|(name, _, _)| name == "PATH") else {
        return true;
    };
    let written = model.instruction(index).map(|found| String::from_utf8_lossy(&found.joined.text).into_owned());
    let adds = written.is_some_and(|text| text.contains("$PATH") || text.contains("${PATH"));
    adds || value.text().is_none_or(|text| text.split(':').any(|part| part == folder))
}

/// Whether a RUN may be added: there is a shell and tools, and no other architecture would need an emulator for it.
pub fn can_run(model: &Model<'_>, stage: usize, shell: Known, tools: Tools, family: Family) -> bool {
    let shellless = matches!(family, Family::Scratch | Family::Distroless | Family::UbiMicro) || shell == Known::No;
    if shellless || (tools == Tools::None && facts::account_recipe(family).is_none()) {
        return false;
    }
    if loses_shell(model, stage) {
        return false;
    }
    let runs = model.lineage(stage).iter().any(|(_, index)| model.keyword(*index) == Keyword::Run);
    runs || !for_several_platforms(model)
}

/// Whether a step removes the shell that every later RUN needs.
fn loses_shell(model: &Model<'_>, stage: usize) -> bool {
    const SHELLS: [&str; 7] =
        ["/bin/sh", "/usr/bin/sh", "/bin/dash", "/usr/bin/dash", "/bin/busybox", "/bin/ash", "/usr/bin/busybox"];
    let gone = |path: &str| SHELLS.iter().any(|shell| value::within(shell, path));
    let runs = model.runs(stage);
    runs.into_iter().any(|(of, at)| {
        let removes = model.commands(of, at).list.iter().filter(|ran| ran.name == "rm");
        removes.into_iter().any(|ran| ran.operands().any(|(_, text)| ran.path(text).as_deref().is_some_and(gone)))
    })
}

/// `FROM --platform=$BUILDPLATFORM` somewhere: the file is built for several platforms.
fn for_several_platforms(model: &Model<'_>) -> bool {
    model.stages.iter().filter_map(|stage| model.instruction(stage.from)).any(|from| {
        from.flag("platform")
            .and_then(|flag| flag.value.as_deref())
            .is_some_and(|value| value.contains("BUILDPLATFORM"))
    })
}
