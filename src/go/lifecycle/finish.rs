//! The end of a run by hand: `FinishRun` in every form goes.

use super::{Lifecycle, lost};
use crate::go::cx::Outcome;
use crate::go::infer::Ref;
use crate::go::session::Sessions;
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;

/// Collects the statements that only finish the run.
pub(super) fn collect(session: &Sessions<'_, '_>, lifecycle: &mut Lifecycle) -> Result<(), Outcome> {
    let Sessions { cx, .. } = session;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    for site in lifecycle.sites.clone() {
        if !matches!(site.legacy, Legacy::FinishRun | Legacy::SetCancel) {
            continue;
        }
        if lifecycle.claim.checks.iter().any(|&check| syntax.is_inside(site.name, check)) {
            return Err(lost("a refused claim frees what another run holds"));
        }
        let call = cx.call_of_name(file, site.name).ok_or_else(|| lost("the end of the run is used as a value"))?;
        let stmt =
            syntax.parent(call).filter(|&stmt| matches!(syntax.kind(stmt), "expression_statement" | "defer_statement"));
        lifecycle.removed.push(stmt.ok_or_else(|| lost("the end of the run is a part of other code"))?);
    }
    Ok(())
}

/// Removes what has nothing left to do.
pub(super) fn tidy(session: &Sessions<'_, '_>, lifecycle: &mut Lifecycle) {
    let emptied: Vec<NodeId> =
        lifecycle.removed.iter().filter_map(|&stmt| deferred(session, lifecycle, stmt)).collect();
    lifecycle.removed.extend(emptied);
    let idle: Vec<NodeId> = lifecycle.sites.iter().filter_map(|site| idle_name(session, lifecycle, site)).collect();
    lifecycle.removed.extend(idle);
}

/// The declaration of a variable that only statements use that go.
fn idle_name(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, site: &Site) -> Option<NodeId> {
    let cx = session.cx;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let operand = syntax.child(site.whole, "operand")?;
    let Some(Ref::Local(declared)) = cx.inferred(file).meaning(operand) else { return None };
    let is_gone = |used: &NodeId| {
        lifecycle.removed.iter().any(|&stmt| syntax.is_inside(*used, stmt)) || syntax.is_inside(*used, lifecycle.run)
    };
    let stmt = cx.stmt(file, declared).filter(|&stmt| syntax.kind(stmt) == "short_var_declaration")?;
    let is_alone = syntax.child(stmt, "left").is_some_and(|left| syntax.list(left) == [declared]);
    (is_alone && cx.uses(file, declared).iter().all(is_gone)).then_some(stmt)
}

/// The `defer func() { … }()` of which nothing is left without the statements that go.
fn deferred(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, stmt: NodeId) -> Option<NodeId> {
    let syntax = session.cx.syntax(lifecycle.file);
    let list = syntax.parent(stmt)?;
    let closure = syntax.parent(list).and_then(|block| syntax.parent(block))?;
    let call = syntax.parent(closure).filter(|&call| syntax.child(call, "function") == Some(closure))?;
    let defer = syntax.parent(call).filter(|&defer| syntax.kind(defer) == "defer_statement")?;
    let is_emptied = syntax.children(list).all(|stmt| lifecycle.removed.contains(&stmt));
    let has_comments = syntax.below(closure).any(|node| syntax.kind(node) == "comment");
    (is_emptied && !has_comments).then_some(defer)
}
