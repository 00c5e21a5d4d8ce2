//! Cargo manifests: their dependency entries, and the byte edits that bring the new crate in and let the old one go.
//!
//! Only entries change; comments, order, white space and line endings around them stay. The new entry takes the place of
//! the legacy one in the same section and style, or stands beside it as long as the legacy one is needed. What says how
//! and when the dependency applies (`optional`, section, target) carries over, what says where it comes from does not.

mod entries;
mod features;
mod layout;
mod runtime_dependency;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::path::Path;

use toml_edit::Item;

use self::entries::Entry;
pub(crate) use self::entries::{Manifest, Section, SectionKind};
use self::layout::{Field, Form};
pub(crate) use self::runtime_dependency::{RuntimeDependency, RuntimeDependencyError};
use crate::edit::Edit;
use crate::source::Source;
use crate::tree::{Problem, ProblemKind};

/// The package whose API goes.
pub(crate) const LEGACY_PACKAGE: &str = "geppetto";
/// The package whose API comes.
pub(crate) const RUNTIME_PACKAGE: &str = "geppetto-runtime";

/// What the code needs of a manifest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ManifestRequest<'a> {
    /// What is written for the new crate.
    pub(crate) runtime: &'a RuntimeDependency,
    /// What the package of this manifest needs.
    pub(crate) package: Need,
    /// What the members need that inherit from this manifest's `[workspace.dependencies]`.
    pub(crate) members: Need,
    /// The workspace that the package may inherit from; `None` if its manifest is not part of the tree.
    pub(crate) workspace: Option<SharedKeys<'a>>,
}

/// What code needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) legacy: bool,
    pub(crate) runtime: bool,
}

impl Need {
    /// Legacy entries stay as they are.
    pub(crate) const UNCHANGED: Need = Need { legacy: true, runtime: false };
}

/// Keys of `[workspace.dependencies]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SharedKeys<'a> {
    /// Those of the legacy crate.
    pub(crate) legacy: &'a [String],
    /// That of the new crate, which the workspace has, or gets when a member needs it.
    pub(crate) runtime: Option<&'a str>,
}

/// What becomes of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ManifestPlan {
    /// The legacy entries, whether they change or not.
    pub(crate) entries: Vec<LegacyEntry>,
    pub(crate) edits: Vec<Edit>,
    /// What a person should know, as lowercase fragments.
    pub(crate) notes: Vec<String>,
}

/// One entry for the legacy crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LegacyEntry {
    pub(crate) section: Section,
    /// The bytes of its key.
    pub(crate) place: Range<usize>,
}

/// What happens to one legacy entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Stay,
    Replace,
    /// The new entry comes behind the legacy one.
    Accompany,
    Remove,
}

/// Parses the manifest in `source`.
///
/// # Errors
/// A [`Problem`] if it is not TOML.
pub(crate) fn parse(source: &Source) -> Result<Manifest<'_>, Problem> {
    Manifest::parse(source.text()).map_err(|error| Problem {
        path: source.path().to_owned(),
        position: error.span().map(|span| source.position(span.start + source.bom_len())),
        kind: ProblemKind::Manifest,
        message: error.message().to_owned(),
    })
}

/// Works out the edits of one manifest.
///
/// # Errors
/// A [`Problem`] if it is not TOML.
pub(crate) fn plan_manifest(source: &Source, request: &ManifestRequest<'_>) -> Result<ManifestPlan, Problem> {
    let manifest = parse(source)?;
    let entries = manifest.entries();
    let mut planner = Planner {
        manifest: &manifest,
        entries: &entries,
        newline: source.newline(),
        folder: source.path().parent().unwrap_or(Path::new("")),
        request,
        plan: ManifestPlan::default(),
    };
    planner.run();
    Ok(planner.plan)
}

struct Planner<'a> {
    manifest: &'a Manifest<'a>,
    entries: &'a [Entry<'a>],
    newline: &'static str,
    /// The folder of the manifest.
    folder: &'a Path,
    request: &'a ManifestRequest<'a>,
    plan: ManifestPlan,
}

impl<'a> Planner<'a> {
    fn run(&mut self) {
        let legacy: Vec<&Entry<'a>> = self.entries.iter().filter(|entry| self.is_legacy(entry)).collect();
        let mut changes = Vec::new();
        for entry in &legacy {
            let action = match self.action(entry) {
                action if action == Action::Stay || !entry.is_scattered() => action,
                _ => {
                    self.plan.notes.push(format!("`{}` is written in a way that has to be changed by hand", entry.key));
                    Action::Stay
                }
            };
            self.plan.entries.push(LegacyEntry { section: entry.section.clone(), place: entry.key_place.clone() });
            self.change(entry, action);
            changes.push((*entry, action));
        }
        let is_own = |entry: &&Entry<'_>| entry.section.kind != SectionKind::Workspace;
        if self.request.package.runtime && !legacy.iter().copied().any(|entry| is_own(&entry)) && !self.has_runtime() {
            self.add();
        }
        let goes = |(_, action): &(&Entry<'_>, Action)| matches!(action, Action::Replace | Action::Remove);
        if changes.iter().any(goes) {
            self.note_patches();
        }
        changes.retain(|(entry, _)| is_own(entry));
        self.change_features(&changes);
    }

    fn is_legacy(&self, entry: &Entry<'_>) -> bool {
        match (entry.inherits(), self.request.workspace) {
            (true, Some(shared)) => shared.legacy.contains(&entry.key),
            (true, None) => entry.key == LEGACY_PACKAGE,
            (false, _) => entry.package() == LEGACY_PACKAGE,
        }
    }

    fn is_runtime(&self, entry: &Entry<'_>) -> bool {
        match (entry.inherits(), self.request.workspace.and_then(|shared| shared.runtime)) {
            (true, Some(key)) => entry.key == key,
            _ => entry.package() == RUNTIME_PACKAGE,
        }
    }

    fn has_runtime(&self) -> bool {
        self.entries.iter().any(|entry| self.is_runtime(entry) && entry.section.kind != SectionKind::Workspace)
    }

    /// The entry for the new crate that already serves all code that the section serves.
    fn covering(&self, section: &Section) -> Option<&'a Entry<'a>> {
        self.entries.iter().find(|entry| self.is_runtime(entry) && entry.section.covers(section))
    }

    fn action(&self, entry: &Entry<'_>) -> Action {
        let need = match entry.section.kind {
            SectionKind::Workspace => self.request.members,
            _ => self.request.package,
        };
        match (need.legacy, need.runtime && self.covering(&entry.section).is_none()) {
            (true, true) => Action::Accompany,
            (true, false) => Action::Stay,
            (false, true) => Action::Replace,
            (false, false) => Action::Remove,
        }
    }

    fn change(&mut self, entry: &Entry<'_>, action: Action) {
        let form = Form::of(self.manifest, entry, self.newline);
        let key = self.runtime_key(entry);
        let edits = match action {
            Action::Stay => return,
            Action::Remove => form.remove(),
            Action::Replace => form.replace(&key, &self.origin(entry, &key)),
            Action::Accompany => form.accompany(&key, &self.origin(entry, &key)),
        };
        self.plan.edits.extend(edits);
        if action != Action::Remove {
            self.note_lost(entry);
        }
    }

    /// The key of the new entry: that of an entry that is already there, that of the workspace, or the given one.
    fn runtime_key(&self, entry: &Entry<'_>) -> String {
        if let (true, Some(key)) = (entry.inherits(), self.request.workspace.and_then(|shared| shared.runtime)) {
            return key.to_owned();
        }
        let is_shared = entry.section.kind == SectionKind::Workspace;
        let mut existing = self.entries.iter().filter(|other| self.is_runtime(other));
        let existing = existing.find(|other| (other.section.kind == SectionKind::Workspace) == is_shared);
        existing.map_or_else(|| self.request.runtime.key().to_owned(), |other| other.key.clone())
    }

    /// Where the new crate comes from, as the entry in the place of `entry` says it.
    fn origin(&self, entry: &Entry<'_>, key: &str) -> Vec<Field> {
        let shared = self.request.workspace.and_then(|shared| shared.runtime);
        match entry.inherits() && shared.is_some() {
            true => vec![Field::new("workspace", "true")],
            false => self.request.runtime.fields(key, self.folder),
        }
    }

    /// A patch may serve packages that are not in this tree, so it stays.
    fn note_patches(&mut self) {
        let root = self.manifest.root();
        let sources = root.get("patch").and_then(Item::as_table_like);
        let tables = sources.iter().flat_map(|sources| sources.iter()).filter_map(|(_, item)| item.as_table_like());
        let replaced = root.get("replace").and_then(Item::as_table_like);
        let is_legacy = |key: &str, item: &Item| {
            let package = item.as_table_like().and_then(|entry| entry.get("package")).and_then(Item::as_str);
            package.unwrap_or(key).split(':').next() == Some(LEGACY_PACKAGE)
        };
        let mut entries = tables.chain(replaced).flat_map(|table| table.iter());
        if entries.any(|(key, item)| is_legacy(key, item)) {
            self.plan
                .notes
                .push(format!("the patch of `{LEGACY_PACKAGE}` stays: take it out if nothing else needs it"));
        }
    }

    fn note_lost(&mut self, entry: &Entry<'_>) {
        let features = entry.features();
        if !features.is_empty() {
            let names: Vec<String> = features.iter().map(|name| format!("`{name}`")).collect();
            self.plan.notes.push(format!("features of the legacy crate are left out: {}", names.join(", ")));
        }
        if entry.is_without_default_features() {
            self.plan.notes.push("`default-features = false` of the legacy crate is left out".to_owned());
        }
    }

    /// Adds the new crate where no legacy entry shows the place.
    fn add(&mut self) {
        let shared =
            self.request.workspace.filter(|shared| !shared.legacy.is_empty()).and_then(|shared| shared.runtime);
        let shared = shared.map(|key| (key.to_owned(), vec![Field::new("workspace", "true")]));
        let (key, fields) = shared.unwrap_or_else(|| {
            let key = self.request.runtime.key().to_owned();
            let fields = self.request.runtime.fields(&key, self.folder);
            (key, fields)
        });
        let normal = Section { kind: SectionKind::Normal, target: None };
        let siblings: Vec<&Entry<'_>> = self.entries.iter().filter(|entry| entry.section == normal).collect();
        self.plan.edits.push(layout::add(self.manifest, &siblings, self.newline, &key, &fields));
    }

    fn change_features(&mut self, changes: &[(&Entry<'a>, Action)]) {
        let mut done: Vec<&str> = Vec::new();
        for (entry, action) in changes {
            if *action == Action::Stay || done.contains(&&*entry.key) {
                continue;
            }
            done.push(&entry.key);
            let optional = changes.iter().any(|(other, _)| other.key == entry.key && other.is_optional());
            let successor = match action {
                Action::Remove => {
                    self.covering(&entry.section).filter(|entry| entry.is_optional()).map(|entry| entry.key.clone())
                }
                _ => Some(self.runtime_key(entry)).filter(|_| optional),
            };
            let change = features::Change {
                legacy: &entry.key,
                optional,
                keeps_legacy: *action == Action::Accompany,
                successor: successor.as_deref(),
            };
            self.plan.edits.extend(change.edits(self.manifest, self.newline));
        }
    }
}
