//! The invariants of a rewrite: the result is parsed and modelled again and compared with the original, tree to tree.
//! They run on every fix, in release builds too; what breaks one is never shown.

mod accounts;
mod align;
mod along;
mod declared;
mod fed;
mod homed;
mod lines;
mod moved;
mod owners;
mod reach;
mod runs;
mod served;
mod typed;

use crate::model::Model;
use crate::plan::Plan;

pub use align::Aligned;
pub use along::{Other, along, clustered, ports};

/// What is compared.
pub struct Case<'p> {
    /// The original.
    pub before: &'p Model<'p>,
    /// The result.
    pub after: &'p Model<'p>,
    /// The changes that were meant.
    pub plan: &'p Plan,
    /// Which instruction of the result is which of the original.
    pub aligned: Aligned,
}

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{invariant}: {message}")]
pub struct Violation {
    /// The invariant's id.
    pub invariant: &'static str,
    /// What differs.
    pub message: String,
}

/// One invariant.
#[derive(Clone, Copy)]
pub struct Invariant {
    /// Its id.
    pub id: &'static str,
    /// Whether it holds, or what differs.
    pub holds: fn(&Case<'_>) -> Result<(), String>,
}

/// Every invariant, in the order of DESIGN.md section 1.2.
pub const ALL: [Invariant; 14] = [
    Invariant { id: "parses", holds: typed::parses },
    Invariant { id: "typed", holds: typed::typed },
    Invariant { id: "trivia", holds: typed::trivia },
    Invariant { id: "fed", holds: fed::fed },
    Invariant { id: "runs", holds: runs::runs },
    Invariant { id: "workdirs", holds: runs::workdirs },
    Invariant { id: "other-stages", holds: runs::other_stages },
    Invariant { id: "moved", holds: moved::moved },
    Invariant { id: "owners", holds: owners::owners },
    Invariant { id: "reach", holds: reach::reach },
    Invariant { id: "accounts", holds: accounts::accounts },
    Invariant { id: "user", holds: accounts::user },
    Invariant { id: "frozen", holds: typed::frozen },
    Invariant { id: "served", holds: served::served },
];

/// Compares the result with the original.
///
/// # Errors
/// The first invariant that does not hold.
pub fn prove(before: &Model<'_>, after: &Model<'_>, plan: &Plan) -> Result<(), Violation> {
    let (aligned, unaligned) = match align::align(before, after, plan) {
        Ok(aligned) => (aligned, None),
        Err(message) => (Aligned::default(), Some(message)),
    };
    let case = Case { before, after, plan, aligned };
    for invariant in ALL {
        if let (Some(message), "typed") = (&unaligned, invariant.id) {
            return Err(Violation { invariant: "typed", message: message.clone() });
        }
        (invariant.holds)(&case).map_err(|message| Violation { invariant: invariant.id, message })?;
    }
    Ok(())
}
