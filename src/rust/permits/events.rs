//! What becomes of the runs, finishes and stored cancels under a claim.

use super::super::cx::{Change, Cx};
use super::super::hir::{ExprId, ExprKind, Parent, Span, StmtKind};
use super::super::index::FileIdx;
use super::super::moved::{moved, moved_receiver};
use super::super::order::is_awaited;
use super::super::outcome::Outcome;
use super::super::rules::inference_state::delete_line;
use super::super::sites::{arguments, receiver};
use super::super::text::rename_method;
use super::claim::{Claim, Extent, Holds};
use super::hand::Hand;
use super::paths::{is_deferred, leaves};
use super::{Parts, Place, name_span};
use crate::rules::Trap;

/// Decides a part for which a permit is at hand.
pub(super) fn decide(cx: &Cx<'_>, parts: &Parts, hand: &Hand, events: &[ExprId], event: ExprId) -> Outcome {
    let place = (hand.file, event);
    if parts.runs.contains(&place) {
        run(cx, hand, event)
    } else if parts.finishes.contains(&place) {
        finish(cx, parts, hand, events, event)
    } else {
        store(cx, hand, event)
    }
}

fn run(cx: &Cx<'_>, hand: &Hand, run: ExprId) -> Outcome {
    let (file, name) = (hand.file, &hand.name);
    let (Some(session), &[ctx, seed]) = (receiver(cx, file, run), arguments(cx, file, run)) else {
        return Outcome::report("the run's arguments cannot be read", "`session.run_under(&permit, &ctx, seed).await`");
    };
    if hand.holds == Holds::Permit {
        let permit = hand.reference();
        let mut changes = rename_method(cx, file, run, "run_under");
        changes.push(cx.insert(file, cx.span(file, ctx).start, format!("{permit}, ")));
        return Outcome::safe(changes, format!("`run_under({permit}, &ctx, seed)`"));
    }
    let help = "make the claim once, and give its permit to this run: `session.run_under(&permit, &ctx, seed)`";
    let Some(awaited) = cx.parent_expr(file, run).filter(|_| is_awaited(cx, file, run)) else {
        return Outcome::report("whether the run has a claim is only known when it runs", help);
    };
    let text = either(cx, file, &hand.reference(), name, (session, ctx, seed), awaited);
    Outcome::safe(vec![cx.replace(file, cx.span(file, awaited), text)], help).offered(Trap::UnclaimedRun, UNCLAIMED)
}

pub(super) const UNCLAIMED: &str =
    "the run went on without a claim of its own where that was refused, and is refused itself now";

/// A run with a permit where there is one, else one with a claim of its own.
pub(super) fn either(
    cx: &Cx<'_>,
    file: FileIdx,
    permit: &str,
    name: &str,
    (session, ctx, seed): (ExprId, ExprId, ExprId),
    at: ExprId,
) -> String {
    let session = moved_receiver(cx, file, session);
    let (ctx, seed) = (moved(cx, file, ctx), moved(cx, file, seed));
    let line = format!("\n{}", cx.program.unit(file).source.indent_at(cx.span(file, at).start as usize));
    format!(
        "match {permit} {{{line}    Some({name}) => {session}.run_under({name}, {ctx}, {seed}).await,{line}    \
         None => {session}.run_seed({ctx}, {seed}).await,{line}}}"
    )
}

fn finish(cx: &Cx<'_>, parts: &Parts, hand: &Hand, events: &[ExprId], finish: ExprId) -> Outcome {
    let (file, name) = (hand.file, &hand.name);
    let is_moved = hand.is_owned && ends_a_statement(cx, file, finish) && !is_any_kept(cx, parts, hand, events);
    if (is_moved && is_last(cx, hand, events, finish)) || hand.holds == Holds::Option {
        let change = cx.replace(file, cx.span(file, finish), format!("drop({name})"));
        return Outcome::safe(vec![change], format!("`drop({name})`: that frees the session"));
    }
    Outcome::safe(vec![hand.call(cx, finish, "release")], format!("`{name}.release()`: that frees the session"))
}

fn store(cx: &Cx<'_>, hand: &Hand, call: ExprId) -> Outcome {
    let (file, name) = (hand.file, &hand.name);
    let help = format!("`{name}.set_cancel(cancel)`");
    if hand.holds == Holds::Permit {
        return Outcome::safe(vec![hand.call(cx, call, "set_cancel")], help);
    }
    let Some(&cancel) = arguments(cx, file, call).first() else { return Outcome::report("no cancel is stored", help) };
    let text = format!("if let Some({name}) = &{name} {{ {name}.set_cancel({}); }}", moved(cx, file, cancel));
    match cx.hir(file)[call].parent {
        Parent::Stmt(stmt) => Outcome::safe(vec![cx.replace(file, cx.hir(file)[stmt].span, text)], help),
        _ => Outcome::report("a cancel is stored where it cannot be asked for the permit", help),
    }
}

/// Whether a call is a statement, or all that an arm does.
fn ends_a_statement(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> bool {
    let hir = cx.hir(file);
    match hir[call].parent {
        Parent::Stmt(stmt) => matches!(hir[stmt].kind, StmtKind::Expr { .. }),
        Parent::Expr(parent) => {
            matches!(&hir[parent].kind, ExprKind::Match { arms, .. } if arms.iter().any(|arm| arm.body == call))
        }
        _ => false,
    }
}

/// Whether what takes the permit away happens once, and nothing names the permit behind it.
pub(super) fn is_last(cx: &Cx<'_>, hand: &Hand, events: &[ExprId], at: ExprId) -> bool {
    let hir = cx.hir(hand.file);
    let mut around = cx.ancestors(hand.file, at).take_while(|&at| hand.scope.contains(hir[at].span));
    let repeats = |at: ExprId| {
        matches!(
            hir[at].kind,
            ExprKind::Closure { .. } | ExprKind::Loop { .. } | ExprKind::While { .. } | ExprKind::For { .. }
        )
    };
    !around.any(repeats) && events.iter().all(|&other| other == at || is_unreachable_behind(cx, hand.file, at, other))
}

/// Whether a run's future lives on behind the statement that makes it.
fn is_any_kept(cx: &Cx<'_>, parts: &Parts, hand: &Hand, events: &[ExprId]) -> bool {
    let mut runs = events.iter().filter(|&&event| parts.runs.contains(&(hand.file, event)));
    runs.any(|&run| !is_given_on(cx, hand.file, run))
}

/// Whether a run's future is awaited, or given to what drives it to its end, in the statement that makes it.
fn is_given_on(cx: &Cx<'_>, file: FileIdx, run: ExprId) -> bool {
    let hir = cx.hir(file);
    let Some(stmt) = cx.stmt_of(file, run) else { return false };
    let awaited = |at: ExprId| matches!(hir[at].kind, ExprKind::Await(_));
    cx.ancestors(file, run).take_while(|&at| hir[stmt].span.contains(hir[at].span)).any(|at| {
        awaited(at)
            || matches!(&hir[at].kind, ExprKind::Macro(call) if call.path.segments.last().is_some_and(|last| {
                ["join", "try_join", "select"].contains(&last.name.text.as_str())
            }))
    }) || cx.ancestors(file, run).any(|at| {
        matches!(&hir[at].kind, ExprKind::MethodCall { method, .. } if method.text == "block_on")
            || matches!(hir[at].kind, ExprKind::Call { callee, .. } if cx.expr_text(file, callee).ends_with("block_on"))
    })
}

/// Whether `other` never happens after `at`: it stands in front of it, in another branch, or behind a way out.
fn is_unreachable_behind(cx: &Cx<'_>, file: FileIdx, at: ExprId, other: ExprId) -> bool {
    let hir = cx.hir(file);
    let (own, span) = (hir[at].span, hir[other].span);
    if span.end <= own.start {
        return true;
    }
    cx.ancestors(file, at).take_while(|&around| !hir[around].span.contains(span)).any(|around| {
        (leaves(cx, file, around) && !is_deferred(cx, file, around)) || is_branch_beside(cx, file, around, span)
    })
}

/// Whether a branch and what stands in `span` exclude one another.
fn is_branch_beside(cx: &Cx<'_>, file: FileIdx, branch: ExprId, span: Span) -> bool {
    let hir = cx.hir(file);
    let Some(parent) = cx.parent_expr(file, branch) else { return false };
    match &hir[parent].kind {
        ExprKind::If { then, otherwise: Some(otherwise), .. } => *then == branch && hir[*otherwise].span.contains(span),
        ExprKind::Match { arms, .. } => {
            arms.iter().any(|arm| arm.body == branch)
                && arms.iter().any(|arm| arm.body != branch && arm.span.contains(span))
        }
        _ => false,
    }
}

/// Whether nothing but the making of a context with a cancel stands between a claim and its stored cancel.
pub(super) fn is_cancel_stored_at_once(cx: &Cx<'_>, parts: &Parts, claim: &Claim, events: &[ExprId]) -> bool {
    let hir = cx.hir(claim.file);
    let Extent::Behind(stmt) = claim.extent else { return first_is_store(cx, parts, claim, events) };
    let ExprKind::Block { stmts, .. } = &hir[hir[stmt].block].kind else { return false };
    for &next in &stmts[hir[stmt].index as usize + 1..] {
        let stores =
            |&&event: &&ExprId| hir[next].span.contains(hir[event].span) && parts.stored.contains(&(claim.file, event));
        if events.iter().any(|event| stores(&event)) {
            return true;
        }
        let text = cx.text(claim.file, hir[next].span);
        if !text.contains(".with_cancel()") {
            return false;
        }
    }
    false
}

/// The same in a block or arm of its own.
fn first_is_store(cx: &Cx<'_>, parts: &Parts, claim: &Claim, events: &[ExprId]) -> bool {
    let hir = cx.hir(claim.file);
    let Extent::Body(body) = claim.extent else { return false };
    let ExprKind::Block { stmts, .. } = &hir[body].kind else { return false };
    let stores = |stmt: &super::super::hir::StmtId| {
        events
            .iter()
            .any(|&event| hir[*stmt].span.contains(hir[event].span) && parts.stored.contains(&(claim.file, event)))
    };
    let mut ahead = stmts.iter().take_while(|stmt| !stores(stmt));
    stmts.iter().any(stores) && ahead.all(|&stmt| cx.text(claim.file, hir[stmt].span).contains(".with_cancel()"))
}

/// `finish_run` where no claim is in sight: the end of a kill.
pub(super) fn kill(cx: &Cx<'_>, parts: &Parts, (file, call): Place) -> Option<Outcome> {
    let hir = cx.hir(file);
    let function = cx.function_of(file, call);
    let cancels = parts.cancelled.iter().any(|&(own, at)| own == file && cx.function_of(file, at) == function);
    let Parent::Stmt(stmt) = hir[call].parent else { return None };
    let is_alone = matches!(hir[stmt].kind, StmtKind::Expr { expr, .. } if expr == call);
    (cancels && is_alone).then(|| {
        let change = delete_line(cx, file, hir[stmt].span);
        Outcome::safe(vec![change], "nothing: `cancel_active()` ends the run, which frees the session")
            .offered(Trap::KillFreesLater, "the session is free when the cancelled runner has returned, not at once")
    })
}

/// The text of a call that goes, without the name of its method.
pub(super) fn removed(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Span {
    let span = cx.span(file, call);
    match cx.hir(file)[call].kind {
        ExprKind::MethodCall { .. } => Span { start: span.start, end: name_span(cx, file, call).start },
        _ => span,
    }
}
