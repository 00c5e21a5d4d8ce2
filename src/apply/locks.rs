//! Files that compiling may write, as they were before.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use crate::frontend::{Frontend, Package};

/// The lock files of some packages, as they were; nothing where there was none.
pub(super) struct Locks(BTreeMap<PathBuf, Option<String>>);

/// A lock file that was written.
pub(super) struct ChangedLock {
    pub(super) path: PathBuf,
    pub(super) before: Option<String>,
    pub(super) after: String,
}

impl Locks {
    pub(super) fn read(frontends: &[&dyn Frontend], packages: &[Package]) -> Self {
        let paths: BTreeSet<PathBuf> = frontends
            .iter()
            .flat_map(|frontend| packages.iter().map(move |package| (frontend, package)))
            .filter(|(frontend, package)| frontend.language() == package.language)
            .flat_map(|(frontend, package)| frontend.lock_files(package))
            .collect();
        Self(paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).ok())).collect())
    }

    pub(super) fn changed(&self) -> Vec<ChangedLock> {
        let read = self.0.iter().filter_map(|(path, before)| Some((path, before, fs::read_to_string(path).ok()?)));
        read.filter(|(_, before, after)| before.as_ref() != Some(after))
            .map(|(path, before, after)| ChangedLock { path: path.clone(), before: before.clone(), after })
            .collect()
    }

    /// Puts them back as they were. Where that fails, the tools write them anew.
    pub(super) fn restore(&self) {
        for lock in self.changed() {
            restore(&lock.path, lock.before.as_deref());
        }
    }
}

/// Gives a lock file its old text; one that there was not goes.
pub(super) fn restore(path: &std::path::Path, before: Option<&str>) {
    let _ = match before {
        Some(text) => fs::write(path, text),
        None => fs::remove_file(path),
    };
}
