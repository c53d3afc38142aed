//! The file's meaning, as queries: stages, who runs each line, who owns each path, which command is the container's.

pub mod account;
pub mod assume;
mod base;
pub mod command;
mod constant;
pub mod entry;
pub mod file;
mod from;
pub mod hazard;
pub mod made;
pub mod owner;
pub mod package;
pub mod port;
mod roll;
pub mod script;
pub mod server;
pub mod source;
pub mod stage;
pub mod start;
pub mod user;
pub mod value;
pub mod workload;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::options::GivenImage;
use crate::source::Lines;
use crate::syntax::{Args, Instruction, Keyword, Tree};

pub use script::Shelled;
pub use stage::{Base, ShellKind, Stage};
pub use user::Who;
pub use value::Value;

/// A Dockerfile's meaning.
pub struct Model<'a> {
    /// The file.
    pub bytes: &'a [u8],
    /// Its tree.
    pub tree: &'a Tree,
    /// Its lines.
    pub lines: Lines,
    /// Its stages, in order.
    pub stages: Vec<Stage>,
    scripts: Vec<OnceLock<Vec<Shelled>>>,
    commands: Vec<OnceLock<command::Commands>>,
    rolls: Vec<OnceLock<account::Rolls>>,
}

impl<'a> Model<'a> {
    /// Reads the meaning of a tree. `bytes` are the bytes that it was parsed from.
    pub fn new(bytes: &'a [u8], tree: &'a Tree) -> Self {
        Self::with(bytes, tree, &BTreeMap::new())
    }

    /// The same where the caller knows some images.
    pub fn with(bytes: &'a [u8], tree: &'a Tree, images: &BTreeMap<String, GivenImage>) -> Self {
        let count = tree.instructions.len();
        let stages = stage::read(tree);
        let mut model = Self {
            bytes,
            tree,
            lines: Lines::new(bytes),
            scripts: std::iter::repeat_with(OnceLock::new).take(count).collect(),
            commands: std::iter::repeat_with(OnceLock::new).take(count).collect(),
            rolls: std::iter::repeat_with(OnceLock::new).take(stages.len()).collect(),
            stages,
        };
        stage::resolve_bases(&mut model, images);
        model
    }

    /// The instruction with this index.
    pub fn instruction(&self, index: usize) -> Option<&'a Instruction> {
        self.tree.instructions.get(index)
    }

    /// The keyword of the instruction with this index.
    pub fn keyword(&self, index: usize) -> Keyword {
        self.instruction(index).map_or(Keyword::Unknown, |instruction| instruction.keyword)
    }

    /// Stages from the outermost ancestor in this file down to `stage` itself.
    pub fn chain(&self, stage: usize) -> Vec<usize> {
        let mut chain = vec![stage];
        let mut at = stage;
        while let Some(Base::Stage(parent)) = self.stages.get(at).map(|stage| &stage.base) {
            // A stage can only build on an earlier one, so this ends.
            if *parent >= at {
                break;
            }
            at = *parent;
            chain.push(at);
        }
        chain.reverse();
        chain
    }

    /// Every instruction of the stage and its ancestors, in the order of execution: (stage, instruction index).
    pub fn lineage(&self, stage: usize) -> Vec<(usize, usize)> {
        let own = |at: usize| self.stages.get(at).map_or(0..0, |stage| stage.body.clone()).map(move |i| (at, i));
        self.chain(stage).into_iter().flat_map(own).collect()
    }

    /// The RUNs among them.
    pub fn runs(&self, stage: usize) -> impl Iterator<Item = (usize, usize)> {
        self.lineage(stage).into_iter().filter(|(_, index)| self.keyword(*index) == Keyword::Run)
    }

    /// The image that the stage's chain starts from.
    pub fn root_base(&self, stage: usize) -> Option<&Base> {
        let first = *self.chain(stage).first()?;
        self.stages.get(first).map(|stage| &stage.base)
    }

    /// The scripts of a RUN, CMD, ENTRYPOINT or HEALTHCHECK in shell form, heredoc scripts included.
    pub fn scripts(&self, index: usize) -> &[Shelled] {
        let Some(cell) = self.scripts.get(index) else { return &[] };
        cell.get_or_init(|| {
            let dialect =
                self.stage_of(index).map_or_else(Default::default, |stage| self.shell(stage, index).dialect());
            match self.instruction(index) {
                Some(instruction) => script::read(self.bytes, instruction, dialect),
                None => Vec::new(),
            }
        })
    }

    /// The stage that an instruction stands in.
    pub fn stage_of(&self, index: usize) -> Option<usize> {
        let after = self.stages.partition_point(|stage| stage.from <= index);
        after.checked_sub(1)
    }

    /// The paths of an instruction, if it is a VOLUME.
    pub fn volumes(&self, stage: usize, index: usize) -> Vec<Value> {
        match self.instruction(index).map(|found| &found.args) {
            Some(Args::Many { words, .. }) if self.keyword(index) == Keyword::Volume => {
                words.iter().map(|word| self.expand(stage, index, &word.text)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The line of an instruction, from 1.
    pub fn line(&self, index: usize) -> usize {
        self.instruction(index).map_or(1, |instruction| instruction.lines.0)
    }
}
