//! A command that does nothing but serve with the server of a package: as the account that the package makes for it, the
//! process writes what it wrote before, and a start script that gives it what it owns already changes nothing.

use super::{all, is_shell};
use crate::facts::{self, PackageAccount, ProgramRole};
use crate::model::entry::Program;
use crate::model::hazard::{Hazard, Scene, Weight, hazard};
use crate::model::package::{is_of, is_within};
use crate::model::script::shebang_is_shell;
use crate::model::value;

/// Folders that anybody may write.
const ANYBODY: [&str; 3] = ["/tmp", "/var/tmp", "/dev"];

/// The account of the package whose server is all that the container runs, if it is.
pub fn serves(scene: &Scene<'_>) -> Option<&'static PackageAccount> {
    let package = scene.package()?;
    let programs = all(scene);
    let server = programs.iter().any(|program| package.servers.contains(&program.name.as_str()));
    let only = programs.iter().all(|program| is_of(&program.name, package) || is_beside(scene, program));
    (server && only && scene.programs.complete).then_some(package)
}

/// Whether a program only leads to the server: a plain command, or a script that was read.
fn is_beside(scene: &Scene<'_>, program: &Program) -> bool {
    match facts::command(&program.name).map(|known| known.role) {
        Some(ProgramRole::Plain | ProgramRole::Wrapper) => true,
        Some(_) => is_shell(&program.name),
        None => {
            let mut places = scene.places(&program.path).into_iter();
            places.any(|place| scene.file(&place).is_some_and(|file| shebang_is_shell(&file.text)))
        }
    }
}

/// Whether a program is one of the package's own and works only in folders that are its account's, or anybody's.
pub(in crate::model) fn is_at_home(scene: &Scene<'_>, program: &Program) -> bool {
    let Some(package) = scene.package().filter(|package| is_of(&program.name, package)) else { return false };
    let fine = |word: &String| {
        let value = word.split_once('=').map_or(word.as_str(), |(_, value)| value);
        let path =
            |path: String| is_within(&path, package) || ANYBODY.iter().any(|folder| value::within(&path, folder));
        let user = word == "-u" || (word.starts_with("--user") && value != package.name);
        !user && (!value.contains('/') || value::normal(value).is_some_and(path))
    };
    let told = program.arguments.iter().all(|word| word.as_ref().is_some_and(fine));
    told && scene.model.keeps_configuration(scene.stage, package)
}

/// Whether a `chown` gives the package's own folders to its account, which as that account changes nothing.
pub(super) fn gives_own(scene: &Scene<'_>, program: &Program) -> bool {
    given(scene, program).is_some_and(|(paths, _)| !paths.is_empty())
}

/// What nobody does any more where the process runs as the account: a start script that gives it a folder repairs what is
/// mounted there from the host, as long as it is root.
pub fn lost_repair(scene: &Scene<'_>) -> Option<Hazard> {
    let package = scene.package()?;
    let gives = |program: &&Program| gives_own(scene, program);
    let program = all(scene).iter().find(gives)?;
    let (paths, _) = given(scene, program)?;
    let message = format!(
        "the start script gives {} to {} at every start, which only root can: a folder of the host that is mounted there has to belong to {}:{} by itself",
        paths.join(", "),
        package.name,
        package.uid,
        package.gid
    );
    Some(hazard("bind-mount", Weight::Unsafe, program.at.1, message))
}

/// What a `chown` gives to the account of the package, and whether with all below; `None` if it does anything else.
fn given<'p>(scene: &Scene<'_>, program: &'p Program) -> Option<(Vec<&'p str>, bool)> {
    let package = scene.package().filter(|_| program.name == "chown")?;
    let words: Option<Vec<&str>> = program.arguments.iter().map(Option::as_deref).collect();
    let (options, operands): (Vec<&str>, Vec<&str>) = words?.into_iter().partition(|word| word.starts_with('-'));
    let known = ["-R", "-v", "-f", "-Rf", "-fR", "-Rv", "-vR", "--recursive", "--verbose", "--quiet", "--silent"];
    let (owner, paths) = operands.split_first()?;
    let (name, group) = (package.name, package.group);
    let spellings = [
        name.to_owned(),
        format!("{name}:{group}"),
        package.uid.to_string(),
        format!("{}:{}", package.uid, package.gid),
    ];
    let own = |path: &&str| value::normal(path).is_some_and(|path| is_within(&path, package));
    let fits =
        options.iter().all(|option| known.contains(option)) && spellings.iter().any(|spelling| spelling == owner);
    let tree = options.iter().any(|option| option.contains('R') || *option == "--recursive");
    (fits && paths.iter().all(own)).then(|| (paths.to_vec(), tree))
}

/// Whether what lies at a path was the account's before every start of the server: the start script gives it to it.
pub(in crate::model) fn was_own(scene: &Scene<'_>, path: &str) -> bool {
    let Some(package) = scene.package() else { return false };
    let covers = |program: &Program| {
        let given = given(scene, program).filter(|(_, tree)| *tree);
        given.is_some_and(|(paths, _)| paths.iter().any(|given| value::within(path, given.trim_end_matches('/'))))
    };
    let programs = all(scene);
    let mut servers = programs.iter().filter(|program| package.servers.contains(&program.name.as_str()));
    servers.all(|server| is_at_home(scene, server)) && programs.iter().any(covers)
}
