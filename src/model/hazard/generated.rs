//! Dockerfiles that a program writes: what is changed in them is lost the next time.

use super::{Hazard, Scene, Weight, hazard};
use crate::facts::words;
use crate::syntax::TokenKind;

/// A comment above the first FROM that says so.
pub(super) fn generated(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let model = scene.model;
    let Some(first) = model.stages.first().map(|stage| stage.from) else { return };
    let end = model.instruction(first).map_or(0, |from| from.full.start);
    let header = model.tree.tokens.iter().filter(|token| token.kind == TokenKind::Comment && token.span.end <= end);
    let says = |text: &str| {
        let text = text.to_ascii_lowercase();
        words::GENERATED_MARKS.iter().any(|mark| text.contains(mark))
    };
    let comment =
        header.map(|token| (token, String::from_utf8_lossy(token.span.of(model.bytes)))).find(|(_, text)| says(text));
    let Some((token, text)) = comment else { return };
    let line = model.lines.position(token.span.start).line;
    let message = format!(
        "line {line} says `{}`: what writes the file would undo this, so change its source as well",
        text.trim_start_matches(['#', ' ']).trim_end()
    );
    found.push(hazard("generated-file", Weight::Unsafe, first, message));
}
