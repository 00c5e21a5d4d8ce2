//! Reads the walked files and keeps only the texts that can matter; of the others, only counts stay.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use memchr::memmem::Finder;
use rayon::prelude::*;

use crate::frontend::Frontend;
use crate::marker;
use crate::names::{Names, matcher};
use crate::source::Source;
use crate::tree::{FileEntry, FileId, Problem, Tree};
use crate::walk::{Walked, source_of, unreadable};

/// Finds needles and legacy names in texts. Built once, shared by all threads.
#[derive(Debug)]
pub struct Prefilter {
    needles: AhoCorasick,
    names: Names,
}

impl Prefilter {
    /// Looks for the needles and the ledger names of `frontend`.
    pub fn new(frontend: &dyn Frontend) -> Self {
        Self { needles: matcher(&frontend.needles()), names: Names::new(frontend.ledger_names()) }
    }

    /// Whether `text` holds a needle.
    pub fn hits(&self, text: &[u8]) -> bool {
        self.needles.is_match(text)
    }

    /// The places of all legacy names in `text` that stand as whole identifiers.
    pub fn names_in<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = Range<usize>> + 'a {
        self.names.find(text).map(|(start, name)| start..start + name.len())
    }
}

/// Reads all of `walked` in parallel and keeps the texts in which a front end found a needle.
///
/// Comes back with the tree and a problem for every file that cannot be read, or that holds a needle and is not UTF-8.
pub fn read_tree(walked: Walked, frontends: &[&dyn Frontend]) -> (Tree, Vec<Problem>) {
    let prefilters: Vec<Prefilter> = frontends.iter().map(|frontend| Prefilter::new(*frontend)).collect();
    // A finder of its own: two searches for one text are faster than one for two.
    let marks = Finder::new(marker::NEEDLE);
    let read: Vec<Looked> = walked
        .files
        .par_iter()
        .map(|path| {
            let claimed = frontends.iter().zip(&prefilters);
            let filters: Vec<&Prefilter> =
                claimed.filter(|(frontend, _)| frontend.claims(path)).map(|(_, prefilter)| prefilter).collect();
            look_into(path, &filters, &marks)
        })
        .collect();

    let mut problems = walked.problems;
    let mut files = Vec::with_capacity(read.len());
    let mut texts = BTreeMap::new();
    for (index, (path, looked)) in walked.files.into_iter().zip(read).enumerate() {
        let Looked { hit, is_marked, mentions, .. } = looked;
        files.push(FileEntry { path, hit, is_marked, mentions });
        match looked.source {
            Some(Ok(source)) => {
                texts.insert(FileId(index as u32), Arc::new(source));
            }
            Some(Err(problem)) => problems.push(problem),
            None => {}
        }
    }
    (Tree::new(walked.roots, files, texts), problems)
}

#[derive(Default)]
struct Looked {
    hit: bool,
    is_marked: bool,
    mentions: usize,
    source: Option<Result<Source, Problem>>,
}

fn look_into(path: &Path, filters: &[&Prefilter], marks: &Finder<'_>) -> Looked {
    thread_local! {
        static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    BUFFER.with_borrow_mut(|buffer| {
        if let Err(error) = read_into(path, buffer) {
            return Looked { source: Some(Err(unreadable(path, error.to_string()))), ..Looked::default() };
        }
        let hit = filters.iter().any(|filter| filter.hits(buffer));
        let is_marked = marks.find(buffer).is_some();
        let source = (hit || is_marked).then(|| source_of(path, buffer.clone()));
        // Whether an unreadable text matters although it has no needle, only its package says.
        let source = source.filter(|source| hit || source.is_ok());
        Looked { hit, is_marked, mentions: count_names(buffer, filters), source }
    })
}

fn read_into(path: &Path, buffer: &mut Vec<u8>) -> io::Result<()> {
    buffer.clear();
    File::open(path)?.read_to_end(buffer)?;
    Ok(())
}

/// A name that two front ends know counts once.
fn count_names(text: &[u8], filters: &[&Prefilter]) -> usize {
    if let [filter] = filters {
        return filter.names_in(text).count();
    }
    let names = filters.iter().flat_map(|filter| filter.names_in(text));
    let mut offsets: Vec<usize> = names.map(|name| name.start).collect();
    offsets.sort_unstable();
    offsets.dedup();
    offsets.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{WordFrontend, folder};
    use crate::tree::ProblemKind;

    const WORDS: WordFrontend = WordFrontend { becomes: "" };

    fn read(files: &[(&str, &[u8])]) -> (Tree, Vec<Problem>) {
        let dir = folder([]);
        for (name, bytes) in files {
            std::fs::write(dir.path().join(name), bytes).unwrap();
        }
        let roots = [dir.path().to_owned()];
        let walked = crate::walk::walk(&roots, &|_| true).unwrap();
        read_tree(walked, &[&WORDS])
    }

    #[test]
    fn files_without_a_needle_leave_only_their_counts() {
        let (tree, problems) = read(&[("a.rs", b"with_sink with_sink"), ("b.rs", b"geppetto::with_sink")]);
        assert_eq!(problems, []);
        let seen: Vec<_> = tree.files().map(|(_, entry)| (entry.hit, entry.mentions)).collect();
        assert_eq!(seen, [(false, 2), (true, 1)]);
    }

    #[test]
    fn files_with_markers_are_kept_and_name_nothing() {
        let (tree, problems) = read(&[
            ("a.rs", b"// MIGRATE(x)"),
            ("b.rs", b"MIGRATE( geppetto"),
            ("c.rs", b"geppetto MIGRATE("),
            ("d.rs", b"MIGRATE(x) caf\xe9"),
            ("e.rs", b"MIGRATE"),
        ]);
        assert_eq!(problems, []);
        let seen: Vec<_> = tree.files().map(|(_, entry)| (entry.hit, entry.is_marked)).collect();
        assert_eq!(seen, [(false, true), (true, true), (true, true), (false, true), (false, false)]);
        assert!(tree.source(FileId(0)).is_ok());
    }

    #[test]
    fn only_a_needle_makes_other_encodings_a_problem() {
        let (_, problems) = read(&[("latin.rs", b"// caf\xe9"), ("legacy.rs", b"\n use geppetto; // caf\xe9")]);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].kind, ProblemKind::NotUtf8);
        assert!(problems[0].path.ends_with("legacy.rs"));
        let place = problems[0].position.unwrap();
        assert_eq!((place.line, place.column), (2, 22));
    }
}
