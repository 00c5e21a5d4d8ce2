//! Whether a match takes the errors that it does not name: the new enum has more of them than the legacy ones.

use super::super::super::cx::Cx;
use super::super::super::hir::{Arm, ExprKind, PatId, PatKind, PatParent};
use super::super::super::index::{DefId, FileIdx};
use super::uses::may_be_any_error;
use super::{is_engine_cancelled, part, variant_name};

/// How a match takes the errors that it does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// It has an arm for them, or needs none.
    Open,
    /// Its last error arm can take them.
    By(PatId),
    /// Its last error arm takes an engine's error apart, and gets arms for the others behind it.
    Behind(PatId),
    /// Nothing can.
    Missing,
}

/// One step from a matched value to the part of it that is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Place(usize),
    Part(DefId, String),
}

pub(super) fn closing(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Closing {
    let Some((arms, _)) = arms_of(cx, file, pat) else { return Closing::Open };
    let Some(way) = way_to(cx, file, pat) else { return Closing::Missing };
    if arms.iter().any(|arm| arm.guard.is_none() && covers(cx, file, arm.pat, &way)) {
        return Closing::Open;
    }
    let named = |arm: &&Arm| at_way(cx, file, arm.pat, &way).iter().any(|&at| variant_name(cx, file, at).is_some());
    let Some(last) = arms.iter().rev().find(named) else { return Closing::Open };
    match (last.guard, at_way(cx, file, last.pat, &way).as_slice()) {
        (None, &[only]) if takes_all_beside(cx, file, last.pat, &way) => match variant_name(cx, file, only) {
            Some("Engine") if !can_close(cx, file, only) => Closing::Behind(only),
            _ if can_close(cx, file, only) => Closing::By(only),
            _ => Closing::Missing,
        },
        _ => Closing::Missing,
    }
}

/// The arms of the match that a pattern stands in, and which of them it is.
pub(super) fn arms_of<'a>(cx: &Cx<'a>, file: FileIdx, pat: PatId) -> Option<(&'a [Arm], usize)> {
    let hir = cx.hir(file);
    let top = top_of(cx, file, pat);
    let PatParent::Expr(expr) = hir[top].parent else { return None };
    match &hir[expr].kind {
        ExprKind::Match { arms, .. } => Some((arms, arms.iter().position(|arm| arm.pat == top)?)),
        _ => None,
    }
}

pub(super) fn top_of(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> PatId {
    let mut top = pat;
    while let PatParent::Pat(outer) = cx.hir(file)[top].parent {
        top = outer;
    }
    top
}

/// Whether a pattern may take every error: what it binds, if anything, may be any of them.
fn can_close(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    match variant_name(cx, file, pat) {
        Some("AlreadyRunning" | "NotRunning") => true,
        Some(variant) => part(cx, file, pat).is_some_and(|inner| match cx.hir(file)[inner].kind {
            PatKind::Wild | PatKind::Rest => true,
            PatKind::Bind { sub: None, .. } if variant_name(cx, file, inner).is_none() => {
                variant == "State" || may_be_any_error(cx, file, inner)
            }
            _ => variant == "State" && names_states_only(cx, file, inner),
        }),
        None => false,
    }
}

fn names_states_only(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    match &cx.hir(file)[pat].kind {
        PatKind::Or(pats) => pats.iter().all(|&pat| names_states_only(cx, file, pat)),
        _ => matches!(variant_name(cx, file, pat), Some("AlreadyRunning" | "NotRunning")),
    }
}

/// The new errors that arms in front of a pattern's take already.
pub(super) fn taken_before(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Vec<&'static str> {
    let (Some((arms, index)), Some(way)) = (arms_of(cx, file, pat), way_to(cx, file, pat)) else { return Vec::new() };
    let before = arms[..index].iter().filter(|arm| arm.guard.is_none());
    let mut taken = Vec::new();
    for arm in before {
        for at in at_way(cx, file, arm.pat, &way) {
            if is_alone(cx, file, arm.pat, &way) {
                taken.extend(takes(cx, file, at));
            }
        }
    }
    taken
}

/// Whether nothing beside the way narrows a pattern, in none of its alternatives.
fn is_alone(cx: &Cx<'_>, file: FileIdx, pat: PatId, way: &[Step]) -> bool {
    match &cx.hir(file)[pat].kind {
        PatKind::Or(pats) => pats.iter().all(|&pat| is_alone(cx, file, pat, way)),
        _ => takes_all_beside(cx, file, pat, way),
    }
}

/// The new errors that the pattern of a legacy error takes whatever else they hold.
fn takes(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Vec<&'static str> {
    let inner = part(cx, file, pat);
    let any = inner.is_some_and(|inner| is_irrefutable(cx, file, inner));
    match variant_name(cx, file, pat) {
        Some("AlreadyRunning") => vec!["AlreadyActive"],
        Some("NotRunning") => vec!["NoActive"],
        Some("State") if any => vec!["AlreadyActive", "NoActive"],
        Some("State") => inner.map_or_else(Vec::new, |inner| match &cx.hir(file)[inner].kind {
            PatKind::Or(pats) => pats.iter().flat_map(|&pat| takes(cx, file, pat)).collect(),
            _ => takes(cx, file, inner),
        }),
        Some("Engine") => {
            let named = inner.and_then(|inner| cx.inferred(file).pattern_defs.get(&inner));
            if any || named.is_some_and(|&def| is_engine_cancelled(cx, def)) { vec!["Cancelled"] } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

/// The constructors around a pattern, from the outside in.
fn way_to(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Option<Vec<Step>> {
    let hir = cx.hir(file);
    let mut way = Vec::new();
    let mut at = pat;
    while let PatParent::Pat(outer) = hir[at].parent {
        match &hir[outer].kind {
            PatKind::Tuple(pats) => way.push(Step::Place(place_among(cx, file, pats, at)?)),
            PatKind::TupleStruct { pats, .. } => {
                let place = place_among(cx, file, pats, at)?;
                way.push(Step::Part(*cx.inferred(file).pattern_defs.get(&outer)?, place.to_string()));
            }
            PatKind::Struct { fields, .. } => {
                let field = fields.iter().find(|field| field.pat == at)?;
                way.push(Step::Part(*cx.inferred(file).pattern_defs.get(&outer)?, field.name.text.clone()));
            }
            PatKind::Or(_) | PatKind::Ref(_) | PatKind::Bind { .. } => {}
            _ => return None,
        }
        at = outer;
    }
    way.reverse();
    Some(way)
}

fn place_among(cx: &Cx<'_>, file: FileIdx, pats: &[PatId], pat: PatId) -> Option<usize> {
    let place = pats.iter().position(|&other| other == pat)?;
    let shifted = pats[..place].iter().any(|&other| matches!(cx.hir(file)[other].kind, PatKind::Rest));
    (!shifted).then_some(place)
}

/// The patterns that stand at the end of a way.
fn at_way(cx: &Cx<'_>, file: FileIdx, pat: PatId, way: &[Step]) -> Vec<PatId> {
    match &cx.hir(file)[pat].kind {
        PatKind::Or(pats) => pats.iter().flat_map(|&pat| at_way(cx, file, pat, way)).collect(),
        PatKind::Ref(inner) | PatKind::Bind { sub: Some(inner), .. } => at_way(cx, file, *inner, way),
        _ => match way.split_first() {
            None => vec![pat],
            Some((step, rest)) => match next(cx, file, pat, step) {
                Some((next, _)) => at_way(cx, file, next, rest),
                None => Vec::new(),
            },
        },
    }
}

/// The part of a pattern to which a step leads, and the parts beside it.
fn next(cx: &Cx<'_>, file: FileIdx, pat: PatId, step: &Step) -> Option<(PatId, Vec<PatId>)> {
    let own = cx.inferred(file).pattern_defs.get(&pat);
    let (parts, place): (Vec<PatId>, usize) = match (&cx.hir(file)[pat].kind, step) {
        (PatKind::Tuple(pats), Step::Place(place)) => (pats.clone(), *place),
        (PatKind::TupleStruct { pats, .. }, Step::Part(def, name)) if own == Some(def) => {
            (pats.clone(), name.parse().ok()?)
        }
        (PatKind::Struct { fields, .. }, Step::Part(def, name)) if own == Some(def) => {
            let place = fields.iter().position(|field| field.name.text == *name)?;
            (fields.iter().map(|field| field.pat).collect(), place)
        }
        _ => return None,
    };
    let next = *parts.get(place)?;
    place_among(cx, file, &parts, next)?;
    Some((next, parts.into_iter().filter(|&part| part != next).collect()))
}

/// Whether an unguarded pattern takes every error at the end of a way.
fn covers(cx: &Cx<'_>, file: FileIdx, pat: PatId, way: &[Step]) -> bool {
    match &cx.hir(file)[pat].kind {
        PatKind::Or(pats) => pats.iter().any(|&pat| covers(cx, file, pat, way)),
        PatKind::Ref(inner) | PatKind::Bind { sub: Some(inner), .. } => covers(cx, file, *inner, way),
        _ if is_irrefutable(cx, file, pat) => true,
        _ => match way.split_first().and_then(|(step, rest)| Some((next(cx, file, pat, step)?, rest))) {
            Some(((next, beside), rest)) => {
                beside.iter().all(|&other| is_irrefutable(cx, file, other)) && covers(cx, file, next, rest)
            }
            None => false,
        },
    }
}

/// Whether nothing but the way itself keeps a pattern from matching.
fn takes_all_beside(cx: &Cx<'_>, file: FileIdx, pat: PatId, way: &[Step]) -> bool {
    match &cx.hir(file)[pat].kind {
        PatKind::Or(_) => false,
        PatKind::Ref(inner) | PatKind::Bind { sub: Some(inner), .. } => takes_all_beside(cx, file, *inner, way),
        _ => match way.split_first() {
            None => true,
            Some((step, rest)) => next(cx, file, pat, step).is_some_and(|(next, beside)| {
                beside.iter().all(|&other| is_irrefutable(cx, file, other)) && takes_all_beside(cx, file, next, rest)
            }),
        },
    }
}

fn is_irrefutable(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    match &cx.hir(file)[pat].kind {
        PatKind::Wild | PatKind::Rest => true,
        PatKind::Bind { sub: None, .. } => !cx.inferred(file).pattern_defs.contains_key(&pat),
        PatKind::Ref(inner) => is_irrefutable(cx, file, *inner),
        PatKind::Tuple(pats) => pats.iter().all(|&pat| is_irrefutable(cx, file, pat)),
        _ => false,
    }
}
