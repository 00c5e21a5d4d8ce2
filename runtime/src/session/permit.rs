//! A claim that lasts around any number of runs.

use std::fmt;

use super::in_place::Input;
use super::state::{EntryId, Latest, RunId};
use super::{Core, EngineBuilder, ExecutionHandle, Session, SessionError};
use crate::context::{CancelHandle, Context};
use crate::turns::Turn;

/// A claim on a session: while it lasts, only its own runs can run. [`Session::reserve`] gives it.
///
/// It lasts until it is [released](Self::release) or dropped, whatever becomes of its runs: they may fail, be dropped
/// or panic. Where several tasks free it, they share it in an `Arc`.
///
/// ```
/// # futures::executor::block_on(async {
/// use std::sync::Arc;
/// use geppetto_runtime::prelude::*;
/// use geppetto_runtime::engine::{ScriptedEngine, Step};
///
/// let fails = Step::fail(EngineError::message("overloaded"));
/// let engine = ScriptedEngine::new([fails, Step::text("hi")]);
/// let session = Session::new().with_builder(Builder::new(Arc::new(engine)));
/// let (ctx, turn) = (Context::background(), Turn::builder().with_user_prompt("hello").build());
///
/// let permit = session.reserve()?;
/// let answered = match permit.run(&ctx, turn.clone()).await {
///     Ok(answered) => answered,
///     Err(_) => permit.run(&ctx, turn).await?,
/// };
/// assert_eq!(session.run_latest(&ctx).await, Err(SessionError::AlreadyActive));
/// drop(permit);
/// assert_eq!((session.is_running(), session.latest()), (false, Some(answered)));
/// # Ok::<_, SessionError>(()) }).unwrap();
/// ```
#[must_use = "dropping a permit frees the session"]
pub struct RunPermit {
    session: Session,
    run: RunId,
}

/// One run under a permit, as long as its future lives: what a cancel may reach.
struct Entered<'a> {
    core: &'a Core,
    permit: RunId,
    entry: EntryId,
}

impl<'a> Entered<'a> {
    fn new(core: &'a Core, permit: RunId, cancel: &CancelHandle) -> Result<(Self, Option<Latest>), SessionError> {
        let entry = core.state().enter(permit, cancel.clone())?;
        if entry.is_cancelled {
            cancel.cancel();
        }
        Ok((Self { core, permit, entry: entry.id }, entry.latest))
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.core.state().leave(self.permit, self.entry);
    }
}

impl Session {
    /// Claims the session and runs nothing yet. The check and the claim are one step.
    ///
    /// ```
    /// use geppetto_runtime::prelude::*;
    ///
    /// let session = Session::new();
    /// let permit = session.reserve()?;
    /// assert_eq!(session.reserve().unwrap_err(), SessionError::AlreadyActive);
    /// drop(permit);
    /// assert!(session.reserve().is_ok());
    /// # Ok::<_, SessionError>(())
    /// ```
    ///
    /// # Errors
    /// [`SessionError::AlreadyActive`] when the session is claimed.
    pub fn reserve(&self) -> Result<RunPermit, SessionError> {
        let run = self.core.reserve()?;
        Ok(RunPermit { session: self.clone(), run })
    }
}

impl RunPermit {
    /// The handle that the permit was reserved through; its builder is what the permit's runs use.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Runs `turn` as [`Session::run`] does, under this claim, as often as needed; runs may overlap. The run's
    /// context is not cancelled at its end.
    ///
    /// Dropping the future stops the run at once, and leaves the claim. So does a panic, which passes through.
    ///
    /// # Errors
    /// Those of [`Session::run`], with [`SessionError::NoActive`] in place of `AlreadyActive`: once the permit is
    /// released.
    pub async fn run(&self, ctx: &Context, turn: Turn) -> Result<Turn, SessionError> {
        self.run_entered(&self.session, ctx, Input::Turn(turn), None).await
    }

    /// Runs the latest turn once more, as [`Session::run_latest`] does, under this claim.
    ///
    /// # Errors
    /// Those of [`run`](Self::run).
    pub async fn run_latest(&self, ctx: &Context) -> Result<Turn, SessionError> {
        self.run_entered(&self.session, ctx, Input::Latest, None).await
    }

    /// As [`run`](Self::run), or for `None` as [`run_latest`](Self::run_latest).
    ///
    /// # Errors
    /// Those of [`run`](Self::run).
    pub async fn run_seed(&self, ctx: &Context, seed: Option<Turn>) -> Result<Turn, SessionError> {
        self.run_entered(&self.session, ctx, Input::seed(seed), None).await
    }

    /// As [`run`](Self::run), with a builder for this one run.
    ///
    /// # Errors
    /// Those of [`run`](Self::run), but for `BuilderMissing`.
    pub async fn run_with(&self, ctx: &Context, turn: Turn, builder: &dyn EngineBuilder) -> Result<Turn, SessionError> {
        self.run_entered(&self.session, ctx, Input::Turn(turn), Some(builder)).await
    }

    /// Frees the session now, while the permit goes on to exist. Dropping it then does nothing, whoever has claimed the
    /// session since, and neither does a second release.
    ///
    /// A run in flight goes on for its caller, cancels reach it no more, and its success still becomes the latest turn.
    pub fn release(&self) {
        self.session.core.state().release(self.run);
    }

    /// Names what [`Session::cancel_active`] cancels from now on, in place of this permit's runs; the last one named
    /// counts. If the permit was cancelled before anything was named, `cancel` is cancelled at once.
    ///
    /// Without effect on a permit that is released.
    ///
    /// ```
    /// use geppetto_runtime::prelude::*;
    ///
    /// let session = Session::new();
    /// let permit = session.reserve()?;
    /// let (ctx, cancel) = Context::background().with_cancel();
    /// permit.set_cancel(cancel);
    /// session.cancel_active()?;
    /// assert!(ctx.is_cancelled());
    /// # Ok::<_, SessionError>(())
    /// ```
    pub fn set_cancel(&self, cancel: CancelHandle) {
        let cancelled_before = self.session.core.state().name_target(self.run, cancel);
        if let Some(cancel) = cancelled_before {
            cancel.cancel();
        }
    }

    /// Starts a run of `turn` on a tokio task, as [`Session::start_with_turn`] does. The claim becomes the run's, so
    /// nobody can come between; if the permit was cancelled, the run is born cancelled.
    ///
    /// # Errors
    /// Those of [`Session::start_inference`], with [`SessionError::NoActive`] in place of `AlreadyActive`: once the
    /// permit is released. A start that fails appends nothing and frees the session.
    pub fn start(self, ctx: &Context, turn: Turn) -> Result<ExecutionHandle, SessionError> {
        self.session.start_under(self.run, ctx, turn)
    }

    /// A run with the builder of `handle`, which is one on the permit's session.
    pub(super) async fn run_entered(
        &self,
        handle: &Session,
        ctx: &Context,
        input: Input<'_>,
        builder: Option<&dyn EngineBuilder>,
    ) -> Result<Turn, SessionError> {
        let (ctx, cancel) = ctx.with_cancel();
        let (_entered, latest) = Entered::new(&handle.core, self.run, &cancel)?;
        handle.drive(&ctx, input, latest, builder).await
    }
}

/// Frees the session, unless the permit was released or has started a run.
impl Drop for RunPermit {
    fn drop(&mut self) {
        self.release();
    }
}

impl fmt::Debug for RunPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunPermit")
            .field("session_id", &self.session.session_id())
            .field("released", &!self.session.core.state().is_active_run(self.run))
            .finish_non_exhaustive()
    }
}
