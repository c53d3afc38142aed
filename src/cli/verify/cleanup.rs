//! Removing what a run made: everything carries its label, so that nothing has to be remembered.

use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};

use super::engine::Engine;

/// How to list and to remove each kind of thing, in an order in which nothing is in use any more.
const KINDS: [(&[&str], &[&str]); 4] = [
    (&["ps", "--all", "--quiet"], &["rm", "--force", "--volumes"]),
    (&["network", "ls", "--quiet"], &["network", "rm"]),
    (&["volume", "ls", "--quiet"], &["volume", "rm", "--force"]),
    (&["images", "--all", "--quiet", "--no-trunc"], &["rmi", "--force"]),
];
/// An engine may still be about to make what a killed command asked for.
const ROUNDS: usize = 5;
const PAUSE: Duration = Duration::from_millis(300);

/// Removes all that carries the engine's label, whoever wants it to stop.
pub(super) fn clean(engine: &Engine) -> Result<()> {
    let runner = engine.runner.heedless();
    let engine = &Engine { runner, version: engine.version.clone(), label: engine.label.clone(), kind: engine.kind };
    let mut left = Vec::new();
    for round in 0..ROUNDS {
        left = remove(engine)?;
        if left.is_empty() && round > 0 {
            return Ok(());
        }
        thread::sleep(PAUSE);
    }
    bail!("{} left {} behind: remove them by their label {}", engine.kind.name(), left.join(", "), engine.label)
}

/// Removes what there is, and says what there was.
fn remove(engine: &Engine) -> Result<Vec<String>> {
    let filter = format!("label={}", engine.label);
    let mut found = Vec::new();
    for (list, remove) in KINDS {
        let listed = engine.tell(&[list, &["--filter", &filter]].concat())?;
        let mut ids: Vec<&str> = listed.split_whitespace().collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            // What is gone already is as good as removed: the next look tells.
            let _ = engine.tell(&[remove, &[id]].concat());
            found.push(id.to_owned());
        }
    }
    Ok(found)
}
