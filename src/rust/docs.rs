//! The examples in documentation: code in doc comments and in Markdown files, looked into as programs of their own.
//!
//! An example is a part of its file with a text of its own, in which every line stands without what documentation puts in
//! front of it. What is found there, and what changes there, is brought back to the bytes of the file.

mod example;
mod layout;
mod markdown;
mod prose;
mod shape;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

pub(crate) use self::example::Example;
use self::example::Reading;
pub(crate) use self::layout::format;
use self::markdown::{CodeBlock, Language, code_blocks};
use self::prose::Prose;
use super::analysis::GroupAnalysis;
use super::lower::lower;
use super::manifest::LEGACY_PACKAGE;
use super::package::{CargoPackage, PackageId, Packages};
use crate::edit::Edit;
use crate::paths::normal;
use crate::source::{Position, Source};
use crate::tree::{FileId, Tree};

/// All examples of a tree, and the Markdown files that belong to its packages.
#[derive(Debug, Default)]
pub(crate) struct Examples {
    /// By their ids: the program that an example is, and the text of the file it stands in.
    list: BTreeMap<FileId, (Example, Arc<Source>)>,
    hosts: BTreeMap<FileId, Vec<FileId>>,
    owners: BTreeMap<PackageId, Vec<FileId>>,
    guides: BTreeMap<PackageId, Vec<FileId>>,
}

/// Whether a file is a Markdown file that is looked into. What tells of the past is not: it stays true.
pub(crate) fn is_guide(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| matches!(extension, "md" | "markdown")) && !is_history(path)
}

/// `CHANGELOG.md`, `HISTORY-0.x.md`, `changelog.d/12.md`
fn is_history(path: &Path) -> bool {
    let tells = |name: &std::ffi::OsStr| {
        let name = name.to_string_lossy().to_lowercase();
        let word = name.split(['.', '-', '_', ' ']).next().unwrap_or_default();
        matches!(word, "changelog" | "changelogs" | "changes" | "history" | "news" | "release" | "releases")
    };
    let folder = path.parent().and_then(Path::file_name);
    path.file_name().is_some_and(tells) || folder.is_some_and(|name| tells(name) && name != "history")
}

impl Examples {
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
        let mut examples = Self::default();
        guides.into_iter().for_each(|(owner, file)| examples.guides.entry(owner).or_default().push(file));
        let mut id = FileId(tree.files().count() as u32);
        let mut parts = Vec::new();
        for (owner, found, source) in found {
            for (example, number) in found.into_iter().zip(1..) {
                parts.push(Source::new(source.path().join(format!("example_{number}.rs")), example.text()));
                examples.owners.entry(owner).or_default().push(id);
                examples.hosts.entry(example.host).or_default().push(id);
                examples.list.insert(id, (example, source.clone()));
                id.0 += 1;
            }
        }
        (examples, tree.with_parts(parts))
    }

    /// The examples of a package.
    pub(crate) fn of_package(&self, package: PackageId) -> &[FileId] {
        self.owners.get(&package).map_or(&[], Vec::as_slice)
    }

    /// The Markdown files of a package.
    pub(crate) fn guides(&self, package: PackageId) -> &[FileId] {
        self.guides.get(&package).map_or(&[], Vec::as_slice)
    }

    /// The example with this id.
    pub(crate) fn get(&self, file: FileId) -> Option<&Example> {
        self.list.get(&file).map(|(example, _)| example)
    }

    /// The example of a file that holds this offset.
    pub(crate) fn at(&self, host: FileId, offset: usize) -> Option<FileId> {
        let holds = |id: &FileId| self.get(*id).is_some_and(|example| example.range().contains(&offset));
        self.hosts.get(&host)?.iter().copied().find(holds)
    }

    /// The file and the position of an offset into an example.
    pub(crate) fn position(&self, file: FileId, offset: usize) -> Option<(&Path, Position)> {
        let (example, source) = self.list.get(&file)?;
        Some((source.path(), source.position(example.place(offset))))
    }

    /// The example that a path stands for.
    pub(crate) fn named(&self, path: &Path) -> Option<FileId> {
        let hosts = |source: &Source| path.parent() == Some(source.path());
        let mut own = self.list.iter().filter(|(_, (_, source))| hosts(source)).map(|(&id, _)| id);
        let number: usize = path.file_stem()?.to_str()?.strip_prefix("example_")?.parse().ok()?;
        own.nth(number.checked_sub(1)?)
    }

    /// What was found in examples, as something found in the files they stand in.
    pub(crate) fn bring_back(&self, out: &mut GroupAnalysis) {
        let is_assumed = |file: FileId, offset| self.get(file).is_some_and(|example| example.is_in_assumed(offset));
        out.findings.retain(|finding| !is_assumed(finding.file, finding.range.start));
        out.mentions.retain(|mention| !is_assumed(mention.file, mention.offset));
        for finding in &mut out.findings {
            if let Some(example) = self.get(finding.file) {
                finding.file = example.host;
                finding.range = example.place(finding.range.start)..example.place(finding.range.end);
            }
        }
        for mention in &mut out.mentions {
            if let Some(example) = self.get(mention.file) {
                mention.file = example.host;
                mention.offset = example.place(mention.offset);
            }
        }
        let (inner, mut edits): (Vec<_>, Vec<_>) =
            std::mem::take(&mut out.edits).into_iter().partition(|(file, _)| self.get(*file).is_some());
        let brought = inner.iter().filter_map(|(file, edit)| {
            let example = self.get(*file)?;
            Some((example.host, example.edit(edit).ok().flatten()?))
        });
        // Documentation that goes or moves with its item needs no changes of its own.
        let brought: Vec<(FileId, Edit)> =
            brought.filter(|(host, edit)| is_free(*host, &edit.range(), &edits)).collect();
        edits.extend(brought);
        out.edits = edits;
    }
}

fn is_free(file: FileId, range: &Range<usize>, edits: &[(FileId, Edit)]) -> bool {
    let touches = |other: Range<usize>| range.start < other.end && other.start < range.end.max(range.start + 1);
    !edits.iter().any(|(other, edit)| *other == file && touches(edit.range()))
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
            let reading = Reading { is_built, is_delimited: prose.is_delimited, legacy };
            found.extend(Example::new(file, text, &lines, reading));
        }
    }
    found
}

fn may_hold_code(text: &str) -> bool {
    ["```", "~~~", "    ", "\t"].iter().any(|mark| text.contains(mark))
}

/// The Markdown files of packages that matter, and those beside them in their workspaces.
fn guides(tree: &Tree, packages: &Packages) -> Vec<(PackageId, FileId)> {
    let holds = |root: &Path, path: &Path| normal(path).starts_with(normal(root));
    let depth = |root: &Path| normal(root).components().count();
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
            (nearest, None) => nearest.map(|(id, _)| id),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_of_the_past_is_not_looked_into() {
        for history in ["CHANGELOG.md", "a/HISTORY-0.x.md", "changelog.d/12.md", "RELEASES.md", "b/News.markdown"] {
            assert!(!is_guide(Path::new(history)), "{history}");
        }
        for guide in ["README.md", "docs/newsletter.md", "history/README.md", "docs/changing.md"] {
            assert!(is_guide(Path::new(guide)), "{guide}");
        }
        assert!(!is_guide(Path::new("notes.txt")));
    }
}
