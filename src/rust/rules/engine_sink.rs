//! `engine-sink`: a sink given to an engine's construction moves to the context of the runs that the engine reaches.

pub(super) mod reach;
pub(super) mod runs;

use self::reach::{in_loop, in_own_closure, is_first_of_statement, lives, reaches};
use self::runs::runs_of;
use super::super::cx::{Change, Cx};
use super::super::hir::{ExprId, ExprKind, PatId, PatParent, Span, StmtKind};
use super::super::index::FileIdx;
use super::super::outcome::Outcome;
use super::super::text::{delete_argument, is_plain};
use super::super::ty::Ty;
use super::engine_options::sinks::{arc_name, sink_type};
use super::engine_options::{Options, argument, is_create_engine, options};
use crate::rules::Trap;

/// What carries the sinks to the runs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Carrier {
    /// Expressions that can be written again at the run.
    Exprs(Vec<ExprId>),
    /// A vector that held options and holds sinks now.
    Vector(PatId),
    /// Anything else: it gets a local of its own in front of the construction.
    Value(ExprId),
}

/// An engine built with sinks. `own` are the changes of the unit so far, which text that moves takes along.
pub(crate) fn construction(cx: &Cx<'_>, file: FileIdx, call: ExprId, own: &[Change]) -> Outcome {
    let Some((args, index)) = argument(cx, file, call) else { return unreadable() };
    let carrier = match options(cx, file, args[index]) {
        Options::Inline(sinks) => Carrier::Exprs(sinks),
        Options::Local(vector) if !matches!(cx.hir(file)[args[index]].kind, ExprKind::Field { .. }) => {
            Carrier::Vector(vector)
        }
        _ => Carrier::Value(args[index]),
    };
    if let Some(outcome) = super::engine_options::attach::given_up(cx, file, call) {
        return outcome;
    }
    match runs_of(cx, file, call) {
        Some(runs) if reaches(cx, file, call, &carrier, &runs) => {
            let mut changes = vec![delete_argument(cx, file, args, index)];
            if runs.iter().all(|&run| is_told_twice(cx, file, &carrier, run)) && !runs.is_empty() {
                return Outcome::safe(changes, "the context of the engine's runs carries the sink").offered(
                    Trap::DoubleSink,
                    "the context carries the sink already, so legacy told it twice; it is told once then",
                );
            }
            changes.extend(wrap_runs(cx, file, call, &carrier, &runs, own));
            Outcome::safe(changes, "the context of the engine's runs carries the sink")
        }
        _ => match scope_engine(cx, file, call, args, index, own) {
            Some(changes) => Outcome::safe(changes, "`SinkScopedEngine` keeps the sink with the engine").offered(
                Trap::SinkScope,
                "the engine leaves the function that builds it, so its sinks are kept with it; better: give the sinks to the \
                 session's `Builder`, or wrap the context of the runs with `with_event_sink`",
            ),
            None => Outcome::report(
                "the options are computed by code that may leave the function, inside the call",
                "compute them in a `let` in front of the call, then run the tool again",
            ),
        },
    }
}

fn unreadable() -> Outcome {
    Outcome::report("the call has no options argument", "build the engine without options")
}

/// Whether an expression is the options argument of a construction.
pub(crate) fn is_construction_argument(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let Some(call) = cx.parent_expr(file, expr) else { return false };
    argument(cx, file, call).is_some_and(|(args, index)| args[index] == expr) && is_construction(cx, file, call)
}

/// Whether a call builds an engine with options.
pub(crate) fn is_construction(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> bool {
    let method = cx.inferred(file).methods.get(&call);
    let by_path = match cx.hir(file)[call].kind {
        ExprKind::Call { callee, .. } => cx.value_def(file, callee),
        _ => None,
    };
    method.copied().or(by_path).is_some_and(|def| is_create_engine(cx, def))
        || cx.calls_known(file, call, "geppetto::inference::engine::factory::new_engine_from_parsed_values").is_some()
}

/// Wraps the context argument of every run.
fn wrap_runs(
    cx: &Cx<'_>,
    file: FileIdx,
    call: ExprId,
    carrier: &Carrier,
    runs: &[ExprId],
    own: &[Change],
) -> Vec<Change> {
    let hir = cx.hir(file);
    let mut changes = Vec::new();
    let again = runs.len() > 1 || runs.iter().any(|&run| in_loop(cx, file, call, run));
    let sinks = match carrier {
        Carrier::Vector(vector) => {
            let name = cx.bound_name(file, *vector).unwrap_or_default();
            let shared =
                again || constructions(cx, file, *vector) > 1 || is_needed_later(cx, file, call, *vector, runs);
            vec![if shared { format!("{name}.clone()") } else { name.to_owned() }]
        }
        Carrier::Value(value) => {
            let name = cx.free_name(file, call, "engine_sinks", &[]);
            let text = rewritten(cx, file, cx.span(file, *value), own);
            let says_type = says_type(cx, file, *value);
            let ty = match says_type {
                true => String::new(),
                false => format!(": Vec<{}>", sink_type(cx, file, cx.program.scope_of_expr(file, call))),
            };
            changes.extend(local_in_front(cx, file, call, &format!("let {name}{ty} = {text};")));
            vec![if again { format!("{name}.clone()") } else { name }]
        }
        Carrier::Exprs(sinks) => {
            let mut taken = Vec::new();
            let to = To { call, runs, again };
            sinks.iter().map(|&sink| carried(cx, file, &to, sink, &mut taken, &mut changes)).collect()
        }
    };
    for &run in runs {
        let ExprKind::MethodCall { args, .. } = &hir[run].kind else { continue };
        let Some(&ctx) = args.first() else { continue };
        changes.extend(wrap_context(cx, file, ctx, carrier, &sinks));
    }
    changes
}

/// Whether the type of a vector needs no annotation: it comes from a function of the program, or is a copy.
fn says_type(cx: &Cx<'_>, file: FileIdx, value: ExprId) -> bool {
    match &cx.hir(file)[value].kind {
        ExprKind::Call { callee, .. } => cx.value_def(file, *callee).is_some_and(|def| !cx.program.is_model(def)),
        ExprKind::MethodCall { method, .. } => {
            let own = cx.inferred(file).methods.get(&value).is_some_and(|&def| !cx.program.is_model(def));
            own || matches!(method.text.as_str(), "clone" | "to_vec")
        }
        ExprKind::Field { .. } => true,
        _ => false,
    }
}

/// Whether a vector that was cloned for the construction is looked at again after the runs, or is only borrowed.
fn is_needed_later(cx: &Cx<'_>, file: FileIdx, call: ExprId, vector: PatId, runs: &[ExprId]) -> bool {
    let hir = cx.hir(file);
    let borrowed = cx.inferred(file).bindings.get(&vector).is_some_and(|ty| matches!(ty, Ty::Ref(_)));
    let last = runs.iter().map(|&run| cx.span(file, run).start).max().unwrap_or_default();
    let later = cx.uses_of(file, vector).iter().any(|&use_| hir[use_].span.start > last);
    let home = hir[vector].span;
    let looped = cx.ancestors(file, call).take_while(|&at| !hir[at].span.contains(home)).any(|at| {
        matches!(
            hir[at].kind,
            ExprKind::Loop { .. } | ExprKind::While { .. } | ExprKind::For { .. } | ExprKind::Closure { .. }
        )
    });
    borrowed || later || looped
}

/// The text of a stretch as the unit's changes make it.
fn rewritten(cx: &Cx<'_>, file: FileIdx, span: Span, changes: &[Change]) -> String {
    let range = span.range();
    let mut inside: Vec<&Change> = changes
        .iter()
        .filter(|change| {
            let at = change.edit.range();
            change.file == file && range.start <= at.start && at.end <= range.end
        })
        .collect();
    inside.sort_by_key(|change| (change.edit.range().start, change.edit.range().end));
    inside.dedup();
    let source = cx.source(file);
    let mut text = String::new();
    let mut at = range.start;
    for change in inside {
        let own = change.edit.range();
        if own.start < at {
            continue;
        }
        text.push_str(&source[at..own.start]);
        text.push_str(change.edit.text());
        at = own.end;
    }
    text.push_str(&source[at..range.end]);
    text
}

/// A statement in front of the one around an expression.
fn local_in_front(cx: &Cx<'_>, file: FileIdx, expr: ExprId, line: &str) -> Option<Change> {
    let stmt = cx.stmt_of(file, expr)?;
    let source = &cx.program.unit(file).source;
    let start = cx.hir(file)[stmt].span.start;
    Some(cx.insert(file, start, format!("{line}{}{}", source.newline(), source.indent_at(start as usize))))
}

/// Whether the context of a run is made with just the sinks that the engine has too.
fn is_told_twice(cx: &Cx<'_>, file: FileIdx, carrier: &Carrier, run: ExprId) -> bool {
    let Carrier::Exprs(sinks) = carrier else { return false };
    let hir = cx.hir(file);
    let ExprKind::MethodCall { args, .. } = &hir[run].kind else { return false };
    let Some(&ctx) = args.first() else { return false };
    let made = match cx.locals_in(file, ctx).as_slice() {
        [local] => match hir[*local].parent {
            PatParent::Stmt(stmt) => match hir[stmt].kind {
                StmtKind::Let { init: Some(init), .. } => init,
                _ => return false,
            },
            _ => return false,
        },
        _ => return false,
    };
    sinks.iter().all(|&sink| named_sink(cx, file, sink).is_some_and(|own| carries(cx, file, made, own)))
}

/// The local that a sink is, or is a copy of.
pub(super) fn named_sink(cx: &Cx<'_>, file: FileIdx, sink: ExprId) -> Option<PatId> {
    cx.local(file, cx.cloned(file, sink).unwrap_or(sink))
}

/// Whether a context is made by `with_event_sink(…, sink)`.
fn carries(cx: &Cx<'_>, file: FileIdx, made: ExprId, sink: PatId) -> bool {
    let args = cx.calls_known(file, cx.peel_parens(file, made), "geppetto_runtime::events::with_event_sink");
    args.and_then(|args| args.get(1)).is_some_and(|&given| named_sink(cx, file, given) == Some(sink))
}

fn constructions(cx: &Cx<'_>, file: FileIdx, vector: PatId) -> usize {
    cx.uses_of(file, vector)
        .iter()
        .filter(|&&use_| {
            is_construction_argument(cx, file, use_)
                || cx.parent_expr(file, use_).is_some_and(|parent| is_construction_argument(cx, file, parent))
        })
        .count()
}

/// Where a sink is carried to: from its construction to the runs, which may happen again.
pub(super) struct To<'a> {
    pub(super) call: ExprId,
    pub(super) runs: &'a [ExprId],
    pub(super) again: bool,
}

/// How a sink is written at a run; one that is made on the spot gets a local of its own first.
pub(super) fn carried(
    cx: &Cx<'_>,
    file: FileIdx,
    to: &To<'_>,
    sink: ExprId,
    taken: &mut Vec<String>,
    changes: &mut Vec<Change>,
) -> String {
    let To { call, runs, again } = *to;
    let text = cx.expr_text(file, sink);
    let in_task = runs.iter().any(|&run| in_own_closure(cx, file, call, run));
    let again = again || in_task;
    if in_task || !is_plain(cx, file, sink) || !lives(cx, file, sink, call, runs) {
        let name = cx.free_name(file, call, "sink", taken);
        taken.push(name.clone());
        let ty = sink_type(cx, file, cx.program.scope_of_expr(file, call));
        changes.extend(local_in_front(cx, file, call, &format!("let {name}: {ty} = {text};")));
        return if again { format!("{name}.clone()") } else { name };
    }
    let is_local = cx.local(file, sink).is_some();
    if is_local && again { format!("{text}.clone()") } else { text.to_owned() }
}

fn wrap_context(cx: &Cx<'_>, file: FileIdx, ctx: ExprId, carrier: &Carrier, sinks: &[String]) -> Vec<Change> {
    let span = cx.span(file, ctx);
    let (open, close) = match (carrier, sinks) {
        (Carrier::Exprs(_), [sink]) => {
            let function = cx.name_at(file, ctx, "events::with_event_sink");
            (format!("&{function}("), format!(", {sink})"))
        }
        (_, [vector]) => {
            let function = cx.name_at(file, ctx, "events::with_event_sinks");
            (format!("&{function}("), format!(", {vector})"))
        }
        _ => {
            let function = cx.name_at(file, ctx, "events::with_event_sinks");
            let first = first_of_several(cx, file, ctx, carrier, sinks);
            let rest: Vec<&str> = sinks.iter().skip(1).map(String::as_str).collect();
            (format!("&{function}("), format!(", [{first}, {}])", rest.join(", ")))
        }
    };
    vec![cx.insert(file, span.start, open), cx.insert(file, span.end, close)]
}

/// The first sink of an array, which says of what type the others are.
fn first_of_several(cx: &Cx<'_>, file: FileIdx, ctx: ExprId, carrier: &Carrier, sinks: &[String]) -> String {
    let text = sinks.first().cloned().unwrap_or_default();
    let Carrier::Exprs(exprs) = carrier else { return text };
    let is_trait_object = |&sink: &ExprId| match cx.ty(file, sink) {
        Ty::Adt(_, args) => !is_plain(cx, file, sink) || matches!(args.as_slice(), [Ty::Trait(..)]),
        _ => !is_plain(cx, file, sink),
    };
    let has_own_local = exprs.first().is_some_and(|&first| !text.starts_with(cx.expr_text(file, first)));
    if has_own_local || exprs.first().is_some_and(is_trait_object) {
        return text;
    }
    format!("{text} as {}", sink_type(cx, file, cx.program.scope_of_expr(file, ctx)))
}

/// Wraps the constructed engine so that it keeps its sinks; the options stay where they are, as sinks.
fn scope_engine(
    cx: &Cx<'_>,
    file: FileIdx,
    call: ExprId,
    args: &[ExprId],
    index: usize,
    own: &[Change],
) -> Option<Vec<Change>> {
    let hir = cx.hir(file);
    let given = args[index];
    let leaves = hir.descendants(given).any(|at| {
        matches!(hir[at].kind, ExprKind::Try(_) | ExprKind::Await(_) | ExprKind::Return(_) | ExprKind::Break(_))
    });
    if leaves && !is_first_of_statement(cx, file, call) {
        return None;
    }
    let scoped = cx.name_at(file, call, "engine::SinkScopedEngine");
    let engine = cx.name_at(file, call, "engine::Engine");
    let arc = arc_name(cx, cx.program.scope_of_expr(file, call));
    let named: Vec<&str> = cx.locals_in(file, given).into_iter().filter_map(|pat| cx.bound_name(file, pat)).collect();
    let inner = if named.contains(&"engine") { "inner" } else { "engine" };
    let head = Span { start: cx.span(file, args[index.checked_sub(1)?]).end, end: cx.span(file, given).start };
    let tail = Span { start: cx.span(file, given).end, end: cx.span(file, call).end };
    if leaves {
        // What may leave the function must not stand in the closure.
        let name = cx.free_name(file, call, "engine_sinks", &[]);
        let text = rewritten(cx, file, cx.span(file, given), own);
        let ty = sink_type(cx, file, cx.program.scope_of_expr(file, call));
        let line = local_in_front(cx, file, call, &format!("let {name}: Vec<{ty}> = {text};"));
        let whole = Span { start: head.start, end: tail.end };
        let wrapped = format!(").map(|engine| {arc}::new({scoped}::new(engine, {name})) as {arc}<dyn {engine}>)");
        return Some(line.into_iter().chain([cx.replace(file, whole, wrapped)]).collect());
    }
    Some(vec![
        cx.replace(file, head, format!(").map(|{inner}| {arc}::new({scoped}::new({inner}, ")),
        cx.replace(file, tail, format!(")) as {arc}<dyn {engine}>)")),
    ])
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;

    #[test]
    fn a_sink_made_on_the_spot_is_one_sink_for_all_runs() {
        let body = "let engine = new_engine_from_parsed_values(&values, vec![with_sink(Arc::new(NullSink))])?;\n\
                    for _ in 0..2 { engine.run_inference(&ctx, Turn::default()).await?; }";
        assert_eq!(
            migrated(body),
            "let sink: Arc<dyn EventSink> = Arc::new(NullSink);\nlet engine = new_engine_from_parsed_values(&values)?;\n\
             for _ in 0..2 { engine.run_inference(&with_event_sink(&ctx, sink.clone()), Turn::default()).await?; }"
        );
    }

    #[test]
    fn an_engine_that_escapes_keeps_its_sink() {
        let body = "let sink = Arc::new(NullSink);\n\
                    let engine = new_engine_from_parsed_values(&values, vec![with_sink(sink)])?;\nkeep(engine);";
        assert!(
            migrated(body)
                .contains(".map(|engine| Arc::new(SinkScopedEngine::new(engine, vec![sink])) as Arc<dyn Engine>)?")
        );
        assert_eq!(finding_at(body, "with_sink").level, Level::Offered);
    }

    #[test]
    fn runs_are_found_behind_matches_and_other_names() {
        let body = "let sink: Arc<dyn EventSink> = Arc::new(NullSink);\n\
                    let engine = match new_engine_from_parsed_values(&values, vec![with_sink(sink.clone())]) { Ok(engine) => engine, Err(_) => return Ok(()) };\n\
                    let other = Arc::clone(&engine);\nother.run_inference(&ctx, Turn::default()).await?;\ndrop(sink);";
        assert!(
            migrated(body).contains("other.run_inference(&with_event_sink(&ctx, sink.clone()), Turn::default())"),
            "{}",
            migrated(body)
        );
        let body = "if let Ok(engine) = new_engine_from_parsed_values(&values, vec![with_sink(Arc::new(NullSink))]) {\n\
                    engine.run_inference(&ctx, Turn::default()).await?;\n}";
        assert!(migrated(body).starts_with("let sink: Arc<dyn EventSink> = Arc::new(NullSink);\nif let Ok(engine)"));
    }

    #[test]
    fn one_engine_of_two_keeps_its_sink_to_itself() {
        let body = "let loud = ctx.is_cancelled();\nlet engine = if loud { new_engine_from_parsed_values(&values, vec![with_sink(Arc::new(NullSink))])? } \
                    else { new_engine_from_parsed_values(&values, vec![])? };\nengine.run_inference(&ctx, Turn::default()).await?;";
        assert!(migrated(body).contains("SinkScopedEngine::new(engine, vec![Arc::new(NullSink)])"));
    }

    #[test]
    fn a_task_takes_a_sink_of_its_own_along() {
        let body = "let heard = Arc::new(NullSink);\n\
                    let engine = new_engine_from_parsed_values(&values, vec![with_sink(heard.clone())])?;\n\
                    tokio::spawn(async move { let _ = engine.run_inference(&ctx, Turn::default()).await; });\ndrop(heard);";
        assert_eq!(
            migrated(body),
            "let heard = Arc::new(NullSink);\nlet sink: Arc<dyn EventSink> = heard.clone();\n\
             let engine = new_engine_from_parsed_values(&values)?;\n\
             tokio::spawn(async move { let _ = engine.run_inference(&with_event_sink(&ctx, sink.clone()), Turn::default()).await; });\ndrop(heard);"
        );
    }

    #[test]
    fn a_sink_that_the_context_has_already_is_offered_to_go() {
        let body = "let sink: Arc<dyn EventSink> = Arc::new(NullSink);\n\
                    let engine = new_engine_from_parsed_values(&values, vec![with_sink(sink.clone())])?;\n\
                    let ctx = with_event_sink(&ctx, sink.clone());\nengine.run_inference(&ctx, Turn::default()).await?;";
        let finding = finding_at(body, "with_sink");
        assert_eq!((finding.level, finding.traps), (Level::Offered, Vec::new()));
        assert_eq!(finding_at(body, "new_engine").traps, vec![crate::rules::Trap::DoubleSink]);
        assert!(migrated(body).contains("engine.run_inference(&ctx, Turn::default())"));
    }

    #[test]
    fn the_builder_of_the_only_session_of_an_engine_has_its_sink() {
        let made = "let own: Arc<dyn EventSink> = Arc::new(NullSink);\n\
                    let engine = new_engine_from_parsed_values(&values, vec![with_sink(own.clone())])?;\n\
                    let state = Arc::new(InferenceState::new(\"a\", None, engine));\n";
        let run = "session.run_inference(&ctx, Some(Turn::builder().with_user_prompt(\"x\").build())).await?;";
        let body = format!(
            "{made}let session = Session {{ event_sinks: vec![Arc::new(NullSink)], ..Session::new(state) }};\n{run}"
        );
        let after = migrated(&body);
        assert!(after.contains(".with_event_sink(Arc::new(NullSink)).with_event_sink(own.clone())"), "{after}");
        assert_eq!(finding_at(&body, "new_engine").level, Level::Safe);
        let body = format!(
            "{made}let hook: geppetto::toolloop::SnapshotHook = Arc::new(|_, _, _| {{}});\n\
                            let session = Session {{ snapshot_hook: Some(hook), ..Session::new(state) }};\n{run}"
        );
        assert!(migrated(&body).contains("SinkScopedEngine"), "{}", migrated(&body));
    }

    #[test]
    fn sinks_that_may_fail_are_made_in_front_of_the_construction() {
        let body = "let make = || -> Result<Arc<dyn EventSink>, std::fmt::Error> { Ok(Arc::new(NullSink)) };\n\
                    let engine = new_engine_from_parsed_values(&values, vec![with_sink(make()?)])?;\nkeep(engine);";
        let after = migrated(body);
        assert!(after.contains("let engine_sinks: Vec<Arc<dyn EventSink>> = vec![make()?];\nlet engine = "), "{after}");
        assert!(after.contains("SinkScopedEngine::new(engine, engine_sinks)) as Arc<dyn Engine>)?;"), "{after}");
    }
}
