//! What a package still needs once changes are made.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::cx::Cx;
use super::super::index::{CrateId, FileIdx};
use super::super::ledger;
use super::Decided;

/// What the manifest of a package depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PackageOutcome {
    /// Whether the selected changes write the new crate's name.
    pub(crate) gains_runtime: bool,
    /// Whether it still does after the selected changes.
    pub(crate) left: bool,
    /// Whether it would after all safe changes.
    pub(crate) left_after_safe: bool,
    /// Whether it would after all safe and offered changes.
    pub(crate) left_after_offered: bool,
    /// Whether it would after all changes.
    pub(crate) left_after_draft: bool,
}

impl PackageOutcome {
    /// There is code that nobody has looked at.
    pub(crate) fn keep_legacy(&mut self) {
        self.left = true;
        self.left_after_safe = true;
        self.left_after_offered = true;
        self.left_after_draft = true;
    }
}

/// The outcomes of all packages of a group.
pub(super) fn of_packages(
    cx: &Cx<'_>,
    owners: &HashMap<CrateId, usize>,
    count: usize,
    decided: &Decided,
) -> Vec<PackageOutcome> {
    // Examples that nobody builds need nothing.
    let is_built = |file: FileIdx| cx.documented.examples.get(cx.hir(file).file).is_none_or(|example| example.is_built);
    let owner = |file: FileIdx| {
        let module = cx.program.module_of_file(file).filter(|_| is_built(file))?;
        owners.get(&cx.program.def(module).krate).copied()
    };
    let mut outcomes = vec![PackageOutcome::default(); count];
    for change in &decided.chosen.changes {
        if let Some(owner) = owner(change.file)
            && change.edit.text().contains(cx.runtime(change.file))
        {
            outcomes[owner].gains_runtime = true;
        }
    }
    let unread: BTreeMap<FileIdx, bool> =
        cx.inferred.keys().map(|&file| (file, ledger::names_crate_unread(cx, file))).collect();
    let mut mark = |left: &BTreeSet<FileIdx>, set: &mut dyn FnMut(&mut PackageOutcome)| {
        for (&file, &unread) in &unread {
            if (unread || left.contains(&file))
                && let Some(owner) = owner(file)
            {
                set(&mut outcomes[owner]);
            }
        }
    };
    mark(&decided.chosen.imports.legacy_left, &mut |outcome| outcome.left = true);
    mark(&decided.safe.imports.legacy_left, &mut |outcome| outcome.left_after_safe = true);
    mark(&decided.offered.imports.legacy_left, &mut |outcome| outcome.left_after_offered = true);
    mark(&decided.drafted.imports.legacy_left, &mut |outcome| outcome.left_after_draft = true);
    outcomes
}
