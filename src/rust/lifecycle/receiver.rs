//! Through which handle a run is started: the state's or, where the state's field serves nothing but claims, the core
//! session's. Both become handles of one session; a field that nobody reads any more would be a warning.

use super::super::cx::Cx;
use super::super::hir::{ExprId, ExprKind, PatParent, Span, StmtKind};
use super::super::index::FileIdx;
use super::super::legacy::Tracked;
use super::super::rewrite::Piece;
use super::super::sites;
use super::guard;
use super::standing::Standing;

/// The core session's field as it is seen at the claim, where the state's field has other readers.
pub(super) fn of(cx: &Cx<'_>, standing: &Standing, claimed: ExprId) -> Option<Piece> {
    let Standing { file, claim, at, .. } = *standing;
    let run = sites::receiver(cx, file, at)?;
    let (own, other) = (field(cx, file, claimed)?, field(cx, file, run)?);
    if own == other || !has_other_readers(cx, &own) || has_other_readers(cx, &other) {
        return None;
    }
    let is_core = matches!(cx.handle(file, run), Some(Tracked::CoreSession));
    is_core.then(|| seen_at(cx, file, run, cx.span(file, claim).start)).flatten()
}

/// A field of a type of the user's.
fn field(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<(super::super::index::DefId, String)> {
    let expr = cx.peel_parens(file, expr);
    let named = match cx.local(file, expr) {
        Some(pat) => copied(cx, file, pat)?,
        None => expr,
    };
    let field = cx.inferred(file).fields.get(&named)?;
    (!cx.program.is_model(field.0)).then(|| field.clone())
}

/// What a local is a clone of.
fn copied(cx: &Cx<'_>, file: FileIdx, pat: super::super::hir::PatId) -> Option<ExprId> {
    let hir = cx.hir(file);
    let PatParent::Stmt(stmt) = hir[pat].parent else { return None };
    let StmtKind::Let { pat: own, init: Some(init), otherwise: None, .. } = hir[stmt].kind else { return None };
    (own == pat).then(|| cx.cloned(file, init)).flatten()
}

/// Whether a field is read for something else than claims, runs and their ends.
fn has_other_readers(cx: &Cx<'_>, (def, name): &(super::super::index::DefId, String)) -> bool {
    const PARTS: &[&str] = &["start_run", "finish_run", "set_cancel", "run_inference_started"];
    cx.inferred.iter().any(|(&file, inferred)| {
        let reads = inferred.fields.iter().filter(|(_, field)| field.0 == *def && field.1 == *name);
        reads.into_iter().any(|(&read, _)| {
            let mut at = read;
            while let Some(parent) = cx.parent_expr(file, at) {
                match &cx.hir(file)[parent].kind {
                    ExprKind::MethodCall { receiver, method, .. } if cx.peel_parens(file, *receiver) == at => {
                        if cx.cloned(file, parent).is_none() {
                            let is_part = PARTS.contains(&method.text.as_str());
                            return !is_part && !guard::is_asked_before_claim(cx, file, parent);
                        }
                        at = parent;
                    }
                    ExprKind::Ref { .. } | ExprKind::Field { .. } => at = parent,
                    _ => break,
                }
            }
            // A clone for later: it serves what its local serves, which is looked at as little as possible.
            !is_clone_for_parts(cx, file, at, PARTS)
        })
    })
}

fn is_clone_for_parts(cx: &Cx<'_>, file: FileIdx, value: ExprId, parts: &[&str]) -> bool {
    let Some(stmt) = cx.stmt_of(file, value) else { return false };
    let StmtKind::Let { pat, init: Some(init), .. } = cx.hir(file)[stmt].kind else { return false };
    init == value
        && cx.uses_of(file, pat).iter().all(|&use_| match cx.parent_expr(file, use_).map(|at| &cx.hir(file)[at].kind) {
            Some(ExprKind::MethodCall { method, .. }) => parts.contains(&method.text.as_str()),
            _ => false,
        })
}

/// An expression of names and fields as it is seen in front of `before`: a clone made later stands for what it is cloned of.
fn seen_at(cx: &Cx<'_>, file: FileIdx, expr: ExprId, before: u32) -> Option<Piece> {
    let hir = cx.hir(file);
    let mut root = cx.peel_parens(file, expr);
    while let ExprKind::Field { base, .. } = hir[root].kind {
        root = cx.peel_parens(file, base);
    }
    let span = hir[expr].span;
    let ExprKind::Path(_) = hir[root].kind else { return None };
    let Some(local) = cx.local(file, root) else { return Some(Piece::source(span)) };
    if hir[local].span.end <= before {
        return Some(Piece::source(span));
    }
    let original = copied(cx, file, local)?;
    let is_seen = cx.locals_in(file, original).into_iter().all(|local| hir[local].span.end <= before);
    let text = cx.expr_text(file, original).to_owned();
    let at: Span = hir[root].span;
    is_seen.then(|| if at == span { Piece::source(hir[original].span) } else { Piece::Source(span, vec![(at, text)]) })
}
