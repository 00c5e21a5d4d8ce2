//! What stands between the claim and the start, and behind the run: it was done while the state was held.

use std::collections::BTreeSet;

use super::{Lifecycle, lost};
use crate::go::cx::Outcome;
use crate::go::infer::Ref;
use crate::go::session::Sessions;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::go::ty::Ty;
use crate::rules::Trap;

/// Moves the start in front of what is taken for the run and given back where it ends: a refused start would keep it.
///
/// # Errors
/// What is said where the run needs something that is made behind it.
pub(super) fn settle(session: &Sessions<'_, '_>, lifecycle: &mut Lifecycle) -> Result<(), Outcome> {
    let cx = session.cx;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let is_elsewhere = lifecycle.split.is_some() || cx.function(file, lifecycle.run) != cx.function(file, lifecycle.at);
    let between = statements(session, lifecycle);
    let comes_first =
        |&stmt: &NodeId| is_elsewhere && takes(session, lifecycle, stmt) || answers(session, lifecycle, stmt);
    let Some(first) = between.iter().position(comes_first) else { return Ok(()) };
    let needs: Vec<Ref> = lifecycle
        .inputs
        .iter()
        .chain(&lifecycle.hoisted)
        .flat_map(|&node| syntax.below(node))
        .filter_map(|name| cx.inferred(file).meaning(name).filter(|meaning| matches!(meaning, Ref::Local(_))))
        .collect();
    let is_needed = |&stmt: &NodeId| {
        syntax.below(stmt).any(|name| {
            cx.inferred(file).meaning(name).is_some_and(|meaning| {
                let declares = meaning == Ref::Local(name);
                let is_given = matches!(meaning, Ref::Local(declared) if is_parameter(session, lifecycle, declared));
                needs.contains(&meaning) && (declares || !is_given)
            })
        })
    };
    if lifecycle.split.is_some() || between[first..].iter().any(is_needed) {
        return Err(lost(
            "what is taken, given back or answered between the claim and the run cannot be undone where a start is refused",
        ));
    }
    lifecycle.at_before = Some(between[first]);
    Ok(())
}

/// Whether a parameter or the receiver is declared there: what is done with it elsewhere says nothing of the run.
fn is_parameter(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, declared: NodeId) -> bool {
    let syntax = session.cx.syntax(lifecycle.file);
    syntax.parent(declared).is_some_and(|above| syntax.kind(above) == "parameter_declaration")
}

/// The statements between the claim's checks and the start that stay.
fn statements(session: &Sessions<'_, '_>, lifecycle: &Lifecycle) -> Vec<NodeId> {
    let cx = session.cx;
    let syntax = cx.syntax(lifecycle.file);
    let last = lifecycle.claim.checks.last().copied().unwrap_or(lifecycle.claim.stmt);
    let (before, _) = cx.siblings(lifecycle.file, lifecycle.at);
    let is_between = |stmt: &NodeId| syntax.start(*stmt) >= syntax.end(last) && !lifecycle.removed.contains(stmt);
    before.into_iter().filter(is_between).collect()
}

/// Whether a statement takes something that is given back later: a place in a group, a lock, a slot, a count, a mark.
fn takes(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, stmt: NodeId) -> bool {
    let cx = session.cx;
    let syntax = cx.syntax(lifecycle.file);
    match syntax.kind(stmt) {
        "send_statement" | "inc_statement" | "dec_statement" => true,
        "expression_statement" => {
            let function = syntax.children(stmt).next().and_then(|call| syntax.child(call, "function"));
            let name =
                function.and_then(|function| syntax.child(function, "field")).map_or("", |name| syntax.text(name));
            ["Add", "Lock", "RLock", "Acquire", "Inc", "Store"].contains(&name)
        }
        "assignment_statement" => syntax.child(stmt, "left").is_some_and(|left| {
            syntax
                .list(left)
                .iter()
                .any(|&place| matches!(syntax.kind(place), "selector_expression" | "index_expression"))
        }),
        _ => false,
    }
}

/// Whether a statement does what a refused claim does: answers, unlocks. Where the start is refused, it would be done twice.
fn answers(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, stmt: NodeId) -> bool {
    let syntax = session.cx.syntax(lifecycle.file);
    let refusals = lifecycle.claim.checks.iter().flat_map(|&check| syntax.below(check));
    let done: BTreeSet<&str> = refusals.flat_map(|node| touched(session, lifecycle, node)).collect();
    matches!(syntax.kind(stmt), "expression_statement" | "send_statement")
        && syntax.below(stmt).flat_map(|node| touched(session, lifecycle, node)).any(|place| done.contains(place))
}

/// What a call or a send does something to: what its method is called on, what it is given of unknown types, the channel.
fn touched<'a>(session: &Sessions<'a, '_>, lifecycle: &Lifecycle, node: NodeId) -> Vec<&'a str> {
    let cx = session.cx;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    match syntax.kind(node) {
        "send_statement" => syntax.child(node, "channel").map(|channel| syntax.text(channel)).into_iter().collect(),
        "call_expression" if node != lifecycle.claim.call => {
            let Some(function) = syntax.child(node, "function") else { return Vec::new() };
            let operand = syntax.child(function, "operand").map_or(function, |operand| {
                let is_receiver = syntax.enclosing(node, &["method_declaration"]).is_some_and(|method| {
                    syntax.child(method, "receiver").is_some_and(|receiver| {
                        syntax.text(receiver).trim_start_matches('(').split(' ').next() == Some(syntax.text(operand))
                    })
                });
                if is_receiver { function } else { operand }
            });
            let is_package = matches!(cx.inferred(file).meaning(operand), Some(Ref::Package(_)));
            let is_free = |&arg: &NodeId| {
                matches!(cx.inferred(file).meaning(arg), Some(Ref::Local(_))) && *cx.ty(file, arg) == Ty::Unknown
            };
            let given = cx.args(file, node).into_iter().filter(is_free);
            given.chain(Some(operand).filter(|_| !is_package)).map(|place| syntax.text(place)).collect()
        }
        _ => Vec::new(),
    }
}

/// Says so where something noticeable was done while the state was held.
pub(super) fn remark(session: &Sessions<'_, '_>, lifecycle: &mut Lifecycle) {
    if !session.facts.is_shared {
        return;
    }
    if statements(session, lifecycle).into_iter().any(|stmt| is_work(session, lifecycle, stmt)) {
        let why = "what stands between the claim and the start was done while the session was held";
        lifecycle.remarks.push((Trap::CheckThenAct, why));
    }
    if behind(session, lifecycle).into_iter().any(|stmt| is_work(session, lifecycle, stmt)) {
        let why = "what follows the run was done before the session was free, and now others may run meanwhile";
        lifecycle.remarks.push((Trap::CheckThenAct, why));
    }
}

/// The statements behind the run up to the end of the run: all of them where that is deferred.
fn behind(session: &Sessions<'_, '_>, lifecycle: &Lifecycle) -> Vec<NodeId> {
    let cx = session.cx;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let Some(run) = cx.stmt(file, lifecycle.run) else { return Vec::new() };
    let finish = lifecycle.sites.iter().filter(|site| site.legacy == Legacy::FinishRun && site.file == file);
    let (_, behind) = cx.siblings(file, run);
    let ends = |stmt: &NodeId| finish.clone().any(|site| syntax.is_inside(site.name, *stmt));
    behind.into_iter().take_while(|stmt| !ends(stmt)).collect()
}

/// Whether a statement calls something of the program, and does not only answer.
fn is_work(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, stmt: NodeId) -> bool {
    let cx = session.cx;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    !matches!(syntax.kind(stmt), "defer_statement" | "return_statement" | "go_statement")
        && syntax.below(stmt).filter(|&call| syntax.kind(call) == "call_expression").any(|call| {
            let callee = cx.inferred(file).callee(call).map(|def| cx.program.def(def));
            callee.is_some_and(|def| cx.program.is_own(def.file))
        })
}
