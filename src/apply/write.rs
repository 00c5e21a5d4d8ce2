//! Replaces files by complete new ones: everything is prepared first, then everything is put in place.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::plan::Change;

/// Why files were not written. Unless it is [`WriteError::NotRestored`], all of them are as they were.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The system refuses.
    #[error("cannot write `{}`; nothing was changed, see to it that the file and its folder can be written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is write-protected.
    #[error("`{}` is read-only; nothing was changed, make it writable and run again", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// The file is not what was looked at.
    #[error("`{}` was changed by someone else in the meantime; nothing was changed, run again", path.display())]
    Stale {
        /// The file.
        path: PathBuf,
    },
    /// The file is reached under two names, and they want different texts.
    #[error("`{}` is reached under two names with different changes; nothing was changed, scan one of them", path.display())]
    TwoTexts {
        /// The file behind the names.
        path: PathBuf,
    },
    /// Putting files in place failed half-way, and taking it back failed, too.
    #[error(
        "cannot write `{}`, and these files could not be put back and hold the new text: {}",
        path.display(),
        changed.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    NotRestored {
        /// The file at which it failed.
        path: PathBuf,
        /// The files that hold their new text.
        changed: Vec<PathBuf>,
        /// Why it failed in the first place.
        source: io::Error,
    },
}

/// Writes all changes, or none.
pub(super) fn write_all(changes: &[Change]) -> Result<(), WriteError> {
    let targets = targets(changes)?;
    let prepared = targets
        .iter()
        .map(|(path, change)| prepare(path, change.after.text()))
        .collect::<Result<Vec<_>, _>>()?;
    for (path, change) in &targets {
        refuse_stale(path, change.before.text())?;
    }
    for (done, (new, path)) in prepared.into_iter().zip(targets.keys()).enumerate() {
        if let Err(error) = new.persist(path) {
            return Err(put_back(targets.iter().take(done), path, error.error));
        }
    }
    Ok(())
}

/// The files behind the changes' paths, each once.
fn targets(changes: &[Change]) -> Result<BTreeMap<PathBuf, &Change>, WriteError> {
    let mut targets: BTreeMap<PathBuf, &Change> = BTreeMap::new();
    for change in changes {
        let path = fs::canonicalize(change.before.path()).map_err(failed(change.before.path()))?;
        let first = targets.entry(path.clone()).or_insert(change);
        if first.after.text() != change.after.text() {
            return Err(WriteError::TwoTexts { path });
        }
    }
    Ok(targets)
}

/// A complete file beside `path` that only needs its name.
fn prepare(path: &Path, text: &str) -> Result<NamedTempFile, WriteError> {
    let old = fs::metadata(path).map_err(failed(path))?;
    if old.permissions().readonly() {
        return Err(WriteError::ReadOnly {
            path: path.to_owned(),
        });
    }
    new_file(path, text, &old).map_err(failed(path))
}

fn new_file(path: &Path, text: &str, old: &Metadata) -> io::Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut new = tempfile::Builder::new()
        .prefix(".geppetto-migrate-")
        .tempfile_in(folder)?;
    new.write_all(text.as_bytes())?;
    keep_owner(&new, old)?;
    new.as_file().set_permissions(old.permissions())?;
    new.as_file().sync_all()?;
    Ok(new)
}

#[cfg(unix)]
fn keep_owner(new: &NamedTempFile, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let made = new.as_file().metadata()?;
    if (made.uid(), made.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    fchown(new.as_file(), Some(old.uid()), Some(old.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_: &NamedTempFile, _: &Metadata) -> io::Result<()> {
    Ok(())
}

fn refuse_stale(path: &Path, read: &str) -> Result<(), WriteError> {
    match fs::read(path).map_err(failed(path))? == read.as_bytes() {
        true => Ok(()),
        false => Err(WriteError::Stale {
            path: path.to_owned(),
        }),
    }
}

/// Gives the files that are `done` their old text again.
fn put_back<'a>(
    done: impl Iterator<Item = (&'a PathBuf, &'a &'a Change)>,
    failed_at: &Path,
    source: io::Error,
) -> WriteError {
    let restore = |path: &Path, text: &str| -> io::Result<()> {
        new_file(path, text, &fs::metadata(path)?)?.persist(path)?;
        Ok(())
    };
    let changed: Vec<PathBuf> = done
        .filter(|(path, change)| restore(path, change.before.text()).is_err())
        .map(|(path, _)| path.clone())
        .collect();
    let path = failed_at.to_owned();
    match changed.is_empty() {
        true => WriteError::Io { path, source },
        false => WriteError::NotRestored {
            path,
            changed,
            source,
        },
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> WriteError {
    let path = path.to_owned();
    |source| WriteError::Io { path, source }
}
