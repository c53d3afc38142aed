//! The switch of the user: whether the target runs as root, whether that may change, and to whom.

use super::{Draft, Undecided, identity, kubernetes, unknown};
use crate::facts::{self, Confidence, DefaultUser, Strategy};
use crate::model::hazard::{self, Hazard, Weight};
use crate::model::start::package::{lost_repair, serves};
use crate::model::start::{self, drops};
use crate::model::{Base, Who, source};
use crate::syntax::Keyword;

/// Whether a USER stands in the stage or its ancestors.
pub fn has_user(draft: &Draft<'_>) -> bool {
    let model = draft.scene.model;
    model.lineage(draft.scene.stage).iter().any(|(_, index)| model.keyword(*index) == Keyword::User)
}

/// Plans the switch if the process runs as root; reported under `rule`.
pub fn to_account(draft: &mut Draft<'_>, rule: &'static str, message: &str) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let at = model.last_user(stage).or(command(draft)).unwrap_or_else(|| draft.scene.from());
    if hazard::is_windows(model, stage) {
        let why = "a Windows image: accounts and owners work in other ways there";
        return draft.refuse(rule, draft.scene.from(), "unroot cannot tell which user this runs as", "windows", why);
    }
    match model.final_user(stage) {
        Who::User(_) => return,
        Who::Chosen(user) if user != "root" => return,
        Who::Chosen(_) => {
            let why = "the builder chooses the user by an ARG whose default is root: change the default by hand if no build relies on it";
            return draft.refuse(rule, at, message, "chosen-user", why);
        }
        Who::Root => {}
        Who::Unknown(why) => {
            if !unknown_base(draft, rule, at, &why) {
                return;
            }
        }
    }
    settle(draft, rule, at, message, None);
}

/// Plans the switch to a new account of this name; the USER at `wrong` names it already, and nobody is called so.
pub fn to_new(draft: &mut Draft<'_>, rule: &'static str, message: &str, name: &str, wrong: usize) {
    if draft.options.prepare {
        let why = "USER names nobody, so that nothing runs yet: --prepare is for what runs as root";
        return draft.leave(rule, wrong, message, "unclear-user", why);
    }
    settle(draft, rule, wrong, message, Some(name));
    draft.wrong = draft.identity.as_ref().map(|_| wrong);
}

/// Chooses the account, or says what stands in the way.
fn settle(draft: &mut Draft<'_>, rule: &'static str, at: usize, message: &str, name: Option<&str>) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    if let Some(note) = drops_by_itself(draft) {
        draft.notes.push(note);
        return;
    }
    let folder = model.own_folder(stage);
    let pod = kubernetes::user(draft).map(|(uid, gid)| (uid, gid.filter(|gid| *gid != 0).unwrap_or(uid)));
    let package = serves(draft.scene);
    let chosen = match name {
        Some(name) => unknown::account(draft, name, pod),
        None => identity::choose(model, stage, draft.options, folder.as_deref(), pod, package),
    };
    let packaged = chosen.as_ref().is_ok_and(|identity| package.is_some_and(|package| identity.is_of(package)));
    let (volumes, found): (Vec<Hazard>, Vec<Hazard>) = hazard::find(draft.scene, packaged)
        .into_iter()
        .chain(kubernetes::hazards(draft, at))
        .filter(|found| !(draft.options.prepare && facts::is_switch_only(found.id)))
        .partition(|found| found.id == "root-volume" && draft.options.accept_volumes);
    let manual: Vec<&Hazard> = found.iter().filter(|hazard| hazard.weight == Weight::Manual).collect();
    if let Some(first) = manual.first() {
        let why: Vec<&str> = manual.iter().map(|hazard| hazard.message.as_str()).collect();
        return draft.refuse(rule, first.at, message, first.id, why.join("; "));
    }
    if let Some(check) = chosen.is_ok().then(|| source::root_check(draft.scene)).flatten() {
        let why = format!("{} ends the program unless it is root (`{}`)", check.place, check.what);
        return draft.refuse(rule, command(draft).unwrap_or(at), message, "source-root", why);
    }
    if let Some(turn) = chosen.is_ok().then(|| source::turns_user(draft.scene)).flatten() {
        let why = format!("{} becomes another user by itself (`{}`), which only root may", turn.place, turn.what);
        return draft.refuse(rule, command(draft).unwrap_or(at), message, "source-root", why);
    }
    let other = |gives: &&start::Gives| chosen.as_ref().is_ok_and(|it| it.name.as_ref() != Some(&gives.name));
    if let Some(gives) = start::given(draft.scene).iter().find(other) {
        let why =
            format!("a start script gives {} to {}, which no other account can", gives.paths.join(", "), gives.name);
        return draft.refuse(rule, gives.at, message, "start-script-root", why);
    }
    draft.hazards.extend(found);
    if let Some(package) = package.filter(|_| packaged) {
        draft.hazards.extend(lost_repair(draft.scene));
        let message = format!(
            "the server runs as {} from its start now: what others give it at run time (options, configuration, folders), and clients that log in as the system's root, are out of sight",
            package.name
        );
        draft.hazards.push(Hazard { id: "package-server", weight: Weight::Unsafe, message, at, packaged });
    }
    match chosen {
        Ok(identity) if draft.options.openshift && identity.worker => {
            let why = format!(
                "the server's own folders belong to {}, and another uid of group 0 cannot write them",
                identity.name.clone().unwrap_or(identity.user)
            );
            draft.refuse(rule, at, message, "group-zero", why);
        }
        Ok(identity) if identity.gid != Some(0) && for_any_user(draft).is_some() => {
            let at = for_any_user(draft).unwrap_or(at);
            let why = "the file gives its folders to group 0, so that any user may run it (OpenShift): say so with --openshift, or which one with --uid N --gid 0";
            draft.refuse(rule, at, message, "group-zero", why);
        }
        Ok(identity) => {
            draft.found(rule, at, message, why(&identity, draft.options.uid, pod.is_some()));
            let caches = hazard::cache_volumes(draft.scene);
            if !caches.is_empty() {
                let (paths, owner) = (caches.join(", "), identity.owner());
                draft.notes.push(format!(
                    "new volumes at {paths} will belong to {owner}; a cache that root filled has to be emptied or chowned"
                ));
            }
            if identity.uid.is_none() && !identity.user.starts_with('$') {
                let name = identity.name.clone().unwrap_or_default();
                draft.notes.push(format!(
                    "nothing tells the number of {name}: Kubernetes' runAsNonRoot refuses a USER by name"
                ));
            }
            draft.lifted = draft.scene.lifted();
            if let Some(lifted) = &draft.lifted {
                draft.notes.push(format!(
                    "what the command on line {} wrote at every start is a step of the build now: the server reads {} by itself",
                    model.line(lifted.at),
                    lifted.variables.join(", ")
                ));
            }
            draft.accepted_volumes = !volumes.is_empty();
            draft.identity = Some(identity);
        }
        Err(Undecided { reason, why }) => draft.refuse(rule, at, message, reason, why),
    }
}

/// Whether the base image is said to run as another user than root.
fn runs_as_other(draft: &Draft<'_>) -> bool {
    matches!(
        draft.scene.model.root_base(draft.scene.stage),
        Some(Base::Image { facts: Some(facts), .. }) if matches!(facts.default_user, DefaultUser::Account(_))
    )
}

/// Why this account; `asked` is the uid of the command line, `pod` whether a manifest says as whom it runs.
fn why(identity: &super::Identity, asked: Option<u32>, pod: bool) -> String {
    let who = identity.named();
    match identity.origin {
        super::Origin::Created if identity.uid == Some(identity::CREATED) => {
            format!("{who} is made for it, with a number that no base image uses")
        }
        super::Origin::Created if identity.uid == asked => format!("{who} is made for it, with the number asked for"),
        super::Origin::Created if pod => {
            format!("{who} is made for it, with the number that the project's own manifest runs it as")
        }
        super::Origin::Created => format!("{who} is made for it"),
        super::Origin::Builtin if identity.worker => format!("the server runs its workers as {who}"),
        super::Origin::Builtin => format!("the base image holds {who} for applications"),
        super::Origin::Existing if identity.worker => format!("the server's package makes {who} for it"),
        super::Origin::Existing => format!("{who} is made in the file already"),
        super::Origin::Base => format!("the base image runs as {who} by itself"),
        super::Origin::Number => format!("{who} needs no account: nothing in the image could make one"),
    }
}

/// The RUN, if there is one, that gives folders to group 0 and lets the group write.
fn for_any_user(draft: &Draft<'_>) -> Option<usize> {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let runs = model.runs(stage);
    runs.map(|(at, index)| (index, model.commands(at, index))).find_map(|(index, commands)| {
        let gives = commands.list.iter().any(|ran| {
            let owner = ran.operands().next().and_then(|(_, text)| text).unwrap_or("");
            match ran.name.as_str() {
                "chgrp" => matches!(owner, "0" | "root"),
                "chown" => owner.ends_with(":0") && !owner.starts_with("0:") && !owner.starts_with("root:"),
                "chmod" => owner.contains("g=u") || owner.contains("g+rwX"),
                _ => false,
            }
        });
        gives.then_some(index)
    })
}

fn command(draft: &Draft<'_>) -> Option<usize> {
    let entry = draft.scene.model.entry(draft.scene.stage);
    entry.entrypoint.or(entry.cmd).map(|(_, index)| index)
}

/// An image that no template lists: goes on with a hazard where the file shows that it is root, or where the caller
/// gave the account whole.
fn unknown_base(draft: &mut Draft<'_>, rule: &'static str, at: usize, why: &str) -> bool {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let message = "nobody can tell which user this runs as";
    if model.last_user(stage).is_some() {
        draft.refuse(rule, at, message, "unclear-user", why);
        return false;
    }
    let given = draft.options.user.is_some() && draft.options.uid.is_some() && draft.options.gid.is_some();
    let evidence = model.root_evidence(stage);
    let listed = matches!(model.root_base(stage), Some(Base::Image { listed: true, .. }));
    let base = match model.root_base(stage) {
        Some(Base::Image { reference, .. }) => reference.clone(),
        _ => "the base image".to_owned(),
    };
    if let Some(line) = evidence.filter(|_| !listed || !runs_as_other(draft)) {
        let message = format!("{base} is not known; line {} of the file works as root in it", model.line(line));
        draft.hazards.push(Hazard {
            id: "unknown-base",
            weight: Weight::Unsafe,
            message,
            at: draft.scene.from(),
            packaged: false,
        });
        return true;
    }
    if given {
        let message = format!("{base} is not known; the account was given");
        draft.hazards.push(Hazard {
            id: "unknown-base",
            weight: Weight::Unsafe,
            message,
            at: draft.scene.from(),
            packaged: false,
        });
        return true;
    }
    let why = format!(
        "{why}, and nothing in the file shows that it is root: it may well be another user already. If it is root, give --user, --uid and --gid"
    );
    draft.refuse(rule, draft.scene.from(), message, "unknown-base", why);
    false
}

/// `CMD ["gosu", "app", "server"]`: the file itself steps down from root, with every program that it starts.
fn drops_by_itself(draft: &Draft<'_>) -> Option<String> {
    if let Some(note) = base_drops(draft) {
        return Some(note);
    }
    if let Some((script, user)) = drops::by_script(draft.scene) {
        return Some(format!("the start script {script} steps down from root to {user} by itself"));
    }
    let programs = draft.scene.programs;
    let drops = |program: &crate::model::entry::Program| {
        let known = crate::facts::command(&program.name)?;
        let user = program.arguments.first().cloned().flatten()?;
        let user = user.split(':').next().unwrap_or("").to_owned();
        // `chroot /srv/jail PROGRAM` stays root: its first word is a folder.
        let named = !user.starts_with('-') && !user.contains('/');
        let drops = known.role == crate::facts::ProgramRole::DropsRoot && named;
        (drops && user != "root" && crate::model::user::number(&user) != Some(0)).then_some(user)
    };
    let users: Option<Vec<String>> = programs.list.iter().map(drops).collect();
    let users = users.filter(|users| !users.is_empty() && programs.complete)?;
    Some(format!("the command steps down from root to {} by itself", users.join(", ")))
}

/// The base image's own entrypoint, started with its own command or with a command that the facts name.
fn base_drops(draft: &Draft<'_>) -> Option<String> {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let Some(Base::Image { reference, facts: Some(facts), listed: true, .. }) = model.root_base(stage) else {
        return None;
    };
    let entry = model.entry(stage);
    let sure = facts.strategy == Strategy::EntrypointDrops && facts.confidence > Confidence::Recalled;
    let drops = facts.drops.filter(|_| sure && entry.entrypoint.is_none())?;
    let named =
        |name: &str| drops.when.split(|c: char| !(c.is_alphanumeric() || "-_.*".contains(c))).any(|word| word == name);
    let first = draft.scene.programs.list.first().map(|program| program.name.clone());
    let fits = match first {
        None => entry.cmd.is_none(),
        Some(name) => named(&name),
    };
    fits.then(|| format!("the entrypoint of {reference} steps down from root by itself ({})", drops.how))
}
