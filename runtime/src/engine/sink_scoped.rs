//! An engine with sinks of its own.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Engine, EngineError};
use crate::context::Context;
use crate::events::{EventSink, with_event_sinks};
use crate::turns::Turn;

/// Gives one engine its own sinks: they hear every run of that engine, after the context's sinks, and nothing from
/// outside of it (no middleware, no tool loop).
///
/// For an engine that escapes the function that built it. Where the run is at hand, attach sinks to its context or
/// to the session's builder instead.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use std::sync::Arc;
/// use geppetto_runtime::prelude::*;
/// use geppetto_runtime::engine::{EchoEngine, SinkScopedEngine};
/// use geppetto_runtime::events::CollectingSink;
///
/// let sink = Arc::new(CollectingSink::new());
/// let engine = SinkScopedEngine::new(Arc::new(EchoEngine::new()), vec![sink.clone()]);
/// engine.run_inference(&Context::background(), Turn::default()).await.unwrap();
/// assert!(!sink.events().is_empty());
/// # }
/// ```
#[derive(Clone)]
pub struct SinkScopedEngine {
    inner: Arc<dyn Engine>,
    sinks: Vec<Arc<dyn EventSink>>,
}

impl SinkScopedEngine {
    /// `inner`, heard by `sinks`.
    pub fn new(inner: Arc<dyn Engine>, sinks: Vec<Arc<dyn EventSink>>) -> Self {
        Self { inner, sinks }
    }
}

#[async_trait]
impl Engine for SinkScopedEngine {
    async fn run_inference(&self, ctx: &Context, turn: Turn) -> Result<Turn, EngineError> {
        let ctx = with_event_sinks(ctx, self.sinks.iter().cloned());
        self.inner.run_inference(&ctx, turn).await
    }
}

impl fmt::Debug for SinkScopedEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SinkScopedEngine").field("sinks", &self.sinks.len()).finish_non_exhaustive()
    }
}
