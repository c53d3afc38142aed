//! Facts of private images that the caller vouches for: those of their family, and nothing that only a base image of the
//! family itself would have.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::Reference;
use super::fallback::NOTHING;
use crate::facts::{self, CommandKind, Confidence, DefaultUser, Facts, Family, Known};
use crate::options::GivenImage;

/// The id of these facts.
pub const GIVEN: &str = "given";

/// What the caller says of an image; an entry without a tag counts for every tag.
pub fn given(reference: &str, images: &BTreeMap<String, GivenImage>) -> Option<Facts> {
    if images.is_empty() {
        return None;
    }
    let wanted = Reference::new(reference);
    let same = |key: &str| Reference::new(key) == wanted;
    let any_tag = |key: &str| {
        let key = Reference::new(key);
        key.name == wanted.name && key.tag.is_none() && !key.digest
    };
    let exact = images.iter().find(|(key, _)| same(key));
    exact.or_else(|| images.iter().find(|(key, _)| any_tag(key))).map(|(_, image)| of_image(image))
}

fn of_image(image: &GivenImage) -> Facts {
    let default_user = image.user.as_deref().map_or(DefaultUser::Root, |user| DefaultUser::Account(kept(user)));
    Facts {
        id: GIVEN,
        family: image.family,
        shell: if image.shell { Known::Yes } else { Known::No },
        default_user,
        // What the image adds to its family was not said.
        command: CommandKind::Unknown,
        workdir: "",
        env: &[],
        ports: &[],
        writable: &[],
        app_folders: &[],
        drops: None,
        note: "",
        sources: &[],
        confidence: Confidence::Documented,
        ..of_family(image.family)
    }
}

/// The family's own image, else what a word tells that stands for the family.
fn of_family(family: Family) -> Facts {
    let name = format!("{family:?}").to_ascii_lowercase();
    let own = facts::templates().iter().map(|template| template.facts);
    let mut own = own.filter(|facts| facts.family == family && facts.id.replace('-', "") == name);
    let word = || facts::tokens().iter().find(|token| token.overlay.family == Some(family));
    own.next().or_else(|| word().map(|token| token.overlay.over(NOTHING))).unwrap_or(NOTHING)
}

/// The text for as long as the program runs, once: facts are static, and what a caller says of images is not.
fn kept(text: &str) -> &'static str {
    static TEXTS: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.iter().find(|known| **known == text) {
        return known;
    }
    let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
    texts.push(text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Strategy, Tools};

    fn images(key: &str, user: Option<&str>, family: Family) -> BTreeMap<String, GivenImage> {
        let image = GivenImage { user: user.map(str::to_owned), family, shell: true };
        BTreeMap::from([(key.to_owned(), image)])
    }

    #[test]
    fn an_entry_counts_for_its_tag_or_for_all() {
        let one = images("registry.corp/base:1", None, Family::Debian);
        assert!(given("registry.corp/base:1", &one).is_some());
        assert!(given("registry.corp/base:2", &one).is_none() && given("registry.corp/base", &one).is_none());
        let all = images("registry.corp/base", Some("app"), Family::Alpine);
        let facts = given("registry.corp/base:2", &all).unwrap();
        assert_eq!((facts.default_user, facts.tools), (DefaultUser::Account("app"), Tools::Busybox));
        assert!(given("registry.corp/other:2", &all).is_none());
    }

    #[test]
    fn accounts_can_be_made_in_families_that_have_a_recipe() {
        use Family::{Alpine, Arch, Busybox, Debian, Fedora, Rhel, Suse, Ubi, Ubuntu, Wolfi};
        for family in [Debian, Ubuntu, Alpine, Busybox, Wolfi, Rhel, Fedora, Ubi, Suse, Arch] {
            let facts = given("x", &images("x", None, family)).unwrap();
            assert!(facts.tools != Tools::None && facts.strategy == Strategy::Create, "{family:?}: {facts:?}");
            assert_eq!((facts.family, facts.default_user), (family, DefaultUser::Root));
        }
    }
}
