//! What the standard builder makes of its parts.

mod support;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use geppetto_runtime::builder::{PersistError, TurnPersister};
use geppetto_runtime::engine::{EchoEngine, ScriptedEngine, SinkScopedEngine, Step};
use geppetto_runtime::events::CollectingSink;
use geppetto_runtime::middleware::system_prompt;
use geppetto_runtime::prelude::*;
use geppetto_runtime::session::inference_id;
use geppetto_runtime::tools::{InMemoryToolRegistry, Tool};
use geppetto_runtime::turns::{INFERENCE_ID, SESSION_ID};
use support::engine;

/// Tells a shared list who was told.
struct Named(&'static str, Arc<Mutex<Vec<&'static str>>>);

impl EventSink for Named {
    fn publish_event(&self, event: &Event) -> Result<(), SinkError> {
        if matches!(event, Event::Final { .. }) {
            self.1.lock().expect("not poisoned").push(self.0);
        }
        Ok(())
    }
}

#[tokio::test]
async fn the_builders_sinks_come_after_the_contexts() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = |name| Arc::new(Named(name, told.clone())) as Arc<dyn EventSink>;
    let scoped = SinkScopedEngine::new(Arc::new(EchoEngine::new()), vec![sink("engine")]);
    let builder = Builder::new(Arc::new(scoped))
        .with_event_sink(sink("builder 1"))
        .with_event_sinks([sink("builder 2"), sink("builder 1")]);
    let ctx = with_event_sink(&Context::background(), sink("context"));
    let session = Session::new().with_builder(builder);
    session.start_with_prompt(&ctx, "x").expect("starts").wait().await.expect("an answer");
    let expected = ["context", "builder 1", "builder 2", "builder 1", "engine"];
    assert_eq!(*told.lock().expect("not poisoned"), expected);
}

#[tokio::test]
async fn engine_scoped_sinks_do_not_hear_the_tool_loop() {
    let (all, own) = (Arc::new(CollectingSink::new()), Arc::new(CollectingSink::new()));
    let script = ScriptedEngine::new([Step::tool_call("c1", "double", 21.into()), Step::text("42")]);
    let tools = InMemoryToolRegistry::new();
    tools.register(Tool::from_fn("double", "doubles", |n: i64| Ok(n * 2)));
    let builder = Builder::new(Arc::new(SinkScopedEngine::new(Arc::new(script), vec![own.clone()])))
        .with_event_sink(all.clone())
        .with_tool_registry(Arc::new(tools));
    let session = Session::new().with_builder(builder);
    session.start_with_prompt(&Context::background(), "x").expect("starts").wait().await.expect("an answer");
    let kinds = |sink: &CollectingSink| -> Vec<String> {
        let kind = |event: &Event| serde_json::to_value(event).expect("serializes")["type"].to_string();
        sink.events().iter().map(kind).map(|kind| kind.trim_matches('"').to_owned()).collect()
    };
    assert_eq!(kinds(&own), ["start", "start", "partial", "final"]);
    assert_eq!(kinds(&all), ["start", "tool_call", "tool_result", "start", "partial", "final"]);
}

#[tokio::test]
async fn middleware_and_snapshots_surround_the_engine() {
    let phases = Arc::new(Mutex::new(Vec::new()));
    let seen = phases.clone();
    let builder = Builder::new(Arc::new(EchoEngine::new()))
        .with_middlewares([system_prompt("be brief")])
        .with_snapshot_hook(Arc::new(move |ctx, turn, phase| {
            assert!(inference_id(ctx).is_some());
            seen.lock().expect("not poisoned").push((phase.to_owned(), turn.blocks.len()));
        }));
    let session = Session::new().with_builder(builder);
    session.start_with_prompt(&Context::background(), "x").expect("starts").wait().await.expect("an answer");
    let expected = [("pre_inference".to_owned(), 1), ("post_inference".to_owned(), 3)];
    assert_eq!(*phases.lock().expect("not poisoned"), expected);
}

#[derive(Default)]
struct Kept(Mutex<Vec<Turn>>);

#[async_trait]
impl TurnPersister for Kept {
    async fn persist_turn(&self, _: &Context, turn: &Turn) -> Result<(), PersistError> {
        self.0.lock().expect("not poisoned").push(turn.clone());
        Err(PersistError::message("disk full"))
    }
}

#[tokio::test]
async fn finished_turns_are_persisted_with_their_ids_and_an_error_does_not_matter() {
    let kept = Arc::new(Kept::default());
    let from_scratch = engine(|_, _| async { Ok(Turn::builder().with_assistant_text("a").build()) });
    let session = Session::new().with_builder(Builder::new(from_scratch).with_persister(kept.clone()));
    let handle = session.start_with_prompt(&Context::background(), "x").expect("starts");
    let answered = handle.wait().await.expect("an answer");
    let kept = kept.0.lock().expect("not poisoned");
    assert_eq!(*kept, [answered]);
    assert_eq!(SESSION_ID.get(&kept[0].metadata).as_deref(), Some(handle.session_id()));
    assert_eq!(INFERENCE_ID.get(&kept[0].metadata).as_deref(), Some(handle.inference_id()));
}

#[tokio::test]
async fn runs_without_success_are_not_persisted() {
    let kept = Arc::new(Kept::default());
    let ignores_cancel = engine(|ctx: Context, turn| async move {
        ctx.cancelled().await;
        Ok(turn)
    });
    let session = Session::new().with_builder(Builder::new(ignores_cancel).with_persister(kept.clone()));
    let handle = session.start_with_prompt(&Context::background(), "x").expect("starts");
    handle.cancel();
    assert_eq!(handle.wait().await, Err(SessionError::Cancelled));
    let fails = ScriptedEngine::new([Step::fail(EngineError::message("no"))]);
    session.set_builder(Builder::new(Arc::new(fails)).with_persister(kept.clone()));
    let handle = session.start_with_prompt(&Context::background(), "x").expect("starts");
    assert!(handle.wait().await.is_err());
    assert!(kept.0.lock().expect("not poisoned").is_empty());
}

#[tokio::test]
async fn one_builder_serves_many_sessions() {
    let builder = Arc::new(Builder::new(Arc::new(EchoEngine::new())));
    for name in ["a", "b"] {
        let session = Session::new().with_builder(builder.clone());
        let answered = session.start_with_prompt(&Context::background(), name).expect("starts").wait().await;
        assert_eq!(answered.expect("an answer").last_assistant_text(), Some(&*format!("echo: {name}")));
    }
}

#[tokio::test]
async fn a_derived_builder_is_for_one_run() {
    let (own, other) = (Arc::new(CollectingSink::new()), Arc::new(CollectingSink::new()));
    let builder = Builder::new(Arc::new(EchoEngine::new())).with_event_sink(own.clone());
    let session = Session::new().with_builder(builder);
    let turn = Turn::builder().with_user_prompt("x").build();
    let derived = session.derived_builder(|builder| builder.with_event_sink(other.clone()));
    let ctx = Context::background();
    session.start_with(&ctx, turn, &derived).expect("starts").wait().await.expect("an answer");
    assert!(!other.events().is_empty());
    assert_eq!(own.events().len(), other.events().len());

    let before = own.events().len();
    session.start_inference_with(&ctx, &derived).expect("starts").wait().await.expect("an answer");
    assert_eq!((own.events().len(), other.events().len(), session.turn_count()), (2 * before, 2 * before, 1));
    session.start_inference(&ctx).expect("starts").wait().await.expect("an answer");
    assert_eq!((own.events().len(), other.events().len()), (3 * before, 2 * before));

    let again = |latest: Option<&Turn>| latest.cloned().unwrap_or_default();
    session.start_with_latest_with(&ctx, again, &derived).expect("starts").wait().await.expect("an answer");
    assert_eq!((own.events().len(), other.events().len(), session.turn_count()), (4 * before, 3 * before, 2));
}

#[tokio::test]
async fn without_a_standard_builder_there_is_nothing_to_derive_from() {
    let session = Session::new();
    let derived = session.derived_builder(|builder| builder);
    let turn = Turn::builder().with_user_prompt("x").build();
    let started = session.start_with(&Context::background(), turn, &derived);
    assert!(matches!(started, Err(SessionError::Build(_))), "{started:?}");
    assert!(!session.is_running());
}

#[tokio::test]
async fn a_session_that_another_function_made_gets_more() {
    let sink = Arc::new(CollectingSink::new());
    let made = || Session::new().with_builder(Builder::new(Arc::new(EchoEngine::new())));
    let session = made()
        .with_derived_builder(|builder| builder.with_event_sink(sink.clone()))
        .with_derived_builder(|builder| builder.with_event_sink(sink.clone()));
    session.start_with_prompt(&Context::background(), "x").expect("starts").wait().await.expect("an answer");
    let finals = sink.events().iter().filter(|event| matches!(event, Event::Final { .. })).count();
    assert_eq!(finals, 2);
}
