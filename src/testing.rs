//! For unit tests: trees on the disk and a front end whose only rule is one word.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use crate::edit::Edit;
use crate::finding::{Class, Finding, Level, Mention, UnitId};
use crate::frontend::{Analysis, Frontend, Package, Selection};
use crate::plan::Plan;
use crate::rules::Rule;
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
    let entries = files.iter().map(|(path, text)| FileEntry { path: path.clone(), hit: hit(text), mentions: 0 });
    let entries: Vec<FileEntry> = entries.collect();
    let texts = files.iter().zip(0..).map(|((path, text), index)| (FileId(index), Arc::new(Source::new(path, *text))));
    Tree::new(vec![PathBuf::from(".")], entries, texts.collect())
}

/// The plan for one root as [`WordFrontend`] has it.
pub(crate) fn plan_of(root: &Path) -> Plan {
    plan_with(root, &WordFrontend { becomes: "with_event_sink" }).unwrap()
}

/// The plan for one root as `frontend` has it.
pub(crate) fn plan_with(root: &Path, frontend: &dyn Frontend) -> Result<Plan, crate::Error> {
    let selection = Selection::up_to(Level::Safe);
    crate::plan_roots(&[root.to_owned()], &[frontend], &selection, &|_| {})
}

/// Replaces the word `with_sink` in Rust files that say `geppetto`; in lines that are comments it is documentation.
pub(crate) struct WordFrontend {
    /// What the word becomes.
    pub(crate) becomes: &'static str,
}

const WORD: &str = "with_sink";

impl Frontend for WordFrontend {
    fn language(&self) -> &'static str {
        "words"
    }

    fn claims(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "rs")
    }

    fn ledger_names(&self) -> &'static [&'static str] {
        &[WORD]
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
        analysis.packages.push(Package { language: "words", name: "words".to_owned(), root: PathBuf::new() });
        analysis
    }
}

impl WordFrontend {
    fn look_into(&self, file: FileId, text: &str, selection: &Selection, analysis: &mut Analysis) {
        for (offset, _) in text.match_indices(WORD) {
            let range = offset..offset + WORD.len();
            let line = text[..offset].rsplit('\n').next().unwrap_or_default();
            let class = if line.trim_start().starts_with("//") { Class::Documentation } else { Class::Rewritten };
            analysis.mentions.push(Mention { file, offset, class });
            if class == Class::Documentation {
                continue;
            }
            let unit = UnitId(format!("{file:?}@{offset}"));
            if selection.wants(Level::Safe, &unit) {
                analysis.edits.push((file, Edit::replace(range.clone(), self.becomes)));
            }
            analysis.findings.push(Finding {
                rule: Rule::EngineSink,
                file,
                range,
                level: Level::Safe,
                what: format!("`{WORD}` stands here"),
                why: String::new(),
                help: format!("write `{}`", self.becomes),
                traps: Vec::new(),
                unit,
            });
        }
    }
}
