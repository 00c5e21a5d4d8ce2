//! `run-lifecycle`: a run split into `start_run`, the run itself and `finish_run`.

use super::super::cx::Cx;
use super::super::hir::ExprId;
use super::super::moved::moved_receiver;
use super::super::outcome::Outcome;
use super::super::sites::{Site, SiteKind, receiver};
use super::super::text::rename_method;
use super::super::unit::Facts;
use crate::rules::Trap;

/// A part of a lifecycle made by hand.
pub(crate) fn part(cx: &Cx<'_>, facts: &Facts, site: &Site, call: ExprId) -> Outcome {
    facts.permits.of(site.file, call).unwrap_or_else(|| apart(cx, site, call))
}

/// A part whose claim, or what belongs to it, is not in sight: what comes nearest, for a person to decide.
fn apart(cx: &Cx<'_>, site: &Site, call: ExprId) -> Outcome {
    let file = site.file;
    match site.kind {
        SiteKind::StateMethod("start_run") => {
            let mut changes = rename_method(cx, file, call, "reserve");
            changes.push(cx.insert(file, cx.span(file, call).end, ".map(drop)"));
            Outcome::safe(changes, "`let permit = session.reserve()?;`, kept as long as the claim is to last").drafted(
                Trap::CheckThenAct,
                "what the claim is for is not in sight, and its permit frees the session as soon as it is dropped",
                "the permit is dropped here, which frees the session at once; keep it where the claim is to be held",
            )
        }
        SiteKind::StateMethod("finish_run") => {
            let Some(state) = receiver(cx, file, call) else { return Outcome::report("the call cannot be read", "") };
            let state = moved_receiver(cx, file, state);
            let change = cx.replace(file, cx.span(file, call), format!("drop({state}.cancel_active())"));
            Outcome::safe(vec![change], "give the permit of `session.reserve()` to this function and drop it here")
                .drafted(
                    Trap::KillFreesLater,
                    "the claim that this ends is not in sight, and a session is free when its permit is dropped",
                    "this asks the run to end; to free the session here, drop the permit of its claim",
                )
        }
        _ => Outcome::safe(rename_method(cx, file, call, "run_seed"), "`session.run_under(&permit, &ctx, seed).await`")
            .drafted(
                Trap::UnclaimedRun,
                "the claim of this run is not in sight, and a run without a permit claims the session itself",
                "the run is refused while a caller holds the session; give it the caller's permit, or keep it as it is",
            ),
    }
}
