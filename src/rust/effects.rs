//! Whether evaluating an expression does anything that somebody could notice, so that it may move.

use super::cx::Cx;
use super::hir::{BlockFlavour, ExprId, ExprKind, StmtId, StmtKind};
use super::index::{DefId, DefKind, FileIdx};
use super::infer::ValueRes;

const DEPTH: usize = 5;

/// Whether an expression only makes or reads values: no output, no wait, no early exit, nothing changed but locals.
pub(crate) fn is_harmless(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    harmless(cx, file, expr, DEPTH)
}

/// The same for a statement.
pub(crate) fn is_harmless_stmt(cx: &Cx<'_>, file: FileIdx, stmt: StmtId) -> bool {
    stmt_harmless(cx, file, stmt, DEPTH)
}

fn stmt_harmless(cx: &Cx<'_>, file: FileIdx, stmt: StmtId, depth: usize) -> bool {
    match &cx.hir(file)[stmt].kind {
        StmtKind::Let { otherwise: Some(_), .. } => false,
        StmtKind::Item(_) | StmtKind::Empty => true,
        _ => cx.hir(file).stmt_exprs(stmt).into_iter().all(|expr| harmless(cx, file, expr, depth)),
    }
}

fn harmless(cx: &Cx<'_>, file: FileIdx, expr: ExprId, depth: usize) -> bool {
    let hir = cx.hir(file);
    match &hir[expr].kind {
        // Only made, not run.
        ExprKind::Closure { .. } | ExprKind::Block { flavour: BlockFlavour::Async { .. }, .. } => return true,
        ExprKind::Block { stmts, flavour: BlockFlavour::Plain, label: None } => {
            return stmts.iter().all(|&stmt| stmt_harmless(cx, file, stmt, depth));
        }
        ExprKind::Await(_)
        | ExprKind::Try(_)
        | ExprKind::Return(_)
        | ExprKind::Break(_)
        | ExprKind::Continue
        | ExprKind::Loop { .. }
        | ExprKind::While { .. }
        | ExprKind::Block { .. }
        | ExprKind::Other(_) => return false,
        ExprKind::Assign { lhs, .. } if !is_of_local(cx, file, *lhs) => return false,
        ExprKind::Binary { op, lhs, .. } if op.ends_with('=') && !is_comparison(op) && !is_of_local(cx, file, *lhs) => {
            return false;
        }
        ExprKind::Call { callee, .. } if !call_harmless(cx, file, *callee, depth) => return false,
        ExprKind::MethodCall { receiver, method, .. }
            if !method_harmless(cx, file, expr, *receiver, &method.text, depth) =>
        {
            return false;
        }
        ExprKind::Macro(call) => {
            let name = call.path.segments.last().map_or("", |last| last.name.text.as_str());
            if !["format", "vec", "matches", "concat", "json"].contains(&name) {
                return false;
            }
        }
        _ => {}
    }
    hir.children(expr).into_iter().all(|child| harmless(cx, file, child, depth))
}

fn is_comparison(op: &str) -> bool {
    ["==", "!=", "<=", ">="].contains(&op)
}

/// A local, or a field of one.
fn is_of_local(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let expr = cx.peel_parens(file, expr);
    match cx.hir(file)[expr].kind {
        ExprKind::Field { base, .. } | ExprKind::Deref(base) => is_of_local(cx, file, base),
        ExprKind::Ref { expr, .. } => is_of_local(cx, file, expr),
        _ => cx.local(file, expr).is_some_and(|pat| {
            matches!(cx.hir(file)[pat].parent, super::hir::PatParent::Stmt(_))
                && !matches!(cx.inferred(file).bindings.get(&pat), Some(super::ty::Ty::Ref(_)))
        }),
    }
}

fn call_harmless(cx: &Cx<'_>, file: FileIdx, callee: ExprId, depth: usize) -> bool {
    match cx.inferred(file).values.get(&cx.peel_parens(file, callee)) {
        Some(ValueRes::Def(def)) => {
            if matches!(cx.program.def(*def).kind, DefKind::Variant(_) | DefKind::Struct) {
                return true;
            }
            if cx.program.is_model(*def) {
                return model_harmless(&cx.assoc_path(*def));
            }
            body_harmless(cx, *def, depth)
        }
        Some(ValueRes::Extern(path)) => path.starts_with("derived"),
        _ => false,
    }
}

/// Whether a function of the libraries only makes values.
fn model_harmless(path: &str) -> bool {
    let makes = [
        "geppetto_runtime::turns::",
        "geppetto_runtime::context::Context::",
        "geppetto_runtime::events::with_event_sink",
        "geppetto_runtime::events::event_sinks",
        "geppetto::inference::engine::with_sink",
        "geppetto::inference::core::Session::new",
        "geppetto::inference::state::InferenceState::new",
        "std::",
    ];
    let does = ["std::mem::", "std::sync::mpsc::", "std::thread::", "std::process::", "std::io::", "std::fs::"];
    makes.iter().any(|prefix| path.starts_with(prefix)) && !does.iter().any(|prefix| path.starts_with(prefix))
}

fn body_harmless(cx: &Cx<'_>, def: DefId, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let Some(body) = cx.program.fn_item(def).filter(|function| !function.is_async).and_then(|function| function.body)
    else {
        return false;
    };
    harmless(cx, cx.program.def(def).file, body, depth)
}

fn method_harmless(cx: &Cx<'_>, file: FileIdx, call: ExprId, receiver: ExprId, method: &str, depth: usize) -> bool {
    const MUTATING: &[&str] = &[
        "append",
        "push",
        "push_str",
        "push_back",
        "push_front",
        "extend",
        "insert",
        "clear",
        "truncate",
        "pop",
        "take",
        "retain",
        "drain",
        "remove",
        "sort",
        "reverse",
        "replace",
        "get_or_insert_with",
        "entry",
    ];
    const PLAIN: &[&str] = &[
        "clone",
        "to_string",
        "to_owned",
        "into",
        "as_str",
        "as_ref",
        "as_deref",
        "len",
        "is_empty",
        "trim",
        "iter",
        "into_iter",
        "cloned",
        "map",
        "filter",
        "collect",
        "unwrap_or_default",
        "unwrap_or_else",
        "unwrap_or",
        "is_some",
        "is_none",
        "is_ok",
        "is_err",
        "ok",
        "to_vec",
        "join",
        "chars",
        "lines",
        "contains",
        "starts_with",
        "ends_with",
        "last",
        "first",
        "get",
        "and_then",
        "or",
        "or_else",
        "chain",
        "rev",
        "to_lowercase",
        "to_uppercase",
        "borrow",
        "boxed",
        "text",
        "build",
        "copied",
    ];
    const STATE_READS: &[&str] = &["turn", "run_id", "is_running", "has_cancel", "engine"];
    if MUTATING.contains(&method) {
        return is_of_local(cx, file, receiver);
    }
    match cx.inferred(file).methods.get(&call) {
        Some(&def) if cx.program.is_model(def) => {
            let path = cx.assoc_path(def);
            let quiet = path.starts_with("geppetto_runtime::turns::")
                || (path.starts_with("geppetto_runtime::context::") && method != "cancel")
                || (path.starts_with("geppetto::inference::state::") && STATE_READS.contains(&method))
                || path.starts_with("std::string::")
                || path.starts_with("std::option::")
                || path.starts_with("std::result::")
                || path.starts_with("std::vec::")
                || path.starts_with("std::iter::");
            quiet || PLAIN.contains(&method)
        }
        Some(&def) => body_harmless(cx, def, depth),
        None => PLAIN.contains(&method),
    }
}
