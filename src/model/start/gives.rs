//! Folders that a start script makes, or gives to the file's own account: the image can hold them as the account's, and the
//! script has nothing left to do.

use crate::model::entry::Program;
use crate::model::hazard::Scene;
use crate::model::owner::{self, Made};
use crate::model::value;

/// What a start script gives to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gives {
    /// The account, the only one that the file makes.
    pub name: String,
    /// The folders.
    pub paths: Vec<String>,
    /// The instruction that starts the script.
    pub at: usize,
}

/// What a `chown` of a start script gives to the only account that the file makes; `None` if it does anything else. As that
/// account it changes nothing where the folder is the account's already (chown(2) lets an owner keep what it has).
pub(super) fn given(scene: &Scene<'_>, program: &Program) -> Option<Gives> {
    const OPTIONS: [&str; 5] = ["-R", "-v", "-Rv", "-vR", "--recursive"];
    let words: Option<Vec<&str>> = program.arguments.iter().map(Option::as_deref).collect();
    let (options, operands): (Vec<&str>, Vec<&str>) = words?.into_iter().partition(|word| word.starts_with('-'));
    let (owner, paths) = operands.split_first().filter(|_| program.name == "chown")?;
    let accounts = scene.model.accounts(scene.stage, usize::MAX);
    let mut made = accounts.iter().filter(|account| account.made.is_some());
    let (account, None) = (made.next()?, made.next()) else { return None };
    let group = account.group.clone().unwrap_or_default();
    let mut spellings = vec![account.name.clone(), format!("{}:", account.name), format!("{}:{group}", account.name)];
    if let (Some(uid), Some(gid)) = (account.uid, account.gid) {
        spellings.extend([uid.to_string(), format!("{uid}:{gid}")]);
    }
    let named = spellings.iter().any(|spelling| spelling == owner) && account.uid != Some(0);
    let plain = options.iter().all(|option| OPTIONS.contains(option));
    let paths: Option<Vec<String>> =
        paths.iter().map(|path| value::normal(path).filter(|path| is_free(scene, path))).collect();
    let paths = paths.filter(|paths| named && plain && !paths.is_empty())?;
    Some(Gives { name: account.name.clone(), paths, at: program.at.1 })
}

/// The folders that a `mkdir -p` makes; `None` if it does anything else, or makes one that is not the app's to have.
pub(super) fn made(scene: &Scene<'_>, program: &Program) -> Option<Vec<String>> {
    let words: Option<Vec<&str>> = program.arguments.iter().map(Option::as_deref).collect();
    let (options, operands): (Vec<&str>, Vec<&str>) = words?.into_iter().partition(|word| word.starts_with('-'));
    let parents = options.iter().all(|option| matches!(*option, "-p" | "--parents" | "-pv" | "-vp" | "-v"));
    let silent = options.iter().any(|option| option.contains('p'));
    let paths = operands.iter().map(|path| value::normal(path).filter(|path| is_free(scene, path)));
    let paths: Option<Vec<String>> = paths.collect();
    paths.filter(|paths| program.name == "mkdir" && parents && silent && !paths.is_empty())
}

/// Whether a folder is nobody's but the app's: neither of the system nor of a package, or made by a step of the file.
fn is_free(scene: &Scene<'_>, path: &str) -> bool {
    let (model, stage) = (scene.model, scene.stage);
    let made = matches!(model.owners(stage).nodes.get(path).map(|node| node.made), Some(Made::Run(_)));
    let system = ["/etc", "/usr", "/root", "/tmp", "/dev", "/proc", "/sys", "/home"];
    path.len() > 1
        && !model.is_base_folder(stage, path)
        && !system.iter().any(|tree| value::within(path, tree))
        && (made || !owner::is_packaged(path))
}
