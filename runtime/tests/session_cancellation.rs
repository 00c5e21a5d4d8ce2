//! How a session's runs are cancelled. `invNN` is the number of the invariant in the documentation of
//! `src/session/state.rs`.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use geppetto_runtime::engine::Step;
use geppetto_runtime::events::CollectingSink;
use geppetto_runtime::prelude::*;
use support::{engine, prompt, scripted, session_of, slow_builder};
use tokio::time::Instant;

fn background() -> Context {
    Context::background()
}

/// An engine that waits for its cancellation and then answers this.
fn answering_late(answer: Result<&'static str, EngineError>) -> Arc<dyn Engine> {
    engine(move |ctx, mut turn| {
        let answer = answer.clone();
        async move {
            ctx.cancelled().await;
            turn.append(Block::assistant_text(answer?));
            Ok(turn)
        }
    })
}

#[tokio::test]
async fn inv07_a_cancelled_run_ends_as_cancelled_whatever_the_runner_answers() {
    for answer in [Ok("late"), Err(EngineError::message("broken pipe"))] {
        let session = session_of(answering_late(answer));
        let handle = session.start_with_turn(&background(), prompt("x")).expect("starts");
        handle.cancel();
        handle.cancel();
        assert_eq!(handle.wait().await, Err(SessionError::Cancelled));
        assert_eq!(session.turns(), [prompt("x")]);
    }
}

#[tokio::test]
async fn inv07_a_cancel_by_the_callers_context_is_as_final() {
    let session = session_of(answering_late(Ok("late")));
    let (parent, cancel) = background().with_cancel();
    let handle = session.start_with_turn(&parent, prompt("x")).expect("starts");
    cancel.cancel();
    assert_eq!(handle.wait().await, Err(SessionError::Cancelled));
    assert_eq!(session.turns(), [prompt("x")]);
}

#[tokio::test]
async fn inv07_a_cancel_after_the_end_changes_nothing() {
    let session = scripted([Step::text("a"), Step::text("b")]);
    let first = session.start_with_prompt(&background(), "x").expect("starts");
    let answered = first.wait().await;
    let second = session.start_with_prompt(&background(), "y").expect("starts");
    first.cancel();
    assert!(second.wait().await.is_ok(), "a handle cancels its own run only");
    assert_eq!(first.wait().await, answered);
    assert_eq!(session.cancel_active(), Err(SessionError::NoActive));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv07_a_cancel_reaches_a_start_that_is_still_building() {
    let session = Session::new();
    let (is_building, go) = slow_builder(&session);
    let starter = session.clone();
    let start = tokio::task::spawn_blocking(move || starter.start_with_turn(&background(), prompt("x")));
    tokio::task::block_in_place(|| is_building.recv()).expect("building");
    session.cancel_active().expect("claimed is active");
    go.send(()).expect("the builder waits");
    let handle = start.await.expect("no panic").expect("starts");
    assert_eq!(handle.wait().await, Err(SessionError::Cancelled));
    assert_eq!(session.turns(), [prompt("x")]);
}

#[tokio::test]
async fn inv07_the_callers_cancel_and_the_engines_own_end_the_run_as_cancelled() {
    let session = scripted([Step::until_cancelled(), Step::fail(EngineError::Cancelled)]);
    let (parent, cancel) = background().with_cancel();
    let handle = session.start_with_prompt(&parent, "x").expect("starts");
    cancel.cancel();
    assert_eq!(handle.wait().await, Err(SessionError::Cancelled));
    let handle = session.start_with_prompt(&background(), "x").expect("starts");
    assert_eq!(handle.wait().await, Err(SessionError::Cancelled));
}

#[tokio::test(start_paused = true)]
async fn inv07_a_deadline_cancels_the_run() {
    let session = scripted([Step::until_cancelled()]);
    let start = Instant::now();
    let ctx = background().with_timeout(Duration::from_secs(3));
    let handle = session.start_with_prompt(&ctx, "x").expect("starts");
    assert_eq!(handle.wait().await, Err(SessionError::Cancelled));
    assert_eq!(start.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn inv08_a_cancelled_runner_finishes_its_own_way_within_the_grace() {
    let sink = Arc::new(CollectingSink::new());
    let cleaned = Arc::new(AtomicBool::new(false));
    let flag = cleaned.clone();
    let session = session_of(engine(move |ctx, _| {
        let flag = flag.clone();
        async move {
            ctx.cancelled().await;
            tokio::time::sleep(Duration::from_secs(4)).await;
            publish(&ctx, &Event::interrupt(EventMetadata::default(), "cut"));
            flag.store(true, Ordering::SeqCst);
            Err(EngineError::Cancelled)
        }
    }));
    let ctx = with_event_sink(&background(), sink.clone());
    let handle = session.start_with_prompt(&ctx, "x").expect("starts");
    handle.cancel();
    assert!(session.is_running(), "the session is free when the run has ended, not at once");
    assert_eq!(handle.wait().await, Err(SessionError::Cancelled));
    assert!(cleaned.load(Ordering::SeqCst));
    assert_eq!(sink.events().len(), 1);
}

/// How long a run that ignores its context lives on after a cancel.
async fn time_to_drop(session: Session) -> Duration {
    let handle = session.start_with_prompt(&background(), "x").expect("starts");
    tokio::task::yield_now().await;
    let start = Instant::now();
    handle.cancel();
    assert_eq!(handle.wait().await, Err(SessionError::Cancelled));
    assert!(!session.is_running());
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn inv08_a_runner_that_ignores_the_cancel_is_dropped_after_the_grace() {
    let default = scripted([Step::forever()]);
    assert_eq!(time_to_drop(default).await, Duration::from_secs(5));
    let short = scripted([Step::forever()]).with_cancel_grace(Duration::from_secs(1));
    assert_eq!(time_to_drop(short).await, Duration::from_secs(1));
    let at_once = scripted([Step::forever()]).with_cancel_grace(Duration::ZERO);
    assert_eq!(time_to_drop(at_once).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn inv08_the_future_is_gone_when_the_run_has_ended() {
    struct Flag(Arc<AtomicBool>);
    impl Drop for Flag {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let dropped = Arc::new(AtomicBool::new(false));
    let flag = dropped.clone();
    let session = session_of(engine(move |_, _| {
        let held = Flag(flag.clone());
        async move {
            let _held = held;
            std::future::pending().await
        }
    }));
    time_to_drop(session).await;
    assert!(dropped.load(Ordering::SeqCst));
}
