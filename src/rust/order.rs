//! In which order the uses of one session happen.

use super::cx::Cx;
use super::hir::{ExprId, ExprKind, PatKind};
use super::index::FileIdx;

/// Whether a future is awaited where it is made.
pub(crate) fn is_awaited(cx: &Cx<'_>, file: FileIdx, future: ExprId) -> bool {
    cx.parent_expr(file, future).is_some_and(|parent| matches!(cx.hir(file)[parent].kind, ExprKind::Await(_)))
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
