//! Runs that tell what is dropped when, and how the session and the context stand then.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use geppetto_runtime::prelude::*;
use geppetto_runtime::session::{BuildError, EngineBuilder, InferenceRunner, WeakSession};

use super::executors::{Watch, on_cancel, yields};

/// What happened, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn say(&self, what: impl Into<String>) {
        self.0.lock().expect("not poisoned").push(what.into());
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("not poisoned"))
    }
}

/// How a staged run ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Answer,
    Error,
    Panic,
    /// By its future's drop.
    Never,
}

/// Builds runners that yield once and then end so.
#[derive(Clone)]
pub(crate) struct Staged {
    pub(crate) session: WeakSession,
    pub(crate) log: Log,
    pub(crate) end: End,
    watches: Arc<Mutex<Vec<Watch>>>,
}

impl Staged {
    pub(crate) fn new(session: &Session, end: End) -> Self {
        Self { session: session.downgrade(), log: Log::default(), end, watches: Arc::default() }
    }

    fn view(&self, ctx: &Context) -> View {
        View { session: self.session.clone(), ctx: ctx.clone(), log: self.log.clone() }
    }
}

impl EngineBuilder for Staged {
    fn build(&self, ctx: &Context, _: &str) -> Result<Arc<dyn InferenceRunner>, BuildError> {
        let view = self.view(ctx);
        let watch = on_cancel(ctx, move || view.tell("cancel"));
        self.watches.lock().expect("not poisoned").push(watch);
        Ok(Arc::new(StagedRunner { staged: self.clone(), _dropped: Part("runner", self.view(ctx)) }))
    }
}

struct StagedRunner {
    staged: Staged,
    _dropped: Part,
}

#[async_trait]
impl InferenceRunner for StagedRunner {
    async fn run_inference(&self, ctx: &Context, turn: Turn) -> Result<Turn, EngineError> {
        let _dropped = Part("future", self.staged.view(ctx));
        yields(1).await;
        match self.staged.end {
            End::Answer => Ok(turn),
            End::Error => Err(EngineError::message("no luck")),
            End::Panic => std::panic::resume_unwind(Box::new("broken")),
            End::Never => std::future::pending().await,
        }
    }
}

/// How session and context stand.
struct View {
    session: WeakSession,
    ctx: Context,
    log: Log,
}

impl View {
    fn tell(&self, what: &str) {
        let session = self.session.upgrade().expect("the test has the session");
        let claim = if session.is_running() { "claimed" } else { "free" };
        let state = if self.ctx.is_cancelled() { "cancelled" } else { "alive" };
        self.log.say(format!("{what}: {claim}, {state}"));
    }
}

/// Tells of its drop.
struct Part(&'static str, View);

impl Drop for Part {
    fn drop(&mut self) {
        self.1.tell(self.0);
    }
}
