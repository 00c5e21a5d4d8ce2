//! What holds for a whole unit: where its sessions are made, what is read, which runs it has.

use std::collections::HashMap;

use super::super::cx::Cx;
use super::super::hir::{ExprId, ItemKind};
use super::super::index::FileIdx;
use super::super::merged::{Merged, merged};
use super::super::pairing::{Pairing, pair};
use super::super::permits::Permits;
use super::super::rules::core_session;
use super::super::rules::legacy_error::survey::Reach;
use super::super::rules::state_access::{GivenId, given_id};
use super::super::sites::{At, Site, SiteKind};
use super::Survey;

/// What the rules of a session's unit need to know of all of it.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) pairing: Pairing,
    /// Structs of which two fields become one.
    pub(crate) merged: Vec<Merged>,
    pub(crate) permits: Permits,
    /// Whether a run is claimed by hand, so that it may lack a cancel.
    pub(crate) claims_by_hand: bool,
    /// Whether a field or static keeps a session, so that its history grows.
    pub(crate) is_kept: bool,
    /// Whether anything reads the state's turn.
    pub(crate) reads_turn: bool,
    /// Whether anything reads the run id.
    pub(crate) reads_id: bool,
    /// Whether a run is seeded with the state's own turn.
    pub(crate) reruns: bool,
    /// Ids set right after their state was made, by where that is.
    pub(crate) given_ids: HashMap<(FileIdx, ExprId), GivenId>,
    /// Whether turns' metadata names a session id in this program.
    pub(crate) adopts_ids: bool,
    /// Which errors can be where.
    pub(crate) reach: Reach,
}

pub(super) fn facts(cx: &Cx<'_>, survey: &Survey, sites: &[Site]) -> Facts {
    let runs: Vec<(FileIdx, ExprId)> = sites
        .iter()
        .filter(|site| matches!(site.kind, SiteKind::Run(_)))
        .filter_map(|site| Some((site.file, site.expr()?)))
        .collect();
    let merged = merged(cx, sites);
    Facts {
        pairing: pair(cx, sites, &merged),
        merged,
        permits: Permits::default(),
        claims_by_hand: sites.iter().any(|site| site.kind == SiteKind::StateMethod("start_run")),
        is_kept: sites.iter().any(|site| is_kept_by(cx, site)),
        reads_turn: reads_turn_apart_from_seeds(cx, sites, &runs),
        reads_id: sites.iter().any(|site| match site.at {
            At::Item(item) => core_session::persister::reads_id(cx, site.file, item),
            _ => site.kind == SiteKind::StateMethod("run_id"),
        }),
        reruns: runs.iter().any(|&(file, run)| may_rerun(cx, file, run)),
        given_ids: calls_of(sites, &SiteKind::StateMethod("set_run_id"))
            .into_iter()
            .filter_map(|(file, call)| given_id(cx, file, call).map(|(state, id)| ((file, state), id)))
            .collect(),
        adopts_ids: survey.adopts_ids,
        reach: survey.errors.reach,
    }
}

/// Whether a site is the type of a field or static that holds a state or a core session.
fn is_kept_by(cx: &Cx<'_>, site: &Site) -> bool {
    site.holder(cx).is_some_and(|(item, _)| {
        matches!(cx.hir(site.file)[item].kind, ItemKind::Struct(_) | ItemKind::Enum(_) | ItemKind::Static { .. })
    })
}

fn calls_of(sites: &[Site], kind: &SiteKind) -> Vec<(FileIdx, ExprId)> {
    sites.iter().filter(|site| site.kind == *kind).filter_map(|site| Some((site.file, site.expr()?))).collect()
}

/// `run_inference(&ctx, state.turn())` is a run of the latest turn, not a read.
fn reads_turn_apart_from_seeds(cx: &Cx<'_>, sites: &[Site], runs: &[(FileIdx, ExprId)]) -> bool {
    sites.iter().filter(|site| site.kind == SiteKind::StateMethod("turn")).any(|site| {
        !runs.iter().any(|&(file, run)| {
            file == site.file && super::super::sites::arguments(cx, file, run).get(1).copied() == site.expr()
        })
    })
}

/// Whether a run may be one of the state's own turn.
fn may_rerun(cx: &Cx<'_>, file: FileIdx, run: ExprId) -> bool {
    let seed = super::super::sites::arguments(cx, file, run).get(1);
    seed.is_none_or(|&seed| super::super::text::some_of(cx, file, seed).is_none())
}

pub(super) fn adopts_ids(cx: &Cx<'_>) -> bool {
    let named = ["geppetto.session_id", "SESSION_ID"];
    cx.inferred.keys().any(|&file| named.iter().any(|name| cx.source(file).contains(name)))
}
