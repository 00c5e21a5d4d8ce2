//! The context of a run, and the cancel function that is stored for it.

use super::{Lifecycle, lost};
use crate::go::cx::Outcome;
use crate::go::infer::Ref;
use crate::go::session::Sessions;
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::rules::Trap;

/// The context that the run starts with. A cancel function that served only the run goes: the session has its own.
pub(super) fn context(session: &Sessions<'_, '_>, lifecycle: &mut Lifecycle, ctx: NodeId) -> Result<String, Outcome> {
    let file = lifecycle.file;
    let stored: Vec<Site> = lifecycle.sites.iter().filter(|site| site.legacy == Legacy::SetCancel).copied().collect();
    lifecycle.makes_ctx = !lifecycle.is_in_scope(session, ctx);
    let mut text = None;
    for site in &stored {
        if let Some(parent) = forget(session, lifecycle, site, ctx)? {
            text = Some(parent);
        }
    }
    lifecycle.makes_ctx &= text.is_none();
    Ok(lifecycle.at_start(session, session.draft.text(file, text.unwrap_or(ctx))))
}

/// Drops a stored cancel function. Where its context served only the run, it goes with it, and its parent is the run's.
fn forget(
    session: &Sessions<'_, '_>,
    lifecycle: &mut Lifecycle,
    site: &Site,
    ctx: NodeId,
) -> Result<Option<NodeId>, Outcome> {
    let Sessions { cx, .. } = session;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let call = cx.call_of_name(file, site.name).ok_or_else(|| lost("a cancel function is stored by a method value"))?;
    let [arg] = cx.args(file, call)[..] else { return Err(lost("the cancel function cannot be read")) };
    if syntax.text(arg) == "nil" {
        return Ok(None);
    }
    let Some(cancel) = cancel_of(session, lifecycle, arg) else {
        if syntax.kind(arg) == "func_literal" {
            return Err(lost("the stored function does more than cancelling, and a session only cancels its run")
                .because(Trap::RunContext, "`CancelActive` cancels the context of the run and nothing else"));
        }
        lifecycle.remarks.push(REACHES_MORE);
        return Ok(None);
    };
    let Some(made) = Made::of(session, lifecycle, cancel, ctx) else {
        if made_here(session, lifecycle, cancel) && cx.uses(file, cancel).len() == 1 {
            return Err(lost("nothing calls the cancel function of the run's context any more"));
        }
        lifecycle.remarks.push(REACHES_MORE);
        return Ok(None);
    };
    if made.serves_only_run && lifecycle.is_in_scope(session, made.parent) {
        lifecycle.removed.push(made.stmt);
        lifecycle.removed.extend(made.calls);
        return Ok(Some(made.parent));
    }
    if made.reaches_more {
        lifecycle.remarks.push(REACHES_MORE);
    }
    release(session, lifecycle, &made, call, cancel)?;
    Ok(None)
}

/// Calls a cancel function that the state held on every way, as `go vet` asks for.
fn release(
    session: &Sessions<'_, '_>,
    lifecycle: &mut Lifecycle,
    made: &Made,
    stored: NodeId,
    cancel: NodeId,
) -> Result<(), Outcome> {
    let Sessions { cx, .. } = session;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let function = |node: NodeId| cx.function(file, node);
    let home = function(made.stmt);
    let name = syntax.text(cancel);
    let others: Vec<NodeId> =
        cx.uses(file, cancel).iter().copied().filter(|&used| !syntax.is_inside(used, stored)).collect();
    let is_deferred =
        |&used: &NodeId| syntax.enclosing(used, &["defer_statement"]).is_some_and(|defer| function(defer) == home);
    let is_hoisted = lifecycle.makes_ctx && home != function(lifecycle.at);
    if others.iter().any(is_deferred) && !is_hoisted {
        return Ok(());
    }
    if home == function(lifecycle.run) && !is_hoisted {
        let stmt = cx.stmt(file, stored).filter(|&stmt| function(stmt) == home);
        let stmt = stmt.ok_or_else(|| lost("nothing calls the cancel function of the run's context any more"))?;
        lifecycle.replaced.push((stmt, format!("defer {name}()")));
        return Ok(());
    }
    if !is_hoisted && returns_early(session, lifecycle, made.stmt) {
        return Err(lost(
            "code between the context of the run and the run returns early, and nothing would call its cancel function",
        ));
    }
    if let (true, Some(stmt)) = (others.is_empty(), cx.stmt(file, lifecycle.run)) {
        lifecycle.added.push((stmt, format!("defer {name}()")));
    }
    lifecycle.on_failure = Some(format!("{name}()"));
    Ok(())
}

/// Whether code between `stmt` and the start leaves the function, besides what asks for the claim's error.
fn returns_early(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, stmt: NodeId) -> bool {
    let cx = session.cx;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let (_, behind) = cx.siblings(file, stmt);
    let is_between =
        |other: &NodeId| syntax.start(*other) < syntax.start(lifecycle.at) && !lifecycle.claim.checks.contains(other);
    let returns =
        |node: NodeId| syntax.kind(node) == "return_statement" && cx.function(file, node) == cx.function(file, stmt);
    behind.into_iter().filter(is_between).any(|other| syntax.below(other).any(returns))
}

const REACHES_MORE: (Trap, &str) = (Trap::RunContext, "the stored cancel function reached more than the run");

/// The variable of the cancel function that `arg` is, or only calls.
fn cancel_of(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, arg: NodeId) -> Option<NodeId> {
    let Sessions { cx, .. } = session;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let local = |node: NodeId| match cx.inferred(file).meaning(node) {
        Some(Ref::Local(declared)) => Some(declared),
        _ => None,
    };
    if syntax.kind(arg) != "func_literal" {
        return local(arg);
    }
    let list = syntax.child(arg, "body").and_then(|body| syntax.children(body).next())?;
    let stmts: Vec<NodeId> = syntax.children(list).collect();
    let [stmt] = stmts[..] else { return None };
    let call = syntax.children(stmt).next().filter(|&call| syntax.kind(call) == "call_expression")?;
    let function = syntax.child(call, "function")?;
    if syntax.kind(stmt) == "expression_statement" && cx.args(file, call).is_empty() { local(function) } else { None }
}

/// Whether the variable is declared by a statement of the function, and is no parameter.
fn made_here(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, declared: NodeId) -> bool {
    let syntax = session.cx.syntax(lifecycle.file);
    syntax.parent(declared).is_some_and(|parent| syntax.kind(parent) != "parameter_declaration")
}

/// `runCtx, cancel := context.WithCancel(parent)`, or another function that makes both.
struct Made {
    stmt: NodeId,
    parent: NodeId,
    /// Statements that only call the cancel function.
    calls: Vec<NodeId>,
    serves_only_run: bool,
    /// Whether other code looks at the context.
    reaches_more: bool,
}

impl Made {
    fn of(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, cancel: NodeId, ctx: NodeId) -> Option<Self> {
        let Sessions { cx, .. } = session;
        let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
        let stmt = cx.stmt(file, cancel).filter(|&stmt| syntax.kind(stmt) == "short_var_declaration")?;
        let (left, right) = (syntax.list(syntax.child(stmt, "left")?), syntax.list(syntax.child(stmt, "right")?));
        let ([run_ctx, _], [call]) = (&left[..], &right[..]) else { return None };
        let callee = cx.inferred(file).callee(*call).map(|def| cx.program.def(def))?;
        let package = cx.program.package(callee.package).path.as_str();
        let known = ["WithCancel", "WithTimeout", "WithDeadline", "NotifyContext"];
        if !matches!(package, "context" | "os/signal") || !known.contains(&callee.name.as_str()) {
            return None;
        }
        let &parent = cx.args(file, *call).first()?;
        let uses = uses_behind(session, lifecycle, *run_ctx, stmt);
        let is_runs = |used: &NodeId| *used == ctx;
        let mut made = Self {
            stmt,
            parent,
            calls: Vec::new(),
            serves_only_run: callee.name == "WithCancel" && uses.len() == 1 && uses.iter().all(is_runs),
            reaches_more: !uses.iter().all(|&used| used == ctx || leads_to(session, lifecycle, used, ctx)),
        };
        let is_set = |used: &NodeId| syntax.parent(*used).is_some_and(|list| syntax.role(list) == "left");
        made.serves_only_run &= !uses_behind(session, lifecycle, parent, stmt).iter().any(is_set);
        for &used in cx.uses(file, cancel) {
            match use_of(session, lifecycle, used) {
                Some(Use::Stored) => {}
                // Deferred by a function that may leave while the run goes on, it ends the run.
                Some(Use::Called(call)) if is_left_early(session, lifecycle, call) => made.serves_only_run = false,
                Some(Use::Called(call)) => made.calls.push(call),
                None => made.serves_only_run = false,
            }
        }
        Some(made)
    }
}

/// Whether a statement is done in another function than the run, and ends it there.
fn is_left_early(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, call: NodeId) -> bool {
    let cx = session.cx;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let is_around = |function: NodeId| syntax.is_inside(lifecycle.run, function);
    let runs = cx.function(file, lifecycle.run);
    cx.function(file, call) != runs
        && !cx.function(file, call).is_some_and(|function| runs.is_some_and(|runs| syntax.is_inside(function, runs)))
        && cx.function(file, call).is_some_and(is_around)
}

/// The uses of the variable that `name` declares or sets in `stmt`, behind it.
fn uses_behind(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, name: NodeId, stmt: NodeId) -> Vec<NodeId> {
    let cx = session.cx;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let Some(Ref::Local(declared)) = cx.inferred(file).meaning(name) else { return Vec::new() };
    let uses = cx.uses(file, declared).iter().copied();
    uses.filter(|&used| syntax.start(used) >= syntax.end(stmt)).collect()
}

/// Whether a context is used only to make the run's: `runCtx = events.WithEventSinks(runCtx, …)`.
fn leads_to(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, used: NodeId, ctx: NodeId) -> bool {
    let cx = session.cx;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    if syntax.is_inside(used, ctx) {
        return true;
    }
    let Some(stmt) = syntax.enclosing(used, &["short_var_declaration", "assignment_statement"]) else { return false };
    let left = syntax.child(stmt, "left").map_or(Vec::new(), |left| syntax.list(left));
    let is_run_ctx = |name: &NodeId| {
        let of = cx.inferred(file).meaning(*name);
        matches!(of, Some(Ref::Local(_))) && of == cx.inferred(file).meaning(ctx)
    };
    !syntax.ancestors(used).take_while(|&node| node != stmt).any(|node| syntax.kind(node) == "func_literal")
        && left.first().is_some_and(is_run_ctx)
}

enum Use {
    /// Given to `SetCancel`.
    Stored,
    /// A statement that calls it and does nothing else.
    Called(NodeId),
}

fn use_of(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, used: NodeId) -> Option<Use> {
    let Sessions { cx, .. } = session;
    let syntax = cx.syntax(lifecycle.file);
    let is_stored = |site: &Site| {
        site.legacy == Legacy::SetCancel
            && cx.call_of_name(lifecycle.file, site.name).is_some_and(|call| syntax.is_inside(used, call))
    };
    if lifecycle.sites.iter().any(is_stored) {
        return Some(Use::Stored);
    }
    let call = syntax.parent(used).filter(|&call| syntax.kind(call) == "call_expression")?;
    let stmt = syntax.parent(call).filter(|_| syntax.child(call, "function") == Some(used))?;
    matches!(syntax.kind(stmt), "expression_statement" | "defer_statement").then_some(Use::Called(stmt))
}
