//! Reading YAML: the one place that knows which library does it.

use serde::de::DeserializeOwned;

/// Most bytes of a file that is read: compose files have a few thousand.
const MOST: usize = 1 << 20;

/// A YAML document as a typed value, merge keys (`<<`) applied; `None` when it is broken, too large or of another shape.
pub fn read<T: DeserializeOwned>(text: &[u8]) -> Option<T> {
    if text.len() > MOST {
        return None;
    }
    let mut value: serde_yaml::Value = serde_yaml::from_slice(text).ok()?;
    value.apply_merge().ok()?;
    serde_yaml::from_value(value).ok()
}
