//! Puts the switch together: which commands the one RUN needs, and where the block goes.

use super::identity::{Identity, Origin};
use super::{Change, Draft, Handed, Opening, Place, Turned, comment, fed, listener, server, turns, uses};
use crate::facts::{Confidence, DefaultUser};
use crate::model::owner::{Made, ROOT};
use crate::model::{Base, Model, Value, Who, value};
use crate::syntax::{Args, Keyword, TokenKind};

/// Refuses where the block has no place: behind a continuation that the end of the file leaves open, or above a
/// VOLUME that later steps work in.
pub fn check(draft: &mut Draft<'_>) {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let Some(place) = place(model, stage) else { return };
    if let Place::Below(last) = place {
        let end = model.instruction(last).map_or(0, |found| found.full.end);
        let tokens = &model.tree.tokens;
        let after = tokens.partition_point(|token| token.span.end <= end);
        // Blank and comment lines below a continuation belong to it.
        let mut back = tokens.iter().take(after).rev();
        let ends = back.find(|token| !matches!(token.kind, TokenKind::Blank | TokenKind::Newline | TokenKind::Comment));
        let ends = ends.map(|token| token.kind);
        if ends == Some(TokenKind::Continuation) {
            let why = "its last line is continued, so that nothing can stand below it: finish that line";
            return draft.refuse("missing-user", last, "the process runs as root", "open-continuation", why);
        }
    }
    let volume = draft.handed.iter().filter_map(|handed| above_volume(model, stage, place, handed)).min();
    let Some(volume) = volume else { return };
    let refused = match &draft.identity {
        Some(identity) if identity.uid.is_none() => "the account has no fixed number yet to hand it over with above",
        _ if works_below(draft, volume) => "later steps work in it, and would find another owner",
        _ if copied_around(draft, volume) => "a later copy makes the folder that it lies in, with another owner",
        _ if matches!(model.user(stage, volume), Who::User(_)) => "a user that is not root is in force there",
        _ => return,
    };
    let why = format!(
        "what a VOLUME holds has to be handed over above it (the legacy builder loses later changes), and {refused}"
    );
    draft.refuse("missing-user", volume, "the process runs as root", "volume-place", why);
}

/// Whether a copy below the VOLUME makes a folder, not as root's, above one that is handed over above it: made there, the
/// folder would be root's.
fn copied_around(draft: &Draft<'_>, volume: usize) -> bool {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let Some(place) = place(model, stage) else { return false };
    let early = |handed: &&Handed| above_volume(model, stage, place, handed).is_some();
    let early: Vec<&Handed> = draft.handed.iter().filter(early).collect();
    model.owners(stage).nodes.iter().any(|(path, node)| {
        let later = matches!(node.made, Made::Copy(at) if at > volume);
        let given = |by_copy: bool| draft.handed.iter().any(|it| it.by_copy == by_copy && it.path == *path);
        let theirs = node.owner.as_deref() != Some(ROOT) || given(true);
        // What the block gives itself is the account's, whoever made it.
        let stays = later && theirs && !given(false);
        stays && early.iter().any(|handed| handed.path != *path && value::within(&handed.path, path))
    })
}

/// Whether a RUN below the VOLUME works in what is handed over above it, or gives it to somebody else.
fn works_below(draft: &Draft<'_>, volume: usize) -> bool {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let Some(place) = place(model, stage) else { return false };
    let early = draft.handed.iter().filter(|handed| above_volume(model, stage, place, handed).is_some());
    early.into_iter().any(|handed| {
        // What a RUN only works in it finds with another owner too, git and npm first of all.
        let stands = |at: usize| model.cwd(stage, at).text() == Some(handed.path.as_str());
        let works = uses::uses(model, stage, &handed.path, &uses::strictly)
            .into_iter()
            .any(|used| used.at > volume && (used.writes || stands(used.at)));
        let body = model.stages.get(stage).map(|stage| stage.body.clone()).unwrap_or_default();
        let mut runs = body.filter(|index| *index > volume && model.keyword(*index) == Keyword::Run);
        works || runs.any(|index| uses::gives(model, stage, index, &handed.path, true))
    })
}

/// Adds the block to the changes of a draft that switches the user.
pub fn assemble(draft: &mut Draft<'_>) {
    let Some(identity) = draft.identity.clone() else { return };
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    draft.changes.extend(identity.pins.iter().cloned());
    draft.changes.extend(fed::made(draft));
    let Some(place) = place(model, stage) else { return };
    // What was prepared is told of already.
    let comment = Some(comment::of(&identity, draft.options)).filter(|_| !comment::is_prepared(draft));
    let (early, late): (Vec<&Handed>, Vec<&Handed>) = draft
        .handed
        .iter()
        .filter(|handed| !handed.by_copy)
        .partition(|handed| above_volume(model, stage, place, handed).is_some());
    let mut commands = identity.commands.clone();
    if let Some(lifted) = &draft.lifted {
        commands.extend(lifted.steps.iter().cloned());
        draft.changes.push(Change::RemoveCommands { instruction: lifted.at, commands: lifted.commands.clone() });
    }
    commands.extend(server::steps(draft));
    let volume = early.iter().filter_map(|handed| above_volume(model, stage, place, handed)).min();
    if let Some(volume) = volume {
        // By number: the account may be made below, and steps between must not see one that the plan makes.
        let commands = hand_over(draft, &identity.owner(), &early, Some(volume));
        draft.changes.push(Change::Block {
            place: Place::Above(volume),
            comment: Some("Above VOLUME: a change of owner below it may be lost".to_owned()),
            env: None,
            commands,
            expose: None,
            user: None,
        });
    }
    commands.extend(hand_over(draft, &written(&identity), &late, None));
    for to in Opening::ALL {
        let opened = draft.opened.iter().filter(|opened| opened.to == to);
        let paths: Vec<String> = opened.map(|opened| quoted(&opened.path)).collect();
        commands.extend(Some(format!("chmod {} {}", to.mode(), paths.join(" "))).filter(|_| !paths.is_empty()));
    }
    let prepare = draft.options.prepare;
    let user = Some(identity.user.clone()).filter(|_| !prepare);
    // A RUN above a VOLUME still needs the root that an earlier USER names.
    let home = draft.home.iter().map(|home| format!("HOME={home}"));
    let pairs: Vec<String> = home.chain(listener::inherited(draft)).collect();
    let env = Some(pairs.join(" ")).filter(|pairs| !pairs.is_empty());
    let expose = server::exposed(draft);
    let alone = commands.is_empty() && volume.is_none() && env.is_none() && expose.is_none();
    let Some(word) = user.clone() else {
        // What stands above a VOLUME needs no block.
        let empty = commands.is_empty() && env.is_none() && expose.is_none();
        let block = Change::Block { place, comment, env, commands, expose, user };
        return draft.changes.extend(Some(block).filter(|_| !empty));
    };
    if let Some(wrong) = draft.wrong {
        return in_place_of(draft, wrong, Change::Block { place, comment, env, commands, expose, user });
    }
    if let Some((redundant, text)) = redundant(draft, &identity, place).filter(|_| alone) {
        draft.changes.push(Change::RemoveInstruction { instruction: redundant });
        draft.turned.push(Turned { user: redundant, freed: Vec::new() });
        draft.identity = Some(Identity { user: text.to_owned(), ..identity });
        return;
    }
    let replaced = last_user_word(model, stage, place).filter(|_| alone);
    let change = match replaced {
        Some((instruction, span)) => Change::Word { instruction, span, text: word },
        None => Change::Block { place, comment, env, commands, expose, user },
    };
    draft.changes.push(change);
}

/// A `USER root` that nothing needs, and the user that the base image has without it: going, it leaves that user.
fn redundant(draft: &Draft<'_>, identity: &Identity, place: Place) -> Option<(usize, &'static str)> {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let Some(Base::Image { facts: Some(facts), listed: true, .. }) = model.root_base(stage) else { return None };
    let DefaultUser::Account(text) = facts.default_user else { return None };
    let users = model.lineage(stage).into_iter().filter(|(_, index)| model.keyword(*index) == Keyword::User).count();
    let (user, _) = last_user_word(model, stage, place)?;
    let its = identity.origin == Origin::Base && facts.confidence > Confidence::Recalled;
    (users == 1 && its && !turns::has_comment(model, user)).then_some((user, text))
}

/// A USER that names nobody becomes the account where it stands, or goes where files are still copied below it.
fn in_place_of(draft: &mut Draft<'_>, wrong: usize, block: Change) {
    let Change::Block { comment, env, commands, user: Some(user), .. } = &block else { return };
    let model = draft.scene.model;
    let body = model.stages.get(draft.scene.stage).map(|stage| stage.body.clone()).unwrap_or_default();
    let needed =
        |index: usize| matches!(model.keyword(index), Keyword::Copy | Keyword::Add | Keyword::Volume | Keyword::Shell);
    let alone = commands.is_empty() && env.is_none();
    let word = match model.instruction(wrong).map(|found| &found.args) {
        Some(Args::One(word)) if alone || !(wrong + 1..body.end).any(needed) => Some(word.span),
        _ => None,
    };
    let Some(span) = word else {
        draft.changes.push(Change::RemoveInstruction { instruction: wrong });
        draft.turned.push(Turned { user: wrong, freed: Vec::new() });
        return draft.changes.push(block);
    };
    let above = Change::Block {
        place: Place::Above(wrong),
        comment: comment.clone(),
        env: env.clone(),
        commands: commands.clone(),
        expose: None,
        user: None,
    };
    draft.changes.extend(Some(above).filter(|_| !alone));
    draft.changes.push(Change::Word { instruction: wrong, span, text: user.clone() });
}

/// The owner as `--chown` has it: the numbers of an account that the block makes, else the name.
fn written(identity: &Identity) -> String {
    match identity.origin {
        Origin::Created => identity.owner(),
        _ => identity.named(),
    }
}

/// `mkdir -p X && chown app:app X`, never `install -d`, which resets a folder's mode.
fn hand_over(draft: &Draft<'_>, owner: &str, handed: &[&Handed], above: Option<usize>) -> Vec<String> {
    let (model, stage) = (draft.scene.model, draft.scene.stage);
    let here = model.own_folder_by_default(stage).filter(|_| above.is_none());
    let spelled = |path: &str| quoted(&here.as_deref().map_or_else(|| path.to_owned(), |here| relative(path, here)));
    let list = |of: &[&&Handed]| of.iter().map(|handed| spelled(&handed.path)).collect::<Vec<_>>().join(" ");
    // What stands there by then may be a file.
    let stands = above.map(|volume| model.owners_before(stage, volume).nodes.clone()).unwrap_or_default();
    let early = |path: &str| above.is_some() && !stands.contains_key(path);
    let mut missing: Vec<&&Handed> = handed.iter().filter(|handed| handed.make || early(&handed.path)).collect();
    let mut seen = std::collections::HashSet::new();
    missing.retain(|handed| seen.insert(&handed.path));
    // What a tree takes along needs no word of its own.
    let covers = |tree: &Handed, one: &Handed| {
        tree.tree && value::within(&one.path, &tree.path) && (tree.path != one.path || !one.tree)
    };
    let told: Vec<&&Handed> = handed.iter().filter(|one| !handed.iter().any(|tree| covers(tree, one))).collect();
    let (trees, alone): (Vec<&&Handed>, Vec<&&Handed>) = told.into_iter().partition(|handed| handed.tree);
    let mut commands = Vec::new();
    if !missing.is_empty() {
        commands.push(format!("mkdir -p {}", list(&missing)));
    }
    if !trees.is_empty() {
        commands.push(format!("chown -R {owner} {}", list(&trees)));
    }
    if !alone.is_empty() {
        commands.push(format!("chown {owner} {}", list(&alone)));
    }
    if draft.options.openshift {
        let grouped = |handed: &&&Handed| {
            let group = draft.opened.iter().filter(|opened| opened.to == Opening::Group);
            !group.into_iter().any(|opened| value::within(&handed.path, &opened.path))
        };
        let (trees, alone): (Vec<_>, Vec<_>) = (trees, alone.into_iter().filter(grouped).collect());
        let modes = [("-R g=u", trees), ("g=u", alone)].into_iter().filter(|(_, of)| !of.is_empty());
        commands.extend(modes.map(|(mode, of)| format!("chmod {mode} {}", list(&of))));
    }
    commands
}

/// A path as it is named from the folder that the block's RUN stands in, if it lies there: which folder it is, an ARG says.
fn relative(path: &str, here: &str) -> String {
    match path.strip_prefix(here) {
        Some("") => ".".to_owned(),
        Some(below) if below.starts_with("/-") => format!(".{below}"),
        Some(below) => below.strip_prefix('/').unwrap_or(path).to_owned(),
        None => path.to_owned(),
    }
}

/// A path as one shell word.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%,:".contains(c);
    if path.chars().all(plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

/// The first VOLUME above the block that holds the path: the legacy builder loses what is changed below it later.
fn above_volume(model: &Model<'_>, stage: usize, place: Place, handed: &Handed) -> Option<usize> {
    let (Place::Above(end) | Place::Below(end)) = place;
    let body = model.stages.get(stage)?.body.clone();
    let holds = |path: &Value| {
        path.certain().and_then(value::normal).is_some_and(|volume| value::within(&handed.path, &volume))
    };
    body.take_while(|index| *index <= end).find(|index| model.volumes(stage, *index).iter().any(holds))
}

/// Where the block goes: above the first CMD or ENTRYPOINT after the last instruction that needs root, and above
/// HEALTHCHECK and STOPSIGNAL that lead to it, else at the end of the stage, above those.
pub fn place(model: &Model<'_>, stage: usize) -> Option<Place> {
    let body = model.stages.get(stage)?.body.clone();
    let needs_root = |index: &usize| {
        matches!(
            model.keyword(*index),
            Keyword::Run
                | Keyword::Workdir
                | Keyword::User
                | Keyword::Copy
                | Keyword::Add
                | Keyword::Shell
                | Keyword::From
        )
    };
    let last = body.clone().rev().find(needs_root);
    let after = last.map_or(body.start, |last| last + 1);
    let command = (after..body.end).find(|index| matches!(model.keyword(*index), Keyword::Cmd | Keyword::Entrypoint));
    // What is only told to the runtime stays together, also where nothing says what runs.
    let told = |index: &usize| matches!(model.keyword(*index), Keyword::Healthcheck | Keyword::Stopsignal);
    let end = command.unwrap_or(body.end);
    let first = (after..end).rev().take_while(told).last().or(command);
    match first {
        Some(first) => Some(Place::Above(first)),
        None if body.is_empty() => Some(Place::Below(model.stages.get(stage)?.from)),
        None => Some(Place::Below(body.end - 1)),
    }
}

/// The argument of a last `USER root` that nothing needs: it becomes the account instead of standing before another.
fn last_user_word(model: &Model<'_>, stage: usize, place: Place) -> Option<(usize, crate::source::Span)> {
    let last = model.last_user(stage)?;
    let (Place::Above(end) | Place::Below(end)) = place;
    let needs =
        |index: usize| matches!(model.keyword(index), Keyword::Run | Keyword::Workdir | Keyword::Copy | Keyword::Add);
    if (last..=end).any(needs) {
        return None;
    }
    match model.instruction(last).map(|found| &found.args) {
        Some(Args::One(word)) => Some((last, word.span)),
        _ => None,
    }
}
