//! Every interleaving of a few actors on one session, explored without threads.
//!
//! Each method of [`SessionState`] is one step under the session's lock, so the interleavings of threads are the
//! merges of their steps. All merges are played from the start (exhaustive for the given actors, deterministic, no
//! instrumented primitives as loom would need them throughout tokio), and the invariants are checked after each
//! step. What happens outside of the lock is left to the seeded rounds in `tests/session_interleavings.rs`.

use super::*;
use crate::context::Context;

/// What one thread does, step by step.
#[derive(Clone, Copy, Debug)]
enum Actor {
    /// Claims, begins with a turn of this name, ends with success or failure.
    Start { name: &'static str, succeeds: bool },
    /// Claims, and its builder fails.
    FailingStart,
    /// Claims and begins on the latest turn, ends with success.
    Rerun,
    /// Cancels what is active.
    Cancel,
    /// Appends a turn of this name.
    Append(&'static str),
    /// Renames the latest turn.
    Update(&'static str),
}

impl Actor {
    fn steps(self) -> usize {
        match self {
            Self::Start { .. } | Self::Rerun => 3,
            Self::FailingStart => 2,
            Self::Cancel | Self::Append(_) | Self::Update(_) => 1,
        }
    }
}

/// What the model remembers of a run that was let in.
#[derive(Clone, Debug)]
struct Run {
    id: RunId,
    input: Arc<Turn>,
    cancelled: bool,
    position: Option<usize>,
}

/// The state under test, and a naive model of it.
#[derive(Default)]
struct World {
    state: SessionState,
    without_failed_turns: bool,
    expected: Vec<Arc<Turn>>,
    active: Option<usize>,
    runs: Vec<Option<Run>>,
}

fn named(name: &str) -> Arc<Turn> {
    Arc::new(Turn::builder().with_id(name).with_user_prompt("prompt").build())
}

fn answered(turn: &Turn) -> Arc<Turn> {
    Arc::new(Turn { id: format!("{}!", turn.id), ..turn.clone() })
}

impl World {
    fn new(actors: usize, without_failed_turns: bool) -> Self {
        let mut world = Self { runs: vec![None; actors], without_failed_turns, ..Self::default() };
        if without_failed_turns {
            world.state.leave_failed_turns_out();
        }
        world.append("seed");
        world
    }

    fn append(&mut self, name: &str) {
        self.state.append(named(name));
        self.expected.push(named(name));
    }

    fn play(&mut self, who: usize, actor: Actor, step: usize) {
        match (actor, step) {
            (Actor::Append(name), _) => self.append(name),
            (Actor::Cancel, _) => self.cancel(),
            (Actor::Update(name), _) => self.update(name),
            (Actor::Start { name, .. }, 0) => self.claim(who, Some(named(name))),
            (Actor::Rerun | Actor::FailingStart, 0) => self.claim(who, None),
            (Actor::Start { .. }, 1) => self.begin(who, true),
            (Actor::Rerun, 1) => self.begin(who, false),
            (Actor::FailingStart, _) => self.release(who),
            (Actor::Start { succeeds, .. }, _) => self.finish(who, succeeds),
            (Actor::Rerun, _) => self.finish(who, true),
        }
        self.check();
    }

    fn claim(&mut self, who: usize, input: Option<Arc<Turn>>) {
        let cancel = Context::background().with_cancel().1;
        match self.state.claim(cancel) {
            Ok((id, latest)) => {
                assert_eq!(self.active, None, "invariant 1: let in beside an active run");
                let latest = latest.map(|latest| latest.turn);
                assert_eq!(latest.as_ref(), self.expected.last());
                let position = if input.is_none() { Some(self.expected.len() - 1) } else { None };
                let input = input.or(latest).expect("a seed turn");
                self.runs[who] = Some(Run { id, input, cancelled: false, position });
                self.active = Some(who);
            }
            Err(error) => {
                assert_eq!(error, SessionError::AlreadyActive);
                assert!(self.active.is_some(), "invariant 1: refused although nothing is active");
            }
        }
    }

    fn begin(&mut self, who: usize, append: bool) {
        let Some(run) = &mut self.runs[who] else { return };
        if append {
            if !self.without_failed_turns {
                run.position = Some(self.expected.len());
                self.expected.push(run.input.clone());
            }
            self.state.begin(run.id, Placement::Appended(run.input.clone()));
        } else {
            self.state.begin(run.id, Placement::Latest);
        }
    }

    fn release(&mut self, who: usize) {
        let Some(run) = self.runs[who].take() else { return };
        self.state.release(run.id);
        self.active = None;
    }

    fn finish(&mut self, who: usize, succeeds: bool) {
        let Some(run) = self.runs[who].take() else { return };
        let failure = SessionError::Panicked("no luck".into());
        let outcome = if succeeds { Ok(answered(&run.input)) } else { Err(failure) };
        let ended = self.state.finish(run.id, outcome.clone(), false);
        if run.cancelled {
            assert_eq!(ended, Err(SessionError::Cancelled), "invariant 7");
        } else {
            assert_eq!(ended, outcome);
            match (outcome, run.position) {
                (Ok(turn), Some(position)) if !self.without_failed_turns || position + 1 == self.expected.len() => {
                    self.expected[position] = turn;
                }
                (Ok(turn), _) => self.expected.push(turn),
                (Err(_), _) => {}
            }
        }
        self.active = None;
        assert!(!self.state.is_active_run(run.id));
        assert!(self.state.request_cancel_of(run.id).is_none(), "invariant 7: a late cancel reaches nobody");
    }

    fn cancel(&mut self) {
        let cancel = self.state.request_cancel();
        assert_eq!(cancel.is_some(), self.active.is_some());
        let active = self.active.and_then(|who| self.runs[who].as_mut());
        if let Some(run) = active {
            run.cancelled = true;
        }
    }

    fn update(&mut self, name: &str) {
        let taken = self.state.latest_to_update();
        if self.active.is_some() {
            assert_eq!(taken, Err(SessionError::AlreadyActive), "invariant 12");
        } else {
            let taken = taken.expect("a seed turn");
            let updated = Arc::new(Turn { id: name.to_owned(), ..Turn::clone(&taken.turn) });
            self.state.update(&taken, updated.clone());
            *self.expected.last_mut().expect("a seed turn") = updated;
        }
    }

    fn check(&self) {
        assert_eq!(*self.state.turns(), self.expected, "invariants 2, 3, 4, 13");
        assert_eq!(self.state.is_active(), self.active.is_some(), "invariants 1, 2");
    }
}

/// Plays every merge of the actors' steps, with and without failed turns; returns how many there were.
fn explore(actors: &[Actor]) -> usize {
    let [kept, dropped] = [false, true].map(|without_failed_turns| explore_one(actors, without_failed_turns));
    assert_eq!(kept, dropped);
    kept
}

fn explore_one(actors: &[Actor], without_failed_turns: bool) -> usize {
    let mut remaining: Vec<usize> = actors.iter().map(|actor| actor.steps()).collect();
    let mut played = 0;
    merge(&mut remaining, &mut Vec::new(), &mut |schedule| {
        let mut world = World::new(actors.len(), without_failed_turns);
        let mut steps = vec![0; actors.len()];
        for &who in schedule {
            world.play(who, actors[who], steps[who]);
            steps[who] += 1;
        }
        assert_eq!(world.active, None, "every schedule ends with a free session");
        played += 1;
    });
    played
}

fn merge(remaining: &mut [usize], schedule: &mut Vec<usize>, play: &mut impl FnMut(&[usize])) {
    if remaining.iter().all(|&steps| steps == 0) {
        return play(schedule);
    }
    for who in 0..remaining.len() {
        if remaining[who] > 0 {
            remaining[who] -= 1;
            schedule.push(who);
            merge(remaining, schedule, play);
            schedule.pop();
            remaining[who] += 1;
        }
    }
}

const A: Actor = Actor::Start { name: "a", succeeds: true };
const B: Actor = Actor::Start { name: "b", succeeds: true };
const FAILS: Actor = Actor::Start { name: "f", succeeds: false };

#[test]
fn two_starts_race() {
    assert_eq!(explore(&[A, B, Actor::Append("x"), Actor::Update("u")]), 1120);
}

#[test]
fn a_cancel_races_two_runs() {
    assert_eq!(explore(&[A, FAILS, Actor::Cancel, Actor::Cancel]), 1120);
}

#[test]
fn a_failing_start_races_a_run_in_place() {
    assert_eq!(explore(&[Actor::FailingStart, Actor::Rerun, Actor::Append("x"), Actor::Cancel]), 420);
}

#[test]
fn everything_at_once() {
    let actors = [A, Actor::Rerun, Actor::FailingStart, Actor::Append("x"), Actor::Cancel];
    assert_eq!(explore(&actors), 50_400);
}
