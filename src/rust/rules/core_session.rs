//! `core-session`: where the legacy core session is made or taken apart.

mod apart;
mod copies;
mod fields;
mod later;
pub(crate) mod persister;
mod runs;

use super::super::cx::Cx;
use super::super::equipment::parts;
use super::super::hir::{ExprId, ExprKind, Span};
use super::super::index::FileIdx;
use super::super::moved::{moved, moved_receiver};
use super::super::outcome::Outcome;
use super::super::pairing::{CorePlan, core_parts};
use super::super::sites::Site;
use super::super::text::some_of;
use super::super::unit::Facts;
use super::engine_options::attach;
use super::inference_state::made_session;
use crate::rules::Trap;

pub(crate) use apart::taken_apart;
pub(crate) use fields::field;

/// `core::Session::new(state)` or a literal.
pub(crate) fn creation(cx: &Cx<'_>, facts: &Facts, site: &Site, core: ExprId) -> Outcome {
    let file = site.file;
    let text = match facts.pairing.core(file, core) {
        CorePlan::Blocked(outcome) => return outcome,
        CorePlan::Handle => return copies::kept(cx, file, core, handle(cx, facts, file, core)),
        CorePlan::Make { state } => match made_session(cx, facts, file, state) {
            Ok(made) => {
                let sinks = attach::builder_calls(cx, file, state);
                let builder = made.builder(cx, file, core, |base| builder(cx, file, core, base));
                builder.map(|builder| {
                    ordered(cx, file, core, state, format!("{}.with_builder({builder}{sinks})", made.text))
                })
            }
            Err(outcome) => return outcome,
        },
        CorePlan::Equip { state } => {
            let sinks = state.map_or_else(String::new, |state| attach::builder_calls(cx, file, state));
            equipped(cx, facts, file, core, &sinks)
        }
    };
    let Some(text) = text else { return unreadable() };
    // What wraps the construction goes with it: the session is a handle itself.
    let whole = pointer_around(cx, file, core);
    let mut changes = fields::unchanged_from_now_on(cx, file, core);
    changes.push(cx.replace(file, cx.span(file, whole), text));
    let outcome = match facts.pairing.core(file, core) {
        CorePlan::Equip { .. } => {
            Outcome::safe(changes, "a handle of the session whose `Builder` has the sinks and tools")
                .because(Trap::PerRunSession, "the session that holds history, guard and cancel stays the one it is")
        }
        _ => Outcome::safe(changes, "one `Session` whose `Builder` has the sinks and tools"),
    };
    let outcome = copies::kept(cx, file, core, outcome);
    match facts.pairing.gives_states && parts(cx, file, core).is_none_or(|parts| !parts.is_empty()) {
        true => outcome.offered(Trap::SessionCycle, "whoever was given its state keeps its sinks and tools now, too"),
        false => outcome,
    }
}

/// What a session is made of, evaluated as it was for state and core session.
fn ordered(cx: &Cx<'_>, file: FileIdx, core: ExprId, state: ExprId, text: String) -> String {
    let mut exprs: Vec<(ExprId, &'static str)> =
        parts(cx, file, core).into_iter().flatten().map(|part| (part.value, part.kind.name())).collect();
    if let ExprKind::Call { args, .. } = &cx.hir(file)[state].kind
        && let &[id, turn, engine] = args.as_slice()
    {
        let turn = some_of(cx, file, turn).unwrap_or(turn);
        exprs.extend([(id, "id"), (turn, "turn"), (engine, "engine")]);
    }
    runs::in_order(cx, file, core, text, &exprs, false)
}

/// A second handle, whose builder has what the core session had besides.
fn equipped(cx: &Cx<'_>, facts: &Facts, file: FileIdx, core: ExprId, sinks: &str) -> Option<String> {
    let state = core_parts(cx, file, core).state?;
    let inner = cx.referent(file, state);
    let inner = cx.cloned(file, inner).or_else(|| cx.pointer_new(file, inner)).unwrap_or(inner);
    let renamed = cx.local(file, inner).and_then(|pat| facts.pairing.renamed.get(&(file, pat)));
    let session = renamed.cloned().unwrap_or_else(|| moved_receiver(cx, file, inner));
    Some(runs::derived(cx, file, core, &session, &parts(cx, file, core)?, sinks))
}

/// The session made earlier, as it is.
fn handle(cx: &Cx<'_>, facts: &Facts, file: FileIdx, core: ExprId) -> Outcome {
    let Some(state) = core_parts(cx, file, core).state else { return unreadable() };
    let named = facts.pairing.last_clone(cx, file, state).or_else(|| lent_to_run(cx, file, core, state));
    let state = named.unwrap_or(state);
    let (outer, inner) = (cx.span(file, pointer_around(cx, file, core)), cx.span(file, state));
    let mut changes = fields::unchanged_from_now_on(cx, file, core);
    changes.push(cx.replace(file, Span { start: outer.start, end: inner.start }, ""));
    changes.push(cx.replace(file, Span { start: inner.end, end: outer.end }, ""));
    Outcome::safe(changes, "the `Session` itself")
        .because(Trap::PerRunSession, "the session that holds history, guard and cancel stays the one it is")
}

/// What is cloned for a core session that is made for one run, which is awaited on the spot: that only borrows a session,
/// unless an argument takes it or changes what it is a part of.
fn lent_to_run(cx: &Cx<'_>, file: FileIdx, core: ExprId, state: ExprId) -> Option<ExprId> {
    let hir = cx.hir(file);
    let run = cx.parent_expr(file, core)?;
    let is_run = matches!(&hir[run].kind, ExprKind::MethodCall { receiver, method, .. }
        if *receiver == core && method.text == "run_inference");
    let is_awaited = cx.parent_expr(file, run).is_some_and(|outer| matches!(hir[outer].kind, ExprKind::Await(_)));
    let inner = cx.cloned(file, state)?;
    let mut place = inner;
    while let ExprKind::Field { base, .. } = hir[place].kind {
        place = base;
    }
    let inside = |use_: ExprId| use_ != place && cx.span(file, run).contains(cx.span(file, use_));
    let borrows = |use_: ExprId| match cx.parent_expr(file, use_).map(|parent| &hir[parent].kind) {
        Some(ExprKind::MethodCall { receiver, .. }) => *receiver == use_,
        Some(ExprKind::Ref { mutable, .. }) => !*mutable,
        _ => false,
    };
    let uses = cx.uses_of(file, cx.local(file, place)?);
    let is_lent = uses.iter().all(|&use_| !inside(use_) || (place == inner && borrows(use_)));
    (is_run && is_awaited && is_lent).then_some(inner)
}

fn pointer_around(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> ExprId {
    match cx.parent_expr(file, expr) {
        Some(parent) if cx.pointer_new(file, parent) == Some(expr) => parent,
        Some(parent) => match cx.parent_expr(file, parent) {
            Some(call) if cx.pointer_new(file, call) == Some(expr) => call,
            _ => expr,
        },
        None => expr,
    }
}

fn unreadable() -> Outcome {
    Outcome::report(
        "the construction does not have a form the tool knows",
        "`Session::with_id(id).with_builder(Builder::new(engine).with_event_sink(sink))`",
    )
}

/// The builder that has what the literal's fields said.
fn builder(cx: &Cx<'_>, file: FileIdx, core: ExprId, base: &str) -> Option<String> {
    let parts = parts(cx, file, core)?;
    let texts = parts.iter().map(|part| (part, moved(cx, file, part.value))).collect::<Vec<_>>();
    Some(runs::with_parts(cx, file, core, base, &texts))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;
    use crate::rules::Trap;

    #[test]
    fn a_session_made_later_is_a_handle_with_more() {
        let body = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\nlet other = state.clone();\n\
                    let session = Session { event_sinks: Vec::new(), registry: None, tool_config: Some(ToolConfig::default()), ..Session::new(state) };\n\
                    drop((session, other));";
        assert_eq!(
            migrated(body),
            "let state = Session::with_id(\"a\").with_builder(Builder::new(engine));\nlet other = state.clone();\n\
             let session = state.derived_handle(|builder| builder.with_tool_config(ToolConfig::default()));\n\
             drop((session, other));"
        );
    }

    #[test]
    fn a_core_session_over_the_state_of_an_equipped_one_is_reported() {
        let second = |equipment: &str, state: &str| {
            finding_at(
                &format!(
                    "let first = Session {{ {equipment}..Session::new(Arc::new(InferenceState::new(\"a\", None, engine))) }};\n\
                     let state = {state};\nlet second = Session::new(state);\ndrop((first, second));"
                ),
                "Session::new(state)",
            )
        };
        let sinks = "event_sinks: vec![sink], ";
        let finding = second(sinks, "first.state.clone()");
        assert_eq!((finding.level, finding.traps), (Level::Report, vec![Trap::PerRunSession]));
        assert_eq!(second("", "first.state.clone()").level, Level::Safe);
        assert_eq!(second(sinks, "Arc::new(InferenceState::new(\"b\", None, engine.clone()))").level, Level::Safe);
    }

    const STATE: &str = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\n";
    const SEED: &str = "Some(Turn::builder().with_user_prompt(\"x\").build())";

    fn after_state(body: &str) -> String {
        let after = migrated(&format!("{STATE}{body}"));
        after[after.find('\n').unwrap() + 1..].to_owned()
    }

    #[test]
    fn two_sessions_over_one_state_are_two_handles() {
        let body = "let a = Session::new(state.clone());\nlet b = Session::new(state);\ndrop((a, b));";
        assert_eq!(after_state(body), "let a = state.clone();\nlet b = state;\ndrop((a, b));");
        let finding = finding_at(&format!("{STATE}{body}"), "Session::new(state.clone())");
        assert_eq!((finding.level, finding.traps), (Level::Safe, vec![Trap::PerRunSession]));
    }

    #[test]
    fn another_handle_of_the_state_may_be_written_in_any_form() {
        for handle in [
            "state.clone()",
            "(&state).clone()",
            "(*&state).clone()",
            "state.to_owned()",
            "Arc::clone(&(state))",
            "Clone::clone(&state)",
            "<Arc<_> as Clone>::clone(&state)",
            "<Arc<InferenceState> as Clone>::clone(&state)",
        ] {
            let session = format!("Session {{ event_sinks: sinks, ..Session::new({handle}) }}");
            let body = format!("let other = &state;\nlet session = {session};\ndrop((session, other));");
            let after = "let other = &state;\nlet session = state.derived_handle(|builder| builder.with_event_sinks(sinks));\n\
                         drop((session, other));";
            assert_eq!(after_state(&body), after, "{handle}");
            let runs = format!("let session = Session::new({handle});\ndrop((session, state));");
            assert_eq!(after_state(&runs).lines().last(), Some("drop((session, state));"), "{handle}");
        }
    }

    #[test]
    fn fields_set_behind_the_construction_go_into_the_builder() {
        let set = |settings: &str| {
            after_state(&format!("let mut session = Session::new(state.clone());\n{settings}\ndrop((session, state));"))
        };
        let made = |builder: &str| {
            format!("let session = state.derived_handle(|builder| {builder});\ndrop((session, state));")
        };
        assert_eq!(set("session.event_sinks.push(sink);"), made("builder.with_event_sink(sink)"));
        assert_eq!(
            set("session.event_sinks = vec![a, b];\nsession.registry = Some(tools);\nsession.persister = None;"),
            made("builder.with_event_sink(a).with_event_sink(b).with_tool_registry(tools)")
        );
        assert_eq!(
            set("session.event_sinks.extend(sinks);\nlet n = 1;\nsession.event_sinks.push(last.clone());"),
            made("builder.with_event_sinks(sinks).with_event_sink(last.clone())")
                .replace(";\ndrop", ";\nlet n = 1;\ndrop")
        );
        assert_eq!(
            set(
                "if let Some(tools) = tools {\n    session.registry = Some(tools);\n    session.tool_config = Some(config);\n}\n\
                 session.event_sinks.push(sink);"
            ),
            made(
                "{\n    let mut builder = builder;\n    if let Some(tools) = tools {\n        \
                  builder = builder.with_tool_registry(tools);\n        builder = builder.with_tool_config(config);\n    }\n    \
                  builder = builder.with_event_sink(sink);\n    builder\n}"
            )
        );
        let each = "let sinks: Vec<Arc<dyn EventSink>> = Vec::new();\nlet mut session = Session::new(state);\n\
                    for sink in sinks {\n    session.event_sinks.push(sink);\n}\ndrop(session);";
        assert!(migrated(&format!("{STATE}{each}")).contains("Builder::new(engine).with_event_sinks(sinks));\ndrop"));
    }

    #[test]
    fn fields_set_among_other_statements_give_a_handle_with_more() {
        let body = "let mut session = Session { registry: Some(tools), ..Session::new(state.clone()) }; // ours\n\
                    let sink = made();\nsession.event_sinks.push(sink);\nif loud() {\n    for sink in more() {\n        \
                    session.event_sinks.push(Arc::clone(&sink));\n    }\n    session.snapshot_hook = hook();\n}\ndrop((session, state));";
        assert_eq!(
            after_state(body),
            "let mut session = state.derived_handle(|builder| builder.with_tool_registry(tools)); // ours\n\
             let sink = made();\nsession = session.derived_handle(|builder| builder.with_event_sink(sink));\nif loud() {\n    \
             for sink in more() {\n        session = session.derived_handle(|builder| builder.with_event_sink(Arc::clone(&sink)));\n    }\n    \
             session = session.derived_handle(|builder| {\n        let mut builder = builder;\n        \
             if let Some(hook) = hook() {\n            builder = builder.with_snapshot_hook(hook);\n        }\n        builder\n    });\n}\n\
             drop((session, state));"
        );
        let body = "let id = name();\nlet mut session = Session::new(Arc::new(InferenceState::new(id, None, engine)));\n\
                    let sink = made();\nsession.event_sinks.push(sink);\ndrop(session);";
        assert_eq!(
            migrated(body),
            "let id = name();\nlet mut session = Session::with_id(id).with_builder(Builder::new(engine));\nlet sink = made();\n\
             session = session.derived_handle(|builder| builder.with_event_sink(sink));\ndrop(session);"
        );
    }

    #[test]
    fn fields_that_are_set_where_more_happens_are_reported() {
        for settings in [
            "show(&session.event_sinks);\nsession.event_sinks.push(sink);",
            "session.event_sinks.push(sink);\nsession.event_sinks = vec![other];",
            "while more() {\n    session.event_sinks = vec![sink.clone()];\n}",
            "#[cfg(feature = \"ui\")]\nsession.event_sinks.push(sink);",
            "session.state = other;",
        ] {
            let body =
                format!("{STATE}let mut session = Session::new(state.clone());\n{settings}\ndrop((session, state));");
            let finding = finding_at(&body, "Session::new(state.clone())");
            assert_eq!(finding.level, Level::Report, "{settings}");
        }
    }

    #[test]
    fn fields_that_are_set_while_a_session_is_in_use_make_it_a_handle_with_more() {
        let chat = "struct Chat { count: usize, session: Session }\nimpl Chat {\n    \
                    fn made(engine: Arc<dyn Engine>) -> Self {\n        \
                    Chat { count: 0, session: Session::new(Arc::new(InferenceState::new(\"a\", None, engine))) }\n    }\n    \
                    fn heard_by(mut self, sink: Arc<dyn EventSink>) -> Self {\n        self.session.event_sinks.push(sink);\n        self\n    }\n    \
                    fn counted(mut self, tools: Arc<dyn ToolRegistry>) -> Self {\n        self.count += 1;\n        \
                    self.session.registry = Some(tools);\n        self\n    }\n}\n";
        let after = migrated(&format!("{chat}drop(Chat::made(engine));"));
        let step =
            "self.session = self.session.derived_handle(|builder| builder.with_event_sink(sink));\n        self\n    }";
        assert!(after.contains(step), "{after}");
        let step = "self.count += 1;\n        self.session = self.session.derived_handle(|builder| builder.with_tool_registry(tools));";
        assert!(after.contains(step), "{after}");
        let level = |code: String| finding_at(&format!("{code}drop(Chat::made(engine));"), "event_sinks").level;
        assert_eq!(level(chat.to_owned()), Level::Safe);
        assert_eq!(level(format!("#[derive(Clone)]\n{chat}")), Level::Safe);
        let run = "fn heard(chat: &Chat) { let mut own = chat.session.clone(); own.event_sinks.push(sink()); }\n";
        assert_eq!(level(format!("{chat}{run}")), Level::Safe);
        let lent = "fn heard(session: &mut Session) { session.event_sinks.push(sink()); }\n";
        let after = migrated(&format!("{chat}{lent}drop(Chat::made(engine));"));
        assert!(
            after.contains("{ *session = session.derived_handle(|builder| builder.with_event_sink(sink())); }"),
            "{after}"
        );
    }

    #[test]
    fn a_core_session_per_run_never_gives_the_shared_one_another_builder() {
        let body = "let other = Session::new(state.clone());\nlet mut session = Session::new(state);\nprintln!(\"{}\", session.state.run_id());\n\
                    session.event_sinks.push(sink);\nsession.run_inference(&ctx, None).await?;\ndrop(other);";
        assert_eq!(
            after_state(body),
            "let other = state.clone();\nlet mut session = state;\nprintln!(\"{}\", session.session_id());\n\
             session = session.derived_handle(|builder| builder.with_event_sink(sink));\n\
             session.run_latest(&ctx).await?;\ndrop(other);"
        );
    }

    #[test]
    fn a_local_that_is_given_another_state_is_no_state_made_here() {
        let body = "let mut state = Arc::new(InferenceState::new(\"a\", None, engine.clone()));\n\
                    state = Arc::new(InferenceState::new(\"b\", None, engine));\n\
                    let session = Session { event_sinks: sinks, ..Session::new(state.clone()) };\ndrop((session, state));";
        let made =
            "let session = state.derived_handle(|builder| builder.with_event_sinks(sinks));\ndrop((session, state));";
        assert!(migrated(body).ends_with(made), "{}", migrated(body));
    }

    #[test]
    fn each_of_several_sessions_is_a_handle_with_its_own() {
        let body = "let a = Session { event_sinks: vec![sink.clone(), Arc::new(NullSink)], ..Session::new(state.clone()) };\n\
                    let b = Session { tool_config: config, registry: Some(tools), ..Session::new(state) };\ndrop((a, b));";
        assert_eq!(
            after_state(body),
            "let a = state.derived_handle(|builder| builder.with_event_sink(sink.clone()).with_event_sink(Arc::new(NullSink)));\n\
             let b = state.derived_handle(|builder| {\n    let mut builder = builder.with_tool_registry(tools);\n    \
             if let Some(tool_config) = config {\n        builder = builder.with_tool_config(tool_config);\n    }\n    builder\n});\ndrop((a, b));"
        );
    }

    #[test]
    fn what_a_handle_is_made_of_is_evaluated_in_the_order_of_the_source() {
        let body = "let a = Session { registry: Some(tools()?), event_sinks: vec![first(), second()], ..Session::new(state.clone()) };\n\
                    drop((a, state));";
        assert_eq!(
            after_state(body),
            "let a = {\n    let registry = tools()?;\n    let sink = first();\n    let sink2 = second();\n    \
             state.derived_handle(|builder| builder.with_tool_registry(registry).with_event_sink(sink).with_event_sink(sink2))\n};\ndrop((a, state));"
        );
        let body = "let session = Session { snapshot_hook: Some(hook()), event_sinks: vec![first()], \
                    ..Session::new(Arc::new(InferenceState::new(name(), None, engine))) };\ndrop(session);";
        assert_eq!(
            migrated(body),
            "let session = {\n    let hook: SnapshotHook = hook();\n    let sink = first();\n    let id = name();\n    \
             Session::with_id(id).with_builder(Builder::new(engine).with_snapshot_hook(hook).with_event_sink(sink))\n};\ndrop(session);"
        );
    }

    #[test]
    fn a_sink_that_holds_the_state_keeps_out_of_its_session() {
        let see = "struct See(Arc<InferenceState>);\nimpl EventSink for See {}\n";
        let body = "let sink = Arc::new(See(state.clone()));\nlet session = Session { event_sinks: vec![sink], ..Session::new(state) };\ndrop(session);";
        let after = migrated(&format!("{see}{STATE}{body}"));
        let made = "let state = Session::with_id(\"a\").with_builder(Builder::new(engine));\nlet sink = Arc::new(See(state.clone()));\n\
                    let session = state.derived_handle(|builder| builder.with_event_sink(sink));\ndrop(session);";
        assert!(after.ends_with(made), "{after}");
    }

    #[test]
    fn a_state_that_may_live_longer_keeps_no_sinks() {
        let body = "fn watch(_: Arc<InferenceState>) {}\nwatch(state.clone());\nlet session = Session { event_sinks: sinks, ..Session::new(state) };\ndrop(session);";
        assert!(after_state(body).contains("let session = state.derived_handle("), "{}", after_state(body));
        let body = "let session = Session { event_sinks: sinks, ..Session::new(state.clone()) };\nprintln!(\"{}\", state.is_running());\nsession.run_inference(&ctx, None).await?;";
        let after = migrated(&format!("{STATE}{body}"));
        assert!(
            after.starts_with(
                "let session = Session::with_id(\"a\").with_builder(Builder::new(engine).with_event_sinks(sinks));"
            ),
            "{after}"
        );
    }

    #[test]
    fn a_run_under_a_claim_is_one_of_the_handle_with_its_sinks() {
        let body = format!(
            "let other = Session::new(state.clone());\nstate.start_run()?;\n\
             let session = Session {{ event_sinks: vec![sink.clone()], ..Session::new(state.clone()) }};\n\
             let out = session.run_inference_started(&ctx, {SEED}).await;\nstate.finish_run();\ndrop((out?, other));"
        );
        assert_eq!(
            after_state(&body),
            format!(
                "let other = state.clone();\nlet permit = state.reserve()?;\n\
                 let session = state.derived_handle(|builder| builder.with_event_sink(sink.clone()));\n\
                 let out = session.run_under(&permit, &ctx, {SEED}).await;\ndrop(permit);\ndrop((out?, other));"
            )
        );
    }

    #[test]
    fn a_state_that_another_function_made_has_a_handle_with_more() {
        let body = "fn made(engine: Arc<dyn Engine>) -> Arc<InferenceState> { Arc::new(InferenceState::new(\"a\", None, engine)) }\n\
                    let session = Session { event_sinks: sinks, registry: Some(tools), ..Session::new(made(engine)) };\ndrop(session);";
        assert_eq!(
            migrated(body),
            "fn made(engine: Arc<dyn Engine>) -> Session { Session::with_id(\"a\").with_builder(Builder::new(engine)) }\n\
             let session = made(engine).derived_handle(|builder| builder.with_event_sinks(sinks).with_tool_registry(tools));\ndrop(session);"
        );
    }

    #[test]
    fn a_persister_gets_the_run_id_from_the_context() {
        let body = "struct Kept;\n#[async_trait]\nimpl TurnPersister for Kept {\n    \
                    async fn persist_turn(&self, _ctx: &Context, run_id: &str, turn: &Turn) -> Result<(), PersistError> {\n        \
                    keep(run_id, turn)\n    }\n}";
        assert_eq!(
            migrated(body),
            "struct Kept;\n#[async_trait]\nimpl TurnPersister for Kept {\n    \
             async fn persist_turn(&self, ctx: &Context, turn: &Turn) -> Result<(), PersistError> {\n        \
             let run_id: &str = &session_id(ctx).unwrap_or_default();\n        keep(run_id, turn)\n    }\n}"
        );
        let finding = finding_at(body, "TurnPersister");
        assert_eq!((finding.level, finding.traps), (Level::Safe, vec![Trap::PersistSignature]));
    }

    #[test]
    fn a_pattern_that_wants_the_state_gets_the_session() {
        let body = "let core = Session::new(state);\nlet Session { state: own, .. } = core;\ndrop(own);";
        assert_eq!(after_state(body).lines().last(), Some("drop(own);"));
        assert!(after_state(body).contains("let own = core;"), "{}", after_state(body));
        let several = "let core = Session::new(state);\nlet Session { state: own | own, .. } = core;\ndrop(own);";
        assert!(after_state(several).contains("let (own | own) = core;"), "{}", after_state(several));
    }

    #[test]
    fn a_session_with_sinks_that_is_passed_on_keeps_them() {
        let body = "let a = Session { event_sinks: vec![Arc::new(NullSink)], ..Session::new(state.clone()) };\n\
                    let b = Session::new(state);\ndrop((a, b));";
        let finding = finding_at(&format!("{STATE}{body}"), "Session { event_sinks");
        assert_eq!((finding.level, finding.traps), (Level::Safe, vec![Trap::PerRunSession]));
    }

    #[test]
    fn a_session_is_borrowed_for_a_run_on_the_spot_unless_an_argument_takes_it() {
        let state = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\n";
        let run = |seed: &str| {
            let out = migrated(&format!(
                "{state}let out = Session::new(state.clone()).run_inference(&ctx, Some({seed})).await?;\ndrop(out);"
            ));
            out.lines().nth(1).unwrap_or_default().to_owned()
        };
        let filled = "Turn::builder().with_user_prompt(\"x\").build()";
        assert!(run(filled).starts_with("let out = state.run("), "{}", run(filled));
        let lent = "Turn::builder().with_user_prompt(state.run_id()).build()";
        assert!(run(lent).starts_with("let out = state.run("), "{}", run(lent));
        let taken = "{ let last = state; Turn::builder().with_user_prompt(last.run_id()).build() }";
        assert!(run(taken).starts_with("let out = state.clone().run("), "{}", run(taken));
    }
}
