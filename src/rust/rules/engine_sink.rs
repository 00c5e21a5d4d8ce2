//! `engine-sink`: a sink given to an engine's construction moves to the context of the runs that the engine reaches.

use super::super::cx::{Change, Cx};
use super::super::hir::{BlockFlavour, ExprId, ExprKind, Parent, PatId, PatKind, PatParent, Span, StmtKind};
use super::super::index::FileIdx;
use super::super::outcome::Outcome;
use super::super::sites::Site;
use super::super::text::{delete_argument, is_plain};
use super::super::ty::Ty;
use super::engine_options::sinks::{arc_name, sink_type};
use super::engine_options::{Options, argument, is_create_engine, options};
use crate::rules::Trap;

/// What carries the sinks to the runs.
#[derive(Clone, Debug, PartialEq)]
enum Carrier {
    /// Expressions that can be written again at the run.
    Exprs(Vec<ExprId>),
    /// A vector that held options and holds sinks now.
    Vector(PatId),
    /// Anything else: it gets a local of its own in front of the construction.
    Value(ExprId),
}

/// An engine built with sinks. `own` are the changes of the unit so far, which text that moves takes along.
pub(crate) fn construction(cx: &Cx<'_>, site: &Site, call: ExprId, own: &[Change]) -> Outcome {
    let file = site.file;
    let Some((args, index)) = argument(cx, file, call) else { return unreadable() };
    let carrier = match options(cx, file, args[index]) {
        Options::Inline(sinks) => Carrier::Exprs(sinks),
        Options::Local(vector) if !matches!(cx.hir(file)[args[index]].kind, ExprKind::Field { .. }) => {
            Carrier::Vector(vector)
        }
        _ => Carrier::Value(args[index]),
    };
    match runs_of(cx, file, call) {
        Some(runs) if reaches(cx, file, call, &carrier, &runs) => {
            let mut changes = vec![delete_argument(cx, file, args, index)];
            changes.extend(wrap_runs(cx, file, call, &carrier, &runs, own));
            let outcome = Outcome::safe(changes, "the context of the engine's runs carries the sink");
            match runs.iter().any(|&run| is_told_twice(cx, file, &carrier, run)) {
                true => outcome.because(
                    Trap::DoubleSink,
                    "the context carries the sink already, so it is told twice, as before; leave one of the two out if once is meant",
                ),
                false => outcome,
            }
        }
        _ => match scope_engine(cx, file, call, args, index) {
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

/// The runs of the engine that a construction gives, if those are all that happens to it.
fn runs_of(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Option<Vec<ExprId>> {
    let hir = cx.hir(file);
    let mut at = call;
    // The engine out of the result: `?`, `unwrap()`, `expect(…)`.
    loop {
        let parent = cx.parent_expr(file, at);
        match parent.map(|parent| (&hir[parent].kind, parent)) {
            Some((ExprKind::Try(_), parent)) => at = parent,
            Some((ExprKind::MethodCall { receiver, method, .. }, parent))
                if *receiver == at && matches!(method.text.as_str(), "unwrap" | "expect" | "map_err") =>
            {
                at = parent;
            }
            Some((ExprKind::MethodCall { receiver, method, .. }, parent))
                if *receiver == at && method.text == "run_inference" =>
            {
                return Some(vec![parent]);
            }
            Some(_) => return None,
            None => break,
        }
    }
    let stmt = cx.stmt_of(file, at)?;
    let StmtKind::Let { pat, init: Some(init), otherwise: None, .. } = hir[stmt].kind else { return None };
    if cx.peel_parens(file, init) != at || !matches!(hir[pat].kind, PatKind::Bind { sub: None, mutable: false, .. }) {
        return None;
    }
    let mut runs = Vec::new();
    for &use_ in cx.uses_of(file, pat) {
        let parent = cx.parent_expr(file, use_)?;
        match &hir[parent].kind {
            ExprKind::MethodCall { receiver, method, .. } if *receiver == use_ && method.text == "run_inference" => {
                runs.push(parent);
            }
            _ => return None,
        }
    }
    let captured = cx.inferred(file).captures.iter().any(|(_, own)| *own == pat);
    (!captured).then_some(runs)
}

/// Whether what carries the sinks can be written at every run: same function, not in a closure of its own, awaited on
/// the spot, and nothing took the sinks away in between.
fn reaches(cx: &Cx<'_>, file: FileIdx, call: ExprId, carrier: &Carrier, runs: &[ExprId]) -> bool {
    let hir = cx.hir(file);
    let same_body = runs.iter().all(|&run| {
        let awaited = cx.parent_expr(file, run).is_some_and(|parent| matches!(hir[parent].kind, ExprKind::Await(_)));
        awaited && !in_own_closure(cx, file, call, run)
    });
    let carried = match carrier {
        Carrier::Exprs(sinks) => sinks.iter().all(|&sink| match is_plain(cx, file, sink) {
            true => lives(cx, file, sink, call, runs),
            false => is_first_of_statement(cx, file, call),
        }),
        Carrier::Vector(vector) => {
            !runs.iter().any(|&run| shadowed(cx, file, *vector, call, run)) && stays(cx, file, *vector, call, runs)
        }
        Carrier::Value(_) => is_first_of_statement(cx, file, call),
    };
    same_body && carried
}

/// Whether a construction is done unconditionally when its statement is: a local can be made in front of it.
fn is_first_of_statement(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> bool {
    let hir = cx.hir(file);
    let mut at = call;
    loop {
        let Parent::Expr(parent) = hir[at].parent else { return matches!(hir[at].parent, Parent::Stmt(_)) };
        let passes = match &hir[parent].kind {
            ExprKind::Paren(_) | ExprKind::Try(_) | ExprKind::Await(_) | ExprKind::Return(_) | ExprKind::Ref { .. } => {
                true
            }
            ExprKind::MethodCall { receiver, .. } => *receiver == at,
            ExprKind::Call { .. } => cx.calls_known(file, parent, "std::result::Result::Ok").is_some(),
            ExprKind::Match { scrutinee, .. } => *scrutinee == at,
            _ => false,
        };
        if !passes {
            return false;
        }
        at = parent;
    }
}

/// Whether a vector holds at the runs what it held at the construction.
fn stays(cx: &Cx<'_>, file: FileIdx, vector: PatId, call: ExprId, runs: &[ExprId]) -> bool {
    let hir = cx.hir(file);
    let home = cx.span(file, call);
    let last = runs.iter().map(|&run| cx.span(file, run).end).max().unwrap_or(home.end);
    let looped = runs.iter().any(|&run| in_loop(cx, file, call, run));
    cx.uses_of(file, vector).iter().all(|&use_| {
        let span = hir[use_].span;
        let between = span.start > home.end && (span.start < last || looped);
        !between || is_harmless(cx, file, use_)
    })
}

fn is_harmless(cx: &Cx<'_>, file: FileIdx, use_: ExprId) -> bool {
    let Some(parent) = cx.parent_expr(file, use_) else { return false };
    match &cx.hir(file)[parent].kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            *receiver == use_ && matches!(method.text.as_str(), "len" | "is_empty" | "clone" | "iter" | "to_vec")
        }
        ExprKind::Ref { mutable, .. } => !*mutable,
        _ => false,
    }
}

fn in_own_closure(cx: &Cx<'_>, file: FileIdx, call: ExprId, run: ExprId) -> bool {
    let hir = cx.hir(file);
    let home = cx.span(file, call);
    cx.ancestors(file, run).take_while(|&at| !hir[at].span.contains(home)).any(|at| {
        matches!(hir[at].kind, ExprKind::Closure { .. } | ExprKind::Block { flavour: BlockFlavour::Async { .. }, .. })
    })
}

/// Whether the locals of a sink's expression are still there at the runs.
fn lives(cx: &Cx<'_>, file: FileIdx, sink: ExprId, call: ExprId, runs: &[ExprId]) -> bool {
    let hir = cx.hir(file);
    let own = cx.span(file, sink);
    let last = runs.iter().map(|&run| cx.span(file, run).end).max().unwrap_or(own.end);
    cx.locals_in(file, sink).into_iter().all(|local| {
        let moved = cx.uses_of(file, local).iter().any(|&use_| {
            let span = hir[use_].span;
            !own.contains(span) && span.start > own.start && span.start < last && is_moved(cx, file, use_)
        });
        !moved && !runs.iter().any(|&run| shadowed(cx, file, local, call, run))
    })
}

fn is_moved(cx: &Cx<'_>, file: FileIdx, use_: ExprId) -> bool {
    match cx.parent_expr(file, use_).map(|parent| &cx.hir(file)[parent].kind) {
        Some(ExprKind::MethodCall { receiver, .. }) => *receiver != use_,
        Some(ExprKind::Ref { .. } | ExprKind::Field { .. } | ExprKind::Macro(_) | ExprKind::Deref(_)) => false,
        _ => true,
    }
}

/// Whether another binding of the local's name stands between a construction and a run, or the local's block ends.
fn shadowed(cx: &Cx<'_>, file: FileIdx, local: PatId, call: ExprId, run: ExprId) -> bool {
    let hir = cx.hir(file);
    let (from, to) = (cx.span(file, call).end, cx.span(file, run).start);
    let name = cx.bound_name(file, local);
    let again = cx.inferred(file).bindings.keys().any(|other| {
        let at = hir[*other].span.start;
        *other != local && at >= from && at < to && cx.bound_name(file, *other) == name
    });
    let in_block = match hir[local].parent {
        PatParent::Stmt(stmt) => cx.ancestors(file, run).any(|at| at == hir[stmt].block),
        _ => true,
    };
    again || !in_block
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
            sinks.iter().map(|&sink| carried(cx, file, call, sink, again, &mut taken, &mut changes)).collect()
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

/// Whether the context of a run is made with a sink that the engine has too.
fn is_told_twice(cx: &Cx<'_>, file: FileIdx, carrier: &Carrier, run: ExprId) -> bool {
    let Carrier::Exprs(sinks) = carrier else { return false };
    let own: Vec<PatId> = sinks.iter().flat_map(|&sink| cx.locals_in(file, sink)).collect();
    let hir = cx.hir(file);
    let ExprKind::MethodCall { args, .. } = &hir[run].kind else { return false };
    let Some(ctx) = args.first().and_then(|&ctx| cx.locals_in(file, ctx).first().copied()) else { return false };
    let PatParent::Stmt(stmt) = hir[ctx].parent else { return false };
    let StmtKind::Let { init: Some(init), .. } = hir[stmt].kind else { return false };
    cx.expr_text(file, init).contains("with_event_sink")
        && cx.locals_in(file, init).iter().any(|local| own.contains(local))
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

fn in_loop(cx: &Cx<'_>, file: FileIdx, call: ExprId, run: ExprId) -> bool {
    let hir = cx.hir(file);
    let home = cx.span(file, call);
    cx.ancestors(file, run)
        .take_while(|&at| !hir[at].span.contains(home))
        .any(|at| matches!(hir[at].kind, ExprKind::Loop { .. } | ExprKind::While { .. } | ExprKind::For { .. }))
}

/// How a sink is written at a run; one that is made on the spot gets a local of its own first.
fn carried(
    cx: &Cx<'_>,
    file: FileIdx,
    call: ExprId,
    sink: ExprId,
    again: bool,
    taken: &mut Vec<String>,
    changes: &mut Vec<Change>,
) -> String {
    let text = cx.expr_text(file, sink);
    if !is_plain(cx, file, sink) {
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
    if exprs.first().is_some_and(is_trait_object) {
        return text;
    }
    format!("{text} as {}", sink_type(cx, file, cx.program.scope_of_expr(file, ctx)))
}

/// Wraps the constructed engine so that it keeps its sinks; the options stay where they are, as sinks.
fn scope_engine(cx: &Cx<'_>, file: FileIdx, call: ExprId, args: &[ExprId], index: usize) -> Option<Vec<Change>> {
    let hir = cx.hir(file);
    let given = args[index];
    let leaves = hir.descendants(given).any(|at| {
        matches!(hir[at].kind, ExprKind::Try(_) | ExprKind::Await(_) | ExprKind::Return(_) | ExprKind::Break(_))
    });
    if leaves {
        return None;
    }
    let scoped = cx.name_at(file, call, "engine::SinkScopedEngine");
    let engine = cx.name_at(file, call, "engine::Engine");
    let arc = arc_name(cx, cx.program.scope_of_expr(file, call));
    let named: Vec<&str> = cx.locals_in(file, given).into_iter().filter_map(|pat| cx.bound_name(file, pat)).collect();
    let inner = if named.contains(&"engine") { "inner" } else { "engine" };
    let head = Span { start: cx.span(file, args[index.checked_sub(1)?]).end, end: cx.span(file, given).start };
    let tail = Span { start: cx.span(file, given).end, end: cx.span(file, call).end };
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
}
