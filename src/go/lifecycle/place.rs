//! Where a run starts that was claimed before: the statement in front of which it does.

use super::claim::Claim;
use super::lost;
use super::split::Split;
use crate::go::cx::{Cx, Outcome};
use crate::go::index::{DefId, DefKind, FileIdx};
use crate::go::infer::Ref;
use crate::go::syntax::{NodeId, Syntax};

/// The statement in front of which the run starts: in the function of the claim, behind it, where the run, or the function
/// literal that runs, is certain to come next.
pub(super) fn of(cx: &Cx<'_>, claim: &Claim, run: NodeId, split: Option<&Split>) -> Result<NodeId, Outcome> {
    let (file, syntax) = (claim.file, cx.syntax(claim.file));
    if let Some(split) = split {
        let mut within = syntax.ancestors(run).take_while(|&node| node != split.decl);
        if within.any(|node| syntax.kind(node) == "for_statement" || node != run && is_perhaps(syntax, node)) {
            return Err(lost("whether and how often the run takes place is decided after the claim"));
        }
    }
    let run = split.map_or(run, |split| split.call);
    let list = syntax.parent(claim.stmt);
    let inside = |node: NodeId| syntax.ancestors(node).take_while(move |&node| Some(node) != list);
    let outer = inside(run).filter(|&node| syntax.kind(node) == "func_literal").last().unwrap_or(run);
    let follows = |at: &NodeId| {
        let last = claim.checks.last().copied().unwrap_or(claim.stmt);
        list.is_some_and(|list| syntax.is_inside(*at, list)) && syntax.start(*at) >= syntax.end(last)
    };
    let at = cx.stmt(file, outer).filter(follows).ok_or_else(|| lost("the run does not follow the claim"))?;
    if inside(run).any(|node| syntax.kind(node) == "for_statement") {
        return Err(lost("the run is repeated under one claim, and each start needs its own"));
    }
    let mut within = syntax.ancestors(run).take_while(|&node| node != at);
    if within.any(|node| node != run && is_perhaps(syntax, node)) {
        return Err(lost("whether the run takes place is decided after the claim"));
    }
    let mut literals = inside(run).filter(|&node| syntax.kind(node) == "func_literal");
    if literals.any(|literal| !is_called_once(cx, file, literal)) {
        return Err(lost("the function that runs is given to another one, which may call it any number of times"));
    }
    if syntax.kind(at) == "defer_statement" {
        return Err(lost("the run is deferred"));
    }
    let jumps = ["break_statement", "continue_statement", "goto_statement"];
    let jumps_out =
        claim.checks.iter().any(|&check| syntax.below(check).any(|node| jumps.contains(&syntax.kind(node))));
    if syntax.parent(at) != list && jumps_out {
        return Err(lost("a refused claim goes elsewhere in this function than a refused start would"));
    }
    Ok(at)
}

/// Whether a function literal is called once, as far as can be seen: it is no argument, or one of a function that is known to
/// call it once.
fn is_called_once(cx: &Cx<'_>, file: FileIdx, literal: NodeId) -> bool {
    let syntax = cx.syntax(file);
    if let Some(variable) = variable_of(cx, file, literal) {
        return is_handed_on_at_once(cx, file, variable);
    }
    let Some(list) = syntax.parent(literal).filter(|&list| syntax.kind(list) == "argument_list") else { return true };
    let Some(call) = syntax.parent(list) else { return false };
    let Some(function) = syntax.child(call, "function") else { return false };
    let name = syntax.child(function, "field").unwrap_or(function);
    let is_type = matches!(cx.inferred(file).meaning(name), Some(Ref::Def(def))
        if matches!(cx.program.def(def).kind, DefKind::Type | DefKind::Alias));
    let index = cx.args(file, call).iter().position(|&arg| arg == literal);
    let is_certain =
        || cx.inferred(file).callee(call).zip(index).is_some_and(|(def, index)| calls_once(cx, def, index));
    syntax.text(name) == "Go" || is_type || is_certain()
}

/// Whether a function of the tree calls its parameter once, whatever happens: by itself, or in a goroutine.
fn calls_once(cx: &Cx<'_>, function: DefId, index: usize) -> bool {
    let data = cx.program.def(function);
    let (file, decl, syntax) = (data.file, data.node, cx.syntax(data.file));
    let Some(name) = syntax.parameter_names(decl).nth(index).filter(|_| cx.program.is_own(file)) else { return false };
    let [used] = cx.uses(file, name)[..] else { return false };
    let Some(call) = syntax.parent(used).filter(|&call| syntax.child(call, "function") == Some(used)) else {
        return false;
    };
    let Some(body) = syntax.child(decl, "body") else { return false };
    let mut around = syntax.ancestors(call).take_while(|&node| node != body);
    let is_certain = around.all(|node| match syntax.kind(node) {
        "for_statement" => false,
        // Called or started where it stands.
        "func_literal" => syntax.role(node) == "function",
        _ => node == call || !is_perhaps(syntax, node),
    });
    let leaves = |node: NodeId| syntax.kind(node) == "return_statement" && syntax.end(node) <= syntax.start(call);
    is_certain && !syntax.below(body).any(leaves)
}

/// The variable that is declared with a function literal.
fn variable_of(cx: &Cx<'_>, file: FileIdx, literal: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let stmt = syntax.parent(syntax.parent(literal)?)?;
    let names = match syntax.kind(stmt) {
        "short_var_declaration" => syntax.list(syntax.child(stmt, "left")?),
        "var_spec" => syntax.children_as(stmt, "name").collect(),
        _ => return None,
    };
    names.first().copied()
}

/// Whether the function in a variable is used once, right behind its declaration: returned, started or called.
fn is_handed_on_at_once(cx: &Cx<'_>, file: FileIdx, variable: NodeId) -> bool {
    let Some(stmt) = cx.stmt(file, variable) else { return false };
    let (_, behind) = cx.siblings(file, stmt);
    let [used] = cx.uses(file, variable) else { return false };
    cx.stmt(file, *used).is_some_and(|stmt| {
        behind.first() == Some(&stmt)
            && matches!(cx.syntax(file).kind(stmt), "return_statement" | "go_statement" | "assignment_statement")
    })
}

/// Whether the node is done only sometimes when its parent is.
fn is_perhaps(syntax: &Syntax, node: NodeId) -> bool {
    matches!(syntax.role(node), "consequence" | "alternative")
        || matches!(syntax.kind(node), "expression_case" | "default_case" | "communication_case" | "type_case")
        || syntax.role(node) == "right"
            && syntax.parent(node).is_some_and(|above| syntax.kind(above) == "binary_expression")
}
