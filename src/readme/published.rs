//! Where a documented run says which port of the container it maps.

use super::Run;
use crate::source::{Lines, Span};

/// A mapping of a port (`-p 8080:80`): all of its value, and the digits of the container's port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// The value.
    pub value: Span,
    /// The digits.
    pub digits: Span,
}

/// The mappings of a port of the container in a run that [`runs`](super::runs) found in the text.
pub fn published(text: &str, run: &Run, port: u16) -> Vec<Published> {
    let lines = Lines::new(text.as_bytes());
    let mut last = run.line;
    let line = |at: usize| text.get(lines.start(at)..lines.end(at)).unwrap_or("");
    while line(last).trim_end().ends_with('\\') && lines.end(last) < text.len() {
        last += 1;
    }
    let range = Span::new(lines.start(run.line), lines.end(last));
    let mut found = Vec::new();
    let mut option = false;
    for word in words(text, range) {
        let written = text.get(word.range()).unwrap_or("");
        let value =
            match written.strip_prefix("--publish=").or_else(|| written.strip_prefix("-p").filter(|it| !it.is_empty()))
            {
                Some(value) => Some(Span::new(word.end - value.len(), word.end)),
                None if option => Some(word),
                None => None,
            };
        option = matches!(written, "-p" | "--publish");
        found.extend(value.and_then(|value| of(text, value, port)));
        // What follows the image is no option of the run.
        if written.trim_matches(QUOTES) == run.image {
            break;
        }
    }
    found
}

const QUOTES: [char; 3] = ['"', '\'', '`'];

/// Words between blanks.
fn words(text: &str, range: Span) -> Vec<Span> {
    let mut at = range.start;
    let parts = text.get(range.range()).unwrap_or("").split_inclusive(|c: char| c.is_ascii_whitespace());
    let span = |part: &str| {
        let start = at;
        at += part.len();
        Span::new(start, start + part.trim_ascii_end().len())
    };
    parts.map(span).filter(|word| !word.is_empty()).collect()
}

fn of(text: &str, value: Span, port: u16) -> Option<Published> {
    let written = text.get(value.range())?;
    let plain = written.trim_end_matches(QUOTES);
    let plain = plain.strip_suffix("/tcp").unwrap_or(plain);
    let digits = plain.rsplit([':', '"', '\'']).next()?;
    let end = value.start + plain.len();
    (digits == port.to_string()).then(|| Published { value, digits: Span::new(end - digits.len(), end) })
}

#[cfg(test)]
mod tests {
    use super::super::runs;
    use super::*;

    #[test]
    fn mapped_ports_are_found_before_the_image() {
        let text = "ä\n    $ docker run -d -p 80:80 \\\n      --publish=\"8443:443/tcp\" -p80:80 me/shop -p 1:80\n";
        let run = runs(text).remove(0);
        let shown = |port| -> Vec<&str> {
            published(text, &run, port).iter().map(|it| text.get(it.value.start..it.digits.end).unwrap()).collect()
        };
        assert_eq!(shown(80), ["80:80", "80:80"]);
        assert_eq!(shown(443), ["\"8443:443"]);
        assert!(shown(81).is_empty());
    }
}
