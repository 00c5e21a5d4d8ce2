//! Where records of what was written are kept: inside the repository's own folder, or beside files that are in none.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::ApplyError;
use super::locks::ChangedLock;
use super::record::{Entry, Record};
use super::vcs::Repository;
use super::write::{self, Rewrite};

/// The folder for records where no repository has one.
const OUTSIDE: &str = ".geppetto-migrate";
/// How many records a folder keeps.
const KEPT: usize = 10;

/// Why nothing could be recorded.
#[derive(Debug, thiserror::Error)]
#[error("cannot record in `{}` what is changed, so that it could be undone; nothing was changed", path.display())]
pub struct JournalError {
    path: PathBuf,
    source: io::Error,
}

/// A folder with records, and the folder whose files they are about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Home {
    pub(super) base: PathBuf,
    pub(super) folder: PathBuf,
}

impl Home {
    /// Where what is written to `file` (canonical) is recorded. Outside of repositories that is the root it belongs to.
    fn of(file: &Path, roots: &[PathBuf]) -> Self {
        let repository = Repository::around(file);
        repository.and_then(|repository| Self::inside(&repository)).unwrap_or_else(|| {
            let around = roots.iter().filter(|root| file.starts_with(root) && root.is_dir());
            let base = around.max_by_key(|root| root.components().count()).map(PathBuf::as_path);
            Self::outside(base.or(file.parent()).unwrap_or(file))
        })
    }

    /// The nearest records about `path` (canonical), if there are some in the same repository.
    pub(super) fn with_records_around(path: &Path) -> Option<Self> {
        for folder in path.ancestors() {
            let outside = Self::outside(folder);
            if outside.latest().is_some() {
                return Some(outside);
            }
            if let Some(repository) = Repository::at(folder) {
                return Self::inside(&repository).filter(|home| home.latest().is_some());
            }
        }
        None
    }

    fn inside(repository: &Repository) -> Option<Self> {
        let folder = repository.inside()?.join("geppetto-migrate/undo");
        Some(Self { base: repository.top.clone(), folder })
    }

    fn outside(base: &Path) -> Self {
        Self { base: base.to_owned(), folder: base.join(OUTSIDE).join("undo") }
    }

    /// The record of the last apply.
    pub(super) fn latest(&self) -> Option<PathBuf> {
        self.records().pop().map(|number| self.record(number))
    }

    fn record(&self, number: u32) -> PathBuf {
        self.folder.join(format!("{number:06}.toml"))
    }

    /// The numbers of the records, the last one last.
    fn records(&self) -> Vec<u32> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let number = |name: std::ffi::OsString| name.to_str()?.strip_suffix(".toml")?.parse().ok();
        let mut numbers: Vec<u32> = entries.filter_map(|entry| number(entry.file_name())).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Removes a record, and the folders that it leaves empty.
    pub(super) fn remove(&self, record: &Path) -> io::Result<()> {
        fs::remove_file(record)?;
        let above = self.folder.ancestors().take(2);
        above.take_while(|folder| fs::remove_dir(folder).is_ok()).for_each(drop);
        Ok(())
    }
}

/// Records of one apply, kept up to date before every write.
#[derive(Debug)]
pub(super) struct Journal {
    roots: Vec<PathBuf>,
    records: BTreeMap<Home, (PathBuf, Record)>,
}

impl Journal {
    pub(super) fn new(roots: &[PathBuf]) -> Self {
        let roots = roots.iter().map(|root| fs::canonicalize(root).unwrap_or_else(|_| root.clone())).collect();
        Self { roots, records: BTreeMap::new() }
    }

    /// Writes all files, or none, after it has recorded what they hold and will hold: whenever this is interrupted, every
    /// file holds a text that the record knows.
    pub(super) fn write(&mut self, rewrites: &[Rewrite<'_>]) -> Result<(), ApplyError> {
        for rewrite in rewrites {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let path = fs::canonicalize(rewrite.path).map_err(failed(rewrite.path))?;
            self.add(&path, Some(text(rewrite.old)), text(rewrite.new), false);
        }
        self.save()?;
        Ok(write::write_all(rewrites)?)
    }

    /// Records lock files that were written.
    pub(super) fn add_locks(&mut self, locks: &[ChangedLock]) -> Result<(), ApplyError> {
        for lock in locks {
            self.add(&lock.path, lock.before.clone(), lock.after.clone(), true);
        }
        Ok(self.save()?)
    }

    /// Ends a successful apply; records of long ago go.
    pub(super) fn keep(&self) {
        for home in self.records.keys() {
            let numbers = home.records();
            for number in numbers.iter().rev().skip(KEPT) {
                let _ = fs::remove_file(home.record(*number));
            }
        }
    }

    /// Ends an apply that has changed nothing.
    pub(super) fn discard(&mut self) {
        for (home, (path, _)) in std::mem::take(&mut self.records) {
            let _ = home.remove(&path);
        }
    }

    fn add(&mut self, path: &Path, before: Option<String>, after: String, is_lock: bool) {
        let home = Home::of(path, &self.roots);
        let next = || home.records().last().map_or(1, |last| last + 1);
        let shown = path.strip_prefix(&home.base).unwrap_or(path).to_owned();
        let (_, record) = self.records.entry(home.clone()).or_insert_with(|| (home.record(next()), Record::default()));
        match record.entries.iter_mut().find(|entry| entry.path == shown) {
            Some(entry) if entry.written.contains(&after) => {}
            Some(entry) => entry.written.push(after),
            None => record.entries.push(Entry { path: shown, before, written: vec![after], is_lock }),
        }
    }

    fn save(&self) -> Result<(), JournalError> {
        self.records.iter().try_for_each(|(home, (path, record))| save(home, path, record).map_err(failed(path)))
    }
}

fn save(home: &Home, path: &Path, record: &Record) -> io::Result<()> {
    fs::create_dir_all(&home.folder)?;
    let mut file = tempfile::NamedTempFile::new_in(&home.folder)?;
    file.write_all(record.to_toml().as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> JournalError {
    let path = path.to_owned();
    |source| JournalError { path, source }
}
