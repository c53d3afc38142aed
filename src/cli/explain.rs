//! `unroot explain`

use anyhow::{Result, bail};

use super::OK;
use super::args::ExplainArgs;
use super::output::{Screen, product};
use crate::facts;

type Pages = [(&'static str, String)];

/// How alike two names must be to be offered, from 0 to 1.
const ALIKE: f64 = 0.8;

pub(crate) fn run(args: &ExplainArgs, _screen: &Screen) -> Result<u8> {
    let (rules, reasons) = (rules(), reasons());
    let text = match &args.id {
        Some(id) => {
            let pages: Vec<_> = rules.into_iter().chain(reasons).collect();
            format!("{}\n", find(&pages, id, "rule or reason")?.trim_end())
        }
        None => format!("Rules\n{}\nReasons and hazards\n{}", list(&rules), list(&reasons)),
    };
    product(text.as_bytes())?;
    Ok(OK)
}

fn rules() -> Vec<(&'static str, String)> {
    crate::rules().into_iter().map(|(id, page)| (id, page.to_owned())).collect()
}

fn reasons() -> Vec<(&'static str, String)> {
    facts::reasons().iter().map(|reason| (reason.id, reason.page())).collect()
}

/// Looks whether there is such a rule.
pub(crate) fn known_rule(id: &str) -> Result<()> {
    find(&rules(), id, "rule").map(|_| ())
}

/// The page of an id, or the id that was meant.
fn find<'a>(pages: &'a Pages, id: &str, kind: &str) -> Result<&'a str> {
    if let Some((_, page)) = pages.iter().find(|(name, _)| *name == id) {
        return Ok(page);
    }
    let likeness = |name: &str| strsim::jaro_winkler(name, id);
    let nearest = pages.iter().map(|(name, _)| *name).max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match nearest.filter(|name| likeness(name) >= ALIKE) {
        Some(name) => bail!("there is no {kind} {id}; did you mean {name}?"),
        None => bail!("there is no {kind} {id}; unroot explain lists them all"),
    }
}

/// All of a kind, one a line.
fn list(pages: &Pages) -> String {
    let width = pages.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    pages.iter().map(|(name, page)| format!("{name:width$}  {}\n", page.lines().next().unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_listed_and_guessed() {
        let pages = [("missing-user", "No USER.\n\nMore.".to_owned()), ("chown-run", "A RUN chown.".to_owned())];
        let error = |id: &str| find(&pages, id, "rule").unwrap_err().to_string();
        assert_eq!(find(&pages, "chown-run", "rule").unwrap(), "A RUN chown.");
        assert_eq!(list(&pages), "missing-user  No USER.\nchown-run     A RUN chown.\n");
        assert_eq!(error("mising-user"), "there is no rule mising-user; did you mean missing-user?");
        assert!(error("xyz").contains("unroot explain lists"));
        assert!(find(&[], "x", "rule").is_err());
    }

    #[test]
    fn no_id_is_a_rule_and_a_reason() {
        let rules = rules();
        assert!(reasons().iter().all(|(id, _)| rules.iter().all(|(rule, _)| rule != id)));
        assert!(known_rule("missing-user").is_ok() && known_rule("root-volume").is_err());
    }
}
