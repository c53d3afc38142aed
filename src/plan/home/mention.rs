//! Where a text names root's home.

/// Whether a text names the path `path`, or one below it.
pub fn names(text: &str, path: &str) -> bool {
    places(text, path).next().is_some()
}

/// How often a text names the path `path`, or one below it.
pub fn count(text: &str, path: &str) -> usize {
    places(text, path).count()
}

fn places<'t>(text: &'t str, path: &'t str) -> impl Iterator<Item = usize> {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let places = text.match_indices(path).map(|(at, _)| at);
    places.filter(move |at| {
        let before = text.get(..*at).and_then(|text| text.chars().next_back());
        let after = text.get(at + path.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(|c| part(c) || c == '.') && !after.is_some_and(part)
    })
}

/// Whether a text means root's home as a whole, or what lies in it without spelling its name: what is said of one folder
/// below it may be meant as well.
pub fn means_all(text: &str) -> bool {
    let spelled = |after: usize| {
        let rest = text.get(after..).unwrap_or("").strip_prefix('/').unwrap_or("");
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(rest.len());
        let (name, rest) = rest.split_at_checked(end).unwrap_or(("", rest));
        !name.trim_matches('.').is_empty() && !rest.starts_with(['*', '?', '[', '{', '$', '`', '\\'])
    };
    let ends = |what: &'static str| text.match_indices(what).map(|(at, found)| at + found.len());
    places(text, "/root").any(|at| !spelled(at + "/root".len()))
        || ends("$HOME").chain(ends("${HOME}")).any(|end| !spelled(end))
        || text.match_indices("${HOME").count() > text.match_indices("${HOME}").count()
        || tildes(text).any(|at| !spelled(at + 1))
        || assigns(text)
        || goes(text)
}

/// Whether a text names root's home in any spelling: `/root`, `~`, `$HOME`, or a `cd` that goes there by itself.
pub fn names_home(text: &str) -> bool {
    names(text, "/root")
        || text.contains("$HOME")
        || text.contains("${HOME")
        || tildes(text).next().is_some()
        || assigns(text)
        || goes(text)
}

/// Where `~` or `~/x` stands as a word, or where a path begins.
fn tildes(text: &str) -> impl Iterator<Item = usize> {
    let opens = |c: char| c.is_whitespace() || "\"'=:,([".contains(c);
    let closes = |c: char| c.is_whitespace() || "/\"';&|),]:".contains(c);
    text.match_indices('~').map(|(at, _)| at).filter(move |at| {
        let before = text.get(..*at).and_then(|text| text.chars().next_back());
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

    #[test]
    fn what_means_the_whole_home_is_told_from_what_names_a_part_of_it() {
        let whole =
            ["chmod 700 /root", "ls ~", "cp a ~/", "rm -rf /root/.*", "rm ~/.[!.]*", "echo $HOME", "cp /root/. x"];
        let more =
            ["tar c ${HOME}/..", "${HOME:-/x}/a", "cd && ls", "HOME=/x make", "rm /root/$A", "ls /root/\"a\"", "~/.x*"];
        let parts = ["rm -rf /root/.cache", "touch ~/.x", "cat $HOME/.x/y", "${HOME}/.x", "\"$HOME/.x\"/y", "/root/a;"];
        assert!(whole.iter().chain(&more).all(|text| means_all(text)));
        assert!(!parts.iter().any(|text| means_all(text)), "{:?}", parts.iter().find(|text| means_all(text)));
    }
}
