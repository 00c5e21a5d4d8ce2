//! The tool loop and its step controller.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use geppetto_runtime::engine::{ScriptedEngine, Step};
use geppetto_runtime::events::{ChannelSink, CollectingSink};
use geppetto_runtime::prelude::*;
use geppetto_runtime::session::provider_call_index;
use geppetto_runtime::toolloop::{Loop, LoopConfig, StepController, with_snapshot_hook};
use geppetto_runtime::tools::{
    InMemoryToolRegistry, Tool, ToolConfig, ToolError, ToolErrorPolicy, ToolExecutor, ToolRegistry, tool_config,
    tool_registry,
};
use serde_json::{Value, json};
use tokio::time::Instant;

fn tools() -> Arc<InMemoryToolRegistry> {
    let tools = InMemoryToolRegistry::new();
    tools.register(Tool::from_fn("double", "doubles", |n: i64| Ok(n * 2)));
    tools.register(Tool::from_fn("fail", "fails", |_: Value| Err::<(), _>(ToolError::message("no luck"))));
    tools.register(Tool::from_async_fn("hang", "never answers", |_, _: Value| {
        std::future::pending::<Result<(), ToolError>>()
    }));
    Arc::new(tools)
}

fn calling(name: &str) -> Arc<ScriptedEngine> {
    Arc::new(ScriptedEngine::new([Step::tool_call("c1", name, json!(21)), Step::text("done")]))
}

async fn result_of(tool_loop: &Loop) -> Value {
    let answered = tool_loop.run(&Context::background(), Turn::default()).await.expect("an answer");
    assert_eq!(answered.last_assistant_text(), Some("done"));
    answered.blocks[1].payload["result"].clone()
}

#[tokio::test]
async fn calls_and_results_are_appended_and_published() {
    let sink = Arc::new(CollectingSink::new());
    let ctx = with_event_sink(&Context::background(), sink.clone());
    let answered = Loop::new(calling("double"), tools()).run(&ctx, Turn::default()).await.expect("an answer");
    let expected =
        [Block::tool_call("c1", "double", json!(21)), Block::tool_use("c1", json!(42)), Block::assistant_text("done")];
    assert_eq!(answered.blocks, expected);
    let events = sink.events();
    let called = |e: &Event| matches!(e, Event::ToolCall { id, name, args, .. } if (&**id, &**name, args) == ("c1", "double", &json!(21)));
    let answered =
        |e: &Event| matches!(e, Event::ToolResult { id, result, .. } if (&**id, result) == ("c1", &json!(42)));
    assert!(called(&events[1]) && answered(&events[2]));
}

#[tokio::test]
async fn the_engine_is_told_of_the_tools_and_of_its_call() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = seen.clone();
    let hook = Arc::new(move |ctx: &Context, _: &Turn, phase: &str| {
        let tools = tool_registry(ctx).map_or(0, |tools| tools.tools().len());
        assert!(tool_config(ctx).is_some_and(|config| config.enabled));
        told.lock().expect("not poisoned").push((phase.to_owned(), provider_call_index(ctx), tools));
    });
    let ctx = with_snapshot_hook(&Context::background(), hook);
    Loop::new(calling("double"), tools()).run(&ctx, Turn::default()).await.expect("an answer");
    let phases =
        [("pre_inference", 0), ("post_inference", 0), ("post_tools", 0), ("pre_inference", 1), ("post_inference", 1)];
    let expected: Vec<_> = phases.iter().map(|(phase, index)| ((*phase).to_owned(), Some(*index), 3)).collect();
    assert_eq!(*seen.lock().expect("not poisoned"), expected);
}

#[tokio::test]
async fn errors_go_to_the_model_by_default() {
    let report = |name| Loop::new(calling(name), tools());
    assert_eq!(result_of(&report("fail")).await, json!({"error": "no luck"}));
    assert_eq!(result_of(&report("missing")).await, json!({"error": "unknown tool `missing`"}));
    let only_fail = Some(BTreeSet::from(["fail".to_owned()]));
    let config = ToolConfig { allowed_tools: only_fail, ..ToolConfig::default() };
    let forbidden = report("double").with_tool_config(config);
    assert_eq!(result_of(&forbidden).await, json!({"error": "tool `double` is not allowed"}));
}

#[tokio::test]
async fn errors_end_the_run_under_abort() {
    let config = ToolConfig { on_error: ToolErrorPolicy::Abort, ..ToolConfig::default() };
    let tool_loop = Loop::new(calling("fail"), tools()).with_tool_config(config);
    let error = tool_loop.run(&Context::background(), Turn::default()).await.expect_err("aborts");
    assert_eq!(error.to_string(), "tool `fail` failed");
    let source = std::error::Error::source(&error).expect("a cause");
    assert_eq!(source.to_string(), "no luck");
}

#[tokio::test(start_paused = true)]
async fn a_call_may_take_as_long_as_the_rules_say() {
    let config = ToolConfig { timeout: Some(Duration::from_secs(7)), ..ToolConfig::default() };
    let tool_loop = Loop::new(calling("hang"), tools()).with_tool_config(config);
    let start = Instant::now();
    assert_eq!(result_of(&tool_loop).await, json!({"error": "tool timed out after 7s"}));
    assert_eq!(start.elapsed(), Duration::from_secs(7));
}

#[tokio::test]
async fn a_cancel_ends_a_tool_that_hangs() {
    let (sink, mut events) = ChannelSink::new(8);
    let (ctx, cancel) = with_event_sink(&Context::background(), Arc::new(sink)).with_cancel();
    let run = tokio::spawn(async move { Loop::new(calling("hang"), tools()).run(&ctx, Turn::default()).await });
    while !matches!(events.recv().await.expect("the run publishes"), Event::ToolCall { .. }) {}
    cancel.cancel();
    assert_eq!(run.await.expect("no panic"), Err(EngineError::Cancelled));
}

#[tokio::test]
async fn the_limit_ends_a_model_that_never_stops_asking() {
    for (max_iterations, limit) in [(2, 2), (0, 1)] {
        let engine = ScriptedEngine::new(
            (0..3).map(|call| Step::tool_call(format!("c{call}"), "double", json!(call))).collect::<Vec<_>>(),
        );
        let tool_loop = Loop::new(Arc::new(engine), tools()).with_config(LoopConfig { max_iterations });
        let error = tool_loop.run(&Context::background(), Turn::default()).await;
        assert_eq!(error, Err(EngineError::MaxIterations { limit }));
    }
}

#[tokio::test]
async fn disabled_tools_make_it_one_plain_call() {
    let engine = calling("double");
    let tool_loop = Loop::new(engine.clone(), tools()).with_tool_config(ToolConfig::disabled());
    let answered = tool_loop.run(&Context::background(), Turn::default()).await.expect("an answer");
    assert_eq!((answered.blocks.len(), engine.calls().len()), (1, 1));
}

struct DryRun;

#[async_trait]
impl ToolExecutor for DryRun {
    async fn execute(&self, _: &Context, tool: &Tool, _: Value) -> Result<Value, ToolError> {
        Ok(json!(format!("would call {}", tool.name())))
    }
}

#[tokio::test]
async fn the_executor_decides_how_tools_are_called() {
    let tool_loop = Loop::new(calling("hang"), tools()).with_tool_executor(Arc::new(DryRun));
    assert_eq!(result_of(&tool_loop).await, json!("would call hang"));
}

/// A stepped run, its controller and its events.
fn stepped() -> (Session, Arc<StepController>, tokio::sync::mpsc::Receiver<Event>) {
    let controller = Arc::new(StepController::new());
    let (sink, events) = ChannelSink::new(64);
    let builder = Builder::new(calling("double"))
        .with_event_sink(Arc::new(sink))
        .with_tool_registry(tools())
        .with_step_controller(controller.clone(), Duration::from_secs(60));
    (Session::new().with_builder(builder), controller, events)
}

async fn next_pause(events: &mut tokio::sync::mpsc::Receiver<Event>) -> (String, String) {
    loop {
        if let Event::DebuggerPause { pause_id, phase, timeout_ms, .. } = events.recv().await.expect("a pause") {
            assert_eq!(timeout_ms, 60_000);
            return (pause_id, phase);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stepped_run_pauses_until_it_is_told_to_continue() {
    let (session, controller, mut events) = stepped();
    let start = Instant::now();
    let handle = session.start_with_prompt(&Context::background(), "x").expect("starts");
    let (id, phase) = next_pause(&mut events).await;
    assert_eq!(phase, "post_inference");
    let paused = controller.paused();
    assert_eq!((&*paused[0].id, &*paused[0].session_id), (&*id, session.session_id()));
    assert!(controller.continue_pause(&id) && !controller.continue_pause(&id));
    assert_eq!(next_pause(&mut events).await.1, "post_tools");
    assert_eq!(controller.continue_all(), 1);
    handle.wait().await.expect("an answer");
    assert!(controller.paused().is_empty());
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_pause_ends_with_its_timeout() {
    let (session, controller, _events) = stepped();
    let start = Instant::now();
    session.start_with_prompt(&Context::background(), "x").expect("starts").wait().await.expect("an answer");
    assert_eq!(start.elapsed(), Duration::from_secs(120));
    assert!(controller.paused().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_pause_ends_with_the_run_and_with_the_controller() {
    let (session, controller, mut events) = stepped();
    let handle = session.start_with_prompt(&Context::background(), "x").expect("starts");
    next_pause(&mut events).await;
    handle.cancel();
    assert_eq!(handle.wait().await, Err(SessionError::Cancelled));
    assert!(controller.paused().is_empty());

    let (session, controller, mut events) = stepped();
    let start = Instant::now();
    let handle = session.start_with_prompt(&Context::background(), "x").expect("starts");
    next_pause(&mut events).await;
    controller.disable();
    handle.wait().await.expect("an answer");
    assert_eq!(start.elapsed(), Duration::ZERO);
    controller.enable();
    assert!(controller.is_enabled());
}
