//! An engine that plays a script, to drive tests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::Notify;

use super::{Engine, EngineError};
use crate::context::Context;
use crate::events::{Event, EventMetadata, publish};
use crate::turns::{Block, Turn};

/// What a [`ScriptedEngine`] does in one call.
///
/// ```
/// use geppetto_runtime::engine::{EngineError, Step};
///
/// let script = [Step::deltas(["hel", "lo"]), Step::fail(EngineError::message("quota exceeded"))];
/// assert_eq!(script[0], Step::deltas(["hel", "lo"]));
/// ```
#[derive(Clone, Debug)]
pub struct Step {
    gate: Option<Arc<Notify>>,
    action: Action,
}

#[derive(Clone, Debug, PartialEq)]
enum Action {
    Text(Vec<String>),
    Blocks(Vec<Block>),
    Fail(EngineError),
    UntilCancelled,
    Forever,
    Panic(String),
}

impl Step {
    /// Answers with one text, streamed as one delta.
    pub fn text(text: impl Into<String>) -> Self {
        Self::deltas([text])
    }

    /// Answers with one text, streamed as these deltas.
    pub fn deltas<S: Into<String>>(deltas: impl IntoIterator<Item = S>) -> Self {
        Action::Text(deltas.into_iter().map(Into::into).collect()).into()
    }

    /// Asks for a tool.
    pub fn tool_call(id: impl Into<String>, name: impl Into<String>, args: Value) -> Self {
        Self::blocks([Block::tool_call(id, name, args)])
    }

    /// Appends these blocks as they are; publishes no text.
    pub fn blocks(blocks: impl IntoIterator<Item = Block>) -> Self {
        Action::Blocks(blocks.into_iter().collect()).into()
    }

    /// Publishes the error and returns it.
    pub fn fail(error: EngineError) -> Self {
        Action::Fail(error).into()
    }

    /// Waits for the context's cancellation, publishes an `Interrupt`, returns [`EngineError::Cancelled`].
    pub fn until_cancelled() -> Self {
        Action::UntilCancelled.into()
    }

    /// Never returns and ignores cancellation: it ends when its future is dropped.
    pub fn forever() -> Self {
        Action::Forever.into()
    }

    /// Unwinds with this message.
    pub fn panic(message: impl Into<String>) -> Self {
        Action::Panic(message.into()).into()
    }

    /// Waits, after the `Start` event, for one notification of `gate` (`gate.notify_one()`), whatever the context
    /// says.
    #[must_use]
    pub fn after(self, gate: Arc<Notify>) -> Self {
        Self { gate: Some(gate), ..self }
    }
}

impl From<Action> for Step {
    fn from(action: Action) -> Self {
        Self { gate: None, action }
    }
}

/// Gates are equal when they are the same object.
impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        self.action == other.action && self.gate.as_ref().map(Arc::as_ptr) == other.gate.as_ref().map(Arc::as_ptr)
    }
}

/// Plays one [`Step`] a call, in order, and remembers the turns it was called with. Past its last step it fails
/// with `script exhausted`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use geppetto_runtime::prelude::*;
/// use geppetto_runtime::engine::{ScriptedEngine, Step};
///
/// let engine = ScriptedEngine::new([Step::text("first"), Step::fail(EngineError::message("quota exceeded"))]);
/// let ctx = Context::background();
/// let answered = engine.run_inference(&ctx, Turn::default()).await.unwrap();
/// assert_eq!(answered.last_assistant_text(), Some("first"));
/// assert_eq!(engine.run_inference(&ctx, Turn::default()).await.unwrap_err().to_string(), "quota exceeded");
/// # }
/// ```
#[derive(Debug, Default)]
pub struct ScriptedEngine {
    script: Mutex<Script>,
}

#[derive(Debug, Default)]
struct Script {
    steps: VecDeque<Step>,
    calls: Vec<Turn>,
}

impl ScriptedEngine {
    /// An engine with this script.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let script = Script { steps: steps.into_iter().collect(), calls: Vec::new() };
        Self { script: Mutex::new(script) }
    }

    /// An engine that answers with these texts.
    pub fn texts<S: Into<String>>(texts: impl IntoIterator<Item = S>) -> Self {
        Self::new(texts.into_iter().map(Step::text))
    }

    /// Adds a step at the end.
    pub fn push(&self, step: Step) {
        self.script().steps.push_back(step);
    }

    /// The turns it was called with, in order.
    pub fn calls(&self) -> Vec<Turn> {
        self.script().calls.clone()
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_step(&self, turn: &Turn) -> Step {
        let mut script = self.script();
        script.calls.push(turn.clone());
        script.steps.pop_front().unwrap_or_else(|| Step::fail(EngineError::message("script exhausted")))
    }
}

#[async_trait]
impl Engine for ScriptedEngine {
    async fn run_inference(&self, ctx: &Context, turn: Turn) -> Result<Turn, EngineError> {
        let step = self.next_step(&turn);
        publish(ctx, &Event::start(EventMetadata::from_run(ctx, &turn)));
        if let Some(gate) = step.gate {
            gate.notified().await;
        }
        step.action.play(ctx, turn).await
    }
}

impl Action {
    async fn play(self, ctx: &Context, mut turn: Turn) -> Result<Turn, EngineError> {
        let metadata = EventMetadata::from_run(ctx, &turn);
        match self {
            Self::Text(deltas) => {
                for delta in &deltas {
                    publish(ctx, &Event::partial(metadata.clone(), delta));
                }
                let text = deltas.concat();
                publish(ctx, &Event::final_text(metadata, &text));
                turn.append(Block::assistant_text(text));
                Ok(turn)
            }
            Self::Blocks(blocks) => {
                turn.blocks.extend(blocks);
                Ok(turn)
            }
            Self::Fail(error) => {
                publish(ctx, &Event::error(metadata, error.to_string()));
                Err(error)
            }
            Self::UntilCancelled => {
                ctx.cancelled().await;
                publish(ctx, &Event::interrupt(metadata, ""));
                Err(EngineError::Cancelled)
            }
            Self::Forever => std::future::pending().await,
            Self::Panic(message) => std::panic::resume_unwind(Box::new(message)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{CollectingSink, with_event_sink};

    #[tokio::test]
    async fn plays_its_steps_and_remembers_its_calls() {
        let sink = Arc::new(CollectingSink::new());
        let ctx = with_event_sink(&Context::background(), sink.clone());
        let engine = ScriptedEngine::new([Step::deltas(["a", "b"])]);
        engine.push(Step::blocks([Block::reasoning_text("hm")]));
        let turn = Turn::builder().with_user_prompt("u").build();
        let answered = engine.run_inference(&ctx, turn.clone()).await.expect("step 1");
        assert_eq!(answered.last_assistant_text(), Some("ab"));
        let answered = engine.run_inference(&ctx, answered).await.expect("step 2");
        assert_eq!(answered.blocks.len(), 3);
        let exhausted = engine.run_inference(&ctx, turn.clone()).await.expect_err("no step 3");
        assert_eq!(exhausted.to_string(), "script exhausted");
        assert_eq!((engine.calls().len(), &engine.calls()[0]), (3, &turn));
        let said: Vec<_> = sink.events().iter().filter_map(|event| event.text().map(str::to_owned)).collect();
        assert_eq!(said, ["a", "b", "ab", "script exhausted"]);
    }

    #[tokio::test]
    async fn a_gate_holds_the_answer_until_it_is_notified() {
        let gate = Arc::new(Notify::new());
        let engine = ScriptedEngine::new([Step::text("x").after(gate.clone())]);
        gate.notify_one();
        let ctx = Context::background();
        assert!(engine.run_inference(&ctx, Turn::default()).await.is_ok());
    }
}
