//! Errors asked for their type: the two legacy errors are one type now.

use super::super::super::cx::{Change, Cx};
use super::super::super::flow::{is_downcast, type_mention};
use super::super::super::hir::{ExprId, ExprKind, Parent, PatId, PatKind, Span, StmtKind, TypeId, TypeParent};
use super::super::super::index::{DefId, FileIdx};
use super::super::super::legacy::Tracked;
use super::super::super::outcome::Outcome;
use super::survey::Reach;
use super::variant_name;
use crate::rules::Trap;

/// The type in `error.downcast_ref::<StateError>()`, `error.is::<RunError>()`, or of a `let` that a downcast fills.
pub(crate) fn asked(
    cx: &Cx<'_>,
    reach: Reach,
    file: FileIdx,
    ty: TypeId,
    kind: Tracked,
    scope: DefId,
) -> Option<Outcome> {
    let hir = cx.hir(file);
    let call = if is_downcast(hir, ty) {
        let TypeParent::Expr(call) = hir[ty].parent else { return None };
        call
    } else {
        filled(cx, file, ty)?
    };
    let error = cx.name(file, scope, "session::SessionError");
    let ExprKind::MethodCall { method, .. } = &hir[call].kind else { return None };
    let test = match kind {
        Tracked::StateError if reach.busy_states => {
            Some(format!("matches!(error, {error}::AlreadyActive | {error}::NoActive)"))
        }
        Tracked::StateError => Some(format!("matches!(error, {error}::NoActive)")),
        _ if reach.asks_state && !reach.idle_runs => Some(format!("!matches!(error, {error}::NoActive)")),
        _ => None,
    };
    let mut changes = vec![cx.replace(file, hir[ty].span, error)];
    if let Some(test) = test {
        if method.text == "downcast" {
            return Some(by_hand());
        }
        changes.extend(tested(cx, file, call, &test));
    }
    let why = match kind {
        Tracked::StateError => "the two legacy errors are one type now: a refused run is taken for a refused start",
        _ => "the two legacy errors are one type now: a state's error may be taken for a run's",
    };
    Some(Outcome::safe(changes, "downcast to `SessionError`").offered(Trap::ErrorIdentity, why))
}

fn by_hand() -> Outcome {
    Outcome::report(
        "a boxed error is taken out of its box if it is of the legacy type",
        "ask `downcast_ref::<SessionError>()` first whether it is `AlreadyActive` or `NoActive`",
    )
    .because(Trap::ErrorIdentity, "the two legacy errors are one type now")
}

/// Narrows the answer of a downcast to those errors that were of the type.
fn tested(cx: &Cx<'_>, file: FileIdx, call: ExprId, test: &str) -> Vec<Change> {
    let hir = cx.hir(file);
    let ExprKind::MethodCall { method, .. } = &hir[call].kind else { return Vec::new() };
    let end = hir[call].span.end;
    if method.text == "is" {
        return vec![
            cx.replace(file, method.span, "downcast_ref"),
            cx.insert(file, end, format!(".is_some_and(|error| {test})")),
        ];
    }
    if is_told_apart(cx, file, call) {
        return Vec::new();
    }
    if let Parent::Expr(parent) = hir[call].parent
        && let ExprKind::MethodCall { receiver, method, .. } = &hir[parent].kind
        && *receiver == call
        && method.text == "is_some"
    {
        let asked = Span { start: method.span.start, end: hir[parent].span.end };
        return vec![cx.replace(file, asked, format!("is_some_and(|error| {test})"))];
    }
    vec![cx.insert(file, end, format!(".filter(|error| {test})"))]
}

/// Whether a file asks a boxed error whether it is a state's.
pub(super) fn ask_state(cx: &Cx<'_>, file: FileIdx) -> bool {
    let hir = cx.hir(file);
    (0..hir.types.len() as u32).map(TypeId).any(|ty| {
        (is_downcast(hir, ty) || filled(cx, file, ty).is_some())
            && type_mention(cx.resolver, cx.legacy, file, ty).contains(&Tracked::StateError)
    })
}

/// The call that gives a `let` its value, whose type only the `let` says: `let busy: Option<&StateError> = e.downcast_ref()`.
fn filled(cx: &Cx<'_>, file: FileIdx, ty: TypeId) -> Option<ExprId> {
    let hir = cx.hir(file);
    let mut top = ty;
    while let TypeParent::Type(outer) = hir[top].parent {
        top = outer;
    }
    let TypeParent::Stmt(stmt) = hir[top].parent else { return None };
    let StmtKind::Let { init: Some(init), .. } = hir[stmt].kind else { return None };
    let ends_in_call = cx.expr_text(file, init).contains("downcast_ref()");
    (ends_in_call && matches!(hir[init].kind, ExprKind::MethodCall { .. })).then_some(init)
}

/// Whether the answer is matched against variants by name, so that a run's other errors fall through.
fn is_told_apart(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> bool {
    let hir = cx.hir(file);
    let Parent::Expr(parent) = hir[call].parent else { return false };
    match &hir[parent].kind {
        ExprKind::Let { pat, expr } if *expr == call => names_variants_only(cx, file, *pat),
        ExprKind::Match { scrutinee, arms } if *scrutinee == call => {
            arms.iter().all(|arm| names_variants_only(cx, file, arm.pat))
                && arms.iter().any(|arm| matches!(hir[arm.pat].kind, PatKind::Wild))
        }
        _ => false,
    }
}

fn names_variants_only(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    match &cx.hir(file)[pat].kind {
        PatKind::Wild | PatKind::Path(_) => true,
        PatKind::TupleStruct { pats, .. } => pats.iter().all(|&inner| variant_name(cx, file, inner).is_some()),
        PatKind::Bind { .. } => cx.inferred(file).pattern_defs.contains_key(&pat),
        PatKind::Or(pats) => pats.iter().all(|&pat| names_variants_only(cx, file, pat)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;
    use crate::rules::Trap;

    #[test]
    fn a_downcast_asks_for_the_errors_that_were_of_the_type() {
        let body = "fn g(e: &(dyn std::error::Error + 'static)) -> bool { e.is::<StateError>() }";
        assert_eq!(
            migrated(body),
            "fn g(e: &(dyn std::error::Error + 'static)) -> bool { e.downcast_ref::<SessionError>().is_some_and(|error| matches!(error, SessionError::NoActive)) }"
        );
        let finding = finding_at(body, "StateError");
        assert_eq!((finding.level, finding.traps), (Level::Offered, vec![Trap::ErrorIdentity]));
    }
}
