//! Contexts of runs that code keeps beyond the run: an engine that leaves something behind, a tool that goes on.

use super::{DEPTH, is_function};
use crate::go::cx::Cx;
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::syntax::NodeId;
use crate::go::ty::{Ty, Types};

/// Whether `node` is a function that a run may call with its context, and that keeps it.
pub(super) fn are_kept(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> bool {
    is_function(cx.syntax(file).kind(node)) && is_called_by_runs(cx, file, node) && keeps(cx, file, node, 0)
}

/// Whether it is an engine's method, or that of a persister, middleware, a hook or a tool: what takes a context and a
/// turn, or is used as a value.
fn is_called_by_runs(cx: &Cx<'_>, file: FileIdx, function: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let params = Types { program: cx.program }.signature(file, function, &Default::default()).params;
    let name = syntax.child(function, "name");
    let is_value = match name.and_then(|name| cx.program.declared(file, name)) {
        Some(def) => !cx.calls_of(def).1.is_empty(),
        None => true,
    };
    let is_turn = |ty: &Ty| ty.def().is_some_and(|def| cx.program.def(def).name == "Turn");
    params.first().is_some_and(|first| is_context(cx, first)) && (is_value || params.iter().any(is_turn))
}

fn is_context(cx: &Cx<'_>, ty: &Ty) -> bool {
    let def = ty.def().map(|def| cx.program.def(def));
    def.is_some_and(|def| def.name == "Context" && cx.program.package(def.package).path == "context")
}

/// Whether a context in a function may be looked at when that has returned.
fn keeps(cx: &Cx<'_>, file: FileIdx, function: NodeId, depth: usize) -> bool {
    let syntax = cx.syntax(file);
    let body = syntax.child(function, "body");
    let mut below = body.into_iter().flat_map(|body| syntax.below(body));
    below.any(|node| {
        syntax.kind(node) == "identifier"
            && is_context(cx, cx.ty(file, node))
            && (goes_on(cx, file, node, function) || is_handed_on(cx, file, node, depth))
    })
}

/// Whether a context goes into a goroutine, a function that is called later, or a place that others see.
fn goes_on(cx: &Cx<'_>, file: FileIdx, name: NodeId, function: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let declared = match cx.inferred(file).meaning(name) {
        Some(Ref::Local(declared)) => declared,
        _ => return false,
    };
    let is_later = |node: NodeId| match syntax.kind(node) {
        "go_statement" => true,
        "func_literal" => !syntax.is_inside(declared, node) && syntax.role(node) != "function",
        _ => false,
    };
    if syntax.ancestors(name).take_while(|&node| node != function).any(is_later) {
        return true;
    }
    let Some(above) = syntax.parent(name) else { return false };
    match syntax.kind(above) {
        "literal_element" | "send_statement" | "return_statement" => true,
        "expression_list" => {
            syntax.role(above) == "right" && !declares(cx, file, above) || is_returned(cx, file, above)
        }
        "selector_expression" => is_watched(cx, file, above),
        "argument_list" => syntax
            .parent(above)
            .and_then(|call| syntax.child(call, "function"))
            .is_some_and(|function| matches!(syntax.text(function), "context.AfterFunc" | "append")),
        _ => false,
    }
}

/// Whether the values of a list go to variables of the function.
fn declares(cx: &Cx<'_>, file: FileIdx, values: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let left = syntax.parent(values).and_then(|stmt| syntax.child(stmt, "left"));
    left.is_none_or(|left| {
        let mut places = syntax.list(left).into_iter();
        places.all(|place| matches!(cx.inferred(file).meaning(place), Some(Ref::Local(_))))
    })
}

fn is_returned(cx: &Cx<'_>, file: FileIdx, values: NodeId) -> bool {
    let syntax = cx.syntax(file);
    syntax.parent(values).is_some_and(|stmt| syntax.kind(stmt) == "return_statement")
}

/// `ctx.Done()` that is not waited for at once.
fn is_watched(cx: &Cx<'_>, file: FileIdx, selector: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let is_done = syntax.child(selector, "field").is_some_and(|field| syntax.text(field) == "Done");
    let around = syntax.parent(selector).and_then(|call| syntax.parent(call));
    is_done && !around.is_some_and(|around| syntax.text(around).starts_with("<-"))
}

/// Whether a context is given to a function of the tree that keeps it.
fn is_handed_on(cx: &Cx<'_>, file: FileIdx, name: NodeId, depth: usize) -> bool {
    let syntax = cx.syntax(file);
    let list = syntax.parent(name).filter(|&list| syntax.kind(list) == "argument_list");
    let callee = list.and_then(|list| syntax.parent(list)).and_then(|call| cx.function_called(file, call));
    depth < DEPTH
        && callee.is_some_and(|(file, function)| cx.program.is_own(file) && keeps(cx, file, function, depth + 1))
}
