//! The cancel that is made by hand: a context of its own and a handle that is stored on the state. The session makes both
//! itself, so they go where they are used for nothing else.

use super::super::cx::Cx;
use super::super::hir::{ExprId, ExprKind, PatId, PatKind, PatParent, Span, StmtId, StmtKind};
use super::super::index::FileIdx;
use super::super::outcome::Outcome;
use super::super::rules::cancel;
use super::super::sites::arguments;
use super::super::text::rename_method;
use super::{Parts, Place, Text, same_function};
use crate::rules::Trap;

const HELP: &str = "nothing: every run of a session has its own cancel";

/// `let (ctx, cancel) = parent.with_cancel();` of which both parts serve one run only.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plumbing {
    pub(super) stmt: StmtId,
    /// The parent context.
    pub(super) parent: ExprId,
    ctx: Option<PatId>,
    cancel: Option<PatId>,
}

/// The cancel made by hand for the run whose context argument is `ctx`.
pub(super) fn of(cx: &Cx<'_>, file: FileIdx, ctx: ExprId, run: ExprId, parts: &Parts) -> Option<Plumbing> {
    let hir = cx.hir(file);
    let named = match hir[cx.peel_parens(file, ctx)].kind {
        ExprKind::Ref { expr, .. } => cx.local(file, expr)?,
        _ => cx.local(file, ctx)?,
    };
    let stmt = (0..hir.stmts.len() as u32).map(StmtId).find(|&stmt| match hir[stmt].kind {
        StmtKind::Let { pat, .. } => hir[pat].span.contains(hir[named].span),
        _ => false,
    })?;
    let StmtKind::Let { pat, init: Some(init), otherwise: None, .. } = hir[stmt].kind else { return None };
    let PatKind::Tuple(pats) = &hir[pat].kind else { return None };
    let &[first, second] = pats.as_slice() else { return None };
    let ExprKind::MethodCall { receiver, method, .. } = &hir[cx.peel_parens(file, init)].kind else { return None };
    if method.text != "with_cancel" || first != named {
        return None;
    }
    let bound = |pat: PatId| matches!(hir[pat].kind, PatKind::Bind { .. }).then_some(pat);
    let plumbing = Plumbing { stmt, parent: *receiver, ctx: bound(first), cancel: bound(second) };
    let ctx_span = cx.span(file, ctx);
    let only_here = uses(cx, file, first).into_iter().all(|at| ctx_span.contains(at));
    let cancel_goes = plumbing.cancel.is_none_or(|cancel| cancel_serves_only_the_run(cx, file, cancel, run, parts));
    (only_here && cancel_goes).then_some(plumbing)
}

/// All places that name a local.
fn uses(cx: &Cx<'_>, file: FileIdx, local: PatId) -> Vec<Span> {
    let captures = cx.inferred(file).captures.iter().filter(|(_, own)| *own == local).map(|(name, _)| name.span);
    cx.uses_of(file, local).iter().map(|&use_| cx.span(file, use_)).chain(captures).collect()
}

fn cancel_serves_only_the_run(cx: &Cx<'_>, file: FileIdx, cancel: PatId, run: ExprId, parts: &Parts) -> bool {
    let stored = parts.cancels.iter().filter(|(own, _)| *own == file).flat_map(|&(_, call)| arguments(cx, file, call));
    let stored: Vec<Span> = stored.map(|&arg| cx.span(file, arg)).collect();
    !stored.is_empty()
        && cx.inferred(file).captures.iter().all(|(_, own)| *own != cancel)
        && cx.uses_of(file, cancel).iter().all(|&use_| {
            stored.iter().any(|at| at.contains(cx.span(file, use_)))
                || cancels_afterwards(cx, file, use_, run).is_some()
        })
}

/// The statement `cancel.cancel();` behind the run, which cleans up what the session cleans up itself.
fn cancels_afterwards(cx: &Cx<'_>, file: FileIdx, use_: ExprId, run: ExprId) -> Option<StmtId> {
    let hir = cx.hir(file);
    let call = cx.parent_expr(file, use_)?;
    let ExprKind::MethodCall { method, .. } = &hir[call].kind else { return None };
    let stmt = cx.stmt_of(file, call)?;
    let alone = matches!(hir[stmt].kind, StmtKind::Expr { expr, .. } if expr == call);
    (method.text == "cancel" && alone && hir[stmt].span.start > hir[run].span.end).then_some(stmt)
}

impl Plumbing {
    /// Takes the plumbing away.
    pub(super) fn remove(&self, cx: &Cx<'_>, file: FileIdx, run: ExprId, text: &mut Text) {
        text.remove_stmt(cx, file, cx.hir(file)[self.stmt].span);
        for &use_ in self.cancel.map_or(&[][..], |cancel| cx.uses_of(file, cancel)) {
            if let Some(stmt) = cancels_afterwards(cx, file, use_, run) {
                text.remove_stmt(cx, file, cx.hir(file)[stmt].span);
            }
        }
        debug_assert!(self.ctx.is_some());
    }
}

/// `state.set_cancel(cancel)` of a lifecycle.
pub(super) fn stored(cx: &Cx<'_>, parts: &Parts, cancel: Place, text: &mut Text) -> Outcome {
    let (file, call) = cancel;
    let hir = cx.hir(file);
    let in_lifecycle = parts.starts.iter().chain(&parts.runs).any(|&part| same_function(cx, part, cancel));
    let stmt = cx.stmt_of(file, call);
    let alone = stmt
        .filter(|&stmt| matches!(hir[stmt].kind, StmtKind::Expr { expr, .. } if cx.peel_parens(file, expr) == call));
    let (true, Some(stmt)) = (in_lifecycle, alone) else {
        return cancel::made_by_hand();
    };
    let made = arguments(cx, file, call).first().and_then(|&arg| cx.local(file, cx.cloned(file, arg).unwrap_or(arg)));
    text.remove_stmt(cx, file, hir[stmt].span);
    let mut outcome = Outcome::safe(Vec::new(), HELP);
    if let Some(local) = made.filter(|&local| is_left_over(cx, file, local, text)) {
        outcome = outcome.with(cx.insert(file, hir[local].span.start, "_"));
    }
    match arguments(cx, file, call).first().is_some_and(|&arg| reaches_the_run(cx, file, arg, text)) {
        true => outcome,
        false => outcome.offered(
            Trap::RunContext,
            "what is cancelled is not the run's own context: `cancel_active()` cancels the run and nothing else",
        ),
    }
}

/// Whether the element of a tuple was only there for what is gone, and stays.
fn is_left_over(cx: &Cx<'_>, file: FileIdx, local: PatId, text: &Text) -> bool {
    let hir = cx.hir(file);
    let is_gone = |at: Span| text.removed.iter().any(|&(own, span)| own == file && span.contains(at));
    let is_plain = matches!(hir[local].kind, PatKind::Bind { mutable: false, by_ref: false, sub: None, .. })
        && !cx.text(file, hir[local].span).starts_with('_');
    let is_element = matches!(hir[local].parent, PatParent::Pat(tuple) if matches!(hir[tuple].kind, PatKind::Tuple(_)));
    is_plain
        && is_element
        && !is_gone(hir[local].span)
        && !cx.may_be_named_unread(file, local)
        && uses(cx, file, local).into_iter().all(is_gone)
}

/// Whether a lifecycle stores a cancel, so that the state has one while it runs.
pub(super) fn is_stored(cx: &Cx<'_>, parts: &Parts, start: Place) -> bool {
    let stores = |claim: Place| parts.cancels.iter().any(|&cancel| same_function(cx, claim, cancel));
    let mut wrapped = parts.wrappers.iter().filter(|wrapper| wrapper.holds(start));
    stores(start)
        || wrapped.next().is_some_and(|wrapper| wrapper.calls.iter().all(|&call| stores((wrapper.file, call))))
}

/// `has_cancel` of a state whose lifecycles all store a cancel.
pub(super) fn asked(cx: &Cx<'_>, (file, call): Place) -> Outcome {
    let changes = rename_method(cx, file, call, "is_running");
    Outcome::safe(changes, "`is_running()`: every run can be cancelled").offered(
        Trap::NoCounterpart,
        "a session does not tell whether it holds a cancel; its runs can be cancelled from their claim on",
    )
}

/// Whether the stored cancel is that of the context on which the run hangs, and nothing else hangs on it.
fn reaches_the_run(cx: &Cx<'_>, file: FileIdx, arg: ExprId, text: &Text) -> bool {
    let hir = cx.hir(file);
    let named = cx.cloned(file, arg).unwrap_or(arg);
    let Some(local) = cx.local(file, named) else { return false };
    let PatParent::Pat(tuple) = hir[local].parent else { return false };
    let PatKind::Tuple(pats) = &hir[tuple].kind else { return false };
    let Some(&ctx) = pats.first() else { return false };
    let spans = uses(cx, file, ctx);
    !spans.is_empty()
        && spans.into_iter().all(|at| text.contexts.iter().any(|&(own, ctx)| own == file && ctx.contains(at)))
}
