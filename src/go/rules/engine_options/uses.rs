//! Where options pass: what stays as it is when they are sinks, and what cannot be followed.

use crate::go::cx::{Cx, Outcome};
use crate::go::flow::Slot;
use crate::go::index::FileIdx;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::go::ty::Ty;
use crate::go::unit::Unit;

/// What cannot be a sink: options that code calls or makes on its own, and those of which nothing is known.
pub(crate) fn problems(cx: &Cx<'_>, unit: &Unit) -> Vec<(FileIdx, NodeId, Outcome)> {
    let mut found: Vec<(FileIdx, NodeId, Outcome)> = values_of_unknown_kind(cx, unit);
    for file in cx.program.own_files() {
        let syntax = cx.syntax(file);
        for call in syntax.nodes().filter(|&node| syntax.kind(node) == "call_expression") {
            let Some(function) = syntax.child(call, "function") else { continue };
            let is_option = cx.legacy.of_type(cx.ty(file, function)) == Some(Legacy::Option);
            if is_option && cx.inferred(file).callee(call).is_none() && is_in(cx, unit, cx.slot(file, function)) {
                found.push((file, call, does_more()));
            }
        }
    }
    found
}

fn is_in(cx: &Cx<'_>, unit: &Unit, slot: Slot) -> bool {
    unit.slots.first().is_some_and(|&own| cx.flow.unit(own) == cx.flow.unit(slot))
}

/// Options that are no `engine.WithSink`: functions written as options, and values of an unknown type.
fn values_of_unknown_kind(cx: &Cx<'_>, unit: &Unit) -> Vec<(FileIdx, NodeId, Outcome)> {
    let exprs = unit.slots.iter().filter_map(|slot| match *slot {
        Slot::Expr(file, node) => Some((file, node)),
        _ => None,
    });
    exprs
        .filter_map(|(file, node)| {
            let outcome = match cx.syntax(file).kind(node) {
                "func_literal" => does_more(),
                "call_expression" | "identifier" | "selector_expression" | "index_expression"
                    if *cx.ty(file, node) == Ty::Unknown && !is_legacy_name(unit, file, node) =>
                {
                    untyped()
                }
                _ => return None,
            };
            Some((file, node, outcome))
        })
        .collect()
}

/// Whether a node is the name of one of the unit's sites.
fn is_legacy_name(unit: &Unit, file: FileIdx, node: NodeId) -> bool {
    unit.sites.iter().any(|site| site.file == file && (site.whole == node || site.slot == Slot::Expr(file, node)))
}

fn does_more() -> Outcome {
    Outcome::report(
        "this option does more than adding a sink, which nothing in the new API stands for",
        "let the function that makes the engine take the sinks (`[]events.EventSink`) and do there what the option did to \
         the configuration, then run the tool again",
    )
}

pub(crate) fn untyped() -> Outcome {
    Outcome::report(
        "options come from an expression whose type the tool does not know",
        "make it give sinks (`[]events.EventSink`), then run the tool again",
    )
}

/// Whether code looks at how many options there are, or at single ones of them.
pub(crate) fn are_counted(cx: &Cx<'_>, unit: &Unit) -> bool {
    cx.program.own_files().any(|file| {
        let syntax = cx.syntax(file);
        syntax.nodes().any(|node| {
            let operand = match syntax.kind(node) {
                "call_expression" => {
                    let is_len = syntax.child(node, "function").is_some_and(|name| syntax.text(name) == "len");
                    let inside_make = syntax.ancestors(node).skip(1).any(|above| {
                        syntax.child(above, "function").is_some_and(|function| syntax.text(function) == "make")
                    });
                    cx.args(file, node).first().copied().filter(|_| is_len && !inside_make)
                }
                "index_expression" | "slice_expression" => syntax.child(node, "operand"),
                "range_clause" => syntax.child(node, "right"),
                _ => None,
            };
            operand
                .is_some_and(|operand| cx.is_followed(cx.ty(file, operand)) && is_in(cx, unit, cx.slot(file, operand)))
        })
    })
}
