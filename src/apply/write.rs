//! Replaces files by complete new ones: everything is prepared first, then everything is put in place.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

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

/// A file whose whole content is to be another one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rewrite<'a> {
    pub(super) path: &'a Path,
    /// What the file must hold now.
    pub(super) old: &'a [u8],
    pub(super) new: &'a [u8],
}

/// The files behind the paths, each once.
type Targets<'a> = BTreeMap<PathBuf, Rewrite<'a>>;

/// Writes all files, or none.
pub(super) fn write_all(rewrites: &[Rewrite<'_>]) -> Result<(), WriteError> {
    let targets = targets(rewrites)?;
    let prepared = prepare_all(&targets)?;
    for (path, rewrite) in &targets {
        refuse_stale(path, rewrite.old)?;
    }
    put_in_place(&targets, prepared)
}

fn targets<'a>(rewrites: &[Rewrite<'a>]) -> Result<Targets<'a>, WriteError> {
    let mut targets = Targets::new();
    for rewrite in rewrites {
        let path = fs::canonicalize(rewrite.path).map_err(failed(rewrite.path))?;
        let first = targets.entry(path.clone()).or_insert(*rewrite);
        if first.new != rewrite.new {
            return Err(WriteError::TwoTexts { path });
        }
    }
    Ok(targets)
}

fn prepare_all(targets: &Targets<'_>) -> Result<Vec<NamedTempFile>, WriteError> {
    targets.iter().map(|(path, rewrite)| prepare(path, rewrite.new)).collect()
}

/// A complete file beside `path` that only needs its name.
fn prepare(path: &Path, content: &[u8]) -> Result<NamedTempFile, WriteError> {
    let old = fs::metadata(path).map_err(failed(path))?;
    if old.permissions().readonly() {
        return Err(WriteError::ReadOnly { path: path.to_owned() });
    }
    new_file(path, content, &old).map_err(failed(path))
}

fn new_file(path: &Path, content: &[u8], old: &Metadata) -> io::Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut new = tempfile::Builder::new().prefix(".geppetto-migrate-").tempfile_in(folder)?;
    new.write_all(content)?;
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

fn refuse_stale(path: &Path, read: &[u8]) -> Result<(), WriteError> {
    match fs::read(path).map_err(failed(path))? == read {
        true => Ok(()),
        false => Err(WriteError::Stale { path: path.to_owned() }),
    }
}

fn put_in_place(targets: &Targets<'_>, prepared: Vec<NamedTempFile>) -> Result<(), WriteError> {
    for (done, (new, path)) in prepared.into_iter().zip(targets.keys()).enumerate() {
        if let Err(error) = new.persist(path) {
            return Err(put_back(targets, done, path, error.error));
        }
    }
    Ok(())
}

/// Gives the first `done` files their old text again, because the one at `path` failed.
fn put_back(targets: &Targets<'_>, done: usize, path: &Path, source: io::Error) -> WriteError {
    let path = path.to_owned();
    let changed: Vec<PathBuf> = targets
        .iter()
        .take(done)
        .filter(|(path, rewrite)| restore(path, rewrite.old).is_err())
        .map(|(path, _)| path.clone())
        .collect();
    if changed.is_empty() { WriteError::Io { path, source } } else { WriteError::NotRestored { path, changed, source } }
}

fn restore(path: &Path, content: &[u8]) -> io::Result<()> {
    new_file(path, content, &fs::metadata(path)?)?.persist(path)?;
    Ok(())
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> WriteError {
    let path = path.to_owned();
    |source| WriteError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::rewrites;
    use crate::testing::{folder, plan_of};

    const BEFORE: &str = "geppetto with_sink";
    const AFTER: &str = "geppetto with_event_sink";

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn every_byte_outside_the_edits_survives() {
        let text = "\u{feff}#!/usr/bin/env run\r\n// geppetto ä\t€\r\n\twith_sink();\r\rend";
        let dir = folder([("a.rs", text)]);
        write_all(&rewrites(&plan_of(dir.path()).changes)).unwrap();
        let written = fs::read_to_string(dir.path().join("a.rs")).unwrap();
        assert_eq!(written, text.replace("with_sink", "with_event_sink"));
        assert_eq!(names(dir.path()), ["a.rs"]);
    }

    #[test]
    fn a_file_that_changed_meanwhile_stops_everything() {
        let dir = folder([("a.rs", BEFORE), ("b.rs", BEFORE)]);
        let plan = plan_of(dir.path());
        fs::write(dir.path().join("b.rs"), "mine").unwrap();
        let error = write_all(&rewrites(&plan.changes)).unwrap_err();
        assert!(matches!(error, WriteError::Stale { .. }), "{error:?}");
        assert_eq!(fs::read_to_string(dir.path().join("a.rs")).unwrap(), BEFORE);
        assert_eq!(names(dir.path()), ["a.rs", "b.rs"]);
    }

    #[test]
    fn a_read_only_file_stops_everything() {
        let dir = folder([("a.rs", BEFORE), ("b.rs", BEFORE)]);
        let path = dir.path().join("b.rs");
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        let error = write_all(&rewrites(&plan_of(dir.path()).changes)).unwrap_err();
        assert!(matches!(error, WriteError::ReadOnly { .. }), "{error:?}");
        assert_eq!(fs::read_to_string(dir.path().join("a.rs")).unwrap(), BEFORE);
    }

    #[test]
    fn a_failure_half_way_puts_back_what_was_done() {
        let dir = folder([("a.rs", BEFORE), ("b.rs", BEFORE)]);
        let plan = plan_of(dir.path());
        let targets = targets(&rewrites(&plan.changes)).unwrap();
        let prepared = prepare_all(&targets).unwrap();
        fs::remove_file(dir.path().join("b.rs")).unwrap();
        fs::create_dir_all(dir.path().join("b.rs/in-the-way")).unwrap();
        let error = put_in_place(&targets, prepared).unwrap_err();
        assert!(matches!(error, WriteError::Io { .. }), "{error:?}");
        assert_eq!(fs::read_to_string(dir.path().join("a.rs")).unwrap(), BEFORE);
        assert_eq!(names(dir.path()), ["a.rs", "b.rs"]);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_stay_and_links_are_written_through_once() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = folder([("real/a.rs", BEFORE)]);
        let real = dir.path().join("real/a.rs");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o751)).unwrap();
        symlink("real/a.rs", dir.path().join("link.rs")).unwrap();
        let plan = plan_of(dir.path());
        assert_eq!(plan.changes.len(), 2);
        write_all(&rewrites(&plan.changes)).unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), AFTER);
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o751);
        assert!(fs::symlink_metadata(dir.path().join("link.rs")).unwrap().is_symlink());
    }
}
