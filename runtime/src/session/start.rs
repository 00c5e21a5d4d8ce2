//! From a session at rest to a run on its task.

use std::sync::Arc;

use tokio::runtime::Handle;
use tracing::Span;

use super::error::catching;
use super::execution::{Execution, ExecutionHandle};
use super::run::ActiveRun;
use super::state::{Placement, RunId};
use super::{Core, EngineBuilder, InferenceRunner, Session, SessionError, with_session_meta};
use crate::context::{CancelHandle, Context};
use crate::ids::fresh_id;
use crate::turns::Turn;

/// How a start finds its turn.
pub(super) enum Seed<F> {
    /// The latest turn, where it stands.
    Latest,
    /// A new turn, given the latest one; appended once the start cannot fail any more.
    Appended(F),
}

impl Seed<fn(Option<&Turn>) -> Option<Turn>> {
    /// [`Latest`](Self::Latest), which has no function.
    pub(super) const LATEST: Self = Self::Latest;
}

impl<F: FnOnce(Option<&Turn>) -> Option<Turn>> Seed<F> {
    /// The turn to run, if it has blocks.
    fn sow(self, latest: Option<Arc<Turn>>) -> Result<(Arc<Turn>, Placement), SessionError> {
        let filled = |turn: Option<Arc<Turn>>| turn.filter(|turn| !turn.blocks.is_empty());
        match self {
            Self::Latest => filled(latest).map(|turn| (turn, Placement::Latest)),
            Self::Appended(seed) => {
                filled(seed(latest.as_deref()).map(Arc::new)).map(|turn| (Arc::clone(&turn), Placement::Appended(turn)))
            }
        }
        .ok_or(SessionError::EmptyTurn)
    }
}

impl Seed<()> {
    /// This turn.
    pub(super) fn turn(turn: Turn) -> Seed<impl FnOnce(Option<&Turn>) -> Option<Turn>> {
        Seed::Appended(|_: Option<&Turn>| Some(turn))
    }

    /// The latest turn, continued by a prompt.
    pub(super) fn prompt(prompt: &str) -> Seed<impl FnOnce(Option<&Turn>) -> Option<Turn>> {
        Seed::Appended(move |latest: Option<&Turn>| latest.cloned().unwrap_or_default().continued([prompt]))
    }
}

impl Session {
    /// Every start. The order of the checks is part of the documentation of
    /// [`start_inference`](Self::start_inference).
    pub(super) fn start<F>(
        &self,
        ctx: &Context,
        seed: Seed<F>,
        builder: Option<&dyn EngineBuilder>,
    ) -> Result<ExecutionHandle, SessionError>
    where
        F: FnOnce(Option<&Turn>) -> Option<Turn>,
    {
        let (claim, latest) = Claim::take(&self.core, ctx)?;
        self.start_claimed(claim, latest, seed, builder)
    }

    /// A start whose claim was a permit's.
    pub(super) fn start_under(
        &self,
        permit: RunId,
        ctx: &Context,
        turn: Turn,
    ) -> Result<ExecutionHandle, SessionError> {
        let (claim, latest) = Claim::take_over(&self.core, permit, ctx)?;
        self.start_claimed(claim, latest, Seed::turn(turn), None)
    }

    fn start_claimed<F>(
        &self,
        claim: Claim,
        latest: Option<Arc<Turn>>,
        seed: Seed<F>,
        builder: Option<&dyn EngineBuilder>,
    ) -> Result<ExecutionHandle, SessionError>
    where
        F: FnOnce(Option<&Turn>) -> Option<Turn>,
    {
        let own = self.current_builder();
        let own = own.as_deref().map(|own| own as &dyn EngineBuilder);
        let builder = builder.or(own).ok_or(SessionError::BuilderMissing)?;
        let (input, placement) = seed.sow(latest)?;
        let runtime = Handle::try_current().map_err(|_| SessionError::NoRuntime)?;
        let runner = catching(|| builder.build(&claim.ctx, &self.core.id))??;
        Ok(claim.begin(input, placement, runner, &runtime))
    }
}

/// The right to start a run. Dropping it gives the session back (invariant 2).
struct Claim {
    core: Arc<Core>,
    run: RunId,
    inference_id: String,
    ctx: Context,
    cancel: CancelHandle,
    kept: bool,
}

impl Claim {
    /// Claims the session and derives the context of the run from the caller's (invariants 1 and 6).
    fn take(core: &Arc<Core>, ctx: &Context) -> Result<(Self, Option<Arc<Turn>>), SessionError> {
        let (ctx, cancel) = ctx.with_cancel();
        let (run, latest) = core.claim(cancel.clone())?;
        Ok((Self::of(core, run, &ctx, cancel), latest.map(|latest| latest.turn)))
    }

    /// Makes the claim of a permit that of a start (invariant 18).
    fn take_over(core: &Arc<Core>, permit: RunId, ctx: &Context) -> Result<(Self, Option<Arc<Turn>>), SessionError> {
        let (ctx, cancel) = ctx.with_cancel();
        let taken = core.state().take_over(permit, cancel.clone()).ok_or(SessionError::NoActive)?;
        if taken.is_cancelled {
            cancel.cancel();
        }
        Ok((Self::of(core, taken.run, &ctx, cancel), taken.latest.map(|latest| latest.turn)))
    }

    fn of(core: &Arc<Core>, run: RunId, ctx: &Context, cancel: CancelHandle) -> Self {
        let inference_id = fresh_id();
        let ctx = with_session_meta(ctx, &core.id, &inference_id).with_value(Span::current());
        Self { core: Arc::clone(core), run, inference_id, ctx, cancel, kept: false }
    }

    fn begin(
        mut self,
        input: Arc<Turn>,
        placement: Placement,
        runner: Arc<dyn InferenceRunner>,
        runtime: &Handle,
    ) -> ExecutionHandle {
        self.kept = true;
        self.core.state().begin(self.run, placement);
        let execution =
            Arc::new(Execution::new(Arc::clone(&self.core), self.run, std::mem::take(&mut self.inference_id), input));
        let run = ActiveRun::new(Arc::clone(&execution), self.ctx.clone(), self.cancel.clone());
        runtime.spawn(run.drive(runner));
        ExecutionHandle::new(execution)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.kept {
            self.core.state().release(self.run);
            self.cancel.cancel();
        }
    }
}
