//! For unit tests: trees on the disk and a front end whose only rule is one word.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use crate::edit::Edit;
use crate::finding::{Class, Finding, Level, Mention, UnitId};
use crate::frontend::{Analysis, Flaw, Frontend, Package, Selection};
use crate::marker::{Lexis, NEEDLE, Question};
use crate::names::class_of;
use crate::plan::Plan;
use crate::rules::{Rule, Trap};
use crate::source::Source;
use crate::tree::{FileEntry, FileId, Tree};

/// Writes `files` below a new folder.
pub(crate) fn folder<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// A tree of texts in memory; those that name the legacy library are hits.
pub(crate) fn tree(files: &[(&str, &str)]) -> Tree {
    let mut files: Vec<(PathBuf, &str)> = files.iter().map(|(path, text)| (PathBuf::from(path), *text)).collect();
    files.sort();
    let hit = |text: &str| text.replace("geppetto-runtime", "").contains("geppetto");
    let entry = |(path, text): &(PathBuf, &str)| FileEntry {
        path: path.clone(),
        hit: hit(text),
        is_marked: text.contains(NEEDLE),
        mentions: 0,
    };
    let entries: Vec<FileEntry> = files.iter().map(entry).collect();
    let texts = files.iter().zip(0..).map(|((path, text), index)| (FileId(index), Arc::new(Source::new(path, *text))));
    Tree::new(vec![PathBuf::from(".")], entries, texts.collect())
}

/// The plan for one root as [`WordFrontend`] has it.
pub(crate) fn plan_of(root: &Path) -> Plan {
    plan_with(root, &WordFrontend { becomes: "with_event_sink" }).unwrap()
}

/// The plan for one root as `frontend` has it.
pub(crate) fn plan_with(root: &Path, frontend: &dyn Frontend) -> Result<Plan, crate::Error> {
    plan_up_to(Level::Safe, root, frontend)
}

/// The plan for one root up to a level.
pub(crate) fn plan_up_to(level: Level, root: &Path, frontend: &dyn Frontend) -> Result<Plan, crate::Error> {
    let selection = Selection::up_to(level);
    crate::plan_roots(&[root.to_owned()], &[frontend], &selection, &|_| {})
}

/// Replaces the word `with_sink` in Rust files that say `geppetto`; in comments it is documentation. The word `set_run_id` is
/// drafted. What becomes of `bad(with_sink)` does not hold.
pub(crate) struct WordFrontend {
    /// What the word becomes.
    pub(crate) becomes: &'static str,
}

const WORDS: [(&str, Level); 2] = [("with_sink", Level::Safe), ("set_run_id", Level::Draft)];

impl Frontend for WordFrontend {
    fn language(&self) -> &'static str {
        "words"
    }

    fn claims(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "rs")
    }

    fn ledger_names(&self) -> &'static [&'static str] {
        &["with_sink", "set_run_id"]
    }

    fn needles(&self) -> Vec<&str> {
        vec!["geppetto"]
    }

    fn analyze(&self, tree: &Tree, selection: &Selection) -> Analysis {
        let mut analysis = Analysis::default();
        for (file, _) in tree.files().filter(|(_, entry)| entry.hit) {
            match tree.source(file) {
                Ok(source) => self.look_into(file, source.text(), selection, &mut analysis),
                Err(problem) => analysis.problems.push(problem),
            }
        }
        let is_known = tree.files().any(|(_, entry)| entry.hit);
        let marked = tree.files().filter(|(_, entry)| is_known && entry.is_marked);
        analysis.marked = marked.map(|(file, _)| file).collect();
        analysis.packages.push(Package { language: "words", name: "words".to_owned(), root: PathBuf::new() });
        analysis
    }

    fn flaws(&self, tree: &Tree, files: &BTreeSet<FileId>) -> Vec<Flaw> {
        let bad = format!("bad({})", self.becomes);
        let flaw = |&file: &FileId| {
            let offset = tree.source(file).ok()?.text().find(&bad)? + "bad(".len();
            Some(Flaw { file, offset, like: bad.clone(), what: "it is bad".to_owned() })
        };
        files.iter().filter_map(flaw).collect()
    }

    fn lexis(&self, _: &Path, text: &str) -> Option<Lexis> {
        let lines = text.split_inclusive('\n').scan(0, |at, line| {
            *at += line.len();
            Some(*at - line.len()..*at)
        });
        let comment = |line: Range<usize>| {
            let (code, _) = text[line.clone()].split_once("//")?;
            let end = line.start + text[line.clone()].trim_end().len();
            (code.matches('"').count() % 2 == 0).then_some(line.start + code.len()..end)
        };
        Some(Lexis { comments: lines.filter_map(comment).collect(), literals: Vec::new() })
    }
}

impl WordFrontend {
    fn look_into(&self, file: FileId, text: &str, selection: &Selection, analysis: &mut Analysis) {
        let found =
            WORDS.iter().flat_map(|(word, level)| text.match_indices(word).map(|(at, word)| (at, word, *level)));
        for (offset, word, level) in found {
            let range = offset..offset + word.len();
            let line = text[..offset].rsplit('\n').next().unwrap_or_default();
            let class = if line.trim_start().starts_with("//") { Class::Documentation } else { class_of(level) };
            analysis.mentions.push(Mention { file, offset, class });
            if class == Class::Documentation {
                continue;
            }
            let unit = UnitId(format!("{file:?}@{offset}"));
            let questions = match level {
                Level::Draft => vec![Question { trap: Trap::NoCounterpart, text: "which id it is".to_owned() }],
                _ => Vec::new(),
            };
            if selection.wants(level, &unit) {
                analysis.edits.push((file, Edit::replace(range.clone(), self.becomes)));
                analysis.questions.extend(questions.iter().map(|question| (file, offset, question.clone())));
            }
            analysis.findings.push(Finding {
                rule: Rule::EngineSink,
                file,
                range,
                level,
                what: format!("`{word}` stands here"),
                why: String::new(),
                help: format!("write `{}`", self.becomes),
                traps: Vec::new(),
                questions,
                notes: Vec::new(),
                unit,
            });
        }
    }
}
