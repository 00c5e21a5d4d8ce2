//! In which order the uses of one session happen.

use super::cx::{Cx, TraitMethod};
use super::hir::{BlockFlavour, ExprId, ExprKind, ItemId, Parent, PatKind, StmtId, StmtKind};
use super::index::FileIdx;
use super::proof::is_called_from_outside;

const DEPTH: usize = 6;

/// Whether everything at these places happens one after the other in calls of one function: nothing in a closure, a task
/// or beside another future, and what is asynchronous is awaited on the spot.
pub(crate) fn is_one_thread(cx: &Cx<'_>, home: (FileIdx, ItemId), places: &[(FileIdx, ExprId)]) -> bool {
    places.iter().all(|&(file, expr)| is_on_way(cx, home, file, expr, DEPTH))
}

fn is_on_way(cx: &Cx<'_>, home: (FileIdx, ItemId), file: FileIdx, expr: ExprId, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    if cx.ancestors(file, expr).any(|at| leaves_the_way(cx, file, at)) {
        return false;
    }
    let function = cx.function_of(file, expr);
    if (file, function) == home {
        return true;
    }
    let Some(def) = cx.program.def_of_item(file, function) else { return false };
    if cx.trait_method(def) != TraitMethod::None || is_called_from_outside(cx, def) {
        return false;
    }
    let is_async = cx.program.fn_item(def).is_some_and(|function| function.is_async);
    cx.callers(def).iter().all(|&(file, at)| {
        let Some(call) = call_at(cx, file, at) else { return false };
        (!is_async || is_awaited(cx, file, call)) && is_on_way(cx, home, file, call, depth)
    })
}

/// The call of which `at` is the callee, or which it is.
pub(crate) fn call_at(cx: &Cx<'_>, file: FileIdx, at: ExprId) -> Option<ExprId> {
    let hir = cx.hir(file);
    if matches!(hir[at].kind, ExprKind::MethodCall { .. }) {
        return Some(at);
    }
    let parent = cx.parent_expr(file, at)?;
    matches!(hir[parent].kind, ExprKind::Call { callee, .. } if cx.peel_parens(file, callee) == at).then_some(parent)
}

fn leaves_the_way(cx: &Cx<'_>, file: FileIdx, around: ExprId) -> bool {
    match &cx.hir(file)[around].kind {
        ExprKind::Closure { .. } | ExprKind::Block { flavour: BlockFlavour::Async { .. }, .. } => true,
        ExprKind::Macro(call) => {
            let name = call.path.segments.last().map_or("", |last| last.name.text.as_str());
            name.ends_with("join") || name.ends_with("select") || name.ends_with("spawn")
        }
        _ => false,
    }
}

/// Whether a future is awaited where it is made.
pub(crate) fn is_awaited(cx: &Cx<'_>, file: FileIdx, future: ExprId) -> bool {
    cx.parent_expr(file, future).is_some_and(|parent| matches!(cx.hir(file)[parent].kind, ExprKind::Await(_)))
}

/// Whether `before` has surely been evaluated when `after` is: it stands, on no branch, in an earlier statement of a
/// block around `after`.
pub(crate) fn dominates(cx: &Cx<'_>, file: FileIdx, before: ExprId, after: ExprId) -> bool {
    let hir = cx.hir(file);
    let Some(stmt) = top_stmt(cx, file, before) else { return false };
    hir[stmt].span.end <= hir[after].span.start && cx.ancestors(file, after).any(|at| at == hir[stmt].block)
}

/// The statement around an expression that evaluates it whenever it is reached itself.
fn top_stmt(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<StmtId> {
    let hir = cx.hir(file);
    match hir[expr].parent {
        Parent::Stmt(stmt) => match hir[stmt].kind {
            StmtKind::Let { init, .. } if init != Some(expr) => None,
            _ => Some(stmt),
        },
        Parent::Expr(parent) => match &hir[parent].kind {
            ExprKind::Match { scrutinee: first, .. } | ExprKind::If { condition: first, .. } if *first == expr => {
                top_stmt(cx, file, parent)
            }
            ExprKind::Binary { op, lhs, .. } if matches!(op.as_str(), "&&" | "||") && *lhs != expr => None,
            ExprKind::Macro(call) => {
                let name = call.path.segments.last().map_or("", |last| last.name.text.as_str());
                matches!(name, "println" | "print" | "assert" | "assert_eq" | "format" | "eprintln" | "writeln")
                    .then(|| top_stmt(cx, file, parent))?
            }
            ExprKind::Await(_)
            | ExprKind::Try(_)
            | ExprKind::Paren(_)
            | ExprKind::Ref { .. }
            | ExprKind::Field { .. }
            | ExprKind::MethodCall { .. }
            | ExprKind::Call { .. }
            | ExprKind::Binary { .. }
            | ExprKind::Let { .. }
            | ExprKind::Tuple(_) => top_stmt(cx, file, parent),
            _ => None,
        },
        _ => None,
    }
}

/// Whether two expressions are surely of one session: they begin with the same local, which is never another.
pub(crate) fn is_same_value(cx: &Cx<'_>, file: FileIdx, a: ExprId, b: ExprId) -> bool {
    let root = |expr| {
        let local = cx.local(file, root_of(cx, file, expr))?;
        matches!(cx.hir(file)[local].kind, PatKind::Bind { mutable: false, .. }).then_some(local)
    };
    let fields = |expr| cx.expr_text(file, cx.referent(file, expr)).trim_end_matches(".state");
    matches!((root(a), root(b)), (Some(a), Some(b)) if a == b) && fields(a) == fields(b)
}

fn root_of(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> ExprId {
    let expr = cx.referent(file, expr);
    match cx.hir(file)[expr].kind {
        ExprKind::Field { base, .. } => root_of(cx, file, base),
        _ => expr,
    }
}
