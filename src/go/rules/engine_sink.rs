//! `engine-sink`: a sink given to an engine's construction moves to the context of the runs that the engine reaches.

pub(crate) mod absent;
pub(crate) mod carry;
pub(crate) mod reach;

use self::carry::{Carried, Carrier, Piece};
use self::reach::{Reach, Run, is_call_of};
use super::engine_options::Options;
use crate::go::cx::{Change, Cx, Outcome};
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::syntax::NodeId;
use crate::go::variables::{Value, only_value};
use crate::rules::Trap;

/// An engine built with options.
pub(crate) fn construction(cx: &Cx<'_>, options: &Options<'_>, file: FileIdx, call: NodeId) -> Outcome {
    let Some(given) = options.given(cx, file, call) else { return Outcome::safe(Vec::new(), "the same call") };
    let removed = given.removal();
    let pieces = carry::pieces(cx, options, file, &given.args);
    if pieces.is_empty() {
        return Outcome::safe(removed, "the same call without options");
    }
    let reach = reach::of(cx, file, call);
    if let Some(outcome) = lost(cx, &reach) {
        return outcome;
    }
    if reach.runs.iter().all(|&run| is_told_twice(cx, file, &pieces, run)) && !reach.runs.is_empty() {
        return Outcome::safe(removed, "the context of the engine's runs carries the sink").offered(
            Trap::DoubleSink,
            "the context carries the sink already, so legacy told it twice; it is told once then",
        );
    }
    let carrier = Carrier { cx, options, file, call, runs: &reach.runs };
    let carried = match carrier.carry(&pieces) {
        Ok(carried) => carried,
        Err(outcome) => return outcome,
    };
    let mut changes = removed;
    changes.extend(carried.in_front.clone());
    changes.extend(reach.runs.iter().flat_map(|&run| wrapped(cx, run, &carried)));
    let mut outcome = Outcome::safe(changes, "the context of the engine's runs carries the sink");
    if carried.is_conditional {
        outcome = outcome.because(Trap::NilSink, "");
    }
    reach.wider.iter().fold(outcome, |outcome, why| outcome.offered(Trap::SinkScope, why))
}

/// What is said of an engine that goes where nobody can follow it, or into a session.
fn lost(cx: &Cx<'_>, reach: &Reach) -> Option<Outcome> {
    if let Some(&(file, node)) = reach.escapes.first().or_else(|| reach.returns.first()) {
        let why = format!("the engine goes out of sight with its sinks ({})", cx.place(file, node));
        let help = "build the engine without options and attach the sinks where it runs: \
                    eng.RunInference(events.WithEventSinks(ctx, sink), turn), or in the session that runs it: \
                    enginebuilder.WithEventSinks(sink)";
        let scope = "engine-level sinks saw only the engine's own events";
        return Some(Outcome::report(why, help).because(Trap::SinkScope, scope));
    }
    let &(file, state) = reach.states.first()?;
    let why = format!("the engine goes into a session ({}), which is not migrated with it", cx.place(file, state));
    Some(Outcome::report(why, "give the sinks to the session's builder: enginebuilder.WithEventSinks(sink)"))
}

/// Wraps the context of a run.
fn wrapped(cx: &Cx<'_>, run: Run, carried: &Carried) -> Vec<Change> {
    let Run { file, ctx } = run;
    let syntax = cx.syntax(file);
    let given = cx.args(file, ctx);
    let joins = !carried.is_spread
        && is_call_of(cx, file, ctx, "events", "WithEventSinks")
        && given.last().is_some_and(|&last| syntax.kind(last) != "variadic_argument");
    if let (Some(&last), true) = (given.last(), joins) {
        return vec![cx.edit(file, syntax.end(last)..syntax.end(last), format!(", {}", carried.args))];
    }
    let (start, end) = (syntax.start(ctx), syntax.end(ctx));
    let events = cx.package(file, "events");
    vec![
        cx.edit(file, start..start, format!("{events}WithEventSinks(")),
        cx.edit(file, end..end, format!(", {})", carried.args)),
    ]
}

/// Whether the context of a run carries just the sinks that the engine has, too.
fn is_told_twice(cx: &Cx<'_>, file: FileIdx, pieces: &[Piece], run: Run) -> bool {
    let mut carried = Vec::new();
    carried_by(cx, run.file, run.ctx, &mut carried, 0);
    pieces.iter().all(|piece| {
        let own = cx.inferred(file).meaning(cx.syntax(file).bare(piece.expr));
        matches!(own, Some(Ref::Local(_) | Ref::Def(_))) && !piece.is_spread && carried.contains(&own)
    })
}

/// What the sinks are called that a context is made with.
fn carried_by(cx: &Cx<'_>, file: FileIdx, ctx: NodeId, carried: &mut Vec<Option<Ref>>, depth: usize) {
    let ctx = cx.syntax(file).bare(ctx);
    if is_call_of(cx, file, ctx, "events", "WithEventSinks") && depth < 8 {
        let args = cx.args(file, ctx);
        carried.extend(args.iter().skip(1).map(|&sink| cx.inferred(file).meaning(sink)));
        args.first().into_iter().for_each(|&inner| carried_by(cx, file, inner, carried, depth + 1));
    } else if let Some(Ref::Local(declared)) = cx.inferred(file).meaning(ctx)
        && let Some(Value::Expr(value)) = only_value(cx, file, declared)
        && depth < 8
    {
        carried_by(cx, file, value, carried, depth + 1);
    }
}
