//! Lines that are written to `/etc/passwd` (passwd(5)) and `/etc/group` (group(5)) by hand.

use super::super::tree::{Redirect, Word};
use super::{AccountEffect, Id};

/// What `echo … >> /etc/passwd` adds, one effect a line.
pub(super) fn append(
    name: &str,
    words: &[Word],
    redirects: &[Redirect],
    lookup: &mut dyn FnMut(&str) -> Option<String>,
) -> Vec<AccountEffect> {
    let writes = |redirect: &&Redirect| matches!(redirect.operator.as_str(), ">>" | ">" | ">|");
    let target = redirects.iter().filter(writes).find_map(|redirect| redirect.target.literal());
    let entry: fn(Option<&str>) -> AccountEffect = match target.as_deref() {
        Some("/etc/passwd") => user,
        Some("/etc/group") => group,
        _ => return Vec::new(),
    };
    match written(name, words, lookup) {
        None => vec![entry(None)],
        Some(text) => text.lines().filter(|line| line.contains(':')).map(|line| entry(Some(line))).collect(),
    }
}

/// What `echo` or `printf` writes; `None` when it cannot be known.
fn written(name: &str, words: &[Word], lookup: &mut dyn FnMut(&str) -> Option<String>) -> Option<String> {
    let texts: Vec<String> = words.iter().map(|word| word.value(lookup)).collect::<Option<_>>()?;
    if name == "printf" {
        // A format with conversions is not worked out.
        let text = texts.first().filter(|text| !text.contains('%'))?;
        return Some(text.replace("\\n", "\n"));
    }
    // `-n` and `-e` are options of bash and BusyBox; dash's own echo knows only `-n` and always resolves escapes.
    let flag = |text: &&String| matches!(text.as_str(), "-n" | "-e" | "-ne" | "-en");
    let text = texts.iter().skip_while(flag).map(String::as_str).collect::<Vec<_>>().join(" ");
    Some(text.replace("\\n", "\n"))
}

fn number(field: Option<&str>) -> Id {
    field.and_then(|text| text.trim().parse().ok()).map_or(Id::Unknown, Id::Literal)
}

fn field(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// `name:password:uid:gid:comment:home:shell`
fn user(line: Option<&str>) -> AccountEffect {
    let mut fields = line.unwrap_or_default().split(':');
    let name = field(fields.next());
    let (uid, gid) = (number(fields.nth(1)), number(fields.next()));
    let (home, shell) = (field(fields.nth(1)), field(fields.next()));
    AccountEffect::PasswdAppend { line: line.map(str::to_owned), name, uid, gid, home, shell }
}

/// `name:password:gid:members`
fn group(line: Option<&str>) -> AccountEffect {
    let mut fields = line.unwrap_or_default().split(':');
    let name = field(fields.next());
    let gid = number(fields.nth(1));
    let members = fields.next().unwrap_or_default().split(',').filter(|name| !name.is_empty()).map(str::to_owned);
    AccountEffect::GroupAppend { line: line.map(str::to_owned), name, gid, members: members.collect() }
}
