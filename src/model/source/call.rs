//! Calls of the templates in a line of source: `open(<path>, "w`, `app.run(<arg>port=<port>`.

use super::line::{is_word, plain};

/// Calls of the templates in the form of lines, once for all lines that they are looked for in.
pub(super) fn prepared(calls: &[&str]) -> Vec<String> {
    calls.iter().map(|call| plain(call)).collect()
}

/// What a call's `<path>` or `<port>` stands for, everywhere that the line holds the call.
pub(super) fn arguments<'l>(line: &'l str, call: &'l str) -> impl Iterator<Item = &'l str> {
    let first = call.split('<').next().unwrap_or("");
    let starts = places(line, first).into_iter();
    starts.filter_map(move |at| fits(line, at, call)).filter(|text| !text.is_empty())
}

/// Whether a line holds a text that is no part of a longer word, and no method of something else.
pub(super) fn holds(line: &str, text: &str) -> bool {
    let ends = text.ends_with(is_word);
    places(line, text).into_iter().any(|at| {
        let after = line.get(at + text.len()..).and_then(|rest| rest.chars().next());
        !(ends && after.is_some_and(is_word))
    })
}

/// Variables of the environment that a line reads, and where their names end; `environment` is what stands before a name.
pub(super) fn variables<'l>(line: &'l str, environment: &'l [String]) -> impl Iterator<Item = (&'l str, usize)> {
    environment.iter().flat_map(move |begin| {
        line.match_indices(begin.as_str()).filter_map(move |(at, _)| {
            let start = at + begin.len();
            let name = line.get(start..)?.split(|letter| !is_word(letter)).next()?;
            (!name.is_empty()).then_some((name, start + name.len()))
        })
    })
}

/// Where a text begins in a line.
pub(super) fn places(line: &str, text: &str) -> Vec<usize> {
    let starts = text.starts_with(is_word);
    let free = |at: &usize| {
        let before = line.get(..*at).and_then(|text| text.chars().next_back());
        !(starts && before.is_some_and(|letter| is_word(letter) || letter == '.'))
    };
    line.match_indices(text).map(|(at, _)| at).filter(free).collect()
}

/// The argument of a call that stands at `at`, if all of it does.
fn fits<'l>(line: &'l str, at: usize, call: &str) -> Option<&'l str> {
    let (mut at, mut call) = (at, call);
    let mut argument = None;
    while let Some((literal, rest)) = call.split_once('<') {
        line.get(at..)?.strip_prefix(literal)?;
        at += literal.len();
        let (kind, after) = rest.split_once('>')?;
        let next = after.split('<').next().unwrap_or("");
        let inside = line.get(at..)?;
        let len = match kind {
            "path" => {
                let text = inside.strip_prefix('"')?.split('"').next()?;
                argument = Some(text).filter(|text| is_literal(text));
                argument?;
                let end = text.len() + 2;
                let follows = inside.get(end..)?.chars().next();
                if next.is_empty() && !follows.is_none_or(|letter| matches!(letter, ',' | ')' | ';')) {
                    return None;
                }
                end
            }
            "port" if literal.contains('"') && literal.matches('"').count() % 2 == 1 => {
                let end = inside.find(|letter: char| !letter.is_ascii_digit())?;
                argument = inside.get(..end);
                end
            }
            "port" => {
                let end = expression(inside);
                argument = inside.get(..end);
                end
            }
            _ => skipped(inside, next)?,
        };
        at += len;
        call = after;
    }
    line.get(at..)?.strip_prefix(call)?;
    argument
}

/// An absolute path that nothing is put into.
fn is_literal(text: &str) -> bool {
    text.len() > 1 && text.starts_with('/') && !text.contains(['$', '{', '}', '%', '*', '\\', '\'', ' '])
}

/// How long an expression is: up to what ends an argument.
pub(super) fn expression(text: &str) -> usize {
    let mut depth = 0_i32;
    let mut quoted = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return at,
            ')' | ']' | '}' => depth -= 1,
            ',' | ';' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

/// The name that a line sets, and what it gives it: `const port = 80;`, `PORT: int = 80`.
pub(super) fn assignment(line: &str) -> Option<(&str, &str)> {
    let begins = ["export const ", "const ", "let ", "var "];
    let rest = begins.iter().find_map(|begin| line.strip_prefix(begin)).unwrap_or(line);
    let (name, rest) = rest.split_at_checked(rest.find(|letter| !is_word(letter))?)?;
    let rest = match rest.strip_prefix(':') {
        Some(typed) => typed.get(typed.find('=')?..)?,
        None => rest,
    };
    let value = rest.strip_prefix('=').filter(|value| !value.starts_with(['=', '>']))?;
    (!name.is_empty()).then_some((name, value.get(..expression(value))?))
}

/// How much comes before `next` among the arguments of the same call.
fn skipped(text: &str, next: &str) -> Option<usize> {
    let mut depth = 0_i32;
    let mut quoted = false;
    let mut before = '(';
    for (at, letter) in text.char_indices() {
        let apart = !(next.starts_with(is_word) && is_word(before));
        if depth == 0 && !quoted && apart && text.get(at..).is_some_and(|rest| rest.starts_with(next)) {
            return Some(at);
        }
        match letter {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return None,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        before = letter;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(line: &str, call: &str) -> Option<String> {
        arguments(&plain(line), &plain(call)).next().map(str::to_owned)
    }

    #[test]
    fn paths_are_whole_literals() {
        let open = "open(<path>, \"w";
        assert_eq!(first("with open('/var/log/a.log', 'wb') as f:", open).as_deref(), Some("/var/log/a.log"));
        assert_eq!(first("with open('/var/log/a.log') as f:", open), None);
        assert_eq!(first("with open('/var/log/a.log', 'r') as f:", open), None);
        assert_eq!(first("open('a.log', 'w')", open), None);
        assert_eq!(first("sftp.open('/a.log', 'w')", open), None);
        assert_eq!(first("reopen('/a.log', 'w')", open), None);
        let make = ".mkdirSync(<path>";
        assert_eq!(first("fs.mkdirSync('/data/x', { recursive: true })", make).as_deref(), Some("/data/x"));
        assert_eq!(first("fs.mkdirSync('/data/' + name)", make), None);
        assert_eq!(first("fs.mkdirSync(`/data/${name}`)", make), None);
        let config = "logging.basicConfig(<arg>, filename=<path>";
        let line = "logging.basicConfig(level=logging.getLevel('x', 1), filename='/l')";
        assert_eq!(first(line, config).as_deref(), Some("/l"));
    }

    #[test]
    fn ports_are_arguments_of_the_call() {
        let run = "app.run(<arg>port=<port>";
        assert_eq!(first("app.run(host='0.0.0.0', port=80, debug=True)", run).as_deref(), Some("80"));
        assert_eq!(first("app.run(port = 80)", run).as_deref(), Some("80"));
        assert_eq!(first("app.run(reuse_port=80)", run), None);
        assert_eq!(first("app.run(x(port=80))", run), None);
        assert_eq!(first("app.run(); client(port=80)", run), None);
        let server = ".HTTPServer((<arg>, <port>)";
        let line = "http.server.HTTPServer(('', int(os.environ.get('PORT', '80'))), H)";
        assert_eq!(first(line, server).as_deref(), Some("int(os.environ.get(\"PORT\",\"80\"))"));
        assert_eq!(
            first("http.ListenAndServe(\":80\", nil)", "http.ListenAndServe(\":<port>\"").as_deref(),
            Some("80")
        );
    }

    #[test]
    fn words_are_whole() {
        let holds = |line: &str, text: &str| holds(&plain(line), &plain(text));
        assert!(holds("if os.geteuid() != 0:", "os.geteuid() != 0"));
        assert!(!holds("if os.geteuid() != 01:", "os.geteuid() != 0"));
        assert!(holds("raise ValueError", "raise ") && !holds("praise(x)", "raise "));
    }
}
