//! A debugger that looks at each step of a tool loop before it lets it go on.

use std::sync::Arc;
use std::time::Duration;

use geppetto_runtime::engine::{ScriptedEngine, Step};
use geppetto_runtime::events::ChannelSink;
use geppetto_runtime::prelude::*;
use geppetto_runtime::toolloop::StepController;
use geppetto_runtime::tools::{InMemoryToolRegistry, Tool};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), SessionError> {
    let tools = InMemoryToolRegistry::new();
    tools.register(Tool::from_fn("double", "doubles a number", |n: i64| Ok(n * 2)));
    let model = ScriptedEngine::new([Step::tool_call("call-1", "double", json!(21)), Step::text("It is 42.")]);

    let controller = Arc::new(StepController::new());
    let (sink, mut events) = ChannelSink::new(64);
    let builder = Builder::new(Arc::new(model))
        .with_tool_registry(Arc::new(tools))
        .with_step_controller(controller.clone(), Duration::from_secs(30));
    let session = Session::new().with_builder(builder);

    let ctx = with_event_sink(&Context::background(), Arc::new(sink));
    let handle = session.start_with_prompt(&ctx, "What is twice 21?")?;
    drop(ctx);
    while let Some(event) = events.recv().await {
        match event {
            Event::DebuggerPause { pause_id, phase, .. } => {
                println!("paused after {phase}; going on");
                controller.continue_pause(&pause_id);
            }
            Event::ToolCall { name, args, .. } => println!("calls {name}({args})"),
            Event::ToolResult { result, .. } => println!("gets {result}"),
            Event::Final { text, .. } => println!("says {text}"),
            _ => {}
        }
    }
    handle.wait().await?;
    Ok(())
}
