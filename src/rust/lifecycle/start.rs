//! One lifecycle: the start where the claim stood, the wait where the run stood.

use super::super::cx::Cx;
use super::super::effects::is_harmless_stmt;
use super::super::equipment::Carried;
use super::super::hir::{ExprId, ExprKind, Span, StmtId, StmtKind};
use super::super::index::FileIdx;
use super::super::outcome::Outcome;
use super::super::rewrite::Piece;
use super::super::rules::core_session::{RunForm, run_form};
use super::super::rules::inference_state::delete_line;
use super::super::rules::{run_inference, run_lifecycle};
use super::super::sites;
use super::super::unit::Facts;
use super::guard::{self, Form, Guard};
use super::needs::{self, Needs};
use super::plumbing::{self, Plumbing};
use super::receiver;
use super::seed::{self, Seeding};
use super::standing::{self, Given, Parent, Standing};
use super::wrapper::Wrapper;
use super::{Parts, Place, Text, own_future, with_comments};
use crate::rules::Trap;

/// What is known of a lifecycle before its text is written.
struct Reading {
    standing: Standing,
    guard: Guard,
    plumbing: Option<Plumbing>,
    seeding: Seeding,
    needs: Needs,
    /// What the core session had besides its state, and where that is written.
    besides: RunForm,
    carried: Vec<Span>,
}

/// Brings a run and its claims together: the decision about the run, and one for each claim.
///
/// # Errors
/// The report, where the two cannot be brought together.
pub(super) fn all(
    cx: &Cx<'_>,
    facts: &Facts,
    parts: &Parts,
    run: Place,
    text: &mut Text,
) -> Result<(Outcome, Vec<(Place, Outcome)>), Outcome> {
    if !facts.has_tokio {
        return Err(run_inference::needs_tokio());
    }
    let seed = run_inference::seed(cx, run.0, run.1).ok_or_else(run_lifecycle::apart)?;
    let standings = standing::of(cx, parts, run)?;
    let carried = facts.pairing.equipment_of_run(run.0, run.1).map_or(&[][..], |equipment| &equipment.parts);
    let is_there = !carried.iter().any(|carried| carried.local.is_some())
        && matches!(standings.as_slice(), [standing] if standing.helper.is_none());
    if !carried.is_empty() && !is_there {
        return Err(run_lifecycle::entangled());
    }
    let readings: Vec<Reading> =
        standings.into_iter().map(|standing| read(cx, facts, parts, standing, carried)).collect::<Result<_, _>>()?;
    if readings.iter().any(|reading| reading.guard.form.keeps_result() != readings[0].guard.form.keeps_result()) {
        return Err(run_lifecycle::apart());
    }
    let fate = run_inference::fate(cx, run.0, run.1);
    let mut claims = Vec::new();
    for reading in &readings {
        let placement = Placement::of(reading);
        let (outcome, waiting) = levels(cx, facts, reading, placement, fate.dropper.is_some());
        write(cx, reading, placement, waiting, text);
        claims.push(((reading.standing.file, reading.standing.claim), outcome));
    }
    text.changes.extend(run_inference::unwrapped(cx, run.0, seed));
    let waits = Outcome::safe(Vec::new(), "only the wait stays here: `handle.wait()`");
    Ok((run_inference::judge(cx, facts, run.0, run.1, seed, &fate, waits), claims))
}

fn read(
    cx: &Cx<'_>,
    facts: &Facts,
    parts: &Parts,
    standing: Standing,
    carried: &[Carried],
) -> Result<Reading, Outcome> {
    let Standing { file, claim, at, given, .. } = standing;
    let says = standing.wrapper.as_ref().and_then(|wrapper| wrapper.says);
    let guard = guard::of(cx, file, claim, says, at).ok_or_else(run_lifecycle::unreadable_claim)?;
    let stmt = guard.stmt;
    let ctx = match standing.ctx {
        Parent::Expr(ctx) => Some(ctx),
        Parent::Text(_) => None,
    };
    let plumbing = ctx.and_then(|ctx| plumbing::of(cx, file, ctx, at, parts));
    let looked_at = guard.kept.map(|kept| kept.stmt);
    let gone: Vec<StmtId> = plumbing.iter().map(|plumbing| plumbing.stmt).chain(looked_at).collect();
    let between: Vec<StmtId> =
        needs::between(cx, file, stmt, at).into_iter().filter(|stmt| !gone.contains(stmt)).collect();
    let ctx_now = plumbing.map(|plumbing| plumbing.parent).or(ctx);
    let values = carried.iter().map(|carried| carried.part.value);
    let exprs: Vec<ExprId> = ctx_now.into_iter().chain(values.clone()).chain(given.expr()).collect();
    let claimed = sites::receiver(cx, file, claim).unwrap_or(claim);
    let mut needs = needs::of(cx, file, stmt, &between, &exprs, claimed).ok_or_else(run_lifecycle::entangled)?;
    let seeding = seed::of(cx, file, given, &needs, at);
    // What may be noticed happens under the claim then, as before.
    needs.harmless |= matches!(seeding, Seeding::UnderClaim(_));
    let besides = run_form(cx, facts, file, at);
    let carried = values.map(|value| cx.span(file, value)).collect();
    let reading = Reading { standing, guard, plumbing, seeding, needs, besides, carried };
    match guard.kept.is_some() && Placement::of(&reading) != Placement::Claim {
        true => Err(run_lifecycle::entangled()),
        false => Ok(reading),
    }
}

/// Where the start stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placement {
    /// At the claim; what it needs moves in front of it.
    Claim,
    /// Behind the last statement that it needs.
    Behind(StmtId),
}

impl Placement {
    fn of(reading: &Reading) -> Self {
        match reading.needs.stmts.last() {
            Some(&last) if !reading.needs.harmless && reading.needs.beside => Placement::Behind(last),
            _ => Placement::Claim,
        }
    }
}

/// What may happen to the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    Plain,
    /// It may be given up, which must cancel the run.
    Droppable,
    /// It goes into a future that is handed to somebody else.
    Handed,
}

/// The decision about the claim, and whether the wait must cancel when it is given up.
fn levels(cx: &Cx<'_>, facts: &Facts, reading: &Reading, placement: Placement, droppable: bool) -> (Outcome, Waiting) {
    let stmt = reading.guard.stmt;
    let Standing { file, at, given, .. } = reading.standing;
    let hir = cx.hir(file);
    let mut outcome = Outcome::safe(
        Vec::new(),
        "the start is the guard: `start_with_turn(&ctx, turn)`, whose `AlreadyActive` is the busy session",
    );
    if matches!(placement, Placement::Behind(_)) || (!reading.needs.harmless && !reading.needs.beside) {
        outcome = outcome.offered(
            Trap::CheckThenAct,
            "what the turn is made of is computed in front of the start, also for a prompt that is then refused",
        );
    }
    if reading.seeding == Seeding::Early {
        outcome = outcome.offered(
            Trap::CheckThenAct,
            "the turn is read in front of the claim, so a run that ends in between is not seen",
        );
    }
    if reading.guard.form == Form::Ignored {
        outcome = outcome.offered(
            Trap::DroppedStartError,
            "a refused claim was ignored and its run went on beside the other one; the refusal comes out where the run's \
             error does now",
        );
    }
    let deferred = own_future(cx, file, at, hir[stmt].span);
    if deferred.is_some() && facts.reads_turn && !facts.leaves_failed_turns_out && given != Given::Latest {
        outcome = outcome.reserved("who reads the turn while a run is under way sees the run's own prompt");
    }
    let spawned = deferred.is_some_and(|future| is_spawned(cx, file, future, stmt));
    let returned = deferred.is_some() && !spawned && !is_awaited(cx, file, deferred);
    if returned {
        outcome = outcome
            .offered(Trap::EagerStart, "the run begins at the guard, not when the returned future is polled")
            .because(Trap::DropStopsRun, "a future that is dropped before it is polled no longer frees the session");
    }
    let noticed = |stmt: &&StmtId| {
        !is_harmless_stmt(cx, file, **stmt) && !is_part(cx, reading, **stmt) && !is_log(cx, file, **stmt)
    };
    if let Some(&rest) = reading.needs.rest.iter().find(noticed) {
        let line = cx.program.unit(file).source.position(hir[rest].span.start as usize).line;
        outcome = outcome
            .offered(Trap::EagerStart, &format!("the run begins at the guard, in front of what line {line} does"));
    }
    let waiting = match (returned, droppable) {
        (true, _) => Waiting::Handed,
        (false, true) => Waiting::Droppable,
        (false, false) => Waiting::Plain,
    };
    (outcome, waiting)
}

/// Statements that go with the lifecycle.
fn is_part(cx: &Cx<'_>, reading: &Reading, stmt: StmtId) -> bool {
    let file = reading.standing.file;
    let hir = cx.hir(file);
    hir.stmt_exprs(stmt).into_iter().any(|expr| {
        hir.descendants(expr).any(|at| {
            let def = cx.inferred(file).methods.get(&at);
            def.and_then(|&def| cx.legacy.method(def))
                .is_some_and(|name| ["set_cancel", "finish_run", "start_run"].contains(&name))
        }) || super::finish::is_guard_made(cx, file, expr)
    })
}

/// Output for the people who look on; a run that has begun already does not change it.
fn is_log(cx: &Cx<'_>, file: FileIdx, stmt: StmtId) -> bool {
    let StmtKind::Expr { expr, .. } = cx.hir(file)[stmt].kind else { return false };
    match &cx.hir(file)[expr].kind {
        ExprKind::Macro(call) => {
            let name = call.path.segments.last().map_or("", |last| last.name.text.as_str());
            ["trace", "debug", "info", "warn", "error"].contains(&name)
        }
        _ => false,
    }
}

/// Whether a future goes to a spawn, directly or by a local.
fn is_spawned(cx: &Cx<'_>, file: FileIdx, future: ExprId, claim: StmtId) -> bool {
    let hir = cx.hir(file);
    let by_ancestor = cx.ancestors(file, future).take_while(|&at| !hir[at].span.contains(hir[claim].span)).any(|at| {
        match &hir[at].kind {
            ExprKind::Call { callee, .. } => is_spawn(cx.expr_text(file, *callee)),
            ExprKind::MethodCall { method, .. } => is_spawn(&method.text),
            _ => false,
        }
    });
    by_ancestor
        || cx.stmt_of(file, future).is_some_and(|stmt| {
            let locals = needs::bound_by(cx, file, stmt);
            matches!(hir[stmt].kind, StmtKind::Let { init: Some(init), .. } if init == future)
                && locals.iter().all(|&local| {
                    cx.uses_of(file, local).iter().all(|&use_| {
                        match cx.parent_expr(file, use_).map(|at| &hir[at].kind) {
                            Some(ExprKind::Call { callee, .. }) => is_spawn(cx.expr_text(file, *callee)),
                            Some(ExprKind::MethodCall { method, .. }) => is_spawn(&method.text),
                            _ => false,
                        }
                    })
                })
        })
}

fn is_spawn(name: &str) -> bool {
    let last = name.rsplit("::").next().unwrap_or(name);
    ["spawn", "spawn_local", "spawn_on"].contains(&last)
}

fn is_awaited(cx: &Cx<'_>, file: FileIdx, future: Option<ExprId>) -> bool {
    future
        .and_then(|future| cx.parent_expr(file, future))
        .is_some_and(|parent| matches!(cx.hir(file)[parent].kind, ExprKind::Await(_)))
}

/// Writes start and wait.
fn write(cx: &Cx<'_>, reading: &Reading, placement: Placement, waiting: Waiting, text: &mut Text) {
    let stmt = reading.guard.stmt;
    let Standing { file, claim, at, .. } = reading.standing;
    let hir = cx.hir(file);
    // A future that waits from the start on cancels the run also where nobody ever polls what it goes into.
    let Guard { form, kept, .. } = reading.guard;
    let waits_at_once =
        waiting == Waiting::Handed && form == Form::Value && kept.is_none() && reading.standing.helper.is_none();
    let is_result = form.keeps_result();
    let own_name = kept.filter(|_| is_result).and_then(|kept| cx.bound_name(file, kept.local)).map(str::to_owned);
    let wish = if waits_at_once || is_result { "run" } else { "handle" };
    let name = own_name.unwrap_or_else(|| cx.free_name(file, claim, wish, &[]));
    let start = start_call(cx, reading);
    let mut front = moved(cx, reading, placement, text);
    bind(cx, reading, &name, start, &mut front, text);
    if waits_at_once && let StmtKind::Expr { expr, .. } = hir[stmt].kind {
        text.changes.push(cx.insert(file, hir[expr].span.end, ".wait_or_cancel()"));
    }
    match placement {
        Placement::Claim => text.rewrite(file, Span { start: hir[stmt].span.start, end: hir[stmt].span.start }, front),
        Placement::Behind(last) => {
            let source = &cx.program.unit(file).source;
            let indent = source.indent_at(hir[stmt].span.start as usize);
            let end = hir[last].span.end;
            let mut pieces = vec![Piece::text(format!("{}{indent}", source.newline()))];
            pieces.append(&mut front);
            pieces.push(Piece::source(hir[stmt].span));
            text.rewrite(file, Span { start: end, end }, pieces);
            text.changes.push(delete_line(cx, file, hir[stmt].span));
        }
    }
    if let Some(plumbing) = &reading.plumbing {
        plumbing.remove(cx, file, at, text);
    }
    if let Parent::Expr(ctx) = reading.standing.ctx {
        text.contexts.push((file, cx.span(file, ctx)));
    }
    let wait = if waiting == Waiting::Plain { "wait" } else { "wait_or_cancel" };
    let waited = match is_result {
        _ if waits_at_once => name.clone(),
        true => format!("async {{ {name}?.{wait}().await }}"),
        false => format!("{name}.{wait}()"),
    };
    text.copied.extend(reading.carried.iter().map(|&span| (file, span)));
    match &reading.standing.helper {
        Some(helper) => helper.write(cx, (file, at), &name, is_result, waited, text),
        None => {
            text.changes.push(cx.replace(file, hir[at].span, waited));
            text.removed.push((file, hir[at].span));
        }
    }
}

/// The statements that move in front of the claim.
fn moved(cx: &Cx<'_>, reading: &Reading, placement: Placement, text: &mut Text) -> Vec<Piece> {
    let mut front = Vec::new();
    if placement != Placement::Claim {
        return front;
    }
    let file = reading.standing.file;
    let hir = cx.hir(file);
    let source = &cx.program.unit(file).source;
    let indent = source.indent_at(hir[reading.guard.stmt].span.start as usize);
    for &needed in &reading.needs.stmts {
        let span = with_comments(cx, file, hir[needed].span);
        text.changes.push(delete_line(cx, file, span));
        if !reading.seeding.takes(needed) {
            front.push(Piece::source(span));
            front.push(Piece::text(format!("{}{indent}", source.newline())));
        }
    }
    front
}

/// The start itself: `session.start_with_turn(&ctx, turn)`.
fn start_call(cx: &Cx<'_>, reading: &Reading) -> Vec<Piece> {
    let Standing { file, claim, given, .. } = reading.standing;
    let hir = cx.hir(file);
    let wrapper = reading.standing.wrapper.as_ref();
    let own = sites::receiver(cx, file, claim).unwrap_or(claim);
    let claimed = wrapper.and_then(|wrapper| wrapper.claimed(cx)).unwrap_or(own);
    let session = match hir[claimed].kind {
        ExprKind::Ref { expr, .. } => expr,
        _ => claimed,
    };
    let seen = wrapper.and_then(|wrapper| wrapper.session(cx, claim)).unwrap_or(Piece::source(hir[session].span));
    let mut pieces = vec![match reading.standing.helper {
        None => receiver::of(cx, &reading.standing, session).unwrap_or(seen),
        Some(_) => seen,
    }];
    let ctx = match (&reading.plumbing, &reading.standing.ctx) {
        (Some(plumbing), _) => borrowed(cx, file, plumbing.parent),
        (None, Parent::Expr(ctx)) => borrowed(cx, file, *ctx),
        (None, Parent::Text(text)) => vec![Piece::text(text.clone())],
    };
    let (method, argument) = seed::argument(cx, file, given, &reading.seeding, reading.guard.stmt, &reading.needs.rest);
    let besides = &reading.besides;
    let (open, close) =
        besides.around_context.as_ref().map_or(("", ""), |(open, close)| (open.as_str(), close.as_str()));
    pieces.push(Piece::text(format!(".{}({open}", besides.method(method))));
    pieces.extend(ctx);
    pieces.push(Piece::text(close));
    if !argument.is_empty() {
        pieces.push(Piece::text(", "));
        pieces.extend(argument);
    }
    pieces.push(Piece::text(format!("{})", besides.last_argument(cx.text(file, hir[session].span)))));
    pieces.extend(wrapper.and_then(Wrapper::conversion));
    pieces
}

/// An expression as an argument that is a reference.
fn borrowed(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Vec<Piece> {
    let is_reference = matches!(cx.ty(file, expr), super::super::ty::Ty::Ref(_))
        || matches!(cx.hir(file)[expr].kind, ExprKind::Ref { .. });
    vec![Piece::text(if is_reference { "" } else { "&" }), Piece::source(cx.span(file, expr))]
}

/// Binds the start's handle in the form that the claim had.
fn bind(cx: &Cx<'_>, reading: &Reading, name: &str, start: Vec<Piece>, front: &mut Vec<Piece>, text: &mut Text) {
    let Standing { file, claim, .. } = reading.standing;
    let hir = cx.hir(file);
    let Some(kept) = reading.guard.kept else {
        return bind_at(cx, reading, (claim, reading.guard.stmt), name, start, front, text);
    };
    text.rewrite(file, hir[claim].span, start);
    let mut at_look = Vec::new();
    let value = vec![Piece::source(hir[kept.value].span)];
    if reading.guard.form.keeps_result() {
        // The local is the start's result itself.
        bind_at(cx, reading, (kept.value, kept.stmt), name, value, &mut Vec::new(), text);
    } else {
        bind_at(cx, reading, (kept.value, kept.stmt), name, value, &mut at_look, text);
    }
    let start = hir[kept.stmt].span.start;
    text.rewrite(file, Span { start, end: start }, at_look);
}

/// Binds the handle where the result of a start is looked at.
fn bind_at(
    cx: &Cx<'_>,
    reading: &Reading,
    (claim, stmt): (ExprId, StmtId),
    name: &str,
    start: Vec<Piece>,
    front: &mut Vec<Piece>,
    text: &mut Text,
) {
    let file = reading.standing.file;
    let hir = cx.hir(file);
    let claim_span = hir[claim].span;
    let ok = || format!("Ok({name})");
    let busy = || format!("matches!({name}, Err({}::AlreadyActive))", cx.name_at(file, claim, "session::SessionError"));
    match reading.guard.form {
        Form::Value => {
            front.push(Piece::text(format!("let {name} = ")));
            text.rewrite(file, claim_span, start);
        }
        Form::OkPattern { pat } | Form::Around { pat } => {
            text.changes.push(cx.replace(file, hir[pat].span, ok()));
            text.rewrite(file, claim_span, start);
        }
        Form::Granted { condition } => {
            let mut pieces = vec![Piece::text(format!("let {} = ", ok()))];
            pieces.extend(start);
            text.rewrite(file, hir[condition].span, pieces);
        }
        Form::Refused { condition } => {
            bind_in_front(cx, reading, name, start, front);
            text.changes.push(cx.replace(file, hir[condition].span, busy()));
        }
        Form::Ignored => {
            let whole = hir[stmt].span;
            let mut pieces = vec![Piece::text(format!("let {name} = "))];
            pieces.extend(start);
            pieces.push(Piece::text(";"));
            text.rewrite(file, whole, pieces);
        }
        Form::RefusedAs => {
            bind_in_front(cx, reading, name, start, front);
            text.changes.push(cx.replace(file, claim_span, name));
        }
        Form::RefusedWith { whole, pat, then, otherwise } => {
            let head = Span { start: hir[whole].span.start, end: hir[pat].span.start };
            let mut pieces = Vec::new();
            if otherwise.is_none() {
                pieces.push(Piece::text(format!("let {name} = ")));
            }
            pieces.push(Piece::text("match "));
            pieces.extend(start);
            pieces.push(Piece::text(" { "));
            if otherwise.is_none() {
                pieces.push(Piece::text(format!("Ok({name}) => {name}, ")));
            }
            text.rewrite(file, head, pieces);
            text.changes.push(cx.replace(file, Span { start: hir[pat].span.end, end: hir[then].span.start }, " => "));
            let end = match otherwise {
                Some(other) => {
                    let gap = Span { start: hir[then].span.end, end: hir[other].span.start };
                    text.changes.push(cx.replace(file, gap, format!(" Ok({name}) => ")));
                    hir[other].span.end
                }
                None => hir[then].span.end,
            };
            let semi = if otherwise.is_none() && !ends_with_semi(cx, file, stmt) { ";" } else { "" };
            text.changes.push(cx.insert(file, end, format!(" }}{semi}")));
        }
        Form::Match { whole, arm } => {
            front.push(Piece::text(format!("let {name} = ")));
            text.rewrite(file, claim_span, start);
            let ExprKind::Match { arms, .. } = &hir[whole].kind else { return };
            text.changes.push(cx.replace(file, hir[arms[arm].pat].span, ok()));
            let body = hir[arms[arm].body].span;
            let comma = if arms[arm].span.end > body.end { "" } else { "," };
            text.changes.push(cx.replace(file, body, format!("{name}{comma}")));
            if !ends_with_semi(cx, file, stmt) {
                text.changes.push(cx.insert(file, hir[whole].span.end, ";"));
            }
        }
    }
}

fn bind_in_front(cx: &Cx<'_>, reading: &Reading, name: &str, start: Vec<Piece>, front: &mut Vec<Piece>) {
    let file = reading.standing.file;
    let source = &cx.program.unit(file).source;
    let indent = source.indent_at(cx.hir(file)[reading.guard.stmt].span.start as usize);
    front.push(Piece::text(format!("let {name} = ")));
    front.extend(start);
    front.push(Piece::text(format!(";{}{indent}", source.newline())));
}

fn ends_with_semi(cx: &Cx<'_>, file: FileIdx, stmt: StmtId) -> bool {
    cx.text(file, cx.hir(file)[stmt].span).ends_with(';')
}
