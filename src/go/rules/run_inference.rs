//! `run-inference`: `RunInference` of a core session becomes a start and a wait.

mod results;
#[cfg(test)]
mod tests;
mod value;

use crate::go::cx::{Cx, Outcome};
use crate::go::flow::Slot;
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::layout::nested;
use crate::go::proof;
use crate::go::runs::{Assigned, Form, ends_function, form, is_new, leaves};
use crate::go::session::{Sessions, literal, on_the_spot, restored};
use crate::go::sights;
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::rules::Trap;

/// A run, and how it is started.
struct Run {
    file: FileIdx,
    stmt: NodeId,
    /// How the session is written.
    session: String,
    ctx: String,
    /// The turn that is appended; none where the latest runs again.
    seed: Option<String>,
    handle: String,
}

/// Decides a run of a core session.
pub(crate) fn decide(session: &Sessions<'_, '_>, site: &Site) -> Outcome {
    let Sessions { cx, draft, .. } = session;
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
    let run = Run {
        file,
        stmt,
        session: text,
        ctx: draft.text(file, *ctx),
        seed: (syntax.text(*seed) != "nil" && !is_own).then(|| draft.text(file, *seed)),
        handle: handle_name(session, file, call),
    };
    if let Err(report) = rewrite(session, &run, &form) {
        return report;
    }
    let outcome = Outcome::safe(
        Vec::new(),
        format!("`{}.StartInference({})`, then `{}.Wait()`", run.session, run.ctx, run.handle),
    );
    let is_filled = run.seed.is_none() && is_filled(session, file, &run.session, run.stmt);
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

/// What the handle of a run is called; runs in front of it in the same list of statements have theirs.
fn handle_name(session: &Sessions<'_, '_>, file: FileIdx, call: NodeId) -> String {
    let cx = session.cx;
    let name = session.fresh(file, call, &["handle", "execution"]);
    let before = cx.stmt(file, call).map_or(Vec::new(), |stmt| cx.siblings(file, stmt).0);
    let declare = before.into_iter().filter(|&stmt| declares_handle(cx, file, stmt));
    match declare.count() {
        0 => name,
        number => format!("{name}{}", number + 1),
    }
}

/// Whether the run in a statement becomes one whose handle the statements behind it see.
fn declares_handle(cx: &Cx<'_>, file: FileIdx, stmt: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let is_run = |&name: &NodeId| {
        let meaning = cx.inferred(file).meaning(name);
        matches!(meaning, Some(Ref::Def(def)) if cx.legacy.get(def) == Some(Legacy::RunInference))
    };
    let mut calls = syntax.below(stmt).filter(is_run).filter_map(|name| cx.call_of_name(file, name));
    calls.any(|call| match form(cx, file, call) {
        Some((of, Form::Alone { assigned, .. })) => of == stmt && syntax.text(assigned.left[1]) != "_",
        Some((of, Form::InIf { assigned, .. })) => of == stmt && !assigned.declares,
        _ => false,
    })
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

fn rewrite(session: &Sessions<'_, '_>, run: &Run, form: &Form) -> Result<(), Outcome> {
    let Sessions { cx, draft, .. } = session;
    let syntax = cx.syntax(run.file);
    let Run { handle, session: text, ctx, .. } = run;
    let start = format!("{text}.StartInference({ctx})");
    let mut lines = Vec::new();
    match form {
        Form::Alone { assigned, check } => {
            lines.extend(alone(session, run, assigned, *check, &start)?);
        }
        Form::InIf { assigned, arm, other } => {
            let [out, error] = [0, 1].map(|at| syntax.text(assigned.left[at]));
            let again = if assigned.declares { ":=" } else { "=" };
            let declared = (!assigned.declares)
                .then(|| format!("var {handle} *{}ExecutionHandle", cx.package(run.file, "inference/session")));
            if assigned.declares && results::are_read(session, run.file, assigned.left[0], *arm) {
                return Err(results::read_in_arm());
            }
            let reset = results::reset(session, run.file, run.stmt, assigned.left[0], Some(*arm));
            let arm_text = draft.block(run.file, *arm);
            let refused = results::reset_in(&reset, &arm_text);
            let rest = other.map_or(String::new(), |other| format!(" else {}", draft.block(run.file, other)));
            let attempt = format!(
                "if {handle}, {error} {again} {start}; {error} != nil {refused} else if {out}, {error} {again} {handle}.Wait(); {error} != nil {arm_text}{rest}"
            );
            let begun: Vec<String> = append(run).into_iter().chain(declared).chain([attempt]).collect();
            match guard(session, run, Some(*arm)).map(|guard| results::reset_in(&reset, &guard)) {
                Some(guard) if !leaves(cx, run.file, *arm) => {
                    lines.push(format!("{guard} else {{\n{}\n}}", nested(&begun)));
                }
                guard => lines.extend(guard.into_iter().chain(begun)),
            }
        }
        Form::Returned => {
            let results = results_of(session, run);
            if results != 2 {
                return Err(Outcome::report(
                    "the results of the run go through a function type",
                    "start the run in front",
                ));
            }
            lines.extend(shared_guard(session, run).map(|session| {
                format!(
                    "if {session}.IsRunning() {{\n\treturn nil, {}ErrSessionAlreadyActive\n}}",
                    cx.package(run.file, "inference/session")
                )
            }));
            lines.extend(append(run));
            lines.push(format!("{handle}, err := {start}"));
            lines.push("if err != nil {\n\treturn nil, err\n}".to_owned());
            lines.push(format!("return {handle}.Wait()"));
        }
        Form::Ignored => {
            let attempt = format!("if {handle}, err := {start}; err == nil {{\n\t_, _ = {handle}.Wait()\n}}");
            lines.extend(unless_busy(session, run, attempt));
        }
    }
    draft.replace_stmt(run.file, run.stmt, &lines);
    Ok(())
}

/// The turn that runs joins the session.
fn append(run: &Run) -> Option<String> {
    run.seed.as_ref().map(|seed| format!("{}.Append({seed})", run.session))
}

fn results_of(session: &Sessions<'_, '_>, run: &Run) -> usize {
    let cx = session.cx;
    let types = crate::go::ty::Types { program: cx.program };
    let function = cx.function(run.file, run.stmt);
    function.map_or(0, |function| types.signature(run.file, function, &Default::default()).results.len())
}

/// The session that may be running already, where others may have started it.
fn shared_guard(session: &Sessions<'_, '_>, run: &Run) -> Option<String> {
    (session.facts.is_shared && session.facts.reads_history).then(|| run.session.clone())
}

/// Keeps a refused prompt out of the history.
fn guard(session: &Sessions<'_, '_>, run: &Run, arm: Option<NodeId>) -> Option<String> {
    let text = shared_guard(session, run)?;
    let busy = busy_arm(session, run.file, arm?)?;
    Some(format!("if {text}.IsRunning() {busy}"))
}

/// The turn joins the session and runs, unless another run is on: nobody looks at the error.
fn unless_busy(session: &Sessions<'_, '_>, run: &Run, attempt: String) -> Vec<String> {
    let begun: Vec<String> = append(run).into_iter().chain([attempt]).collect();
    match shared_guard(session, run) {
        Some(text) => vec![format!("if !{text}.IsRunning() {{\n{}\n}}", nested(&begun))],
        None => begun,
    }
}

/// The block of a failed start for a session that runs already: its error is known by name.
pub(super) fn busy_arm(session: &Sessions<'_, '_>, file: FileIdx, arm: NodeId) -> Option<String> {
    let Sessions { cx, draft, .. } = session;
    let syntax = cx.syntax(file);
    let check = syntax.parent(arm)?;
    let condition = syntax.child(check, "condition")?;
    let error = syntax.text(condition).strip_suffix(" != nil")?.to_owned();
    let package = cx.package(file, "inference/session");
    let mut text = draft.block(file, arm);
    let uses = syntax.below(arm).filter(|&node| syntax.kind(node) == "identifier" && syntax.text(node) == error);
    if uses.count() > 0 {
        text = crate::go::words::replace(&text, &error, &format!("{package}ErrSessionAlreadyActive"));
    }
    Some(text)
}

fn alone(
    session: &Sessions<'_, '_>,
    run: &Run,
    assigned: &Assigned,
    check: Option<NodeId>,
    start: &str,
) -> Result<Vec<String>, Outcome> {
    let Sessions { cx, draft, .. } = session;
    let syntax = cx.syntax(run.file);
    let handle = &run.handle;
    let [out, error] = [assigned.left[0], assigned.left[1]];
    let (out_text, error_text) = (draft.text(run.file, out), draft.text(run.file, error));
    if error_text == "_" {
        let declared = is_new(cx, run.file, out);
        let parts = [run.seed.as_deref().unwrap_or_default(), start];
        if declared && parts.iter().any(|part| mentions(part, &out_text)) {
            return Err(hidden());
        }
        let mut lines = Vec::new();
        if declared {
            lines.push(format!("var {out_text} *{}Turn", cx.package(run.file, "turns")));
        }
        let reset = results::reset(session, run.file, run.stmt, out, None);
        if reset.is_some() && mentions(run.seed.as_deref().unwrap_or_default(), &out_text) {
            return Err(hidden());
        }
        lines.extend(reset);
        let attempt = format!("if {handle}, err := {start}; err == nil {{\n\t{out_text}, _ = {handle}.Wait()\n}}");
        lines.extend(unless_busy(session, run, attempt));
        return Ok(lines);
    }
    let reset = results::reset(session, run.file, run.stmt, out, check);
    let is_plain = |arm: NodeId| !is_new(cx, run.file, out) || !results::are_read(session, run.file, out, arm);
    if assigned.declares
        && check.is_some_and(|arm| is_short(syntax.text(arm)) && leaves(cx, run.file, arm) && is_plain(arm))
        && let Some(arm) = check
    {
        let again = if is_new(cx, run.file, out) { ":=" } else { "=" };
        let guard = guard(session, run, check).map(|guard| results::reset_in(&reset, &guard));
        let mut lines: Vec<String> = guard.into_iter().collect();
        lines.extend(append(run));
        lines.push(format!("{handle}, {error_text} := {start}"));
        lines.push(format!("if {error_text} != nil {}", results::reset_in(&reset, &draft.block(run.file, arm))));
        lines.push(format!("{out_text}, {error_text} {again} {handle}.Wait()"));
        return Ok(lines);
    }
    let mut lines = Vec::new();
    if is_new(cx, run.file, out) {
        let parts = [run.seed.as_deref().unwrap_or_default(), start];
        if parts.iter().any(|part| mentions(part, &out_text)) {
            return Err(hidden());
        }
        lines.push(format!("var {out_text} *{}Turn", cx.package(run.file, "turns")));
    }
    if shared_guard(session, run).is_some() {
        let package = cx.package(run.file, "inference/session");
        let again = if is_new(cx, run.file, error) { ":=" } else { "=" };
        let append = run.seed.as_ref().map_or(String::new(), |seed| format!("\t{}.Append({seed})\n", run.session));
        lines.push(format!("var {handle} *{package}ExecutionHandle"));
        lines.push(format!("{error_text} {again} {package}ErrSessionAlreadyActive"));
        lines.push(format!("if !{}.IsRunning() {{\n{append}\t{handle}, {error_text} = {start}\n}}", run.session));
    } else if assigned.declares {
        lines.extend(append(run));
        lines.push(format!("{handle}, {error_text} := {start}"));
    } else {
        lines.extend(append(run));
        lines.push(format!("var {handle} *{}ExecutionHandle", cx.package(run.file, "inference/session")));
        lines.push(format!("{handle}, {error_text} = {start}"));
    }
    let refused = reset.map_or(String::new(), |reset| format!(" else {{\n\t{reset}\n}}"));
    lines.push(format!("if {error_text} == nil {{\n\t{out_text}, {error_text} = {handle}.Wait()\n}}{refused}"));
    Ok(lines)
}

fn mentions(text: &str, name: &str) -> bool {
    crate::go::words::replace(text, name, "") != text
}

fn hidden() -> Outcome {
    Outcome::report("the result's name hides what the run is started with", "give the result another name")
}

fn is_short(arm: &str) -> bool {
    arm.lines().count() <= 6
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
