//! The front end for Go.

use std::path::Path;

use super::analysis;
use super::legacy::LegacyPaths;
use super::modules::{Modules, is_go};
use crate::frontend::{Analysis, Frontend, Package, Selection};
use crate::tree::Tree;

/// Names of the legacy API that mean nothing else in code that knows geppetto.
const NAMES: &[&str] = &[
    "WithSink",
    "ApplyOptions",
    "InferenceState",
    "NewInferenceState",
    "StartRun",
    "FinishRun",
    "SetCancel",
    "HasCancel",
    "CancelRun",
    "RunInferenceStarted",
    "ErrInferenceRunning",
    "ErrInferenceNotRunning",
    "ErrInferenceStateNil",
];

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
        is_go(path)
    }

    fn ledger_names(&self) -> &'static [&'static str] {
        NAMES
    }

    fn needles(&self) -> Vec<&str> {
        self.legacy.needles()
    }

    fn analyze(&self, tree: &Tree, selection: &Selection) -> Analysis {
        let (modules, problems) = Modules::discover(tree, &self.legacy);
        let mut out = analysis::analyze(tree, &modules, selection);
        out.problems.extend(problems);
        out.packages = modules
            .relevant()
            .map(|(_, module)| Package { language: "go", name: module.name(), root: module.root.clone() })
            .collect();
        out
    }
}
