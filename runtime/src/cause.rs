//! What the errors of this crate have in common: words, and a cause that clones share.

use std::error::Error;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The cause of an error, shared by its clones. Equal when it is the same object.
///
/// ```
/// use std::error::Error;
/// use geppetto_runtime::engine::EngineError;
///
/// let error = EngineError::failed("reading the answer", std::fmt::Error);
/// assert!(error.source().unwrap().is::<std::fmt::Error>());
/// assert_eq!(error, error.clone());
/// ```
#[derive(Clone)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl Cause {
    /// Makes `error` a cause.
    pub fn new(error: impl Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(error))
    }
}

/// Not an error itself, so that a source chain shows (and downcasts to) the error within.
impl Deref for Cause {
    type Target = dyn Error + Send + Sync;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Cause {}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Constructors for an error enum with the variants `Message(String)` and `Failed { message, source }`.
macro_rules! failure_constructors {
    ($error:ty) => {
        impl $error {
            /// An error that displays as exactly `text`.
            pub fn message(text: impl Into<String>) -> Self {
                Self::Message(text.into())
            }

            /// An error that displays as `text` and has `source` as its cause.
            pub fn failed(text: impl Into<String>, source: impl std::error::Error + Send + Sync + 'static) -> Self {
                Self::Failed { message: text.into(), source: $crate::Cause::new(source) }
            }
        }
    };
}
pub(crate) use failure_constructors;
