//! The words of RUNs that name what lies in root's home, in each of its spellings.

use super::mention;
use crate::facts::{self, Writes, words};
use crate::model::Model;
use crate::plan::turns;
use crate::shell;
use crate::source::Span;
use crate::syntax::Keyword;

/// A word that changes: the instruction, where, the old, the new.
type Reworded = (usize, Span, String, String);

/// Every word of the file that names what lies at `name` below root's home, as it will read below `home`; `None` where the
/// file names it in any other way.
pub(super) fn all_words(model: &Model<'_>, stage: usize, name: &str, home: &str) -> Option<Vec<Reworded>> {
    let mut all = Vec::new();
    for index in 0..model.tree.instructions.len() {
        let named = mentions(model, index, name);
        if named == 0 {
            continue;
        }
        let words = words(model, stage, index, name, home);
        if words.len() != named {
            return None;
        }
        all.extend(words);
    }
    Some(all)
}

/// How often an instruction names something by its name, here-documents included.
pub fn mentions(model: &Model<'_>, index: usize, name: &str) -> usize {
    let Some(found) = model.instruction(index) else { return 0 };
    let bodies = found.heredocs.iter().map(|doc| doc.body.of(model.bytes));
    let texts = bodies.chain([found.joined.text.as_slice()]);
    texts.map(|text| mention::count(&String::from_utf8_lossy(text), name)).sum()
}

/// The words of a RUN of root's that name what lies at `name` below its home: arguments and targets of redirections of
/// commands that stand by themselves at top level.
pub fn words(model: &Model<'_>, stage: usize, index: usize, name: &str, home: &str) -> Vec<Reworded> {
    let own = model.stage_of(index) == Some(stage) && model.keyword(index) == Keyword::Run;
    let text = model.instruction(index).map(|found| String::from_utf8_lossy(&found.joined.text).into_owned());
    let plain = model.instruction(index).is_some_and(|found| found.heredocs.is_empty());
    let [shelled] = model.scripts(index) else { return Vec::new() };
    let Some(script) = shelled.script.as_ref().filter(|_| own && plain && model.user(stage, index).is_root()) else {
        return Vec::new();
    };
    if text.is_none_or(|text| turns::lifts(&text)) || words::HOME_BUILD_FILES.contains(&name) {
        return Vec::new();
    }
    let top = shelled.top();
    let mut found = Vec::new();
    shell::each_simple(script, &mut |simple, place| {
        if place.conditional || !top.iter().any(|top| top.span == simple.span && top.rewritable) {
            return;
        }
        let targets = simple.redirects.iter().map(|redirect| &redirect.target);
        for word in simple.words.iter().skip(1).chain(targets) {
            let Some(inner) = spelled(&shelled.text_of(word.span), name) else { continue };
            let inner = Span::new(word.span.start + inner.start, word.span.start + inner.end);
            let (span, old) = (shelled.span(inner), shelled.text_of(inner));
            // A continuation inside of a word parts it.
            if span.of(model.bytes) == old.as_bytes() {
                found.push((index, span, old, format!("{home}/{name}")));
            }
        }
    });
    found
}

/// Where a word as it is written says `name` below root's home: at its start, as a part of its own.
pub(super) fn spelled(word: &str, name: &str) -> Option<Span> {
    part(word).filter(|(_, found)| *found == name).map(|(span, _)| span)
}

/// What a word names directly below root's home, and where it says so, home included.
fn part(word: &str) -> Option<(Span, &str)> {
    let quoted = usize::from(word.starts_with('"'));
    let rest = word.get(quoted..)?;
    // Quotes keep a tilde from being expanded.
    let homes = ["/root", "$HOME", "${HOME}", "~"].into_iter().filter(|home| quoted == 0 || *home != "~");
    let start = homes.into_iter().find_map(|home| rest.strip_prefix(home).map(|_| home.len()))?;
    let below = rest.get(start..)?.strip_prefix('/')?;
    let name = below.split(['/', '"']).next().filter(|name| !name.is_empty())?;
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    plain.then(|| (Span::new(quoted, quoted + start + 1 + name.len()), name))
}

/// Whether a span of a RUN's text names something by its name.
pub(super) fn mentions_in(model: &Model<'_>, index: usize, span: Span, name: &str) -> bool {
    model.scripts(index).first().is_some_and(|script| mention::count(&script.text_of(span), name) > 0)
}

/// What the commands of a RUN write by name directly below the home of whoever runs it.
pub(super) fn written(model: &Model<'_>, index: usize) -> Vec<String> {
    let Some(shelled) = model.scripts(index).first().filter(|_| model.keyword(index) == Keyword::Run) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut add = |span: Span| found.extend(part(&shelled.text_of(span)).map(|(_, name)| name.to_owned()));
    if let Some(script) = &shelled.script {
        shell::each_simple(script, &mut |simple, _| {
            let name = simple.words.first().and_then(shell::Word::literal).unwrap_or_default();
            let removes = matches!(name.as_str(), "rm" | "rmdir" | "unlink" | "chmod");
            let words = simple.words.iter().skip(1).filter(|_| facts::writes(&name, "") == Writes::Named && !removes);
            words.for_each(|word| add(word.span));
            let targets = simple.redirects.iter().filter(|redirect| redirect.operator.contains('>'));
            targets.for_each(|redirect| add(redirect.target.span));
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_the_home_is_read_and_no_other_word() {
        let named = [
            ("/root/.vnc", "/root/.vnc"),
            ("~/.vnc/passwd", "~/.vnc"),
            ("$HOME/.vnc/", "$HOME/.vnc"),
            ("\"${HOME}/.vnc\"", "${HOME}/.vnc"),
            ("\"/root/.vnc/$FILE\"", "/root/.vnc"),
        ];
        for (word, old) in named {
            let span = spelled(word, ".vnc").unwrap_or_default();
            assert_eq!(word.get(span.range()), Some(old), "{word}");
        }
        let others =
            ["\"~/.vnc\"", "'/root/.vnc'", "/root/.vncrc", "/root/.vnc*", "-o/root/.vnc", "$X/.vnc", "/root/x/.vnc"];
        assert!(others.iter().all(|word| spelled(word, ".vnc").is_none()));
    }
}
