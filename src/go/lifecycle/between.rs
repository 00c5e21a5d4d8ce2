//! What stands between the claim and the start, and behind the run: it was done while the state was held.

use super::{Lifecycle, lost};
use crate::go::cx::Outcome;
use crate::go::infer::Ref;
use crate::go::session::Sessions;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
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
    let is_loud = |&stmt: &NodeId| {
        let takes = is_elsewhere && takes(session, lifecycle, stmt);
        !is_needed(&stmt) && (takes || answers(session, lifecycle, stmt))
    };
    if let Some(first) = between.iter().position(is_loud) {
        if lifecycle.split.is_some() || between[first..].iter().any(is_needed) {
            return Err(lost(
                "what is taken or told between the claim and the run would stay so where the start is refused",
            ));
        }
        lifecycle.at_before = Some(between[first]);
        let why = "the run begins at the claim now, in front of what stood in front of it";
        lifecycle.remarks.push((Trap::EagerStart, why));
    }
    let stays = between.iter().take_while(|&&stmt| Some(stmt) != lifecycle.at_before);
    let is_undone = lifecycle.claim.checks.iter().any(|&check| undoes(session, lifecycle, check));
    match is_undone && stays.into_iter().any(|&stmt| undoes(session, lifecycle, stmt)) {
        true => Err(lost("a refused claim gives back what is given back between the claim and the start, too")),
        false => Ok(()),
    }
}

/// The functions and methods that a statement calls, as they are written.
fn called<'a>(session: &Sessions<'a, '_>, lifecycle: &Lifecycle, stmt: NodeId) -> Vec<&'a str> {
    let cx = session.cx;
    let syntax = cx.syntax(lifecycle.file);
    let calls = syntax.below(stmt).filter(|&call| syntax.kind(call) == "call_expression");
    calls.filter_map(|call| syntax.child(call, "function")).map(|function| cx.text(lifecycle.file, function)).collect()
}

fn last_name(function: &str) -> &str {
    function.rsplit('.').next().unwrap_or(function)
}

/// Whether a statement tells somebody something: an answer to a request, or what a refused claim would be told with, too.
fn answers(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, stmt: NodeId) -> bool {
    let tells = ["WriteHeader", "Write", "Encode", "Fprint", "Fprintf", "Fprintln", "Publish", "PublishEvent"];
    let is_log = |function: &str| ["errors.", "fmt.", "log.", "slog."].iter().any(|log| function.starts_with(log));
    let refused: Vec<&str> =
        lifecycle.claim.checks.iter().flat_map(|&check| called(session, lifecycle, check)).collect();
    called(session, lifecycle, stmt).into_iter().any(|function| {
        let name = last_name(function);
        tells.contains(&name) || UNDO.contains(&name) || !is_log(function) && refused.contains(&function)
    })
}

/// Whether a statement gives something back: a lock, a place in a group, a channel.
fn undoes(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, stmt: NodeId) -> bool {
    called(session, lifecycle, stmt).into_iter().any(|function| UNDO.contains(&last_name(function)))
}

/// What gives back.
const UNDO: [&str; 6] = ["Unlock", "RUnlock", "Done", "Release", "close", "Close"];

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
