//! Permits that more than one task or closure needs.

use super::super::cx::{Change, Cx};
use super::super::hir::{BlockFlavour, ExprId, ExprKind};
use super::super::index::FileIdx;
use super::super::resolve::{Namespace, Res};
use super::claim::{Claim, Holds};

/// The outermost task or closure around a place that takes what it names along.
fn mover(cx: &Cx<'_>, claim: &Claim, at: ExprId) -> Option<ExprId> {
    let hir = cx.hir(claim.file);
    let moves = |at: &ExprId| {
        matches!(
            hir[*at].kind,
            ExprKind::Closure { is_move: true, .. }
                | ExprKind::Block { flavour: BlockFlavour::Async { is_move: true }, .. }
        )
    };
    cx.ancestors(claim.file, at)
        .take_while(|&at| claim.scope.contains(hir[at].span) && !is_scope(claim, cx, at))
        .filter(moves)
        .last()
}

fn is_scope(claim: &Claim, cx: &Cx<'_>, at: ExprId) -> bool {
    cx.span(claim.file, at) == claim.scope
}

/// The tasks and closures that need a handle of their own on the permit; empty where it can simply move into the only one.
pub(super) fn movers(cx: &Cx<'_>, claim: &Claim, events: &[ExprId]) -> Vec<ExprId> {
    if claim.holds != Holds::Permit {
        return Vec::new();
    }
    let places: Vec<(ExprId, Option<ExprId>)> = events.iter().map(|&event| (event, mover(cx, claim, event))).collect();
    let mut movers: Vec<ExprId> = places.iter().filter_map(|(_, mover)| *mover).collect();
    movers.sort();
    movers.dedup();
    let is_used_behind = |mover: ExprId| {
        let end = cx.span(claim.file, mover).end;
        places.iter().any(|&(event, own)| own != Some(mover) && cx.span(claim.file, event).start >= end)
    };
    let needed = movers.iter().any(|&mover| is_used_behind(mover) || is_repeated(cx, claim, mover));
    if needed { movers } else { Vec::new() }
}

fn is_repeated(cx: &Cx<'_>, claim: &Claim, at: ExprId) -> bool {
    let hir = cx.hir(claim.file);
    cx.ancestors(claim.file, at).take_while(|&at| claim.scope.contains(hir[at].span)).any(|at| {
        matches!(hir[at].kind, ExprKind::Loop { .. } | ExprKind::While { .. } | ExprKind::For { .. })
            && !is_scope(claim, cx, at)
    })
}

/// The changes that share a claim's permit.
pub(super) fn share(cx: &Cx<'_>, claim: &Claim, movers: &[ExprId]) -> Vec<Change> {
    let file: FileIdx = claim.file;
    let name = &claim.name;
    let arc = arc(cx, file, claim.call);
    let mut changes = vec![cx.insert(file, cx.span(file, claim.call).end, format!(".map({arc}::new)"))];
    for &mover in movers {
        let span = cx.span(file, mover);
        changes.push(cx.insert(file, span.start, format!("{{ let {name} = {arc}::clone(&{name}); ")));
        changes.push(cx.insert(file, span.end, " }"));
    }
    changes
}

/// What `Arc` is called at a place.
pub(super) fn arc(cx: &Cx<'_>, file: FileIdx, at: ExprId) -> &'static str {
    let scope = cx.program.real_module(cx.program.scope_of_expr(file, at));
    let known = cx.resolver.known("std::sync::Arc");
    let found = cx.resolver.member(scope, "Arc", Namespace::Type);
    let is_arc = matches!(found, Some((Res::Def(def), _)) if Some(def) == known);
    if is_arc { "Arc" } else { "std::sync::Arc" }
}
