//! The way of a tree's Go modules from files to findings and edits.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::build::build;
use super::cx::{Change, Cx, Need};
use super::docs::ModuleDocs;
use super::flow::{Flow, View};
use super::index::{FileIdx, Program};
use super::infer::infer;
use super::ledger;
use super::modules::Modules;
use super::rules::{self, legacy_docs, legacy_import};
use super::surface::LegacyDefs;
use super::together::Together;
use super::unit::{self, UnitPlan};
use crate::docs::{Documented, Found};
use crate::edit::Edit;
use crate::finding::{Finding, Level, UnitId};
use crate::frontend::{Analysis, Selection};
use crate::marker::Question;
use crate::tree::{FileId, Problem, Tree};

/// Looks into the code of every module that matters. The examples in its documentation are found, and not looked into.
/// `manifests` are the `go.mod` and `go.work` files that cannot be read.
pub(crate) fn analyze(
    tree: &Tree,
    modules: &Modules,
    manifests: &[Problem],
    selection: &Selection,
) -> (Analysis, ModuleDocs) {
    let built = build(tree, modules, &[]);
    let docs = ModuleDocs::find(tree, modules, &built);
    let together = Together::of(tree, modules, manifests, &built);
    let mut out = look(&built.program, &docs.documented(), &together, selection);
    legacy_docs::in_guides(tree, &built, &docs, &mut out);
    out.problems = built.problems;
    (out, docs)
}

/// Looks into the examples, beside the code that they call. What is found there comes to `out`.
pub(crate) fn look_into_examples(
    tree: &Tree,
    modules: &Modules,
    docs: &ModuleDocs,
    selection: &Selection,
    out: &mut Analysis,
) {
    if docs.readable.is_empty() {
        return;
    }
    let examples = &docs.examples;
    let built = build(&examples.within(tree, "go"), modules, &docs.readable);
    let together = Together::of(tree, modules, &[], &built);
    let mut found = look(&built.program, &docs.documented(), &together, selection);
    found.findings.retain(|finding| examples.get(finding.file).is_some());
    found.mentions.retain(|mention| examples.get(mention.file).is_some());
    found.edits.retain(|(file, _)| examples.get(*file).is_some());
    out.findings.extend(found.findings);
    out.mentions.extend(found.mentions);
    out.edits.extend(found.edits);
    let Analysis { findings, mentions, edits, .. } = out;
    examples.bring_back(Found { findings, mentions, edits });
}

fn look(program: &Program, documented: &Documented<'_>, together: &Together<'_>, selection: &Selection) -> Analysis {
    let mut out = Analysis::default();
    let legacy = LegacyDefs::find(program);
    let inferred = infer(program);
    let flow = Flow::of(program, &legacy, &inferred);
    let cx = Cx::new(View { program, legacy: &legacy, inferred: &inferred }, &flow, documented);
    let mut plans: Vec<UnitPlan> = unit::units(&cx).iter().map(|unit| unit::plan(&cx, unit)).collect();
    for plan in &mut plans {
        legacy_docs::keep_sinks_without_runs(&cx, plan);
        legacy_docs::offer_what_is_assumed(&cx, plan);
        legacy_docs::refuse_drafts(&cx, plan);
    }
    together.hold(&mut plans);
    together.wait(&cx, &mut plans, selection.required_version.is_some());
    let [safe, offered, drafted, chosen] = loop {
        let [safe, offered, drafted] = [Level::Safe, Level::Offered, Level::Draft].map(Selection::up_to);
        let all = [&safe, &offered, &drafted, selection].map(|selection| Accepted::of(&cx, &plans, selection));
        let misplaced: BTreeSet<FileIdx> = all.iter().flat_map(|accepted| accepted.misplaced(&cx)).collect();
        if misplaced.is_empty() {
            break all;
        }
        plans.iter_mut().for_each(|plan| legacy_docs::hold_where_fixed(&cx, plan, &misplaced));
    };
    report(program, &plans, &mut out);
    legacy_import::report(&cx, &legacy_import::Decided { safe, offered, drafted }, &mut out);
    ledger::draw_up(&cx, &mut out);
    out.edits = chosen.edits(program);
    out.questions = chosen.questions;
    out
}

/// The changes of the units that a selection wants, with the imports that go with them.
#[derive(Debug, Default)]
pub(crate) struct Accepted {
    pub(crate) changes: BTreeMap<FileIdx, Vec<Change>>,
    /// The changes of imports, by file.
    pub(crate) imports: BTreeMap<FileIdx, Vec<Change>>,
    /// The files in which some wanted changes wait for the next round, and none is not wanted.
    pub(crate) unfinished: BTreeSet<FileIdx>,
    questions: Vec<(FileId, usize, Question)>,
}

impl Accepted {
    fn of(cx: &Cx<'_>, plans: &[UnitPlan], selection: &Selection) -> Self {
        let mut accepted = Self::default();
        let mut needs: HashMap<FileIdx, BTreeSet<Need>> = HashMap::new();
        let wants = |plan: &&UnitPlan| selection.wants(plan.level, &UnitId(plan.id.clone()));
        let is_done =
            plans.iter().filter(|plan| !plan.needs_new_version && !plan.is_example(cx)).all(|plan| wants(&plan));
        let (first, rest): (Vec<&UnitPlan>, Vec<&UnitPlan>) = plans.iter().partition(|plan| plan.is_about_options());
        for plan in first.into_iter().chain(rest).filter(wants).filter(|plan| is_done || !plan.needs_new_version) {
            // What gets in the way of a unit before it waits for the next round.
            if plan.changes.iter().any(|change| accepted.collides(change)) {
                accepted.unfinished.extend(plan.sites.iter().map(|(site, _)| site.file));
                continue;
            }
            for change in &plan.changes {
                accepted.changes.entry(change.file).or_default().push(change.clone());
            }
            accepted.questions.extend(plan.questions(cx));
            plan.needs.iter().for_each(|need| {
                needs.entry(need.file).or_default().insert(need.clone());
            });
        }
        let unwanted = plans.iter().filter(|plan| !wants(plan)).flat_map(|plan| &plan.sites);
        unwanted.for_each(|(site, _)| {
            accepted.unfinished.remove(&site.file);
        });
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

    /// The examples in which a change has no place in the documentation around.
    fn misplaced(&self, cx: &Cx<'_>) -> Vec<FileIdx> {
        let changes = self.changes.values().chain(self.imports.values()).flatten();
        let has_place = |change: &&Change| cx.example(change.file).is_none_or(|it| it.edit(&change.edit).is_ok());
        changes.filter(|change| !has_place(change)).map(|change| change.file).collect()
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
                traps: outcome.said.traps.clone(),
                questions: outcome.said.questions_at(plan.level),
                notes: outcome.said.notes.clone(),
                unit: UnitId(plan.id.clone()),
            });
        }
    }
}
