//! Locals that only served a finish or a stored cancel, which name the permit now.

use super::super::cx::{Change, Cx};
use super::super::hir::{ExprId, ExprKind, PatId, PatKind, PatParent, Span, StmtKind};
use super::super::index::FileIdx;
use super::super::rules::inference_state::delete_line;
use super::super::sites::receiver;
use super::super::text::is_plain;
use super::{Parts, events};

/// Takes away the locals whose only uses were receivers of finishes and stored cancels, or stood where a permit is `given`.
pub(super) fn of(cx: &Cx<'_>, file: FileIdx, parts: &Parts, events: &[ExprId], given: &[Change]) -> Vec<Change> {
    let is_run = |event: &ExprId| parts.runs.contains(&(file, *event));
    let mut gone: Vec<Span> =
        events.iter().filter(|event| !is_run(event)).map(|&event| events::removed(cx, file, event)).collect();
    let replaced = given.iter().filter(|change| change.file == file).map(|change| change.edit.range());
    gone.extend(replaced.map(|range| Span::new(range.start, range.end)));
    let mut locals: Vec<PatId> = events
        .iter()
        .filter(|event| !is_run(event))
        .filter_map(|&event| root(cx, file, receiver(cx, file, event)?))
        .collect();
    let inferred = cx.inferred(file);
    let names = inferred.values.keys().filter(|&&name| gone.iter().any(|span| span.contains(cx.span(file, name))));
    locals.extend(names.filter_map(|&name| inferred.local(name)));
    locals.sort();
    locals.dedup();
    locals.into_iter().flat_map(|local| leftover(cx, file, local, &gone)).collect()
}

/// The local that a handle of the state begins with.
pub(super) fn root(cx: &Cx<'_>, file: FileIdx, state: ExprId) -> Option<PatId> {
    let state = cx.referent(file, state);
    match cx.hir(file)[state].kind {
        ExprKind::Field { base, .. } => root(cx, file, base),
        _ => cx.local(file, state),
    }
}

fn leftover(cx: &Cx<'_>, file: FileIdx, local: PatId, gone: &[Span]) -> Vec<Change> {
    let hir = cx.hir(file);
    let is_gone = |&use_: &ExprId| gone.iter().any(|span| span.contains(hir[use_].span));
    let is_named = matches!(hir[local].kind, PatKind::Bind { mutable: false, by_ref: false, sub: None, .. });
    if !is_named || !cx.uses_of(file, local).iter().all(is_gone) || cx.may_be_named_unread(file, local) {
        return Vec::new();
    }
    match hir[local].parent {
        PatParent::Stmt(stmt) => match hir[stmt].kind {
            StmtKind::Let { init: Some(init), otherwise: None, .. } if is_plain(cx, file, init) => {
                vec![delete_line(cx, file, hir[stmt].span)]
            }
            _ => Vec::new(),
        },
        PatParent::Pat(_) if !cx.text(file, hir[local].span).starts_with('_') => {
            vec![cx.insert(file, hir[local].span.start, "_")]
        }
        _ => Vec::new(),
    }
}
