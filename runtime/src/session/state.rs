//! The logic of a session, without threads, tasks or clocks: each method is one step under the session's lock.
//!
//! # Invariants
//!
//! Tests cite these numbers. A *claim* is a run's or a permit's; a *run in place* is one in its caller's task, a
//! *started* one has a task of its own.
//!
//! 1. **One claim.** A claim succeeds exactly when there is none; check and claim are one step. A started run and a
//!    run in place hold theirs while the builder builds and until they have ended, a permit until it is released or
//!    dropped, whatever its runs do.
//! 2. **A start that fails leaves no trace.** Nothing is appended and nothing is claimed.
//! 3. **In place.** The result of a started run replaces the turn that the run was started with, by its position.
//!    Turns appended meanwhile keep theirs.
//! 4. **A run without success changes nothing.** On error, cancellation or panic its turn stays as it was.
//! 5. **The run's context ends with the run**, however that ends; nothing stays behind on a long-lived parent. Only a
//!    permit's runs leave theirs as it is.
//! 6. **The run's context tells who runs**: session id, inference id, and the caller's tracing span. A run in place
//!    adds nothing to its caller's context.
//! 7. **A cancel is final.** Once asked for while a started run is active, the run ends as `Cancelled`, whatever the
//!    runner answers. One that comes later changes nothing. A run in place ends with what its runner answers.
//! 8. **The runner may finish its own way** after a cancel, until the grace is over; then its future is dropped. A run
//!    in place has no grace: only its caller drops it.
//! 9. **A panic frees the session** and ends a started run as an error. It passes through a run in place.
//! 10. **Handles only watch.** Dropping all of them cancels nothing.
//! 11. **`wait()` comes last**: after `is_running()` is false, after the turn shows the result, after the run's
//!     context is cancelled.
//! 12. **The history is the caller's between runs**: the latest turn can be updated only while there is no claim.
//! 13. **Without failed turns**, where the session says so, a run's turn joins the history with its result and is the
//!     latest one then. Until it does, and where it never does, the history is as if the run had not been started.
//! 14. **A run in place shows once**: nothing before it succeeds; then its result is the latest turn, in place of the
//!     turn that it ran again if that is the latest still. It is there before a persister is called, and stays
//!     whatever becomes of the run and of its permit.
//! 15. **A run in place ends from the inside out**: the runner's future goes while the session is claimed and the
//!     context is not cancelled, then the runner, then the session is free, then the context is cancelled.
//! 16. **A permit frees what it claimed, and once.** A release after the first, and the drop of a released permit,
//!     touch nobody's later claim. Its runs need its claim: after the release none begins, and one in flight goes on.
//! 17. **A cancel reaches the claim.** That of a run: the run. That of a permit: what its holder named last, and only
//!     that; where nothing was named, the runs that the permit is in, those to come, and what is named later.
//! 18. **A start takes a permit's claim over** without a gap. If it fails the session is free; after a cancel the run
//!     is born cancelled.
//! 19. **Nobody else's code runs under the lock**: no closure, waker, builder or runner, and none is dropped under it.
//! 20. **At most so many turns** are kept, where the session says so; the oldest go. The result of a started run goes
//!     with its turn.

mod history;
mod target;

use std::collections::VecDeque;
use std::sync::Arc;

pub(super) use history::Latest;
pub(super) use target::EntryId;

use super::SessionError;
use crate::context::CancelHandle;
use crate::turns::Turn;
use history::History;
use target::{PermitTarget, Target};

/// Tells the claims of one session apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RunId(u64);

/// Where a run's turn stands.
#[derive(Debug)]
pub(super) enum Placement {
    /// It is the turn that was the latest when the session was claimed.
    Latest,
    /// It comes after all others.
    Appended(Arc<Turn>),
}

/// The turns, and the claim if there is one.
#[derive(Debug, Default)]
pub(super) struct SessionState {
    history: History,
    active: Option<Active>,
    claims: u64,
    without_failed_turns: bool,
}

#[derive(Debug)]
struct Active {
    run: RunId,
    /// The position of a started run's turn, once it has one; before it begins, of the latest turn at the claim.
    position: Option<usize>,
    target: Target,
    cancel_requested: bool,
}

/// A permit's claim that has become a start's.
pub(super) struct TakenOver {
    pub(super) run: RunId,
    pub(super) latest: Option<Latest>,
    pub(super) is_cancelled: bool,
}

/// A run that a permit was entered for.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: EntryId,
    pub(super) latest: Option<Latest>,
    pub(super) is_cancelled: bool,
}

impl SessionState {
    /// From now on a run's turn waits for its result (invariant 13).
    pub(super) fn leave_failed_turns_out(&mut self) {
        self.without_failed_turns = true;
    }

    /// Keeps at most this many turns from now on (invariant 20). Returns those that go.
    pub(super) fn keep_latest(&mut self, turns: usize) -> VecDeque<Arc<Turn>> {
        self.history.keep_latest(turns)
    }

    pub(super) fn append(&mut self, turn: Arc<Turn>) {
        self.history.push(turn);
    }

    pub(super) fn turns(&self) -> &VecDeque<Arc<Turn>> {
        self.history.turns()
    }

    pub(super) fn latest(&self) -> Option<&Arc<Turn>> {
        self.history.turns().back()
    }

    pub(super) fn is_active(&self) -> bool {
        self.active.is_some()
    }

    pub(super) fn is_active_run(&self, run: RunId) -> bool {
        self.active.as_ref().is_some_and(|active| active.run == run)
    }

    /// The latest turn, for its update (invariant 12).
    pub(super) fn latest_to_update(&self) -> Result<Latest, SessionError> {
        if self.is_active() {
            return Err(SessionError::AlreadyActive);
        }
        self.history.latest().ok_or(SessionError::EmptyTurn)
    }

    /// Puts an updated turn in place. Where a result has come meanwhile, from a run whose permit was released, the
    /// update was before it.
    pub(super) fn update(&mut self, taken: &Latest, turn: Arc<Turn>) {
        if self.history.get(taken.position).is_some_and(|there| Arc::ptr_eq(there, &taken.turn)) {
            self.history.replace(taken.position, turn);
        }
    }

    /// Claims the session for a run (invariant 1). Returns the latest turn at that moment, too.
    pub(super) fn claim(&mut self, cancel: CancelHandle) -> Result<(RunId, Option<Latest>), SessionError> {
        self.claim_for(Target::Run(cancel))
    }

    /// Claims the session for a permit (invariant 1).
    pub(super) fn reserve(&mut self) -> Result<RunId, SessionError> {
        self.claim_for(Target::Permit(PermitTarget::default())).map(|(run, _)| run)
    }

    fn claim_for(&mut self, target: Target) -> Result<(RunId, Option<Latest>), SessionError> {
        if self.is_active() {
            return Err(SessionError::AlreadyActive);
        }
        self.claims += 1;
        let (run, latest) = (RunId(self.claims), self.history.latest());
        let position = latest.as_ref().map(|latest| latest.position);
        self.active = Some(Active { run, position, target, cancel_requested: false });
        Ok((run, latest))
    }

    fn claimed_by(&mut self, run: RunId) -> Option<&mut Active> {
        self.active.as_mut().filter(|active| active.run == run)
    }

    fn permit(&mut self, permit: RunId) -> Option<&mut PermitTarget> {
        self.claimed_by(permit)?.target.permit()
    }

    /// Lets a run in under a permit (invariants 16 and 17).
    pub(super) fn enter(&mut self, permit: RunId, cancel: CancelHandle) -> Result<Entry, SessionError> {
        let permit = self.permit(permit).ok_or(SessionError::NoActive)?;
        let (id, is_cancelled) = (permit.enter(cancel), permit.is_cancelled());
        Ok(Entry { id, latest: self.history.latest(), is_cancelled })
    }

    /// A run under a permit has ended.
    pub(super) fn leave(&mut self, permit: RunId, entry: EntryId) {
        if let Some(permit) = self.permit(permit) {
            permit.leave(entry);
        }
    }

    /// Names what cancels of a permit reach from now on. Returns it if one that came before is to reach it, too
    /// (invariant 17).
    pub(super) fn name_target(&mut self, permit: RunId, cancel: CancelHandle) -> Option<CancelHandle> {
        let permit = self.permit(permit)?;
        permit.name(cancel.clone());
        permit.is_cancelled().then_some(cancel)
    }

    /// Makes a permit's claim that of a start (invariant 18). `None` when it was released.
    pub(super) fn take_over(&mut self, permit: RunId, cancel: CancelHandle) -> Option<TakenOver> {
        let latest = self.history.latest();
        let active = self.active.as_mut().filter(|active| active.run == permit)?;
        self.claims += 1;
        active.run = RunId(self.claims);
        active.position = latest.as_ref().map(|latest| latest.position);
        active.target = Target::Run(cancel);
        Some(TakenOver { run: active.run, latest, is_cancelled: active.cancel_requested })
    }

    /// Makes the result of a run in place the latest turn (invariant 14). `ran` is the position of the turn that it
    /// ran again.
    pub(super) fn keep_result(&mut self, turn: Arc<Turn>, ran: Option<usize>) {
        match ran.filter(|&ran| self.history.is_latest(ran)) {
            Some(ran) => self.history.replace(ran, turn),
            None => self.append(turn),
        }
    }

    /// Gives up a claim, if it is still held: that of a start that came to nothing (invariant 2), of a run in place
    /// that has ended, or of a permit (invariant 16).
    pub(super) fn release(&mut self, run: RunId) {
        self.active.take_if(|active| active.run == run);
    }

    /// Turns a claim into a run: from here on its turn has a position, or waits for its result (invariant 13).
    pub(super) fn begin(&mut self, run: RunId, placement: Placement) {
        let Placement::Appended(turn) = placement else { return };
        if !self.is_active_run(run) {
            return;
        }
        let position = (!self.without_failed_turns).then(|| self.history.push(turn));
        if let Some(active) = self.claimed_by(run) {
            active.position = position;
        }
    }

    /// Notes that the active claim was cancelled (invariants 7 and 17), and returns what is to be told.
    pub(super) fn request_cancel(&mut self) -> Option<Vec<CancelHandle>> {
        let active = self.active.as_mut()?;
        active.cancel_requested = true;
        Some(active.target.cancel())
    }

    /// The same for one run; `None` when it has ended.
    pub(super) fn request_cancel_of(&mut self, run: RunId) -> Option<Vec<CancelHandle>> {
        if self.is_active_run(run) { self.request_cancel() } else { None }
    }

    /// Ends a started run (invariants 3, 4, 7, 13, 20): puts its turn in place and frees the session. Returns how the
    /// run ended.
    ///
    /// `cancelled` says that its context was, from wherever.
    pub(super) fn finish(
        &mut self,
        run: RunId,
        outcome: Result<Arc<Turn>, SessionError>,
        cancelled: bool,
    ) -> Result<Arc<Turn>, SessionError> {
        let Some(active) = self.active.take_if(|active| active.run == run) else {
            return Err(SessionError::NoActive);
        };
        if cancelled || active.cancel_requested {
            return Err(SessionError::Cancelled);
        }
        let turn = outcome?;
        let place = active.position.filter(|&at| !self.without_failed_turns || self.history.is_latest(at));
        match place {
            Some(position) => self.history.replace(position, Arc::clone(&turn)),
            None => self.append(Arc::clone(&turn)),
        }
        Ok(turn)
    }
}

#[cfg(test)]
mod exploration;
