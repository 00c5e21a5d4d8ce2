//! `run-lifecycle`: a run split into `start_run`, the run itself and `finish_run`.

use super::super::outcome::Outcome;
use crate::rules::Trap;

/// A part of a lifecycle made by hand.
pub(crate) fn part(method: &str) -> Outcome {
    let why = "the run is split into start, run and finish, which the tool does not bring together yet";
    match method {
        "start_run" => Outcome::report(
            why,
            "start where the guard is: `match session.start_with_turn(&ctx, turn)`; its `SessionError::AlreadyActive` takes the \
             busy arm, other errors are returned",
        )
        .because(Trap::CheckThenAct, "the claim must stay atomic: no `is_running` followed by a start"),
        "finish_run" => Outcome::report(why, "nothing: the session frees itself when the run has ended")
            .because(Trap::KillFreesLater, "the session is free when the runner has returned, not at once"),
        _ => Outcome::report(why, "keep only `handle.wait().await` and what followed it")
            .because(Trap::EagerStart, "the run begins at the start, not where it is awaited"),
    }
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
        assert_eq!((finding.level, finding.traps), (Level::Report, vec![Trap::CheckThenAct]));
    }
}
