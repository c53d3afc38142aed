//! Start scripts that step down from root by themselves: whether every way through one ends as another user, with the
//! command that the image starts.

use crate::facts::{self, ProgramRole};
use crate::model::hazard::Scene;
use crate::model::user::number;
use crate::shell::{self, AndOr, Command, CommandKind, CompoundKind, Dialect, OperatorKind, Script, Word};

/// How a part of a script ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// As another user than root, or not at all.
    Drops,
    /// As root.
    Root,
    /// Not here: the next command follows.
    Goes,
}

/// The script and the user that it steps down to, if it surely does with this command.
pub fn by_script(scene: &Scene<'_>) -> Option<(String, String)> {
    let [program] = scene.programs.list.as_slice() else { return None };
    let file = scene.places(&program.path).iter().find_map(|place| scene.file(place))?;
    let tree = shell::parse(&file.text, Dialect::Bash).ok()?;
    let words: Option<Vec<String>> = program.arguments.iter().cloned().collect();
    let mut way = Way { words: words?, user: None, text: &file.text };
    match way.script(&tree, true) {
        End::Drops => Some((file.shown, way.user?)),
        End::Root | End::Goes => None,
    }
}

struct Way<'t> {
    /// The script's arguments, as far as `set --` leaves them known.
    words: Vec<String>,
    /// Whom it stepped down to.
    user: Option<String>,
    text: &'t [u8],
}

impl Way<'_> {
    /// `whole`: nothing follows behind its last command.
    fn script(&mut self, script: &Script, whole: bool) -> End {
        for (at, list) in script.lists.iter().enumerate() {
            let last = whole && at + 1 == script.lists.len();
            match self.list(list, last) {
                End::Goes => {}
                end => return end,
            }
        }
        End::Goes
    }

    fn list(&mut self, list: &AndOr, last: bool) -> End {
        // What goes on in the background stays what it was.
        let background = list.terminator.is_some_and(|operator| operator.kind == OperatorKind::Background);
        let piped = list.pipelines.iter().any(|pipeline| pipeline.commands.len() > 1);
        let mut commands = list.pipelines.iter().flat_map(|pipeline| &pipeline.commands);
        if background {
            return End::Root;
        }
        let [_] = list.pipelines.as_slice() else {
            // Only a list of plain commands can be passed by.
            return if piped || commands.any(|command| self.matters(command)) { End::Root } else { End::Goes };
        };
        if piped {
            return End::Goes;
        }
        commands.next().map_or(End::Goes, |command| self.command(command, last))
    }

    /// Whether a command decides who runs on.
    fn matters(&self, command: &Command) -> bool {
        match &command.kind {
            CommandKind::Simple { words, .. } => {
                let first = words.first().and_then(Word::literal).unwrap_or_default();
                matches!(first.as_str(), "exec" | "set" | "eval" | "." | "source") || drops(&first)
            }
            CommandKind::Compound { kind, .. } => *kind != CompoundKind::Test,
            CommandKind::Function { .. } => false,
        }
    }

    fn command(&mut self, command: &Command, last: bool) -> End {
        match &command.kind {
            CommandKind::Simple { words, .. } => self.simple(words, last),
            CommandKind::Compound { kind: CompoundKind::If, bodies, .. } => self.branches(bodies),
            CommandKind::Compound { bodies, .. } if bodies.iter().any(|body| self.decides(body)) => End::Root,
            _ => End::Goes,
        }
    }

    /// Whether something in a part that may or may not run decides who runs on.
    fn decides(&self, script: &Script) -> bool {
        let mut found = false;
        shell::each_simple(script, &mut |simple, _| {
            let first = simple.words.first().and_then(Word::literal).unwrap_or_default();
            found |= matches!(first.as_str(), "exec" | "set" | "eval" | "." | "source") || drops(&first);
        });
        found
    }

    fn simple(&mut self, words: &[Word], last: bool) -> End {
        let text = |word: &Word| String::from_utf8_lossy(word.span.of(self.text)).into_owned();
        let texts: Vec<String> = words.iter().map(text).collect();
        let first = words.first().and_then(Word::literal).unwrap_or_default();
        let rest = texts.get(1..).unwrap_or_default();
        match first.as_str() {
            "exit" => End::Drops,
            "set" if rest.first().is_some_and(|word| word == "--") => self.set(rest.get(1..).unwrap_or_default()),
            "eval" | "." | "source" => End::Root,
            "exec" if !rest.is_empty() => self.steps_down(rest),
            _ if drops(&first) && last => self.steps_down(&texts),
            _ => End::Goes,
        }
    }

    /// `set -- server "$@"`
    fn set(&mut self, words: &[String]) -> End {
        let mut new = Vec::new();
        for word in words {
            match word.as_str() {
                "\"$@\"" | "$@" => new.extend(self.words.iter().cloned()),
                word if word.contains(['$', '`', '"', '\'', '*']) => return End::Root,
                word => new.push(word.to_owned()),
            }
        }
        self.words = new;
        End::Goes
    }

    /// What an `exec` comes to: `gosu app "$@"`, `sudo -E -u app server`.
    fn steps_down(&mut self, words: &[String]) -> End {
        let plain = |word: &String| word.trim_matches(['"', '\'']).to_owned();
        let name = words.first().map(plain).unwrap_or_default();
        let name = name.rsplit('/').next().unwrap_or("");
        let wraps = facts::command(name).is_some_and(|known| known.role == ProgramRole::Wrapper);
        if wraps {
            let inner = words.iter().skip(1).position(|word| !word.starts_with('-') && !word.contains('='));
            return inner.map_or(End::Root, |at| self.steps_down(words.get(at + 1..).unwrap_or_default()));
        }
        if !drops(name) && name != "sudo" {
            return End::Root;
        }
        let given = words.iter().enumerate().find_map(|(at, word)| match word.split_once('=') {
            Some(("--reuid" | "--user", value)) => Some(value.to_owned()),
            _ if matches!(word.as_str(), "-u" | "--user" | "--reuid") => words.get(at + 1).map(plain),
            _ => None,
        });
        let operand = || words.get(1).map(plain).filter(|word| !word.starts_with('-') && name != "sudo");
        let Some(user) = given.or_else(operand) else { return End::Root };
        let who = user.split(':').next().unwrap_or("");
        if who.is_empty() || who == "root" || number(who) == Some(0) || who.contains(['$', '`']) {
            return End::Root;
        }
        self.user.get_or_insert(user);
        End::Drops
    }

    /// `if … then … elif … else … fi`: conditions and bodies in turn, a last one without a condition.
    fn branches(&mut self, bodies: &[Script]) -> End {
        let mut rest = bodies;
        let mut open = false;
        loop {
            let (holds, body) = match rest {
                [condition, body, more @ ..] => {
                    rest = more;
                    (self.holds(condition), body)
                }
                [body] => {
                    rest = &[];
                    (Some(true), body)
                }
                [] => return End::Goes,
            };
            match (holds, open) {
                (Some(false), _) => {}
                (Some(true), false) => return self.script(body, false),
                // It may be taken or not: nothing in it may decide, but for a step down.
                _ if self.decides(body) => {
                    let words = self.words.clone();
                    if self.script(body, false) != End::Drops {
                        return End::Root;
                    }
                    self.words = words;
                    open = true;
                }
                _ => open = true,
            }
        }
    }

    /// Whether a condition holds for a container that starts as root with these arguments; `None` if nobody can tell.
    fn holds(&self, condition: &Script) -> Option<bool> {
        let [list] = condition.lists.as_slice() else { return None };
        let text = String::from_utf8_lossy(list.span.of(self.text)).into_owned();
        if text.contains("||") || text.contains(" -o ") {
            return None;
        }
        let first = self.words.first().map_or("", String::as_str);
        let mut all = Some(true);
        for part in text.split("&&").flat_map(|part| part.split(" -a ")) {
            let part = part.trim().trim_start_matches('[').trim_end_matches(']').replace(['"', '\''], "");
            let words: Vec<&str> = part.split_ascii_whitespace().collect();
            let equal = match words.as_slice() {
                [left @ .., "=" | "==" | "-eq", right] => Some((left.join(" "), *right, true)),
                [left @ .., "!=" | "-ne", right] => Some((left.join(" "), *right, false)),
                _ => None,
            };
            let (left, right, wanted) = equal?;
            let value = match left.as_str() {
                "$1" | "${1}" => first.to_owned(),
                "$(id -u)" | "`id -u`" | "$UID" | "${UID}" | "$EUID" => "0".to_owned(),
                "$(whoami)" | "$(id -un)" => "root".to_owned(),
                "${1#-}" => first.strip_prefix('-').unwrap_or(first).to_owned(),
                "${1:0:1}" => first.chars().take(1).collect(),
                _ => return None,
            };
            let right = if right == "$1" { first } else { right };
            if right.contains('$') {
                return None;
            }
            all = Some(all? && (value == right) == wanted);
        }
        all
    }
}

fn drops(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or("");
    facts::command(name).is_some_and(|known| known.role == ProgramRole::DropsRoot)
        && !matches!(name, "su" | "chroot" | "capsh")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(script: &str, words: &[&str]) -> (End, Option<String>) {
        let tree = shell::parse(script.as_bytes(), Dialect::Bash).unwrap();
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        let mut way = Way { words, user: None, text: script.as_bytes() };
        (way.script(&tree, true), way.user)
    }

    fn drops_to(script: &str, words: &[&str]) -> Option<String> {
        let (end, user) = end(script, words);
        user.filter(|_| end == End::Drops)
    }

    #[test]
    fn an_exec_at_the_end_decides() {
        let gosu = "set -e\nchown -R app /data\nexec gosu app:app \"$@\"\n";
        assert_eq!(drops_to(gosu, &["server"]).as_deref(), Some("app:app"));
        assert_eq!(drops_to("exec sudo -E -u znc \"$@\"", &["znc"]).as_deref(), Some("znc"));
        assert_eq!(drops_to("exec tini -- su-exec 1000 x", &[]).as_deref(), Some("1000"));
        assert_eq!(drops_to("exec setpriv --reuid=app --clear-groups x", &[]).as_deref(), Some("app"));
        for root in [
            "exec \"$@\"",
            "exec gosu root x",
            "exec gosu $USER x",
            "exec gosu 0 x",
            "gosu app x &\nwait",
            "server",
            "if true; then gosu app x; fi\nserver",
        ] {
            assert_eq!(drops_to(root, &["x"]), None, "{root}");
        }
    }

    #[test]
    fn conditions_on_the_command_and_the_user_are_followed() {
        let script = "if [ \"${1#-}\" != \"$1\" ]; then\n  set -- server \"$@\"\nfi\nif [ \"$1\" = 'server' -a \"$(id -u)\" = '0' ]; then\n  chown -R app /data\n  exec gosu app \"$0\" \"$@\"\nfi\nexec \"$@\"\n";
        assert_eq!(drops_to(script, &["server"]).as_deref(), Some("app"));
        assert_eq!(drops_to(script, &["--port", "1"]).as_deref(), Some("app"));
        assert_eq!(drops_to(script, &["bash"]), None);
        assert_eq!(drops_to(script, &[]), None);
        let unknown = "if [ -n \"$DEBUG\" ]; then exec bash; fi\nexec gosu app x";
        assert_eq!(drops_to(unknown, &[]), None);
        let harmless = "if [ -n \"$DEBUG\" ]; then echo x; fi\nexec gosu app x";
        assert_eq!(drops_to(harmless, &[]).as_deref(), Some("app"));
    }
}
