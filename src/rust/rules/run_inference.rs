//! `run-inference`: a legacy run becomes one start and one wait.

mod dropping;
mod judge;
mod seed;
mod start;
mod wait;

use super::super::cx::Cx;
use super::super::hir::ExprId;
use super::super::outcome::Outcome;
use super::super::sites::Site;
use super::super::unit::Facts;
pub(crate) use seed::{Seed, seed};

/// `session.run_inference(ctx, seed)`, also by its path.
pub(crate) fn run(cx: &Cx<'_>, facts: &Facts, site: &Site, run: ExprId) -> Outcome {
    let file = site.file;
    if !facts.has_tokio {
        return Outcome::report(
            "a session runs on tokio, which this package does not depend on",
            "run it on a tokio runtime, then `session.start_with_turn(&ctx, turn)?.wait().await`",
        );
    }
    let (Some(seed), Some(parts)) = (seed(cx, file, run), start::parts(cx, file, run)) else {
        return Outcome::report(
            "the run's arguments cannot be read",
            "`session.start_with_turn(&ctx, turn)?.wait().await`",
        );
    };
    let fate = dropping::fate(cx, file, run);
    let changes = match wait::run(cx, facts, &parts, seed, &fate) {
        Ok(changes) => changes,
        Err(outcome) => return outcome,
    };
    let help = match seed {
        Seed::Latest => "`start_inference(&ctx)` and `wait()`",
        Seed::Turn { .. } | Seed::Given(_) => "`start_with_turn(&ctx, turn)` and `wait()`",
        Seed::Optional(_) => "`start_with_turn(&ctx, turn)` where there is a turn, else `start_inference(&ctx)`",
    };
    judge::judge(cx, facts, file, run, seed, &fate, Outcome::safe(changes, help))
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
}
