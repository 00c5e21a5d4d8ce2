//! The turn that a run begins with, made in front of the start.

use std::collections::BTreeSet;

use super::{Lifecycle, lost};
use crate::go::cx::Outcome;
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
    let start = syntax.start(lifecycle.at);
    let is_known = |declared: &NodeId| {
        syntax.start(*declared) < start || moved.iter().any(|&stmt| syntax.is_inside(*declared, stmt))
    };
    let is_quiet =
        |stmt: &NodeId| !matches!(syntax.kind(*stmt), "return_statement" | "defer_statement" | "go_statement");
    if moved.is_empty() || !wanted.iter().all(is_known) || !moved.iter().all(is_quiet) {
        return Err(lost("the turn or the context that the run begins with is made inside of the function that runs"));
    }
    if names_are_taken(session, lifecycle, &moved) {
        return Err(lost("what the run begins with is made of variables whose names mean something else at the claim"));
    }
    lifecycle.hoisted = moved;
    lifecycle
        .remarks
        .push((Trap::EagerStart, "what the run begins with is made at the claim now, not when the function runs"));
    Ok(())
}

/// The statements in front of the run in the functions that run it, without those that go or move.
pub(super) fn in_front(session: &Sessions<'_, '_>, lifecycle: &Lifecycle) -> Vec<NodeId> {
    let cx = session.cx;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let lists = syntax.ancestors(lifecycle.run).take_while(|&node| node != lifecycle.at);
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

/// Whether the turn and the context of the run are the same at the start as where the run was.
pub(super) fn is_settled(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, ctx: NodeId) -> Result<(), Outcome> {
    let cx = session.cx;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let between = in_front(session, lifecycle);
    let is_set = |used: NodeId| syntax.parent(used).is_some_and(|list| syntax.role(list) == "left");
    let names = |node: NodeId, what: NodeId| match cx.inferred(file).meaning(what) {
        Some(Ref::Local(declared)) => cx.inferred(file).meaning(node) == Some(Ref::Local(declared)),
        _ => syntax.kind(what) == "selector_expression" && syntax.text(node) == syntax.text(what),
    };
    for node in between.into_iter().flat_map(|stmt| syntax.below(stmt)) {
        if names(node, lifecycle.seed) {
            return Err(lost("the turn that the run begins with changes inside of the function that runs"));
        }
        if names(node, ctx) && is_set(node) {
            return Err(lost("the context of the run is made inside of the function that runs"));
        }
    }
    Ok(())
}

/// The variables of the function that `node` names.
fn locals_below(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, node: NodeId) -> BTreeSet<NodeId> {
    let syntax = session.cx.syntax(lifecycle.file);
    let start = syntax.start(lifecycle.at);
    let names = syntax.below(node).filter_map(|name| match session.cx.inferred(lifecycle.file).meaning(name) {
        Some(Ref::Local(declared)) if syntax.start(declared) >= start => Some(declared),
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
