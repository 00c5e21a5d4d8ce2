//! What holds for a whole unit: where its sessions are made, what is read, which runs it has.

use std::collections::HashMap;

use super::super::cx::Cx;
use super::super::hir::{ExprId, ItemId, ItemKind, Span};
use super::super::index::FileIdx;
use super::super::legacy::Tracked;
use super::super::lifecycle::Lifecycles;
use super::super::merged::{Merged, merged};
use super::super::pairing::{Pairing, pair};
use super::super::rules::legacy_error::survey::Reach;
use super::super::rules::state_access::{GivenId, given_id};
use super::super::rules::{core_session, run_inference};
use super::super::sites::{At, Site, SiteKind};
use super::Survey;

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

pub(super) fn facts(cx: &Cx<'_>, survey: &Survey, sites: &[Site]) -> Facts {
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
            && !runs.iter().any(|&(file, run)| super::super::executor::is_foreign(cx, file, run)),
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
    let turn = super::super::sites::arguments(cx, file, call).first();
    turn.is_some_and(|&turn| super::super::proof::turn_has_blocks(cx, file, turn))
}

/// Whether a turn is surely set while no run is under way.
pub(crate) fn set_turn_is_between_runs(cx: &Cx<'_>, facts: &Facts, file: FileIdx, call: ExprId) -> bool {
    facts.runs_in_turn
        && facts.made_in.is_some_and(|home| super::super::order::is_one_thread(cx, home, &[(file, call)]))
}

fn runs_in_turn(cx: &Cx<'_>, home: (FileIdx, ItemId), sites: &[Site], runs: &[(FileIdx, ExprId)]) -> bool {
    let is_whole = |site: &Site| match site.kind {
        SiteKind::Run(method) => method == "run_inference",
        SiteKind::StateMethod(method) => method != "start_run",
        _ => true,
    };
    sites.iter().all(is_whole)
        && runs.iter().all(|&(file, run)| super::super::order::is_awaited(cx, file, run))
        && super::super::order::is_one_thread(cx, home, runs)
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
            file == site.file && super::super::sites::arguments(cx, file, run).get(1).copied() == site.expr()
        })
    })
}

/// Whether a read of the turn stands in a closure or task that holds no run, beside one that does not wait for it.
fn reads_turn_aside(cx: &Cx<'_>, sites: &[Site], runs: &[(FileIdx, ExprId)]) -> bool {
    use super::super::hir::{BlockFlavour, ExprKind};
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
    let super::super::hir::ExprKind::Call { args, .. } = &cx.hir(file)[state].kind else { return false };
    args.get(1)
        .and_then(|&turn| super::super::text::some_of(cx, file, turn))
        .is_some_and(|turn| super::super::proof::turn_has_blocks(cx, file, turn))
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
    use super::super::hir::ExprKind;
    let repeats = |at: ExprId| {
        matches!(
            cx.hir(file)[at].kind,
            ExprKind::Loop { .. } | ExprKind::While { .. } | ExprKind::For { .. } | ExprKind::Closure { .. }
        )
    };
    !cx.ancestors(file, expr).any(repeats)
}

fn is_param_type(cx: &Cx<'_>, file: FileIdx, ty: super::super::hir::TypeId) -> bool {
    use super::super::hir::TypeParent;
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
pub(super) fn sees_stamps(cx: &Cx<'_>) -> bool {
    use super::super::hir::{ExprKind, MacroContent};
    let Some(turn) = cx.resolver.known("geppetto_runtime::turns::Turn") else { return false };
    let is_turn = |file, expr: ExprId| {
        cx.ty(file, expr).any(&mut |ty| matches!(ty, super::super::ty::Ty::Adt(def, _) if *def == turn))
    };
    cx.inferred.iter().any(|(&file, inferred)| {
        let hir = cx.hir(file);
        let printed = inferred.captures.iter().any(|(name, pat)| {
            let holds = inferred
                .bindings
                .get(pat)
                .is_some_and(|ty| ty.any(&mut |ty| matches!(ty, super::super::ty::Ty::Adt(def, _) if *def == turn)));
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

pub(super) fn adopts_ids(cx: &Cx<'_>) -> bool {
    let named = ["geppetto.session_id", "SESSION_ID"];
    cx.inferred.keys().any(|&file| named.iter().any(|name| cx.source(file).contains(name)))
}
