//! `engine-options`: option vectors, parameters, fields and signatures of engine options.

mod plan;
pub(crate) mod sinks;
mod uses;

pub(crate) use self::plan::{Survey, decide, is_about_options, plan};

use super::super::cx::{Change, Cx};
use super::super::hir::{ExprId, ExprKind, MacroContent};
use super::super::index::FileIdx;
use super::super::outcome::Outcome;
use super::super::sites::Site;
use super::super::text::delete_argument;
use super::super::ty::Ty;
use crate::finding::Level;
use crate::rules::Trap;

/// What the options argument of an engine's construction is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Options {
    /// `vec![]`, `Vec::new()`: nothing was ever given.
    Empty,
    /// `vec![with_sink(a), …]`: the sinks' expressions.
    Inline(Vec<ExprId>),
    /// A local vector.
    Local(super::super::hir::PatId),
    Other,
}

/// The options argument of a construction; the call's arguments with it.
pub(crate) fn argument<'a>(cx: &Cx<'a>, file: FileIdx, call: ExprId) -> Option<(&'a [ExprId], usize)> {
    match &cx.hir(file)[call].kind {
        ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. } => Some((args, args.len().checked_sub(1)?)),
        _ => None,
    }
}

/// Reads an options argument.
pub(crate) fn options(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Options {
    let expr = cx.peel_parens(file, expr);
    let empty = ["std::vec::Vec::new", "std::vec::Vec::default", "std::default::Default::default"];
    if empty.iter().any(|path| cx.calls_known(file, expr, path).is_some()) {
        return Options::Empty;
    }
    if let ExprKind::Macro(call) = &cx.hir(file)[expr].kind
        && call.path.segments.last().is_some_and(|last| last.name.text == "vec")
        && let MacroContent::Exprs(parts) = &call.content
    {
        if parts.is_empty() {
            return Options::Empty;
        }
        let sinks: Option<Vec<ExprId>> = parts.iter().map(|&part| sink_of(cx, file, part)).collect();
        return sinks.map_or(Options::Other, Options::Inline);
    }
    let named = cx.cloned(file, expr).unwrap_or(expr);
    cx.local(file, named).map_or(Options::Other, Options::Local)
}

/// The sink of `with_sink(sink)`.
pub(crate) fn sink_of(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<ExprId> {
    let args = cx.calls_known(file, cx.peel_parens(file, expr), "geppetto::inference::engine::with_sink")?;
    args.first().copied()
}

/// An engine built by `new_engine_from_parsed_values(values, options)`, or by the standard factory made on the spot.
fn construction(cx: &Cx<'_>, site: &Site, call: ExprId, own: &[Change]) -> Outcome {
    let file = site.file;
    let (maker, args, name) = match &cx.hir(file)[call].kind {
        ExprKind::Call { callee, args } => (*callee, args, "engine::factory::new_engine_from_parsed_values"),
        ExprKind::MethodCall { receiver, args, .. } => match standard_factory(cx, file, *receiver) {
            Some(path) => (path, args, "engine::factory::StandardEngineFactory"),
            None => return flow(),
        },
        _ => return flow(),
    };
    let [_, given] = args.as_slice() else { return flow() };
    let mut outcome = match options(cx, file, *given) {
        Options::Empty => Outcome::safe(vec![delete_argument(cx, file, args, 1)], "the same call without options"),
        _ => super::engine_sink::construction(cx, site, call, own),
    };
    if outcome.level != Level::Report {
        let text = cx.name_at(file, call, name);
        outcome.changes.push(cx.replace(file, cx.span(file, maker), text));
        // The method is the trait's, which must be in scope under its short name.
        let by_trait = name.ends_with("StandardEngineFactory");
        if by_trait && cx.name_at(file, call, "engine::factory::EngineFactory").contains("::") {
            return flow();
        }
    }
    outcome
}

/// `StandardEngineFactory`, named on the spot.
fn standard_factory(cx: &Cx<'_>, file: FileIdx, receiver: ExprId) -> Option<ExprId> {
    let hir = cx.hir(file);
    let receiver = cx.peel_parens(file, receiver);
    let is_factory = matches!(cx.ty(file, receiver), Ty::Adt(def, _)
        if cx.resolver.known("geppetto::inference::engine::factory::StandardEngineFactory") == Some(*def));
    match &hir[receiver].kind {
        ExprKind::Path(_) if is_factory && cx.local(file, receiver).is_none() => Some(receiver),
        _ => None,
    }
}

/// Options that travel.
pub(crate) fn flow() -> Outcome {
    Outcome::report(
        "the options travel through a parameter, field or trait, which the tool does not follow yet",
        "pass `Vec<Arc<dyn EventSink>>` instead and attach the sinks to the run's context: \
         `engine.run_inference(&with_event_sinks(&ctx, sinks), turn)`; where nobody passes an option, delete the parameter",
    )
    .because(Trap::SinkScope, "engine-level sinks saw only the engine's own events")
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::migrated;

    #[test]
    fn options_that_are_empty_go_also_for_the_standard_factory() {
        let body = "let a = new_engine_from_parsed_values(&values, Vec::new())?;\n\
                    let b = StandardEngineFactory.create_engine(&values, vec![])?;\ndrop((a, b));";
        assert_eq!(
            migrated(body),
            "let a = new_engine_from_parsed_values(&values)?;\nlet b = StandardEngineFactory.create_engine(&values)?;\ndrop((a, b));"
        );
    }
}
