//! Variables of functions: where they can be seen, what a name means at a place, and what is ever put into them.

use super::cx::Cx;
use super::index::FileIdx;
use super::infer::Ref;
use super::syntax::{NodeId, Syntax};

/// What a variable is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// An expression of its own.
    Expr(NodeId),
    /// One of several results of a call.
    Result(NodeId, usize),
    /// Nothing: the zero value of its type.
    Zero,
    /// What the caller of the function gives.
    Param,
    /// Something else, as an element of a range.
    Other,
}

/// A place where a variable gets a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Write {
    /// The name that stands there.
    pub(crate) name: NodeId,
    pub(crate) value: Value,
}

/// Everything that is put into the variable that `declared` declares, its first value first. An address that is taken may
/// be written to by anybody, and counts as [`Value::Other`].
pub(crate) fn writes(cx: &Cx<'_>, file: FileIdx, declared: NodeId) -> Vec<Write> {
    let syntax = cx.syntax(file);
    let first = Write { name: declared, value: written(syntax, declared).unwrap_or(Value::Other) };
    let later = cx.uses(file, declared).iter().filter_map(|&name| Some(Write { name, value: written(syntax, name)? }));
    std::iter::once(first).chain(later).collect()
}

/// The single value that a variable ever has.
pub(crate) fn only_value(cx: &Cx<'_>, file: FileIdx, declared: NodeId) -> Option<Value> {
    match writes(cx, file, declared).as_slice() {
        [only] => Some(only.value),
        [declaration, only] if declaration.value == Value::Zero => Some(only.value),
        _ => None,
    }
}

/// Whether an element of the slice that is in a variable is assigned to.
pub(crate) fn has_elements_set(cx: &Cx<'_>, file: FileIdx, declared: NodeId) -> bool {
    let syntax = cx.syntax(file);
    cx.uses(file, declared).iter().any(|&used| {
        let indexed = syntax.parent(used).filter(|&above| syntax.kind(above) == "index_expression");
        indexed.is_some_and(|indexed| {
            syntax.parent(indexed).is_some_and(|above| syntax.role(above) == "left" || syntax.role(indexed) == "left")
        })
    })
}

/// The expression that a variable gets where it is declared.
pub(crate) fn first_value(syntax: &Syntax, declared: NodeId) -> Option<NodeId> {
    match written(syntax, declared)? {
        Value::Expr(value) => Some(value),
        _ => None,
    }
}

/// What the name gets where it stands, if it gets something there.
fn written(syntax: &Syntax, name: NodeId) -> Option<Value> {
    let parent = syntax.parent(name)?;
    match syntax.kind(parent) {
        "expression_list" => {
            let above = syntax.parent(parent)?;
            (syntax.role(parent) == "left").then(|| value_of(syntax, above, parent, name))
        }
        "short_var_declaration" | "assignment_statement" | "range_clause" | "receive_statement" => {
            (syntax.role(name) == "left").then(|| value_of(syntax, parent, name, name))
        }
        "var_spec" if syntax.role(name) == "name" => Some(of_spec(syntax, parent, name)),
        "parameter_declaration" | "variadic_parameter_declaration" if syntax.role(name) == "name" => {
            let list = syntax.parent(parent)?;
            Some(if syntax.role(list) == "result" { Value::Zero } else { Value::Param })
        }
        "inc_statement" | "dec_statement" => Some(Value::Other),
        "unary_expression" => syntax.text(parent).starts_with('&').then_some(Value::Other),
        _ => None,
    }
}

fn value_of(syntax: &Syntax, stmt: NodeId, left: NodeId, name: NodeId) -> Value {
    let is_plain = match syntax.kind(stmt) {
        "short_var_declaration" => true,
        "assignment_statement" => syntax.child(stmt, "operator").is_none_or(|operator| syntax.text(operator) == "="),
        _ => false,
    };
    let (Some(right), true) = (syntax.child(stmt, "right"), is_plain) else { return Value::Other };
    let places = syntax.list(left);
    let index = places.iter().position(|&place| place == name).unwrap_or(0);
    among(&syntax.list(right), places.len(), index)
}

fn of_spec(syntax: &Syntax, spec: NodeId, name: NodeId) -> Value {
    let Some(values) = syntax.child(spec, "value") else { return Value::Zero };
    let names: Vec<NodeId> = syntax.names(spec).collect();
    let index = names.iter().position(|&other| other == name).unwrap_or(0);
    among(&syntax.list(values), names.len(), index)
}

fn among(values: &[NodeId], places: usize, index: usize) -> Value {
    match values {
        [call] if places > 1 => Value::Result(*call, index),
        _ => values.get(index).map_or(Value::Other, |&value| Value::Expr(value)),
    }
}

/// The part of a file in which a variable can be seen, behind its declaration.
fn scope(syntax: &Syntax, declared: NodeId) -> Option<(NodeId, usize)> {
    let param = syntax.enclosing(declared, &["parameter_declaration", "variadic_parameter_declaration"]);
    let is_param = param.is_some_and(|param| syntax.parent(declared) == Some(param));
    if is_param {
        let functions = ["function_declaration", "method_declaration", "func_literal"];
        let function = syntax.enclosing(declared, &functions)?;
        return Some((function, syntax.start(function)));
    }
    let kinds = [
        "statement_list",
        "if_statement",
        "for_statement",
        "expression_switch_statement",
        "type_switch_statement",
        "communication_case",
        "block",
    ];
    let scope = syntax.enclosing(declared, &kinds)?;
    let declaration = ["short_var_declaration", "var_spec", "range_clause", "receive_statement"];
    let end = syntax.enclosing(declared, &declaration).filter(|&stmt| syntax.is_inside(stmt, scope));
    Some((scope, end.map_or(syntax.end(declared), |stmt| syntax.end(stmt))))
}

/// The variable of a function that `name` would stand for at `at`.
pub(crate) fn visible(cx: &Cx<'_>, file: FileIdx, name: &str, at: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let locals = cx.inferred(file).names().filter(|&(node, meaning)| meaning == Ref::Local(node));
    locals
        .filter(|&(node, _)| syntax.text(node) == name)
        .filter_map(|(node, _)| Some((scope(syntax, node)?, node)))
        .filter(|((scope, from), _)| syntax.is_inside(at, *scope) && syntax.start(at) >= *from)
        .max_by_key(|((scope, from), _)| (*scope, *from))
        .map(|(_, node)| node)
}

/// Whether every name in `expr` would stand for the same at `at`.
pub(crate) fn means_the_same(cx: &Cx<'_>, file: FileIdx, expr: NodeId, at: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let names = syntax
        .below(expr)
        .filter(|&node| matches!(syntax.kind(node), "identifier" | "package_identifier" | "type_identifier"));
    names.into_iter().all(|name| {
        let seen = visible(cx, file, syntax.text(name), at);
        match cx.inferred(file).meaning(name) {
            // What is declared inside of the expression goes along.
            Some(Ref::Local(declared)) => syntax.is_inside(declared, expr) || seen == Some(declared),
            _ => seen.is_none(),
        }
    })
}

/// A name that nothing in the function around `at`, in the package and among the imports has.
pub(crate) fn free(cx: &Cx<'_>, file: FileIdx, at: NodeId, wanted: &str) -> String {
    let syntax = cx.syntax(file);
    let outermost = syntax
        .ancestors(at)
        .filter(|&node| matches!(syntax.kind(node), "function_declaration" | "method_declaration" | "func_literal"))
        .last()
        .unwrap_or(NodeId::ROOT);
    let entry = cx.program.file(file);
    let is_taken = |name: &str| {
        entry.imports.iter().any(|import| import.name == name)
            || cx.program.lookup(entry.package, name).is_some()
            || syntax.below(outermost).any(|node| {
                matches!(syntax.kind(node), "identifier" | "package_identifier" | "type_identifier")
                    && syntax.text(node) == name
            })
    };
    let numbered = (2..).map(|number| format!("{wanted}{number}"));
    let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
    names.find(|name| !is_taken(name)).unwrap_or_else(|| wanted.to_owned())
}

/// Whether `expr` is evaluated whenever its statement is, before anything that the statement does, and the statement
/// stands in a list: another one can be put in front of it. Gives that statement.
pub(crate) fn first_of_statement(cx: &Cx<'_>, file: FileIdx, expr: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let stmt = cx.stmt(file, expr)?;
    for node in syntax.ancestors(expr).take_while(|&node| node != stmt) {
        let parent = syntax.parent(node)?;
        let role = syntax.role(node);
        let passes = match syntax.kind(parent) {
            "parenthesized_expression"
            | "expression_list"
            | "argument_list"
            | "short_var_declaration"
            | "assignment_statement"
            | "var_declaration"
            | "var_spec"
            | "return_statement"
            | "expression_statement"
            | "call_expression"
            | "selector_expression"
            | "literal_value"
            | "keyed_element"
            | "literal_element"
            | "composite_literal"
            | "unary_expression"
            | "variadic_argument" => true,
            "binary_expression" => {
                let operator = syntax.child(parent, "operator").map_or("", |operator| syntax.text(operator));
                role == "left" || !matches!(operator, "&&" | "||")
            }
            "if_statement" => {
                role == "initializer" || role == "condition" && syntax.child(parent, "initializer").is_none()
            }
            "expression_switch_statement" | "type_switch_statement" => {
                role == "initializer" || role == "value" && syntax.child(parent, "initializer").is_none()
            }
            "range_clause" => role == "right",
            "for_statement" => syntax.kind(node) == "range_clause",
            _ => false,
        };
        if !passes {
            return None;
        }
    }
    let is_statement = !matches!(syntax.kind(stmt), "labeled_statement" | "go_statement" | "defer_statement");
    is_statement.then_some(stmt)
}

/// Whether evaluating an expression does nothing, so that it may be evaluated earlier or later.
pub(crate) fn is_pure(cx: &Cx<'_>, file: FileIdx, expr: NodeId) -> bool {
    let syntax = cx.syntax(file);
    !syntax.below(expr).any(|node| match syntax.kind(node) {
        "call_expression" => !is_conversion(cx, file, node),
        "unary_expression" => syntax.text(node).starts_with("<-"),
        "index_expression" | "slice_expression" | "type_assertion_expression" => true,
        _ => false,
    })
}

/// Whether a call is a conversion to a declared type of the tree.
fn is_conversion(cx: &Cx<'_>, file: FileIdx, call: NodeId) -> bool {
    let Some(function) = cx.syntax(file).child(call, "function") else { return false };
    let name = cx.syntax(file).child(function, "field").unwrap_or(function);
    use super::index::DefKind;
    matches!(cx.inferred(file).meaning(name), Some(Ref::Def(def))
        if matches!(cx.program.def(def).kind, DefKind::Type | DefKind::Alias))
}
