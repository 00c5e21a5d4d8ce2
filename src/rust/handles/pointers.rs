//! Functions of `Arc`, `Rc` and `Weak` that are given handles: a session has methods of its own for what they do.

use super::super::cx::{Change, Cx};
use super::super::hir::{ExprId, ExprKind, Span};
use super::super::index::FileIdx;
use super::super::infer::ValueRes;
use super::super::legacy::{Tracked, is_shared_pointer};
use super::super::outcome::Outcome;
use super::super::ty::Ty;

/// The function of a shared pointer that a path names: its type and its name.
fn function_of(cx: &Cx<'_>, file: FileIdx, path: ExprId) -> Option<(&'static str, String)> {
    let Some(ValueRes::Def(def)) = cx.inferred(file).values.get(&path) else { return None };
    let path = cx.assoc_path(*def);
    let (owner, name) = path.rsplit_once("::")?;
    let owner = match owner {
        "std::sync::Arc" | "std::rc::Rc" => "Arc",
        "std::sync::Weak" | "std::rc::Weak" => "Weak",
        _ => return None,
    };
    Some((owner, name.to_owned()))
}

/// Whether a path names a function of a pointer to the state or the core session.
pub(super) fn is_function(cx: &Cx<'_>, file: FileIdx, path: ExprId) -> bool {
    function_of(cx, file, path).is_some() && points_to_handle(cx, cx.ty(file, path))
}

fn points_to_handle(cx: &Cx<'_>, ty: &Ty) -> bool {
    ty.any(&mut |part| match part {
        Ty::Adt(def, args) => {
            let is_pointer = is_shared_pointer(cx.resolver, *def) || is_weak(cx, part);
            is_pointer && matches!(args.as_slice(), [Ty::Adt(to, _)] if is_handle(cx.legacy.kind(*to)))
        }
        _ => false,
    })
}

fn is_handle(kind: Option<Tracked>) -> bool {
    matches!(kind, Some(Tracked::State | Tracked::CoreSession))
}

fn is_weak(cx: &Cx<'_>, ty: &Ty) -> bool {
    match ty {
        Ty::Adt(def, _) => {
            ["std::sync::Weak", "std::rc::Weak"].iter().any(|path| cx.resolver.known(path) == Some(*def))
        }
        _ => false,
    }
}

/// What becomes of such a path: called where its arguments do not say already, or named as a value.
///
/// # Errors
/// The report, where a session has nothing of the kind.
pub(super) fn use_of(cx: &Cx<'_>, file: FileIdx, path: ExprId) -> Result<Vec<Change>, Outcome> {
    let Some((owner, name)) = function_of(cx, file, path) else { return Ok(Vec::new()) };
    let is_called = cx.parent_expr(file, path).is_some_and(|parent| {
        matches!(cx.hir(file)[parent].kind, ExprKind::Call { callee, .. } if cx.peel_parens(file, callee) == path)
    });
    let span = cx.span(file, path);
    match (owner, name.as_str()) {
        ("Weak", "new" | "upgrade" | "clone") => {
            let weak = cx.name_at(file, path, "session::WeakSession");
            Ok(vec![cx.replace(file, span, format!("{weak}::{name}"))])
        }
        ("Arc", "new" | "from" | "clone" | "downgrade" | "ptr_eq") if is_called => Ok(Vec::new()),
        ("Arc", "new" | "from") if !is_called => Ok(vec![cx.replace(file, span, "std::convert::identity")]),
        ("Arc", "clone" | "downgrade" | "as_ref") => {
            let session = cx.name_at(file, path, "session::Session");
            Ok(vec![cx.replace(file, span, format!("{session}::{name}"))])
        }
        _ => Err(no_counterpart(&name)),
    }
}

fn no_counterpart(name: &str) -> Outcome {
    let help = match name {
        "strong_count" | "weak_count" => {
            "a session does not count its handles: keep a `WeakSession` (`session.downgrade()`), whose `upgrade()` tells \
             whether any is left"
        }
        "try_unwrap" | "into_inner" | "get_mut" | "make_mut" | "unwrap_or_clone" => {
            "use the session as it is: it is a handle, and everything is done through `&self`"
        }
        _ => "a `Session` is a handle itself, without a pointer around it: `session.same_session(&other)` compares two",
    };
    Outcome::report(format!("`{name}` of the pointer around the state has no counterpart"), help)
}

/// `Arc::ptr_eq(&a, &b)` becomes `a.same_session(&b)`, `Arc::downgrade(&a)` becomes `a.downgrade()`.
///
/// # Errors
/// The report, where a session has nothing of the kind.
pub(super) fn called(cx: &Cx<'_>, file: FileIdx, call: ExprId, callee: ExprId) -> Option<Result<Vec<Change>, Outcome>> {
    let (owner, name) = function_of(cx, file, cx.peel_parens(file, callee))?;
    let ExprKind::Call { args, .. } = &cx.hir(file)[call].kind else { return None };
    let method = match (owner, name.as_str(), args.len()) {
        ("Arc", "ptr_eq", 2) => "same_session",
        ("Arc", "downgrade", 1) => "downgrade",
        ("Arc", "as_ref", 1) => "as_ref",
        ("Weak", "upgrade" | "clone", _) => return Some(Ok(Vec::new())),
        _ => return Some(Err(no_counterpart(&name))),
    };
    let receiver = match cx.hir(file)[args[0]].kind {
        ExprKind::Ref { expr, .. } => expr,
        _ => args[0],
    };
    let is_plain = matches!(
        cx.hir(file)[receiver].kind,
        ExprKind::Path(_)
            | ExprKind::Field { .. }
            | ExprKind::MethodCall { .. }
            | ExprKind::Paren(_)
            | ExprKind::Index { .. }
    );
    if !is_plain {
        return Some(Err(no_counterpart(&name)));
    }
    let (outer, inner) = (cx.span(file, call), cx.span(file, receiver));
    let rest = match args.get(1) {
        Some(&second) => cx.text(file, cx.span(file, second)).to_owned(),
        None => String::new(),
    };
    Some(Ok(vec![
        cx.replace(file, Span { start: outer.start, end: inner.start }, ""),
        cx.replace(file, Span { start: inner.end, end: outer.end }, format!(".{method}({rest})")),
    ]))
}

/// `Arc::from(boxed)` of a boxed handle is what is in the box.
pub(super) fn unboxed(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Option<Vec<Change>> {
    let args = cx
        .calls_known(file, call, "std::sync::Arc::from")
        .or_else(|| cx.calls_known(file, call, "std::rc::Rc::from"))
        .filter(|_| cx.pointer_new(file, call).is_none())?;
    let (outer, inner) = (cx.span(file, call), cx.span(file, *args.first()?));
    let is_operand = cx.parent_expr(file, call).is_some_and(|parent| match &cx.hir(file)[parent].kind {
        ExprKind::MethodCall { receiver, .. } => *receiver == call,
        ExprKind::Field { .. } => true,
        _ => false,
    });
    let (open, close) = if is_operand { ("(*", ")") } else { ("*", "") };
    Some(vec![
        cx.replace(file, Span { start: outer.start, end: inner.start }, open),
        cx.replace(file, Span { start: inner.end, end: outer.end }, close),
    ])
}

/// Whether a type of the user's own code is a pointer to a generic parameter, which a session is not.
pub(crate) fn is_generic_pointer(cx: &Cx<'_>, ty: &Ty) -> bool {
    ty.any(&mut |part| match part {
        Ty::Adt(def, args) => {
            (is_shared_pointer(cx.resolver, *def) || is_weak(cx, part)) && matches!(args.as_slice(), [Ty::Param(_)])
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;

    const MADE: &str = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\n";
    const NOW: &str = "let state = Session::with_id(\"a\").with_builder(Builder::new(engine));\n";

    #[test]
    fn comparing_and_weakening_are_methods_of_the_session() {
        let body = format!(
            "{MADE}let same = Arc::ptr_eq(&state, &state.clone());\nlet weak = Arc::downgrade(&state);\nlet up = weak.upgrade();"
        );
        assert_eq!(
            migrated(&body),
            format!(
                "{NOW}let same = state.same_session(&state.clone());\nlet weak = state.downgrade();\nlet up = weak.upgrade();"
            )
        );
    }

    #[test]
    fn functions_of_the_pointer_that_are_named_as_values_change() {
        let body = format!(
            "{MADE}let copy: fn(&Arc<InferenceState>) -> Arc<InferenceState> = Arc::clone;\n\
             let wrapped = Some(state).map_or_else(|| None, |s| Some(copy(&s)));"
        );
        assert_eq!(
            migrated(&body),
            format!(
                "{NOW}let copy: fn(&Session) -> Session = Session::clone;\n\
                 let wrapped = Some(state).map_or_else(|| None, |s| Some(copy(&s)));"
            )
        );
    }

    #[test]
    fn an_optional_pointer_is_no_longer_looked_through() {
        let body =
            format!("{MADE}let slot = Some(state);\nlet busy = slot.as_deref().is_some_and(|s| s.is_running());");
        assert!(migrated(&body).ends_with("slot.as_ref().is_some_and(|s| s.is_running());"));
    }

    #[test]
    fn conversions_into_a_pointer_give_what_they_are_given() {
        let made = "let plain = || InferenceState::new(\"a\", None, engine.clone());\n";
        let after = |body: &str| {
            let after = migrated(&format!("{made}{body}"));
            after.split_once(";\n").map_or(String::new(), |(_, rest)| rest.to_owned())
        };
        assert_eq!(
            after(
                "let shared = Arc::from(plain());\nlet boxed = Box::from(plain());\nlet id = Arc::from(boxed).run_id();"
            ),
            "let shared = plain();\nlet boxed = Box::from(plain());\nlet id = (*boxed).session_id().to_owned();"
        );
        assert_eq!(
            after(
                "fn one(s: InferenceState) -> Arc<InferenceState> { s.into() }\nlet same = InferenceState::from(plain());"
            ),
            "fn one(s: Session) -> Session { s.into() }\nlet same = plain();"
        );
        assert_eq!(
            after(
                "fn maybe(s: InferenceState) -> Option<InferenceState> { Option::from(s) }\nlet id = maybe(plain()).unwrap().run_id();"
            ),
            "fn maybe(s: Session) -> Option<Session> { Option::from(s) }\nlet id = maybe(plain()).unwrap().session_id().to_owned();"
        );
    }

    #[test]
    fn counting_handles_is_reported_with_what_to_write() {
        let finding = finding_at(&format!("{MADE}let n = Arc::strong_count(&state);"), "InferenceState::new");
        assert_eq!(finding.level, Level::Report);
        assert!(finding.help.contains("WeakSession"), "{}", finding.help);
    }

    #[test]
    fn a_pointer_to_a_generic_parameter_is_reported() {
        let body = format!("struct Shared<T>(Arc<T>);\n{MADE}let shared = Shared(state);");
        assert_eq!(finding_at(&body, "InferenceState::new").level, Level::Report);
    }
}
