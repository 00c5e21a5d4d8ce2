//! Where a run starts that was claimed before: the statement in front of which it does.

use super::claim::Claim;
use super::lost;
use super::split::Split;
use crate::go::cx::{Cx, Outcome};
use crate::go::syntax::{NodeId, Syntax};

/// The statement in front of which the run starts: in the function of the claim, behind it, where the run, or the function
/// literal that runs, is certain to come next.
pub(super) fn of(cx: &Cx<'_>, claim: &Claim, run: NodeId, split: Option<&Split>) -> Result<NodeId, Outcome> {
    let (file, syntax) = (claim.file, cx.syntax(claim.file));
    if let Some(split) = split {
        let mut within = syntax.ancestors(run).take_while(|&node| node != split.decl);
        if within.any(|node| syntax.kind(node) == "for_statement" || node != run && is_perhaps(syntax, node)) {
            return Err(lost("whether and how often the run takes place is decided after the claim"));
        }
    }
    let run = split.map_or(run, |split| split.call);
    let list = syntax.parent(claim.stmt);
    let inside = |node: NodeId| syntax.ancestors(node).take_while(move |&node| Some(node) != list);
    let outer = inside(run).filter(|&node| syntax.kind(node) == "func_literal").last().unwrap_or(run);
    let follows = |at: &NodeId| {
        let last = claim.checks.last().copied().unwrap_or(claim.stmt);
        list.is_some_and(|list| syntax.is_inside(*at, list)) && syntax.start(*at) >= syntax.end(last)
    };
    let at = cx.stmt(file, outer).filter(follows).ok_or_else(|| lost("the run does not follow the claim"))?;
    if inside(run).any(|node| syntax.kind(node) == "for_statement") {
        return Err(lost("the run is repeated under one claim, and each start needs its own"));
    }
    let mut within = syntax.ancestors(run).take_while(|&node| node != at);
    if within.any(|node| node != run && is_perhaps(syntax, node)) {
        return Err(lost("whether the run takes place is decided after the claim"));
    }
    if syntax.kind(at) == "defer_statement" {
        return Err(lost("the run is deferred"));
    }
    let jumps = ["break_statement", "continue_statement", "goto_statement"];
    let jumps_out =
        claim.checks.iter().any(|&check| syntax.below(check).any(|node| jumps.contains(&syntax.kind(node))));
    if syntax.parent(at) != list && jumps_out {
        return Err(lost("a refused claim goes elsewhere in this function than a refused start would"));
    }
    Ok(at)
}

/// Whether the node is done only sometimes when its parent is.
pub(super) fn is_perhaps(syntax: &Syntax, node: NodeId) -> bool {
    matches!(syntax.role(node), "consequence" | "alternative")
        || matches!(syntax.kind(node), "expression_case" | "default_case" | "communication_case" | "type_case")
        || syntax.role(node) == "right"
            && syntax.parent(node).is_some_and(|above| syntax.kind(above) == "binary_expression")
}
