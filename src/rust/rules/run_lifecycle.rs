//! `run-lifecycle`: a run split into `start_run`, the run itself and `finish_run`.

use super::super::hir::ExprId;
use super::super::outcome::Outcome;
use super::super::sites::{Site, SiteKind};
use super::super::unit::Facts;
use crate::rules::Trap;

/// A part of a lifecycle made by hand.
pub(crate) fn part(facts: &Facts, site: &Site, call: ExprId) -> Outcome {
    facts.permits.of(site.file, call).unwrap_or_else(|| apart(&site.kind))
}

/// A part whose claim is not in sight.
fn apart(kind: &SiteKind) -> Outcome {
    match kind {
        SiteKind::StateMethod("start_run") => Outcome::report(
            "what becomes of the claim's result cannot be read here",
            "`let permit = session.reserve()?;`, and keep the permit as long as the claim is to last",
        ),
        SiteKind::StateMethod("finish_run") => Outcome::report(
            "the claim that this ends stands in another function",
            "give the permit of `session.reserve()` to this function and drop it here",
        )
        .because(Trap::KillFreesLater, "the session is free when its permit is dropped"),
        _ => Outcome::report(
            "the claim of this run stands in another function",
            "give the permit of `session.reserve()` to this function: `session.run_under(&permit, &ctx, seed).await`",
        ),
    }
}
