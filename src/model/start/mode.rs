//! Modes that the commands of a build give: `chmod`, also behind `find` and `xargs`, `mkdir -m`, `install -m`.

use crate::model::command::Ran;

/// A mode that a command gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given<'r> {
    /// How a message names the command that gives it: `chmod`, `install -m`.
    pub tool: &'static str,
    /// The mode as it is written, or `--reference=FILE`.
    pub mode: &'r str,
    /// The paths; `None` for one that cannot be known.
    pub paths: Vec<Option<String>>,
    /// Whether what lies below the paths gets it too.
    pub deep: bool,
    /// Whether folders get it: `find -type f` leaves them alone.
    pub folders: bool,
    /// Whether files get it.
    pub files: bool,
}

impl Given<'_> {
    /// Whether it keeps others out: of files that they could read, of scripts that they could run, of folders that they
    /// could enter.
    pub fn shuts_out(&self) -> bool {
        shuts_out(self.mode) || (self.reaches_folders() && lacks(self.mode, 0o001))
    }

    /// Whether it takes a bit (`0o200`: the owner's `w`) from a file or folder that had it.
    pub fn takes(&self, bit: u32) -> bool {
        lacks(self.mode, bit)
    }

    /// Whether folders get it that stand below the paths, or that the paths seem to be.
    pub fn reaches_folders(&self) -> bool {
        self.deep && self.folders && self.paths.iter().any(|path| path.as_deref().is_none_or(seems_folder))
    }
}

/// Whether a path is named like a folder: without an ending, or `conf.d`.
pub fn seems_folder(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or("");
    !name.trim_start_matches('.').contains('.') || name.ends_with(".d")
}

/// The modes that a command gives.
pub fn given(ran: &Ran) -> Vec<Given<'_>> {
    match ran.name.as_str() {
        "chmod" => by_chmod(ran).into_iter().collect(),
        "find" => by_find(ran),
        "xargs" => by_xargs(ran).into_iter().collect(),
        "mkdir" => by_option(ran, "mkdir").into_iter().collect(),
        "install" if !is_given_away(ran) => by_option(ran, "install -m").into_iter().collect(),
        _ => Vec::new(),
    }
}

/// A command that lets everybody write, as a message names it. A folder that keeps what is there to its owner, as /tmp
/// does, is not meant, and what a mode says of nobody in particular the umask keeps from others.
pub fn opened_to_all(ran: &Ran) -> Option<String> {
    let octal = |mode: &str| {
        let (special, others) = (mode.len().checked_sub(4).and_then(|at| mode.get(at..at + 1)), mode.chars().last());
        let sticky = special.is_some_and(|digit| matches!(digit, "1" | "3" | "5" | "7"));
        !sticky && others.is_some_and(|digit| matches!(digit, '2' | '3' | '6' | '7'))
    };
    let symbolic = |mode: &str| {
        let opens = |part: &str| {
            let (who, what) = part.split_at(part.find(['+', '=']).unwrap_or(0));
            who.contains(['o', 'a']) && what.contains('w')
        };
        !mode.contains('t') && mode.split(',').any(opens)
    };
    let opens = |mode: &str| if mode.bytes().all(|byte| byte.is_ascii_digit()) { octal(mode) } else { symbolic(mode) };
    let given = given(ran).into_iter().find(|given| opens(given.mode))?;
    let tool = if given.tool == "mkdir" { "mkdir -m" } else { given.tool };
    Some(format!("{tool} {}", given.mode))
}

/// The bits of a mode after `chmod MODE` (chmod(1), POSIX); `None` where that is no mode. What the umask keeps a mode
/// without a `u`, `g`, `o` or `a` from is left out: root's leaves the owner and reading alone.
pub fn applied(mode: &str, bits: u32, folder: bool) -> Option<u32> {
    if !mode.is_empty() && mode.bytes().all(|byte| byte.is_ascii_digit()) {
        return u32::from_str_radix(mode, 8).ok().map(|mode| mode & 0o777);
    }
    mode.split(',').try_fold(bits, |bits, part| clause(part, bits, folder))
}

/// One clause of a symbolic mode: `go-w`, `u=rwX`.
fn clause(part: &str, bits: u32, folder: bool) -> Option<u32> {
    let (who, rest) = part.split_at(part.find(['+', '-', '='])?);
    let (operator, what) = rest.split_at(1);
    let whose = who.chars().try_fold(0, |whose, who| match who {
        'u' => Some(whose | 0o700),
        'g' => Some(whose | 0o070),
        'o' => Some(whose | 0o007),
        'a' => Some(0o777),
        _ => None,
    })?;
    let whose = if who.is_empty() { 0o777 } else { whose };
    let all_get = |shift: u32| ((bits >> shift) & 7) * 0o111;
    let named = what.chars().try_fold(0, |named, what| match what {
        'r' => Some(named | 0o444),
        'w' => Some(named | 0o222),
        'x' => Some(named | 0o111),
        'X' if folder || bits & 0o111 != 0 => Some(named | 0o111),
        'u' => Some(named | all_get(6)),
        'g' => Some(named | all_get(3)),
        'o' => Some(named | all_get(0)),
        'X' | 's' | 't' => Some(named),
        _ => None,
    })?;
    match operator {
        "+" => Some(bits | (named & whose)),
        "-" => Some(bits & !(named & whose)),
        _ => Some((bits & !whose) | (named & whose)),
    }
}

fn lacks(mode: &str, bit: u32) -> bool {
    applied(mode, 0o777, true).is_some_and(|bits| bits & bit == 0)
}

/// 700, 0600, 744 (a script must be readable and executable), `u+x`, `go-rwx`, `-r`; the mode of another file.
fn shuts_out(mode: &str) -> bool {
    if mode.bytes().all(|byte| byte.is_ascii_digit()) {
        let others = mode.bytes().last().map_or(0, |byte| byte - b'0');
        let owner = mode.bytes().rev().nth(2).map_or(0, |byte| byte - b'0');
        return others & 4 == 0 || (owner & 1 == 1 && others & 1 == 0);
    }
    let named = |part: &str| part.starts_with("u+x") || part.starts_with("o-") || part.starts_with("go-");
    mode.split(',').any(named) || mode.starts_with("--reference") || lacks(mode, 0o004)
}

fn by_chmod(ran: &Ran) -> Option<Given<'_>> {
    let (mode, at) = mode_in(&ran.arguments)?;
    let paths = ran.operands().filter(|(place, _)| *place != at).map(|(_, text)| ran.path(text)).collect();
    let deep = ran.has_option('R', "--recursive");
    Some(Given { tool: "chmod", mode, paths, deep, folders: true, files: true })
}

/// The mode among the arguments of chmod, and where it stands: the first operand, a word like `-rw`, `--reference=FILE`.
fn mode_in(arguments: &[Option<String>]) -> Option<(&str, usize)> {
    let is_mode = |text: &str| {
        let taken = text.strip_prefix('-').is_some_and(|rest| {
            !rest.is_empty() && rest.chars().all(|letter| matches!(letter, 'r' | 'w' | 'x' | 'X' | 's' | 't'))
        });
        taken || !text.starts_with('-') || text.starts_with("--reference=")
    };
    let mut words = arguments.iter().enumerate();
    words.find_map(|(at, word)| match word.as_deref() {
        // A mode that cannot be known.
        None => Some(None),
        Some(text) => is_mode(text).then_some(Some((text, at))),
    })?
}

/// `find DIR -type f -exec chmod 600 {} +`, as often as it stands there.
fn by_find(ran: &Ran) -> Vec<Given<'_>> {
    let words = || ran.arguments.iter().map(|word| word.as_deref());
    let is_test = |word: &Option<&str>| word.is_some_and(|word| word.starts_with(['-', '(', '!', '\\']));
    let mut paths: Vec<Option<String>> = words().take_while(|word| !is_test(word)).map(|text| ran.path(text)).collect();
    if paths.is_empty() {
        paths.push(ran.path(Some(".")));
    }
    let (mut found, mut kind, mut executes) = (Vec::new(), None, false);
    let mut before = None;
    for (at, word) in words().enumerate() {
        if before == Some("-type") {
            kind = word;
        }
        executes = word.is_some_and(|word| matches!(word, "-exec" | "-execdir")) || executes && word != Some(";");
        let rest = ran.arguments.get(at + 1..).unwrap_or_default();
        if executes && word.is_some_and(is_chmod) {
            let (folders, files) = (kind != Some("f"), kind != Some("d"));
            let mode = mode_in(rest).map(|(mode, _)| mode);
            let paths = paths.clone();
            found.extend(mode.map(|mode| Given { tool: "chmod", mode, paths, deep: true, folders, files }));
        }
        // `-o` and what follows it stand for other files.
        if word == Some("-o") {
            kind = None;
        }
        before = word;
    }
    found
}

/// `… | xargs chmod 640`: which paths that are, the command before it tells.
fn by_xargs(ran: &Ran) -> Option<Given<'_>> {
    let at = ran.arguments.iter().position(|word| word.as_deref().is_some_and(is_chmod))?;
    let rest = ran.arguments.get(at + 1..).unwrap_or_default();
    let (mode, _) = mode_in(rest)?;
    Some(Given { tool: "chmod", mode, paths: vec![None], deep: false, folders: true, files: true })
}

fn is_chmod(word: &str) -> bool {
    word.rsplit('/').next() == Some("chmod")
}

/// `mkdir -m 700 DIR`, `install -d -m 750 DIR`, `install -m600 FILE PLACE`.
fn by_option<'r>(ran: &'r Ran, tool: &'static str) -> Option<Given<'r>> {
    let mode = option(ran)?;
    let operands: Vec<Option<String>> = ran.operands().map(|(_, text)| ran.path(text)).collect();
    let folders = ran.name == "mkdir" || ran.has_option('d', "--directory");
    let paths = if folders { operands } else { operands.into_iter().last().into_iter().collect() };
    Some(Given { tool, mode, paths, deep: false, folders, files: !folders })
}

/// The value of `-m 700`, `-Dm700`, `--mode=700`.
fn option(ran: &Ran) -> Option<&str> {
    let mut words = ran.arguments.iter().map(|word| word.as_deref().unwrap_or(""));
    while let Some(word) = words.next() {
        if let Some(mode) = word.strip_prefix("--mode=") {
            return Some(mode);
        }
        let short = word.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
        if word == "--mode" || short.is_some_and(|letters| letters.ends_with('m')) {
            return words.next();
        }
        let attached = short.and_then(|letters| letters.split_once('m')).map(|(_, mode)| mode);
        if let Some(mode) = attached.filter(|mode| mode.bytes().all(|byte| byte.is_ascii_digit())) {
            return Some(mode);
        }
    }
    None
}

/// Whether `install` gives what it makes to somebody else than root.
fn is_given_away(ran: &Ran) -> bool {
    let other = |who: Option<String>| !matches!(who.as_deref(), Some("root" | "0"));
    let (user, group) = ran.installs_for();
    user.is_some_and(other) || group.is_some_and(other)
}

#[cfg(test)]
mod tests {
    use super::{applied, shuts_out};

    #[test]
    fn modes_are_applied_as_chmod_does() {
        for (mode, bits, folder, after) in [
            ("0644", 0o755, true, 0o644),
            ("a-w", 0o644, false, 0o444),
            ("-r", 0o644, false, 0o200),
            ("u=rwX,go=rX", 0o600, true, 0o755),
            ("u=rwX,go=rX", 0o600, false, 0o644),
            ("go=u", 0o640, false, 0o666),
            ("+x", 0o644, false, 0o755),
        ] {
            assert_eq!(applied(mode, bits, folder), Some(after), "{mode}");
        }
        assert_eq!(applied("/app", 0o644, false), None);
    }

    #[test]
    fn modes_that_keep_others_out() {
        for mode in ["600", "0750", "744", "go=", "=", "a-r", "-r", "-rwx", "ugo-r", "og-r", "o=", "u+x"] {
            assert!(shuts_out(mode), "{mode}");
        }
        for mode in ["644", "0755", "+x", "a+rX", "u=rwX,go=rX", "u-w", "a-w", "-x", "g=u", "g-w"] {
            assert!(!shuts_out(mode), "{mode}");
        }
    }
}
