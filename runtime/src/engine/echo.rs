//! An engine that answers with what it was told.

use std::time::Duration;

use async_trait::async_trait;

use super::{Engine, EngineError};
use crate::context::Context;
use crate::events::{Event, EventMetadata, publish};
use crate::timer;
use crate::turns::{Block, Turn};

/// Answers `echo: ` and the last user text, streamed word by word. The embedded default: it needs no network.
///
/// Publishes one `Start`, at least one `Partial` and one `Final`; when cancelled an `Interrupt` with what it had
/// said instead of the `Final`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use geppetto_runtime::prelude::*;
/// use geppetto_runtime::engine::EchoEngine;
///
/// let turn = Turn::builder().with_user_prompt("hello").build();
/// let answered = EchoEngine::new().run_inference(&Context::background(), turn).await.unwrap();
/// assert_eq!(answered.blocks[1], Block::assistant_text("echo: hello"));
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct EchoEngine {
    delay: Duration,
}

impl EchoEngine {
    /// An engine that answers at once.
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits before each word, as a real model would.
    #[must_use]
    pub fn with_delay(self, delay: Duration) -> Self {
        Self { delay }
    }

    /// Waits for the next word; whether to go on.
    async fn pace(&self, ctx: &Context) -> bool {
        if !self.delay.is_zero() {
            tokio::select! {
                biased;
                () = ctx.cancelled() => {}
                () = timer::sleep(self.delay) => {}
            }
        }
        !ctx.is_cancelled()
    }
}

#[async_trait]
impl Engine for EchoEngine {
    async fn run_inference(&self, ctx: &Context, mut turn: Turn) -> Result<Turn, EngineError> {
        let metadata = EventMetadata::from_run(ctx, &turn);
        let answer = format!("echo: {}", turn.last_user_text().unwrap_or_default());
        publish(ctx, &Event::start(metadata.clone()));

        let mut said = 0;
        for word in answer.split_inclusive(' ') {
            if !self.pace(ctx).await {
                publish(ctx, &Event::interrupt(metadata, &answer[..said]));
                return Err(EngineError::Cancelled);
            }
            publish(ctx, &Event::partial(metadata.clone(), word));
            said += word.len();
        }

        publish(ctx, &Event::final_text(metadata, &answer));
        turn.append(Block::assistant_text(answer));
        Ok(turn)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::events::{CollectingSink, with_event_sink};
    use crate::session::with_session_meta;

    fn observed() -> (Arc<CollectingSink>, Context) {
        let sink = Arc::new(CollectingSink::new());
        let ctx = with_event_sink(&Context::background(), sink.clone());
        (sink, ctx)
    }

    #[tokio::test]
    async fn streams_its_answer_as_partials_and_one_final() {
        let (sink, ctx) = observed();
        let ctx = with_session_meta(&ctx, "s", "i");
        let turn = Turn::builder().with_id("t").with_user_prompt("one two").build();
        EchoEngine::new().run_inference(&ctx, turn).await.expect("an answer");
        let events = sink.events();
        let said: Vec<_> = events.iter().filter_map(Event::text).collect();
        assert_eq!(said, ["echo: ", "one ", "two", "echo: one two"]);
        assert!(matches!((events.first(), events.last()), (Some(Event::Start { .. }), Some(Event::Final { .. }))));
        for metadata in events.iter().map(Event::metadata) {
            let ids = (&*metadata.session_id, &*metadata.inference_id, &*metadata.turn_id);
            assert_eq!(ids, ("s", "i", "t"));
        }
    }

    #[tokio::test]
    async fn an_empty_turn_is_answered_too() {
        let (sink, ctx) = observed();
        EchoEngine::new().run_inference(&ctx, Turn::default()).await.expect("an answer");
        let partials = sink.events().iter().filter(|event| matches!(event, Event::Partial { .. })).count();
        assert_eq!(partials, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_cancel_interrupts_with_what_was_said() {
        let (sink, ctx) = observed();
        let ctx = ctx.with_timeout(Duration::from_millis(25));
        let turn = Turn::builder().with_user_prompt("one two three").build();
        let engine = EchoEngine::new().with_delay(Duration::from_millis(10));
        assert_eq!(engine.run_inference(&ctx, turn).await, Err(EngineError::Cancelled));
        let last = sink.events().pop();
        assert!(matches!(last, Some(Event::Interrupt { text, .. }) if text == "echo: one "));
    }
}
