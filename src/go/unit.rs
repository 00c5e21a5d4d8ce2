//! Units: sites that one value ties together, decided together.

use std::collections::{BTreeMap, BTreeSet};

use super::cx::{Change, Cx, Need, Outcome};
use super::flow::{Slot, UnitIdx};
use super::index::FileIdx;
use super::rules;
use super::session;
use super::sites::{self, Site};
use super::surface::Legacy;
use super::syntax::NodeId;
use crate::edit::EditSet;
use crate::finding::Level;
use crate::marker::Question;
use crate::tree::FileId;

/// Sites that change together or not at all.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) sites: Vec<Site>,
    /// Every place that a value of the unit goes through, sorted.
    pub(crate) slots: Vec<Slot>,
}

/// What the rules make of a unit.
#[derive(Debug, Default)]
pub(crate) struct Decision {
    /// The decisions of the unit's sites.
    pub(crate) outcomes: Vec<(Site, Outcome)>,
    /// Changes that are no site's own.
    pub(crate) changes: Vec<Change>,
    /// What stands in the way, or has to be said, at places that are no sites.
    pub(crate) remarks: Vec<(FileIdx, NodeId, Outcome)>,
    /// Whether functions change soundly that are used as values, too.
    pub(crate) carries_functions: bool,
    /// Whether the new code fits only the version of the library that has nothing legacy any more.
    pub(crate) needs_new_version: bool,
}

/// A unit with the decision of each of its sites.
#[derive(Debug)]
pub(crate) struct UnitPlan {
    pub(crate) id: String,
    pub(crate) level: Level,
    pub(crate) sites: Vec<(Site, Outcome)>,
    pub(crate) changes: Vec<Change>,
    pub(crate) needs: Vec<Need>,
    /// Whether the new code fits only the version of the library that has nothing legacy any more.
    pub(crate) needs_new_version: bool,
    /// Whether a value of it goes through a declaration, which other code may use.
    pub(crate) reaches_out: bool,
}

impl UnitPlan {
    /// What the unit leaves to a person, with the places.
    pub(crate) fn questions(&self, cx: &Cx<'_>) -> Vec<(FileId, usize, Question)> {
        let of_site = |(site, outcome): &(Site, Outcome)| {
            let syntax = cx.syntax(site.file);
            let (file, at) = (syntax.file, syntax.start(site.name));
            outcome.said.questions.iter().map(|question| (file, at, question.clone())).collect::<Vec<_>>()
        };
        self.sites.iter().flat_map(of_site).collect()
    }

    /// Leaves the unit to a person.
    pub(crate) fn refuse(&mut self, why: &str, help: &str) {
        for (_, outcome) in self.sites.iter_mut().filter(|(_, outcome)| outcome.level < Level::Report) {
            *outcome = Outcome::report(why, help);
        }
        self.level = Level::Report;
        self.changes.clear();
    }

    /// Whether it stands in an example, which nobody compiles.
    pub(crate) fn is_example(&self, cx: &Cx<'_>) -> bool {
        self.sites.first().is_some_and(|(site, _)| cx.example(site.file).is_some())
    }

    /// Whether it is about sinks and options: these go to sessions that are still to be changed.
    pub(crate) fn is_about_options(&self) -> bool {
        self.sites.iter().any(|(site, _)| is_of_options(site.legacy))
    }

    /// Puts the unit off until everything up to `level` is done, which keeps the module at the old version of the library.
    pub(crate) fn wait_for(&mut self, level: Level) {
        let why = "its new signature fits only the version of the library without the legacy API, which comes once nothing \
                   else of the module uses that (`--require` writes it into `go.mod`)";
        for (_, outcome) in self.sites.iter_mut().filter(|(_, outcome)| outcome.level < level) {
            *outcome = Outcome { level, ..outcome.clone().reserved(why) };
        }
        if level > self.level {
            self.level = level;
        }
        if level == Level::Report {
            self.changes.clear();
        }
    }
}

/// Every unit of the program, in the order of its first site.
pub(crate) fn units(cx: &Cx<'_>) -> Vec<Unit> {
    let all: Vec<Site> = cx.program.own_files().flat_map(|file| sites::in_file(&cx.view, file)).collect();
    rules::legacy_error::tie(cx, &all);
    session::persisters::tie(cx, &all);
    let mut by_unit: BTreeMap<UnitIdx, Vec<Site>> = BTreeMap::new();
    for site in all {
        by_unit.entry(cx.flow.unit(site.slot)).or_default().push(site);
    }
    let mut units: Vec<Unit> = by_unit
        .into_iter()
        .map(|(unit, sites)| Unit { sites, slots: cx.flow.slots_of(unit) })
        .filter(|unit| unit.sites.iter().any(|site| is_legacy_use(cx, site)))
        .collect();
    units.sort_by_key(|unit| unit.sites.first().map(|site| (site.file, site.name)));
    units
}

/// Whether the site has something legacy: a factory without options has not.
fn is_legacy_use(cx: &Cx<'_>, site: &Site) -> bool {
    site.legacy.goes() || rules::engine_options::has_options(cx, site)
}

/// Decides a unit.
pub(crate) fn plan(cx: &Cx<'_>, unit: &Unit) -> UnitPlan {
    cx.take_needs();
    let mut decision = match unit.sites.iter().any(|site| is_of_options(site.legacy)) {
        true => rules::engine_options::decide(cx, unit),
        false => session::decide(cx, unit),
    };
    for escape in cx.flow.escapes.iter().filter(|escape| unit.slots.binary_search(&escape.slot).is_ok()) {
        let is_decided = decision.remarks.iter().any(|(file, node, _)| (*file, *node) == (escape.file, escape.node));
        if !is_decided {
            let outcome = Outcome::report(
                format!("the value goes to code that cannot be followed ({})", cx.place(escape.file, escape.node)),
                "change this use by hand first",
            );
            decision.remarks.push((escape.file, escape.node, outcome));
        }
    }
    if !decision.carries_functions {
        decision.remarks.extend(function_values(cx, unit));
    }
    let remarks = std::mem::take(&mut decision.remarks);
    for (file, node, outcome) in remarks {
        blame(cx, &mut decision.outcomes, file, node, outcome);
    }
    let reaches_out = unit.slots.iter().any(|slot| matches!(slot, Slot::Def(_) | Slot::Param(..) | Slot::Result(..)));
    UnitPlan { reaches_out, ..settle(cx, decision) }
}

fn is_of_options(legacy: Legacy) -> bool {
    matches!(
        legacy,
        Legacy::Option
            | Legacy::Config
            | Legacy::ConfigSinks
            | Legacy::NewConfig
            | Legacy::ApplyOptions
            | Legacy::WithSink
            | Legacy::NewEngine
            | Legacy::CreateEngine
    )
}

/// Functions that take or give a value of the unit and are used without being called: where they go is not followed.
fn function_values(cx: &Cx<'_>, unit: &Unit) -> Vec<(FileIdx, NodeId, Outcome)> {
    let decls: BTreeSet<(FileIdx, NodeId)> = unit
        .slots
        .iter()
        .filter_map(|slot| match *slot {
            Slot::Param(file, decl, _) | Slot::Result(file, decl, _) => Some((file, decl)),
            _ => None,
        })
        .collect();
    let named = decls.into_iter().filter_map(|(file, decl)| {
        let name = cx.syntax(file).child(decl, "name")?;
        cx.program.declared(file, name)
    });
    let values = named.flat_map(|def| cx.uses_of_def(def).iter().copied()).filter(|&(file, name)| {
        cx.call_of_name(file, name).is_none() && cx.syntax(file).kind(name) != "type_identifier"
    });
    values
        .map(|(file, name)| {
            let why = format!("a function of this value is used as a value itself ({})", cx.place(file, name));
            (file, name, Outcome::report(why, "change this use by hand first"))
        })
        .collect()
}

/// What is said of a place makes that of the nearest site of the unit.
fn blame(cx: &Cx<'_>, outcomes: &mut [(Site, Outcome)], file: FileIdx, node: NodeId, verdict: Outcome) {
    let at = cx.syntax(file).start(node);
    let distance = |site: &Site| (site.file != file, cx.syntax(site.file).start(site.name).abs_diff(at));
    let Some((_, outcome)) = outcomes.iter_mut().min_by_key(|(site, _)| distance(site)) else { return };
    if verdict.level == Level::Report && outcome.level != Level::Report {
        *outcome = verdict;
    } else {
        let why = verdict.why.clone();
        *outcome = outcome.clone().burdened(verdict, &why);
    }
}

/// The plan for a decided unit.
fn settle(cx: &Cx<'_>, decision: Decision) -> UnitPlan {
    let Decision { outcomes: mut sites, mut changes, needs_new_version, .. } = decision;
    sites.sort_by_key(|(site, _)| (site.file, site.name));
    changes.extend(sites.iter().flat_map(|(_, outcome)| outcome.changes.clone()));
    changes.sort();
    changes.dedup();
    let needs = cx.take_needs();
    refuse_what_cannot_be_written(cx, &mut sites, &changes);
    let id = sites.first().map_or_else(String::new, |(site, _)| cx.place(site.file, site.name));
    let mut plan = UnitPlan { id, level: Level::Report, sites, changes, needs, needs_new_version, reaches_out: false };
    plan.hold_back(cx);
    if plan.level == Level::Report {
        plan.changes.clear();
    }
    plan
}

impl UnitPlan {
    /// The unit's level is that of its worst site; what holds the others back is named.
    pub(crate) fn hold_back(&mut self, cx: &Cx<'_>) {
        let level = self.sites.iter().map(|(_, outcome)| outcome.level).max().unwrap_or(Level::Report);
        let worst = self.sites.iter().find(|(_, outcome)| outcome.level == level).map(|(site, _)| *site);
        self.level = level;
        let Some(worst) = worst.filter(|_| level > Level::Safe) else { return };
        let place = cx.place(worst.file, worst.name);
        for (_, outcome) in self.sites.iter_mut().filter(|(_, outcome)| outcome.level < level) {
            outcome.level = level;
            if outcome.why.is_empty() {
                outcome.why = format!("it changes together with {place}");
            }
        }
    }
}

/// Whether a change declares a variable between a `goto` and its label, which is not allowed.
fn is_jumped_over(cx: &Cx<'_>, change: &Change) -> bool {
    let (syntax, range) = (cx.syntax(change.file), change.edit.range());
    let declarations = |text: &str| text.matches(" := ").count() + text.matches("var ").count();
    if declarations(change.edit.text()) <= declarations(syntax.slice(range.clone())) {
        return false;
    }
    let mut jumps =
        syntax.nodes().filter(|&node| syntax.kind(node) == "goto_statement" && syntax.end(node) <= range.start);
    jumps.any(|jump| {
        let label = syntax.text(jump).trim_start_matches("goto").trim();
        let is_target = |node: NodeId| {
            syntax.kind(node) == "labeled_statement"
                && syntax.start(node) >= range.end
                && syntax.child(node, "label").is_some_and(|name| syntax.text(name) == label)
        };
        let mut lists = syntax.ancestors(jump).filter(|&node| syntax.kind(node) == "statement_list");
        lists.any(|list| syntax.children(list).any(is_target))
    })
}

/// A file that a program wrote is not changed, and changes that contradict each other are none.
fn refuse_what_cannot_be_written(cx: &Cx<'_>, sites: &mut [(Site, Outcome)], changes: &[Change]) {
    let files: BTreeSet<FileIdx> = changes.iter().map(|change| change.file).collect();
    for file in files {
        let edits = changes.iter().filter(|change| change.file == file).map(|change| change.edit.clone());
        let refusal = if cx.program.file(file).is_generated {
            Some(("a program wrote this file, and would write it again", "change what generates it"))
        } else if EditSet::new(edits).is_err() {
            Some(("the changes of this code get in each other's way", "migrate it by hand, by the guide"))
        } else if changes.iter().any(|change| change.file == file && is_jumped_over(cx, change)) {
            Some(("a `goto` would jump over a new variable", "write the function without the `goto` first"))
        } else {
            None
        };
        let Some((why, help)) = refusal else { continue };
        let first = sites.iter_mut().find(|(site, outcome)| site.file == file && outcome.level != Level::Report);
        if let Some((_, outcome)) = first {
            *outcome = Outcome::report(why, help);
        }
    }
}
