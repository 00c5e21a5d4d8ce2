//! `engine-options`: option vectors, parameters, fields and signatures of engine options.

pub(crate) mod attach;
mod dead;
mod factory;
mod plan;
pub(crate) mod sinks;
mod uses;

pub(crate) use self::plan::{Survey, decide, is_about_options, plan};

use super::super::cx::{Change, Cx};
use super::super::hir::{ExprId, ExprKind, MacroContent};
use super::super::index::{DefId, FileIdx};
use super::super::outcome::Outcome;
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

/// The options argument of a construction; the call's arguments with it. Options are the last of all that are declared.
pub(crate) fn argument<'a>(cx: &Cx<'a>, file: FileIdx, call: ExprId) -> Option<(&'a [ExprId], usize)> {
    let (args, def, receivers) = match &cx.hir(file)[call].kind {
        ExprKind::MethodCall { args, .. } => (args, cx.inferred(file).methods.get(&call).copied(), 1),
        ExprKind::Call { callee, args } => (args, cx.value_def(file, *callee), 0),
        _ => return None,
    };
    let declared = def.and_then(|def| cx.program.fn_item(def)).map_or(args.len(), |function| {
        (function.params.len() + usize::from(function.self_param.is_some())).saturating_sub(receivers)
    });
    (declared == args.len()).then_some((args.as_slice(), declared.checked_sub(1)?))
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

/// Whether a method is the legacy trait's `create_engine`, or an implementation of it.
pub(crate) fn is_create_engine(cx: &Cx<'_>, def: DefId) -> bool {
    cx.legacy.method(def) == Some("create_engine") || factory::implements_factory(cx, def)
}

/// An engine built with options. `own` are the changes of the unit so far; `none` says that nobody gives an option here.
fn construction(cx: &Cx<'_>, file: FileIdx, call: ExprId, own: &[Change], none: bool) -> Outcome {
    let Some((args, index)) = argument(cx, file, call).filter(|_| !names_trait_by_type(cx, file, call)) else {
        return flow();
    };
    let mut outcome = match none || options(cx, file, args[index]) == Options::Empty {
        true => Outcome::safe(vec![delete_argument(cx, file, args, index)], "the same call without options"),
        false => super::engine_sink::construction(cx, file, call, own),
    };
    if outcome.level == Level::Report {
        return outcome;
    }
    match &cx.hir(file)[call].kind {
        ExprKind::Call { callee, .. } if !cx.value_def(file, *callee).is_some_and(|def| is_create_engine(cx, def)) => {
            let text = cx.name_at(file, call, "engine::factory::new_engine_from_parsed_values");
            outcome.changes.push(cx.replace(file, cx.span(file, *callee), text));
        }
        ExprKind::MethodCall { receiver, .. } => {
            if let Some(renamed) = standard_factory(cx, file, *receiver) {
                // The method is the trait's, which must be in scope under its short name.
                let Some(called) = factory::caller(cx, file, call) else { return flow() };
                outcome.changes.extend([renamed, called]);
            }
        }
        _ => {}
    }
    outcome
}

/// `<F as EngineFactory>::create_engine(…)`
fn names_trait_by_type(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> bool {
    let ExprKind::Call { callee, .. } = cx.hir(file)[call].kind else { return false };
    matches!(&cx.hir(file)[callee].kind, ExprKind::Path(path) if path.qself.is_some())
}

/// Names the new standard factory where the receiver names the legacy one on the spot.
fn standard_factory(cx: &Cx<'_>, file: FileIdx, receiver: ExprId) -> Option<Change> {
    let receiver = cx.peel_parens(file, receiver);
    let is_factory = matches!(cx.ty(file, receiver), Ty::Adt(def, _)
        if cx.resolver.known("geppetto::inference::engine::factory::StandardEngineFactory") == Some(*def));
    if is_factory { factory::value(cx, file, receiver) } else { None }
}

/// What is said of options in a form that the tool does not know.
pub(crate) fn flow() -> Outcome {
    Outcome::report(
        "the options are used in a form that the tool does not know",
        "pass `Vec<Arc<dyn EventSink>>` instead and attach the sinks to the run's context: \
         `engine.run_inference(&with_event_sinks(&ctx, sinks), turn)`; where nobody passes an option, delete the parameter",
    )
    .because(Trap::SinkScope, "engine-level sinks saw only the engine's own events")
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{finding_at, migrated, plan_of};
    use crate::finding::Level;
    use crate::rules::Trap;

    /// What becomes of a whole file behind the usual imports.
    fn migrated_file(code: &str) -> String {
        let code = format!("use geppetto::prelude::*;\nuse std::sync::Arc;\n{code}\nfn main() {{}}\n");
        let plan = plan_of(&code);
        let change = plan.changes.iter().find(|change| change.before.path().ends_with("main.rs"));
        change.map_or(code, |change| change.after.text().to_owned())
    }

    #[test]
    fn what_closes_a_list_stays_out_of_the_comment_above() {
        let code = "use geppetto::inference::engine::EngineOption;\nstruct S {\n    a: u8, // seen\n    b: Vec<EngineOption>, }\n\
                    fn main() {\nlet s = S { a: 1, // one\n    b: vec![] };\ndrop(s.a);\n}\n";
        let plan = plan_of(code);
        let after = plan.changes.iter().find(|change| change.before.path().ends_with("main.rs")).expect("a change");
        assert_eq!(
            after.after.text(),
            "struct S {\n    a: u8, // seen\n    }\nfn main() {\nlet s = S { a: 1, // one\n    };\ndrop(s.a);\n}\n"
        );
    }

    #[test]
    fn options_that_are_empty_go_also_for_the_standard_factory() {
        let body = "let a = new_engine_from_parsed_values(&values, Vec::new())?;\n\
                    let b = StandardEngineFactory.create_engine(&values, vec![])?;\ndrop((a, b));";
        assert_eq!(
            migrated(body),
            "let a = new_engine_from_parsed_values(&values)?;\nlet b = StandardEngineFactory.create_engine(&values)?;\ndrop((a, b));"
        );
    }

    #[test]
    fn a_standard_factory_made_on_the_spot_is_named_anew() {
        for path in ["geppetto::inference::engine::factory::StandardEngineFactory", "factory::StandardEngineFactory"] {
            let body = format!(
                "use geppetto::inference::engine::factory::{{self, EngineFactory as _}};\n\
                 let a = {path}::default()\n    .create_engine(&geppetto::inference::engine::factory::ParsedValues::default(), vec![])?;\ndrop(a);"
            );
            let after = migrated(&body);
            assert!(
                after.contains(
                    "let a = StandardEngineFactory::default()\n    \
                     .create_engine(&geppetto_runtime::engine::factory::ParsedValues::default())?;"
                ),
                "{after}"
            );
        }
    }

    #[test]
    fn a_sink_keeps_its_coercion_where_nothing_around_says_the_type() {
        let body = "let a = Arc::new(NullSink);\nlet mut options = vec![with_sink(a.clone())];\n\
                    options.extend([with_sink(a.clone()), with_sink(a.clone())]);\n\
                    options.extend(std::iter::once(a).map(|sink| with_sink(sink)));\n\
                    let engine = new_engine_from_parsed_values(&values, options)?;\n\
                    engine.run_inference(&ctx, Turn::default()).await?;";
        assert_eq!(
            migrated(body),
            "let a = Arc::new(NullSink);\nlet mut options: Vec<Arc<dyn EventSink>> = vec![a.clone()];\n\
             options.extend([a.clone() as Arc<dyn EventSink>, a.clone()]);\n\
             options.extend(std::iter::once(a).map(|sink| sink as Arc<dyn EventSink>));\n\
             let engine = new_engine_from_parsed_values(&values)?;\n\
             engine.run_inference(&with_event_sinks(&ctx, options), Turn::default()).await?;"
        );
    }

    #[test]
    fn options_changed_between_construction_and_run_stay_with_the_engine() {
        let body = "let mut options = vec![with_sink(Arc::new(NullSink))];\n\
                    let engine = new_engine_from_parsed_values(&values, options.clone())?;\n\
                    options.clear();\nengine.run_inference(&ctx, Turn::default()).await?;";
        assert!(migrated(body).contains("SinkScopedEngine::new(engine, options.clone())"));
        assert_eq!(finding_at(body, "new_engine").traps, vec![Trap::SinkScope]);
    }

    #[test]
    fn options_that_nobody_gives_go_with_all_that_carries_them() {
        let code = "struct Made { options: Vec<EngineOption>, values: ParsedValues }\n\
                    impl Made {\n    fn new(values: ParsedValues, options: Vec<EngineOption>) -> Self { Self { options, values } }\n    \
                    fn engine(&self) -> Arc<dyn Engine> { new_engine_from_parsed_values(&self.values, self.options.clone()).unwrap() }\n}\n\
                    fn f() { let none = vec![]; Made::new(ParsedValues::default(), none).engine(); }";
        let after = migrated_file(code);
        assert!(after.contains("struct Made { values: ParsedValues }"), "{after}");
        assert!(after.contains("fn new(values: ParsedValues) -> Self { Self { values } }"), "{after}");
        assert!(after.contains("new_engine_from_parsed_values(&self.values).unwrap()"), "{after}");
        assert!(after.contains("fn f() {  Made::new(ParsedValues::default()).engine(); }"), "{after}");
    }

    #[test]
    fn options_that_are_counted_are_not_dead() {
        let code = "fn f(options: Vec<EngineOption>) -> usize { options.len() }\nfn g() -> usize { f(vec![]) }";
        assert!(migrated_file(code).contains("fn f(options: Vec<Arc<dyn EventSink>>) -> usize { options.len() }"));
    }

    #[test]
    fn an_option_that_does_more_than_adding_a_sink_is_reported() {
        let body = "let all: Vec<EngineOption> = vec![Arc::new(|config: &mut Config| config.event_sinks.clear())];\ndrop(all);";
        let finding = finding_at(body, "EngineOption");
        assert_eq!(finding.level, Level::Report);
    }

    #[test]
    fn options_in_code_that_is_not_known_are_reported() {
        let body = "let all = vec![with_sink(Arc::new(NullSink))];\nelsewhere::keep(all);";
        assert_eq!(finding_at(body, "with_sink").level, Level::Report);
    }

    #[test]
    fn a_configuration_is_a_vector_of_sinks_also_behind_references() {
        let code = "fn take(config: &mut Config) -> Vec<Arc<dyn EventSink>> { std::mem::take(&mut config.event_sinks) }\n\
                    fn count(config: &Config) -> usize { for _ in &config.event_sinks {} config.event_sinks.len() }";
        let after = migrated_file(code);
        assert!(after.contains("{ std::mem::take(&mut *config) }"), "{after}");
        assert!(after.contains("{ for _ in &*config {} config.len() }"), "{after}");
    }

    #[test]
    fn the_factory_trait_may_be_named_in_front_of_its_method() {
        let code = "fn make<F: EngineFactory>(f: &F, values: &ParsedValues) -> bool {\n    \
                    let a = EngineFactory::create_engine(f, values, vec![]).is_ok();\n    \
                    let b = F::create_engine(f, values, Vec::new()).is_ok();\n    a && b\n}";
        let after = migrated_file(code);
        assert!(after.contains("EngineFactory::create_engine(f, values).is_ok()"), "{after}");
        assert!(after.contains("F::create_engine(f, values).is_ok()"), "{after}");
        let code = "fn make<F: EngineFactory>(f: &F, values: &ParsedValues) -> bool { <F as EngineFactory>::create_engine(f, values, vec![]).is_ok() }";
        assert!(migrated_file(code).contains("create_engine(f, values, vec![])"));
    }

    #[test]
    fn every_factory_that_does_more_with_its_options_is_named_beside_its_callers() {
        let factory = |name: &str, body: &str| {
            format!(
                "struct {name};\nimpl EngineFactory for {name} {{\n\
                 fn create_engine(&self, _: &ParsedValues, options: Vec<EngineOption>) \
                 -> Result<Arc<dyn Engine>, FactoryError> {{\n{body}\nOk(Arc::new(EchoEngine::new()))\n}}\n}}\n"
            )
        };
        let factories = factory("Applies", "let mut config = Config::default();\napply_options(&mut config, options);")
            + &factory("Counts", "println!(\"{}\", options.len());");
        let code = |call: &str| {
            format!(
                "use geppetto::inference::engine::factory::*;\nuse geppetto::inference::engine::*;\n\
                 use geppetto::events::NullSink;\nuse std::sync::Arc;\n{factories}\
                 fn make(factory: &dyn EngineFactory, values: &ParsedValues) -> bool {{\n{call}.is_ok()\n}}\nfn main() {{}}\n"
            )
        };
        let told = |code: &str, at: &str| {
            let at = code.find(at).unwrap();
            let findings = plan_of(code).findings;
            findings.into_iter().find(|finding| finding.range.contains(&at)).unwrap()
        };
        let given = "vec![with_sink(Arc::new(NullSink))]";
        for call in [
            format!("factory.create_engine(values, {given})"),
            format!("EngineFactory::create_engine(factory, values, {given})"),
        ] {
            let code = code(&call);
            for name in ["EngineFactory for Applies", "EngineFactory for Counts"] {
                let finding = told(&code, name);
                assert_eq!((finding.level, finding.traps), (Level::Offered, vec![Trap::SinkScope]), "{call}");
            }
        }
        let why = told(&code(&format!("factory.create_engine(values, {given})")), "create_engine(values").why;
        assert!(why.contains("the factories at p/src/main.rs:7:4 and p/src/main.rs:15:4 do something else"), "{why}");
        let finding = told(&code("factory.create_engine(values, vec![])"), "EngineFactory for Counts");
        assert_eq!((finding.level, finding.traps), (Level::Safe, vec![]));
    }

    #[test]
    fn a_construction_named_as_a_value_is_reported() {
        let body = "let make = new_engine_from_parsed_values;\ndrop(make(&values, vec![]));";
        let finding = finding_at(body, "new_engine");
        assert_eq!(finding.level, Level::Report);
        assert!(finding.why.contains("as a value"), "{}", finding.why);
    }
}
