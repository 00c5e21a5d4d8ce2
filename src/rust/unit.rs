//! Units: facts about one, the decision of every site in it, and the level that holds for all of them.

pub(crate) mod examples;
mod unread;

use std::collections::{BTreeSet, HashMap};

use super::cx::{Change, Cx, Need};
use super::flow::{Node, UnitIdx};
use super::gates;
use super::hir::{ExprId, ItemId, ItemKind, Span};
use super::index::{CrateId, DefId, FileIdx};
use super::legacy::Tracked;
use super::lifecycle::{self, Lifecycles};
use super::mentions;
use super::merged::{Merged, merged};
use super::outcome::Outcome;
use super::pairing::{Pairing, pair};
use super::rewrite::{self, Rewrite};
use super::rules::legacy_error::survey::{ErrorSurvey, Reach};
use super::rules::state_access::{GivenId, given_id};
use super::rules::{
    cancel, core_session, engine_options, inference_state, legacy_error, run_inference, run_lifecycle, state_access,
};
use super::sites::{At, Site, SiteKind};
use crate::edit::EditSet;
use crate::finding::Level;
use crate::rules::Rule;

/// What the rules of a session's unit need to know of all of it.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) pairing: Pairing,
    /// Structs of which two fields become one.
    pub(crate) merged: Vec<Merged>,
    pub(crate) lifecycles: Lifecycles,
    /// Whether anything reads the state's turn.
    pub(crate) reads_turn: bool,
    /// Whether the turn is read where a run may be under way: in a closure, a task or another function.
    pub(crate) reads_turn_aside: bool,
    /// Whether anything reads the run id.
    pub(crate) reads_id: bool,
    /// Whether a run is seeded with the state's own turn.
    pub(crate) reruns: bool,
    /// Whether every state begins with a turn that is proven to hold a block, and is given no other.
    pub(crate) first_turn_proven: bool,
    /// The runs of the unit.
    pub(crate) runs: Vec<(FileIdx, ExprId)>,
    /// The calls of `set_turn`.
    pub(crate) set_turns: Vec<(FileIdx, ExprId)>,
    /// Ids set right after their state was made, by where that is.
    pub(crate) given_ids: HashMap<(FileIdx, ExprId), GivenId>,
    /// Whether all runs of the one session happen one after the other in calls of the function that makes it.
    pub(crate) runs_in_turn: bool,
    /// Where the state or the core session is used.
    pub(crate) touches: Vec<(FileIdx, ExprId)>,
    /// The function that makes the state, if there is one and nothing outlives it.
    pub(crate) made_in: Option<(FileIdx, ItemId)>,
    /// Whether each call of that function makes the state just once.
    pub(crate) made_once: bool,
    /// Whether the runs happen on tokio, as far as the program tells.
    pub(crate) has_tokio: bool,
    /// Whether its sessions leave the turns of failed runs out.
    pub(crate) leaves_failed_turns_out: bool,
    /// Whether turns' metadata names a session id in this program.
    pub(crate) adopts_ids: bool,
    /// Whether the program looks at what a session writes into the metadata of its turns.
    pub(crate) sees_stamps: bool,
    /// Whether the program can tell on which task a run happens.
    pub(crate) sees_task: bool,
    /// An engine that may succeed although it was cancelled.
    pub(crate) polite_engine: Option<(FileIdx, Span)>,
    /// Which errors can be where.
    pub(crate) reach: Reach,
}

/// A unit with the decision of each of its sites.
#[derive(Debug)]
pub(crate) struct UnitPlan {
    pub(crate) id: String,
    pub(crate) level: Level,
    pub(crate) sites: Vec<(Site, Outcome)>,
    pub(crate) changes: Vec<Change>,
    pub(crate) needs: Vec<Need>,
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
    adopts_ids: bool,
    sees_stamps: bool,
    sees_task: bool,
    polite_engine: Option<(FileIdx, Span)>,
}

impl Survey {
    pub(crate) fn new(cx: &Cx<'_>) -> Self {
        Self {
            handles: handles_by_unit(cx),
            options: engine_options::Survey::new(cx),
            errors: ErrorSurvey::new(cx),
            unfollowed: super::unfollowed::calls(cx),
            collisions: super::collisions::all(cx.resolver, cx.legacy),
            adopts_ids: adopts_ids(cx),
            sees_stamps: sees_stamps(cx),
            sees_task: cx.sees_task,
            polite_engine: super::engines::polite(cx),
        }
    }
}

/// Decides a unit. What nobody builds and only is reported becomes a unit of its own.
pub(crate) fn plan(cx: &Cx<'_>, survey: &Survey, sites: Vec<Site>) -> Vec<UnitPlan> {
    let mut facts = facts(cx, survey, &sites);
    facts.leaves_failed_turns_out = run_inference::history::is_to_leave_failed_turns_out(cx, &facts, &sites);
    cx.take_needs();
    facts.lifecycles = lifecycle::plan(cx, &facts, &sites);
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
    let rewrites: Vec<Rewrite> = decided.iter().flat_map(|(_, outcome)| outcome.rewrites.to_vec()).collect();
    changes.extend(rewrite::realize(cx, &rewrites, &changes));
    facts.merged.iter().for_each(|merged| merged.rename_copies(cx, &mut changes));
    debugged(cx, survey, &mut decided);
    gates::hold(cx, &mut decided, &changes);
    unread::hold(cx, &mut decided);
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
    } else if outcome.level < verdict.level {
        let reserved = outcome.clone().reserved(&why);
        *outcome = verdict.traps.into_iter().fold(reserved, |outcome, trap| outcome.because(trap, &why));
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

fn facts(cx: &Cx<'_>, survey: &Survey, sites: &[Site]) -> Facts {
    let reads = |method: &str| {
        sites.iter().any(|site| site.kind == SiteKind::StateMethod(if method == "turn" { "turn" } else { "run_id" }))
    };
    let runs: Vec<(FileIdx, ExprId)> = sites
        .iter()
        .filter(|site| matches!(site.kind, SiteKind::Run(_)))
        .filter_map(|site| Some((site.file, site.expr()?)))
        .collect();
    let states = calls_of(sites, &SiteKind::StateNew);
    let made_in = made_in(cx, sites, &states);
    let set_turns = calls_of(sites, &SiteKind::StateMethod("set_turn"));
    let turns_set_proven = set_turns.iter().all(|&(file, call)| set_turn_proven(cx, file, call));
    let merged = merged(cx, sites);
    Facts {
        pairing: pair(cx, sites, &merged),
        merged,
        lifecycles: Lifecycles::default(),
        reads_turn: reads_turn_apart_from_seeds(cx, sites, &runs),
        reads_turn_aside: reads_turn_aside(cx, sites, &runs),
        reads_id: reads("run_id")
            || sites.iter().any(|site| match site.at {
                At::Item(item) => core_session::persister::reads_id(cx, site.file, item),
                _ => false,
            }),
        reruns: runs
            .iter()
            .any(|&(file, run)| run_inference::seed(cx, file, run).is_some_and(run_inference::Seed::may_rerun)),
        first_turn_proven: turns_set_proven
            && !states.is_empty()
            && states.iter().all(|&(file, state)| first_turn_proven(cx, file, state)),
        runs_in_turn: made_in.is_some_and(|home| runs_in_turn(cx, home, sites, &runs)),
        set_turns,
        given_ids: calls_of(sites, &SiteKind::StateMethod("set_run_id"))
            .into_iter()
            .filter_map(|(file, call)| given_id(cx, file, call).map(|(state, id)| ((file, state), id)))
            .collect(),
        touches: sites.iter().filter_map(touched).collect(),
        made_in,
        made_once: made_in.is_some() && states.iter().all(|&(file, state)| is_once(cx, file, state)),
        has_tokio: sites.iter().all(|site| has_tokio(cx, site.file))
            && !runs.iter().any(|&(file, run)| super::executor::is_foreign(cx, file, run)),
        runs,
        leaves_failed_turns_out: false,
        adopts_ids: survey.adopts_ids,
        sees_stamps: survey.sees_stamps,
        sees_task: survey.sees_task,
        polite_engine: survey.polite_engine,
        reach: survey.errors.reach,
    }
}

fn calls_of(sites: &[Site], kind: &SiteKind) -> Vec<(FileIdx, ExprId)> {
    sites.iter().filter(|site| site.kind == *kind).filter_map(|site| Some((site.file, site.expr()?))).collect()
}

fn set_turn_proven(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> bool {
    let turn = super::sites::arguments(cx, file, call).first();
    turn.is_some_and(|&turn| super::proof::turn_has_blocks(cx, file, turn))
}

/// Whether a turn is surely set while no run is under way.
pub(crate) fn set_turn_is_between_runs(cx: &Cx<'_>, facts: &Facts, file: FileIdx, call: ExprId) -> bool {
    facts.runs_in_turn && facts.made_in.is_some_and(|home| super::order::is_one_thread(cx, home, &[(file, call)]))
}

fn runs_in_turn(cx: &Cx<'_>, home: (FileIdx, ItemId), sites: &[Site], runs: &[(FileIdx, ExprId)]) -> bool {
    let is_whole = |site: &Site| match site.kind {
        SiteKind::Run(method) => method == "run_inference",
        SiteKind::StateMethod(method) => method != "start_run",
        _ => true,
    };
    sites.iter().all(is_whole)
        && runs.iter().all(|&(file, run)| super::order::is_awaited(cx, file, run))
        && super::order::is_one_thread(cx, home, runs)
}

/// The call or access, where a site is one of the state or the core session.
fn touched(site: &Site) -> Option<(FileIdx, ExprId)> {
    let touches = matches!(site.kind, SiteKind::StateMethod(_) | SiteKind::Run(_) | SiteKind::CoreField(_));
    touches.then_some((site.file, site.expr()?))
}

/// `run_inference(&ctx, state.turn())` is a run of the latest turn, not a read.
fn reads_turn_apart_from_seeds(cx: &Cx<'_>, sites: &[Site], runs: &[(FileIdx, ExprId)]) -> bool {
    sites.iter().filter(|site| site.kind == SiteKind::StateMethod("turn")).any(|site| {
        !runs.iter().any(|&(file, run)| {
            file == site.file && super::sites::arguments(cx, file, run).get(1).copied() == site.expr()
        })
    })
}

/// Whether a read of the turn stands in a closure or task that holds no run, beside one that does not wait for it.
fn reads_turn_aside(cx: &Cx<'_>, sites: &[Site], runs: &[(FileIdx, ExprId)]) -> bool {
    use super::hir::{BlockFlavour, ExprKind};
    let reads = sites.iter().filter(|site| site.kind == SiteKind::StateMethod("turn"));
    reads.filter_map(|site| Some((site.file, site.expr()?))).any(|(file, read)| {
        let hir = cx.hir(file);
        cx.ancestors(file, read).any(|at| {
            let is_task = matches!(
                hir[at].kind,
                ExprKind::Block { flavour: BlockFlavour::Async { .. }, .. } | ExprKind::Closure { is_async: true, .. }
            );
            is_task && !runs.iter().any(|&(own, run)| own == file && hir[at].span.contains(hir[run].span))
        })
    })
}

fn first_turn_proven(cx: &Cx<'_>, file: FileIdx, state: ExprId) -> bool {
    let super::hir::ExprKind::Call { args, .. } = &cx.hir(file)[state].kind else { return false };
    args.get(1)
        .and_then(|&turn| super::text::some_of(cx, file, turn))
        .is_some_and(|turn| super::proof::turn_has_blocks(cx, file, turn))
}

/// The function that makes the only state, where no field, static or result holds one.
fn made_in(cx: &Cx<'_>, sites: &[Site], states: &[(FileIdx, ExprId)]) -> Option<(FileIdx, ItemId)> {
    let &[(file, state)] = states else { return None };
    let kept = sites.iter().any(|site| match (&site.kind, site.at) {
        (SiteKind::Type(kinds), At::Type(ty)) => {
            let holds = kinds.iter().any(|kind| matches!(kind, Tracked::State | Tracked::CoreSession));
            holds && !is_param_type(cx, site.file, ty)
        }
        _ => false,
    });
    (!kept).then(|| (file, cx.function_of(file, state)))
}

/// Whether an expression is evaluated at most once in a call of the function around it.
fn is_once(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    use super::hir::ExprKind;
    let repeats = |at: ExprId| {
        matches!(
            cx.hir(file)[at].kind,
            ExprKind::Loop { .. } | ExprKind::While { .. } | ExprKind::For { .. } | ExprKind::Closure { .. }
        )
    };
    !cx.ancestors(file, expr).any(repeats)
}

fn is_param_type(cx: &Cx<'_>, file: FileIdx, ty: super::hir::TypeId) -> bool {
    use super::hir::TypeParent;
    let hir = cx.hir(file);
    let mut top = ty;
    while let TypeParent::Type(outer) = hir[top].parent {
        top = outer;
    }
    match hir[top].parent {
        TypeParent::Item(item) => match &hir[item].kind {
            ItemKind::Fn(function) => function.params.iter().any(|param| param.ty == top),
            _ => false,
        },
        TypeParent::Stmt(_) => true,
        _ => false,
    }
}

/// Whether code of a file runs on tokio: its package depends on it, or, for a library, one that depends on the library.
fn has_tokio(cx: &Cx<'_>, file: FileIdx) -> bool {
    let Some(module) = cx.program.module_of_file(file) else { return false };
    let id = cx.program.def(module).krate;
    let krate = cx.program.krate(id);
    let mut dependents = cx.program.crates.iter().filter(|other| other.dependencies.values().any(|&on| on == id));
    krate.dependencies.contains_key("tokio")
        || (krate.is_library && dependents.any(|other| other.dependencies.contains_key("tokio")))
}

/// Whether turns are compared, serialized, printed whole, or their metadata read.
fn sees_stamps(cx: &Cx<'_>) -> bool {
    use super::hir::{ExprKind, MacroContent};
    let Some(turn) = cx.resolver.known("geppetto_runtime::turns::Turn") else { return false };
    let is_turn =
        |file, expr: ExprId| cx.ty(file, expr).any(&mut |ty| matches!(ty, super::ty::Ty::Adt(def, _) if *def == turn));
    cx.inferred.iter().any(|(&file, inferred)| {
        let hir = cx.hir(file);
        let printed = inferred.captures.iter().any(|(name, pat)| {
            let holds = inferred
                .bindings
                .get(pat)
                .is_some_and(|ty| ty.any(&mut |ty| matches!(ty, super::ty::Ty::Adt(def, _) if *def == turn)));
            holds && cx.source(file)[name.span.end as usize..].trim_start_matches(':').starts_with('?')
        });
        printed
            || hir.exprs.iter().any(|expr| match &expr.kind {
                ExprKind::Field { base, name } => name.text == "metadata" && is_turn(file, *base),
                ExprKind::Binary { op, lhs, rhs } => {
                    matches!(op.as_str(), "==" | "!=") && is_turn(file, *lhs) && is_turn(file, *rhs)
                }
                ExprKind::Call { callee, args } => {
                    cx.expr_text(file, *callee).contains("serde_json::to_")
                        && args.iter().any(|&arg| is_turn(file, arg))
                }
                ExprKind::Macro(call) => match &call.content {
                    MacroContent::Exprs(exprs) => {
                        let name = call.path.segments.last().map_or("", |last| last.name.text.as_str());
                        let compares = matches!(name, "assert_eq" | "assert_ne")
                            && exprs.iter().take(2).all(|&arg| is_turn(file, arg));
                        let prints =
                            cx.text(file, call.inner).contains(":?") && exprs.iter().any(|&arg| is_turn(file, arg));
                        compares || prints
                    }
                    _ => false,
                },
                _ => false,
            })
    })
}

fn adopts_ids(cx: &Cx<'_>) -> bool {
    let named = ["geppetto.session_id", "SESSION_ID"];
    cx.inferred.keys().any(|&file| named.iter().any(|name| cx.source(file).contains(name)))
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
            Rule::RunLifecycle => run_lifecycle::part(facts, site, call, method),
            Rule::Cancel => cancel::call(cx, facts, site, method, call),
            _ => state_access::call(cx, facts, site, method, call),
        },
        (SiteKind::Run("run_inference"), At::Expr(run)) => run_inference::run(cx, facts, site, run),
        (SiteKind::Run(method), At::Expr(run)) => run_lifecycle::part(facts, site, run, method),
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
        false => outcome.clone().reserved("it is printed with `{:?}`, which shows a session's fields"),
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
