//! Text of other people inside of markdown and of shell commands.

use super::super::text;

/// Text in which nothing is markup, a mention or a link to an issue.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::new();
    for letter in text::clean(text).replace('\n', " ").trim_end_matches('.').chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' | '#' => {
                out.push(letter);
                out.push_str("<!-- -->");
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => {
                out.push('\\');
                out.push(letter);
            }
            letter => out.push(letter),
        }
    }
    out
}

/// Text as code, whatever backticks it holds.
pub(crate) fn code(text: &str) -> String {
    let text = text::clean(text).replace('\n', " ");
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Code in a table, where a bar would end the cell.
pub(super) fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// Commands as a block of their own.
pub(super) fn block(commands: &str) -> String {
    let fence = "`".repeat(longest_run(commands).max(2) + 1);
    format!("{fence}sh\n{commands}{fence}\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default()
}

/// A word for a shell.
pub(super) fn quoted(text: &str) -> String {
    let fine = |letter: char| letter.is_ascii_alphanumeric() || "._-/:+".contains(letter);
    if !text.is_empty() && text.chars().all(fine) && !text.starts_with('-') {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_holds_backticks_and_words_hold_quotes() {
        assert_eq!((code("`"), code("a``b"), code("")), ("`` ` ``".into(), "```a``b```".into(), "`  `".into()));
        assert_eq!(block("echo ```\n"), "````sh\necho ```\n````\n");
        assert_eq!((quoted("a b'c"), quoted("-x")), ("'a b'\\''c'".into(), "'-x'".into()));
        assert_eq!((quoted("a/b-1.2"), quoted("")), ("a/b-1.2".into(), "''".into()));
    }
}
