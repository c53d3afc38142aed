//! `unroot explain`

use anyhow::{Result, bail};

use super::OK;
use super::args::ExplainArgs;
use super::output::{Screen, product};

type Rules = [(&'static str, &'static str)];

/// How alike two names must be to be offered, from 0 to 1.
const ALIKE: f64 = 0.8;

pub(crate) fn run(args: &ExplainArgs, _screen: &Screen) -> Result<u8> {
    let text = match &args.rule {
        Some(rule) => format!("{}\n", find(&crate::rules(), rule)?.trim_end()),
        None => list(&crate::rules()),
    };
    product(text.as_bytes())?;
    Ok(OK)
}

/// The doc of a rule.
pub(crate) fn find(rules: &Rules, id: &str) -> Result<&'static str> {
    if let Some((_, doc)) = rules.iter().find(|(name, _)| *name == id) {
        return Ok(doc);
    }
    let likeness = |name: &str| strsim::jaro_winkler(name, id);
    let nearest = rules.iter().map(|(name, _)| *name).max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match nearest.filter(|name| likeness(name) >= ALIKE) {
        Some(name) => bail!("there is no rule {id}; did you mean {name}?"),
        None => bail!("there is no rule {id}; unroot explain lists them all"),
    }
}

/// All rules, one a line.
fn list(rules: &Rules) -> String {
    let width = rules.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    rules.iter().map(|(name, doc)| format!("{name:width$}  {}\n", doc.lines().next().unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &Rules = &[("missing-user", "No USER.\n\nMore."), ("chown-run", "A RUN chown.")];

    #[test]
    fn rules_are_found_listed_and_guessed() {
        assert_eq!(find(RULES, "chown-run").unwrap(), "A RUN chown.");
        assert_eq!(list(RULES), "missing-user  No USER.\nchown-run     A RUN chown.\n");
        assert!(find(RULES, "mising-user").unwrap_err().to_string().ends_with("did you mean missing-user?"));
        assert!(find(RULES, "xyz").unwrap_err().to_string().contains("unroot explain lists"));
        assert!(find(&[], "x").is_err());
    }
}
