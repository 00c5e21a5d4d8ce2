//! One run, as a [`Builder`](super::Builder) puts it together.

use std::sync::Arc;

use async_trait::async_trait;

use super::TurnPersister;
use crate::context::Context;
use crate::engine::{Engine, EngineError};
use crate::events::{EventSink, with_event_sinks};
use crate::session::{InferenceRunner, of_session, stamp};
use crate::toolloop::{Loop, SnapshotHook, run_once, with_snapshot_hook};
use crate::turns::Turn;

pub(super) struct Runner {
    pub(super) session_id: String,
    pub(super) engine: Arc<dyn Engine>,
    pub(super) tool_loop: Option<Loop>,
    pub(super) sinks: Vec<Arc<dyn EventSink>>,
    pub(super) snapshot_hook: Option<SnapshotHook>,
    pub(super) persister: Option<Arc<dyn TurnPersister>>,
}

impl Runner {
    fn equipped(&self, ctx: &Context) -> Context {
        let ctx = with_event_sinks(ctx, self.sinks.iter().cloned());
        match &self.snapshot_hook {
            Some(hook) => with_snapshot_hook(&ctx, Arc::clone(hook)),
            None => ctx,
        }
    }

    async fn answer(&self, ctx: &Context, turn: Turn) -> Result<Turn, EngineError> {
        match &self.tool_loop {
            Some(tool_loop) => tool_loop.run(ctx, turn).await,
            None => run_once(ctx, &*self.engine, turn).await,
        }
    }

    /// Best effort.
    async fn persist(&self, ctx: &Context, turn: &Turn) {
        if let Some(persister) = &self.persister
            && let Err(error) = persister.persist_turn(ctx, turn).await
        {
            tracing::warn!(%error, "turn not persisted");
        }
    }
}

#[async_trait]
impl InferenceRunner for Runner {
    async fn run_inference(&self, ctx: &Context, turn: Turn) -> Result<Turn, EngineError> {
        let ctx = self.equipped(ctx);
        let mut turn = self.answer(&ctx, turn).await?;
        // The persister is to find the ids, also when the engine made its answer from scratch.
        stamp(&ctx, &mut turn);
        // A run that was cancelled is not going to succeed, whatever its engine answered.
        if !ctx.is_cancelled() {
            self.persist(&ctx, &turn).await;
        }
        Ok(turn)
    }

    async fn run_in_place(
        &self,
        ctx: &Context,
        turn: Turn,
        keep: &(dyn for<'a> Fn(&'a Turn) + Send + Sync),
    ) -> Result<Turn, EngineError> {
        let ctx = self.equipped(ctx);
        let turn = self.answer(&ctx, turn).await?;
        keep(&turn);
        self.persist(&of_session(&ctx, &self.session_id), &turn).await;
        Ok(turn)
    }
}
