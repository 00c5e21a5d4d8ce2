//! Three prompts in one session, the second of which is cancelled half way.

use std::sync::Arc;
use std::time::Duration;

use geppetto_runtime::engine::EchoEngine;
use geppetto_runtime::events::{ChannelSink, WriterSink};
use geppetto_runtime::prelude::*;

#[tokio::main]
async fn main() -> Result<(), SessionError> {
    let engine = EchoEngine::new().with_delay(Duration::from_millis(40));
    let builder = Builder::new(Arc::new(engine)).with_event_sink(Arc::new(WriterSink::stdout()));
    let session = Session::new().with_builder(builder);
    let ctx = Context::background();

    session.start_with_prompt(&ctx, "first")?.wait().await?;

    let (sink, mut events) = ChannelSink::new(64);
    let watched = with_event_sink(&ctx, Arc::new(sink));
    let handle = session.start_with_prompt(&watched, "an answer that takes too long")?;
    while let Some(event) = events.recv().await {
        if event.text() == Some("answer ") {
            handle.cancel();
            break;
        }
    }
    assert_eq!(handle.wait().await, Err(SessionError::Cancelled));

    // The cancelled prompt stays in the history; take it out, or the model is asked again.
    session.update_latest(|turn| {
        turn.blocks.pop();
    })?;
    session.start_with_prompt(&ctx, "third")?.wait().await?;

    println!("{} turns, the last of {} blocks", session.turn_count(), session.latest().map_or(0, |t| t.blocks.len()));
    Ok(())
}
