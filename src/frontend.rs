//! The seam between the language-neutral core and what knows a language.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::edit::Edit;
use crate::finding::{Finding, Level, Mention, UnitId};
use crate::marker::{Lexis, Question};
use crate::rules::Rule;
use crate::tree::{FileId, Problem, Tree};

/// Which changes the caller wants; the edits of an [`Analysis`] are exactly those of the wanted units.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The highest level that is applied; with [`Level::Report`] nothing is.
    pub level: Level,
    /// Units that stay as they are although their level would allow them.
    pub excluded: Vec<UnitId>,
    /// The TOML by which manifests name the new crate: a version (`"0.1"`), an inline table (`{ path = "…" }`), or a
    /// whole entry with a key of its own (`rt = { package = "geppetto-runtime", path = "…" }`). `None`: this release's.
    pub runtime_dependency: Option<String>,
    /// The version of geppetto that `go.mod` files are to require. `None`: that stays to a person.
    pub required_version: Option<String>,
}

impl Selection {
    /// No change at all: only what there is to report.
    pub fn none() -> Self {
        Self::up_to(Level::Report)
    }

    /// Everything up to `level`, with this release's runtime, and versions that others require as they are.
    pub fn up_to(level: Level) -> Self {
        Self { level, excluded: Vec::new(), runtime_dependency: None, required_version: None }
    }

    /// The same level with these units excluded.
    pub fn without(&self, excluded: Vec<UnitId>) -> Self {
        Self { excluded, ..self.clone() }
    }

    /// Whether a unit of this level and id is wanted.
    pub fn wants(&self, level: Level, unit: &UnitId) -> bool {
        let is_allowed = self.level < Level::Report && level <= self.level;
        is_allowed && !self.excluded.contains(unit)
    }
}

/// What one front end says about a tree.
#[derive(Debug, Default)]
pub struct Analysis {
    /// Every legacy site, of every level, whatever the selection.
    pub findings: Vec<Finding>,
    /// The edits of the selected units, with the imports and manifest entries that go with just these.
    pub edits: Vec<(FileId, Edit)>,
    /// What the selected units leave to a person, with the file and the byte it is about. The core writes it into the code.
    pub questions: Vec<(FileId, usize, Question)>,
    /// The class of every textual occurrence of a name from [`Frontend::ledger_names`] in the files that were looked
    /// into. Occurrences in files that were not (they cannot name the legacy API) are unrelated.
    pub mentions: Vec<Mention>,
    /// Files that matter and could not be understood.
    pub problems: Vec<Problem>,
    /// Files with [marks](crate::tree::FileEntry::is_marked) that belong to packages which name the legacy or the new API.
    pub marked: Vec<FileId>,
    /// The packages that were looked into, for summaries.
    pub packages: Vec<Package>,
    /// What a person does about packages in which nothing is left to change.
    pub next_steps: Vec<NextStep>,
}

/// What is left to a person once a package is changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NextStep {
    /// The [root](Package::root) of the package.
    pub root: PathBuf,
    /// What to do, as a lowercase fragment.
    pub text: String,
}

/// A unit of building and publishing: a cargo package, a Go module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Package {
    /// The [language](Frontend::language) it is written in.
    pub language: &'static str,
    /// Its name in its manifest.
    pub name: String,
    /// The folder of its manifest, spelled as the tree's files are.
    pub root: PathBuf,
}

/// Something in a text that the language does not take, or a compiler warns of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The file.
    pub file: FileId,
    /// The byte of its text.
    pub offset: usize,
    /// What flaws of the same kind have in common, wherever they stand in a file.
    pub like: String,
    /// What is wrong, as a fragment.
    pub what: String,
}

/// An error of a compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file and line (from 1) it points at.
    pub place: Option<(PathBuf, usize)>,
    /// What it says, with the place where there is one.
    pub text: String,
}

/// Why a package does not compile.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// The compiler says so.
    #[error("it does not compile")]
    Refused(Vec<Diagnostic>),
    /// It is nothing that the language's tools compile: files without a manifest.
    #[error("there is no manifest to compile it by")]
    NoManifest,
    /// The tools cannot be asked.
    #[error("cannot run `{program}`: {message}")]
    NoTools {
        /// The program.
        program: String,
        /// What the system said.
        message: String,
    },
}

/// One language. A front end never writes; it is asked again, on changed text, until nothing is left to do.
pub trait Frontend: Sync {
    /// Lowercase name of the language.
    fn language(&self) -> &'static str;

    /// Whether files of this name are read for this language at all.
    fn claims(&self, path: &Path) -> bool;

    /// The names of the legacy API that the ledger accounts for. They are matched as whole identifiers.
    fn ledger_names(&self) -> &'static [&'static str];

    /// Texts one of which a package must contain to matter (whatever it renames, it must name the library once).
    fn needles(&self) -> Vec<&str>;

    /// Finds the legacy sites of all packages of the tree and the edits that `selection` asks for.
    fn analyze(&self, tree: &Tree, selection: &Selection) -> Analysis;

    /// Why what a rule finds in this language is legacy, as a fragment.
    fn reason(&self, rule: Rule) -> &'static str {
        rule.reason()
    }

    /// Lays out the new text of a file of this language as its formatter would, if the old one was laid out by it.
    fn lay_out(&self, tree: &Tree, path: &Path, before: &str, after: &str) -> String {
        let _ = (tree, path, before);
        after.to_owned()
    }

    /// Where the text of a file is no code; `None` for files that are not code of this language.
    fn lexis(&self, path: &Path, text: &str) -> Option<Lexis> {
        let _ = (path, text);
        None
    }

    /// Why a text that the tool wrote is none of this language, if it is not.
    fn flaw(&self, file: FileId, path: &Path, text: &str) -> Option<String> {
        let _ = (file, path, text);
        None
    }

    /// What does not hold in the texts of some `files`: names that mean nothing, imports and variables that nothing uses. Nobody
    /// knows all names of a program, so that only those count which a change brought.
    fn flaws(&self, tree: &Tree, files: &BTreeSet<FileId>) -> Vec<Flaw> {
        let _ = (tree, files);
        Vec::new()
    }

    /// Compiles a package of this language as it stands on the disk, with its tests, as its developers would.
    ///
    /// # Errors
    /// [`CompileError`] where it does not compile, or nobody can say.
    fn compile(&self, package: &Package) -> Result<(), CompileError> {
        let _ = package;
        Err(CompileError::NoManifest)
    }

    /// The files in which the language's tools keep the versions of a package's dependencies; they write them on their own.
    fn lock_files(&self, package: &Package) -> Vec<PathBuf> {
        let _ = package;
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_wants_what_is_allowed_and_not_excluded() {
        let unit = UnitId("a".to_owned());
        let wanted = |selection: &Selection| Level::ALL.map(|level| selection.wants(level, &unit));
        assert_eq!(wanted(&Selection::none()), [false; 4]);
        assert_eq!(wanted(&Selection::up_to(Level::Safe)), [true, false, false, false]);
        assert_eq!(wanted(&Selection::up_to(Level::Draft)), [true, true, true, false]);
        let mut offered = Selection::up_to(Level::Offered);
        assert_eq!(wanted(&offered), [true, true, false, false]);
        offered.excluded.push(unit.clone());
        assert_eq!(wanted(&offered), [false; 4]);
    }
}
