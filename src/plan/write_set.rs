//! What the process must write, as far as the files tell: VOLUMEs, compose's volumes, folders made for run time, ENV, the
//! home.

use super::named::named_by_env;
use super::ownership::{RULE, SMALL, context_size, give_copy, is_archive, push, shellless};
use super::{Change, Draft, Handed, Identity, Origin, arrived, cache, database, fed, linked, named, witness};
use crate::facts::{self, words};
use crate::model::command::Ran;
use crate::model::owner::{Made, Owners, is_packaged};
use crate::model::{Model, value};
use crate::syntax::Keyword;

/// Why a path of the configuration is handed over.
const NAMED: &str = "named in unroot.yaml";

/// VOLUMEs, folders that a RUN makes for run time, folders that ENV names, paths that the caller names.
pub(super) fn plan(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let mut wanted: Vec<(String, String, bool)> = Vec::new();
    for (at, index) in model.lineage(stage) {
        match model.keyword(index) {
            Keyword::Volume => {
                let values = model.volumes(at, index).into_iter();
                let paths = values.filter_map(|value| value.certain().and_then(value::normal));
                wanted.extend(paths.map(|path| (path, "VOLUME".to_owned(), true)));
            }
            Keyword::Run => wanted.extend(made_for_run_time(model, stage, at, index)),
            _ => {}
        }
    }
    let caches = cache::all(draft.scene, identity);
    wanted.extend(caches.iter().map(|cache| (cache.path.clone(), cache.why.clone(), true)));
    wanted.extend(named_by_env(model, stage));
    wanted.extend(database::folders(draft.scene, witness::command(draft)));
    wanted.extend(named::home(model, stage, identity));
    wanted.extend(named::tool_caches(draft.scene));
    wanted.extend(linked::folders(model, stage));
    named::by_default(draft, identity);
    named::homeless(draft);
    database::tell(draft, identity, owners);
    let volumes = draft.scene.named_volumes().into_iter();
    wanted.extend(volumes.map(|(file, path)| (path, format!("volume of {file}"), true)));
    wanted.extend(draft.options.paths.iter().map(|path| (path.clone(), NAMED.to_owned(), true)));
    // BuildKit takes lines of up to 65,535 bytes, and nobody reads a RUN of a hundred folders.
    if wanted.len() > MOST {
        let why = format!("{} paths would have to be handed over; unroot writes up to {MOST}", wanted.len());
        return draft.refuse("missing-user", draft.scene.from(), "the process runs as root", "too-many-paths", why);
    }
    filled_volumes(draft, identity, owners);
    for (path, why, make) in wanted {
        let owner = owners.owner(&path);
        let theirs = owner.is_some_and(|owner| identity.owns(owner));
        let foreign = owner.is_some_and(|owner| !owner.starts_with("0:") && !theirs);
        // A folder that may be missing is there only if a line of its own made it, not by what a copy happens to bring.
        let own =
            owners.nodes.get(&path).and_then(|node| node.owner.as_deref()).is_some_and(|owner| identity.owns(owner));
        let brought = owners.nodes.get(&path).is_none_or(|node| !matches!(node.made, Made::Run(_)));
        let done = draft.handed.iter().any(|handed| {
            // Where packages may have made the folder, what a copy brings there does not make it.
            let itself = handed.path == path && !(handed.by_copy && is_packaged(&path));
            itself || (!make && brought && handed.tree && value::within(&path, &handed.path))
        });
        let done = done || if make { own } else { theirs };
        if why == NAMED && !done && (foreign || model.is_base_folder(stage, &path)) {
            let whose = if foreign { "another account's" } else { "part of the base image" };
            let why = format!("{path} is {whose}, and unroot gives no such folder away: name one below it");
            let from = draft.scene.from();
            return draft.refuse("missing-user", from, "a path that is to be written cannot be", "named-path", why);
        }
        if foreign && owner.is_some_and(|owner| super::identity::is_nobody(owner)) {
            let message = format!("{path} ({why}) is given to nobody, and the account cannot write it as root could");
            push(draft, "opaque-writes", draft.scene.from(), message);
        }
        if foreign || done || model.is_base_folder(stage, &path) {
            continue;
        }
        if shellless(model, stage) {
            if fed::feed(draft, identity, owners, &path, &why) {
                continue;
            }
            let message = format!(
                "{path} is written at run time, and nothing in this image can hand it over: copy it from a stage with --chown"
            );
            draft.refuse(
                "missing-user",
                draft.scene.from(),
                "a folder that the process writes would stay root's",
                "shell-less-folder",
                message,
            );
            return;
        }
        let mut tree = is_worked_in(model, stage, owners, &path) || cache::settle(draft, &caches, &path);
        // A single file holds nothing.
        let leaves = |ran: &Ran| ran.leaves(&|path| is_folder(owners, path)).contains(&path);
        let file = model.runs(stage).any(|(of, at)| model.commands(of, at).list.iter().any(leaves));
        if let Some((at, large)) = arrived::filled(model, stage, owners, &path).filter(|_| !tree && !file) {
            tree = !large && context_size(draft.scene).is_some_and(|size| size < SMALL);
            let line = model.line(at);
            let message = format!(
                "what the RUN on line {line} puts into {path} stays root's: check that the process only reads it"
            );
            if !tree {
                push(draft, "opaque-run", at, message);
            }
        }
        draft.handed.push(Handed { path, owner: identity.owner(), tree, make, by_copy: false, why });
    }
}

/// What copies put into volumes belongs to the account, too.
fn filled_volumes(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let volumes = model.lineage(stage).into_iter().flat_map(|(of, at)| model.volumes(of, at));
    let volumes: Vec<String> = volumes.filter_map(|path| path.certain().and_then(value::normal)).collect();
    let app = model.app_folder(stage);
    for copy in &owners.copies {
        let inside = |to: &&str| {
            volumes.iter().any(|volume| value::within(to, volume))
                && !app.as_deref().is_some_and(|app| value::within(to, app))
        };
        let Some(target) = copy.destination.as_deref().filter(inside) else { continue };
        let index = copy.instruction;
        let flagged = |change: &Change| matches!(change, Change::Flag { instruction, .. } if *instruction == index);
        let own = model.stage_of(index) == Some(stage) && !draft.options.leaves(RULE, index);
        let said = model.instruction(index).is_none_or(|found| found.flag("chown").is_some());
        // What a later step gives to somebody else, the copy would give in vain.
        let mut later = model.runs(stage).filter(|(_, at)| *at > index);
        let given = later.any(|(of, at)| super::uses::gives(model, of, at, target, false));
        if !own || said || given || is_archive(model, index) || draft.changes.iter().any(flagged) {
            continue;
        }
        if let Some(owner) = identity.copy_owner(model, stage, index) {
            give_copy(draft, identity, owners, index, target, &owner, "copied into a volume");
        }
    }
}

/// Whether a program that was installed beside a folder runs once the folder is there: it may have filled it as root.
fn is_worked_in(model: &Model<'_>, stage: usize, owners: &Owners, path: &str) -> bool {
    let Some(Made::Run(made)) = owners.nodes.get(path).map(|node| node.made) else { return false };
    let Some(top) = path.match_indices('/').nth(2).and_then(|(at, _)| path.get(..at)) else { return false };
    let beside = |ran: &Ran| {
        value::within(&ran.full, top) && ran.full != top && facts::writes(&ran.name, "") == facts::Writes::Unknown
    };
    let runs = model.runs(stage).filter(|(_, at)| *at >= made);
    runs.into_iter().any(|(of, at)| model.commands(of, at).list.iter().any(beside))
}

/// A folder that the process seems to keep data in, if the file shows one: what lies on a volume keeps its owner.
pub(super) fn kept(draft: &Draft<'_>) -> Option<String> {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let mut runs = model.runs(stage);
    let made = runs.find_map(|(at, index)| made_for_run_time(model, stage, at, index).into_iter().next());
    let own = model.own_folder(stage);
    let is_own = |path: &str| own.as_deref() == Some(path);
    let named = || named_by_env(model, stage).into_iter().next();
    let home = || {
        let homes = model.environments(stage).into_iter().find(|(name, _, _)| name == "HOME");
        homes.map(|(_, _, value)| (value.text().unwrap_or("its home").to_owned(), String::new(), false))
    };
    made.filter(|(path, _, _)| !is_own(path)).or_else(named).or_else(home).map(|(path, _, _)| path)
}

/// A home that the account's maker does not make, or that was there before and stayed root's.
pub(super) fn home(draft: &mut Draft<'_>, identity: &Identity, owners: &Owners) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let (Some(name), Some(path)) = (&identity.name, identity.home.as_deref().filter(|path| path.len() > 1)) else {
        return;
    };
    let made = match identity.origin {
        Origin::Created => Some(true),
        Origin::Existing => model.account(stage, usize::MAX, name).and_then(|account| account.has_home),
        _ => return,
    };
    let node = owners.nodes.get(path);
    // What made the folder found it there where the account, with its home, was made above.
    let account = model.account(stage, usize::MAX, name);
    let above = account.and_then(|account| account.made).map(|made| made.instruction);
    let later = |made: Made| match made {
        Made::Workdir(at) | Made::Copy(at) | Made::Run(at) => above.is_some_and(|above| above < at),
        Made::Base => false,
    };
    if made == Some(true) && node.is_some_and(|node| later(node.made)) {
        return;
    }
    let theirs = node.and_then(|node| node.owner.as_deref()).is_some_and(|owner| identity.owns(owner));
    let planned = draft.handed.iter().any(|handed| handed.path == path);
    if theirs || planned || (made == Some(true) && node.is_none()) {
        return;
    }
    if model.is_base_folder(stage, path)
        || value::within(path, "/dev")
        || path == "/nonexistent"
        || shellless(model, stage)
    {
        let at = draft.scene.from();
        return push(
            draft,
            "no-home",
            at,
            format!("{name} has no home of its own ({path}): tools that write there will fail"),
        );
    }
    draft.handed.push(Handed {
        path: path.to_owned(),
        owner: identity.owner(),
        tree: false,
        make: true,
        by_copy: false,
        why: "home of the account".to_owned(),
    });
}

/// Most paths that are handed over: real files have a handful.
const MOST: usize = 100;

/// Folders whose names say that tools, not the app, write them.
pub(super) const TOOLS: [&str; 16] = [
    "/usr",
    "/etc",
    "/root",
    "/tmp",
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/opt",
    "/build",
    "/var/lib/apt",
    "/var/cache/apt",
    "/var/tmp",
    "/go",
    "/src",
    "/dev",
];

/// What a command makes by name.
fn makes(ran: &Ran) -> Vec<String> {
    let operands = |skip: usize| ran.operands().skip(skip).filter_map(|(_, text)| ran.placed(text)).collect();
    match ran.name.as_str() {
        "mkdir" | "touch" => operands(0),
        "install" if ran.has_option('d', "--directory") => operands(0),
        "install" if ran.installs_nothing() => operands(1),
        _ => Vec::new(),
    }
}

/// Whether a path is a folder, as far as the file shows.
fn is_folder(owners: &Owners, path: &str) -> bool {
    let holds = owners.nodes.keys().any(|other| other != path && value::within(other, path));
    holds || owners.nodes.get(path).is_some_and(|node| !matches!(node.made, Made::Run(_)))
}

/// Files that a RUN leaves by name in the app's own folder, unless they lie on a volume.
fn left_in(model: &Model<'_>, target: usize, stage: usize, index: usize, is_own: &dyn Fn(&str) -> bool) -> Vec<String> {
    let owners = model.owners(target);
    let is_folder = |path: &str| is_folder(&owners, path);
    let left = |ran: &Ran| -> Vec<String> {
        let file = |path: &String| path.rsplit('/').next().is_some_and(|name| !name.is_empty());
        // What is copied from elsewhere is a program or an archive that would be written once more.
        let mut sources = ran.operands().map(|(_, text)| ran.placed(text));
        let copies = matches!(ran.name.as_str(), "cp" | "install");
        if copies && !sources.all(|path| path.is_some_and(|path| is_own(&path))) {
            return Vec::new();
        }
        ran.leaves(&is_folder).into_iter().filter(|path| is_own(path)).filter(file).collect()
    };
    let volumes = model.lineage(target).into_iter().flat_map(|(of, at)| model.volumes(of, at));
    let volumes: Vec<String> = volumes.filter_map(|path| path.text().and_then(value::normal)).collect();
    let commands = model.commands(stage, index).list.iter().filter(|ran| !ran.conditional);
    let paths = commands.flat_map(left);
    paths.filter(|path| !volumes.iter().any(|volume| value::within(path, volume))).collect()
}

/// Folders that a RUN makes and leaves empty, as far as it shows: the author knew that the app writes them.
fn made_for_run_time(model: &Model<'_>, target: usize, stage: usize, index: usize) -> Vec<(String, String, bool)> {
    let commands = model.commands(stage, index);
    let removed = |path: &str| {
        let gone = |ran: &Ran| {
            matches!(ran.name.as_str(), "rm" | "rmdir")
                && ran.operands().any(|(_, text)| ran.path(text).as_deref() == Some(path))
        };
        // `rm -rf data && mkdir data` leaves it.
        let last = commands.list.iter().rev().find(|ran| gone(ran) || makes(ran).iter().any(|made| made == path));
        last.is_some_and(gone)
    };
    let is_package = |text: &str| words::PACKAGE_FILES.iter().any(|end| text.ends_with(end));
    let holds_packages = |path: &str| {
        let fills = |ran: &Ran| {
            // As written: what a pattern stands for is not known, how its files end is.
            let as_written = |at: usize| Some(model.scripts(index).first()?.text_of(*ran.spans.get(at)?).to_owned());
            let operands: Vec<(usize, Option<&str>)> = ran.operands().collect();
            let split = operands.split_last().filter(|((_, to), _)| ran.path(*to).as_deref() == Some(path));
            let packages = |from: &[(usize, Option<&str>)]| {
                let mut texts = from.iter().map(|(at, _)| as_written(*at));
                !from.is_empty() && texts.all(|text| text.is_some_and(|text| is_package(&text)))
            };
            split.is_some_and(|(_, from)| packages(from))
        };
        commands.list.iter().filter(|ran| matches!(ran.name.as_str(), "cp" | "mv")).any(fills)
    };
    let entered =
        |path: &str| commands.list.iter().any(|ran| ran.cwd.text().is_some_and(|cwd| value::within(cwd, path)));
    // `mkdir static && cd static && echo … > index.html` makes no build of it.
    let built_nothing = |path: &str| {
        let inside = commands.list.iter().filter(|ran| ran.cwd.text().is_none_or(|cwd| value::within(cwd, path)));
        let plain = |ran: &Ran| {
            let verb = ran.operands().next().and_then(|(_, text)| text).unwrap_or("");
            matches!(facts::writes(&ran.name, verb), facts::Writes::Nothing | facts::Writes::Named)
        };
        commands.complete && inside.into_iter().all(plain)
    };
    let start = model.cwd(stage, index);
    let own = model.app_folder(target);
    let is_own = |path: &str| own.as_deref().is_some_and(|own| value::within(path, own));
    let made = commands.list.iter().filter(|ran| !ran.conditional);
    let paths = made.flat_map(makes).chain(left_in(model, target, stage, index, &is_own));
    let line = model.line(index);
    // `mkdir -p tmp/pids` makes tmp as well.
    let owners = model.owners(target);
    let with_parents = |path: String| -> Vec<String> {
        let made = |parent: &&str| {
            is_own(parent)
                && own.as_deref() != Some(*parent)
                && owners.nodes.get(*parent).is_some_and(|node| node.made == Made::Run(index))
        };
        let mut parents: Vec<&str> = path.match_indices('/').filter_map(|(at, _)| path.get(..at)).collect();
        parents.retain(made);
        let mut all: Vec<String> = parents.into_iter().map(str::to_owned).collect();
        all.push(path);
        all
    };
    paths
        .flat_map(with_parents)
        .filter(|path| is_own(path) || !TOOLS.iter().any(|tools| value::within(path, tools)))
        .filter(|path| !removed(path) && !holds_packages(path))
        .filter(|path| {
            built_nothing(path) || start.text().is_some_and(|cwd| value::within(cwd, path)) || !entered(path)
        })
        .map(|path| (path, format!("made by the RUN on line {line}"), false))
        .collect()
}
