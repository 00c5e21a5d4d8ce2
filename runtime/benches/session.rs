//! What a session costs on top of a bare task, and ten thousand of them at once.
//!
//! `cargo bench -p geppetto-runtime`

use std::sync::Arc;

use async_trait::async_trait;
use divan::{Bencher, black_box};
use geppetto_runtime::prelude::*;
use geppetto_runtime::session::{BuildError, EngineBuilder, InferenceRunner};
use tokio::runtime::Runtime;

const CROWD: usize = 10_000;

fn main() {
    divan::main();
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().build().expect("a runtime")
}

fn turn() -> Turn {
    Turn::builder().with_user_prompt("hello").build()
}

/// Answers at once, so that the lifecycle is all there is to measure.
struct Instant;

#[async_trait]
impl InferenceRunner for Instant {
    async fn run_inference(&self, _: &Context, mut turn: Turn) -> Result<Turn, EngineError> {
        turn.append(Block::assistant_text("hi"));
        Ok(turn)
    }
}

struct InstantBuilder(Arc<Instant>);

impl EngineBuilder for InstantBuilder {
    fn build(&self, _: &Context, _: &str) -> Result<Arc<dyn InferenceRunner>, BuildError> {
        Ok(self.0.clone())
    }
}

fn session() -> Session {
    Session::new().with_builder(InstantBuilder(Arc::new(Instant)))
}

async fn run_bare(ctx: Context, turn: Turn) -> Result<Turn, EngineError> {
    tokio::spawn(async move { Instant.run_inference(&ctx, turn).await }).await.expect("no panic")
}

#[divan::bench]
fn one_bare_task(bencher: Bencher) {
    let runtime = runtime();
    bencher.with_inputs(turn).bench_values(|turn| runtime.block_on(run_bare(Context::background(), turn)));
}

#[divan::bench]
fn one_start_and_wait(bencher: Bencher) {
    let (runtime, ctx) = (runtime(), Context::background());
    bencher.with_inputs(|| (session(), turn())).bench_refs(|(session, turn)| {
        runtime.block_on(async {
            let handle = session.start_with_turn(&ctx, turn.clone()).expect("free");
            black_box(handle.wait().await)
        })
    });
}

#[divan::bench(sample_count = 10)]
fn crowd_of_bare_tasks(bencher: Bencher) {
    let runtime = runtime();
    bencher.bench(|| {
        runtime.block_on(async {
            let run = |_| {
                let ctx = Context::background();
                tokio::spawn(async move { Instant.run_inference(&ctx, turn()).await })
            };
            let tasks: Vec<_> = (0..CROWD).map(run).collect();
            for task in tasks {
                black_box(task.await.expect("no panic")).expect("an answer");
            }
        });
    });
}

#[divan::bench(sample_count = 10)]
fn crowd_of_sessions(bencher: Bencher) {
    let (runtime, ctx) = (runtime(), Context::background());
    bencher.with_inputs(|| (0..CROWD).map(|_| session()).collect::<Vec<_>>()).bench_refs(|sessions| {
        runtime.block_on(async {
            let start = |session: &Session| session.start_with_turn(&ctx, turn()).expect("free");
            let handles: Vec<_> = sessions.iter().map(start).collect();
            for handle in handles {
                black_box(handle.wait().await).expect("an answer");
            }
        });
    });
}
