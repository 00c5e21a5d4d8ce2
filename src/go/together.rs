//! Modules that are built together get one version of the library: code that fits only the new one comes last.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::build::Built;
use super::cx::Cx;
use super::index::FileIdx;
use super::modules::{ModuleId, Modules};
use super::unit::UnitPlan;
use crate::finding::Level;
use crate::tree::{Problem, Tree};

/// Which files get the same version of the library.
#[derive(Debug)]
pub(crate) struct Together<'a> {
    modules: &'a Modules,
    owners: &'a HashMap<FileIdx, ModuleId>,
    /// Whether there are files about which nothing is known.
    is_unsure: bool,
    /// Code that does not parse, or cannot be read.
    unread: Vec<&'a Path>,
    /// Whether a manifest cannot be read: which modules import each other is not known then.
    has_lost_manifest: bool,
}

impl<'a> Together<'a> {
    pub(crate) fn of(tree: &'a Tree, modules: &'a Modules, manifests: &[Problem], built: &'a Built) -> Self {
        let broken = built.problems.iter().map(|problem| problem.path.as_path());
        let unread: Vec<&Path> = tree.unread.iter().map(PathBuf::as_path).chain(broken).collect();
        let has_lost_manifest = !manifests.is_empty();
        let is_unsure = has_lost_manifest || !unread.is_empty();
        Self { modules, owners: &built.modules, is_unsure, unread, has_lost_manifest }
    }

    /// Leaves units alone that code may use about which nothing is known.
    pub(crate) fn hold(&self, plans: &mut [UnitPlan]) {
        for plan in plans.iter_mut().filter(|plan| plan.reaches_out) {
            let roots = self.group(plan).into_iter().map(|module| self.modules.get(module).root.as_path());
            let mut roots = roots.collect::<Vec<_>>().into_iter();
            if self.has_lost_manifest || roots.any(|root| self.unread.iter().any(|path| path.starts_with(root))) {
                plan.refuse(
                    "a file of the module cannot be read, and may use this, too",
                    "mend that file, then run the tool again",
                );
            }
        }
    }

    /// Puts off the units that fit only the new version until nothing else uses the old one. Where `go.mod` stays as it is,
    /// they are offered at best: the package compiles again with the new version.
    pub(crate) fn wait(&self, cx: &Cx<'_>, plans: &mut [UnitPlan], is_version_given: bool) {
        let least = if is_version_given { Level::Safe } else { Level::Offered };
        let groups: Vec<BTreeSet<ModuleId>> = plans.iter().map(|plan| self.group(plan)).collect();
        let others: Vec<(usize, Level)> = plans
            .iter()
            .enumerate()
            .filter(|(_, plan)| !plan.needs_new_version && !plan.is_example(cx))
            .map(|(at, plan)| (at, plan.level))
            .collect();
        for (at, plan) in plans.iter_mut().enumerate().filter(|(_, plan)| plan.needs_new_version) {
            let beside = others.iter().filter(|(other, _)| groups[*other] == groups[at]).map(|(_, level)| *level);
            let worst = beside.chain(self.is_unsure.then_some(Level::Report)).max();
            plan.wait_for(worst.unwrap_or(Level::Safe).max(least));
        }
    }

    fn group(&self, plan: &UnitPlan) -> BTreeSet<ModuleId> {
        let module = plan.sites.first().and_then(|(site, _)| self.owners.get(&site.file));
        module.map_or_else(BTreeSet::new, |&module| self.modules.built_with(module))
    }
}
