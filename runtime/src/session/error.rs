//! What can go wrong with a session.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::cause::{Cause, failure_constructors};
use crate::engine::EngineError;
use crate::engine::factory::FactoryError;

/// Why a session did not do what it was asked, or a run has no result.
///
/// ```
/// use geppetto_runtime::session::{Session, SessionError};
///
/// let error = Session::new().cancel_active().unwrap_err();
/// assert_eq!(error, SessionError::NoActive);
/// assert_eq!(error.to_string(), "inference not running");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The session is claimed: by a run, or by a permit.
    #[error("inference already running")]
    AlreadyActive,
    /// The session is not claimed, or not by the permit that was to run.
    #[error("inference not running")]
    NoActive,
    /// There is nothing to start: no turn, one without blocks, or an empty prompt.
    #[error("turn is empty")]
    EmptyTurn,
    /// The session has no builder.
    #[error("session has no engine builder")]
    BuilderMissing,
    /// A start outside of a tokio runtime.
    #[error("no tokio runtime to run on")]
    NoRuntime,
    /// A blocking wait inside of a tokio runtime, which it would stall.
    #[error("blocking wait inside of a tokio runtime")]
    BlockingInRuntime,
    /// The builder failed.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The runner failed. Of a run in place this is what it answered, [`EngineError::Cancelled`] too.
    #[error(transparent)]
    Engine(EngineError),
    /// The started run was cancelled.
    #[error("inference cancelled")]
    Cancelled,
    /// The runner or the builder of a start panicked, with this message.
    #[error("inference panicked: {0}")]
    Panicked(String),
}

impl SessionError {
    /// The error as an engine's: what the engine answered, its `Cancelled` for a cancelled run, and any other by its
    /// text.
    ///
    /// ```
    /// use geppetto_runtime::engine::EngineError;
    /// use geppetto_runtime::session::SessionError;
    ///
    /// assert_eq!(SessionError::Cancelled.into_engine_error(), EngineError::Cancelled);
    /// ```
    #[must_use]
    pub fn into_engine_error(self) -> EngineError {
        match self {
            Self::Engine(error) => error,
            Self::Cancelled => EngineError::Cancelled,
            other => EngineError::message(other.to_string()),
        }
    }
}

/// What the engine answered, as it is.
impl From<EngineError> for SessionError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

/// On a task an engine's `Cancelled` is the session's.
pub(super) fn of_a_started_run(error: EngineError) -> SessionError {
    match error {
        EngineError::Cancelled => SessionError::Cancelled,
        error => SessionError::Engine(error),
    }
}

/// Why a builder has no runner.
///
/// ```
/// use geppetto_runtime::session::BuildError;
///
/// assert_eq!(BuildError::message("no model configured").to_string(), "no model configured");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A failure in words.
    #[error("{0}")]
    Message(String),
    /// The engine could not be made.
    #[error(transparent)]
    Factory(#[from] FactoryError),
    /// A failure with a cause.
    #[error("{message}")]
    Failed {
        /// What was attempted.
        message: String,
        /// What went wrong.
        source: Cause,
    },
}

failure_constructors!(BuildError);

/// Calls `f`; a panic becomes [`SessionError::Panicked`].
pub(super) fn catching<R>(f: impl FnOnce() -> R) -> Result<R, SessionError> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| SessionError::Panicked(panic_message(&*payload)))
}

fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_of_the_legacy_errors() {
        let engine = EngineError::message("quota exceeded");
        let texts = [
            (SessionError::AlreadyActive, "inference already running"),
            (SessionError::NoActive, "inference not running"),
            (SessionError::Cancelled, "inference cancelled"),
            (EngineError::Cancelled.into(), "inference cancelled"),
            (engine.into(), "quota exceeded"),
            (BuildError::message("no model").into(), "no model"),
        ];
        for (error, text) in texts {
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn a_panic_is_told_by_its_message() {
        let caught = |payload: Box<dyn Any + Send>| catching(|| std::panic::resume_unwind(payload));
        assert_eq!(caught(Box::new("a")), Err::<(), _>(SessionError::Panicked("a".into())));
        assert_eq!(caught(Box::new("b".to_owned())), Err::<(), _>(SessionError::Panicked("b".into())));
        assert_eq!(caught(Box::new(1)), Err::<(), _>(SessionError::Panicked("no message".into())));
    }
}
