//! What answers a turn: the [`Engine`] trait and the engines that need no network.
//!
//! An engine takes a turn and returns it with the answer appended, publishing [events](crate::events) through the
//! context while it works. Everything that wraps an engine (middleware, the tool loop, sinks) is an engine again.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! use geppetto_runtime::context::Context;
//! use geppetto_runtime::engine::{EchoEngine, Engine};
//! use geppetto_runtime::turns::Turn;
//!
//! let turn = Turn::builder().with_user_prompt("hello").build();
//! let answered = EchoEngine::new().run_inference(&Context::background(), turn).await.unwrap();
//! assert_eq!(answered.last_assistant_text(), Some("echo: hello"));
//! # }
//! ```

mod echo;
mod error;
pub mod factory;
mod scripted;
mod sink_scoped;

use std::sync::Arc;

use async_trait::async_trait;

pub use echo::EchoEngine;
pub use error::EngineError;
pub use scripted::{ScriptedEngine, Step};
pub use sink_scoped::SinkScopedEngine;

use crate::context::Context;
use crate::turns::Turn;

/// Answers turns.
///
/// # Cancel safety
/// An engine should watch [`Context::cancelled`], tell its sinks what it had so far and return
/// [`EngineError::Cancelled`]. One that ignores the context is dropped at an await point: by a session once its
/// cancel grace is over, by anyone who drops the future.
///
/// ```
/// use async_trait::async_trait;
/// use geppetto_runtime::prelude::*;
///
/// #[derive(Debug)]
/// struct Parrot;
///
/// #[async_trait]
/// impl Engine for Parrot {
///     async fn run_inference(&self, _ctx: &Context, mut turn: Turn) -> Result<Turn, EngineError> {
///         let said = turn.last_user_text().unwrap_or("squawk").to_owned();
///         turn.append(Block::assistant_text(said));
///         Ok(turn)
///     }
/// }
/// ```
#[async_trait]
pub trait Engine: Send + Sync {
    /// Returns `turn` with the answer appended.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`] when the context was cancelled, another [`EngineError`] when there is no answer.
    async fn run_inference(&self, ctx: &Context, turn: Turn) -> Result<Turn, EngineError>;
}

#[async_trait]
impl<E: Engine + ?Sized> Engine for Arc<E> {
    async fn run_inference(&self, ctx: &Context, turn: Turn) -> Result<Turn, EngineError> {
        (**self).run_inference(ctx, turn).await
    }
}

#[async_trait]
impl<E: Engine + ?Sized> Engine for Box<E> {
    async fn run_inference(&self, ctx: &Context, turn: Turn) -> Result<Turn, EngineError> {
        (**self).run_inference(ctx, turn).await
    }
}
