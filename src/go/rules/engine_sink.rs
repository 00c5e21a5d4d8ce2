//! `engine-sink`: a sink given to an engine's construction moves to the context of the runs that the engine reaches.

pub(crate) mod absent;
pub(crate) mod carry;
mod comments;
mod homes;
pub(crate) mod reach;

use self::carry::{Carried, Carrier, Piece};
use self::homes::Home;
use self::reach::{Reach, Run, is_call_of};
use super::engine_options::Options;
use crate::go::cx::{Change, Cx, Outcome};
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::syntax::NodeId;
use crate::go::variables::{Value, only_value};
use crate::rules::Trap;

/// An engine built with options.
pub(crate) fn construction(cx: &Cx<'_>, options: &Options<'_>, file: FileIdx, call: NodeId) -> Outcome {
    let Some(given) = options.given(cx, file, call) else { return Outcome::safe(Vec::new(), "the same call") };
    let removed = given.removal();
    let pieces = carry::pieces(cx, options, file, &given);
    if pieces.is_empty() {
        return Outcome::safe(removed, "the same call without options");
    }
    let reach = reach::of(cx, file, call);
    let homes = match homes(cx, &reach) {
        Ok(homes) => homes,
        Err(outcome) => return outcome,
    };
    let runs: Vec<Run> =
        reach.runs.iter().copied().chain(homes.iter().map(|home| Run { file: home.file, ctx: home.list })).collect();
    let is_twice = reach.runs.iter().all(|&run| is_told_twice(cx, file, &pieces, run))
        && homes.iter().all(|home| has_all(cx, file, &pieces, home));
    if is_twice && !runs.is_empty() {
        return Outcome::safe(removed, "the context of the engine's runs carries the sink").offered(
            Trap::DoubleSink,
            "the context carries the sink already, so legacy told it twice; it is told once then",
        );
    }
    let carrier = Carrier { cx, options, file, call, runs: &runs };
    let carried = match carrier.carry(&pieces) {
        Ok(carried) => carried,
        Err(outcome) => return outcome,
    };
    let mut changes = removed;
    changes.extend(carried.in_front.clone());
    changes.extend(carried.comments.clone());
    changes.extend(reach.runs.iter().flat_map(|&run| wrapped(cx, run, &carried)));
    changes.extend(homes.iter().map(|home| homes::with_sinks(cx, home, &carried)));
    let mut outcome = Outcome::safe(changes, "the context of the engine's runs carries the sink");
    if carried.is_conditional {
        outcome = outcome.because(Trap::NilSink, "");
    }
    let wider = reach.wider.iter().chain(homes.iter().filter_map(|home| home.wider.as_ref()));
    wider.fold(outcome, |outcome, why| outcome.offered(Trap::SinkScope, why))
}

/// The sessions that the engine goes into.
///
/// # Errors
/// What is said of an engine that goes where nobody can follow it, or into a session that is not in sight.
fn homes(cx: &Cx<'_>, reach: &Reach) -> Result<Vec<Home>, Outcome> {
    if let Some(&(file, node)) = reach.escapes.first().or_else(|| reach.returns.first()) {
        let why = format!("the engine goes out of sight with its sinks ({})", cx.place(file, node));
        let help = "build the engine without options and attach the sinks where it runs: \
                    eng.RunInference(events.WithEventSinks(ctx, sink), turn), or in the session that runs it: \
                    enginebuilder.WithEventSinks(sink)";
        let scope = "engine-level sinks saw only the engine's own events";
        return Err(Outcome::report(why, help).because(Trap::SinkScope, scope));
    }
    let unseen = |(file, node): (FileIdx, NodeId)| {
        let why =
            format!("the engine goes into a session ({}) whose sinks are not in sight there", cx.place(file, node));
        Outcome::report(why, "give the sinks to the session's builder: enginebuilder.WithEventSinks(sink)")
    };
    let states = reach.states.iter().map(|&at| homes::of_state(cx, at.0, at.1).ok_or_else(|| unseen(at)));
    let builders = reach.builders.iter().map(|&at| homes::of_builder(cx, at.0, at.1).ok_or_else(|| unseen(at)));
    states.chain(builders).collect()
}

/// Whether a session has just the sinks already that the engine has.
fn has_all(cx: &Cx<'_>, file: FileIdx, pieces: &[Piece], home: &Home) -> bool {
    pieces.iter().all(|piece| {
        let own = cx.inferred(file).meaning(cx.syntax(file).bare(piece.expr));
        matches!(own, Some(Ref::Local(_) | Ref::Def(_))) && !piece.is_spread && homes::has(cx, home, own)
    })
}

/// Wraps the context of a run.
fn wrapped(cx: &Cx<'_>, run: Run, carried: &Carried) -> Vec<Change> {
    let Run { file, ctx } = run;
    let syntax = cx.syntax(file);
    let given = cx.args(file, ctx);
    let joins = !carried.is_spread
        && is_call_of(cx, file, ctx, "events", "WithEventSinks")
        && given.last().is_some_and(|&last| syntax.kind(last) != "variadic_argument");
    if let (Some(&last), true) = (given.last(), joins) {
        return vec![cx.edit(file, syntax.end(last)..syntax.end(last), format!(", {}", carried.args))];
    }
    let (start, end) = (syntax.start(ctx), syntax.end(ctx));
    let events = cx.package(file, "events");
    vec![
        cx.edit(file, start..start, format!("{events}WithEventSinks(")),
        cx.edit(file, end..end, format!(", {})", carried.args)),
    ]
}

/// Whether the context of a run carries just the sinks that the engine has, too.
fn is_told_twice(cx: &Cx<'_>, file: FileIdx, pieces: &[Piece], run: Run) -> bool {
    let mut carried = Vec::new();
    carried_by(cx, run.file, run.ctx, &mut carried, 0);
    pieces.iter().all(|piece| {
        let own = cx.inferred(file).meaning(cx.syntax(file).bare(piece.expr));
        matches!(own, Some(Ref::Local(_) | Ref::Def(_))) && !piece.is_spread && carried.contains(&own)
    })
}

/// What the sinks are called that a context is made with.
fn carried_by(cx: &Cx<'_>, file: FileIdx, ctx: NodeId, carried: &mut Vec<Option<Ref>>, depth: usize) {
    let ctx = cx.syntax(file).bare(ctx);
    if is_call_of(cx, file, ctx, "events", "WithEventSinks") && depth < 8 {
        let args = cx.args(file, ctx);
        carried.extend(args.iter().skip(1).map(|&sink| cx.inferred(file).meaning(sink)));
        args.first().into_iter().for_each(|&inner| carried_by(cx, file, inner, carried, depth + 1));
    } else if let Some(Ref::Local(declared)) = cx.inferred(file).meaning(ctx)
        && let Some(Value::Expr(value)) = only_value(cx, file, declared)
        && depth < 8
    {
        carried_by(cx, file, value, carried, depth + 1);
    }
}

#[cfg(test)]
mod tests {
    use crate::finding::Level;
    use crate::go::testing::{finding_at, migrated, plan_of, program as in_file, text_after};
    use crate::rules::Trap;

    /// A program with a sink type and `body` in a function that has a context, a turn and values.
    fn program(body: &str) -> String {
        let head = "type printer struct{}\n\nfunc (*printer) PublishEvent(events.Event) error { return nil }\n\n";
        let signature = "func ask(ctx context.Context, turn *turns.Turn, values *factory.ParsedValues) error {\n";
        format!("{head}{signature}{body}\treturn nil\n}}\n")
    }

    /// What becomes of `body` with safe changes.
    fn after(body: &str) -> String {
        let code = migrated(&program(body), Level::Safe);
        let start = code.find("Values) error {\n").map_or(0, |at| at + "Values) error {\n".len());
        code[start..code.rfind("\treturn nil").unwrap_or(code.len())].to_owned()
    }

    fn level_of(body: &str) -> (Level, Vec<Trap>) {
        let finding = finding_at(&program(body), "NewEngine");
        (finding.level, finding.traps)
    }

    #[test]
    fn a_sink_made_on_the_spot_gets_a_variable_and_goes_to_every_run() {
        let body = "\teng, _ := factory.NewEngineFromParsedValues(values, engine.WithSink(&printer{}))\n\
                    \teng.RunInference(ctx, turn)\n\tgo func() { eng.RunInference(ctx, turn) }()\n";
        assert_eq!(
            after(body),
            "\tsink := &printer{}\n\teng, _ := factory.NewEngineFromParsedValues(values)\n\
             \teng.RunInference(events.WithEventSinks(ctx, sink), turn)\n\
             \tgo func() { eng.RunInference(events.WithEventSinks(ctx, sink), turn) }()\n"
        );
    }

    #[test]
    fn no_jump_passes_a_new_variable() {
        let made = "eng, _ := factory.NewEngineFromParsedValues(values, engine.WithSink(&printer{}))";
        let run = |jump: &str, open: &str, close: &str| {
            level_of(&format!("{jump}{open}\t{made}\n\teng.RunInference(ctx, turn)\n{close}done:\n\tfmt.Println()\n")).0
        };
        assert_eq!(run("", "\tfor {\n", "\tgoto done\n\t}\n"), Level::Safe);
        assert_eq!(run("\tif values == nil {\n\t\tgoto done\n\t}\n", "", ""), Level::Report);
    }

    #[test]
    fn a_sink_that_is_another_one_at_the_run_is_taken_down_at_the_construction() {
        let body = "\tp := &printer{}\n\teng, _ := factory.NewEngineFromParsedValues(values, engine.WithSink(p))\n\
                    \tp = &printer{}\n\teng.RunInference(ctx, turn)\n\t_ = p\n";
        assert!(after(body).contains("\tsink := p\n\teng, _ := "), "{}", after(body));
        assert!(after(body).contains("events.WithEventSinks(ctx, sink)"), "{}", after(body));
    }

    #[test]
    fn a_sink_that_may_be_nil_keeps_its_condition() {
        let body = "\tvar p events.EventSink\n\tif values != nil {\n\t\tp = &printer{}\n\t}\n\
                    \teng, _ := factory.NewEngineFromParsedValues(values, engine.WithSink(p), engine.WithSink(nil))\n\
                    \teng.RunInference(ctx, turn)\n";
        assert!(after(body).contains("\tif p != nil {\n\t\tsinks = append(sinks, p)\n\t}\n"), "{}", after(body));
        assert!(after(body).contains("events.WithEventSinks(ctx, sinks...)"), "{}", after(body));
        assert_eq!(level_of(body).0, Level::Safe);
    }

    #[test]
    fn what_somebody_asked_about_is_there() {
        let body = "\tvar p events.EventSink\n\tif p == nil {\n\t\treturn nil\n\t}\n\
                    \teng, _ := factory.NewEngineFromParsedValues(values, engine.WithSink(p))\n\
                    \teng.RunInference(ctx, turn)\n";
        assert!(after(body).contains("eng.RunInference(events.WithEventSinks(ctx, p), turn)"), "{}", after(body));
    }

    #[test]
    fn a_sink_on_the_context_already_is_told_once_after_a_yes() {
        let body = "\tp := &printer{}\n\teng, _ := factory.NewEngineFromParsedValues(values, engine.WithSink(p))\n\
                    \teng.RunInference(events.WithEventSinks(ctx, p), turn)\n";
        assert_eq!(level_of(body), (Level::Offered, vec![Trap::DoubleSink]));
    }

    #[test]
    fn an_engine_out_of_sight_is_reported() {
        let lost = |after: &str| {
            let body = format!(
                "\teng, err := factory.NewEngineFromParsedValues(values, engine.WithSink(&printer{{}}))\n{after}\t_ = err\n"
            );
            level_of(&body).0
        };
        assert_eq!(lost("\tfmt.Println(eng)\n"), Level::Report);
        assert_eq!(lost("\trun := eng.RunInference\n\trun(ctx, turn)\n"), Level::Report);
        assert_eq!(lost("\tall := []engine.Engine{eng}\n\t_ = all\n"), Level::Report);
        assert_eq!(lost("\teng, err = factory.NewEngineFromParsedValues(nil)\n"), Level::Report);
        assert_eq!(lost("\tif eng == nil {\n\t\treturn err\n\t}\n"), Level::Safe);
    }

    #[test]
    fn what_is_said_of_a_sink_goes_with_it() {
        let body = "\teng, _ := factory.NewEngineFromParsedValues(\n\t\tvalues, // of the user\n\t\t// to the terminal\n\
                    \t\tengine.WithSink(&printer{}), // and nothing else\n\t)\n\teng.RunInference(ctx, turn)\n";
        assert_eq!(
            after(body),
            "\t// to the terminal\n\tsink := &printer{} // and nothing else\n\
             \teng, _ := factory.NewEngineFromParsedValues(\n\t\tvalues, // of the user\n\t)\n\
             \teng.RunInference(events.WithEventSinks(ctx, sink), turn)\n"
        );
    }

    #[test]
    fn an_engine_that_never_runs_tells_nobody() {
        let body = "\tp := &printer{}\n\t_, err := factory.NewEngineFromParsedValues(values, engine.WithSink(p), engine.WithSink(&printer{}))\n\
                    \tfmt.Println(err)\n";
        assert_eq!(
            after(body),
            "\tp := &printer{}\n\t_ = p\n\t_, err := factory.NewEngineFromParsedValues(values)\n\tfmt.Println(err)\n"
        );
    }

    #[test]
    fn a_run_in_front_of_the_construction_does_not_see_its_variables() {
        let body = "\tvar eng engine.Engine\n\tfor range 2 {\n\t\tif eng != nil {\n\t\t\teng.RunInference(ctx, turn)\n\t\t}\n\
                    \t\teng, _ = factory.NewEngineFromParsedValues(values, engine.WithSink(&printer{}))\n\t}\n";
        assert_eq!(level_of(body).0, Level::Report);
    }

    #[test]
    fn the_sinks_of_a_session_are_told_behind_its_own() {
        let made = "\tp := &printer{}\n\teng, _ := factory.NewEngineFromParsedValues(values, engine.WithSink(p))\n";
        let run = "\tsess.RunInference(ctx, turns.NewTurnBuilder().WithUserPrompt(\"a\").Build())\n";
        let of = |literal: &str| {
            format!("{made}\tinf := state.NewInferenceState(\"a\", nil, eng)\n\tsess := {literal}\n{run}")
        };
        let plain = of("&core.Session{State: inf, EventSinks: []events.EventSink{&printer{}}}");
        assert_eq!(level_of(&plain), (Level::Safe, vec![]));
        let after = migrated(&program(&plain), Level::Offered);
        assert!(after.contains("eng.RunInference(events.WithEventSinks(ctx, &printer{}, p), "), "{after}");
        let bare = migrated(&program(&of("&core.Session{State: inf}")), Level::Offered);
        assert!(bare.contains("eng.RunInference(events.WithEventSinks(ctx, p), "), "{bare}");
        let hooked = of("&core.Session{State: inf, SnapshotHook: nil}");
        assert_eq!(level_of(&hooked), (Level::Offered, vec![Trap::SinkScope]));
        let same = of("&core.Session{State: inf, EventSinks: []events.EventSink{p}}");
        assert_eq!(level_of(&same), (Level::Offered, vec![Trap::DoubleSink]));
        let read = of("&core.Session{State: inf}") + "\tinf.Eng.RunInference(ctx, turn)\n";
        assert_eq!(level_of(&read).0, Level::Report);
        let later = of("&core.Session{State: inf}") + "\tsess.EventSinks = nil\n";
        assert_eq!(level_of(&later).0, Level::Report);
        let builder = format!("{made}\tb := enginebuilder.New(enginebuilder.WithBase(eng))\n\t_ = b\n");
        let files = in_file(&program(&builder)).replace("\t\"github.com/go-go-golems/geppetto/pkg/inference/state\"\n",
                "\t\"github.com/go-go-golems/geppetto/pkg/inference/state\"\n\t\"github.com/go-go-golems/geppetto/pkg/inference/toolloop/enginebuilder\"\n");
        let plan = plan_of(&[("main.go", &files)], Level::Safe);
        let after = text_after(&plan, "main.go");
        assert!(
            after.contains("enginebuilder.New(enginebuilder.WithBase(eng), enginebuilder.WithEventSinks(p))"),
            "{after}"
        );
    }

    #[test]
    fn a_function_that_runs_the_engine_gets_the_context_with_the_sink() {
        let body = "\teng, _ := factory.NewEngineFromParsedValues(values, engine.WithSink(&printer{}))\n\
                    \trun(ctx, eng, turn)\n";
        let code = |inner: &str| {
            let run = format!("\nfunc run(ctx context.Context, eng engine.Engine, turn *turns.Turn) {{\n{inner}}}\n");
            program(body) + &run
        };
        let plain =
            code("\trunCtx, cancel := context.WithCancel(ctx)\n\tdefer cancel()\n\teng.RunInference(runCtx, turn)\n");
        assert!(migrated(&plain, Level::Safe).contains("run(events.WithEventSinks(ctx, sink), eng, turn)"));
        let wider = code("\teng.RunInference(ctx, turn)\n\tfmt.Println(ctx)\n");
        assert_eq!(finding_at(&wider, "WithSink").level, Level::Offered);
        assert_eq!(finding_at(&code("\tfmt.Println(eng)\n"), "WithSink").level, Level::Report);
    }
}
