//! A Caddyfile as a list of what it says (caddyserver.com/docs/caddyfile/concepts).

use super::conf::{Said, Word};
use crate::source::{Span, line_ending};

/// The name under which the addresses of a site block stand.
const SITE: &str = "site";
/// The name under which the block of global options stands.
const GLOBAL: &str = "global";

/// What a Caddyfile says, in order; `None` where it cannot be read.
pub(super) fn read(text: &[u8]) -> Option<Vec<Said>> {
    let mut found = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    // One site alone needs no braces: what follows its addresses is inside of it.
    let mut bare = false;
    for line in lines(text)? {
        let mut words = line;
        let bracket = words.pop_if(|word| word.text == "{").map(|word| word.span);
        let opens = bracket.is_some();
        let span = |words: &[Word], end: usize| Span::new(words.first().map_or(end, |word| word.span.start), end);
        if words.len() == 1 && words.first().is_some_and(|word| word.text == "}") {
            open.pop()?;
            continue;
        }
        if words.iter().any(|word| matches!(word.text.as_str(), "{" | "}"))
            || bare && open.is_empty() && opens && words.is_empty()
        {
            return None;
        }
        let inside = open.last().copied().or(bare.then_some(0));
        let end = words.last().map_or(0, |word| word.span.end);
        let whole = span(&words, end);
        let at = found.len();
        let header = inside.is_none();
        let first = words.first().map(|word| word.text.clone()).unwrap_or_default();
        let said = match header {
            true if words.is_empty() => Said { name: GLOBAL.to_owned(), words, span: bracket?, inside, opens },
            true if first == "import" => directive(words, whole, inside, opens)?,
            // A snippet, or a named route: `(name) {`, `&(name) {`.
            true if first.starts_with('(') || first.starts_with("&(") => {
                Said { name: first, words: Vec::new(), span: whole, inside, opens }
            }
            true => {
                bare = !opens;
                // Without braces there is nothing else.
                if bare && at > 0 {
                    return None;
                }
                Said { name: SITE.to_owned(), words: addresses(words), span: whole, inside, opens: true }
            }
            false => directive(words, whole, inside, opens)?,
        };
        found.push(said);
        if opens {
            open.push(at);
        }
    }
    open.is_empty().then_some(found)
}

fn directive(mut words: Vec<Word>, span: Span, inside: Option<usize>, opens: bool) -> Option<Said> {
    let rest = words.split_off(words.len().min(1));
    Some(Said { name: words.pop()?.text, words: rest, span, inside, opens })
}

/// `a, b` and `a b` as two addresses.
fn addresses(words: Vec<Word>) -> Vec<Word> {
    let without = |word: Word| {
        let text = word.text.trim_end_matches(',').to_owned();
        let span = Span::new(word.span.start, word.span.end - (word.text.len() - text.len()));
        Word { text, span }
    };
    words.into_iter().map(without).filter(|word| !word.text.is_empty()).collect()
}

/// The words of every line that has any; a line goes on behind a comma or a backslash at its end.
fn lines(text: &[u8]) -> Option<Vec<Vec<Word>>> {
    let mut found: Vec<Vec<Word>> = vec![Vec::new()];
    let mut at = 0;
    while let Some(byte) = text.get(at).copied() {
        let goes_on = |words: &Vec<Word>| words.last().is_some_and(|word| word.text.ends_with(','));
        match byte {
            b'\n' => {
                if !found.last().is_some_and(goes_on) {
                    found.push(Vec::new());
                }
                at += 1;
            }
            b'\\' if matches!(text.get(at + 1), Some(b'\n')) => at += 2,
            byte if byte.is_ascii_whitespace() => at += 1,
            b'#' => at += text.get(at..)?.iter().position(|byte| *byte == b'\n').unwrap_or(text.len() - at),
            _ => {
                let word = word(text, at)?;
                at = word.span.end;
                found.last_mut()?.push(word);
            }
        }
    }
    found.retain(|words| !words.is_empty());
    Some(found)
}

fn word(text: &[u8], start: usize) -> Option<Word> {
    let rest = text.get(start..)?;
    let quote = rest.first().copied().filter(|byte| matches!(byte, b'"' | b'`'));
    let len = match quote {
        Some(quote) => {
            // Two backslashes are one, and escape nothing that follows (caddyconfig/caddyfile/lexer.go).
            let mut escaped = false;
            let mut ends = |byte: u8| {
                let (was, ends) = (escaped, byte == quote && !escaped);
                escaped = quote == b'"' && byte == b'\\' && !was;
                ends
            };
            let end = (1..rest.len()).find(|at| rest.get(*at).is_some_and(|byte| ends(*byte)))?;
            end + 1
        }
        None => rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len()),
    };
    let raw = rest.get(..len)?;
    // A heredoc holds whatever it likes.
    if raw.starts_with(b"<<") {
        return None;
    }
    let inner = if quote.is_some() { raw.get(1..len - 1)? } else { raw };
    Some(Word { text: String::from_utf8_lossy(inner).into_owned(), span: Span::new(start, start + len) })
}

/// The port of a site's address that is served without TLS, and its digits in the text, which are empty where they are
/// implied; `None` for an address that gets TLS, or is not followed.
pub(super) fn address(text: &str) -> Option<(u16, std::ops::Range<usize>)> {
    let (plain, rest) = match text.split_once("://") {
        Some(("http", rest)) => (true, rest),
        Some(_) => return None,
        None => (false, text),
    };
    if rest.contains(['/', '[', '{', '$', '*']) {
        return None;
    }
    let (host, port) = rest.rsplit_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
    let (port, digits) = match port {
        Some(digits) => (digits.parse().ok()?, text.len() - digits.len()..text.len()),
        None => (80, text.len()..text.len()),
    };
    // A host gets a certificate unless it says `http://`, and so does port 443.
    let open = plain || (host.is_empty() && !digits.is_empty());
    (open && port != 443).then_some((port, digits))
}

/// Where the port of an address that gets TLS stands in the text, if it says one; `None` for any other address.
pub(super) fn secured(text: &str) -> Option<Option<std::ops::Range<usize>>> {
    let (scheme, rest) = text.split_once("://").map_or((None, text), |(scheme, rest)| (Some(scheme), rest));
    let (host, port) = rest.rsplit_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
    let plain = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '*'));
    let named = !host.is_empty() || scheme.is_some() || port.is_some();
    let secure = scheme.is_none_or(|scheme| scheme == "https") && port.is_none_or(|port| port == "443");
    (plain && named && secure).then(|| port.map(|digits| text.len() - digits.len()..text.len()))
}

/// Whether a file holds global options.
pub(super) fn is_global(said: &[Said]) -> bool {
    said.iter().any(|said| said.name == GLOBAL && said.inside.is_none())
}

/// Where the global options go that say ports: the place, and what stands around each of them in a file that has none yet.
/// `None` where a file has no brackets, and so can have none.
pub(super) fn options(text: &[u8], said: &[Said], names: &[&str]) -> Option<(usize, Vec<(String, String)>)> {
    let end = line_ending(text);
    if let Some(global) = said.iter().find(|said| said.name == GLOBAL && said.inside.is_none()) {
        return Some((global.span.end, names.iter().map(|name| (format!("{end}\t{name} "), String::new())).collect()));
    }
    let bracketed = |said: &Said| {
        let rest = text.get(said.span.end..).unwrap_or_default();
        rest.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
    };
    if text.starts_with(b"\xef\xbb\xbf") || !said.iter().filter(|said| said.name == SITE).all(bracketed) {
        return None;
    }
    let last = names.len().checked_sub(1)?;
    let around = |(at, name): (usize, &&str)| {
        let open = if at == 0 { format!("{{{end}") } else { String::new() };
        let close = if at == last { format!("}}{end}{end}") } else { String::new() };
        (format!("{open}\t{name} "), format!("{end}{close}"))
    };
    Some((0, names.iter().enumerate().map(around).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<Vec<String>> {
        let said = read(text.as_bytes())?;
        let line = |said: &Said| {
            let words: Vec<&str> = said.words.iter().map(|word| word.text.as_str()).collect();
            format!("{}{} {words:?}", if said.inside.is_some() { "  " } else { "" }, said.name)
        };
        Some(said.iter().map(line).collect())
    }

    #[test]
    fn sites_have_addresses() {
        let text = "{\n\tadmin off\n}\n(common) {\n\tencode gzip\n}\n:80, http://a.example {\n\timport common # x\n\theader X \"a b\"\n}\n";
        let wanted = [
            "global []",
            "  admin [\"off\"]",
            "(common) []",
            "  encode [\"gzip\"]",
            "site [\":80\", \"http://a.example\"]",
            "  import [\"common\"]",
            "  header [\"X\", \"a b\"]",
        ];
        assert_eq!(shown(text).unwrap(), wanted);
        assert_eq!(
            shown(":80\nroot * /srv\nfile_server\n").unwrap()[..2],
            ["site [\":80\"]", "  root [\"*\", \"/srv\"]"]
        );
        assert_eq!(shown("a.example,\nb.example {\n}\n").unwrap(), ["site [\"a.example\", \"b.example\"]"]);
        assert_eq!(shown(":80 {\nrespond \"C:\\\\\"\n}\n:81 {\nx \"a\\\"b\"\n}\n").unwrap().len(), 4);
    }

    #[test]
    fn what_cannot_be_read_is_left() {
        for broken in
            [":80 {", "}", ":80 {\n respond <<A\n}\nA\n}", ":80 { respond x }\n", "a \"b", "{\n}\n:80\nroot x\n"]
        {
            assert_eq!(shown(broken), None, "{broken}");
        }
        assert_eq!(shown("").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn ports_without_tls_are_known() {
        assert_eq!(address(":80"), Some((80, 1..3)));
        assert_eq!(address("http://:8080"), Some((8080, 8..12)));
        assert_eq!(address("http://shop.example"), Some((80, 19..19)));
        for other in [
            ":443",
            "shop.example",
            "shop.example:80",
            "https://shop.example",
            "http://a/b",
            "localhost",
            "",
            "http://[::1]:80",
        ] {
            assert_eq!(address(other), None, "{other}");
        }
    }
}
