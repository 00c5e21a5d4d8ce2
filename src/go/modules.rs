use super::legacy::{LegacyPackage, LegacyPaths, below};
use crate::tree::{FileId, Problem, Tree};
use std::path::{Path, PathBuf};
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ModuleId(pub(crate) u32);
#[derive(Clone, Debug, Default)]
pub(crate) struct Modules {
    list: Vec<Module>,
    legacy: LegacyPaths,
}
#[derive(Clone, Debug)]
pub(crate) struct Module {
    pub(crate) path: String,
    pub(crate) root: PathBuf,
    pub(crate) packages: Vec<GoPackageFolder>,
    pub(crate) matters: bool,
    pub(crate) is_geppetto: bool,
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GoPackageFolder {
    pub(crate) import_path: String,
    pub(crate) folder: PathBuf,
    pub(crate) files: Vec<FileId>,
}
pub(crate) enum Import {
    Local(ModuleId, usize),
    Legacy(LegacyPackage),
    Other,
}
pub(crate) fn is_generated(text: &str) -> bool {
    text.starts_with("// Code generated")
}
impl Modules {
    pub(crate) fn discover(tree: &Tree, legacy: &LegacyPaths) -> (Self, Vec<Problem>) {
        let mut list: Vec<Module> = Vec::new();
        for (_, e) in tree.files().filter(|(_, e)| e.path.file_name().is_some_and(|n| n == "go.mod")) {
            let text = std::fs::read_to_string(&e.path).unwrap_or_default();
            let path = text.lines().find_map(|l| l.strip_prefix("module ")).unwrap_or("").trim().to_owned();
            list.push(Module {
                path,
                root: e.path.parent().unwrap_or(Path::new("")).to_owned(),
                packages: vec![],
                matters: true,
                is_geppetto: false,
            });
        }
        for (id, e) in tree.files().filter(|(_, e)| e.path.extension().is_some_and(|n| n == "go")) {
            let folder = e.path.parent().unwrap().to_owned();
            if let Some(m) =
                list.iter_mut().filter(|m| folder.starts_with(&m.root)).max_by_key(|m| m.root.components().count())
            {
                let rel = folder.strip_prefix(&m.root).unwrap().display().to_string();
                let ip = if rel.is_empty() { m.path.clone() } else { format!("{}/{rel}", m.path) };
                match m.packages.iter_mut().find(|p| p.folder == folder) {
                    Some(p) => p.files.push(id),
                    None => m.packages.push(GoPackageFolder { import_path: ip, folder, files: vec![id] }),
                }
            }
        }
        (Self { list, legacy: legacy.clone() }, vec![])
    }
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ModuleId, &Module)> {
        self.list.iter().enumerate().map(|(i, m)| (ModuleId(i as u32), m))
    }
    pub(crate) fn get(&self, id: ModuleId) -> &Module {
        &self.list[id.0 as usize]
    }
    pub(crate) fn names_geppetto(&self, text: &str) -> bool {
        text.contains("geppetto")
    }
    pub(crate) fn import(&self, _: ModuleId, path: &str) -> Import {
        if let Some(p) = self.legacy.package(path) {
            return Import::Legacy(p);
        }
        for (id, m) in self.iter() {
            if below(path, &m.path).is_some()
                && let Some(i) = m.packages.iter().position(|p| p.import_path == path)
            {
                return Import::Local(id, i);
            }
        }
        Import::Other
    }
}
