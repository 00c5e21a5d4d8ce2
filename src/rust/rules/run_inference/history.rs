//! What a session's history shows that a legacy state did not: the turns of runs that failed or are under way.

use super::super::super::cx::Cx;
use super::super::super::hir::{ExprId, ItemKind, TypeParent};
use super::super::super::index::FileIdx;
use super::super::super::outcome::Outcome;
use super::super::super::proof::{is_called_from_outside, is_exported};
use super::super::super::sites::{At, Site, SiteKind};
use super::super::super::unit::{Facts, set_turn_is_between_runs};
use super::failure;
use super::seed::{Seed, seed};
use crate::rules::Trap;

/// Why a unit's sessions are made `without_failed_turns`.
pub(crate) const LEFT_OUT: &str = "a failed run left the turn as it was, and so does a session `without_failed_turns()`; \
                                   without that call the prompt would stay and be sent again";

/// What is seen of a run's turn before the run has succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    WhileItRuns,
    AfterItFailed,
}

impl Shown {
    pub(super) fn judge(self, outcome: Outcome) -> Outcome {
        match self {
            Self::WhileItRuns => outcome.reserved(
                "the turn is read by a task of its own, which now sees the prompt of a run that is under way",
            ),
            Self::AfterItFailed => outcome.offered(
                Trap::FailedPromptStays,
                "the turn is read or run again later, and after a failed run it would be this one",
            ),
        }
    }
}

/// What a session with all its turns would show of this run.
pub(super) fn shows(cx: &Cx<'_>, facts: &Facts, file: FileIdx, run: ExprId, seed: Seed) -> Option<Shown> {
    if !seed.may_append() {
        return None;
    }
    if (facts.reads_turn || facts.reruns) && !failure::is_unseen(cx, facts, file, run) {
        return Some(Shown::AfterItFailed);
    }
    facts.reads_turn_aside.then_some(Shown::WhileItRuns)
}

/// Whether the sessions of a unit are to leave failed turns out: one of its runs would show more than the legacy state,
/// or be overtaken by a turn that is set meanwhile; and every session is made in this tree.
pub(crate) fn is_to_leave_failed_turns_out(cx: &Cx<'_>, facts: &Facts, sites: &[Site]) -> bool {
    let shows_more = |&(file, run): &(FileIdx, ExprId)| {
        seed(cx, file, run).is_some_and(|seed| shows(cx, facts, file, run, seed).is_some())
    };
    let is_overtaken = || {
        !facts.runs.is_empty()
            && facts.set_turns.iter().any(|&(file, call)| !set_turn_is_between_runs(cx, facts, file, call))
    };
    let is_made_here = sites.iter().any(|site| site.kind == SiteKind::StateNew)
        && !sites.iter().any(|site| comes_from_outside(cx, site));
    is_made_here && (facts.runs.iter().any(shows_more) || is_overtaken())
}

/// Whether code out of sight may hand in what a site names the type of: a parameter, or a field.
fn comes_from_outside(cx: &Cx<'_>, site: &Site) -> bool {
    let (SiteKind::Type(_), At::Type(ty)) = (&site.kind, site.at) else { return false };
    let hir = cx.hir(site.file);
    let mut top = ty;
    while let TypeParent::Type(outer) = hir[top].parent {
        top = outer;
    }
    let TypeParent::Item(item) = hir[top].parent else { return false };
    let Some(def) = cx.program.def_of_item(site.file, item) else { return false };
    match &hir[item].kind {
        ItemKind::Fn(function) => {
            function.params.iter().any(|param| param.ty == top) && is_called_from_outside(cx, def)
        }
        _ => is_exported(cx, def),
    }
}
