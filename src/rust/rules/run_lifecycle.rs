//! `run-lifecycle`: a run split into `start_run`, the run itself and `finish_run`.

use super::super::hir::ExprId;
use super::super::outcome::Outcome;
use super::super::sites::Site;
use super::super::unit::Facts;
use crate::rules::Trap;

/// A part of a lifecycle made by hand.
pub(crate) fn part(facts: &Facts, site: &Site, call: ExprId, method: &str) -> Outcome {
    facts.lifecycles.of(site.file, call).unwrap_or_else(|| lone(method))
}

/// A part without the others: no run of this state is split in this program.
fn lone(method: &str) -> Outcome {
    match method {
        "start_run" => Outcome::report(
            "the claim belongs to no run that the tool can see; a session is claimed by starting a run only",
            "start where the claim is: `match session.start_with_turn(&ctx, turn)`; its `SessionError::AlreadyActive` takes the \
             busy arm, other errors are returned; for a plain lock take a `Mutex<()>` of your own",
        )
        .because(Trap::NoCounterpart, "`start_run` as a plain lock has no counterpart")
        .because(Trap::CheckThenAct, "the claim must stay atomic: no `is_running` followed by a start"),
        "finish_run" => Outcome::report(
            "no run of this state is split in this program",
            "nothing: the session frees itself when the run has ended",
        )
        .because(Trap::KillFreesLater, "the session is free when the runner has returned, not at once"),
        _ => apart(),
    }
}

/// A run whose claim stands elsewhere.
pub(crate) fn apart() -> Outcome {
    Outcome::report(
        "the claim of this run stands in another function, or there are several",
        "start where the claim is, `let handle = session.start_with_turn(&ctx, turn)?`, give the handle to this function, and \
         keep only `handle.wait().await` and what followed it",
    )
    .because(Trap::EagerStart, "the run begins at the start, not where it is awaited")
}

/// A claim whose refusal takes a way that the tool does not know.
pub(crate) fn unreadable_claim() -> Outcome {
    Outcome::report(
        "what happens to a refused claim cannot be read here",
        "`match session.start_with_turn(&ctx, turn)`: its `SessionError::AlreadyActive` takes the busy arm, other errors are \
         returned; keep only `handle.wait().await` here",
    )
    .because(Trap::CheckThenAct, "the claim must stay atomic: no `is_running` followed by a start")
    .because(Trap::DroppedStartError, "an error of the start must not be discarded")
}

/// A run whose turn is made of things that are not there yet at the claim.
pub(crate) fn entangled() -> Outcome {
    Outcome::report(
        "what the run is given is made of values that do not exist yet where the claim is",
        "make the turn in front of the claim, then `session.start_with_turn(&ctx, turn)` in its place; keep only \
         `handle.wait().await` here",
    )
    .because(Trap::EagerStart, "the run begins at the start, not where it is awaited")
}

/// A finish whose value or place cannot be taken away.
pub(crate) fn unreadable_finish() -> Outcome {
    Outcome::report(
        "`finish_run` stands where it cannot simply go",
        "nothing in its place: the session frees itself when the run has ended",
    )
    .because(Trap::KillFreesLater, "the session is free when the runner has returned, not at once")
}

/// A finish that ends a run which others may be waiting for.
pub(crate) fn freed_by_hand() -> Outcome {
    Outcome::report(
        "the state is freed by hand, whatever its run does",
        "`let _ = session.cancel_active();`: the session is free when the cancelled run has ended",
    )
    .because(Trap::KillFreesLater, "the session is free when the runner has returned, not at once")
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::finding_at;
    use crate::finding::Level;
    use crate::rules::Trap;

    #[test]
    fn a_guard_names_the_race_it_must_not_become() {
        let body =
            "let state = Arc::new(InferenceState::new(\"a\", None, engine));\nstate.start_run()?;\nstate.finish_run();";
        let finding = finding_at(body, "start_run");
        assert_eq!((finding.level, finding.traps), (Level::Report, vec![Trap::NoCounterpart, Trap::CheckThenAct]));
    }
}
