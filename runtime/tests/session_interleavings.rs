//! Races on the real thing: thousands of seeded rounds on threads, each with its own mix of yields.
//!
//! The steps under the session's lock are explored exhaustively in `src/session/state/exploration.rs`. What is left
//! is the order of what happens outside of it (tokio's tasks, cancellation, notification, dropped futures). Loom
//! would have to replace tokio's and the standard library's primitives throughout; rounds on real threads need no
//! second build and run the code that ships. A failing round names its seed.

mod support;

use std::collections::HashSet;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use geppetto_runtime::engine::{EchoEngine, Step};
use geppetto_runtime::prelude::*;
use support::{Spy, engine, prompt, scripted, session_of, watched};
use tokio::runtime::{Builder as RuntimeBuilder, Runtime};

const ROUNDS: u64 = 2_000;

/// A small generator of numbers (splitmix64), one a round.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

fn runtime() -> Runtime {
    RuntimeBuilder::new_multi_thread().worker_threads(2).enable_time().build().expect("a runtime")
}

fn rounds(mut round: impl FnMut(&mut Dice)) {
    for seed in 0..ROUNDS {
        let mut dice = Dice(seed);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| round(&mut dice)));
        assert!(outcome.is_ok(), "seed {seed}");
    }
}

/// An engine that yields some times, looks at its context in between if it `watches`, and answers `done`.
fn yielding(yields: u64, watches: bool) -> Arc<dyn Engine> {
    engine(move |ctx, mut turn| async move {
        for _ in 0..yields {
            tokio::task::yield_now().await;
            if watches && ctx.is_cancelled() {
                return Err(EngineError::Cancelled);
            }
        }
        turn.append(Block::assistant_text("done"));
        Ok(turn)
    })
}

fn spin(times: u64) {
    for _ in 0..times {
        std::hint::spin_loop();
    }
}

/// Runs `left` and `right` on two threads that begin together, both inside of the runtime.
fn race<L: Send, R: Send>(
    runtime: &Runtime,
    left: impl FnOnce() -> L + Send,
    right: impl FnOnce() -> R + Send,
) -> (L, R) {
    let barrier = &Barrier::new(2);
    std::thread::scope(|scope| {
        let right = scope.spawn(move || {
            let _inside = runtime.enter();
            barrier.wait();
            right()
        });
        let _inside = runtime.enter();
        barrier.wait();
        let left = left();
        (left, right.join().expect("no panic"))
    })
}

#[test]
fn inv01_of_two_starts_that_race_the_refused_one_leaves_no_trace() {
    let runtime = runtime();
    rounds(|dice| {
        let session = session_of(yielding(1_000_000, true));
        let (a, b) = (dice.roll(200), dice.roll(200));
        let start = |name: &'static str, spins| {
            let session = session.clone();
            move || {
                spin(spins);
                session.start_with_turn(&Context::background(), prompt(name))
            }
        };
        let (left, right) = race(&runtime, start("left", a), start("right", b));
        let (started, refused) = if left.is_ok() { (left, right) } else { (right, left) };
        let handle = started.expect("one of them starts");
        assert_eq!(refused.expect_err("never both"), SessionError::AlreadyActive);
        assert_eq!(session.turns(), [handle.input().clone()]);
        handle.cancel();
        assert_eq!(runtime.block_on(handle.wait()), Err(SessionError::Cancelled));
    });
}

#[test]
fn inv07_a_cancel_that_races_completion_is_either_final_or_too_late() {
    let runtime = runtime();
    let mut outcomes = HashSet::new();
    rounds(|dice| {
        let endless = dice.roll(8) == 0;
        let yields = if endless { u64::MAX } else { dice.roll(4) };
        let session = session_of(yielding(yields, endless || dice.roll(2) == 0));
        let handle = {
            let _inside = runtime.enter();
            session.start_with_turn(&Context::background(), prompt("x")).expect("free")
        };
        spin(dice.roll(4_000));
        if !endless && dice.roll(8) == 0 {
            handle.blocking_wait().expect("an answer");
        }
        let in_time = if dice.roll(2) == 0 {
            session.cancel_active().is_ok()
        } else {
            handle.cancel();
            handle.is_running()
        };
        let ended = handle.blocking_wait();
        match &ended {
            Ok(turn) => {
                assert!(!in_time, "a cancel of the active run is final");
                assert_eq!(session.turns(), std::slice::from_ref(turn));
            }
            Err(error) => {
                assert_eq!(*error, SessionError::Cancelled);
                assert_eq!(session.turns(), [prompt("x")]);
            }
        }
        assert!(!session.is_running());
        outcomes.insert(ended.is_ok());
    });
    assert_eq!(outcomes.len(), 2, "the rounds see both outcomes");
}

#[test]
fn inv11_the_next_start_succeeds_right_after_each_wait() {
    let runtime = runtime();
    runtime.block_on(async {
        for seed in 0..ROUNDS {
            let mut dice = Dice(seed);
            let spy = Spy::default();
            let session = session_of(watched(&spy, yielding(dice.roll(3), false)));
            for turns in 1..=3 {
                let handle = session.start_with_prompt(&Context::background(), "x").expect("free");
                let waiter = tokio::spawn({
                    let (session, handle) = (session.clone(), handle.clone());
                    async move {
                        let ended = handle.wait().await;
                        (ended, session.turn(turns - 1))
                    }
                });
                let answered = handle.wait().await.expect("an answer");
                assert!(!session.is_running() && !handle.is_running(), "seed {seed}");
                assert!(spy.seen().is_cancelled(), "seed {seed}");
                assert_eq!(session.turn(turns - 1).as_ref(), Some(&answered), "seed {seed}");
                let (same, shown) = waiter.await.expect("no panic");
                assert_eq!((same, shown), (Ok(answered.clone()), Some(answered)), "seed {seed}");
            }
        }
    });
}

#[test]
fn inv03_appends_that_race_a_run_move_nothing() {
    let runtime = runtime();
    rounds(|dice| {
        let session = session_of(yielding(dice.roll(3), false));
        let appends = dice.roll(5);
        let (handle, ()) = race(
            &runtime,
            || session.start_with_turn(&Context::background(), prompt("run")).expect("free"),
            || (0..appends).for_each(|_| session.append(prompt("other"))),
        );
        let answered = runtime.block_on(handle.wait()).expect("an answer");
        let (runs, others): (Vec<_>, Vec<_>) = session.turns().into_iter().partition(|turn| *turn != prompt("other"));
        assert_eq!(runs, [answered]);
        assert_eq!(others.len() as u64, appends);
    });
}

#[test]
fn inv01_starts_and_cancels_at_random_never_wedge_a_session() {
    let runtime = runtime();
    let session = session_of(yielding(2, true)).with_cancel_grace(Duration::ZERO);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (session, runtime) = (session.clone(), &runtime);
            scope.spawn(move || {
                let _inside = runtime.enter();
                let mut dice = Dice(thread);
                for _ in 0..ROUNDS {
                    match dice.roll(4) {
                        0 => drop(session.cancel_active()),
                        1 => drop(session.append_new_turn_from_user_prompt("aside")),
                        2 => drop(session.start_with_turn(&Context::background(), prompt("x"))),
                        _ => drop(session.start_with_latest(&Context::background(), |_| prompt("y"))),
                    }
                }
            });
        }
    });
    let _ = session.cancel_active();
    runtime.block_on(async {
        while session.is_running() {
            tokio::task::yield_now().await;
        }
        session.set_builder(Builder::new(Arc::new(EchoEngine::new())));
        let answered = session.start_with_turn(&Context::background(), prompt("z")).expect("free").wait().await;
        assert_eq!(answered.expect("an answer").last_assistant_text(), Some("echo: z"));
    });
}

#[test]
fn inv07_one_cancel_reaches_every_run_of_a_parent() {
    let runtime = runtime();
    let (parent, cancel) = Context::background().with_cancel();
    runtime.block_on(async {
        let sessions: Vec<_> = (0..200).map(|_| scripted([Step::text("a"), Step::until_cancelled()])).collect();
        for session in &sessions {
            session.start_with_prompt(&parent, "x").expect("free").wait().await.expect("an answer");
        }
        let starts = sessions.iter().map(|session| session.start_with_prompt(&parent, "y").expect("free"));
        let handles: Vec<_> = starts.collect();
        cancel.cancel();
        for handle in handles {
            assert_eq!(handle.wait().await, Err(SessionError::Cancelled));
        }
    });
}
