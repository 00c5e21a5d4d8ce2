//! The way of a tree's Go modules from files to findings and edits.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::build::{Built, build};
use super::cx::{Change, Cx, Need};
use super::flow::{Flow, View};
use super::index::{FileIdx, Program};
use super::infer::infer;
use super::ledger;
use super::modules::Modules;
use super::rules::{self, legacy_import};
use super::surface::LegacyDefs;
use super::unit::{self, UnitPlan};
use crate::edit::Edit;
use crate::finding::{Finding, Level, UnitId};
use crate::frontend::{Analysis, Selection};
use crate::tree::{FileId, Tree};

/// Looks into every module that matters.
pub(crate) fn analyze(tree: &Tree, modules: &Modules, selection: &Selection) -> Analysis {
    let mut out = Analysis::default();
    let Built { program, problems, .. } = build(tree, modules);
    out.problems = problems;
    let legacy = LegacyDefs::find(&program);
    let inferred = infer(&program);
    let flow = Flow::of(&program, &legacy, &inferred);
    let cx = Cx::new(View { program: &program, legacy: &legacy, inferred: &inferred }, &flow);
    let plans: Vec<UnitPlan> = unit::units(&cx).iter().map(|unit| unit::plan(&cx, unit)).collect();
    report(&program, &plans, &mut out);
    let chosen = Accepted::of(&cx, &plans, selection);
    let decided = legacy_import::Decided {
        safe: Accepted::of(&cx, &plans, &Selection::up_to(Level::Safe)),
        offered: Accepted::of(&cx, &plans, &Selection::up_to(Level::Offered)),
    };
    legacy_import::report(&cx, &decided, &mut out);
    ledger::draw_up(&cx, &mut out);
    out.edits = chosen.edits(&program);
    out
}

/// The changes of the units that a selection wants, with the imports that go with them.
#[derive(Debug, Default)]
pub(crate) struct Accepted {
    pub(crate) changes: BTreeMap<FileIdx, Vec<Change>>,
    /// The changes of imports, by file.
    pub(crate) imports: BTreeMap<FileIdx, Vec<Change>>,
}

impl Accepted {
    fn of(cx: &Cx<'_>, plans: &[UnitPlan], selection: &Selection) -> Self {
        let mut accepted = Self::default();
        let mut needs: HashMap<FileIdx, BTreeSet<Need>> = HashMap::new();
        for plan in plans.iter().filter(|plan| selection.wants(plan.level, &UnitId(plan.id.clone()))) {
            // What gets in the way of a unit before it waits for the next round.
            if plan.changes.iter().any(|change| accepted.collides(change)) {
                continue;
            }
            for change in &plan.changes {
                accepted.changes.entry(change.file).or_default().push(change.clone());
            }
            plan.needs.iter().for_each(|need| {
                needs.entry(need.file).or_default().insert(need.clone());
            });
        }
        for (&file, changes) in &accepted.changes {
            let needs: Vec<Need> = needs.remove(&file).unwrap_or_default().into_iter().collect();
            accepted.imports.insert(file, legacy_import::changes(cx, file, changes, &needs));
        }
        accepted
    }

    fn collides(&self, new: &Change) -> bool {
        let range = new.edit.range();
        self.changes.get(&new.file).into_iter().flatten().any(|other| {
            let taken = other.edit.range();
            other != new && (range.start < taken.end && taken.start < range.end || range == taken)
        })
    }

    fn edits(&self, program: &Program) -> Vec<(FileId, Edit)> {
        let all = self.changes.values().chain(self.imports.values()).flatten();
        let mut edits: Vec<(FileId, Edit)> = all
            .filter(|change| program.syntax(change.file).slice(change.edit.range()) != change.edit.text())
            .map(|change| (program.syntax(change.file).file, with_newlines(program, change)))
            .collect();
        edits.sort();
        edits.dedup();
        edits
    }
}

/// New lines end as the file's do.
fn with_newlines(program: &Program, change: &Change) -> Edit {
    let text = change.edit.text();
    match program.syntax(change.file).source.newline() {
        "\r\n" => Edit::replace(change.edit.range(), text.replace("\r\n", "\n").replace('\n', "\r\n")),
        _ => change.edit.clone(),
    }
}

fn report(program: &Program, plans: &[UnitPlan], out: &mut Analysis) {
    for plan in plans {
        for (site, outcome) in &plan.sites {
            let syntax = program.syntax(site.file);
            out.findings.push(Finding {
                rule: rules::rule_of(site.legacy),
                file: syntax.file,
                range: syntax.range(site.name),
                level: plan.level,
                what: rules::what(site.legacy).to_owned(),
                why: outcome.why.clone(),
                help: outcome.help.clone(),
                traps: outcome.traps.clone(),
                unit: UnitId(plan.id.clone()),
            });
        }
    }
}
