//! The Dockerfile reader against BuildKit's own results, other parsers, and anything that can be thrown at it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

#[path = "lossless/corpus.rs"]
mod corpus;
#[path = "lossless/fixtures.rs"]
mod fixtures;
#[path = "lossless/invariants.rs"]
mod invariants;
#[path = "lossless/others.rs"]
mod others;
#[path = "lossless/words.rs"]
mod words;
