//! The cargo packages of a tree: their crates, their dependencies, and which of them matter.
//!
//! A package matters if it depends on the legacy crate, if one of its files names it, or if it depends on a package of
//! the tree that matters. Where nothing in the tree names the legacy crate, no manifest is read at all.

mod targets;
#[cfg(test)]
mod tests;
mod workspace;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use self::targets::{Target, TargetKind};
use self::workspace::Workspace;
use super::manifest::{self, LEGACY_PACKAGE, RUNTIME_PACKAGE, Section, SectionKind};
use crate::paths::{folder_of, normal};
use crate::source::Source;
use crate::tree::{FileId, Problem, Tree};

/// Index of a package in [`Packages`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PackageId(pub(crate) u32);

/// All packages of a tree.
#[derive(Debug, Default)]
pub(crate) struct Packages {
    list: Vec<CargoPackage>,
    owners: HashMap<FileId, PackageId>,
}

/// One package, or a folder of Rust files without a manifest.
#[derive(Debug)]
pub(crate) struct CargoPackage {
    pub(crate) name: String,
    /// The folder of its manifest, spelled as the tree's files are.
    pub(crate) root: PathBuf,
    /// `None` for loose files, and where the manifest cannot be read.
    pub(crate) manifest: Option<FileId>,
    /// The manifest of the workspace it belongs to, if that is part of the tree; may be its own.
    pub(crate) workspace: Option<FileId>,
    pub(crate) targets: Vec<Target>,
    pub(crate) dependencies: Vec<Dependency>,
    /// Its Rust files, those of nested packages left out.
    pub(crate) files: Vec<FileId>,
    /// Whether it has to be looked into.
    pub(crate) matters: bool,
    /// Whether it uses the legacy or the new API, or something that does.
    pub(crate) knows: bool,
    /// The code name of the new crate in a workspace that also shares the legacy one.
    shared_runtime: Option<String>,
}

/// One entry of a dependency table, inherited values filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// What the code calls the crate.
    pub(crate) code_name: String,
    /// The key in the manifest.
    pub(crate) key: String,
    /// The name of the package.
    pub(crate) package: String,
    pub(crate) section: Section,
    /// Says `workspace = true`.
    pub(crate) inherited: bool,
    pub(crate) optional: bool,
    /// The package of the tree that it is by its path.
    pub(crate) local: Option<PackageId>,
    /// The bytes of the key in the manifest.
    pub(crate) place: Range<usize>,
    path: Option<PathBuf>,
}

impl CargoPackage {
    /// The entries for the legacy crate.
    pub(crate) fn legacy_dependencies(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().filter(|dependency| dependency.package == LEGACY_PACKAGE)
    }

    /// Its library.
    pub(crate) fn library(&self) -> Option<&Target> {
        self.targets.iter().find(|target| target.kind == TargetKind::Lib)
    }

    /// What its code calls the new crate, if that is settled: it already depends on it, or inherits the legacy crate from
    /// a workspace that also shares the new one.
    pub(crate) fn runtime_name(&self) -> Option<&str> {
        let own = self.dependencies.iter().find(|dependency| dependency.package == RUNTIME_PACKAGE);
        let shared = self.shared_runtime.as_deref();
        let inherits = self.legacy_dependencies().all(|dependency| dependency.inherited);
        own.map(|dependency| &*dependency.code_name).or(shared.filter(|_| inherits))
    }
}

impl Packages {
    /// Reads the manifests of `tree`. A manifest that cannot be read is a problem if it, or a file of its package, names
    /// the legacy crate; the package then is taken for one without dependencies.
    pub(crate) fn discover(tree: &Tree) -> (Self, Vec<Problem>) {
        if !tree.files().any(|(_, entry)| entry.hit) {
            return (Self::default(), Vec::new());
        }
        let mut manifests = Manifests::read(tree);
        let mut packages = Self::default();
        packages.add_files(tree, &mut manifests);
        packages.link(&manifests);
        packages.mark(tree);
        let problems = manifests.problems(&packages, tree);
        (packages, problems)
    }

    /// All packages.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (PackageId, &CargoPackage)> {
        self.list.iter().enumerate().map(|(index, package)| (PackageId(index as u32), package))
    }

    /// Those that have to be looked into.
    pub(crate) fn relevant(&self) -> impl Iterator<Item = (PackageId, &CargoPackage)> {
        self.iter().filter(|(_, package)| package.matters)
    }

    /// Those that use the legacy or the new API: drafts may stand there.
    pub(crate) fn knowing(&self) -> impl Iterator<Item = &CargoPackage> {
        self.list.iter().filter(|package| package.knows)
    }

    pub(crate) fn get(&self, id: PackageId) -> &CargoPackage {
        &self.list[id.0 as usize]
    }

    /// The package a Rust file belongs to.
    pub(crate) fn owner(&self, file: FileId) -> Option<PackageId> {
        self.owners.get(&file).copied()
    }

    /// Gives every Rust file to the package of the nearest manifest above, or to its folder.
    fn add_files(&mut self, tree: &Tree, manifests: &mut Manifests) {
        let mut by_root: BTreeMap<(PathBuf, bool), Vec<FileId>> = BTreeMap::new();
        for (dir, read) in &manifests.read {
            if read.is_package() {
                by_root.insert((dir.clone(), true), Vec::new());
            }
        }
        for (file, entry) in tree.files() {
            if entry.path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let dir = folder_of(&entry.path);
            let root = match manifests.nearest(&dir) {
                Some((root, read)) if read.is_package() => (root.to_owned(), true),
                _ => (normal(&dir), false),
            };
            by_root.entry(root).or_default().push(file);
        }
        for ((root, has_manifest), files) in by_root {
            let id = PackageId(self.list.len() as u32);
            self.owners.extend(files.iter().map(|&file| (file, id)));
            let package = if has_manifest { manifests.package(tree, &root, files) } else { loose(tree, files) };
            self.list.push(package);
        }
    }

    /// Finds the packages that dependencies by path stand for, and how code calls their libraries.
    fn link(&mut self, manifests: &Manifests) {
        let with_manifest = self.iter().filter(|(_, package)| manifests.read.contains_key(&normal(&package.root)));
        let by_root: HashMap<PathBuf, (PackageId, Option<String>)> = with_manifest
            .map(|(id, package)| (normal(&package.root), (id, package.library().map(|lib| lib.crate_name.clone()))))
            .collect();
        for dependency in self.list.iter_mut().flat_map(|package| &mut package.dependencies) {
            let found = dependency.path.as_ref().and_then(|path| by_root.get(path));
            let Some((local, library)) = found else { continue };
            dependency.local = Some(*local);
            if let (Some(library), true) = (library, dependency.key == dependency.package) {
                dependency.code_name = library.clone();
            }
        }
    }

    /// Decides what matters, and what knows one of the APIs. The legacy crate's own sources do not.
    fn mark(&mut self, tree: &Tree) {
        for package in self.list.iter_mut().filter(|package| package.name != LEGACY_PACKAGE) {
            let names_it = package.files.iter().any(|&file| tree.entry(file).hit);
            let depends_on = |name: &str| package.dependencies.iter().any(|dependency| dependency.package == name);
            package.matters = names_it || depends_on(LEGACY_PACKAGE);
            package.knows = package.matters || depends_on(RUNTIME_PACKAGE);
        }
        self.pass_on(|package| &mut package.matters);
        self.pass_on(|package| &mut package.knows);
    }

    /// What holds for a package holds for those that depend on it, too.
    fn pass_on(&mut self, mark: fn(&mut CargoPackage) -> &mut bool) {
        loop {
            let marked: Vec<bool> = self.list.iter_mut().map(|package| *mark(package)).collect();
            let follows = |package: &CargoPackage| {
                let mut local = package.dependencies.iter().filter_map(|dependency| dependency.local);
                package.name != LEGACY_PACKAGE && local.any(|id| marked[id.0 as usize])
            };
            let next = self.list.iter().enumerate().filter(|(index, package)| !marked[*index] && follows(package));
            let next: Vec<usize> = next.map(|(index, _)| index).collect();
            if next.is_empty() {
                return;
            }
            next.into_iter().for_each(|index| *mark(&mut self.list[index]) = true);
        }
    }
}

/// One manifest of the tree.
#[derive(Debug)]
struct ReadManifest {
    file: FileId,
    content: Result<Content, Problem>,
}

/// What a manifest says.
#[derive(Debug, Default)]
struct Content {
    package: Option<targets::PackageTable>,
    workspace: Option<Workspace>,
    dependencies: Vec<Dependency>,
}

impl Content {
    /// The code name of the new crate in the workspace's dependencies, if the legacy crate is there, too.
    fn shared_runtime(&self) -> Option<String> {
        let shared = |package: &str| {
            let mut shared = self.dependencies.iter().filter(|entry| entry.section.kind == SectionKind::Workspace);
            shared.find(|entry| entry.package == package)
        };
        shared(LEGACY_PACKAGE)?;
        shared(RUNTIME_PACKAGE).map(|entry| entry.code_name.clone())
    }
}

impl ReadManifest {
    /// A manifest that cannot be read may well be that of a package.
    fn is_package(&self) -> bool {
        self.content.as_ref().map_or(true, |content| content.package.is_some())
    }
}

/// The manifests of a tree by their folders, without `.` and with `..` resolved.
#[derive(Debug)]
struct Manifests {
    read: BTreeMap<PathBuf, ReadManifest>,
}

impl Manifests {
    fn read(tree: &Tree) -> Self {
        let files = tree.files().filter(|(_, entry)| entry.path.file_name().is_some_and(|name| name == "Cargo.toml"));
        let read = files.map(|(file, entry)| {
            let content = tree.source(file).and_then(|source| read_content(&source));
            (normal(&folder_of(&entry.path)), ReadManifest { file, content })
        });
        Self { read: read.collect() }
    }

    /// The manifest of `dir` or of the nearest folder above.
    fn nearest(&self, dir: &Path) -> Option<(&Path, &ReadManifest)> {
        let dir = normal(dir);
        dir.ancestors().find_map(|above| self.read.get_key_value(above)).map(|(dir, read)| (dir.as_path(), read))
    }

    /// The workspace that takes `dir` in, as cargo looks for it: the one that the package names, or the nearest above
    /// that does not exclude it.
    fn workspace_of(&self, dir: &Path, named: Option<&str>) -> Option<(&Path, &ReadManifest, &Workspace)> {
        let candidates: Vec<PathBuf> = match named {
            Some(named) => vec![normal(&dir.join(named))],
            None => dir.ancestors().map(Path::to_owned).collect(),
        };
        candidates.iter().find_map(|above| {
            let (root, read) = self.read.get_key_value(above)?;
            let workspace = read.content.as_ref().ok()?.workspace.as_ref()?;
            let below = dir.strip_prefix(root).unwrap_or(dir);
            (named.is_some() || workspace.takes_in(below)).then_some((root.as_path(), read, workspace))
        })
    }

    fn package(&self, tree: &Tree, root: &Path, files: Vec<FileId>) -> CargoPackage {
        let read = &self.read[root];
        let shown = folder_of(&tree.entry(read.file).path);
        let Ok(content) = &read.content else {
            let table = targets::PackageTable::named(folder_name(&shown));
            let targets = targets::find(tree, &table, &shown, &files);
            return CargoPackage { targets, ..bare(folder_name(&shown), shown, files) };
        };
        let table = content.package.clone().unwrap_or_default();
        let workspace = self.workspace_of(root, table.workspace.as_deref());
        let inherited = workspace.map(|(dir, read, workspace)| (dir, read.content.as_ref().ok(), workspace));
        let dependencies = content.dependencies.iter().map(|dependency| match inherited {
            Some((dir, Some(shared), _)) if dependency.inherited => dependency.inherit(dir, shared),
            _ => dependency.at(root),
        });
        CargoPackage {
            name: table.name.clone(),
            manifest: Some(read.file),
            workspace: workspace.map(|(_, read, _)| read.file),
            targets: targets::find(tree, &table, &shown, &files),
            dependencies: dependencies.collect(),
            shared_runtime: inherited.and_then(|(_, content, _)| content?.shared_runtime()),
            root: shown,
            files,
            matters: false,
            knows: false,
        }
    }

    /// Problems of manifests that matter.
    fn problems(self, packages: &Packages, tree: &Tree) -> Vec<Problem> {
        let mattering: Vec<PathBuf> = packages.relevant().map(|(_, package)| normal(&package.root)).collect();
        let matters = |dir: &Path, file| tree.entry(file).hit || mattering.iter().any(|root| root == dir);
        let broken = self.read.into_iter().filter(|(dir, read)| matters(dir, read.file));
        broken.filter_map(|(_, read)| read.content.err()).collect()
    }
}

impl Dependency {
    /// With its path as seen from `dir`.
    fn at(&self, dir: &Path) -> Self {
        Self { path: self.path.as_ref().map(|path| normal(&dir.join(path))), ..self.clone() }
    }

    /// With package and path from the workspace in `dir`.
    fn inherit(&self, dir: &Path, shared: &Content) -> Self {
        let mut shared = shared.dependencies.iter().filter(|entry| entry.section.kind == SectionKind::Workspace);
        match shared.find(|entry| entry.key == self.key) {
            Some(entry) => {
                let entry = entry.at(dir);
                Self { package: entry.package, path: entry.path, ..self.clone() }
            }
            None => self.clone(),
        }
    }
}

fn read_content(source: &Arc<Source>) -> Result<Content, Problem> {
    let manifest = manifest::parse(source)?;
    let dependencies = manifest.entries().into_iter().map(|entry| Dependency {
        code_name: entry.key.replace('-', "_"),
        package: entry.package().to_owned(),
        inherited: entry.inherits(),
        optional: entry.is_optional(),
        local: None,
        place: entry.key_place.clone(),
        path: entry.path().map(PathBuf::from),
        key: entry.key,
        section: entry.section,
    });
    Ok(Content {
        dependencies: dependencies.collect(),
        package: targets::PackageTable::read(manifest.root()),
        workspace: Workspace::read(manifest.root()),
    })
}

/// A folder of Rust files without a manifest: each file may be a crate.
fn loose(tree: &Tree, files: Vec<FileId>) -> CargoPackage {
    let root = files.first().map(|&file| folder_of(&tree.entry(file).path)).unwrap_or_default();
    let targets = files.iter().map(|&file| Target::loose(file, &tree.entry(file).path));
    CargoPackage { targets: targets.collect(), ..bare(folder_name(&root), root, files) }
}

fn bare(name: String, root: PathBuf, files: Vec<FileId>) -> CargoPackage {
    CargoPackage {
        name,
        root,
        manifest: None,
        workspace: None,
        targets: Vec::new(),
        dependencies: Vec::new(),
        files,
        matters: false,
        knows: false,
        shared_runtime: None,
    }
}

fn folder_name(root: &Path) -> String {
    root.file_name().map_or_else(|| "files".to_owned(), |name| name.to_string_lossy().into_owned())
}
