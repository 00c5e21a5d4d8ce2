//! The turn that a run begins with, made in front of the start.

use std::collections::BTreeSet;

use super::{Lifecycle, lost};
use crate::go::cx::{Cx, Outcome};
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::session::Sessions;
use crate::go::syntax::{NodeId, Syntax};
use crate::rules::Trap;

/// Where the seed, the context or what a builder takes is made inside of the closure that runs, the statements that make it
/// move in front of the start.
pub(super) fn collect(session: &Sessions<'_, '_>, lifecycle: &mut Lifecycle, ctx: NodeId) -> Result<(), Outcome> {
    let bodies = lifecycle.builders.iter().map(|(literal, _)| literal.body);
    let ctx = Some(ctx).filter(|_| lifecycle.makes_ctx);
    let needed: Vec<NodeId> = std::iter::once(lifecycle.seed).chain(ctx).chain(bodies).collect();
    refuse_slow(session, lifecycle, &needed)?;
    if needed.iter().all(|&node| lifecycle.is_in_scope(session, node)) {
        return Ok(());
    }
    let Sessions { cx, .. } = session;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let run_stmt = cx.stmt(file, lifecycle.run).ok_or_else(|| lost("the run stands in no statement"))?;
    let (before, _) = cx.siblings(file, run_stmt);
    let mut wanted: BTreeSet<NodeId> = needed.iter().flat_map(|&node| locals_below(session, lifecycle, node)).collect();
    let mut moved: Vec<NodeId> = Vec::new();
    for &stmt in before.iter().rev().filter(|stmt| !lifecycle.removed.contains(stmt)) {
        let names = locals_below(session, lifecycle, stmt);
        if names.is_disjoint(&wanted) {
            continue;
        }
        wanted.extend(names);
        moved.push(stmt);
    }
    moved.reverse();
    let is_known = |declared: &NodeId| {
        lifecycle.is_known(session, *declared) || moved.iter().any(|&stmt| syntax.is_inside(*declared, stmt))
    };
    let leaves = ["return_statement", "defer_statement", "go_statement", "break_statement", "continue_statement"];
    let ends = |node: NodeId| lifecycle.sites.iter().any(|site| site.name == node);
    let is_quiet = |stmt: &NodeId| !syntax.below(*stmt).any(|node| leaves.contains(&syntax.kind(node)) || ends(node));
    if moved.is_empty() || !wanted.iter().all(is_known) || !moved.iter().all(is_quiet) {
        return Err(lost("the turn or the context that the run begins with is made inside of the function that runs"));
    }
    if names_are_taken(session, lifecycle, &moved) {
        return Err(lost("what the run begins with is made of variables whose names mean something else at the claim"));
    }
    refuse_slow(session, lifecycle, &moved)?;
    if let Some(name) = is_asked_below(session, lifecycle, run_stmt, &moved) {
        return Err(lost(&format!("what the run begins with is made with `{name}`, which code that stays asks")));
    }
    lifecycle.hoisted = moved;
    lifecycle
        .remarks
        .push((Trap::EagerStart, "what the run begins with is made at the claim now, not when the function runs"));
    Ok(())
}

/// Refuses code whose time and effects nobody knows, where it would move out of a function of its own.
fn refuse_slow(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, nodes: &[NodeId]) -> Result<(), Outcome> {
    let cx = session.cx;
    let file = lifecycle.file;
    if cx.function(file, lifecycle.run) == cx.function(file, lifecycle.at) {
        return Ok(());
    }
    match nodes.iter().find_map(|&node| slow_call(cx, file, node, 0)) {
        Some(call) => Err(lost(&format!(
            "what the run begins with is made by `{}`, whose time and effects nobody knows",
            cx.text(file, call)
        ))),
        None => Ok(()),
    }
}

/// A call of which nobody knows how long it takes: none of the library's turns and contexts, of formatting, or of functions
/// of the tree that only call such.
fn slow_call(cx: &Cx<'_>, file: FileIdx, node: NodeId, depth: usize) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let waits = ["select_statement", "send_statement", "go_statement", "for_statement"];
    let is_slow = |&node: &NodeId| {
        let kind = syntax.kind(node);
        let is_receive = kind == "unary_expression" && syntax.text(node).starts_with("<-");
        is_receive
            || depth > 0 && waits.contains(&kind)
            || kind == "call_expression" && !is_quick(cx, file, node, depth)
    };
    syntax.below(node).find(is_slow)
}

fn is_quick(cx: &Cx<'_>, file: FileIdx, call: NodeId, depth: usize) -> bool {
    let syntax = cx.syntax(file);
    let Some(function) = syntax.child(call, "function") else { return false };
    let Some(def) = cx.inferred(file).callee(call) else {
        let builtins = ["append", "len", "cap", "make", "new", "string", "copy", "min", "max"];
        return builtins.contains(&syntax.text(function)) || syntax.kind(function).ends_with("_type");
    };
    let data = cx.program.def(def);
    if cx.program.is_own(data.file) {
        let body = cx.syntax(data.file).child(data.node, "body").filter(|_| depth < 4);
        return body.is_some_and(|body| slow_call(cx, data.file, body, depth + 1).is_none());
    }
    let path = cx.program.package(data.package).path.as_str();
    let quick = ["context", "fmt", "strings", "strconv", "errors", "events", "turns", "tools", "state"];
    let is_printing = path == "fmt" && !data.name.starts_with('S') && data.name != "Errorf";
    quick.contains(&path.rsplit('/').next().unwrap_or(path)) && !is_printing
}

/// A variable that moved statements declare and code that stays looks at: in front of the run, or anywhere in a function of
/// its own, where it would not be known.
fn is_asked_below<'a>(
    session: &Sessions<'a, '_>,
    lifecycle: &Lifecycle,
    run_stmt: NodeId,
    moved: &[NodeId],
) -> Option<&'a str> {
    let cx = session.cx;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let is_moved = |node: NodeId| moved.iter().chain(&lifecycle.removed).any(|&stmt| syntax.is_inside(node, stmt));
    let declared = moved
        .iter()
        .flat_map(|&stmt| syntax.below(stmt))
        .filter(|&name| cx.inferred(file).meaning(name) == Some(Ref::Local(name)));
    let is_asked = |name: &NodeId| {
        cx.uses(file, *name).iter().any(|&used| {
            let is_deferred = syntax.enclosing(used, &["defer_statement"]).is_some();
            let is_before = syntax.end(used) <= syntax.start(run_stmt) && !is_deferred;
            !is_moved(used) && !syntax.is_inside(used, lifecycle.run) && (is_before || lifecycle.split.is_some())
        })
    };
    let name = declared.into_iter().find(is_asked)?;
    Some(cx.text(file, name))
}

/// The statements in front of the run in the functions that run it, without those that go or move.
pub(super) fn in_front(session: &Sessions<'_, '_>, lifecycle: &Lifecycle) -> Vec<NodeId> {
    let cx = session.cx;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let lists = syntax.ancestors(lifecycle.run).take_while(|&node| node != lifecycle.frame());
    let stmts = lists.filter(|&node| syntax.parent(node).is_some_and(|list| syntax.kind(list) == "statement_list"));
    let before = stmts.flat_map(|stmt| cx.siblings(file, stmt).0);
    before.filter(|stmt| !lifecycle.removed.contains(stmt) && !lifecycle.hoisted.contains(stmt)).collect()
}

/// Whether somebody can tell when, or whether, a statement is done.
pub(super) fn is_noticeable(syntax: &Syntax, stmt: NodeId) -> bool {
    let kinds = ["call_expression", "return_statement", "select_statement", "for_statement", "send_statement"];
    let is_receive = |node: NodeId| syntax.kind(node) == "unary_expression" && syntax.text(node).starts_with("<-");
    syntax.kind(stmt) != "defer_statement"
        && syntax.below(stmt).any(|node| kinds.contains(&syntax.kind(node)) || is_receive(node))
}

/// Whether what the run begins with is the same at the start as where the run was: nothing that stays in front of the run
/// changes it, or does something that what moves may see.
pub(super) fn is_settled(session: &Sessions<'_, '_>, lifecycle: &Lifecycle) -> Result<(), Outcome> {
    let cx = session.cx;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let between = in_front(session, lifecycle);
    let inputs = || lifecycle.inputs.iter().chain(&lifecycle.hoisted).flat_map(|&node| syntax.below(node));
    let names: Vec<Ref> = inputs().filter_map(|name| cx.inferred(file).meaning(name)).collect();
    let is_input = |node: NodeId| match cx.inferred(file).meaning(node) {
        Some(meaning @ Ref::Local(_)) => names.contains(&meaning),
        _ => false,
    };
    let is_seed = |node: NodeId| match cx.inferred(file).meaning(lifecycle.seed) {
        Some(Ref::Local(declared)) => cx.inferred(file).meaning(node) == Some(Ref::Local(declared)),
        _ => syntax.kind(lifecycle.seed) == "selector_expression" && syntax.text(node) == syntax.text(lifecycle.seed),
    };
    for node in between.iter().flat_map(|&stmt| syntax.below(stmt)) {
        if is_seed(node) || is_input(node) && syntax.may_be_put_into(node) {
            return Err(lost(
                "the turn or the context that the run begins with changes inside of the function that runs",
            ));
        }
    }
    let leaves = |stmt: NodeId| {
        let mut returns = syntax.below(stmt).filter(|&node| syntax.kind(node) == "return_statement");
        returns.any(|node| cx.function(file, node) == cx.function(file, stmt))
    };
    if between.iter().any(|&stmt| leaves(stmt)) {
        return Err(lost(
            "code in front of the run decides whether it takes place, and the start would not wait for it",
        ));
    }
    let last = lifecycle.hoisted.iter().map(|&stmt| syntax.start(stmt)).max().unwrap_or(0);
    match between
        .iter()
        .any(|&stmt| syntax.start(stmt) < last && (is_noticeable(syntax, stmt) || sets_place(syntax, stmt)))
    {
        true => Err(lost("what the run begins with is made behind code that may change what it is made of")),
        false => Ok(()),
    }
}

/// Whether a statement sets a field or an element.
fn sets_place(syntax: &Syntax, stmt: NodeId) -> bool {
    let is_place = |node: NodeId| matches!(syntax.kind(node), "selector_expression" | "index_expression");
    syntax.below(stmt).any(|node| is_place(node) && syntax.may_be_put_into(node))
}

/// The variables of the function that `node` names.
fn locals_below(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, node: NodeId) -> BTreeSet<NodeId> {
    let syntax = session.cx.syntax(lifecycle.file);
    let names = syntax.below(node).filter_map(|name| match session.cx.inferred(lifecycle.file).meaning(name) {
        Some(Ref::Local(declared)) if !lifecycle.is_known(session, declared) => Some(declared),
        _ => None,
    });
    names.collect()
}

/// Whether a name that moved statements declare is used around the closure.
fn names_are_taken(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, moved: &[NodeId]) -> bool {
    let Sessions { cx, .. } = session;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let names: BTreeSet<&str> = moved
        .iter()
        .flat_map(|&stmt| syntax.below(stmt))
        .filter(|&name| cx.inferred(file).meaning(name) == Some(Ref::Local(name)))
        .map(|name| syntax.text(name))
        .collect();
    let uses_name = |stmt: NodeId| {
        syntax.below(stmt).any(|node| syntax.kind(node) == "identifier" && names.contains(syntax.text(node)))
    };
    let (before, behind) = cx.siblings(file, lifecycle.at);
    before.into_iter().chain(behind).any(uses_name)
}
