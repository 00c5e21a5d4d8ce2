//! Locals that only served what is gone go too.

use std::collections::{BTreeMap, BTreeSet};

use super::super::cx::Cx;
use super::super::effects::is_harmless;
use super::super::hir::{ExprId, ExprKind, PatId, PatKind, Span, StmtId, StmtKind};
use super::super::index::FileIdx;
use super::super::origins::is_state_new;
use super::super::pairing::CorePlan;
use super::super::rewrite::Piece;
use super::super::unit::Facts;
use super::Text;

/// Deletes the `let`s, and the elements of `let`s of tuples, whose locals are named in removed text only.
pub(super) fn dead_locals(cx: &Cx<'_>, facts: &Facts, text: &mut Text) {
    let files: BTreeSet<FileIdx> = text.removed.iter().map(|(file, _)| *file).collect();
    for file in files {
        let mut elements: BTreeMap<StmtId, BTreeSet<usize>> = BTreeMap::new();
        let mut done = BTreeSet::new();
        while let Some((local, stmt, element)) = dead_local(cx, facts, file, text, &done) {
            // What moves with a statement does not count as removed, although it is.
            done.insert(local);
            match element {
                None => text.remove_stmt(cx, file, cx.hir(file)[stmt].span),
                Some((index, spans)) => {
                    text.removed.extend(spans.map(|span| (file, span)));
                    elements.entry(stmt).or_default().insert(index);
                }
            }
        }
        for (stmt, dead) in elements {
            shorten(cx, file, stmt, &dead, text);
        }
    }
}

/// An element of a tuple: its place, with the spans of its pattern and its value.
type Element = (usize, [Span; 2]);

fn dead_local(
    cx: &Cx<'_>,
    facts: &Facts,
    file: FileIdx,
    text: &Text,
    done: &BTreeSet<PatId>,
) -> Option<(PatId, StmtId, Option<Element>)> {
    let hir = cx.hir(file);
    let removed: Vec<Span> = text.removed.iter().filter(|(own, _)| *own == file).map(|(_, span)| *span).collect();
    let kept = kept(file, text);
    let is_kept =
        |at: Span| kept.iter().any(|(span, but)| span.contains(at) && !but.iter().any(|own| own.contains(at)));
    let is_gone = |at: Span| removed.iter().any(|span| span.contains(at)) && !is_kept(at);
    let is_dead = |pat: PatId, init: ExprId| {
        let uses = cx.uses_of(file, pat);
        let captured = cx.inferred(file).captures.iter().filter(|(_, own)| *own == pat).map(|(name, _)| name.span);
        matches!(hir[pat].kind, PatKind::Bind { sub: None, .. })
            && !done.contains(&pat)
            && !is_gone(hir[pat].span)
            && !uses.is_empty()
            && uses.iter().map(|&use_| hir[use_].span).chain(captured).all(is_gone)
            && is_harmless(cx, file, init)
            && !makes_session(cx, facts, file, init)
    };
    (0..hir.stmts.len() as u32).map(StmtId).find_map(|stmt| {
        let StmtKind::Let { pat, init: Some(init), otherwise: None, .. } = hir[stmt].kind else { return None };
        if is_dead(pat, init) {
            return Some((pat, stmt, None));
        }
        let (pats, parts) = pairs(cx, file, stmt)?;
        let index = pats.iter().zip(parts).position(|(&pat, &part)| is_dead(pat, part))?;
        Some((pats[index], stmt, Some((index, [hir[pats[index]].span, hir[parts[index]].span]))))
    })
}

/// The patterns and values of `let (a, b) = (x, y);`.
fn pairs<'a>(cx: &Cx<'a>, file: FileIdx, stmt: StmtId) -> Option<(&'a [PatId], &'a [ExprId])> {
    let hir = cx.hir(file);
    let StmtKind::Let { pat, ty: None, init: Some(init), .. } = hir[stmt].kind else { return None };
    match (&hir[pat].kind, &hir[init].kind) {
        (PatKind::Tuple(pats), ExprKind::Tuple(parts)) if pats.len() == parts.len() => Some((pats, parts)),
        _ => None,
    }
}

/// Takes elements out of both sides of `let (a, b) = (x, y);`; the last one left needs no parentheses.
fn shorten(cx: &Cx<'_>, file: FileIdx, stmt: StmtId, dead: &BTreeSet<usize>, text: &mut Text) {
    let hir = cx.hir(file);
    let (Some((pats, parts)), StmtKind::Let { pat, init: Some(init), .. }) = (pairs(cx, file, stmt), &hir[stmt].kind)
    else {
        return;
    };
    let left: Vec<usize> = (0..pats.len()).filter(|index| !dead.contains(index)).collect();
    if left.is_empty() {
        return text.remove_stmt(cx, file, hir[stmt].span);
    }
    let sides = [
        (hir[*pat].span, pats.iter().map(|&pat| hir[pat].span).collect::<Vec<_>>()),
        (hir[*init].span, parts.iter().map(|&part| hir[part].span).collect()),
    ];
    for (whole, elements) in sides {
        let (open, close) = if left.len() == 1 { ("", "") } else { ("(", ")") };
        let mut pieces = vec![Piece::text(open)];
        for (place, &index) in left.iter().enumerate() {
            pieces.extend((place > 0).then(|| Piece::text(", ")));
            pieces.push(Piece::source(elements[index]));
        }
        pieces.push(Piece::text(close));
        text.rewrite(file, whole, pieces);
    }
}

/// Whether the session itself is made here, under this or another name.
fn makes_session(cx: &Cx<'_>, facts: &Facts, file: FileIdx, init: ExprId) -> bool {
    cx.hir(file).descendants(init).any(|at| {
        is_state_new(cx, file, at)
            || matches!(facts.pairing.core(file, at), CorePlan::Make { .. } | CorePlan::Attach { .. })
    })
}

/// Text that is written again elsewhere, each with what is written otherwise in it.
fn kept(file: FileIdx, text: &Text) -> Vec<(Span, Vec<Span>)> {
    let rewrites = text.rewrites.iter().filter(|rewrite| rewrite.file == file);
    rewrites
        .flat_map(|rewrite| &rewrite.pieces)
        .filter_map(|piece| match piece {
            Piece::Source(span, own) => Some((*span, own.iter().map(|(at, _)| *at).collect())),
            Piece::Text(_) => None,
        })
        .chain(text.copied.iter().filter(|(own, _)| *own == file).map(|(_, span)| (*span, Vec::new())))
        .collect()
}
