//! What the session's tests share.

#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod executors;
pub(crate) mod stages;

use std::future::Future;
use std::sync::{Arc, Mutex, mpsc};

use async_trait::async_trait;
use geppetto_runtime::engine::{EchoEngine, ScriptedEngine, Step};
use geppetto_runtime::prelude::*;
use geppetto_runtime::session::{BuildError, EngineBuilder, InferenceRunner};

pub(crate) fn prompt(text: &str) -> Turn {
    Turn::builder().with_user_prompt(text).build()
}

/// A session whose runs play one script.
pub(crate) fn scripted(steps: impl IntoIterator<Item = Step>) -> Session {
    session_of(Arc::new(ScriptedEngine::new(steps)))
}

pub(crate) fn session_of(engine: Arc<dyn Engine>) -> Session {
    Session::new().with_builder(Builder::new(engine))
}

/// An engine from a closure.
pub(crate) fn engine<F, Fut>(run: F) -> Arc<dyn Engine>
where
    F: Fn(Context, Turn) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Turn, EngineError>> + Send + 'static,
{
    Arc::new(FnEngine(run))
}

struct FnEngine<F>(F);

#[async_trait]
impl<F, Fut> Engine for FnEngine<F>
where
    F: Fn(Context, Turn) -> Fut + Send + Sync,
    Fut: Future<Output = Result<Turn, EngineError>> + Send,
{
    async fn run_inference(&self, ctx: &Context, turn: Turn) -> Result<Turn, EngineError> {
        (self.0)(ctx.clone(), turn).await
    }
}

/// A builder from a closure.
pub(crate) struct FnBuilder<F>(pub(crate) F);

impl<F> EngineBuilder for FnBuilder<F>
where
    F: Fn(&Context) -> Result<Arc<dyn InferenceRunner>, BuildError> + Send + Sync,
{
    fn build(&self, ctx: &Context, _: &str) -> Result<Arc<dyn InferenceRunner>, BuildError> {
        (self.0)(ctx)
    }
}

/// A runner that is nothing but this engine.
pub(crate) fn runner_of(engine: Arc<dyn Engine>) -> Result<Arc<dyn InferenceRunner>, BuildError> {
    Ok(Arc::new(Bare(engine)))
}

struct Bare(Arc<dyn Engine>);

#[async_trait]
impl InferenceRunner for Bare {
    async fn run_inference(&self, ctx: &Context, turn: Turn) -> Result<Turn, EngineError> {
        self.0.run_inference(ctx, turn).await
    }
}

/// Remembers a context.
#[derive(Clone, Default)]
pub(crate) struct Spy(Arc<Mutex<Option<Context>>>);

impl Spy {
    pub(crate) fn keep(&self, ctx: &Context) {
        *self.0.lock().expect("not poisoned") = Some(ctx.clone());
    }

    pub(crate) fn seen(&self) -> Context {
        self.0.lock().expect("not poisoned").clone().expect("a context was seen")
    }
}

/// An engine that lets `spy` see the run's context and then does what `inner` does.
pub(crate) fn watched(spy: &Spy, inner: Arc<dyn Engine>) -> Arc<dyn Engine> {
    let spy = spy.clone();
    engine(move |ctx, turn| {
        spy.keep(&ctx);
        let inner = inner.clone();
        async move { inner.run_inference(&ctx, turn).await }
    })
}

/// Gives the session a builder that says when it builds and waits to be let go; returns the test's ends of the talk.
pub(crate) fn slow_builder(session: &Session) -> (mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (building, is_building) = mpsc::channel();
    let (go, let_go) = mpsc::channel();
    let let_go = Mutex::new(let_go);
    session.set_builder(FnBuilder(move |_: &Context| {
        building.send(()).expect("the test listens");
        let_go.lock().expect("not poisoned").recv().expect("the test lets go");
        runner_of(Arc::new(EchoEngine::new()))
    }));
    (is_building, go)
}
