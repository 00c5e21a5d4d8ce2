//! Events printed as they come, two ways: a sink that writes, and a channel that this program reads.

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

    session.start_with_prompt(&Context::background(), "written by a sink")?.wait().await?;

    let (sink, mut events) = ChannelSink::new(64);
    let ctx = with_event_sink(&Context::background(), Arc::new(sink));
    let handle = session.start_with_prompt(&ctx, "read from a channel")?;
    drop(ctx);
    // The channel ends when the run has ended and with it the last sender.
    while let Some(event) = events.recv().await {
        println!("{:?}", event.text());
    }
    handle.wait().await?;
    Ok(())
}
