//! Runs in their caller's task.

use std::sync::Arc;

use super::runner::InferenceRunner;
use super::state::{Latest, RunId};
use super::{Core, EngineBuilder, RunPermit, Session, SessionError, with_session_meta};
use crate::context::{CancelHandle, Context};
use crate::ids::fresh_id;
use crate::turns::Turn;

/// What a run in place runs.
pub(super) enum Input<'a> {
    Turn(Turn),
    /// The latest turn once more, or an empty one.
    Latest,
    /// The latest turn, continued.
    Prompt(&'a str),
}

impl Input<'_> {
    pub(super) fn seed(seed: Option<Turn>) -> Self {
        seed.map_or(Self::Latest, Self::Turn)
    }

    /// The turn to run, and the position of the one that is run again.
    fn resolved(self, latest: Option<Latest>) -> Result<(Turn, Option<usize>), SessionError> {
        let (latest, position) = latest.map(|latest| (latest.turn, latest.position)).unzip();
        match self {
            Self::Turn(turn) => Ok((turn, None)),
            Self::Latest => Ok((latest.map(Arc::unwrap_or_clone).unwrap_or_default(), position)),
            Self::Prompt(prompt) => {
                let next = latest.unwrap_or_default().continued([prompt]);
                next.map(|turn| (turn, None)).ok_or(SessionError::EmptyTurn)
            }
        }
    }
}

/// Everything a run in place needs before it begins.
struct Prepared {
    runner: Arc<dyn InferenceRunner>,
    turn: Turn,
    ran: Option<usize>,
}

/// The claim of one run in place. Dropping it frees the session and then cancels the run's context (invariant 15).
struct Claimed<'a> {
    core: &'a Core,
    run: RunId,
    cancel: CancelHandle,
}

impl Drop for Claimed<'_> {
    fn drop(&mut self) {
        self.core.state().release(self.run);
        self.cancel.cancel();
    }
}

/// Each of these runs one turn in its caller's task, as a part of its caller's future.
///
/// **The claim** is taken at the future's first poll and given back when it ends or is dropped.
/// **It awaits** what the runner awaits and nothing else: it needs no tokio, spawns nothing, opens no span.
/// **The context** that the runner gets is a child of `ctx` and carries nothing besides (see
/// [`context`](Self::context)); it is cancelled by [`cancel_active`](Self::cancel_active), and once the session is free
/// again. **The answer** is what the runner answers, also after a cancel. A success becomes the latest turn of the
/// history, before a persister is called with it; nothing else leaves a trace.
///
/// **Cancel safety.** Dropping the future stops the run at once: the runner's future is dropped, the history stays as
/// it was (or shows the result, where only the persister was cut short), and the session is free. **A panic** of the
/// builder or the runner does the same and passes through.
///
/// **Errors.** [`AlreadyActive`](SessionError::AlreadyActive) when the session is claimed,
/// [`BuilderMissing`](SessionError::BuilderMissing) without a builder, [`Build`](SessionError::Build) when that
/// fails, and [`Engine`](SessionError::Engine) with what the runner answered,
/// [`EngineError::Cancelled`](crate::engine::EngineError) too. A turn without blocks is run like any other.
impl Session {
    /// Runs `turn` and returns it with the answer, which is the latest turn then.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use std::sync::Arc;
    /// use geppetto_runtime::prelude::*;
    /// use geppetto_runtime::engine::EchoEngine;
    ///
    /// let session = Session::new().with_builder(Builder::new(Arc::new(EchoEngine::new())));
    /// let turn = Turn::builder().with_user_prompt("hello").build();
    /// let answered = session.run(&Context::background(), turn).await?;
    ///
    /// assert_eq!(answered.last_assistant_text(), Some("echo: hello"));
    /// assert_eq!(session.turns(), [answered]);
    /// # Ok::<_, SessionError>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`SessionError::AlreadyActive`], [`BuilderMissing`](SessionError::BuilderMissing),
    /// [`Build`](SessionError::Build) or [`Engine`](SessionError::Engine), see above.
    pub async fn run(&self, ctx: &Context, turn: Turn) -> Result<Turn, SessionError> {
        self.run_claimed(ctx, Input::Turn(turn), None).await
    }

    /// Runs the latest turn once more (without one, an empty turn). The result takes its place, unless another turn
    /// has come after it meanwhile; then it comes last.
    ///
    /// # Errors
    /// Those of [`run`](Self::run).
    pub async fn run_latest(&self, ctx: &Context) -> Result<Turn, SessionError> {
        self.run_claimed(ctx, Input::Latest, None).await
    }

    /// As [`run`](Self::run), or for `None` as [`run_latest`](Self::run_latest).
    ///
    /// # Errors
    /// Those of [`run`](Self::run).
    pub async fn run_seed(&self, ctx: &Context, seed: Option<Turn>) -> Result<Turn, SessionError> {
        self.run_claimed(ctx, Input::seed(seed), None).await
    }

    /// Runs the latest turn (or an empty one), with a fresh id, continued by one user block. The turn is computed under
    /// the claim, and joins the history with its answer.
    ///
    /// # Errors
    /// Those of [`run`](Self::run), and [`SessionError::EmptyTurn`] when the prompt is empty.
    pub async fn run_prompt(&self, ctx: &Context, prompt: &str) -> Result<Turn, SessionError> {
        self.run_claimed(ctx, Input::Prompt(prompt), None).await
    }

    /// As [`run`](Self::run), with a builder for this one run; the session's own stays untouched.
    ///
    /// # Errors
    /// Those of [`run`](Self::run), but for `BuilderMissing`.
    pub async fn run_with(&self, ctx: &Context, turn: Turn, builder: &dyn EngineBuilder) -> Result<Turn, SessionError> {
        self.run_claimed(ctx, Input::Turn(turn), Some(builder)).await
    }

    /// As [`RunPermit::run_seed`], with this handle's builder: for a session whose claim was taken through another
    /// handle.
    ///
    /// # Errors
    /// Those of [`RunPermit::run`]; a permit of another session is [`SessionError::NoActive`].
    pub async fn run_under(&self, permit: &RunPermit, ctx: &Context, seed: Option<Turn>) -> Result<Turn, SessionError> {
        if !self.same_session(permit.session()) {
            return Err(SessionError::NoActive);
        }
        permit.run_entered(self, ctx, Input::seed(seed), None).await
    }

    /// `parent` with this session's and a fresh inference's id, as a start gives them to its run: for the context of
    /// a run in place, which adds none itself.
    ///
    /// ```
    /// use geppetto_runtime::prelude::*;
    /// use geppetto_runtime::session::{inference_id, session_id};
    ///
    /// let ctx = Session::with_id("s1").context(&Context::background());
    /// assert_eq!(session_id(&ctx).as_deref(), Some("s1"));
    /// assert!(inference_id(&ctx).is_some());
    /// ```
    #[must_use = "the context is returned"]
    pub fn context(&self, parent: &Context) -> Context {
        with_session_meta(parent, self.session_id(), fresh_id())
    }
}

impl Session {
    async fn run_claimed(
        &self,
        ctx: &Context,
        input: Input<'_>,
        builder: Option<&dyn EngineBuilder>,
    ) -> Result<Turn, SessionError> {
        let (ctx, cancel) = ctx.with_cancel();
        let (run, latest) = self.core.claim(cancel.clone())?;
        let _claimed = Claimed { core: &self.core, run, cancel };
        self.drive(&ctx, input, latest, builder).await
    }

    /// The run itself, under whatever claim.
    pub(super) async fn drive(
        &self,
        ctx: &Context,
        input: Input<'_>,
        latest: Option<Latest>,
        builder: Option<&dyn EngineBuilder>,
    ) -> Result<Turn, SessionError> {
        let Prepared { runner, turn, ran } = self.prepared(ctx, input, latest, builder)?;
        let keep = |turn: &Turn| {
            let result = Arc::new(turn.clone());
            self.core.state().keep_result(result, ran);
        };
        // The runner outlives its future, and is gone before the session is free (invariant 15).
        let answered = runner.run_in_place(ctx, turn, &keep).await;
        drop(runner);
        answered.map_err(SessionError::Engine)
    }

    /// The order of the checks is that of a start.
    fn prepared(
        &self,
        ctx: &Context,
        input: Input<'_>,
        latest: Option<Latest>,
        builder: Option<&dyn EngineBuilder>,
    ) -> Result<Prepared, SessionError> {
        let own = self.current_builder();
        let own = own.as_deref().map(|own| own as &dyn EngineBuilder);
        let builder = builder.or(own).ok_or(SessionError::BuilderMissing)?;
        let (turn, ran) = input.resolved(latest)?;
        let runner = builder.build(ctx, self.session_id())?;
        Ok(Prepared { runner, turn, ran })
    }
}
