//! The traps of a run.

use super::super::super::cx::Cx;
use super::super::super::hir::{ExprId, ExprKind};
use super::super::super::index::FileIdx;
use super::super::super::order::{dominates, is_same_value};
use super::super::super::outcome::Outcome;
use super::super::super::proof::{
    is_called_from_outside, may_be_prompted_with_nothing, option_has_blocks, turn_has_blocks,
};
use super::super::super::sites::{arguments, receiver};
use super::super::super::unit::Facts;
use super::dropping::{Fate, callers};
use super::history;
use super::owner::is_only_run;
use super::seed::{Seed, seed};
use crate::rules::Trap;

/// The outcome with every trap that this run may fall into.
pub(crate) fn judge(
    cx: &Cx<'_>,
    facts: &Facts,
    file: FileIdx,
    run: ExprId,
    seed: Seed,
    fate: &Fate,
    mut outcome: Outcome,
) -> Outcome {
    if is_dropped_at_once(cx, file, run) {
        return outcome;
    }
    if !is_never_empty(cx, facts, file, run, seed) {
        outcome = outcome.offered(
            Trap::EmptyTurn,
            "the turn is not proven to hold a block, and starting on an empty one is `SessionError::EmptyTurn`",
        );
    }
    if let Seed::Turn { turn, .. } = seed
        && may_be_prompted_with_nothing(cx, file, turn)
    {
        outcome = outcome.because(
            Trap::EmptyPrompt,
            "the prompt may be empty, which a turn may hold: `start_with_prompt` would refuse it",
        );
    }
    if let Some(dropper) = fate.dropper {
        let why = format!("{dropper} may drop the run, which now ends by being cancelled, and later than at once");
        outcome = outcome.offered(Trap::DropStopsRun, &why);
    }
    let owner = cx.program.def_of_item(file, cx.function_of(file, run));
    if fate.dropper.is_none() && owner.is_some_and(|def| is_called_from_outside(cx, def)) {
        outcome = outcome.offered(
            Trap::DropStopsRun,
            "callers outside of this tree may drop the future of this public function, which no longer stops the run",
        );
    }
    if facts.sees_stamps {
        outcome = outcome.reserved(
            "a session writes its ids into the metadata of its turns, and this program looks at turns as a whole",
        );
    }
    if facts.sees_task {
        outcome = outcome.reserved(
            "a run is a task of its own: task locals do not reach its engine, and a panic in it is `SessionError::Panicked`",
        );
    }
    if let Some((engine, span)) = facts.polite_engine {
        let engine = cx.place(engine, span);
        outcome = outcome.reserved(&format!(
            "the engine at {engine} may succeed although it was cancelled; a session's run then ends as `Cancelled`"
        ));
    }
    let is_local = facts.made_in == Some((file, cx.function_of(file, run)));
    if is_joined(cx, file, run, if is_local { 0 } else { 6 }) && !is_only_run(cx, facts, file, run) {
        outcome = outcome.offered(
            Trap::CheckThenAct,
            "runs that are polled together overlap from their first moment, so the second of one session is refused",
        );
    }
    match history::shows(cx, facts, file, run, seed) {
        Some(_) if facts.leaves_failed_turns_out => outcome.because(Trap::FailedPromptStays, history::LEFT_OUT),
        Some(shown) => shown.judge(outcome),
        None => outcome,
    }
}

fn is_never_empty(cx: &Cx<'_>, facts: &Facts, file: FileIdx, run: ExprId, seed: Seed) -> bool {
    let latest = || facts.first_turn_proven || latest_has_blocks(cx, facts, file, run);
    match seed {
        Seed::Latest => latest(),
        Seed::Turn { turn, .. } => turn_has_blocks(cx, file, turn),
        Seed::Given(option) => option_has_blocks(cx, file, option),
        Seed::Optional(option) => latest() && option_has_blocks(cx, file, option),
    }
}

/// Whether the session was surely given a turn before this run, and never one that may be empty.
fn latest_has_blocks(cx: &Cx<'_>, facts: &Facts, file: FileIdx, run: ExprId) -> bool {
    let given_before = |&&(own, at): &&(FileIdx, ExprId)| {
        own == file && at != run && dominates(cx, file, at, run) && is_of_same_session(cx, facts, file, at, run)
    };
    // A start that is not refused leaves its turn, also where the run fails.
    let leaves_it = facts.runs_in_turn && !facts.leaves_failed_turns_out;
    let ran =
        |&(file, at): &(FileIdx, ExprId)| is_seeded(cx, file, at) && (leaves_it || ends_the_function(cx, file, at));
    facts.set_turns.iter().all(|&(file, call)| sets_blocks(cx, file, call))
        && (facts.set_turns.iter().any(|call| given_before(&call)) || facts.runs.iter().filter(given_before).any(ran))
}

fn sets_blocks(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> bool {
    arguments(cx, file, call).first().is_some_and(|&turn| turn_has_blocks(cx, file, turn))
}

/// Whether a run has a turn of its own that is proven to hold a block.
fn is_seeded(cx: &Cx<'_>, file: FileIdx, run: ExprId) -> bool {
    match seed(cx, file, run) {
        Some(Seed::Turn { turn, .. }) => turn_has_blocks(cx, file, turn),
        Some(Seed::Given(option)) => option_has_blocks(cx, file, option),
        _ => false,
    }
}

fn is_of_same_session(cx: &Cx<'_>, facts: &Facts, file: FileIdx, a: ExprId, b: ExprId) -> bool {
    facts.made_once
        || matches!((receiver(cx, file, a), receiver(cx, file, b)), (Some(a), Some(b)) if is_same_value(cx, file, a, b))
}

/// Whether the run, or a function that awaits it, is polled together with other futures on one task.
fn is_joined(cx: &Cx<'_>, file: FileIdx, run: ExprId, depth: usize) -> bool {
    let hir = cx.hir(file);
    let joined = cx.ancestors(file, run).any(|at| match &hir[at].kind {
        ExprKind::Macro(call) => call.path.segments.last().is_some_and(|last| last.name.text.ends_with("join")),
        ExprKind::Call { callee, .. } => cx.expr_text(file, *callee).ends_with("join_all"),
        _ => false,
    });
    let Some(depth) = depth.checked_sub(1) else { return joined };
    let owner = cx.program.def_of_item(file, cx.function_of(file, run));
    joined || owner.is_some_and(|def| callers(cx, def).any(|(file, call)| is_joined(cx, file, call, depth)))
}

/// Whether the failure of a run leaves what is around it: `?`, `unwrap`, `expect`.
fn ends_the_function(cx: &Cx<'_>, file: FileIdx, run: ExprId) -> bool {
    let Some(awaited) = cx.parent_expr(file, run) else { return false };
    match cx.parent_expr(file, awaited).map(|parent| &cx.hir(file)[parent].kind) {
        Some(ExprKind::Try(_)) => true,
        Some(ExprKind::MethodCall { method, .. }) => ["unwrap", "expect"].contains(&method.text.as_str()),
        _ => false,
    }
}

/// `drop(session.run_inference(…))`, which never begins.
fn is_dropped_at_once(cx: &Cx<'_>, file: FileIdx, run: ExprId) -> bool {
    match cx.parent_expr(file, run).map(|parent| &cx.hir(file)[parent].kind) {
        Some(ExprKind::Call { callee, .. }) => matches!(cx.expr_text(file, *callee), "drop" | "std::mem::drop"),
        _ => false,
    }
}
