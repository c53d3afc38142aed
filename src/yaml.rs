//! Reading YAML: the one place that knows which library does it.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor};

/// Most bytes of a file that is read: compose files have a few thousand.
const MOST: usize = 1 << 20;

/// A YAML document as a typed value, merge keys (`<<`) applied; `None` when it is broken, too large or of another shape.
pub fn read<T: DeserializeOwned>(text: &[u8]) -> Option<T> {
    if text.len() > MOST {
        return None;
    }
    let mut nodes = 0;
    Count(&mut nodes).deserialize(serde_yaml::Deserializer::from_slice(text)).ok()?;
    let mut value: serde_yaml::Value = serde_yaml::from_slice(text).ok()?;
    value.apply_merge().ok()?;
    serde_yaml::from_value(value).ok()
}

/// Most nodes of a document with its aliases written out: a few lines of aliases to aliases make millions.
const NODES: usize = 200_000;

/// Walks a document and counts its nodes; an error above [`NODES`].
struct Count<'c>(&'c mut usize);

impl<'de> DeserializeSeed<'de> for Count<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<(), D::Error> {
        *self.0 += 1;
        if *self.0 > NODES {
            return Err(D::Error::custom("too many nodes"));
        }
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Count<'_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("any node")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Count(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_key_seed(Count(self.0))?.is_some() {
            map.next_value_seed(Count(self.0))?;
        }
        Ok(())
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<(), A::Error> {
        let ((), inner) = tagged.variant_seed(Count(self.0))?;
        inner.newtype_variant_seed(Count(self.0))
    }
}

/// Why a document cannot be taken, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct Problem {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// A YAML document that must be as its type says; an empty one is `None`.
///
/// # Errors
/// The first thing that is wrong, and its place.
pub fn read_strictly<T: DeserializeOwned>(text: &[u8]) -> Result<Option<T>, Problem> {
    if text.len() > MOST {
        return Err(Problem { line: 1, column: 1, message: format!("is larger than {} KiB", MOST >> 10) });
    }
    serde_yaml::from_slice(text).map_err(|error| {
        let (line, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
        let message = error.to_string();
        let place = format!(" at line {line} column {column}");
        Problem { line, column, message: message.strip_suffix(&place).unwrap_or(&message).to_owned() }
    })
}
