//! Merges what the front ends want, carries it out on the texts in memory, and asks again until nothing is left to do.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::edit::{Conflict, Edit, EditSet};
use crate::finding::Finding;
use crate::frontend::{Analysis, Frontend, Package, Selection};
use crate::ledger::{Ledger, ledger};
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
    tree: Tree,
    problems: Vec<Problem>,
    frontends: &[&dyn Frontend],
    selection: &Selection,
) -> Result<Plan, PlanError> {
    let mut first = ask(frontends, &tree, selection);
    first.problems.extend(problems);
    first.problems.sort();
    first.problems.dedup();
    let changes = carry_out(
        &tree,
        std::mem::take(&mut first.edits),
        frontends,
        selection,
        &first.problems,
    )?;
    let ledger = ledger(
        &tree,
        frontends,
        &first.mentions,
        &first.findings,
        &first.problems,
    );
    Ok(Plan {
        tree,
        findings: first.findings,
        ledger,
        packages: first.packages,
        problems: first.problems,
        changes,
    })
}

/// What all front ends say about `tree`, as one, sorted.
fn ask(frontends: &[&dyn Frontend], tree: &Tree, selection: &Selection) -> Analysis {
    let mut all = Analysis::default();
    for frontend in frontends {
        let said = frontend.analyze(tree, selection);
        all.findings.extend(said.findings);
        all.edits.extend(said.edits);
        all.mentions.extend(said.mentions);
        all.problems.extend(said.problems);
        all.packages.extend(said.packages);
    }
    all.findings.sort_by(|a, b| {
        (a.file, a.range.start, a.range.end, a.rule).cmp(&(b.file, b.range.start, b.range.end, b.rule))
    });
    all.mentions.sort();
    all.packages.sort();
    all.packages.dedup();
    all
}

fn carry_out(
    tree: &Tree,
    mut edits: Vec<(FileId, Edit)>,
    frontends: &[&dyn Frontend],
    selection: &Selection,
    known: &[Problem],
) -> Result<Vec<Change>, PlanError> {
    let mut current = tree.clone();
    let mut touched = BTreeMap::new();
    for _ in 0..ROUNDS {
        let changed = edited(&current, edits)?;
        if changed.is_empty() {
            return changes(tree, touched);
        }
        touched.extend(changed.clone());
        current = current.with_texts(changed);
        let next = ask(frontends, &current, selection);
        refuse_broken(&current, &touched, &next.problems, known)?;
        edits = next.edits;
    }
    match edited(&current, edits)?.first_key_value() {
        Some((&file, _)) => Err(PlanError::Endless {
            path: tree.entry(file).path.clone(),
        }),
        None => changes(tree, touched),
    }
}

/// The texts that come out of `edits`, of files whose text really changes.
fn edited(tree: &Tree, edits: Vec<(FileId, Edit)>) -> Result<BTreeMap<FileId, Arc<Source>>, PlanError> {
    let mut by_file: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
    for (file, edit) in edits {
        by_file.entry(file).or_default().push(edit);
    }
    let mut changed = BTreeMap::new();
    for (file, edits) in by_file {
        let before = text_of(tree, file)?;
        let path = before.path().to_owned();
        let set = EditSet::new(edits).map_err(|source| PlanError::Conflict {
            path: path.clone(),
            source,
        })?;
        if !set.fits(before.text()) {
            return Err(PlanError::Misplaced { path });
        }
        let after = set.apply(before.text());
        if after != before.text() {
            changed.insert(file, Arc::new(Source::new(path, after)));
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

fn text_of(tree: &Tree, file: FileId) -> Result<Arc<Source>, PlanError> {
    tree.source(file).map_err(|problem| PlanError::Unreadable {
        path: problem.path,
        message: problem.message,
    })
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
            && tree
                .find(&problem.path)
                .is_some_and(|file| touched.contains_key(&file))
            && !known
                .iter()
                .any(|old| old.path == problem.path && old.kind == problem.kind)
    };
    match problems.iter().find(is_ours) {
        Some(problem) => Err(PlanError::Broken {
            path: problem.path.clone(),
            message: problem.message.clone(),
        }),
        None => Ok(()),
    }
}
