//! The wildcard patterns of `${X#p}`, `${X%p}` and `${X/p/r}`: `*`, `?` and escapes, no brackets.

/// One step of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Char(char),
    /// `?`: any one character but a line feed.
    One,
    /// `*`: any characters but line feeds.
    Many,
}

/// A pattern, read.
#[derive(Debug)]
pub(super) struct Pattern {
    steps: Vec<Step>,
}

impl Pattern {
    /// Reads a pattern; `None` for an escape that BuildKit refuses (`shell/lex.go`, `convertShellPatternToRegex`).
    pub(super) fn new(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        let mut rest = text.chars();
        while let Some(found) = rest.next() {
            steps.push(match found {
                '*' => Step::Many,
                '?' => Step::One,
                '\\' => match rest.next()? {
                    literal @ ('*' | '?' | '\\' | '}' | '/') => Step::Char(literal),
                    _ => return None,
                },
                literal => Step::Char(literal),
            });
        }
        Some(Self { steps })
    }

    /// The pattern to match backwards with. BuildKit turns the text around before it reads it (`reversePattern`), so an
    /// escape character at the end comes to stand before the last character.
    pub(super) fn reversed(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text.chars();
        while let Some(found) = rest.next() {
            let escaped = if found == '\\' { rest.next() } else { None };
            parts.push((found, escaped));
        }
        let turned: String =
            parts.iter().rev().flat_map(|(found, escaped)| [Some(*found), *escaped]).flatten().collect();
        Self::new(&turned)
    }

    /// `value` without the shortest or longest start that matches.
    pub(super) fn trim_prefix(&self, value: &str, longest: bool) -> String {
        let value: Vec<char> = value.chars().collect();
        let cut = match_length(&self.steps, &value, longest).unwrap_or(0);
        value.iter().skip(cut).collect()
    }

    /// `value` without the shortest or longest end that matches; the pattern is a reversed one.
    pub(super) fn trim_suffix(&self, value: &str, longest: bool) -> String {
        let backwards: Vec<char> = value.chars().rev().collect();
        let cut = match_length(&self.steps, &backwards, longest).unwrap_or(0);
        backwards.iter().skip(cut).rev().collect()
    }

    /// `value` with the first or every match replaced; each match is the leftmost and longest.
    pub(super) fn replace(&self, value: &str, replacement: &str, all: bool) -> String {
        let value: Vec<char> = value.chars().collect();
        let mut out = String::new();
        let mut at = 0;
        let mut copied = 0;
        while let Some((start, end)) = self.find(&value, at) {
            out.extend(value.iter().take(start).skip(copied));
            // An empty match right behind another one does not count.
            if end > copied || start == 0 {
                out.push_str(replacement);
            }
            copied = end;
            at = end.max(at + 1);
            if !all {
                break;
            }
        }
        out.extend(value.iter().skip(copied));
        out
    }

    fn find(&self, value: &[char], from: usize) -> Option<(usize, usize)> {
        (from..=value.len()).find_map(|start| {
            let length = match_length(&self.steps, value.get(start..)?, true)?;
            Some((start, start + length))
        })
    }
}

/// How many characters at the start of `value` match: the fewest or the most possible.
fn match_length(steps: &[Step], value: &[char], longest: bool) -> Option<usize> {
    // reached[n]: the steps so far can match the first n characters.
    let mut reached = vec![false; value.len() + 1];
    reached.iter_mut().take(1).for_each(|first| *first = true);
    for step in steps {
        let mut next = Vec::with_capacity(reached.len());
        next.push(*step == Step::Many && reached.first() == Some(&true));
        for ((found, before), here) in value.iter().zip(&reached).zip(reached.iter().skip(1)) {
            let carried = next.last() == Some(&true);
            next.push(match step {
                Step::Char(wanted) => *before && found == wanted,
                Step::One => *before && *found != '\n',
                Step::Many => *here || (carried && *found != '\n'),
            });
        }
        reached = next;
    }
    if longest { reached.iter().rposition(|hit| *hit) } else { reached.iter().position(|hit| *hit) }
}
