//! Every interleaving of a few actors on one session, explored without threads.
//!
//! Each method of [`SessionState`] is one step under the session's lock, so the interleavings of threads are the
//! merges of their steps. All merges are played from the start (exhaustive for the given actors, deterministic, no
//! instrumented primitives as loom would need them throughout tokio), and the invariants are checked after each
//! step against a naive model. What happens outside of the lock is left to the seeded rounds in
//! `tests/session_interleavings.rs`.

mod cancels;
mod model;
mod world;

use super::*;
use world::World;

/// What one thread does under the lock, step by step.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A start or a run in place claims.
    Claim,
    /// A start begins with a turn of this name, or the latest.
    Begin(Option<&'static str>),
    /// A started run ends.
    Finish {
        succeeds: bool,
    },
    /// A run in place has run a turn of this name, or the latest again, and keeps the result.
    Keep(Option<&'static str>),
    /// A start that failed or a run in place gives its claim up.
    GiveUp,
    /// A permit is made.
    Reserve,
    /// A run of the permit begins. The number tells them apart.
    Enter(usize),
    /// It keeps the result.
    KeepUnder(usize, Option<&'static str>),
    /// It ends.
    Leave(usize),
    /// The permit's cancel target is set.
    Name,
    /// The permit is released or dropped.
    Release,
    /// A start takes the permit over.
    TakeOver,
    /// Somebody cancels what is active.
    Cancel,
    /// Somebody appends a turn of this name.
    Append(&'static str),
    /// Somebody renames the latest turn.
    Update(&'static str),
    /// The same in its two steps, between which the closure runs.
    TakeLatest,
    PutLatest(&'static str),
    /// Somebody limits the history.
    KeepLatest(usize),
}

/// A thread. Several may share what one of them has (a permit in an `Arc`).
#[derive(Clone, Copy, Debug)]
struct Actor {
    owner: usize,
    steps: &'static [Step],
}

const fn actor(owner: usize, steps: &'static [Step]) -> Actor {
    Actor { owner, steps }
}

use Step::{
    Append, Begin, Cancel, Claim, Enter, Finish, GiveUp, Keep, KeepLatest, KeepUnder, Leave, Name, PutLatest, Release,
    Reserve, TakeLatest, TakeOver, Update,
};

const A: Actor = actor(0, &[Claim, Begin(Some("a")), Finish { succeeds: true }]);
const B: Actor = actor(1, &[Claim, Begin(Some("b")), Finish { succeeds: true }]);
const FAILS: Actor = actor(1, &[Claim, Begin(Some("f")), Finish { succeeds: false }]);
const RERUN: Actor = actor(1, &[Claim, Begin(None), Finish { succeeds: true }]);
const FAILING_START: Actor = actor(2, &[Claim, GiveUp]);
const IN_PLACE: Actor = actor(3, &[Claim, Keep(Some("i")), GiveUp]);
const LATEST_IN_PLACE: Actor = actor(4, &[Claim, Keep(None), GiveUp]);
const DROPPED_IN_PLACE: Actor = actor(5, &[Claim, GiveUp]);
const PERMIT: Actor = actor(6, &[Reserve, Enter(0), KeepUnder(0, Some("p")), Leave(0), Release]);

fn anyone(steps: &'static [Step]) -> Actor {
    actor(7, steps)
}

/// Plays every merge of the actors' steps, with and without failed turns; returns how many there were.
fn explore(actors: &[Actor]) -> usize {
    let [kept, dropped] = [false, true].map(|without_failed_turns| explore_one(actors, without_failed_turns));
    assert_eq!(kept, dropped);
    kept
}

fn explore_one(actors: &[Actor], without_failed_turns: bool) -> usize {
    let mut remaining: Vec<usize> = actors.iter().map(|actor| actor.steps.len()).collect();
    let mut played = 0;
    merge(&mut remaining, &mut Vec::new(), &mut |schedule| {
        if play(actors, schedule, without_failed_turns) {
            played += 1;
        }
    });
    played
}

/// Whether there is such an interleaving: while a closure updates the latest turn, who would change it waits.
fn play(actors: &[Actor], schedule: &[usize], without_failed_turns: bool) -> bool {
    let mut world = World::new(without_failed_turns);
    let mut steps = vec![0; actors.len()];
    for &who in schedule {
        let Actor { owner, steps: script } = actors[who];
        if !world.play(owner, script[steps[who]]) {
            return false;
        }
        steps[who] += 1;
    }
    assert!(!world.is_claimed(), "every schedule ends with a free session");
    true
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

#[test]
fn two_starts_race() {
    assert_eq!(explore(&[A, B, anyone(&[Append("x")]), anyone(&[Update("u")])]), 1120);
}

#[test]
fn a_cancel_races_two_runs() {
    assert_eq!(explore(&[A, FAILS, anyone(&[Cancel]), anyone(&[Cancel])]), 1120);
}

#[test]
fn a_failing_start_races_a_rerun() {
    assert_eq!(explore(&[FAILING_START, RERUN, anyone(&[Append("x")]), anyone(&[Cancel])]), 420);
}

#[test]
fn starts_of_every_kind_race() {
    let actors = [A, RERUN, FAILING_START, anyone(&[Append("x")]), anyone(&[Cancel])];
    assert_eq!(explore(&actors), 50_400);
}

#[test]
fn runs_in_place_race_starts() {
    assert_eq!(explore(&[IN_PLACE, A, anyone(&[Append("x")]), anyone(&[Cancel])]), 1120);
    assert_eq!(explore(&[LATEST_IN_PLACE, RERUN, anyone(&[Append("x")]), anyone(&[Update("u")])]), 1120);
    assert_eq!(explore(&[DROPPED_IN_PLACE, FAILS, anyone(&[Cancel, Append("x")])]), 210);
}

#[test]
fn runs_in_place_race_each_other() {
    let actors = [IN_PLACE, LATEST_IN_PLACE, DROPPED_IN_PLACE, anyone(&[Append("x")]), anyone(&[Cancel])];
    assert_eq!(explore(&actors), 50_400);
}

#[test]
fn a_permit_races_runs() {
    assert_eq!(explore(&[PERMIT, A, anyone(&[Cancel]), anyone(&[Append("x")])]), 5040);
    assert_eq!(explore(&[PERMIT, LATEST_IN_PLACE, anyone(&[Cancel]), anyone(&[Update("u")])]), 5040);
}

#[test]
fn runs_of_one_permit_overlap() {
    let first = actor(6, &[Reserve, Enter(0), KeepUnder(0, None), Leave(0), Release]);
    let second = actor(6, &[Enter(1), KeepUnder(1, None), Leave(1)]);
    assert_eq!(explore(&[first, second, anyone(&[Cancel, Append("x")])]), 2520);
    assert_eq!(explore(&[first, second, actor(6, &[Name]), anyone(&[Cancel])]), 5040);
}

#[test]
fn a_permits_cancel_target_is_set_twice() {
    let permit = actor(6, &[Reserve, Name, Enter(0), Name, Leave(0), Release]);
    assert_eq!(explore(&[permit, anyone(&[Cancel, Cancel]), anyone(&[Cancel])]), 252);
}

#[test]
fn a_permit_is_released_by_others() {
    let helper = actor(6, &[Release, Enter(1), Leave(1)]);
    assert_eq!(explore(&[PERMIT, helper, anyone(&[Reserve, Release])]), 2520);
    assert_eq!(explore(&[PERMIT, helper, IN_PLACE]), 9240);
}

#[test]
fn a_start_takes_a_permit_over() {
    let permit = actor(6, &[Reserve, TakeOver, Begin(Some("t")), Finish { succeeds: true }, Release]);
    assert_eq!(explore(&[permit, RERUN, anyone(&[Cancel]), anyone(&[Append("x")])]), 5040);
    let named = actor(6, &[Reserve, Name, TakeOver, Begin(None), Finish { succeeds: true }]);
    assert_eq!(explore(&[named, anyone(&[Cancel, Append("x")]), actor(6, &[Release])]), 168);
}

#[test]
fn a_start_that_takes_a_permit_over_fails() {
    let permit = actor(6, &[Reserve, Enter(0), Leave(0), TakeOver, GiveUp, Release]);
    assert_eq!(explore(&[permit, A, anyone(&[Cancel])]), 840);
    assert_eq!(explore(&[permit, anyone(&[Reserve, Release]), actor(6, &[Release])]), 252);
}

#[test]
fn a_limit_of_the_history_races_runs() {
    let limits = anyone(&[KeepLatest(1)]);
    assert_eq!(explore(&[A, limits, anyone(&[Append("x"), Append("y")])]), 60);
    assert_eq!(explore(&[RERUN, LATEST_IN_PLACE, limits, anyone(&[Append("x")])]), 1120);
    assert_eq!(explore(&[PERMIT, B, anyone(&[KeepLatest(2), KeepLatest(0)])]), 2520);
}

#[test]
fn an_update_races_everything_but_a_claim() {
    let updates = anyone(&[TakeLatest, PutLatest("u")]);
    let released = actor(6, &[Reserve, Enter(0), Release, KeepUnder(0, None), Leave(0)]);
    let waited = explore(&[released, updates, actor(8, &[Append("x")])]);
    assert!(waited > 0 && waited < 168, "some interleavings wait: {waited}");
    let waited = explore(&[released, updates, anyone(&[KeepLatest(1)]), anyone(&[Cancel])]);
    assert!(waited > 0 && waited < 1512, "some interleavings wait: {waited}");
}
