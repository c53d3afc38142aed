//! Programs that another one runs inside of a container, seen from outside.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::PathBuf;

use rustix::process::{Pid, Signal, kill_process};

/// Ends what runs below the process `top` in another process namespace, and says whether anything did.
pub(super) fn end_inside(top: u32) -> bool {
    let namespace = |pid: &str| fs::read_link(PathBuf::from(format!("/proc/{pid}/ns/pid"))).ok();
    let (parents, own) = (parents(), namespace("self"));
    let inside = |pid: &u32| namespace(&pid.to_string()).is_some_and(|other| Some(&other) != own.as_ref());
    let mut any = false;
    for pid in below(top, &parents).into_iter().filter(inside) {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        any |= pid.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok());
    }
    any
}

/// The parent of every process.
fn parents() -> HashMap<u32, u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| Some((pid, parent(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?))).collect()
}

/// The parent in a `/proc/PID/stat`; the name of the program before it may hold anything.
fn parent(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

/// All processes below one.
fn below(top: u32, parents: &HashMap<u32, u32>) -> HashSet<u32> {
    let mut found = HashSet::from([top]);
    loop {
        let more: Vec<u32> = parents
            .iter()
            .filter(|(pid, of)| found.contains(of) && !found.contains(pid))
            .map(|(pid, _)| *pid)
            .collect();
        if more.is_empty() {
            found.remove(&top);
            return found;
        }
        found.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_found_at_any_depth() {
        assert_eq!(parent("12 (a) b) S 7 12 12 0"), Some(7));
        assert_eq!(parent("nonsense"), None);
        let parents = HashMap::from([(2, 1), (3, 2), (4, 3), (5, 1), (1, 0)]);
        assert_eq!(below(2, &parents), HashSet::from([3, 4]));
        assert_eq!(below(9, &parents), HashSet::new());
    }

    #[test]
    fn what_shares_the_namespace_is_left_alone() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        assert!(super::parents().get(&child.id()) == Some(&std::process::id()));
        assert!(!end_inside(std::process::id()));
        assert!(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
