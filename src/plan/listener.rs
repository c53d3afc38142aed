//! The variable by which an image says where its program listens (`ASPNETCORE_URLS`): what takes its place, and what makes
//! it say nothing.

use super::{Draft, Moved};
use crate::compose;
use crate::model::Base;
use crate::model::port::{self, Named, Use};
use crate::model::source;
use crate::syntax::Args;

/// What the variable of the base image that says where its program listens has to hold for ports that move; `None` where it
/// names none of them.
pub fn retold(value: &str, moved: &[Moved]) -> Option<String> {
    let part = |part: &str| {
        let to = moved.iter().find_map(|it| Some(format!("{}{}", part.strip_suffix(&it.from.to_string())?, it.to)));
        to.unwrap_or_else(|| part.to_owned())
    };
    let text = value.split(';').map(part).collect::<Vec<_>>().join(";");
    (text != value).then_some(text)
}

/// The variable of the base image that an ENV has to set anew, as that ENV has it.
pub(super) fn inherited(draft: &Draft<'_>) -> Option<String> {
    let (name, value) = port::inherited(draft.scene).iter().find_map(|place| place.inherited)?;
    Some(format!("{name}={}", retold(value, &draft.moved)?))
}

/// Whether a port that EXPOSE alone says is none that the process listens on: a variable tells it others.
pub(super) fn stays(draft: &Draft<'_>, of: &[&Named], all: &[Named]) -> bool {
    let told = all.iter().any(|place| holds(draft, place));
    let exposed = of.iter().all(|place| place.role == Use::Exposes);
    let given = of.first().is_some_and(|place| is_given(draft, place.port));
    told && exposed && !given
}

/// Whether a compose service gives the process a variable that says a port to listen on.
pub(super) fn is_given(draft: &Draft<'_>, port: u16) -> bool {
    let Some(name) = variable(draft) else { return false };
    let says = |(own, value): &(String, String)| port::tells(own, name) && !compose::listened(value, port).is_empty();
    draft.scene.services.iter().any(|service| service.environment.iter().any(says))
}

/// The first place of the project's source or settings that may say by itself where a program listens which a variable of
/// the base image tells it else.
pub(super) fn said(draft: &Draft<'_>, of: &[&Named]) -> Option<String> {
    of.iter().find(|place| holds(draft, place))?;
    source::said(draft.scene).first().map(|(path, line)| format!("{path}:{line}"))
}

/// The variable by which the base image tells its program where to listen.
fn variable(draft: &Draft<'_>) -> Option<&'static str> {
    match draft.scene.model.root_base(draft.scene.stage)? {
        Base::Image { facts: Some(facts), .. } => Some(facts.port_variable).filter(|name| !name.is_empty()),
        _ => None,
    }
}

/// Whether a place is that variable, of the base image or of an ENV of the file.
fn holds(draft: &Draft<'_>, place: &Named) -> bool {
    let Some(name) = variable(draft) else { return false };
    let own = || match draft.scene.model.instruction(place.at).map(|found| &found.args) {
        Some(Args::Pairs(pairs)) => pairs.iter().any(|pair| {
            let holds = pair.value.as_ref().is_some_and(|value| value.span.contains(place.span));
            holds && port::tells(&pair.key.text, name)
        }),
        _ => false,
    };
    place.inherited.is_some() || own()
}
