//! A future that is kept stays lazy: the run begins when it is polled, as before.

use super::super::super::super::cx::{Change, Cx};
use super::super::super::super::hir::{ExprId, ExprKind, ItemKind};
use super::super::super::super::index::FileIdx;
use super::super::super::super::moved::moved;
use super::super::super::super::outcome::Outcome;
use super::super::super::super::purity::is_pure;
use super::super::super::super::ty::Ty;
use super::super::dropping::last_name;
use super::super::seed::{Seed, unwrapped};
use super::super::start::{Parts, Pieces, is_place};

/// How an async block holds a part of the run that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hold {
    /// It moves or copies it, or makes it itself.
    Any,
    /// It borrows what belongs to the function.
    Borrow,
    /// The part is made in front of the block, which moves it.
    Bind,
}

/// An async block in place of a future that is not awaited on the spot.
///
/// # Errors
/// The report, where the start cannot be written in place.
pub(super) fn lazy(cx: &Cx<'_>, parts: &Parts, seed: Seed, wait: &str) -> Result<Vec<Change>, Outcome> {
    let here = is_consumed_here(cx, parts.file, parts.run);
    let session = hold_session(cx, parts, here);
    let ctx = hold_ctx(cx, parts, here);
    let turn = hold_seed(cx, parts, seed, here);
    let moves = session == Hold::Bind || ctx == Hold::Bind;
    let borrows = session == Hold::Borrow || ctx == Hold::Borrow;
    if !parts.form.is_plain() && (moves || !here) {
        return Err(Outcome::report(
            "the run's future is kept, and what its core session had besides the state must go along",
            "make the context first, `let ctx = with_event_sinks(&ctx, sinks);`, and keep \
             `async move { session.start_with_turn(&ctx, turn)?.wait().await }`",
        ));
    }
    let flavour = if moves || !(borrows || here) { "async move" } else { "async" };
    if !moves && turn != Hold::Bind {
        return super::started(cx, parts, seed, &format!("{flavour} {{ "), &format!("?.{wait}().await }}"));
    }
    let mut pieces = parts.pieces(cx, seed);
    let lets = bind(cx, parts, seed, [session, ctx, turn], moves, &mut pieces);
    let start = parts.composed(cx, seed, &pieces)?;
    let mut changes = unwrapped(cx, parts.file, seed);
    let indent = parts.indent(cx);
    let text = format!("{{{lets}\n{indent}    {flavour} {{ {start}?.{wait}().await }}\n{indent}}}");
    changes.push(cx.replace(parts.file, cx.span(parts.file, parts.run), text));
    Ok(changes)
}

/// The bindings in front of the block, in the order in which the call evaluated its parts.
fn bind(cx: &Cx<'_>, parts: &Parts, seed: Seed, holds: [Hold; 3], moves: bool, pieces: &mut Pieces) -> String {
    let [session, ctx, turn] = holds;
    let lent = |hold: Hold| hold == Hold::Borrow && moves;
    let mut lets = String::new();
    let indent = format!("\n{}    ", parts.indent(cx));
    if session == Hold::Bind || lent(session) {
        let name = parts.name(cx, "session", &[parts.ctx, parts.seed]);
        let and = if lent(session) { "&" } else { "" };
        lets.push_str(&format!("{indent}let {name} = {and}{};", pieces.session));
        pieces.session = name;
    }
    if ctx == Hold::Bind || lent(ctx) {
        let name = parts.name(cx, "ctx", &[parts.seed]);
        let owned = match cx.hir(parts.file)[parts.ctx].kind {
            ExprKind::Ref { expr, .. } if ctx == Hold::Bind => Some(expr),
            _ => None,
        };
        let text = owned.map_or_else(|| pieces.ctx.clone(), |expr| moved(cx, parts.file, expr));
        lets.push_str(&format!("{indent}let {name} = {text};"));
        pieces.ctx = if owned.is_some() { format!("&{name}") } else { name };
    }
    if turn == Hold::Bind {
        let wish = if matches!(seed, Seed::Turn { .. }) { "turn" } else { "seed" };
        lets.push_str(&format!("{indent}let {wish} = {};", pieces.seed));
        pieces.seed = wish.to_owned();
    }
    lets
}

/// Whether the future does not outlive the expression it stands in: everything it names may be borrowed.
fn is_consumed_here(cx: &Cx<'_>, file: FileIdx, run: ExprId) -> bool {
    let hir = cx.hir(file);
    let Some(parent) = cx.parent_expr(file, run) else { return false };
    let is_awaited = || cx.parent_expr(file, parent).is_some_and(|at| matches!(hir[at].kind, ExprKind::Await(_)));
    match &hir[parent].kind {
        ExprKind::Macro(call) => call
            .path
            .segments
            .last()
            .is_some_and(|last| matches!(last.name.text.as_str(), "join" | "try_join" | "select")),
        ExprKind::Call { callee, .. } => match last_name(cx, file, *callee) {
            "block_on" => true,
            "timeout" | "timeout_at" => is_awaited(),
            _ => false,
        },
        ExprKind::MethodCall { receiver, method, .. } => method.text == "block_on" && *receiver != run,
        _ => false,
    }
}

fn hold_session(cx: &Cx<'_>, parts: &Parts, here: bool) -> Hold {
    match is_place(cx, parts.file, parts.session) {
        true => hold_place(cx, parts.file, parts.session),
        false if here && is_pure(cx, parts.file, parts.session) => Hold::Any,
        false => Hold::Bind,
    }
}

fn hold_ctx(cx: &Cx<'_>, parts: &Parts, here: bool) -> Hold {
    let inner = match cx.hir(parts.file)[parts.ctx].kind {
        ExprKind::Ref { expr, .. } => expr,
        _ => parts.ctx,
    };
    if is_place(cx, parts.file, inner) {
        return hold_place(cx, parts.file, inner);
    }
    if is_pure(cx, parts.file, parts.ctx) && (here || names_no_local(cx, parts.file, parts.ctx)) {
        return Hold::Any;
    }
    Hold::Bind
}

fn hold_seed(cx: &Cx<'_>, parts: &Parts, seed: Seed, here: bool) -> Hold {
    let value = match seed {
        Seed::Latest => return Hold::Any,
        Seed::Turn { some, turn } if cx.span(parts.file, parts.run).contains(cx.span(parts.file, some)) => turn,
        _ => parts.seed,
    };
    let by_value = cx.local(parts.file, value).is_some();
    let pure = is_pure(cx, parts.file, value) && (here || names_no_local(cx, parts.file, value));
    if by_value || pure { Hold::Any } else { Hold::Bind }
}

fn names_no_local(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    cx.locals_in(file, expr).is_empty()
}

/// A name behind a reference is as good moved as borrowed; another one can only be borrowed.
fn hold_place(cx: &Cx<'_>, file: FileIdx, place: ExprId) -> Hold {
    let mut root = place;
    loop {
        root = match cx.hir(file)[root].kind {
            ExprKind::Field { base: inner, .. } | ExprKind::Paren(inner) | ExprKind::Ref { expr: inner, .. } => inner,
            _ => break,
        };
    }
    if cx.expr_text(file, root) == "self" {
        let ItemKind::Fn(function) = &cx.hir(file)[cx.function_of(file, place)].kind else { return Hold::Borrow };
        let shared = function.self_param.as_ref().is_some_and(|param| param.by_ref && !param.mutable);
        return if shared { Hold::Any } else { Hold::Borrow };
    }
    let is_local = cx.local(file, root).is_some();
    if is_local && !matches!(cx.ty(file, root), Ty::Ref(_)) { Hold::Borrow } else { Hold::Any }
}
