//! What a run is told from outside: whether to stop, by when, and values for those further down.
//!
//! A [`Context`] is immutable and cheap to clone. `with_…` derives a child and leaves the parent as it was:
//! cancellation and deadlines flow from parent to child, never back.
//!
//! ```
//! use geppetto_runtime::context::Context;
//!
//! #[derive(Debug, PartialEq)]
//! struct UserName(String);
//!
//! let parent = Context::background().with_value(UserName("ada".into()));
//! let (child, cancel) = parent.with_cancel();
//! cancel.cancel();
//!
//! assert!(child.is_cancelled());
//! assert!(!parent.is_cancelled());
//! assert_eq!(child.value::<UserName>().unwrap().0, "ada");
//! ```

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::timer;

/// Cancellation, deadline and typed values, handed down through a run.
///
/// Clones are the same context. Dropping one does nothing: in particular it does not cancel.
///
/// ```
/// use std::time::Duration;
/// use geppetto_runtime::context::Context;
///
/// let ctx = Context::background().with_timeout(Duration::from_secs(30)).with_value("a value");
/// assert!(ctx.remaining().unwrap() <= Duration::from_secs(30));
/// assert_eq!(ctx.value::<&str>().as_deref(), Some(&"a value"));
/// ```
#[derive(Clone, Default)]
pub struct Context {
    token: Option<CancellationToken>,
    deadline: Option<Instant>,
    values: Arc<Vec<Entry>>,
}

/// One typed value; at most one entry a type.
#[derive(Clone)]
struct Entry {
    key: TypeId,
    value: Arc<dyn Any + Send + Sync>,
}

impl Context {
    /// The root: never cancelled, no deadline, no values.
    pub fn background() -> Self {
        Self::default()
    }

    /// A child that can be cancelled on its own, and the handle that does it.
    ///
    /// A cancel of any ancestor reaches the child. Dropping the handle does not cancel.
    pub fn with_cancel(&self) -> (Self, CancelHandle) {
        let token = match &self.token {
            Some(parent) => parent.child_token(),
            None => CancellationToken::new(),
        };
        let child = Self { token: Some(token.clone()), ..self.clone() };
        (child, CancelHandle { token })
    }

    /// A child that counts as cancelled once `timeout` has passed, or when its parent does.
    ///
    /// A timeout never extends the parent's deadline. It needs neither a tokio runtime nor a time driver; under
    /// tokio's paused test clock it follows that clock.
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        let own = Instant::now().checked_add(timeout);
        let deadline = match (self.deadline, own) {
            (Some(parent), Some(own)) => Some(parent.min(own)),
            (parent, own) => parent.or(own),
        };
        Self { deadline, ..self.clone() }
    }

    /// A child that carries `value`. Values are found by their type; the child's shadows the parent's.
    pub fn with_value<T: Send + Sync + 'static>(&self, value: T) -> Self {
        let key = TypeId::of::<T>();
        let others = self.values.iter().filter(|entry| entry.key != key).cloned();
        let own = Entry { key, value: Arc::new(value) };
        Self { values: Arc::new(others.chain([own]).collect()), ..self.clone() }
    }

    /// The value of type `T` that this context or its nearest ancestor carries.
    pub fn value<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        let key = TypeId::of::<T>();
        let entry = self.values.iter().find(|entry| entry.key == key)?;
        Arc::clone(&entry.value).downcast().ok()
    }

    /// Whether this context or an ancestor was cancelled, or a deadline has passed.
    pub fn is_cancelled(&self) -> bool {
        self.token.as_ref().is_some_and(CancellationToken::is_cancelled)
            || self.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Completes once [`is_cancelled`](Self::is_cancelled) is true; never for a context nobody can cancel.
    ///
    /// Cancel safe: dropping the future has no effect.
    pub async fn cancelled(&self) {
        let token = async {
            match &self.token {
                Some(token) => token.cancelled().await,
                None => std::future::pending().await,
            }
        };
        match self.deadline {
            None => token.await,
            Some(deadline) => tokio::select! {
                biased;
                () = token => {}
                () = timer::sleep_until(deadline) => {}
            },
        }
    }

    /// The time left before the deadline, zero once it has passed; `None` without one.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("cancelled", &self.is_cancelled())
            .field("remaining", &self.remaining())
            .field("values", &self.values.len())
            .finish_non_exhaustive()
    }
}

/// Cancels the context it came with, see [`Context::with_cancel`]. Clones cancel the same context.
///
/// ```
/// use geppetto_runtime::context::Context;
///
/// let (ctx, cancel) = Context::background().with_cancel();
/// cancel.clone().cancel();
/// assert!(ctx.is_cancelled());
/// ```
#[derive(Clone)]
pub struct CancelHandle {
    token: CancellationToken,
}

impl CancelHandle {
    /// Cancels the context and all derived from it. A second call has no effect.
    pub fn cancel(&self) {
        self.token.cancel();
    }
}

impl fmt::Debug for CancelHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelHandle").field("cancelled", &self.token.is_cancelled()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_background_is_never_cancelled() {
        assert!(!Context::background().is_cancelled());
        assert_eq!(Context::background().remaining(), None);
    }

    #[test]
    fn a_cancel_reaches_children_and_not_the_parent() {
        let (parent, _keep) = Context::background().with_cancel();
        let (child, cancel) = parent.with_cancel();
        let grandchild = child.with_value(1_u8);
        cancel.cancel();
        cancel.cancel();
        assert!(grandchild.is_cancelled());
        assert!(!parent.is_cancelled());
        assert!(child.with_cancel().0.is_cancelled(), "a late child is born cancelled");
    }

    #[test]
    fn the_childs_value_shadows_the_parents() {
        let parent = Context::background().with_value(1_u8).with_value("text");
        let child = parent.with_value(2_u8);
        assert_eq!(child.value::<u8>().as_deref(), Some(&2));
        assert_eq!(child.value::<&str>().as_deref(), Some(&"text"));
        assert_eq!(parent.value::<u8>().as_deref(), Some(&1));
        assert_eq!(child.value::<u16>(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_cancels_and_never_extends_the_parents() {
        let parent = Context::background().with_timeout(Duration::from_secs(1));
        let child = parent.with_timeout(Duration::from_secs(60));
        let start = Instant::now();
        child.cancelled().await;
        assert_eq!(start.elapsed(), Duration::from_secs(1));
        assert!(child.is_cancelled() && parent.is_cancelled());
    }

    #[tokio::test]
    async fn waiting_ends_with_the_cancel_before_the_deadline() {
        let (ctx, cancel) = Context::background().with_timeout(Duration::from_secs(3600)).with_cancel();
        let waiting = tokio::spawn(async move { ctx.cancelled().await });
        cancel.cancel();
        waiting.await.expect("no panic");
    }

    #[test]
    fn an_endless_timeout_is_none() {
        let ctx = Context::background().with_timeout(Duration::MAX);
        assert!(!ctx.is_cancelled());
    }

    #[test]
    fn a_timeout_needs_no_time_driver() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let ctx = Context::background().with_timeout(Duration::from_millis(1));
        runtime.block_on(ctx.cancelled());
        assert!(ctx.is_cancelled());
    }
}
