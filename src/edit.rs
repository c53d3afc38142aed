//! Edits of byte ranges, applied all at once; bytes outside of them never change.

use crate::source::Span;

/// What is replaced, and by what. An empty span inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// What stands there afterwards.
    pub text: Vec<u8>,
}

impl Edit {
    /// Replaces `span` by `text`.
    pub fn replace(span: Span, text: impl Into<Vec<u8>>) -> Self {
        Self { span, text: text.into() }
    }

    /// Puts `text` in front of the byte at `at`.
    pub fn insert(at: usize, text: impl Into<Vec<u8>>) -> Self {
        Self::replace(Span::empty(at), text)
    }

    /// Removes `span`.
    pub fn delete(span: Span) -> Self {
        Self::replace(span, Vec::new())
    }
}

/// Why edits cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// A span ends before it starts, or reaches past the end of the text.
    #[error("the edit of bytes {}..{} does not lie in a text of {len} bytes", span.start, span.end)]
    OutOfRange {
        /// The span.
        span: Span,
        /// Length of the text.
        len: usize,
    },
    /// Two edits want the same bytes.
    #[error("the edits of bytes {}..{} and {}..{} overlap", first.start, first.end, second.start, second.end)]
    Overlap {
        /// The earlier one.
        first: Span,
        /// The later one.
        second: Span,
    },
}

/// Applies `edits`, in any order, to `text`. Overlaps are refused; inserts at one place keep the order they are given
/// in, and stand in front of a replacement that starts there.
pub fn apply(text: &[u8], edits: &[Edit]) -> Result<Vec<u8>, EditError> {
    let sorted = sorted(text.len(), edits)?;
    Ok(rope(text, &sorted).unwrap_or_else(|| splice(text, &sorted)))
}

fn sorted(len: usize, edits: &[Edit]) -> Result<Vec<&Edit>, EditError> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| edit.span);
    let mut last = Span::default();
    for edit in &sorted {
        if edit.span.start > edit.span.end || edit.span.end > len {
            return Err(EditError::OutOfRange { span: edit.span, len });
        }
        if edit.span.start < last.end {
            return Err(EditError::Overlap { first: last, second: edit.span });
        }
        last = edit.span;
    }
    Ok(sorted)
}

/// UTF-8 text goes through a rope. `None` when the text, or an edit of it, is not UTF-8, or an edit cuts a character.
fn rope(text: &[u8], sorted: &[&Edit]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let mut rope = ropey::Rope::from_str(text);
    // From the end, so that the offsets of the edits that are left still hold.
    for edit in sorted.iter().rev() {
        let Span { start, end } = edit.span;
        if !text.is_char_boundary(start) || !text.is_char_boundary(end) {
            return None;
        }
        let insert = std::str::from_utf8(&edit.text).ok()?;
        let (start, end) = (rope.try_byte_to_char(start).ok()?, rope.try_byte_to_char(end).ok()?);
        rope.try_remove(start..end).ok()?;
        rope.try_insert(start, insert).ok()?;
    }
    let mut out = Vec::with_capacity(rope.len_bytes());
    rope.chunks().for_each(|chunk| out.extend_from_slice(chunk.as_bytes()));
    Some(out)
}

fn splice(text: &[u8], sorted: &[&Edit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    for edit in sorted {
        out.extend_from_slice(Span::new(at, edit.span.start).of(text));
        out.extend_from_slice(&edit.text);
        at = edit.span.end;
    }
    out.extend_from_slice(Span::new(at, text.len()).of(text));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn edits_come_in_any_order_and_inserts_keep_theirs() {
        let edits = [
            Edit::replace(Span::new(4, 6), "X"),
            Edit::insert(4, "1"),
            Edit::insert(4, "2"),
            Edit::delete(Span::new(0, 2)),
            Edit::insert(8, "end"),
        ];
        assert_eq!(apply(b"abcdefgh", &edits).unwrap(), b"cd12Xghend");
    }

    #[test]
    fn overlaps_and_strays_are_refused() {
        let overlap = apply(b"abc", &[Edit::delete(Span::new(0, 2)), Edit::delete(Span::new(1, 3))]);
        assert_eq!(overlap, Err(EditError::Overlap { first: Span::new(0, 2), second: Span::new(1, 3) }));
        let inside = apply(b"abc", &[Edit::delete(Span::new(0, 2)), Edit::insert(1, "x")]);
        assert!(matches!(inside, Err(EditError::Overlap { .. })));
        let twice = apply(b"abc", &[Edit::delete(Span::new(0, 2)), Edit::delete(Span::new(0, 2))]);
        assert!(matches!(twice, Err(EditError::Overlap { .. })));
        for span in [Span::new(2, 1), Span::new(0, 4), Span::empty(4)] {
            assert_eq!(apply(b"abc", &[Edit::delete(span)]), Err(EditError::OutOfRange { span, len: 3 }));
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_survive() {
        assert_eq!(apply(b"\xff\r\na", &[Edit::insert(3, "é")]).unwrap(), b"\xff\r\n\xc3\xa9a");
        // An edit that cuts a character, and one that brings a broken one.
        assert_eq!(apply("é".as_bytes(), &[Edit::delete(Span::new(0, 1))]).unwrap(), b"\xa9");
        assert_eq!(apply(b"a", &[Edit::insert(1, b"\xff".to_vec())]).unwrap(), b"a\xff");
    }

    /// Cuts in the text, two for each edit: sorted, they can never overlap.
    fn edits(text: &str, cuts: &[prop::sample::Index], texts: &[String]) -> Vec<Edit> {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| *cut.get(&places)).collect();
        cuts.sort_unstable();
        cuts.chunks_exact(2)
            .zip(texts)
            .map(|(cut, text)| Edit::replace(Span::new(cut[0], cut[1]), text.as_str()))
            .collect()
    }

    proptest! {
        #[test]
        fn rope_and_splice_agree(
            text in "[a-z\r\n\téß\u{2028}\u{feff}😀]{0,200}",
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..16),
            texts in prop::collection::vec("[A-Z\r\né]{0,5}", 8),
        ) {
            let edits = edits(&text, &cuts, &texts);
            let sorted = sorted(text.len(), &edits).unwrap();
            let spliced = splice(text.as_bytes(), &sorted);
            prop_assert_eq!(rope(text.as_bytes(), &sorted), Some(spliced.clone()));
            // What stands between the edits stands between their texts afterwards.
            let mut rest = spliced.as_slice();
            let mut at = 0;
            for edit in sorted {
                let kept = &text.as_bytes()[at..edit.span.start];
                rest = rest.strip_prefix(kept).and_then(|rest| rest.strip_prefix(edit.text.as_slice())).unwrap();
                at = edit.span.end;
            }
            prop_assert_eq!(rest, &text.as_bytes()[at..]);
        }
    }
}
