//! Units: facts about one, the decision of every site in it, and the level that holds for all of them.

pub(crate) mod examples;
mod facts;
mod unread;

use std::collections::{BTreeSet, HashMap};

pub(crate) use facts::Facts;
use facts::{adopts_ids, facts};

use super::cx::{Change, Cx, Need};
use super::flow::{Node, UnitIdx};
use super::gates;
use super::hir::{ExprId, Span};
use super::index::{CrateId, DefId, FileIdx};
use super::mentions;
use super::outcome::Outcome;
use super::permits;
use super::rules::legacy_error::survey::ErrorSurvey;
use super::rules::{
    cancel, core_session, engine_options, inference_state, legacy_error, run_inference, run_lifecycle, state_access,
};
use super::sites::{At, Site, SiteKind};
use crate::edit::EditSet;
use crate::finding::Level;
use crate::marker::Question;
use crate::rules::Rule;
use crate::tree::FileId;

/// A unit with the decision of each of its sites.
#[derive(Debug)]
pub(crate) struct UnitPlan {
    pub(crate) id: String,
    pub(crate) level: Level,
    pub(crate) sites: Vec<(Site, Outcome)>,
    pub(crate) changes: Vec<Change>,
    pub(crate) needs: Vec<Need>,
}

impl UnitPlan {
    /// What the unit leaves to a person, with the places.
    pub(crate) fn questions(&self, cx: &Cx<'_>) -> Vec<(FileId, usize, Question)> {
        let of_site = |(site, outcome): &(Site, Outcome)| {
            let (file, at) = (cx.hir(site.file).file, site.span.range().start);
            outcome.said.questions.iter().map(|question| (file, at, question.clone())).collect::<Vec<_>>()
        };
        self.sites.iter().flat_map(of_site).collect()
    }
}

/// Handles of the state and the core session, by unit.
fn handles_by_unit(cx: &Cx<'_>) -> HashMap<UnitIdx, Vec<(FileIdx, ExprId)>> {
    let mut found: HashMap<UnitIdx, Vec<(FileIdx, ExprId)>> = HashMap::new();
    for &file in cx.inferred.keys() {
        for expr in super::handles::in_file(cx, file) {
            if let Some(unit) = cx.flow.unit_of(&Node::Expr(file, expr)) {
                found.entry(unit).or_default().push((file, expr));
            }
        }
        for (value, over) in super::handles::mapped_in_file(cx, file) {
            if let Some(unit) = cx.flow.unit_of(&Node::Expr(file, over)) {
                found.entry(unit).or_default().push((file, value));
            }
        }
    }
    found.values_mut().for_each(|handles| handles.sort());
    found
}

/// What is asked of the whole program once, and holds for every unit.
#[derive(Debug)]
pub(crate) struct Survey {
    /// Handles of the state and the core session, by unit.
    handles: HashMap<UnitIdx, Vec<(FileIdx, ExprId)>>,
    options: engine_options::Survey,
    pub(crate) errors: ErrorSurvey,
    /// Calls on values of which nothing is known.
    unfollowed: HashMap<CrateId, Vec<(FileIdx, ExprId)>>,
    /// Implementations that fall together.
    pub(crate) collisions: HashMap<DefId, DefId>,
    /// Units whose types are told apart by what becomes one type.
    type_keys: BTreeSet<UnitIdx>,
    adopts_ids: bool,
    /// Whether anything in the program claims a state by hand.
    pub(crate) claims_by_hand: bool,
}

impl Survey {
    pub(crate) fn new(cx: &Cx<'_>) -> Self {
        Self {
            handles: handles_by_unit(cx),
            options: engine_options::Survey::new(cx),
            errors: ErrorSurvey::new(cx),
            unfollowed: super::unfollowed::calls(cx),
            collisions: super::collisions::all(cx.resolver, cx.legacy),
            type_keys: super::type_keys::merged(cx),
            adopts_ids: adopts_ids(cx),
            claims_by_hand: cx
                .inferred
                .values()
                .flat_map(|inferred| inferred.methods.values())
                .any(|&def| cx.legacy.method(def) == Some("start_run")),
        }
    }
}

/// Decides a unit. What nobody builds and only is reported becomes a unit of its own.
pub(crate) fn plan(cx: &Cx<'_>, survey: &Survey, sites: Vec<Site>) -> Vec<UnitPlan> {
    let mut facts = facts(cx, survey, &sites);
    facts.permits = permits::plan(cx, &sites);
    let options = engine_options::plan(cx, &survey.options, &sites);
    let mut decided: Vec<(Site, Outcome)> = Vec::with_capacity(sites.len());
    for site in sites {
        let outcome = match engine_options::is_about_options(&site.kind) {
            true => engine_options::decide(cx, &options, &site),
            false => decide(cx, survey, &facts, &site),
        };
        decided.push((site, outcome));
    }
    let mut changes: Vec<Change> = decided.iter().flat_map(|(_, outcome)| outcome.changes.clone()).collect();
    changes.extend(options.changes);
    for (file, expr, report) in options.reports {
        blame(cx, &mut decided, file, cx.span(file, expr), report);
    }
    for unit in units_of(cx, &decided) {
        let handles = survey.handles.get(&unit).map_or(&[][..], Vec::as_slice).iter().copied();
        let handles = handles.map(|(file, expr)| (file, expr, super::handles::use_of(cx, file, expr)));
        let errors = survey.errors.uses_in(unit).iter().copied();
        let errors = errors.map(|(file, expr)| (file, expr, legacy_error::use_of(cx, file, expr)));
        for (file, expr, changed) in handles.chain(errors).collect::<Vec<_>>() {
            match changed {
                Ok(more) => changes.extend(more),
                Err(report) => blame(cx, &mut decided, file, cx.span(file, expr), report),
            }
        }
        changes.extend(merges(cx, survey, unit, &mut decided));
    }
    let sites: Vec<&Site> = decided.iter().map(|(site, _)| site).collect();
    if let Some((file, call, report)) = super::unfollowed::verdict(cx, &survey.unfollowed, &sites) {
        blame(cx, &mut decided, file, cx.span(file, call), report);
    }
    changes.extend(renames(cx, &facts));
    merge_fields(cx, &facts, &mut decided, &mut changes);
    facts.merged.iter().for_each(|merged| merged.rename_copies(cx, &mut changes));
    debugged(cx, survey, &mut decided);
    keyed(cx, survey, &mut decided);
    gates::hold(cx, &mut decided, &changes);
    unread::hold(cx, &mut decided);
    examples::refuse_drafts(cx, &mut decided);
    let aside = examples::set_aside(cx, &mut decided);
    changes.retain(|change| !aside.iter().any(|(site, _)| site.file == change.file));
    examples::offer_what_is_assumed(cx, &mut decided);
    let own = settle(cx, decided, &changes);
    let aside = (!aside.is_empty()).then(|| settle(cx, aside, &[]));
    std::iter::once(own).chain(aside).collect()
}

/// Two fields become one.
fn merge_fields(cx: &Cx<'_>, facts: &Facts, decided: &mut [(Site, Outcome)], changes: &mut Vec<Change>) {
    for merged in &facts.merged {
        for (site, outcome) in decided.iter_mut() {
            if let Some(help) = merged.help(cx, site.file, site.span) {
                outcome.help = help;
            }
        }
        changes.extend(merged.changes(cx));
    }
}

fn units_of(cx: &Cx<'_>, sites: &[(Site, Outcome)]) -> BTreeSet<UnitIdx> {
    sites.iter().filter_map(|(site, _)| cx.flow.unit_of(&site.node(cx))).collect()
}

/// What cannot be followed or is reserved makes that of the nearest site of the unit.
fn blame(cx: &Cx<'_>, decided: &mut [(Site, Outcome)], file: FileIdx, span: Span, verdict: Outcome) {
    let at = span.start;
    let nearest =
        decided.iter_mut().filter(|(site, _)| site.file == file).min_by_key(|(site, _)| site.span.start.abs_diff(at));
    let (_, outcome) = match nearest {
        Some(nearest) => nearest,
        None if examples::is_unbuilt(cx, file) => return,
        None => match decided.first_mut() {
            Some(first) => first,
            None => return,
        },
    };
    let why = format!("{} ({})", verdict.why, cx.place(file, span));
    if verdict.level == Level::Report && outcome.level != Level::Report {
        *outcome = Outcome { why, ..verdict };
    } else if outcome.level < verdict.level || !verdict.said.questions.is_empty() {
        *outcome = outcome.clone().burdened(verdict, &why);
    }
}

/// Conversions of both legacy errors into one type become one.
fn merges(cx: &Cx<'_>, survey: &Survey, unit: UnitIdx, decided: &mut [(Site, Outcome)]) -> Vec<Change> {
    let mut changes = Vec::new();
    for merge in legacy_error::conversions::merges(&survey.errors.conversions) {
        if cx.flow.unit_of(&merge.run.node) != Some(unit) {
            continue;
        }
        let (Ok(outcome) | Err(outcome)) = legacy_error::conversions::merged(cx, survey.errors.reach, merge);
        changes.extend(outcome.changes.iter().cloned());
        if outcome.level > Level::Safe {
            let span = legacy_error::conversions::place(cx, merge.run);
            blame(cx, decided, merge.run.file, span, outcome);
        }
    }
    changes
}

fn decide(cx: &Cx<'_>, survey: &Survey, facts: &Facts, site: &Site) -> Outcome {
    match (&site.kind, site.at) {
        (SiteKind::StateNew, At::Expr(call)) => inference_state::creation(cx, facts, site, call),
        (SiteKind::CoreNew | SiteKind::CoreLiteral, At::Expr(core)) => core_session::creation(cx, facts, site, core),
        (SiteKind::PersisterBound, At::Item(item)) => {
            core_session::persister::bound(cx, facts, site.file, item, site.span)
        }
        (SiteKind::PersistTurn, At::Expr(call)) => core_session::persister::call(cx, site.file, call),
        (SiteKind::TakenApart, At::Pat(pat)) => core_session::taken_apart(cx, site.file, pat),
        (SiteKind::CoreField(name), At::Expr(access)) => core_session::field(cx, facts, site, access, name),
        (SiteKind::StateMethod(method), At::Expr(call)) => match site.rule {
            Rule::RunLifecycle => run_lifecycle::part(cx, facts, site, call),
            Rule::Cancel => cancel::call(cx, facts, site, method, call),
            _ => state_access::call(cx, facts, site, method, call),
        },
        (SiteKind::Run("run_inference"), At::Expr(run)) => run_inference::run(cx, site, run),
        (SiteKind::Run(_), At::Expr(run)) => run_lifecycle::part(cx, facts, site, run),
        (SiteKind::Type(_), At::Type(_)) if facts.permits.takes_type(site.file, site.span) => {
            Outcome::safe(Vec::new(), "`RunPermit`: what ends a claim holds its permit")
        }
        (SiteKind::Type(kinds), At::Type(ty)) => mentions::mention(cx, survey, site, kinds, ty),
        (SiteKind::ErrorPattern(_), At::Pat(pat)) if unread::is_matched_blindly(cx, site.file, pat) => {
            unread::blind_match()
        }
        (SiteKind::ErrorPattern(variant), At::Pat(pat)) => {
            legacy_error::pattern(cx, facts.reach, site, pat, variant, cx.program.scope_of_pat(site.file, pat))
        }
        (SiteKind::ErrorValue(variant), At::Expr(expr)) => legacy_error::value(cx, site, expr, variant),
        (SiteKind::FnValue(name), At::Expr(path)) => state_access::value(cx, site, name, path),
        (SiteKind::ErrorPath, At::Expr(expr)) => legacy_error::path(cx, site, expr),
        (SiteKind::Unfollowed, _) => Outcome::report(
            "the type of the value is not known here",
            "write the type where the value is bound, then run the tool again",
        ),
        _ => engine_options::flow(),
    }
}

/// Uses of locals whose statement went.
fn renames(cx: &Cx<'_>, facts: &Facts) -> Vec<Change> {
    let mut changes = Vec::new();
    for ((file, local), name) in &facts.pairing.renamed {
        for &use_ in cx.uses_of(*file, *local) {
            let text = match field_of_shorthand(cx, *file, use_) {
                Some(field) => format!("{field}: {name}"),
                None => name.clone(),
            };
            changes.push(cx.replace(*file, cx.span(*file, use_), text));
        }
    }
    changes
}

/// The field that `Struct { name }` fills by the local's name.
fn field_of_shorthand<'a>(cx: &Cx<'a>, file: FileIdx, value: ExprId) -> Option<&'a str> {
    let super::hir::ExprKind::Struct { fields, .. } = &cx.hir(file)[cx.parent_expr(file, value)?].kind else {
        return None;
    };
    let field = fields.iter().find(|field| field.value == value && field.shorthand)?;
    Some(field.name.text.as_str())
}

/// A state and a core session that are found by their types are of one type now.
fn keyed(cx: &Cx<'_>, survey: &Survey, decided: &mut [(Site, Outcome)]) {
    let is_keyed = |(site, outcome): &&mut (Site, Outcome)| {
        let unit = cx.flow.unit_of(&site.node(cx));
        outcome.level != Level::Report && unit.is_some_and(|unit| survey.type_keys.contains(&unit))
    };
    if let Some((_, outcome)) = decided.iter_mut().find(is_keyed) {
        let why = "values are found by their types, and what was found by the one may be found by the other now";
        *outcome = outcome.clone().offered(crate::rules::Trap::TypeMerge, why);
    }
}

/// `{:?}` of an error shows other names, that of a state other fields.
fn debugged(cx: &Cx<'_>, survey: &Survey, decided: &mut [(Site, Outcome)]) {
    let is_shown = |(site, outcome): &(Site, Outcome)| {
        let unit = cx.flow.unit_of(&site.node(cx));
        outcome.level != Level::Report && unit.is_some_and(|unit| survey.errors.is_debugged(unit))
    };
    let is_error = |(site, _): &(Site, Outcome)| site.rule == Rule::LegacyError;
    let own = decided.iter().position(|one| is_shown(one) && is_error(one));
    let Some(own) = own.or_else(|| decided.iter().position(is_shown)) else { return };
    let (site, outcome) = &mut decided[own];
    let prints_error = cx.flow.unit_of(&site.node(cx)).is_some_and(|unit| survey.errors.prints_error(unit));
    *outcome = match prints_error || site.rule == Rule::LegacyError {
        true => {
            let why = "it is printed with `{:?}`, which shows the new names";
            outcome.clone().offered(crate::rules::Trap::ErrorIdentity, why)
        }
        false => {
            let why = "it is printed with `{:?}`, which shows a session's fields";
            outcome.clone().offered(crate::rules::Trap::DebugText, why)
        }
    };
}

/// The unit's level, its id, and only such changes as can be made together.
fn settle(cx: &Cx<'_>, mut decided: Vec<(Site, Outcome)>, changes: &[Change]) -> UnitPlan {
    let needs = cx.take_needs();
    let in_place = super::moved::in_place(cx, changes);
    let nested = in_place.is_none();
    let changes = without_nested(&in_place.unwrap_or_default());
    if decided.iter().all(|(_, outcome)| outcome.level != Level::Report) && (nested || overlap(&changes)) {
        let report = Outcome::report(
            "the changes of this place lie inside one another, which the tool does not do yet",
            "move the inner expression into a local of its own, then run the tool again",
        );
        if let Some((_, first)) = decided.first_mut() {
            *first = report;
        }
    }
    let level = decided.iter().map(|(_, outcome)| outcome.level).max().unwrap_or(Level::Safe);
    let id = unit_id(cx, &decided);
    hold_back(cx, &mut decided, level);
    let changes = if level == Level::Report { Vec::new() } else { changes };
    UnitPlan { id, level, sites: decided, changes, needs }
}

/// Deleting or replacing a stretch as a whole takes the changes inside it along where they only renamed or unwrapped
/// what is gone.
pub(crate) fn without_nested(changes: &[Change]) -> Vec<Change> {
    let mut kept: Vec<Change> = Vec::new();
    let covers = |outer: &Change, inner: &Change| {
        let (a, b) = (outer.edit.range(), inner.edit.range());
        outer.file == inner.file
            && a != b
            && a.start <= b.start
            && b.end <= a.end
            && !a.is_empty()
            && (b.start > a.start || b.end < a.end)
            && !(b.is_empty() && (b.start == a.start || b.end == a.end))
    };
    for change in changes {
        if !changes.iter().any(|other| covers(other, change)) && !kept.contains(change) {
            kept.push(change.clone());
        }
    }
    kept
}

fn overlap(changes: &[Change]) -> bool {
    let files: BTreeSet<FileIdx> = changes.iter().map(|change| change.file).collect();
    files.into_iter().any(|file| {
        let edits = changes.iter().filter(|change| change.file == file).map(|change| change.edit.clone());
        EditSet::new(edits).is_err()
    })
}

fn unit_id(cx: &Cx<'_>, decided: &[(Site, Outcome)]) -> String {
    decided.first().map_or_else(String::new, |(site, _)| cx.place(site.file, site.span))
}

/// In a unit that is only reported, the sites that could change say which one holds them back.
pub(super) fn hold_back(cx: &Cx<'_>, decided: &mut [(Site, Outcome)], level: Level) {
    if level != Level::Report {
        return;
    }
    let blocker = decided.iter().find(|(_, outcome)| outcome.level == Level::Report);
    let Some(place) = blocker.map(|(site, _)| cx.place(site.file, site.span)) else { return };
    for (_, outcome) in decided.iter_mut().filter(|(_, outcome)| outcome.level != Level::Report) {
        outcome.level = Level::Report;
        outcome.why = format!("held back by {place}, with which it must change together");
        outcome.changes.clear();
    }
}
