use std::sync::Arc;

use geppetto_runtime::engine::EchoEngine;
use geppetto_runtime::events::CollectingSink;
use geppetto_runtime::prelude::*;

/// Asks twice in one session and returns how many events came.
async fn ask_twice(ctx: &Context) -> Result<usize, SessionError> {
    let sink = Arc::new(CollectingSink::new());
    let builder = Builder::new(Arc::new(EchoEngine::new())).with_event_sink(sink.clone());
    let session = Session::with_id("greeting").with_builder(builder);

    let handle = session.start_with_prompt(ctx, "hello")?; // claims the session, then runs on a task
    assert!(matches!(session.start_with_prompt(ctx, "me, too"), Err(SessionError::AlreadyActive)));
    println!("{:?}", handle.wait().await?.last_assistant_text());

    session.start_with_prompt(ctx, "and again")?.wait().await?;
    assert_eq!(session.turn_count(), 2);
    Ok(sink.events().len())
}
