//! Values of `verify`'s options.

/// A value of `--http`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Http {
    /// The port; found by looking where it is not given.
    pub(crate) port: Option<u16>,
    pub(crate) path: String,
}

/// A value of `--run`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words(pub(crate) Vec<String>);

/// A value of `--mount`: an option of the engine, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount(pub(crate) [String; 2]);

/// Reads `[PORT]/PATH`.
pub(crate) fn http(text: &str) -> Result<Http, String> {
    let wrong = || "write /PATH, or PORT/PATH as in 8080/health".to_owned();
    let at = text.find('/').ok_or_else(wrong)?;
    let (port, path) = text.split_at(at);
    // The path stands in the head of a request.
    if path.chars().any(|letter| letter.is_control() || letter == ' ') {
        return Err("a path has no blanks: write %20".to_owned());
    }
    let port = match port {
        "" => None,
        port => Some(port.parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(wrong)?),
    };
    Ok(Http { port, path: path.to_owned() })
}

/// Reads a command as words, with quotes as in a shell and nothing else of one.
pub(crate) fn command(text: &str) -> Result<Words, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => {
                word.get_or_insert_default().push(letters.next().ok_or("a \\ at the end quotes nothing")?);
            }
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    if quote.is_some() {
        return Err("a quote is open".to_owned());
    }
    words.extend(word);
    if words.is_empty() { Err("no command".to_owned()) } else { Ok(Words(words)) }
}

/// Reads `NAME=VALUE` or `NAME`.
pub(crate) fn env(text: &str) -> Result<String, String> {
    let name = text.split('=').next().unwrap_or_default();
    if name.is_empty() || name.starts_with('-') || name.contains(char::is_whitespace) {
        return Err("write NAME=VALUE, or NAME for the value that it has here".to_owned());
    }
    Ok(text.to_owned())
}

/// Reads what `--volume` or `--mount` of an engine takes, as options for it.
pub(crate) fn mount(text: &str) -> Result<Mount, String> {
    let option = match text {
        text if text.starts_with("type=") || text.contains(",type=") => "--mount",
        text if text.split(':').count() > 1 && !text.starts_with(['-', ':']) => "--volume",
        _ => return Err("write SOURCE:TARGET, or type=… as for the engine's own --mount".to_owned()),
    };
    Ok(Mount([option.to_owned(), text.to_owned()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_may_name_a_port() {
        assert_eq!(http("/"), Ok(Http { port: None, path: "/".to_owned() }));
        assert_eq!(http("8080/a?b=c"), Ok(Http { port: Some(8080), path: "/a?b=c".to_owned() }));
        for bad in ["", "health", "0/x", "x/y", "70000/", "/a b", "/a\r\nX: y", ":80/"] {
            assert!(http(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn commands_are_words() {
        let of = |text: &str| command(text).unwrap().0;
        assert_eq!(of("ls -l /app"), ["ls", "-l", "/app"]);
        assert_eq!(of(r#"sh -c 'echo "a b" > x' "" a\ b"#), ["sh", "-c", "echo \"a b\" > x", "", "a b"]);
        assert_eq!(of(r#""a\"b" 'c\d'"#), ["a\"b", "c\\d"]);
        for bad in ["", "  ", "'a", "a\\"] {
            assert!(command(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_given_to_the_engine_is_no_option_of_it() {
        assert!(env("A=b").is_ok() && env("A").is_ok());
        assert!(env("").is_err() && env("=x").is_err() && env("--privileged").is_err());
        assert_eq!(mount("data:/data").unwrap().0[0], "--volume");
        assert_eq!(mount("type=tmpfs,target=/x").unwrap().0[0], "--mount");
        assert!(mount("--privileged").is_err() && mount("/data").is_err());
    }
}
