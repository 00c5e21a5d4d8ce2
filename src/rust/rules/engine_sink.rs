//! `engine-sink`: a sink given to an engine's construction moves to the context of the runs that the engine reaches.

use super::super::cx::{Change, Cx};
use super::super::hir::{BlockFlavour, ExprId, ExprKind, PatId, PatKind, PatParent, StmtKind};
use super::super::index::FileIdx;
use super::super::outcome::Outcome;
use super::super::sites::Site;
use super::super::text::{delete_argument, is_plain};
use super::super::ty::Ty;
use super::engine_options::{Options, argument, flow, options};
use crate::rules::Trap;

/// What carries the sinks to the runs.
#[derive(Clone, Debug, PartialEq)]
enum Carrier {
    /// Expressions that can be written again at the run.
    Exprs(Vec<ExprId>),
    /// A vector that held options and holds sinks now.
    Vector(PatId),
}

/// An engine built with sinks.
pub(crate) fn construction(cx: &Cx<'_>, site: &Site, call: ExprId) -> Outcome {
    let file = site.file;
    let Some((args, index)) = argument(cx, file, call) else { return flow() };
    let carrier = match options(cx, file, args[index]) {
        Options::Inline(sinks) => Carrier::Exprs(sinks),
        Options::Local(vector) if is_sink_vector(cx, file, vector) => Carrier::Vector(vector),
        _ => return flow(),
    };
    let mut changes = vec![delete_argument(cx, file, args, index)];
    if let Carrier::Vector(vector) = carrier {
        changes.extend(vector_of_sinks(cx, file, vector));
    }
    match runs_of(cx, file, call) {
        Some(runs) if reaches(cx, file, call, &carrier, &runs) => {
            changes.extend(wrap_runs(cx, file, call, &carrier, &runs));
            let outcome = Outcome::safe(changes, "the context of the engine's runs carries the sink");
            match runs.iter().any(|&run| is_told_twice(cx, file, &carrier, run)) {
                true => outcome.because(
                    Trap::DoubleSink,
                    "the context carries the sink already, so it is told twice, as before; leave one of the two out if once is meant",
                ),
                false => outcome,
            }
        }
        _ => {
            changes.push(scope_engine(cx, file, call, &carrier));
            Outcome::safe(changes, "`SinkScopedEngine` keeps the sink with the engine").offered(
                Trap::SinkScope,
                "the engine leaves the function that builds it, so its sinks are kept with it; better: give the sinks to the \
                 session's `Builder`, or wrap the context of the runs with `with_event_sink`",
            )
        }
    }
}

/// `with_sink(s)` itself: part of the construction's change, or of the vector's.
pub(crate) fn option(cx: &Cx<'_>, site: &Site, call: ExprId) -> Outcome {
    let known = cx.stmt_of(site.file, call).is_some();
    match known {
        true => Outcome::safe(Vec::new(), "the sink is attached to the context of the runs"),
        false => flow(),
    }
}

/// Whether a local vector only ever holds `with_sink(…)` and only goes to constructions.
fn is_sink_vector(cx: &Cx<'_>, file: FileIdx, vector: PatId) -> bool {
    let hir = cx.hir(file);
    let PatParent::Stmt(stmt) = hir[vector].parent else { return false };
    let StmtKind::Let { init: Some(init), .. } = hir[stmt].kind else { return false };
    let starts = matches!(options(cx, file, init), Options::Empty | Options::Inline(_))
        || cx.calls_known(file, init, "std::vec::Vec::with_capacity").is_some();
    starts && cx.uses_of(file, vector).iter().all(|&use_| is_vector_use(cx, file, use_))
}

fn is_vector_use(cx: &Cx<'_>, file: FileIdx, use_: ExprId) -> bool {
    let hir = cx.hir(file);
    let Some(parent) = cx.parent_expr(file, use_) else { return false };
    match &hir[parent].kind {
        ExprKind::MethodCall { receiver, method, args, .. } if *receiver == use_ => match method.text.as_str() {
            "push" => args.first().is_some_and(|&arg| super::engine_options::sink_of(cx, file, arg).is_some()),
            "clone" => is_construction_argument(cx, file, parent),
            "len" | "is_empty" => true,
            _ => false,
        },
        _ => is_construction_argument(cx, file, use_),
    }
}

fn is_construction_argument(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let Some(call) = cx.parent_expr(file, expr) else { return false };
    argument(cx, file, call).is_some_and(|(args, index)| args[index] == expr) && is_construction(cx, file, call)
}

fn is_construction(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> bool {
    let method = cx.inferred(file).methods.get(&call).and_then(|&def| cx.legacy.method(def));
    method == Some("create_engine")
        || cx.calls_known(file, call, "geppetto::inference::engine::factory::new_engine_from_parsed_values").is_some()
}

/// The vector of options becomes one of sinks, under the name it has.
fn vector_of_sinks(cx: &Cx<'_>, file: FileIdx, vector: PatId) -> Vec<Change> {
    let hir = cx.hir(file);
    let PatParent::Stmt(stmt) = hir[vector].parent else { return Vec::new() };
    let StmtKind::Let { pat, ty, init: Some(init), .. } = hir[stmt].kind else { return Vec::new() };
    let sink = cx.name_at(file, init, "events::EventSink");
    let arc = arc_name(cx, file, init);
    let ty_text = format!("Vec<{arc}<dyn {sink}>>");
    let mut changes = match ty {
        Some(ty) => vec![cx.replace(file, hir[ty].span, ty_text)],
        None => vec![cx.insert(file, hir[pat].span.end, format!(": {ty_text}"))],
    };
    if let Options::Inline(sinks) = options(cx, file, init) {
        for sink in sinks {
            changes.extend(unwrap_option(cx, file, sink));
        }
    }
    for &use_ in cx.uses_of(file, vector) {
        if let Some(parent) = cx.parent_expr(file, use_)
            && let ExprKind::MethodCall { method, args, .. } = &hir[parent].kind
            && method.text == "push"
            && let Some(sink) = args.first().and_then(|&arg| super::engine_options::sink_of(cx, file, arg))
        {
            changes.extend(unwrap_option(cx, file, sink));
        }
    }
    changes
}

/// `with_sink(sink)` becomes `sink`.
fn unwrap_option(cx: &Cx<'_>, file: FileIdx, sink: ExprId) -> Vec<Change> {
    match cx.parent_expr(file, sink) {
        Some(call) => super::super::text::unwrap_call(cx, file, call, sink),
        None => Vec::new(),
    }
}

/// `Arc`, or its full path where the scope does not have it.
fn arc_name(cx: &Cx<'_>, file: FileIdx, at: ExprId) -> &'static str {
    use super::super::resolve::{Namespace, Res};
    let scope = cx.program.scope_of_expr(file, at);
    let found = cx.resolver.names(scope, &["Arc"], false, Namespace::Type).map(|found| found.res);
    let is_std = matches!(found, Some(Res::Def(def)) if cx.resolver.known("std::sync::Arc") == Some(def));
    if is_std { "Arc" } else { "std::sync::Arc" }
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
        Carrier::Exprs(sinks) => {
            sinks.iter().all(|&sink| !is_plain(cx, file, sink) || lives(cx, file, sink, call, runs))
        }
        Carrier::Vector(vector) => !runs.iter().any(|&run| shadowed(cx, file, *vector, call, run)),
    };
    same_body && carried
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
fn wrap_runs(cx: &Cx<'_>, file: FileIdx, call: ExprId, carrier: &Carrier, runs: &[ExprId]) -> Vec<Change> {
    let hir = cx.hir(file);
    let mut changes = Vec::new();
    let again = runs.len() > 1 || runs.iter().any(|&run| in_loop(cx, file, call, run));
    let sinks = match carrier {
        Carrier::Vector(vector) => {
            let name = cx.bound_name(file, *vector).unwrap_or_default();
            let shared = again || constructions(cx, file, *vector) > 1;
            vec![if shared { format!("{name}.clone()") } else { name.to_owned() }]
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
        if let Some(stmt) = cx.stmt_of(file, call) {
            let source = &cx.program.unit(file).source;
            let start = cx.hir(file)[stmt].span.start;
            let arc = arc_name(cx, file, call);
            let event_sink = cx.name_at(file, call, "events::EventSink");
            let line = format!(
                "let {name}: {arc}<dyn {event_sink}> = {text};{}{}",
                source.newline(),
                source.indent_at(start as usize)
            );
            changes.push(cx.insert(file, start, line));
        }
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
        (Carrier::Vector(_), [vector]) => {
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
    let sink = cx.name_at(file, ctx, "events::EventSink");
    format!("{text} as {}<dyn {sink}>", arc_name(cx, file, ctx))
}

/// Wraps the constructed engine so that it keeps its sinks.
fn scope_engine(cx: &Cx<'_>, file: FileIdx, call: ExprId, carrier: &Carrier) -> Change {
    let scoped = cx.name_at(file, call, "engine::SinkScopedEngine");
    let engine = cx.name_at(file, call, "engine::Engine");
    let arc = arc_name(cx, file, call);
    let sinks = match carrier {
        Carrier::Exprs(sinks) => {
            let texts: Vec<&str> = sinks.iter().map(|&sink| cx.expr_text(file, sink)).collect();
            format!("vec![{}]", texts.join(", "))
        }
        Carrier::Vector(vector) => {
            let name = cx.bound_name(file, *vector).unwrap_or_default().to_owned();
            if constructions(cx, file, *vector) > 1 { format!("{name}.clone()") } else { name }
        }
    };
    let text = format!(".map(|engine| {arc}::new({scoped}::new(engine, {sinks})) as {arc}<dyn {engine}>)");
    cx.insert(file, cx.span(file, call).end, text)
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
