//! Which instruction of the result is which of the original, as the plan's typed changes say.

use crate::model::Model;
use crate::plan::{Change, Place, Plan};

/// An instruction of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// This one of the original.
    Kept(usize),
    /// The ENV of a block: `NAME=value`.
    Env(String),
    /// A new COPY: its arguments.
    Copy(String),
    /// The RUN of a block: its commands.
    Run(Vec<String>),
    /// The EXPOSE of a block: its ports.
    Expose(String),
    /// The USER of a block: its argument.
    User(String),
}

/// Where every instruction of the result comes from, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aligned {
    /// One for every instruction of the result.
    pub origins: Vec<Origin>,
}

impl Aligned {
    /// Kept instructions: (index in the original, index in the result).
    pub fn kept(&self) -> impl Iterator<Item = (usize, usize)> {
        self.origins.iter().enumerate().filter_map(|(after, origin)| match origin {
            Origin::Kept(before) => Some((*before, after)),
            _ => None,
        })
    }
}

/// Aligns by the plan alone; whether texts agree is checked by the invariants.
///
/// # Errors
/// When the result has more or fewer instructions than the plan declares.
pub(super) fn align(before: &Model<'_>, after: &Model<'_>, plan: &Plan) -> Result<Aligned, String> {
    let mut origins = Vec::new();
    for index in 0..before.tree.instructions.len() {
        add_blocks(plan, Place::Above(index), &mut origins);
        let removed = |change: &Change| *change == Change::RemoveInstruction { instruction: index };
        if !plan.changes.iter().any(removed) {
            origins.push(Origin::Kept(index));
        }
        add_blocks(plan, Place::Below(index), &mut origins);
    }
    let found = after.tree.instructions.len();
    if found != origins.len() {
        return Err(format!("the result has {found} instructions, the plan says {}", origins.len()));
    }
    Ok(Aligned { origins })
}

fn add_blocks(plan: &Plan, here: Place, origins: &mut Vec<Origin>) {
    for change in &plan.changes {
        if let Change::Copy { place, arguments } = change {
            origins.extend(arguments.iter().filter(|_| *place == here).cloned().map(Origin::Copy));
            continue;
        }
        let Change::Block { place, env, commands, expose, user, .. } = change else { continue };
        if *place != here {
            continue;
        }
        origins.extend(env.clone().map(Origin::Env));
        if !commands.is_empty() {
            origins.push(Origin::Run(commands.clone()));
        }
        origins.extend(expose.clone().map(Origin::Expose));
        if let Some(user) = user {
            origins.push(Origin::User(user.clone()));
        }
    }
}
