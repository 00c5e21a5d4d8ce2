//! Whether what carries the sinks of an engine is the same at its runs as where it is constructed.

use std::collections::BTreeSet;

use super::super::super::cx::Cx;
use super::super::super::hir::{BlockFlavour, ExprId, ExprKind, Parent, PatId, PatParent};
use super::super::super::index::FileIdx;
use super::super::super::purity::is_taken;
use super::super::super::text::is_plain;
use super::Carrier;

/// Whether what carries the sinks can be written at every run: same function, not in a closure of its own, awaited on
/// the spot, and nothing took the sinks away in between.
pub(crate) fn reaches(cx: &Cx<'_>, file: FileIdx, call: ExprId, carrier: &Carrier, runs: &[ExprId]) -> bool {
    let hir = cx.hir(file);
    let same_body = runs.iter().all(|&run| {
        let awaited = cx.parent_expr(file, run).is_some_and(|parent| matches!(hir[parent].kind, ExprKind::Await(_)));
        awaited && (!in_own_closure(cx, file, call, run) || all_in_one_task(cx, file, call, carrier, runs))
    });
    let carried = match carrier {
        Carrier::Exprs(sinks) => sinks.iter().all(|&sink| can_be_carried(cx, file, sink, call, runs)),
        Carrier::Vector(vector) => {
            !runs.iter().any(|&run| shadowed(cx, file, *vector, call, run)) && stays(cx, file, *vector, call, runs)
        }
        Carrier::Value(_) => is_first_of_statement(cx, file, call),
    };
    same_body && carried
}

/// Whether a sink can be written again at the runs, or gets a local of its own in front of the construction.
pub(crate) fn can_be_carried(cx: &Cx<'_>, file: FileIdx, sink: ExprId, call: ExprId, runs: &[ExprId]) -> bool {
    is_plain(cx, file, sink) && lives(cx, file, sink, call, runs) || is_first_of_statement(cx, file, call)
}

/// Whether a construction is done unconditionally when its statement is: a local can be made in front of it.
pub(crate) fn is_first_of_statement(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> bool {
    let hir = cx.hir(file);
    let mut at = call;
    loop {
        let Parent::Expr(parent) = hir[at].parent else { return matches!(hir[at].parent, Parent::Stmt(_)) };
        let passes = match &hir[parent].kind {
            ExprKind::Paren(_) | ExprKind::Try(_) | ExprKind::Await(_) | ExprKind::Return(_) | ExprKind::Ref { .. } => {
                true
            }
            ExprKind::MethodCall { receiver, .. } => *receiver == at,
            ExprKind::Call { .. } => cx.calls_known(file, parent, "std::result::Result::Ok").is_some(),
            ExprKind::Match { scrutinee: inner, .. }
            | ExprKind::Let { expr: inner, .. }
            | ExprKind::If { condition: inner, .. } => *inner == at,
            _ => false,
        };
        if !passes {
            return false;
        }
        at = parent;
    }
}

/// Whether a vector holds at the runs what it held at the construction.
pub(crate) fn stays(cx: &Cx<'_>, file: FileIdx, vector: PatId, call: ExprId, runs: &[ExprId]) -> bool {
    let hir = cx.hir(file);
    let home = cx.span(file, call);
    let last = runs.iter().map(|&run| cx.span(file, run).end).max().unwrap_or(home.end);
    let looped = runs.iter().any(|&run| in_loop(cx, file, call, run));
    cx.uses_of(file, vector).iter().all(|&use_| {
        let span = hir[use_].span;
        let between = span.start > home.end && (span.start < last || looped);
        !between || is_harmless(cx, file, use_)
    })
}

fn is_harmless(cx: &Cx<'_>, file: FileIdx, use_: ExprId) -> bool {
    let Some(parent) = cx.parent_expr(file, use_) else { return false };
    match &cx.hir(file)[parent].kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            *receiver == use_ && matches!(method.text.as_str(), "len" | "is_empty" | "clone" | "iter" | "to_vec")
        }
        ExprKind::Ref { mutable, .. } => !*mutable,
        _ => false,
    }
}

/// Whether all runs stand in one task, made once, that can take sinks along, which have locals of their own then.
fn all_in_one_task(cx: &Cx<'_>, file: FileIdx, call: ExprId, carrier: &Carrier, runs: &[ExprId]) -> bool {
    let tasks: BTreeSet<Vec<ExprId>> = runs.iter().map(|&run| tasks_around(cx, file, call, run)).collect();
    let Some([task]) = tasks.first().filter(|_| tasks.len() == 1).map(Vec::as_slice) else { return false };
    matches!(carrier, Carrier::Exprs(_)) && !in_loop(cx, file, call, *task) && is_first_of_statement(cx, file, call)
}

/// The closures and async blocks around a run that begin behind the construction.
fn tasks_around(cx: &Cx<'_>, file: FileIdx, call: ExprId, run: ExprId) -> Vec<ExprId> {
    let hir = cx.hir(file);
    let home = cx.span(file, call);
    let around = cx.ancestors(file, run).take_while(|&at| !hir[at].span.contains(home));
    let is_task = |at: &ExprId| {
        matches!(hir[*at].kind, ExprKind::Closure { .. } | ExprKind::Block { flavour: BlockFlavour::Async { .. }, .. })
    };
    around.filter(is_task).collect()
}

pub(crate) fn in_own_closure(cx: &Cx<'_>, file: FileIdx, call: ExprId, run: ExprId) -> bool {
    !tasks_around(cx, file, call, run).is_empty()
}

/// Whether the locals of a sink's expression are still there at the runs.
pub(crate) fn lives(cx: &Cx<'_>, file: FileIdx, sink: ExprId, call: ExprId, runs: &[ExprId]) -> bool {
    let hir = cx.hir(file);
    let own = cx.span(file, sink);
    let last = runs.iter().map(|&run| cx.span(file, run).end).max().unwrap_or(own.end);
    cx.locals_in(file, sink).into_iter().all(|local| {
        let moved = cx.uses_of(file, local).iter().any(|&use_| {
            let span = hir[use_].span;
            !own.contains(span) && span.start > own.start && span.start < last && is_taken(cx, file, use_)
        });
        !moved && !runs.iter().any(|&run| shadowed(cx, file, local, call, run))
    })
}

/// Whether another binding of the local's name stands between a construction and a run, or the local's block ends.
fn shadowed(cx: &Cx<'_>, file: FileIdx, local: PatId, call: ExprId, run: ExprId) -> bool {
    let hir = cx.hir(file);
    let (from, to) = (cx.span(file, call).end, cx.span(file, run).start);
    let name = cx.bound_name(file, local);
    let again = cx.inferred(file).bindings.keys().any(|other| {
        let at = hir[*other].span.start;
        *other != local && at >= from && at < to && cx.bound_name(file, *other) == name
    });
    let in_block = match hir[local].parent {
        PatParent::Stmt(stmt) => cx.ancestors(file, run).any(|at| at == hir[stmt].block),
        _ => true,
    };
    again || !in_block
}

pub(crate) fn in_loop(cx: &Cx<'_>, file: FileIdx, call: ExprId, run: ExprId) -> bool {
    let hir = cx.hir(file);
    let home = cx.span(file, call);
    cx.ancestors(file, run)
        .take_while(|&at| !hir[at].span.contains(home))
        .any(|at| matches!(hir[at].kind, ExprKind::Loop { .. } | ExprKind::While { .. } | ExprKind::For { .. }))
}
