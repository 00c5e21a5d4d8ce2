//! Puts back what the last apply has changed.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::journal::Home;
use super::record::{Entry, Record};
use super::write::{self, Rewrite};
use super::{WriteError, locks};

/// Why nothing was put back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UndoError {
    /// A path cannot be looked at.
    #[error("cannot read `{}`", path.display())]
    Path {
        /// The path as it was given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A record cannot be read.
    #[error("`{}` is not a record of this release of geppetto-migrate; nothing was put back", path.display())]
    Record {
        /// The record.
        path: PathBuf,
    },
    /// Files hold something else than the apply wrote.
    #[error(
        "files were changed after they were migrated; nothing was put back; \
         keep those changes elsewhere and pass `--allow-changed`, which loses them:{}",
        files.iter().map(|file| format!("\n    {}", file.display())).collect::<String>()
    )]
    Changed {
        /// The files.
        files: Vec<PathBuf>,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What one file holds, and what it held before the apply.
struct Step {
    path: PathBuf,
    now: Vec<u8>,
    before: String,
}

/// Puts back all files that the last apply in the repository around each of `paths` has changed, or none. Comes back with
/// the files. Lock files are put back if nobody wrote them since.
///
/// # Errors
/// [`UndoError`] if a file holds something else than the apply wrote, unless `allow_changed`, or cannot be written. Nothing
/// was changed then.
pub fn undo(paths: &[PathBuf], allow_changed: bool) -> Result<Vec<PathBuf>, UndoError> {
    let mut homes = BTreeSet::new();
    for path in paths {
        let real = fs::canonicalize(path).map_err(|source| UndoError::Path { path: path.clone(), source })?;
        homes.extend(Home::with_records_around(&real));
    }
    let mut records = Vec::new();
    for home in homes {
        let Some(path) = home.latest() else { continue };
        let record = fs::read_to_string(&path).ok().and_then(|text| Record::from_toml(&text));
        let record = record.ok_or_else(|| UndoError::Record { path: path.clone() })?;
        records.push((home, path, record));
    }
    let steps = steps(&records, allow_changed)?;
    let rewrites: Vec<Rewrite<'_>> =
        steps.iter().map(|step| Rewrite { path: &step.path, old: &step.now, new: step.before.as_bytes() }).collect();
    let created = create_missing(&steps)?;
    if let Err(error) = write::write_all(&rewrites) {
        created.iter().for_each(|path| drop(fs::remove_file(path)));
        return Err(error.into());
    }
    for (home, path, record) in &records {
        record.entries.iter().filter(|entry| entry.is_lock).for_each(|entry| put_back_lock(home, entry));
        // The files are put back; a record that stays would only say so again.
        let _ = home.remove(path);
    }
    Ok(steps.into_iter().map(|step| step.path).collect())
}

/// Makes empty files where files are gone.
fn create_missing(steps: &[Step]) -> Result<Vec<&Path>, UndoError> {
    let mut created = Vec::new();
    for path in steps.iter().map(|step| step.path.as_path()).filter(|path| !path.exists()) {
        let folder = path.parent().unwrap_or(path);
        if let Err(source) = fs::create_dir_all(folder).and_then(|()| fs::write(path, "")) {
            created.into_iter().for_each(|path: &Path| drop(fs::remove_file(path)));
            return Err(WriteError::Io { path: path.to_owned(), source }.into());
        }
        created.push(path);
    }
    Ok(created)
}

/// What is to be written. Files that hold their old text already are left alone.
fn steps(records: &[(Home, PathBuf, Record)], allow_changed: bool) -> Result<Vec<Step>, UndoError> {
    let (mut steps, mut changed) = (Vec::new(), Vec::new());
    for (home, _, record) in records {
        for entry in record.entries.iter().filter(|entry| !entry.is_lock) {
            let path = home.base.join(&entry.path);
            let before = entry.before.clone().unwrap_or_default();
            match fs::read(&path) {
                Ok(now) if now == before.as_bytes() => {}
                Err(error) if allow_changed && error.kind() == io::ErrorKind::NotFound => {
                    steps.push(Step { path, now: Vec::new(), before });
                }
                Ok(now) if allow_changed || is_written(entry, &now) => steps.push(Step { path, now, before }),
                _ => changed.push(path),
            }
        }
    }
    if changed.is_empty() { Ok(steps) } else { Err(UndoError::Changed { files: changed }) }
}

fn is_written(entry: &Entry, now: &[u8]) -> bool {
    entry.written.iter().any(|text| text.as_bytes() == now)
}

fn put_back_lock(home: &Home, entry: &Entry) {
    let path: &Path = &home.base.join(&entry.path);
    if fs::read(path).is_ok_and(|now| is_written(entry, &now)) {
        locks::restore(path, entry.before.as_deref());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::{Waivers, apply};
    use crate::testing::{folder, plan_of};

    const BEFORE: &str = "\u{feff}geppetto with_sink\r\n";

    fn applied(files: &[&str]) -> tempfile::TempDir {
        let dir = folder(files.iter().map(|name| (*name, BEFORE)));
        apply(&plan_of(dir.path()), Waivers { dirty: true, no_vcs: true }).unwrap();
        dir
    }

    fn read(folder: &Path, name: &str) -> String {
        fs::read_to_string(folder.join(name)).unwrap()
    }

    fn ask(folder: &Path, allow_changed: bool) -> Result<usize, UndoError> {
        undo(&[folder.to_owned()], allow_changed).map(|files| files.len())
    }

    #[test]
    fn everything_is_put_back_once_and_nothing_is_left_behind() {
        let dir = applied(&["a.rs", "b/c.rs"]);
        assert_ne!(read(dir.path(), "a.rs"), BEFORE);
        assert!(dir.path().join(".geppetto-migrate/undo").is_dir());
        assert_eq!(ask(&dir.path().join("b"), false).unwrap(), 2);
        assert_eq!([read(dir.path(), "a.rs"), read(dir.path(), "b/c.rs")], [BEFORE, BEFORE]);
        assert!(!dir.path().join(".geppetto-migrate").exists());
        assert_eq!(ask(dir.path(), false).unwrap(), 0);
    }

    #[test]
    fn a_file_that_was_changed_since_stops_everything() {
        let dir = applied(&["a.rs", "b.rs"]);
        fs::write(dir.path().join("b.rs"), "mine").unwrap();
        let after = read(dir.path(), "a.rs");
        let error = ask(dir.path(), false).unwrap_err();
        assert!(matches!(&error, UndoError::Changed { files } if files.len() == 1), "{error:?}");
        assert_eq!([read(dir.path(), "a.rs"), read(dir.path(), "b.rs")], [after, "mine".to_owned()]);
        assert_eq!(ask(dir.path(), true).unwrap(), 2);
        assert_eq!([read(dir.path(), "a.rs"), read(dir.path(), "b.rs")], [BEFORE, BEFORE]);
    }

    #[test]
    fn a_file_that_is_gone_stops_everything() {
        let dir = applied(&["a.rs", "b/c.rs"]);
        fs::remove_dir_all(dir.path().join("b")).unwrap();
        assert!(matches!(ask(dir.path(), false), Err(UndoError::Changed { .. })));
        assert_eq!(ask(dir.path(), true).unwrap(), 2);
        assert_eq!([read(dir.path(), "a.rs"), read(dir.path(), "b/c.rs")], [BEFORE, BEFORE]);
    }

    #[test]
    fn a_file_that_a_person_put_back_is_left_alone() {
        let dir = applied(&["a.rs", "b.rs"]);
        fs::write(dir.path().join("b.rs"), BEFORE).unwrap();
        assert_eq!(ask(dir.path(), false).unwrap(), 1);
        assert_eq!(read(dir.path(), "a.rs"), BEFORE);
    }

    #[test]
    fn the_last_apply_is_undone_first() {
        let dir = applied(&["a.rs"]);
        let first = read(dir.path(), "a.rs");
        fs::write(dir.path().join("a.rs"), format!("{first}with_sink")).unwrap();
        apply(&plan_of(dir.path()), Waivers { dirty: true, no_vcs: true }).unwrap();
        assert_eq!(ask(dir.path(), false).unwrap(), 1);
        assert_eq!(read(dir.path(), "a.rs"), format!("{first}with_sink"));
        assert!(ask(dir.path(), false).is_err());
        assert_eq!(ask(dir.path(), true).unwrap(), 1);
        assert_eq!(read(dir.path(), "a.rs"), BEFORE);
    }

    #[test]
    fn a_repository_keeps_the_record_in_its_own_folder() {
        let linked = |dir: &Path| {
            fs::create_dir(dir.join("elsewhere")).unwrap();
            fs::write(dir.join(".git"), "gitdir: elsewhere\n").unwrap();
            dir.join("elsewhere")
        };
        let plain = |dir: &Path| {
            fs::create_dir(dir.join(".git")).unwrap();
            dir.join(".git")
        };
        let ways: [&dyn Fn(&Path) -> PathBuf; 2] = [&linked, &plain];
        for make in ways {
            let dir = folder([("a/b.rs", BEFORE)]);
            let inside = make(dir.path());
            apply(&plan_of(&dir.path().join("a")), Waivers { dirty: true, no_vcs: false }).unwrap();
            assert!(inside.join("geppetto-migrate/undo/000001.toml").is_file());
            assert_eq!(ask(&dir.path().join("a/b.rs"), false).unwrap(), 1);
            assert_eq!(read(dir.path(), "a/b.rs"), BEFORE);
            assert!(!inside.join("geppetto-migrate").exists());
        }
    }

    #[test]
    fn a_record_that_nobody_can_read_is_refused() {
        let dir = applied(&["a.rs"]);
        fs::write(dir.path().join(".geppetto-migrate/undo/000001.toml"), "version = 99\n").unwrap();
        assert!(matches!(ask(dir.path(), true), Err(UndoError::Record { .. })));
    }

    #[test]
    fn an_apply_that_fails_leaves_no_record() {
        let dir = folder([("a.rs", BEFORE)]);
        let plan = plan_of(dir.path());
        fs::write(dir.path().join("a.rs"), "mine").unwrap();
        apply(&plan, Waivers { dirty: true, no_vcs: true }).unwrap_err();
        assert!(!dir.path().join(".geppetto-migrate").exists());
    }
}
