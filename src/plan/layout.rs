//! Which blank lines stand around what is added and what goes: one between instructions of two kinds, none between those
//! of one kind, and what stays keeps its distance to what stands above it.

use super::{Change, Place};
use crate::model::Model;
use crate::source::Span;
use crate::syntax::{Instruction, Keyword, TokenKind};

/// The lines of a file, and what a plan adds to them and takes from them.
pub(super) struct Layout<'l, 'm> {
    model: &'l Model<'m>,
    changes: &'l [Change],
}

/// Where a block is inserted, and whether a blank line comes with it.
pub(super) struct Spot {
    /// The byte in front of which it stands.
    pub(super) at: usize,
    /// A blank line above it.
    pub(super) above: bool,
    /// A blank line below it.
    pub(super) below: bool,
    /// Whether the line above it lacks its ending.
    pub(super) unended: bool,
}

/// What a block looks like from outside.
pub(super) struct Outline {
    /// Its first instruction.
    pub(super) first: Keyword,
    /// Its last instruction.
    pub(super) last: Keyword,
    /// Whether a comment heads it.
    pub(super) commented: bool,
}

impl<'l, 'm> Layout<'l, 'm> {
    pub(super) fn new(model: &'l Model<'m>, changes: &'l [Change]) -> Self {
        Self { model, changes }
    }

    /// The place of a block.
    pub(super) fn spot(&self, place: Place, block: &Outline) -> Option<Spot> {
        match place {
            Place::Above(anchor) => self.above(anchor, block),
            Place::Below(anchor) => self.below(anchor, block),
        }
    }

    fn above(&self, anchor: usize, block: &Outline) -> Option<Spot> {
        let found = self.model.instruction(anchor)?;
        let at = self.comments_of(found);
        let kept = self.kept_above(anchor);
        let before = kept.map(|kept| self.model.keyword(kept));
        if let Some(kept) = kept.filter(|_| before == Some(block.first) && !block.commented) {
            // It joins its kind; what follows keeps its distance.
            let at = self.model.instruction(kept)?.full.end;
            return Some(Spot { at, above: false, below: false, unended: false });
        }
        let parted = self.parted(at);
        // Copies alone stand with what they are for.
        if (block.first, block.last) == (Keyword::Copy, Keyword::Copy) {
            let above = !parted && before.is_some_and(|before| !matches!(before, Keyword::From | Keyword::Copy));
            let place = Place::Above(anchor);
            let beside = |change: &Change| matches!(change, Change::Block { place: other, .. } if *other == place);
            let below = match self.changes.iter().any(beside) {
                true => parted,
                false => found.keyword != Keyword::Copy,
            };
            return Some(Spot { at, above, below, unended: false });
        }
        // A USER that becomes the account's stands as the block's own.
        let own = found.keyword == Keyword::User;
        let below = (parted || own || before == Some(found.keyword)) && block.last != found.keyword;
        Some(Spot { at, above: !parted && before.is_some(), below, unended: false })
    }

    fn below(&self, anchor: usize, block: &Outline) -> Option<Spot> {
        let at = self.model.instruction(anchor)?.full.end;
        let kept = if self.goes(anchor) { self.kept_above(anchor)? } else { anchor };
        let parted = self.goes(anchor) && self.blanks_above(anchor) > 0;
        let joins = self.model.keyword(kept) == block.first && !block.commented;
        let next = self.kept_below(anchor).map(|next| self.model.keyword(next));
        let below = next == Some(self.model.keyword(kept)) && next != Some(block.last) && self.blank_lines_at(at) == 0;
        let ended = self.model.bytes.get(..at).is_some_and(|before| before.ends_with(b"\n"));
        Some(Spot { at, above: !joins && !parted, below, unended: !ended && !self.goes(anchor) })
    }

    /// The lines of an instruction that goes, with the blank lines that only it needed.
    pub(super) fn removal(&self, index: usize) -> Option<Span> {
        let found = self.model.instruction(index)?;
        if self
            .changes
            .iter()
            .any(|change| matches!(change, Change::Block { place: Place::Below(at), .. } if *at == index))
        {
            return Some(found.full);
        }
        let (above, below) = (self.blanks_above(index), self.blank_lines_at(found.full.end));
        let goes = above + below - self.gap_without(index, above, below);
        let of_below = goes.min(below);
        let line = self.model.lines.position(found.full.start).line - (goes - of_below);
        let after = self.model.lines.position(found.full.end).line + of_below;
        let end = if of_below == 0 { found.full.end } else { self.model.lines.start(after) };
        Some(Span::new(self.model.lines.start(line), end))
    }

    /// How many blank lines stay where an instruction went from between so many of them.
    fn gap_without(&self, index: usize, above: usize, below: usize) -> usize {
        let Some(next) = self.kept_below(index) else { return below };
        let model = self.model;
        let filled = |change: &Change| matches!(change, Change::Block { place: Place::Above(at), .. } if *at == next);
        let end = model.instruction(index).map_or(0, |found| model.lines.position(found.full.end).line + below);
        let joined = model.instruction(next).is_some_and(|next| next.full.start == model.lines.start(end));
        let alike = self.kept_above(index).is_some_and(|kept| {
            let start = model.instruction(index).map_or(0, |found| model.lines.position(found.full.start).line - above);
            let touches = model.instruction(kept).is_some_and(|kept| kept.full.end == model.lines.start(start));
            touches && model.keyword(kept) == model.keyword(next)
        });
        let together = above == 1 && below == 1 && joined && alike && !self.changes.iter().any(filled);
        if together { 0 } else { above.max(below) }
    }

    /// Whether a blank line stands above a line once all that goes is gone.
    fn parted(&self, at: usize) -> bool {
        let blanks = self.blank_lines_before(at);
        let line = self.model.lines.position(at).line - blanks;
        let above =
            self.model.tree.instructions.iter().position(|found| found.full.end == self.model.lines.start(line));
        blanks > 0 || above.is_some_and(|above| self.goes(above) && self.blanks_above(above) > 0)
    }

    fn goes(&self, index: usize) -> bool {
        self.changes.contains(&Change::RemoveInstruction { instruction: index })
    }

    fn kept_above(&self, index: usize) -> Option<usize> {
        (0..index).rev().find(|index| !self.goes(*index))
    }

    fn kept_below(&self, index: usize) -> Option<usize> {
        (index + 1..self.model.tree.instructions.len()).find(|index| !self.goes(*index))
    }

    fn blanks_above(&self, index: usize) -> usize {
        self.model.instruction(index).map_or(0, |found| self.blank_lines_before(found.full.start))
    }

    fn blank_lines_before(&self, at: usize) -> usize {
        let line = self.model.lines.position(at).line;
        (1..line).rev().take_while(|line| self.is_blank(*line)).count()
    }

    /// The blank lines that start at a byte where a line starts.
    fn blank_lines_at(&self, at: usize) -> usize {
        let line = self.model.lines.position(at).line;
        if self.model.lines.start(line) != at {
            return 0;
        }
        (line..).take_while(|line| self.is_blank(*line)).count()
    }

    fn is_blank(&self, line: usize) -> bool {
        let text = Span::new(self.model.lines.start(line), self.model.lines.end(line)).of(self.model.bytes);
        !text.is_empty() && text.iter().all(u8::is_ascii_whitespace)
    }

    /// The start of the comment lines directly above an instruction, or of its own line.
    fn comments_of(&self, instruction: &Instruction) -> usize {
        let mut line = self.model.lines.position(instruction.full.start).line;
        while line > 1 && self.is_comment(line - 1) {
            line -= 1;
        }
        self.model.lines.start(line)
    }

    /// Whether a line is a comment of its own: neither a directive nor a part of a continued instruction.
    fn is_comment(&self, line: usize) -> bool {
        let model = self.model;
        let span = Span::new(model.lines.start(line), model.lines.end(line));
        let tokens = &model.tree.tokens;
        let first = tokens.partition_point(|token| token.span.end <= span.start);
        let inside = tokens.iter().skip(first).take_while(|token| token.span.start < span.end);
        let mut comment = false;
        for token in inside {
            match token.kind {
                TokenKind::Comment => comment = true,
                TokenKind::Blank | TokenKind::Newline => {}
                _ => return false,
            }
        }
        let ends_inside =
            |instruction: &Instruction| instruction.full.start < span.start && span.start < instruction.full.end;
        let next = model.tree.instructions.partition_point(|instruction| instruction.full.start < span.start);
        let previous = next.checked_sub(1).and_then(|i| model.tree.instructions.get(i));
        comment && !previous.is_some_and(ends_inside)
    }
}
