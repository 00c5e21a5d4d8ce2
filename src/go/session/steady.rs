//! Expressions that give the same session each time they are written.

use crate::go::cx::Cx;
use crate::go::index::{DefId, DefKind, FileIdx};
use crate::go::infer::Ref;
use crate::go::proof;
use crate::go::syntax::NodeId;

/// Whether `node` may stand for its value wherever the function goes on: a variable that gets no other value, a field that
/// only those set who make its struct.
pub(crate) fn is_steady(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let is_operand_steady = |role| syntax.child(node, role).is_some_and(|operand| is_steady(cx, file, operand));
    match syntax.kind(node) {
        "identifier" => match cx.inferred(file).meaning(node) {
            Some(Ref::Local(declared)) => !proof::is_assigned(cx, file, declared),
            Some(Ref::Def(def)) => is_set_by_makers(cx, def),
            _ => true,
        },
        "selector_expression" => {
            let field = syntax.child(node, "field").and_then(|field| cx.inferred(file).meaning(field));
            let is_field = match field {
                Some(Ref::Def(def)) => is_set_by_makers(cx, def) && cx.program.def(def).kind != DefKind::Method,
                _ => false,
            };
            is_field && is_operand_steady("operand")
        }
        "parenthesized_expression" => syntax.children(node).next().is_some_and(|inner| is_steady(cx, file, inner)),
        "unary_expression" => syntax.text(node).starts_with('&') && is_operand_steady("operand"),
        _ => false,
    }
}

/// Whether a variable or field is set nowhere but in its declaration, in literals, and on structs that were just made.
fn is_set_by_makers(cx: &Cx<'_>, def: DefId) -> bool {
    let assigned = cx.uses_of_def(def).iter().filter(|&&(file, used)| is_assigned(cx, file, used));
    assigned.into_iter().all(|&(file, used)| is_of_new_struct(cx, file, used))
}

/// Whether the name is the place of an assignment, or its address is taken.
fn is_assigned(cx: &Cx<'_>, file: FileIdx, used: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let parent = syntax.parent(used).unwrap_or(used);
    let place =
        if syntax.kind(parent) == "selector_expression" && syntax.role(used) == "field" { parent } else { used };
    let above = syntax.parent(place).unwrap_or(place);
    match syntax.kind(above) {
        "expression_list" | "assignment_statement" => syntax.role(above) == "left" || syntax.role(place) == "left",
        "unary_expression" => syntax.text(above).starts_with('&'),
        _ => false,
    }
}

/// Whether the field is that of a struct that this function has made.
fn is_of_new_struct(cx: &Cx<'_>, file: FileIdx, field: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let operand = syntax.parent(field).and_then(|selector| syntax.child(selector, "operand"));
    let made = operand.and_then(|operand| proof::initial(cx, file, operand));
    made.is_some_and(|made| syntax.text(made).starts_with('&') || syntax.kind(made) == "composite_literal")
}
