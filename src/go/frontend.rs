//! The front end for Go.
use super::{analysis, legacy::LegacyPaths, modules::Modules};
use crate::frontend::{Analysis, Frontend, Package, Selection};
use crate::tree::Tree;
use std::path::Path;
/// The front end for Go.
#[derive(Clone, Copy, Debug, Default)]
pub struct GoFrontend;
impl Frontend for GoFrontend {
    fn language(&self) -> &'static str {
        "go"
    }
    fn claims(&self, path: &Path) -> bool {
        path.extension().is_some_and(|e| e == "go") || path.file_name().is_some_and(|n| n == "go.mod")
    }
    fn ledger_names(&self) -> &'static [&'static str] {
        &[
            "WithSink",
            "InferenceState",
            "NewInferenceState",
            "StartRun",
            "FinishRun",
            "SetCancel",
            "HasCancel",
            "CancelRun",
            "RunInferenceStarted",
        ]
    }
    fn needles(&self) -> &'static [&'static str] {
        &["geppetto"]
    }
    fn analyze(&self, tree: &Tree, selection: &Selection) -> Analysis {
        let (modules, problems) = Modules::discover(tree, &LegacyPaths::default());
        let mut out = analysis::analyze(tree, &modules, selection);
        out.problems.extend(problems);
        out.packages = modules
            .iter()
            .map(|(_, m)| Package { language: "go", name: m.path.clone(), root: m.root.clone() })
            .collect();
        out
    }
}
