//! Which flags an instruction takes, and which values of them BuildKit refuses.

use super::tree::{Flag, Keyword};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Switch,
    Once,
    Many,
}

/// The flags of an instruction (`instructions/parse.go`); `None` where BuildKit does not look at them.
fn allowed(keyword: Keyword) -> Option<&'static [(&'static str, Kind)]> {
    use Kind::{Many, Once, Switch};
    Some(match keyword {
        Keyword::Add => &[
            ("chown", Once),
            ("chmod", Once),
            ("link", Switch),
            ("keep-git-dir", Switch),
            ("checksum", Once),
            ("unpack", Switch),
            ("exclude", Many),
        ],
        Keyword::Copy => &[
            ("chown", Once),
            ("from", Once),
            ("chmod", Once),
            ("link", Switch),
            ("exclude", Many),
            ("parents", Switch),
        ],
        Keyword::From => &[("platform", Once)],
        Keyword::Run => &[("mount", Many), ("network", Once), ("security", Once), ("device", Many)],
        Keyword::Healthcheck => &[
            ("interval", Once),
            ("timeout", Once),
            ("start-period", Once),
            ("start-interval", Once),
            ("retries", Once),
        ],
        Keyword::Arg | Keyword::Stopsignal | Keyword::Unknown => return None,
        _ => &[],
    })
}

/// What is wrong with the flags, if anything (`instructions/bflag.go`).
pub(super) fn flags(keyword: Keyword, flags: &[Flag]) -> Option<String> {
    let allowed = allowed(keyword)?;
    for (at, flag) in flags.iter().enumerate() {
        let name = &flag.name;
        let Some((_, kind)) = allowed.iter().find(|(known, _)| known == name) else {
            return Some(format!("--{name} is no flag of this instruction"));
        };
        if *kind != Kind::Many && flags.iter().take(at).any(|other| other.name == *name) {
            return Some(format!("--{name} stands here twice"));
        }
        let refused = match (kind, flag.value.as_deref()) {
            (Kind::Switch, None) => false,
            (Kind::Switch, Some(value)) => !["true", "false"].iter().any(|known| value.eq_ignore_ascii_case(known)),
            (_, None) => return Some(format!("--{name} needs a value")),
            (_, Some(value)) => !value_is_fine(keyword, name, value),
        };
        if refused {
            let value = flag.value.as_deref().unwrap_or_default();
            return Some(format!("`{value}` is no value for --{name}"));
        }
    }
    None
}

fn value_is_fine(keyword: Keyword, name: &str, value: &str) -> bool {
    match (keyword, name) {
        (Keyword::Run, "mount") => mount(value),
        (Keyword::Run, "device") => device(value),
        (Keyword::Run, "network") => matches!(value, "default" | "none" | "host"),
        (Keyword::Run, "security") => matches!(value, "insecure" | "sandbox"),
        (Keyword::Healthcheck, "retries") => value.is_empty() || value.parse::<i32>().is_ok_and(|count| count >= 0),
        (Keyword::Healthcheck, _) => value.is_empty() || interval(value),
        _ => true,
    }
}

/// Before expansion BuildKit only asks whether the list can be split and that `from` has no variable.
fn mount(value: &str) -> bool {
    let Some(fields) = comma_separated(value) else { return false };
    fields.iter().all(|field| match field.split_once('=') {
        Some((key, value)) if key.eq_ignore_ascii_case("from") => {
            value.find('$').is_none_or(|at| at + 1 == value.len())
        }
        _ => true,
    })
}

fn device(value: &str) -> bool {
    let Some(fields) = comma_separated(value) else { return false };
    let mut named = false;
    fields.iter().all(|field| match field.split_once('=') {
        None if field.eq_ignore_ascii_case("required") => true,
        Some((key, value)) if key.eq_ignore_ascii_case("required") => {
            matches!(value, "1" | "t" | "T" | "true" | "TRUE" | "True" | "0" | "f" | "F" | "false" | "FALSE" | "False")
        }
        _ => !std::mem::replace(&mut named, true),
    })
}

/// One line of CSV; `None` where the quotes are wrong or there is nothing.
fn comma_separated(line: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = line;
    if rest.is_empty() {
        return None;
    }
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let (field, after) = rest.split_at(end);
                if field.contains('"') {
                    return None;
                }
                (field.to_string(), after)
            }
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None => return after.is_empty().then_some(fields),
        }
    }
}

fn quoted_field(mut rest: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    loop {
        let (text, after) = rest.split_once('"')?;
        field.push_str(text);
        match after.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => return Some((field, after)),
        }
    }
}

/// A duration as Go reads it (`1h2m3.5s`), zero or a millisecond at least.
fn interval(value: &str) -> bool {
    let (negative, mut rest) = match value.strip_prefix(['-', '+']) {
        Some(rest) => (value.starts_with('-'), rest),
        None => (false, value),
    };
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    let mut nanoseconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|found: char| !found.is_ascii_digit() && found != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let unit_length = after.find(|found: char| found.is_ascii_digit() || found == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_length);
        let (Ok(number), Some(unit)) = (number.parse::<f64>(), nanoseconds_of(unit)) else { return false };
        nanoseconds += number * unit;
        rest = after;
    }
    nanoseconds == 0.0 || (!negative && (1e6..9.3e18).contains(&nanoseconds))
}

fn nanoseconds_of(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1.0,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3600e9,
        _ => return None,
    })
}
