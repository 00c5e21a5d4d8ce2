//! Long-lived, multi-turn interactions: one [`Session`], one claim on it at a time.
//!
//! A run in the background has a task of its own and an [`ExecutionHandle`] on it:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), geppetto_runtime::session::SessionError> {
//! use std::sync::Arc;
//! use geppetto_runtime::prelude::*;
//! use geppetto_runtime::engine::EchoEngine;
//!
//! let session = Session::new().with_builder(Builder::new(Arc::new(EchoEngine::new())));
//! let handle = session.start_with_prompt(&Context::background(), "hello")?;
//! let answered = handle.wait().await?;
//!
//! assert_eq!(answered.last_assistant_text(), Some("echo: hello"));
//! assert_eq!(session.latest(), Some(answered));
//! # Ok(()) }
//! ```
//!
//! A run in place is part of its caller's future, on any executor; a [`RunPermit`] keeps the session claimed around
//! several of them:
//!
//! ```
//! # futures::executor::block_on(async {
//! use std::sync::Arc;
//! use geppetto_runtime::prelude::*;
//! use geppetto_runtime::engine::EchoEngine;
//!
//! let session = Session::new().with_builder(Builder::new(Arc::new(EchoEngine::new())));
//! let ctx = Context::background();
//! session.run_prompt(&ctx, "hello").await?;
//!
//! let permit = session.reserve()?;
//! permit.run_latest(&ctx).await?;
//! assert!(session.is_running(), "until the permit is dropped");
//! # Ok::<_, SessionError>(()) }).unwrap();
//! ```
//!
//! The rules that hold under any interleaving are numbered in the documentation of the module's logic,
//! `session/state.rs`; the tests cite the numbers.

mod error;
mod execution;
mod in_place;
mod meta;
mod permit;
mod run;
mod runner;
mod start;
mod state;
mod weak;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use error::{BuildError, SessionError};
pub use execution::ExecutionHandle;
pub use meta::{
    inference_id, provider_call_index, run_tags, session_id, with_provider_call_index, with_run_tags, with_session_meta,
};
pub(crate) use meta::{of_session, stamp};
pub use permit::RunPermit;
pub use runner::{EngineBuilder, InferenceRunner};
pub use weak::WeakSession;

use crate::context::{CancelHandle, Context};
use crate::ids::fresh_id;
use crate::turns::Turn;
use runner::Kept;
use start::Seed;
use state::{Latest, RunId, SessionState};

/// How long a cancelled runner may take to return, unless the session says otherwise.
const DEFAULT_CANCEL_GRACE: Duration = Duration::from_secs(5);

/// A long-lived, multi-turn interaction. Clone is a second handle on the same session.
///
/// There are two ways to run a turn, and one claim: while one of them holds it, all others are refused with
/// [`SessionError::AlreadyActive`], never sometimes.
///
/// - `start_…` claims the session before it returns and runs on a tokio task of its own. What goes wrong on it ends
///   as an error; dropping a session, or every handle on it, cancels nothing.
/// - `run…` is a future: it claims the session at its first poll and runs in its caller's task, on any executor.
///   Dropping it stops the run at once and frees the session; a panic passes through. Under a [`RunPermit`], which
///   [`reserve`](Self::reserve) gives, the claim is the permit's, and lasts around any number of runs.
///
/// Every method may be called from any thread; only the starts need a tokio runtime.
///
/// ```
/// use geppetto_runtime::prelude::*;
///
/// let session = Session::with_id("s1").with_turn(Turn::builder().with_user_prompt("hello").build());
/// assert_eq!((session.session_id(), session.turn_count(), session.is_running()), ("s1", 1, false));
/// ```
#[derive(Clone)]
pub struct Session {
    core: Arc<Core>,
    /// This handle's builder, in place of the session's.
    own: Option<Arc<dyn Kept>>,
}

/// What all handles on a session share.
struct Core {
    id: String,
    /// Held by whoever decides what comes after the latest turn, and taken before `state`: an update is one step
    /// although its closure does not run under the lock of the state (invariants 12 and 19).
    succession: Mutex<()>,
    state: Mutex<SessionState>,
    settings: Mutex<Settings>,
}

struct Settings {
    builder: Option<Arc<dyn Kept>>,
    cancel_grace: Duration,
}

impl Core {
    /// The logic. Never held while foreign code runs (invariant 19).
    fn state(&self) -> MutexGuard<'_, SessionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn succession(&self) -> MutexGuard<'_, ()> {
        self.succession.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(&self, turn: Turn) {
        let turn = Arc::new(turn);
        let _next = self.succession();
        self.state().append(turn);
    }

    fn claim(&self, cancel: CancelHandle) -> Result<(RunId, Option<Latest>), SessionError> {
        let _next = self.succession();
        self.state().claim(cancel)
    }

    fn reserve(&self) -> Result<RunId, SessionError> {
        let _next = self.succession();
        self.state().reserve()
    }

    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// An empty session with a generated id and no builder.
    pub fn new() -> Self {
        Self::with_id("")
    }

    /// An empty session with this id; an empty one is replaced by a generated one.
    pub fn with_id(session_id: impl Into<String>) -> Self {
        let id = Some(session_id.into()).filter(|id| !id.is_empty()).unwrap_or_else(fresh_id);
        let settings = Settings { builder: None, cancel_grace: DEFAULT_CANCEL_GRACE };
        let (succession, state) = (Mutex::default(), Mutex::default());
        Self { core: Arc::new(Core { id, succession, state, settings: Mutex::new(settings) }), own: None }
    }

    /// Sets the builder that later runs use, see [`set_builder`](Self::set_builder).
    #[must_use = "the session is returned"]
    pub fn with_builder(self, builder: impl EngineBuilder + 'static) -> Self {
        self.set_builder(builder);
        self
    }

    /// Appends a turn, see [`append`](Self::append).
    #[must_use = "the session is returned"]
    pub fn with_turn(self, turn: Turn) -> Self {
        self.append(turn);
        self
    }

    /// From now on the turn of a started run joins the history with its result, as the latest one: a run that fails
    /// or is cancelled leaves the history as it was, and while a run is under way nobody sees its turn. (For a run in
    /// place this holds in any session.)
    ///
    /// For callers that retry, or that read the latest turn for what was answered last. Without it, a failed prompt
    /// stays in the history and the next run sends it again.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// use std::sync::Arc;
    /// use geppetto_runtime::engine::{ScriptedEngine, Step};
    /// use geppetto_runtime::prelude::*;
    ///
    /// let failing = Builder::new(Arc::new(ScriptedEngine::new([Step::fail(EngineError::message("no luck"))])));
    /// let session = Session::new().with_builder(failing).without_failed_turns();
    /// let handle = session.start_with_prompt(&Context::background(), "hello").unwrap();
    ///
    /// assert!(handle.wait().await.is_err());
    /// assert_eq!(session.latest(), None);
    /// # }
    /// ```
    #[must_use = "the session is returned"]
    pub fn without_failed_turns(self) -> Self {
        self.core.state().leave_failed_turns_out();
        self
    }

    /// Sets the cancel grace, see [`set_cancel_grace`](Self::set_cancel_grace).
    #[must_use = "the session is returned"]
    pub fn with_cancel_grace(self, grace: Duration) -> Self {
        self.set_cancel_grace(grace);
        self
    }

    /// Sets the builder that later runs and starts use, through every handle that has none of its own (see
    /// [`handle_with`](Self::handle_with)). An active run keeps the runner it has.
    pub fn set_builder(&self, builder: impl EngineBuilder + 'static) {
        let replaced = self.core.settings().builder.replace(Arc::new(builder));
        drop(replaced);
    }

    /// A second handle on the same session, whose runs and starts use this builder: a web handler's equipment for one
    /// request. The session's own builder stays untouched.
    ///
    /// Clones of the handle keep the builder. A handle from elsewhere (a clone of the session,
    /// [`WeakSession::upgrade`]) uses the session's.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use std::sync::Arc;
    /// use geppetto_runtime::prelude::*;
    /// use geppetto_runtime::engine::{EchoEngine, ScriptedEngine};
    ///
    /// let session = Session::new().with_builder(Builder::new(Arc::new(EchoEngine::new())));
    /// let handle = session.handle_with(Builder::new(Arc::new(ScriptedEngine::texts(["hi"]))));
    /// let ctx = Context::background();
    ///
    /// assert_eq!(handle.run_prompt(&ctx, "hello").await?.last_assistant_text(), Some("hi"));
    /// assert_eq!(session.run_prompt(&ctx, "hello").await?.last_assistant_text(), Some("echo: hello"));
    /// assert_eq!(handle.turn_count(), 2);
    /// # Ok::<_, SessionError>(()) }).unwrap();
    /// ```
    #[must_use = "the handle is returned"]
    pub fn handle_with(&self, builder: impl EngineBuilder + 'static) -> Self {
        Self { core: Arc::clone(&self.core), own: Some(Arc::new(builder)) }
    }

    /// This handle's builder, if it is of this type.
    pub(crate) fn builder<B: EngineBuilder + Clone + 'static>(&self) -> Option<B> {
        let builder = self.current_builder()?;
        (*builder).as_any().downcast_ref::<B>().cloned()
    }

    /// Whether this handle has a builder of its own.
    pub(crate) fn has_own_builder(&self) -> bool {
        self.own.is_some()
    }

    /// This handle's own builder, else the session's.
    fn current_builder(&self) -> Option<Arc<dyn Kept>> {
        self.own.clone().or_else(|| self.core.settings().builder.clone())
    }

    /// Keeps at most `turns` turns from now on: the oldest go, at once and with each turn that comes. Zero counts as
    /// one; without this, or with [`usize::MAX`], all stay.
    ///
    /// For a session that lives long. The indices of [`turn`](Self::turn) count from the oldest turn that is left. A
    /// started run whose turn was let go meanwhile leaves its result out of the history (its handle has it all the
    /// same).
    ///
    /// ```
    /// use geppetto_runtime::prelude::*;
    ///
    /// let session = Session::new().keeping_latest(2);
    /// for prompt in ["a", "b", "c"] {
    ///     session.append_new_turn_from_user_prompt(prompt).unwrap();
    /// }
    /// assert_eq!(session.turn_count(), 2);
    /// assert_eq!(session.turn(0).unwrap().blocks.len(), 2, "the turn of the second prompt");
    /// ```
    pub fn keep_latest(&self, turns: usize) {
        let gone = self.core.state().keep_latest(turns);
        drop(gone);
    }

    /// Keeps at most `turns` turns, see [`keep_latest`](Self::keep_latest).
    #[must_use = "the session is returned"]
    pub fn keeping_latest(self, turns: usize) -> Self {
        self.keep_latest(turns);
        self
    }

    /// How long a cancelled runner may take to return before its future is dropped: 5 s by default, zero is at
    /// once. Read when a run is cancelled.
    pub fn set_cancel_grace(&self, grace: Duration) {
        self.core.settings().cancel_grace = grace;
    }

    /// The session's id; never empty.
    pub fn session_id(&self) -> &str {
        &self.core.id
    }

    /// Adds a turn at the end. Allowed while a run is active, and for an empty turn.
    pub fn append(&self, turn: Turn) {
        self.core.append(turn);
    }

    /// Appends the latest turn (or an empty one), with a fresh id, continued by one user block. Returns it.
    ///
    /// Allowed while a run is active; to continue *and* run use [`start_with_prompt`](Self::start_with_prompt),
    /// which does both in one step.
    ///
    /// # Errors
    /// [`SessionError::EmptyTurn`] when the prompt is empty; nothing is appended.
    pub fn append_new_turn_from_user_prompt(&self, prompt: &str) -> Result<Turn, SessionError> {
        self.append_new_turn_from_user_prompts([prompt])
    }

    /// Like [`append_new_turn_from_user_prompt`](Self::append_new_turn_from_user_prompt), with one user block for
    /// each prompt that is not empty.
    ///
    /// # Errors
    /// [`SessionError::EmptyTurn`] when all prompts are empty; nothing is appended.
    pub fn append_new_turn_from_user_prompts<I, S>(&self, prompts: I) -> Result<Turn, SessionError>
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        let prompts: Vec<String> = prompts.into_iter().map(Into::into).collect();
        let _next = self.core.succession();
        let latest = self.core.state().latest().cloned().unwrap_or_default();
        let next = latest.continued(prompts).ok_or(SessionError::EmptyTurn)?;
        let appended = Arc::new(next.clone());
        self.core.state().append(appended);
        Ok(next)
    }

    /// The last turn.
    pub fn latest(&self) -> Option<Turn> {
        let latest = self.core.state().latest().cloned();
        latest.map(Arc::unwrap_or_clone)
    }

    /// Changes the last turn, in one atomic step. A panic of `f` leaves the turn as it was.
    ///
    /// While `f` runs, whoever would append to the session, update or claim it waits: `f` itself must not. It may
    /// look at the session, and what it holds (a permit, a handle) may be dropped with it.
    ///
    /// # Errors
    /// [`SessionError::AlreadyActive`] while the session is claimed, [`SessionError::EmptyTurn`] when there is no turn;
    /// `f` is not called.
    pub fn update_latest<R>(&self, f: impl FnOnce(&mut Turn) -> R) -> Result<R, SessionError> {
        let _next = self.core.succession();
        let taken = self.core.state().latest_to_update()?;
        let mut updated = Turn::clone(&taken.turn);
        let returned = f(&mut updated);
        self.core.state().update(&taken, Arc::new(updated));
        Ok(returned)
    }

    /// The turn at this index: zero is the oldest that is left.
    pub fn turn(&self, index: usize) -> Option<Turn> {
        let turn = self.core.state().turns().get(index).cloned();
        turn.map(Arc::unwrap_or_clone)
    }

    /// All turns, oldest first.
    pub fn turns(&self) -> Vec<Turn> {
        let turns: Vec<_> = self.core.state().turns().iter().cloned().collect();
        turns.into_iter().map(Arc::unwrap_or_clone).collect()
    }

    /// The number of turns.
    pub fn turn_count(&self) -> usize {
        self.core.state().turns().len()
    }

    /// Whether the session is claimed: by a run, from the call of a start or a future's first poll until it has
    /// ended, or by a permit, until that is released or dropped.
    ///
    /// A snapshot: to find out whether a run can start, start it, or [`reserve`](Self::reserve).
    pub fn is_running(&self) -> bool {
        self.core.state().is_active()
    }

    /// Runs the latest turn. Claims the session before it returns (so "already running" is deterministic), then
    /// runs on a tokio task.
    ///
    /// The run's context is a child of `ctx`. The checks come in the order of the errors below.
    ///
    /// # Errors
    /// [`AlreadyActive`](SessionError::AlreadyActive), [`BuilderMissing`](SessionError::BuilderMissing),
    /// [`EmptyTurn`](SessionError::EmptyTurn) (no turn, or one without blocks),
    /// [`NoRuntime`](SessionError::NoRuntime), [`Build`](SessionError::Build) or
    /// [`Panicked`](SessionError::Panicked) (the builder did). A start that fails appends nothing and leaves the
    /// session free.
    pub fn start_inference(&self, ctx: &Context) -> Result<ExecutionHandle, SessionError> {
        self.start(ctx, Seed::LATEST, None)
    }

    /// Appends `turn` and runs it, in one atomic step: if it cannot start, nothing was appended.
    ///
    /// # Errors
    /// Those of [`start_inference`](Self::start_inference).
    pub fn start_with_turn(&self, ctx: &Context, turn: Turn) -> Result<ExecutionHandle, SessionError> {
        self.start(ctx, Seed::turn(turn), None)
    }

    /// Appends the latest turn (or an empty one), with a fresh id, continued by one user block, and runs it. The
    /// turn is computed under the claim, so no other run can come between.
    ///
    /// # Errors
    /// Those of [`start_inference`](Self::start_inference); an empty prompt is
    /// [`EmptyTurn`](SessionError::EmptyTurn).
    pub fn start_with_prompt(&self, ctx: &Context, prompt: &str) -> Result<ExecutionHandle, SessionError> {
        self.start(ctx, Seed::prompt(prompt), None)
    }

    /// Appends what `seed` makes of the latest turn and runs it. `seed` is called under the claim and may call
    /// this session; if it panics the session is free again.
    ///
    /// # Errors
    /// Those of [`start_inference`](Self::start_inference).
    pub fn start_with_latest(
        &self,
        ctx: &Context,
        seed: impl FnOnce(Option<&Turn>) -> Turn,
    ) -> Result<ExecutionHandle, SessionError> {
        self.start(ctx, Seed::Appended(|latest: Option<&Turn>| Some(seed(latest))), None)
    }

    /// Like [`start_with_turn`](Self::start_with_turn) with a builder for this one run (a web handler's
    /// per-request tools); the session's own stays untouched.
    ///
    /// # Errors
    /// Those of [`start_inference`](Self::start_inference), but for `BuilderMissing`.
    pub fn start_with(
        &self,
        ctx: &Context,
        turn: Turn,
        builder: &dyn EngineBuilder,
    ) -> Result<ExecutionHandle, SessionError> {
        self.start(ctx, Seed::turn(turn), Some(builder))
    }

    /// Like [`start_inference`](Self::start_inference) with a builder for this one run; the session's own stays
    /// untouched.
    ///
    /// # Errors
    /// Those of [`start_inference`](Self::start_inference), but for `BuilderMissing`.
    pub fn start_inference_with(
        &self,
        ctx: &Context,
        builder: &dyn EngineBuilder,
    ) -> Result<ExecutionHandle, SessionError> {
        self.start(ctx, Seed::LATEST, Some(builder))
    }

    /// Like [`start_with_latest`](Self::start_with_latest) with a builder for this one run; the session's own stays
    /// untouched.
    ///
    /// # Errors
    /// Those of [`start_inference`](Self::start_inference), but for `BuilderMissing`.
    pub fn start_with_latest_with(
        &self,
        ctx: &Context,
        seed: impl FnOnce(Option<&Turn>) -> Turn,
        builder: &dyn EngineBuilder,
    ) -> Result<ExecutionHandle, SessionError> {
        self.start(ctx, Seed::Appended(|latest: Option<&Turn>| Some(seed(latest))), Some(builder))
    }

    /// Asks whoever has claimed the session to end. Returns at once; it is free when the claim is.
    ///
    /// - A started run: as [`ExecutionHandle::cancel`], also while its start is still building.
    /// - A run in place: cancels its context and no more. What its runner answers is the answer, a success too.
    /// - A permit: cancels what [`RunPermit::set_cancel`] was given last, and only that; without it, every run that the
    ///   permit is in and every later one.
    ///
    /// # Errors
    /// [`SessionError::NoActive`] when the session is not claimed.
    pub fn cancel_active(&self) -> Result<(), SessionError> {
        let reached = self.core.state().request_cancel().ok_or(SessionError::NoActive)?;
        reached.iter().for_each(CancelHandle::cancel);
        Ok(())
    }
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("session_id", &self.session_id())
            .field("turns", &self.turn_count())
            .field("running", &self.is_running())
            .finish_non_exhaustive()
    }
}
