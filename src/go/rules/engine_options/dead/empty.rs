//! Expressions that give no option, and do nothing else.

use crate::go::cx::Cx;
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::rules::engine_options::is_option_type;
use crate::go::syntax::NodeId;
use crate::go::ty::Ty;
use crate::go::unit::Unit;
use crate::go::variables::is_pure;

/// Whether an expression gives no option: it is empty, or names options of the unit.
pub(super) fn is_empty(cx: &Cx<'_>, unit: &Unit, file: FileIdx, expr: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let inner = || syntax.children(expr).next().is_some_and(|inner| is_empty(cx, unit, file, inner));
    if *cx.ty(file, expr) == Ty::Nil {
        return true;
    }
    match syntax.kind(expr) {
        "parenthesized_expression" | "variadic_argument" | "literal_element" => inner(),
        "composite_literal" => {
            let elements = syntax.child(expr, "body").into_iter().flat_map(|body| syntax.children(body));
            is_option_type(cx, cx.ty(file, expr))
                && elements.into_iter().all(|element| is_empty(cx, unit, file, element))
        }
        "slice_expression" => {
            let is_free = |bound: NodeId| {
                let text = syntax.text(bound);
                text == "0" || measured(cx, file, bound).is_some_and(|of| is_place(cx, unit, file, of))
            };
            let bounds = ["start", "end", "capacity"].into_iter().filter_map(|role| syntax.child(expr, role));
            syntax.child(expr, "operand").is_some_and(|operand| is_empty(cx, unit, file, operand))
                && bounds.into_iter().all(is_free)
        }
        "type_conversion_expression" => {
            syntax.child(expr, "operand").is_some_and(|operand| is_empty(cx, unit, file, operand))
        }
        "call_expression" => is_empty_call(cx, unit, file, expr),
        _ => is_place(cx, unit, file, expr),
    }
}

/// `append(options, more...)`, `make([]engine.Option, 0)`, `[]engine.Option(nil)`.
fn is_empty_call(cx: &Cx<'_>, unit: &Unit, file: FileIdx, call: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let Some(function) = syntax.child(call, "function") else { return false };
    let args = cx.args(file, call);
    if !is_option_type(cx, cx.ty(file, call)) {
        return false;
    }
    match syntax.text(function) {
        "append" if is_predeclared(cx, file, function) => args.iter().all(|&arg| is_empty(cx, unit, file, arg)),
        "make" if is_predeclared(cx, file, function) => {
            args.get(1).is_none_or(|&len| syntax.text(len) == "0")
                && args.iter().skip(1).all(|&arg| is_pure_number(cx, file, arg))
        }
        _ => syntax.kind(function).ends_with("_type") && args.len() == 1 && is_empty(cx, unit, file, args[0]),
    }
}

/// A number that is known, the length of something, or a sum of such.
fn is_pure_number(cx: &Cx<'_>, file: FileIdx, expr: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let is_side = |role| syntax.child(expr, role).is_some_and(|side| is_pure_number(cx, file, side));
    match syntax.kind(expr) {
        "int_literal" => true,
        "binary_expression" => is_side("left") && is_side("right"),
        _ => measured(cx, file, expr).is_some_and(|of| is_pure(cx, file, of)),
    }
}

/// Whether a name is none of the tree's; those in front of types have no meaning of their own.
fn is_predeclared(cx: &Cx<'_>, file: FileIdx, name: NodeId) -> bool {
    cx.inferred(file).meaning(name).is_none_or(|meaning| meaning == Ref::Predeclared)
}

/// What `len(…)` measures.
fn measured(cx: &Cx<'_>, file: FileIdx, call: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let function = syntax.child(call, "function").filter(|_| syntax.kind(call) == "call_expression")?;
    let is_len = syntax.text(function) == "len" && is_predeclared(cx, file, function);
    cx.args(file, call).first().copied().filter(|_| is_len)
}

/// Whether an expression names a place of options of the unit: a variable, a parameter, a field.
pub(super) fn is_place(cx: &Cx<'_>, unit: &Unit, file: FileIdx, expr: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let is_name = match syntax.kind(expr) {
        "identifier" => true,
        "selector_expression" => syntax.child(expr, "operand").is_some_and(|operand| is_pure(cx, file, operand)),
        _ => false,
    };
    is_name && is_option_type(cx, cx.ty(file, expr)) && unit.slots.binary_search(&cx.slot(file, expr)).is_ok()
}

/// Whether a condition only asks whether there are options.
pub(super) fn is_test(cx: &Cx<'_>, unit: &Unit, file: FileIdx, test: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let test = syntax.bare(test);
    let side = |role| syntax.child(test, role).filter(|_| syntax.kind(test) == "binary_expression");
    let (Some(left), Some(right)) = (side("left"), side("right")) else { return false };
    let of = measured(cx, file, left).unwrap_or(left);
    is_place(cx, unit, file, of) && (*cx.ty(file, right) == Ty::Nil || syntax.kind(right) == "int_literal")
}
