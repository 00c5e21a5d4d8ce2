//! What a cancel of the active claim reaches (invariant 17).

use crate::context::CancelHandle;

/// Tells the runs of one permit apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::session) struct EntryId(u64);

#[derive(Debug)]
pub(super) enum Target {
    /// The one run, in place or on its task.
    Run(CancelHandle),
    /// The runs of a permit, or what its holder named.
    Permit(PermitTarget),
}

#[derive(Debug, Default)]
pub(super) struct PermitTarget {
    named: Option<CancelHandle>,
    runs: Vec<(EntryId, CancelHandle)>,
    entries: u64,
    /// A cancel came while nothing was named: it holds until the claim ends.
    is_cancelled: bool,
}

impl Target {
    /// Notes a cancel. Returns what it reaches now.
    pub(super) fn cancel(&mut self) -> Vec<CancelHandle> {
        match self {
            Self::Run(cancel) => vec![cancel.clone()],
            Self::Permit(permit) => permit.cancel(),
        }
    }

    pub(super) fn permit(&mut self) -> Option<&mut PermitTarget> {
        match self {
            Self::Run(_) => None,
            Self::Permit(permit) => Some(permit),
        }
    }
}

impl PermitTarget {
    fn cancel(&mut self) -> Vec<CancelHandle> {
        if let Some(named) = &self.named {
            return vec![named.clone()];
        }
        self.is_cancelled = true;
        self.runs.iter().map(|(_, cancel)| cancel.clone()).collect()
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.is_cancelled
    }

    pub(super) fn name(&mut self, cancel: CancelHandle) {
        self.named = Some(cancel);
    }

    pub(super) fn enter(&mut self, cancel: CancelHandle) -> EntryId {
        self.entries += 1;
        let entry = EntryId(self.entries);
        self.runs.push((entry, cancel));
        entry
    }

    pub(super) fn leave(&mut self, entry: EntryId) {
        self.runs.retain(|(of, _)| *of != entry);
    }
}
