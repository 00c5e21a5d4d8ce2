//! Whether a match takes the errors that it does not name: the new enum has more of them than the legacy ones.

use super::super::super::cx::{Change, Cx};
use super::super::super::hir::{Arm, ExprKind, PatId, PatKind, PatParent, Span, StmtKind};
use super::super::super::index::{DefId, FileIdx};
use super::uses::may_be_any_error;
use super::{part, variant_name};

/// How a match takes the errors that it does not name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// It has an arm for them, or needs none.
    Open,
    /// These patterns of its last error arms can take them.
    By(Vec<PatId>),
    /// Its last error arm wants an engine's error, and is given the others as one.
    Engine(PatId),
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
    let Some(cases) = cases_of(cx, file, pat) else { return Closing::Open };
    let Some(way) = way_to(cx, file, pat) else { return Closing::Missing };
    if cases.iter().any(|case| !case.guarded && covers(cx, file, case.pat, &way)) {
        return Closing::Open;
    }
    let is_named = |pat: PatId| at_way(cx, file, pat, &way).iter().any(|&at| variant_name(cx, file, at).is_some());
    let named: Vec<Case> = cases.into_iter().filter(|case| is_named(case.pat)).collect();
    let Some(&last) = named.last() else { return Closing::Open };
    if !last.guarded && is_closable(cx, file, last.pat, &way) {
        return Closing::By(vec![last.pat]);
    }
    match at_way(cx, file, last.pat, &way).as_slice() {
        &[only]
            if !last.guarded
                && variant_name(cx, file, only) == Some("Engine")
                && takes_all_beside(cx, file, last.pat, &way) =>
        {
            Closing::Engine(only)
        }
        _ => last_of_one_error(cx, file, &named, &way).map_or(Closing::Missing, Closing::By),
    }
}

/// One pattern of several that are tried in turn.
#[derive(Clone, Copy)]
struct Case {
    pat: PatId,
    guarded: bool,
}

/// The patterns of which one must match where a pattern stands: a match's arms, or a pattern that cannot be refuted.
fn cases_of(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Option<Vec<Case>> {
    if let Some((arms, _)) = arms_of(cx, file, pat) {
        return Some(arms.iter().map(|arm| Case { pat: arm.pat, guarded: arm.guard.is_some() }).collect());
    }
    let hir = cx.hir(file);
    let top = top_of(cx, file, pat);
    let is_alone = match hir[top].parent {
        PatParent::Stmt(stmt) => matches!(hir[stmt].kind, StmtKind::Let { otherwise: None, .. }),
        PatParent::Item(_) => true,
        PatParent::Expr(expr) => matches!(hir[expr].kind, ExprKind::Closure { .. } | ExprKind::For { .. }),
        PatParent::Pat(_) => false,
    };
    is_alone.then(|| vec![Case { pat: top, guarded: false }])
}

/// The last cases, where they are all that name one error: whatever stands beside it, together they take it always.
fn last_of_one_error(cx: &Cx<'_>, file: FileIdx, named: &[Case], way: &[Step]) -> Option<Vec<PatId>> {
    let error = |case: &Case| match at_way(cx, file, case.pat, way).as_slice() {
        &[only] if can_close(cx, file, only) => takes(cx, file, only),
        _ => Vec::new(),
    };
    let last = error(named.last()?);
    let count = named.iter().rev().take_while(|case| error(case) == last).count();
    let (before, own) = named.split_at(named.len() - count);
    let elsewhere = before.iter().flat_map(|case| at_way(cx, file, case.pat, way));
    let is_apart = !elsewhere.flat_map(|at| takes(cx, file, at)).any(|taken| last.contains(&taken));
    (!last.is_empty() && is_apart).then(|| own.iter().map(|case| case.pat).collect())
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

/// Whether a case may take every error at the end of a way, whatever stands beside it.
fn is_closable(cx: &Cx<'_>, file: FileIdx, pat: PatId, way: &[Step]) -> bool {
    match &cx.hir(file)[pat].kind {
        PatKind::Or(pats) => {
            let leading = leading(cx, file, pats, way);
            !leading.is_empty() && leading.into_iter().all(|pat| is_closable(cx, file, pat, way))
        }
        PatKind::Ref(inner) | PatKind::Bind { sub: Some(inner), .. } => is_closable(cx, file, *inner, way),
        _ => match way.split_first() {
            None => can_close(cx, file, pat),
            Some((step, rest)) => next(cx, file, pat, step).is_some_and(|(next, beside)| {
                beside.iter().all(|&other| is_irrefutable(cx, file, other)) && is_closable(cx, file, next, rest)
            }),
        },
    }
}

/// The alternatives that go a way to its end.
fn leading(cx: &Cx<'_>, file: FileIdx, pats: &[PatId], way: &[Step]) -> Vec<PatId> {
    pats.iter().copied().filter(|&pat| !at_way(cx, file, pat, way).is_empty()).collect()
}

/// What becomes of a case that takes every error from now on: its first alternative does, and the others go. The site of
/// the first alternative makes the changes.
pub(super) fn close(cx: &Cx<'_>, file: FileIdx, case: PatId, pat: PatId, text: &str) -> Option<Vec<Change>> {
    let way = way_to(cx, file, pat)?;
    match at_way(cx, file, case, &way).first() == Some(&pat) {
        true => closed(cx, file, case, &way, text),
        false => Some(Vec::new()),
    }
}

fn closed(cx: &Cx<'_>, file: FileIdx, pat: PatId, way: &[Step], text: &str) -> Option<Vec<Change>> {
    let hir = cx.hir(file);
    let span = hir[pat].span;
    match &hir[pat].kind {
        PatKind::Bind { name, sub: Some(_), .. } if way.is_empty() => {
            Some(vec![cx.replace(file, Span { start: name.span.end, end: span.end }, "")])
        }
        PatKind::Ref(inner) if way.is_empty() && matches!(hir[*inner].kind, PatKind::Or(_)) => {
            Some(vec![cx.replace(file, span, "&_")])
        }
        PatKind::Ref(inner) | PatKind::Bind { sub: Some(inner), .. } => closed(cx, file, *inner, way, text),
        PatKind::Or(pats) => {
            let (&first, others) = leading(cx, file, pats, way).split_first().map(|(a, b)| (a, b.to_vec()))?;
            let mut changes = closed(cx, file, first, way, text)?;
            for other in others {
                let place = pats.iter().position(|&pat| pat == other).filter(|&place| place > 0)?;
                let from = hir[pats[place - 1]].span.end;
                changes.push(cx.replace(file, Span { start: from, end: hir[other].span.end }, ""));
            }
            Some(changes)
        }
        _ => match way.split_first() {
            None => Some(vec![cx.replace(file, span, text)]),
            Some((step, rest)) => closed(cx, file, next(cx, file, pat, step)?.0, rest, text),
        },
    }
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
        PatKind::Bind { sub: Some(inner), .. } => names_states_only(cx, file, *inner),
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
        Some("Engine") if any => vec!["Engine"],
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
