//! The meaning that a file would have with a change that is not written yet: the same instructions, some words others.

use super::{Model, Value};
use crate::source::Span;
use crate::syntax::{Args, Command, Instruction, Tree, Word};

/// A tree in which some words read otherwise: the instruction, where the old text stands in the file, the old, the new.
/// Spans stay those of the file, and so do joined lines but for the text of a RUN.
pub fn reworded(tree: &Tree, words: &[(usize, Span, String, String)]) -> Tree {
    let mut tree = tree.clone();
    for (index, span, old, new) in words {
        let Some(found) = tree.instructions.get_mut(*index) else { continue };
        if matches!(found.args, Args::Command(Command::Shell(_))) {
            respell(found, *span, new);
            continue;
        }
        let all: Vec<&mut Word> = match &mut found.args {
            Args::One(word) => vec![word],
            Args::Copy { destination, .. } => vec![destination],
            Args::Pairs(pairs) => pairs.iter_mut().filter_map(|pair| pair.value.as_mut()).collect(),
            _ => Vec::new(),
        };
        for word in all.into_iter().filter(|word| word.span.contains(*span)) {
            word.text = word.text.replacen(old.as_str(), new, 1);
        }
    }
    tree
}

/// Another word in the shell text of an instruction.
fn respell(found: &mut Instruction, span: Span, new: &str) {
    let Some((grown, shrunk)) = found.joined.respell(span, new) else { return };
    if let Args::Command(Command::Shell(range)) = &mut found.args {
        range.end = range.end + grown - shrunk;
    }
}

impl Model<'_> {
    /// As if `ENV name=value` stood directly above the instruction `index` of the stage.
    pub fn assume(&mut self, stage: usize, index: usize, name: &str, value: &str) {
        let Some(set) = self.stages.get_mut(stage).map(|stage| stage.env.entry(name.to_owned()).or_default()) else {
            return;
        };
        // Seen by the instruction itself, and by none above it.
        let at = index.saturating_sub(1);
        let place = set.partition_point(|(other, _)| *other <= at);
        set.insert(place, (at, Value::Known(value.to_owned())));
    }
}
