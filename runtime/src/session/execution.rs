//! Watching, cancelling and awaiting one run.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::state::RunId;
use super::{Core, SessionError};
use crate::context::CancelHandle;
use crate::turns::Turn;

/// What a run and its handles share.
pub(super) struct Execution {
    core: Arc<Core>,
    run: RunId,
    inference_id: String,
    input: Arc<Turn>,
    ended: OnceLock<Result<Arc<Turn>, SessionError>>,
    announced: Notify,
}

impl Execution {
    pub(super) fn new(core: Arc<Core>, run: RunId, inference_id: String, input: Arc<Turn>) -> Self {
        let (ended, announced) = (OnceLock::new(), Notify::new());
        Self { core, run, inference_id, input, ended, announced }
    }

    pub(super) fn session_id(&self) -> &str {
        &self.core.id
    }

    pub(super) fn inference_id(&self) -> &str {
        &self.inference_id
    }

    pub(super) fn input(&self) -> &Turn {
        &self.input
    }

    pub(super) fn cancel_grace(&self) -> Duration {
        self.core.settings().cancel_grace
    }

    /// Frees the session. Returns how the run ended, for [`announce`](Self::announce).
    pub(super) fn finish(
        &self,
        outcome: Result<Arc<Turn>, SessionError>,
        cancelled: bool,
    ) -> Result<Arc<Turn>, SessionError> {
        self.core.state().finish(self.run, outcome, cancelled)
    }

    /// Lets every waiter go (invariant 11: the last step of a run).
    pub(super) fn announce(&self, ended: Result<Arc<Turn>, SessionError>) {
        // Only the task of the run gets here, once.
        let _ = self.ended.set(ended);
        self.announced.notify_waiters();
    }

    fn cancel(&self) {
        let reached = self.core.state().request_cancel_of(self.run).unwrap_or_default();
        reached.iter().for_each(CancelHandle::cancel);
    }

    async fn wait(&self) -> Result<Turn, SessionError> {
        loop {
            // Made before the look at the result, so no announcement is missed.
            let announced = self.announced.notified();
            if let Some(ended) = self.ended.get() {
                return ended.clone().map(Arc::unwrap_or_clone);
            }
            announced.await;
        }
    }
}

/// One run of a session. Clones watch the same run.
///
/// Dropping handles does not cancel: the run goes on, and its result lands in the session.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), geppetto_runtime::session::SessionError> {
/// use std::sync::Arc;
/// use geppetto_runtime::prelude::*;
/// use geppetto_runtime::engine::{ScriptedEngine, Step};
///
/// let engine = Arc::new(ScriptedEngine::new([Step::until_cancelled()]));
/// let session = Session::new().with_builder(Builder::new(engine));
/// let handle = session.start_with_prompt(&Context::background(), "hello")?;
/// assert!(handle.is_running());
///
/// handle.cancel();
/// assert_eq!(handle.wait().await, Err(SessionError::Cancelled));
/// assert_eq!(session.latest().as_ref(), Some(handle.input()));
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct ExecutionHandle {
    execution: Arc<Execution>,
}

impl ExecutionHandle {
    pub(super) fn new(execution: Arc<Execution>) -> Self {
        Self { execution }
    }

    /// The id of the session that runs.
    pub fn session_id(&self) -> &str {
        self.execution.session_id()
    }

    /// The id of the run; no other has it.
    pub fn inference_id(&self) -> &str {
        self.execution.inference_id()
    }

    /// The turn that the run was started with, as it was then.
    pub fn input(&self) -> &Turn {
        self.execution.input()
    }

    /// Asks the run to end: cancels its context, and drops the runner's future when the session's cancel grace is
    /// over. Returns at once; the session is free when the run has ended, see [`wait`](Self::wait).
    ///
    /// Idempotent, and without effect on a run that has ended.
    pub fn cancel(&self) {
        self.execution.cancel();
    }

    /// Whether the run has not ended yet.
    pub fn is_running(&self) -> bool {
        self.execution.core.state().is_active_run(self.execution.run)
    }

    /// Waits for the run's end. Any number of waiters, any number of times: all get the same.
    ///
    /// When it returns, the session is free, its turn shows the result and the run's context is cancelled, so the
    /// next prompt can start at once. Works on any executor.
    ///
    /// Cancel safe: dropping the future has no effect on the run. For the opposite see
    /// [`wait_or_cancel`](Self::wait_or_cancel).
    ///
    /// # Errors
    /// [`SessionError::Cancelled`], [`SessionError::Engine`] or [`SessionError::Panicked`].
    pub async fn wait(&self) -> Result<Turn, SessionError> {
        self.execution.wait().await
    }

    /// Like [`wait`](Self::wait), and ties the run to the future: dropping it before it is ready (also before its
    /// first poll) cancels the run. For the losing arm of a `select!`, a timeout, an aborted task.
    ///
    /// # Errors
    /// Those of [`wait`](Self::wait).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), geppetto_runtime::session::SessionError> {
    /// use std::sync::Arc;
    /// use geppetto_runtime::prelude::*;
    /// use geppetto_runtime::engine::{ScriptedEngine, Step};
    ///
    /// let engine = Arc::new(ScriptedEngine::new([Step::until_cancelled()]));
    /// let session = Session::new().with_builder(Builder::new(engine));
    /// let handle = session.start_with_prompt(&Context::background(), "hello")?;
    /// drop(handle.wait_or_cancel());
    /// assert_eq!(handle.wait().await, Err(SessionError::Cancelled));
    /// # Ok(()) }
    /// ```
    pub fn wait_or_cancel(&self) -> impl Future<Output = Result<Turn, SessionError>> + Send + use<> {
        let guard = CancelOnDrop { execution: Arc::clone(&self.execution) };
        // A cancel after the end has no effect, so the guard needs no disarming.
        async move { guard.execution.wait().await }
    }

    /// Like [`wait`](Self::wait), for threads outside of a tokio runtime (a TUI's).
    ///
    /// # Errors
    /// Those of [`wait`](Self::wait), and [`SessionError::BlockingInRuntime`] on a thread that belongs to a tokio
    /// runtime, where blocking could keep the run from its end.
    pub fn blocking_wait(&self) -> Result<Turn, SessionError> {
        if Handle::try_current().is_ok() {
            return Err(SessionError::BlockingInRuntime);
        }
        block_on(self.wait())
    }
}

impl fmt::Debug for ExecutionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecutionHandle")
            .field("session_id", &self.session_id())
            .field("inference_id", &self.inference_id())
            .field("running", &self.is_running())
            .finish_non_exhaustive()
    }
}

struct CancelOnDrop {
    execution: Arc<Execution>,
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.execution.cancel();
    }
}

/// Drives a future on this thread, parked in between.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = TaskContext::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
