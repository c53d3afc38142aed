//! What the ids of reasons and hazards mean.

use super::REASONS;

/// Why something is left alone or unsafe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// Its id, as reports name it.
    pub id: &'static str,
    /// One line.
    pub title: &'static str,
    /// What was looked at.
    pub looked_at: &'static str,
    /// What a person has to decide.
    pub decide: &'static str,
    /// What settles it on the command line, if anything does.
    pub option: Option<&'static str>,
    /// Whether only the switch of USER makes it a reason: with all but that, nothing of it holds.
    pub switch_only: bool,
}

/// All of them, by id.
pub fn reasons() -> &'static [Reason] {
    REASONS
}

/// Whether only the switch of USER makes the id a reason or a hazard.
pub fn is_switch_only(id: &str) -> bool {
    REASONS.iter().any(|reason| reason.id == id && reason.switch_only)
}

impl Reason {
    /// Its page.
    pub fn page(&self) -> String {
        let Self { title, looked_at, decide, .. } = self;
        let option = self.option.map_or("Option: none settles it".to_owned(), |option| format!("Option: {option}"));
        format!("{title}\n\nLooked at: {looked_at}\nDecide: {decide}\n{option}\n")
    }
}
