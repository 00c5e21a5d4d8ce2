//! The text of a lifecycle: a look where it was claimed, the start in front of the run, the wait in its place.

use std::collections::BTreeSet;

use super::wrapper::Says;
use super::{Claim, Lifecycle, split};
use crate::go::cx::Cx;
use crate::go::infer::Ref;
use crate::go::session::Sessions;
use crate::go::syntax::NodeId;

/// Drafts the changes of a lifecycle.
pub(crate) fn rewrite(session: &Sessions<'_, '_>, lifecycle: &Lifecycle) {
    let Sessions { cx, draft, .. } = session;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let claim = &lifecycle.claim;
    let text = &lifecycle.session;
    let at = lifecycle.at_before.unwrap_or(lifecycle.at);
    let error = ErrorName::of(cx, claim, at);
    if claim.wrapper.is_none() {
        claim_becomes(session, lifecycle, &error);
        claim.checks.iter().filter(|&&check| check != claim.stmt).for_each(|&check| draft.remove_stmt(file, check));
    }
    let hoisted = lifecycle.hoisted.iter().map(|&stmt| lifecycle.at_start(session, draft.block(file, stmt)));
    let mut lines: Vec<String> = hoisted.collect();
    let builders = lifecycle.builders.iter().filter(|(_, builder)| !builder.is_empty());
    lines.extend(builders.map(|(_, builder)| format!("{text}.Builder = {builder}")));
    if syntax.text(lifecycle.seed) != "nil" {
        let seed = lifecycle.at_start(session, draft.text(file, lifecycle.seed));
        lines.push(format!("{text}.Append({seed})"));
    }
    if error.is_assigned {
        let package = cx.package(file, "inference/session");
        lines.push(format!("var {} *{package}ExecutionHandle", lifecycle.handle));
    }
    let assigns = if error.is_assigned { "=" } else { ":=" };
    lines.push(format!("{}, {} {assigns} {}", lifecycle.handle, error.name, lifecycle.start));
    let mut checks = claim.checks_of_start(session, &error.name);
    if let Some(first) = &lifecycle.on_failure {
        let head = format!("if {} != nil {{", error.name);
        match checks.as_mut_slice() {
            [check] if check.starts_with(&format!("{head}\n")) => check.insert_str(head.len(), &format!("\n\t{first}")),
            _ => checks.insert(0, format!("{head}\n\t{first}\n}}")),
        }
    }
    lines.extend(checks);
    draft.insert_before(file, at, &lines);
    draft.large(file, syntax.range(lifecycle.run), format!("{}.Wait()", lifecycle.handle));
    if let Some(split) = &lifecycle.split {
        split::draft(session, lifecycle, split);
    }
    lifecycle.replaced.iter().for_each(|(stmt, text)| draft.replace_stmt(file, *stmt, std::slice::from_ref(text)));
    lifecycle.added.iter().for_each(|(stmt, text)| draft.insert_before(file, *stmt, std::slice::from_ref(text)));
    let is_replaced = |stmt: &NodeId| lifecycle.replaced.iter().any(|(other, _)| other == stmt);
    let removed: BTreeSet<NodeId> = lifecycle.removed.iter().chain(&lifecycle.hoisted).copied().collect();
    let removed: BTreeSet<NodeId> = removed.into_iter().filter(|stmt| !is_replaced(stmt)).collect();
    let first: Vec<NodeId> = removed.iter().copied().filter(|&stmt| cx.siblings(file, stmt).0.is_empty()).collect();
    let heads: Vec<NodeId> =
        first.into_iter().flat_map(|first| remove_head(session, lifecycle, first, &removed)).collect();
    removed.into_iter().filter(|stmt| !heads.contains(stmt)).for_each(|stmt| draft.remove_stmt(file, stmt));
}

/// Removes the first statements of a list, if all up to some that stays go, with the blank lines between them.
fn remove_head(
    session: &Sessions<'_, '_>,
    lifecycle: &Lifecycle,
    first: NodeId,
    removed: &BTreeSet<NodeId>,
) -> Vec<NodeId> {
    let Sessions { cx, draft, .. } = session;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let (_, behind) = cx.siblings(file, first);
    let rest: Vec<NodeId> = behind.iter().copied().take_while(|stmt| removed.contains(stmt)).collect();
    let (Some(next), false) = (behind.get(rest.len()), rest.is_empty()) else { return Vec::new() };
    let text = syntax.source.text();
    let line_of = |node: NodeId| text[..syntax.start(node)].rfind('\n').map_or(0, |at| at + 1);
    let range = line_of(first)..line_of(*next);
    let has_comments = syntax.nodes().any(|node| syntax.kind(node) == "comment" && range.contains(&syntax.start(node)));
    if has_comments || range.is_empty() {
        return Vec::new();
    }
    draft.large(file, range, "");
    std::iter::once(first).chain(rest).collect()
}

/// Where others may have started the session it is asked whether it runs; the error is declared where others use it.
fn claim_becomes(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, error: &ErrorName) {
    let Sessions { cx, draft, facts, .. } = session;
    let claim = &lifecycle.claim;
    let text = &lifecycle.session;
    let mut lines: Vec<String> = Vec::new();
    if error.is_used_between {
        lines.push(format!("var {} error", claim.error.map_or("err", |error| cx.text(claim.file, error))));
    }
    if facts.is_shared && !claim.is_asked_before(session, text) {
        lines.extend(claim.busy(session).map(|busy| format!("if {text}.IsRunning() {busy}")));
    }
    match lines.is_empty() {
        true => draft.remove_stmt(claim.file, claim.stmt),
        false => draft.replace_stmt(claim.file, claim.stmt, &lines),
    }
}

/// What the error of the start is called.
struct ErrorName {
    name: String,
    /// Whether it is a variable of an outer scope, which the claim's error went to, too.
    is_assigned: bool,
    /// Whether the variable that the claim declares is used by code that comes before the start, or outside of its scope.
    is_used_between: bool,
}

impl ErrorName {
    /// As the claim's, if nothing that follows `at` means another variable by that name.
    fn of(cx: &Cx<'_>, claim: &Claim, at: NodeId) -> Self {
        let (file, syntax) = (claim.file, cx.syntax(claim.file));
        let claimed = claim.error.filter(|_| claim.wrapper != Some(Says::Success));
        let name = claimed.map_or("err", |error| syntax.text(error));
        let (before, behind) = cx.siblings(file, at);
        let scope: Vec<NodeId> = std::iter::once(at).chain(behind).collect();
        let is_in_scope = |node: NodeId| scope.iter().any(|&stmt| syntax.is_inside(node, stmt));
        let declared = claimed.and_then(|error| match cx.inferred(file).meaning(error) {
            Some(Ref::Local(declared)) => Some(declared),
            _ => None,
        });
        let is_declared_by_claim = declared == claimed && declared.is_some();
        let is_statement = syntax.kind(claim.stmt) == "short_var_declaration";
        let is_asked = |used: NodeId| claim.checks.iter().any(|&check| syntax.is_inside(used, check));
        let is_near = syntax.parent(claim.stmt) == syntax.parent(at);
        let is_used_between = is_declared_by_claim
            && claim.wrapper.is_none()
            && is_statement
            && declared.is_some_and(|declared| {
                cx.uses(file, declared).iter().any(|&used| !(is_asked(used) || is_near && is_in_scope(used)))
            });
        let is_known =
            is_used_between && is_near || declares(cx, claim, &before, name) || is_parameter(cx, claim, at, name);
        let is_same = is_declared_by_claim && is_statement && is_near;
        let means_another = |node: NodeId| match cx.inferred(file).meaning(node) {
            Some(Ref::Local(of)) => {
                syntax.kind(node) == "identifier"
                    && syntax.text(node) == name
                    && !is_in_scope(of)
                    && !(is_same && Some(of) == declared)
            }
            _ => false,
        };
        let is_hidden =
            scope.iter().any(|&stmt| syntax.below(stmt).any(means_another) || declares_alone(cx, claim, stmt, name));
        let is_assigned = claimed.is_some() && !is_declared_by_claim && !is_known;
        let name = match is_known || is_assigned || !is_hidden {
            true => name.to_owned(),
            false => "startErr".to_owned(),
        };
        Self { name, is_assigned, is_used_between }
    }
}

/// Whether one of the statements declares the name for those behind it.
fn declares(cx: &Cx<'_>, claim: &Claim, stmts: &[NodeId], name: &str) -> bool {
    let syntax = cx.syntax(claim.file);
    stmts.iter().filter(|&&stmt| stmt != claim.stmt || claim.wrapper.is_some()).any(|&stmt| match syntax.kind(stmt) {
        "short_var_declaration" => {
            let left = syntax.child(stmt, "left").map_or(Vec::new(), |left| syntax.list(left));
            left.iter().any(|&place| syntax.text(place) == name)
        }
        "var_declaration" => syntax.below(stmt).any(|node| syntax.role(node) == "name" && syntax.text(node) == name),
        _ => false,
    })
}

/// Whether a statement of the function's own list means a parameter or a result by the name.
fn is_parameter(cx: &Cx<'_>, claim: &Claim, at: NodeId, name: &str) -> bool {
    let syntax = cx.syntax(claim.file);
    let Some(function) = cx.function(claim.file, at) else { return false };
    let is_own = syntax.child(function, "body") == syntax.parent(at).and_then(|list| syntax.parent(list));
    let lists = ["parameters", "result"].into_iter().filter_map(|role| syntax.child(function, role));
    let mut names = lists.flat_map(|list| syntax.below(list)).filter(|&node| syntax.role(node) == "name");
    is_own && names.any(|node| syntax.text(node) == name)
}

/// Whether the statement declares the name and no other.
fn declares_alone(cx: &Cx<'_>, claim: &Claim, stmt: NodeId, name: &str) -> bool {
    let syntax = cx.syntax(claim.file);
    let left = syntax.child(stmt, "left").filter(|_| syntax.kind(stmt) == "short_var_declaration");
    left.is_some_and(|left| syntax.list(left).iter().all(|&place| [name, "_"].contains(&syntax.text(place))))
}
