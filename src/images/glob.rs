//! Globs with `*` only, on repositories and on tags; a tag may itself be a glob, where variables stand in it.

use std::cmp::Ordering;

/// Whether a pattern matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Match {
    /// None of the texts.
    No,
    /// Some of them, as far as is known.
    Maybe,
    /// All of them.
    Yes,
}

/// Whether a glob matches a text; `*` matches any text, slashes too.
pub(super) fn matches(glob: &str, text: &str) -> bool {
    let mut parts = glob.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

/// Whether a template's tag pattern matches a tag; no tag is `latest`, `''` is the pattern for it.
pub(super) fn tag(pattern: &str, tag: &str) -> Match {
    if let Some(bound) = pattern.strip_prefix(">=") {
        return version(bound, tag, Ordering::Less);
    }
    if let Some(bound) = pattern.strip_prefix("<=") {
        return version(bound, tag, Ordering::Greater);
    }
    let pattern = if pattern.is_empty() { "latest" } else { pattern };
    // A `*` in the tag is a character that only a `*` of the pattern holds.
    if matches(pattern, tag) {
        return Match::Yes;
    }
    if tag.contains('*') && overlap(pattern, tag) { Match::Maybe } else { Match::No }
}

/// Whether some text matches both globs, of which `tag` has a `*`.
fn overlap(pattern: &str, tag: &str) -> bool {
    let Some((our_start, _)) = pattern.split_once('*') else { return matches(tag, pattern) };
    let Some((their_start, _)) = tag.split_once('*') else { return matches(pattern, tag) };
    let end = |glob: &str| glob.rsplit_once('*').map_or(String::new(), |(_, end)| end.to_owned());
    let (our_end, their_end) = (end(pattern), end(tag));
    // With a `*` in both, what stands between start and end always fits.
    (our_start.starts_with(their_start) || their_start.starts_with(our_start))
        && (our_end.ends_with(&their_end) || their_end.ends_with(&our_end))
}

/// Whether the version that a tag starts with is within a bound: not `beyond` it. Only the parts that the bound has
/// count; a tag with fewer (`1` for 1.3.4) means the newest.
fn version(bound: &str, tag: &str, beyond: Ordering) -> Match {
    let tag = tag.strip_prefix('v').unwrap_or(tag);
    if tag.starts_with('*') {
        return Match::Maybe;
    }
    if !tag.starts_with(|c: char| c.is_ascii_digit()) {
        return Match::No;
    }
    let end = tag.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(tag.len());
    let (written, rest) = tag.split_at_checked(end).unwrap_or((tag, ""));
    let open = rest.starts_with('*');
    let mut parts = written.split('.').filter(|part| !part.is_empty()).map(number).peekable();
    for bound in bound.split('.').map(number) {
        let Some(part) = parts.next() else {
            return match open {
                true => Match::Maybe,
                false => within(Ordering::Greater, beyond),
            };
        };
        // A variable may go on with the last number.
        if open && parts.peek().is_none() && !written.ends_with('.') {
            return Match::Maybe;
        }
        match part.cmp(&bound) {
            Ordering::Equal => {}
            other => return within(other, beyond),
        }
    }
    Match::Yes
}

fn within(found: Ordering, beyond: Ordering) -> Match {
    if found == beyond { Match::No } else { Match::Yes }
}

/// A number of any length; one too long to hold is as large as can be.
fn number(part: &str) -> u64 {
    part.parse().unwrap_or(u64::MAX)
}
