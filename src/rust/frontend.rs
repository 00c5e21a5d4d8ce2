//! The front end for Rust.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::analysis::{self, CrateInput, Dependency, GroupAnalysis, PackageInput, PackageOutcome, audit};
use super::docs::{self, PackageDocs};
use super::lower::lower;
use super::manifest::{LEGACY_PACKAGE, Manifest, RUNTIME_PACKAGE, RuntimeDependency, RuntimeDependencyError};
use super::package::{CargoPackage, PackageId, Packages, TargetKind};
use super::rules::legacy_dependency;
use super::{cargo, comments, layout, ledger};
use crate::docs::{Found, is_guide};
use crate::frontend::{Analysis, CompileError, Flaw, Frontend, Package, Selection};
use crate::marker::Lexis;
use crate::rules::Rule;
use crate::tree::{FileId, Problem, ProblemKind, Tree};

/// The front end for Rust: cargo packages, their code and their manifests.
#[derive(Clone, Copy, Debug, Default)]
pub struct RustFrontend;

impl Frontend for RustFrontend {
    fn language(&self) -> &'static str {
        "rust"
    }

    fn claims(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "rs")
            || path.file_name().is_some_and(|name| name == "Cargo.toml")
            || is_guide(path)
    }

    fn ledger_names(&self) -> &'static [&'static str] {
        ledger::NAMES
    }

    fn needles(&self) -> Vec<&str> {
        vec!["geppetto"]
    }

    fn analyze(&self, tree: &Tree, selection: &Selection) -> Analysis {
        let mut out = Analysis::default();
        let (packages, problems) = Packages::discover(tree);
        out.problems = problems;
        let runtime = match runtime_dependency(selection.runtime_dependency.as_deref()) {
            Ok(runtime) => runtime,
            Err(error) => {
                let path = tree.roots.first().cloned().unwrap_or_default();
                let (kind, message) = (ProblemKind::Manifest, error.to_string());
                out.problems.push(Problem { path, position: None, kind, message });
                return out;
            }
        };
        let groups = groups(&packages);
        let (docs, with_examples) = PackageDocs::find(tree, &packages);
        let analyzed: Vec<GroupAnalysis> = groups
            .par_iter()
            .map(|group| {
                let inputs: Vec<PackageInput> =
                    group.iter().map(|&id| input(tree, &packages, &docs, group, id, &runtime)).collect();
                let mut analyzed = analysis::analyze(&with_examples, &inputs, &docs.examples, selection);
                let GroupAnalysis { findings, mentions, edits, .. } = &mut analyzed;
                docs.examples.bring_back(Found { findings, mentions, edits });
                analyzed
            })
            .collect();
        let mut outcomes = BTreeMap::new();
        for (group, ids) in analyzed.into_iter().zip(&groups) {
            outcomes.extend(ids.iter().copied().zip(group.packages));
            out.findings.extend(group.findings);
            out.edits.extend(group.edits);
            out.questions.extend(group.questions);
            out.mentions.extend(group.mentions);
            out.problems.extend(group.problems);
        }
        keep_where_unread(tree, &packages, &out.problems, &mut outcomes);
        legacy_dependency::manifests(tree, &packages, &outcomes, &runtime, &mut out);
        let is_marked = |file: &FileId| tree.entry(*file).is_marked;
        let knowing = packages.knowing().flat_map(|package| package.files.iter().copied());
        out.marked = knowing.filter(is_marked).collect();
        let has_marks = |package: &CargoPackage| package.files.iter().any(is_marked);
        out.packages = packages
            .knowing()
            .filter(|package| package.matters || has_marks(package))
            .map(|package| Package { language: "rust", name: package.name.clone(), root: package.root.clone() })
            .collect();
        out
    }

    fn reason(&self, rule: Rule) -> &'static str {
        match rule {
            Rule::RunInference => "a session runs its turns itself",
            Rule::RunLifecycle => "a claim is a permit now, which frees the session when it is dropped",
            Rule::LegacyError => "the state and the core session have one error now, `SessionError`",
            Rule::LegacyImport => "the new API is another crate, `geppetto-runtime`",
            Rule::LegacyDependency => "the new API is another package, `geppetto-runtime`",
            _ => rule.reason(),
        }
    }

    fn lay_out(&self, tree: &Tree, path: &Path, before: &str, after: &str) -> String {
        let is_code = path.extension().is_some_and(|extension| extension == "rs");
        if !is_code && !is_guide(path) {
            return after.to_owned();
        }
        let after = if is_code { layout::format(tree, path, before, after) } else { after.to_owned() };
        let edition = layout::edition(tree, path);
        docs::format(path, before, &after, &|code| layout::rustfmt(path, &edition, code))
    }

    fn lexis(&self, path: &Path, text: &str) -> Option<Lexis> {
        path.extension().is_some_and(|extension| extension == "rs").then(|| comments::lexis(text))
    }

    fn flaw(&self, file: FileId, path: &Path, text: &str) -> Option<String> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("rs") => lower(file, text).err().map(|error| error.message),
            Some("toml") => toml_edit::Document::parse(text).err().map(|error| error.message().to_owned()),
            _ => None,
        }
    }

    fn flaws(&self, tree: &Tree, files: &BTreeSet<FileId>) -> Vec<Flaw> {
        let is_code = |file: &&FileId| tree.entry(**file).path.extension().is_some_and(|extension| extension == "rs");
        let files: BTreeSet<FileId> = files.iter().filter(is_code).copied().collect();
        if files.is_empty() { Vec::new() } else { audit::flaws(tree, &owners(tree, &files), &files) }
    }

    fn compile(&self, package: &Package) -> Result<(), CompileError> {
        cargo::check(&package.root)
    }

    fn lock_files(&self, package: &Package) -> Vec<PathBuf> {
        cargo::workspace_root(&package.root).map(|root| root.join("Cargo.lock")).into_iter().collect()
    }
}

/// What `given` says, or this release's version; relative paths are meant from the current folder.
fn runtime_dependency(given: Option<&str>) -> Result<RuntimeDependency, RuntimeDependencyError> {
    RuntimeDependency::parse(given, &std::env::current_dir().unwrap_or_default())
}

/// Whether `text` says where the new crate comes from: a version (`0.1`, `"0.1"`), a table (`{ path = "…" }`) or an entry
/// with its key (`rt = { package = "geppetto-runtime", … }`).
///
/// # Errors
/// Why it does not, as a fragment: it is no TOML, no dependency, or one of another package.
pub fn check_runtime_dependency(text: &str) -> Result<(), String> {
    runtime_dependency(Some(text)).map(drop).map_err(|error| error.to_string())
}

/// The packages that `files` belong to, as they are analysed.
fn owners(tree: &Tree, files: &BTreeSet<FileId>) -> Vec<PackageInput> {
    let (packages, _) = Packages::discover(tree);
    let ids: BTreeSet<PackageId> = files.iter().filter_map(|&file| packages.owner(file)).collect();
    let ids: Vec<PackageId> = ids.into_iter().collect();
    let Ok(runtime) = runtime_dependency(None) else { return Vec::new() };
    ids.iter().map(|&id| input(tree, &packages, &PackageDocs::default(), &ids, id, &runtime)).collect()
}

/// Packages that may name each other are looked into together: those joined by path dependencies.
fn groups(packages: &Packages) -> Vec<Vec<PackageId>> {
    let relevant: Vec<PackageId> = packages.relevant().map(|(id, _)| id).collect();
    let mut group_of: BTreeMap<PackageId, PackageId> = relevant.iter().map(|&id| (id, id)).collect();
    for &id in &relevant {
        for local in packages.get(id).dependencies.iter().filter_map(|dependency| dependency.local) {
            let (Some(&from), Some(&to)) = (group_of.get(&id), group_of.get(&local)) else { continue };
            let (old, new) = (from.max(to), from.min(to));
            group_of.values_mut().filter(|group| **group == old).for_each(|group| *group = new);
        }
    }
    let mut groups: BTreeMap<PackageId, Vec<PackageId>> = BTreeMap::new();
    for (id, group) in group_of {
        groups.entry(group).or_default().push(id);
    }
    groups.into_values().collect()
}

/// Code that could not be read may use the legacy crate.
fn keep_where_unread(
    tree: &Tree,
    packages: &Packages,
    problems: &[Problem],
    outcomes: &mut BTreeMap<PackageId, PackageOutcome>,
) {
    let nearest = |path: &Path| {
        let above = packages.iter().filter(|(_, package)| path.starts_with(&package.root));
        above.max_by_key(|(_, package)| package.root.components().count()).map(|(id, _)| id)
    };
    for path in problems.iter().map(|problem| &problem.path).chain(&tree.unread) {
        let owner = tree.find(path).and_then(|file| packages.owner(file)).or_else(|| nearest(path));
        if let Some(outcome) = owner.and_then(|owner| outcomes.get_mut(&owner)) {
            outcome.keep_legacy();
        }
    }
}

fn input(
    tree: &Tree,
    packages: &Packages,
    docs: &PackageDocs,
    group: &[PackageId],
    id: PackageId,
    runtime: &RuntimeDependency,
) -> PackageInput {
    let package = packages.get(id);
    let crates = package.targets.iter().filter(|target| target.kind != TargetKind::Loose).map(|target| CrateInput {
        name: target.crate_name.clone(),
        root: tree.entry(target.root).path.clone(),
        is_library: target.kind == TargetKind::Lib,
        is_published: is_published(tree, package),
    });
    let dependencies = package.dependencies.iter().filter_map(|dependency| {
        let local = dependency.local.filter(|local| packages.get(*local).name != RUNTIME_PACKAGE);
        let known = match (dependency.package.as_str(), local) {
            (LEGACY_PACKAGE, None) => Dependency::Legacy,
            (LEGACY_PACKAGE, Some(local)) if is_legacy_library(tree, packages, local) => Dependency::Legacy,
            (RUNTIME_PACKAGE, _) => Dependency::Runtime,
            ("tokio", None) => Dependency::Tokio,
            (_, Some(local)) => Dependency::Package(group.iter().position(|&member| member == local)?),
            _ => return None,
        };
        Some((dependency.code_name.clone(), known))
    });
    let mut dependencies: Vec<(String, Dependency)> = dependencies.collect();
    // Code that names the legacy crate without a manifest that says what it is means the legacy crate.
    let is_declared = |name: &str| package.dependencies.iter().any(|dependency| dependency.code_name == name);
    if !is_declared(LEGACY_PACKAGE) {
        dependencies.push((LEGACY_PACKAGE.to_owned(), Dependency::Legacy));
    }
    if package.manifest.is_none() {
        dependencies.push(("geppetto_runtime".to_owned(), Dependency::Runtime));
        dependencies.push(("tokio".to_owned(), Dependency::Tokio));
    }
    PackageInput {
        crates: crates.collect(),
        dependencies,
        files: package.files.iter().chain(docs.of_package(id)).copied().collect(),
        guides: docs.guides(id).to_vec(),
        runtime: legacy_dependency::runtime_name(package, runtime),
    }
}

/// Whether a package of the tree that has the legacy crate's name is that crate, and not another of the same name.
fn is_legacy_library(tree: &Tree, packages: &Packages, id: PackageId) -> bool {
    packages
        .get(id)
        .files
        .iter()
        .any(|&file| tree.source(file).is_ok_and(|source| source.text().contains("pub struct InferenceState")))
}

/// Whether other people may depend on a package: its manifest does not say `publish = false`.
fn is_published(tree: &Tree, package: &CargoPackage) -> bool {
    let Some(source) = package.manifest.and_then(|manifest| tree.source(manifest).ok()) else { return true };
    let Ok(manifest) = Manifest::parse(source.text()) else { return true };
    let publish = manifest.root().get("package").and_then(|package| package.get("publish"));
    publish.and_then(|publish| publish.as_bool()) != Some(false)
}
