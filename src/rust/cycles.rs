//! What could keep a session alive from inside of its own builder.

use super::cx::Cx;
use super::hir::ExprId;
use super::index::FileIdx;
use super::legacy::Tracked;
use super::pairing::init_of;
use super::ty::Ty;

const DEPTH: usize = 5;

/// Whether a value may hold a state or a core session: it is made of one, or of a type of the program that has one.
pub(crate) fn may_hold_session(cx: &Cx<'_>, file: FileIdx, value: ExprId) -> bool {
    holds(cx, file, value, DEPTH)
}

fn holds(cx: &Cx<'_>, file: FileIdx, value: ExprId, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return true };
    cx.hir(file).descendants(value).any(|at| {
        type_holds(cx, cx.ty(file, at), depth)
            || cx
                .local(file, at)
                .and_then(|local| init_of(cx, file, local))
                .is_some_and(|(_, init)| holds(cx, file, init, depth))
    })
}

fn type_holds(cx: &Cx<'_>, ty: &Ty, depth: usize) -> bool {
    let is_session = |kind: &Tracked| matches!(kind, Tracked::State | Tracked::CoreSession);
    if cx.legacy.mentioned(ty).iter().any(is_session) {
        return true;
    }
    let Some(depth) = depth.checked_sub(1) else { return false };
    ty.any(&mut |part| match part {
        Ty::Adt(def, args) if !cx.program.is_model(*def) => {
            let fields = cx.resolver.field_types(*def, args);
            fields.iter().any(|(_, field, _)| type_holds(cx, field, depth))
        }
        _ => false,
    })
}
