//! Where a text names root's home.

/// Whether a text names the path `path`, or one below it.
pub fn names(text: &str, path: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    text.match_indices(path).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + path.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(|c| part(c) || c == '.') && !after.is_some_and(part)
    })
}

/// Whether a text names root's home in any spelling: `/root`, `~`, `$HOME`, or a `cd` that goes there by itself.
pub fn names_home(text: &str) -> bool {
    names(text, "/root")
        || text.contains("$HOME")
        || text.contains("${HOME")
        || tilde(text)
        || assigns(text)
        || goes(text)
}

/// `~` or `~/x` as a word, or where a path begins.
fn tilde(text: &str) -> bool {
    let opens = |c: char| c.is_whitespace() || "\"'=:,([".contains(c);
    let closes = |c: char| c.is_whitespace() || "/\"';&|),]:".contains(c);
    text.match_indices('~').any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + 1..).and_then(|text| text.chars().next());
        before.is_none_or(opens) && after.is_none_or(closes)
    })
}

/// `HOME=/x`, also as the name of an ENV.
fn assigns(text: &str) -> bool {
    let own = |at: usize| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + 4..).and_then(|text| text.chars().next());
        before.is_none_or(|c| c.is_whitespace() || "\"';&|(".contains(c))
            && after.is_none_or(|c| c == '=' || c.is_whitespace())
    };
    text.match_indices("HOME").any(|(at, _)| own(at))
}

/// A `cd` without a folder.
fn goes(text: &str) -> bool {
    let bare = |at: usize| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let rest = text.get(at + 2..).unwrap_or("").trim_start_matches([' ', '\t']);
        before.is_none_or(|c| c.is_whitespace() || "\"';&|(".contains(c))
            && rest.chars().next().is_none_or(|c| "&;|\"')\r\n\\".contains(c))
    };
    text.match_indices("cd").any(|(at, _)| bare(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_s_home_is_found_in_every_spelling() {
        let named = [
            "COPY a /root/b",
            "x:/root",
            "sqlite:////root/a.db",
            "in /root.",
            "cp a ~/b",
            "ls ~",
            "\"~/b\"",
            "echo $HOME/x",
            "${HOME}",
            "ENV HOME /x",
            "HOME=/x make",
            "cd && ./a",
            "sh -c 'cd; ./a'",
        ];
        let others = [
            "/rootfs",
            "/var/root",
            "./root/x",
            "a~b",
            "^1.2 ~1.3",
            "WORKON_HOME=/x",
            "JAVA_HOME",
            "cd /src && make",
            "abcd;",
            "chroot /x",
            "/root-ca.pem",
        ];
        assert!(named.iter().all(|text| names_home(text)), "{:?}", named.iter().find(|text| !names_home(text)));
        assert!(!others.iter().any(|text| names_home(text)), "{:?}", others.iter().find(|text| names_home(text)));
    }
}
