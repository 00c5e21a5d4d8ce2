//! Moves downstream packages from geppetto's legacy run lifecycle to the session API.
//!
//! The way of the data: walk → prefilter → front ends (parse, index, infer, rules) → plan → views or apply. Imports point
//! to the left only. See `ARCHITECTURE.md`.

use std::path::PathBuf;

pub mod apply;
mod docs;
pub mod edit;
pub mod finding;
mod formatter;
pub mod frontend;
pub mod go;
pub mod ledger;
pub mod marker;
mod names;
mod outcome;
mod paths;
pub mod plan;
pub mod prefilter;
pub mod report;
pub mod rules;
pub mod rust;
pub mod source;
#[cfg(test)]
mod testing;
pub mod tree;
pub mod walk;

use frontend::{Frontend, Selection};
use plan::{Plan, PlanError};
use walk::RootError;

/// The languages the tool knows.
pub const FRONTENDS: &[&dyn Frontend] = &[&rust::RustFrontend, &go::GoFrontend::new()];

/// The same, for Go code that knows geppetto by these import paths as well: those of forks, and vanity paths.
pub fn frontends_with(geppetto_paths: Vec<String>) -> [Box<dyn Frontend>; 2] {
    [Box::new(rust::RustFrontend), Box::new(go::GoFrontend::with_paths(geppetto_paths))]
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Listing the files.
    Walking,
    /// Reading them.
    Reading {
        /// How many there are.
        files: usize,
    },
    /// Understanding those that matter.
    Analyzing {
        /// How many there are.
        files: usize,
    },
    /// Compiling what stands on the disk.
    Compiling {
        /// How many states of the tree were compiled before.
        state: usize,
    },
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A root cannot be walked.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The tool contradicts itself.
    #[error("this is a defect of geppetto-migrate, nothing was written")]
    Plan(#[from] PlanError),
}

/// Looks at everything below `roots` and works out what `selection` asks for. Nothing is written; [`apply`] does that.
/// `progress` is told when a stage begins.
///
/// # Errors
/// [`Error`] where a root cannot be read or the changes cannot be carried out. Single files that cannot be read or
/// understood are [problems](Plan::problems) of the plan.
pub fn plan_roots(
    roots: &[PathBuf],
    frontends: &[&dyn Frontend],
    selection: &Selection,
    progress: &dyn Fn(Stage),
) -> Result<Plan, Error> {
    progress(Stage::Walking);
    let claims = |path: &std::path::Path| frontends.iter().any(|frontend| frontend.claims(path));
    let walked = walk::walk(roots, &claims)?;
    progress(Stage::Reading { files: walked.files.len() });
    let (tree, problems) = prefilter::read_tree(walked, frontends);
    progress(Stage::Analyzing { files: tree.files().filter(|(_, entry)| entry.hit).count() });
    Ok(plan::plan(tree, problems, frontends, selection)?)
}
