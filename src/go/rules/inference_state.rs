//! `inference-state`: the legacy state, its type and its constructor.

use crate::go::cx::{Cx, Outcome};
use crate::go::unit::{Decision, Unit};

/// Decides a unit of states and core sessions.
pub(crate) fn decide(cx: &Cx<'_>, unit: &Unit) -> Decision {
    let _ = cx;
    let outcomes = unit.sites.iter().map(|&site| (site, Outcome::report("", "make it a session by the guide")));
    Decision { outcomes: outcomes.collect(), ..Decision::default() }
}
