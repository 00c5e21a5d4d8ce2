//! What the commands that look at a tree share: running the pipeline, telling about files without a verdict.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use geppetto_migrate::frontend::Selection;
use geppetto_migrate::plan::Plan;
use geppetto_migrate::plan_roots;
use geppetto_migrate::tree::Problem;

use super::output::{Severity, tell};
use super::progress::Progress;
use super::settings::Subject;
use super::{Failure, GlobalArgs, Verdict};

/// Runs `command` with as many threads as were asked for.
pub(super) fn with_threads<T: Send>(
    global: &GlobalArgs,
    command: impl FnOnce() -> Result<T, Failure> + Send,
) -> Result<T, Failure> {
    let threads = global.threads.map_or(0, NonZeroUsize::get);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build()?.install(command)
}

/// Works out the plan for a subject and tells about everything on the way that is not part of it.
pub(super) fn plan(subject: &Subject, selection: &Selection) -> Result<Plan, Failure> {
    let progress = Progress::new();
    let plan = plan_roots(&subject.roots, &subject.frontends(), selection, &|stage| progress.enter(stage));
    drop(progress);
    let plan = plan?;
    if plan.tree.files().next().is_none() && plan.problems.is_empty() {
        tell(Severity::Warning, "there is nothing to look at under the given paths");
    }
    for (given, looked_at) in subject.roots.iter().zip(&plan.tree.roots) {
        if !is_same(given, looked_at) {
            let (given, package) = (given.display(), looked_at.display());
            tell(
                Severity::Note,
                format_args!("`{given}` is a part of the package in `{package}`, which counts as a whole"),
            );
        }
    }
    for problem in &plan.problems {
        tell(Severity::Error, described(problem));
    }
    Ok(plan)
}

/// Whether two paths lead to the same place.
fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}

/// No verdict where a file could not be looked at, `otherwise` if all could.
pub(super) fn verdict(plan: &Plan, otherwise: Verdict) -> Verdict {
    if plan.problems.is_empty() { otherwise } else { Verdict::None }
}

fn described(problem: &Problem) -> String {
    let Problem { path, position, message, .. } = problem;
    let path = path.display();
    match position {
        Some(at) => format!("{path}:{}:{}: {message}", at.line, at.column),
        None => format!("{path}: {message}"),
    }
}
