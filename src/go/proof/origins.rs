//! Where values come from: the expressions that a name, a parameter, an element or the result of a call may stand for.

use crate::go::cx::Cx;
use crate::go::flow::Slot;
use crate::go::index::{DefId, DefKind, FileIdx};
use crate::go::infer::Ref;
use crate::go::syntax::{NodeId, Syntax};
use crate::go::variables::{self, Value};

/// An expression that another one may stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) file: FileIdx,
    pub(super) node: NodeId,
    /// Where it is looked at.
    pub(super) at: NodeId,
}

/// What `node` may stand for at `at`; none where it may be something that cannot be seen.
pub(super) fn of(cx: &Cx<'_>, file: FileIdx, node: NodeId, at: NodeId) -> Option<Vec<Origin>> {
    let syntax = cx.syntax(file);
    let found = match syntax.kind(node) {
        "parenthesized_expression" | "literal_element" => {
            vec![Origin { file, node: syntax.children(node).next()?, at }]
        }
        "identifier" | "selector_expression" => {
            let name = syntax.child(node, "field").unwrap_or(node);
            match cx.inferred(file).meaning(name)? {
                Ref::Local(declared) => of_variable(cx, file, declared, at)?,
                Ref::Def(def) => vec![of_global(cx, def)?],
                _ => return None,
            }
        }
        "call_expression" => results(cx, file, node)?,
        _ => return None,
    };
    (!found.is_empty()).then_some(found)
}

fn of_variable(cx: &Cx<'_>, file: FileIdx, declared: NodeId, at: NodeId) -> Option<Vec<Origin>> {
    let writes = variables::writes(cx, file, declared);
    let mut known = writes.iter().filter(|write| write.name == declared || may_precede(cx, file, write, declared, at));
    let (Some(only), None) = (known.next(), known.next()) else { return None };
    match only.value {
        Value::Expr(value) => Some(vec![Origin { file, node: value, at }]),
        Value::Param => arguments(cx, file, declared),
        Value::Other => elements(cx, file, ranged_over(cx.syntax(file), declared)?, at, 0),
        _ => None,
    }
}

/// Whether a variable may have got this value before `at` is reached.
fn may_precede(cx: &Cx<'_>, file: FileIdx, write: &variables::Write, declared: NodeId, at: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let is_address = syntax.parent(write.name).is_some_and(|parent| syntax.kind(parent) == "unary_expression");
    let function = cx.function(file, declared);
    let is_elsewhere = [write.name, at].iter().any(|&node| cx.function(file, node) != function);
    let is_repeated = syntax.ancestors(write.name).any(|node| {
        let is_loop = syntax.kind(node) == "for_statement" && syntax.is_inside(at, node);
        is_loop && !syntax.child(node, "body").is_some_and(|body| syntax.is_inside(declared, body))
    });
    // What an assignment is given is evaluated first.
    let assigns = ["short_var_declaration", "assignment_statement"];
    let gets_result = syntax.enclosing(write.name, &assigns).is_some_and(|stmt| syntax.is_inside(at, stmt));
    let is_later = syntax.start(write.name) > syntax.start(at) || gets_result;
    is_address || is_elsewhere || is_repeated || !is_later
}

/// What a loop goes over whose elements the variable takes.
fn ranged_over(syntax: &Syntax, declared: NodeId) -> Option<NodeId> {
    let list = syntax.parent(declared).filter(|&list| syntax.kind(list) == "expression_list")?;
    let clause = syntax.parent(list).filter(|&clause| syntax.kind(clause) == "range_clause")?;
    (syntax.list(list).get(1) == Some(&declared)).then(|| syntax.child(clause, "right"))?
}

/// The elements of a slice, an array or a map.
fn elements(cx: &Cx<'_>, file: FileIdx, over: NodeId, at: NodeId, depth: usize) -> Option<Vec<Origin>> {
    let syntax = cx.syntax(file);
    if let Some(body) = syntax.child(over, "body").filter(|_| syntax.kind(over) == "composite_literal") {
        let values = syntax.children(body).map(|element| syntax.child(element, "value").unwrap_or(element));
        return Some(values.map(|node| Origin { file, node, at }).collect());
    }
    if depth > 3 || is_changed_in_place(cx, file, over) {
        return None;
    }
    let containers = of(cx, file, over, at)?;
    let all: Option<Vec<Vec<Origin>>> =
        containers.iter().map(|origin| elements(cx, origin.file, origin.node, origin.at, depth + 1)).collect();
    Some(all?.concat())
}

/// Whether elements of the container get other values.
fn is_changed_in_place(cx: &Cx<'_>, file: FileIdx, container: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let Some(Ref::Local(declared)) = cx.inferred(file).meaning(container) else { return false };
    cx.uses(file, declared).iter().any(|&used| {
        let above = syntax.parent(used).unwrap_or(used);
        let list = syntax.parent(above).unwrap_or(above);
        matches!(syntax.kind(above), "index_expression" | "slice_expression")
            && (syntax.role(list) == "left" || syntax.role(above) == "left" || syntax.kind(above) == "slice_expression")
    })
}

/// What every caller gives for a parameter.
fn arguments(cx: &Cx<'_>, file: FileIdx, declared: NodeId) -> Option<Vec<Origin>> {
    let Slot::Param(_, function, index) = cx.view.local(file, declared) else { return None };
    if cx.syntax(file).kind(cx.syntax(file).parent(declared)?) == "variadic_parameter_declaration" {
        return None;
    }
    let calls = match cx.syntax(file).kind(function) {
        "function_declaration" => calls_of_function(cx, file, function)?,
        "func_literal" => calls_of_literal(cx, file, function)?,
        _ => return None,
    };
    let argument = |(file, call): (FileIdx, NodeId)| {
        Some(Origin { file, node: cx.args(file, call).get(index).copied()?, at: call })
    };
    calls.into_iter().map(argument).collect()
}

/// All calls of a function that only the tree can call.
fn calls_of_function(cx: &Cx<'_>, file: FileIdx, function: NodeId) -> Option<Vec<(FileIdx, NodeId)>> {
    let def = cx.program.declared(file, cx.syntax(file).child(function, "name")?)?;
    let (calls, values) = cx.calls_of(def);
    (is_closed(cx, def) && values.is_empty()).then_some(calls)
}

/// Whether nothing outside of the tree can name it.
fn is_closed(cx: &Cx<'_>, def: DefId) -> bool {
    let data = cx.program.def(def);
    let is_exported = data.name.chars().next().is_some_and(char::is_uppercase);
    cx.program.is_own(data.file) && (!is_exported || cx.program.package(data.package).name == "main")
}

/// All calls of a function literal: where it stands, or through the variable that holds it.
fn calls_of_literal(cx: &Cx<'_>, file: FileIdx, literal: NodeId) -> Option<Vec<(FileIdx, NodeId)>> {
    let syntax = cx.syntax(file);
    let parent = syntax.parent(literal)?;
    if syntax.kind(parent) == "call_expression" && syntax.child(parent, "function") == Some(literal) {
        return Some(vec![(file, parent)]);
    }
    let declaration = syntax.parent(parent)?;
    let left = syntax.child(declaration, "left").filter(|_| syntax.kind(declaration) == "short_var_declaration")?;
    let &[declared] = &syntax.list(left)[..] else { return None };
    let calls: Option<Vec<NodeId>> = cx.uses(file, declared).iter().map(|&used| cx.call_of_name(file, used)).collect();
    Some(calls?.into_iter().map(|call| (file, call)).collect())
}

/// The value of a constant, or of a variable of a package that never gets another one.
fn of_global(cx: &Cx<'_>, def: DefId) -> Option<Origin> {
    let data = cx.program.def(def);
    let syntax = cx.syntax(data.file);
    let is_constant = match data.kind {
        DefKind::Const => cx.program.is_own(data.file),
        DefKind::Var => {
            is_closed(cx, def) && !cx.uses_of_def(def).iter().any(|&(file, used)| is_written(cx, file, used))
        }
        _ => false,
    };
    let values = syntax.child(data.node, "value").filter(|_| is_constant).map(|value| syntax.list(value))?;
    match values[..] {
        [node] => Some(Origin { file: data.file, node, at: node }),
        _ => None,
    }
}

fn is_written(cx: &Cx<'_>, file: FileIdx, used: NodeId) -> bool {
    let syntax = cx.syntax(file);
    syntax.may_be_put_into(syntax.with_operand(used))
}

/// The first results of the function of the tree that a call calls.
fn results(cx: &Cx<'_>, file: FileIdx, call: NodeId) -> Option<Vec<Origin>> {
    let (file, function) = match cx.inferred(file).callee(call) {
        Some(def) => (cx.program.def(def).file, cx.program.def(def).node),
        None => (file, literal_called(cx, file, call)?),
    };
    if !cx.program.is_own(file) {
        return None;
    }
    let syntax = cx.syntax(file);
    let returns = syntax
        .below(function)
        .filter(|&node| syntax.kind(node) == "return_statement" && cx.function(file, node) == Some(function));
    let values = returns.map(|stmt| {
        let values = syntax.children(stmt).next().map(|list| syntax.list(list))?;
        Some(Origin { file, node: *values.first()?, at: stmt })
    });
    values.collect()
}

/// The function literal that a call through a variable calls.
fn literal_called(cx: &Cx<'_>, file: FileIdx, call: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let function = syntax.child(call, "function")?;
    let Some(Ref::Local(declared)) = cx.inferred(file).meaning(function) else { return None };
    match variables::only_value(cx, file, declared)? {
        Value::Expr(value) => Some(value).filter(|&value| syntax.kind(value) == "func_literal"),
        _ => None,
    }
}
