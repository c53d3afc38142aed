//! Comments that keep a rule away: `# unroot ignore=RULE; reason=…` above an instruction, `# unroot global ignore=RULE`
//! anywhere. They are inputs of the plan, as `--ignore` is.

use std::collections::BTreeMap;

use crate::model::Model;
use crate::model::hazard::Scene;
use crate::options::Options;
use crate::plan::{Finding, Plan};
use crate::rules;
use crate::source::Span;
use crate::syntax::{Keyword, TokenKind};

/// Rules that leave a single instruction alone; any other is off for the stage.
const SINGLE: [&str; 2] = ["chown-run", "unowned-copy"];

/// Rules that only have a say once the user is switched.
const ALONG: [&str; 3] = ["privileged-port", "unowned-copy", "unreachable-home"];

/// One rule of one such comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comment {
    /// Its line.
    line: usize,
    /// The rule as written; `None` where none can be read.
    rule: Option<String>,
    reach: Reach,
    used: bool,
}

/// What a comment holds for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    File,
    /// The instruction directly below.
    Instruction(usize),
    /// Nothing stands directly below.
    Nothing,
}

/// All suppressions of a file, in order.
pub(super) fn read(model: &Model<'_>) -> Vec<Comment> {
    let comments = model.tree.tokens.iter().filter(|token| token.kind == TokenKind::Comment);
    let texts: BTreeMap<usize, Span> =
        comments.map(|token| (model.lines.position(token.span.start).line, token.span)).collect();
    let mut found = Vec::new();
    for (line, span) in &texts {
        let text = String::from_utf8_lossy(span.of(model.bytes));
        let Some((global, rules)) = parse(&text) else { continue };
        let reach = if global { Reach::File } else { below(model, &texts, *line) };
        let one = |rule: Option<String>| Comment { line: *line, rule, reach, used: false };
        if rules.is_empty() {
            found.push(one(None));
        }
        found.extend(rules.into_iter().map(|rule| one(Some(rule))));
    }
    found
}

/// Whether a comment is meant for unroot: if it holds for the whole file, and its rules.
fn parse(text: &str) -> Option<(bool, Vec<String>)> {
    let text = text.trim_start().strip_prefix('#')?.trim_start().strip_prefix("unroot")?;
    let words = text.strip_prefix([' ', '\t'])?.trim_start();
    let (global, rest) = match words.strip_prefix("global") {
        Some(rest) => (true, rest.trim_start()),
        None => (false, words),
    };
    let rest = rest.strip_prefix("ignore")?;
    let list = rest.trim_start().strip_prefix('=').unwrap_or_default();
    let list = list.split(';').next().unwrap_or_default();
    Some((global, list.split(',').map(str::trim).filter(|rule| !rule.is_empty()).map(str::to_owned).collect()))
}

/// The instruction that starts below the comment lines from `line` on.
fn below(model: &Model<'_>, texts: &BTreeMap<usize, Span>, line: usize) -> Reach {
    let next = (line..).find(|line| !texts.contains_key(line)).unwrap_or(line);
    let starts = model.tree.instructions.iter().position(|found| found.lines.0 == next);
    // A comment between the lines of an instruction stands above nothing.
    starts.map_or(Reach::Nothing, Reach::Instruction)
}

/// The options of a stage with what the comments say of it.
pub(super) fn applied(comments: &[Comment], model: &Model<'_>, stage: usize, options: &Options) -> Options {
    let mut options = options.clone();
    for comment in comments.iter().filter(|comment| reaches(comment, model, stage)) {
        let Some(rule) = comment.rule.clone() else { continue };
        match single(comment, model) {
            Some(index) => drop(options.left_alone.insert((rule, index))),
            None => drop(options.ignore.insert(rule)),
        }
    }
    options
}

/// Whether a comment has a say in a stage: it stands in it, in one that it builds on, or holds for the file.
fn reaches(comment: &Comment, model: &Model<'_>, stage: usize) -> bool {
    match comment.reach {
        Reach::File => true,
        Reach::Instruction(index) => model.stage_of(index).is_some_and(|of| model.chain(stage).contains(&of)),
        Reach::Nothing => false,
    }
}

/// The instruction, if the comment is about one alone.
fn single(comment: &Comment, model: &Model<'_>) -> Option<usize> {
    let Reach::Instruction(index) = comment.reach else { return None };
    let rule = comment.rule.as_deref()?;
    (SINGLE.contains(&rule) && model.keyword(index) != Keyword::From).then_some(index)
}

/// Marks the comments without which the plan of a stage would hold something more; `plan` makes it without any.
pub(super) fn mark_used(comments: &mut [Comment], scene: &Scene<'_>, options: &Options, plan: impl FnOnce() -> Plan) {
    if comments.is_empty() {
        return;
    }
    let (model, plan) = (scene.model, plan());
    for comment in comments.iter_mut().filter(|comment| reaches(comment, model, scene.stage)) {
        let Some(rule) = comment.rule.as_deref() else { continue };
        let at = single(comment, model);
        let finds = |finding: &Finding| finding.rule == rule && at.is_none_or(|at| finding.at == at);
        // Without a switch nobody can tell, and with the rule left out anyway nobody asks.
        let silent = (ALONG.contains(&rule) && plan.identity.is_none()) || !options.enabled(rule);
        comment.used |= silent || plan.findings.iter().any(finds);
    }
}

/// What is wrong with the comments of a file.
pub(super) fn notes(comments: &[Comment]) -> Vec<String> {
    let known = |rule: &str| rules::ALL.iter().any(|known| known.id == rule);
    let note = |comment: &Comment| {
        let line = comment.line;
        match (&comment.rule, comment.reach) {
            (None, _) => Some(format!("line {line}: no rule to ignore: write `# unroot ignore=RULE; reason=…`")),
            (Some(rule), _) if !known(rule) => Some(format!("line {line}: no rule {rule}")),
            (Some(rule), Reach::Nothing) => {
                Some(format!("line {line}: suppression of {rule} stands directly above no instruction"))
            }
            (Some(rule), _) if !comment.used => Some(format!("line {line}: suppression of {rule} is not used")),
            _ => None,
        }
    };
    comments.iter().filter_map(note).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax;

    fn reach(text: &str) -> Vec<Reach> {
        let tree = syntax::parse(text.as_bytes());
        read(&Model::new(text.as_bytes(), &tree)).into_iter().map(|comment| comment.reach).collect()
    }

    #[test]
    fn comments_are_read_in_any_spacing() {
        let parsed = |text: &str| parse(text).map(|(global, rules)| (global, rules.join(" ")));
        assert_eq!(parsed("# unroot ignore=a-b; reason=it is so"), Some((false, "a-b".to_owned())));
        assert_eq!(parsed("\t#unroot  ignore = a, b ,c"), Some((false, "a b c".to_owned())));
        assert_eq!(parsed("# unroot global ignore=a;reason=x, y"), Some((true, "a".to_owned())));
        assert_eq!(parsed("# unroot ignore"), Some((false, String::new())));
        for text in ["# unroot made this", "# unrooted ignore=a", "# Unroot: ignore it", "# ignore=a", "#"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn a_comment_holds_for_what_stands_directly_below() {
        assert_eq!(reach("# unroot ignore=a\n# why\nFROM x\n"), [Reach::Instruction(0)]);
        assert_eq!(reach("FROM x\n# unroot ignore=a\n\nRUN y\n"), [Reach::Nothing]);
        assert_eq!(reach("FROM x\nRUN a && \\\n  # unroot ignore=a\n  b\n"), [Reach::Nothing]);
        assert_eq!(reach("FROM x\n# unroot global ignore=a,b\n"), [Reach::File, Reach::File]);
        assert_eq!(reach("FROM x\nRUN <<E\n# unroot ignore=a\nE\n"), []);
    }
}
