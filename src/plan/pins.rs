//! Ids of accounts that the file makes: written down where they are not, renumbered where the base image holds them.

use super::identity::{self, CREATED, Identity, Undecided};
use super::variables;
use super::{Change, Draft, Origin};
use crate::context::is_yaml;
use crate::model::account::{Account, GroupMade, Id, Made};
use crate::model::{Base, Model};
use crate::options::Options;
use crate::source::Span;
use crate::syntax::Keyword;

/// An account of the file as identity, its ids pinned in its creating commands where they are not written down.
///
/// # Errors
/// When the base image holds an id that the file gives it, and another one cannot be written safely.
pub fn pinned(
    model: &Model<'_>,
    stage: usize,
    account: &Account,
    accounts: &[Account],
    options: &Options,
) -> Result<Identity, Undecided> {
    let mut identity = identity::existing(account);
    identity.origin = Origin::Existing;
    let Some(made) = &account.made else { return Ok(identity) };
    if is_taken(made) {
        return renumbered(model, stage, account, made, accounts, options);
    }
    let volume = model.lineage(stage).iter().any(|(_, index)| model.keyword(*index) == Keyword::Volume);
    let pinnable = made.plain && made.stage == stage && !volume && is_free(accounts);
    if account.uid.is_none()
        && made.uid == Id::Absent
        && pinnable
        && let Some(pin) = pin(model, made.instruction, made.word_end, made.uid_option)
    {
        identity.pins.push(pin);
        identity.uid = Some(CREATED);
        if made.gid_follows {
            identity.gid = Some(CREATED);
        }
    }
    if identity.gid.is_none() && identity.uid.is_some() && pinnable {
        let group = made.group_made.as_ref().filter(|group| group.plain && group.gid == Id::Absent);
        if let Some(pin) = group.and_then(|group| pin(model, group.instruction, group.word_end, group.gid_option)) {
            identity.pins.push(pin);
            identity.gid = Some(CREATED);
        }
    }
    identity.variables = variables::written(model, stage, account);
    Ok(identity)
}

fn is_free(accounts: &[Account]) -> bool {
    accounts.iter().all(|other| other.uid != Some(CREATED) && other.gid != Some(CREATED))
}

/// The id goes right behind the command's name, in the spelling of its tool.
fn pin(model: &Model<'_>, instruction: usize, word_end: usize, option: &str) -> Option<Change> {
    let found = model.instruction(instruction).filter(|found| found.heredocs.is_empty())?;
    let shelled = model.scripts(instruction).first()?;
    // The place behind the name: one past its last byte, even where a continuation follows.
    let at = shelled.span(Span::new(word_end.checked_sub(1)?, word_end)).end;
    let text = format!(" {option} {CREATED}");
    (at <= found.full.end).then(|| Change::Word { instruction, span: Span::empty(at), text })
}

/// Whether the build fails where the account or its group is made, because the base image holds the number.
pub fn is_taken(made: &Made) -> bool {
    made.taken.is_some() || made.group_made.as_ref().is_some_and(|group| group.taken.is_some())
}

/// The numbers that are taken, each with who holds it and the places that give it.
pub(crate) struct Taken {
    /// The number.
    pub(crate) number: u32,
    /// Who holds it.
    pub(crate) holder: String,
    /// (instruction, span in its script).
    pub(crate) places: Vec<(usize, Span)>,
}

/// What is taken of an account's uid and gid.
pub(crate) fn taken(made: &Made) -> Vec<Taken> {
    let mut found: Vec<Taken> = Vec::new();
    let mut add = |number: u32, holder: &str, at: usize, span: Option<Span>| {
        let places = span.map(|span| (at, span)).into_iter();
        match found.iter_mut().find(|taken| taken.number == number) {
            Some(taken) => taken.places.extend(places),
            None => found.push(Taken { number, holder: holder.to_owned(), places: places.collect() }),
        }
    };
    if let (Id::Literal(uid), Some(holder)) = (made.uid, &made.taken) {
        add(uid, holder, made.instruction, made.uid_span);
    }
    if let Some(GroupMade { gid: Id::Literal(gid), taken: Some(holder), instruction, gid_span, .. }) = &made.group_made
    {
        add(*gid, holder, *instruction, *gid_span);
        if made.group_span.is_some() {
            add(*gid, holder, made.instruction, made.group_span);
        }
    }
    found
}

/// The account with another number in place of each one that the base image holds.
fn renumbered(
    model: &Model<'_>,
    stage: usize,
    account: &Account,
    made: &Made,
    accounts: &[Account],
    options: &Options,
) -> Result<Identity, Undecided> {
    let taken = taken(made);
    let refuse = |because: &str| Err(Undecided { reason: "id-in-use", why: both_ways(account, &taken, because) });
    if !options.enabled("taken-id") {
        return refuse("taken-id is not selected");
    }
    if !made.plain || made.stage != stage || !is_free(accounts) {
        return refuse("the command that makes it cannot be changed alone");
    }
    let mut identity = identity::existing(account);
    for taken in &taken {
        if let Some(line) = named_elsewhere(model, taken) {
            return refuse(&format!("line {line} names the number too"));
        }
        for (instruction, span) in &taken.places {
            let Some(change) = replaced(model, *instruction, *span, taken.number) else {
                return refuse("the number is not written plainly");
            };
            identity.pins.push(change);
        }
    }
    // A group that is made along takes the number of the uid; one of its own keeps what is free.
    let group_taken = made.group_made.as_ref().is_some_and(|group| group.taken.is_some());
    if made.taken.is_some() {
        identity.uid = Some(CREATED);
        identity.gid = if made.gid_follows { Some(CREATED) } else { identity.gid };
    }
    if group_taken {
        identity.gid = Some(CREATED);
    }
    Ok(identity)
}

/// Accounts of the target that cannot be made, because the base image holds their number.
pub fn all_taken(draft: &Draft<'_>) -> Vec<Account> {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let mut accounts = model.accounts(stage, usize::MAX);
    accounts.retain(|account| account.made.as_ref().is_some_and(is_taken));
    accounts
}

/// What a person may do where a number is taken, and why it is left.
pub fn two_ways(account: &Account, because: &str) -> String {
    account.made.as_ref().map(|made| both_ways(account, &taken(made), because)).unwrap_or_default()
}

fn both_ways(account: &Account, taken: &[Taken], because: &str) -> String {
    let holders: Vec<String> =
        taken.iter().map(|taken| format!("{} is {}'s in the base image", taken.number, taken.holder)).collect();
    let holder = taken.first().map_or("", |taken| taken.holder.as_str());
    format!(
        "{}, so the command fails, and {because}: give {} another number, or remove {holder} first (userdel, deluser)",
        holders.join(" and "),
        account.name
    )
}

/// One literal number of a RUN becomes the pinned one.
fn replaced(model: &Model<'_>, instruction: usize, span: Span, number: u32) -> Option<Change> {
    model.instruction(instruction).filter(|found| found.heredocs.is_empty())?;
    let shelled = model.scripts(instruction).first()?;
    let plain = shelled.text_of(span) == number.to_string();
    plain.then(|| Change::Word { instruction, span: shelled.span(span), text: CREATED.to_string() })
}

/// The line of the first place that names the number and is none of those that give it.
fn named_elsewhere(model: &Model<'_>, taken: &Taken) -> Option<usize> {
    let wanted = taken.number.to_string();
    let count = |index: usize| {
        let found = model.instruction(index)?;
        let bodies = found.heredocs.iter().map(|doc| doc.body.of(model.bytes));
        let texts = [found.joined.text.as_slice()].into_iter().chain(bodies);
        Some(texts.map(|text| numbers(text).filter(|number| *number == wanted).count()).sum::<usize>())
    };
    (0..model.tree.instructions.len())
        .find(|index| {
            let own = taken.places.iter().filter(|(at, _)| at == index).count();
            count(*index).is_some_and(|count| count > own)
        })
        .map(|index| model.line(index))
}

/// The runs of digits in a text.
fn numbers(text: &[u8]) -> impl Iterator<Item = String> {
    let parts = text.split(|byte| !byte.is_ascii_digit()).filter(|digits| !digits.is_empty());
    parts.map(|digits| String::from_utf8_lossy(digits).into_owned())
}

/// Whether an account's ids are what every build of the file gives it, whatever its ARGs are.
pub fn is_sure(model: &Model<'_>, stage: usize, account: &Account) -> bool {
    use crate::facts::Confidence;
    if !account.certain {
        return false;
    }
    if let Some(made) = &account.made {
        return made.plain;
    }
    if account.package.is_some() {
        return account.is_packaged();
    }
    let Some(Base::Image { facts: Some(facts), listed: true, chosen, .. }) = model.root_base(stage) else {
        return false;
    };
    if facts.confidence == Confidence::Recalled {
        return false;
    }
    // Where an ARG chooses the tag, whatever tag it names has to hold the same account.
    let text = model.base_text(stage).unwrap_or_default();
    let same = |facts: crate::facts::Facts| {
        facts
            .accounts
            .iter()
            .any(|held| held.name == account.name && held.uid == account.uid && held.gid == account.gid)
    };
    !chosen || crate::images::lookup(&text).is_some_and(same)
}

/// Whether a compose file of the project mounts something or names a user: ids that it relies on must stay.
pub fn relied_on(draft: &Draft<'_>) -> Option<String> {
    let scene = draft.scene;
    let path = scene.path?;
    let mut folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    loop {
        for name in scene.files.list(folder).iter() {
            let file = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let is_compose = name.contains("compose") && is_yaml(name);
            let text = if is_compose { scene.files.read(&file) } else { None };
            let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
            if text
                .lines()
                .any(|line| line.trim_start().starts_with("volumes:") || line.trim_start().starts_with("user:"))
            {
                return Some(file);
            }
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder.rsplit_once('/').map_or("", |(up, _)| up);
    }
}
