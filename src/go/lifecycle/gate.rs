//! What a run may stand in: code that is done once, if the claim was.

use super::place::is_perhaps;
use super::{Lifecycle, lost, seed};
use crate::go::cx::{Cx, Outcome};
use crate::go::index::{DefId, DefKind, FileIdx};
use crate::go::infer::Ref;
use crate::go::session::Sessions;
use crate::go::syntax::NodeId;

/// Refuses a run that may not take place, or more than once, although its state was claimed: the start would.
///
/// # Errors
/// What is said of such a run.
pub(super) fn check(session: &Sessions<'_, '_>, lifecycle: &Lifecycle) -> Result<(), Outcome> {
    let cx = session.cx;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let mut around = syntax.ancestors(lifecycle.run).take_while(|&node| node != lifecycle.frame());
    if let Some(call) = around.find_map(|node| call_with(cx, file, node)) {
        let function = syntax.child(call, "function").map_or("", |function| syntax.text(function));
        return Err(lost(&format!(
            "the run stands in a function that is given to `{function}`, which may call it more than once, or not at all"
        )));
    }
    if cx.function(file, lifecycle.run) != cx.function(file, lifecycle.at) && returns_before(session, lifecycle) {
        return Err(lost("the function that runs may return before it does"));
    }
    Ok(())
}

/// The call that a function literal is given to as an argument; none for one that starts a goroutine for it, and for a
/// conversion.
fn call_with(cx: &Cx<'_>, file: FileIdx, literal: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    if syntax.kind(literal) != "func_literal" {
        return None;
    }
    let list = syntax.parent(literal).filter(|&list| syntax.kind(list) == "argument_list")?;
    let call = syntax.parent(list)?;
    let function = syntax.child(call, "function")?;
    let name = syntax.child(function, "field").unwrap_or(function);
    let is_type = matches!(cx.inferred(file).meaning(name), Some(Ref::Def(def))
        if matches!(cx.program.def(def).kind, DefKind::Type | DefKind::Alias));
    let is_once = || {
        let index = cx.args(file, call).iter().position(|&arg| arg == literal);
        cx.inferred(file).callee(call).zip(index).is_some_and(|(def, index)| calls_once(cx, def, index))
    };
    (syntax.text(name) != "Go" && !is_type && !is_once()).then_some(call)
}

/// Whether a function of the tree calls its parameter once, whatever happens: by itself, or in a goroutine.
fn calls_once(cx: &Cx<'_>, function: DefId, index: usize) -> bool {
    let data = cx.program.def(function);
    let (file, decl, syntax) = (data.file, data.node, cx.syntax(data.file));
    let params = syntax.child(decl, "parameters").into_iter().flat_map(|list| syntax.children(list));
    let mut names = params.flat_map(|param| syntax.children_as(param, "name")).filter(|&name| syntax.text(name) != ",");
    let Some(name) = names.nth(index).filter(|_| cx.program.is_own(file)) else { return false };
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

/// Whether code in front of the run leaves the function that runs.
fn returns_before(session: &Sessions<'_, '_>, lifecycle: &Lifecycle) -> bool {
    let cx = session.cx;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let function = cx.function(file, lifecycle.run);
    let leaves = |node: NodeId| syntax.kind(node) == "return_statement" && cx.function(file, node) == function;
    seed::in_front(session, lifecycle).into_iter().any(|stmt| syntax.below(stmt).any(leaves))
}
