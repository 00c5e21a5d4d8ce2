//! Core sessions that need no session in their place: the block that makes one and its state has both for itself, so the
//! engine, or the runner of a builder, runs where they ran.

mod reads;

use super::facts::{Creation, Literal};
use super::settings::{self, Plan};
use super::{Sessions, leftovers, literal, persisters};
use crate::go::cx::Cx;
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::proof;
use crate::go::runs::form;
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::go::ty::Ty;
use crate::go::variables::first_of_statement;

pub(crate) use reads::{Held, Read};

/// A core session whose runs stand on their own.
#[derive(Debug)]
pub(crate) struct InPlace {
    pub(crate) literal: Literal,
    pub(crate) creation: Creation,
    pub(crate) plan: Plan,
    pub(crate) runs: Vec<Run>,
    /// Where the turn or the id of the state is read.
    pub(crate) reads: Vec<Read>,
    /// Whether it has more than sinks, so that a builder is needed.
    pub(crate) has_builder: bool,
    /// Whether more than one run may come of it.
    pub(crate) repeats: bool,
}

/// A run of a core session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) call: NodeId,
    /// What stands in front of `.RunInference`.
    pub(crate) operand: NodeId,
    pub(crate) ctx: NodeId,
    pub(crate) seed: Seed,
}

/// The turn that a run begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seed {
    /// This one, which is there.
    Given(NodeId),
    /// This one; where it is nil, that of the state.
    Perhaps(NodeId),
    /// That of the state, which is asked for like this.
    OfState(NodeId),
}

impl InPlace {
    /// Whether the site is about this core session, its state or its runs.
    pub(crate) fn owns(&self, cx: &Cx<'_>, site: &Site) -> bool {
        let (file, syntax) = (self.literal.file, cx.syntax(self.literal.file));
        if site.file != file {
            return false;
        }
        if site.legacy == Legacy::NewInferenceState {
            return cx.call_of_name(file, site.name) == Some(self.creation.call);
        }
        let operand = syntax.child(site.whole, "operand").filter(|_| site.whole != site.name);
        let of_variable = operand.is_some_and(|operand| {
            let variables = [self.literal.variable, self.creation.variable];
            variables.into_iter().flatten().any(|it| cx.inferred(file).meaning(operand) == Some(Ref::Local(it)))
        });
        let is_type = site.legacy == Legacy::CoreSession
            && syntax.is_inside(site.name, self.literal.node)
            && !syntax.is_inside(site.name, self.literal.body);
        let element = syntax.enclosing(site.name, &["keyed_element"]);
        let is_key = element.is_some_and(|element| {
            syntax.parent(element) == Some(self.literal.body)
                && syntax.child(element, "key").is_some_and(|key| syntax.is_inside(site.name, key))
        });
        let is_run = operand.is_some_and(|operand| self.runs.iter().any(|run| run.operand == operand));
        of_variable || is_type || is_key || is_run
    }
}

/// The core sessions of a unit that need no session in their place.
pub(super) fn find(session: &Sessions<'_, '_>) -> Vec<InPlace> {
    session.facts.literals.iter().filter_map(|literal| of(session, literal)).collect()
}

fn of(session: &Sessions<'_, '_>, made: &Literal) -> Option<InPlace> {
    let cx = session.cx;
    let file = made.file;
    let creation = *creation(session, made)?;
    let plan = settings::plan(session, made).ok()?;
    let calls = calls(cx, made, &plan)?;
    let repeats = calls.len() > 1 || calls.iter().any(|&call| may_repeat(cx, file, call, creation.call));
    if !calls.iter().all(|&call| is_near(cx, file, call, made.node, repeats)) {
        return None;
    }
    let runs = calls.into_iter().map(|call| run(cx, &creation, call)).collect::<Option<Vec<Run>>>()?;
    let has_builder = has_builder(cx, made, &plan);
    let fits = |run: &Run| {
        let is_given = matches!(run.seed, Seed::Given(_));
        (is_given || !repeats)
            && (!has_builder || form(cx, file, run.call).is_some())
            && !(cx.sights().keeps_contexts && is_put_off(cx, file, run.call))
    };
    if !runs.iter().all(fits) || persists_id(session, made, &plan) || is_late(cx, made, &creation, &runs) {
        return None;
    }
    let reads = reads::of(session, made, &creation, &runs, repeats)?;
    let is_unnamed = |read: &Read| matches!(read.value, Held::Result(out) if cx.text(file, out) == "_");
    if has_builder && reads.iter().any(is_unnamed) {
        return None;
    }
    Some(InPlace { literal: made.clone(), creation, plan, runs, reads, has_builder, repeats })
}

/// The state of a core session, if the function that makes this one makes it, too.
fn creation<'a>(session: &Sessions<'a, '_>, made: &Literal) -> Option<&'a Creation> {
    let Sessions { cx, facts, .. } = session;
    let (file, syntax) = (made.file, cx.syntax(made.file));
    let state = made.state?;
    let creation = match cx.inferred(file).meaning(state) {
        Some(Ref::Local(declared)) => facts.creation_of(file, declared)?,
        _ => literal::creation_at(session, file, state)?,
    };
    let is_alone = |variable: Option<NodeId>, value| variable.is_none() || declaration(cx, file, value).is_some();
    let is_of_function = cx.function(file, creation.call) == cx.function(file, made.node);
    (is_of_function
        && syntax.text(creation.engine) != "nil"
        && is_alone(creation.variable, creation.call)
        && is_alone(made.variable, made.node))
    .then_some(creation)
}

/// The statement that declares a variable with this value, and does nothing else.
pub(crate) fn declaration(cx: &Cx<'_>, file: FileIdx, value: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let stmt = cx.stmt(file, value)?;
    let (names, values) = match syntax.kind(stmt) {
        "short_var_declaration" => (syntax.list(syntax.child(stmt, "left")?), syntax.child(stmt, "right")?),
        "var_declaration" => {
            let mut specs = syntax.children(stmt);
            let spec = specs.next().filter(|_| specs.next().is_none())?;
            if syntax.child(spec, "type").is_some() {
                return None;
            }
            (syntax.names(spec).collect(), syntax.child(spec, "value")?)
        }
        _ => return None,
    };
    (names.len() == 1 && syntax.list(values) == [value]).then_some(stmt)
}

/// The runs of a core session, if nothing else is done with it but setting its fields.
fn calls(cx: &Cx<'_>, made: &Literal, plan: &Plan) -> Option<Vec<NodeId>> {
    let (file, syntax) = (made.file, cx.syntax(made.file));
    let is_setting = |used: NodeId| plan.settings().iter().any(|setting| syntax.is_inside(used, setting.stmt));
    let operands: Vec<NodeId> = match made.variable {
        Some(variable) => cx.uses(file, variable).iter().copied().filter(|&used| !is_setting(used)).collect(),
        None => vec![made.node],
    };
    let calls: Option<Vec<NodeId>> = operands.into_iter().map(|operand| call(cx, file, operand)).collect();
    calls.filter(|calls| !calls.is_empty())
}

/// The call of `RunInference` on a core session.
fn call(cx: &Cx<'_>, file: FileIdx, operand: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let selector = syntax.ancestors(operand).skip(1).find(|&node| syntax.kind(node) != "parenthesized_expression")?;
    let field = syntax.child(selector, "field")?;
    let Some(Ref::Def(def)) = cx.inferred(file).meaning(field) else { return None };
    let is_run = cx.legacy.get(def) == Some(Legacy::RunInference);
    cx.call_of_name(file, field).filter(|_| is_run)
}

/// Whether a call is made again before the state is made anew.
fn may_repeat(cx: &Cx<'_>, file: FileIdx, call: NodeId, state: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let is_loop = |node: &NodeId| syntax.kind(*node) == "for_statement" && !syntax.is_inside(state, *node);
    syntax.ancestors(call).any(|node| is_loop(&node)) || jumps(cx, file, call)
}

/// Whether the function around `node` has a `goto`.
pub(crate) fn jumps(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let function = cx.function(file, node);
    function.is_some_and(|function| syntax.below(function).any(|node| syntax.kind(node) == "goto_statement"))
}

/// Whether a call is made by the function that makes the core session, or by a literal that this calls on the spot: one
/// run after the other where there are more.
fn is_near(cx: &Cx<'_>, file: FileIdx, call: NodeId, made: NodeId, repeats: bool) -> bool {
    let syntax = cx.syntax(file);
    let Some(home) = cx.function(file, made) else { return false };
    let is_called = |literal: NodeId| {
        let above = syntax.parent(literal).filter(|_| syntax.role(literal) == "function");
        above.is_some_and(|above| syntax.kind(above) == "call_expression")
    };
    syntax.is_inside(call, home)
        && syntax.ancestors(call).take_while(|&node| node != home).all(|node| match syntax.kind(node) {
            "func_literal" => is_called(node),
            "go_statement" | "defer_statement" => !repeats,
            _ => true,
        })
}

/// Whether the statement of a core session that has no name does something before it makes it, and what it is made with
/// would be done before that.
fn is_late(cx: &Cx<'_>, made: &Literal, creation: &Creation, runs: &[Run]) -> bool {
    let sinks = made.parts.iter().map(|&(_, _, value)| value);
    let mut parts = [creation.id, creation.turn].into_iter().chain(sinks);
    made.variable.is_none()
        && !parts.all(|part| leftovers::is_idle(cx, made.file, part))
        && !runs.iter().all(|run| first_of_statement(cx, made.file, run.call).is_some())
}

/// Whether the arguments of a call are evaluated before it is made: `go` and `defer`.
fn is_put_off(cx: &Cx<'_>, file: FileIdx, call: NodeId) -> bool {
    let syntax = cx.syntax(file);
    syntax.parent(call).is_some_and(|above| matches!(syntax.kind(above), "go_statement" | "defer_statement"))
}

fn run(cx: &Cx<'_>, creation: &Creation, call: NodeId) -> Option<Run> {
    let (file, syntax) = (creation.file, cx.syntax(creation.file));
    let [ctx, seed] = cx.args(file, call)[..] else { return None };
    let operand = syntax.child(syntax.child(call, "function")?, "operand")?;
    let seed = match syntax.bare(seed) {
        bare if *cx.ty(file, bare) == Ty::Nil || reads::is_turn(cx, creation, bare) => Seed::OfState(seed),
        // What an example does not show is taken to be there.
        bare if proof::is_not_nil(cx, file, bare) || cx.example(file).is_some() => Seed::Given(seed),
        _ => Seed::Perhaps(seed),
    };
    Some(Run { call, operand, ctx, seed })
}

/// Whether a core session has more than sinks. A hook may come with the context, too, where it calls none but a builder's.
fn has_builder(cx: &Cx<'_>, made: &Literal, plan: &Plan) -> bool {
    let given = made.parts.iter().filter(|(_, _, value)| *cx.ty(made.file, *value) != Ty::Nil).map(|(part, ..)| *part);
    let mut all = given.chain(plan.settings().iter().map(|setting| setting.part));
    all.any(|part| part != Legacy::EventSinks) || cx.sights().hooks_contexts
}

/// Whether turns go to a persister that wants to know their run: only a session tells it.
fn persists_id(session: &Sessions<'_, '_>, made: &Literal, plan: &Plan) -> bool {
    let mut parts = made.parts.iter().map(|(part, ..)| *part).chain(plan.settings().iter().map(|setting| setting.part));
    parts.any(|part| part == Legacy::Persister) && persisters::read_ids(session)
}
