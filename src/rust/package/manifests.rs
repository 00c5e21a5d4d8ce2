//! The manifests of a tree as a whole: members inherit what their workspace provides.

use std::collections::BTreeMap;

use super::{CargoPackage, PackageId, Packages};
use crate::rust::manifest::{
    self, LEGACY_PACKAGE, ManifestPlan, ManifestRequest, Need, RUNTIME_PACKAGE, RuntimeDependency, SectionKind,
    SharedKeys,
};
use crate::tree::{FileId, Problem, Tree};

/// What one workspace's manifest shares, and what its members need of that.
struct Shared {
    legacy: Vec<String>,
    runtime: Option<String>,
    members: Need,
}

impl Packages {
    /// The plans for all manifests that have legacy entries or change, by what the code of each mattering package
    /// needs. A shared legacy entry goes when no member inherits and needs it any more.
    ///
    /// # Errors
    /// The first [`Problem`] with a manifest; those that [`Packages::discover`] reported are left out here.
    pub(crate) fn plan_manifests(
        &self,
        tree: &Tree,
        runtime: &RuntimeDependency,
        need: &dyn Fn(PackageId) -> Need,
    ) -> Result<Vec<(FileId, ManifestPlan)>, Problem> {
        let shared = self.shared(tree, runtime, need)?;
        let own = self.relevant().filter_map(|(id, package)| Some((package.manifest?, (package.workspace, need(id)))));
        let mut manifests: BTreeMap<FileId, (Option<FileId>, Need)> = own.collect();
        for root in shared.keys() {
            manifests.entry(*root).or_insert((Some(*root), Need::UNCHANGED));
        }
        let mut plans = Vec::new();
        for (file, (workspace, package)) in manifests {
            let workspace = workspace.and_then(|root| shared.get(&root));
            let keys =
                workspace.map(|shared| SharedKeys { legacy: &shared.legacy, runtime: shared.runtime.as_deref() });
            let members = shared.get(&file).map_or(Need::UNCHANGED, |shared| shared.members);
            let request = ManifestRequest { runtime, package, members, workspace: keys };
            let plan = manifest::plan_manifest(&*tree.source(file)?, &request)?;
            if !plan.entries.is_empty() || !plan.edits.is_empty() {
                plans.push((file, plan));
            }
        }
        Ok(plans)
    }

    /// What the workspaces of mattering packages share.
    fn shared(
        &self,
        tree: &Tree,
        runtime: &RuntimeDependency,
        need: &dyn Fn(PackageId) -> Need,
    ) -> Result<BTreeMap<FileId, Shared>, Problem> {
        let mut shared: BTreeMap<FileId, Shared> = BTreeMap::new();
        for (id, package) in self.relevant() {
            let Some(root) = package.workspace else { continue };
            if let std::collections::btree_map::Entry::Vacant(slot) = shared.entry(root) {
                slot.insert(Shared::read(tree, root, runtime)?);
            }
            if let Some(shared) = shared.get_mut(&root) {
                shared.count(package, need(id));
            }
        }
        Ok(shared)
    }
}

impl Shared {
    fn read(tree: &Tree, root: FileId, runtime: &RuntimeDependency) -> Result<Self, Problem> {
        let source = tree.source(root)?;
        let manifest = manifest::parse(&source)?;
        let entries = manifest.entries();
        let keys = |package: &str| -> Vec<String> {
            let shared = entries.iter().filter(|entry| entry.section.kind == SectionKind::Workspace);
            shared.filter(|entry| entry.package() == package).map(|entry| entry.key.clone()).collect()
        };
        let legacy = keys(LEGACY_PACKAGE);
        let coming = (!legacy.is_empty()).then(|| runtime.key().to_owned());
        let runtime = keys(RUNTIME_PACKAGE).into_iter().next().or(coming);
        Ok(Self { legacy, runtime, members: Need { legacy: false, runtime: false } })
    }

    /// Adds what `package` takes from the workspace.
    fn count(&mut self, package: &CargoPackage, need: Need) {
        let inherits = package.legacy_dependencies().any(|dependency| dependency.inherited);
        let adds = package.legacy_dependencies().next().is_none() && package.runtime_name().is_none();
        self.members.legacy |= inherits && need.legacy;
        self.members.runtime |= (inherits || adds) && need.runtime;
    }
}
