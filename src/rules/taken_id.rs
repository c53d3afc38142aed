//! # taken-id
//!
//! The file makes an account or a group with a number that the base image gives to another one already.
//!
//! ## Why
//! `useradd`, `groupadd` and their kin fail there (`UID 1000 is not unique`), and the build with them: uid 1000 is `node` in
//! the images of Node.js and `ubuntu` in Ubuntu from 24.04 on. Such files worked on an older base image.
//!
//! ## What unroot does
//! The account gets 10001, a number that no base image holds, if the command is a plain one and nothing else in the file
//! names the number.
//!
//! ## Example
//! ```dockerfile before
//! FROM ubuntu:24.04
//! RUN useradd --uid 1000 --create-home app
//! WORKDIR /srv/app
//! USER app
//! CMD ["./server"]
//! ```
//! ```dockerfile after
//! FROM ubuntu:24.04
//! RUN useradd --uid 10001 --create-home app
//! WORKDIR /srv/app
//! # app (10001:10001): a number lets Kubernetes check runAsNonRoot
//! USER 10001:10001
//! CMD ["./server"]
//! ```
//!
//! ## Safety
//! Safe: nothing was ever built from the file as it stands. Where the number is named elsewhere too, or `userdel` of the
//! other account may be meant, it is left to a person.

use super::Rule;
use crate::plan::{Draft, pins, standing};

pub(super) const RULE: Rule = Rule { id: "taken-id", doc: include_str!("taken_id.rs"), apply };

fn apply(draft: &mut Draft<'_>) {
    let named = standing::named(draft);
    for account in pins::all_taken(draft) {
        let Some(made) = account.made.clone() else { continue };
        let message = format!("{} cannot be made: its number is another's in the base image", account.name);
        let mut identity = draft.identity.clone().filter(|identity| identity.name.as_ref() == Some(&account.name));
        let named = named.as_ref().filter(|named| named.name == account.name && identity.is_none());
        let why = match named.map(|named| standing::pin(draft, named, &account)) {
            Some(Ok(pinned)) => {
                draft.changes.extend(pinned.pins.iter().cloned());
                draft.standing = Some(pinned.clone());
                identity = Some(pinned);
                String::new()
            }
            Some(Err(why)) => why,
            None => pins::two_ways(&account, "it is not the account that runs the process"),
        };
        if identity.is_some_and(|identity| !identity.pins.is_empty()) {
            draft.found(RULE.id, made.instruction, message, "it gets 10001, which no base image holds");
        } else {
            draft.leave(RULE.id, made.instruction, message, "taken-id", why);
        }
    }
}
