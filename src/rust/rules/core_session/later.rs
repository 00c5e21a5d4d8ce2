//! Fields of a core session that are set while it is in use: its session gets another builder.

use super::super::super::cx::{Change, Cx};
use super::super::super::equipment::{added, leaves_closure};
use super::super::super::flow::Node;
use super::super::super::gates;
use super::super::super::hir::{ExprId, ExprKind, ItemKind, PatKind, Span};
use super::super::super::index::{DefId, FileIdx};
use super::super::super::legacy::{Tracked, is_shared_pointer};
use super::super::super::moved::moved;
use super::super::super::outcome::Outcome;
use super::super::super::settings::set_in;
use super::super::super::text::{holds_word, is_plain};
use super::super::super::ty::Ty;
use super::super::super::unit::Facts;
use super::fields::calls;

/// `x.event_sinks.push(sink)`, where the core session is the only one of its state, and nobody has a copy of it that would
/// not get the sink.
pub(super) fn set(cx: &Cx<'_>, facts: &Facts, file: FileIdx, access: ExprId) -> Option<Outcome> {
    let hir = cx.hir(file);
    let stmt = cx.stmt_of(file, access)?;
    let setting = set_in(cx, file, stmt).filter(|setting| setting.access == access)?;
    let parts = added(cx, file, &setting)?;
    let ExprKind::Field { base, .. } = hir[access].kind else { return None };
    let span = hir[stmt].span;
    let is_readable = is_plain(cx, file, base) && !leaves_closure(cx, file, setting.value);
    let is_bare = !gates::is_gated(hir, span) && !cx.text(file, span).starts_with('#');
    (facts.pairing.all_own() && is_readable && is_bare && !is_copied(cx, file, base)).then_some(())?;
    let session = moved(cx, file, base);
    let calls = calls(cx, file, &parts);
    let end = if cx.text(file, span).ends_with(';') { ";" } else { "" };
    let text = format!("{session}.set_builder({session}.derived_builder(|builder| builder{calls})){end}");
    let mut changes = vec![cx.replace(file, span, text)];
    changes.extend(unchanged_root(cx, file, base));
    Some(Outcome::safe(changes, "the session gets a builder with more in it"))
}

/// Whether a core session of the unit may be cloned: each copy had parts of its own, and is a handle of one session now.
fn is_copied(cx: &Cx<'_>, file: FileIdx, core: ExprId) -> bool {
    let Some(unit) = cx.flow.unit_of(&Node::Expr(file, core)) else { return true };
    let derives_clone = |def: DefId| {
        let attrs = cx.program.item(def).into_iter().flat_map(|item| &item.attrs);
        let source = cx.source(cx.program.def(def).file);
        attrs.into_iter().any(|attr| attr.path == "derive" && holds_word(&source[attr.span.range()], "Clone"))
    };
    cx.flow.nodes().into_iter().filter(|(own, _)| *own == unit).any(|(_, node)| match node {
        Node::Expr(file, expr) => {
            let is_core = cx.legacy.mentioned(cx.ty(*file, *expr)).contains(&Tracked::CoreSession);
            is_core && !is_shared(cx, *file, *expr) && cx.cloned(*file, *expr).is_some()
        }
        Node::Field(def, _) => !cx.program.is_model(*def) && derives_clone(*def),
        _ => false,
    })
}

/// Whether an expression is a pointer to a core session, of which a clone is the same one.
fn is_shared(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    matches!(cx.ty(file, expr), Ty::Adt(def, _) if is_shared_pointer(cx.resolver, *def))
}

/// The `mut` of what the core session is a part of goes where nothing else changes it.
fn unchanged_root(cx: &Cx<'_>, file: FileIdx, base: ExprId) -> Option<Change> {
    let hir = cx.hir(file);
    let root = root_of(cx, file, base);
    if let Some(local) = cx.local(file, root) {
        let PatKind::Bind { mutable: true, by_ref: false, .. } = hir[local].kind else { return None };
        let is_changed = cx.uses_of(file, local).iter().any(|&use_| changes_root(cx, file, use_));
        let name = cx.bound_name(file, local).filter(|_| !is_changed)?;
        return Some(cx.replace(file, hir[local].span, name));
    }
    let ItemKind::Fn(function) = &hir[cx.function_of(file, base)].kind else { return None };
    let own = function.self_param.as_ref().filter(|own| own.mutable && !own.by_ref && own.ty.is_none())?;
    let is_self = |&at: &ExprId| matches!(hir[at].kind, ExprKind::Path(_)) && cx.expr_text(file, at) == "self";
    let is_changed = hir.descendants(function.body?).filter(is_self).any(|at| changes_root(cx, file, at));
    let span = Span { start: own.span.start, end: own.span.end };
    (!is_changed).then(|| cx.replace(file, span, "self"))
}

fn root_of(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> ExprId {
    match cx.hir(file)[expr].kind {
        ExprKind::Field { base, .. } | ExprKind::Paren(base) => root_of(cx, file, base),
        _ => expr,
    }
}

/// Whether a use of a variable may change it, apart from fields of a core session.
fn changes_root(cx: &Cx<'_>, file: FileIdx, use_: ExprId) -> bool {
    let hir = cx.hir(file);
    let mut at = use_;
    while let Some(parent) = cx.parent_expr(file, at) {
        let through = |expr: ExprId| cx.peel_parens(file, expr) == at;
        match &hir[parent].kind {
            ExprKind::Field { .. } if is_set_later(cx, file, parent) => return false,
            ExprKind::Field { .. } => at = parent,
            ExprKind::Assign { lhs, .. } => return through(*lhs),
            ExprKind::Binary { op, lhs, .. } => return op.ends_with('=') && !is_comparison(op) && through(*lhs),
            ExprKind::Ref { mutable, .. } => return *mutable,
            ExprKind::MethodCall { receiver, .. } if through(*receiver) => {
                let method = cx.inferred(file).methods.get(&parent).and_then(|&def| cx.program.fn_item(def));
                let own = method.and_then(|method| method.self_param.as_ref());
                return cx.cloned(file, parent).is_none() && own.is_none_or(|own| own.by_ref && own.mutable);
            }
            _ => return false,
        }
    }
    false
}

fn is_comparison(op: &str) -> bool {
    matches!(op, "==" | "!=" | "<=" | ">=")
}

/// Whether an access is a field of a core session that a statement sets.
fn is_set_later(cx: &Cx<'_>, file: FileIdx, access: ExprId) -> bool {
    let set = cx.stmt_of(file, access).and_then(|stmt| set_in(cx, file, stmt));
    let is_core = |def| cx.legacy.kind(def) == Some(Tracked::CoreSession);
    set.is_some_and(|set| set.access == access)
        && cx.inferred(file).fields.get(&access).is_some_and(|&(def, _)| is_core(def))
}
