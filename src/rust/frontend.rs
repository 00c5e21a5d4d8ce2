//! The front end for Rust.

use std::path::Path;

use super::analysis::{self, CrateInput, Dependency, PackageInput};
use super::{layout, ledger};
use crate::frontend::{Analysis, Frontend, Package, Selection};
use crate::tree::Tree;

/// The front end for Rust: cargo packages, their code and their manifests.
#[derive(Clone, Copy, Debug, Default)]
pub struct RustFrontend;

impl Frontend for RustFrontend {
    fn language(&self) -> &'static str {
        "rust"
    }

    fn claims(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "rs") || path.file_name().is_some_and(|name| name == "Cargo.toml")
    }

    fn ledger_names(&self) -> &'static [&'static str] {
        ledger::NAMES
    }

    fn needles(&self) -> &'static [&'static str] {
        &["geppetto"]
    }

    fn analyze(&self, tree: &Tree, selection: &Selection) -> Analysis {
        let mut out = Analysis::default();
        let manifests: Vec<_> = tree.files().filter(|(_, entry)| entry.path.ends_with("Cargo.toml")).collect();
        for (_, manifest) in &manifests {
            let root = manifest.path.parent().unwrap_or(Path::new(""));
            let mut package = PackageInput {
                dependencies: vec![
                    ("geppetto".into(), Dependency::Legacy),
                    ("geppetto_runtime".into(), Dependency::Runtime),
                    ("tokio".into(), Dependency::Tokio),
                ],
                ..PackageInput::default()
            };
            for (id, entry) in tree.files().filter(|(_, entry)| entry.path.starts_with(root)) {
                if entry.path.extension().is_none_or(|extension| extension != "rs") {
                    continue;
                }
                package.files.push(id);
                let relative = entry.path.strip_prefix(root).unwrap_or(&entry.path);
                let text = relative.to_string_lossy();
                if text == "src/lib.rs" || text == "src/main.rs" {
                    package.crates.push(CrateInput {
                        name: root.file_name().map_or_else(String::new, |name| name.to_string_lossy().replace('-', "_")),
                        root: entry.path.clone(),
                        is_library: text == "src/lib.rs",
                    });
                }
            }
            let group = analysis::analyze(tree, &[package], selection, "geppetto_runtime");
            out.findings.extend(group.findings);
            out.edits.extend(group.edits);
            out.mentions.extend(group.mentions);
            out.problems.extend(group.problems);
            out.packages.push(Package { name: root.display().to_string(), root: root.to_owned() });
        }
        out
    }

    fn lay_out(&self, tree: &Tree, path: &Path, before: &str, after: &str) -> String {
        match path.extension().is_some_and(|extension| extension == "rs") {
            true => layout::format(tree, path, before, after),
            false => after.to_owned(),
        }
    }
}
