//! A model that calls a tool, and the loop that answers it.

use std::sync::Arc;

use geppetto_runtime::engine::{ScriptedEngine, Step};
use geppetto_runtime::events::WriterSink;
use geppetto_runtime::prelude::*;
use geppetto_runtime::tools::{InMemoryToolRegistry, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Deserialize, JsonSchema)]
struct WeatherQuery {
    /// The city to ask about.
    city: String,
}

#[derive(Serialize)]
struct Weather {
    city: String,
    celsius: f64,
}

#[tokio::main]
async fn main() -> Result<(), SessionError> {
    let tools = InMemoryToolRegistry::new();
    tools.register(Tool::from_fn("weather", "the weather in a city", |query: WeatherQuery| {
        Ok(Weather { city: query.city, celsius: 21.5 })
    }));

    // Stands in for a model: asks for the tool, then answers with what it was told.
    let model = ScriptedEngine::new([
        Step::tool_call("call-1", "weather", json!({"city": "Berlin"})),
        Step::deltas(["It is ", "21.5 °C ", "in Berlin."]),
    ]);
    let builder = Builder::new(Arc::new(model))
        .with_tool_registry(Arc::new(tools))
        .with_event_sink(Arc::new(WriterSink::stdout()));

    let session = Session::new().with_builder(builder);
    session.start_with_prompt(&Context::background(), "How warm is it in Berlin?")?.wait().await?;
    Ok(())
}
