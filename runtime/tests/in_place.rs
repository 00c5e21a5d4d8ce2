//! Runs in their caller's task, row by row of what tells them from started ones, on five executors. `invNN` is the
//! number of the invariant in the documentation of `src/session/state.rs`.

mod support;

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use geppetto_runtime::builder::{PersistError, TurnPersister};
use geppetto_runtime::engine::{EchoEngine, ScriptedEngine, Step};
use geppetto_runtime::events::CollectingSink;
use geppetto_runtime::prelude::*;
use geppetto_runtime::session::{BuildError, inference_id, session_id, with_session_meta};
use support::executors::{catching, on_every_executor, poll_once, yields};
use support::stages::{End, Staged};
use support::{FnBuilder, Spy, engine, prompt, runner_of, scripted, session_of, watched};
use tokio::sync::Notify;

fn background() -> Context {
    Context::background()
}

fn answered(text: &str, answer: &str) -> Turn {
    Turn::builder().with_user_prompt(text).with_assistant_text(answer).build()
}

/// An engine that yields that many times and answers `done`.
fn yielding(times: usize) -> Arc<dyn Engine> {
    engine(move |_, mut turn| async move {
        yields(times).await;
        turn.append(Block::assistant_text("done"));
        Ok(turn)
    })
}

#[test]
fn the_answer_comes_back_and_is_the_latest_turn() {
    on_every_executor(|| async {
        let session = session_of(yielding(3));
        let ended = session.run(&background(), prompt("x")).await;
        assert_eq!(ended, Ok(answered("x", "done")));
        assert_eq!(session.turns(), [answered("x", "done")]);
        assert!(!session.is_running());
    });
}

#[test]
fn it_yields_only_where_the_runner_does() {
    on_every_executor(|| async {
        for times in 0..4 {
            let session = session_of(yielding(times));
            let ctx = background();
            let mut run = Box::pin(session.run(&ctx, prompt("x")));
            for _ in 0..times {
                assert!(poll_once(&mut run).await.is_pending());
            }
            assert!(poll_once(&mut run).await.is_ready());
        }
    });
}

#[test]
fn the_runner_is_polled_in_the_callers_task_and_on_its_thread() {
    on_every_executor(|| async {
        let seen: Arc<Mutex<Vec<(Waker, std::thread::ThreadId)>>> = Arc::default();
        let kept = seen.clone();
        let here = move || {
            let kept = kept.clone();
            poll_fn(move |cx| {
                kept.lock().expect("not poisoned").push((cx.waker().clone(), std::thread::current().id()));
                Poll::Ready(())
            })
        };
        let inside = here.clone();
        let session = session_of(engine(move |_, turn| {
            let inside = inside();
            async move {
                inside.await;
                Ok(turn)
            }
        }));
        here().await;
        session.run(&background(), prompt("x")).await.expect("an answer");
        let seen = seen.lock().expect("not poisoned");
        assert!(seen[0].0.will_wake(&seen[1].0) && seen[0].1 == seen[1].1);
    });
}

#[test]
fn inv01_the_claim_is_taken_at_the_first_poll_and_refused_while_there_is_one() {
    on_every_executor(|| async {
        let session = session_of(yielding(1));
        let ctx = background();
        let mut run = Box::pin(session.run(&ctx, prompt("x")));
        assert!(!session.is_running(), "nothing is claimed before the first poll");
        assert!(poll_once(&mut run).await.is_pending() && session.is_running());
        for refused in [session.run(&ctx, prompt("y")).await, session.run_latest(&ctx).await] {
            assert_eq!(refused, Err(SessionError::AlreadyActive));
        }
        assert_eq!(session.run_seed(&ctx, None).await, Err(SessionError::AlreadyActive));
        assert_eq!(session.run_prompt(&ctx, "y").await, Err(SessionError::AlreadyActive));
        let builder = Builder::new(Arc::new(EchoEngine::new()));
        assert_eq!(session.run_with(&ctx, prompt("y"), &builder).await, Err(SessionError::AlreadyActive));
        assert_eq!(session.reserve().expect_err("claimed"), SessionError::AlreadyActive);
        let start = session.start_with_turn(&ctx, prompt("y"));
        assert_eq!(start.expect_err("claimed"), SessionError::AlreadyActive);
        assert_eq!(session.update_latest(|_| ()), Err(SessionError::AlreadyActive));
        assert!(session.is_running(), "those that were refused have freed nothing");
        run.await.expect("an answer");
        assert!(!session.is_running());
    });
}

#[test]
fn inv01_a_future_that_is_never_polled_claims_nothing_and_a_dropped_one_frees() {
    on_every_executor(|| async {
        let session = scripted([Step::forever()]);
        let ctx = background();
        drop(session.run(&ctx, prompt("x")));
        let mut run = Box::pin(session.run(&ctx, prompt("x")));
        assert!(poll_once(&mut run).await.is_pending());
        drop(run);
        assert!(!session.is_running());
        assert_eq!((session.turns(), session.cancel_active()), (vec![], Err(SessionError::NoActive)));
    });
}

#[test]
fn a_turn_without_blocks_and_none_at_all_are_run() {
    on_every_executor(|| async {
        let said = Turn::builder().with_assistant_text("done").build();
        let runs = session_of(yielding(0));
        assert_eq!(runs.run(&background(), Turn::default()).await, Ok(said.clone()));
        assert_eq!(session_of(yielding(0)).run_latest(&background()).await, Ok(said.clone()));
        assert_eq!(session_of(yielding(0)).run_seed(&background(), None).await, Ok(said.clone()));
        let permit = session_of(yielding(0)).reserve().expect("free");
        assert_eq!(permit.run_latest(&background()).await, Ok(said));
    });
}

#[test]
fn only_an_empty_prompt_is_an_error_and_leaves_no_trace() {
    on_every_executor(|| async {
        let session = session_of(yielding(0)).with_turn(prompt("x"));
        assert_eq!(session.run_prompt(&background(), "").await, Err(SessionError::EmptyTurn));
        assert_eq!((session.turns(), session.is_running()), (vec![prompt("x")], false));
    });
}

#[test]
fn a_prompt_continues_the_latest_turn_with_a_fresh_id_once_it_has_succeeded() {
    on_every_executor(|| async {
        let steps = [Step::fail(EngineError::message("no")), Step::text("a"), Step::text("b")];
        let session = scripted(steps).with_turn(Turn::builder().with_id("t").with_user_prompt("x").build());
        session.run_prompt(&background(), "y").await.expect_err("no");
        assert_eq!(session.turn_count(), 1);
        let first = session.run_prompt(&background(), "y").await.expect("an answer");
        let texts: Vec<_> = first.blocks.iter().filter_map(Block::text).collect();
        assert_eq!(texts, ["x", "y", "a"]);
        assert!(!first.id.is_empty() && first.id != "t");
        let second = session.run_prompt(&background(), "z").await.expect("an answer");
        assert_eq!((second.blocks.len(), session.turn_count()), (5, 3));
        assert_eq!(session.latest(), Some(second));
    });
}

#[test]
fn inv14_nothing_shows_before_the_success_and_a_failure_leaves_no_trace() {
    on_every_executor(|| async {
        let gate = Arc::new(Notify::new());
        let fails = Step::fail(EngineError::message("no luck"));
        let session = scripted([fails, Step::text("a").after(gate.clone())]).with_turn(prompt("zero"));
        let ctx = background();
        let failed = session.run(&ctx, prompt("one")).await;
        assert_eq!(failed, Err(SessionError::Engine(EngineError::message("no luck"))));
        assert_eq!(session.turns(), [prompt("zero")]);
        let mut run = Box::pin(session.run(&ctx, prompt("one")));
        assert!(poll_once(&mut run).await.is_pending());
        session.append(prompt("two"));
        assert_eq!(session.turns(), [prompt("zero"), prompt("two")]);
        gate.notify_one();
        run.await.expect("an answer");
        assert_eq!(session.turns(), [prompt("zero"), prompt("two"), answered("one", "a")]);
    });
}

#[test]
fn inv14_the_latest_turn_is_replaced_unless_another_came_after_it() {
    on_every_executor(|| async {
        let gate = Arc::new(Notify::new());
        let session = scripted([Step::text("a"), Step::text("b").after(gate.clone())]).with_turn(prompt("x"));
        let ctx = background();
        let first = session.run_latest(&ctx).await.expect("an answer");
        assert_eq!(session.turns(), std::slice::from_ref(&first));
        let mut run = Box::pin(session.run_seed(&ctx, None));
        assert!(poll_once(&mut run).await.is_pending());
        session.append(prompt("y"));
        gate.notify_one();
        let second = run.await.expect("an answer");
        assert_eq!(session.turns(), [first, prompt("y"), second]);
    });
}

#[test]
fn inv14_a_dropped_and_a_panicked_run_leave_no_trace() {
    on_every_executor(|| async {
        let session = scripted([Step::forever(), Step::panic("broken"), Step::text("a")]).with_turn(prompt("zero"));
        let ctx = background();
        let mut run = Box::pin(session.run(&ctx, prompt("x")));
        assert!(poll_once(&mut run).await.is_pending());
        drop(run);
        assert_eq!(catching(session.run(&ctx, prompt("x"))).await, Err("broken".into()));
        assert_eq!((session.turns(), session.is_running()), (vec![prompt("zero")], false));
        session.run(&ctx, prompt("x")).await.expect("an answer");
    });
}

/// Sees the session and the context, and then does what it is told.
struct Persists {
    session: Mutex<Option<Session>>,
    seen: Mutex<Vec<(Option<Turn>, bool)>>,
    spy: Spy,
    then: Then,
}

#[derive(Clone, Copy, PartialEq)]
enum Then {
    Fail,
    Panic,
    Hang,
}

#[async_trait]
impl TurnPersister for Persists {
    async fn persist_turn(&self, ctx: &Context, _: &Turn) -> Result<(), PersistError> {
        self.spy.keep(ctx);
        let session = self.session.lock().expect("not poisoned").clone().expect("a session");
        self.seen.lock().expect("not poisoned").push((session.latest(), session.is_running()));
        match self.then {
            Then::Fail => Err(PersistError::message("disk full")),
            Then::Panic => std::panic::resume_unwind(Box::new("broken disk")),
            Then::Hang => std::future::pending().await,
        }
    }
}

fn persisting(inner: Arc<dyn Engine>, then: Then) -> (Session, Arc<Persists>) {
    let (session, seen) = (Mutex::default(), Mutex::default());
    let persister = Arc::new(Persists { session, seen, spy: Spy::default(), then });
    let session = Session::with_id("s1").with_builder(Builder::new(inner).with_persister(persister.clone()));
    *persister.session.lock().expect("not poisoned") = Some(session.clone());
    (session, persister)
}

#[test]
fn inv14_the_persister_is_called_when_the_result_is_there_and_the_session_claimed() {
    on_every_executor(|| async {
        for then in [Then::Fail, Then::Panic, Then::Hang] {
            let (session, persister) = persisting(yielding(1), then);
            let ctx = background();
            let mut run = Box::pin(catching(session.run(&ctx, prompt("x"))));
            assert!(poll_once(&mut run).await.is_pending());
            match (poll_once(&mut run).await, then) {
                (Poll::Ready(Ok(ended)), Then::Fail) => assert!(ended.is_ok(), "best effort"),
                (Poll::Ready(Err(panic)), Then::Panic) => assert_eq!(panic, "broken disk"),
                (Poll::Pending, Then::Hang) => assert!(session.is_running()),
                (other, _) => panic!("{other:?}"),
            }
            drop(run);
            let result = answered("x", "done");
            assert_eq!(*persister.seen.lock().expect("not poisoned"), [(Some(result.clone()), true)]);
            assert_eq!((session.turns(), session.is_running()), (vec![result], false));
            persister.session.lock().expect("not poisoned").take();
        }
    });
}

#[test]
fn the_persister_is_called_also_when_the_context_is_cancelled_and_never_without_a_result() {
    on_every_executor(|| async {
        let ignores = engine(|ctx: Context, turn| async move {
            ctx.cancelled().await;
            if turn.blocks.is_empty() { Err(EngineError::Cancelled) } else { Ok(turn) }
        });
        let (session, persister) = persisting(ignores, Then::Fail);
        let (ctx, cancel) = background().with_cancel();
        cancel.cancel();
        assert_eq!(session.run(&ctx, prompt("x")).await, Ok(prompt("x")));
        assert_eq!(*persister.seen.lock().expect("not poisoned"), [(Some(prompt("x")), true)]);
        let cancelled = session.run(&ctx, Turn::default()).await;
        assert_eq!(cancelled, Err(SessionError::Engine(EngineError::Cancelled)));
        assert_eq!(persister.seen.lock().expect("not poisoned").len(), 1);
    });
}

#[test]
fn only_the_persisters_context_carries_the_sessions_id() {
    on_every_executor(|| async {
        let spy = Spy::default();
        let (session, persister) = persisting(watched(&spy, yielding(0)), Then::Fail);
        let ids = |spy: &Spy| (session_id(&spy.seen()), inference_id(&spy.seen()));
        let result = session.run(&background(), prompt("x")).await.expect("an answer");
        assert!(result.metadata.is_empty() && result.id.is_empty(), "no turn is stamped");
        assert_eq!(ids(&spy), (None, None));
        assert_eq!(ids(&persister.spy), (Some("s1".into()), None));
        let other = with_session_meta(&background(), "other", "i1");
        session.run(&other, prompt("x")).await.expect("an answer");
        assert_eq!(ids(&spy), (Some("other".into()), Some("i1".into())), "the caller's");
        assert_eq!(ids(&persister.spy), (Some("s1".into()), None));
        let own = session.context(&background());
        let result = session.run(&own, prompt("x")).await.expect("an answer");
        assert!(result.metadata.is_empty());
        assert_eq!(ids(&spy), (Some("s1".into()), inference_id(&own)));
        assert_eq!(ids(&persister.spy), ids(&spy));
        persister.session.lock().expect("not poisoned").take();
    });
}

#[test]
fn inv15_a_run_ends_from_the_inside_out_however_it_ends() {
    on_every_executor(|| async {
        for end in [End::Answer, End::Error, End::Panic, End::Never] {
            let session = Session::new();
            let staged = Staged::new(&session, end);
            session.set_builder(staged.clone());
            let (ctx, _keep) = background().with_cancel();
            let mut run = Box::pin(catching(session.run(&ctx, prompt("x"))));
            assert!(poll_once(&mut run).await.is_pending());
            assert_eq!((poll_once(&mut run).await.is_ready(), matches!(end, End::Never)), {
                let ends = !matches!(end, End::Never);
                (ends, !ends)
            });
            drop(run);
            let expected = ["future: claimed, alive", "runner: claimed, alive", "cancel: free, cancelled"];
            assert_eq!(staged.log.take(), expected, "{end:?}");
            assert!(!ctx.is_cancelled(), "the caller's context is as it was");
        }
    });
}

#[test]
fn inv05_a_run_that_cannot_begin_frees_the_session_and_cancels_its_context() {
    on_every_executor(|| async {
        let session = Session::new().with_turn(prompt("x"));
        assert_eq!(session.run_prompt(&background(), "").await, Err(SessionError::BuilderMissing));
        let spy = Spy::default();
        let seen = spy.clone();
        session.set_builder(FnBuilder(move |ctx: &Context| {
            seen.keep(ctx);
            Err(BuildError::message("no model"))
        }));
        let ended = session.run_latest(&background()).await;
        assert_eq!(ended, Err(SessionError::Build(BuildError::message("no model"))));
        assert!(spy.seen().is_cancelled());
        assert_eq!((session.turns(), session.is_running()), (vec![prompt("x")], false));
    });
}

#[test]
fn inv09_a_panic_of_the_builder_passes_through_and_frees_the_session() {
    on_every_executor(|| async {
        let session =
            Session::new().with_builder(FnBuilder(|_: &Context| std::panic::resume_unwind(Box::new("broken builder"))));
        assert_eq!(catching(session.run(&background(), prompt("x"))).await, Err("broken builder".into()));
        assert!(!session.is_running());
        let builder = FnBuilder(|_: &Context| runner_of(Arc::new(EchoEngine::new())));
        session.run_with(&background(), prompt("x"), &builder).await.expect("an answer");
    });
}

#[test]
fn inv07_a_cancel_reaches_the_context_and_the_answer_stands() {
    on_every_executor(|| async {
        for answer in [Ok("late"), Err(EngineError::Cancelled), Err(EngineError::message("broken pipe"))] {
            let late = answer.clone();
            let session = session_of(engine(move |ctx, mut turn| {
                let late = late.clone();
                async move {
                    ctx.cancelled().await;
                    yields(3).await;
                    turn.append(Block::assistant_text(late?));
                    Ok(turn)
                }
            }))
            .with_cancel_grace(Duration::ZERO);
            let ctx = background();
            let mut run = Box::pin(session.run(&ctx, prompt("x")));
            assert!(poll_once(&mut run).await.is_pending());
            assert_eq!((session.cancel_active(), session.cancel_active()), (Ok(()), Ok(())));
            assert!(session.is_running(), "there is no grace: only the runner ends the run");
            let expected = answer.map(|text| answered("x", text)).map_err(SessionError::Engine);
            assert_eq!(run.await, expected);
            assert_eq!(session.turn_count(), usize::from(expected.is_ok()));
            assert_eq!(session.cancel_active(), Err(SessionError::NoActive));
        }
    });
}

#[test]
fn an_engines_cancelled_is_an_engines_error_unless_the_run_was_started() {
    let error = SessionError::from(EngineError::Cancelled);
    assert_eq!(error, SessionError::Engine(EngineError::Cancelled));
    on_every_executor(|| async {
        let session = scripted([Step::fail(EngineError::Cancelled)]);
        let ended = session.run(&background(), prompt("x")).await;
        assert_eq!(ended, Err(SessionError::Engine(EngineError::Cancelled)));
    });
}

#[test]
fn it_publishes_nothing_of_its_own() {
    on_every_executor(|| async {
        let steps = [Step::text("a"), Step::fail(EngineError::message("no")), Step::blocks([])];
        let (sink, sessions) = (Arc::new(CollectingSink::new()), Arc::new(CollectingSink::new()));
        let builder = Builder::new(Arc::new(ScriptedEngine::new(steps))).with_event_sink(sessions.clone());
        let session = Session::new().with_builder(builder);
        let ctx = with_event_sink(&background(), sink.clone());
        for _ in 0..3 {
            let _ = session.run(&ctx, prompt("x")).await;
        }
        let kind = |event: &Event| serde_json::to_value(event).expect("serializes")["type"].clone();
        let kinds: Vec<_> = sink.events().iter().map(kind).collect();
        assert_eq!(kinds, ["start", "partial", "final", "start", "error", "start"]);
        assert_eq!(sessions.events(), sink.events());
        assert!(sink.events().iter().all(|event| *event.metadata() == EventMetadata::default()), "no ids");
    });
}

#[test]
fn the_session_is_claimed_while_engine_and_sinks_look() {
    struct Looks(Session, Mutex<Vec<bool>>);
    impl EventSink for Looks {
        fn publish_event(&self, _: &Event) -> Result<(), SinkError> {
            self.1.lock().expect("not poisoned").push(self.0.is_running());
            Ok(())
        }
    }
    on_every_executor(|| async {
        let session = session_of(Arc::new(EchoEngine::new()));
        let looks = Arc::new(Looks(session.clone(), Mutex::default()));
        session.run(&with_event_sink(&background(), looks.clone()), prompt("x")).await.expect("an answer");
        let seen = looks.1.lock().expect("not poisoned").clone();
        assert!(seen.len() >= 3 && seen.iter().all(|&running| running));
    });
}

#[test]
fn it_can_be_polled_by_hand_without_any_runtime() {
    let session = session_of(yielding(1));
    let ctx = background();
    let mut run = std::pin::pin!(session.run(&ctx, prompt("x")));
    let mut cx = TaskContext::from_waker(Waker::noop());
    assert!(run.as_mut().poll(&mut cx).is_pending());
    assert!(run.as_mut().poll(&mut cx).is_ready());
}
