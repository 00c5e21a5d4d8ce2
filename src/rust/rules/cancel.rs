//! `cancel`: cancelling a run through the legacy state.

use super::super::cx::{Change, Cx};
use super::super::hir::{ExprId, ExprKind, Parent, PatKind, Span, StmtKind};
use super::super::index::FileIdx;
use super::super::moved::moved;
use super::super::outcome::Outcome;
use super::super::sites::{Site, arguments, receiver};
use super::super::text::{is_plain, rename_method};
use super::super::unit::Facts;
use crate::rules::Trap;

/// `cancel_run`, `has_cancel`, `set_cancel`.
pub(crate) fn call(cx: &Cx<'_>, facts: &Facts, site: &Site, method: &str, call: ExprId) -> Outcome {
    if method == "has_cancel"
        && let Some(changes) = guard(cx, site.file, call)
    {
        return Outcome::safe(
            changes,
            "nothing: without a run there is nothing to cancel, and `cancel_active()` says so",
        );
    }
    if let Some(outcome) = facts.permits.of(site.file, call) {
        return outcome;
    }
    match method {
        "cancel_run" => Outcome::safe(rename_method(cx, site.file, call, "cancel_active"), "`cancel_active()`"),
        "set_cancel" => made_by_hand(cx, site.file, call),
        _ => {
            let changes = rename_method(cx, site.file, call, "is_running");
            let outcome = Outcome::safe(changes, "`is_running()`: every run has a cancel while it runs");
            match facts.claims_by_hand {
                false => outcome,
                true => outcome.drafted(
                    Trap::NoCounterpart,
                    "a session does not tell whether it holds a cancel; its runs can be cancelled from their claim on",
                    "this asks whether the session is claimed; decide whether that is meant",
                ),
            }
        }
    }
}

/// A cancel that is stored where no claim is in sight.
fn made_by_hand(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Outcome {
    let Some(&cancel) = arguments(cx, file, call).first() else { return Outcome::report("no cancel is stored", "") };
    let change = cx.replace(file, cx.span(file, call), format!("drop({})", moved(cx, file, cancel)));
    Outcome::safe(
        vec![change],
        "run on a context of yours, `let (ctx, cancel) = parent.with_cancel()`, or `permit.set_cancel(cancel)` under a claim",
    )
    .drafted(
        Trap::NoCounterpart,
        "a cancel is stored on a state whose claim is not in sight, and a session takes one from a permit only",
        "the stored cancel is dropped; `cancel_active` cancels the run itself, decide whether that is enough",
    )
}

/// The changes that take `has_cancel` away where it only guards a cancel whose outcome nobody asks for.
fn guard(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Option<Vec<Change>> {
    let hir = cx.hir(file);
    let parent = cx.parent_expr(file, call)?;
    let whole = cx.span(file, parent);
    let kept = match &hir[parent].kind {
        ExprKind::Binary { op, lhs, rhs } if op == "&&" && *lhs == call => {
            let ExprKind::MethodCall { receiver, method, .. } = &hir[*rhs].kind else { return None };
            (method.text == "is_ok" && cancels_same(cx, file, *receiver, call)).then(|| cx.span(file, *rhs))?
        }
        ExprKind::If { condition, then, otherwise: None } if *condition == call => {
            let (ExprKind::Block { stmts, .. }, Parent::Stmt(_)) = (&hir[*then].kind, hir[parent].parent) else {
                return None;
            };
            let [stmt] = stmts.as_slice() else { return None };
            let cancel = match &hir[*stmt].kind {
                StmtKind::Let { pat, init: Some(init), .. } if matches!(hir[*pat].kind, PatKind::Wild) => *init,
                StmtKind::Expr { expr, semi: true } => discarded(cx, file, *expr),
                _ => return None,
            };
            cancels_same(cx, file, cancel, call).then(|| hir[*stmt].span)?
        }
        _ => return None,
    };
    let before = Span { start: whole.start, end: kept.start };
    let after = Span { start: kept.end, end: whole.end };
    Some(
        [before, after]
            .into_iter()
            .filter(|span| span.start < span.end)
            .map(|span| cx.replace(file, span, ""))
            .collect(),
    )
}

/// The `x` of `x.ok();` and `drop(x);`.
fn discarded(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> ExprId {
    match &cx.hir(file)[expr].kind {
        ExprKind::MethodCall { receiver, method, .. } if method.text == "ok" => *receiver,
        ExprKind::Call { args, .. } if args.len() == 1 => args[0],
        _ => expr,
    }
}

fn cancels_same(cx: &Cx<'_>, file: FileIdx, cancel: ExprId, guard: ExprId) -> bool {
    let method = cx.inferred(file).methods.get(&cancel).and_then(|&def| cx.legacy.method(def));
    let receivers = (receiver(cx, file, cancel), receiver(cx, file, guard));
    method == Some("cancel_run")
        && matches!(receivers, (Some(a), Some(b)) if cx.expr_text(file, a) == cx.expr_text(file, b) && is_plain(cx, file, a))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;
    use crate::rules::Trap;

    #[test]
    fn cancelling_is_renamed_and_cancels_made_by_hand_are_drafts() {
        let made = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\n";
        assert!(migrated(&format!("{made}let _ = state.cancel_run();")).ends_with("let _ = state.cancel_active();"));
        let finding = finding_at(&format!("{made}state.set_cancel(ctx.with_cancel().1);"), "set_cancel");
        assert_eq!(finding.level, Level::Draft);
    }

    #[test]
    fn a_state_that_only_runs_whole_runs_has_a_cancel_while_it_runs() {
        let made = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\n";
        let body = format!("{made}if state.has_cancel() {{ state.cancel_run()?; }}");
        assert_eq!(finding_at(&body, "has_cancel").level, Level::Safe);
        assert!(migrated(&body).ends_with("if state.is_running() { state.cancel_active()?; }"));
        let claims = format!("{body}\nstate.start_run()?;\nstate.finish_run();");
        let finding = finding_at(&claims, "has_cancel");
        assert_eq!((finding.level, finding.traps), (Level::Draft, vec![Trap::NoCounterpart]));
    }

    #[test]
    fn a_guard_of_a_cancel_goes_with_what_it_asked_for() {
        let made = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\n";
        let after = |body: &str| migrated(&format!("{made}{body}"));
        let guarded = after("if state.has_cancel() {\n    let _ = state.cancel_run();\n}");
        assert!(guarded.ends_with(";\nlet _ = state.cancel_active();"), "{guarded}");
        let asked = after("let stopped = state.has_cancel() && state.cancel_run().is_ok();\ndrop(stopped);");
        assert!(asked.contains("let stopped = state.cancel_active().is_ok();"), "{asked}");
    }
}
