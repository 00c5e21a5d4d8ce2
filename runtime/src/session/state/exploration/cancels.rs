//! Which contexts are to be cancelled, told from what has happened so far (invariant 17).

use super::*;
use crate::context::Context;

/// What has happened. Claims and contexts are numbered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Happened {
    /// Somebody claimed for a run with this context.
    Claimed {
        claim: RunId,
        context: usize,
    },
    Reserved {
        permit: RunId,
    },
    Entered {
        permit: RunId,
        context: usize,
    },
    Left {
        context: usize,
    },
    Named {
        permit: RunId,
        context: usize,
    },
    TakenOver {
        permit: RunId,
        context: usize,
    },
    Freed,
    Cancelled,
}

use Happened::{Cancelled, Claimed, Entered, Freed, Left, Named, Reserved, TakenOver};

#[derive(Default)]
pub(super) struct Cancels {
    log: Vec<Happened>,
    contexts: Vec<Context>,
}

impl Cancels {
    pub(super) fn note(&mut self, happened: Happened) {
        self.log.push(happened);
    }

    /// A context with its number.
    pub(super) fn context(&mut self) -> (usize, CancelHandle) {
        let (context, cancel) = Context::background().with_cancel();
        self.contexts.push(context);
        (self.contexts.len() - 1, cancel)
    }

    pub(super) fn check(&self) {
        for (number, context) in self.contexts.iter().enumerate() {
            let cancels = (0..self.log.len()).filter(|&at| self.log[at] == Cancelled);
            let expected = cancels.into_iter().any(|at| self.reaches(at, number));
            assert_eq!(context.is_cancelled(), expected, "invariant 17: context {number} after {:?}", self.log);
        }
    }

    /// Whether the claim under which the log's entry `at` stands was cancelled.
    pub(super) fn was_cancelled(&self) -> bool {
        let since = self.log.iter().rposition(|entry| matches!(entry, Claimed { .. } | Reserved { .. }));
        since.is_some_and(|since| self.log[since..].contains(&Cancelled))
    }

    /// Whether the cancel at this place of the log reaches this context, then or later.
    fn reaches(&self, at: usize, context: usize) -> bool {
        let (before, after) = self.log.split_at(at);
        let claim = before.iter().rposition(|entry| matches!(entry, Claimed { .. } | Reserved { .. } | Freed));
        match claim.map(|since| (before[since], &before[since..])) {
            Some((Claimed { context: of_run, .. }, _)) => of_run == context,
            Some((Reserved { permit }, before)) => reaches_of_permit(permit, context, before, after),
            _ => false,
        }
    }
}

fn reaches_of_permit(permit: RunId, context: usize, before: &[Happened], after: &[Happened]) -> bool {
    let taken_over = TakenOver { permit, context };
    if before.iter().any(|entry| matches!(entry, TakenOver { .. })) {
        return before.contains(&taken_over);
    }
    let named = before.iter().rev().find_map(|entry| match entry {
        Named { context, .. } => Some(*context),
        _ => None,
    });
    let entered = Entered { permit, context };
    let is_of_permit = match named {
        Some(named) => named == context,
        None => {
            (before.contains(&entered) && !before.contains(&Left { context }))
                || after.contains(&entered)
                || after.contains(&Named { permit, context })
        }
    };
    is_of_permit || after.contains(&taken_over)
}
