//! The examples in documentation: code blocks in doc comments, as rustdoc sees them, and in Markdown files.

mod fence;
mod prose;
mod shape;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use self::fence::Language;
use self::shape::{Shape, shape};
use super::ledger;
use super::lower::lower;
use super::manifest::LEGACY_PACKAGE;
use super::package::{CargoPackage, PackageId, Packages};
use crate::docs::{
    self, CodeBlock, Example, Examples, Formatter, Frame, Listing, Prose, Standing, code_blocks, is_guide,
    nearest_below,
};
use crate::paths::{folder_of, normal};
use crate::source::Source;
use crate::tree::{FileId, Tree};

/// All examples of a tree, and the Markdown files that belong to its packages.
#[derive(Debug, Default)]
pub(crate) struct PackageDocs {
    pub(crate) examples: Examples,
    owners: BTreeMap<PackageId, Vec<FileId>>,
    guides: BTreeMap<PackageId, Vec<FileId>>,
}

impl PackageDocs {
    /// Finds the examples of all packages that matter, and gives a tree of which they are parts.
    pub(crate) fn find(tree: &Tree, packages: &Packages) -> (Self, Tree) {
        let mut files: Vec<(PackageId, FileId)> =
            packages.relevant().flat_map(|(id, package)| package.files.iter().map(move |&file| (id, file))).collect();
        let guides: Vec<(PackageId, FileId)> = guides(tree, packages);
        let included = included(tree, files.iter().map(|&(_, file)| file));
        files.extend(&guides);
        let found: Vec<(PackageId, Vec<Example>, Arc<Source>)> = files
            .into_par_iter()
            .filter_map(|(owner, file)| {
                let source = tree.source(file).ok()?;
                let is_included = included.contains(&normal(source.path()));
                let mut legacy =
                    packages.get(owner).legacy_dependencies().map(|dependency| dependency.code_name.as_str());
                let examples = of_text(file, &source, is_included, legacy.next().unwrap_or(LEGACY_PACKAGE));
                let is_read = || guides.contains(&(owner, file)) || lower(file, source.text()).is_ok();
                (!examples.is_empty() && is_read()).then_some((owner, examples, source))
            })
            .collect();
        let mut all = Self::default();
        guides.into_iter().for_each(|(owner, file)| all.guides.entry(owner).or_default().push(file));
        for (owner, examples, source) in found {
            for example in examples {
                let id = all.examples.add(tree, example, &source);
                all.owners.entry(owner).or_default().push(id);
            }
        }
        let with_examples = all.examples.within(tree, "rs");
        (all, with_examples)
    }

    /// The examples of a package.
    pub(crate) fn of_package(&self, package: PackageId) -> &[FileId] {
        self.owners.get(&package).map_or(&[], Vec::as_slice)
    }

    /// The Markdown files of a package.
    pub(crate) fn guides(&self, package: PackageId) -> &[FileId] {
        self.guides.get(&package).map_or(&[], Vec::as_slice)
    }
}

/// `after` with the examples that differ from those of `before` formatted by `rustfmt`, if they were before.
pub(crate) fn format(path: &Path, before: &str, after: &str, rustfmt: &dyn Fn(&str) -> Option<String>) -> String {
    let examples = |text: &str| of_text(FileId(0), &Source::new(path, text), true, LEGACY_PACKAGE);
    docs::format(before, after, &examples, Formatter { indent: "    ", run: rustfmt })
}

/// The examples in the text of one file. Only those of Markdown that rustdoc includes may leave their language unsaid.
fn of_text(file: FileId, source: &Source, is_included: bool, legacy: &str) -> Vec<Example> {
    let text = source.text();
    let is_guide = is_guide(source.path());
    let is_built = !is_guide || is_included;
    let prose = if is_guide { vec![Prose::of_markdown(text)] } else { prose::doc_comments(text) };
    let is_rust = |block: &CodeBlock| match block.info.as_deref().map(Language::of) {
        Some(Language::Rust) => true,
        Some(Language::Unsaid) | None => is_built,
        Some(Language::Broken | Language::Other) => false,
    };
    let mut found = Vec::new();
    for prose in prose.iter().filter(|prose| may_hold_code(&prose.text)) {
        for block in code_blocks(&prose.text).into_iter().filter(is_rust) {
            let lines: Vec<Range<usize>> =
                block.lines.iter().map(|line| prose.place(line.start)..prose.place(line.end)).collect();
            let standing = Standing { is_delimited: prose.is_delimited, may_be_hidden: true };
            let listing = Listing::new(file, text, &lines, standing);
            found.extend(listing.map(|listing| example(listing, is_built, legacy)));
        }
    }
    found
}

/// The example that a listing is, in code that calls the legacy crate `legacy`.
fn example(listing: Listing, is_built: bool, legacy: &str) -> Example {
    let code = listing.code();
    let imports = |line: &str| line.trim_start().trim_start_matches("pub ").starts_with("use ");
    let names_legacy = ledger::occurrences(&code).iter().any(|(_, name)| *name != LEGACY_PACKAGE);
    let is_assumed = !is_built && names_legacy && !code.lines().any(imports);
    let function = match shape(&code) {
        Shape::Items => None,
        Shape::Statements { imports, signature } => Some((imports, format!("{signature} {{"))),
    };
    let head = is_assumed.then(|| (0, format!("use {legacy}::prelude::*; use std::sync::Arc;")));
    listing.framed(&Frame { is_built, is_assumed, head, function })
}

fn may_hold_code(text: &str) -> bool {
    ["```", "~~~", "    ", "\t"].iter().any(|mark| text.contains(mark))
}

/// The Markdown files of packages that matter, those beside them in their workspaces, and those above them.
fn guides(tree: &Tree, packages: &Packages) -> Vec<(PackageId, FileId)> {
    let holds = |root: &Path, path: &Path| normal(path).starts_with(normal(root));
    let depth = |root: &Path| normal(root).components().count();
    let knowing = packages.relevant().filter(|(_, package)| package.manifest.is_some() && knows_legacy(package));
    let below: Vec<(PackageId, PathBuf)> = knowing.map(|(id, package)| (id, normal(&package.root))).collect();
    let with_manifest = || packages.iter().filter(|(_, package)| package.manifest.is_some());
    let owner = |path: &Path| {
        let nearest = with_manifest()
            .filter(|(_, package)| holds(&package.root, path))
            .max_by_key(|(_, package)| depth(&package.root));
        let workspace = |package: &CargoPackage| {
            let manifest = &tree.entry(package.workspace?).path;
            manifest.parent().map(Path::to_owned).filter(|root| holds(root, path))
        };
        let mut members = packages.relevant().filter(|(_, package)| knows_legacy(package));
        let member = members.find_map(|(id, package)| Some((id, workspace(package)?)));
        match (nearest, member) {
            (Some((id, package)), Some((_, root))) if depth(&package.root) >= depth(&root) => Some(id),
            (_, Some((id, _))) => Some(id),
            (Some((id, _)), None) => Some(id),
            (None, None) => nearest_below(tree, &folder_of(path), &below),
        }
    };
    let files = tree.files().filter(|(_, entry)| is_guide(&entry.path));
    let owned = files.filter_map(|(file, entry)| Some((owner(&entry.path)?, file)));
    owned.filter(|(id, _)| packages.get(*id).matters && knows_legacy(packages.get(*id))).collect()
}

/// Where nothing depends on the legacy crate, Markdown that names it speaks of someone else.
fn knows_legacy(package: &CargoPackage) -> bool {
    package.legacy_dependencies().next().is_some()
}

/// The files that documentation includes by `#![doc = include_str!("…")]`.
fn included(tree: &Tree, files: impl Iterator<Item = FileId>) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for source in files.filter_map(|file| tree.source(file).ok()) {
        let text = source.text();
        for (at, call) in text.match_indices("include_str!(") {
            let head = text[..at].trim_end();
            let is_doc = head.strip_suffix('=').is_some_and(|head| head.trim_end().ends_with("doc"));
            let literal =
                text[at + call.len()..].trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
            if let (true, Some(path)) = (is_doc, literal) {
                found.insert(normal(&source.path().parent().unwrap_or(Path::new("")).join(path)));
            }
        }
    }
    found
}
