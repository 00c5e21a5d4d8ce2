//! The turn of a state that is set from outside: a conversation that is restored joins the session.

use super::Sessions;
use crate::go::cx::Outcome;
use crate::go::proof;
use crate::go::runs::ends_function;
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;

/// Decides a turn that is written, if it can become one that is appended: nobody else has the session, and it is there.
pub(crate) fn decide(session: &Sessions<'_, '_>, site: &Site) -> Option<Outcome> {
    let Sessions { cx, draft, facts, names, .. } = session;
    let (file, syntax) = (site.file, cx.syntax(site.file));
    let operand = syntax.child(site.whole, "operand").filter(|&operand| proof::is_stable(cx, file, operand))?;
    let assignment = syntax.enclosing(site.whole, &["assignment_statement"])?;
    let is_plain = syntax.child(assignment, "operator").is_none_or(|operator| syntax.text(operator) == "=");
    let (left, right) =
        (syntax.list(syntax.child(assignment, "left")?), syntax.list(syntax.child(assignment, "right")?));
    let stmt = cx.stmt(file, site.whole)?;
    if facts.is_shared || !is_plain || !left.contains(&site.whole) {
        return None;
    }
    let text = names.text(cx, file, operand);
    match (&left[..], &right[..]) {
        (&[_], &[value]) if stmt == assignment => {
            let is_there = proof::is_not_nil(cx, file, value) || is_fresh(session, site, stmt);
            is_there
                .then(|| draft.replace_stmt(file, stmt, &[format!("{text}.Append({})", draft.text(file, value))]))?;
        }
        (&[_, error], &[_]) if is_fresh(session, site, stmt) => {
            let is_followed = stmt == assignment || is_checked(session, site, stmt, assignment, error);
            let name = session.fresh(file, site.whole, &["restored", "restoredTurn", "loadedTurn"]);
            let turns = cx.package(file, "turns");
            is_followed.then(|| {
                draft.insert_before(file, stmt, &[format!("var {name} *{turns}Turn")]);
                draft.small(file, syntax.range(site.whole), name.clone());
                draft.insert_after(file, stmt, &[format!("{text}.Append({name})")]);
            })?;
        }
        _ => return None,
    }
    Some(Outcome::safe(Vec::new(), format!("`{text}.Append(…)`")))
}

/// `if X.Turn, err = load(); err != nil { return … }`, where nobody looks at the turn before it returns.
fn is_checked(session: &Sessions<'_, '_>, site: &Site, stmt: NodeId, assignment: NodeId, error: NodeId) -> bool {
    let Sessions { cx, unit, .. } = session;
    let (file, syntax) = (site.file, cx.syntax(site.file));
    let is_check = syntax.child(stmt, "initializer") == Some(assignment)
        && syntax.child(stmt, "alternative").is_none()
        && syntax
            .child(stmt, "condition")
            .is_some_and(|condition| syntax.text(condition) == format!("{} != nil", syntax.text(error)));
    let arm = syntax.child(stmt, "consequence").filter(|&arm| is_check && ends_function(cx, file, arm));
    arm.is_some_and(|arm| {
        let is_turn = |other: &&Site| other.legacy == Legacy::Turn && other.file == file;
        !unit.sites.iter().filter(is_turn).any(|other| syntax.is_inside(other.name, arm))
    })
}

/// Whether the session has certainly no turn yet, so that it does not matter whether there is one to append.
fn is_fresh(session: &Sessions<'_, '_>, site: &Site, stmt: NodeId) -> bool {
    let Sessions { cx, unit, facts, .. } = session;
    let (file, syntax) = (site.file, cx.syntax(site.file));
    let is_empty = |turn: NodeId| syntax.text(turn) == "nil";
    let repeats = syntax.ancestors(stmt).find(|&node| matches!(syntax.kind(node), "for_statement" | "func_literal"));
    let [creation] = &facts.creations[..] else { return false };
    let gives_turn = |other: &&Site| match other.legacy {
        Legacy::RunInference | Legacy::RunInferenceStarted => true,
        Legacy::Turn => is_written(session, other),
        _ => false,
    };
    creation.file == file
        && is_empty(creation.turn)
        && repeats.is_none_or(|around| syntax.is_inside(creation.call, around))
        && !unit
            .sites
            .iter()
            .filter(gives_turn)
            .any(|other| other.file != file || syntax.start(other.name) < syntax.start(site.name))
}

/// Whether the turn of a state is assigned to.
pub(crate) fn is_written(session: &Sessions<'_, '_>, site: &Site) -> bool {
    site.whole == site.name || session.cx.syntax(site.file).may_be_put_into(site.whole)
}
