//! Errors as values: variants made, variants and conversions named as functions.

use super::super::super::cx::{Change, Cx};
use super::super::super::hir::{ExprId, ExprKind, Span};
use super::super::super::index::FileIdx;
use super::super::super::legacy::Tracked;
use super::super::super::outcome::Outcome;
use super::super::super::sites::Site;
use super::super::super::text::unwrap_call;
use super::{HELP, error_of, error_type};

/// An error as a value: `StateError::NotRunning`, `RunError::Engine(e)`.
pub(crate) fn value(cx: &Cx<'_>, site: &Site, expr: ExprId, variant: &str) -> Outcome {
    let file = site.file;
    let span = cx.span(file, expr);
    let named = |new: &str| {
        let error = cx.name_at(file, expr, "session::SessionError");
        Outcome::safe(vec![cx.replace(file, span, format!("{error}::{new}"))], HELP)
    };
    match variant {
        "AlreadyRunning" | "NotRunning" if inside_state_value(cx, file, expr) => Outcome::safe(Vec::new(), HELP),
        "AlreadyRunning" => named("AlreadyActive"),
        "NotRunning" => named("NoActive"),
        "Engine" => named("Engine"),
        _ => state_value(cx, file, expr),
    }
}

/// `RunError::State(e)` is the state's error itself.
fn state_value(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Outcome {
    match call_of(cx, file, expr) {
        Some((call, arg)) => match variant_of_value(cx, file, arg) {
            Some(new) => {
                let error = cx.name_at(file, expr, "session::SessionError");
                Outcome::safe(vec![cx.replace(file, cx.span(file, call), format!("{error}::{new}"))], HELP)
            }
            None => Outcome::safe(unwrap_call(cx, file, call, arg), HELP),
        },
        None => Outcome::safe(vec![identity(cx, file, expr)], "the error itself: it is a `SessionError` already"),
    }
}

/// A function that turns one legacy error into the other does nothing any more: `map_err` with it goes.
fn identity(cx: &Cx<'_>, file: FileIdx, function: ExprId) -> Change {
    let hir = cx.hir(file);
    if let Some(call) = cx.parent_expr(file, function)
        && let ExprKind::MethodCall { receiver, method, .. } = &hir[call].kind
        && method.text == "map_err"
    {
        let from = cx.span(file, *receiver).end;
        return cx.replace(file, Span { start: from, end: cx.span(file, call).end }, "");
    }
    cx.replace(file, cx.span(file, function), "std::convert::identity")
}

/// `RunError::from`, `RunError::to_string` and whatever else is named through the type of an error.
pub(crate) fn path(cx: &Cx<'_>, site: &Site, expr: ExprId) -> Outcome {
    let file = site.file;
    let ExprKind::Path(path) = &cx.hir(file)[expr].kind else { return Outcome::safe(Vec::new(), HELP) };
    let Some((last, owner)) = path.segments.split_last() else { return Outcome::safe(Vec::new(), HELP) };
    if last.name.text == "from"
        && let Some(changes) = conversion(cx, file, expr)
    {
        return Outcome::safe(changes, HELP);
    }
    let (Some(first), Some(end)) = (owner.first(), owner.last()) else { return Outcome::safe(Vec::new(), HELP) };
    if super::super::super::sites::is_own_alias(cx, file, expr) {
        return Outcome::safe(Vec::new(), "the alias stands for `SessionError`");
    }
    let error = cx.name_at(file, expr, "session::SessionError");
    let start = if path.leading_colon { path.span.start } else { first.name.span.start };
    Outcome::safe(vec![cx.replace(file, Span { start, end: end.name.span.end }, error)], HELP)
}

/// `RunError::from(error)` of a state's error, called or given to `map_err`.
fn conversion(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<Vec<Change>> {
    if let Some((call, arg)) = call_of(cx, file, expr) {
        let is_state = error_of(cx, cx.ty(file, arg)) == Some(Tracked::StateError);
        return is_state.then(|| unwrap_call(cx, file, call, arg));
    }
    let call = cx.parent_expr(file, expr)?;
    let ExprKind::MethodCall { receiver, .. } = &cx.hir(file)[call].kind else { return None };
    let error = error_type(cx, cx.ty(file, *receiver))?;
    (error_of(cx, &error) == Some(Tracked::StateError)).then(|| vec![identity(cx, file, expr)])
}

fn call_of(cx: &Cx<'_>, file: FileIdx, callee: ExprId) -> Option<(ExprId, ExprId)> {
    let call = cx.parent_expr(file, callee)?;
    match &cx.hir(file)[call].kind {
        ExprKind::Call { callee: own, args } if cx.peel_parens(file, *own) == callee => Some((call, *args.first()?)),
        _ => None,
    }
}

fn variant_of_value(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<&'static str> {
    match cx.legacy.variant(cx.value_def(file, expr)?)? {
        "AlreadyRunning" => Some("AlreadyActive"),
        "NotRunning" => Some("NoActive"),
        _ => None,
    }
}

fn inside_state_value(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let Some(call) = cx.parent_expr(file, expr) else { return false };
    match cx.hir(file)[call].kind {
        ExprKind::Call { callee, .. } => {
            cx.value_def(file, callee).and_then(|def| cx.legacy.variant(def)) == Some("State")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::testing::migrated;

    #[test]
    fn an_engines_error_stays_one() {
        let body = "let a = RunError::Engine(EngineError::Cancelled);\nlet b = RunError::Engine(EngineError::message(\"x\"));\n\
                    let f = |e: EngineError| RunError::Engine(e);\nlet g = Err::<(), _>(EngineError::Cancelled).map_err(RunError::Engine);";
        assert_eq!(
            migrated(body),
            "let a = SessionError::Engine(EngineError::Cancelled);\nlet b = SessionError::Engine(EngineError::message(\"x\"));\n\
             let f = |e: EngineError| SessionError::Engine(e);\nlet g = Err::<(), _>(EngineError::Cancelled).map_err(SessionError::Engine);"
        );
    }

    #[test]
    fn conversions_between_the_two_errors_go() {
        let body = "let r: Result<(), StateError> = Err(StateError::NotRunning);\nlet a = r.map_err(RunError::State);\n\
                    let b = RunError::from(StateError::NotRunning);\nlet c: RunError = StateError::NotRunning.into();";
        assert_eq!(
            migrated(body),
            "let r: Result<(), SessionError> = Err(SessionError::NoActive);\nlet a = r;\n\
             let b = SessionError::NoActive;\nlet c: SessionError = SessionError::NoActive;"
        );
    }
}
