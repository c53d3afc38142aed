//! What the process needs of root's home, which nobody else can enter, gets out of it where that can be proved: the folder
//! that it starts in gets another name, downloads get their variable, a tree of packages moves to the account's home, and
//! so does what a RUN makes for the home of whoever runs it.
//!
//! Each way is planned on the file as it would read afterwards, so that everything else follows the usual rules; a way
//! that leads to no switch is not taken.

mod downloads;
mod elsewhere;
mod folder;
pub mod made;
pub mod mention;
pub mod set;
pub mod spelled;
mod user_base;

use super::{Change, Draft, Handed, Identity, Place, Plan};
use crate::model::hazard::{Hazard, Scene};
use crate::model::owner::Made;
use crate::model::{Model, assume, value};
use crate::options::{Options, Ownership};
use crate::syntax::Keyword;

pub use folder::harmless;

/// The rule that asks for all this.
pub const RULE: &str = "unreachable-home";

/// Reasons to leave a file alone that a relocation may answer.
const REASONS: [&str; 2] = ["root-home", "root-download"];

/// A folder below root's home that another one takes the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relocated {
    /// The old folder.
    pub from: String,
    /// The new one.
    pub to: String,
}

impl Relocated {
    /// Where a path of the original lies in the result.
    pub fn path(&self, path: &str) -> Option<String> {
        let rest = path.strip_prefix(self.from.as_str()).filter(|_| value::within(path, &self.from))?;
        Some(format!("{}{rest}", self.to))
    }
}

/// A variable that the plan sets above the step that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// The folder that it names.
    pub value: String,
    /// The instruction below it.
    pub above: usize,
}

/// One way out of root's home.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Relocation {
    /// Words that change: the instruction, where, the old, the new.
    words: Vec<(usize, crate::source::Span, String, String)>,
    /// Lines that are added.
    blocks: Vec<Change>,
    /// Folders that move.
    pub relocated: Vec<Relocated>,
    /// Variables that are set.
    pub variables: Vec<Variable>,
    /// What is found: the instruction, what is wrong, what becomes of it.
    told: Vec<(usize, String, String)>,
    /// Folders that a tool writes at run time, and whether all below goes along.
    written: Vec<(String, bool)>,
    /// The copy that brings something into the home of the account.
    copy: Option<usize>,
    /// Trees that RUNs make in the home of the account.
    given: Vec<String>,
    /// What HOME is for the process, in place of root's.
    home: Option<String>,
    hazards: Vec<Hazard>,
}

impl Relocation {
    fn changes(&self) -> impl Iterator<Item = Change> {
        let words = self.words.iter().map(|(instruction, span, _, new)| Change::Word {
            instruction: *instruction,
            span: *span,
            text: new.clone(),
        });
        words.chain(self.blocks.iter().cloned())
    }

    /// Adds `ENV name=value`, and the folder where the tool does not make it, above a step.
    fn set(&mut self, above: usize, name: &str, value: &str, make: bool) {
        let commands = if make { vec![format!("mkdir -p {value}")] } else { Vec::new() };
        let env = Some(format!("{name}={value}"));
        self.blocks.push(Change::Block {
            place: Place::Above(above),
            comment: None,
            env,
            commands,
            expose: None,
            user: None,
        });
        self.variables.push(Variable { name: name.to_owned(), value: value.to_owned(), above });
    }

    /// Says of what is handed over which folder it takes the place of.
    pub fn explain(&self, handed: &mut [Handed]) {
        for moved in &self.relocated {
            for handed in handed.iter_mut().filter(|handed| handed.path == moved.to) {
                handed.why = format!("{}, in place of {}", handed.why, moved.from);
            }
        }
    }
}

/// The plan with what lies below /root out of it, if there is a way that ends in a switch; `plan` makes the plan of a file
/// as it reads after a relocation.
pub fn moved(
    scene: &Scene<'_>,
    options: &Options,
    refused: &Plan,
    plan: &dyn Fn(&Scene<'_>, Relocation) -> Plan,
) -> Option<Plan> {
    let reasons = refused.findings.iter().filter_map(|finding| finding.reason);
    let answers = reasons.into_iter().any(|reason| REASONS.contains(&reason));
    if !options.enabled(RULE) || !answers || named_below(scene.model, scene.stage) {
        return None;
    }
    let ways: [fn(&Scene<'_>) -> Option<Relocation>; 2] = [folder::relocation, downloads::relocation];
    let found = ways.into_iter().filter_map(|way| way(scene)).find_map(|it| attempt(scene, options, it, plan));
    found.or_else(|| to_home(scene, options, plan))
}

/// A way to the home of the account: how, and whether a plan that takes it is one that it holds for.
type Way = (fn(&Scene<'_>, &str) -> Option<Relocation>, fn(&Scene<'_>, &Plan, &str) -> bool);

/// A tree goes to the home of the account, which is only known once the account is chosen.
fn to_home(scene: &Scene<'_>, options: &Options, plan: &dyn Fn(&Scene<'_>, Relocation) -> Plan) -> Option<Plan> {
    let ways: [Way; 3] =
        [(user_base::relocation, |_, _, _| true), (made::relocation, made::fits), (set::relocation, |_, _, _| true)];
    let home_of = |plan: &Plan| plan.identity.as_ref().and_then(|identity| identity.home.clone());
    ways.into_iter().find_map(|(way, fits)| {
        let with = |home: &str| attempt(scene, options, way(scene, home)?, plan);
        let usual = "/home/app";
        let first = with(usual)?;
        let home = home_of(&first).filter(|home| home.len() > 1 && !value::within(home, "/root"))?;
        let found =
            if home == usual { Some(first) } else { with(&home).filter(|plan| home_of(plan).as_ref() == Some(&home)) };
        found.filter(|plan| fits(scene, plan, &home))
    })
}

fn attempt(
    scene: &Scene<'_>,
    options: &Options,
    relocation: Relocation,
    plan: &dyn Fn(&Scene<'_>, Relocation) -> Plan,
) -> Option<Plan> {
    let tree = assume::reworded(scene.model.tree, &relocation.words);
    let mut model = Model::with(scene.model.bytes, &tree, &options.images);
    for variable in &relocation.variables {
        model.assume(scene.stage, variable.above, &variable.name, &variable.value);
    }
    if let Some(home) = &relocation.home {
        let below = set::below(&model, scene.stage)?;
        model.assume(scene.stage, below, "HOME", home);
    }
    let programs = model.programs(scene.stage);
    let scene = Scene::new(&model, scene.stage, &programs, scene.files, scene.context, scene.path);
    Some(plan(&scene, relocation)).filter(|plan| plan.identity.is_some())
}

/// Adds the relocation to a draft that switches the user; returns what it answers.
pub fn apply(draft: &mut Draft<'_>) -> Vec<(usize, String, String)> {
    let Some(identity) = draft.identity.clone().filter(|_| !draft.stopped) else { return Vec::new() };
    let Some(relocation) = draft.relocation.clone() else { return Vec::new() };
    draft.changes.extend(relocation.changes());
    draft.home.clone_from(&relocation.home);
    draft.hazards.extend(relocation.hazards.iter().cloned());
    draft.handed.extend(relocation.written.iter().map(|(path, tree)| Handed {
        path: path.clone(),
        owner: identity.owner(),
        tree: *tree,
        make: true,
        by_copy: false,
        why: "a tool writes it at run time".to_owned(),
    }));
    // What the account owns is not shut for it.
    let shut = |at: usize| !made::shuts_given(draft.scene, at, &relocation.given);
    draft.hazards.retain(|hazard| relocation.given.is_empty() || hazard.id != "mode" || shut(hazard.at));
    draft.handed.extend(relocation.given.iter().map(|path| Handed {
        path: path.clone(),
        owner: identity.owner(),
        tree: true,
        make: false,
        by_copy: false,
        why: "in the home of the account".to_owned(),
    }));
    if let Some(copy) = relocation.copy.filter(|_| draft.options.ownership == Ownership::App) {
        give(draft, &identity, copy);
    }
    relocation.told
}

/// A tree in the home of the account is the account's, with the folders that the copy makes for it.
fn give(draft: &mut Draft<'_>, identity: &Identity, copy: usize) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let Some(owner) = identity.copy_owner(model, stage, copy) else { return };
    let owners = model.owners(stage);
    let target = owners.copies.iter().find(|copied| copied.instruction == copy).and_then(|it| it.destination.clone());
    let made = owners.nodes.iter().filter(|(_, node)| node.made == Made::Copy(copy)).map(|(path, _)| path);
    draft.handed.extend(made.map(|path| Handed {
        path: path.clone(),
        owner: identity.owner(),
        tree: Some(path) == target.as_ref(),
        make: false,
        by_copy: true,
        why: "home of the account".to_owned(),
    }));
    draft.changes.push(Change::Flag { instruction: copy, flag: format!("--chown={owner}") });
}

/// Whether a stage below names root's home: it may copy from there.
pub fn named_below(model: &Model<'_>, stage: usize) -> bool {
    let end = model.stages.get(stage).map_or(0, |stage| stage.body.end);
    (end..model.tree.instructions.len()).any(|index| {
        let text =
            model.instruction(index).map(|found| String::from_utf8_lossy(found.full.of(model.bytes)).into_owned());
        text.is_some_and(|text| mention::names_home(&text))
    })
}

/// The text of an instruction as far as the image hangs on it: what another stage brings, labels, and the caches of a
/// builder lie outside.
pub fn text_of(model: &Model<'_>, index: usize) -> String {
    let Some(found) = model.instruction(index) else { return String::new() };
    use crate::syntax::Args;
    match (found.keyword, &found.args) {
        (Keyword::Label | Keyword::Maintainer, _) => String::new(),
        (Keyword::Copy | Keyword::Add, Args::Copy { destination, .. }) if found.flag("from").is_some() => {
            destination.text.clone()
        }
        _ => {
            let mut text = String::from_utf8_lossy(found.full.of(model.bytes)).into_owned();
            let cache = |value: &&str| value.contains("type=cache");
            let mounts = found.flags.iter().filter_map(|flag| flag.value.as_deref()).filter(cache);
            for mount in mounts {
                text = text.replace(mount, "");
            }
            text
        }
    }
}

/// Whether a path can be taken: the image does not hold it, and no line of the file names it.
fn is_free(scene: &Scene<'_>, path: &str) -> bool {
    let (model, stage) = (scene.model, scene.stage);
    let Some(crate::model::Base::Image { facts: Some(facts), listed: true, .. }) = model.root_base(stage) else {
        return false;
    };
    let apart = |other: &str| !value::within(other, path) && !value::within(path, other);
    let owners = model.owners(stage);
    let made = owners.nodes.keys().all(|node| !value::within(node, path));
    let copied =
        owners.copies.iter().all(|copy| copy.destination.as_deref().is_some_and(|to| !value::within(to, path)));
    let held = facts.app_folders.iter().chain([&facts.workdir]).filter(|folder| folder.len() > 1);
    let named = model.lineage(stage).iter().any(|(_, index)| mention::names(&text_of(model, *index), path));
    made && copied && held.into_iter().all(|folder| apart(folder)) && !model.is_base_folder(stage, path) && !named
}
