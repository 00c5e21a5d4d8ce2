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
            "delete it: a session frees itself when its run has ended; to end a run early, `session.cancel_active()`",
        )
        .because(Trap::KillFreesLater, "the session is free when the runner has returned, not at once"),
        _ => apart(),
    }
}

/// A claim, or another part, of a run that is only reported.
pub(crate) fn with_run(place: &str, run: &Outcome, is_claim: bool) -> Outcome {
    let why = format!("its run at {place} is not rewritten: {}", run.why);
    match is_claim {
        true => Outcome { why, ..run.clone() },
        false => Outcome::report(
            why,
            "delete it when the run is started with a handle: the session has a cancel of its own for every run, and frees \
             itself when the run has ended",
        ),
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
        "delete the call and what only serves it: the session frees itself when the run has ended",
    )
    .because(Trap::KillFreesLater, "the session is free when the runner has returned, not at once")
}

/// A finish that ends a run which others may be waiting for.
pub(crate) fn freed_by_hand() -> Outcome {
    Outcome::report(
        "the state is freed by hand, whatever its run does",
        "`let _ = session.cancel_active();`: the session is free when the cancelled run has ended; where the next step needs it \
         free, wait for that: `handle.wait().await`",
    )
    .because(Trap::KillFreesLater, "the session is free when the runner has returned, not at once")
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;
    use crate::rules::Trap;

    const MADE: &str =
        "let state = Arc::new(InferenceState::new(\"a\", None, engine));\nlet session = Session::new(state.clone());\n";
    const TURN: &str = "Turn::builder().with_user_prompt(\"x\").build()";

    fn after(body: &str) -> String {
        let after = migrated(&format!("{MADE}{body}"));
        after.lines().skip(1).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_plain_lock_names_what_it_must_not_become() {
        let body =
            "let state = Arc::new(InferenceState::new(\"a\", None, engine));\nstate.start_run()?;\nstate.finish_run();";
        let finding = finding_at(body, "start_run");
        assert_eq!((finding.level, finding.traps), (Level::Report, vec![Trap::NoCounterpart, Trap::CheckThenAct]));
    }

    #[test]
    fn all_parts_say_what_holds_their_run_back() {
        let body = format!(
            "{MADE}let refused = format!(\"{{:?}}\", state.start_run());\n\
             drop(session.run_inference_started(&ctx, Some({TURN})).await);\nstate.finish_run();\ndrop(refused);"
        );
        let why = "its run at p/src/main.rs:7:14 is not rewritten: what happens to a refused claim cannot be read here";
        for part in ["start_run", "finish_run"] {
            let finding = finding_at(&body, part);
            assert!(finding.why.starts_with(why), "{}", finding.why);
        }
        assert!(finding_at(&body, "start_run").help.contains("start_with_turn"));
        assert!(finding_at(&body, "finish_run").help.starts_with("delete it"));
    }

    #[test]
    fn the_start_takes_the_place_of_the_claim() {
        let body = format!(
            "state.start_run()?;\nlet (run, cancel) = ctx.with_cancel();\nstate.set_cancel(cancel);\n\
             let out = session.run_inference_started(&run, Some({TURN})).await;\nstate.finish_run();\ndrop(out?);"
        );
        assert_eq!(
            after(&body),
            format!(
                "let handle = session.start_with_turn(&ctx, {TURN})?;\nlet out = handle.wait().await;\ndrop(out?);"
            )
        );
        assert_eq!(finding_at(&format!("{MADE}{body}"), "start_run").level, Level::Safe);
    }

    #[test]
    fn other_errors_of_the_start_come_out_where_the_run_did() {
        let body = format!(
            "if state.start_run().is_err() {{ return Ok(()); }}\n\
             let out = session.run_inference_started(&ctx, Some({TURN})).await;\nstate.finish_run();\ndrop(out?);"
        );
        assert_eq!(
            after(&body),
            format!(
                "let run = session.start_with_turn(&ctx, {TURN});\n\
                 if matches!(run, Err(SessionError::AlreadyActive)) {{ return Ok(()); }}\n\
                 let out = async {{ run?.wait().await }}.await;\ndrop(out?);"
            )
        );
    }

    #[test]
    fn a_cancel_that_reaches_more_than_the_run_needs_a_yes() {
        let body = format!(
            "let (all, stop) = ctx.with_cancel();\nstate.start_run()?;\nstate.set_cancel(stop.clone());\n\
             let out = session.run_inference_started(&all, Some({TURN})).await;\nstate.finish_run();\ndrop((out?, all));"
        );
        assert_eq!(
            after(&body),
            format!(
                "let (all, _stop) = ctx.with_cancel();\nlet handle = session.start_with_turn(&all, {TURN})?;\n\
                 let out = handle.wait().await;\ndrop((out?, all));"
            )
        );
        let finding = finding_at(&format!("{MADE}{body}"), "set_cancel");
        assert_eq!((finding.level, finding.traps), (Level::Offered, vec![Trap::RunContext]));
    }

    #[test]
    fn a_refusal_that_was_ignored_comes_out_where_the_run_does() {
        for claim in ["let _ = state.start_run();", "state.start_run().ok();", "drop(state.start_run());"] {
            let body = format!(
                "{claim}\nlet out = session.run_inference_started(&ctx, Some({TURN})).await;\nstate.finish_run();\ndrop(out?);"
            );
            assert_eq!(
                after(&body),
                format!(
                    "let run = session.start_with_turn(&ctx, {TURN});\nlet out = async {{ run?.wait().await }}.await;\ndrop(out?);"
                )
            );
            let finding = finding_at(&format!("{MADE}{body}"), "start_run");
            assert_eq!((finding.level, finding.traps), (Level::Offered, vec![Trap::DroppedStartError]), "{claim}");
        }
    }

    #[test]
    fn what_a_matched_start_needs_comes_in_front_of_it() {
        let body = format!(
            "match state.start_run() {{\n    Ok(()) => {{}}\n    Err(StateError::AlreadyRunning | StateError::NotRunning) => return Ok(()),\n}}\n\
             let seed = {TURN};\nlet out = session.run_inference_started(&ctx, Some(seed)).await;\nstate.finish_run();\ndrop(out?);"
        );
        assert_eq!(
            after(&body),
            format!(
                "let seed = {TURN};\nlet handle = match session.start_with_turn(&ctx, seed) {{\n    Ok(handle) => handle,\n    \
                 Err(_) => return Ok(()),\n}};\nlet out = handle.wait().await;\ndrop(out?);"
            )
        );
    }

    #[test]
    fn a_claim_may_be_asked_for_in_many_ways() {
        let run = format!(
            "let out = session.run_inference_started(&ctx, Some({TURN})).await;\nstate.finish_run();\ndrop(out?);"
        );
        let start = format!("session.start_with_turn(&ctx, {TURN})");
        let waits = |name: &str| format!("let out = async {{ {name}?.wait().await }}.await;\ndrop(out?);");
        let busy = |name: &str| format!("if matches!({name}, Err(SessionError::AlreadyActive)) {{ return Ok(()); }}");
        for test in [
            "state.is_running() || state.start_run().is_err()",
            "matches!(state.start_run(), Err(_))",
            "!matches!(state.start_run(), Ok(()))",
            "state.start_run() != Ok(())",
            "state.start_run() == Err(StateError::AlreadyRunning)",
        ] {
            let body = format!("if {test} {{ return Ok(()); }}\n{run}");
            let wanted = format!("let run = {start};\n{}\n{}", busy("run"), waits("run"));
            assert_eq!(after(&body), wanted, "{test}");
        }
        let body = format!("let claimed = state.start_run();\nif claimed.is_err() {{ return Ok(()); }}\n{run}");
        assert_eq!(after(&body), format!("let claimed = {start};\n{}\n{}", busy("claimed"), waits("claimed")));
        let body = format!("if !state.is_running() && state.start_run().is_ok() {{\n{run}\n}}");
        let wanted = format!("if let Ok(handle) = {start} {{\nlet out = handle.wait().await;\ndrop(out?);\n}}");
        assert_eq!(after(&body), wanted);
        let body = format!("let claimed = state.start_run();\nclaimed?;\n{run}");
        let wanted =
            format!("let claimed = {start};\nlet handle = claimed?;\nlet out = handle.wait().await;\ndrop(out?);");
        assert_eq!(after(&body), wanted);
    }

    #[test]
    fn questions_that_say_more_than_the_claim_are_not_taken_for_it() {
        let run = format!("drop(session.run_inference_started(&ctx, Some({TURN})).await);\nstate.finish_run();");
        for test in [
            "other.is_running() || state.start_run().is_err()",
            "state.is_running() && state.start_run().is_err()",
            "state.start_run().is_err() || state.is_running()",
            "state.start_run() == Err(StateError::NotRunning)",
            "matches!(state.start_run(), Err(StateError::NotRunning))",
        ] {
            let other = "let other = InferenceState::new(\"b\", None, engine.clone());";
            let body = format!("{other}\n{MADE}if {test} {{ return Ok(()); }}\n{run}");
            assert_eq!(finding_at(&body, "start_run").level, Level::Report, "{test}");
        }
    }

    #[test]
    fn a_turn_that_goes_on_from_the_latest_is_made_under_the_claim() {
        let body = "state.start_run()?;\nlet mut seed = state.turn().unwrap_or_default();\nseed.append(Block::user_text(\"x\"));\n\
                    let out = session.run_inference_started(&ctx, Some(seed)).await;\nstate.finish_run();\ndrop(out?);";
        assert_eq!(
            after(body),
            "let handle = session.start_with_latest(&ctx, |latest| {\n    let mut seed = latest.cloned().unwrap_or_default();\n    \
             seed.append(Block::user_text(\"x\"));\n    seed\n})?;\nlet out = handle.wait().await;\ndrop(out?);"
        );
    }

    #[test]
    fn what_others_notice_between_claim_and_run_needs_a_yes() {
        let body = format!(
            "state.start_run()?;\nprintln!(\"it begins\");\n\
             let out = session.run_inference_started(&ctx, Some({TURN})).await;\nstate.finish_run();\ndrop(out?);"
        );
        let finding = finding_at(&format!("{MADE}{body}"), "start_run");
        assert_eq!((finding.level, finding.traps), (Level::Offered, vec![Trap::EagerStart]));
    }

    #[test]
    fn a_deferred_finish_goes_with_its_closure() {
        let body = format!(
            "state.start_run()?;\nlet held = state.clone();\nlet _done = defer(move || held.finish_run());\n\
             session.run_inference_started(&ctx, Some({TURN})).await?;"
        );
        assert_eq!(
            after(&body),
            format!("let handle = session.start_with_turn(&ctx, {TURN})?;\nhandle.wait().await?;")
        );
    }

    #[test]
    fn a_clone_that_nobody_uses_any_more_goes_out_of_its_tuple() {
        let body = format!(
            "let (own, name) = (state.clone(), String::new());\nown.start_run()?;\n\
             let out = session.run_inference_started(&ctx, Some({TURN})).await;\nown.finish_run();\ndrop((out?, name));"
        );
        let start = format!("let handle = own.start_with_turn(&ctx, {TURN})?;");
        assert!(
            after(&body).contains(&format!("let (own, name) = (session.clone(), String::new());\n{start}")),
            "{}",
            after(&body)
        );
        let (made, rest) = ("let (own, name) = (state.clone(), String::new());", "drop((out?, name));");
        let body = format!(
            "state.start_run()?;\n{made}\nlet out = session.run_inference_started(&ctx, Some({TURN})).await;\nown.finish_run();\n{rest}"
        );
        assert!(after(&body).contains("let name = String::new();"), "{}", after(&body));
    }
}
