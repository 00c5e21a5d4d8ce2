//! Who looks at the session after a run of it has failed, and then sees the turn of that run.

use super::super::super::cx::{Cx, TraitMethod};
use super::super::super::hir::{BlockFlavour, ExprId, ExprKind, ItemId, Parent, PatId, PatKind, Path, Span, StmtKind};
use super::super::super::index::FileIdx;
use super::super::super::order::{call_at, is_awaited, is_one_thread};
use super::super::super::proof::is_called_from_outside;
use super::super::super::sites::receiver;
use super::super::super::unit::Facts;
use super::owner::{ANY_TIME, DEPTH, Owner, argument, is_aside, looks, owner};

/// Whether nobody sees the turn of a failed run: its session ends with it, or is not looked at any more.
pub(super) fn is_unseen(cx: &Cx<'_>, facts: &Facts, file: FileIdx, run: ExprId) -> bool {
    let Some(session) = receiver(cx, file, run) else { return false };
    facts.made_in.is_some_and(|home| leaves(cx, home, file, run, DEPTH))
        || !is_seen(cx, file, session, run, is_awaited(cx, file, run), DEPTH)
}

/// Whether the failure of a future that is awaited leaves the function `home`, through the calls between.
fn leaves(cx: &Cx<'_>, home: (FileIdx, ItemId), file: FileIdx, future: ExprId, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let inside = cx.ancestors(file, future).any(|at| is_aside(cx, file, at));
    let function = cx.function_of(file, future);
    let Some(def) = cx.program.def_of_item(file, function) else { return false };
    let is_async = cx.program.fn_item(def).is_some_and(|function| function.is_async);
    let awaited = cx.parent_expr(file, future).filter(|_| is_awaited(cx, file, future));
    let Some(leaving) = leaving(cx, file, awaited.unwrap_or(future)).filter(|_| !inside) else { return false };
    if leaving == Leaving::Panic {
        return is_one_thread(cx, home, &[(file, future)]);
    }
    if (file, function) == home {
        return true;
    }
    let open = cx.trait_method(def) != TraitMethod::None || is_called_from_outside(cx, def);
    let callers = cx.callers(def);
    !open
        && !callers.is_empty()
        && callers.iter().all(|&(file, at)| {
            call_at(cx, file, at)
                .is_some_and(|call| (!is_async || is_awaited(cx, file, call)) && leaves(cx, home, file, call, depth))
        })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaving {
    /// The function returns the failure.
    Return,
    Panic,
}

/// How a failed result leaves the function around it, if it surely does.
fn leaving(cx: &Cx<'_>, file: FileIdx, result: ExprId) -> Option<Leaving> {
    let hir = cx.hir(file);
    match hir[result].parent {
        Parent::Expr(parent) => match &hir[parent].kind {
            ExprKind::Try(_) | ExprKind::Return(_) => Some(Leaving::Return),
            ExprKind::Paren(_) => leaving(cx, file, parent),
            ExprKind::MethodCall { receiver, method, .. } if *receiver == result => match method.text.as_str() {
                "unwrap" | "expect" => Some(Leaving::Panic),
                "map_err" | "map" => leaving(cx, file, parent),
                _ => None,
            },
            _ => None,
        },
        Parent::Stmt(stmt) => {
            let is_value = matches!(hir[stmt].kind, StmtKind::Expr { semi: false, .. });
            (is_value && matches!(hir[hir[stmt].block].parent, Parent::Item(_))).then_some(Leaving::Return)
        }
        _ => None,
    }
}

/// Whether the turn of the session behind `handle` is looked at after `at`, which is `over` when what follows it begins.
fn is_seen(cx: &Cx<'_>, file: FileIdx, handle: ExprId, at: ExprId, over: bool, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return true };
    match owner(cx, file, handle, DEPTH) {
        Owner::Made => false,
        Owner::Local(local) => looks_after(cx, file, local, at, over, depth),
        Owner::Param(local, def, index) => {
            let open = cx.trait_method(def) != TraitMethod::None || is_called_from_outside(cx, def);
            let is_async = cx.program.fn_item(def).is_none_or(|function| function.is_async);
            let callers = cx.callers(def);
            let seen_by = |&(file, at): &(FileIdx, ExprId)| match argument(cx, file, at, def, index) {
                Some((call, arg)) => {
                    is_seen(cx, file, arg, call, over && (!is_async || is_awaited(cx, file, call)), depth)
                }
                None => true,
            };
            open || callers.is_empty() || looks_after(cx, file, local, at, over, depth) || callers.iter().any(seen_by)
        }
        Owner::Unknown => true,
    }
}

/// Whether anything of a local's session is looked at once `at` has failed, which is `over` when what follows it begins.
fn looks_after(cx: &Cx<'_>, file: FileIdx, local: PatId, at: ExprId, over: bool, depth: usize) -> bool {
    let hir = cx.hir(file);
    let home = hir[local].span;
    let Some(looks) = looks(cx, file, local, depth) else { return true };
    let mut around = cx.ancestors(file, at).filter(|&around| !hir[around].span.contains(home));
    if over
        && let Some(arms) = failure_path(cx, file, at)
        && !cx.ancestors(file, at).any(|around| is_aside(cx, file, around) && !hir[around].span.contains(home))
    {
        let lies_in = |look: u32| arms.iter().any(|arm| arm.start <= look && look <= arm.end);
        return looks.into_iter().any(|look| look == ANY_TIME || lies_in(look));
    }
    let is_any_time = !over
        || around.any(|around| {
            let repeats =
                matches!(hir[around].kind, ExprKind::Loop { .. } | ExprKind::While { .. } | ExprKind::For { .. });
            repeats || is_aside(cx, file, around)
        });
    looks.into_iter().any(|look| is_any_time || look > hir[at].span.end)
}

/// Where a failed future leads, if all it does is leave the function, closure or block around it: the stretches of text
/// that it passes on its way.
fn failure_path(cx: &Cx<'_>, file: FileIdx, future: ExprId) -> Option<Vec<Span>> {
    let hir = cx.hir(file);
    let result = cx.parent_expr(file, future).filter(|_| is_awaited(cx, file, future)).unwrap_or(future);
    if leaving(cx, file, result).is_some() {
        return Some(Vec::new());
    }
    let is_ok = |pat: PatId| matches!(&hir[pat].kind, PatKind::TupleStruct { path, .. } if is_named(path, "Ok"));
    let is_err = |pat: PatId| matches!(&hir[pat].kind, PatKind::TupleStruct { path, .. } if is_named(path, "Err"));
    let arms: Vec<ExprId> = match hir[result].parent {
        Parent::Stmt(stmt) => match hir[stmt].kind {
            StmtKind::Let { pat, otherwise: Some(otherwise), .. } if is_ok(pat) => vec![otherwise],
            _ => return None,
        },
        Parent::Expr(parent) => match &hir[parent].kind {
            ExprKind::Match { arms, .. } => arms.iter().filter(|arm| !is_ok(arm.pat)).map(|arm| arm.body).collect(),
            ExprKind::Let { pat, .. } => match (cx.parent_expr(file, parent).map(|outer| &hir[outer].kind), *pat) {
                (Some(ExprKind::If { condition, then, .. }), pat) if *condition == parent && is_err(pat) => vec![*then],
                (Some(ExprKind::If { condition, otherwise: Some(otherwise), .. }), pat)
                    if *condition == parent && is_ok(pat) =>
                {
                    vec![*otherwise]
                }
                _ => return None,
            },
            ExprKind::MethodCall { method, .. } if method.text == "is_err" => {
                match cx.parent_expr(file, parent).map(|outer| &hir[outer].kind) {
                    Some(ExprKind::If { condition, then, .. }) if *condition == parent => vec![*then],
                    _ => return None,
                }
            }
            _ => return None,
        },
        _ => return None,
    };
    arms.iter().all(|&arm| diverges(cx, file, arm)).then(|| arms.iter().map(|&arm| cx.span(file, arm)).collect())
}

fn is_named(path: &Path, name: &str) -> bool {
    path.segments.last().is_some_and(|last| last.name.text == name)
}

/// Whether an arm ends by leaving the function, closure or block.
fn diverges(cx: &Cx<'_>, file: FileIdx, arm: ExprId) -> bool {
    let hir = cx.hir(file);
    match &hir[arm].kind {
        ExprKind::Return(_) => true,
        ExprKind::Macro(call) => {
            let name = call.path.segments.last().map_or("", |last| last.name.text.as_str());
            matches!(name, "panic" | "unreachable" | "bail" | "todo")
        }
        ExprKind::Call { callee, .. } => cx.expr_text(file, *callee).ends_with("process::exit"),
        ExprKind::Block { stmts, flavour: BlockFlavour::Plain, .. } => {
            match stmts.last().map(|&stmt| &hir[stmt].kind) {
                Some(StmtKind::Expr { expr, .. }) => diverges(cx, file, *expr),
                _ => false,
            }
        }
        _ => false,
    }
}
