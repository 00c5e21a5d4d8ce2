//! The front end for Go.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::gomod::{parse_mod, parse_work};
use super::legacy::LegacyPaths;
use super::modules::{Modules, is_code, is_go};
use super::rules::legacy_dependency;
use super::syntax::Syntax;
use super::{analysis, audit, docs, ledger, lexis, toolchain};
use crate::docs::is_guide;
use crate::formatter::keep_layout;
use crate::frontend::{Analysis, CompileError, Flaw, Frontend, Package, Selection};
use crate::marker::Lexis;
use crate::rules::Rule;
use crate::source::Source;
use crate::tree::{FileId, Tree};

/// The front end for Go: modules, their code, their `go.mod` files and their Markdown.
#[derive(Clone, Debug, Default)]
pub struct GoFrontend {
    legacy: LegacyPaths,
}

impl GoFrontend {
    /// Knows geppetto by its own import path.
    pub const fn new() -> Self {
        Self { legacy: LegacyPaths::own() }
    }

    /// Knows geppetto by these import paths as well: those of forks, and vanity paths.
    pub fn with_paths(others: impl IntoIterator<Item = String>) -> Self {
        Self { legacy: LegacyPaths::with(others) }
    }
}

impl Frontend for GoFrontend {
    fn language(&self) -> &'static str {
        "go"
    }

    fn claims(&self, path: &Path) -> bool {
        is_go(path) || is_guide(path)
    }

    fn ledger_names(&self) -> &'static [&'static str] {
        ledger::NAMES
    }

    fn needles(&self) -> Vec<&str> {
        self.legacy.needles()
    }

    fn analyze(&self, tree: &Tree, selection: &Selection) -> Analysis {
        let (modules, problems) = Modules::discover(tree, &self.legacy);
        let (mut out, docs) = analysis::analyze(tree, &modules, &problems, selection);
        out.problems.extend(problems);
        // What documentation says keeps no version.
        legacy_dependency::modules(tree, &modules, &self.legacy, selection, &mut out);
        analysis::look_into_examples(tree, &modules, &docs, selection, &mut out);
        let is_marked = |file: &FileId| tree.entry(*file).is_marked;
        out.marked = modules.relevant().flat_map(|(_, module)| module.files()).filter(is_marked).collect();
        out.packages = modules
            .relevant()
            .map(|(_, module)| Package { language: "go", name: module.name(), root: module.root.clone() })
            .collect();
        out
    }

    fn reason(&self, rule: Rule) -> &'static str {
        match rule {
            Rule::LegacyImport => "the new version of the module has no such package, or not what is used of it",
            Rule::LegacyDependency => "the version that is required still has the legacy API",
            _ => rule.reason(),
        }
    }

    fn lay_out(&self, _: &Tree, path: &Path, before: &str, after: &str) -> String {
        if is_guide(path) {
            return docs::format(before, after, &toolchain::gofmt);
        }
        if !is_code(path) {
            return after.to_owned();
        }
        // gofmt ends lines its own way.
        let is_windows = before.contains("\r\n") && before.matches('\n').count() == before.matches("\r\n").count();
        if !is_windows {
            return keep_layout(before, after, &toolchain::gofmt);
        }
        let [before, after] = [before, after].map(|text| text.replace("\r\n", "\n"));
        keep_layout(&before, &after, &toolchain::gofmt).replace('\n', "\r\n")
    }

    fn lexis(&self, path: &Path, text: &str) -> Option<Lexis> {
        is_code(path).then(|| lexis::lexis(text))
    }

    fn flaw(&self, file: FileId, path: &Path, text: &str) -> Option<String> {
        let source = || Arc::new(Source::new(path, text));
        match path.file_name()?.to_str()? {
            "go.mod" => parse_mod(text).err().map(|flaw| flaw.message),
            "go.work" => parse_work(text).err().map(|flaw| flaw.message),
            _ if is_code(path) => Syntax::parse(file, source()).err().map(|flaw| flaw.message),
            _ => None,
        }
    }

    fn flaws(&self, tree: &Tree, files: &BTreeSet<FileId>) -> Vec<Flaw> {
        let files: Vec<FileId> = files.iter().copied().filter(|&file| is_code(&tree.entry(file).path)).collect();
        if files.is_empty() { Vec::new() } else { audit::flaws(tree, &files) }
    }

    fn compile(&self, package: &Package) -> Result<(), CompileError> {
        toolchain::check(&package.root)
    }

    fn lock_files(&self, package: &Package) -> Vec<PathBuf> {
        toolchain::sums(&package.root)
    }
}
