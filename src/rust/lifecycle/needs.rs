//! What a start needs of the statements between the claim and the run.

use std::collections::BTreeSet;

use super::super::cx::Cx;
use super::super::effects::is_harmless_stmt;
use super::super::hir::{ExprId, ExprKind, PatId, Span, StmtId, StmtKind};
use super::super::index::FileIdx;

/// The statements that must come in front of the start, in source order.
#[derive(Clone, Debug, Default)]
pub(super) struct Needs {
    pub(super) stmts: Vec<StmtId>,
    /// The others between claim and run.
    pub(super) rest: Vec<StmtId>,
    /// Whether those needed do nothing that somebody could notice.
    pub(super) harmless: bool,
    /// Whether all those needed stand beside the claim.
    pub(super) beside: bool,
}

/// The statements between the claim's statement and the run, in the blocks around the run.
pub(super) fn between(cx: &Cx<'_>, file: FileIdx, claim: StmtId, run: ExprId) -> Vec<StmtId> {
    let hir = cx.hir(file);
    let run_span = hir[run].span;
    let mut found = Vec::new();
    for block in cx.ancestors(file, run) {
        let ExprKind::Block { stmts, .. } = &hir[block].kind else { continue };
        let before = |stmt: StmtId| hir[stmt].span.end <= run_span.start;
        let after_claim = |stmt: StmtId| hir[stmt].span.start >= hir[claim].span.end;
        let inside_claim = |stmt: StmtId| hir[claim].span.contains(hir[stmt].span) && stmt != claim;
        found.extend(stmts.iter().copied().filter(|&stmt| before(stmt) && (after_claim(stmt) || inside_claim(stmt))));
        if block == hir[claim].block {
            break;
        }
    }
    found.sort_by_key(|&stmt| hir[stmt].span);
    found
}

/// Which statements the expressions of a start need; `None` where they cannot be brought in front of it.
pub(super) fn of(
    cx: &Cx<'_>,
    file: FileIdx,
    claim: StmtId,
    between: &[StmtId],
    exprs: &[ExprId],
    receiver_of_claim: ExprId,
) -> Option<Needs> {
    let hir = cx.hir(file);
    let mut wanted: BTreeSet<PatId> = exprs.iter().flat_map(|&expr| all_locals(cx, file, expr)).collect();
    let mut chosen: BTreeSet<StmtId> = BTreeSet::new();
    loop {
        let next = between.iter().copied().find(|stmt| {
            !chosen.contains(stmt)
                && (bound_by(cx, file, *stmt).iter().any(|local| wanted.contains(local))
                    || changes_one_of(cx, file, *stmt, &wanted, claim))
        });
        let Some(stmt) = next else { break };
        chosen.insert(stmt);
        wanted.extend(hir.stmt_exprs(stmt).into_iter().flat_map(|expr| all_locals(cx, file, expr)));
    }
    let made: BTreeSet<PatId> = chosen.iter().flat_map(|&stmt| bound_by(cx, file, stmt)).collect();
    let start = hir[claim].span.start;
    if wanted
        .iter()
        .any(|local| !made.contains(local) && hir[*local].span.start > start && !is_inside(cx, file, *local, exprs))
    {
        return None;
    }
    let mut stmts: Vec<StmtId> = chosen.into_iter().collect();
    stmts.sort_by_key(|&stmt| hir[stmt].span);
    let rest: Vec<StmtId> = between.iter().copied().filter(|stmt| !stmts.contains(stmt)).collect();
    if !can_pass(cx, file, claim, &stmts, &rest, &made, receiver_of_claim) {
        return None;
    }
    let harmless = stmts.iter().all(|&stmt| is_harmless_stmt(cx, file, stmt));
    let beside = stmts.iter().all(|&stmt| hir[stmt].block == hir[claim].block);
    Some(Needs { stmts, rest, harmless, beside })
}

/// Whether a local is bound inside one of the expressions themselves (a closure's parameter).
fn is_inside(cx: &Cx<'_>, file: FileIdx, local: PatId, exprs: &[ExprId]) -> bool {
    let hir = cx.hir(file);
    exprs.iter().any(|&expr| hir[expr].span.contains(hir[local].span))
}

/// The locals that an expression names, those in format strings too.
pub(super) fn all_locals(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Vec<PatId> {
    let span = cx.span(file, expr);
    let own = |pat: &PatId| !span.contains(cx.hir(file)[*pat].span);
    let captures = cx.inferred(file).captures.iter().filter(|(name, _)| span.contains(name.span)).map(|(_, pat)| *pat);
    cx.locals_in(file, expr).into_iter().chain(captures).filter(own).collect()
}

/// The locals that a `let` binds.
pub(super) fn bound_by(cx: &Cx<'_>, file: FileIdx, stmt: StmtId) -> Vec<PatId> {
    let hir = cx.hir(file);
    let StmtKind::Let { pat, .. } = hir[stmt].kind else { return Vec::new() };
    let span = hir[pat].span;
    cx.inferred(file).bindings.keys().copied().filter(|&local| span.contains(hir[local].span)).collect()
}

/// `turn.append(…);`, `turn.id = …;`: whether a statement changes a wanted local that is made after the claim.
fn changes_one_of(cx: &Cx<'_>, file: FileIdx, stmt: StmtId, wanted: &BTreeSet<PatId>, claim: StmtId) -> bool {
    let hir = cx.hir(file);
    let StmtKind::Expr { expr, .. } = hir[stmt].kind else { return false };
    hir.descendants(expr).any(|at| {
        let Some(local) = cx.local(file, at).filter(|local| wanted.contains(local)) else { return false };
        if hir[local].span.start < hir[claim].span.start {
            return false;
        }
        let mut inner = at;
        while let Some(parent) = cx.parent_expr(file, inner) {
            match &hir[parent].kind {
                ExprKind::Field { .. } | ExprKind::Index { .. } => inner = parent,
                ExprKind::MethodCall { receiver, .. } => {
                    return cx.peel_parens(file, *receiver) == inner && is_mutable(cx, file, local);
                }
                ExprKind::Assign { lhs, .. } => return cx.peel_parens(file, *lhs) == inner,
                ExprKind::Binary { op, lhs, .. } => return *lhs == inner && op.len() > 1 && op.ends_with('='),
                ExprKind::Ref { mutable, .. } => return *mutable,
                _ => return false,
            }
        }
        false
    })
}

fn is_mutable(cx: &Cx<'_>, file: FileIdx, local: PatId) -> bool {
    matches!(cx.hir(file)[local].kind, super::super::hir::PatKind::Bind { mutable: true, .. })
}

/// Whether the needed statements may stand in front of the claim and of the others: no name then means something else,
/// and nothing is moved away that the others still use.
fn can_pass(
    cx: &Cx<'_>,
    file: FileIdx,
    claim: StmtId,
    stmts: &[StmtId],
    rest: &[StmtId],
    made: &BTreeSet<PatId>,
    receiver_of_claim: ExprId,
) -> bool {
    let hir = cx.hir(file);
    let end = hir[hir[claim].block].span.end;
    let after = Span { start: hir[claim].span.start, end };
    let inferred = cx.inferred(file);
    let shadows = made.iter().any(|local| {
        let name = cx.bound_name(file, *local);
        let before = |pat: PatId| hir[pat].span.start < hir[claim].span.start;
        let other = |pat: &PatId| !made.contains(pat) && before(*pat) && cx.bound_name(file, *pat) == name;
        let is_needed = |at: Span| stmts.iter().any(|&stmt| hir[stmt].span.contains(at));
        inferred.bindings.keys().filter(|pat| other(pat)).any(|pat| {
            let uses = cx.uses_of(file, *pat).iter().map(|&use_| hir[use_].span);
            let captures = inferred.captures.iter().filter(|(_, own)| own == pat).map(|(name, _)| name.span);
            uses.chain(captures).any(|at| after.contains(at) && !is_needed(at))
        })
    });
    let moved_early = stmts.iter().any(|&stmt| {
        let span = hir[stmt].span;
        hir.stmt_exprs(stmt).into_iter().flat_map(|expr| all_locals(cx, file, expr)).any(|local| {
            let moves =
                cx.uses_of(file, local).iter().any(|&use_| span.contains(hir[use_].span) && is_moved(cx, file, use_));
            let used =
                |at: Span| rest.iter().any(|&other| hir[other].span.end <= span.start && hir[other].span.contains(at));
            let used_between = cx.uses_of(file, local).iter().any(|&use_| used(hir[use_].span))
                || inferred.captures.iter().any(|(name, own)| *own == local && used(name.span))
                || hir.descendants(receiver_of_claim).any(|at| cx.local(file, at) == Some(local));
            moves && used_between
        })
    });
    !shadows && !moved_early
}

/// Whether a use takes the value away: neither borrowed, nor a receiver, nor copied.
pub(super) fn is_moved(cx: &Cx<'_>, file: FileIdx, use_: ExprId) -> bool {
    use super::super::ty::Ty;
    if matches!(cx.ty(file, use_), Ty::Ref(_) | Ty::Prim(_)) {
        return false;
    }
    match cx.parent_expr(file, use_).map(|parent| &cx.hir(file)[parent].kind) {
        Some(ExprKind::MethodCall { receiver, method, .. }) => *receiver != use_ || method.text.starts_with("into"),
        Some(ExprKind::Ref { .. } | ExprKind::Field { .. } | ExprKind::Macro(_) | ExprKind::Deref(_)) => false,
        _ => true,
    }
}
