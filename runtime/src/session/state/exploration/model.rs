//! What the state is compared with: all turns that ever were, and who has the claim.

use super::*;

/// Every turn there ever was, at its position; those that were let go are `None`.
#[derive(Default)]
pub(super) struct Turns {
    ever: Vec<Option<Arc<Turn>>>,
    limit: Option<usize>,
}

impl Turns {
    pub(super) fn left(&self) -> Vec<Arc<Turn>> {
        self.ever.iter().flatten().cloned().collect()
    }

    pub(super) fn last(&self) -> usize {
        self.ever.len() - 1
    }

    pub(super) fn push(&mut self, turn: Arc<Turn>) -> usize {
        self.ever.push(Some(turn));
        self.let_go();
        self.last()
    }

    /// Where no turn is left, none comes back.
    pub(super) fn put(&mut self, position: usize, turn: Arc<Turn>) {
        self.ever[position] = self.ever[position].take().map(|_| turn);
    }

    pub(super) fn get(&self, position: usize) -> Option<&Arc<Turn>> {
        self.ever[position].as_ref()
    }

    pub(super) fn keep_latest(&mut self, turns: usize) {
        self.limit = Some(turns.max(1));
        self.let_go();
    }

    fn let_go(&mut self) {
        while self.limit.is_some_and(|limit| self.left().len() > limit) {
            *self.ever.iter_mut().find(|turn| turn.is_some()).expect("more than the limit") = None;
        }
    }
}

/// What a thread has in its hands.
#[derive(Default)]
pub(super) struct Hands {
    /// The claim of a start or a run in place.
    pub(super) claim: Option<RunId>,
    pub(super) permit: Option<RunId>,
    /// The latest turn when it came by the claim.
    pub(super) latest: Option<Latest>,
    pub(super) input: Option<Arc<Turn>>,
    /// Where a started run's turn stands.
    pub(super) position: Option<usize>,
    /// The runs of its permit, with the number of their context and the latest turn when they entered.
    pub(super) entries: [Option<(EntryId, usize, Latest)>; 2],
    pub(super) taken: Option<Latest>,
}

pub(super) fn named(name: &str) -> Arc<Turn> {
    Arc::new(Turn::builder().with_id(name).with_user_prompt("prompt").build())
}

pub(super) fn answered(turn: &Turn) -> Arc<Turn> {
    Arc::new(Turn { id: format!("{}!", turn.id), ..turn.clone() })
}
