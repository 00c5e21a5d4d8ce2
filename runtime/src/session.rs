//! Long-lived, multi-turn interactions: one [`Session`], one active run, an [`ExecutionHandle`] on it.
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
//! The rules that hold under any interleaving are numbered in the documentation of the module's logic,
//! `session/state.rs`; the tests cite the numbers.

mod error;
mod execution;
mod meta;
mod run;
mod start;
mod state;
mod weak;

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

pub use error::{BuildError, SessionError};
pub use execution::ExecutionHandle;
pub(crate) use meta::stamp;
pub use meta::{
    inference_id, provider_call_index, run_tags, session_id, with_provider_call_index, with_run_tags, with_session_meta,
};

use crate::context::Context;
use crate::engine::EngineError;
use crate::ids::fresh_id;
use crate::turns::Turn;
use start::Seed;
use state::SessionState;
pub use weak::WeakSession;

/// How long a cancelled runner may take to return, unless the session says otherwise.
const DEFAULT_CANCEL_GRACE: Duration = Duration::from_secs(5);

/// Makes the runner of one run. Called by each start, on the caller's thread, while the session is claimed.
///
/// [`Builder`](crate::builder::Builder) is the standard one. A builder of one's own:
///
/// ```
/// use std::sync::Arc;
/// use async_trait::async_trait;
/// use geppetto_runtime::prelude::*;
/// use geppetto_runtime::session::{BuildError, EngineBuilder, InferenceRunner};
///
/// struct Parrot;
///
/// #[async_trait]
/// impl InferenceRunner for Parrot {
///     async fn run_inference(&self, _ctx: &Context, turn: Turn) -> Result<Turn, EngineError> {
///         Ok(turn)
///     }
/// }
///
/// struct Parrots;
///
/// impl EngineBuilder for Parrots {
///     fn build(&self, _: &Context, _session_id: &str) -> Result<Arc<dyn InferenceRunner>, BuildError> {
///         Ok(Arc::new(Parrot))
///     }
/// }
///
/// let session = Session::new().with_builder(Parrots);
/// ```
pub trait EngineBuilder: Send + Sync {
    /// The runner for one run. `ctx` is the run's context: it carries the ids and is cancelled with the run.
    ///
    /// # Errors
    /// [`BuildError`]: the start fails with it and leaves the session as it was.
    fn build(&self, ctx: &Context, session_id: &str) -> Result<Arc<dyn InferenceRunner>, BuildError>;
}

impl<B: EngineBuilder + ?Sized> EngineBuilder for Arc<B> {
    fn build(&self, ctx: &Context, session_id: &str) -> Result<Arc<dyn InferenceRunner>, BuildError> {
        (**self).build(ctx, session_id)
    }
}

/// A builder as a session keeps it.
trait Kept: EngineBuilder {
    fn as_any(&self) -> &dyn Any;
}

impl<B: EngineBuilder + 'static> Kept for B {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Runs one turn to its end: the whole of a run, where an [`Engine`](crate::engine::Engine) is one step of it.
///
/// ```
/// use async_trait::async_trait;
/// use geppetto_runtime::prelude::*;
/// use geppetto_runtime::session::InferenceRunner;
///
/// struct Silence;
///
/// #[async_trait]
/// impl InferenceRunner for Silence {
///     async fn run_inference(&self, _ctx: &Context, turn: Turn) -> Result<Turn, EngineError> {
///         Ok(turn)
///     }
/// }
/// ```
#[async_trait]
pub trait InferenceRunner: Send + Sync {
    /// Returns `turn` with the answer appended.
    ///
    /// The context is cancelled when the run is; the future is dropped once the session's cancel grace is over.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`] when the context was cancelled, another [`EngineError`] when there is no answer.
    async fn run_inference(&self, ctx: &Context, turn: Turn) -> Result<Turn, EngineError>;
}

/// A long-lived, multi-turn interaction. Clone is a second handle on the same session.
///
/// At most one run is active. Starting claims the session before it returns, so a second start fails with
/// [`SessionError::AlreadyActive`], never sometimes. Every method may be called from any thread; only the starts
/// need a tokio runtime.
///
/// Dropping a session, or every handle on it, cancels nothing: an active run goes on to its end.
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
}

/// What all handles on a session share.
struct Core {
    id: String,
    state: Mutex<SessionState>,
    settings: Mutex<Settings>,
}

struct Settings {
    builder: Option<Arc<dyn Kept>>,
    cancel_grace: Duration,
}

impl Core {
    /// The logic. Never held while foreign code runs, but for [`Session::update_latest`].
    fn state(&self) -> MutexGuard<'_, SessionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
        let state = Mutex::default();
        Self { core: Arc::new(Core { id, state, settings: Mutex::new(settings) }) }
    }

    /// Sets the builder that later starts use, see [`set_builder`](Self::set_builder).
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

    /// From now on the turn of a run joins the history with its result, as the latest one: a run that fails or is
    /// cancelled leaves the history as it was, and while a run is under way nobody sees its turn.
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

    /// Sets the builder that later starts use. An active run keeps the runner it has.
    pub fn set_builder(&self, builder: impl EngineBuilder + 'static) {
        let replaced = self.core.settings().builder.replace(Arc::new(builder));
        drop(replaced);
    }

    /// The session's builder, if it is of this type.
    pub(crate) fn builder<B: EngineBuilder + Clone + 'static>(&self) -> Option<B> {
        let builder = self.core.settings().builder.clone()?;
        (*builder).as_any().downcast_ref::<B>().cloned()
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
        self.core.state().append(Arc::new(turn));
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
        let mut state = self.core.state();
        let next = state.latest().cloned().unwrap_or_default().continued(prompts);
        let next = next.ok_or(SessionError::EmptyTurn)?;
        state.append(Arc::new(next.clone()));
        Ok(next)
    }

    /// The last turn.
    pub fn latest(&self) -> Option<Turn> {
        let latest = self.core.state().latest().cloned();
        latest.map(Arc::unwrap_or_clone)
    }

    /// Changes the last turn, in one atomic step. A panic of `f` leaves the turn as it was.
    ///
    /// `f` runs under the session's lock: it must not call this session.
    ///
    /// # Errors
    /// [`SessionError::AlreadyActive`] while a run is active, [`SessionError::EmptyTurn`] when there is no turn.
    pub fn update_latest<R>(&self, f: impl FnOnce(&mut Turn) -> R) -> Result<R, SessionError> {
        self.core.state().update_latest(f)
    }

    /// The turn at this position, counted from zero.
    pub fn turn(&self, index: usize) -> Option<Turn> {
        let turn = self.core.state().turns().get(index).cloned();
        turn.map(Arc::unwrap_or_clone)
    }

    /// All turns, oldest first.
    pub fn turns(&self) -> Vec<Turn> {
        let turns = self.core.state().turns().to_vec();
        turns.into_iter().map(Arc::unwrap_or_clone).collect()
    }

    /// The number of turns.
    pub fn turn_count(&self) -> usize {
        self.core.state().turns().len()
    }

    /// Whether a run is active, from the claim by a start until the run has ended.
    ///
    /// A snapshot: to find out whether a run can start, start it.
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

    /// Asks the active run to end, as [`ExecutionHandle::cancel`]. Reaches a start that is still building, too.
    ///
    /// # Errors
    /// [`SessionError::NoActive`] when there is none.
    pub fn cancel_active(&self) -> Result<(), SessionError> {
        let cancel = self.core.state().request_cancel().ok_or(SessionError::NoActive)?;
        cancel.cancel();
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
