//! Locals that only served what is gone go too.

use std::collections::BTreeSet;

use super::super::cx::Cx;
use super::super::effects::is_harmless;
use super::super::hir::{ExprId, PatKind, Span, StmtId, StmtKind};
use super::super::index::FileIdx;
use super::super::origins::is_state_new;
use super::super::pairing::CorePlan;
use super::super::rewrite::Piece;
use super::super::unit::Facts;
use super::Text;

/// Deletes the `let`s whose locals are named in removed text only.
pub(super) fn dead_locals(cx: &Cx<'_>, facts: &Facts, text: &mut Text) {
    let files: BTreeSet<FileIdx> = text.removed.iter().map(|(file, _)| *file).collect();
    for file in files {
        while let Some(stmt) = dead_local(cx, facts, file, text) {
            text.remove_stmt(cx, file, cx.hir(file)[stmt].span);
        }
    }
}

fn dead_local(cx: &Cx<'_>, facts: &Facts, file: FileIdx, text: &Text) -> Option<StmtId> {
    let hir = cx.hir(file);
    let removed: Vec<Span> = text.removed.iter().filter(|(own, _)| *own == file).map(|(_, span)| *span).collect();
    let kept = kept(file, text);
    let is_gone = |at: Span| removed.iter().any(|span| span.contains(at)) && !kept.iter().any(|span| span.contains(at));
    (0..hir.stmts.len() as u32).map(StmtId).find(|&stmt| {
        let StmtKind::Let { pat, init: Some(init), otherwise: None, .. } = hir[stmt].kind else { return false };
        let PatKind::Bind { sub: None, .. } = hir[pat].kind else { return false };
        let uses = cx.uses_of(file, pat);
        let captured = cx.inferred(file).captures.iter().filter(|(_, own)| *own == pat).map(|(name, _)| name.span);
        !is_gone(hir[stmt].span)
            && (!uses.is_empty())
            && uses.iter().map(|&use_| hir[use_].span).chain(captured).all(is_gone)
            && is_harmless(cx, file, init)
            && !makes_session(cx, facts, file, init)
    })
}

/// Whether the session itself is made here, under this or another name.
fn makes_session(cx: &Cx<'_>, facts: &Facts, file: FileIdx, init: ExprId) -> bool {
    cx.hir(file).descendants(init).any(|at| {
        is_state_new(cx, file, at)
            || matches!(facts.pairing.core(file, at), CorePlan::Make { .. } | CorePlan::Attach { .. })
    })
}

/// Text that is written again elsewhere.
fn kept(file: FileIdx, text: &Text) -> Vec<Span> {
    let rewrites = text.rewrites.iter().filter(|rewrite| rewrite.file == file);
    rewrites
        .flat_map(|rewrite| &rewrite.pieces)
        .filter_map(|piece| match piece {
            Piece::Source(span, _) => Some(*span),
            Piece::Text(_) => None,
        })
        .chain(text.copied.iter().filter(|(own, _)| *own == file).map(|(_, span)| *span))
        .collect()
}
