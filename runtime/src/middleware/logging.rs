//! A trace of every engine call.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;

use super::Middleware;
use crate::context::Context;
use crate::engine::{Engine, EngineError};
use crate::turns::Turn;

/// Tells `tracing` when an engine call begins, and how it ended after how long. Texts are not logged.
///
/// ```
/// use geppetto_runtime::middleware::{Middleware, logging};
///
/// let middleware: std::sync::Arc<dyn Middleware> = logging();
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Logging;

/// The [`Logging`] middleware.
pub fn logging() -> Arc<dyn Middleware> {
    Arc::new(Logging)
}

#[async_trait]
impl Middleware for Logging {
    async fn handle(&self, ctx: &Context, turn: Turn, next: &dyn Engine) -> Result<Turn, EngineError> {
        let (start, blocks) = (Instant::now(), turn.blocks.len());
        tracing::debug!(turn = turn.id, blocks, "engine called");
        let answered = next.run_inference(ctx, turn).await;
        let elapsed = start.elapsed();
        match &answered {
            Ok(turn) => tracing::debug!(?elapsed, blocks = turn.blocks.len(), "engine answered"),
            Err(error) => tracing::warn!(?elapsed, %error, "engine failed"),
        }
        answered
    }
}
