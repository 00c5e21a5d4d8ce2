//! The context of a run, and the cancel function made for it by hand.

use super::{Lifecycle, lost};
use crate::go::cx::Outcome;
use crate::go::infer::Ref;
use crate::go::session::Sessions;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::rules::Trap;

/// The context that the run starts with. A cancel function that served only the run goes: the session has its own.
pub(super) fn context(session: &Sessions<'_, '_>, lifecycle: &mut Lifecycle, ctx: NodeId) -> Result<String, Outcome> {
    let Sessions { cx, draft, .. } = session;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    if let Some(made) = made_by_hand(session, lifecycle, ctx) {
        if made.serves_only_run && lifecycle.is_in_scope(session, made.parent) {
            lifecycle.removed.push(made.stmt);
            lifecycle.removed.extend(made.calls);
            return Ok(draft.text(file, made.parent));
        }
        if !made.serves_only_run {
            lifecycle.remarks.push((Trap::RunContext, "the stored cancel function reached more than the run"));
        }
    }
    match lifecycle.is_in_scope(session, ctx) {
        true => Ok(draft.text(file, ctx)),
        false => Err(lost(&format!("the context `{}` of the run is not there at the claim", syntax.text(ctx)))),
    }
}

struct Made {
    stmt: NodeId,
    parent: NodeId,
    /// Statements that only call the cancel function.
    calls: Vec<NodeId>,
    serves_only_run: bool,
}

/// `runCtx, cancel := context.WithCancel(parent)`.
fn made_by_hand(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, ctx: NodeId) -> Option<Made> {
    let Sessions { cx, .. } = session;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let Some(Ref::Local(declared)) = cx.inferred(file).meaning(ctx) else { return None };
    let stmt = cx.stmt(file, declared).filter(|&stmt| syntax.kind(stmt) == "short_var_declaration")?;
    let (left, right) = (syntax.list(syntax.child(stmt, "left")?), syntax.list(syntax.child(stmt, "right")?));
    let ([run_ctx, cancel], [call]) = (&left[..], &right[..]) else { return None };
    let callee = cx.inferred(file).callee(*call).map(|def| cx.program.def(def));
    let is_with_cancel =
        callee.is_some_and(|def| def.name == "WithCancel" && cx.program.package(def.package).path == "context");
    if *run_ctx != declared || !is_with_cancel {
        return None;
    }
    let &parent = cx.args(file, *call).first()?;
    let mut calls = Vec::new();
    let mut serves_only_run = cx.uses(file, declared).len() == 1;
    for &used in cx.uses(file, *cancel) {
        match use_of(session, lifecycle, used) {
            Some(Use::Stored) => {}
            Some(Use::Called(stmt)) => calls.push(stmt),
            None => serves_only_run = false,
        }
    }
    Some(Made { stmt, parent, calls, serves_only_run })
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
    let parent = syntax.parent(used)?;
    let stored = |call: NodeId| {
        let function = syntax.child(call, "function");
        lifecycle.sites.iter().any(|site| site.legacy == Legacy::SetCancel && Some(site.whole) == function)
    };
    match syntax.kind(parent) {
        "argument_list" => syntax.parent(parent).filter(|&call| stored(call)).map(|_| Use::Stored),
        "call_expression" if syntax.child(parent, "function") == Some(used) => {
            let stmt = syntax.parent(parent)?;
            matches!(syntax.kind(stmt), "expression_statement" | "defer_statement").then_some(Use::Called(stmt))
        }
        _ => None,
    }
}
