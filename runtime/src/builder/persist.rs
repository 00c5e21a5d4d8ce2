//! Keeping finished turns.

use std::sync::Arc;

use async_trait::async_trait;

use crate::cause::{Cause, failure_constructors};
use crate::context::Context;
use crate::turns::Turn;

/// Gets the turn of each run that succeeded, before the run ends.
///
/// Best effort: an error is logged and the run still succeeds. The turn's metadata holds the ids of the session and
/// the inference. When the run is cancelled meanwhile, the future is dropped once the session's cancel grace is
/// over.
///
/// ```
/// use async_trait::async_trait;
/// use geppetto_runtime::builder::{PersistError, TurnPersister};
/// use geppetto_runtime::context::Context;
/// use geppetto_runtime::turns::{SESSION_ID, Turn};
///
/// struct Files;
///
/// #[async_trait]
/// impl TurnPersister for Files {
///     async fn persist_turn(&self, _: &Context, turn: &Turn) -> Result<(), PersistError> {
///         let session = SESSION_ID.get(&turn.metadata).unwrap_or_default();
///         let json = serde_json::to_vec(turn).map_err(|e| PersistError::failed("encoding the turn", e))?;
///         std::fs::write(format!("{session}.json"), json).map_err(|e| PersistError::failed("writing the turn", e))
///     }
/// }
/// ```
#[async_trait]
pub trait TurnPersister: Send + Sync {
    /// Keeps `turn`.
    ///
    /// # Errors
    /// [`PersistError`] when it could not be kept.
    async fn persist_turn(&self, ctx: &Context, turn: &Turn) -> Result<(), PersistError>;
}

#[async_trait]
impl<P: TurnPersister + ?Sized> TurnPersister for Arc<P> {
    async fn persist_turn(&self, ctx: &Context, turn: &Turn) -> Result<(), PersistError> {
        (**self).persist_turn(ctx, turn).await
    }
}

/// Why a turn was not kept.
///
/// ```
/// use geppetto_runtime::builder::PersistError;
///
/// assert_eq!(PersistError::message("disk full").to_string(), "disk full");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PersistError {
    /// A failure in words.
    #[error("{0}")]
    Message(String),
    /// A failure with a cause.
    #[error("{message}")]
    Failed {
        /// What was attempted.
        message: String,
        /// What went wrong.
        source: Cause,
    },
}

failure_constructors!(PersistError);
