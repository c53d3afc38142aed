//! Settings that a command writes into its server's configuration at every start, and that the server could as well read
//! from its environment: they can be written once, when the image is built.

use crate::facts::{self, Strategy};
use crate::model::command::Ran;
use crate::model::hazard::Scene;
use crate::model::{Base, Model, Value, value};
use crate::source::Span;
use crate::syntax::{Args, Command};

/// Commands that a step of the build can take over from the container's command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifted {
    /// The CMD or ENTRYPOINT.
    pub at: usize,
    /// Their spans in the text of its script.
    pub commands: Vec<Span>,
    /// The same as a RUN has them: the variables stand in the configuration.
    pub steps: Vec<String>,
    /// The variables.
    pub variables: Vec<String>,
}

/// What can be taken over: `sed -i "s/80/$PORT/" FILE && server`, all in one text, where the base's own account may run the
/// server, the files are the server's configuration, and the variables stand in what is put in.
pub fn lifted(model: &Model<'_>, stage: usize) -> Option<Lifted> {
    let Some(Base::Image { facts: Some(base), listed: true, .. }) = model.root_base(stage) else { return None };
    let entry = model.entry(stage);
    let (of, at) = entry.entrypoint.or(entry.cmd).filter(|(of, _)| *of == stage)?;
    let shelled = model.scripts(at).first().filter(|_| base.strategy == Strategy::UseBuiltin)?;
    let Some(Args::Command(Command::Shell(_))) = model.instruction(at).map(|found| &found.args) else { return None };
    let top = shelled.top();
    let list = model.commands_in(of, at).list;
    let ran = |span: Span| list.iter().find(|ran| ran.span == span);
    let (server, before) = top.split_last().filter(|(_, before)| !before.is_empty())?;
    let folder = facts::command(&ran(server.span)?.name)?.expands?;
    let mut found = Lifted { at, commands: Vec::new(), steps: Vec::new(), variables: Vec::new() };
    for command in before {
        let ran = ran(command.span).filter(|_| command.rewritable && command.list == server.list)?;
        found.steps.push(step(ran, folder, &|span| shelled.text_of(span), &mut found.variables)?);
        found.commands.push(command.span);
    }
    let mut volumes = model.lineage(stage).into_iter().flat_map(|(of, at)| model.volumes(of, at));
    let over = |path: Value| path.text().and_then(value::normal).is_none_or(|path| value::meets(&path, folder));
    (!volumes.any(over)).then_some(found)
}

impl Scene<'_> {
    /// What can be taken over where nobody but the file says what the container runs, or mounts its configuration.
    pub fn lifted(&self) -> Option<Lifted> {
        let found = lifted(self.model, self.stage)?;
        let folder = self.programs.list.iter().find_map(|program| facts::command(&program.name)?.expands)?;
        let others = self.services.iter().any(|service| {
            !service.command.is_empty() || service.mounts.iter().any(|mount| value::meets(&mount.target, folder))
        });
        (!others).then_some(found)
    }
}

/// One `sed` as a RUN has it.
fn step(ran: &Ran, folder: &str, text: &dyn Fn(Span) -> String, variables: &mut Vec<String>) -> Option<String> {
    let in_place = |words: &[String]| words.iter().filter(|word| word.contains('i')).count() == 1;
    let words: Vec<String> = ran.spans.iter().map(|span| text(*span)).collect();
    let (options, operands): (Vec<String>, Vec<String>) = words.into_iter().partition(|word| word.starts_with('-'));
    let known = options.iter().all(|word| word.len() > 1 && word.chars().skip(1).all(|c| "irEe".contains(c)));
    if ran.name != "sed" || !ran.writes.is_empty() || !known || !in_place(&options) {
        return None;
    }
    let (script, files) = operands.split_first().filter(|(_, files)| !files.is_empty())?;
    let is_config = |file: &String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
        file.starts_with('/')
            && file.ends_with(".conf")
            && file.chars().all(plain)
            && value::normal(file).is_some_and(|path| value::within(&path, folder))
    };
    let script = substitution(script, variables).filter(|_| files.iter().all(is_config))?;
    Some(format!("sed {} {script} {}", options.join(" "), files.join(" ")))
}

/// `"s/80/$PORT/g"` as `"s/80/\${PORT}/g"`: only what is put in may name variables. (In single quotes linters would ask
/// whether they were meant to be expanded: SC2016.)
fn substitution(word: &str, variables: &mut Vec<String>) -> Option<String> {
    let quoted = word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let text = quoted.unwrap_or(word);
    let mark = text.strip_prefix('s')?.chars().next().filter(char::is_ascii_punctuation)?;
    let parts: Vec<&str> = text.get(2..)?.split(mark).collect();
    let [pattern, put_in, flags] = parts.as_slice() else { return None };
    let strange =
        |c: char| matches!(c, '\'' | '"' | '\\' | '`' | '&' | '\n') || (quoted.is_none() && " \t;|<>()".contains(c));
    if text.contains(strange) || pattern.contains('$') || !matches!(*flags, "" | "g") {
        return None;
    }
    let mut pieces = put_in.split('$');
    let mut written = pieces.next()?.to_owned();
    let mut found = 0;
    for piece in pieces {
        let (name, rest) = match piece.strip_prefix('{') {
            Some(inner) => inner.split_once('}')?,
            None => {
                piece.split_at(piece.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(piece.len()))
            }
        };
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        // Another setting may be meant to be left out, and would stand there as text.
        if !name.contains("PORT") || !is_name || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        written.push_str(&format!("\\${{{name}}}{rest}"));
        found += 1;
        variables.extend(Some(name.to_owned()).filter(|name| !variables.contains(name)));
    }
    (found > 0).then(|| format!("\"s{mark}{pattern}{mark}{written}{mark}{flags}\""))
}
