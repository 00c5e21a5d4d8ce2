//! Whether runs are driven by tokio, on which a session runs.

use super::cx::Cx;
use super::hir::{ExprId, ExprKind};
use super::index::{DefId, FileIdx};
use super::infer::ValueRes;

const DEPTH: usize = 6;

/// Whether a future, or a function that awaits it, is surely given to an executor other than tokio.
pub(crate) fn is_foreign(cx: &Cx<'_>, file: FileIdx, future: ExprId) -> bool {
    is_driven_elsewhere(cx, file, future, DEPTH)
}

fn is_driven_elsewhere(cx: &Cx<'_>, file: FileIdx, future: ExprId, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let given = cx.ancestors(file, future).any(|at| match &cx.hir(file)[at].kind {
        ExprKind::Call { callee, .. } => is_foreign_driver(cx, file, *callee),
        _ => false,
    });
    let owner = cx.function_of(file, future);
    let begins_there = cx.hir(file)[owner].attrs.iter().any(|attr| is_foreign_entry(&attr.path));
    let Some(def) = cx.program.def_of_item(file, owner) else { return given || begins_there };
    given || begins_there || cx.callers(def).iter().any(|&(file, call)| is_driven_elsewhere(cx, file, call, depth))
}

/// `futures::executor::block_on`, `smol::spawn`, or a function of the user's own that polls by hand.
fn is_foreign_driver(cx: &Cx<'_>, file: FileIdx, callee: ExprId) -> bool {
    let name = cx.expr_text(file, callee);
    let drives = ["block_on", "spawn", "spawn_local", "run_until"].contains(&name.rsplit("::").next().unwrap_or(name));
    drives
        && match cx.inferred(file).values.get(&cx.peel_parens(file, callee)) {
            Some(ValueRes::Extern(path)) => FOREIGN.iter().any(|known| path.starts_with(known)),
            Some(ValueRes::Def(def)) => polls_by_hand(cx, *def),
            _ => false,
        }
}

fn polls_by_hand(cx: &Cx<'_>, def: DefId) -> bool {
    let Some(body) = cx.program.fn_item(def).filter(|_| !cx.program.is_model(def)).and_then(|function| function.body)
    else {
        return false;
    };
    let file = cx.program.def(def).file;
    let hir = cx.hir(file);
    let text = cx.expr_text(file, body);
    let polls = hir.descendants(body).any(
        |at| matches!(&hir[at].kind, ExprKind::MethodCall { method, .. } if method.text == "poll" || method.text == "poll_unpin"),
    );
    polls && !text.contains("Runtime") && !text.contains("tokio")
}

fn is_foreign_entry(attribute: &str) -> bool {
    attribute
        .rsplit_once("::")
        .is_some_and(|(krate, last)| matches!(last, "main" | "test") && ["async_std", "smol_potat"].contains(&krate))
}

const FOREIGN: &[&str] = &[
    "futures::executor",
    "futures_executor",
    "futures_lite",
    "async_std",
    "smol",
    "pollster",
    "async_io",
    "async_executor",
];
