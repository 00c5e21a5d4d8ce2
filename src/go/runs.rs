//! The statements in which a run stands, and the statements that start one and wait for it.

use super::cx::Cx;
use super::index::FileIdx;
use super::infer::Ref;
use super::syntax::NodeId;

/// `left := call` or `left = call`, alone or in front of an `if`.
#[derive(Clone, Debug)]
pub(crate) struct Assigned {
    pub(crate) left: Vec<NodeId>,
    /// Whether `handle, err :=` in its place means the same variable for the error.
    pub(crate) declares: bool,
}

/// Where the two results of a run go.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// A statement of its own; behind it the check of its error, if it is one.
    Alone { assigned: Assigned, check: Option<NodeId> },
    /// `if out, err := call; err != nil { … }`: the block, and what follows `else`.
    InIf { assigned: Assigned, arm: NodeId, other: Option<NodeId> },
    /// `return call`.
    Returned,
    /// Nobody looks at the results.
    Ignored,
}

/// The form of the statement in which `call` stands, if it is one that can be rewritten.
pub(crate) fn form(cx: &Cx<'_>, file: FileIdx, call: NodeId) -> Option<(NodeId, Form)> {
    let syntax = cx.syntax(file);
    let stmt = cx.stmt(file, call)?;
    let parent = syntax.parent(call)?;
    match syntax.kind(parent) {
        "expression_statement" if parent == stmt => Some((stmt, Form::Ignored)),
        "expression_list" => {
            let above = syntax.parent(parent)?;
            if syntax.list(parent) != [call] {
                return None;
            }
            match syntax.kind(above) {
                "return_statement" if above == stmt => Some((stmt, Form::Returned)),
                "short_var_declaration" | "assignment_statement" => assigned(cx, file, stmt, above),
                "var_spec" => declared(cx, file, stmt, above),
                _ => None,
            }
        }
        _ => None,
    }
}

fn assigned(cx: &Cx<'_>, file: FileIdx, stmt: NodeId, node: NodeId) -> Option<(NodeId, Form)> {
    let syntax = cx.syntax(file);
    let left = syntax.list(syntax.child(node, "left")?);
    let &[_, error] = &left[..] else { return None };
    let declares = syntax.kind(node) == "short_var_declaration" || is_of_list(cx, file, error, node);
    let assigned = Assigned { left, declares };
    if node == stmt {
        let check = check_behind(cx, file, stmt, error);
        return Some((stmt, Form::Alone { assigned, check }));
    }
    let is_if = syntax.kind(stmt) == "if_statement" && syntax.child(stmt, "initializer") == Some(node);
    if !is_if || !checks(cx, file, stmt, error) {
        return None;
    }
    let arm = syntax.child(stmt, "consequence")?;
    Some((stmt, Form::InIf { assigned, arm, other: syntax.child(stmt, "alternative") }))
}

/// `var out, err = call`, as a statement of its own.
fn declared(cx: &Cx<'_>, file: FileIdx, stmt: NodeId, spec: NodeId) -> Option<(NodeId, Form)> {
    let syntax = cx.syntax(file);
    let left: Vec<NodeId> = syntax.names(spec).collect();
    let &[_, error] = &left[..] else { return None };
    let is_alone = syntax.parent(spec) == Some(stmt) && syntax.children(stmt).count() == 1;
    if !is_alone || syntax.child(spec, "type").is_some() {
        return None;
    }
    let check = check_behind(cx, file, stmt, error);
    Some((stmt, Form::Alone { assigned: Assigned { left, declares: true }, check }))
}

/// Whether a variable is declared in the list of statements that `stmt` stands in.
fn is_of_list(cx: &Cx<'_>, file: FileIdx, name: NodeId, stmt: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let Some(Ref::Local(declared)) = cx.inferred(file).meaning(name) else { return false };
    let (before, _) = cx.siblings(file, stmt);
    let is_declaration = |other: &NodeId| matches!(syntax.kind(*other), "short_var_declaration" | "var_declaration");
    syntax.text(name) != "_"
        && before.iter().filter(|other| is_declaration(other)).any(|&other| syntax.is_inside(declared, other))
}

/// The block of the `if err != nil` that follows a statement at once.
fn check_behind(cx: &Cx<'_>, file: FileIdx, stmt: NodeId, error: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let (_, behind) = cx.siblings(file, stmt);
    let check = behind.first().copied().filter(|&next| {
        syntax.child(next, "initializer").is_none()
            && checks(cx, file, next, error)
            && syntax.child(next, "alternative").is_none()
    });
    check.and_then(|check| syntax.child(check, "consequence"))
}

/// Whether a statement is `if err != nil`.
fn checks(cx: &Cx<'_>, file: FileIdx, stmt: NodeId, error: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let condition = syntax.child(stmt, "condition").filter(|_| syntax.kind(stmt) == "if_statement");
    condition.is_some_and(|condition| syntax.text(condition) == format!("{} != nil", syntax.text(error)))
}

/// Whether control never comes out of a block at its end.
pub(crate) fn leaves(cx: &Cx<'_>, file: FileIdx, block: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let list = syntax.children(block).next();
    list.is_some_and(|list| leaves_list(cx, file, &syntax.children(list).collect::<Vec<_>>()))
}

/// Whether control never comes out of a list of statements at its end.
pub(crate) fn leaves_list(cx: &Cx<'_>, file: FileIdx, stmts: &[NodeId]) -> bool {
    let syntax = cx.syntax(file);
    let Some(&last) = stmts.last() else { return false };
    let text = syntax.text(last);
    match syntax.kind(last) {
        "return_statement" | "continue_statement" | "break_statement" | "goto_statement" => true,
        "expression_statement" => {
            ["panic(", "os.Exit(", "log.Fatal", "log.Panic"].iter().any(|end| text.starts_with(end))
                || ends_test(cx, file, last)
        }
        _ => false,
    }
}

/// Whether a statement ends the test that it is a part of: `t.Fatal(…)`.
fn ends_test(cx: &Cx<'_>, file: FileIdx, stmt: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let function = syntax.children(stmt).next().and_then(|call| syntax.child(call, "function"));
    let Some(function) = function else { return false };
    let (Some(operand), Some(method)) = (syntax.child(function, "operand"), syntax.child(function, "field")) else {
        return false;
    };
    let is_of_tests = match cx.inferred(file).meaning(operand) {
        Some(Ref::Local(declared)) => syntax.parent(declared).is_some_and(|param| {
            syntax.kind(param) == "parameter_declaration" && syntax.text(param).contains("testing.")
        }),
        _ => false,
    };
    is_of_tests && matches!(syntax.text(method), "Fatal" | "Fatalf" | "FailNow" | "Skip" | "Skipf" | "SkipNow")
}

/// Whether an error is only compared where it is used: with nil or a sentinel, by `errors.Is`, as what a `switch` is over.
pub(crate) fn is_only_compared(cx: &Cx<'_>, file: FileIdx, used: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let Some(above) = syntax.parent(used) else { return false };
    match syntax.kind(above) {
        "binary_expression" => {
            syntax.child(above, "operator").is_some_and(|operator| matches!(syntax.text(operator), "==" | "!="))
        }
        "argument_list" => syntax.parent(above).is_some_and(|call| {
            syntax.child(call, "function").is_some_and(|function| syntax.text(function) == "errors.Is")
        }),
        "expression_switch_statement" => syntax.role(used) == "value",
        "parenthesized_expression" => is_only_compared(cx, file, above),
        _ => false,
    }
}

/// Whether a block ends its function or the program.
pub(crate) fn ends_function(cx: &Cx<'_>, file: FileIdx, block: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let last = syntax.children(block).next().and_then(|list| syntax.children(list).last());
    leaves(cx, file, block)
        && last.is_some_and(|last| {
            !matches!(syntax.kind(last), "continue_statement" | "break_statement" | "goto_statement")
        })
}

/// Whether `name` is declared anew where it stands.
pub(crate) fn is_new(cx: &Cx<'_>, file: FileIdx, name: NodeId) -> bool {
    cx.text(file, name) != "_" && cx.inferred(file).meaning(name) == Some(Ref::Local(name))
}
