//! `legacy-dependency`: the legacy crate in a manifest.
//!
//! It goes when no code of the package names it any more; until then both crates stand in the manifest.

use std::collections::BTreeMap;

use super::super::analysis::PackageOutcome;
use super::super::ledger;
use super::super::manifest::{
    LEGACY_PACKAGE, ManifestPlan, ManifestRequest, Need, RUNTIME_PACKAGE, RuntimeDependency, SectionKind, SharedKeys,
    parse, plan_manifest,
};
use super::super::package::{CargoPackage, PackageId, Packages};
use crate::finding::{Class, Finding, Level, Mention, UnitId};
use crate::frontend::Analysis;
use crate::names::class_of;
use crate::outcome::still_used;
use crate::rules::Rule;
use crate::tree::{FileId, Problem, Tree};

/// Findings and edits of all manifests. `outcomes` says what the code of each package still needs.
pub(crate) fn manifests(
    tree: &Tree,
    packages: &Packages,
    outcomes: &BTreeMap<PackageId, PackageOutcome>,
    runtime: &RuntimeDependency,
    out: &mut Analysis,
) {
    let mut by_manifest: BTreeMap<FileId, Vec<PackageId>> = BTreeMap::new();
    for (id, package) in packages.relevant() {
        for manifest in [package.manifest, package.workspace].into_iter().flatten() {
            by_manifest.entry(manifest).or_default().push(id);
        }
    }
    for (manifest, ids) in by_manifest {
        if let Err(problem) = one(tree, packages, outcomes, runtime, manifest, &ids, out) {
            out.problems.push(problem);
        }
    }
}

fn one(
    tree: &Tree,
    packages: &Packages,
    outcomes: &BTreeMap<PackageId, PackageOutcome>,
    runtime: &RuntimeDependency,
    manifest: FileId,
    ids: &[PackageId],
    out: &mut Analysis,
) -> Result<(), Problem> {
    let source = tree.source(manifest)?;
    let outcome = |id: PackageId| outcomes.get(&id).copied().unwrap_or(UNKNOWN);
    let own = ids.iter().copied().find(|&id| packages.get(id).manifest == Some(manifest));
    let members: Vec<PackageOutcome> =
        ids.iter().copied().filter(|&id| packages.get(id).workspace == Some(manifest)).map(outcome).collect();
    let shared = match own.and_then(|id| packages.get(id).workspace) {
        Some(workspace) => Some(Shared::read(tree, workspace)?),
        None => None,
    };
    let package = own.map_or(Need::UNCHANGED, |id| need(&[outcome(id)]));
    let request = ManifestRequest {
        runtime,
        package,
        members: if members.is_empty() { Need::UNCHANGED } else { need(&members) },
        workspace: shared.as_ref().map(|shared| SharedKeys {
            legacy: &shared.legacy,
            runtime: shared.runtime.as_deref().or((!shared.legacy.is_empty()).then(|| runtime.key())),
        }),
    };
    let plan = plan_manifest(&source, &request)?;
    let all: Vec<PackageOutcome> = own.map(outcome).into_iter().chain(members).collect();
    let place = |offset: usize| {
        let position = source.position(offset);
        format!("{}:{}:{}", source.path().display(), position.line, position.column)
    };
    let level = level(&all);
    for entry in &plan.entries {
        out.findings.push(Finding {
            rule: Rule::LegacyDependency,
            file: manifest,
            range: entry.place.clone(),
            level,
            what: "the manifest depends on the legacy crate".to_owned(),
            why: still_used(level).to_owned(),
            help: help(&plan, level),
            traps: Vec::new(),
            questions: Vec::new(),
            notes: Vec::new(),
            unit: UnitId(place(entry.place.start)),
        });
    }
    out.mentions.extend(mentions(source.text(), manifest, &plan, level));
    out.edits.extend(plan.edits.into_iter().map(|edit| (manifest, edit)));
    Ok(())
}

/// The classes of the names in a manifest: the legacy crate's own name belongs to the entries; longer names, comments and
/// patches do not.
fn mentions(text: &str, file: FileId, plan: &ManifestPlan, level: Level) -> Vec<Mention> {
    let class = |offset: usize, name: &str| {
        let line = text[..offset].rfind('\n').map_or(0, |at| at + 1);
        let is_longer = text[offset + name.len()..].starts_with('-') || text[..offset].ends_with('-');
        let mut heads = text[..offset].lines().map(str::trim_start).filter(|line| line.starts_with('['));
        let in_patch = heads.next_back().is_some_and(|head| head.starts_with("[patch") || head.starts_with("[replace"));
        if plan.entries.is_empty()
            || in_patch
            || is_longer
            || name != LEGACY_PACKAGE
            || text[line..offset].contains('#')
        {
            return Class::Unrelated;
        }
        class_of(level)
    };
    let occurrences = ledger::occurrences(text).into_iter();
    occurrences.map(|(offset, name)| Mention { file, offset, class: class(offset, name) }).collect()
}

/// What is taken for a package whose code could not be looked into.
const UNKNOWN: PackageOutcome = PackageOutcome {
    gains_runtime: false,
    left: true,
    left_after_safe: true,
    left_after_offered: true,
    left_after_draft: true,
};

fn need(outcomes: &[PackageOutcome]) -> Need {
    Need {
        legacy: outcomes.iter().any(|outcome| outcome.left),
        runtime: outcomes.iter().any(|outcome| outcome.gains_runtime),
    }
}

fn level(outcomes: &[PackageOutcome]) -> Level {
    let any = |test: fn(&PackageOutcome) -> bool| outcomes.iter().any(test);
    if any(|outcome| outcome.left_after_draft) {
        Level::Report
    } else if any(|outcome| outcome.left_after_offered) {
        Level::Draft
    } else if any(|outcome| outcome.left_after_safe) {
        Level::Offered
    } else {
        Level::Safe
    }
}

fn help(plan: &ManifestPlan, level: Level) -> String {
    let mut help = match level {
        Level::Report => format!("both crates stand in the manifest until nothing uses `{LEGACY_PACKAGE}`"),
        _ => format!("`{RUNTIME_PACKAGE}` takes its place; the lock file changes with the next build"),
    };
    for note in &plan.notes {
        help.push_str("; ");
        help.push_str(note);
    }
    help
}

/// Keys of a workspace's dependencies.
struct Shared {
    legacy: Vec<String>,
    runtime: Option<String>,
}

impl Shared {
    fn read(tree: &Tree, workspace: FileId) -> Result<Self, Problem> {
        let source = tree.source(workspace)?;
        let manifest = parse(&source)?;
        let entries = manifest.entries();
        let keys = |package: &str| -> Vec<String> {
            let shared = entries.iter().filter(|entry| entry.section.kind == SectionKind::Workspace);
            shared.filter(|entry| entry.package() == package).map(|entry| entry.key.clone()).collect()
        };
        Ok(Self { legacy: keys(LEGACY_PACKAGE), runtime: keys(RUNTIME_PACKAGE).pop() })
    }
}

/// What the code of a package calls the new crate: the name it has for it already, its workspace's, or that of the entry
/// to be written.
pub(crate) fn runtime_name(package: &CargoPackage, runtime: &RuntimeDependency) -> String {
    package.runtime_name().map_or_else(|| runtime.code_name(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::plan_of;

    #[test]
    fn both_crates_stand_while_something_legacy_is_left() {
        let code = "use geppetto::prelude::*;\nfn f(state: &InferenceState) { state.set_run_id(\"b\"); }\nfn g(_: geppetto::turns::Block) {}\nfn main() {}\n";
        let plan = plan_of(code);
        let manifest = plan.changes.iter().find(|change| change.before.path().ends_with("Cargo.toml")).unwrap();
        assert!(manifest.after.text().contains("geppetto = \"0.9\"\ngeppetto-runtime = "), "{}", manifest.after.text());
    }
}
