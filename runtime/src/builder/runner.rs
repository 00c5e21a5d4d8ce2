//! One run, as a [`Builder`](super::Builder) puts it together.

use std::sync::Arc;

use async_trait::async_trait;

use super::TurnPersister;
use crate::context::Context;
use crate::engine::{Engine, EngineError};
use crate::events::{EventSink, with_event_sinks};
use crate::session::{InferenceRunner, stamp};
use crate::toolloop::{Loop, SnapshotHook, run_once, with_snapshot_hook};
use crate::turns::Turn;

pub(super) struct Runner {
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

    /// Best effort, and only for a run that is going to succeed.
    async fn persist(&self, ctx: &Context, turn: &Turn) {
        if let Some(persister) = &self.persister
            && !ctx.is_cancelled()
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
        let mut turn = match &self.tool_loop {
            Some(tool_loop) => tool_loop.run(&ctx, turn).await?,
            None => run_once(&ctx, &*self.engine, turn).await?,
        };
        // The persister is to find the ids, also when the engine made its answer from scratch.
        stamp(&ctx, &mut turn);
        self.persist(&ctx, &turn).await;
        Ok(turn)
    }
}
