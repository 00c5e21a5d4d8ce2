//! `legacy-dependency`: the version of geppetto that `go.mod` requires.
//!
//! Nobody but a person knows which version lacks the legacy API. A version that is asked for is written when no code of the
//! module, nor of those that are built with it, uses the legacy API any more.

use std::cmp::Ordering;
use std::path::Path;

use super::super::gomod::Require;
use super::super::legacy::LegacyPaths;
use super::super::modules::{ModuleId, Modules};
use super::super::version::compare;
use crate::edit::Edit;
use crate::finding::{Finding, Level, UnitId};
use crate::frontend::{Analysis, NextStep, Selection};
use crate::outcome::still_used;
use crate::rules::Rule;
use crate::tree::{FileId, Tree};

/// Findings, edits and next steps of all `go.mod` files. `out` says what the code still uses.
pub(crate) fn modules(tree: &Tree, modules: &Modules, legacy: &LegacyPaths, selection: &Selection, out: &mut Analysis) {
    for (id, module) in modules.relevant() {
        let Some(manifest) = module.manifest else { continue };
        let is_geppetto = |require: &&Require| legacy.iter().any(|path| path == require.path.text);
        let left = left(tree, modules, id, out);
        for require in module.requires.iter().filter(is_geppetto).filter(|require| !require.is_indirect) {
            let wanted = selection.required_version.as_deref();
            match wanted.map(|version| (version, compare(&require.version.text, version))) {
                Some((version, Ordering::Less)) => raise(tree, manifest, require, version, left, selection, out),
                Some(_) if left == Left::Nothing => out.next_steps.push(NextStep {
                    root: module.root.clone(),
                    text: format!("run `go mod tidy` in `{}`, which writes `go.sum`", shown(&module.root)),
                }),
                None if left == Left::Nothing => out.next_steps.push(NextStep {
                    root: module.root.clone(),
                    text: format!(
                        "`{}` requires {} {}: once there is a version without the legacy API, `--require VERSION` writes it",
                        tree.entry(manifest).path.display(),
                        require.path.text,
                        require.version.text
                    ),
                }),
                _ => {}
            }
        }
    }
}

/// What of the legacy API is left in modules that are built together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Nothing,
    /// Sites, the worst of which is of this level.
    Sites(Level),
}

fn left(tree: &Tree, modules: &Modules, id: ModuleId, out: &Analysis) -> Left {
    let together = modules.built_with(id);
    let is_own = |file: FileId| modules.owner(file).is_some_and(|owner| together.contains(&owner));
    let below = |path: &Path| together.iter().any(|&id| path.starts_with(&modules.get(id).root));
    let unread = tree.unread.iter().chain(out.problems.iter().map(|problem| &problem.path));
    let findings = out.findings.iter().filter(|finding| is_own(finding.file) && finding.rule != Rule::LegacyDocs);
    let unknown = unread.filter(|path| below(path)).map(|_| Level::Report);
    let worst = findings.map(|finding| finding.level).chain(unknown).max();
    worst.map_or(Left::Nothing, Left::Sites)
}

fn raise(
    tree: &Tree,
    manifest: FileId,
    require: &Require,
    version: &str,
    left: Left,
    selection: &Selection,
    out: &mut Analysis,
) {
    let Ok(source) = tree.source(manifest) else { return };
    let position = source.position(require.path.range.start);
    let unit = UnitId(format!("{}:{}:{}", source.path().display(), position.line, position.column));
    let level = match left {
        Left::Nothing => Level::Safe,
        Left::Sites(level) => level,
    };
    // Sites that go in this round are gone in the next one.
    if left == Left::Nothing && selection.wants(level, &unit) {
        out.edits.push((manifest, Edit::replace(require.version.range.clone(), version)));
    }
    out.findings.push(Finding {
        rule: Rule::LegacyDependency,
        file: manifest,
        range: require.path.range.start..require.version.range.end,
        level,
        what: format!("the module requires {} {}", require.path.text, require.version.text),
        why: still_used(level).to_owned(),
        help: match level {
            Level::Report => "the version stays until nothing uses the legacy API".to_owned(),
            _ => format!("{version} takes its place; `go mod tidy` then writes `go.sum`"),
        },
        traps: Vec::new(),
        questions: Vec::new(),
        notes: Vec::new(),
        unit,
    });
}

fn shown(root: &Path) -> String {
    if root.as_os_str().is_empty() { ".".to_owned() } else { root.display().to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::go::GoFrontend;
    use crate::plan::{Plan, plan};
    use crate::testing::tree;

    const MOD: &str = "module example.com/NAME\n\nrequire (\n\tgithub.com/go-go-golems/geppetto v0.4.0 // runs\n\texample.com/lib v1.0.0\n)\n";
    const NEW: &str = "package p\n\nimport \"github.com/go-go-golems/geppetto/pkg/turns\"\n\nvar T turns.Turn\n";
    const OLD: &str =
        "package p\n\nimport \"github.com/go-go-golems/geppetto/pkg/inference/state\"\n\nvar S state.InferenceState\n";

    /// The plan for one module `app` and one module `lib`, which `app` requires.
    fn plan_for(app: &str, lib: &str, required: Option<&str>) -> Plan {
        let (app_mod, lib_mod) = (MOD.replace("NAME", "app"), MOD.replace("NAME", "lib"));
        let files = [("app/go.mod", &*app_mod), ("app/a.go", app), ("lib/go.mod", &*lib_mod), ("lib/l.go", lib)];
        let required_version = required.map(str::to_owned);
        let selection = Selection { required_version, ..Selection::up_to(Level::Safe) };
        plan(tree(&files), Vec::new(), &[&GoFrontend::new()], &selection).unwrap()
    }

    fn levels(plan: &Plan) -> Vec<Level> {
        let own = plan.findings.iter().filter(|finding| finding.rule == Rule::LegacyDependency);
        own.map(|finding| finding.level).collect()
    }

    #[test]
    fn the_version_that_is_asked_for_is_written() {
        let plan = plan_for(NEW, NEW, Some("v0.5.0"));
        assert_eq!(levels(&plan), [Level::Safe, Level::Safe]);
        let after = MOD.replace("NAME", "app").replace("v0.4.0", "v0.5.0");
        assert_eq!(plan.changes[0].after.text(), after);
        let steps: Vec<&str> = plan.next_steps.iter().map(|step| step.text.as_str()).collect();
        let tidy = |module: &str| format!("run `go mod tidy` in `{module}`, which writes `go.sum`");
        assert_eq!(steps, [tidy("app"), tidy("lib")]);
    }

    #[test]
    fn it_stays_while_a_module_that_is_built_together_uses_the_legacy_api() {
        let plan = plan_for(NEW, OLD, Some("v0.5.0"));
        assert_eq!(levels(&plan), [Level::Report, Level::Report]);
        assert!(plan.changes.is_empty());
    }

    #[test]
    fn without_a_version_there_is_nothing_to_find() {
        for version in [None, Some("v0.4.0"), Some("v0.3.9")] {
            let plan = plan_for(NEW, NEW, version);
            assert_eq!((levels(&plan), plan.changes.len()), (Vec::new(), 0), "{version:?}");
        }
    }
}
