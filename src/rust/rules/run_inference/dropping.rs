//! Who may drop a run's future before it is ready, which ended a legacy run.

use super::super::super::cx::{Cx, TraitMethod};
use super::super::super::hir::{ExprId, ExprKind, MacroContent, Parent, PatKind, StmtId, StmtKind};
use super::super::super::index::{DefId, FileIdx};
use super::super::super::order::{call_at, is_awaited};
use super::super::super::proof::is_called_from_outside;

const DEPTH: usize = 6;
const KEEPER: &str = "whoever keeps the run's future";

/// What becomes of a run's future.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fate {
    /// What may drop it.
    pub(crate) dropper: Option<&'static str>,
    /// Whether dropping it must cancel the run.
    pub(crate) cancels: bool,
}

/// Follows a run's future to where it is awaited or dropped.
pub(crate) fn fate(cx: &Cx<'_>, file: FileIdx, run: ExprId) -> Fate {
    let dropper = drop_context(cx, file, run, DEPTH).or_else(|| keeper(cx, file, run, DEPTH));
    let leaves = cx.stmt_of(file, run).is_some_and(|stmt| is_tail(cx, file, stmt)) && !is_awaited(cx, file, run);
    let owner = cx.program.def_of_item(file, cx.function_of(file, run));
    let outside = leaves && owner.is_some_and(|def| is_called_from_outside(cx, def));
    Fate { dropper, cancels: dropper.is_some() || outside }
}

/// Whether a statement is the value of a function's body.
fn is_tail(cx: &Cx<'_>, file: FileIdx, stmt: StmtId) -> bool {
    let hir = cx.hir(file);
    let is_value = matches!(hir[stmt].kind, StmtKind::Expr { semi: false, .. });
    is_value && matches!(hir[hir[stmt].block].parent, Parent::Item(_))
}

/// Why the run's future may be dropped before it is ready: the name of what drops it.
fn drop_context(cx: &Cx<'_>, file: FileIdx, run: ExprId, depth: usize) -> Option<&'static str> {
    let hir = cx.hir(file);
    let mut inner = run;
    for at in cx.ancestors(file, run) {
        match &hir[at].kind {
            ExprKind::Macro(call) => {
                let name = call.path.segments.last().map_or("", |last| last.name.text.as_str());
                if name == "select" && in_future_position(&call.content, inner, cx, file) {
                    return Some("select!");
                }
                if name.starts_with("try_join") {
                    return Some("try_join!");
                }
            }
            ExprKind::Call { callee, .. } if *callee != inner => match last_name(cx, file, *callee) {
                "timeout" | "timeout_at" => return Some("a timeout"),
                "abortable" | "select" | "select_all" | "select_ok" | "try_join_all" => {
                    return Some("a combinator that drops futures");
                }
                "spawn" | "spawn_local" if file_aborts(cx, file) => return Some("an aborted task"),
                _ => {}
            },
            ExprKind::MethodCall { method, .. } if method.text == "spawn" && file_aborts(cx, file) => {
                return Some("an aborted task");
            }
            _ => {}
        }
        inner = at;
    }
    let depth = depth.checked_sub(1)?;
    let def = cx.program.def_of_item(file, cx.function_of(file, run))?;
    callers(cx, def).find_map(|(file, call)| drop_context(cx, file, call, depth))
}

/// Who keeps a future that is not awaited on the spot, where that may be the end of it.
fn keeper(cx: &Cx<'_>, file: FileIdx, future: ExprId, depth: usize) -> Option<&'static str> {
    let Some(depth) = depth.checked_sub(1) else { return Some(KEEPER) };
    let hir = cx.hir(file);
    match hir[future].parent {
        Parent::Expr(parent) => match &hir[parent].kind {
            ExprKind::Await(_) => None,
            ExprKind::Paren(_) | ExprKind::If { .. } | ExprKind::Match { .. } | ExprKind::Ref { .. } => {
                keeper(cx, file, parent, depth)
            }
            ExprKind::Return(_) => keeper_outside(cx, file, future, depth),
            ExprKind::Macro(call) => match call.path.segments.last().map_or("", |last| last.name.text.as_str()) {
                "join" | "try_join" | "select" => None,
                _ => Some(KEEPER),
            },
            ExprKind::Call { callee, .. } => match last_name(cx, file, *callee) {
                // Dropped before it was polled, or awaited by what it is given to.
                "drop" | "timeout" | "timeout_at" | "block_on" | "join_all" | "spawn" | "spawn_local" => None,
                "pin" | "ready" => keeper(cx, file, parent, depth),
                _ => Some(KEEPER),
            },
            ExprKind::MethodCall { method, .. } => match method.text.as_str() {
                "block_on" | "spawn" => None,
                "boxed" | "boxed_local" | "fuse" | "map" | "map_ok" | "map_err" | "then" | "and_then" => {
                    keeper(cx, file, parent, depth)
                }
                _ => Some(KEEPER),
            },
            ExprKind::Closure { .. } => match is_in_join_all(cx, file, parent) {
                true => None,
                false => Some(KEEPER),
            },
            _ => Some(KEEPER),
        },
        Parent::Stmt(stmt) => match hir[stmt].kind {
            StmtKind::Let { pat, .. } => match hir[pat].kind {
                PatKind::Bind { sub: None, .. } => cx
                    .uses_of(file, pat)
                    .iter()
                    .find_map(|&use_| drop_context(cx, file, use_, 1).or_else(|| keeper(cx, file, use_, depth))),
                // Dropped before it was polled.
                PatKind::Wild => None,
                _ => Some(KEEPER),
            },
            StmtKind::Expr { semi: false, .. } if is_tail(cx, file, stmt) => keeper_outside(cx, file, future, depth),
            StmtKind::Expr { semi: false, .. } => keeper(cx, file, hir[stmt].block, depth),
            _ => None,
        },
        _ => Some(KEEPER),
    }
}

/// Who keeps a future that a function returns: its callers.
fn keeper_outside(cx: &Cx<'_>, file: FileIdx, future: ExprId, depth: usize) -> Option<&'static str> {
    let owner = cx.function_of(file, future);
    let Some(def) = cx.program.def_of_item(file, owner) else { return Some(KEEPER) };
    let is_async = cx.program.fn_item(def).is_none_or(|function| function.is_async);
    if is_async || cx.trait_method(def) == TraitMethod::Foreign {
        return Some(KEEPER);
    }
    callers(cx, def).find_map(|(file, at)| match call_at(cx, file, at) {
        Some(call) => keeper(cx, file, call, depth),
        None => Some(KEEPER),
    })
}

fn is_in_join_all(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    cx.ancestors(file, expr).any(|at| match &cx.hir(file)[at].kind {
        ExprKind::Call { callee, .. } => last_name(cx, file, *callee) == "join_all",
        _ => false,
    })
}

pub(super) fn last_name<'a>(cx: &Cx<'a>, file: FileIdx, callee: ExprId) -> &'a str {
    let name = cx.expr_text(file, callee);
    name.rsplit("::").next().unwrap_or(name)
}

/// The calls of a function, also those of the trait's method that it implements.
pub(super) fn callers<'a>(cx: &'a Cx<'_>, def: DefId) -> impl Iterator<Item = (FileIdx, ExprId)> + 'a {
    let declared = match cx.trait_method(def) {
        TraitMethod::Own(declared) if declared != def => cx.callers(declared),
        _ => &[],
    };
    cx.callers(def).iter().chain(declared).copied()
}

fn in_future_position(content: &MacroContent, inner: ExprId, cx: &Cx<'_>, file: FileIdx) -> bool {
    let MacroContent::Select { arms, .. } = content else { return true };
    let span = cx.span(file, inner);
    arms.iter().any(|arm| cx.span(file, arm.future).contains(span))
}

fn file_aborts(cx: &Cx<'_>, file: FileIdx) -> bool {
    let hir = cx.hir(file);
    hir.exprs.iter().any(|expr| match &expr.kind {
        ExprKind::MethodCall { method, .. } => ["abort", "abort_all", "shutdown"].contains(&method.text.as_str()),
        ExprKind::Path(path) => path.segments.iter().any(|segment| segment.name.text == "JoinSet"),
        _ => false,
    })
}
