//! Round by round: changes in memory, until the front ends want no more of them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::{Change, PlanError, ask, finished, markers, text_of};
use crate::edit::{Edit, EditSet};
use crate::finding::{Finding, UnitId};
use crate::frontend::{Analysis, Flaw, Frontend, NextStep, Selection};
use crate::marker::Question;
use crate::rules::Rule;
use crate::source::Source;
use crate::tree::{FileId, Problem, ProblemKind, Tree};

/// Changes that make room for further changes need another round; a front end that needs more than this goes in circles.
pub(super) const ROUNDS: usize = 8;

/// What is to be done in one round.
pub(super) struct Wanted {
    edits: Vec<(FileId, Edit)>,
    questions: Vec<(FileId, usize, Question)>,
}

impl Wanted {
    pub(super) fn of(said: &mut Analysis) -> Self {
        Self { edits: std::mem::take(&mut said.edits), questions: std::mem::take(&mut said.questions) }
    }
}

/// One round, carried out: first the changes of code, then the markers in what came out of them.
struct Step {
    changed: BTreeMap<FileId, Arc<Source>>,
    sets: [BTreeMap<FileId, EditSet>; 2],
}

impl Step {
    fn of(tree: &Tree, wanted: Wanted, frontends: &[&dyn Frontend]) -> Result<Self, PlanError> {
        let sets = edit_sets(tree, wanted.edits)?;
        let mut changed = edited(tree, &sets)?;
        let markers = markers::write(tree, &sets, &changed, &wanted.questions, frontends);
        let marked = edited(&tree.with_texts(changed.clone()), &markers)?;
        changed.extend(marked);
        Ok(Self { changed, sets: [sets, markers] })
    }

    fn markers(&self) -> usize {
        self.sets[1].values().map(|set| set.iter().count()).sum()
    }
}

/// What was carried out.
pub(super) struct Done {
    /// What is wrong with the new texts, with the unit whose sites stood nearest.
    pub(super) defects: Vec<(Flaw, Option<UnitId>)>,
    pub(super) changes: Vec<Change>,
    pub(super) next_steps: Vec<NextStep>,
    pub(super) markers_written: usize,
}

/// Carries out what is `wanted`, and what it makes room for.
pub(super) fn carry_out(
    tree: &Tree,
    mut wanted: Wanted,
    findings: &[Finding],
    frontends: &[&dyn Frontend],
    selection: &Selection,
    known: &[Problem],
) -> Result<Done, PlanError> {
    let mut held = Held::of(findings, selection);
    let mut current = tree.clone();
    let mut touched = BTreeMap::new();
    let (mut next_steps, mut markers_written) = (Vec::new(), 0);
    for round in 0.. {
        let step = Step::of(&current, wanted, frontends)?;
        match step.changed.first_key_value() {
            None => break,
            Some((&file, _)) if round == ROUNDS => {
                return Err(PlanError::Endless { path: tree.entry(file).path.clone() });
            }
            Some(_) => {}
        }
        markers_written += step.markers();
        touched.extend(step.changed.clone());
        current = current.with_texts(step.changed);
        step.sets.iter().for_each(|sets| held.follow(sets));
        let mut next = held.ask(frontends, &current, selection);
        refuse_broken(&current, &touched, &next.problems, known)?;
        wanted = Wanted::of(&mut next);
        next_steps = next.next_steps;
    }
    let changed = touched.keys().copied().collect();
    let flaws = frontends.iter().flat_map(|frontend| new_flaws(*frontend, tree, &current, &changed));
    let defects: Vec<(Flaw, Option<UnitId>)> = flaws.map(|flaw| (flaw.clone(), held.nearest(tree, &flaw))).collect();
    // Texts that are worked out anew need no layout.
    let changes = if defects.is_empty() { finished(tree, frontends, touched)? } else { Vec::new() };
    let changes_in = |root: &Path| changes.iter().any(|change| change.after.path().starts_with(root));
    next_steps.retain(|step: &NextStep| changes_in(&step.root));
    Ok(Done { defects, changes, next_steps, markers_written })
}

/// The flaws of `after` whose like `before` has not.
pub(crate) fn new_flaws(frontend: &dyn Frontend, before: &Tree, after: &Tree, changed: &BTreeSet<FileId>) -> Vec<Flaw> {
    let (old, mut new) = rayon::join(|| frontend.flaws(before, changed), || frontend.flaws(after, changed));
    let known: BTreeSet<(FileId, String)> = old.into_iter().map(|flaw| (flaw.file, flaw.like)).collect();
    new.retain(|flaw| !known.contains(&(flaw.file, flaw.like.clone())));
    new
}

/// The places of the first round's findings in the texts of a later one: what units change moves the text of others.
struct Held {
    places: Vec<Place>,
    excluded: Vec<UnitId>,
}

struct Place {
    file: FileId,
    rule: Rule,
    range: Range<usize>,
    unit: UnitId,
}

impl Held {
    fn of(findings: &[Finding], selection: &Selection) -> Self {
        let places = findings.iter().map(|finding| Place {
            file: finding.file,
            rule: finding.rule,
            range: finding.range.clone(),
            unit: finding.unit.clone(),
        });
        Self { places: places.collect(), excluded: selection.excluded.clone() }
    }

    fn follow(&mut self, sets: &BTreeMap<FileId, EditSet>) {
        for place in &mut self.places {
            if let Some(set) = sets.get(&place.file) {
                place.range = set.moved(&place.range);
            }
        }
    }

    /// What the front ends say about a later round's `tree`, in which the excluded units may have other ids.
    fn ask(&self, frontends: &[&dyn Frontend], tree: &Tree, selection: &Selection) -> Analysis {
        let said = ask(frontends, tree, selection);
        let mut excluded: Vec<UnitId> =
            said.findings.iter().filter(|finding| self.holds(finding)).map(|finding| finding.unit.clone()).collect();
        excluded.sort();
        excluded.dedup();
        if excluded == selection.excluded { said } else { ask(frontends, tree, &selection.without(excluded)) }
    }

    fn holds(&self, finding: &Finding) -> bool {
        self.places.iter().any(|place| {
            (place.file, place.rule) == (finding.file, finding.rule)
                && place.range.start < finding.range.end
                && finding.range.start < place.range.end
                && self.excluded.contains(&place.unit)
        })
    }

    /// The unit whose sites stand nearest to a flaw, of those that are not left out. Imports and manifests go with units.
    fn nearest(&self, tree: &Tree, flaw: &Flaw) -> Option<UnitId> {
        let decides = |place: &&Place| !matches!(place.rule, Rule::LegacyImport | Rule::LegacyDependency);
        let left = self.places.iter().filter(decides).filter(|place| !self.excluded.contains(&place.unit));
        let path = |file: FileId| tree.entry(file).path.components();
        let shared = |file: FileId| path(file).zip(path(flaw.file)).take_while(|(a, b)| a == b).count();
        let distance = |place: &&Place| {
            let (start, end) = (place.range.start, place.range.end);
            let apart = start.saturating_sub(flaw.offset).max(flaw.offset.saturating_sub(end));
            (place.file != flaw.file, Reverse(shared(place.file)), apart)
        };
        left.min_by_key(distance).map(|place| place.unit.clone())
    }
}

/// The edits by file.
fn edit_sets(tree: &Tree, edits: Vec<(FileId, Edit)>) -> Result<BTreeMap<FileId, EditSet>, PlanError> {
    let mut by_file: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
    for (file, edit) in edits {
        by_file.entry(file).or_default().push(edit);
    }
    let mut sets = BTreeMap::new();
    for (file, edits) in by_file {
        let path = || tree.entry(file).path.clone();
        let set = EditSet::new(edits).map_err(|source| PlanError::Conflict { path: path(), source })?;
        if !set.fits(text_of(tree, file)?.text()) {
            return Err(PlanError::Misplaced { path: path() });
        }
        sets.insert(file, set);
    }
    Ok(sets)
}

/// The texts that come out of the edits, of files whose text really changes.
fn edited(tree: &Tree, sets: &BTreeMap<FileId, EditSet>) -> Result<BTreeMap<FileId, Arc<Source>>, PlanError> {
    let mut changed = BTreeMap::new();
    for (&file, set) in sets {
        let before = text_of(tree, file)?;
        let after = set.apply(before.text());
        if after != before.text() {
            changed.insert(file, Arc::new(Source::new(before.path(), after)));
        }
    }
    Ok(changed)
}

/// A text that the tool itself wrote must be understood by the front end that asked for it.
fn refuse_broken(
    tree: &Tree,
    touched: &BTreeMap<FileId, Arc<Source>>,
    problems: &[Problem],
    known: &[Problem],
) -> Result<(), PlanError> {
    let is_ours = |problem: &&Problem| {
        matches!(problem.kind, ProblemKind::Unparsable | ProblemKind::Manifest)
            && tree.find(&problem.path).is_some_and(|file| touched.contains_key(&file))
            && !known.iter().any(|old| old.path == problem.path && old.kind == problem.kind)
    };
    match problems.iter().find(is_ours) {
        Some(problem) => Err(PlanError::Broken { path: problem.path.clone(), message: problem.message.clone() }),
        None => Ok(()),
    }
}
