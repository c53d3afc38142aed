//! The ports that health checks ask their own host on.

use super::{FIRST_FREE, Named, Use};
use crate::facts::words;
use crate::model::Model;
use crate::source::Span;

/// Every place in a HEALTHCHECK that asks the container itself on a port below 1024.
pub(super) fn asked(model: &Model<'_>, stage: usize, index: usize) -> Vec<Named> {
    let programs = model.health_programs(stage, index).list;
    let found = programs.iter().flat_map(|program| {
        // Words of a script in a word have no places of their own: URLs alone are found in the whole.
        let text = |place: Span| std::str::from_utf8(place.of(model.bytes)).unwrap_or_default();
        let lost = |(word, place): (&Option<String>, &Span)| {
            let named = |host: &&&str| word.as_ref().is_some_and(|word| word.contains(**host));
            words::OWN_HOSTS.iter().find(named).is_some_and(|host| !text(*place).contains(host))
        };
        if program.arguments.iter().zip(&program.places).any(lost) {
            let whole = model.instruction(index).map_or(program.span, |found| found.span);
            return of_word(false, whole, text(whole), None);
        }
        let takes_hosts = words::URL_CLIENTS.contains(&program.name.as_str());
        let word = |at: usize| {
            program.arguments.get(at)?.as_ref()?;
            let place = *program.places.get(at)?;
            Some((place, text(place)))
        };
        let places =
            (0..program.arguments.len()).filter_map(move |at| Some((word(at)?, word(at + 1)))).collect::<Vec<_>>();
        places.into_iter().flat_map(|((place, text), next)| of_word(takes_hosts, place, text, next)).collect()
    });
    let low = found.filter(|(port, _)| *port > 0 && *port < FIRST_FREE);
    low.map(|(port, span)| Named::new(port, Use::Asks, index, span, true)).collect()
}

/// The ports on which a word asks: `http://localhost/`, `localhost:80`, `localhost 80`, and to a client that
/// takes hosts `localhost/`; where the digits are, or would be.
fn of_word(takes_hosts: bool, place: Span, text: &str, next: Option<(Span, &str)>) -> Vec<(u16, Span)> {
    let plain = text.trim_matches(['"', '\'']);
    if let (true, Some((digits, port))) = (words::OWN_HOSTS.contains(&plain), next)
        && let Ok(port) = port.parse()
    {
        return vec![(port, digits)];
    }
    let hits =
        words::OWN_HOSTS.iter().flat_map(|host| text.match_indices(host).map(|(at, host)| (at, at + host.len())));
    hits.filter_map(|(at, end)| {
        let (port, digits) = asked_at(text.get(..at)?, text.get(end..)?, takes_hosts)?;
        let start = place.start + end + usize::from(digits > 0);
        Some((port, Span::new(start, start + digits)))
    })
    .collect()
}

/// The port that stands behind a host, and how many digits it has; none where `http://localhost/` implies it.
fn asked_at(before: &str, rest: &str, takes_hosts: bool) -> Option<(u16, usize)> {
    let word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let scheme = ["http://", "https://"].into_iter().find(|scheme| before.ends_with(scheme));
    // `web:80:127.0.0.1` maps names.
    if before.ends_with(word) || (scheme.is_none() && before.ends_with([':', '/'])) {
        return None;
    }
    if let Some(behind) = rest.strip_prefix(':') {
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        let ends = !behind.get(digits..)?.starts_with(|c: char| word(c) || c == ':');
        return Some((behind.get(..digits)?.parse().ok()?, digits)).filter(|_| ends);
    }
    let ends = !rest.starts_with(|c: char| word(c) || c == '$');
    let begins = before.trim_start_matches(['"', '\'']).is_empty();
    match scheme {
        Some("https://") => Some((443, 0)),
        Some(_) => Some((80, 0)),
        None => (takes_hosts && begins).then_some((80, 0)),
    }
    .filter(|_| ends)
}

/// Whether a text may ask on a port in whatever way: it says the number, a URL without one, or opens a connection by itself.
pub fn asks(text: &str, port: u16) -> bool {
    let number = port.to_string();
    let says = text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == number);
    let scheme = match port {
        80 => "http://",
        443 => "https://",
        _ => return says,
    };
    let implied = |rest: &str| {
        let host = rest.split(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '?')).next().unwrap_or("");
        let named = host.trim_end_matches(|c: char| c.is_ascii_digit());
        // The colons of `[::1]` stand before no port.
        !named.ends_with(':') || named.len() == host.len()
    };
    says || text.split(scheme).skip(1).any(implied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_a_host() {
        for (before, rest, wanted) in [
            ("http://", "/", Some((80, 0))),
            ("https://", "", Some((443, 0))),
            ("http://", ":80/up", Some((80, 2))),
            ("", ":8080", Some((8080, 4))),
            ("", "/up", Some((80, 0))),
            ("web:80:", "", None),
            ("", ":80:1", None),
            ("http://", ".example/", None),
            ("my-", ":80", None),
            ("--host=", "", None),
            ("tcp://", ":80", None),
        ] {
            assert_eq!(asked_at(before, rest, true), wanted, "{before} {rest}");
        }
        assert_eq!(asked_at("", "", false), None);
    }

    #[test]
    fn texts_that_may_ask() {
        for text in [
            "nc -z web 80",
            "curl http://$(hostname)/",
            "curl http://[::1]/",
            "</dev/tcp/localhost/80",
            "curl http://a",
        ] {
            assert!(asks(text, 80), "{text}");
        }
        for text in [
            "curl http://localhost:3000/",
            "pgrep web",
            "curl https://localhost/",
            "sleep 8080",
            "curl http://[::1]:81/",
        ] {
            assert!(!asks(text, 80), "{text}");
        }
        assert!(asks("curl -k https://localhost/", 443) && !asks("curl http://localhost/", 443) && asks("nc x 53", 53));
    }
}
