//! `run-inference`: `RunInference` of a core session becomes a start and a wait.

mod forms;
pub(crate) mod in_place;
mod results;
#[cfg(test)]
mod tests;
mod value;

use crate::go::cx::Outcome;
use crate::go::flow::Slot;
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::proof;
use crate::go::runs::{Form, ends_function, form};
use crate::go::session::{Sessions, literal, on_the_spot, restored};
use crate::go::sights;
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::rules::Trap;

/// Decides a run of a core session.
pub(crate) fn decide(session: &Sessions<'_, '_>, site: &Site) -> Outcome {
    let Sessions { cx, draft, facts, .. } = session;
    let (file, syntax) = (site.file, cx.syntax(site.file));
    let Some(call) = cx.call_of_name(file, site.name) else {
        return value::decide(session, site);
    };
    let ([ctx, seed], Some(operand)) = (&cx.args(file, call)[..], syntax.child(site.whole, "operand")) else {
        return Outcome::report(
            "the call has other arguments",
            "start a run: sess.StartInference(ctx), then handle.Wait()",
        );
    };
    let Some(text) = session_text(session, file, operand) else { return inside() };
    let Some((stmt, form)) = form(cx, file, call) else { return inside() };
    let is_own = is_turn_of(session, file, *seed, &text);
    let appended = (syntax.text(*seed) != "nil" && !is_own).then(|| draft.text(file, *seed));
    let handle = handle_name(session, file, call, &form, &["handle", "execution"]);
    let run = forms::Run {
        file,
        stmt,
        shared: (facts.is_shared && facts.reads_history).then(|| text.clone()),
        in_front: appended.map(|seed| format!("{text}.Append({seed})")),
        start: format!("{text}.StartInference({})", draft.text(file, *ctx)),
        wait: format!("{handle}.Wait()"),
        handle,
        handle_type: "*ExecutionHandle",
    };
    if let Err(report) = forms::rewrite(session, &run, &form) {
        return report;
    }
    let outcome = Outcome::safe(Vec::new(), format!("`{}`, then `{}`", run.start, run.wait));
    let is_filled = run.in_front.is_none() && is_filled(session, file, &text, run.stmt);
    let outcome = if is_filled { outcome } else { judge_seed(session, file, *seed, call, outcome) };
    let outcome = sights::judge(cx, file, *seed, call, outcome);
    judge_history(session, outcome, errors_end(session, file, call, &form))
}

fn inside() -> Outcome {
    Outcome::report(
        "the run stands inside of another expression or statement",
        "start the run in a statement of its own: handle, err := sess.StartInference(ctx), then handle.Wait()",
    )
}

/// How the session that runs is written, if it can be written twice.
fn session_text(session: &Sessions<'_, '_>, file: FileIdx, operand: NodeId) -> Option<String> {
    let Sessions { cx, names, .. } = session;
    if proof::is_stable(cx, file, operand) {
        return Some(names.text(cx, file, operand));
    }
    let made = session.facts.literal_at(file, cx.syntax(file).bare(operand))?;
    let state = made.state?;
    match literal::creation_at(session, file, state) {
        Some(_) => Some(on_the_spot::name(session, file, made.node)),
        None => proof::is_stable(cx, file, state).then(|| names.text(cx, file, state)),
    }
}

/// Whether `seed` is the turn that the session has anyway.
fn is_turn_of(session: &Sessions<'_, '_>, file: FileIdx, seed: NodeId, text: &str) -> bool {
    let Sessions { cx, names, .. } = session;
    let operand = cx.syntax(file).child(seed, "operand").filter(|_| is_turn(session, file, seed));
    operand.is_some_and(|operand| proof::is_stable(cx, file, operand) && names.text(cx, file, operand) == text)
}

/// Whether `node` reads the turn of a state.
fn is_turn(session: &Sessions<'_, '_>, file: FileIdx, node: NodeId) -> bool {
    let cx = session.cx;
    let field = cx.syntax(file).child(node, "field").and_then(|field| cx.inferred(file).meaning(field));
    matches!(field, Some(Ref::Def(def)) if cx.legacy.get(def) == Some(Legacy::Turn))
}

/// What the handle of a run is called. Statements behind the run see it, unless it is declared inside of the run's own.
fn handle_name(session: &Sessions<'_, '_>, file: FileIdx, call: NodeId, form: &Form, names: &[&str]) -> String {
    let is_inside = match form {
        Form::Alone { assigned, .. } => session.cx.text(file, assigned.left[1]) == "_",
        Form::InIf { assigned, .. } => assigned.declares,
        Form::Returned => false,
        Form::Ignored => true,
    };
    if is_inside { session.fresh(file, call, names) } else { session.declared(file, call, names) }
}

/// Whether a block is appended to the session's turn in front of the run.
fn is_filled(session: &Sessions<'_, '_>, file: FileIdx, text: &str, stmt: NodeId) -> bool {
    let Sessions { cx, unit, .. } = session;
    let syntax = cx.syntax(file);
    let (before, _) = cx.siblings(file, stmt);
    let appends = |stmt: &&NodeId| {
        proof::turn_appended_to(cx, file, **stmt).is_some_and(|turn| is_turn_of(session, file, turn, text))
    };
    before.iter().rev().find(appends).is_some_and(|&append| {
        let between = syntax.end(append)..syntax.start(stmt);
        let written = unit.sites.iter().filter(|site| site.legacy == Legacy::Turn && site.file == file);
        !written
            .filter(|site| restored::is_written(session, site))
            .any(|site| between.contains(&syntax.start(site.name)))
    })
}

/// Whether every turn that the session is ever given from outside has a block.
fn is_always_full(session: &Sessions<'_, '_>) -> bool {
    let Sessions { cx, facts, unit, .. } = session;
    let is_written = |site: &Site| site.legacy == Legacy::Turn && restored::is_written(session, site);
    !facts.creations.is_empty()
        && facts.creations.iter().all(|creation| proof::has_block(cx, creation.file, creation.turn, creation.call))
        && !unit.sites.iter().any(is_written)
}

/// A session does not run an empty turn.
pub(super) fn judge_seed(
    session: &Sessions<'_, '_>,
    file: FileIdx,
    seed: NodeId,
    at: NodeId,
    outcome: Outcome,
) -> Outcome {
    let cx = session.cx;
    if proof::has_block(cx, file, seed, at) {
        return outcome;
    }
    let is_rerun = cx.text(file, seed) == "nil" || is_turn(session, file, seed);
    if is_rerun && is_always_full(session) {
        return outcome;
    }
    if proof::is_of_prompt(cx, file, seed, at) {
        return outcome.offered(
            Trap::EmptyPrompt,
            "an empty prompt made a turn without blocks, which was run; a session refuses it with ErrSessionEmptyTurn",
        );
    }
    outcome.offered(Trap::EmptyTurn, "a turn without blocks was run; a session refuses it with ErrSessionEmptyTurn")
}

/// What a failed or refused run leaves behind.
pub(super) fn judge_history(session: &Sessions<'_, '_>, outcome: Outcome, errors_end: bool) -> Outcome {
    let facts = session.facts;
    let mut outcome = outcome;
    if facts.is_shared {
        outcome = outcome.offered(
            Trap::CheckThenAct,
            "the turn is appended before the run is claimed: of two prompts that come at once, one may run the other's turn",
        );
    }
    if facts.is_shared {
        outcome = outcome.because(Trap::ErrorIdentity, "the error of a session that runs already has another text");
    }
    if facts.reads_history && (facts.is_shared || !errors_end) {
        outcome = outcome.offered(
            Trap::FailedPromptStays,
            "after a failed run the prompt's turn stays the latest one of the session",
        );
    }
    outcome
}

/// Whether the function ends where the run fails, so that nobody sees what the session holds then.
fn errors_end(session: &Sessions<'_, '_>, file: FileIdx, run: NodeId, form: &Form) -> bool {
    let is_over = match form {
        Form::Returned => true,
        Form::Alone { check: Some(arm), .. } | Form::InIf { arm, .. } => {
            ends_function(session.cx, file, *arm) && !reads_turn(session, file, *arm)
        }
        _ => false,
    };
    is_over && !is_read_at_the_end(session, file, run)
}

/// Whether the turn is read in this code.
fn reads_turn(session: &Sessions<'_, '_>, file: FileIdx, code: NodeId) -> bool {
    let syntax = session.cx.syntax(file);
    let mut reads = session.unit.sites.iter().filter(|site| site.legacy == Legacy::Turn && site.file == file);
    reads.any(|site| syntax.is_inside(site.name, code))
}

/// Whether a deferred call of the function that runs reads the turn.
fn is_read_at_the_end(session: &Sessions<'_, '_>, file: FileIdx, run: NodeId) -> bool {
    let Sessions { cx, .. } = session;
    let syntax = cx.syntax(file);
    let function = cx.function(file, run);
    let mut below = function.into_iter().flat_map(|function| syntax.below(function));
    below.any(|node| syntax.kind(node) == "defer_statement" && reads_turn(session, file, node))
}

/// Decides a use of the legacy interface of runners: the new API has it, too, but a session is none.
pub(crate) fn runner(session: &Sessions<'_, '_>, site: &Site) -> Outcome {
    let Sessions { cx, draft, unit, .. } = session;
    let is_session = |other: &Site| matches!(other.legacy, Legacy::CoreSession | Legacy::InferenceState);
    if unit.sites.iter().any(is_session) {
        return Outcome::report(
            "a session is started and waited for, it is no runner",
            "put a type of your own between them whose RunInference appends the turn, starts the session and waits: \
             session.InferenceRunner is the interface",
        );
    }
    if site.legacy == Legacy::Runner {
        let package = cx.package(site.file, "inference/session");
        draft.small(site.file, cx.syntax(site.file).range(site.whole), format!("{package}InferenceRunner"));
        rename_embedded(session, site);
    }
    Outcome::safe(Vec::new(), "`session.InferenceRunner`")
}

/// An embedded interface is a field with the name of its type.
fn rename_embedded(session: &Sessions<'_, '_>, site: &Site) {
    let Sessions { cx, draft, .. } = session;
    if let Slot::Def(def) = site.slot
        && cx.program.def(def).is_embedded
        && cx.program.def(def).name_node == site.name
    {
        for &(file, used) in cx.uses_of_def(def) {
            draft.small(file, cx.syntax(file).range(used), "InferenceRunner");
        }
    }
}
