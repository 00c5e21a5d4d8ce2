//! What can be proven of values without running the program: turns that hold a block, ids that are not empty.

mod ids;
mod shared;

use super::cx::{Cx, TraitMethod};
use super::hir::{ExprId, ExprKind, Parent, StmtKind};
use super::index::{DefId, FileIdx};

pub(crate) use ids::{IdKind, id_kind};
pub(crate) use shared::is_shared_with_outside;

const DEPTH: usize = 8;

/// The one expression that a function of the user's always returns.
pub(crate) fn only_value(cx: &Cx<'_>, def: DefId) -> Option<(FileIdx, ExprId)> {
    let body = cx.program.fn_item(def).filter(|_| cx.trait_method(def) == TraitMethod::None)?.body?;
    let file = cx.program.def(def).file;
    let hir = cx.hir(file);
    if cx.program.is_model(def) || hir.descendants(body).any(|at| matches!(hir[at].kind, ExprKind::Return(_))) {
        return None;
    }
    let ExprKind::Block { stmts, .. } = &hir[body].kind else { return None };
    match stmts.last().map(|&stmt| &hir[stmt].kind) {
        Some(StmtKind::Expr { expr, semi: false }) => Some((file, *expr)),
        _ => None,
    }
}

/// What a function of the user's may return: its body, and what its `return`s give.
pub(crate) fn returned(cx: &Cx<'_>, def: DefId) -> Option<Vec<(FileIdx, ExprId)>> {
    let body = cx.program.fn_item(def).filter(|_| !cx.program.is_model(def))?.body?;
    let file = cx.program.def(def).file;
    let hir = cx.hir(file);
    let returns = hir.descendants(body).filter_map(|at| match hir[at].kind {
        ExprKind::Return(Some(value)) => Some(value),
        _ => None,
    });
    Some(std::iter::once(body).chain(returns).map(|value| (file, value)).collect())
}

/// What every call of a function gives it for a parameter, if only the program calls it, and does.
pub(crate) fn given(cx: &Cx<'_>, def: DefId, index: usize) -> Option<Vec<(FileIdx, ExprId)>> {
    let calls = if is_open(cx, def) { &[] } else { cx.callers(def) };
    let shift = usize::from(cx.program.fn_item(def).is_some_and(|function| function.self_param.is_some()));
    let argument = |&(file, expr): &(FileIdx, ExprId)| {
        let arg = match &cx.hir(file)[expr].kind {
            ExprKind::MethodCall { args, .. } => args.get(index),
            _ => call_around(cx, file, expr)?.get(index + shift),
        };
        arg.map(|&arg| (file, arg))
    };
    if calls.is_empty() { None } else { calls.iter().map(argument).collect() }
}

fn call_around<'a>(cx: &Cx<'a>, file: FileIdx, callee: ExprId) -> Option<&'a [ExprId]> {
    let Parent::Expr(parent) = cx.hir(file)[callee].parent else { return None };
    match &cx.hir(file)[parent].kind {
        ExprKind::Call { callee: own, args } if *own == callee => Some(args),
        _ => None,
    }
}

/// Whether a function may be called by other code than the calls that name it: by code outside the program, or as a
/// method of a trait.
fn is_open(cx: &Cx<'_>, def: DefId) -> bool {
    cx.trait_method(def) != TraitMethod::None || is_exported(cx, def)
}

/// Whether code outside the program may call a function: it is public in a published library, or implements a trait of
/// another crate.
pub(crate) fn is_called_from_outside(cx: &Cx<'_>, def: DefId) -> bool {
    match cx.trait_method(def) {
        TraitMethod::Foreign => true,
        TraitMethod::Own(declared) => is_exported(cx, declared),
        TraitMethod::None => is_exported(cx, def),
    }
}

/// Whether code outside the program may name what is defined.
pub(crate) fn is_exported(cx: &Cx<'_>, def: DefId) -> bool {
    let data = cx.program.def(def);
    let owner = data.parent.filter(|&parent| cx.program.def(parent).kind == super::index::DefKind::Trait);
    let visibility = owner.map_or(data.visibility, |owner| cx.program.def(owner).visibility);
    visibility == super::hir::Visibility::Public && cx.program.krate(data.krate).is_open
}
