//! Puts a plan's changes on the disk: all of them or none, and only where they can be taken back.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::frontend::CompileError;
use crate::plan::{Change, Plan, PlanError};
use crate::source::Source;

mod bisect;
mod journal;
mod locks;
mod record;
mod suspects;
mod undo;
mod vcs;
mod verify;
mod workbench;
mod write;

pub use journal::JournalError;
pub use undo::{UndoError, undo};
pub use vcs::GuardError;
pub use verify::{Blamed, Verdict, Verified, apply_verified};
pub use write::WriteError;

use journal::Journal;
use write::Rewrite;

/// Which of the guards the caller waives.
#[derive(Clone, Copy, Debug, Default)]
pub struct Waivers {
    /// Change files of a repository that holds uncommitted changes.
    pub dirty: bool,
    /// Change files that are under no version control.
    pub no_vcs: bool,
}

/// Why nothing was changed (or, if [`WriteError::NotRestored`], what is left changed).
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The changes could not be taken back.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// What is changed cannot be recorded.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Nobody can say whether the changes compile.
    #[error("nothing was changed, because nobody can tell whether it would compile")]
    Compile(#[from] CompileError),
    /// A part of the changes cannot be worked out.
    #[error("this is a defect of geppetto-migrate, nothing was changed")]
    Plan(#[from] PlanError),
    /// Compiling failed half-way, and taking the changes back failed, too.
    #[error(
        "the changes could not be taken back, and these files hold new text: {}",
        changed.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    NotTakenBack {
        /// The files.
        changed: Vec<PathBuf>,
        /// Why.
        source: Box<ApplyError>,
    },
}

/// Writes the plan's changes. A plan without changes asks nothing of version control.
///
/// What is written is recorded, so that [`undo`] can take it back. Every file is replaced in one step by a complete new one, so that no reader and no crash sees half a file; links are
/// written through to the file they lead to, permissions stay.
///
/// # Errors
/// [`ApplyError`] if a repository of a root or of a changed file is dirty, or there is none (unless waived), if a file
/// differs from what was read, or cannot be written. Unless the error says otherwise all files are as they were.
pub fn apply(plan: &Plan, waivers: Waivers) -> Result<(), ApplyError> {
    if plan.changes.is_empty() {
        return Ok(());
    }
    vcs::guard(&guarded_paths(plan)?, waivers)?;
    let mut journal = Journal::new(&plan.tree.roots);
    match journal.write(&rewrites(&plan.changes)) {
        Ok(()) => {
            journal.keep();
            Ok(())
        }
        Err(error) => {
            if !matches!(error, ApplyError::Write(WriteError::NotRestored { .. })) {
                journal.discard();
            }
            Err(error)
        }
    }
}

fn rewrites(changes: &[Change]) -> Vec<Rewrite<'_>> {
    changes.iter().map(|change| rewrite(&change.before, &change.after)).collect()
}

/// Makes one text of a file the other one.
fn rewrite<'a>(old: &'a Source, new: &'a Source) -> Rewrite<'a> {
    Rewrite { path: old.path(), old: old.text().as_bytes(), new: new.text().as_bytes() }
}

/// What version control must be able to bring back: the roots, and the files that links lead to.
fn guarded_paths(plan: &Plan) -> Result<BTreeSet<PathBuf>, WriteError> {
    let changed = plan.changes.iter().map(|change| change.before.path());
    plan.tree.roots.iter().map(PathBuf::as_path).chain(changed).map(real_path).collect()
}

fn real_path(path: &Path) -> Result<PathBuf, WriteError> {
    fs::canonicalize(path).map_err(|source: io::Error| WriteError::Io { path: path.to_owned(), source })
}
