//! Facts of private images that the caller vouches for: those of their family, and nothing that only a base image of the
//! family itself would have.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::Reference;
use super::fallback::NOTHING;
use crate::facts::{self, Account, CommandKind, Confidence, DefaultUser, Facts, Family, Known, Role};
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
    let family = of_family(image.family);
    let user = image.user.as_deref().map(|user| kept(user, family.accounts));
    Facts {
        id: GIVEN,
        family: image.family,
        shell: if image.shell { Known::Yes } else { Known::No },
        default_user: user.map_or(DefaultUser::Root, |(user, _)| DefaultUser::Account(user)),
        accounts: user.map_or(family.accounts, |(_, accounts)| accounts),
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
        ..family
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

/// A user and the accounts of an image that has it.
type User = (&'static str, &'static [Account]);

/// The user and the accounts with it, for as long as the program runs and once each: facts are static, and what a
/// caller says of images is not.
fn kept(user: &str, family: &'static [Account]) -> User {
    static USERS: Mutex<Vec<(User, &'static [Account])>> = Mutex::new(Vec::new());
    let mut users = USERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((known, _)) = users.iter().find(|((known, _), of)| *known == user && *of == family) {
        return *known;
    }
    let name: &'static str = Box::leak(user.to_owned().into_boxed_str());
    let is_new = name.starts_with(|c: char| !c.is_ascii_digit()) && family.iter().all(|account| account.name != name);
    let own = is_new.then_some(Account { name, ..UNTOLD });
    let accounts = Box::leak(family.iter().copied().chain(own).collect());
    users.push(((name, accounts), family));
    (name, accounts)
}

/// An account of which only the name was said.
const UNTOLD: Account =
    Account { name: "", uid: None, gid: None, group: "", home: "", role: Role::App, supplementary: false };

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
        assert!(facts.accounts.iter().any(|account| account.name == "app" && account.uid.is_none()));
        assert!(std::ptr::eq(facts.accounts, given("registry.corp/base", &all).unwrap().accounts));
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
