//! USERs that name an account which is nowhere: neither in the base image, nor made in the file.

use super::identity::CREATED;
use super::{Draft, Identity, Undecided, any_user, created, standing};
use crate::facts::{self, CommandKind, Confidence, DefaultUser, Facts, Family, Known, ProgramKind, ProgramRole};
use crate::model::command::Ran;
use crate::model::{Base, Model, user};
use crate::syntax::Keyword;

/// A USER whose name means nobody.
pub struct Nobody {
    /// The USER.
    pub at: usize,
    /// The name.
    pub name: String,
    /// Why an account of that name cannot simply be made.
    pub stuck: Option<String>,
}

/// The last USER of the target, where its name certainly means nobody.
pub fn nobody(draft: &Draft<'_>) -> Option<Nobody> {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let named = standing::named(draft).filter(|named| named.account.is_none())?;
    let (at, name) = (named.at, named.name);
    let made = model.account(stage, usize::MAX, &name).is_some();
    if made || !is_nowhere(model, stage, at, &name, usize::MAX) {
        return None;
    }
    let stuck = stuck(model, stage, at, &name);
    Some(Nobody { at, name, stuck })
}

/// A new account of this name, or a number where none can be made; `pod` is what the project's own cluster runs it as.
///
/// # Errors
/// When its number is taken or nothing says how accounts are made.
pub fn account(draft: &Draft<'_>, name: &str, pod: Option<(u32, u32)>) -> Result<Identity, Undecided> {
    let (model, stage, options) = (draft.scene.model, draft.scene.stage, draft.options);
    let accounts = model.accounts(stage, usize::MAX);
    let free = |(uid, _): &(u32, u32)| accounts.iter().all(|account| account.uid != Some(*uid));
    let (uid, gid) = pod.filter(free).unwrap_or((CREATED, CREATED));
    let (uid, gid) = options.uid.map_or((uid, options.gid.unwrap_or(gid)), |uid| (uid, options.gid.unwrap_or(uid)));
    let made = created::account(model, stage, &accounts, Some(name), uid, gid)?;
    Ok(any_user::identity(model, stage, made, options).in_form(options))
}

/// Copies of the target that give files to a name which certainly means nobody by their line: (copy, name).
pub fn owners(model: &Model<'_>, stage: usize) -> Vec<(usize, String)> {
    let body = model.stages.get(stage).map(|stage| stage.body.clone()).unwrap_or_default();
    let flags = body.filter_map(|index| Some((index, model.instruction(index)?.flag("chown")?.value.clone()?)));
    let names = flags.filter_map(|(index, owner)| {
        let owner = model.expand(stage, index, &owner);
        let name = owner.certain()?.split(':').next()?.to_owned();
        (!name.is_empty() && name != "root" && user::number(&name).is_none()).then_some((index, name))
    });
    names.filter(|(index, name)| is_nowhere(model, stage, *index, name, *index)).collect()
}

/// Whether no account of a name can exist before a line, as far as the steps before `end` go.
fn is_nowhere(model: &Model<'_>, stage: usize, at: usize, name: &str, end: usize) -> bool {
    let Some(Base::Image { facts: Some(facts), listed: true, chosen: false, .. }) = model.root_base(stage) else {
        return false;
    };
    if model.account(stage, at, name).is_some() || !is_told_whole(facts) || facts_hold(facts, name) {
        return false;
    }
    let lineage: Vec<_> = model.lineage(stage).into_iter().filter(|(_, index)| *index < end).collect();
    let brought = lineage.iter().any(|(of, index)| model.may_bring_accounts(*of, *index));
    let mut runs = lineage.iter().filter(|(_, index)| model.keyword(*index) == Keyword::Run);
    !brought && !runs.any(|(of, index)| may_make(model, *of, *index, name))
}

/// Whether all that an image adds to its system's own accounts is known: language and system images, not servers.
fn is_told_whole(facts: &Facts) -> bool {
    let bare = matches!(facts.family, Family::Scratch | Family::Distroless);
    (facts.confidence == Confidence::Read || bare && facts.confidence == Confidence::Documented)
        && facts.default_user == DefaultUser::Root
        && facts.command != CommandKind::Server
        && (bare || facts::account_recipe(facts.family).is_some_and(|recipe| !recipe.system.is_empty()))
}

fn facts_hold(facts: &Facts, name: &str) -> bool {
    let system = facts::account_recipe(facts.family).map_or(&[][..], |recipe| recipe.system);
    system.contains(&name) || facts.accounts.iter().any(|account| account.name == name)
}

/// Whether a RUN may make the account: it cannot be read, runs something that nobody knows, installs packages that make
/// accounts of their own, or speaks of the name.
fn may_make(model: &Model<'_>, stage: usize, index: usize, name: &str) -> bool {
    let commands = model.commands(stage, index);
    let found = model.instruction(index);
    let text = found.map(|found| String::from_utf8_lossy(&found.joined.text).into_owned()).unwrap_or_default();
    let own = facts::is_app_account(name);
    let opaque = |ran: &Ran| {
        let Some(known) = facts::command(&ran.name) else { return true };
        let installs = known.kind == ProgramKind::Packages && known.needs_root == Known::Yes;
        let shell = known.role == ProgramRole::Interpreter && ran.name.ends_with("sh");
        let makes = known.kind == ProgramKind::Accounts && ran.arguments.iter().any(Option::is_none);
        shell || makes || (installs && !own)
    };
    let speaks = text.split(|c: char| !(c.is_alphanumeric() || "-_.".contains(c))).any(|word| word == name);
    !commands.complete || speaks || text.contains("/etc/passwd") || commands.list.iter().any(opaque)
}

/// What keeps an account of that name from being made at the end.
fn stuck(model: &Model<'_>, stage: usize, at: usize, name: &str) -> Option<String> {
    let body = model.stages.get(stage).map(|stage| stage.body.clone()).unwrap_or_default();
    let below = (at + 1..body.end).find(|index| matches!(model.keyword(*index), Keyword::Run | Keyword::Workdir));
    if let Some(index) = below {
        return Some(format!("line {} would run as that account", model.line(index)));
    }
    let copies = body.clone().filter_map(|index| model.instruction(index)?.flag("chown").map(|flag| (index, flag)));
    let names = |owner: &str| owner.split(':').next() == Some(name);
    if let Some((index, _)) = copies.into_iter().find(|(_, flag)| flag.value.as_deref().is_some_and(names)) {
        return Some(format!("line {} gives files to it before it could be made", model.line(index)));
    }
    if !model.user(stage, at).is_root() {
        return Some("the lines above it do not run as root".to_owned());
    }
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
    let valid = name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() <= 32 && name.chars().all(plain);
    (!valid).then(|| "the name is none that the tools take".to_owned())
}

/// The first command of the target that makes accounts with a tool that its base image surely lacks: (RUN, tool).
pub fn missing_tool(model: &Model<'_>, stage: usize) -> Option<(usize, String)> {
    let Some(Base::Image { facts: Some(facts), listed: true, chosen: false, .. }) = model.root_base(stage) else {
        return None;
    };
    let recipe = facts::account_recipe(facts.family)?;
    let lacks = |name: &str| facts.lacks.contains(&name) || recipe.lacks.contains(&name);
    if facts.confidence != Confidence::Read {
        return None;
    }
    for (of, index) in model.lineage(stage) {
        if model.may_bring_accounts(of, index) {
            return None;
        }
        if model.keyword(index) != Keyword::Run {
            continue;
        }
        let commands = model.commands(of, index);
        for ran in &commands.list {
            if !ran.conditional && lacks(&ran.name) {
                return Some((index, ran.name.clone()));
            }
            let known = facts::command(&ran.name);
            // Debian's packages depend on each other, Alpine's bring the tools only by name.
            let any = recipe.brought_by.is_empty() && known.is_some_and(|known| known.kind == ProgramKind::Packages);
            let named = ran.arguments.iter().any(|text| {
                text.as_deref().is_none_or(|text| recipe.brought_by.iter().any(|word| text.contains(word)))
            });
            if known.is_none() || any || (named && known.is_some_and(|known| known.kind == ProgramKind::Packages)) {
                return None;
            }
        }
        if !commands.complete {
            return None;
        }
    }
    None
}
