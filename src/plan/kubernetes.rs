//! Manifests of the project that run the image: ports that move along, and the account that they are held to.

use super::{Along, Draft};
use crate::images;
use crate::kubernetes::{self, Account, Lost, Manifest, Patch};
use crate::model::hazard::{self, Hazard, Scene, Weight};
use crate::model::{Base, Who};
use crate::model::{port, user, value};
use crate::options::Options;
use crate::syntax::Keyword;

/// The manifests of a project, and the names of the image in them.
#[derive(Debug, Default)]
pub struct Cluster {
    manifests: Vec<Manifest>,
    names: Vec<String>,
}

impl Cluster {
    /// What runs the image of a scene: as the caller names it, or compose files that build it do.
    pub fn of(scene: &Scene<'_>, options: &Options) -> Self {
        let given = options.built.iter().filter(|(_, path)| Some(path.as_str()) == scene.path).map(|(name, _)| name);
        let stage = scene.model.stage_name(scene.stage);
        let composed = scene.serving().filter(|service| {
            let target = service.build.as_ref().map(|(target, _)| target.as_deref());
            target.is_some_and(|target| target.is_none_or(|target| target.eq_ignore_ascii_case(&stage)))
        });
        let composed = composed.filter_map(|service| service.image.as_ref()).filter(|image| !image.contains('$'));
        let mut names: Vec<String> = given.chain(composed).cloned().collect();
        names.sort();
        names.dedup();
        let manifests = if names.is_empty() { Vec::new() } else { kubernetes::read(scene.files, &names) };
        Self { manifests, names }
    }

    /// Whether anything in it still names a port that has moved, or lacks what it was given; and what.
    pub fn unsettled(&self, moved: &[(u16, u16)], account: Option<Account>, variables: &[String]) -> Option<String> {
        let half = moved.iter().find_map(|(from, to)| {
            let (left, _) = kubernetes::moved(&self.manifests, &self.names, *from, *to, variables).ok()?;
            left.first().map(|patch| format!("{} still names {from}", patch.file))
        });
        let open = || {
            let left = kubernetes::secured(&self.manifests, &self.names, account?).ok()?;
            left.first().map(|patch| format!("{} does not say all of the account", patch.file))
        };
        half.or_else(open)
    }
}

fn cluster<'c>(draft: &'c Draft<'_>) -> &'c Cluster {
    draft.cluster.get_or_init(|| Cluster::of(draft.scene, draft.options))
}

fn along(patch: Patch) -> Along {
    Along { path: patch.file, span: patch.span, text: patch.text, adds: patch.adds, asks: false }
}

/// The number that a manifest already runs the image as, and that of its group: what belongs to it there goes on belonging
/// to it. Where nobody has told what the image is called there, what seems to run it counts.
pub(super) fn user(draft: &Draft<'_>) -> Option<(u32, Option<u32>)> {
    let Cluster { manifests, names } = cluster(draft);
    match kubernetes::ports(manifests, names) {
        Some(_) => kubernetes::user(manifests, names),
        None => draft.scene.workloads().iter().find_map(|workload| workload.user),
    }
}

/// The ports that manifests say the image listens on, with their places.
pub(super) fn listens(draft: &Draft<'_>) -> Vec<(u16, String)> {
    let Cluster { manifests, names } = cluster(draft);
    kubernetes::ports(manifests, names).unwrap_or_else(|| {
        let workloads = draft.scene.workloads().iter();
        let ports = workloads.flat_map(|of| of.ports.iter().map(|(port, line)| (*port, format!("{}:{line}", of.file))));
        ports.collect()
    })
}

/// What manifests that run the image show of it: another command, what only root is given, what belongs to root.
pub(super) fn hazards(draft: &Draft<'_>, at: usize) -> Vec<Hazard> {
    let Cluster { manifests, names } = cluster(draft);
    let mut found: Vec<Hazard> = Vec::new();
    let hazard = |id, weight, message| Hazard { id, weight, message, at, packaged: false };
    if let Some(place) = kubernetes::commanded(manifests, names) {
        let message = format!("{place} starts it in another way, which was not looked at");
        found.push(hazard("kubernetes-command", Weight::Unsafe, message));
    }
    for lost in kubernetes::lost(manifests, names) {
        match lost {
            Lost::Rights(why) => {
                let message = format!("{why}: decide which groups and capabilities it needs without root");
                found.push(hazard("privileged", Weight::Manual, message));
            }
            Lost::Socket(place) => {
                let message = format!(
                    "{place} mounts the socket of a container engine, which is root's: decide how it gets at it"
                );
                found.push(hazard("docker-socket", Weight::Manual, message));
            }
            Lost::Host(why) => {
                let message = format!("{why}: another user than root may not write there unless it owns it");
                found.push(hazard("bind-mount", Weight::Unsafe, message));
            }
            Lost::Home(place, path) => {
                let message =
                    format!("{place} mounts {path}, and no other user than root may enter /root: mount it elsewhere");
                found.push(hazard("kubernetes-volume", Weight::Manual, message));
            }
            // The kubelet gives the group what the volume holds already, too.
            Lost::Volume(_) if draft.options.openshift || (draft.options.kubernetes && !draft.options.sole_file) => {}
            Lost::Volume(place) => {
                let message = format!(
                    "{place} mounts a volume that is root's as long as no fsGroup is said: say it, or have it said by --kubernetes"
                );
                found.push(hazard("kubernetes-volume", Weight::Unsafe, message));
            }
        }
    }
    found
}

/// Where a manifest mounts something over one of these folders: `file`, and where.
pub(super) fn mounted(draft: &Draft<'_>, folders: &[&str]) -> Option<(String, String)> {
    let Cluster { manifests, names } = cluster(draft);
    let over = |(_, path): &(String, String)| folders.iter().any(|folder| value::meets(path, folder));
    kubernetes::mounts(manifests, names).into_iter().find(over)
}

/// Where a manifest sets one of these variables: `file`, and its name.
pub(super) fn sets(draft: &Draft<'_>, variables: &[&str]) -> Option<(String, String)> {
    let Cluster { manifests, names } = cluster(draft);
    kubernetes::variables(manifests, names).into_iter().find(|(_, name)| variables.contains(&name.as_str()))
}

/// Where a manifest mounts the socket of a container engine.
pub(super) fn sockets(draft: &Draft<'_>) -> Vec<String> {
    let Cluster { manifests, names } = cluster(draft);
    let place = |lost: Lost| match lost {
        Lost::Socket(place) => Some(place),
        _ => None,
    };
    kubernetes::lost(manifests, names).into_iter().filter_map(place).collect()
}

/// Moves a port in the manifests, if they are to be changed; returns those in which nothing else has to be looked for.
pub(super) fn ports(draft: &mut Draft<'_>, from: u16, to: u16, at: usize) -> Vec<String> {
    if !draft.options.kubernetes {
        return Vec::new();
    }
    let variables = port::variables_named(draft.scene);
    let moved = |draft: &Draft<'_>, from, to| {
        let Cluster { manifests, names } = cluster(draft);
        kubernetes::moved(manifests, names, from, to, &variables)
    };
    // Of two ports both move, or none.
    let others = draft.moved.iter().find_map(|it| moved(draft, it.from, it.to).err());
    match others.map_or_else(|| moved(draft, from, to), Err) {
        Ok((patches, files)) => {
            draft.along.extend(patches.into_iter().map(along));
            files
        }
        Err(why) => {
            let files: Vec<String> = cluster(draft).manifests.iter().map(|manifest| manifest.file.clone()).collect();
            let message = format!("{} not changed along in the manifests: {why}", draft.together(from));
            draft.hazards.push(Hazard { id: "port-elsewhere", weight: Weight::Unsafe, message, at, packaged: false });
            draft.along.retain(|along| !files.contains(&along.path));
            files
        }
    }
}

/// Tells of containers that nothing holds to a user other than root, and has their manifests say so; with `only_changes`
/// nothing is told of those that stay.
pub fn secure(draft: &mut Draft<'_>, rule: &'static str, only_changes: bool) {
    let Cluster { manifests, names } = cluster(draft);
    let at = draft.scene.from();
    let open = kubernetes::open(manifests, names);
    let left: Vec<(String, &str)> = kubernetes::left(manifests).map(|(file, why)| (file.to_owned(), why)).collect();
    let account = account(draft).filter(|_| draft.options.kubernetes);
    let patches = account.map(|account| kubernetes::secured(manifests, names, account));
    let (patches, failed) = match patches {
        Some(Ok(patches)) => (patches, None),
        Some(Err(why)) => (Vec::new(), Some(why)),
        None => (Vec::new(), None),
    };
    let changes = !patches.is_empty();
    draft.along.extend(patches.into_iter().map(along));
    let unchecked = "a cluster starts whatever user the image says, root too: --kubernetes has it checked";
    let by_hand = failed.map_or_else(|| unchecked.to_owned(), |why| format!("{why}: say it there by hand"));
    for found in &open {
        let message = format!("{} runs it and does not say runAsNonRoot", found.place);
        match &found.stays {
            None if changes => draft.found(rule, at, message, "it is held to the account of USER now"),
            _ if only_changes => {}
            None => draft.advise(rule, at, message, by_hand.as_str()),
            Some(stays) => {
                let message = format!("{} runs it as more than a user of its own: {stays}", found.place);
                draft.advise(rule, at, message, "decide whether it has to; nothing is changed there");
            }
        }
    }
    if changes && open.iter().all(|found| found.stays.is_some()) {
        let message = "manifests that run it do not say all that holds it to its account";
        draft.found(rule, at, message, "they say it now");
    }
    if only_changes {
        return;
    }
    for (file, why) in left {
        let message = format!("{file} names the image and is not changed: {why}");
        draft.advise(rule, at, message, "say runAsNonRoot: true and the number of USER there by hand");
    }
    likely(draft, rule, at);
}

/// A manifest that seems to run the image, whose name in the cluster nobody has told.
fn likely(draft: &mut Draft<'_>, rule: &'static str, at: usize) {
    let scene = draft.scene;
    if !cluster(draft).names.is_empty() {
        return;
    }
    let says = |file: &str| {
        let text = scene.files.read(file).unwrap_or_default();
        String::from_utf8_lossy(&text).contains("runAsNonRoot: true")
    };
    let Some(file) = scene.workloads().iter().map(|workload| &workload.file).find(|file| !says(file)) else { return };
    let message = format!("{file} seems to run it and does not say runAsNonRoot");
    let why = "a cluster starts whatever user the image says, root too: name the image with --image, and --kubernetes has it checked";
    draft.advise(rule, at, message, why);
}

/// The account that the target runs as once the plan is done, by its number; none where that cannot be known.
fn account(draft: &Draft<'_>) -> Option<Account> {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    if draft.stopped || draft.options.prepare || hazard::is_windows(model, stage) {
        return None;
    }
    let (uid, gid) = match draft.identity.as_ref().or(draft.standing.as_ref()) {
        Some(identity) => (identity.uid?, identity.gid),
        None => {
            let Who::User(text) = model.final_user(stage) else { return None };
            let (name, group) = text.split_once(':').map_or((text.as_str(), None), |(name, group)| (name, Some(group)));
            let account = model.account(stage, usize::MAX, name).filter(|account| account.certain);
            let known = account.as_ref();
            let uid = user::number(name).or_else(|| known?.uid).filter(|uid| *uid > 0)?;
            let gid = group.map_or_else(|| known.and_then(|account| account.gid), user::number);
            (uid, gid)
        }
    };
    let drops = !is_capable(draft.scene);
    let chosen = draft.options.openshift;
    Some(Account { uid: (!chosen).then_some(uid), gid: gid.filter(|_| !chosen), drops })
}

/// The account that the manifests are held to, as the plan's result shows it.
pub fn held(scene: &Scene<'_>, options: &Options) -> Option<Account> {
    account(&Draft::new(scene, options))
}

/// Whether a program of the image may have a file capability, without which it does not start: a step gives it one, the
/// image that it comes from does, or nobody knows that image.
fn is_capable(scene: &Scene<'_>) -> bool {
    let model = scene.model;
    let known = |reference: &str| images::lookup(reference).is_none_or(|facts| facts.capable);
    let base = |base: &Base| match base {
        Base::Image { facts, listed, .. } => facts.as_ref().is_none_or(|facts| facts.capable) || !listed,
        _ => false,
    };
    let step = |index: usize| match model.keyword(index) {
        Keyword::Run => scene.text(index).contains("setcap"),
        Keyword::Copy => {
            let from = model.instruction(index).and_then(|copy| copy.flag("from")?.value.as_deref());
            from.is_some_and(|from| model.find_stage(from, scene.stage).is_none() && known(from))
        }
        _ => false,
    };
    model.stages.iter().any(|stage| base(&stage.base)) || (0..model.tree.instructions.len()).any(step)
}
