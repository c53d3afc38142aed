//! `.dockerignore`: which files of the build context a build does not see (Docker's build reference, "`.dockerignore`
//! files"; moby/patternmatcher), and `.gitignore`: which of the project's files are made.

use super::Files;

/// The patterns of one context.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ignored {
    /// (path segments, whether it brings files back), in order.
    patterns: Vec<(Vec<String>, bool)>,
}

impl Ignored {
    /// Reads the patterns for the Dockerfile at `dockerfile`: those of `<Dockerfile>.dockerignore` beside it, else those
    /// of `.dockerignore` in the context's root.
    pub fn of(files: &dyn Files, context: &str, dockerfile: Option<&str>) -> Self {
        let beside = dockerfile.and_then(|path| files.read(&format!("{path}.dockerignore")));
        let root = if context.is_empty() { ".dockerignore".to_owned() } else { format!("{context}/.dockerignore") };
        let text = beside.or_else(|| files.read(&root)).unwrap_or_default();
        Self::parse(&String::from_utf8_lossy(&text))
    }

    /// The patterns of the `.gitignore` files from the project's root down to `folder`, for paths of the project: what
    /// they name a build or a tool makes (gitignore(5); a pattern without a slash matches at any depth).
    pub fn by_git(files: &dyn Files, folder: &str) -> Self {
        let mut patterns = Vec::new();
        let parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        for depth in 0..=parts.len() {
            let above: Vec<String> =
                parts.get(..depth).unwrap_or_default().iter().map(|part| (*part).to_owned()).collect();
            let path = [above.join("/"), ".gitignore".to_owned()].join("/");
            let text = files.read(path.trim_start_matches('/')).unwrap_or_default();
            for line in String::from_utf8_lossy(&text).lines() {
                let anchored = line.trim().trim_start_matches('!').trim_end_matches('/').contains('/');
                for (segments, back) in Self::parse(line).patterns {
                    let anywhere = (!anchored).then(|| "**".to_owned());
                    patterns.push((above.iter().cloned().chain(anywhere).chain(segments).collect(), back));
                }
            }
        }
        Self { patterns }
    }

    /// Reads the text of a `.dockerignore`.
    pub fn parse(text: &str) -> Self {
        let line = |line: &str| {
            let line = line.trim_start_matches('\u{feff}');
            if line.starts_with('#') {
                return None;
            }
            let line = line.trim();
            let (pattern, back) = line.strip_prefix('!').map_or((line, false), |rest| (rest.trim(), true));
            let segments = pattern.split('/').filter(|part| !part.is_empty() && *part != ".");
            let segments: Vec<String> = segments.map(str::to_owned).collect();
            (!segments.is_empty()).then_some((segments, back))
        };
        Self { patterns: text.lines().filter_map(line).collect() }
    }

    /// Whether the build does not see the file at `path`, relative to the context's root. The last pattern that matches
    /// the path or a folder above it decides.
    pub fn hides(&self, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let hit = |pattern: &[String]| (1..=parts.len()).any(|end| segments(pattern, parts.get(..end).unwrap_or(&[])));
        self.patterns.iter().rev().find(|(pattern, _)| hit(pattern)).is_some_and(|(_, back)| !back)
    }
}

impl Ignored {
    /// Whether what lies in a hidden folder can be seen all the same.
    pub fn brings_back(&self) -> bool {
        self.patterns.iter().any(|(_, back)| *back)
    }
}

/// Whether the pattern's segments match all of the path's; `**` stands for any number of them.
fn segments(pattern: &[String], path: &[&str]) -> bool {
    // Which beginnings of the path the pattern matches so far, by their length.
    let mut reached = vec![false; path.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for segment in pattern {
        let mut next = vec![false; path.len() + 1];
        let mut before = false;
        for (at, slot) in next.iter_mut().enumerate() {
            if segment == "**" {
                before |= reached.get(at).copied().unwrap_or_default();
                *slot = before;
            } else if let Some(name) = at.checked_sub(1).and_then(|at| path.get(at)) {
                *slot = reached.get(at - 1).copied().unwrap_or_default() && matches(segment, name);
            }
        }
        reached = next;
    }
    reached.last().copied().unwrap_or_default()
}

/// Whether a name matches a segment with `*`, `?`, `[…]` and escapes (Go's `filepath.Match`; a broken `[` matches
/// nothing).
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut place) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while place < name.len() {
        if pattern.get(at) == Some(&'*') {
            star = Some((at, place));
            at += 1;
            continue;
        }
        match (one(&pattern, at, name.get(place).copied().unwrap_or_default()), star) {
            (Some(next), _) => (at, place) = (next, place + 1),
            // The last star takes one more character.
            (None, Some((mark, taken))) => {
                star = Some((mark, taken + 1));
                (at, place) = (mark + 1, taken + 1);
            }
            (None, None) => return false,
        }
    }
    pattern.get(at..).is_none_or(|rest| rest.iter().all(|c| *c == '*'))
}

/// One character against one step of the pattern: where the next step begins, if it matches.
fn one(pattern: &[char], at: usize, found: char) -> Option<usize> {
    match *pattern.get(at)? {
        '?' => Some(at + 1),
        '\\' => (*pattern.get(at + 1)? == found).then_some(at + 2),
        '[' => {
            let end = at + 2 + pattern.get(at + 1..)?.iter().skip(1).position(|c| *c == ']')?;
            let inside = pattern.get(at + 1..end)?;
            let (inside, negated) = match inside.split_first() {
                Some(('^', rest)) => (rest, true),
                _ => (inside, false),
            };
            let mut hit = inside.contains(&found);
            for range in inside.windows(3) {
                if let [low, '-', high] = range {
                    hit |= (*low..=*high).contains(&found);
                }
            }
            (hit != negated).then_some(end + 1)
        }
        literal => (literal == found).then_some(at + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hides(text: &str, path: &str) -> bool {
        Ignored::parse(text).hides(path)
    }

    #[test]
    fn names_folders_and_globs() {
        assert!(hides("node_modules", "node_modules/a/b.js"));
        assert!(!hides("node_modules", "web/node_modules/a"));
        assert!(hides("**/node_modules", "web/node_modules/a") && hides("**/node_modules", "node_modules"));
        assert!(hides("/docs/*.md", "docs/a.md") && !hides("docs/*.md", "docs/sub/a.md"));
        assert!(hides("docs/**/*.md", "docs/sub/deep/a.md") && hides("docs/**/*.md", "docs/a.md"));
        assert!(hides("*.log\n# *.txt", "a.log") && !hides("*.log\n# *.txt", "a.txt"));
        assert!(hides("a?c.sh", "abc.sh") && !hides("a?c.sh", "ac.sh"));
        assert!(hides("[a-c].sh", "b.sh") && !hides("[^a-c].sh", "b.sh") && !hides("[a-.sh", "a.sh"));
        assert!(hides(r"\*.sh", "*.sh") && !hides(r"\*.sh", "a.sh"));
        assert!(!hides("", "a") && !hides("   \n", "a"));
    }

    #[test]
    fn the_last_pattern_decides() {
        assert!(!hides("*\n!docker", "docker/start.sh"));
        assert!(hides("*\n!docker\ndocker/secret", "docker/secret/key"));
        assert!(hides("**", "a/b/c") && !hides("**\n!**/start.sh", "a/start.sh"));
    }

    #[test]
    fn git_ignores_at_any_depth_and_below_its_own_file() {
        let mut files = crate::context::Memory::default();
        files.insert(".gitignore", "node_modules\n/dist/\n*.log\n!keep.log\n", 0o644);
        files.insert("web/.gitignore", "out/\n", 0o644);
        let git = Ignored::by_git(&files, "web");
        let hidden = ["node_modules/@me", "web/node_modules", "dist/app.js", "a/b.log", "web/out", "web/src/out"];
        assert!(hidden.iter().all(|path| git.hides(path)));
        assert!(["web/dist", "out", "keep.log", "web/app"].iter().all(|path| !git.hides(path)));
    }

    #[test]
    fn hostile_patterns_end() {
        let pattern = "*a".repeat(2000);
        assert!(!hides(&pattern, &"b".repeat(3000)));
        assert!(hides(&"**/".repeat(2000), "x"));
    }
}
