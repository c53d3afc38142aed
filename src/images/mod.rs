//! Image reference to facts: normalise, match, variants; then fall-backs.

mod evidence;
mod fallback;
mod given;
mod glob;
mod merge;
mod reference;

pub use evidence::{AccountTool, Evidence, PackageManager};
pub use fallback::fallback;
pub use given::{GIVEN, given};
pub use reference::Reference;

use crate::facts::{self, Facts, Variant};
use glob::Match;

/// Facts of an image as FROM names it: of its template, with every variant that matches laid over in order. What
/// differs between tags that an unfinished one (`$TAG`, a digest alone) may stand for is unknown.
pub fn lookup(reference: &str) -> Option<Facts> {
    let reference = Reference::new(reference);
    if reference.name.contains('$') {
        return None;
    }
    let (template, vendor) = facts::find(&reference.name, glob::matches)?;
    let tag = reference.pattern();
    let mut found =
        template.variants.iter().fold(template.facts, |facts, variant| match applies(variant, &reference.name, &tag) {
            Match::No => facts,
            Match::Yes => variant.overlay.over(facts),
            Match::Maybe => merge::either(facts, variant.overlay.over(facts)),
        });
    // What holds for a vendor's images in general was not seen in this one.
    if vendor {
        found.confidence = facts::Confidence::Recalled;
    }
    Some(found)
}

/// Facts of every image that a reference with variables in its tag may name: each variant that may match, with and without
/// it. Empty where it may be any image.
pub fn possible(reference: &str) -> Vec<Facts> {
    let reference = Reference::new(reference);
    let found = Some(&reference.name).filter(|name| !name.contains('$'));
    let Some((template, _)) = found.and_then(|name| facts::find(name, glob::matches)) else { return Vec::new() };
    let tag = reference.pattern();
    let mut found = vec![template.facts];
    for variant in template.variants {
        let with = found.iter().map(|facts| variant.overlay.over(*facts)).collect::<Vec<_>>();
        match applies(variant, &reference.name, &tag) {
            Match::No => {}
            Match::Maybe if found.len() < MOST => found.extend(with),
            Match::Maybe | Match::Yes => found = with,
        }
    }
    found
}

/// Whether the tag of a reference surely fits one of these globs, or there are none.
pub fn is_tagged(reference: &str, globs: &[&str]) -> bool {
    let tag = Reference::new(reference).pattern();
    globs.is_empty() || globs.iter().any(|glob| glob::tag(glob, &tag) == Match::Yes)
}

/// Most images that an unfinished tag is followed to.
const MOST: usize = 256;

/// Facts of the images of the same repository whose tag no template names.
pub fn of_any_tag(reference: &str) -> Option<Facts> {
    let name = Reference::new(reference).name;
    lookup(&format!("{name}:any-other"))
}

fn applies(variant: &Variant, name: &str, tag: &str) -> Match {
    let here = variant.repositories.is_empty() || variant.repositories.iter().any(|glob| glob::matches(glob, name));
    match here {
        false => Match::No,
        true if variant.tags.is_empty() => Match::Yes,
        true => variant.tags.iter().map(|pattern| glob::tag(pattern, tag)).max().unwrap_or(Match::No),
    }
}
