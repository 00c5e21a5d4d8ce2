//! `run-inference`: a legacy run becomes one start and one wait.

use super::super::cx::{Change, Cx, TraitMethod};
use super::super::hir::{BlockFlavour, ExprId, ExprKind, Parent, Span};
use super::super::index::{DefId, FileIdx};
use super::super::outcome::Outcome;
use super::super::proof::{is_called_from_outside, turn_has_blocks};
use super::super::sites::{Site, arguments};
use super::super::text::{delete_argument, is_none, some_of};
use super::super::unit::Facts;
use crate::rules::Trap;

/// What a run is seeded with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seed {
    /// `None`, or the state's own turn: the latest turn is run again.
    Latest,
    /// `Some(turn)`
    Turn(ExprId),
    /// An option that only the run knows.
    Optional(ExprId),
}

/// Reads the seed of a run.
pub(crate) fn seed(cx: &Cx<'_>, file: FileIdx, run: ExprId) -> Option<Seed> {
    let &[_, seed] = arguments(cx, file, run) else { return None };
    let seed = cx.peel_parens(file, seed);
    if is_none(cx, file, seed) || reads_state_turn(cx, file, seed) {
        return Some(Seed::Latest);
    }
    Some(some_of(cx, file, seed).map_or(Seed::Optional(seed), Seed::Turn))
}

fn reads_state_turn(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let def = cx.inferred(file).methods.get(&expr);
    def.is_some_and(|&def| cx.legacy.method(def) == Some("turn") && cx.program.is_model(def))
}

/// `session.run_inference(ctx, seed)`.
pub(crate) fn run(cx: &Cx<'_>, facts: &Facts, site: &Site, run: ExprId) -> Outcome {
    let file = site.file;
    let ExprKind::MethodCall { .. } = cx.hir(file)[run].kind else {
        return Outcome::report(
            "the run is called by its path",
            "`session.start_with_turn(&ctx, turn)?.wait().await`, or `start_inference(&ctx)` for the latest turn",
        );
    };
    if !facts.has_tokio {
        return Outcome::report(
            "a session runs on tokio, which this package does not depend on",
            "run it on a tokio runtime, then `session.start_with_turn(&ctx, turn)?.wait().await`",
        );
    }
    let Some(seed) = seed(cx, file, run) else {
        return Outcome::report(
            "the run's arguments cannot be read",
            "`session.start_with_turn(&ctx, turn)?.wait().await`",
        );
    };
    let dropped = drop_context(cx, file, run, 6);
    if let Seed::Optional(seed) = seed {
        return optional_seed(cx, file, seed, dropped);
    }
    let mut changes = start(cx, file, run, seed);
    match wait(cx, file, run, dropped.is_some()) {
        Ok(more) => changes.extend(more),
        Err(outcome) => return outcome,
    }
    let help = match seed {
        Seed::Latest => "`start_inference(&ctx)` and `wait()`",
        _ => "`start_with_turn(&ctx, turn)` and `wait()`",
    };
    judge(cx, facts, file, run, seed, dropped, Outcome::safe(changes, help))
}

fn optional_seed(cx: &Cx<'_>, file: FileIdx, seed: ExprId, dropped: Option<&'static str>) -> Outcome {
    let text = cx.expr_text(file, seed);
    let outcome = Outcome::report(
        "whether the run gets a turn is only known when it runs",
        format!("`match {text} {{ Some(turn) => session.start_with_turn(&ctx, turn), None => session.start_inference(&ctx) }}`"),
    )
    .because(Trap::EmptyTurn, "a run on an empty turn, or on none, is an error now");
    match dropped {
        Some(dropper) => {
            outcome.because(Trap::DropStopsRun, &format!("{dropper} may drop the run, which must then be cancelled"))
        }
        None => outcome,
    }
}

/// The call itself: another method, the turn without its `Some`.
fn start(cx: &Cx<'_>, file: FileIdx, run: ExprId, seed: Seed) -> Vec<Change> {
    let ExprKind::MethodCall { method, args, .. } = &cx.hir(file)[run].kind else { return Vec::new() };
    match seed {
        Seed::Turn(turn) => {
            let mut changes = vec![cx.replace(file, method.span, "start_with_turn")];
            changes.extend(super::super::text::unwrap_call(cx, file, args[1], turn));
            changes
        }
        _ => vec![cx.replace(file, method.span, "start_inference"), delete_argument(cx, file, args, 1)],
    }
}

/// The wait, by what follows the call.
fn wait(cx: &Cx<'_>, file: FileIdx, run: ExprId, dropped: bool) -> Result<Vec<Change>, Outcome> {
    let hir = cx.hir(file);
    let span = cx.span(file, run);
    let wait = if dropped { "wait_or_cancel" } else { "wait" };
    let awaited = cx.parent_expr(file, run).filter(|&parent| matches!(hir[parent].kind, ExprKind::Await(_)));
    let tried = awaited
        .and_then(|awaited| cx.parent_expr(file, awaited))
        .filter(|&parent| matches!(hir[parent].kind, ExprKind::Try(_)));
    if let (Some(awaited), Some(_)) = (awaited, tried) {
        let between = cx.text(file, Span { start: span.end, end: cx.span(file, awaited).end });
        let gap = &between[..between.find('.').unwrap_or(0)];
        let gap = if gap.trim().is_empty() { gap } else { "" };
        return Ok(vec![cx.insert(file, span.end, format!("?{gap}.{wait}()"))]);
    }
    if leaves_early(cx, file, run) {
        return match awaited {
            Some(awaited) => Ok(vec![
                cx.insert(file, span.start, "match "),
                cx.replace(
                    file,
                    Span { start: span.end, end: cx.span(file, awaited).end },
                    format!(" {{ Ok(handle) => handle.{wait}().await, Err(error) => Err(error) }}"),
                ),
            ]),
            None => Err(Outcome::report(
                "the run's future is kept, and its arguments may leave the function",
                "compute the arguments first, then `async { session.start_with_turn(&ctx, turn)?.wait().await }`",
            )),
        };
    }
    if awaited.is_none() && escapes(cx, file, run) {
        return Err(Outcome::report(
            "the run's future is returned or stored",
            "start where the future was made, and return or store only `handle.wait()`; or keep it lazy with \
             `async move { session.start_with_turn(&ctx, turn)?.wait().await }`",
        )
        .because(Trap::EagerStart, "a start runs at once, the legacy future began when it was polled"));
    }
    Ok(vec![cx.insert(file, span.start, "async { "), cx.insert(file, span.end, format!("?.{wait}().await }}"))])
}

/// Whether an argument of the run leaves the function or loop around it.
fn leaves_early(cx: &Cx<'_>, file: FileIdx, run: ExprId) -> bool {
    let hir = cx.hir(file);
    hir.descendants(run).any(|at| {
        matches!(hir[at].kind, ExprKind::Try(_) | ExprKind::Return(_) | ExprKind::Break(_) | ExprKind::Continue)
    })
}

/// Whether a future that is not awaited on the spot outlives the expression it stands in.
fn escapes(cx: &Cx<'_>, file: FileIdx, run: ExprId) -> bool {
    let hir = cx.hir(file);
    match hir[run].parent {
        Parent::Expr(parent) => match &hir[parent].kind {
            ExprKind::Macro(_) => false,
            ExprKind::Call { callee, .. } => {
                let name = cx.expr_text(file, *callee);
                !(name.ends_with("timeout") || name.ends_with("block_on"))
            }
            ExprKind::MethodCall { method, .. } => method.text != "block_on",
            ExprKind::Await(_) => false,
            _ => true,
        },
        _ => true,
    }
}

/// Why the run's future may be dropped before it is ready: the name of what drops it.
fn drop_context(cx: &Cx<'_>, file: FileIdx, run: ExprId, depth: usize) -> Option<&'static str> {
    let hir = cx.hir(file);
    let mut inner = run;
    for at in cx.ancestors(file, run) {
        match &hir[at].kind {
            ExprKind::Macro(call) => {
                let name = call.path.segments.last().map_or("", |last| last.name.text.as_str());
                if name == "select" && in_future_position(&call.content, inner, cx, file) {
                    return Some("select!");
                }
                if name.starts_with("try_join") {
                    return Some("try_join!");
                }
            }
            ExprKind::Call { callee, .. } if *callee != inner => {
                let name = cx.expr_text(file, *callee);
                let last = name.rsplit("::").next().unwrap_or(name);
                match last {
                    "timeout" | "timeout_at" => return Some("a timeout"),
                    "abortable" | "select" | "select_all" => return Some("a combinator that drops futures"),
                    "spawn" | "spawn_local" if file_aborts(cx, file) => return Some("an aborted task"),
                    _ => {}
                }
            }
            ExprKind::MethodCall { method, .. } if method.text == "spawn" && file_aborts(cx, file) => {
                return Some("an aborted task");
            }
            _ => {}
        }
        inner = at;
    }
    let depth = depth.checked_sub(1)?;
    let def = cx.program.def_of_item(file, cx.function_of(file, run))?;
    callers(cx, def).find_map(|(file, call)| drop_context(cx, file, call, depth))
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

/// The calls of a function, also those of the trait's method that it implements.
fn callers<'a>(cx: &'a Cx<'_>, def: DefId) -> impl Iterator<Item = (FileIdx, ExprId)> + 'a {
    let declared = match cx.trait_method(def) {
        TraitMethod::Own(declared) if declared != def => cx.callers(declared),
        _ => &[],
    };
    cx.callers(def).iter().chain(declared).copied()
}

fn in_future_position(content: &super::super::hir::MacroContent, inner: ExprId, cx: &Cx<'_>, file: FileIdx) -> bool {
    let super::super::hir::MacroContent::Select { arms, .. } = content else { return true };
    let span = cx.span(file, inner);
    arms.iter().any(|arm| cx.span(file, arm.future).contains(span))
}

fn file_aborts(cx: &Cx<'_>, file: FileIdx) -> bool {
    let hir = cx.hir(file);
    hir.exprs.iter().any(|expr| match &expr.kind {
        ExprKind::MethodCall { method, .. } => ["abort", "abort_all", "shutdown"].contains(&method.text.as_str()),
        ExprKind::Path(path) => path.segments.iter().any(|segment| segment.name.text == "JoinSet"),
        _ => false,
    })
}

/// The traps of this run.
fn judge(
    cx: &Cx<'_>,
    facts: &Facts,
    file: FileIdx,
    run: ExprId,
    seed: Seed,
    dropped: Option<&'static str>,
    mut outcome: Outcome,
) -> Outcome {
    let proven = match seed {
        Seed::Turn(turn) => turn_has_blocks(cx, file, turn),
        _ => facts.first_turn_proven,
    };
    if !proven {
        outcome = outcome.offered(
            Trap::EmptyTurn,
            "the turn is not proven to hold a block, and starting on an empty one is `SessionError::EmptyTurn`",
        );
    }
    if let Some(dropper) = dropped {
        let why = format!("{dropper} may drop the run, which now ends by being cancelled, and later than at once");
        outcome = outcome.offered(Trap::DropStopsRun, &why);
    }
    let owner = cx.program.def_of_item(file, cx.function_of(file, run));
    if dropped.is_none() && owner.is_some_and(|def| is_called_from_outside(cx, def)) {
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
    let is_local = facts.made_in == Some((file, cx.function_of(file, run)));
    if is_joined(cx, file, run, if is_local { 0 } else { 6 }) {
        outcome = outcome.offered(
            Trap::CheckThenAct,
            "runs that are polled together overlap from their first moment, so the second of one session is refused",
        );
    }
    if matches!(seed, Seed::Turn(_)) && facts.reads_turn_aside {
        outcome = outcome
            .reserved("the turn is read by a task of its own, which now sees the prompt of a run that is under way");
    }
    if matches!(seed, Seed::Turn(_)) && (facts.reads_turn || facts.reruns) && !ends_with_failure(cx, facts, file, run) {
        outcome = outcome.offered(
            Trap::FailedPromptStays,
            "the turn is read or run again later, and after a failed run it would be this one",
        );
    }
    outcome
}

/// Whether nothing looks at the session after this run has failed: the failure leaves the function that made it.
fn ends_with_failure(cx: &Cx<'_>, facts: &Facts, file: FileIdx, run: ExprId) -> bool {
    let hir = cx.hir(file);
    let Some(awaited) = cx.parent_expr(file, run) else { return false };
    let leaves = match cx.parent_expr(file, awaited).map(|parent| &hir[parent].kind) {
        Some(ExprKind::Try(_)) => true,
        Some(ExprKind::MethodCall { method, .. }) => ["unwrap", "expect"].contains(&method.text.as_str()),
        _ => false,
    };
    let in_function = !cx.ancestors(file, run).any(|at| {
        matches!(hir[at].kind, ExprKind::Closure { .. } | ExprKind::Block { flavour: BlockFlavour::Async { .. }, .. })
    });
    leaves && in_function && facts.made_in == Some((file, cx.function_of(file, run)))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;
    use crate::rules::Trap;

    const MADE: &str = "let session = Session::new(Arc::new(InferenceState::new(\"a\", None, engine)));\n";

    fn run(statement: &str) -> String {
        let after = migrated(&format!("{MADE}{statement}"));
        after[after.find('\n').unwrap() + 1..].to_owned()
    }

    #[test]
    fn a_result_that_is_kept_covers_the_start_too() {
        assert_eq!(
            run(
                "let out = session.run_inference(&ctx, Some(Turn::builder().with_user_prompt(\"x\").build())).await;\ndrop(out);"
            ),
            "let out = async { session.start_with_turn(&ctx, Turn::builder().with_user_prompt(\"x\").build())?.wait().await }.await;\ndrop(out);"
        );
    }

    #[test]
    fn arguments_that_leave_the_function_stay_outside_of_an_async_block() {
        let out = run("let out = session.run_inference(&ctx, Some(serde_json::from_str(\"\")?)).await;\ndrop(out);");
        assert_eq!(
            out,
            "let out = match session.start_with_turn(&ctx, serde_json::from_str(\"\")?) \
             { Ok(handle) => handle.wait().await, Err(error) => Err(error) };\ndrop(out);"
        );
    }

    #[test]
    fn a_run_that_a_timeout_may_drop_is_cancelled_by_that() {
        let statement = "let late = tokio::time::timeout(D, session.run_inference(&ctx, Some(Turn::builder().with_user_prompt(\"x\").build()))).await;\ndrop(late);";
        assert!(run(statement).contains("?.wait_or_cancel().await }"), "{}", run(statement));
        let finding = finding_at(&format!("{MADE}{statement}"), "run_inference");
        assert_eq!((finding.level, finding.traps), (Level::Offered, vec![Trap::DropStopsRun]));
    }
}
