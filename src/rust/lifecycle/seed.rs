//! The turn of a start: given as it is, or made of the latest one under the claim.

use super::super::cx::Cx;
use super::super::effects::is_harmless_stmt;
use super::super::hir::{ExprId, ExprKind, PatId, Span, StmtId, StmtKind};
use super::super::index::FileIdx;
use super::super::rewrite::Piece;
use super::needs::{Needs, all_locals, bound_by};
use super::standing::Given;
use super::with_comments;

const DEPTH: usize = 6;

/// How the start gets its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seeding {
    /// As an argument.
    Given,
    /// As an argument, although it is made of the latest turn, which is then read before the claim.
    Early,
    /// Made of the latest turn by these statements, under the claim.
    UnderClaim(Vec<StmtId>),
}

impl Seeding {
    /// Whether a statement becomes part of the start.
    pub(super) fn takes(&self, stmt: StmtId) -> bool {
        matches!(self, Seeding::UnderClaim(stmts) if stmts.contains(&stmt))
    }
}

/// How the start of a run gets its turn.
pub(super) fn of(cx: &Cx<'_>, file: FileIdx, given: Given, needs: &Needs, run: ExprId) -> Seeding {
    let Some(turn) = given.expr() else { return Seeding::Given };
    let hir = cx.hir(file);
    let reading: Vec<StmtId> = needs.stmts.iter().copied().filter(|&stmt| reads_latest(cx, file, stmt)).collect();
    if reading.is_empty() && !reads_anywhere(cx, file, turn, DEPTH) {
        return Seeding::Given;
    }
    // From the first statement that reads the latest turn, those that only serve the turn go under the claim.
    let mut taken: Vec<StmtId> = Vec::new();
    for &stmt in &needs.stmts {
        let serves = reading.contains(&stmt) || uses_made_by(cx, file, stmt, &taken);
        if serves {
            taken.push(stmt);
        }
    }
    let is_quiet = |stmt: &StmtId| is_harmless_stmt(cx, file, *stmt);
    // Nothing else happens between what goes under the claim and what follows it, and nothing leaves on the way.
    let keeps_order = needs.harmless
        || needs.stmts.iter().chain(&needs.rest).filter(|stmt| !taken.contains(stmt)).all(is_quiet)
            && taken.iter().flat_map(|&stmt| hir.stmt_exprs(stmt)).chain([turn]).all(|expr| stays(cx, file, expr));
    if !keeps_order {
        return Seeding::Early;
    }
    let only_for_turn = taken.iter().flat_map(|&stmt| bound_by(cx, file, stmt)).all(|local| {
        let inside = |at: Span| {
            hir[turn].span.contains(at)
                || hir[run].span.contains(at)
                || taken.iter().any(|&stmt| hir[stmt].span.contains(at))
        };
        cx.uses_of(file, local).iter().all(|&use_| inside(hir[use_].span))
            && cx.inferred(file).captures.iter().all(|(name, own)| *own != local || inside(name.span))
    });
    if only_for_turn { Seeding::UnderClaim(taken) } else { Seeding::Early }
}

fn uses_made_by(cx: &Cx<'_>, file: FileIdx, stmt: StmtId, taken: &[StmtId]) -> bool {
    let made: Vec<PatId> = taken.iter().flat_map(|&stmt| bound_by(cx, file, stmt)).collect();
    let exprs = cx.hir(file).stmt_exprs(stmt);
    exprs.into_iter().any(|expr| cx.locals_in(file, expr).iter().any(|local| made.contains(local)))
}

fn reads_latest(cx: &Cx<'_>, file: FileIdx, stmt: StmtId) -> bool {
    cx.hir(file).stmt_exprs(stmt).into_iter().any(|expr| reads_anywhere(cx, file, expr, DEPTH))
}

/// Whether an expression reads the state's turn, itself or in a function of the user's that it calls.
fn reads_anywhere(cx: &Cx<'_>, file: FileIdx, expr: ExprId, depth: usize) -> bool {
    let hir = cx.hir(file);
    let Some(depth) = depth.checked_sub(1) else { return true };
    let in_callee = |at: ExprId| {
        let def = match hir[at].kind {
            ExprKind::MethodCall { .. } => cx.inferred(file).methods.get(&at).copied(),
            ExprKind::Call { callee, .. } => cx.value_def(file, callee),
            _ => None,
        };
        let body =
            def.filter(|&def| !cx.program.is_model(def)).and_then(|def| Some((def, cx.program.fn_item(def)?.body?)));
        body.is_some_and(|(def, body)| reads_anywhere(cx, cx.program.def(def).file, body, depth))
    };
    !reads(cx, file, expr).is_empty() || hir.descendants(expr).any(in_callee)
}

/// Whether an expression may stand in a closure that is called at once: nothing in it leaves the function or waits.
fn stays(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let hir = cx.hir(file);
    hir.descendants(expr).all(|at| {
        !matches!(
            hir[at].kind,
            ExprKind::Await(_) | ExprKind::Try(_) | ExprKind::Return(_) | ExprKind::Break(_) | ExprKind::Continue
        )
    })
}

/// The calls of the state's `turn()` in an expression.
fn reads(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Vec<ExprId> {
    let hir = cx.hir(file);
    let is_read = |at: &ExprId| {
        let def = cx.inferred(file).methods.get(at);
        matches!(hir[*at].kind, ExprKind::MethodCall { .. })
            && def.is_some_and(|&def| cx.legacy.method(def) == Some("turn") && cx.program.is_model(def))
    };
    hir.descendants(expr).filter(is_read).collect()
}

/// The method of the start and its argument; `rests` stay behind it.
pub(super) fn argument(
    cx: &Cx<'_>,
    file: FileIdx,
    given: Given,
    seeding: &Seeding,
    claim: StmtId,
    rests: &[StmtId],
) -> (&'static str, Vec<Piece>) {
    let Some(expr) = given.expr() else { return ("start_inference", Vec::new()) };
    let span = cx.span(file, expr);
    let taken: &[StmtId] = match seeding {
        Seeding::UnderClaim(stmts) => stmts,
        _ if matches!(given, Given::Option(_)) => &[],
        _ => {
            let rest = if matches!(given, Given::Some(_)) { ".unwrap_or_default()" } else { "" };
            let copy = if is_used_behind(cx, file, expr, rests) { ".clone()" } else { "" };
            return ("start_with_turn", vec![Piece::source(span), Piece::text(format!("{copy}{rest}"))]);
        }
    };
    let hir = cx.hir(file);
    let source = &cx.program.unit(file).source;
    let outer = source.indent_at(hir[claim].span.start as usize);
    let inner = format!("{}{outer}{}", source.newline(), if outer.contains('\t') { "\t" } else { "    " });
    let is_named = matches!(given, Given::Option(_))
        || taken.iter().flat_map(|&stmt| hir.stmt_exprs(stmt)).chain([expr]).any(|at| !reads(cx, file, at).is_empty());
    if let Some(made) = only_made(cx, file, expr, taken) {
        return ("start_with_latest", vec![closure(is_named), under_claim(cx, file, cx.span(file, made), &[made])]);
    }
    let mut pieces = vec![closure(is_named)];
    if !taken.is_empty() {
        pieces.push(Piece::text(format!("{{{inner}")));
    }
    for &stmt in taken {
        let own = hir[stmt].span;
        let above = Span { start: with_comments(cx, file, own).start, end: own.start };
        for comment in cx.text(file, above).lines().map(str::trim).filter(|line| !line.is_empty()) {
            pieces.push(Piece::text(format!("{comment}{inner}")));
        }
        pieces.push(under_claim(cx, file, own, &hir.stmt_exprs(stmt)));
        pieces.push(Piece::text(inner.clone()));
    }
    pieces.push(under_claim(cx, file, span, &[expr]));
    pieces.push(Piece::text(match given {
        Given::Some(_) => ".unwrap_or_default()",
        Given::Option(_) => ".or_else(|| latest.cloned()).unwrap_or_default()",
        _ => "",
    }));
    if !taken.is_empty() {
        pieces.push(Piece::text(format!("{}{outer}}}", source.newline())));
    }
    ("start_with_latest", pieces)
}

fn closure(is_named: bool) -> Piece {
    Piece::text(if is_named { "|latest| " } else { "|_| " })
}

/// What the turn is made of, where one `let` without a comment does nothing but name it.
fn only_made(cx: &Cx<'_>, file: FileIdx, turn: ExprId, taken: &[StmtId]) -> Option<ExprId> {
    let hir = cx.hir(file);
    let &[only] = taken else { return None };
    let StmtKind::Let { pat, init: Some(init), otherwise: None, ty: None } = hir[only].kind else { return None };
    let own = hir[only].span;
    let is_plain = with_comments(cx, file, own) == own && !cx.text(file, own).contains("//");
    (is_plain && cx.local(file, turn) == Some(pat)).then_some(init)
}

/// Whether statements that stay behind the start name the local that it takes.
fn is_used_behind(cx: &Cx<'_>, file: FileIdx, turn: ExprId, rests: &[StmtId]) -> bool {
    let hir = cx.hir(file);
    cx.local(file, turn).is_some_and(|local| {
        let names =
            |&stmt: &StmtId| hir.stmt_exprs(stmt).into_iter().any(|at| all_locals(cx, file, at).contains(&local));
        rests.iter().any(names)
    })
}

/// The text of a span, with the latest turn in place of the state's.
fn under_claim(cx: &Cx<'_>, file: FileIdx, span: Span, exprs: &[ExprId]) -> Piece {
    let own = exprs
        .iter()
        .flat_map(|&expr| reads(cx, file, expr))
        .map(|read| (cx.span(file, read), "latest.cloned()".to_owned()));
    Piece::Source(span, own.collect())
}
