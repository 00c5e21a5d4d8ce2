//! `run-inference`: a legacy run becomes one start and one wait.

mod dropping;
mod failure;
pub(crate) mod history;
mod judge;
mod owner;
mod seed;
mod start;
mod wait;

use super::super::cx::Cx;
use super::super::hir::ExprId;
use super::super::outcome::Outcome;
use super::super::sites::Site;
use super::super::unit::Facts;
pub(crate) use dropping::fate;
pub(crate) use judge::judge;
pub(crate) use seed::{Seed, seed, unwrapped};

/// `session.run_inference(ctx, seed)`, also by its path.
pub(crate) fn run(cx: &Cx<'_>, facts: &Facts, site: &Site, run: ExprId) -> Outcome {
    let file = site.file;
    if !facts.has_tokio {
        return needs_tokio();
    }
    let (Some(seed), Some(parts)) = (seed(cx, file, run), start::parts(cx, facts, file, run)) else {
        return Outcome::report(
            "the run's arguments cannot be read",
            "`session.start_with_turn(&ctx, turn)?.wait().await`",
        );
    };
    let fate = fate(cx, file, run);
    let changes = match wait::run(cx, facts, &parts, seed, &fate) {
        Ok(changes) => changes,
        Err(outcome) => return outcome,
    };
    let help = match seed {
        Seed::Latest => "`start_inference(&ctx)` and `wait()`",
        Seed::Turn { .. } | Seed::Given(_) => "`start_with_turn(&ctx, turn)` and `wait()`",
        Seed::Optional(_) => "`start_with_turn(&ctx, turn)` where there is a turn, else `start_inference(&ctx)`",
    };
    judge(cx, facts, file, run, seed, &fate, Outcome::safe(changes, help))
}

/// What is said of a run in a package without tokio.
pub(crate) fn needs_tokio() -> Outcome {
    Outcome::report(
        "a session runs on tokio, which this package does not depend on, or which does not drive this run",
        "run it on a tokio runtime, then `session.start_with_turn(&ctx, turn)?.wait().await`",
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;
    use crate::rules::Trap;

    const MADE: &str = "let session = Session::new(Arc::new(InferenceState::new(\"a\", None, engine)));\n";

    fn run(statement: &str) -> String {
        let after = migrated(&format!("{MADE}{statement}"));
        after[after.find('\n').unwrap() + 1..].to_owned()
    }

    #[test]
    fn a_result_that_is_kept_covers_the_start_too() {
        assert_eq!(
            run(
                "let out = session.run_inference(&ctx, Some(Turn::builder().with_user_prompt(\"x\").build())).await;\ndrop(out);"
            ),
            "let out = async { session.start_with_turn(&ctx, Turn::builder().with_user_prompt(\"x\").build())?.wait().await }.await;\ndrop(out);"
        );
    }

    #[test]
    fn arguments_that_leave_the_function_stay_outside_of_an_async_block() {
        let out = run("let out = session.run_inference(&ctx, Some(serde_json::from_str(\"\")?)).await;\ndrop(out);");
        assert_eq!(
            out,
            "let out = match session.start_with_turn(&ctx, serde_json::from_str(\"\")?) \
             { Ok(handle) => handle.wait().await, Err(error) => Err(error) };\ndrop(out);"
        );
    }

    #[test]
    fn a_run_that_a_timeout_may_drop_is_cancelled_by_that() {
        let statement = "let late = tokio::time::timeout(D, session.run_inference(&ctx, Some(Turn::builder().with_user_prompt(\"x\").build()))).await;\ndrop(late);";
        assert!(run(statement).contains("?.wait_or_cancel().await }"), "{}", run(statement));
        let finding = finding_at(&format!("{MADE}{statement}"), "run_inference");
        assert_eq!((finding.level, finding.traps), (Level::Offered, vec![Trap::DropStopsRun]));
    }

    const TURN: &str = "Turn::builder().with_user_prompt(\"x\").build()";

    #[test]
    fn an_option_decides_what_is_started() {
        assert_eq!(
            run(
                "let seed = std::env::args().next().map(|_| Turn::default());\nsession.run_inference(&ctx, seed).await?;"
            ),
            "let seed = std::env::args().next().map(|_| Turn::default());\n\
             match seed {\n    Some(turn) => session.start_with_turn(&ctx, turn),\n    \
             None => session.start_inference(&ctx),\n}?.wait().await?;"
        );
    }

    #[test]
    fn an_option_that_only_the_run_uses_becomes_the_turn() {
        let out = run(&format!("let seed = Some({TURN});\nsession.run_inference(&ctx, seed).await?;"));
        assert_eq!(out, format!("let seed = {TURN};\nsession.start_with_turn(&ctx, seed)?.wait().await?;"));
    }

    #[test]
    fn a_call_by_its_path_is_a_method_call_now() {
        let out = run(&format!("Session::run_inference(&session, &ctx, Some({TURN})).await?;"));
        assert_eq!(out, format!("session.start_with_turn(&ctx, {TURN})?.wait().await?;"));
    }

    #[test]
    fn a_future_that_is_kept_begins_when_it_is_polled_and_is_safe_where_it_is_awaited() {
        let kept = format!("let run = session.run_inference(&ctx, Some({TURN}));\nrun.await?;");
        assert_eq!(
            run(&kept),
            format!("let run = async {{ session.start_with_turn(&ctx, {TURN})?.wait().await }};\nrun.await?;")
        );
        assert_eq!(finding_at(&format!("{MADE}{kept}"), "run_inference").level, Level::Safe);
    }

    #[test]
    fn arguments_of_a_kept_future_are_evaluated_when_it_is_made() {
        let out = run("let run = session.run_inference(&ctx, Some(read_turn()));\nrun.await?;");
        assert_eq!(
            out,
            "let run = {\n    let turn = read_turn();\n    \
             async { session.start_with_turn(&ctx, turn)?.wait().await }\n};\nrun.await?;"
        );
    }

    #[test]
    fn a_session_that_is_used_after_a_timeout_is_free_again() {
        let late = format!("let late = tokio::time::timeout(D, session.run_inference(&ctx, Some({TURN}))).await;");
        let out = run(&format!("{late}\nsession.run_inference(&ctx, Some({TURN})).await?;\ndrop(late);"));
        assert!(
            out.contains("if ended.is_err() {\n        let _ = run.wait().await;\n    }\n    ended\n}.await;"),
            "{out}"
        );
    }

    #[test]
    fn the_arm_that_wins_waits_for_the_run_that_lost() {
        let out = run(&format!(
            "tokio::select! {{\n    out = session.run_inference(&ctx, Some({TURN})) => drop(out),\n    _ = other() => {{}}\n}}\n\
             drop(session.state.is_running());"
        ));
        assert!(out.starts_with("let mut run = None;\ntokio::select! {\n    out = async { run.insert("), "{out}");
        assert!(out.contains("if let Some(run) = run {\n            let _ = run.wait().await;"), "{out}");
    }

    #[test]
    fn a_run_on_another_executor_is_reported_beside_tokio_too() {
        let run = format!("session.run_inference(&ctx, Some({TURN}))");
        let level = |driver: &str| level_of(&format!("let out = {driver}({run});\ndrop(out);")).0;
        assert_eq!(level("futures::executor::block_on"), Level::Report);
        assert_eq!(level("tokio::runtime::Handle::current().block_on"), Level::Safe);
    }

    fn level_of(statement: &str) -> (Level, Vec<Trap>) {
        let finding = finding_at(&format!("{MADE}{statement}"), "run_inference");
        (finding.level, finding.traps)
    }

    #[test]
    fn the_turn_of_a_failed_run_is_a_trap_where_it_is_seen() {
        let run = format!("session.run_inference(&ctx, Some({TURN})).await");
        let read = "println!(\"{}\", session.state.turn().is_some());";
        let seen = (Level::Safe, vec![Trap::FailedPromptStays]);
        assert_eq!(level_of(&format!("drop({run});\n{read}")), seen);
        assert_eq!(level_of(&format!("if let Err(e) = {run} {{ println!(\"{{e}}\"); }}\n{read}")), seen);
        assert_eq!(level_of(&format!("for _ in 0..2 {{ {read} drop({run}); }}")), seen);
        assert!(migrated(&format!("{MADE}drop({run});\n{read}")).contains(".without_failed_turns()"));
        let unseen = (Level::Safe, vec![]);
        assert_eq!(level_of(&format!("{read}\ndrop({run});")), unseen);
        assert_eq!(level_of(&format!("if let Err(e) = {run} {{ return Err(e.into()); }}\n{read}")), unseen);
        assert_eq!(level_of(&format!("let Ok(turn) = {run} else {{ panic!() }};\n{read}\ndrop(turn);")), unseen);
    }

    #[test]
    fn runs_of_one_session_are_not_joined_silently() {
        let other = "let other = Session::new(Arc::new(InferenceState::new(\"b\", None, engine.clone())));\n";
        let joined = |a: &str, b: &str| {
            let run = |session: &str| format!("{session}.run_inference(&ctx, Some({TURN}))");
            level_of(&format!("{other}drop(tokio::join!({}, {}));", run(a), run(b)))
        };
        assert_eq!(joined("session", "other"), (Level::Safe, vec![]));
        assert_eq!(joined("session", "session"), (Level::Offered, vec![Trap::CheckThenAct]));
    }

    #[test]
    fn a_rerun_is_proven_by_what_was_run_before() {
        let first = format!("session.run_inference(&ctx, Some({TURN})).await?;");
        let again = "session.run_inference(&ctx, None).await?;";
        assert_eq!(level_of(&format!("{first}\n{again}")).0, Level::Safe);
        assert_eq!(level_of(again), (Level::Offered, vec![Trap::EmptyTurn]));
    }

    #[test]
    fn options_that_hold_a_filled_turn_or_none_are_proven_beside_a_filled_latest_one() {
        let first = format!("session.run_inference(&ctx, Some({TURN})).await?;");
        for seed in [
            format!("std::env::args().nth(1).map(|_| {TURN})"),
            format!("(values == values).then(|| {TURN})"),
            format!("Some({TURN}).filter(|turn| turn.blocks.len() > 1)"),
        ] {
            let body = format!("{MADE}{first}\nsession.run_inference(&ctx, {seed}).await?;");
            let code = body.replacen("session.run_inference(&ctx, Some", "session.run_inference( &ctx, Some", 1);
            assert_eq!(finding_at(&code, "run_inference(&ctx").level, Level::Safe, "{seed}");
        }
    }
}
