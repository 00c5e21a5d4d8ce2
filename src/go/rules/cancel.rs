//! `cancel`: cancelling, and what is stored for it.

use super::run_lifecycle::Lifecycles;
use crate::go::cx::Outcome;
use crate::go::infer::Ref;
use crate::go::runs::is_only_compared;
use crate::go::session::Sessions;
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::rules::Trap;

/// Decides a question or a cancel of a legacy state.
pub(crate) fn decide(session: &Sessions<'_, '_>, site: &Site) -> Outcome {
    let Sessions { cx, draft, .. } = session;
    let syntax = cx.syntax(site.file);
    match site.legacy {
        Legacy::IsRunning => Outcome::safe(Vec::new(), "a session has `IsRunning()`, too"),
        Legacy::CancelRun => {
            draft.small(site.file, syntax.range(site.name), "CancelActive");
            let outcome = Outcome::safe(Vec::new(), "`CancelActive()`");
            let outcome = match every_run_stores(session) {
                true => outcome,
                false => outcome.offered(
                    Trap::RunContext,
                    "a run that was claimed without a cancel function could not be cancelled, and a session's can",
                ),
            };
            match names_no_error(session, site) {
                true => outcome,
                false => {
                    outcome.offered(Trap::ErrorIdentity, "the error of a session that does not run has another text")
                }
            }
        }
        _ => {
            draft.small(site.file, syntax.range(site.name), "IsRunning");
            let outcome = Outcome::safe(Vec::new(), "`IsRunning()`");
            match guards_cancel(session, site) && every_run_stores(session) {
                true => outcome,
                false => outcome.offered(
                    Trap::NoCounterpart,
                    "a session does not say whether a cancel function is stored, only whether it runs",
                ),
            }
        }
    }
}

/// Whether every run stores its cancel function: those of `RunInference` do.
fn every_run_stores(session: &Sessions<'_, '_>) -> bool {
    let count = |legacy: Legacy| session.unit.sites.iter().filter(|site| site.legacy == legacy).count();
    count(Legacy::StartRun) <= count(Legacy::SetCancel)
}

/// Whether the question only decides about a cancel: `if x.HasCancel() { x.CancelRun() }`, `if !x.HasCancel() { … return }`.
fn guards_cancel(session: &Sessions<'_, '_>, site: &Site) -> bool {
    let cx = session.cx;
    let (file, syntax) = (site.file, cx.syntax(site.file));
    let Some(stmt) = cx.stmt(file, site.name).filter(|&stmt| syntax.kind(stmt) == "if_statement") else { return false };
    let is_condition = syntax.child(stmt, "condition").is_some_and(|condition| {
        let inner = syntax.child(condition, "operand").filter(|_| syntax.kind(condition) == "unary_expression");
        cx.call_of_name(file, site.name) == Some(inner.unwrap_or(condition))
    });
    let (_, behind) = cx.siblings(file, stmt);
    let cancels =
        |node: NodeId| {
            session.unit.sites.iter().any(|other| {
                other.legacy == Legacy::CancelRun && other.file == file && syntax.is_inside(other.name, node)
            })
        };
    is_condition && (cancels(stmt) || behind.first().is_some_and(|&next| cancels(next)))
}

/// Whether the error of the call is only compared, or not looked at.
fn names_no_error(session: &Sessions<'_, '_>, site: &Site) -> bool {
    let cx = session.cx;
    let (file, syntax) = (site.file, cx.syntax(site.file));
    let Some(call) = cx.call_of_name(file, site.name) else { return false };
    let parent = syntax.parent(call).unwrap_or(call);
    if is_only_compared(cx, file, call) || syntax.kind(parent) == "expression_statement" {
        return true;
    }
    let Some(assignment) = syntax.parent(parent).filter(|_| syntax.kind(parent) == "expression_list") else {
        return false;
    };
    let left = syntax.child(assignment, "left").map_or(Vec::new(), |left| syntax.list(left));
    match left[..] {
        [name] if syntax.text(name) == "_" => true,
        [name] => {
            let is_declared = cx.inferred(file).meaning(name) == Some(Ref::Local(name));
            is_declared && cx.uses(file, name).iter().all(|&used| is_only_compared(cx, file, used))
        }
        _ => false,
    }
}

/// Decides a cancel function that is stored: it goes where the run's start takes its place.
pub(crate) fn set_cancel(session: &Sessions<'_, '_>, lifecycles: &Lifecycles, site: &Site) -> Outcome {
    let Sessions { cx, draft, .. } = session;
    let call = cx.call_of_name(site.file, site.name);
    let stmt = call.and_then(|call| cx.stmt(site.file, call));
    let arg = call.and_then(|call| cx.args(site.file, call).first().copied());
    if lifecycles.covers(cx, site) {
        return Outcome::safe(Vec::new(), "nothing: the session cancels its run");
    }
    match stmt {
        Some(stmt) if arg.is_some_and(|arg| cx.text(site.file, arg) == "nil") => {
            draft.remove_stmt(site.file, stmt);
            Outcome::safe(Vec::new(), "nothing: the session cancels its run")
        }
        _ => {
            let outcome = Outcome::report(
                "the run that this cancels cannot be found in this function",
                "start the run with sess.StartInference(ctx): it can be cancelled by sess.CancelActive() or handle.Cancel()",
            );
            match arg.is_some_and(|arg| cx.syntax(site.file).kind(arg) == "func_literal") {
                true => {
                    outcome.because(Trap::RunContext, "`CancelActive` cancels the context of the run and nothing else")
                }
                false => outcome,
            }
        }
    }
}
