//! Which ports the started file listens on, by what it says itself.

use super::call::{arguments, assignment, prepared};
use super::line::{Line, is_word};
use crate::facts::Shows;

/// Variables of the environment that name where a process listens, whatever else it reads.
pub(super) const OWN: [&str; 6] = ["PORT", "APP_PORT", "HTTP_PORT", "LISTEN_PORT", "SERVER_PORT", "WEB_PORT"];
/// Names that stand for each other.
const DEPTH: usize = 3;

/// A port as the source has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// The line, from 1.
    pub(super) line: usize,
    /// Variables of the environment that come first, in their order.
    pub(super) variables: Vec<String>,
    /// The number; `None` where only the variables tell.
    pub(super) number: Option<u16>,
}

/// Every port that a call of the file listens on, as far as it shows.
pub(super) fn listens(lines: &[Line], shows: &Shows) -> Vec<Said> {
    let mut found = Vec::new();
    let mut open = false;
    let (calls, environment) = (prepared(shows.listens), prepared(shows.environment));
    for line in lines {
        for port in calls.iter().flat_map(|call| arguments(&line.text, call)) {
            match value(port, line.number, lines, &environment, DEPTH) {
                Some(said) => found.push(said),
                None => open = true,
            }
        }
    }
    // A port that comes from afar is the one that a line reads under its own name.
    if open && found.is_empty() {
        let own = |said: &Said| said.variables.iter().all(|name| OWN.contains(&name.as_str()));
        let read = lines.iter().filter_map(|line| variable(&line.text, line.number, &environment));
        found.extend(read.filter(|said| own(said) && said.number.is_some()));
    }
    found.dedup();
    found
}

/// Expressions of ports that come neither to a number nor to a variable of the environment, names followed.
pub(super) fn unsettled(lines: &[Line], shows: &Shows) -> Vec<String> {
    let (calls, environment) = (prepared(shows.listens), prepared(shows.environment));
    let ports = lines
        .iter()
        .flat_map(|line| calls.iter().flat_map(|call| arguments(&line.text, call)).map(|port| (port, line.number)));
    let open = ports.filter(|(port, line)| value(port, *line, lines, &environment, DEPTH).is_none());
    open.filter_map(|(port, _)| followed(port, lines, DEPTH)).collect()
}

/// What a name stands for in the end.
fn followed(text: &str, lines: &[Line], depth: usize) -> Option<String> {
    let text = unwrapped(text);
    if !text.chars().all(is_word) {
        return Some(text.to_owned());
    }
    let mut set = lines.iter().filter_map(|line| assigned(&line.text, text));
    let value = set.next().filter(|_| depth > 0)?;
    if set.next().is_some() { None } else { followed(value, lines, depth - 1) }
}

/// What an expression comes to.
fn value(text: &str, line: usize, lines: &[Line], environment: &[String], depth: usize) -> Option<Said> {
    if let Some(number) = number(text) {
        return Some(Said { line, variables: Vec::new(), number: Some(number) });
    }
    if let Some(said) = variable(text, line, environment) {
        return Some(said);
    }
    let name = unwrapped(text);
    let is_name = !name.is_empty() && name.chars().all(is_word) && !name.starts_with(|c: char| c.is_ascii_digit());
    let mut set = lines.iter().filter_map(|line| Some((assigned(&line.text, name)?, line.number)));
    let (text, at) = set.next().filter(|_| is_name && depth > 0)?;
    // What is set twice may be either.
    if set.next().is_some() {
        return None;
    }
    value(text, at, lines, environment, depth - 1)
}

/// A number, in quotes or in what turns a text into one.
fn number(text: &str) -> Option<u16> {
    unwrapped(text).trim_matches('"').parse().ok()
}

/// `int(x)`, `Number(x)`, `parseInt(x,10)`, `+x`, `(x)` as `x`.
fn unwrapped(text: &str) -> &str {
    let mut text = text.trim_start_matches('+');
    loop {
        let inner = ["int(", "str(", "Number(", "parseInt(", "Number.parseInt(", "("];
        let inner = inner.iter().find_map(|begin| text.strip_prefix(begin)?.strip_suffix(')'));
        match inner {
            Some(inner) => text = inner.strip_suffix(",10").unwrap_or(inner),
            None => return text,
        }
    }
}

/// An expression that reads the environment: its variables, and the one number behind them.
fn variable(text: &str, line: usize, environment: &[String]) -> Option<Said> {
    let mut variables: Vec<String> = Vec::new();
    let mut end = 0;
    for (name, after) in super::call::variables(text, environment) {
        end = end.max(after);
        if !variables.iter().any(|known| known == name) {
            variables.push(name.to_owned());
        }
    }
    if variables.is_empty() {
        return None;
    }
    let rest = text.get(end..)?.replace(",10)", ")");
    let mut numbers =
        rest.split(|letter| !is_word(letter)).filter(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let first = numbers.next().map(str::parse);
    match (first, numbers.next()) {
        (Some(Ok(number)), None) => Some(Said { line, variables, number: Some(number) }),
        (None, None) => Some(Said { line, variables, number: None }),
        _ => None,
    }
}

/// What a line gives a name: `const port = 80;`, `PORT: int = 80`.
fn assigned<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    assignment(line).filter(|(set, _)| *set == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::super::line::lines;
    use super::*;
    use crate::facts;

    /// The ports of a text: `80`, `PORT:80`, `PORT:?`.
    fn of(language: &str, text: &str) -> Vec<String> {
        let shows = &facts::languages().iter().find(|known| known.name == language).unwrap().shows;
        let show = |said: Said| {
            let number = said.number.map_or("?".to_owned(), |number| number.to_string());
            format!("{}{}{number}", said.variables.join("+"), if said.variables.is_empty() { "" } else { ":" })
        };
        listens(&lines(text, shows), shows).into_iter().map(show).collect()
    }

    #[test]
    fn scripts_tell_where_they_listen() {
        let of = |text| of("javascript", text);
        assert_eq!(of("http.createServer((req, res) => res.end('x')).listen(80, '0.0.0.0');"), ["80"]);
        assert_eq!(of("const port = process.env.PORT || 80;\napp.listen(port, () => {"), ["PORT:80"]);
        assert_eq!(of("app.listen(Number(process.env.PORT ?? '80'))"), ["PORT:80"]);
        assert_eq!(of("app.listen(parseInt(process.env['PORT'] || '80', 10))"), ["PORT:80"]);
        assert_eq!(of("app.listen({ port: 443 })"), ["443"]);
        assert_eq!(of("app.set('port', process.env.PORT || 80);\napp.listen(app.get('port'));"), ["PORT:80"]);
        assert_eq!(
            of("const a = process.env.PORT || process.env.HTTP_PORT || 80\napp.listen(a)"),
            ["PORT+HTTP_PORT:80"]
        );
    }

    #[test]
    fn what_asks_others_does_not_listen() {
        let of = |text| of("javascript", text);
        assert!(of("https.request({ host: 'x', port: 443 });\nconst port = process.env.PORT || 80;").is_empty());
        assert!(of("const db = process.env.DB_PORT || 80;\napp.listen(config.port)").is_empty());
        assert!(of("// app.listen(80)\napp.listen(config.port)").is_empty());
        assert!(of("let port = 80;\nport = 3000;\napp.listen(port)").is_empty());
        assert!(of("app.listen(argv.port || 80)").is_empty());
        assert!(of("app.listen(process.env.PORT || (dev ? 3000 : 80))").is_empty());
    }

    #[test]
    fn python_tells_where_it_listens() {
        let of = |text| of("python", text);
        assert_eq!(of("app.run(host='0.0.0.0', port=80)"), ["80"]);
        assert_eq!(of("HTTPServer(('', int(os.environ.get('PORT', 80))), H)"), ["PORT:80"]);
        assert_eq!(
            of("PORT: int = int(os.getenv('PORT', '80'))\nuvicorn.run('a:b', host='::', port=PORT)"),
            ["PORT:80"]
        );
        assert_eq!(of("uvicorn.run(app, port=int(os.environ['PORT']))"), ["PORT:?"]);
        assert!(of("s.listen(5)\nrequests.get(url, port=443)").is_empty());
    }
}
