//! The logic of a session, without threads, tasks or clocks: each method is one step under the session's lock.
//!
//! # Invariants
//!
//! Tests cite these numbers.
//!
//! 1. **One active run.** A claim succeeds exactly when there is no active run; check and claim are one step. The
//!    claim holds while the builder builds.
//! 2. **A start that fails leaves no trace.** Nothing is appended and nothing is claimed.
//! 3. **In place.** The result replaces the turn that the run was started with, by its position. Turns appended
//!    meanwhile keep theirs.
//! 4. **A run without success changes nothing.** On error, cancellation or panic its turn stays as it was.
//! 5. **The run's context ends with the run**, however that ends; nothing stays behind on a long-lived parent.
//! 6. **The run's context tells who runs**: session id, inference id, and the caller's tracing span.
//! 7. **A cancel is final.** Once asked for while the run is active, the run ends as `Cancelled`, whatever the
//!    runner answers. One that comes later changes nothing.
//! 8. **The runner may finish its own way** after a cancel, until the grace is over; then its future is dropped.
//! 9. **A panic frees the session** and ends the run as an error.
//! 10. **Handles only watch.** Dropping all of them cancels nothing.
//! 11. **`wait()` comes last**: after `is_running()` is false, after the turn shows the result, after the run's
//!     context is cancelled.
//! 12. **The history is the caller's between runs**: the latest turn can be updated only while no run is active.
//! 13. **Without failed turns**, where the session says so, a run's turn joins the history with its result and is the
//!     latest one then. Until it does, and where it never does, the history is as if the run had not been started.

use std::sync::Arc;

use super::SessionError;
use crate::context::CancelHandle;
use crate::turns::Turn;

/// Tells the runs of one session apart.
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

/// Turns (shared, so that none is copied under the lock), and the active run if there is one.
#[derive(Debug, Default)]
pub(super) struct SessionState {
    turns: Vec<Arc<Turn>>,
    active: Option<Active>,
    claims: u64,
    without_failed_turns: bool,
}

#[derive(Debug)]
struct Active {
    run: RunId,
    /// The position of the run's turn, once it has one; before it begins, of the latest turn at the claim.
    position: Option<usize>,
    cancel: CancelHandle,
    cancel_requested: bool,
}

impl SessionState {
    /// From now on a run's turn waits for its result (invariant 13).
    pub(super) fn leave_failed_turns_out(&mut self) {
        self.without_failed_turns = true;
    }

    pub(super) fn append(&mut self, turn: Arc<Turn>) {
        self.turns.push(turn);
    }

    pub(super) fn turns(&self) -> &[Arc<Turn>] {
        &self.turns
    }

    pub(super) fn latest(&self) -> Option<&Arc<Turn>> {
        self.turns.last()
    }

    pub(super) fn is_active(&self) -> bool {
        self.active.is_some()
    }

    pub(super) fn is_active_run(&self, run: RunId) -> bool {
        self.active.as_ref().is_some_and(|active| active.run == run)
    }

    /// Changes the latest turn as a whole or, if `f` panics, not at all (invariant 12).
    pub(super) fn update_latest<R>(&mut self, f: impl FnOnce(&mut Turn) -> R) -> Result<R, SessionError> {
        if self.is_active() {
            return Err(SessionError::AlreadyActive);
        }
        let latest = self.turns.last_mut().ok_or(SessionError::EmptyTurn)?;
        let mut updated = Turn::clone(latest);
        let returned = f(&mut updated);
        *latest = Arc::new(updated);
        Ok(returned)
    }

    /// Claims the session for a start (invariant 1). Returns the latest turn at that moment, too.
    pub(super) fn claim(&mut self, cancel: CancelHandle) -> Result<(RunId, Option<Arc<Turn>>), SessionError> {
        if self.is_active() {
            return Err(SessionError::AlreadyActive);
        }
        self.claims += 1;
        let run = RunId(self.claims);
        let position = self.turns.len().checked_sub(1);
        self.active = Some(Active { run, position, cancel, cancel_requested: false });
        Ok((run, self.latest().cloned()))
    }

    /// Gives up a claim that came to nothing (invariant 2).
    pub(super) fn release(&mut self, run: RunId) {
        self.active.take_if(|active| active.run == run);
    }

    /// Turns a claim into a run: from here on its turn has a position, or waits for its result (invariant 13).
    pub(super) fn begin(&mut self, run: RunId, placement: Placement) {
        let Some(active) = self.active.as_mut().filter(|active| active.run == run) else {
            return;
        };
        if let Placement::Appended(turn) = placement {
            active.position = (!self.without_failed_turns).then_some(self.turns.len());
            if !self.without_failed_turns {
                self.turns.push(turn);
            }
        }
    }

    /// Notes that the active run is to end as cancelled (invariant 7), and returns what tells it.
    pub(super) fn request_cancel(&mut self) -> Option<CancelHandle> {
        let active = self.active.as_mut()?;
        active.cancel_requested = true;
        Some(active.cancel.clone())
    }

    /// The same for one run; `None` when it has ended.
    pub(super) fn request_cancel_of(&mut self, run: RunId) -> Option<CancelHandle> {
        if self.is_active_run(run) { self.request_cancel() } else { None }
    }

    /// Ends a run (invariants 3, 4, 7, 13): puts its turn in place and frees the session. Returns how the run ended.
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
        let is_overtaken = self.without_failed_turns && active.position.is_some_and(|at| at + 1 < self.turns.len());
        match active.position.and_then(|position| self.turns.get_mut(position)) {
            Some(place) if !is_overtaken => place.clone_from(&turn),
            _ => self.turns.push(Arc::clone(&turn)),
        }
        Ok(turn)
    }
}

#[cfg(test)]
mod exploration;
