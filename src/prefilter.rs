//! Reads the walked files and keeps only the texts that can matter; of the others, only counts stay.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use rayon::prelude::*;

use crate::frontend::Frontend;
use crate::source::Source;
use crate::tree::{FileEntry, FileId, Problem, Tree};
use crate::walk::{Walked, source_of, unreadable};

/// Finds needles and legacy names in texts. Built once, shared by all threads.
#[derive(Debug)]
pub struct Prefilter {
    needles: AhoCorasick,
    names: AhoCorasick,
}

impl Prefilter {
    /// Looks for the needles and the ledger names of `frontend`.
    pub fn new(frontend: &dyn Frontend) -> Self {
        Self {
            needles: matcher(frontend.needles()),
            names: matcher(frontend.ledger_names()),
        }
    }

    /// Whether `text` holds a needle.
    pub fn hits(&self, text: &[u8]) -> bool {
        self.needles.is_match(text)
    }

    /// The offsets of all legacy names in `text` that stand as whole identifiers.
    pub fn names_in<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
        // Leftmost-longest finds every whole identifier: a match cannot begin before it and reach into it.
        self.names
            .find_iter(text)
            .filter(|found| is_whole_identifier(text, found.start(), found.end()))
            .map(|found| found.start())
    }
}

fn matcher(patterns: &[&str]) -> AhoCorasick {
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(patterns)
        .expect("a front end's needles and names are few and short")
}

fn is_whole_identifier(text: &[u8], start: usize, end: usize) -> bool {
    !last_char(&text[..start]).is_some_and(unicode_ident::is_xid_continue)
        && !first_char(&text[end..]).is_some_and(unicode_ident::is_xid_continue)
}

fn first_char(text: &[u8]) -> Option<char> {
    let head = &text[..text.len().min(4)];
    head.utf8_chunks().next()?.valid().chars().next()
}

fn last_char(text: &[u8]) -> Option<char> {
    let tail = &text[text.len().saturating_sub(4)..];
    let from = tail.iter().rposition(|byte| byte & 0b1100_0000 != 0b1000_0000)?;
    first_char(&tail[from..])
}

/// Reads all of `walked` in parallel and keeps the texts in which a front end found a needle.
///
/// Comes back with the tree and a problem for every file that cannot be read, or that holds a needle and is not UTF-8.
pub fn read_tree(roots: &[PathBuf], walked: Walked, frontends: &[&dyn Frontend]) -> (Tree, Vec<Problem>) {
    let prefilters: Vec<Prefilter> = frontends
        .iter()
        .map(|frontend| Prefilter::new(*frontend))
        .collect();
    let read: Vec<Looked> = walked
        .files
        .par_iter()
        .map(|path| {
            let claimed = frontends.iter().zip(&prefilters);
            let filters: Vec<&Prefilter> = claimed
                .filter(|(frontend, _)| frontend.claims(path))
                .map(|(_, prefilter)| prefilter)
                .collect();
            look_into(path, &filters)
        })
        .collect();

    let mut problems = walked.problems;
    let mut files = Vec::with_capacity(read.len());
    let mut texts = BTreeMap::new();
    for (index, (path, looked)) in walked.files.into_iter().zip(read).enumerate() {
        files.push(FileEntry {
            path,
            hit: looked.hit,
            mentions: looked.mentions,
        });
        match looked.source {
            Some(Ok(source)) => {
                texts.insert(FileId(index as u32), Arc::new(source));
            }
            Some(Err(problem)) => problems.push(problem),
            None => {}
        }
    }
    (Tree::new(roots.to_vec(), files, texts), problems)
}

#[derive(Default)]
struct Looked {
    hit: bool,
    mentions: usize,
    source: Option<Result<Source, Problem>>,
}

fn look_into(path: &Path, filters: &[&Prefilter]) -> Looked {
    thread_local! {
        static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    BUFFER.with_borrow_mut(|buffer| {
        if let Err(error) = read_into(path, buffer) {
            return Looked {
                source: Some(Err(unreadable(path, error.to_string()))),
                ..Looked::default()
            };
        }
        let hit = filters.iter().any(|filter| filter.hits(buffer));
        Looked {
            hit,
            mentions: count_names(buffer, filters),
            source: hit.then(|| source_of(path, buffer.clone())),
        }
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
    let mut offsets: Vec<usize> = filters.iter().flat_map(|filter| filter.names_in(text)).collect();
    offsets.sort_unstable();
    offsets.dedup();
    offsets.len()
}
