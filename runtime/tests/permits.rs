//! A claim around any number of runs, on five executors. `invNN` is the number of the invariant in the documentation
//! of `src/session/state.rs`.

mod support;

use std::sync::Arc;

use geppetto_runtime::prelude::*;
use support::executors::{catching, on_every_executor, poll_once, yields};
use support::{engine, prompt, session_of};

fn background() -> Context {
    Context::background()
}

/// An engine that says after one yield whether it was cancelled.
fn telling() -> Arc<dyn Engine> {
    engine(|ctx, mut turn| async move {
        yields(1).await;
        turn.append(Block::assistant_text(if ctx.is_cancelled() { "cancelled" } else { "alive" }));
        Ok(turn)
    })
}

fn said(ended: Result<Turn, SessionError>) -> Option<String> {
    ended.expect("an answer").last_assistant_text().map(str::to_owned)
}

#[test]
fn inv16_a_permit_frees_on_release_on_drop_and_only_once() {
    on_every_executor(|| async {
        let session = session_of(telling());
        drop(session.reserve().expect("free"));
        let released = session.reserve().expect("a dropped permit frees");
        released.release();
        let next = session.reserve().expect("a released permit frees");
        released.release();
        drop(released);
        assert!(session.is_running(), "whoever has claimed since keeps the claim");
        assert_eq!(session.run(&background(), prompt("x")).await, Err(SessionError::AlreadyActive));
        drop(next);
        assert!(!session.is_running());
    });
}

#[test]
fn inv16_a_released_permit_runs_nothing_and_one_of_another_session_neither() {
    on_every_executor(|| async {
        let (session, other) = (session_of(telling()), session_of(telling()));
        let permit = session.reserve().expect("free");
        assert_eq!(other.run_under(&permit, &background(), None).await, Err(SessionError::NoActive));
        permit.release();
        assert_eq!(permit.run(&background(), prompt("x")).await, Err(SessionError::NoActive));
        assert_eq!(session.turn_count(), 0);
    });
}

#[test]
fn inv16_a_run_in_flight_outlasts_a_release_and_its_success_counts() {
    on_every_executor(|| async {
        let session = session_of(telling());
        let permit = session.reserve().expect("free");
        let ctx = background();
        let mut run = Box::pin(permit.run(&ctx, prompt("x")));
        assert!(poll_once(&mut run).await.is_pending());
        permit.release();
        assert_eq!((session.is_running(), session.cancel_active()), (false, Err(SessionError::NoActive)));
        assert_eq!(said(run.await).as_deref(), Some("alive"));
        assert_eq!(session.turn_count(), 1);
    });
}

#[test]
fn a_failed_a_dropped_and_a_panicked_run_leave_the_claim() {
    on_every_executor(|| async {
        let session = session_of(engine(|_, turn| async move {
            yields(1).await;
            match turn.last_user_text() {
                Some("panic") => std::panic::resume_unwind(Box::new("broken")),
                Some("fail") => Err(EngineError::message("no luck")),
                _ => Ok(turn),
            }
        }));
        let permit = session.reserve().expect("free");
        let ctx = background();
        assert_eq!(catching(permit.run(&ctx, prompt("panic"))).await, Err("broken".to_owned()));
        let failed = permit.run(&ctx, prompt("fail")).await;
        assert_eq!(failed, Err(SessionError::Engine(EngineError::message("no luck"))));
        let mut dropped = Box::pin(permit.run(&ctx, prompt("drop")));
        assert!(poll_once(&mut dropped).await.is_pending());
        drop(dropped);
        assert!(session.is_running());
        assert_eq!(permit.run(&ctx, prompt("x")).await, Ok(prompt("x")));
        assert_eq!(session.turns(), [prompt("x")]);
    });
}

#[test]
fn inv17_a_cancel_reaches_every_run_of_a_permit_that_named_nothing() {
    on_every_executor(|| async {
        let session = session_of(telling());
        let permit = session.reserve().expect("free");
        let ctx = background();
        let mut running = Box::pin(permit.run(&ctx, prompt("now")));
        assert!(poll_once(&mut running).await.is_pending());
        session.cancel_active().expect("claimed");
        assert_eq!(said(running.await).as_deref(), Some("cancelled"));
        assert_eq!(said(permit.run(&ctx, prompt("later")).await).as_deref(), Some("cancelled"));
        drop(permit);
        assert_eq!(said(session.run(&ctx, prompt("the next claim's")).await).as_deref(), Some("alive"));
        assert!(!ctx.is_cancelled());
    });
}

#[test]
fn inv17_a_cancel_reaches_what_was_named_and_only_that() {
    on_every_executor(|| async {
        let session = session_of(telling());
        let permit = session.reserve().expect("free");
        let [(first, first_cancel), (second, second_cancel)] = [background().with_cancel(), background().with_cancel()];
        permit.set_cancel(first_cancel);
        permit.set_cancel(second_cancel);
        session.cancel_active().expect("claimed");
        assert_eq!((first.is_cancelled(), second.is_cancelled()), (false, true));
        assert_eq!(said(permit.run(&first, prompt("x")).await).as_deref(), Some("alive"));
    });
}

#[test]
fn inv17_a_cancel_that_came_first_reaches_what_is_named_later() {
    on_every_executor(|| async {
        let session = session_of(telling());
        let permit = session.reserve().expect("free");
        session.cancel_active().expect("claimed");
        let (ctx, cancel) = background().with_cancel();
        permit.set_cancel(cancel);
        assert!(ctx.is_cancelled());
    });
}

#[test]
fn an_ended_run_of_a_permit_leaves_its_context_alive() {
    on_every_executor(|| async {
        let seen = Arc::new(std::sync::Mutex::new(None));
        let keep = seen.clone();
        let session = session_of(engine(move |ctx, turn| {
            *keep.lock().expect("not poisoned") = Some(ctx);
            async move { Ok(turn) }
        }));
        let permit = session.reserve().expect("free");
        permit.run(&background(), prompt("x")).await.expect("an answer");
        drop(permit);
        let seen = seen.lock().expect("not poisoned").take().expect("seen");
        assert!(!seen.is_cancelled());
    });
}

#[tokio::test]
async fn inv18_a_start_takes_the_claim_over_and_a_cancelled_permits_run_is_born_cancelled() {
    let session = session_of(telling());
    let permit = session.reserve().expect("free");
    let handle = permit.start(&background(), prompt("x")).expect("starts");
    assert_eq!(session.reserve().err(), Some(SessionError::AlreadyActive));
    assert_eq!(said(handle.wait().await).as_deref(), Some("alive"));

    let permit = session.reserve().expect("free");
    session.cancel_active().expect("claimed");
    let handle = permit.start(&background(), prompt("y")).expect("starts");
    assert_eq!(handle.wait().await, Err(SessionError::Cancelled));
    assert!(!session.is_running());
}

#[test]
fn inv19_what_an_update_captures_is_dropped_after_the_unlock() {
    let session = session_of(telling()).with_turn(prompt("x"));
    let other = session_of(telling());
    let permit = other.reserve().expect("free");
    session.update_latest(move |_| drop(permit)).expect("free");
    let again = other.reserve().expect("freed in the closure");
    let held = other.clone();
    other.update_latest(move |_| held.is_running()).expect_err("claimed, and the closure is dropped");
    drop(again);
}
