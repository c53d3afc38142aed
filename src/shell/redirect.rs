//! Redirections (POSIX 2.7), and those that bash adds.

use super::parser::{Parsed, Parser};
use super::tree::Redirect;
use crate::source::Span;

impl Parser<'_> {
    /// A redirection, if one stands here.
    pub(super) fn redirect(&mut self) -> Parsed<Option<Redirect>> {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        // dash knows only descriptors of one digit: `10>x` is the word `10` and a redirection.
        let limit = if self.bash() { 9 } else { 1 };
        let digits = rest.iter().take(limit).take_while(|byte| byte.is_ascii_digit()).count();
        let digits = if digits == 0 && self.bash() { self.named_descriptor() } else { digits };
        let Some(operator) = self.redirect_operator(start + digits) else { return Ok(None) };
        let descriptor = std::str::from_utf8(rest.get(..digits).unwrap_or_default()).ok();
        let descriptor = descriptor.and_then(|text| text.parse().ok());
        self.at = start + digits + operator.len();
        self.skip_blank();
        let target = self.word()?;
        let body = match operator {
            "<<" | "<<-" => self.owe_heredoc(&target, operator == "<<-"),
            _ => None,
        };
        let span = Span::new(start, target.span.end);
        Ok(Some(Redirect { operator: operator.to_owned(), descriptor, target, span, body, content: Vec::new() }))
    }

    fn redirect_operator(&self, at: usize) -> Option<&'static str> {
        const POSIX: [&str; 9] = ["<<-", "<<", "<&", "<>", "<", ">>", ">&", ">|", ">"];
        const BASH: [&str; 3] = ["<<<", "&>>", "&>"];
        let rest = self.text.get(at..)?;
        let here = |operator: &&&str| rest.starts_with(operator.as_bytes());
        if self.bash() {
            if rest.starts_with(b"<(") || rest.starts_with(b">(") {
                return None;
            }
            // `2&>` is no operator: the digit is a word.
            if let Some(operator) = BASH.iter().find(here).filter(|name| at == self.at || !name.starts_with('&')) {
                return Some(operator);
            }
        }
        POSIX.iter().find(here).copied()
    }

    /// The length of `{name}` before a redirection operator.
    pub(super) fn named_descriptor(&self) -> usize {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(inside) = rest.strip_prefix(b"{") else { return 0 };
        let len = inside.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        match (inside.get(len), inside.get(len + 1)) {
            (Some(b'}'), Some(b'<' | b'>')) if len > 0 => len + 2,
            _ => 0,
        }
    }
}
