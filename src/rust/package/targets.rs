//! The crates that cargo builds from a package, as its manifest says and its folders imply.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use toml_edit::{Item, Table, TableLike};

use crate::paths::normal;
use crate::tree::{FileId, Tree};

/// What a crate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum TargetKind {
    Lib,
    Bin,
    Example,
    Test,
    Bench,
    BuildScript,
    /// A file without a manifest.
    Loose,
}

/// One crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) kind: TargetKind,
    /// As code spells it.
    pub(crate) crate_name: String,
    /// Its root file.
    pub(crate) root: FileId,
}

impl Target {
    pub(super) fn loose(root: FileId, path: &Path) -> Self {
        Self { kind: TargetKind::Loose, crate_name: crate_name(&stem(path)), root }
    }
}

/// What a manifest says about its package and the crates in it.
#[derive(Clone, Debug, Default)]
pub(super) struct PackageTable {
    pub(super) name: String,
    /// `package.workspace`
    pub(super) workspace: Option<String>,
    lib: Option<Written>,
    /// By the key of the table: `bin`, `example`, …
    written: HashMap<&'static str, Vec<Written>>,
    /// Kinds with `auto… = false`.
    manual: Vec<&'static str>,
    /// `None`: `build.rs`, if there is one.
    build: Option<Vec<String>>,
}

/// A crate that the manifest spells out.
#[derive(Clone, Debug, Default)]
struct Written {
    name: Option<String>,
    path: Option<String>,
}

impl Written {
    fn read(table: &dyn TableLike) -> Self {
        let text = |key: &str| table.get(key).and_then(Item::as_str).map(str::to_owned);
        Self { name: text("name"), path: text("path") }
    }
}

/// Crates of one kind that cargo looks for by itself.
struct Kind {
    kind: TargetKind,
    table: &'static str,
    automatic: &'static str,
    folder: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind { kind: TargetKind::Bin, table: "bin", automatic: "autobins", folder: "src/bin" },
    Kind { kind: TargetKind::Example, table: "example", automatic: "autoexamples", folder: "examples" },
    Kind { kind: TargetKind::Test, table: "test", automatic: "autotests", folder: "tests" },
    Kind { kind: TargetKind::Bench, table: "bench", automatic: "autobenches", folder: "benches" },
];

impl PackageTable {
    pub(super) fn named(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    /// The `[package]` of a manifest and what stands beside it; `None` for a mere workspace.
    pub(super) fn read(root: &Table) -> Option<Self> {
        let package = root.get("package").or(root.get("project"))?.as_table_like()?;
        let text = |key: &str| package.get(key).and_then(Item::as_str).map(str::to_owned);
        let is_off = |kind: &&Kind| package.get(kind.automatic).and_then(Item::as_bool) == Some(false);
        Some(Self {
            name: text("name").unwrap_or_default(),
            workspace: text("workspace"),
            lib: root.get("lib").and_then(Item::as_table_like).map(Written::read),
            written: KINDS.iter().map(|kind| (kind.table, written(root.get(kind.table)))).collect(),
            manual: KINDS.iter().filter(is_off).map(|kind| kind.table).collect(),
            build: package.get("build").map(build_scripts),
        })
    }
}

/// The tables of `[[bin]]` and the like.
fn written(item: Option<&Item>) -> Vec<Written> {
    let tables = item.and_then(Item::as_array_of_tables);
    let mut found: Vec<Written> =
        tables.iter().flat_map(|tables| tables.iter()).map(|table| Written::read(table)).collect();
    let inline = item.and_then(Item::as_array);
    let inline = inline.iter().flat_map(|array| array.iter()).filter_map(|value| value.as_inline_table());
    found.extend(inline.map(|table| Written::read(table)));
    found
}

/// `build = "path"`, `build = ["path", …]`, `build = false`.
fn build_scripts(item: &Item) -> Vec<String> {
    match item.as_array() {
        Some(paths) => paths.iter().filter_map(|path| path.as_str().map(str::to_owned)).collect(),
        None => item.as_str().map(str::to_owned).into_iter().collect(),
    }
}

/// The crates whose root files are among `files`, each file once.
pub(super) fn find(tree: &Tree, table: &PackageTable, root: &Path, files: &[FileId]) -> Vec<Target> {
    let root = normal(root);
    let paths = files.iter().map(|&file| (normal(&tree.entry(file).path), file));
    let finder = Finder { table, root: &root, files: paths.collect() };
    let mut targets: Vec<Target> = Vec::new();
    targets.extend(finder.lib());
    for kind in &KINDS {
        targets.extend(finder.written(kind));
        if !table.manual.contains(&kind.table) {
            let taken: Vec<String> = targets
                .iter()
                .filter(|target| target.kind == kind.kind)
                .map(|target| target.crate_name.clone())
                .collect();
            targets.extend(finder.implied(kind).into_iter().filter(|target| !taken.contains(&target.crate_name)));
        }
    }
    targets.extend(finder.build_scripts());
    let mut seen = Vec::new();
    targets.retain(|target| {
        !seen.contains(&target.root) && {
            seen.push(target.root);
            true
        }
    });
    targets
}

struct Finder<'a> {
    table: &'a PackageTable,
    root: &'a Path,
    files: HashMap<PathBuf, FileId>,
}

impl Finder<'_> {
    fn file(&self, path: &str) -> Option<FileId> {
        self.files.get(&normal(&self.root.join(path.replace('\\', "/")))).copied()
    }

    fn target(&self, kind: TargetKind, name: &str, path: &str) -> Option<Target> {
        Some(Target { kind, crate_name: crate_name(name), root: self.file(path)? })
    }

    fn lib(&self) -> Option<Target> {
        let written = self.table.lib.as_ref();
        let name = written.and_then(|lib| lib.name.as_deref()).unwrap_or(&self.table.name);
        let path = written.and_then(|lib| lib.path.as_deref()).unwrap_or("src/lib.rs");
        self.target(TargetKind::Lib, name, path)
    }

    fn written(&self, kind: &Kind) -> Vec<Target> {
        let written = self.table.written.get(kind.table).map_or(&[][..], Vec::as_slice);
        let targets = written.iter().filter_map(|target| {
            let name = target.name.as_deref()?;
            match &target.path {
                Some(path) => self.target(kind.kind, name, path),
                None => {
                    let is_main = kind.kind == TargetKind::Bin && name == self.table.name;
                    let main = is_main.then(|| self.target(kind.kind, name, "src/main.rs")).flatten();
                    main.or_else(|| self.target(kind.kind, name, &format!("{}/{name}.rs", kind.folder)))
                        .or_else(|| self.target(kind.kind, name, &format!("{}/{name}/main.rs", kind.folder)))
                }
            }
        });
        targets.collect()
    }

    /// `src/main.rs`, `folder/name.rs`, `folder/name/main.rs`.
    fn implied(&self, kind: &Kind) -> Vec<Target> {
        let folder = normal(&self.root.join(kind.folder));
        let mut found: Vec<Target> = self
            .files
            .iter()
            .filter_map(|(path, &root)| {
                let below: Vec<&Path> = path.strip_prefix(&folder).ok()?.iter().map(Path::new).collect();
                let name = match below[..] {
                    [file] => stem(file),
                    [name, main] if main == Path::new("main.rs") => name.to_string_lossy().into_owned(),
                    _ => return None,
                };
                Some(Target { kind: kind.kind, crate_name: crate_name(&name), root })
            })
            .collect();
        if kind.kind == TargetKind::Bin {
            found.extend(self.target(TargetKind::Bin, &self.table.name, "src/main.rs"));
        }
        found.sort_by_key(|target| target.root);
        found
    }

    fn build_scripts(&self) -> Vec<Target> {
        let implied = [String::from("build.rs")];
        let paths = self.table.build.as_deref().unwrap_or(&implied);
        let name = |path: &str| format!("build_script_{}", stem(Path::new(path)));
        paths.iter().filter_map(|path| self.target(TargetKind::BuildScript, &name(path), path)).collect()
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

fn crate_name(name: &str) -> String {
    name.replace('-', "_")
}
