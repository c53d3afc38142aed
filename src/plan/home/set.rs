//! HOME that an ENV sets to root's becomes the home of the account, by a line of the block: every step of the build stands
//! above it and keeps what it has.

use super::Relocation;
use super::elsewhere::Elsewhere;
use crate::model::hazard::Scene;
use crate::model::{Model, value};
use crate::plan::{Place, block};

/// `ENV HOME=/home/app` above USER, where root's home was named for the process.
pub(super) fn relocation(scene: &Scene<'_>, home: &str) -> Option<Relocation> {
    let (model, stage) = (scene.model, scene.stage);
    let at = names_roots(model, stage)?;
    if is_built_on(model, stage) || Elsewhere::of(scene)?.names("/root") {
        return None;
    }
    let told = vec![(
        at,
        "ENV HOME names /root, which no other user can enter (mode 0700)".to_owned(),
        format!("the process gets {home}, the home of the account; the steps of the build keep /root"),
    )];
    Some(Relocation { home: Some(home.to_owned()), told, ..Relocation::default() })
}

/// The ENV by which the process has root's home, if one says so.
pub fn names_roots(model: &Model<'_>, stage: usize) -> Option<usize> {
    let (_, at, value) = model.environments(stage).into_iter().find(|(name, _, _)| name == "HOME")?;
    (value.certain().and_then(value::normal).as_deref() == Some("/root")).then_some(at)
}

/// The instruction that is the first to stand below the block.
pub(super) fn below(model: &Model<'_>, stage: usize) -> Option<usize> {
    match block::place(model, stage)? {
        Place::Above(at) => Some(at),
        Place::Below(at) => Some(at + 1),
    }
}

/// Whether another stage of the file builds on this one, whose steps would have another HOME.
pub fn is_built_on(model: &Model<'_>, stage: usize) -> bool {
    model.stages.iter().any(|other| other.index != stage && model.chain(other.index).contains(&stage))
}
