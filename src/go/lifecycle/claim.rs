//! The claim of a run: `StartRun` with the block of its failure.

use super::lost;
use crate::go::cx::{Cx, Outcome};
use crate::go::index::FileIdx;
use crate::go::runs::leaves;
use crate::go::sites::Site;
use crate::go::syntax::NodeId;

/// A claim.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub(crate) stmt: NodeId,
    /// The `if` that looks at the claim's error: the statement itself, or the one behind it.
    pub(crate) check: NodeId,
    pub(crate) arm: NodeId,
    /// The variable with the error.
    error: Option<NodeId>,
}

impl Claim {
    pub(crate) fn of(cx: &Cx<'_>, site: &Site) -> Result<Self, Outcome> {
        let (file, syntax) = (site.file, cx.syntax(site.file));
        let call = cx.call_of_name(file, site.name).ok_or_else(|| lost("the claim is used as a value"))?;
        let stmt = cx.stmt(file, call).ok_or_else(|| lost("the claim stands in no statement"))?;
        let claim = match syntax.kind(stmt) {
            "if_statement" => in_if(cx, file, stmt, call),
            "short_var_declaration" | "assignment_statement" => in_front(cx, file, stmt, call),
            _ => None,
        };
        let claim = claim.ok_or_else(|| lost("what follows a refused claim cannot be read"))?;
        match leaves(cx, file, claim.arm) {
            true => Ok(claim),
            false => Err(lost("a refused claim does not leave this code")),
        }
    }

    /// Whether the statement in front asks whether the state runs, and does what a refused claim does.
    pub(super) fn is_asked_before(&self, cx: &Cx<'_>, file: FileIdx) -> bool {
        let syntax = cx.syntax(file);
        let (before, _) = cx.siblings(file, self.stmt);
        let Some(&last) = before.last().filter(|&&last| syntax.kind(last) == "if_statement") else { return false };
        let condition = syntax.child(last, "condition");
        condition.is_some_and(|condition| syntax.text(condition).ends_with(".IsRunning()"))
            && syntax.child(last, "consequence").is_some_and(|arm| leaves(cx, file, arm))
    }

    /// Whether the block names the error.
    pub(super) fn names_error(&self, cx: &Cx<'_>, file: FileIdx) -> bool {
        let syntax = cx.syntax(file);
        let Some(error) = self.error else { return false };
        let name = syntax.text(error);
        syntax.below(self.arm).any(|node| syntax.kind(node) == "identifier" && syntax.text(node) == name)
    }

    /// What the error of the start is called in front of `at`: as the claim's, if nothing behind declares that name again.
    pub(super) fn error_name(&self, cx: &Cx<'_>, file: FileIdx, at: NodeId) -> String {
        let syntax = cx.syntax(file);
        let name = self.error.map_or("err", |error| syntax.text(error));
        let (before, behind) = cx.siblings(file, at);
        let declares_alone = |stmt: &NodeId| {
            let left = syntax.child(*stmt, "left").filter(|_| syntax.kind(*stmt) == "short_var_declaration");
            left.is_some_and(|left| syntax.list(left).iter().all(|&place| [name, "_"].contains(&syntax.text(place))))
        };
        let is_known = before.iter().any(|stmt| {
            *stmt != self.stmt
                && syntax.kind(*stmt) == "short_var_declaration"
                && syntax
                    .child(*stmt, "left")
                    .is_some_and(|left| syntax.list(left).iter().any(|&place| syntax.text(place) == name))
        });
        match !is_known && behind.iter().chain([&at]).any(declares_alone) {
            true => "startErr".to_owned(),
            false => name.to_owned(),
        }
    }

    /// The block with the error called `name`.
    pub(super) fn renamed(&self, cx: &Cx<'_>, file: FileIdx, arm: &str, name: &str) -> String {
        match self.error.map(|error| cx.text(file, error)) {
            Some(old) if old != name => crate::go::words::replace(arm, old, name),
            _ => arm.to_owned(),
        }
    }
}

/// `if err := X.StartRun(); err != nil { … }` and `if X.StartRun() != nil { … }`.
fn in_if(cx: &Cx<'_>, file: FileIdx, stmt: NodeId, call: NodeId) -> Option<Claim> {
    let syntax = cx.syntax(file);
    if syntax.child(stmt, "alternative").is_some() {
        return None;
    }
    let (condition, arm) = (syntax.child(stmt, "condition")?, syntax.child(stmt, "consequence")?);
    if let Some(initializer) = syntax.child(stmt, "initializer") {
        let error = error_of(cx, file, initializer, call)?;
        let is_check = syntax.text(condition) == format!("{} != nil", syntax.text(error));
        return is_check.then_some(Claim { stmt, check: stmt, arm, error: Some(error) });
    }
    let is_check = syntax.text(condition) == format!("{} != nil", syntax.text(call));
    is_check.then_some(Claim { stmt, check: stmt, arm, error: None })
}

/// `err := X.StartRun()`, and `if err != nil { … }` behind it.
fn in_front(cx: &Cx<'_>, file: FileIdx, stmt: NodeId, call: NodeId) -> Option<Claim> {
    let syntax = cx.syntax(file);
    let error = error_of(cx, file, stmt, call)?;
    let (_, behind) = cx.siblings(file, stmt);
    let &check = behind.first().filter(|&&check| syntax.kind(check) == "if_statement")?;
    let condition = syntax.child(check, "condition")?;
    let is_check = syntax.text(condition) == format!("{} != nil", syntax.text(error))
        && syntax.child(check, "initializer").is_none()
        && syntax.child(check, "alternative").is_none();
    let arm = syntax.child(check, "consequence")?;
    is_check.then_some(Claim { stmt, check, arm, error: Some(error) })
}

fn error_of(cx: &Cx<'_>, file: FileIdx, assignment: NodeId, call: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let (left, right) = (syntax.child(assignment, "left")?, syntax.child(assignment, "right")?);
    match (&syntax.list(left)[..], &syntax.list(right)[..]) {
        ([error], [value]) if *value == call && syntax.kind(*error) == "identifier" => Some(*error),
        _ => None,
    }
}
