//! The behaviour of a session, line by line. `invNN` is the number of the invariant in the documentation of
//! `src/session/state.rs`.

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use geppetto_runtime::engine::{EchoEngine, ScriptedEngine, Step};
use geppetto_runtime::prelude::*;
use geppetto_runtime::session::{BuildError, inference_id, session_id};
use geppetto_runtime::turns::{INFERENCE_ID, SESSION_ID};
use support::{FnBuilder, Spy, engine, prompt, runner_of, scripted, session_of, slow_builder, watched};
use tokio::sync::Notify;

fn background() -> Context {
    Context::background()
}

#[tokio::test]
async fn inv01_a_second_start_is_refused_until_the_first_has_ended() {
    let gate = Arc::new(Notify::new());
    let session = scripted([Step::text("a").after(gate.clone()), Step::text("b")]);
    let first = session.start_with_prompt(&background(), "one").expect("free");
    assert!(session.is_running() && first.is_running());
    let starts: [Result<_, _>; 3] = [
        session.start_inference(&background()),
        session.start_with_prompt(&background(), "two"),
        session.start_with_turn(&background(), prompt("two")),
    ];
    for refused in starts {
        assert_eq!(refused.expect_err("claimed"), SessionError::AlreadyActive);
    }
    assert_eq!(session.turn_count(), 1);
    gate.notify_one();
    first.wait().await.expect("an answer");
    session.start_with_prompt(&background(), "two").expect("free again").wait().await.expect("an answer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv01_the_claim_holds_while_a_slow_builder_builds() {
    let session = Session::new();
    let (is_building, go) = slow_builder(&session);
    let starter = session.clone();
    let start = tokio::task::spawn_blocking(move || starter.start_with_prompt(&background(), "one"));
    tokio::task::block_in_place(|| is_building.recv()).expect("building");
    assert!(session.is_running());
    let refused = session.start_with_prompt(&background(), "two");
    assert_eq!(refused.expect_err("claimed"), SessionError::AlreadyActive);
    assert_eq!(session.update_latest(|_| ()), Err(SessionError::AlreadyActive));
    assert_eq!(session.turn_count(), 0, "nothing is appended before the start has succeeded");
    go.send(()).expect("the builder waits");
    let handle = start.await.expect("no panic").expect("starts");
    handle.wait().await.expect("an answer");
}

#[tokio::test]
async fn inv01_a_builder_may_use_its_own_session() {
    let session = Session::new();
    let own = session.clone();
    session.set_builder(FnBuilder(move |_: &Context| {
        assert!(own.is_running());
        assert_eq!(own.start_with_prompt(&background(), "nested").expect_err("claimed"), SessionError::AlreadyActive);
        own.append(prompt("from the builder"));
        own.set_builder(Builder::new(Arc::new(EchoEngine::new())));
        runner_of(Arc::new(EchoEngine::new()))
    }));
    session.start_with_prompt(&background(), "x").expect("starts").wait().await.expect("an answer");
    assert_eq!(session.turn(0), Some(prompt("from the builder")));
    assert_eq!(session.latest().expect("a turn").last_assistant_text(), Some("echo: x"));
}

/// Asserts that the session is as it was and can start.
async fn left_no_trace(session: &Session, turns: &[Turn]) {
    assert_eq!(session.turns(), turns);
    assert!(!session.is_running());
    assert_eq!(session.cancel_active(), Err(SessionError::NoActive));
    let answered = session.start_with(&background(), prompt("after"), &Builder::new(Arc::new(EchoEngine::new())));
    answered.expect("starts").wait().await.expect("an answer");
}

#[tokio::test]
async fn inv02_a_start_without_a_builder_leaves_no_trace() {
    let session = Session::new().with_turn(prompt("x"));
    for start in [session.start_inference(&background()), session.start_with_prompt(&background(), "y")] {
        assert_eq!(start.expect_err("no builder"), SessionError::BuilderMissing);
    }
    left_no_trace(&session, &[prompt("x")]).await;
}

#[tokio::test]
async fn inv02_a_start_on_nothing_leaves_no_trace() {
    let session = session_of(Arc::new(EchoEngine::new()));
    let starts = [
        session.start_inference(&background()),
        session.start_with_turn(&background(), Turn::default()),
        session.start_with_prompt(&background(), ""),
        session.start_with_latest(&background(), |latest| latest.cloned().unwrap_or_default()),
    ];
    for start in starts {
        assert_eq!(start.expect_err("nothing to run"), SessionError::EmptyTurn);
    }
    session.append(Turn::default());
    assert_eq!(session.start_inference(&background()).expect_err("no blocks"), SessionError::EmptyTurn);
    left_no_trace(&session, &[Turn::default()]).await;
}

#[tokio::test]
async fn inv02_a_failing_builder_leaves_no_trace_and_cancels_its_context() {
    let spy = Spy::default();
    let seen = spy.clone();
    let session = Session::new().with_builder(FnBuilder(move |ctx: &Context| {
        seen.keep(ctx);
        Err(BuildError::message("no model"))
    }));
    let error = session.start_with_prompt(&background(), "x").expect_err("does not build");
    assert_eq!(error, SessionError::Build(BuildError::message("no model")));
    assert!(spy.seen().is_cancelled());
    left_no_trace(&session, &[]).await;
}

#[tokio::test]
async fn inv02_a_panicking_builder_leaves_no_trace() {
    let session =
        Session::new().with_builder(FnBuilder(|_: &Context| std::panic::resume_unwind(Box::new("broken builder"))));
    let error = session.start_with_prompt(&background(), "x").expect_err("panics");
    assert_eq!(error, SessionError::Panicked("broken builder".into()));
    left_no_trace(&session, &[]).await;
}

#[tokio::test]
async fn inv02_a_panicking_seed_leaves_no_trace() {
    let session = session_of(Arc::new(EchoEngine::new()));
    let own = session.clone();
    let start = std::panic::AssertUnwindSafe(move || {
        let _ = own.start_with_latest(&background(), |_| std::panic::resume_unwind(Box::new("seed")));
    });
    assert!(std::panic::catch_unwind(start).is_err(), "the panic is the caller's");
    left_no_trace(&session, &[]).await;
}

#[test]
fn inv02_the_checks_come_in_their_documented_order() {
    let session = Session::new();
    let start = |session: &Session| session.start_inference(&background()).expect_err("fails");
    assert_eq!(start(&session), SessionError::BuilderMissing);
    session.set_builder(FnBuilder(|_: &Context| Err(BuildError::message("no model"))));
    assert_eq!(start(&session), SessionError::EmptyTurn);
    session.append(prompt("x"));
    assert_eq!(start(&session), SessionError::NoRuntime);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let _inside = runtime.enter();
    assert!(matches!(start(&session), SessionError::Build(_)));
}

#[tokio::test]
async fn inv03_the_result_replaces_the_turn_in_place_while_others_are_appended() {
    let gate = Arc::new(Notify::new());
    let session = scripted([Step::text("a").after(gate.clone())]).with_turn(prompt("zero"));
    let handle = session.start_with_turn(&background(), prompt("one")).expect("starts");
    session.append(prompt("two"));
    let three = session.append_new_turn_from_user_prompt("three").expect("allowed while running");
    gate.notify_one();
    let answered = handle.wait().await.expect("an answer");
    assert_eq!(answered.last_assistant_text(), Some("a"));
    assert_eq!(session.turns(), [prompt("zero"), answered, prompt("two"), three]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv03_turns_appended_while_a_builder_builds_do_not_shift_the_run() {
    let session = Session::new().with_turn(prompt("one"));
    let (is_building, go) = slow_builder(&session);
    let starter = session.clone();
    let start = tokio::task::spawn_blocking(move || starter.start_inference(&background()));
    tokio::task::block_in_place(|| is_building.recv()).expect("building");
    session.append(prompt("two"));
    go.send(()).expect("the builder waits");
    let answered = start.await.expect("no panic").expect("starts").wait().await.expect("an answer");
    assert_eq!(answered.last_assistant_text(), Some("echo: one"));
    assert_eq!(session.turns(), [answered, prompt("two")]);
}

#[tokio::test]
async fn inv04_a_run_without_success_leaves_its_turn_as_it_was() {
    let fails = Step::fail(EngineError::message("quota exceeded"));
    let session = scripted([fails, Step::until_cancelled(), Step::panic("broken")]).with_turn(prompt("x"));
    let failed = session.start_inference(&background()).expect("starts").wait().await;
    assert_eq!(failed, Err(SessionError::Engine(EngineError::message("quota exceeded"))));
    let handle = session.start_inference(&background()).expect("starts");
    session.cancel_active().expect("a run");
    assert_eq!(handle.wait().await, Err(SessionError::Cancelled));
    let panicked = session.start_inference(&background()).expect("starts").wait().await;
    assert_eq!(panicked, Err(SessionError::Panicked("broken".into())));
    assert_eq!(session.turns(), [prompt("x")]);
}

#[tokio::test]
async fn inv05_the_runs_context_ends_with_the_run_however_it_ends() {
    let steps = [Step::text("a"), Step::fail(EngineError::message("no")), Step::panic("broken"), Step::forever()];
    for step in steps {
        let (spy, cancelled) = (Spy::default(), step == Step::forever());
        let session =
            session_of(watched(&spy, Arc::new(ScriptedEngine::new([step])))).with_cancel_grace(Duration::ZERO);
        let (parent, _keep) = background().with_cancel();
        let handle = session.start_with_prompt(&parent, "x").expect("starts");
        if cancelled {
            handle.cancel();
        }
        let _ = handle.wait().await;
        assert!(spy.seen().is_cancelled());
        assert!(!parent.is_cancelled());
    }
}

#[test]
fn inv05_a_runtime_that_shuts_down_ends_its_runs() {
    let spy = Spy::default();
    let session = session_of(watched(&spy, Arc::new(ScriptedEngine::new([Step::forever()]))));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let handle = runtime.block_on(async {
        let handle = session.start_with_prompt(&background(), "x").expect("starts");
        tokio::task::yield_now().await;
        handle
    });
    drop(runtime);
    assert_eq!(handle.blocking_wait(), Err(SessionError::Cancelled));
    assert!(spy.seen().is_cancelled());
    assert!(!session.is_running());
}

#[tokio::test]
async fn inv06_the_context_and_the_turn_tell_who_runs() {
    let spy = Spy::default();
    let session = session_of(watched(&spy, Arc::new(EchoEngine::new())));
    let first = session.start_with_prompt(&background(), "x").expect("starts");
    let answered = first.wait().await.expect("an answer");
    assert_eq!(session_id(&spy.seen()).as_deref(), Some(session.session_id()));
    assert_eq!(inference_id(&spy.seen()).as_deref(), Some(first.inference_id()));
    assert_eq!(SESSION_ID.get(&answered.metadata).as_deref(), Some(first.session_id()));
    assert_eq!(INFERENCE_ID.get(&answered.metadata).as_deref(), Some(first.inference_id()));
    assert!(first.input().metadata.is_empty(), "the input is as it was given");
    let second = session.start_with_prompt(&background(), "y").expect("starts");
    let answered = second.wait().await.expect("an answer");
    assert_ne!(first.inference_id(), second.inference_id());
    assert_eq!(INFERENCE_ID.get(&answered.metadata).as_deref(), Some(second.inference_id()));
}

#[tokio::test]
async fn inv06_the_sessions_id_wins_over_one_that_the_runner_made_up() {
    let session = Session::new().with_builder(FnBuilder(|_: &Context| {
        runner_of(engine(|_, mut turn| async move {
            SESSION_ID.set(&mut turn.metadata, "made up".into());
            Ok(turn)
        }))
    }));
    let answered = session.start_with_prompt(&background(), "x").expect("starts").wait().await;
    let told = SESSION_ID.get(&answered.expect("an answer").metadata);
    assert_eq!(told.as_deref(), Some(session.session_id()));
}

#[tokio::test]
async fn inv09_a_panic_frees_the_session_and_ends_the_run_as_an_error() {
    let session = scripted([Step::panic("broken"), Step::text("a")]);
    let handle = session.start_with_prompt(&background(), "x").expect("starts");
    assert_eq!(handle.wait().await, Err(SessionError::Panicked("broken".into())));
    let answered = session.start_with_prompt(&background(), "y").expect("free").wait().await;
    assert!(answered.is_ok());
}

#[tokio::test]
async fn inv09_a_panicking_destructor_frees_the_session_too() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new("bomb"));
        }
    }
    let session = session_of(engine(|_, _| async {
        let _bomb = Bomb;
        std::future::pending().await
    }))
    .with_cancel_grace(Duration::ZERO);
    let handle = session.start_with_prompt(&background(), "x").expect("starts");
    tokio::task::yield_now().await;
    handle.cancel();
    assert_eq!(handle.wait().await, Err(SessionError::Cancelled));
    assert!(!session.is_running());
}

#[tokio::test]
async fn inv10_dropping_every_handle_cancels_nothing() {
    let gate = Arc::new(Notify::new());
    let (ended, done) = tokio::sync::oneshot::channel();
    let ended = Arc::new(Mutex::new(Some(ended)));
    let let_go = gate.clone();
    let session = session_of(engine(move |ctx, turn| {
        let (gate, ended) = (let_go.clone(), ended.clone());
        async move {
            gate.notified().await;
            let ended = ended.lock().expect("not poisoned").take().expect("one run");
            ended.send(ctx.is_cancelled()).expect("the test listens");
            Ok(turn)
        }
    }));
    drop(session.start_with_prompt(&background(), "x").expect("starts"));
    drop(session);
    gate.notify_one();
    assert_eq!(done.await, Ok(false));
}

#[tokio::test]
async fn inv10_dropping_a_wait_cancels_nothing_and_dropping_wait_or_cancel_does() {
    let gate = Arc::new(Notify::new());
    let session = scripted([Step::text("a").after(gate.clone()), Step::until_cancelled(), Step::text("b")]);
    let handle = session.start_with_prompt(&background(), "x").expect("starts");
    tokio::select! {
        biased;
        _ = handle.wait() => panic!("the gate is shut"),
        () = tokio::task::yield_now() => {}
    }
    gate.notify_one();
    assert!(handle.wait().await.is_ok());
    let handle = session.start_with_prompt(&background(), "y").expect("starts");
    tokio::select! {
        biased;
        _ = handle.wait_or_cancel() => panic!("nobody has cancelled yet"),
        () = tokio::task::yield_now() => {}
    }
    assert_eq!(handle.wait().await, Err(SessionError::Cancelled));
    let handle = session.start_with_prompt(&background(), "z").expect("starts");
    assert!(handle.wait_or_cancel().await.is_ok());
}

#[tokio::test]
async fn inv11_every_waiter_gets_the_same_any_number_of_times() {
    let gate = Arc::new(Notify::new());
    let session = scripted([Step::text("a").after(gate.clone())]);
    let handle = session.start_with_prompt(&background(), "x").expect("starts");
    let waiters: Vec<_> = (0..10)
        .map(|_| {
            let handle = handle.clone();
            tokio::spawn(async move { handle.wait().await })
        })
        .collect();
    tokio::task::yield_now().await;
    gate.notify_one();
    let answered = handle.wait().await;
    assert!(answered.is_ok() && !handle.is_running() && !session.is_running());
    for waiter in waiters {
        assert_eq!(waiter.await.expect("no panic"), answered);
    }
    assert_eq!(handle.wait().await, answered);
    assert_eq!(session.latest(), answered.ok());
}

#[tokio::test]
async fn inv12_the_latest_turn_can_be_updated_between_runs_only() {
    let gate = Arc::new(Notify::new());
    let session = scripted([Step::text("a").after(gate.clone())]);
    assert_eq!(session.update_latest(|_| ()), Err(SessionError::EmptyTurn));
    session.append(prompt("x"));
    assert_eq!(session.update_latest(|turn| turn.append(Block::user_text("more"))), Ok(()));
    let handle = session.start_inference(&background()).expect("starts");
    assert_eq!(session.update_latest(|_| ()), Err(SessionError::AlreadyActive));
    gate.notify_one();
    handle.wait().await.expect("an answer");
    assert_eq!(session.update_latest(|turn| turn.blocks.len()), Ok(3));
}

#[tokio::test]
async fn inv12_a_panicking_update_leaves_the_turn_as_it_was() {
    let session = session_of(Arc::new(EchoEngine::new())).with_turn(prompt("x"));
    let own = session.clone();
    let update = std::panic::AssertUnwindSafe(move || {
        own.update_latest(|turn| {
            turn.blocks.clear();
            std::panic::resume_unwind(Box::new("half way"))
        })
    });
    assert!(std::panic::catch_unwind(update).is_err());
    left_no_trace(&session, &[prompt("x")]).await;
}

#[tokio::test]
async fn inv13_without_failed_turns_a_turn_joins_the_history_with_its_result() {
    let gate = Arc::new(Notify::new());
    let steps = [Step::text("a").after(gate.clone()), Step::fail(EngineError::message("no")), Step::until_cancelled()];
    let session = scripted(steps).with_turn(prompt("zero")).without_failed_turns();
    let handle = session.start_with_turn(&background(), prompt("one")).expect("starts");
    session.append(prompt("two"));
    assert_eq!(session.turns(), [prompt("zero"), prompt("two")]);
    gate.notify_one();
    let answered = handle.wait().await.expect("an answer");
    let turns = [prompt("zero"), prompt("two"), answered];
    assert_eq!(session.turns(), turns);
    session.start_with_turn(&background(), prompt("three")).expect("starts").wait().await.expect_err("no");
    assert_eq!(session.turns(), turns);
    let handle = session.start_with_prompt(&background(), "four").expect("starts");
    handle.cancel();
    assert_eq!(handle.wait().await, Err(SessionError::Cancelled));
    assert_eq!(session.turns(), turns);
}

#[tokio::test]
async fn inv13_without_failed_turns_a_run_of_the_latest_turn_ends_as_the_latest() {
    let gate = Arc::new(Notify::new());
    let steps = [Step::text("a"), Step::text("b").after(gate.clone())];
    let session = scripted(steps).with_turn(prompt("zero")).without_failed_turns();
    let first = session.start_inference(&background()).expect("starts").wait().await.expect("an answer");
    assert_eq!(session.turns(), std::slice::from_ref(&first));
    let handle = session.start_inference(&background()).expect("starts");
    session.append(prompt("one"));
    gate.notify_one();
    let second = handle.wait().await.expect("an answer");
    assert_eq!(session.turns(), [first, prompt("one"), second]);
}

#[test]
fn a_prompt_continues_the_latest_turn_with_a_fresh_id() {
    let session = Session::new();
    let first = session.append_new_turn_from_user_prompt("one").expect("a prompt");
    let second = session.append_new_turn_from_user_prompts(["", "two", "three"]).expect("prompts");
    let texts: Vec<_> = second.blocks.iter().filter_map(Block::text).collect();
    assert_eq!(texts, ["one", "two", "three"]);
    assert!(!first.id.is_empty() && first.id != second.id);
    assert_eq!(session.turns(), [first, second]);
    assert_eq!(session.append_new_turn_from_user_prompt(""), Err(SessionError::EmptyTurn));
    assert_eq!(session.append_new_turn_from_user_prompts(["", ""]), Err(SessionError::EmptyTurn));
    assert_eq!(session.turn_count(), 2);
    assert_eq!(session.turn(2), None);
}

#[test]
fn an_empty_id_is_replaced_by_a_generated_one() {
    assert_eq!(Session::with_id("s1").session_id(), "s1");
    let (a, b) = (Session::with_id(""), Session::default());
    assert!(!a.session_id().is_empty() && a.session_id() != b.session_id());
}

#[tokio::test]
async fn one_run_may_have_its_own_builder() {
    let session = session_of(Arc::new(EchoEngine::new()));
    let own = Builder::new(Arc::new(ScriptedEngine::texts(["own"])));
    let answered = session.start_with(&background(), prompt("x"), &own).expect("starts").wait().await;
    assert_eq!(answered.expect("an answer").last_assistant_text(), Some("own"));
    let answered = session.start_with_prompt(&background(), "y").expect("starts").wait().await;
    assert_eq!(answered.expect("an answer").last_assistant_text(), Some("echo: y"));
}

#[tokio::test]
async fn a_seed_is_computed_from_the_latest_turn_and_may_use_the_session() {
    let session = session_of(Arc::new(EchoEngine::new())).with_turn(prompt("old"));
    let handle = session.start_with_latest(&background(), |latest| {
        assert!(session.is_running());
        let mut turn = latest.cloned().expect("a turn");
        turn.append(Block::user_text("new"));
        turn
    });
    let answered = handle.expect("starts").wait().await.expect("an answer");
    assert_eq!(answered.last_assistant_text(), Some("echo: new"));
    assert_eq!(session.turns(), [prompt("old"), answered]);
}
