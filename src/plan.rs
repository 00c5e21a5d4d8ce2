//! Merges what the front ends want, carries it out on the texts in memory, and asks again until nothing is left to do.

mod markers;
mod rounds;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

#[cfg(test)]
pub(crate) use self::rounds::new_flaws;
use self::rounds::{Done, ROUNDS, Wanted, carry_out};
use crate::edit::Conflict;
use crate::finding::{Finding, Level, UnitId};
use crate::frontend::{Analysis, Flaw, Frontend, NextStep, Package, Selection};
use crate::ledger::{Ledger, break_silence, ledger};
use crate::source::Source;
use crate::tree::{FileId, Problem, ProblemKind, Tree};

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
    /// How many markers of drafts the changes write.
    pub markers_written: usize,
}

impl Plan {
    /// Whether nothing legacy is left, and nothing to decide: no site, no marker, and every occurrence of a legacy name
    /// unrelated or suppressed. Says nothing about files with [problems](Plan::problems).
    pub fn is_done(&self) -> bool {
        self.findings.is_empty() && self.ledger.markers.is_empty() && self.ledger.failing().next().is_none()
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
    let mut found = Vec::new();
    for (frontend, said) in frontends.iter().zip(&mut said) {
        break_silence(&tree, *frontend, said);
        found.extend(markers::read(&tree, *frontend, said));
        for finding in said.findings.iter_mut().filter(|finding| finding.why.is_empty()) {
            finding.why = frontend.reason(finding.rule).to_owned();
        }
    }
    let mut first = merged(said);
    first.problems.extend(problems);
    first.problems.sort();
    first.problems.dedup();
    let wanted = Wanted::of(&mut first);
    let (done, defects) = proven(&tree, wanted, &first, frontends, selection)?;
    first.problems.extend(defects);
    first.problems.sort();
    let mut ledger = ledger(&tree, frontends, &first.mentions, &first.problems);
    ledger.markers = found;
    ledger.markers.sort_by_key(|marker| (marker.file, marker.range.start));
    let Analysis { findings, packages, problems, .. } = first;
    let Done { changes, next_steps, markers_written, .. } = done;
    Ok(Plan { tree, findings, ledger, packages, problems, changes, next_steps, markers_written })
}

/// Carries out what is `wanted`, but for units whose result would not be taken by the language: they are left out, and the
/// rest is worked out anew.
fn proven(
    tree: &Tree,
    mut wanted: Wanted,
    first: &Analysis,
    frontends: &[&dyn Frontend],
    selection: &Selection,
) -> Result<(Done, Vec<Problem>), PlanError> {
    let (mut selection, mut defects) = (selection.clone(), Vec::new());
    loop {
        let done = carry_out(tree, wanted, &first.findings, frontends, &selection, &first.problems)?;
        let mut excluded = selection.excluded.clone();
        for (flaw, unit) in &done.defects {
            let Some(unit) = unit else {
                return Err(PlanError::Broken { path: tree.entry(flaw.file).path.clone(), message: flaw.what.clone() });
            };
            if !excluded.contains(unit) {
                defects.extend(defect(tree, first, unit, flaw));
                excluded.push(unit.clone());
            }
        }
        if done.defects.is_empty() {
            return Ok((done, defects));
        }
        selection = selection.without(excluded);
        wanted = Wanted::of(&mut ask(frontends, tree, &selection));
    }
}

/// What is said of a unit that is left out.
fn defect(tree: &Tree, first: &Analysis, unit: &UnitId, flaw: &Flaw) -> Option<Problem> {
    let site = first.findings.iter().find(|finding| finding.unit == *unit)?;
    let source = tree.source(site.file).ok()?;
    Some(Problem {
        path: source.path().to_owned(),
        position: Some(source.position(site.range.start)),
        kind: ProblemKind::Defect,
        message: format!(
            "what would be written here does not hold, so it stays as it is: {} (a defect of geppetto-migrate, please report it)",
            flaw.what
        ),
    })
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
        all.questions.extend(said.questions);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::{Edit, EditSet};
    use crate::rules::Trap;
    use crate::testing::{WordFrontend, folder, plan_of, plan_up_to, plan_with};

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
    fn units_whose_result_does_not_hold_are_left_out_and_told_of() {
        let dir = folder([
            ("a.rs", "geppetto with_sink bad(with_sink) with_sink\nbad(with_sink)"),
            ("b.rs", "geppetto with_sink"),
        ]);
        let plan = plan_of(dir.path());
        let after: Vec<&str> = plan.changes.iter().map(|change| change.after.text()).collect();
        let kept = "geppetto with_event_sink bad(with_sink) with_event_sink\nbad(with_sink)";
        assert_eq!(after, [kept, "geppetto with_event_sink"]);
        let told: Vec<_> = plan.problems.iter().map(|problem| (problem.kind, problem.position.unwrap().line)).collect();
        assert_eq!(told, [(ProblemKind::Defect, 1), (ProblemKind::Defect, 2)]);
        assert!(plan.problems[0].message.contains("it is bad"), "{}", plan.problems[0].message);
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

    fn drafted(root: &Path) -> Plan {
        plan_up_to(Level::Draft, root, &WordFrontend { becomes: "set_nothing" }).unwrap()
    }

    #[test]
    fn a_draft_says_in_the_code_what_is_to_be_decided_and_a_second_run_leaves_it_alone() {
        let text = "use geppetto;\r\nfn f() {\r\n    g(set_run_id, set_run_id);\r\n}\r\n";
        let dir = folder([("a.rs", text)]);
        assert!(plan_of(dir.path()).changes.is_empty());
        let plan = drafted(dir.path());
        let marker = "    // MIGRATE(no-counterpart): which id it is\r\n";
        let after = format!("use geppetto;\r\nfn f() {{\r\n{marker}    g(set_nothing, set_nothing);\r\n}}\r\n");
        assert_eq!(plan.changes[0].after.text(), after);
        assert_eq!((plan.sites(Level::Draft), plan.markers_written), (2, 1));
        std::fs::write(dir.path().join("a.rs"), &after).unwrap();
        let again = drafted(dir.path());
        assert!(again.changes.is_empty() && again.findings.is_empty() && !again.is_done());
        let [marker] = again.ledger.markers.as_slice() else { panic!("there is one marker") };
        assert_eq!((marker.trap(), marker.text.as_str()), (Some(Trap::NoCounterpart), "which id it is"));
        let at = again.tree.source(marker.file).unwrap().position(marker.range.start);
        assert_eq!((at.line, at.column), (3, 5));
    }

    #[test]
    fn an_excluded_unit_stays_also_below_a_marker() {
        let dir = folder([("a.rs", "use geppetto;\nset_run_id;\nset_run_id;\n")]);
        let unit = drafted(dir.path()).findings[1].unit.clone();
        let words = WordFrontend { becomes: "set_nothing" };
        let selection = Selection::up_to(Level::Draft).without(vec![unit]);
        let plan = crate::plan_roots(&[dir.path().to_owned()], &[&words], &selection, &|_| {}).unwrap();
        let marker = "// MIGRATE(no-counterpart): which id it is";
        assert_eq!(plan.changes[0].after.text(), format!("use geppetto;\n{marker}\nset_nothing;\nset_run_id;\n"));
    }

    #[test]
    fn markers_count_where_one_of_the_apis_is_known() {
        let marker = "// MIGRATE(odd): `with_sink` or not\nlet text = \"// MIGRATE(no-counterpart): no\";\n";
        let known = folder([("a.rs", "use geppetto;"), ("b.rs", marker)]);
        let plan = plan_of(known.path());
        assert!(plan.findings.is_empty() && !plan.is_done());
        let [found] = plan.ledger.markers.as_slice() else { panic!("there is one marker") };
        assert_eq!((found.id.as_str(), found.trap()), ("odd", None));
        assert!(plan_of(folder([("b.rs", marker)]).path()).is_done());
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
