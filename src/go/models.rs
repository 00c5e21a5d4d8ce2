//! Signatures of the libraries that a tree uses and does not hold: the geppetto module, and what code needs around it.

use std::path::Path;
use std::sync::Arc;

use super::index::{PackageIdx, Program};
use super::syntax::Syntax;
use crate::source::Source;
use crate::tree::FileId;

/// Packages below `pkg/` of the geppetto module.
const GEPPETTO: &[(&str, &str)] = &[
    ("inference/state", include_str!("model/state.go")),
    ("inference/core", include_str!("model/core.go")),
    ("inference/engine", include_str!("model/engine.go")),
    ("inference/engine/factory", include_str!("model/factory.go")),
    ("inference/middleware", include_str!("model/middleware.go")),
    ("inference/session", include_str!("model/session.go")),
    ("inference/toolloop", include_str!("model/toolloop.go")),
    ("inference/toolloop/enginebuilder", include_str!("model/enginebuilder.go")),
    ("inference/tools", include_str!("model/tools.go")),
    ("events", include_str!("model/events.go")),
    ("turns", include_str!("model/turns.go")),
];

const STD: &[(&str, &str)] = &[
    ("context", include_str!("model/context.go")),
    ("errors", include_str!("model/errors.go")),
    ("slices", include_str!("model/slices.go")),
    ("sync", include_str!("model/sync.go")),
    ("sync/atomic", include_str!("model/atomic.go")),
];

/// The import path of the geppetto module.
pub(crate) const GEPPETTO_MODULE: &str = "github.com/go-go-golems/geppetto";

/// Adds the models to a program. Imports of the geppetto module lead to them by [`find`].
pub(crate) fn add(program: &mut Program) {
    let geppetto = GEPPETTO.iter().map(|(path, text)| (format!("{GEPPETTO_MODULE}/pkg/{path}"), *text));
    let std = STD.iter().map(|(path, text)| ((*path).to_owned(), *text));
    for (path, text) in geppetto.chain(std) {
        let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
        let package = program.add_package(&path, &name, true);
        let source = Arc::new(Source::new(Path::new(&path).join("model.go"), text));
        if let Ok(syntax) = Syntax::parse(FileId(u32::MAX), source) {
            program.add_file(package, syntax, false);
        }
    }
}

/// The model of a package by its import path.
pub(crate) fn find(program: &Program, path: &str) -> Option<PackageIdx> {
    let found = program.packages.iter().position(|package| package.is_model && package.path == path)?;
    Some(PackageIdx(found as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_parses() {
        let mut program = Program::default();
        add(&mut program);
        assert_eq!(program.files.len(), GEPPETTO.len() + STD.len());
    }
}
