//! `run-inference`: a legacy run becomes the same call under another name, in the same place.

use super::super::cx::{Change, Cx};
use super::super::hir::{ExprId, ExprKind};
use super::super::index::FileIdx;
use super::super::order::is_same_value;
use super::super::outcome::Outcome;
use super::super::sites::{Site, receiver};
use super::super::text::{delete_argument, is_none, rename_method, some_of, unwrap_call};

/// What a run is seeded with.
enum Seed {
    /// `None`, or the state's own turn.
    Latest,
    /// `Some(turn)`.
    Turn { some: ExprId, turn: ExprId },
    /// An option of which only the run knows whether it holds a turn.
    Option,
}

/// `session.run_inference(ctx, seed)`, also by its path.
pub(crate) fn run(cx: &Cx<'_>, site: &Site, run: ExprId) -> Outcome {
    let file = site.file;
    let (ExprKind::MethodCall { args, .. } | ExprKind::Call { args, .. }) = &cx.hir(file)[run].kind else {
        return unreadable();
    };
    let Some(&seed) = args.last().filter(|_| args.len() >= 2) else { return unreadable() };
    let renamed = |name: &str| rename_method(cx, file, run, name);
    match read(cx, file, run, seed) {
        Seed::Latest => {
            let mut changes = renamed("run_latest");
            changes.push(delete_argument(cx, file, args, args.len() - 1));
            Outcome::safe(changes, "`run_latest(&ctx)`")
        }
        Seed::Turn { some, turn } => {
            let unwrapped: Vec<Change> = unwrap_call(cx, file, some, turn);
            Outcome::safe(renamed("run").into_iter().chain(unwrapped).collect(), "`run(&ctx, turn)`")
        }
        Seed::Option => Outcome::safe(renamed("run_seed"), "`run_seed(&ctx, turn)`, where `None` is the latest turn"),
    }
}

fn unreadable() -> Outcome {
    Outcome::report("the run's arguments cannot be read", "`session.run(&ctx, turn).await`")
}

fn read(cx: &Cx<'_>, file: FileIdx, run: ExprId, seed: ExprId) -> Seed {
    // Futures of two methods are of two types, which matters where one place holds several.
    if !is_consumed(cx, file, run) {
        return Seed::Option;
    }
    let seed = cx.peel_parens(file, seed);
    if is_none(cx, file, seed) || is_own_turn(cx, file, run, seed) {
        return Seed::Latest;
    }
    some_of(cx, file, seed).map_or(Seed::Option, |turn| Seed::Turn { some: seed, turn })
}

/// `session.state.turn()`
fn is_own_turn(cx: &Cx<'_>, file: FileIdx, run: ExprId, seed: ExprId) -> bool {
    let reads = cx.inferred(file).methods.get(&seed).is_some_and(|&def| cx.legacy.method(def) == Some("turn"));
    let (Some(session), Some(state)) = (receiver(cx, file, run), receiver(cx, file, seed)) else { return false };
    reads && is_same_value(cx, file, session, state)
}

/// Whether a future is given on where it is made to what takes futures of any type.
fn is_consumed(cx: &Cx<'_>, file: FileIdx, future: ExprId) -> bool {
    const TAKERS: [&str; 9] =
        ["timeout", "timeout_at", "spawn", "spawn_local", "block_on", "run_until", "drop", "join", "unconstrained"];
    let hir = cx.hir(file);
    let Some(parent) = cx.parent_expr(file, future) else { return false };
    match &hir[parent].kind {
        ExprKind::Await(_) => true,
        ExprKind::Macro(call) => {
            let name = call.path.segments.last().map_or("", |last| last.name.text.as_str());
            ["join", "try_join", "select"].contains(&name)
        }
        ExprKind::Call { callee, .. } => {
            let name = cx.expr_text(file, *callee).rsplit("::").next().unwrap_or_default();
            TAKERS.contains(&name)
        }
        ExprKind::MethodCall { receiver, method, .. } => match cx.peel_parens(file, *receiver) == future {
            true => is_consumed(cx, file, parent),
            false => TAKERS.contains(&method.text.as_str()),
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;

    const MADE: &str = "let session = Session::new(Arc::new(InferenceState::new(\"a\", None, engine)));\n";
    const TURN: &str = "Turn::builder().with_user_prompt(\"x\").build()";

    /// What a statement becomes, which is safe whatever it does.
    fn run(statement: &str) -> String {
        let body = format!("{MADE}{statement}");
        let run = &body[body.find("run_inference").unwrap()..];
        assert_eq!(finding_at(&body, run).level, Level::Safe, "{statement}");
        let after = migrated(&body);
        after[after.find('\n').unwrap() + 1..].to_owned()
    }

    #[test]
    fn a_run_stays_where_it_stands() {
        let plain = |around: &str| {
            let before = around.replace("RUN", &format!("session.run_inference(&ctx, Some({TURN}))"));
            let after = around.replace("RUN", &format!("session.run(&ctx, {TURN})"));
            assert_eq!(run(&before), after);
        };
        plain("RUN.await?;");
        plain("let out = RUN.await;\ndrop(out);");
        plain("match RUN.await {\n    Ok(turn) => drop(turn),\n    Err(_) => {}\n}");
        plain("let late = tokio::time::timeout(D, RUN).await;\ndrop(late);");
        plain("tokio::select! {\n    out = RUN => drop(out),\n    _ = other() => {}\n}");
        plain("drop(tokio::join!(RUN, other()));");
        plain("drop(futures::executor::block_on(RUN));");
        plain("let out = RUN.boxed().await;\ndrop(out);");
    }

    #[test]
    fn what_is_only_known_when_it_runs_is_decided_there() {
        let seed = "let seed = std::env::args().next().map(|_| Turn::default());\n";
        assert_eq!(
            run(&format!("{seed}session.run_inference(&ctx, seed).await?;")),
            format!("{seed}session.run_seed(&ctx, seed).await?;")
        );
    }

    #[test]
    fn the_latest_turn_is_run_again() {
        assert_eq!(run("session.run_inference(&ctx, None).await?;"), "session.run_latest(&ctx).await?;");
        assert_eq!(
            run("session.run_inference(&ctx, session.state.turn()).await?;"),
            "session.run_latest(&ctx).await?;"
        );
        let other = "let other = InferenceState::new(\"b\", None, engine.clone());\n";
        let body = format!("{other}{MADE}session.run_inference(&ctx, other.turn()).await?;");
        assert!(migrated(&body).ends_with("session.run_seed(&ctx, other.latest()).await?;"), "{}", migrated(&body));
    }

    #[test]
    fn futures_that_are_kept_are_of_one_type() {
        assert_eq!(
            run(&format!(
                "let all = vec![session.run_inference(&ctx, Some({TURN})), session.run_inference(&ctx, None)];\ndrop(all);"
            )),
            format!("let all = vec![session.run_seed(&ctx, Some({TURN})), session.run_seed(&ctx, None)];\ndrop(all);")
        );
    }

    #[test]
    fn a_call_by_its_path_stays_one() {
        assert_eq!(
            run(&format!("Session::run_inference(&session, &ctx, Some({TURN})).await?;")),
            format!("Session::run(&session, &ctx, {TURN}).await?;")
        );
        assert_eq!(
            run("Session::run_inference(&session, &ctx, None).await?;"),
            "Session::run_latest(&session, &ctx).await?;"
        );
    }
}
