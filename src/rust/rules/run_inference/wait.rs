//! The wait, by what becomes of the legacy run's future.

mod kept;
mod lost;

use super::super::super::cx::{Change, Cx};
use super::super::super::hir::{BlockFlavour, ExprId, ExprKind, ItemKind, Parent, Span, StmtKind};
use super::super::super::index::FileIdx;
use super::super::super::outcome::Outcome;
use super::super::super::unit::Facts;
use super::dropping::Fate;
use super::seed::{Seed, unwrapped};
use super::start::Parts;

/// The changes that make one start and one wait of a run.
///
/// # Errors
/// The report, where the start cannot be written in place.
pub(super) fn run(cx: &Cx<'_>, facts: &Facts, parts: &Parts, seed: Seed, fate: &Fate) -> Result<Vec<Change>, Outcome> {
    let (file, run) = (parts.file, parts.run);
    let hir = cx.hir(file);
    if let Some(changes) = lost::awaited(cx, facts, parts, seed, fate) {
        return Ok(changes);
    }
    let wait = if fate.cancels { "wait_or_cancel" } else { "wait" };
    let awaited = cx.parent_expr(file, run).filter(|&parent| matches!(hir[parent].kind, ExprKind::Await(_)));
    let Some(awaited) = awaited else { return kept::lazy(cx, parts, seed, wait) };
    let tried = cx.parent_expr(file, awaited).is_some_and(|parent| matches!(hir[parent].kind, ExprKind::Try(_)));
    if tried || is_value_of_async(cx, file, awaited) {
        let gap = gap(cx, file, run, awaited);
        return started(cx, parts, seed, "", &format!("?{gap}.{wait}()"));
    }
    if !leaves_early(cx, file, run) {
        return started(cx, parts, seed, "async { ", &format!("?.{wait}().await }}"));
    }
    let after = Span { start: cx.span(file, run).end, end: cx.span(file, awaited).end };
    let ended = format!(" {{ Ok(handle) => handle.{wait}().await, Err(error) => Err(error) }}");
    let mut changes = started(cx, parts, seed, "match ", "")?;
    changes.push(cx.replace(file, after, ended));
    Ok(changes)
}

/// The start in place of the run, between two texts.
fn started(cx: &Cx<'_>, parts: &Parts, seed: Seed, before: &str, after: &str) -> Result<Vec<Change>, Outcome> {
    let span = cx.span(parts.file, parts.run);
    match parts.edited(cx, seed) {
        Some(mut changes) => {
            let around = [(span.start, before), (span.end, after)];
            let inserted = around.into_iter().filter(|(_, text)| !text.is_empty());
            changes.extend(inserted.map(|(at, text)| cx.insert(parts.file, at, text)));
            Ok(changes)
        }
        None => {
            let start = parts.composed(cx, seed, &parts.pieces(cx, seed))?;
            let mut changes = unwrapped(cx, parts.file, seed);
            changes.push(cx.replace(parts.file, span, format!("{before}{start}{after}")));
            Ok(changes)
        }
    }
}

/// The white space between a call and its `.await`, where it stands on a line of its own.
fn gap<'a>(cx: &Cx<'a>, file: FileIdx, run: ExprId, awaited: ExprId) -> &'a str {
    let between = cx.text(file, Span { start: cx.span(file, run).end, end: cx.span(file, awaited).end });
    let gap = &between[..between.find('.').unwrap_or(0)];
    if gap.trim().is_empty() { gap } else { "" }
}

/// Whether an expression is the value of the async function or block around it, so that a `?` in it leaves with the same.
fn is_value_of_async(cx: &Cx<'_>, file: FileIdx, value: ExprId) -> bool {
    let hir = cx.hir(file);
    let is_body = |at: ExprId| match (&hir[at].kind, hir[at].parent) {
        (ExprKind::Block { flavour: BlockFlavour::Async { .. }, .. }, _) => true,
        (_, Parent::Item(item)) => matches!(&hir[item].kind, ItemKind::Fn(function) if function.is_async),
        _ => false,
    };
    match hir[value].parent {
        Parent::Expr(parent) => match &hir[parent].kind {
            ExprKind::Paren(_) => is_value_of_async(cx, file, parent),
            ExprKind::If { condition, .. } => *condition != value && is_value_of_async(cx, file, parent),
            ExprKind::Match { arms, .. } => {
                arms.iter().any(|arm| arm.body == value) && is_value_of_async(cx, file, parent)
            }
            ExprKind::Return(_) => leaves_async(cx, file, parent),
            _ => false,
        },
        Parent::Stmt(stmt) => {
            let block = hir[stmt].block;
            let is_plain = matches!(hir[block].kind, ExprKind::Block { flavour: BlockFlavour::Plain, label: None, .. });
            matches!(hir[stmt].kind, StmtKind::Expr { semi: false, .. })
                && (is_body(block) || (is_plain && is_value_of_async(cx, file, block)))
        }
        _ => false,
    }
}

/// Whether a `return` leaves an async function or block.
fn leaves_async(cx: &Cx<'_>, file: FileIdx, leaves: ExprId) -> bool {
    let hir = cx.hir(file);
    let around = cx.ancestors(file, leaves).find_map(|at| match hir[at].kind {
        ExprKind::Block { flavour: BlockFlavour::Async { .. }, .. } => Some(true),
        ExprKind::Closure { is_async, .. } => Some(is_async),
        _ => None,
    });
    let owner = &hir[cx.function_of(file, leaves)].kind;
    around.unwrap_or(matches!(owner, ItemKind::Fn(function) if function.is_async))
}

/// Whether an argument of the run leaves the function or loop around it.
fn leaves_early(cx: &Cx<'_>, file: FileIdx, run: ExprId) -> bool {
    let hir = cx.hir(file);
    hir.descendants(run).any(|at| {
        matches!(hir[at].kind, ExprKind::Try(_) | ExprKind::Return(_) | ExprKind::Break(_) | ExprKind::Continue)
    })
}
