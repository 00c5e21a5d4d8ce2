//! What a session runs, and who makes it.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;

use super::BuildError;
use crate::context::Context;
use crate::engine::EngineError;
use crate::turns::Turn;

/// Makes the runner of one run. Called by each start and each run, on the caller's thread, while the session is
/// claimed.
///
/// [`Builder`](crate::builder::Builder) is the standard one. A builder of one's own:
///
/// ```
/// use std::sync::Arc;
/// use async_trait::async_trait;
/// use geppetto_runtime::prelude::*;
/// use geppetto_runtime::session::{BuildError, EngineBuilder, InferenceRunner};
///
/// struct Parrot;
///
/// #[async_trait]
/// impl InferenceRunner for Parrot {
///     async fn run_inference(&self, _ctx: &Context, turn: Turn) -> Result<Turn, EngineError> {
///         Ok(turn)
///     }
/// }
///
/// struct Parrots;
///
/// impl EngineBuilder for Parrots {
///     fn build(&self, _: &Context, _session_id: &str) -> Result<Arc<dyn InferenceRunner>, BuildError> {
///         Ok(Arc::new(Parrot))
///     }
/// }
///
/// let session = Session::new().with_builder(Parrots);
/// ```
pub trait EngineBuilder: Send + Sync {
    /// The runner for one run. `ctx` is the run's context: cancelled when the run is, and on a task it carries the ids.
    ///
    /// # Errors
    /// [`BuildError`]: the start or the run fails with it and leaves the session as it was.
    fn build(&self, ctx: &Context, session_id: &str) -> Result<Arc<dyn InferenceRunner>, BuildError>;
}

impl<B: EngineBuilder + ?Sized> EngineBuilder for Arc<B> {
    fn build(&self, ctx: &Context, session_id: &str) -> Result<Arc<dyn InferenceRunner>, BuildError> {
        (**self).build(ctx, session_id)
    }
}

/// A builder as a session keeps it.
pub(super) trait Kept: EngineBuilder {
    fn as_any(&self) -> &dyn Any;
}

impl<B: EngineBuilder + 'static> Kept for B {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Runs one turn to its end: the whole of a run, where an [`Engine`](crate::engine::Engine) is one step of it.
///
/// ```
/// use async_trait::async_trait;
/// use geppetto_runtime::prelude::*;
/// use geppetto_runtime::session::InferenceRunner;
///
/// struct Silence;
///
/// #[async_trait]
/// impl InferenceRunner for Silence {
///     async fn run_inference(&self, _ctx: &Context, turn: Turn) -> Result<Turn, EngineError> {
///         Ok(turn)
///     }
/// }
/// ```
#[async_trait]
pub trait InferenceRunner: Send + Sync {
    /// Returns `turn` with the answer appended.
    ///
    /// The context is cancelled when the run is; on a task the future is dropped once the session's cancel grace is
    /// over.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`] when the context was cancelled, another [`EngineError`] when there is no answer.
    async fn run_inference(&self, ctx: &Context, turn: Turn) -> Result<Turn, EngineError>;

    /// The same in the caller's task: `keep` makes the answer the session's latest turn, once. A runner that has
    /// something to do with its answer (to persist it) overrides this and calls `keep` before.
    #[doc(hidden)]
    async fn run_in_place(
        &self,
        ctx: &Context,
        turn: Turn,
        keep: &(dyn for<'a> Fn(&'a Turn) + Send + Sync),
    ) -> Result<Turn, EngineError> {
        let turn = self.run_inference(ctx, turn).await?;
        keep(&turn);
        Ok(turn)
    }
}
