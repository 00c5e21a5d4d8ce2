//! What is read of a state besides its runs.

use super::{Run, Seed};
use crate::go::cx::Cx;
use crate::go::infer::Ref;
use crate::go::proof;
use crate::go::rules::state_access;
use crate::go::runs::{Form, form, leaves};
use crate::go::session::Sessions;
use crate::go::session::facts::{Creation, Literal};
use crate::go::session::steady;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::go::variables::{means_the_same, visible, writes};

/// Where the turn or the id of a state is read, and what stands there instead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Read {
    pub(crate) node: NodeId,
    pub(crate) value: Held,
}

/// What a state holds where it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// What it was made with.
    Expr(NodeId),
    /// The result of its run: the name that stands in front of the call, `_` where it has none.
    Result(NodeId),
}

/// Everything that is read of the state; nothing where it is not known to be something that is at hand.
pub(super) fn of(
    session: &Sessions<'_, '_>,
    made: &Literal,
    creation: &Creation,
    runs: &[Run],
    repeats: bool,
) -> Option<Vec<Read>> {
    let cx = session.cx;
    let Some(variable) = creation.variable else { return Some(Vec::new()) };
    let syntax = cx.syntax(creation.file);
    let is_seed = |used: NodeId| {
        let seeds = runs.iter().filter_map(|run| match run.seed {
            Seed::OfState(seed) => Some(seed),
            _ => None,
        });
        seeds.into_iter().any(|seed| syntax.is_inside(used, seed))
    };
    let uses = cx.uses(creation.file, variable).iter().copied();
    uses.filter(|&used| made.state != Some(used) && !is_seed(used))
        .map(|used| {
            let node = syntax.parent(used).filter(|&above| syntax.child(above, "operand") == Some(used))?;
            if syntax.may_be_put_into(node) {
                return None;
            }
            let value = match field(cx, creation, node)? {
                Legacy::RunId => Held::Expr(id(session, creation, node)?),
                Legacy::Turn if !repeats => turn(cx, creation, runs.first()?, node)?,
                _ => return None,
            };
            Some(Read { node, value })
        })
        .collect()
}

/// Whether `node` is the turn of the state.
pub(super) fn is_turn(cx: &Cx<'_>, creation: &Creation, node: NodeId) -> bool {
    let operand = cx.syntax(creation.file).child(node, "operand");
    let is_of_state = operand
        .zip(creation.variable)
        .is_some_and(|(operand, variable)| cx.inferred(creation.file).meaning(operand) == Some(Ref::Local(variable)));
    is_of_state && field(cx, creation, node) == Some(Legacy::Turn)
}

fn field(cx: &Cx<'_>, creation: &Creation, selector: NodeId) -> Option<Legacy> {
    let field = cx.syntax(creation.file).child(selector, "field")?;
    match cx.inferred(creation.file).meaning(field) {
        Some(Ref::Def(def)) => cx.legacy.get(def),
        _ => None,
    }
}

/// The id that the state was made with, if it is still that and can be written again.
fn id(session: &Sessions<'_, '_>, creation: &Creation, at: NodeId) -> Option<NodeId> {
    let (cx, id) = (session.cx, creation.id);
    let is_there = steady::is_fixed(cx, creation.file, id) && means_the_same(cx, creation.file, id, at);
    (is_there && !state_access::adopts_ids(session)).then_some(id)
}

/// The turn of a state in front of its only run, or behind it.
fn turn(cx: &Cx<'_>, creation: &Creation, run: &Run, at: NodeId) -> Option<Held> {
    let (file, syntax) = (creation.file, cx.syntax(creation.file));
    if cx.function(file, at) != cx.function(file, run.call) {
        return None;
    }
    if syntax.start(at) < syntax.start(run.call) {
        let turn = creation.turn;
        let is_there = proof::is_stable(cx, file, turn) && steady::is_steady(cx, file, turn);
        return (is_there && means_the_same(cx, file, turn, at)).then_some(Held::Expr(turn));
    }
    let (stmt, Form::Alone { assigned, check: Some(arm) }) = form(cx, file, run.call)? else { return None };
    let is_deferred = syntax.ancestors(at).any(|node| syntax.kind(node) == "defer_statement");
    let (_, behind) = cx.siblings(file, stmt);
    let is_behind = behind.into_iter().any(|stmt| syntax.is_inside(at, stmt)) && !syntax.is_inside(at, arm);
    let out = assigned.left[0];
    let is_before =
        |name: NodeId| syntax.end(name) <= syntax.start(run.call) && cx.function(file, name) == cx.function(file, at);
    let is_result = syntax.text(out) == "_" && syntax.kind(stmt) != "var_declaration"
        || matches!(cx.inferred(file).meaning(out), Some(Ref::Local(declared))
            if visible(cx, file, syntax.text(out), at) == Some(declared)
                && writes(cx, file, declared).iter().all(|write| is_before(write.name)));
    let is_sure = is_behind && leaves(cx, file, arm) && !is_deferred && !cx.sights().gives_nothing;
    (is_sure && is_result).then_some(Held::Result(out))
}
