//! The turns of a session. A position counts from the first turn ever, also when turns were let go since.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::turns::Turn;

/// Turns, shared, so that none is copied under the session's lock.
#[derive(Debug, Default)]
pub(super) struct History {
    turns: VecDeque<Arc<Turn>>,
    /// How many turns were let go: the position of the oldest one that is left.
    gone: usize,
    limit: Option<usize>,
}

/// The latest turn, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::session) struct Latest {
    pub(in crate::session) turn: Arc<Turn>,
    pub(in crate::session) position: usize,
}

impl History {
    pub(super) fn turns(&self) -> &VecDeque<Arc<Turn>> {
        &self.turns
    }

    pub(super) fn latest(&self) -> Option<Latest> {
        let turn = self.turns.back().cloned()?;
        Some(Latest { turn, position: self.gone + self.turns.len() - 1 })
    }

    pub(super) fn is_latest(&self, position: usize) -> bool {
        position + 1 == self.gone + self.turns.len()
    }

    /// Adds a turn at the end. Returns its position.
    pub(super) fn push(&mut self, turn: Arc<Turn>) -> usize {
        self.turns.push_back(turn);
        self.let_go();
        self.gone + self.turns.len() - 1
    }

    pub(super) fn get(&self, position: usize) -> Option<&Arc<Turn>> {
        self.turns.get(position.checked_sub(self.gone)?)
    }

    /// Puts `turn` at this position; if the one there was let go, `turn` goes as well (invariant 20).
    pub(super) fn replace(&mut self, position: usize, turn: Arc<Turn>) {
        let index = position.checked_sub(self.gone);
        if let Some(place) = index.and_then(|index| self.turns.get_mut(index)) {
            *place = turn;
        }
    }

    /// Keeps at most this many turns from now on, and at least one. Returns those that go, to be dropped outside of
    /// the lock.
    pub(super) fn keep_latest(&mut self, turns: usize) -> VecDeque<Arc<Turn>> {
        self.limit = Some(turns.max(1));
        self.let_go()
    }

    fn let_go(&mut self) -> VecDeque<Arc<Turn>> {
        let excess = self.turns.len().saturating_sub(self.limit.unwrap_or(usize::MAX));
        self.gone += excess;
        self.turns.drain(..excess).collect()
    }
}
