//! Merges what the front ends want, carries it out on the texts in memory, and asks again until nothing is left to do.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::edit::{Conflict, Edit, EditSet};
use crate::finding::{Finding, Level, UnitId};
use crate::frontend::{Analysis, Frontend, NextStep, Package, Selection};
use crate::ledger::{Ledger, break_silence, ledger};
use crate::rules::Rule;
use crate::source::Source;
use crate::tree::{FileId, Problem, ProblemKind, Tree};

/// Changes that make room for further changes need another round; a front end that needs more than this goes in circles.
const ROUNDS: usize = 8;

/// Everything there is to say about a tree, and everything there is to do. Every report is a view of it.
#[derive(Debug)]
pub struct Plan {
    /// The tree as it stands.
    pub tree: Tree,
    /// Every legacy site, sorted by place.
    pub findings: Vec<Finding>,
    /// What became of every occurrence of a legacy name.
    pub ledger: Ledger,
    /// The packages that were looked into, sorted by name.
    pub packages: Vec<Package>,
    /// Files about which there is no verdict.
    pub problems: Vec<Problem>,
    /// The files whose text changes, in the order of their paths.
    pub changes: Vec<Change>,
    /// What is left to a person in the packages that change.
    pub next_steps: Vec<NextStep>,
}

impl Plan {
    /// Whether nothing legacy is left: no site, and every occurrence of a legacy name unrelated or suppressed. Says
    /// nothing about files with [problems](Plan::problems).
    pub fn is_done(&self) -> bool {
        self.findings.is_empty() && self.ledger.failing().next().is_none()
    }

    /// How many sites are of `level`.
    pub fn sites(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }
}

/// One file before and after.
#[derive(Clone, Debug)]
pub struct Change {
    /// The file.
    pub file: FileId,
    /// Its text as it was read.
    pub before: Arc<Source>,
    /// Its text once everything that was selected is done.
    pub after: Arc<Source>,
}

/// A defect of the tool: nothing may be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Two edits want the same bytes.
    #[error("two changes of `{}` contradict each other", path.display())]
    Conflict {
        /// The file.
        path: PathBuf,
        /// The bytes in question.
        source: Conflict,
    },
    /// An edit points outside its text or into a character.
    #[error("a change of `{}` does not fit its text", path.display())]
    Misplaced {
        /// The file.
        path: PathBuf,
    },
    /// The text that would be written does not parse.
    #[error("the new text of `{}` would be broken: {message}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A file that is to be changed cannot be read any more.
    #[error("cannot read `{}`: {message}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// The changes do not come to an end.
    #[error("after {ROUNDS} rounds there still are changes to `{}`", path.display())]
    Endless {
        /// One of the files that keep changing.
        path: PathBuf,
    },
}

/// Asks the `frontends` about `tree` and works out what `selection` asks for. `problems` are those met so far.
///
/// # Errors
/// [`PlanError`] where the front ends' edits cannot be carried out; all of them are defects of the tool or of the disk.
pub fn plan(
    mut tree: Tree,
    problems: Vec<Problem>,
    frontends: &[&dyn Frontend],
    selection: &Selection,
) -> Result<Plan, PlanError> {
    tree.unread = problems.iter().map(|problem| problem.path.clone()).collect();
    let mut said = answers(frontends, &tree, selection);
    for (frontend, said) in frontends.iter().zip(&mut said) {
        break_silence(&tree, *frontend, said);
        for finding in said.findings.iter_mut().filter(|finding| finding.why.is_empty()) {
            finding.why = frontend.reason(finding.rule).to_owned();
        }
    }
    let mut first = merged(said);
    first.problems.extend(problems);
    first.problems.sort();
    first.problems.dedup();
    let edits = std::mem::take(&mut first.edits);
    let held = Held::of(&first.findings, selection);
    let (changes, next_steps) = carry_out(&tree, edits, held, frontends, selection, &first.problems)?;
    let ledger = ledger(&tree, frontends, &first.mentions, &first.problems);
    let Analysis { findings, packages, problems, .. } = first;
    Ok(Plan { tree, findings, ledger, packages, problems, changes, next_steps })
}

/// What each front end says about `tree`.
fn answers(frontends: &[&dyn Frontend], tree: &Tree, selection: &Selection) -> Vec<Analysis> {
    frontends.iter().map(|frontend| frontend.analyze(tree, selection)).collect()
}

fn ask(frontends: &[&dyn Frontend], tree: &Tree, selection: &Selection) -> Analysis {
    merged(answers(frontends, tree, selection))
}

/// What all front ends say, as one, sorted. What two of them say of the same prose counts once.
fn merged(answers: Vec<Analysis>) -> Analysis {
    let mut all = Analysis::default();
    for said in answers {
        all.findings.extend(said.findings);
        all.edits.extend(said.edits);
        all.mentions.extend(said.mentions);
        all.problems.extend(said.problems);
        all.packages.extend(said.packages);
        all.next_steps.extend(said.next_steps);
    }
    all.findings.sort_by(|a, b| {
        (a.file, a.range.start, a.range.end, a.rule).cmp(&(b.file, b.range.start, b.range.end, b.rule))
    });
    all.findings.dedup();
    all.mentions.sort();
    all.packages.sort();
    all.packages.dedup();
    all
}

fn carry_out(
    tree: &Tree,
    edits: Vec<(FileId, Edit)>,
    mut held: Held,
    frontends: &[&dyn Frontend],
    selection: &Selection,
    known: &[Problem],
) -> Result<(Vec<Change>, Vec<NextStep>), PlanError> {
    let mut current = tree.clone();
    let mut touched = BTreeMap::new();
    let mut sets = edit_sets(&current, edits)?;
    let mut next_steps = Vec::new();
    for round in 0.. {
        let changed = edited(&current, &sets)?;
        match changed.first_key_value() {
            None => break,
            Some((&file, _)) if round == ROUNDS => {
                return Err(PlanError::Endless { path: tree.entry(file).path.clone() });
            }
            Some(_) => {}
        }
        touched.extend(changed.clone());
        current = current.with_texts(changed);
        held.follow(&sets);
        let next = held.ask(frontends, &current, selection);
        refuse_broken(&current, &touched, &next.problems, known)?;
        sets = edit_sets(&current, next.edits)?;
        next_steps = next.next_steps;
    }
    let changes = finished(tree, frontends, touched)?;
    let changes_in = |root: &Path| changes.iter().any(|change| change.after.path().starts_with(root));
    next_steps.retain(|step: &NextStep| changes_in(&step.root));
    Ok((changes, next_steps))
}

/// The places of excluded units. Their ids are those of the first round: what other units change moves the text.
struct Held(Vec<(FileId, Rule, Range<usize>)>);

impl Held {
    fn of(findings: &[Finding], selection: &Selection) -> Self {
        let held = findings.iter().filter(|finding| selection.excluded.contains(&finding.unit));
        Self(held.map(|finding| (finding.file, finding.rule, finding.range.clone())).collect())
    }

    fn follow(&mut self, sets: &BTreeMap<FileId, EditSet>) {
        for (file, _, range) in &mut self.0 {
            if let Some(set) = sets.get(file) {
                *range = set.moved(range);
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
        self.0.iter().any(|(file, rule, range)| {
            (*file, *rule) == (finding.file, finding.rule)
                && range.start < finding.range.end
                && finding.range.start < range.end
        })
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

fn changes(tree: &Tree, touched: BTreeMap<FileId, Arc<Source>>) -> Result<Vec<Change>, PlanError> {
    let mut changes = Vec::new();
    for (file, after) in touched {
        let before = text_of(tree, file)?;
        if before.text() != after.text() {
            changes.push(Change { file, before, after });
        }
    }
    Ok(changes)
}

/// The new texts, laid out, each of which is read once more: nobody else reads those that name nothing legacy any more.
fn finished(
    tree: &Tree,
    frontends: &[&dyn Frontend],
    touched: BTreeMap<FileId, Arc<Source>>,
) -> Result<Vec<Change>, PlanError> {
    let changes = laid_out(tree, frontends, changes(tree, touched)?);
    let broken = |change: &Change| {
        let (path, text) = (change.after.path(), change.after.text());
        let message = claiming(frontends, path).find_map(|frontend| frontend.flaw(change.file, path, text))?;
        Some(PlanError::Broken { path: path.to_owned(), message })
    };
    match changes.par_iter().find_map_first(broken) {
        Some(error) => Err(error),
        None => Ok(changes),
    }
}

/// The new texts as the languages' formatters lay them out.
fn laid_out(tree: &Tree, frontends: &[&dyn Frontend], changes: Vec<Change>) -> Vec<Change> {
    let lay_out = |change: Change| {
        let (path, before) = (change.before.path(), change.before.text());
        let after = claiming(frontends, path)
            .fold(change.after.text().to_owned(), |after, frontend| frontend.lay_out(tree, path, before, &after));
        Change { after: Arc::new(Source::new(path, after)), ..change }
    };
    changes.into_par_iter().map(lay_out).collect()
}

/// The front ends that read a file; documentation may hold code of several languages.
fn claiming<'a>(frontends: &'a [&dyn Frontend], path: &'a Path) -> impl Iterator<Item = &'a dyn Frontend> {
    frontends.iter().copied().filter(|frontend| frontend.claims(path))
}

fn text_of(tree: &Tree, file: FileId) -> Result<Arc<Source>, PlanError> {
    tree.source(file).map_err(|problem| PlanError::Unreadable { path: problem.path, message: problem.message })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{WordFrontend, folder, plan_of, plan_with};

    #[test]
    fn changes_hold_both_texts_and_findings_are_those_of_the_first_round() {
        let dir = folder([("a.rs", "use geppetto;\nwith_sink(a, with_sink);\n"), ("b.rs", "with_sink")]);
        let plan = plan_of(dir.path());
        assert_eq!(plan.findings.len(), 2);
        let [change] = plan.changes.as_slice() else { panic!("one file changes") };
        assert!(change.before.path().ends_with("a.rs"));
        assert_eq!(change.after.text(), "use geppetto;\nwith_event_sink(a, with_event_sink);\n");
    }

    #[test]
    fn changes_that_never_end_are_refused() {
        let dir = folder([("a.rs", "geppetto with_sink")]);
        let error = plan_with(dir.path(), &WordFrontend { becomes: "(with_sink)" }).unwrap_err();
        assert!(matches!(error, crate::Error::Plan(PlanError::Endless { .. })), "{error:?}");
    }

    #[test]
    fn excluded_units_stay_also_where_other_changes_move_them() {
        let dir = folder([("a.rs", "geppetto with_sink with_sink with_sink")]);
        let plan = plan_of(dir.path());
        let unit = |index: usize| plan.findings[index].unit.clone();
        let selection = Selection::up_to(Level::Safe).without(vec![unit(1)]);
        let words = WordFrontend { becomes: "with_event_sink" };
        let plan = super::plan(plan.tree.clone(), Vec::new(), &[&words], &selection).unwrap();
        assert_eq!(plan.changes[0].after.text(), "geppetto with_event_sink with_sink with_event_sink");
    }

    #[test]
    fn changes_that_change_nothing_are_none() {
        let dir = folder([("a.rs", "geppetto with_sink")]);
        let plan = plan_with(dir.path(), &WordFrontend { becomes: "with_sink" }).unwrap();
        assert!(plan.changes.is_empty());
    }

    /// Behaves as its function says.
    struct Odd(fn(&Tree, FileId) -> Analysis);

    impl Frontend for Odd {
        fn language(&self) -> &'static str {
            "odd"
        }
        fn claims(&self, _: &Path) -> bool {
            true
        }
        fn ledger_names(&self) -> &'static [&'static str] {
            &[]
        }
        fn needles(&self) -> Vec<&str> {
            vec![]
        }
        fn flaw(&self, _: FileId, _: &Path, text: &str) -> Option<String> {
            text.contains(')').then(|| "unbalanced".to_owned())
        }

        fn analyze(&self, tree: &Tree, _: &Selection) -> Analysis {
            self.0(tree, FileId(0))
        }
    }

    fn refusal(analyze: fn(&Tree, FileId) -> Analysis) -> PlanError {
        let dir = folder([("a.rs", "ä")]);
        match plan_with(dir.path(), &Odd(analyze)) {
            Err(crate::Error::Plan(error)) => error,
            other => panic!("{other:?}"),
        }
    }

    fn edits(edits: impl IntoIterator<Item = Edit>) -> Analysis {
        Analysis { edits: edits.into_iter().map(|edit| (FileId(0), edit)).collect(), ..Analysis::default() }
    }

    #[test]
    fn edits_that_contradict_each_other_are_refused() {
        let error = refusal(|_, _| edits([Edit::delete(0..2), Edit::replace(0..2, "b")]));
        assert!(matches!(error, PlanError::Conflict { .. }), "{error:?}");
    }

    #[test]
    fn edits_that_do_not_fit_the_text_are_refused() {
        for edit in [|| Edit::delete(0..9), || Edit::delete(0..1)] {
            let set = EditSet::new([edit()]).unwrap();
            assert!(!set.fits("ä"));
        }
        let error = refusal(|_, _| edits([Edit::delete(0..1)]));
        assert!(matches!(error, PlanError::Misplaced { .. }), "{error:?}");
    }

    #[test]
    fn the_last_texts_are_read_once_more() {
        let error = refusal(|tree, file| {
            let source = tree.source(file).expect("a source");
            edits((source.text() == "ä").then(|| Edit::replace(0..2, ")")))
        });
        assert!(matches!(error, PlanError::Broken { .. }), "{error:?}");
    }

    #[test]
    fn texts_that_would_not_parse_are_refused() {
        let error = refusal(|tree, file| {
            let source = tree.source(file).unwrap();
            let mut said = edits((source.text() == "ä").then(|| Edit::replace(0..2, "}")));
            said.problems = (source.text() == "}")
                .then(|| Problem {
                    path: source.path().to_owned(),
                    position: None,
                    kind: ProblemKind::Unparsable,
                    message: "unbalanced".to_owned(),
                })
                .into_iter()
                .collect();
            said
        });
        assert!(matches!(error, PlanError::Broken { .. }), "{error:?}");
    }
}
