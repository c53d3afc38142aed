//! Variables of a script that hold one literal value wherever they are read below the line that sets them.

use crate::shell::{self, AndOr, Command, CommandKind, OperatorKind, Script, Word};

/// A variable with its value, in the part of the script where it surely holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Constant {
    name: String,
    value: String,
    /// Where it is set.
    from: usize,
    /// Where the list of commands that it is set in ends: what runs behind that may have skipped it.
    until: usize,
}

/// The constants of a script: set once, by a line of their own, and nowhere else named but to be read.
pub(super) fn constants(script: &Script, text: &[u8]) -> Vec<Constant> {
    // What another text sets is not seen here.
    let mut hidden = false;
    shell::each_simple(script, &mut |simple, _| {
        let first = simple.words.first().and_then(Word::literal);
        hidden |= first.is_some_and(|name| matches!(name.as_str(), "." | "source" | "eval" | "declare" | "typeset"));
    });
    let mut found = Vec::new();
    if !hidden {
        set_in(script, &mut found);
    }
    found.retain(|constant| is_only_read(constant, text));
    found
}

/// The value that a variable has at a place of the script.
pub(super) fn value<'c>(constants: &'c [Constant], name: &str, at: usize) -> Option<&'c str> {
    let holds = |constant: &&Constant| constant.name == name && constant.from < at && at < constant.until;
    constants.iter().find(holds).map(|constant| constant.value.as_str())
}

fn set_in(script: &Script, found: &mut Vec<Constant>) {
    let Some(until) = script.lists.last().map(|list| list.span.end) else { return };
    for list in &script.lists {
        found.extend(assignments(list).iter().filter_map(|word| {
            let text = word.literal()?;
            let (name, value) = text.split_once('=').filter(|(name, _)| is_name(name))?;
            let (name, value) = (name.to_owned(), value.to_owned());
            Some(Constant { name, value, from: word.span.start, until })
        }));
        for command in list.pipelines.iter().flat_map(|pipeline| &pipeline.commands) {
            inside(command, found);
        }
    }
}

/// The assignments of a list that starts with nothing else.
fn assignments(list: &AndOr) -> &[Word] {
    let background = list.terminator.is_some_and(|operator| operator.kind == OperatorKind::Background);
    let first = list.pipelines.first().map(|pipeline| pipeline.commands.as_slice()).filter(|_| !background);
    match first {
        Some([Command { kind: CommandKind::Simple { assignments, words }, .. }]) if words.is_empty() => assignments,
        _ => &[],
    }
}

fn inside(command: &Command, found: &mut Vec<Constant>) {
    match &command.kind {
        CommandKind::Compound { bodies, .. } => bodies.iter().for_each(|body| set_in(body, found)),
        CommandKind::Function { body, .. } => inside(body, found),
        CommandKind::Simple { .. } => {}
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether the script names the variable nowhere but where it sets it and as `$X`, `${X}` or `${X:0:1}`.
fn is_only_read(constant: &Constant, text: &[u8]) -> bool {
    let name = constant.name.as_bytes();
    let part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    text.windows(name.len()).enumerate().filter(|(_, window)| *window == name).all(|(at, _)| {
        let byte = |at: Option<usize>| at.and_then(|at| text.get(at));
        let (before, after) = (byte(at.checked_sub(1)), text.get(at + name.len()));
        if part(before) || part(after) || at == constant.from {
            return true;
        }
        let braced = before == Some(&b'{') && byte(at.checked_sub(2)) == Some(&b'$');
        let read = match after {
            Some(b'}') => true,
            Some(b':') => text.get(at + name.len() + 1).is_some_and(u8::is_ascii_digit),
            _ => false,
        };
        before == Some(&b'$') || (braced && read)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_use(text: &str, name: &str) -> Option<String> {
        let tree = shell::parse(text.as_bytes(), shell::Dialect::Bash).unwrap();
        let at = text.find("use").unwrap();
        value(&constants(&tree, text.as_bytes()), name, at).map(str::to_owned)
    }

    #[test]
    fn a_variable_that_is_set_once_above_is_known() {
        for text in
            ["X=/a\nuse $X", "if a; then\n X=\"/a\"\n if b; then use ${X}; fi\nfi", "X=/a && use ${X:0:1}\n# XY"]
        {
            assert_eq!(at_use(text, "X").as_deref(), Some("/a"), "{text}");
        }
    }

    #[test]
    fn a_variable_that_may_be_another_is_not() {
        for text in [
            "use $X; X=/a",
            "if a; then X=/a; fi; use $X",
            "X=/a; read X; use $X",
            "X=/a; : ${X:=b}; use $X",
            "X=/a; for X in b; do use $X; done",
            "X=$Y; use $X",
            "X=/a & use $X",
            "X=/a; . ./other; use $X",
            "f || X=/a; use $X",
            "X=/a cmd; use $X",
        ] {
            assert_eq!(at_use(text, "X"), None, "{text}");
        }
    }
}
