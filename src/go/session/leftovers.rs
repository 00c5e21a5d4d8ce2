//! What is left of an expression that goes: its effects, and the variables that nothing else uses.

use super::Sessions;
use super::in_place::declaration;
use crate::go::cx::Cx;
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::models::GEPPETTO_MODULE;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::go::ty::Ty;
use crate::go::variables::first_value;

/// Functions of libraries that do nothing but make a text.
const MAKES_TEXT: &[&str] = &["uuid.NewString", "uuid.New", "uuid.New().String", "xid.New", "xid.New().String"];

/// The statements that stay of an expression. Variables that were there for it alone go with it.
pub(crate) fn of(session: &Sessions<'_, '_>, file: FileIdx, node: NodeId) -> Vec<String> {
    let Sessions { cx, draft, .. } = session;
    let syntax = cx.syntax(file);
    if !is_idle(cx, file, node) {
        return vec![format!("_ = {}", draft.text(file, node))];
    }
    let mut variables: Vec<NodeId> = syntax.below(node).filter_map(|name| only_used_in(cx, file, name, node)).collect();
    variables.sort();
    variables.dedup();
    let of_variable = |declared: NodeId| {
        let value = first_value(syntax, declared).filter(|&value| is_idle(cx, file, value));
        match value.and_then(|value| Some((value, declaration(cx, file, value)?))) {
            Some((value, stmt)) if cx.uses(file, declared).iter().all(|&used| syntax.is_inside(used, node)) => {
                draft.remove_stmt(file, stmt);
                of(session, file, value)
            }
            _ => vec![format!("_ = {}", syntax.text(declared))],
        }
    };
    variables.into_iter().flat_map(of_variable).collect()
}

/// The variable of a function that `name` names, if nothing outside of `node` reads it but what makes states, which may go
/// as well.
fn only_used_in(cx: &Cx<'_>, file: FileIdx, name: NodeId, node: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let Some(Ref::Local(declared)) = cx.inferred(file).meaning(name) else { return None };
    let is_parameter =
        syntax.parent(declared).is_some_and(|above| syntax.kind(above).ends_with("parameter_declaration"));
    let is_read =
        |&used: &NodeId| !syntax.is_inside(used, node) && !syntax.is_put_into(used) && !is_for_state(cx, file, used);
    (!is_parameter && !syntax.is_inside(declared, node) && !cx.uses(file, declared).iter().any(is_read))
        .then_some(declared)
}

/// Whether `used` is a part of the id or the turn that a state is made with.
fn is_for_state(cx: &Cx<'_>, file: FileIdx, used: NodeId) -> bool {
    let syntax = cx.syntax(file);
    syntax.ancestors(used).any(|call| {
        let callee = cx.inferred(file).callee(call).and_then(|def| cx.legacy.get(def));
        callee == Some(Legacy::NewInferenceState)
            && cx.args(file, call).iter().take(2).any(|&arg| syntax.is_inside(used, arg))
    })
}

/// Whether nothing is missed if an expression is not evaluated.
pub(crate) fn is_idle(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> bool {
    let syntax = cx.syntax(file);
    syntax.below(node).all(|node| match syntax.kind(node) {
        "call_expression" => is_idle_call(cx, file, node),
        "unary_expression" => !syntax.text(node).starts_with("<-"),
        "index_expression" | "slice_expression" | "type_assertion_expression" => false,
        _ => true,
    })
}

fn is_idle_call(cx: &Cx<'_>, file: FileIdx, call: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let Some(function) = syntax.child(call, "function") else { return false };
    let is_plain = |arg: NodeId| matches!(cx.ty(file, arg), Ty::Basic(_));
    match syntax.text(function) {
        "fmt.Sprint" | "fmt.Sprintf" | "fmt.Sprintln" => cx.args(file, call).into_iter().all(is_plain),
        "len" | "cap" => !matches!(cx.inferred(file).meaning(function), Some(Ref::Local(_) | Ref::Def(_))),
        text if MAKES_TEXT.contains(&text) => true,
        _ => {
            let callee = cx.inferred(file).callee(call).map(|def| cx.program.def(def));
            callee.is_some_and(|def| cx.program.package(def.package).path == format!("{GEPPETTO_MODULE}/pkg/turns"))
        }
    }
}
