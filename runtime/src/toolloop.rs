//! Engine, tools, engine, … until the model asks for no more tools.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! use std::sync::Arc;
//! use geppetto_runtime::prelude::*;
//! use geppetto_runtime::engine::{ScriptedEngine, Step};
//! use geppetto_runtime::toolloop::Loop;
//! use geppetto_runtime::tools::{InMemoryToolRegistry, Tool, ToolError};
//! use serde_json::json;
//!
//! let tools = InMemoryToolRegistry::new();
//! tools.register(Tool::from_fn("double", "doubles", |n: i64| Ok::<_, ToolError>(n * 2)));
//! let engine = ScriptedEngine::new([Step::tool_call("c1", "double", json!(21)), Step::text("it is 42")]);
//!
//! let tool_loop = Loop::new(Arc::new(engine), Arc::new(tools));
//! let answered = tool_loop.run(&Context::background(), Turn::default()).await.unwrap();
//! assert_eq!(answered.blocks[1], Block::tool_use("c1", json!(42)));
//! assert_eq!(answered.last_assistant_text(), Some("it is 42"));
//! # }
//! ```

mod calls;
mod snapshot;
mod step;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

pub use snapshot::{SnapshotHook, phase, snapshot, with_snapshot_hook};
pub use step::{Pause, StepController};

use crate::context::Context;
use crate::engine::{Engine, EngineError};
use crate::session::with_provider_call_index;
use crate::tools::{DefaultToolExecutor, ToolConfig, ToolExecutor, ToolRegistry, with_tool_config, with_tool_registry};
use crate::turns::Turn;

/// The limits of a [`Loop`].
///
/// ```
/// use geppetto_runtime::toolloop::LoopConfig;
///
/// assert_eq!(LoopConfig { max_iterations: 5 }, LoopConfig::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopConfig {
    /// How often the engine may be called; zero counts as one.
    pub max_iterations: usize,
}

impl Default for LoopConfig {
    fn default() -> Self {
        Self { max_iterations: 5 }
    }
}

/// Calls an engine and the tools it asks for, until an answer asks for none.
///
/// Each call and its result are published as events and appended to the turn, one call after the other. The
/// context that the engine gets carries the registry, the rules and the index of the engine call.
///
/// ```
/// use std::sync::Arc;
/// use geppetto_runtime::engine::EchoEngine;
/// use geppetto_runtime::toolloop::{Loop, LoopConfig};
/// use geppetto_runtime::tools::InMemoryToolRegistry;
///
/// let tool_loop = Loop::new(Arc::new(EchoEngine::new()), Arc::new(InMemoryToolRegistry::new()))
///     .with_config(LoopConfig { max_iterations: 10 });
/// ```
#[derive(Clone)]
pub struct Loop {
    engine: Arc<dyn Engine>,
    registry: Arc<dyn ToolRegistry>,
    config: LoopConfig,
    tool_config: ToolConfig,
    executor: Arc<dyn ToolExecutor>,
    stepping: Option<(Arc<StepController>, Duration)>,
}

impl Loop {
    /// A loop with the default limits, rules and executor.
    pub fn new(engine: Arc<dyn Engine>, registry: Arc<dyn ToolRegistry>) -> Self {
        Self {
            engine,
            registry,
            config: LoopConfig::default(),
            tool_config: ToolConfig::default(),
            executor: Arc::new(DefaultToolExecutor),
            stepping: None,
        }
    }

    /// Sets the limits.
    #[must_use]
    pub fn with_config(self, config: LoopConfig) -> Self {
        Self { config, ..self }
    }

    /// Sets the rules for tools. Disabled tools make it one plain engine call.
    #[must_use]
    pub fn with_tool_config(self, tool_config: ToolConfig) -> Self {
        Self { tool_config, ..self }
    }

    /// Sets how tools are called.
    #[must_use]
    pub fn with_tool_executor(self, executor: Arc<dyn ToolExecutor>) -> Self {
        Self { executor, ..self }
    }

    /// Pauses after each engine call that asks for tools and after the tools, at most `pause_timeout` each time.
    #[must_use]
    pub fn with_step_controller(self, controller: Arc<StepController>, pause_timeout: Duration) -> Self {
        Self { stepping: Some((controller, pause_timeout)), ..self }
    }

    /// Answers `turn`.
    ///
    /// Cancel safety: dropping the future drops the engine's or the tool's at its await point; nothing goes on.
    ///
    /// # Errors
    /// The engine's; [`EngineError::Cancelled`] when the context was cancelled between two steps or while a tool
    /// ran; [`EngineError::MaxIterations`]; and [`EngineError::Failed`] for a tool's error under
    /// [`ToolErrorPolicy::Abort`](crate::tools::ToolErrorPolicy::Abort).
    pub async fn run(&self, ctx: &Context, mut turn: Turn) -> Result<Turn, EngineError> {
        if !self.tool_config.enabled {
            return run_once(ctx, &*self.engine, turn).await;
        }
        let ctx = with_tool_registry(ctx, Arc::clone(&self.registry));
        let ctx = with_tool_config(&ctx, self.tool_config.clone());
        let limit = self.config.max_iterations.max(1);
        for iteration in 0..limit {
            let ctx = with_provider_call_index(&ctx, u32::try_from(iteration).unwrap_or(u32::MAX));
            turn = run_once(&ctx, &*self.engine, turn).await?;
            let calls = calls::pending(&turn);
            if calls.is_empty() {
                return Ok(turn);
            }
            self.pause(&ctx, &turn, phase::POST_INFERENCE).await?;
            for call in calls {
                turn.append(self.answer(&ctx, &turn, call).await?);
            }
            snapshot(&ctx, &turn, phase::POST_TOOLS);
            self.pause(&ctx, &turn, phase::POST_TOOLS).await?;
        }
        Err(EngineError::MaxIterations { limit })
    }

    /// Waits if a controller asks for it; an error when the run was cancelled.
    async fn pause(&self, ctx: &Context, turn: &Turn, phase: &str) -> Result<(), EngineError> {
        if let Some((controller, timeout)) = &self.stepping {
            controller.pause(ctx, turn, phase, *timeout).await;
        }
        if ctx.is_cancelled() { Err(EngineError::Cancelled) } else { Ok(()) }
    }
}

/// One engine call between its two snapshots.
///
/// # Errors
/// The engine's.
pub async fn run_once(ctx: &Context, engine: &dyn Engine, turn: Turn) -> Result<Turn, EngineError> {
    snapshot(ctx, &turn, phase::PRE_INFERENCE);
    let turn = engine.run_inference(ctx, turn).await?;
    snapshot(ctx, &turn, phase::POST_INFERENCE);
    Ok(turn)
}

#[async_trait]
impl Engine for Loop {
    async fn run_inference(&self, ctx: &Context, turn: Turn) -> Result<Turn, EngineError> {
        self.run(ctx, turn).await
    }
}

impl fmt::Debug for Loop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loop")
            .field("config", &self.config)
            .field("tool_config", &self.tool_config)
            .field("stepping", &self.stepping)
            .finish_non_exhaustive()
    }
}
