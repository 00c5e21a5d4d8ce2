//! Why an engine has no answer.

use crate::cause::{Cause, failure_constructors};

/// Why an engine, or what wraps it, has no answer.
///
/// ```
/// use geppetto_runtime::engine::EngineError;
///
/// assert_eq!(EngineError::message("quota exceeded").to_string(), "quota exceeded");
/// assert_eq!(EngineError::Cancelled.to_string(), "inference cancelled");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The context was cancelled.
    #[error("inference cancelled")]
    Cancelled,
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
    /// The tool loop's limit was reached while the model still asked for tools.
    #[error("tool loop stopped after {limit} iterations")]
    MaxIterations {
        /// The limit.
        limit: usize,
    },
}

failure_constructors!(EngineError);
