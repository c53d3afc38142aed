//! Parser directives: the `# name=value` lines at the very top.

use super::text::skip_spaces;
use super::tree::Directive;
use crate::source::Span;

/// The names that BuildKit knows (`parser/directives.go`); any other is a comment and ends the block.
const NAMES: [&str; 3] = ["syntax", "escape", "check"];

/// Reads directives until the first line that is none.
#[derive(Debug, Default)]
pub(super) struct Directives {
    /// What was found so far.
    pub(super) found: Vec<Directive>,
    done: bool,
}

impl Directives {
    /// Reads one line without its indentation and ending. True if it is a directive; an error if it is a repeated one,
    /// or an escape character that is none.
    pub(super) fn read(&mut self, text: &[u8], line: Span) -> Result<bool, String> {
        if self.done {
            return Ok(false);
        }
        let Some((name, value)) = parse(text, line) else {
            self.done = true;
            return Ok(false);
        };
        if self.found.iter().any(|directive| directive.name == name) {
            return Err(format!("the directive `{name}` stands here twice; keep one of them"));
        }
        if name == "escape" && value != "\\" && value != "`" {
            return Err(format!("`{value}` cannot be the escape character; only `\\` and a backtick can"));
        }
        self.found.push(Directive { name, value, span: line });
        Ok(true)
    }

    /// The escape character that the directives choose.
    pub(super) fn escape(&self) -> u8 {
        let chosen = self.found.iter().find(|directive| directive.name == "escape");
        chosen.and_then(|directive| directive.value.bytes().next()).unwrap_or(b'\\')
    }
}

fn parse(text: &[u8], line: Span) -> Option<(String, String)> {
    let hash = text.get(line.start).filter(|byte| **byte == b'#').map(|_| line.start + 1)?;
    let body = Span::new(skip_spaces(text, hash, line.end), line.end).of(text);
    let length = body.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let (name, rest) = body.split_at_checked(length)?;
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    if !NAMES.contains(&name.as_str()) {
        return None;
    }
    let value = trim_start(rest).strip_prefix(b"=")?;
    let trimmed = trim_end(trim_start(value));
    // BuildKit's pattern wants one character at least, so of a blank value the last blank is left.
    let value = if trimmed.is_empty() { value.last_chunk::<1>()?.as_slice() } else { trimmed };
    Some((name, String::from_utf8_lossy(value).into_owned()))
}

/// The blanks of Go's `\s`.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

fn trim_start(bytes: &[u8]) -> &[u8] {
    bytes.iter().position(|byte| !is_blank(*byte)).and_then(|at| bytes.get(at..)).unwrap_or_default()
}

fn trim_end(bytes: &[u8]) -> &[u8] {
    bytes.iter().rposition(|byte| !is_blank(*byte)).and_then(|at| bytes.get(..=at)).unwrap_or_default()
}
