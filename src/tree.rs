//! The scanned tree: which files there are, their texts, and what could not be read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::source::{Position, Source};

/// Index of a file in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// One file of the tree.
#[derive(Clone, Debug)]
pub struct FileEntry {
    /// The path as it is shown and opened.
    pub path: PathBuf,
    /// Whether its text holds one of the needles. Of the others only what is marked is kept in memory.
    pub hit: bool,
    /// Whether its text holds what every [marker](crate::marker) does. Such files are kept, too.
    pub is_marked: bool,
    /// How many occurrences of ledger names the text holds.
    pub mentions: usize,
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// It cannot be opened or read.
    Unreadable,
    /// It is not UTF-8.
    NotUtf8,
    /// It does not parse.
    Unparsable,
    /// It parses, but is not a manifest that makes sense.
    Manifest,
    /// What the tool would write does not hold: a defect of its own.
    Defect,
}

/// A file about which there is no verdict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub path: PathBuf,
    /// Where in the file, if that is known.
    pub position: Option<Position>,
    /// What is wrong.
    pub kind: ProblemKind,
    /// The error in words, as a lowercase fragment.
    pub message: String,
}

/// The files of one or more roots, sorted by path, with their texts on demand. An overlay of changed texts lets the
/// same tree be looked at as it would be after a change.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The roots as they were given; in place of one that is a part of a package stands the package.
    pub roots: Vec<PathBuf>,
    /// What lies below the roots and could not be read: nobody knows what it holds.
    pub unread: Vec<PathBuf>,
    files: Arc<[FileEntry]>,
    /// Texts that are parts of files, with ids behind those of the files.
    parts: Arc<[FileEntry]>,
    texts: BTreeMap<FileId, Arc<Source>>,
}

impl Tree {
    /// A tree of `files` (sorted by path), of which `texts` are held in memory.
    pub fn new(roots: Vec<PathBuf>, files: Vec<FileEntry>, texts: BTreeMap<FileId, Arc<Source>>) -> Self {
        Self { roots, unread: Vec::new(), files: files.into(), parts: Arc::default(), texts }
    }

    /// All files with their ids, in the order of their paths.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &FileEntry)> {
        self.files.iter().enumerate().map(|(index, entry)| (FileId(index as u32), entry))
    }

    /// One file's entry.
    pub fn entry(&self, file: FileId) -> &FileEntry {
        let index = file.0 as usize;
        self.files.get(index).unwrap_or_else(|| &self.parts[index - self.files.len()])
    }

    /// The file at `path`, as the walk spelled it.
    pub fn find(&self, path: &Path) -> Option<FileId> {
        self.files.binary_search_by(|entry| entry.path.as_path().cmp(path)).ok().map(|index| FileId(index as u32))
    }

    /// The text of a file: from memory, or read now (and not kept).
    ///
    /// # Errors
    /// A [`Problem`] if the file cannot be read or is not UTF-8.
    pub fn source(&self, file: FileId) -> Result<Arc<Source>, Problem> {
        match self.texts.get(&file) {
            Some(source) => Ok(source.clone()),
            None => crate::walk::read_source(&self.entry(file).path).map(Arc::new),
        }
    }

    /// The same tree with other texts for some files.
    pub fn with_texts(&self, changed: impl IntoIterator<Item = (FileId, Arc<Source>)>) -> Self {
        let mut next = self.clone();
        next.texts.extend(changed);
        next
    }

    /// The same tree with texts that are parts of its files, such as the examples in documentation: they have ids and
    /// entries like files do, but are not found among the files.
    pub(crate) fn with_parts(&self, parts: impl IntoIterator<Item = Source>) -> Self {
        let mut next = self.clone();
        let mut entries = Vec::new();
        for (part, id) in parts.into_iter().zip(self.files.len() as u32..) {
            entries.push(FileEntry { path: part.path().to_owned(), hit: true, is_marked: false, mentions: 0 });
            next.texts.insert(FileId(id), Arc::new(part));
        }
        next.parts = entries.into();
        next
    }
}
