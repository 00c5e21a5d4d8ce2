//! Puts a plan's changes on the disk: all of them or none, and only where they can be taken back.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::plan::Plan;

mod vcs;
mod write;

pub use vcs::GuardError;
pub use write::WriteError;

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
}

/// Writes the plan's changes. A plan without changes asks nothing of version control.
///
/// Every file is replaced in one step by a complete new one, so that no reader and no crash sees half a file; links are
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
    Ok(write::write_all(&plan.changes)?)
}

/// What version control must be able to bring back: the roots, and the files that links lead to.
fn guarded_paths(plan: &Plan) -> Result<BTreeSet<PathBuf>, WriteError> {
    let changed = plan.changes.iter().map(|change| change.before.path());
    plan.tree.roots.iter().map(PathBuf::as_path).chain(changed).map(real_path).collect()
}

fn real_path(path: &Path) -> Result<PathBuf, WriteError> {
    fs::canonicalize(path).map_err(|source: io::Error| WriteError::Io { path: path.to_owned(), source })
}
