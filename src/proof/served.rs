//! What the plan does to the configuration of the base image's server is what its template says, and nothing else.

use super::Case;
use crate::plan::{Change, server};

/// Every `sed` and `grep` that the plan adds is a step of the server's template for the ports that move, and each `sed` is
/// followed by a test of what it did.
pub(super) fn served(case: &Case<'_>) -> Result<(), String> {
    let stage = case.plan.stage;
    let lifted: Vec<&String> = case.plan.lifted.iter().flat_map(|lifted| &lifted.steps).collect();
    for change in &case.plan.changes {
        let Change::Block { commands, .. } = change else { continue };
        let edits = |command: &&String| ["sed ", "grep ", "rm "].iter().any(|name| command.starts_with(name));
        for command in commands.iter().filter(edits).filter(|command| !lifted.contains(command)) {
            let Some(known) = case.before.server(stage) else {
                return Err(format!("`{command}` changes a server that the image does not run"));
            };
            // What a step of the build left of a server that ran: a pid file, which it makes again.
            let pid = command.strip_prefix("rm -f ").filter(|path| path.ends_with(".pid") && !path.contains(' '));
            if pid.is_none() && !server::is_step(known, &case.plan.moved, command) {
                return Err(format!("`{command}` is no step of {}", known.id));
            }
        }
        let tested = |nth: usize| commands.get(nth + 1).is_some_and(|next| next.starts_with("grep "));
        let seds = commands.iter().enumerate().filter(|(_, command)| command.starts_with("sed "));
        let mut untested = seds.filter(|(nth, command)| !tested(*nth) && !lifted.contains(command));
        if let Some((_, command)) = untested.next() {
            return Err(format!("`{command}` is not followed by a test"));
        }
    }
    Ok(())
}
