//! A run on its task: drives the runner, and ends the run however that goes.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use tracing::{Instrument, Span};

use super::error::{catching, of_a_started_run};
use super::execution::Execution;
use super::{InferenceRunner, SessionError, stamp};
use crate::context::{CancelHandle, Context};
use crate::engine::EngineError;
use crate::timer;
use crate::turns::Turn;

/// The duty to end a run. Dropped before it has (the tokio runtime shuts down), it ends the run as cancelled.
pub(super) struct ActiveRun {
    execution: Arc<Execution>,
    ctx: Context,
    cancel: CancelHandle,
    ended: bool,
}

impl ActiveRun {
    pub(super) fn new(execution: Arc<Execution>, ctx: Context, cancel: CancelHandle) -> Self {
        Self { execution, ctx, cancel, ended: false }
    }

    /// Runs to the end, inside of a span that is a child of the caller's.
    pub(super) fn drive(self, runner: Arc<dyn InferenceRunner>) -> impl Future<Output = ()> + Send {
        let caller = Span::current();
        let span = tracing::info_span!(
            "inference",
            session_id = self.execution.session_id(),
            inference_id = self.execution.inference_id(),
        );
        async move {
            let outcome = self.outcome(runner).await;
            self.end(outcome);
        }
        .instrument(span)
        // A filter may disable the span above; the runner is to stand in the caller's all the same.
        .instrument(caller)
    }

    /// What the runner answers, or that it had no time left (invariants 8 and 9).
    async fn outcome(&self, runner: Arc<dyn InferenceRunner>) -> Result<Turn, SessionError> {
        let ctx = self.ctx.clone();
        let mut input = self.execution.input().clone();
        stamp(&ctx, &mut input);
        // The future owns the runner, so that both are gone before the session is free.
        let mut running = Box::pin(async move { runner.run_inference(&ctx, input).await });
        let outcome = tokio::select! {
            biased;
            outcome = catching_panics(running.as_mut()) => outcome,
            () = self.out_of_time() => Ok(Err(EngineError::Cancelled)),
        };
        // Should this panic, the run is ended by its drop.
        drop(running);
        let mut turn = outcome?.map_err(of_a_started_run)?;
        stamp(&self.ctx, &mut turn);
        Ok(turn)
    }

    /// Ends when the run was cancelled and the grace is over.
    async fn out_of_time(&self) {
        self.ctx.cancelled().await;
        let grace = self.execution.cancel_grace();
        if !grace.is_zero() {
            timer::sleep(grace).await;
        }
    }

    fn end(mut self, outcome: Result<Turn, SessionError>) {
        self.ended = true;
        self.settle(outcome.map(Arc::new));
    }

    /// The one way out of a run: session free, context cancelled, waiters told, in this order (invariants 5, 11).
    fn settle(&self, outcome: Result<Arc<Turn>, SessionError>) {
        let ended = self.execution.finish(outcome, self.ctx.is_cancelled());
        if let Err(error) = &ended {
            tracing::debug!(%error, "inference ended without a result");
        }
        self.cancel.cancel();
        self.execution.announce(ended);
    }
}

impl Drop for ActiveRun {
    fn drop(&mut self) {
        if !self.ended {
            self.settle(Err(SessionError::Cancelled));
        }
    }
}

/// Polls `future`; a panic becomes an error (invariant 9).
async fn catching_panics<F: Future>(mut future: Pin<&mut F>) -> Result<F::Output, SessionError> {
    std::future::poll_fn(|cx| match catching(|| future.as_mut().poll(cx)) {
        Ok(polled) => polled.map(Ok),
        Err(panicked) => Poll::Ready(Err(panicked)),
    })
    .await
}
