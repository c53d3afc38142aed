//! Dockerfiles that a program writes: what is changed in them is lost the next time.

use super::{Hazard, Scene, Weight, hazard};
use crate::compose::join;
use crate::context::{Entry, Files};
use crate::facts::words;
use crate::syntax::TokenKind;

/// What shows that a program writes the file: a comment above the first FROM that says so, or a script that does.
pub(super) fn generated(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let before = found.len();
    by_comment(scene, found);
    if let Some((script, line)) =
        scene.path.and_then(|path| writer(scene.files, path)).filter(|_| found.len() == before)
    {
        let message = format!(
            "{script}:{line} writes Dockerfiles, and this is one of them by its place: change its source as well"
        );
        found.push(hazard("generated-file", Weight::Unsafe, scene.from(), message));
    }
}

/// Most bytes of a script that is looked at.
const SMALL: u64 = 1 << 16;

/// The script of a folder above the file, and its line, that writes into files called and placed like this one.
fn writer(files: &dyn Files, path: &str) -> Option<(String, usize)> {
    let above = path.rmatch_indices('/').filter_map(|(at, _)| path.get(..at)).skip(1);
    above.chain([""]).find_map(|folder| {
        let inner = path.strip_prefix(folder)?.trim_start_matches('/');
        files.list(folder).iter().filter(|name| name.ends_with(".sh")).find_map(|name| {
            let file = join(folder, name);
            let small = matches!(files.entry(&file), Entry::File { len, .. } if len < SMALL);
            let text = if small { files.read(&file)? } else { return None };
            let text = String::from_utf8_lossy(&text).into_owned();
            let line = text.lines().position(|line| written(line).any(|to| is_like(&to, inner)))?;
            Some((file, line + 1))
        })
    })
}

/// The files that a line of a script writes: `> "$version/Dockerfile"`.
fn written(line: &str) -> impl Iterator<Item = String> {
    let line = line.split("# ").next().unwrap_or("");
    line.split('>').skip(1).filter_map(|rest| {
        let word = rest.trim_start().split([' ', ';', '|', '&', ')', '<']).next()?;
        Some(word.replace(['"', '\'', '{', '}'], ""))
    })
}

/// Whether a path as a script writes it, with variables, may be `path`: as many parts, those that are written out the same.
fn is_like(written: &str, path: &str) -> bool {
    let written = written.trim_start_matches("./");
    let (parts, of): (Vec<&str>, Vec<&str>) = (written.split('/').collect(), path.split('/').collect());
    let same = |(part, of): (&&str, &&str)| part == of || part.starts_with('$');
    // A file in the script's own folder is seldom made anew, and a name that is all variable tells nothing.
    parts.len() == of.len()
        && of.len() > 1
        && parts.last() == of.last()
        && written.contains('$')
        && parts.iter().zip(&of).all(same)
}

fn by_comment(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let model = scene.model;
    let Some(first) = model.stages.first().map(|stage| stage.from) else { return };
    let end = model.instruction(first).map_or(0, |from| from.full.start);
    let header = model.tree.tokens.iter().filter(|token| token.kind == TokenKind::Comment && token.span.end <= end);
    let says = |text: &str| {
        let text = text.to_ascii_lowercase().replace('*', "");
        words::GENERATED_MARKS.iter().any(|mark| text.contains(mark))
    };
    let comment =
        header.map(|token| (token, String::from_utf8_lossy(token.span.of(model.bytes)))).find(|(_, text)| says(text));
    let Some((token, text)) = comment else { return };
    let line = model.lines.position(token.span.start).line;
    let message = format!(
        "line {line} says `{}`: what writes the file would undo this, so change its source as well",
        text.trim_start_matches(['#', ' ']).trim_end()
    );
    found.push(hazard("generated-file", Weight::Unsafe, first, message));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Memory;

    fn writer_of(path: &str, script: &str, text: &str) -> Option<(String, usize)> {
        let mut files = Memory::default();
        files.insert(path, "FROM debian\n", 0o644);
        files.insert(script, text, 0o755);
        writer(&files, path)
    }

    #[test]
    fn a_script_above_writes_files_of_that_name_and_place() {
        let text = "#!/bin/sh\nsed s/@V@/1/ Dockerfile.in > \"$1/${2}/Dockerfile\"\n";
        assert_eq!(writer_of("new/small/Dockerfile", "all.sh", text), Some(("all.sh".to_owned(), 2)));
        let appended = "{ echo FROM x; } >>./images/$name/Dockerfile\n";
        assert_eq!(writer_of("images/web/Dockerfile", "all.sh", appended), Some(("all.sh".to_owned(), 1)));
    }

    #[test]
    fn other_places_names_and_comments_tell_nothing() {
        let text = "sed s/@V@/1/ Dockerfile.in > \"$1/${2}/Dockerfile\"\n";
        assert_eq!(writer_of("Dockerfile", "all.sh", text), None);
        assert_eq!(writer_of("small/Dockerfile", "all.sh", text), None);
        assert_eq!(writer_of("new/small/web.Dockerfile", "all.sh", text), None);
        assert_eq!(writer_of("new/small/Dockerfile", "all.sh", "# x > $1/$2/Dockerfile\n"), None);
        assert_eq!(writer_of("new/small/Dockerfile", "all.sh", "echo FROM x > new/small/Dockerfile\n"), None);
    }
}
