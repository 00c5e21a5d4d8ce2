//! A tree on the disk that is brought from one state to another and compiled in each.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bisect::{Failure, Units};
use super::journal::Journal;
use super::locks::Locks;
use super::suspects::suspects;
use super::write::Rewrite;
use super::{ApplyError, rewrite};
use crate::Stage;
use crate::finding::UnitId;
use crate::frontend::{CompileError, Diagnostic, Frontend, Package, Selection};
use crate::plan::{self, Change, Plan, PlanError};
use crate::source::Source;
use crate::tree::{FileId, Tree};

/// How many states are compiled at most; a migration that needs more is taken back.
const STATES: usize = 40;

/// The new texts of the changed files.
type Texts = BTreeMap<FileId, Arc<Source>>;

/// The tree and what is known about its states.
pub(super) struct Workbench<'a> {
    pub(super) plan: &'a Plan,
    pub(super) frontends: &'a [&'a dyn Frontend],
    pub(super) selection: &'a Selection,
    pub(super) progress: &'a dyn Fn(Stage),
    /// The packages whose compiling is asked for.
    pub(super) packages: Vec<Package>,
    /// The units that can be left out.
    pub(super) units: Units,
    /// The tree as it was read; no file that any state changes is read from the disk again.
    tree: Tree,
    stands: Vec<Change>,
    journal: Journal,
    known: Vec<(Texts, Option<Failure>)>,
}

impl<'a> Workbench<'a> {
    /// Nothing is changed yet.
    pub(super) fn new(
        plan: &'a Plan,
        frontends: &'a [&'a dyn Frontend],
        selection: &'a Selection,
        progress: &'a dyn Fn(Stage),
        units: Units,
    ) -> Self {
        Self {
            plan,
            frontends,
            selection,
            progress,
            units,
            packages: Vec::new(),
            tree: plan.tree.clone(),
            stands: Vec::new(),
            journal: Journal::new(&plan.tree.roots),
            known: Vec::new(),
        }
    }

    /// Compiles a package as it stands.
    pub(super) fn compile(&self, package: &Package) -> Result<(), CompileError> {
        (self.progress)(Stage::Compiling { state: self.known.len() });
        match self.frontends.iter().find(|frontend| frontend.language() == package.language) {
            Some(frontend) => frontend.compile(package),
            None => Err(CompileError::NoManifest),
        }
    }

    /// Why the tree does not compile with just these units carried out; it stands so afterwards.
    pub(super) fn attempt(&mut self, units: &Units) -> Result<Option<Failure>, ApplyError> {
        let changes = match self.changes(units) {
            Ok(changes) => changes,
            Err(error) => return Ok(Some(failure(Diagnostic { place: None, text: described(&error) }))),
        };
        let texts: Texts = changes.iter().map(|change| (change.file, change.after.clone())).collect();
        if let Some((_, known)) = self.known.iter().find(|(other, _)| is_same(other, &texts)) {
            return Ok(known.clone());
        }
        if self.known.len() >= STATES {
            let text = format!("not tried: {STATES} states of the tree were compiled, and the search was given up");
            return Ok(Some(failure(Diagnostic { place: None, text })));
        }
        self.stand(changes)?;
        let failure = self.failure()?;
        self.known.push((texts, failure.clone()));
        Ok(failure)
    }

    /// The changes of just these units.
    pub(super) fn changes(&mut self, units: &Units) -> Result<Vec<Change>, PlanError> {
        let changes = if *units == self.units { self.plan.changes.clone() } else { self.plan_of(units)?.changes };
        let before = changes.iter().map(|change| (change.file, change.before.clone()));
        self.tree = self.tree.with_texts(before);
        Ok(changes)
    }

    /// The plan for just these units.
    pub(super) fn plan_of(&self, units: &Units) -> Result<Plan, PlanError> {
        let left_out = self.units.difference(units).cloned();
        let excluded: Vec<UnitId> = self.selection.excluded.iter().cloned().chain(left_out).collect();
        let selection = self.selection.without(excluded);
        plan::plan(self.tree.clone(), self.plan.problems.clone(), self.frontends, &selection)
    }

    /// Makes the tree stand as it was read, with `changes` carried out.
    pub(super) fn stand(&mut self, changes: Vec<Change>) -> Result<(), ApplyError> {
        let texts = |changes: &[Change]| -> BTreeMap<FileId, Change> {
            changes.iter().map(|change| (change.file, change.clone())).collect()
        };
        let (now, next) = (texts(&self.stands), texts(&changes));
        let all: BTreeMap<FileId, &Change> = now.iter().chain(&next).map(|(&file, change)| (file, change)).collect();
        let steps = all.into_iter().map(|(file, change)| {
            let old = now.get(&file).map_or(&change.before, |now| &now.after);
            let new = next.get(&file).map_or(&change.before, |next| &next.after);
            rewrite(old, new)
        });
        let steps: Vec<Rewrite<'_>> = steps.filter(|step| step.old != step.new).collect();
        self.journal.write(&steps)?;
        self.stands = changes;
        Ok(())
    }

    /// Makes the tree stand as it was read, after an error.
    pub(super) fn put_back(&mut self) -> Result<(), ApplyError> {
        let changed = self.stands.iter().map(|change| change.before.path().to_owned()).collect();
        self.stand(Vec::new()).map_err(|error| ApplyError::NotTakenBack { changed, source: Box::new(error) })?;
        self.journal.discard();
        Ok(())
    }

    /// Ends the work: what stands can be undone, together with the `locks`. Where nothing is changed, these are put back.
    pub(super) fn finish(&mut self, locks: &Locks) -> Result<(), ApplyError> {
        if self.stands.is_empty() {
            locks.restore();
            self.journal.discard();
            return Ok(());
        }
        self.journal.add_locks(&locks.changed())?;
        self.journal.keep();
        Ok(())
    }

    fn failure(&self) -> Result<Option<Failure>, ApplyError> {
        for package in &self.packages {
            match self.compile(package) {
                Ok(()) => {}
                Err(CompileError::Refused(errors)) => {
                    let suspects = suspects(&self.plan.findings, &self.units, &self.stands, &errors);
                    return Ok(Some(Failure { errors, suspects }));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }
}

fn is_same(one: &Texts, other: &Texts) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| one.0 == other.0 && one.1.text() == other.1.text())
}

fn failure(error: Diagnostic) -> Failure {
    Failure { errors: vec![error], suspects: Units::new() }
}

fn described(error: &PlanError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
