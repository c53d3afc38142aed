//! The commands of a script as a rewriter sees them: which stand alone at top level, and where all others stand.

use super::tree::{AndOr, Command, CommandKind, Operator, OperatorKind, Part, PartKind, Redirect, Script, Word};
use crate::source::Span;

/// One pipeline of a script's top-level lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopCommand {
    /// Index of its and-or list in the script.
    pub list: usize,
    /// Index of its pipeline in the list.
    pub pipeline: usize,
    /// Where it stands in the text, redirections included.
    pub span: Span,
    /// The operator between it and the command before.
    pub before: Option<Operator>,
    /// The operator behind it, the one that ends the script included.
    pub after: Option<Operator>,
    /// Whether it may be removed or changed on its own: one simple command, not negated, not in the background, no
    /// `||` on either side and no here-document.
    pub rewritable: bool,
    /// Whether an `||` stands anywhere in its and-or list, so that a failure may be meant.
    pub guarded: bool,
}

impl TopCommand {
    /// Its first command: the only one when it is rewritable.
    pub fn command<'s>(&self, script: &'s Script) -> Option<&'s Command> {
        script.lists.get(self.list)?.pipelines.get(self.pipeline)?.commands.first()
    }
}

/// All pipelines of the top-level lists, in order.
pub fn top_commands(script: &Script) -> Vec<TopCommand> {
    let mut found: Vec<TopCommand> = Vec::new();
    let mut before = None;
    for (index, list) in script.lists.iter().enumerate() {
        for (number, pipeline) in list.pipelines.iter().enumerate() {
            let after = list.operators.get(number).copied().or(list.terminator);
            let or = |operator: &Operator| operator.kind == OperatorKind::Or;
            let alone = match pipeline.commands.as_slice() {
                [command] => matches!(command.kind, CommandKind::Simple { .. }) && !has_heredoc(command),
                _ => false,
            };
            found.push(TopCommand {
                list: index,
                pipeline: number,
                span: pipeline.span,
                before,
                after,
                rewritable: alone
                    && pipeline.negated.is_none()
                    && !in_background(list)
                    && !before.as_ref().is_some_and(or)
                    && !after.as_ref().is_some_and(or),
                guarded: list.operators.iter().any(or),
            });
            before = after;
        }
    }
    found
}

fn has_heredoc(command: &Command) -> bool {
    command.redirects.iter().any(|redirect| redirect.operator.starts_with("<<") && redirect.operator != "<<<")
}

fn in_background(list: &AndOr) -> bool {
    list.terminator.is_some_and(|operator| operator.kind == OperatorKind::Background)
}

/// A simple command and what belongs to it.
#[derive(Debug, Clone, Copy)]
pub struct Simple<'s> {
    /// `X=1` before the name.
    pub assignments: &'s [Word],
    /// Name and arguments.
    pub words: &'s [Word],
    /// Redirections.
    pub redirects: &'s [Redirect],
    /// From the first to the last byte.
    pub span: Span,
}

/// Where a simple command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// In one of the script's own lists, not inside of another command.
    pub top_level: bool,
    /// Inside of if, case, a loop, a function or a pipeline of several, or in a list with `||`: it may not run, or may
    /// fail without harm.
    pub conditional: bool,
    /// In another process: `( )`, `$( )`, a pipeline of several, or the background. Its `cd` and variables are lost.
    pub subshell: bool,
}

/// Visits every simple command, nested ones included, in the order in which they begin.
pub fn each_simple<'s>(script: &'s Script, visit: &mut dyn FnMut(Simple<'s>, Place)) {
    let mut walk = Walk(Vec::new());
    walk.script(script, Place { top_level: true, ..Place::default() });
    walk.0.sort_by_key(|(simple, _)| simple.span.start);
    for (simple, place) in walk.0 {
        visit(simple, place);
    }
}

struct Walk<'s>(Vec<(Simple<'s>, Place)>);

impl<'s> Walk<'s> {
    fn script(&mut self, script: &'s Script, place: Place) {
        for list in &script.lists {
            let or = list.operators.iter().any(|operator| operator.kind == OperatorKind::Or);
            for pipeline in &list.pipelines {
                let piped = pipeline.commands.len() > 1;
                let place = Place {
                    top_level: place.top_level,
                    conditional: place.conditional || or || piped,
                    subshell: place.subshell || piped || in_background(list),
                };
                for command in &pipeline.commands {
                    self.command(command, place);
                }
            }
        }
    }

    fn command(&mut self, command: &'s Command, place: Place) {
        let nested = Place { top_level: false, ..place };
        let redirects = command.redirects.as_slice();
        match &command.kind {
            CommandKind::Simple { assignments, words } => {
                self.0.push((Simple { assignments, words, redirects, span: command.span }, place));
                assignments.iter().chain(words).for_each(|word| self.parts(&word.parts, nested));
            }
            CommandKind::Compound { kind, bodies, words, .. } => {
                words.iter().for_each(|word| self.parts(&word.parts, nested));
                let inside = Place {
                    conditional: place.conditional || kind.is_conditional(),
                    subshell: place.subshell || *kind == super::CompoundKind::Subshell,
                    ..nested
                };
                bodies.iter().for_each(|body| self.script(body, inside));
            }
            CommandKind::Function { body, .. } => self.command(body, Place { conditional: true, ..nested }),
        }
        for redirect in redirects {
            self.parts(&redirect.target.parts, nested);
            self.parts(&redirect.content, nested);
        }
    }

    fn parts(&mut self, parts: &'s [Part], place: Place) {
        for part in parts {
            match &part.kind {
                PartKind::Double(parts) | PartKind::Arithmetic(parts) => self.parts(parts, place),
                PartKind::Parameter { parts, .. } => self.parts(parts, Place { conditional: true, ..place }),
                PartKind::Substitution(Some(script)) => self.script(script, Place { subshell: true, ..place }),
                PartKind::Array(words) => words.iter().for_each(|word| self.parts(&word.parts, place)),
                _ => {}
            }
        }
    }
}

impl super::CompoundKind {
    /// Whether what is inside may not run, or may run several times.
    pub const fn is_conditional(self) -> bool {
        use super::CompoundKind::{Case, For, If, Until, While};
        matches!(self, If | For | While | Until | Case)
    }
}

/// Names of all functions that a script defines.
pub fn functions(script: &Script) -> std::collections::HashSet<String> {
    let mut found = std::collections::HashSet::new();
    let mut pending = vec![script];
    let mut bodies: Vec<&Command> = Vec::new();
    loop {
        if let Some(script) = pending.pop() {
            let pipelines = script.lists.iter().flat_map(|list| &list.pipelines);
            bodies.extend(pipelines.flat_map(|pipeline| &pipeline.commands));
        } else if let Some(command) = bodies.pop() {
            match &command.kind {
                CommandKind::Function { name, body } => {
                    found.insert(name.clone());
                    bodies.push(body);
                }
                CommandKind::Compound { bodies, .. } => pending.extend(bodies),
                CommandKind::Simple { .. } => {}
            }
        } else {
            return found;
        }
    }
}
