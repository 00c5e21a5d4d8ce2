//! Proves changes by compiling: before, after, and if need be with less and less of them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::bisect::{self, Failure, Found, Units};
use super::locks::Locks;
use super::workbench::Workbench;
use super::{ApplyError, Waivers, guarded_paths, vcs};
use crate::Stage;
use crate::finding::{Finding, UnitId};
use crate::frontend::{CompileError, Diagnostic, Frontend, Package, Selection};
use crate::plan::Plan;
use crate::rules::Rule;

/// What compiling says about a package.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It compiles with the changes that were made, as it did before.
    Compiles,
    /// It did not compile before, so that nobody can tell what the changes do to it.
    BrokenBefore(Diagnostic),
    /// Nothing compiles it: there is no manifest.
    NotCompiled,
}

/// A unit that was taken back.
#[derive(Clone, Debug)]
pub struct Blamed {
    /// Its sites.
    pub sites: Vec<Finding>,
    /// The first error with it.
    pub error: Diagnostic,
}

/// What came of a verified apply.
#[derive(Debug)]
pub struct Verified {
    /// The plan of what stands now.
    pub plan: Plan,
    /// The packages that were looked into, each with its verdict. None where there was nothing to change.
    pub packages: Vec<(Package, Verdict)>,
    /// The units that were taken back because a package no longer compiled with them.
    pub blamed: Vec<Blamed>,
    /// Everything was taken back, because of this error: not even the imports and manifests alone compile.
    pub all_back: Option<Diagnostic>,
    /// The files with versions of dependencies that compiling has changed.
    pub locks: Vec<PathBuf>,
}

impl Verified {
    /// Whether some changes did not stay.
    pub fn took_back(&self) -> bool {
        self.all_back.is_some() || !self.blamed.is_empty()
    }
}

/// Writes the plan's changes as [`apply`](super::apply) does, and compiles every package before and after. Units with which
/// a package no longer compiles are taken back. `plan` must be what the `frontends` made of `selection`.
///
/// # Errors
/// [`ApplyError`] as `apply` has it, and where no compiler can be asked. Everything is as it was then.
pub fn apply_verified(
    plan: Plan,
    frontends: &[&dyn Frontend],
    selection: &Selection,
    waivers: Waivers,
    progress: &dyn Fn(Stage),
) -> Result<Verified, ApplyError> {
    if plan.changes.is_empty() {
        return Ok(Verified { plan, packages: Vec::new(), blamed: Vec::new(), all_back: None, locks: Vec::new() });
    }
    vcs::guard(&guarded_paths(&plan)?, waivers)?;
    let mut bench = Workbench::new(&plan, frontends, selection, progress, units(&plan, selection));
    let packages = verdicts(&bench)?;
    let compiling = packages.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Compiles));
    bench.packages = compiling.map(|(package, _)| package.clone()).collect();
    let locks = Locks::read(frontends, &bench.packages);
    let settled = match settle(&mut bench) {
        Ok(settled) => settled,
        Err(error) => {
            bench.put_back()?;
            locks.restore();
            return Err(error);
        }
    };
    bench.finish(&locks)?;
    let blamed_with = |unit: &UnitId, failure: Failure| Blamed {
        sites: plan.findings.iter().filter(|finding| finding.unit == *unit).cloned().collect(),
        error: first(failure.errors),
    };
    let (kept, blamed, all_back) = match settled {
        Found::Kept(kept, guilty) => {
            let blamed = guilty.into_iter().map(|(unit, failure)| blamed_with(&unit, failure)).collect();
            (kept, blamed, None)
        }
        Found::Nothing(failure) => (Units::new(), Vec::new(), Some(first(failure.errors))),
    };
    let mut stands = bench.plan_of(&kept)?;
    if all_back.is_some() {
        stands.changes.clear();
    }
    Ok(Verified {
        plan: stands,
        packages,
        blamed,
        all_back,
        locks: locks.changed().into_iter().map(|lock| lock.path).collect(),
    })
}

/// The units that are carried out. Imports and manifest entries go with what needs them.
fn units(plan: &Plan, selection: &Selection) -> Units {
    let follows = |rule| matches!(rule, Rule::LegacyImport | Rule::LegacyDependency);
    let wanted = plan.findings.iter().filter(|finding| selection.wants(finding.level, &finding.unit));
    wanted.filter(|finding| !follows(finding.rule)).map(|finding| finding.unit.clone()).collect()
}

/// How the packages are before anything is changed.
fn verdicts(bench: &Workbench<'_>) -> Result<Vec<(Package, Verdict)>, ApplyError> {
    let mut verdicts = Vec::new();
    for package in &bench.plan.packages {
        let verdict = match bench.compile(package) {
            Ok(()) => Verdict::Compiles,
            Err(CompileError::Refused(errors)) => Verdict::BrokenBefore(first(errors)),
            Err(CompileError::NoManifest) => Verdict::NotCompiled,
            Err(error) => return Err(error.into()),
        };
        verdicts.push((package.clone(), verdict));
    }
    Ok(verdicts)
}

/// Leaves the tree with the units with which everything compiles that compiled before.
fn settle(bench: &mut Workbench<'_>) -> Result<Found, ApplyError> {
    let all = bench.units.clone();
    let found = match bench.attempt(&all)? {
        None => Found::Kept(all, BTreeMap::new()),
        Some(failure) => bisect::find(&all, failure, &mut |units| bench.attempt(units))?,
    };
    let changes = match &found {
        Found::Kept(kept, _) => bench.changes(kept)?,
        Found::Nothing(_) => Vec::new(),
    };
    bench.stand(changes)?;
    Ok(found)
}

fn first(errors: Vec<Diagnostic>) -> Diagnostic {
    let nothing = Diagnostic { place: None, text: "the compiler says nothing".to_owned() };
    errors.into_iter().next().unwrap_or(nothing)
}

#[cfg(test)]
mod tests;
