//! Where a text asks a host by its name on a port: `http://web:80/`, `web:80`, and `http://web/`, which implies it.

use crate::source::Span;

/// One such place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// The digits of the port; empty, right behind the name, where it is only implied.
    pub digits: Span,
}

/// Every place in which a text asks `name` on the port, in order.
pub fn asked(text: &str, name: &str, port: u16) -> Vec<Asked> {
    let word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let scheme = match port {
        80 => Some("http://"),
        443 => Some("https://"),
        _ => None,
    };
    let place = |at: usize| {
        let before = text.get(..at)?;
        let end = at + name.len();
        let rest = text.get(end..)?;
        if before.chars().next_back().is_some_and(word) {
            return None;
        }
        let digits: &str = rest
            .strip_prefix(':')
            .map_or("", |rest| rest.get(..rest.bytes().take_while(u8::is_ascii_digit).count()).unwrap_or(""));
        if digits == port.to_string() {
            return Some(Asked { digits: Span::new(end + 1, end + 1 + digits.len()) });
        }
        let by_url = scheme.is_some_and(|scheme| before.ends_with(scheme));
        let ends = !rest.starts_with(|c: char| word(c) || matches!(c, ':' | '$'));
        (by_url && ends).then(|| Asked { digits: Span::empty(end) })
    };
    let hits = text.match_indices(name).filter(|_| !name.is_empty());
    hits.filter_map(|(at, _)| place(at)).collect()
}

#[cfg(test)]
mod tests {
    use super::asked;

    #[test]
    fn who_asks_by_name() {
        let asks = |text: &str| !asked(text, "web", 80).is_empty();
        for text in ["proxy_pass http://web;", "server web:80;", "A=http://web/", "x\nurl: 'http://web'", "p@web:80"] {
            assert!(asks(text), "{text}");
        }
        for text in ["http://web:3000/", "http://webs/", "http://my-web/", "http://web.example.org", "web:8080", "web"]
        {
            assert!(!asks(text), "{text}");
        }
    }
}
