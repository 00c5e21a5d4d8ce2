//! The Go modules of a tree: their packages, what they require, and where their imports lead.
//!
//! A module matters if its `go.mod` or one of its files names geppetto, or if it requires a module of the tree that
//! matters. Where nothing in the tree names geppetto, no `go.mod` is read at all.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::gomod::{Flaw, ModFile, Replace, Require, parse_mod, parse_work};
use super::legacy::{LegacyPackage, LegacyPaths, below};
use crate::paths::{folder_of, normal};
use crate::source::Source;
use crate::tree::{FileId, Problem, ProblemKind, Tree};

/// Index of a module in [`Modules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ModuleId(pub(crate) u32);

/// All modules of a tree.
#[derive(Clone, Debug, Default)]
pub(crate) struct Modules {
    list: Vec<Module>,
    by_path: HashMap<String, Vec<ModuleId>>,
    owners: HashMap<FileId, ModuleId>,
    legacy: LegacyPaths,
}

/// One module, or a folder of Go files without a `go.mod`.
#[derive(Clone, Debug)]
pub(crate) struct Module {
    /// What imports of its packages begin with; empty where no `go.mod` says so.
    pub(crate) path: String,
    /// The folder of its `go.mod`, spelled as the tree's files are.
    pub(crate) root: PathBuf,
    /// `None` for loose files.
    pub(crate) manifest: Option<FileId>,
    /// Its folders with Go files, sorted.
    pub(crate) packages: Vec<GoPackageFolder>,
    pub(crate) requires: Vec<Require>,
    /// The replacements of its `go.mod`, behind those of the `go.work` that takes it in.
    pub(crate) replaces: Vec<Replaced>,
    /// Whether it has to be looked into.
    pub(crate) matters: bool,
    /// Whether it is geppetto itself, whose own code is no downstream.
    pub(crate) is_geppetto: bool,
    /// The modules of the tree that it may import.
    sees: Vec<ModuleId>,
}

/// A replacement, and the folder from which its path is meant.
#[derive(Clone, Debug)]
pub(crate) struct Replaced {
    pub(crate) replace: Replace,
    from: PathBuf,
}

/// The Go files of one folder: a package, mostly with its tests; build tags may add others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GoPackageFolder {
    /// Empty where no `go.mod` says so.
    pub(crate) import_path: String,
    pub(crate) folder: PathBuf,
    pub(crate) files: Vec<FileId>,
}

/// What an import path stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Import {
    /// A package of the tree, by its index in the module.
    Local(ModuleId, usize),
    /// A package of geppetto.
    Legacy(LegacyPackage),
    /// Something that is not in the tree.
    Other,
}

impl Module {
    /// What people call it.
    pub(crate) fn name(&self) -> String {
        let folder = || self.root.file_name().map(|name| name.to_string_lossy().into_owned());
        if self.path.is_empty() { folder().unwrap_or_else(|| "files".to_owned()) } else { self.path.clone() }
    }

    /// All its Go files.
    pub(crate) fn files(&self) -> impl Iterator<Item = FileId> {
        self.packages.iter().flat_map(|package| package.files.iter().copied())
    }
}

/// Whether a file was made by a program, by the rule that the Go tools follow: a line that says so in front of the code.
pub(crate) fn is_generated(text: &str) -> bool {
    let mut is_in_comment = false;
    for line in text.lines() {
        let line = line.trim_end_matches('\r');
        if line.starts_with("// Code generated ") && line.ends_with(" DO NOT EDIT.") && !is_in_comment {
            return true;
        }
        let line = line.trim();
        if is_in_comment || line.starts_with("/*") {
            is_in_comment = !line.contains("*/");
        } else if !line.is_empty() && !line.starts_with("//") {
            return false;
        }
    }
    false
}

impl Modules {
    /// Finds the modules of `tree`. A `go.mod` or `go.work` that cannot be read is a problem if its module matters; the
    /// module then is taken for one of which only the folder is known.
    pub(crate) fn discover(tree: &Tree, legacy: &LegacyPaths) -> (Self, Vec<Problem>) {
        if !tree.files().any(|(_, entry)| entry.hit && is_go(&entry.path)) {
            return (Self::default(), Vec::new());
        }
        let manifests = Manifests::read(tree);
        let list = manifests.modules(tree, legacy);
        let mut by_path: HashMap<String, Vec<ModuleId>> = HashMap::new();
        for (module, index) in list.iter().zip(0..).filter(|(module, _)| !module.path.is_empty()) {
            by_path.entry(module.path.clone()).or_default().push(ModuleId(index));
        }
        let files =
            |(module, index): (&Module, u32)| module.files().map(|file| (file, ModuleId(index))).collect::<Vec<_>>();
        let owners = list.iter().zip(0..).flat_map(files).collect();
        let mut modules = Self { list, by_path, owners, legacy: legacy.clone() };
        modules.mark(tree, &manifests);
        let problems = manifests.problems(&modules, tree);
        (modules, problems)
    }

    /// All modules.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ModuleId, &Module)> {
        self.list.iter().zip(0..).map(|(module, index)| (ModuleId(index), module))
    }

    /// Those that have to be looked into.
    pub(crate) fn relevant(&self) -> impl Iterator<Item = (ModuleId, &Module)> {
        self.iter().filter(|(_, module)| module.matters)
    }

    pub(crate) fn get(&self, id: ModuleId) -> &Module {
        &self.list[id.0 as usize]
    }

    /// The module that a Go file belongs to.
    pub(crate) fn owner(&self, file: FileId) -> Option<ModuleId> {
        self.owners.get(&file).copied()
    }

    /// Whether a text holds what one that knows geppetto must contain.
    pub(crate) fn names_geppetto(&self, text: &str) -> bool {
        self.legacy.needles().iter().any(|needle| text.contains(needle))
    }

    /// What `path` stands for where a file of `from` imports it.
    pub(crate) fn import(&self, from: ModuleId, path: &str) -> Import {
        let local = self.local(from, path);
        match self.legacy.package(path) {
            Some(package) if local.is_none_or(|(module, _)| self.get(module).is_geppetto) => Import::Legacy(package),
            _ => local.map_or(Import::Other, |(module, package)| Import::Local(module, package)),
        }
    }

    /// The package of the tree: that of the module with the longest path that has it.
    fn local(&self, from: ModuleId, path: &str) -> Option<(ModuleId, usize)> {
        let mut prefix = path;
        loop {
            if let Some(found) = self.module(from, prefix).and_then(|module| self.package(module, prefix, path)) {
                return Some(found);
            }
            prefix = &prefix[..prefix.rfind('/')?];
        }
    }

    /// The module of the tree that `from` means by a module's path: itself, the one that stands in for it, or the nearest.
    fn module(&self, from: ModuleId, path: &str) -> Option<ModuleId> {
        let own = self.get(from);
        if own.path == path {
            return Some(from);
        }
        let replaced = own.replaces.iter().find(|replaced| replaced.replace.old.text == path);
        if let Some(folder) = replaced.and_then(Replaced::folder) {
            return self.iter().find(|(_, module)| normal(&module.root) == folder).map(|(id, _)| id);
        }
        let shared = |id: &ModuleId| {
            let (one, other) = (normal(&own.root), normal(&self.get(*id).root));
            one.components().zip(other.components()).take_while(|(one, other)| one == other).count()
        };
        self.by_path.get(path)?.iter().copied().rev().max_by_key(shared)
    }

    /// The folder of `module`, which goes by the path `prefix`, that the import `path` leads to.
    fn package(&self, module: ModuleId, prefix: &str, path: &str) -> Option<(ModuleId, usize)> {
        let found = self.get(module);
        let folder = normal(&found.root.join(below(path, prefix)?));
        let index = found.packages.binary_search_by(|package| normal(&package.folder).cmp(&folder)).ok()?;
        Some((module, index))
    }

    /// Decides what matters. geppetto's own sources do not.
    fn mark(&mut self, tree: &Tree, manifests: &Manifests) {
        for module in &mut self.list {
            let names_it = module.manifest.into_iter().chain(module.files()).any(|file| tree.entry(file).hit);
            module.matters = names_it && !module.is_geppetto;
        }
        for index in 0..self.list.len() {
            self.list[index].sees = self.seen_by(ModuleId(index as u32), manifests);
        }
        loop {
            let follows = |(id, module): (ModuleId, &Module)| {
                let uses_it = || module.sees.iter().any(|&id| self.get(id).matters);
                (!module.matters && !module.is_geppetto && uses_it()).then_some(id)
            };
            let next: Vec<ModuleId> = self.iter().filter_map(follows).collect();
            if next.is_empty() {
                return;
            }
            next.into_iter().for_each(|id| self.list[id.0 as usize].matters = true);
        }
    }

    /// The modules of the tree that are built together with a module: those it may import, those that may import it, and so
    /// on. They all get the same version of what they require.
    pub(crate) fn built_with(&self, id: ModuleId) -> BTreeSet<ModuleId> {
        let mut found = BTreeSet::from([id]);
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            let users = self.iter().filter(|(_, module)| module.sees.contains(&id)).map(|(user, _)| user);
            let next: Vec<ModuleId> = self.get(id).sees.iter().copied().chain(users).collect();
            open.extend(next.into_iter().filter(|&next| found.insert(next)));
        }
        found
    }

    /// The modules of the tree that a module may import: those it requires, and those of the same `go.work`.
    fn seen_by(&self, id: ModuleId, manifests: &Manifests) -> Vec<ModuleId> {
        let module = self.get(id);
        let required = module.requires.iter().filter_map(|require| self.module(id, &require.path.text));
        let Some((work, content)) = manifests.work_of(&normal(&module.root)) else { return required.collect() };
        let used: BTreeSet<PathBuf> = content.uses.iter().map(|folder| normal(&work.join(&folder.text))).collect();
        let beside = self.iter().filter(|(_, module)| used.contains(&normal(&module.root))).map(|(id, _)| id);
        required.chain(beside).collect()
    }
}

impl Replaced {
    /// The folder that stands for the module.
    fn folder(&self) -> Option<PathBuf> {
        self.replace.folder().map(|folder| normal(&self.from.join(folder)))
    }
}

/// The `go.mod` and `go.work` files of a tree by their folders, without `.` and with `..` resolved.
#[derive(Debug, Default)]
struct Manifests {
    modules: BTreeMap<PathBuf, Manifest>,
    works: BTreeMap<PathBuf, Manifest>,
}

#[derive(Debug)]
struct Manifest {
    file: FileId,
    content: Result<ModFile, Problem>,
}

impl Manifests {
    fn read(tree: &Tree) -> Self {
        let mut manifests = Self::default();
        for (file, entry) in tree.files() {
            let is_module = match entry.path.file_name().and_then(|name| name.to_str()) {
                Some("go.mod") => true,
                Some("go.work") => false,
                _ => continue,
            };
            let content = tree.source(file).and_then(|source| {
                let parsed = if is_module { parse_mod(source.text()) } else { parse_work(source.text()) };
                parsed.map_err(|flaw| problem(&source, flaw))
            });
            let read = if is_module { &mut manifests.modules } else { &mut manifests.works };
            read.insert(normal(&folder_of(&entry.path)), Manifest { file, content });
        }
        manifests
    }

    /// Gives every Go file to the module around it, or to its folder.
    fn modules(&self, tree: &Tree, legacy: &LegacyPaths) -> Vec<Module> {
        let mut folders: BTreeMap<PathBuf, BTreeMap<PathBuf, Vec<FileId>>> =
            self.modules.keys().map(|root| (root.clone(), BTreeMap::new())).collect();
        for (file, entry) in tree.files().filter(|(_, entry)| is_code(&entry.path)) {
            let folder = normal(&folder_of(&entry.path));
            let above = folder.ancestors().find(|above| self.modules.contains_key(*above));
            let root = above.unwrap_or(&folder);
            if !is_left_out(entry.path.file_name().map(Path::new), folder.strip_prefix(root).ok()) {
                folders.entry(root.to_owned()).or_default().entry(folder).or_default().push(file);
            }
        }
        folders.into_iter().map(|(root, folders)| self.module(tree, &root, folders, legacy)).collect()
    }

    fn module(
        &self,
        tree: &Tree,
        root: &Path,
        folders: BTreeMap<PathBuf, Vec<FileId>>,
        legacy: &LegacyPaths,
    ) -> Module {
        let manifest = self.modules.get(root);
        let content = manifest.and_then(|manifest| manifest.content.as_ref().ok());
        let path = content.and_then(|content| content.module.as_ref()).map_or("", |module| &module.text);
        let first = || folders.values().flatten().next().copied();
        let shown = manifest.map(|manifest| manifest.file).or_else(first);
        let packages = folders.into_iter().map(|(folder, files)| GoPackageFolder {
            import_path: import_path(path, folder.strip_prefix(root).unwrap_or(&folder)),
            folder: files.first().map(|&file| folder_of(&tree.entry(file).path)).unwrap_or(folder),
            files,
        });
        let packages: Vec<GoPackageFolder> = packages.collect();
        let is_geppetto = legacy.iter().any(|root| root == path)
            && packages.iter().any(|package| below(&package.import_path, &format!("{path}/pkg/inference")).is_some());
        Module {
            path: path.to_owned(),
            root: shown.map(|file| folder_of(&tree.entry(file).path)).unwrap_or_default(),
            manifest: manifest.map(|manifest| manifest.file),
            packages,
            requires: content.map(|content| content.requires.clone()).unwrap_or_default(),
            replaces: self.replaces(root, content),
            matters: false,
            is_geppetto,
            sees: Vec::new(),
        }
    }

    /// The replacements that hold in a module; those of its `go.work` come first.
    fn replaces(&self, root: &Path, content: Option<&ModFile>) -> Vec<Replaced> {
        let work = self.work_of(root).map(|(folder, content)| (folder.to_owned(), content));
        let own = content.map(|content| (root.to_owned(), content));
        let files = work.into_iter().chain(own);
        files
            .flat_map(|(from, content)| {
                content.replaces.iter().map(move |replace| Replaced { replace: replace.clone(), from: from.clone() })
            })
            .collect()
    }

    /// The nearest `go.work`, if it takes the module in `root` in.
    fn work_of(&self, root: &Path) -> Option<(&Path, &ModFile)> {
        let (folder, work) = root.ancestors().find_map(|above| self.works.get_key_value(above))?;
        let content = work.content.as_ref().ok()?;
        let takes_in = content.uses.iter().any(|used| normal(&folder.join(&used.text)) == root);
        takes_in.then_some((folder, content))
    }

    /// Problems of files that matter.
    fn problems(self, modules: &Modules, tree: &Tree) -> Vec<Problem> {
        let roots: Vec<PathBuf> = modules.relevant().map(|(_, module)| normal(&module.root)).collect();
        let own = |folder: &Path| roots.iter().any(|root| root == folder);
        let above = |folder: &Path| roots.iter().any(|root| root.starts_with(folder));
        let in_modules = self.modules.into_iter().filter(|(folder, read)| tree.entry(read.file).hit || own(folder));
        let in_works = self.works.into_iter().filter(|(folder, read)| tree.entry(read.file).hit || above(folder));
        in_modules.chain(in_works).filter_map(|(_, read)| read.content.err()).collect()
    }
}

fn problem(source: &Source, flaw: Flaw) -> Problem {
    Problem {
        path: source.path().to_owned(),
        position: Some(source.position(flaw.offset)),
        kind: ProblemKind::Manifest,
        message: flaw.message,
    }
}

/// Whether a file is written in Go, or says which module Go code belongs to.
pub(crate) fn is_go(path: &Path) -> bool {
    is_code(path) || path.file_name().is_some_and(|name| name == "go.mod" || name == "go.work")
}

/// Whether a file is written in Go.
pub(crate) fn is_code(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "go")
}

/// Whether the Go tools pass over a file: it, or a folder of its module in which it stands, is put aside by its name.
fn is_left_out(name: Option<&Path>, folder: Option<&Path>) -> bool {
    let is_aside = |name: &str| name.starts_with(['_', '.']);
    let names = name.into_iter().flat_map(|name| name.to_str()).any(is_aside);
    let folders = folder.into_iter().flat_map(Path::components).filter_map(|part| part.as_os_str().to_str());
    names || folders.into_iter().any(|part| is_aside(part) || matches!(part, "testdata" | "vendor"))
}

/// The import path of a folder of a module.
fn import_path(module: &str, folder: &Path) -> String {
    if module.is_empty() {
        return String::new();
    }
    let parts = folder.components().map(|part| part.as_os_str().to_string_lossy());
    parts.fold(module.to_owned(), |path, part| format!("{path}/{part}"))
}
