//! What a FROM starts from: an earlier stage, an image, or something that only the builder knows.

use std::collections::HashMap;

use super::stage::{Base, Stage, platform};
use super::{Model, Value, value};
use crate::syntax::Args;

/// What the stage `index` starts from; `globals` are the ARGs above the first FROM.
pub(super) fn base(model: &Model<'_>, index: usize, globals: &HashMap<String, Value>) -> Base {
    let Some(stage) = model.stages.get(index) else { return Base::Unknown(String::new()) };
    let Some(Args::From { image, .. }) = model.instruction(stage.from).map(|from| &from.args) else {
        return Base::Unknown("its FROM is ill-formed".to_owned());
    };
    let mut unset = false;
    let mut lookup = |name: &str| {
        let value = globals.get(name).cloned().unwrap_or_else(|| platform(name));
        unset |= value == Value::Unset;
        value
    };
    let value = value::expand(&image.text, model.tree.escape, &mut lookup);
    let (reference, chosen) = match value {
        Value::Known(text) if !unset => (text, false),
        Value::Default(text) if !unset => (text, true),
        _ => {
            return stage_that_fits(&image.text, model, index)
                .unwrap_or_else(|| partly_known(&image.text, model, globals));
        }
    };
    // A number names a stage only in COPY --from; FROM takes names (Dockerfile reference, FROM).
    let wanted = reference.to_ascii_lowercase();
    let earlier = model.stages.get(..index).unwrap_or_default();
    if let Some(parent) = earlier.iter().rev().find(|stage| stage.name.as_deref() == Some(wanted.as_str())) {
        return Base::Stage(parent.index);
    }
    Base::Image { reference, facts: None, listed: false, chosen }
}

/// `FROM builder-${KIND}`: the one earlier stage whose name fits, whatever the builder says.
fn stage_that_fits(text: &str, model: &Model<'_>, index: usize) -> Option<Base> {
    let (start, rest) = text.split_once('$')?;
    let end = match rest.strip_prefix('{') {
        Some(inside) => inside.split_once('}').map_or("", |(_, end)| end),
        None => rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_'),
    };
    if start.is_empty() || text.contains(['/', ':']) || end.contains('$') {
        return None;
    }
    let (start, end) = (start.to_ascii_lowercase(), end.to_ascii_lowercase());
    let fits = |stage: &&Stage| {
        let name = stage.name.as_deref().and_then(|name| name.strip_prefix(start.as_str()));
        name.is_some_and(|rest| rest.ends_with(end.as_str()))
    };
    let mut fitting = model.stages.get(..index)?.iter().filter(fits);
    let only = fitting.next()?;
    fitting.next().is_none().then_some(Base::Stage(only.index))
}

/// `FROM node:${TAG}` with an unknown TAG: the repository is known, and that often is enough.
fn partly_known(text: &str, model: &Model<'_>, globals: &HashMap<String, Value>) -> Base {
    let Some((repository, tag)) = text.rsplit_once(':').filter(|(_, tag)| tag.contains('$')) else {
        return Base::Unknown(format!("`{text}` takes its value from outside of the file"));
    };
    let mut lookup = |name: &str| globals.get(name).cloned().unwrap_or_else(|| platform(name));
    let repository = value::expand(repository, model.tree.escape, &mut lookup);
    match repository.text() {
        Some(repository) if !repository.is_empty() => {
            Base::Image { reference: format!("{repository}:{tag}"), facts: None, listed: false, chosen: true }
        }
        _ => Base::Unknown(format!("`{text}` takes its value from outside of the file")),
    }
}
