//! What is known of the image that a stage builds on.

use std::collections::BTreeMap;

use super::{Base, Model};
use crate::images::{self, AccountTool, Evidence, PackageManager};
use crate::options::GivenImage;
use crate::syntax::{Args, Keyword};

/// Finds the template of a stage's base image, whose ENV the stage's own variables see.
pub(super) fn look_up(model: &mut Model<'_>, stage: usize) {
    if let Some(Base::Image { reference, facts, listed, .. }) = model.stages.get_mut(stage).map(|stage| &mut stage.base)
    {
        *facts = images::lookup(reference).map(Box::new);
        *listed = facts.is_some();
    }
}

/// What the caller or the file tells of a base image that has no template.
pub(super) fn judge_base(model: &mut Model<'_>, stage: usize, images: &BTreeMap<String, GivenImage>) {
    let Some(Base::Image { reference, facts: None, .. }) = model.stages.get(stage).map(|stage| &stage.base) else {
        return;
    };
    let told = images::given(reference, images);
    let found = told.unwrap_or_else(|| images::fallback(reference, &evidence(model, stage)));
    if let Some(Base::Image { facts, .. }) = model.stages.get_mut(stage).map(|stage| &mut stage.base) {
        *facts = Some(Box::new(found));
    }
}

/// What the RUNs of a stage tell of its base image.
fn evidence(model: &Model<'_>, stage: usize) -> Evidence {
    let Some(body) = model.stages.get(stage).map(|stage| stage.body.clone()) else { return Evidence::default() };
    let mut found = Evidence::default();
    for index in body.filter(|index| model.keyword(*index) == Keyword::Run) {
        found.has_run = true;
        for ran in &model.commands(stage, index).list {
            let arguments = ran.arguments.iter().flatten().map(String::as_str);
            found.package_manager = found.package_manager.or_else(|| PackageManager::of_command(&ran.name));
            found.account_tool = found.account_tool.or_else(|| AccountTool::of_command(&ran.name, arguments));
        }
    }
    found.powershell = model.shell(stage, usize::MAX) == super::ShellKind::Other;
    found.bash = model.shell(stage, usize::MAX) == super::ShellKind::Bash;
    found
}

impl Model<'_> {
    /// The image that the stage's chain starts from, as its FROM writes it.
    pub fn base_text(&self, stage: usize) -> Option<String> {
        let first = self.chain(stage).first().and_then(|first| self.stages.get(*first))?;
        match self.instruction(first.from).map(|found| &found.args) {
            Some(Args::From { image, .. }) => Some(image.text.clone()),
            _ => None,
        }
    }
}
