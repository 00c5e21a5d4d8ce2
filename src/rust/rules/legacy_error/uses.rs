//! What is done with an error that was bound: whether it may be another one, and where it was copied.

use super::super::super::cx::{Change, Cx};
use super::super::super::hir::{ExprId, ExprKind, MacroContent, Parent, PatId, PatKind, PatParent, StmtKind};
use super::super::super::index::FileIdx;
use super::super::super::legacy::Tracked;
use super::super::super::outcome::Outcome;
use super::super::super::ty::Ty;
use super::copies::{self, is_last_use, was_copy};
use super::error_of;

/// Macros that only show what they are given.
const SHOWING: &[&str] = &[
    "println",
    "print",
    "eprintln",
    "eprint",
    "format",
    "write",
    "writeln",
    "panic",
    "format_args",
    "unreachable",
    "todo",
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "bail",
    "anyhow",
];

/// Whether nothing asks a binding for more than that it is some error with its text: `{e}`, `e.to_string()`, a
/// `dyn Error`.
pub(super) fn may_be_any_error(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    let inferred = cx.inferred(file);
    let captured = inferred.captures.iter().filter(|(_, own)| *own == pat).all(|(name, _)| {
        let after = &cx.source(file)[name.span.end as usize..];
        let spec = &after[..after.find('}').unwrap_or(0)];
        !spec.contains('?')
    });
    captured && cx.uses_of(file, pat).iter().all(|&use_| is_displayed(cx, file, use_))
}

/// Whether a use of an error only displays it.
fn is_displayed(cx: &Cx<'_>, file: FileIdx, use_: ExprId) -> bool {
    let hir = cx.hir(file);
    match cx.parent_expr(file, use_).map(|parent| (&hir[parent].kind, parent)) {
        Some((ExprKind::MethodCall { receiver, method, args, .. }, _)) => {
            cx.peel_parens(file, *receiver) == use_ && args.is_empty() && method.text == "to_string"
        }
        Some((ExprKind::Ref { .. }, parent)) => is_displayed(cx, file, parent),
        Some((ExprKind::Macro(call), _)) => {
            let MacroContent::Exprs(_) = &call.content else { return false };
            let name = call.path.segments.last().map_or("", |last| last.name.text.as_str());
            SHOWING.contains(&name) && !cx.text(file, call.inner).contains('?')
        }
        Some((ExprKind::Call { .. }, parent)) => {
            cx.calls_known(file, parent, "std::option::Option::Some").is_some() && is_source(cx, file, parent)
        }
        _ => false,
    }
}

/// Whether a value is what `fn source(&self) -> Option<&(dyn Error + 'static)>` gives.
fn is_source(cx: &Cx<'_>, file: FileIdx, value: ExprId) -> bool {
    let hir = cx.hir(file);
    let item = &hir[cx.function_of(file, value)];
    let returned = match hir[value].parent {
        Parent::Expr(parent) => matches!(hir[parent].kind, ExprKind::Match { .. } | ExprKind::Return(_)),
        Parent::Stmt(stmt) => matches!(hir[stmt].kind, StmtKind::Expr { semi: false, .. }),
        _ => false,
    };
    returned && item.name.as_ref().is_some_and(|name| name.text == "source")
}

/// What an expression needs whose type is a legacy error: conversions that are none any more go, and the new error is not
/// `Copy`.
///
/// # Errors
/// The report, where a copy has no equal.
pub(crate) fn use_of(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Result<Vec<Change>, Outcome> {
    if let Some(changes) = converted(cx, file, expr) {
        return Ok(changes);
    }
    let hir = cx.hir(file);
    if let Parent::Expr(parent) = hir[expr].parent
        && let ExprKind::Cast { .. } = hir[parent].kind
        && error_of(cx, cx.ty(file, expr)) == Some(Tracked::StateError)
    {
        return Err(Outcome::report(
            "the error is cast to a number",
            "match the error: `SessionError::AlreadyActive => 0`, `SessionError::NoActive => 1`",
        ));
    }
    copies::copied(cx, file, expr)
}

/// `StateError::NotRunning.into()` for a `RunError` is the error itself.
fn converted(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<Vec<Change>> {
    let ExprKind::MethodCall { receiver, method, args, .. } = &cx.hir(file)[expr].kind else { return None };
    let is_conversion = method.text == "into"
        && args.is_empty()
        && error_of(cx, cx.ty(file, *receiver)) == Some(Tracked::StateError)
        && *cx.ty(file, expr) != Ty::Unknown
        && error_of(cx, cx.ty(file, expr)) == Some(Tracked::RunError);
    is_conversion.then(|| super::super::super::text::unwrap_call(cx, file, expr, *receiver))
}

/// Whether a local is used at most once, and not over and over in a loop.
fn used_once(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    match cx.uses_of(file, pat) {
        [] => true,
        [only] => is_last_use(cx, file, pat, *only),
        _ => false,
    }
}

/// Whether a pattern binds a value of the error by copying it.
pub(super) fn binds_error(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    let hir = cx.hir(file);
    if let PatKind::Bind { by_ref: false, .. } = hir[pat].kind
        && cx.inferred(file).bindings.get(&pat).is_some_and(|ty| was_copy(cx, ty))
    {
        return true;
    }
    super::super::super::flow::sub_patterns(&hir[pat].kind).into_iter().any(|sub| binds_error(cx, file, sub))
}

/// Whether a pattern's match looks at a place that outlives it, so that a binding by value would move out of it.
pub(super) fn matches_place(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    let hir = cx.hir(file);
    let top = super::exhaustive::top_of(cx, file, pat);
    let matched = match hir[top].parent {
        PatParent::Expr(expr) => super::super::super::flow::matched_expr(hir, expr, top),
        _ => None,
    };
    let Some(matched) = matched.map(|matched| cx.peel_parens(file, matched)) else { return false };
    match hir[matched].kind {
        ExprKind::Field { .. } | ExprKind::Index { .. } | ExprKind::Deref(_) => true,
        ExprKind::Path(_) => cx.local(file, matched).is_some_and(|local| !used_once(cx, file, local)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::testing::finding_at;
    use crate::finding::Level;

    #[test]
    fn a_cast_is_reported() {
        assert_eq!(finding_at("let n = StateError::NotRunning as u8;", "StateError").level, Level::Report);
    }
}
