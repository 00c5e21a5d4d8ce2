//! The standard [`EngineBuilder`]: everything a run needs, put together in one place.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), geppetto_runtime::session::SessionError> {
//! use std::sync::Arc;
//! use geppetto_runtime::prelude::*;
//! use geppetto_runtime::engine::EchoEngine;
//! use geppetto_runtime::events::CollectingSink;
//! use geppetto_runtime::middleware::system_prompt;
//!
//! let sink = Arc::new(CollectingSink::new());
//! let builder = Builder::new(Arc::new(EchoEngine::new()))
//!     .with_middleware(system_prompt("be brief"))
//!     .with_event_sink(sink.clone());
//!
//! let session = Session::new().with_builder(builder);
//! session.start_with_prompt(&Context::background(), "hello")?.wait().await?;
//! assert_eq!(sink.events().last().unwrap().text(), Some("echo: hello"));
//! # Ok(()) }
//! ```

mod derived;
mod persist;
mod runner;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use derived::DerivedBuilder;
pub use persist::{PersistError, TurnPersister};

use crate::context::Context;
use crate::engine::Engine;
use crate::events::EventSink;
use crate::middleware::{Middleware, wrap};
use crate::session::{BuildError, EngineBuilder, InferenceRunner};
use crate::toolloop::{Loop, LoopConfig, SnapshotHook, StepController};
use crate::tools::{ToolConfig, ToolExecutor, ToolRegistry};
use runner::Runner;

/// Middleware around a base engine, sinks and snapshot hook put into the context, one pass or the tool loop,
/// best-effort persistence of the finished turn.
///
/// One builder serves any number of runs and sessions; a clone is a builder of its own.
///
/// ```
/// use std::sync::Arc;
/// use geppetto_runtime::builder::Builder;
/// use geppetto_runtime::engine::EchoEngine;
/// use geppetto_runtime::middleware::logging;
/// use geppetto_runtime::toolloop::LoopConfig;
/// use geppetto_runtime::tools::InMemoryToolRegistry;
///
/// let builder = Builder::new(Arc::new(EchoEngine::new()))
///     .with_middleware(logging())
///     .with_tool_registry(Arc::new(InMemoryToolRegistry::new()))
///     .with_loop_config(LoopConfig { max_iterations: 10 });
/// ```
#[derive(Clone)]
pub struct Builder {
    base: Arc<dyn Engine>,
    middlewares: Vec<Arc<dyn Middleware>>,
    sinks: Vec<Arc<dyn EventSink>>,
    registry: Option<Arc<dyn ToolRegistry>>,
    tool_config: ToolConfig,
    loop_config: LoopConfig,
    executor: Option<Arc<dyn ToolExecutor>>,
    snapshot_hook: Option<SnapshotHook>,
    stepping: Option<(Arc<StepController>, Duration)>,
    persister: Option<Arc<dyn TurnPersister>>,
}

impl Builder {
    /// Runs of `base`, one pass each.
    pub fn new(base: Arc<dyn Engine>) -> Self {
        Self {
            base,
            middlewares: Vec::new(),
            sinks: Vec::new(),
            registry: None,
            tool_config: ToolConfig::default(),
            loop_config: LoopConfig::default(),
            executor: None,
            snapshot_hook: None,
            stepping: None,
            persister: None,
        }
    }

    /// Adds a middleware inside of those added before; it sees every engine call.
    #[must_use]
    pub fn with_middleware(self, m: Arc<dyn Middleware>) -> Self {
        self.with_middlewares([m])
    }

    /// Adds middlewares, the first outermost, inside of those added before.
    #[must_use]
    pub fn with_middlewares(mut self, m: impl IntoIterator<Item = Arc<dyn Middleware>>) -> Self {
        self.middlewares.extend(m);
        self
    }

    /// Adds a sink for everything in the run, after those of the caller's context.
    #[must_use]
    pub fn with_event_sink(self, s: Arc<dyn EventSink>) -> Self {
        self.with_event_sinks([s])
    }

    /// Adds sinks for everything in the run, after those of the caller's context.
    #[must_use]
    pub fn with_event_sinks(mut self, s: impl IntoIterator<Item = Arc<dyn EventSink>>) -> Self {
        self.sinks.extend(s);
        self
    }

    /// Sets the tools that the model may call, and with them enables the tool loop.
    #[must_use]
    pub fn with_tool_registry(mut self, r: Arc<dyn ToolRegistry>) -> Self {
        self.registry = Some(r);
        self
    }

    /// Sets the rules for tools.
    #[must_use]
    pub fn with_tool_config(mut self, c: ToolConfig) -> Self {
        self.tool_config = c;
        self
    }

    /// Sets the limits of the tool loop.
    #[must_use]
    pub fn with_loop_config(mut self, c: LoopConfig) -> Self {
        self.loop_config = c;
        self
    }

    /// Sets how tools are called.
    #[must_use]
    pub fn with_tool_executor(mut self, e: Arc<dyn ToolExecutor>) -> Self {
        self.executor = Some(e);
        self
    }

    /// Sets the hook that sees the turn between two steps, in place of the caller's context's.
    #[must_use]
    pub fn with_snapshot_hook(mut self, h: SnapshotHook) -> Self {
        self.snapshot_hook = Some(h);
        self
    }

    /// Lets `s` pause the tool loop between two steps, at most `pause_timeout` each time.
    #[must_use]
    pub fn with_step_controller(mut self, s: Arc<StepController>, pause_timeout: Duration) -> Self {
        self.stepping = Some((s, pause_timeout));
        self
    }

    /// Sets who gets each finished turn.
    #[must_use]
    pub fn with_persister(mut self, p: Arc<dyn TurnPersister>) -> Self {
        self.persister = Some(p);
        self
    }

    /// The tool loop, when there are tools.
    fn tool_loop(&self, engine: &Arc<dyn Engine>) -> Option<Loop> {
        let registry = self.registry.clone()?;
        let mut tool_loop = Loop::new(Arc::clone(engine), registry)
            .with_config(self.loop_config)
            .with_tool_config(self.tool_config.clone());
        if let Some(executor) = &self.executor {
            tool_loop = tool_loop.with_tool_executor(Arc::clone(executor));
        }
        if let Some((controller, pause_timeout)) = &self.stepping {
            tool_loop = tool_loop.with_step_controller(Arc::clone(controller), *pause_timeout);
        }
        Some(tool_loop)
    }
}

impl EngineBuilder for Builder {
    fn build(&self, _ctx: &Context, session_id: &str) -> Result<Arc<dyn InferenceRunner>, BuildError> {
        let engine = wrap(Arc::clone(&self.base), self.middlewares.clone());
        let tool_loop = self.tool_loop(&engine);
        Ok(Arc::new(Runner {
            session_id: session_id.to_owned(),
            engine,
            tool_loop,
            sinks: self.sinks.clone(),
            snapshot_hook: self.snapshot_hook.clone(),
            persister: self.persister.clone(),
        }))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("middlewares", &self.middlewares.len())
            .field("sinks", &self.sinks.len())
            .field("tools", &self.registry.is_some())
            .field("tool_config", &self.tool_config)
            .field("loop_config", &self.loop_config)
            .field("stepping", &self.stepping)
            .field("persister", &self.persister.is_some())
            .finish_non_exhaustive()
    }
}
