//! The state under test beside the model, and what each step does to both.

use std::collections::BTreeMap;

use super::cancels::{Cancels, Happened};
use super::model::{Hands, Turns, answered, named};
use super::*;

#[derive(Default)]
pub(super) struct World {
    state: SessionState,
    without_failed_turns: bool,
    turns: Turns,
    cancels: Cancels,
    /// Who has the claim, and its number.
    holder: Option<RunId>,
    hands: BTreeMap<usize, Hands>,
    /// Somebody's closure is changing the latest turn.
    is_updating: bool,
}

impl World {
    pub(super) fn new(without_failed_turns: bool) -> Self {
        let mut world = Self { without_failed_turns, ..Self::default() };
        if without_failed_turns {
            world.state.leave_failed_turns_out();
        }
        world.append("seed");
        world
    }

    pub(super) fn is_claimed(&self) -> bool {
        self.holder.is_some()
    }

    /// Whether the step could be done.
    pub(super) fn play(&mut self, who: usize, step: Step) -> bool {
        let waits = matches!(step, Claim | Reserve | Append(_) | Update(_) | TakeLatest);
        if waits && self.is_updating {
            return false;
        }
        match step {
            Claim => self.claim(who),
            Begin(name) => self.begin(who, name),
            Finish { succeeds } => self.finish(who, succeeds),
            Keep(name) => self.keep(who, name),
            GiveUp => self.give_up(who),
            Reserve => self.reserve(who),
            Enter(run) => self.enter(who, run),
            KeepUnder(run, name) => self.keep_under(who, run, name),
            Leave(run) => self.leave(who, run),
            Name => self.name(who),
            Release => self.release(who),
            TakeOver => self.take_over(who),
            Cancel => self.cancel(),
            Append(name) => self.append(name),
            Update(name) => {
                self.take_latest(who);
                self.put_latest(who, name);
            }
            TakeLatest => self.take_latest(who),
            PutLatest(name) => self.put_latest(who, name),
            KeepLatest(turns) => {
                self.state.keep_latest(turns);
                self.turns.keep_latest(turns);
            }
        }
        self.check();
        true
    }

    fn hands(&mut self, who: usize) -> &mut Hands {
        self.hands.entry(who).or_default()
    }

    fn append(&mut self, name: &str) {
        self.state.append(named(name));
        self.turns.push(named(name));
    }

    /// Invariant 1, for whatever claim.
    fn let_in<T>(&mut self, claimed: Result<T, SessionError>) -> Option<T> {
        assert_eq!(claimed.is_ok(), self.holder.is_none(), "invariant 1");
        claimed.inspect_err(|error| assert_eq!(*error, SessionError::AlreadyActive)).ok()
    }

    fn claim(&mut self, who: usize) {
        let (context, cancel) = self.cancels.context();
        let claimed = self.state.claim(cancel);
        if let Some((claim, latest)) = self.let_in(claimed) {
            self.expect_latest(latest.as_ref());
            self.holder = Some(claim);
            self.cancels.note(Happened::Claimed { claim, context });
            *self.hands(who) = Hands { claim: Some(claim), latest, ..Hands::default() };
        }
    }

    fn reserve(&mut self, who: usize) {
        let reserved = self.state.reserve();
        if let Some(permit) = self.let_in(reserved) {
            self.holder = Some(permit);
            self.cancels.note(Happened::Reserved { permit });
            *self.hands(who) = Hands { permit: Some(permit), ..Hands::default() };
        }
    }

    fn expect_latest(&self, latest: Option<&Latest>) {
        let position = self.turns.last();
        let turn = self.turns.get(position).expect("the last turn stays").clone();
        assert_eq!(latest, Some(&Latest { turn, position }));
    }

    fn begin(&mut self, who: usize, name: Option<&str>) {
        let hands = self.hands.entry(who).or_default();
        let (Some(claim), Some(latest)) = (hands.claim, &hands.latest) else { return };
        let placement = match name {
            Some(name) => {
                hands.input = Some(named(name));
                hands.position = (!self.without_failed_turns).then(|| self.turns.push(named(name)));
                Placement::Appended(named(name))
            }
            None => {
                hands.input = Some(latest.turn.clone());
                hands.position = Some(latest.position);
                Placement::Latest
            }
        };
        self.state.begin(claim, placement);
    }

    fn finish(&mut self, who: usize, succeeds: bool) {
        let Hands { claim: Some(claim), input: Some(input), position, .. } = std::mem::take(self.hands(who)) else {
            return;
        };
        let failure = SessionError::Panicked("no luck".into());
        let outcome = if succeeds { Ok(answered(&input)) } else { Err(failure) };
        let ended = self.state.finish(claim, outcome.clone(), false);
        if self.cancels.was_cancelled() {
            assert_eq!(ended, Err(SessionError::Cancelled), "invariants 7, 18");
        } else {
            assert_eq!(ended, outcome);
            match (outcome, position) {
                (Ok(turn), Some(at)) if !self.without_failed_turns || at == self.turns.last() => {
                    self.turns.put(at, turn);
                }
                (Ok(turn), _) => drop(self.turns.push(turn)),
                (Err(_), _) => {}
            }
        }
        self.free(claim);
        assert!(self.state.request_cancel_of(claim).is_none(), "invariant 7: a late cancel reaches nobody");
    }

    /// Invariant 14.
    fn keep_result(&mut self, name: Option<&str>, latest: &Latest) {
        let turn = name.map_or_else(|| latest.turn.clone(), named);
        let ran = name.is_none().then_some(latest.position);
        self.state.keep_result(answered(&turn), ran);
        match ran {
            Some(ran) if ran == self.turns.last() => self.turns.put(ran, answered(&turn)),
            _ => drop(self.turns.push(answered(&turn))),
        }
        assert_eq!(self.state.latest(), Some(&answered(&turn)), "invariant 14: the latest turn, in any case");
    }

    fn keep(&mut self, who: usize, name: Option<&str>) {
        let hands = self.hands(who);
        if let (Some(_), Some(latest)) = (hands.claim, hands.latest.clone()) {
            self.keep_result(name, &latest);
        }
    }

    fn give_up(&mut self, who: usize) {
        if let Some(claim) = std::mem::take(self.hands(who)).claim {
            self.state.release(claim);
            self.free(claim);
        }
    }

    fn enter(&mut self, who: usize, run: usize) {
        let Some(permit) = self.hands(who).permit else { return };
        let (context, cancel) = self.cancels.context();
        let entered = self.state.enter(permit, cancel.clone());
        if self.holder != Some(permit) {
            assert_eq!(entered.expect_err("released"), SessionError::NoActive, "invariant 16");
            return;
        }
        let entry = entered.expect("invariant 16: a permit that is held");
        self.expect_latest(entry.latest.as_ref());
        if entry.is_cancelled {
            cancel.cancel();
        }
        self.cancels.note(Happened::Entered { permit, context });
        self.hands(who).entries[run] = entry.latest.map(|latest| (entry.id, context, latest));
    }

    fn keep_under(&mut self, who: usize, run: usize, name: Option<&str>) {
        let entry = self.hands(who).entries[run].clone();
        if let Some((_, _, latest)) = entry {
            self.keep_result(name, &latest);
        }
    }

    fn leave(&mut self, who: usize, run: usize) {
        let hands = self.hands(who);
        if let (Some(permit), Some((entry, context, _))) = (hands.permit, hands.entries[run].take()) {
            self.state.leave(permit, entry);
            self.cancels.note(Happened::Left { context });
        }
    }

    fn name(&mut self, who: usize) {
        let Some(permit) = self.hands(who).permit else { return };
        let (context, cancel) = self.cancels.context();
        if let Some(cancel) = self.state.name_target(permit, cancel) {
            cancel.cancel();
        }
        if self.holder == Some(permit) {
            self.cancels.note(Happened::Named { permit, context });
        }
    }

    fn release(&mut self, who: usize) {
        if let Some(permit) = self.hands(who).permit {
            self.state.release(permit);
            self.free(permit);
        }
    }

    /// Invariant 18.
    fn take_over(&mut self, who: usize) {
        let Some(permit) = self.hands(who).permit else { return };
        let (context, cancel) = self.cancels.context();
        let taken = self.state.take_over(permit, cancel.clone());
        assert_eq!(taken.is_some(), self.holder == Some(permit), "invariant 16");
        let Some(taken) = taken else { return };
        self.expect_latest(taken.latest.as_ref());
        if taken.is_cancelled {
            cancel.cancel();
        }
        self.holder = Some(taken.run);
        self.cancels.note(Happened::TakenOver { permit, context });
        let hands = self.hands(who);
        (hands.claim, hands.latest) = (Some(taken.run), taken.latest);
    }

    fn free(&mut self, claim: RunId) {
        if self.holder == Some(claim) {
            self.holder = None;
            self.cancels.note(Happened::Freed);
        }
        assert!(!self.state.is_active_run(claim));
    }

    fn cancel(&mut self) {
        let reached = self.state.request_cancel();
        assert_eq!(reached.is_some(), self.holder.is_some(), "invariant 17");
        reached.into_iter().flatten().for_each(|cancel| cancel.cancel());
        self.cancels.note(Happened::Cancelled);
    }

    fn take_latest(&mut self, who: usize) {
        match self.state.latest_to_update() {
            Ok(taken) => {
                assert!(self.holder.is_none(), "invariant 12");
                self.expect_latest(Some(&taken));
                self.is_updating = true;
                self.hands(who).taken = Some(taken);
            }
            Err(error) => {
                assert_eq!(error, SessionError::AlreadyActive);
                assert!(self.holder.is_some(), "invariant 12");
            }
        }
    }

    fn put_latest(&mut self, who: usize, name: &str) {
        let Some(taken) = self.hands(who).taken.take() else { return };
        self.is_updating = false;
        let updated = Arc::new(Turn { id: name.to_owned(), ..Turn::clone(&taken.turn) });
        self.state.update(&taken, updated.clone());
        if self.turns.get(taken.position) == Some(&taken.turn) {
            self.turns.put(taken.position, updated);
        }
    }

    fn check(&self) {
        assert_eq!(*self.state.turns(), self.turns.left(), "invariants 2, 3, 4, 13, 14, 20");
        assert_eq!(self.state.is_active(), self.holder.is_some(), "invariants 1, 2, 16");
        self.cancels.check();
    }
}
