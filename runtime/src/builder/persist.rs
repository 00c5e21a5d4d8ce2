//! Keeping finished turns.

use std::sync::Arc;

use async_trait::async_trait;

use crate::cause::{Cause, failure_constructors};
use crate::context::Context;
use crate::turns::Turn;

/// Gets the turn of each run that succeeded, before the run ends.
///
/// Best effort: an error is logged and the run still succeeds. The context tells the
/// [session's id](crate::session::session_id).
///
/// For a started run the turn's metadata holds the ids of the session and the inference. A run that was cancelled is
/// not persisted; when it is cancelled meanwhile, the future is dropped once the session's cancel grace is over.
///
/// For a run in its caller's task the result is the session's latest turn already, and stays whatever the persister
/// does. A turn is persisted also when its run was cancelled, if the engine answered all the same.
///
/// ```
/// use async_trait::async_trait;
/// use geppetto_runtime::builder::{PersistError, TurnPersister};
/// use geppetto_runtime::context::Context;
/// use geppetto_runtime::session::session_id;
/// use geppetto_runtime::turns::Turn;
///
/// struct Files;
///
/// #[async_trait]
/// impl TurnPersister for Files {
///     async fn persist_turn(&self, ctx: &Context, turn: &Turn) -> Result<(), PersistError> {
///         let session = session_id(ctx).unwrap_or_default();
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
