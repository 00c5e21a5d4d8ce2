//! Names in fragments of code that nothing in the fragment explains.

use super::super::cx::Cx;
use super::super::flow::scope_of_type;
use super::super::hir::{ExprId, ExprKind, PatId, PatKind, Path, TypeId, TypeKind};
use super::super::index::{DefId, FileIdx};
use super::super::resolve::Namespace;
use super::super::ty::Ty;

/// Whether the name at `offset` is a method of a value of which nothing is known, or begins a path that leads nowhere.
pub(super) fn is_unknown(cx: &Cx<'_>, file: FileIdx, offset: usize) -> bool {
    let hir = cx.hir(file);
    let in_expr = (0..hir.exprs.len() as u32).map(ExprId).any(|id| match &hir[id].kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            method.span.range().contains(&offset)
                && !cx.inferred(file).methods.contains_key(&id)
                && cx.ty(file, *receiver).any(&mut |ty| *ty == Ty::Unknown)
        }
        ExprKind::Path(path) if cx.inferred(file).local(id).is_none() => {
            leads_nowhere(cx, path, cx.program.scope_of_expr(file, id), offset)
        }
        ExprKind::Struct { path, .. } => leads_nowhere(cx, path, cx.program.scope_of_expr(file, id), offset),
        _ => false,
    });
    let in_type = (0..hir.types.len() as u32).map(TypeId).any(|id| match &hir[id].kind {
        TypeKind::Path(path) => leads_nowhere(cx, path, scope_of_type(cx.resolver, file, id), offset),
        _ => false,
    });
    let in_pat = (0..hir.pats.len() as u32).map(PatId).any(|id| match &hir[id].kind {
        PatKind::Path(path) | PatKind::TupleStruct { path, .. } | PatKind::Struct { path, .. } => {
            leads_nowhere(cx, path, cx.program.scope_of_pat(file, id), offset)
        }
        _ => false,
    });
    in_expr || in_type || in_pat
}

fn leads_nowhere(cx: &Cx<'_>, path: &Path, scope: DefId, offset: usize) -> bool {
    let names: Vec<&str> = path.segments.iter().map(|segment| segment.name.text.as_str()).collect();
    path.segments.iter().any(|segment| segment.name.span.range().contains(&offset))
        && [Namespace::Value, Namespace::Type]
            .iter()
            .all(|&namespace| cx.resolver.names(scope, &names, path.leading_colon, namespace).is_none())
}
