//! What the commands of a build leave for root alone: by the mode that they give, or by the way they make it.

use super::mode::{self, Given, applied};
use crate::facts::{self, ProgramRole};
use crate::model::command::Ran;
use crate::model::hazard::{Hazard, Scene, Weight, hazard};
use crate::model::value;
use crate::shell::{self, PartKind, Script, Word};
use crate::syntax::Keyword;

/// Files that every image keeps for root (shadow(5), gshadow(5), sudoers(5)): a copy of one keeps its mode.
const PRIVATE: [&str; 3] = ["/etc/shadow", "/etc/gshadow", "/etc/sudoers"];

/// The mode and the paths of a command that keeps everybody but root out of them: `chmod 700`, `mkdir -m 700`.
pub fn shut(ran: &Ran) -> Option<Given<'_>> {
    mode::given(ran).into_iter().find(Given::shuts_out)
}

/// What shuts out everybody but the owner, and stays root's.
pub(in crate::model) fn modes(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let model = scene.model;
    for (at, index) in model.lineage(scene.stage) {
        if model.keyword(index) == Keyword::Run {
            let message = kept_from_others(scene, at, index, &|_, _| false);
            found.extend(message.map(|message| hazard("mode", Weight::Unsafe, index, message)));
        }
    }
}

/// How the RUN `index` of the stage `at` keeps something from everybody but root. `theirs` tells which paths the account
/// gets, besides all in the folder that the process starts in; asked with `true`, whether all below a path too.
pub fn kept_from_others(
    scene: &Scene<'_>,
    at: usize,
    index: usize,
    theirs: &dyn Fn(&str, bool) -> bool,
) -> Option<String> {
    let model = scene.model;
    let cwd = model.process_folder(scene.stage);
    let own = |path: &str| cwd.certain().is_some_and(|cwd| cwd != "/" && value::within(path, cwd));
    let either = |path: &str, deep: bool| own(path) || theirs(path, deep);
    let list = &model.commands(at, index).list;
    let alone = |ran| by_mode(ran, &either).or_else(|| by_copy(ran, &own)).or_else(|| by_program(scene, index, ran));
    list.iter().find_map(alone).or_else(|| by_temporary(scene, index, list, &own))
}

/// `chmod 700` and the like.
fn by_mode(ran: &Ran, theirs: &dyn Fn(&str, bool) -> bool) -> Option<String> {
    let stays = |given: &Given<'_>| {
        given.shuts_out()
            && !given.paths.iter().all(|path| path.as_deref().is_some_and(|path| theirs(path, given.deep)))
    };
    let shut = mode::given(ran).into_iter().find(stays)?;
    let (tool, mode) = (shut.tool, shut.mode);
    Some(match mode.strip_prefix("--reference=") {
        Some(other) => format!("`{tool}` gives the mode of {other}, which may keep everybody but root out: check it"),
        None => format!("`{tool} {mode}` keeps everybody but root out: check that the process does not need it"),
    })
}

/// `cp -p /etc/shadow /etc/shop/key`.
fn by_copy(ran: &Ran, own: &dyn Fn(&str) -> bool) -> Option<String> {
    if !matches!(ran.name.as_str(), "cp" | "mv") {
        return None;
    }
    let paths: Vec<Option<String>> = ran.operands().map(|(_, text)| ran.path(text)).collect();
    let (to, sources) = paths.split_last()?;
    let source = sources.iter().flatten().find(|source| PRIVATE.contains(&source.as_str()))?;
    if to.as_deref().is_some_and(own) {
        return None;
    }
    let to = to.as_deref().unwrap_or("its copy");
    Some(format!("`{}` leaves {to} with the mode of {source}, which only root may read", ran.name))
}

/// `python -c "os.open('/etc/key', os.O_CREAT, 0o600)"`.
fn by_program(scene: &Scene<'_>, index: usize, ran: &Ran) -> Option<String> {
    let interprets = facts::command(&ran.name).is_some_and(|known| known.role == ProgramRole::Interpreter);
    if !interprets || ran.name.ends_with("sh") {
        return None;
    }
    let found = scene.model.instruction(index)?;
    let bodies = found.heredocs.iter().map(|doc| String::from_utf8_lossy(doc.body.of(scene.model.bytes)).into_owned());
    let bodies: Vec<String> = bodies.filter(|_| ran.operands().next().is_none()).collect();
    let mode = ran.arguments.iter().flatten().chain(&bodies).find_map(|code| octal(code))?;
    Some(format!(
        "the code that `{}` runs here names the mode {mode}, which keeps everybody but root out: check that the process \
         does not need what it makes",
        ran.name
    ))
}

/// The first octal number in code that is a mode which others may not read: `0o600`, `0700`.
fn octal(code: &str) -> Option<&str> {
    let mut words = code.split(|letter: char| !(letter.is_ascii_alphanumeric() || "._-:".contains(letter)));
    words.find(|word| {
        let digits = word.strip_prefix("0o").or_else(|| word.strip_prefix('0')).unwrap_or("");
        let plain = digits.len() == 3 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
        plain && digits.starts_with(['4', '5', '6', '7']) && digits.ends_with(['0', '1', '2', '3'])
    })
}

/// `t=$(mktemp) && … && mv $t /etc/key`: mktemp makes its file for its owner alone (mktemp(1)), and mv and cp keep that.
fn by_temporary(scene: &Scene<'_>, index: usize, list: &[Ran], own: &dyn Fn(&str) -> bool) -> Option<String> {
    let mut names = Vec::new();
    let mut moved = Vec::new();
    for script in scene.model.scripts(index) {
        let Some(tree) = &script.script else { continue };
        shell::each_simple(tree, &mut |simple, _| {
            names.extend(simple.assignments.iter().chain(simple.words).filter_map(temporary));
            let first = simple.words.first().and_then(Word::literal);
            let takes = first.is_some_and(|name| matches!(name.as_str(), "mv" | "cp"));
            let is_temporary = |word: &Word| variable(word).is_some_and(|name| names.contains(&name));
            let taken = simple.words.split_last().filter(|(_, words)| takes && words.iter().any(is_temporary));
            moved.extend(taken.map(|_| simple.span));
        });
    }
    let moves = list.iter().enumerate().filter(|(_, ran)| moved.contains(&ran.span));
    let lost = |(at, ran): (usize, &Ran)| {
        let to = ran.path(ran.operands().last().and_then(|(_, text)| text));
        let opened = |path: &str| list.iter().skip(at).any(|ran| opens(ran, path));
        let fine = to.as_deref().is_some_and(|to| own(to) || value::within(to, "/tmp") || opened(to));
        let to = to.unwrap_or_else(|| "where it goes".to_owned());
        (!fine).then(|| {
            format!("`{}` leaves the file of mktemp at {to}, which only root may read: open it (chmod 644)", ran.name)
        })
    };
    moves.into_iter().find_map(lost)
}

/// The variable that a word sets to the name of a file that mktemp makes.
fn temporary(word: &Word) -> Option<String> {
    let (first, rest) = word.parts.split_first()?;
    let PartKind::Literal(text) = &first.kind else { return None };
    let name = text.strip_suffix('=')?;
    let inside = rest.iter().flat_map(|part| match &part.kind {
        PartKind::Double(parts) => parts.as_slice(),
        _ => std::slice::from_ref(part),
    });
    let scripts = inside.filter_map(|part| match &part.kind {
        PartKind::Substitution(script) => script.as_ref(),
        _ => None,
    });
    scripts.into_iter().any(makes_file).then(|| name.to_owned())
}

/// `mktemp`, but for `mktemp -d`: what is made in a folder gets the mode that it always gets.
fn makes_file(script: &Script) -> bool {
    let mut makes = false;
    shell::each_simple(script, &mut |simple, _| {
        let words: Vec<String> = simple.words.iter().filter_map(Word::literal).collect();
        let folder = |word: &String| {
            let short = word.starts_with('-') && !word.starts_with("--");
            word == "--directory" || (short && word.contains('d'))
        };
        makes |= words.first().is_some_and(|name| name == "mktemp") && !words.iter().any(folder);
    });
    makes
}

/// The variable that a word stands for alone: `$t`, `"${t}"`.
fn variable(word: &Word) -> Option<String> {
    let part = match word.parts.as_slice() {
        [part] => part,
        _ => return None,
    };
    let part = match &part.kind {
        PartKind::Double(parts) => parts.first().filter(|_| parts.len() == 1)?,
        _ => part,
    };
    match &part.kind {
        PartKind::Parameter { name, operation: None, .. } => Some(name.clone()),
        _ => None,
    }
}

/// Whether a command lets others read a file at `path` that was its owner's alone.
fn opens(ran: &Ran, path: &str) -> bool {
    mode::given(ran).iter().any(|given| {
        let names =
            |to: &Option<String>| to.as_deref().is_some_and(|to| to == path || (given.deep && value::within(path, to)));
        let reads = applied(given.mode, 0o600, false).is_some_and(|bits| bits & 0o004 != 0);
        reads && given.paths.iter().any(names)
    })
}
