//! The end of a run: a session frees itself, so `finish_run` goes, and with it guards that only call it.

use super::super::cx::{Change, Cx};
use super::super::effects::is_harmless_stmt;
use super::super::hir::{ExprId, ExprKind, ItemId, ItemKind, Parent, PatId, PatKind, Span, StmtId, StmtKind, TypeKind};
use super::super::index::{DefId, FileIdx};
use super::super::infer::ValueRes;
use super::super::outcome::Outcome;
use super::super::resolve::{Namespace, Res};
use super::super::rules::run_lifecycle;
use super::super::ty::Ty;
use super::{Parts, Place, Text, is_deferred, same_function, wrapper};
use crate::rules::Trap;

const HELP: &str = "nothing: the session frees itself when the run has ended";

/// Decides one `finish_run`.
pub(super) fn one(cx: &Cx<'_>, parts: &Parts, finish: Place, text: &mut Text) -> Outcome {
    let (file, call) = finish;
    if let Some(guard) = guard_of(cx, file, call) {
        return guard_type(cx, file, call, guard, text);
    }
    if let Some((item, calls)) = wrapper::ending(cx, finish).filter(|_| is_called_by_lifecycles_only(cx, parts, finish))
    {
        remove_items(cx, &[(file, item)], text);
        for &((file, _), stmt) in &calls {
            text.remove_stmt(cx, file, cx.hir(file)[stmt].span);
        }
        let held = calls.iter().find_map(|&(call, _)| held_meanwhile(cx, parts, call));
        return freed_earlier(Outcome::safe(Vec::new(), HELP), held);
    }
    let in_lifecycle = parts.starts.iter().chain(&parts.runs).any(|&part| same_function(cx, part, finish));
    let kills = parts.cancelled.iter().any(|&cancelled| same_function(cx, cancelled, finish));
    let deferred = deferred_call(cx, file, call);
    let removed = match deferred {
        Some(stmt) => {
            text.remove_stmt(cx, file, cx.hir(file)[stmt].span);
            if let Some(removal) = deferring_type(cx, file, stmt, parts) {
                remove_items(cx, &removal.items, text);
            }
            true
        }
        None => remove(cx, file, call, text),
    };
    if !removed {
        return run_lifecycle::unreadable_finish();
    }
    let outcome = Outcome::safe(Vec::new(), HELP);
    if in_lifecycle {
        return freed_earlier(outcome, held_meanwhile(cx, parts, finish));
    }
    if kills {
        return outcome
            .offered(Trap::KillFreesLater, "the session is free when the cancelled runner has returned, not at once");
    }
    match is_called_by_lifecycles_only(cx, parts, finish) {
        true => {
            let calls = callers(cx, finish);
            freed_earlier(outcome, calls.iter().find_map(|&call| held_meanwhile(cx, parts, call)))
        }
        false => run_lifecycle::freed_by_hand(),
    }
}

fn freed_earlier(outcome: Outcome, line: Option<usize>) -> Outcome {
    match line {
        Some(line) => outcome.reserved(&format!(
            "the session is free as soon as the run has ended, which is before what line {line} does"
        )),
        None => outcome,
    }
}

/// The calls of the function around a finish.
fn callers<'a>(cx: &'a Cx<'_>, (file, call): Place) -> &'a [Place] {
    cx.program.def_of_item(file, cx.function_of(file, call)).map_or(&[], |def| cx.callers(def))
}

/// Takes the call away where it is a statement, an arm's body or a block's value.
fn remove(cx: &Cx<'_>, file: FileIdx, call: ExprId, text: &mut Text) -> bool {
    let hir = cx.hir(file);
    match hir[call].parent {
        Parent::Stmt(stmt) => {
            let alone = matches!(hir[stmt].kind, StmtKind::Expr { expr, .. } if expr == call);
            if alone {
                text.remove_stmt(cx, file, hir[stmt].span);
            }
            alone
        }
        Parent::Expr(parent) => {
            let is_arm =
                matches!(&hir[parent].kind, ExprKind::Match { arms, .. } if arms.iter().any(|arm| arm.body == call));
            if is_arm {
                text.changes.push(cx.replace(file, hir[call].span, "{}"));
                text.removed.push((file, hir[call].span));
            }
            is_arm
        }
        _ => false,
    }
}

/// `let _guard = scopeguard::guard(state, |state| state.finish_run());`, `let _guard = defer(|| …);`: the statement.
fn deferred_call(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Option<StmtId> {
    let hir = cx.hir(file);
    let closure = cx.ancestors(file, call).find(|&at| is_deferred(cx, file, at))?;
    let ExprKind::Closure { body, .. } = hir[closure].kind else { return None };
    let only = match &hir[body].kind {
        ExprKind::Block { stmts, .. } => match stmts.as_slice() {
            [only] => matches!(hir[*only].kind, StmtKind::Expr { expr, .. } if expr == call),
            _ => false,
        },
        _ => body == call,
    };
    let outer = cx.parent_expr(file, closure)?;
    let ExprKind::Call { callee, .. } = hir[outer].kind else { return None };
    let name = cx.expr_text(file, callee).to_lowercase();
    let defers =
        ["guard", "defer", "finally", "on_drop", "on_exit", "ondrop", "onexit"].iter().any(|word| name.contains(word));
    let stmt = cx.stmt_of(file, outer)?;
    let StmtKind::Let { pat, init: Some(init), .. } = hir[stmt].kind else { return None };
    let unused = cx.uses_of(file, pat).iter().all(|&use_| only_dropped(cx, file, use_).is_some());
    (only && defers && init == outer && cx.uses_of(file, pat).is_empty() && unused).then_some(stmt)
}

/// The user's type that runs a deferred closure, where all that it was ever made for is to finish runs.
fn deferring_type(cx: &Cx<'_>, file: FileIdx, stmt: StmtId, parts: &Parts) -> Option<Removal> {
    let StmtKind::Let { init: Some(init), .. } = cx.hir(file)[stmt].kind else { return None };
    let &Ty::Adt(def, _) = cx.ty(file, init) else { return None };
    let removal = gone_with(cx, def, drop_impl(cx, def).filter(|_| !cx.program.is_model(def))?)?;
    let finishes = |&(file, stmt): &(FileIdx, StmtId)| {
        parts.finishes.iter().any(|&(own, call)| own == file && deferred_call(cx, own, call) == Some(stmt))
    };
    removal.stmts.iter().all(finishes).then_some(removal)
}

/// Deletes items, each once.
pub(super) fn remove_items(cx: &Cx<'_>, items: &[(FileIdx, ItemId)], text: &mut Text) {
    for &(file, item) in items {
        let span = cx.hir(file)[item].span;
        if !text.removed.contains(&(file, span)) {
            text.changes.push(delete_item(cx, file, span));
            text.removed.push((file, span));
        }
    }
}

/// The line of the first thing that happens between a run and its finish in the finish's own block, and that others
/// could notice.
fn held_meanwhile(cx: &Cx<'_>, parts: &Parts, (file, call): Place) -> Option<usize> {
    let hir = cx.hir(file);
    let stmt = cx.stmt_of(file, call)?;
    let ExprKind::Block { stmts, .. } = &hir[hir[stmt].block].kind else { return None };
    let runs: Vec<Span> = parts.runs.iter().filter(|(own, _)| *own == file).map(|&(_, run)| hir[run].span).collect();
    let last_run = stmts.iter().rposition(|&other| {
        hir[other].span.end <= hir[stmt].span.start && runs.iter().any(|run| hir[other].span.contains(*run))
    });
    let from = last_run.map_or(0, |index| index + 1);
    let between = stmts.iter().skip(from).filter(|&&other| hir[other].span.end <= hir[stmt].span.start);
    let noticed =
        between.into_iter().find(|&&other| !is_harmless_stmt(cx, file, other) && !is_quiet(cx, file, other))?;
    Some(cx.program.unit(file).source.position(hir[*noticed].span.start as usize).line)
}

/// Output, and other parts of the lifecycle's end.
fn is_quiet(cx: &Cx<'_>, file: FileIdx, stmt: StmtId) -> bool {
    let hir = cx.hir(file);
    let StmtKind::Expr { expr, .. } = hir[stmt].kind else { return false };
    match &hir[expr].kind {
        ExprKind::Macro(_) => !hir.descendants(expr).any(|at| matches!(hir[at].kind, ExprKind::Await(_))),
        ExprKind::MethodCall { method, .. } => ["cancel", "finish_run", "set_cancel"].contains(&method.text.as_str()),
        _ => false,
    }
}

/// Whether every call of the function around a finish stands in a function that holds a part of a lifecycle.
fn is_called_by_lifecycles_only(cx: &Cx<'_>, parts: &Parts, (file, call): Place) -> bool {
    let Some(def) = cx.program.def_of_item(file, cx.function_of(file, call)) else { return false };
    let callers = callers(cx, (file, call));
    !callers.is_empty()
        && !super::super::proof::is_called_from_outside(cx, def)
        && callers
            .iter()
            .all(|&caller| parts.starts.iter().chain(&parts.runs).any(|&part| same_function(cx, part, caller)))
}

/// The user's type whose `drop` a call stands in, with the item of that impl.
fn guard_of(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Option<(DefId, DefId)> {
    let function = cx.program.def_of_item(file, cx.function_of(file, call))?;
    if cx.program.def(function).name != "drop" {
        return None;
    }
    let block = cx.program.def(function).parent?;
    let ItemKind::Impl { self_ty, trait_path: Some(path), .. } = &cx.program.item(block)?.kind else { return None };
    if path.segments.last()?.name.text != "Drop" {
        return None;
    }
    match cx.resolver.lower(*self_ty, &cx.resolver.ty_scope(block)) {
        Ty::Adt(def, _) if !cx.program.is_model(def) => Some((def, block)),
        _ => None,
    }
}

/// A guard whose `drop` calls `finish_run`: where it does nothing else, the type and everything made of it go.
fn guard_type(cx: &Cx<'_>, file: FileIdx, call: ExprId, (guard, block): (DefId, DefId), text: &mut Text) -> Outcome {
    let whole = only_finishes(cx, file, call).then(|| gone_with(cx, guard, block)).flatten();
    match whole {
        Some(removal) => {
            remove_items(cx, &removal.items, text);
            for (file, stmt) in removal.stmts {
                text.remove_stmt(cx, file, cx.hir(file)[stmt].span);
            }
            Outcome::safe(Vec::new(), "nothing: the session frees itself when the run has ended, so the guard goes")
        }
        None if remove(cx, file, call, text) => Outcome::safe(Vec::new(), HELP)
            .reserved("the guard stays for what else it does, and may hold a session it no longer needs"),
        None => run_lifecycle::unreadable_finish(),
    }
}

/// Whether a `drop` does nothing but finish the run and cancel what hangs on it.
fn only_finishes(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> bool {
    let hir = cx.hir(file);
    let Some(stmt) = cx.stmt_of(file, call) else { return false };
    let ExprKind::Block { stmts, .. } = &hir[hir[stmt].block].kind else { return false };
    let is_body = matches!(hir[hir[stmt].block].parent, Parent::Item(_));
    is_body
        && stmts.iter().all(|&other| match hir[other].kind {
            StmtKind::Expr { expr, .. } => {
                expr == call
                    || matches!(&hir[expr].kind, ExprKind::MethodCall { method, args, .. } if method.text == "cancel" && args.is_empty())
            }
            _ => false,
        })
}

/// What goes with a guard type.
struct Removal {
    items: Vec<(FileIdx, ItemId)>,
    stmts: Vec<(FileIdx, StmtId)>,
}

/// The type, its impls, and the statements that make or hold a guard; `None` where one is used otherwise.
fn gone_with(cx: &Cx<'_>, guard: DefId, drop_impl: DefId) -> Option<Removal> {
    let mut items = vec![place_of(cx, guard)?];
    for block in &cx.program.impls {
        let Some(ItemKind::Impl { self_ty, trait_path, .. }) = cx.program.item(block.def).map(|item| &item.kind) else {
            continue;
        };
        let ty = cx.resolver.lower(*self_ty, &cx.resolver.ty_scope(block.def));
        if !matches!(ty, Ty::Adt(def, _) if def == guard) {
            continue;
        }
        if trait_path.is_some() && block.def != drop_impl {
            return None;
        }
        items.push(place_of(cx, block.def)?);
    }
    let mut stmts = Vec::new();
    let mut files: Vec<FileIdx> = cx.inferred.keys().copied().collect();
    files.sort();
    for file in files {
        let own: Vec<Span> =
            items.iter().filter(|(of, _)| *of == file).map(|&(_, item)| cx.hir(file)[item].span).collect();
        let is_own = |at: Span| own.iter().any(|span| span.contains(at));
        if names_type(cx, file, guard).into_iter().any(|at| !is_own(at)) {
            return None;
        }
        for made in made_in(cx, file, guard) {
            if !is_own(cx.span(file, made)) {
                held(cx, file, made, &mut stmts)?;
            }
        }
    }
    (!stmts.is_empty()).then_some(Removal { items, stmts })
}

fn place_of(cx: &Cx<'_>, def: DefId) -> Option<(FileIdx, ItemId)> {
    let data = cx.program.def(def);
    Some((data.file, data.item?))
}

/// Where written types name the guard.
fn names_type(cx: &Cx<'_>, file: FileIdx, guard: DefId) -> Vec<Span> {
    use super::super::hir::TypeId;
    let hir = cx.hir(file);
    let types = (0..hir.types.len() as u32).map(TypeId);
    types
        .filter(|&ty| match &hir[ty].kind {
            TypeKind::Path(path) => {
                let scope = super::super::flow::scope_of_type(cx.resolver, file, ty);
                matches!(cx.resolver.path(scope, path, Namespace::Type).map(|found| found.res), Some(Res::Def(def)) if def == guard)
            }
            _ => false,
        })
        .map(|ty| hir[ty].span)
        .collect()
}

/// The expressions that make a guard: its constructor, a literal, a function of its own.
fn made_in(cx: &Cx<'_>, file: FileIdx, guard: DefId) -> Vec<ExprId> {
    let hir = cx.hir(file);
    (0..hir.exprs.len() as u32).map(ExprId).filter(|&expr| makes(cx, file, expr, guard)).collect()
}

fn makes(cx: &Cx<'_>, file: FileIdx, expr: ExprId, guard: DefId) -> bool {
    match &cx.hir(file)[expr].kind {
        ExprKind::Struct { .. } => cx.inferred(file).literals.get(&expr) == Some(&guard),
        ExprKind::Call { callee, .. } => match cx.inferred(file).values.get(&cx.peel_parens(file, *callee)) {
            Some(ValueRes::Def(def)) => *def == guard || matches!(cx.ty(file, expr), Ty::Adt(own, _) if *own == guard),
            _ => false,
        },
        _ => false,
    }
}

/// Whether an expression makes a guard that finishes a run.
pub(super) fn is_guard_made(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let Ty::Adt(def, _) = cx.ty(file, expr) else { return false };
    !cx.program.is_model(*def) && drop_impl(cx, *def).is_some()
}

/// The impl of `Drop` for a type.
fn drop_impl(cx: &Cx<'_>, def: DefId) -> Option<DefId> {
    let is_drop = |block: DefId| {
        let Some(ItemKind::Impl { self_ty, trait_path: Some(path), .. }) =
            cx.program.item(block).map(|item| &item.kind)
        else {
            return false;
        };
        path.segments.last().is_some_and(|last| last.name.text == "Drop")
            && matches!(cx.resolver.lower(*self_ty, &cx.resolver.ty_scope(block)), Ty::Adt(own, _) if own == def)
    };
    cx.program.impls.iter().map(|block| block.def).find(|&block| is_drop(block))
}

/// Notes the statement that holds a guard, and those that hand it on.
fn held(cx: &Cx<'_>, file: FileIdx, made: ExprId, stmts: &mut Vec<(FileIdx, StmtId)>) -> Option<()> {
    let hir = cx.hir(file);
    let stmt = cx.stmt_of(file, made)?;
    let StmtKind::Let { pat, init: Some(init), otherwise: None, .. } = hir[stmt].kind else { return None };
    if cx.peel_parens(file, init) != made {
        return None;
    }
    stmts.push((file, stmt));
    handed_on(cx, file, pat, stmts)
}

fn handed_on(cx: &Cx<'_>, file: FileIdx, local: PatId, stmts: &mut Vec<(FileIdx, StmtId)>) -> Option<()> {
    let hir = cx.hir(file);
    match hir[local].kind {
        PatKind::Bind { sub: None, .. } => {}
        PatKind::Wild => return Some(()),
        _ => return None,
    }
    for &use_ in cx.uses_of(file, local) {
        if let Some(stmt) = only_dropped(cx, file, use_) {
            stmts.push((file, stmt));
            continue;
        }
        let Parent::Stmt(stmt) = hir[use_].parent else { return None };
        let StmtKind::Let { pat, .. } = hir[stmt].kind else { return None };
        stmts.push((file, stmt));
        handed_on(cx, file, pat, stmts)?;
    }
    Some(())
}

/// `drop(guard);` and `let _ = &guard;`: the statement.
fn only_dropped(cx: &Cx<'_>, file: FileIdx, use_: ExprId) -> Option<StmtId> {
    let hir = cx.hir(file);
    let parent = cx.parent_expr(file, use_)?;
    let stmt = cx.stmt_of(file, parent)?;
    let dropped = match (&hir[parent].kind, &hir[stmt].kind) {
        (ExprKind::Call { callee, .. }, StmtKind::Expr { expr, .. }) => {
            *expr == parent && ["drop", "mem::drop", "std::mem::drop"].contains(&cx.expr_text(file, *callee))
        }
        (ExprKind::Ref { .. }, StmtKind::Let { pat, init: Some(init), .. }) => {
            *init == parent && matches!(hir[*pat].kind, PatKind::Wild)
        }
        _ => false,
    };
    dropped.then_some(stmt)
}

/// Deletes an item with its lines and the blank line behind it.
fn delete_item(cx: &Cx<'_>, file: FileIdx, span: Span) -> Change {
    let line = super::super::rules::inference_state::delete_line(cx, file, span);
    let range = line.edit.range();
    let rest = &cx.source(file)[range.end..];
    let blank = rest.len() - rest.trim_start_matches(['\n', '\r']).len();
    cx.replace(file, Span::new(range.start, range.end + blank), "")
}
