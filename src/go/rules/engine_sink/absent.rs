//! Whether a sink may be nil: legacy engines leave nil sinks out, a context keeps them.

use crate::go::cx::Cx;
use crate::go::index::{DefId, DefKind, FileIdx};
use crate::go::infer::Ref;
use crate::go::syntax::{NodeId, Syntax};
use crate::go::ty::{Ty, Types};
use crate::go::variables::{Value, writes};

/// How far values are followed.
const DEEPEST: usize = 6;

/// Whether a sink may be nil.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absence {
    /// It never is.
    Never,
    /// It may be.
    Possible,
    /// It is `nil`.
    Always,
}

/// Whether the sink that an expression gives may be nil.
pub(crate) fn absence(cx: &Cx<'_>, file: FileIdx, expr: NodeId) -> Absence {
    if *cx.ty(file, expr) == Ty::Nil {
        return Absence::Always;
    }
    if (Search { cx }).is_there(file, expr, 0) { Absence::Never } else { Absence::Possible }
}

struct Search<'a, 'c> {
    cx: &'a Cx<'c>,
}

impl Search<'_, '_> {
    fn is_there(&self, file: FileIdx, expr: NodeId, depth: usize) -> bool {
        if depth > DEEPEST {
            return false;
        }
        let cx = self.cx;
        let syntax = cx.syntax(file);
        let expr = syntax.bare(expr);
        if is_concrete(cx, cx.ty(file, expr)) || is_guarded(syntax, expr) {
            return true;
        }
        match syntax.kind(expr) {
            "composite_literal" | "func_literal" => true,
            "unary_expression" => syntax.text(expr).starts_with('&'),
            "call_expression" => self.call(file, expr, 0, depth),
            "identifier" => match cx.inferred(file).meaning(expr) {
                Some(Ref::Local(declared)) => self.local(file, declared, depth),
                Some(Ref::Def(def)) => self.global(def, depth),
                _ => false,
            },
            "selector_expression" => {
                let field = syntax.child(expr, "field").and_then(|field| cx.inferred(file).meaning(field));
                matches!(field, Some(Ref::Def(def)) if self.global(def, depth))
            }
            _ => false,
        }
    }

    fn local(&self, file: FileIdx, declared: NodeId, depth: usize) -> bool {
        writes(self.cx, file, declared).iter().all(|write| match write.value {
            Value::Expr(value) => self.is_there(file, value, depth + 1),
            Value::Result(call, index) => is_checked(self.cx, file, call) && self.call(file, call, index, depth + 1),
            Value::Param => self.param(file, declared, depth + 1),
            Value::Zero | Value::Other => false,
        })
    }

    /// A variable of a package that has one value.
    fn global(&self, def: DefId, depth: usize) -> bool {
        let cx = self.cx;
        let data = cx.program.def(def);
        if data.kind != DefKind::Var || !cx.program.is_own(data.file) {
            return false;
        }
        let syntax = cx.syntax(data.file);
        let names: Vec<NodeId> = syntax.names(data.node).collect();
        let values = syntax.child(data.node, "value").map_or(Vec::new(), |value| syntax.list(value));
        let index = names.iter().position(|&name| name == data.name_node);
        let Some(&value) = index.and_then(|index| values.get(index)).filter(|_| names.len() == values.len()) else {
            return false;
        };
        let is_only_read = cx.uses_of_def(def).iter().all(|&(file, name)| !is_written(cx.syntax(file), name));
        is_only_read && self.is_there(data.file, value, depth + 1)
    }

    /// A parameter whose arguments are all in sight.
    fn param(&self, file: FileIdx, declared: NodeId, depth: usize) -> bool {
        let cx = self.cx;
        let syntax = cx.syntax(file);
        let Some(function) =
            syntax.enclosing(declared, &["function_declaration", "method_declaration", "func_literal"])
        else {
            return false;
        };
        let params = super::reach::parameters(cx, file, function);
        let index = params.iter().position(|&param| param == Some(declared));
        let def = syntax.child(function, "name").and_then(|name| cx.program.declared(file, name));
        let (Some(index), Some(def)) = (index, def) else { return false };
        let data = cx.program.def(def);
        let is_exported = data.name.starts_with(char::is_uppercase);
        if data.kind == DefKind::Method || is_exported && is_open(cx, file) {
            return false;
        }
        let (calls, others) = cx.calls_of(def);
        others.is_empty()
            && !calls.is_empty()
            && calls.iter().all(|&(file, call)| {
                let args = cx.args(file, call);
                args.len() == params.len() && self.is_there(file, args[index], depth)
            })
    }

    /// A result of a call.
    fn call(&self, file: FileIdx, call: NodeId, index: usize, depth: usize) -> bool {
        let cx = self.cx;
        let syntax = cx.syntax(file);
        let Some(function) = syntax.child(call, "function") else { return false };
        let name = syntax.child(function, "field").unwrap_or(function);
        let Some(def) = cx.inferred(file).callee(call).map(|def| cx.program.def(def)) else {
            let is_conversion = cx.args(file, call).len() == 1
                && matches!(cx.inferred(file).meaning(name), Some(Ref::Def(def))
                    if matches!(cx.program.def(def).kind, DefKind::Type | DefKind::Alias));
            return match is_conversion {
                true => self.is_there(file, cx.args(file, call)[0], depth + 1),
                false => is_constructor(syntax.text(name)),
            };
        };
        let own = cx.syntax(def.file);
        let Some(body) = own.child(def.node, "body").filter(|_| cx.program.is_own(def.file)) else { return false };
        let mut returned = own.below(body).filter(|&node| own.kind(node) == "return_statement").peekable();
        if returned.peek().is_none() {
            return false;
        }
        returned.all(|node| {
            let functions = ["function_declaration", "method_declaration", "func_literal"];
            if own.enclosing(node, &functions) != Some(def.node) {
                return true;
            }
            let values: Vec<NodeId> = own.children(node).flat_map(|child| own.list(child)).collect();
            let is_failure =
                index == 0 && values.len() > 1 && values.last().is_some_and(|&last| own.text(last) != "nil");
            is_failure || values.get(index).is_some_and(|&value| self.is_there(def.file, value, depth + 1))
        })
    }
}

/// Whether other modules may import the package of a file: it is no command, not internal, and no command of the tree
/// imports it.
pub(crate) fn is_open(cx: &Cx<'_>, file: FileIdx) -> bool {
    let own = cx.program.file(file).package;
    let package = cx.program.package(own);
    if package.name == "main"
        || package.name.ends_with("_test")
        || package.path.split('/').any(|part| part == "internal")
    {
        return false;
    }
    let mut reached = vec![own];
    let mut at = 0;
    while let Some(&target) = reached.get(at) {
        at += 1;
        for importer in cx.program.own_files() {
            let entry = cx.program.file(importer);
            if !entry.imports.iter().any(|import| import.target == Some(target)) || reached.contains(&entry.package) {
                continue;
            }
            if cx.program.package(entry.package).name == "main" {
                return false;
            }
            reached.push(entry.package);
        }
    }
    true
}

/// Whether values of a type are never nil once they are sinks: a pointer in an interface makes it one that is there.
fn is_concrete(cx: &Cx<'_>, ty: &Ty) -> bool {
    let types = Types { program: cx.program };
    match ty {
        Ty::Pointer(_) | Ty::Slice(_) | Ty::Map(..) | Ty::Chan(_) | Ty::Func(_) | Ty::Basic(_) | Ty::Struct(..) => true,
        Ty::Named(..) => !matches!(types.underlying(ty), Ty::Interface(..) | Ty::Unknown),
        _ => false,
    }
}

/// What is named so makes something.
fn is_constructor(name: &str) -> bool {
    ["New", "new", "Must", "must"].iter().any(|prefix| name.starts_with(prefix))
}

/// Whether the error beside a result is looked at right behind the call, and the function is left if there is one.
fn is_checked(cx: &Cx<'_>, file: FileIdx, call: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let Some(stmt) = cx.stmt(file, call) else { return false };
    let Some(&next) = cx.siblings(file, stmt).1.first() else { return false };
    let Some(left) = syntax.child(stmt, "left") else { return false };
    let Some(&error) = syntax.list(left).last() else { return false };
    is_exit(syntax, next, &format!("{} != nil", syntax.text(error)))
}

/// Whether a statement is an `if` on just this condition, or one with it among its alternatives, that leaves.
fn is_exit(syntax: &Syntax, stmt: NodeId, condition: &str) -> bool {
    if syntax.kind(stmt) != "if_statement" {
        return false;
    }
    let (Some(test), Some(body)) = (syntax.child(stmt, "condition"), syntax.child(stmt, "consequence")) else {
        return false;
    };
    parts(syntax, test, "||").iter().any(|&part| syntax.text(part) == condition) && leaves(syntax, body)
}

/// Whether the last statement of a block leaves it.
fn leaves(syntax: &Syntax, block: NodeId) -> bool {
    let list = syntax.child_of_kind(block, "statement_list");
    let Some(last) = list.and_then(|list| syntax.children(list).next_back()) else { return false };
    match syntax.kind(last) {
        "return_statement" | "break_statement" | "continue_statement" | "goto_statement" => true,
        "expression_statement" => {
            let text = syntax.text(last);
            text.starts_with("panic(") || text.starts_with("os.Exit(") || text.contains(".Fatal")
        }
        _ => false,
    }
}

/// The operands of a chain of `operator`.
fn parts(syntax: &Syntax, expr: NodeId, operator: &str) -> Vec<NodeId> {
    let expr = syntax.bare(expr);
    let is_chain = syntax.kind(expr) == "binary_expression"
        && syntax.child(expr, "operator").is_some_and(|own| syntax.text(own) == operator);
    if !is_chain {
        return vec![expr];
    }
    let sides = ["left", "right"].into_iter().filter_map(|role| syntax.child(expr, role));
    sides.flat_map(|side| parts(syntax, side, operator)).collect()
}

/// Whether `expr` stands where somebody has made sure that it is not nil.
fn is_guarded(syntax: &Syntax, expr: NodeId) -> bool {
    let text = syntax.text(expr);
    let (there, absent) = (format!("{text} != nil"), format!("{text} == nil"));
    let mut inner = expr;
    for node in syntax.ancestors(expr).skip(1) {
        match syntax.kind(node) {
            "func_literal" | "function_declaration" | "method_declaration" => return false,
            "if_statement" => {
                let test = syntax.child(node, "condition");
                let says = |operator: &str, wanted: &str| {
                    test.is_some_and(|test| {
                        parts(syntax, test, operator).iter().any(|&part| syntax.text(part) == wanted)
                    })
                };
                let is_sure = match syntax.role(inner) {
                    "consequence" => says("&&", &there),
                    "alternative" => says("||", &absent),
                    _ => false,
                };
                if is_sure && !is_assigned(syntax, inner, text) {
                    return true;
                }
            }
            "statement_list" => {
                let before: Vec<NodeId> = syntax.children(node).take_while(|&stmt| stmt != inner).collect();
                let is_last = |&stmt: &NodeId| is_exit(syntax, stmt, &absent) || is_assigned(syntax, stmt, text);
                match before.into_iter().rfind(is_last) {
                    Some(stmt) if is_assigned(syntax, stmt, text) => return false,
                    Some(_) => return true,
                    None => {}
                }
            }
            _ => {}
        }
        inner = node;
    }
    false
}

/// Whether a part of the code gives something to what `text` names.
fn is_assigned(syntax: &Syntax, node: NodeId, text: &str) -> bool {
    syntax.below(node).any(|node| {
        let is_assignment = matches!(syntax.kind(node), "assignment_statement" | "short_var_declaration");
        is_assignment
            && syntax
                .child(node, "left")
                .is_some_and(|left| syntax.list(left).iter().any(|&place| syntax.text(place) == text))
    })
}

/// Whether something is put into what `name` names, or its address is taken.
pub(crate) fn is_written(syntax: &Syntax, name: NodeId) -> bool {
    let whole = syntax.parent(name).filter(|&above| syntax.kind(above) == "selector_expression").unwrap_or(name);
    let Some(above) = syntax.parent(whole) else { return false };
    match syntax.kind(above) {
        "unary_expression" => syntax.text(above).starts_with('&'),
        "expression_list" => syntax.role(above) == "left",
        _ => syntax.role(whole) == "left" && syntax.kind(above) == "assignment_statement",
    }
}
